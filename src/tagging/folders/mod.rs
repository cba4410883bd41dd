//! Pictures copied or linked into one folder for each label. The plan says where each would go; nothing that exists is replaced.

mod names;
#[cfg(test)]
mod tests;

use super::error::TaggingError;
use super::label;
use super::model::Tags;
use crate::support::{atomic, hash};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use unicode_normalization::UnicodeNormalization;

/// The most files of one name in a folder.
const MOST: usize = 10_000;

/// How pictures get into the folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// A copy.
    Copy,
    /// A second name for the same file: takes no space, works only on the pictures' disk, and a change through one name is a change
    /// of the picture.
    HardLink,
}

/// What is to happen to one picture and label.
#[derive(Debug)]
pub enum PlacementAction {
    /// The picture goes to the target.
    Place,
    /// The target has this very content already.
    AlreadyThere,
    /// Nothing happens, for this reason.
    Refused(TaggingError),
}

/// One picture in one label's folder.
#[derive(Debug)]
pub struct Placement {
    /// The picture.
    pub picture: PathBuf,
    /// The label.
    pub label: String,
    /// Where it goes; empty if it was refused before that was known.
    pub target: PathBuf,
    /// What is to happen.
    pub action: PlacementAction,
    transfer: Transfer,
}

/// All placements, and the labels whose folders have other names.
#[derive(Debug, Default)]
pub struct FolderPlan {
    /// One for each picture and label, in the order given.
    pub placements: Vec<Placement>,
    /// Label and folder (below the output folder) where the folder's name is not the label.
    pub renamed: Vec<(String, PathBuf)>,
}

impl FolderPlan {
    /// Plans where pictures go below `out`. `/` in a label means a folder in a folder. Nothing is written.
    pub fn new(tags: &[Tags], out: &Path, transfer: Transfer) -> Self {
        let labels: BTreeSet<&str> = tags
            .iter()
            .flat_map(|t| &t.tags)
            .map(|tag| tag.label.as_str())
            .collect();
        let folders = folders(&labels);
        let mut planner = Planner {
            taken: HashMap::new(),
            hashes: HashMap::new(),
        };
        let mut plan = Self::default();
        for (label, folder) in &folders {
            if folder != Path::new(label) {
                plan.renamed.push(((*label).to_owned(), folder.clone()));
            }
        }
        for picture in tags {
            let mut done = BTreeSet::new();
            for tag in &picture.tags {
                let (mut target, action) = match folders.get(tag.label.as_str()) {
                    Some(folder) if !done.insert(folder.clone()) => continue,
                    Some(folder) => planner.target(&picture.image, &out.join(folder)),
                    None => (PathBuf::new(), Err(no_name(&tag.label))),
                };
                let action = action.unwrap_or_else(|error| {
                    tracing::debug!(picture = %picture.image.display(), %error, "placement refused");
                    target = PathBuf::new();
                    PlacementAction::Refused(error)
                });
                plan.placements.push(Placement {
                    picture: picture.image.clone(),
                    label: tag.label.clone(),
                    target,
                    action,
                    transfer,
                });
            }
        }
        plan
    }
}

impl Placement {
    /// Carries it out: the file is there whole or not at all. `false`: there was nothing to do, or it was refused.
    ///
    /// # Errors
    /// If the target exists meanwhile, or the file cannot be read or made.
    pub fn apply(&self) -> Result<bool, TaggingError> {
        if !matches!(self.action, PlacementAction::Place) {
            return Ok(false);
        }
        if let Some(folder) = self.target.parent() {
            fs::create_dir_all(folder).map_err(TaggingError::io("make", folder))?;
        }
        let placed = match self.transfer {
            Transfer::Copy => {
                let mut source = File::open(&self.picture).map_err(TaggingError::io("read", &self.picture))?;
                let modified = source.metadata().and_then(|about| about.modified());
                atomic::write_new_with(&self.target, |out| {
                    io::copy(&mut source, out)?;
                    out.flush()?;
                    // Pictures are sorted by time; where a file system has none, the copy gets the current time.
                    if let Ok(modified) = modified {
                        let _ = out.get_ref().set_modified(modified);
                    }
                    Ok(())
                })
            }
            // A link to a link would follow it when that one changes.
            Transfer::HardLink => self
                .picture
                .canonicalize()
                .and_then(|real| fs::hard_link(real, &self.target)),
        };
        match placed {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(TaggingError::Exists {
                path: self.target.clone(),
            }),
            Err(error) => Err(TaggingError::io("make", &self.target)(error)),
        }
    }
}

