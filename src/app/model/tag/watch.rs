//! A watched folder: new pictures are tagged and written as they come.

use super::source::Source;
use super::write::{Outcome, WriteForm};
use crate::app::model::order::{log_odds, starting_thresholds};
use crate::app::model::words::percent_of;
use crate::engine::Failure;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::time::SystemTime;

/// Lines of the log that are kept.
const LINES: usize = 500;

/// Labels whose thresholds are told one by one.
const TOLD: usize = 6;

/// Pictures of a folder of which it is told before the first write what will be written.
pub const LOOKED_AT: usize = 50;

/// What is watched; kept between sessions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Watched {
    pub folder: PathBuf,
    /// What gives the labels.
    pub source: Source,
    /// How they are written.
    pub form: WriteForm,
    /// From which value each label is given; empty: the tagger's own.
    #[serde(default)]
    pub thresholds: BTreeMap<String, f32>,
    /// Whether these are probabilities. Else they only order pictures.
    #[serde(default = "calibrated")]
    pub calibrated: bool,
}

/// Of older versions, which knew nothing else.
fn calibrated() -> bool {
    true
}

impl Watched {
    /// Thresholds as the engine takes them: probabilities, and logarithms of odds.
    pub fn request(&self) -> [BTreeMap<String, f32>; 2] {
        if self.calibrated {
            return [self.thresholds.clone(), BTreeMap::new()];
        }
        let odds = self.thresholds.iter().map(|(label, t)| (label.clone(), log_odds(*t)));
        [BTreeMap::new(), odds.collect()]
    }

    /// From where on labels are given, in words.
    pub fn from_words(&self) -> String {
        let mut all = self.thresholds.iter();
        let Some((_, first)) = all.next() else {
            return "each label from its own threshold on".to_owned();
        };
        if !self.calibrated {
            return "the likeliest labels, as they were chosen".to_owned();
        }
        if all.all(|(_, t)| t == first) {
            return format!("each label from {} on", percent_of(*first));
        }
        let told = self.thresholds.iter().take(TOLD);
        let told: Vec<String> = told.map(|(l, t)| format!("{l} from {}", percent_of(*t))).collect();
        let more = self.thresholds.len().saturating_sub(TOLD);
        match more {
            0 => told.join(", "),
            _ => format!("{} and {more} more", told.join(", ")),
        }
    }
}

/// What came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// When.
    pub time: SystemTime,
    /// The picture's name.
    pub name: String,
    /// Its tags in words, or why it has none.
    pub said: Result<String, String>,
}

/// What came so far; kept between sessions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Log {
    /// Newest last.
    pub lines: VecDeque<Line>,
    /// Pictures tagged, and those that could not be.
    pub counts: [usize; 2],
}

impl Log {
    /// Adds a line.
    pub fn say(&mut self, time: SystemTime, name: String, said: Result<String, String>) {
        self.counts[usize::from(said.is_err())] += 1;
        self.lines.push_back(Line { time, name, said });
        while self.lines.len() > LINES {
            self.lines.pop_front();
        }
    }
}

/// What watching a folder would write of the pictures that are there already.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// What was asked for. Another one now: the look is stale.
    pub asked: Watched,
    /// The thresholds that the tagger told, where none were shown; of an untrained model those that its values begin with.
    pub told: Option<Watched>,
    /// The labels of an untrained model, and its values of each picture that was looked at.
    pub untrained: (Vec<String>, Vec<Vec<f32>>),
    /// Pictures in the folder.
    pub pictures: usize,
    /// Those that are looked at.
    pub looked_at: Vec<PathBuf>,
    /// The job that looks.
    pub job: Option<u64>,
    /// What would be written.
    pub outcome: Outcome,
    /// Whether it was told to its end.
    pub whole: bool,
    /// Why it cannot be done.
    pub failure: Option<Failure>,
}

impl Look {
    /// Thresholds of an untrained model that nobody has seen at work yet: from what it says of the pictures that are there.
    pub fn find_thresholds(&mut self) -> bool {
        let (labels, rows) = &self.untrained;
        if self.told.is_some() || !self.asked.thresholds.is_empty() || rows.is_empty() {
            return false;
        }
        let rows: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        let thresholds = starting_thresholds(&rows, labels.len());
        self.told = Some(Watched {
            thresholds: labels.iter().cloned().zip(thresholds).collect(),
            calibrated: false,
            ..self.asked.clone()
        });
        true
    }

    /// What would be watched.
    pub fn watched(&self) -> &Watched {
        self.told.as_ref().unwrap_or(&self.asked)
    }
}

/// A watched folder in this session.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    /// The folder as typed.
    pub folder: String,
    /// What watching it would write.
    pub look: Option<Look>,
    /// The job at work.
    pub job: Option<u64>,
    /// Whether it has looked through the folder once.
    pub settled: bool,
    /// Why it ended by itself.
    pub failure: Option<Failure>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_told_in_words() {
        let watched = |thresholds: &[(&str, f32)]| Watched {
            folder: "/p".into(),
            source: Source::default(),
            form: WriteForm::default(),
            thresholds: thresholds.iter().map(|(l, t)| ((*l).to_owned(), *t)).collect(),
            calibrated: true,
        };
        assert_eq!(watched(&[]).from_words(), "each label from its own threshold on");
        assert_eq!(
            watched(&[("a", 0.4), ("b", 0.4)]).from_words(),
            "each label from 40 % on"
        );
        assert_eq!(
            watched(&[("animal", 0.999), ("dog", 1.0)]).from_words(),
            "animal from 99.9 %, dog from 100 %"
        );
        let untrained = Watched {
            calibrated: false,
            ..watched(&[("a", 0.5)])
        };
        assert_eq!(
            untrained.request(),
            [BTreeMap::new(), BTreeMap::from([("a".to_owned(), 0.0)])]
        );
    }
}
