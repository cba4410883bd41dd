//! Pictures whose files are gone, and finding them where they were moved to.

use super::error::{ProjectError, Result};
use super::matching::Known;
use super::pictures::stamp_of;
use super::place::{self, StoredPath};
use super::rows::PictureRow;
use super::store::Project;
use crate::dataset::decode::{Limits, probe};
use crate::dataset::error::DatasetError;
use crate::dataset::files::walk;
use crate::dataset::formats::Progress;
use crate::support::hash;
use rayon::prelude::*;
use rusqlite::params;
use serde::{Deserialize, Serialize};
use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Where missing pictures would be found. Change [`Relinked::take`] to choose, then [`Project::relink`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RelinkPlan {
    /// Pictures that were found.
    pub found: Vec<Relinked>,
    /// Pictures that could be one of several files.
    pub ambiguous: Vec<Ambiguous>,
    /// Pictures that were not found.
    pub lost: Vec<Lost>,
}

/// A picture with the file that was found for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relinked {
    /// Its id.
    pub picture: i64,
    /// Its name.
    pub name: String,
    /// Where it was.
    #[serde(with = "place::json")]
    pub from: PathBuf,
    /// Where it is now.
    #[serde(with = "place::json")]
    pub to: PathBuf,
    /// How it was found.
    pub how: FoundBy,
    /// Whether it is the same picture.
    pub content: Sameness,
    /// Whether it is taken over. At first only what is not [`Sameness::Other`].
    pub take: bool,
}

/// How a picture's file was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FoundBy {
    /// At the same place below the new folder.
    Relative,
    /// By its name and the names of the folders around it.
    Path,
    /// By its name alone.
    Name,
    /// By its content.
    Content,
}

/// Whether a file is the picture that is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sameness {
    /// The content is the same, or size and time are those at which it was read last.
    Same,
    /// The missing one was never read whole; width and height are the same.
    Alike,
    /// It is another picture.
    Other,
}

/// A picture that could be one of several files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ambiguous {
    pub picture: i64,
    pub name: String,
    #[serde(with = "place::json")]
    pub from: PathBuf,
    /// The files; one alone is wanted by other pictures as well.
    #[serde(with = "place::json_list")]
    pub candidates: Vec<PathBuf>,
}

/// A picture that was not found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lost {
    /// Its id.
    pub picture: i64,
    /// Its name.
    pub name: String,
    /// Where it was.
    #[serde(with = "place::json")]
    pub from: PathBuf,
}

impl Project {
    /// The pictures whose files are not there, in data order. Asks the disk for each.
    pub fn missing_pictures(&self) -> Result<Vec<PictureRow>> {
        let pictures = self.pictures(None)?;
        Ok(pictures.into_par_iter().filter(|row| is_gone(&row.path)).collect())
    }

    /// Looks below `new_root` for the pictures whose files are gone (with `old_root`: for those that were below it). A picture is found at
    /// the same place below the new folder, else by its name with the most of its folders around it, else by its content. Nothing is
    /// changed; files are read only where names leave a doubt or the content can be compared.
    ///
    /// # Errors
    /// Where `new_root` cannot be read, the database cannot be read, or `progress` stopped it.
    pub fn plan_relink(
        &self,
        old_root: Option<&Path>,
        new_root: &Path,
        progress: &mut Progress<'_>,
    ) -> Result<RelinkPlan> {
        let absolute = |path: &Path| std::path::absolute(path).map_err(|e| ProjectError::io("find", path, e));
        let (old_root, new_root) = (old_root.map(absolute).transpose()?, absolute(new_root)?);
        let (gone, there): (Vec<Known>, Vec<Known>) =
            self.known()?.into_par_iter().partition(|known| is_gone(&known.path));
        let walked = walk(&new_root, &mut |seen| progress(seen, 0)).map_err(of_walk)?;
        let taken: HashSet<&Path> = there.iter().map(|known| known.path.as_path()).collect();
        let place = Place::new(
            walked
                .pictures
                .into_iter()
                .filter(|path| !taken.contains(path.as_path()))
                .collect(),
        );
        let wanted: Vec<&Known> = gone
            .iter()
            .filter(|known| old_root.as_ref().is_none_or(|root| known.path.starts_with(root)))
            .collect();
        let mut plan = RelinkPlan::default();
        for (done, known) in wanted.iter().enumerate() {
            if progress(done, wanted.len()).is_break() {
                return Err(ProjectError::Cancelled);
            }
            let moved = old_root.as_ref().and_then(|root| known.path.strip_prefix(root).ok());
            let moved = moved.map(|rest| new_root.join(rest));
            let moved = moved.filter(|path| path.is_file() && !taken.contains(path.as_path()));
            match place.find(known, moved) {
                Outcome::One(to, how, content) => plan.found.push(Relinked {
                    picture: known.id,
                    name: known.name.clone(),
                    from: known.path.clone(),
                    to,
                    how,
                    content,
                    take: content != Sameness::Other,
                }),
                Outcome::Several(candidates) => plan.ambiguous.push(Ambiguous {
                    picture: known.id,
                    name: known.name.clone(),
                    from: known.path.clone(),
                    candidates,
                }),
                Outcome::None => plan.lost.push(Lost {
                    picture: known.id,
                    name: known.name.clone(),
                    from: known.path.clone(),
                }),
            }
        }
        plan.contested();
        Ok(plan)
    }

