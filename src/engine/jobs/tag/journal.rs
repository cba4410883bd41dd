//! What a batch has done so far, so that it goes on after a kill and does nothing twice: a line for each picture, appended as soon as
//! its tags are written.

use crate::support::hash;
use percent_encoding::{AsciiSet, CONTROLS, percent_encode};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// What became of a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Entry {
    /// Its tags: label and probability.
    Tags(Vec<(String, f32)>),
    /// Why it has none.
    Failed(String),
}

/// A line. The stamp tells whether the file is still the one that was tagged.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    path: String,
    stamp: (u64, i64),
    #[serde(flatten)]
    entry: Entry,
}

/// The first line: what the results depend on.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Head {
    journal: u32,
    identity: String,
}

/// The journal of a batch or of a watched folder.
pub(crate) struct Journal {
    file: File,
    path: PathBuf,
    known: HashMap<String, ((u64, i64), Entry)>,
}

/// Bytes that are percent-encoded: a path need not be UTF-8, JSON must.
const KEPT: &AsciiSet = &CONTROLS.add(b'%');

fn key(path: &Path) -> String {
    percent_encode(path.as_os_str().as_encoded_bytes(), KEPT).to_string()
}

/// Size in bytes and modification time in Unix nanoseconds; 0 where the file is gone.
pub(crate) fn stamp(path: &Path) -> (u64, i64) {
    let Ok(about) = std::fs::metadata(path) else {
        return (0, 0);
    };
    let modified = about.modified().ok().and_then(|m| m.duration_since(UNIX_EPOCH).ok());
    (about.len(), modified.map_or(0, |d| d.as_nanos() as i64))
}

/// Where the journal of a batch without a file of its own lies: named by what the batch is.
pub(crate) fn place(identity: &str, paths: &[PathBuf]) -> PathBuf {
    let mut text = identity.to_owned();
    for path in paths {
        text.push('\n');
        text.push_str(&key(path));
    }
    let folder = dirs::data_dir().unwrap_or_else(std::env::temp_dir).join("patchlight");
    let name = hash::of_bytes(text.as_bytes());
    folder.join("batches").join(format!("{}.jsonl", &name[..24]))
}

impl Journal {
    /// Opens or begins the journal of a batch. One that was begun with another tagger or other settings is begun anew.
    ///
    /// # Errors
    /// The error of reading or writing it.
    pub fn open(path: &Path, identity: &str, fresh: bool) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let head = Head {
            journal: 1,
            identity: identity.to_owned(),
        };
        let mut known = HashMap::new();
        let mut whole = 0;
        let mut ours = false;
        if !fresh {
            let mut reader = BufReader::new(&file);
            let mut line = Vec::new();
            loop {
                line.clear();
                let read = reader.read_until(b'\n', &mut line)?;
                // A line without its end was cut off by a kill: the picture counts as not done.
                if read == 0 || line.last() != Some(&b'\n') {
                    break;
                }
                if !ours {
                    ours = serde_json::from_slice::<Head>(&line).is_ok_and(|found| found == head);
                    if !ours {
                        break;
                    }
                } else {
                    let Ok(Line { path, stamp, entry }) = serde_json::from_slice(&line) else {
                        break;
                    };
                    known.insert(path, (stamp, entry));
                }
                whole += read as u64;
            }
        }
        file.set_len(if ours { whole } else { 0 })?;
        file.seek(SeekFrom::End(0))?;
        let mut journal = Self {
            file,
            path: path.to_owned(),
            known,
        };
        if !ours {
            journal.line(&head)?;
        }
        Ok(journal)
    }

    /// What became of a picture, if it is done and still has the stamp that it had.
    pub fn get(&self, picture: &Path, now: (u64, i64)) -> Option<&Entry> {
        let (then, entry) = self.known.get(&key(picture))?;
        (*then == now).then_some(entry)
    }

    /// Notes what became of a picture that had `stamp` when it was read.
    ///
    /// # Errors
    /// The error of writing.
    pub fn note(&mut self, picture: &Path, stamp: (u64, i64), entry: Entry) -> io::Result<()> {
        let path = key(picture);
        self.line(&Line {
            path: path.clone(),
            stamp,
            entry: entry.clone(),
        })?;
        self.known.insert(path, (stamp, entry));
        Ok(())
    }

    /// Ends the batch: nothing is left to go on with.
    pub fn finish(self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(%error, path = %self.path.display(), "the journal of a finished batch could not be removed");
        }
    }

    fn line(&mut self, value: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(value)?;
        line.push(b'\n');
        self.file.write_all(&line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_goes_on_where_it_was_killed() {
        let folder = tempfile::tempdir().unwrap();
        let (journal, picture) = (folder.path().join("j"), folder.path().join("ä b%.jpg"));
        std::fs::write(&picture, b"one").unwrap();
        let tags = Entry::Tags(vec![("cat".to_owned(), 0.9)]);
        let mut first = Journal::open(&journal, "tagger 1", false).unwrap();
        first.note(&picture, stamp(&picture), tags.clone()).unwrap();
        first
            .note(
                &folder.path().join("gone.jpg"),
                (0, 0),
                Entry::Failed("not there".to_owned()),
            )
            .unwrap();
        drop(first);
        // A kill in the middle of a line.
        let mut torn = OpenOptions::new().append(true).open(&journal).unwrap();
        torn.write_all(b"{\"path\":\"half").unwrap();
        drop(torn);
        let again = Journal::open(&journal, "tagger 1", false).unwrap();
        assert_eq!(
            (again.known.len(), again.get(&picture, stamp(&picture))),
            (2, Some(&tags))
        );
        drop(again);
        // A picture that has changed is done again; so is everything with another tagger, or on request.
        std::fs::write(&picture, b"other").unwrap();
        assert_eq!(
            Journal::open(&journal, "tagger 1", false)
                .unwrap()
                .get(&picture, stamp(&picture)),
            None
        );
        assert_eq!(Journal::open(&journal, "tagger 2", false).unwrap().known.len(), 0);
        assert_eq!(Journal::open(&journal, "tagger 1", false).unwrap().known.len(), 0);
        Journal::open(&journal, "tagger 1", true).unwrap().finish();
        assert!(!journal.exists());
    }

    #[test]
    fn batches_have_places_of_their_own() {
        let a = place("x", &[PathBuf::from("/a")]);
        assert_ne!(a, place("x", &[PathBuf::from("/b")]));
        assert_ne!(a, place("y", &[PathBuf::from("/a")]));
    }
}
