//! How tags are written, and what that would do.

use crate::app::model::words::counted;
use crate::engine::request::TagWrite;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// How tags are written, as the user chose it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WriteForm {
    /// Sidecars beside the pictures.
    pub xmp: bool,
    /// Named `img.xmp` instead of `img.jpg.xmp`.
    pub stem: bool,
    /// A table.
    pub csv: bool,
    /// A line for each picture.
    pub wide: bool,
    /// An array.
    pub json: bool,
    /// Annotations without boxes.
    pub coco: bool,
    /// Pictures in a folder for each label.
    pub folders: bool,
    /// Copies rather than links.
    pub copies: bool,
    /// The folder for tables and folders; empty: beside the first picture.
    pub out: String,
}

impl Default for WriteForm {
    fn default() -> Self {
        Self {
            xmp: true,
            stem: false,
            csv: false,
            wide: false,
            json: false,
            coco: false,
            folders: false,
            copies: true,
            out: String::new(),
        }
    }
}

impl WriteForm {
    /// Whether something goes to the folder for tables and folders.
    pub fn needs_folder(&self) -> bool {
        self.csv || self.json || self.coco || self.folders
    }

    /// Whether anything is written.
    pub fn writes(&self) -> bool {
        self.xmp || self.needs_folder()
    }

    /// The folder for tables and folders. `beside`: where the pictures are.
    pub fn folder(&self, beside: Option<&Path>) -> PathBuf {
        match self.out.trim() {
            "" => beside.map(Path::to_owned).unwrap_or_default(),
            typed => crate::app::model::paths::expand(Path::new(typed)),
        }
    }

    /// The engine's words for it.
    pub fn request(&self, beside: Option<&Path>) -> Vec<TagWrite> {
        let out = self.folder(beside);
        let mut write = Vec::new();
        if self.xmp {
            write.push(TagWrite::Xmp { stem: self.stem });
        }
        if self.csv {
            write.push(TagWrite::Csv {
                out: Some(out.join("tags.csv")),
                wide: self.wide,
                spreadsheet_safe: true,
            });
        }
        if self.json {
            write.push(TagWrite::Json {
                out: Some(out.join("tags.json")),
            });
        }
        if self.coco {
            write.push(TagWrite::Coco {
                out: out.join("tags.coco.json"),
            });
        }
        if self.folders {
            write.push(TagWrite::Folders {
                out: out.join("by label"),
                copies: self.copies,
            });
        }
        write
    }

    /// For people, in a few words.
    pub fn words(&self) -> String {
        let parts = [
            (self.xmp, "XMP sidecars"),
            (self.csv, "tags.csv"),
            (self.json, "tags.json"),
            (self.coco, "tags.coco.json"),
            (self.folders, "folders by label"),
        ];
        let chosen: Vec<&str> = parts.iter().filter(|(on, _)| *on).map(|(_, name)| *name).collect();
        chosen.join(", ")
    }
}

/// What happens to files, or would.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Files and what happens to them.
    pub lines: Vec<(String, String)>,
    /// How many of them are deleted.
    pub deleted: usize,
    /// Pictures that are left out, and why.
    pub skipped: Vec<(String, String)>,
}

impl Outcome {
    /// Files that stay or come, and files that go, each with its verb. `past`: it was done.
    pub fn words(&self, removal: bool, past: bool) -> String {
        let changed = self.lines.len() - self.deleted.min(self.lines.len());
        let verb = match (removal, past) {
            (true, false) => "change",
            (true, true) => "changed",
            (false, false) => "write",
            (false, true) => "wrote",
        };
        let delete = if past { "deleted" } else { "delete" };
        let parts = [(changed, verb), (self.deleted, delete)];
        let parts: Vec<String> = (parts.iter().filter(|(n, _)| *n > 0))
            .map(|(n, verb)| format!("{verb} {}", counted(*n, "file", "files")))
            .collect();
        let words = match parts.len() {
            0 => format!("{verb} no file"),
            _ => parts.join(", "),
        };
        let mut letters = words.chars();
        letters
            .next()
            .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    }
}

/// What writing would do, or did.
#[derive(Clone, Debug, Default)]
pub struct Preview {
    /// Whether our tags are taken away instead.
    pub removal: bool,
    /// The job that looks or writes.
    pub job: Option<u64>,
    /// What was looked at: the list's version and the form. Another one now: the preview is stale.
    pub stamp: Option<(u64, WriteForm)>,
    /// The pictures that it is about, by their places; `None`: all.
    pub only: Option<BTreeSet<u32>>,
    /// What happens to files.
    pub outcome: Outcome,
    /// Whether it was told to its end.
    pub whole: bool,
    /// Whether it was written: files.
    pub written: Option<usize>,
    /// Why it cannot be done.
    pub failure: Option<crate::engine::Failure>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_deleted_is_said_deleted() {
        let outcome = |files: usize, deleted: usize| Outcome {
            lines: vec![Default::default(); files],
            deleted,
            skipped: Vec::new(),
        };
        assert_eq!(outcome(50, 50).words(true, false), "Delete 50 files");
        assert_eq!(outcome(50, 47).words(true, true), "Changed 3 files, deleted 47 files");
        assert_eq!(outcome(1, 0).words(false, true), "Wrote 1 file");
        assert_eq!(outcome(0, 0).words(false, true), "Wrote no file");
    }

    #[test]
    fn the_form_says_what_is_written_and_where() {
        let form = WriteForm {
            csv: true,
            coco: true,
            ..WriteForm::default()
        };
        let write = form.request(Some(Path::new("/p")));
        assert_eq!(write.len(), 3);
        assert!(matches!(&write[1], TagWrite::Csv { out: Some(out), .. } if out == Path::new("/p/tags.csv")));
        assert_eq!(form.words(), "XMP sidecars, tags.csv, tags.coco.json");
        let elsewhere = WriteForm {
            out: " /q ".to_owned(),
            ..form
        };
        assert_eq!(elsewhere.folder(None), Path::new("/q"));
        let nothing = WriteForm {
            xmp: false,
            ..WriteForm::default()
        };
        assert!(!nothing.writes() && nothing.request(None).is_empty());
    }
}