    /// Takes over the new places of the pictures that a plan found and that are to be taken, all or none; returns how many. Nothing but
    /// the places changes, and of another picture's file the content is read again.
    ///
    /// # Errors
    /// Where a file is not there any more, a picture does not exist, or the database cannot be written.
    pub fn relink(&mut self, plan: &RelinkPlan) -> Result<usize> {
        let taken: Vec<&Relinked> = plan.found.iter().filter(|found| found.take).collect();
        for found in &taken {
            std::fs::metadata(&found.to).map_err(|source| ProjectError::Picture {
                path: found.to.clone(),
                source,
            })?;
        }
        let folder = self.folder.clone();
        self.write(|tx| {
            let mut update = tx.prepare("UPDATE pictures SET path = ?2, relative = ?3 WHERE id = ?1")?;
            let mut forget =
                tx.prepare("UPDATE pictures SET hash = NULL, hash_size = NULL, hash_modified = NULL WHERE id = ?1")?;
            for found in &taken {
                let relative = place::relative(&folder, &found.to).map(StoredPath);
                if update.execute(params![found.picture, StoredPath(found.to.clone()), relative])? == 0 {
                    return Err(ProjectError::NoPicture { id: found.picture }.into());
                }
                if found.content == Sameness::Other {
                    forget.execute([found.picture])?;
                }
            }
            Ok(taken.len())
        })
    }
}

impl RelinkPlan {
    /// Files that were found for several pictures are taken for none of them.
    fn contested(&mut self) {
        let mut wanted: HashMap<PathBuf, HashSet<PathBuf>> = HashMap::new();
        for found in &self.found {
            // Pictures that shared a file may go on sharing it.
            wanted.entry(found.to.clone()).or_default().insert(found.from.clone());
        }
        for found in self
            .found
            .extract_if(.., |found| wanted.get(&found.to).is_some_and(|from| from.len() > 1))
        {
            self.ambiguous.push(Ambiguous {
                picture: found.picture,
                name: found.name,
                from: found.from,
                candidates: vec![found.to],
            });
        }
    }
}

/// A disk that cannot answer does not count as one that lacks the file.
pub(super) fn is_gone(path: &Path) -> bool {
    !path.try_exists().unwrap_or(true)
}

fn of_walk(error: DatasetError) -> ProjectError {
    match error {
        DatasetError::Cancelled => ProjectError::Cancelled,
        DatasetError::Io { path, source } => ProjectError::io("read", &path, source),
        other => ProjectError::io("read", Path::new(""), std::io::Error::other(other)),
    }
}

/// What was found for a picture.
enum Outcome {
    One(PathBuf, FoundBy, Sameness),
    Several(Vec<PathBuf>),
    None,
}

/// The files below the new folder.
struct Place {
    files: Vec<PathBuf>,
    names: HashMap<Vec<u8>, Vec<usize>>,
    /// By bytes; read when first asked for.
    sizes: OnceCell<HashMap<i64, Vec<usize>>>,
    /// Of the files that were read whole; several pictures may ask for one.
    hashes: RefCell<HashMap<PathBuf, Option<String>>>,
}