fn no_name(label: &str) -> TaggingError {
    TaggingError::Name {
        what: "the label",
        name: label.to_owned(),
        problem: "has no name".to_owned(),
    }
}

/// What file names have in common that are one on some system.
fn folded(name: &OsStr) -> String {
    name.to_string_lossy().to_lowercase().nfc().collect()
}

fn numbered(name: &OsStr, number: usize) -> OsString {
    let path = Path::new(name);
    let mut numbered = path.file_stem().unwrap_or(name).to_owned();
    numbered.push(format!(" ({number})"));
    if let Some(extension) = path.extension() {
        numbered.push(".");
        numbered.push(extension);
    }
    numbered
}

/// A folder for each label that has a name. Labels that would share one on some system get numbers; their order decides, not the
/// pictures'.
fn folders<'a>(labels: &BTreeSet<&'a str>) -> BTreeMap<&'a str, PathBuf> {
    let mut owners: HashMap<(PathBuf, String), String> = HashMap::new();
    let mut folders = BTreeMap::new();
    for label in labels {
        let levels = label::levels(label);
        let mut folder = PathBuf::new();
        for level in &levels {
            let name = OsString::from(names::folder_name(level));
            let mut number = 1;
            loop {
                let candidate = match number {
                    1 => name.clone(),
                    _ => OsString::from(format!("{} ({number})", name.to_string_lossy())),
                };
                let owner = owners.entry((folder.clone(), folded(&candidate)));
                if owner.or_insert_with(|| (*level).to_owned()) == level {
                    folder.push(candidate);
                    break;
                }
                number += 1;
            }
        }
        if !levels.is_empty() {
            folders.insert(*label, folder);
        }
    }
    folders
}

struct Planner {
    /// Pictures by the target they are planned for.
    taken: HashMap<(PathBuf, String), PathBuf>,
    /// Content by path, where it had to be compared.
    hashes: HashMap<PathBuf, String>,
}

impl Planner {
    /// A place for `picture` in `folder`: its own name, or the first numbered one that is free or has its content.
    fn target(&mut self, picture: &Path, folder: &Path) -> (PathBuf, Result<PlacementAction, TaggingError>) {
        match self.find(picture, folder) {
            Ok((target, action)) => (target, Ok(action)),
            Err(error) => (PathBuf::new(), Err(error)),
        }
    }

    fn find(&mut self, picture: &Path, folder: &Path) -> Result<(PathBuf, PlacementAction), TaggingError> {
        let about = fs::metadata(picture).map_err(TaggingError::io("read", picture))?;
        let name = match picture.file_name() {
            Some(name) if about.is_file() => name,
            _ => {
                return Err(TaggingError::NotAFile {
                    path: picture.to_owned(),
                });
            }
        };
        if let Some(file) = folder.ancestors().find(|path| path.is_file()) {
            return Err(TaggingError::NotAFolder { path: file.to_owned() });
        }
        for number in 1..=MOST {
            let candidate = if number == 1 {
                name.to_owned()
            } else {
                numbered(name, number)
            };
            let target = folder.join(&candidate);
            let key = (folder.to_owned(), folded(&candidate));
            let there = match self.taken.get(&key) {
                Some(other) => other.clone(),
                None if target.symlink_metadata().is_err() => {
                    self.taken.insert(key, picture.to_owned());
                    return Ok((target, PlacementAction::Place));
                }
                None => target.clone(),
            };
            if self.same(picture, &there)? {
                return Ok((target, PlacementAction::AlreadyThere));
            }
        }
        Err(TaggingError::NoName {
            path: folder.join(name),
        })
    }

    /// Whether two files have the same content. What cannot be read is another file.
    fn same(&mut self, picture: &Path, other: &Path) -> Result<bool, TaggingError> {
        if picture == other {
            return Ok(true);
        }
        let (Ok(a), Ok(b)) = (fs::metadata(picture), fs::metadata(other)) else {
            return Ok(false);
        };
        if !b.is_file() || a.len() != b.len() {
            return Ok(false);
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            if (a.dev(), a.ino()) == (b.dev(), b.ino()) {
                return Ok(true);
            }
        }
        let first = self.hash(picture).map_err(TaggingError::io("read", picture))?;
        Ok(self.hash(other).is_ok_and(|second| first == second))
    }

    fn hash(&mut self, path: &Path) -> io::Result<String> {
        if let Some(known) = self.hashes.get(path) {
            return Ok(known.clone());
        }
        let made = hash::of_file(path)?;
        self.hashes.insert(path.to_owned(), made.clone());
        Ok(made)
    }
}
