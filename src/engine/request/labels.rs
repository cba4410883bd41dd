//! Changes of labels.

use clap::Subcommand;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// See [`Request::EditLabel`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditLabel {
    /// The project's folder.
    pub project: PathBuf,
    /// What to do.
    pub edit: LabelEdit,
}

/// A change of labels, by their names. The command line's `label` has these as its subcommands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Subcommand)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum LabelEdit {
    /// A new label
    Add {
        /// Its name; A/B is the label B below A
        name: String,
    },
    /// Another name; labels below it go along
    Rename {
        /// The label
        label: String,
        /// Its new name
        to: String,
    },
    /// Everything of one label becomes another's
    Merge {
        /// The label that goes
        label: String,
        /// The label that stays
        into: String,
    },
    /// Some of a label's pictures get a label of their own
    Split {
        /// The label
        label: String,
        /// The new label
        to: String,
        /// Names of the pictures
        #[arg(required = true)]
        pictures: Vec<String>,
    },
    /// The label goes; undo brings it back
    Delete {
        /// The label
        label: String,
    },
    /// What CLIP reads instead of the name; without words the name again
    Words {
        /// The label
        label: String,
        /// The words
        words: Option<String>,
    },
    /// What the label means, for people
    Describe {
        /// The label
        label: String,
        /// The text; without it none
        text: Option<String>,
    },
    /// The label's colour, for example #d95f02; without it the program's choice
    Colour {
        /// The label
        label: String,
        /// Red, green and blue in hexadecimal
        #[arg(value_parser = colour)]
        colour: Option<u32>,
    },
    /// Another place in the order
    Move {
        /// The label
        label: String,
        /// From 0
        place: usize,
    },
    /// Take the last change of labels or values back
    Undo,
    /// Do it again
    Redo,
}

/// `#d95f02` as 0xRRGGBB.
fn colour(text: &str) -> Result<u32, String> {
    let digits = text.trim_start_matches('#');
    let hexadecimal = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16)
        .ok()
        .filter(|_| hexadecimal)
        .ok_or_else(|| "a colour is six hexadecimal digits, for example #d95f02".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_six_hexadecimal_digits() {
        assert_eq!(colour("#d95f02"), Ok(0xd9_5f02));
        assert_eq!(colour("00ff00"), Ok(0xff00));
        for wrong in ["", "#fff", "red", "+12345", "#d95f021"] {
            assert!(colour(wrong).is_err(), "{wrong}");
        }
    }
}
