//! What can be wrong with a setting.

use super::names;
use std::path::PathBuf;

/// A setting that cannot be used; exit code 2.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum SettingError {
    #[error("there is no setting `{name}`")]
    Unknown { name: String, nearest: Option<String> },
    /// The value does not parse or lies outside its range.
    #[error("setting `{name}`: {problem}")]
    Value { name: String, problem: String },
    /// The text is not `key=value`.
    #[error("`{text}` is not of the form key=value")]
    Form { text: String },
    #[error("settings file {}: {problem}", path.display())]
    File { path: PathBuf, problem: String },
}

impl SettingError {
    /// What the user can do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown {
                nearest: Some(near), ..
            } => Some(format!("Did you mean `{near}`?")),
            Self::Unknown { nearest: None, .. } => Some(format!("Settings are: {}.", names().join(", "))),
            Self::Form { .. } => Some("Write for example --set alpha=0.5".to_owned()),
            Self::Value { .. } => {
                Some("See `patchlight train --help` and docs/method.md for the settings and their ranges.".to_owned())
            }
            Self::File { .. } => Some("Check the path of --config and the file's permissions.".to_owned()),
        }
    }
}

/// The error for a name that is no setting, with the nearest that is one.
pub fn unknown(name: &str) -> SettingError {
    let nearest = names()
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(name, &known), known))
        .min()
        .filter(|(distance, known)| *distance <= 1 + known.len().min(name.len()) / 3)
        .map(|(_, known)| known);
    SettingError::Unknown {
        name: name.to_owned(),
        nearest,
    }
}

/// What a value of the wrong kind should be, in words; the parser's own where they are clear.
pub(super) fn in_words(problem: &str) -> String {
    let expected = [
        ("usize", "a whole number"),
        ("f64", "a number"),
        ("a boolean", "true or false"),
    ];
    let wanted = expected
        .iter()
        .find(|(kind, _)| problem.ends_with(&format!("expected {kind}")));
    match wanted {
        Some((_, words)) => {
            let given = problem.split_once(": ").map_or(problem, |(_, rest)| rest);
            let given = given.split(", expected").next().unwrap_or(given);
            format!("{words} is expected, not {given}")
        }
        None => problem.to_owned(),
    }
}
