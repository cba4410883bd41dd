//! Finding the pictures that annotations name: at the usual places, else by a file name that only one picture has.

use super::collect::Tally;
use super::lookup::Tree;
use super::{ImportRequest, Progress};
use crate::dataset::error::DatasetError;
use crate::dataset::files::{Found, PictureIndex, walk};
use crate::dataset::model::{Split, Warning};
use std::collections::{HashMap, HashSet};
use std::path::{Component, Path, PathBuf};

/// A file's name without its extension.
pub fn stem(path: &Path) -> String {
    path.file_stem()
        .map(|s| s.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// The split that an annotation file is of: `instances_train2017.json`, else a folder between `root` and the file.
pub fn split_of_file(path: &Path, root: &Path) -> Option<Split> {
    let by_name = stem(path).split(['_', '-', '.', ' ']).find_map(Split::of_name);
    by_name.or_else(|| folder_split(path.strip_prefix(root).ok()?))
}

/// The split that the folder in a `file_name` announces.
pub fn split_of_name(name: &str) -> Option<Split> {
    folder_split(Path::new(name))
}

fn folder_split(path: &Path) -> Option<Split> {
    let folders = path
        .parent()?
        .components()
        .filter(|c| matches!(c, Component::Normal(_)));
    folders
        .into_iter()
        .find_map(|c| Split::of_name(&c.as_os_str().to_string_lossy()))
}

/// Looks pictures up under a root.
pub struct Locator {
    tree: Tree,
    /// The user said where the pictures are, so names are relative to there.
    named: bool,
    /// Names may lack the extension, as ids in tables do.
    stems: bool,
    /// The usual places of each split for one annotation file, as far as they exist.
    places: (PathBuf, HashMap<Option<Split>, Vec<PathBuf>>),
    /// All pictures below the root; made when a picture is not at a usual place.
    index: Option<PictureIndex>,
    walk_warnings: Vec<Warning>,
    tally: Tally,
}

impl Locator {
    pub fn new(request: &ImportRequest) -> Self {
        let folder = |file: &Path| {
            let parent = file.parent().unwrap_or(file);
            // COCO keeps its annotations in a folder beside those of the pictures.
            let beside = parent.parent().filter(|_| parent.ends_with("annotations"));
            beside.unwrap_or(parent).to_path_buf()
        };
        let root = match &request.images {
            Some(images) => images.clone(),
            None if request.data.is_dir() => request.data.clone(),
            None => folder(&request.data),
        };
        Self {
            tree: Tree::new(&root),
            named: request.images.is_some(),
            stems: false,
            places: (PathBuf::new(), HashMap::new()),
            index: None,
            walk_warnings: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// Finds pictures by names without extension, too.
    pub fn with_stems(self) -> Self {
        Self { stems: true, ..self }
    }

    pub fn root(&self) -> &Path {
        self.tree.root()
    }

    /// Where pictures are looked for, in words.
    pub fn places(&self) -> String {
        format!("{} and below", self.root().display())
    }

    /// The picture `name` of the annotation file `file`, which is of `split`.
    pub fn find(
        &mut self,
        name: &str,
        file: &Path,
        split: Option<Split>,
        progress: &mut Progress<'_>,
    ) -> Result<Option<PathBuf>, DatasetError> {
        // Sets made on Windows have backslashes.
        let converted =
            (cfg!(unix) && name.contains('\\') && !self.root().join(name).exists()).then(|| name.replace('\\', "/"));
        let wanted = Path::new(converted.as_deref().unwrap_or(name));
        let mut refusal = None;
        // A name with a folder in it, or below a folder that the user named, is most likely whole.
        let whole = self.named || wanted.components().nth(1).is_some();
        if whole {
            match self.tree.find(wanted) {
                Ok(Some(path)) => return Ok(Some(path)),
                Ok(None) => {}
                Err(message) => refusal = Some(message),
            }
        }
        if self.places.0 != file {
            self.places = (file.to_owned(), HashMap::new());
        }
        if !self.places.1.contains_key(&split) {
            let places = self.usual_places(file, split);
            self.places.1.insert(split, places);
        }
        for place in self.places.1.get(&split).into_iter().flatten() {
            match self.tree.find(&place.join(wanted)) {
                Ok(Some(path)) => return Ok(Some(path)),
                Ok(None) => {}
                Err(message) => refusal = Some(message),
            }
        }
        let leads_out = wanted.is_absolute() || wanted.components().any(|c| c == Component::ParentDir);
        if let Some(message) =
            refusal.or_else(|| leads_out.then(|| format!("{name} is not under {}", self.root().display())))
        {
            self.tally.add("path-refused", || message);
            return Ok(None);
        }
        self.search(name, wanted, split, progress)
    }

    /// Relative to the root: `train2017` for `instances_train2017.json`, the file's own folder, and usual names.
    fn usual_places(&self, file: &Path, split: Option<Split>) -> Vec<PathBuf> {
        let stem = stem(file);
        let set = stem.split_once('_').map_or(stem.as_str(), |(_, set)| set);
        let mut places = Vec::new();
        for set in [set, split.map_or("", Split::name)] {
            if !set.is_empty() {
                places.extend([
                    PathBuf::from(set),
                    Path::new("images").join(set),
                    Path::new(set).join("images"),
                ]);
            }
        }
        if let Some(own) = file.parent().and_then(|folder| folder.strip_prefix(self.root()).ok()) {
            places.push(own.to_path_buf());
        }
        places.extend(["", "images", "JPEGImages", "data"].map(PathBuf::from));
        let mut seen = HashSet::new();
        places.retain(|place| seen.insert(place.clone()) && self.root().join(place).is_dir());
        places
    }

    fn search(
        &mut self,
        name: &str,
        wanted: &Path,
        split: Option<Split>,
        progress: &mut Progress<'_>,
    ) -> Result<Option<PathBuf>, DatasetError> {
        if self.index.is_none() {
            let walked = walk(self.tree.root(), &mut |seen| progress(seen, 0))?;
            self.walk_warnings = walked.warnings;
            self.index = Some(PictureIndex::new(walked.pictures));
        }
        let Some(index) = &self.index else { return Ok(None) };
        let found = if self.stems {
            index.find_or_stem(wanted)
        } else {
            index.find(wanted)
        };
        let (i, alike) = match found {
            Found::One(i) => (i, false),
            Found::Alike(i) => (i, true),
            Found::Several(several) => {
                let count = several.len();
                self.tally.add("ambiguous", || format!("{name} ({count} pictures)"));
                return Ok(None);
            }
            Found::None => return Ok(None),
        };
        let Some(path) = index.path(i) else { return Ok(None) };
        // `1.jpg` of the training pictures is missing; that of the test pictures is another picture.
        let own = path.strip_prefix(self.tree.root()).ok().and_then(folder_split);
        if own.is_some() && split.is_some() && own != split {
            return Ok(None);
        }
        if alike {
            self.tally
                .add("name-alike", || format!("{name} was taken for {}", path.display()));
        }
        Ok(Some(path.to_path_buf()))
    }

    /// Tells what was refused, ambiguous or matched loosely.
    pub fn warn(&self, warnings: &mut Vec<Warning>) {
        warnings.extend(self.walk_warnings.iter().cloned());
        for (code, text) in [
            (
                "path-refused",
                "picture names lead out of the folder of pictures and were refused",
            ),
            ("ambiguous", "picture names could be several pictures and were left out"),
            ("name-alike", "picture names differ from the file's in case or accents"),
        ] {
            self.tally.warn(code, text, warnings);
        }
    }
}
