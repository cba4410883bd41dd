//! Messages of the window: short ones that go by themselves, and those that stay until they are read, with a button that acts.

use super::command::Command;
use crate::engine::Failure;
use std::time::Duration;

/// How grave it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Something was done.
    Done,
    /// Good to know.
    Note,
    /// Look here.
    Warning,
    /// Something failed; stays until it is closed.
    Error,
}

/// A message.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Its number.
    pub id: u64,
    /// How grave it is.
    pub level: Level,
    /// What happened.
    pub text: String,
    /// What to do.
    pub hint: Option<String>,
    /// A button: its words and what it does.
    pub action: Option<(String, Command)>,
    left: Option<Duration>,
}

/// How long a short message stays.
const SHORT: Duration = Duration::from_secs(6);

/// How long one with a button stays.
const LONG: Duration = Duration::from_secs(25);

/// Messages shown at once.
const SHOWN: usize = 5;

/// Lines of the log that are kept.
const LOG: usize = 2_000;

/// All messages, and the log of what was said.
#[derive(Default)]
pub struct Notices {
    /// Newest last.
    pub list: Vec<Notice>,
    /// Everything said in this session: level and words, oldest first.
    pub log: std::collections::VecDeque<(Level, String)>,
    next: u64,
}

impl Notices {
    /// Says something.
    pub fn say(
        &mut self,
        level: Level,
        text: impl Into<String>,
        hint: Option<String>,
        action: Option<(String, Command)>,
    ) {
        let text = text.into();
        self.note(level, text.clone());
        // The same words again replace the older ones.
        self.list.retain(|n| n.text != text);
        self.next += 1;
        let time = if action.is_some() { LONG } else { SHORT };
        self.list.push(Notice {
            id: self.next,
            level,
            text,
            hint,
            action,
            left: (level != Level::Error).then_some(time),
        });
        while self.list.len() > SHOWN {
            let passing = self.list.iter().position(|n| n.left.is_some()).unwrap_or(0);
            self.list.remove(passing);
        }
    }

    /// Says that something was done.
    pub fn done(&mut self, text: impl Into<String>) {
        self.say(Level::Done, text, None, None);
    }

    /// Says what was done to labels; only the newest such message is shown.
    pub fn edited(&mut self, text: impl Into<String>) {
        self.list.retain(|n| n.level != Level::Done || n.action.is_some());
        self.done(text);
    }

    /// Says what failed; stays until it is closed.
    pub fn failed(&mut self, failure: &Failure, action: Option<(String, Command)>) {
        self.say(Level::Error, failure.message.clone(), failure.hint.clone(), action);
    }

    /// Writes something into the log only.
    pub fn note(&mut self, level: Level, text: String) {
        self.log.push_back((level, text));
        while self.log.len() > LOG {
            self.log.pop_front();
        }
    }

    /// Takes a message away.
    pub fn close(&mut self, id: u64) {
        self.list.retain(|n| n.id != id);
    }

    /// Time goes by: takes away what has been there long enough. Returns the time until the next one goes.
    pub fn pass(&mut self, time: Duration) -> Option<Duration> {
        for left in self.list.iter_mut().filter_map(|n| n.left.as_mut()) {
            *left = left.saturating_sub(time);
        }
        self.list.retain(|n| n.left != Some(Duration::ZERO));
        self.list.iter().filter_map(|n| n.left).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_stay_and_the_list_stays_short() {
        let mut notices = Notices::default();
        notices.failed(&Failure::new("a", "b"), None);
        for i in 0..20 {
            notices.done(format!("{i}"));
        }
        notices.done("19");
        assert_eq!(notices.list.len(), SHOWN);
        assert_eq!(notices.list[0].text, "a");
        assert!(notices.pass(SHORT / 2).is_some());
        let id = notices.list[0].id;
        notices.close(id);
        assert_ne!(notices.list[0].text, "a");
        assert_eq!(notices.log.len(), 22);
        assert_eq!(notices.pass(SHORT), None);
        assert!(notices.list.is_empty());
    }
}