impl Place {
    fn new(files: Vec<PathBuf>) -> Self {
        let mut names: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
        for (i, path) in files.iter().enumerate() {
            let name = path.file_name().map(OsStr::as_encoded_bytes).unwrap_or_default();
            names.entry(name.to_vec()).or_default().push(i);
        }
        Self {
            files,
            names,
            sizes: OnceCell::new(),
            hashes: RefCell::default(),
        }
    }

    fn find(&self, known: &Known, moved: Option<PathBuf>) -> Outcome {
        let by_name = match moved {
            Some(path) => {
                let content = self.sameness(&path, known);
                Outcome::One(path, FoundBy::Relative, content)
            }
            None => self.by_name(known),
        };
        // The same content elsewhere is more than another picture of the same name.
        match by_name {
            Outcome::One(_, _, Sameness::Other) | Outcome::None => match self.by_content(known) {
                Outcome::None => by_name,
                found => found,
            },
            found => found,
        }
    }

    fn by_name(&self, known: &Known) -> Outcome {
        let name = known.path.file_name().map(OsStr::as_encoded_bytes).unwrap_or_default();
        let candidates: Vec<&PathBuf> = self
            .names
            .get(name)
            .into_iter()
            .flatten()
            .map(|i| &self.files[*i])
            .collect();
        let shared = |path: &Path| {
            let pairs = path.components().rev().zip(known.path.components().rev());
            pairs.take_while(|(a, b)| a == b).count()
        };
        let most = candidates.iter().map(|path| shared(path)).max().unwrap_or(0);
        let best: Vec<&PathBuf> = candidates.into_iter().filter(|path| shared(path) == most).collect();
        match best[..] {
            [] => Outcome::None,
            [one] => {
                let how = if most > 1 { FoundBy::Path } else { FoundBy::Name };
                Outcome::One(one.clone(), how, self.sameness(one, known))
            }
            _ => {
                let same: Vec<&PathBuf> = best
                    .iter()
                    .copied()
                    .filter(|path| self.sameness(path, known) == Sameness::Same)
                    .collect();
                match same[..] {
                    [one] => Outcome::One(one.clone(), FoundBy::Content, Sameness::Same),
                    _ => Outcome::Several(best.into_iter().cloned().collect()),
                }
            }
        }
    }

    fn by_content(&self, known: &Known) -> Outcome {
        let Some((hash, bytes)) = &known.content else {
            return Outcome::None;
        };
        let sizes = self.sizes.get_or_init(|| {
            let mut sizes: HashMap<i64, Vec<usize>> = HashMap::new();
            for (i, path) in self.files.iter().enumerate() {
                if let Ok(about) = path.metadata() {
                    sizes.entry(about.len() as i64).or_default().push(i);
                }
            }
            sizes
        });
        let candidates = sizes.get(bytes).into_iter().flatten().map(|i| &self.files[*i]);
        let same: Vec<PathBuf> = candidates
            .filter(|path| self.hash(path).is_some_and(|h| h == *hash))
            .cloned()
            .collect();
        match &same[..] {
            [] => Outcome::None,
            [one] => Outcome::One(one.clone(), FoundBy::Content, Sameness::Same),
            _ => Outcome::Several(same),
        }
    }

    /// Whether the file at `path` is the picture.
    fn sameness(&self, path: &Path, known: &Known) -> Sameness {
        let Some((hash, bytes)) = &known.content else {
            let shape = probe(path, &Limits::default());
            return if shape.is_ok_and(|shape| shape.shown() == known.size) {
                Sameness::Alike
            } else {
                Sameness::Other
            };
        };
        let stamp = path.metadata().map(|about| stamp_of(&about)).unwrap_or_default();
        if stamp[0] != Some(*bytes) {
            return Sameness::Other;
        }
        let untouched = stamp[1].is_some() && stamp[1] == known.modified;
        if untouched || self.hash(path).is_some_and(|found| found == *hash) {
            Sameness::Same
        } else {
            Sameness::Other
        }
    }

    /// SHA-256 of a file, read once; `None` where it cannot be read.
    fn hash(&self, path: &Path) -> Option<String> {
        let mut hashes = self.hashes.borrow_mut();
        let known = hashes.entry(path.to_owned());
        known.or_insert_with(|| hash::of_file(path).ok()).clone()
    }
}
