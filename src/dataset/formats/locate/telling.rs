//! What look-ups have to tell in the end: pictures that nothing names, names that could be several, what was refused or matched loosely.

use super::super::collect::Findings;
use super::Locator;
use crate::dataset::error::DatasetError;
use crate::dataset::files::{by_bytes, is_picture_name, relative_name, unread_kind};
use crate::dataset::model::{Quarantined, Warning};
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Names that are told in one sentence.
const SHOWN: usize = 4;
/// Ambiguous names that are told one by one.
const LISTED: usize = 1000;

impl Locator {
    /// What was found under `data`, with what the look-ups have to tell. `named`: how the source names pictures, for words such as
    /// "annotated" or "listed".
    ///
    /// # Errors
    /// [`DatasetError::NoPictures`] where no picture was found; `without` stands for the first of them where none was named.
    pub fn complete(
        &self,
        mut found: Findings,
        data: &Path,
        named: &str,
        without: &str,
    ) -> Result<Findings, DatasetError> {
        self.warn(&mut found);
        if !found.entries.is_empty() {
            self.tell_of_others(&mut found);
            return Ok(found);
        }
        let count = found.unmatched.len();
        if let (0, [(name, paths), more @ ..]) = (count, &self.ambiguous[..]) {
            let more = if more.is_empty() {
                String::new()
            } else {
                format!(", and {} more names", more.len())
            };
            return Err(DatasetError::Ambiguous {
                path: data.to_owned(),
                problem: format!("{}{more}", self.could_be(name, paths)),
            });
        }
        let first = found.unmatched.first().map_or(without, String::as_str);
        let mut looked_for = format!("{count} {named} pictures, such as {first}, in {}", self.places());
        if let Some(hint) = found.unmatched.first().and_then(|name| self.begun_by(name)) {
            looked_for.push_str(&hint);
        }
        Err(DatasetError::NoPictures {
            path: data.to_owned(),
            looked_for,
        })
    }

    fn could_be(&self, name: &str, paths: &[PathBuf]) -> String {
        let mut names: Vec<String> = paths.iter().map(|path| relative_name(path, self.root())).collect();
        names.sort();
        let more = names.len().saturating_sub(SHOWN);
        names.truncate(SHOWN);
        let more = if more > 0 {
            format!(" or {more} more")
        } else {
            String::new()
        };
        format!("{name} could be {}{more}", names.join(" or "))
    }

    /// What to say where a name is only the beginning of file names: ids with several pictures each.
    fn begun_by(&self, name: &str) -> Option<String> {
        let index = self.index.as_ref().filter(|_| !name.is_empty())?;
        let file = |path: &PathBuf| path.file_name().map(|n| n.to_string_lossy().into_owned());
        let mut begun: Vec<String> = index
            .paths()
            .iter()
            .filter_map(file)
            .filter(|f| f.starts_with(name))
            .collect();
        begun.sort();
        let end = begun.first()?.get(name.len()..)?.to_owned();
        begun.truncate(SHOWN);
        Some(format!(
            "; files that begin so are {}: say which are meant with --column suffix={end}",
            begun.join(", ")
        ))
    }

    /// Tells of pictures in the folders of those that were found which nothing names, and of what looks like pictures there.
    fn tell_of_others(&self, found: &mut Findings) {
        let mut named: HashMap<&Path, usize> = HashMap::new();
        for folder in found.entries.iter().filter_map(|entry| entry.path.parent()) {
            *named.entry(folder).or_default() += 1;
        }
        let mut folders: Vec<(&Path, usize)> = named.into_iter().collect();
        folders.sort_unstable();
        let taken: OnceCell<HashSet<&Path>> = OnceCell::new();
        // Only where a picture is left over is it looked for among a hundred thousand.
        let is_taken = |path: &Path| {
            let all = || found.entries.iter().map(|entry| entry.path.as_path()).collect();
            taken.get_or_init(all).contains(path)
        };
        let (mut others, mut first, mut unread) = (0, None, Vec::new());
        for (folder, named) in folders {
            let (mut pictures, mut names) = (0, Vec::new());
            for name in self.names_in(folder).into_iter().map(Path::new) {
                if is_picture_name(name) {
                    pictures += 1;
                    names.push(name);
                } else if let Some(reason) = unread_kind(name) {
                    let path = folder.join(name);
                    let told = found.left_out.iter().any(|q| Path::new(&q.file) == path);
                    if !told && !is_taken(&path) {
                        unread.push((path.display().to_string(), reason));
                    }
                }
            }
            if pictures > named {
                others += pictures - named;
                let unnamed = names
                    .into_iter()
                    .map(|name| folder.join(name))
                    .filter(|path| !is_taken(path));
                first = first.or_else(|| unnamed.min());
            }
        }
        unread.sort();
        let unread = unread.into_iter().map(|(file, reason)| Quarantined { file, reason });
        found.left_out.extend(unread);
        if let Some(first) = first {
            let text = format!(
                "{others} pictures lie beside those that are named and were left out; one is {}",
                first.display()
            );
            found.warnings.push(Warning::new("not-listed", text));
        }
    }

    /// The names of files in a folder, as far as it was looked into.
    fn names_in(&self, folder: &Path) -> Vec<&OsStr> {
        let below = folder.strip_prefix(self.root()).ok();
        let listed: Vec<&OsStr> = below
            .into_iter()
            .flat_map(|below| self.tree.listed(below))
            .map(|n| n.as_os_str())
            .collect();
        if !listed.is_empty() {
            return listed;
        }
        let paths = self.index.as_ref().map_or(&[][..], |index| index.paths());
        // They are sorted, so those of a folder begin in one place; folders below it may lie between.
        let start = paths.partition_point(|path| by_bytes(path, folder).is_lt());
        let own = paths[start..].iter().take_while(|path| path.starts_with(folder));
        own.filter(|path| path.parent() == Some(folder))
            .filter_map(|path| path.file_name())
            .collect()
    }

    /// Tells what was refused, ambiguous, matched loosely or left out.
    pub(crate) fn warn(&self, found: &mut Findings) {
        let warnings = &mut found.warnings;
        warnings.extend(self.walk_warnings.iter().cloned());
        found.left_out.extend(self.left_out.iter().cloned());
        self.tally.warn(
            "path-refused",
            "picture names lead out of the folder of pictures and were refused",
            warnings,
        );
        for (name, paths) in self.ambiguous.iter().take(LISTED) {
            warnings.push(Warning::new(
                "ambiguous",
                format!("{}, and was left out", self.could_be(name, paths)),
            ));
        }
        if let Some(more) = self.ambiguous.len().checked_sub(LISTED).filter(|more| *more > 0) {
            let text = format!("{more} more picture names could be several pictures and were left out");
            warnings.push(Warning::new("ambiguous", text));
        }
        self.tally.warn(
            "name-alike",
            "picture names differ from the file's (in case, accents, extension, signs or folders)",
            warnings,
        );
    }
}
