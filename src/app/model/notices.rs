//! Messages of the window: small ones for the status bar, which go by themselves; warnings; and those that ask something or say what
//! failed, which stay until somebody answers or closes them.

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

impl Notice {
    /// Whether it needs nothing but a line in the status bar: something was done, and there is nothing to decide.
    pub fn is_small(&self) -> bool {
        self.action.is_none() && matches!(self.level, Level::Done | Level::Note)
    }
}

/// How long a small message stays.
const SHORT: Duration = Duration::from_secs(6);

/// How long a warning stays.
const LONG: Duration = Duration::from_secs(25);

/// Messages shown at once, where some of them go by themselves.
const SHOWN: usize = 5;

/// Messages that wait for an answer.
const ASKING: usize = 30;

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
        // The same words again replace the older ones, and what can be done about the newest deed what could be done about the last.
        let offers = level == Level::Done && action.is_some();
        self.list
            .retain(|n| n.text != text && !(offers && n.level == Level::Done && n.action.is_some()));
        self.next += 1;
        let time = match level {
            // Whatever asks something waits for the answer.
            _ if action.is_some() => None,
            Level::Error => None,
            Level::Warning => Some(LONG),
            Level::Done | Level::Note => Some(SHORT),
        };
        self.list.push(Notice {
            id: self.next,
            level,
            text,
            hint,
            action,
            left: time,
        });
        while self.list.len() > SHOWN {
            let passing = self.list.iter().position(|n| n.left.is_some());
            if passing.is_none() && self.list.len() <= ASKING {
                break;
            }
            self.list.remove(passing.unwrap_or(0));
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

    /// The newest small message.
    pub fn small(&self) -> Option<&Notice> {
        self.list.iter().rev().find(|n| n.is_small())
    }

    /// What some messages offer cannot be done any more: they go, but for what failed.
    pub fn withdraw(&mut self, is_over: impl Fn(&Command) -> bool) {
        let over = |n: &Notice| n.action.as_ref().is_some_and(|(_, command)| is_over(command));
        self.list.retain(|n| n.level == Level::Error || !over(n));
        for notice in self.list.iter_mut().filter(|n| over(n)) {
            notice.action = None;
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
    fn what_asks_something_stays_until_it_is_answered() {
        let ask = |words: &str| Some((words.to_owned(), Command::Escape));
        let mut notices = Notices::default();
        notices.say(Level::Note, "resume?", None, ask("Resume"));
        notices.say(Level::Done, "wrote 2 files", None, ask("Undo"));
        notices.say(Level::Done, "wrote 3 files", None, ask("Undo"));
        for i in 0..9 {
            notices.done(format!("{i}"));
        }
        assert_eq!(notices.small().map(|n| n.text.as_str()), Some("8"));
        assert_eq!(notices.pass(LONG * 1000), None);
        let left: Vec<&str> = notices.list.iter().map(|n| n.text.as_str()).collect();
        assert_eq!(
            left,
            ["resume?", "wrote 3 files"],
            "only the newest deed can be taken back"
        );
        assert!(notices.small().is_none());
        notices.withdraw(|_| true);
        assert!(notices.list.is_empty());
    }

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
