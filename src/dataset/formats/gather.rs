//! What importers of many small records share: labels by name, pictures by path, and what happened to them.

use super::ImportRequest;
use super::collect::{Entry, Findings, Tally};
use super::locate::Locator;
use super::trouble::Trouble;
use crate::dataset::error::DatasetError;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Findings in the making.
#[derive(Default)]
pub(crate) struct Gather {
    pub found: Findings,
    pub tally: Tally,
    /// Annotation files that cannot be read.
    pub trouble: Trouble,
    labels: HashMap<String, usize>,
    at: HashMap<PathBuf, usize>,
}

impl Gather {
    pub fn new(request: &ImportRequest) -> Self {
        Self {
            trouble: Trouble::new(request),
            ..Self::default()
        }
    }

    /// The index of a label, which is new or was met before.
    pub fn label(&mut self, name: &str) -> usize {
        if let Some(index) = self.labels.get(name) {
            return *index;
        }
        let index = self.found.labels.len();
        self.labels.insert(name.to_owned(), index);
        self.found.labels.push(name.to_owned());
        index
    }

    /// The entry of a picture: `new`, or the one that it already has.
    pub fn entry(&mut self, new: Entry) -> &mut Entry {
        let next = self.found.entries.len();
        let index = *self.at.entry(new.path.clone()).or_insert(next);
        if index == next {
            self.found.entries.push(new);
        } else {
            let code = if self.found.entries[index].split == new.split {
                "repeated"
            } else {
                "leakage"
            };
            self.tally.add(code, || new.name);
        }
        &mut self.found.entries[index]
    }

    /// Adds what an entry says to what its picture's has; `again` where it is usual that a picture comes more than once.
    pub fn join(&mut self, new: Entry, again: bool) {
        if !self.knows(&new.path) {
            self.entry(new);
            return;
        }
        let stub = Entry {
            path: new.path,
            name: new.name,
            split: new.split,
            ..Entry::default()
        };
        let entry = match self.at.get(&stub.path).and_then(|i| self.found.entries.get_mut(*i)) {
            Some(first) if again && first.split == stub.split => first,
            _ => self.entry(stub),
        };
        entry.positives.extend(new.positives);
        entry.negatives.extend(new.negatives);
        entry.unknowns.extend(new.unknowns);
        entry.boxes.extend(new.boxes);
        entry.declared = entry.declared.or(new.declared);
        entry.unlabelled |= new.unlabelled;
    }

    /// Whether a picture has an entry.
    pub fn knows(&self, path: &Path) -> bool {
        self.at.contains_key(path)
    }

    /// Tells what was tallied, under the codes given, and what the locator has to tell.
    ///
    /// # Errors
    /// There is no picture.
    pub fn finish(
        mut self,
        request: &ImportRequest,
        locator: &Locator,
        texts: &[(&'static str, &str)],
    ) -> Result<Findings, DatasetError> {
        let common = [
            (
                "repeated",
                "pictures are annotated more than once; their labels were joined",
            ),
            ("leakage", "pictures are in several splits; the first one counts"),
        ];
        self.found.needs_look = std::mem::take(&mut self.trouble).finish()?;
        for (code, text) in common.iter().chain(texts) {
            self.tally.warn(code, text, &mut self.found.warnings);
        }
        locator.complete(self.found, &request.data, "annotated", "(no picture is named)")
    }
}
