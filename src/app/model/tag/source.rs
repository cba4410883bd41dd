//! What gives the labels, as the user chose it.

use crate::app::model::trainings::run_name;
use crate::dataset::preprocess::Mode;
use crate::engine::jobs::STARTER;
use crate::engine::request::TagSource;
use crate::project::Run;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The prompt around a typed word.
const TEMPLATE: &str = "a photo of a {c}.";

/// Tagger files that are remembered.
pub const KNOWN: usize = 12;

/// What gives the labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Source {
    /// A run of a project.
    Run {
        /// The project's folder.
        project: PathBuf,
        run: String,
    },
    /// A tagger file.
    File {
        /// The file.
        path: PathBuf,
    },
    /// An untrained CLIP with words.
    Words {
        /// A checkpoint; `None`: the built-in one.
        model: Option<String>,
        /// As typed, separated by commas.
        words: String,
    },
}

impl Default for Source {
    fn default() -> Self {
        Self::Words {
            model: None,
            words: String::new(),
        }
    }
}

/// A tagger file that was used before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Known {
    /// The file.
    pub path: PathBuf,
    /// Its name for people.
    pub name: String,
    /// How many labels it has.
    pub labels: usize,
}

/// Words as typed, each once, without blanks around them.
pub fn words_of(typed: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in typed.split([',', '\n', ';']).map(str::trim).filter(|w| !w.is_empty()) {
        if !words.iter().any(|w| w == word) {
            words.push(word.to_owned());
        }
    }
    words
}

impl Source {
    /// The engine's word for it; `None` while labels are missing.
    pub fn request(&self) -> Option<TagSource> {
        Some(match self {
            Self::Run { project, run } => TagSource::Run {
                project: project.clone(),
                run: run.clone(),
                allow_fallback: false,
            },
            Self::File { path } => TagSource::Tagger { path: path.clone() },
            Self::Words { model, words } => {
                let labels = words_of(words);
                if labels.is_empty() {
                    return None;
                }
                TagSource::Words {
                    // Named, the built-in model needs no warning: the window says it all the time.
                    model: Some(model.clone().unwrap_or_else(|| STARTER.to_owned())),
                    labels,
                    template: TEMPLATE.to_owned(),
                    preprocess: Mode::Stretch,
                }
            }
        })
    }

    /// The project that it reads.
    pub fn project(&self) -> Option<&Path> {
        match self {
            Self::Run { project, .. } => Some(project),
            _ => None,
        }
    }

    /// For people. `open`: the folder and the runs of the open project.
    pub fn title(&self, known: &[Known], open: Option<(&Path, &[Run])>) -> String {
        let stem = |path: &Path| {
            path.file_stem()
                .map_or_else(String::new, |n| n.to_string_lossy().into_owned())
        };
        match self {
            Self::Run { project, run } => {
                let runs = open
                    .filter(|(folder, _)| folder == project)
                    .map_or(&[][..], |(_, runs)| runs);
                format!("{} of {}", run_name(runs, run), stem(project))
            }
            Self::File { path } => {
                let known = known.iter().find(|k| k.path == *path);
                known.map_or_else(|| stem(path), |k| k.name.clone())
            }
            Self::Words { .. } => "Words you type".to_owned(),
        }
    }

    /// Whether it is the built-in model, which knows pictograms only.
    pub fn is_starter(&self) -> bool {
        matches!(self, Self::Words { model: None, .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_separated_by_commas_and_each_is_there_once() {
        assert_eq!(
            words_of(" cat, traffic light,,cat;dog\n"),
            ["cat", "traffic light", "dog"]
        );
        let none = Source::default();
        assert!(none.request().is_none() && none.is_starter());
        let some = Source::Words {
            model: None,
            words: "cat".to_owned(),
        };
        assert!(matches!(some.request(), Some(TagSource::Words { labels, .. }) if labels == ["cat"]));
    }
}
