//! Finding the pictures that annotations name: at the usual places, else by a file name that only one picture has.

use super::collect::{Findings, Tally};
use super::lookup::Tree;
use super::{ImportRequest, Progress};
use crate::dataset::error::DatasetError;
use crate::dataset::files::{EXTENSIONS, Found, PictureIndex, walk};
use crate::dataset::model::{Split, Warning};
use std::collections::{HashMap, HashSet};
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

/// Folders of annotations: pictures lie beside them, not in them.
const ANNOTATIONS: [&str; 3] = ["annotations", "Annotations", "labels"];

/// The folder whose part `folder` is: a set's own folder rather than that of its annotations.
pub fn set_folder(folder: &Path) -> &Path {
    let beside = folder
        .parent()
        .filter(|_| ANNOTATIONS.iter().any(|name| folder.ends_with(name)));
    beside.unwrap_or(folder)
}

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
    places: (PathBuf, HashMap<Option<Split>, Rc<[PathBuf]>>),
    /// All pictures below the root; made when a picture is not at a usual place.
    index: Option<PictureIndex>,
    /// Paths of these pictures by a form of their file names; made when first asked for.
    forms: Option<HashMap<String, Vec<PathBuf>>>,
    walk_warnings: Vec<Warning>,
    tally: Tally,
}

/// How one look-up went.
enum Attempt {
    Found(PathBuf),
    /// Its name differs in case or accents.
    Alike(PathBuf),
    /// Why the name was refused.
    Refused(String),
    /// How many pictures it could be.
    Ambiguous(usize),
    None,
}

impl Locator {
    pub fn new(request: &ImportRequest) -> Self {
        let root = match &request.images {
            Some(images) => images.clone(),
            None if request.data.is_dir() => set_folder(&request.data).to_path_buf(),
            None => set_folder(request.data.parent().unwrap_or(&request.data)).to_path_buf(),
        };
        Self {
            tree: Tree::new(&root),
            named: request.images.is_some(),
            stems: false,
            places: (PathBuf::new(), HashMap::new()),
            index: None,
            forms: None,
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

    /// The picture `name` of the annotation file `file`, which is of `split`. `folder`: the split that folders around the picture must
    /// not contradict; `None` where the split is the picture's own and says nothing of its folder.
    pub fn find(
        &mut self,
        name: &str,
        file: &Path,
        split: Option<Split>,
        folder: Option<Split>,
        progress: &mut Progress<'_>,
    ) -> Result<Option<PathBuf>, DatasetError> {
        let places = self.usual_places(file, split);
        self.find_at(&[Path::new(name)], &places, folder, progress)
    }

    /// The picture that goes by one of `names`, best first: at one of `places` (relative to the root), else by a name that only one
    /// picture below the root has. `folder`: as in [`find`](Self::find).
    pub fn find_at(
        &mut self,
        names: &[&Path],
        places: &[PathBuf],
        folder: Option<Split>,
        progress: &mut Progress<'_>,
    ) -> Result<Option<PathBuf>, DatasetError> {
        let mut failure = None;
        for name in names {
            match self.attempt(name, places, folder, progress)? {
                Attempt::Found(path) => return Ok(Some(path)),
                Attempt::Alike(path) => {
                    self.tally.add("name-alike", || {
                        format!("{} was taken for {}", name.display(), path.display())
                    });
                    return Ok(Some(path));
                }
                Attempt::None => {}
                attempt => failure = failure.or(Some((name, attempt))),
            }
        }
        match failure {
            Some((_, Attempt::Refused(message))) => self.tally.add("path-refused", || message),
            Some((name, Attempt::Ambiguous(count))) => {
                self.tally
                    .add("ambiguous", || format!("{} ({count} pictures)", name.display()));
            }
            _ => {}
        }
        Ok(None)
    }

    /// The picture whose path without extension is `id` below one of `places` (relative to the root), else whose file name without
    /// extension only one picture has.
    pub fn find_stem(
        &mut self,
        id: &Path,
        places: &[PathBuf],
        progress: &mut Progress<'_>,
    ) -> Result<Option<PathBuf>, DatasetError> {
        if leads_out(id) {
            return Ok(None);
        }
        for place in places {
            for extension in EXTENSIONS {
                for extension in [extension.to_owned(), extension.to_ascii_uppercase()] {
                    let mut path = place.join(id).into_os_string();
                    path.push(".");
                    path.push(extension);
                    if let Ok(Some(path)) = self.tree.find(Path::new(&path)) {
                        return Ok(Some(path));
                    }
                }
            }
        }
        let index = self.indexed(progress)?;
        let found = match index.find_or_stem(id) {
            Found::One(i) | Found::Alike(i) => index.path(i).map(Path::to_path_buf),
            Found::Several(several) => {
                let count = several.len();
                self.tally
                    .add("ambiguous", || format!("{} ({count} pictures)", id.display()));
                None
            }
            Found::None => None,
        };
        Ok(found)
    }

    /// The only picture whose file name has the given form. The first call settles `form`.
    pub fn find_form(
        &mut self,
        wanted: &str,
        form: fn(&str) -> String,
        progress: &mut Progress<'_>,
    ) -> Result<Option<PathBuf>, DatasetError> {
        if self.forms.is_none() {
            let mut forms: HashMap<String, Vec<PathBuf>> = HashMap::new();
            for path in self.indexed(progress)?.paths() {
                let name = path.file_name().map(|n| n.to_string_lossy()).unwrap_or_default();
                forms.entry(form(&name)).or_default().push(path.clone());
            }
            self.forms = Some(forms);
        }
        let found = self.forms.as_ref().and_then(|forms| forms.get(&form(wanted)));
        Ok(found
            .filter(|paths| paths.len() == 1)
            .and_then(|paths| paths.first().cloned()))
    }

    fn attempt(
        &mut self,
        name: &Path,
        places: &[PathBuf],
        folder: Option<Split>,
        progress: &mut Progress<'_>,
    ) -> Result<Attempt, DatasetError> {
        // Sets made on Windows have backslashes.
        let converted = match name.to_str() {
            Some(text) if cfg!(unix) && text.contains('\\') && !self.root().join(name).exists() => {
                PathBuf::from(text.replace('\\', "/"))
            }
            _ => name.to_path_buf(),
        };
        let wanted = converted.as_path();
        let mut refusal = None;
        // A name with a folder in it, or below a folder that the user named, is most likely whole.
        let whole = self.named || wanted.components().nth(1).is_some();
        let root = PathBuf::new();
        for place in whole.then_some(&root).into_iter().chain(places) {
            match self.tree.find(&place.join(wanted)) {
                Ok(Some(path)) => return Ok(Attempt::Found(path)),
                Ok(None) => {}
                Err(message) => refusal = Some(message),
            }
        }
        let outside =
            || leads_out(wanted).then(|| format!("{} is not under {}", name.display(), self.root().display()));
        if let Some(message) = refusal.or_else(outside) {
            return Ok(Attempt::Refused(message));
        }
        self.search(wanted, folder, progress)
    }

    /// Relative to the root: `train2017` for `instances_train2017.json`, the file's own folder, and usual names.
    /// Those that exist; asked of the disk once for each file and split.
    pub fn usual_places(&mut self, file: &Path, split: Option<Split>) -> Rc<[PathBuf]> {
        if self.places.0 != file {
            self.places = (file.to_owned(), HashMap::new());
        }
        if let Some(known) = self.places.1.get(&split) {
            return known.clone();
        }
        let places: Rc<[PathBuf]> = self.look_for_places(file, split).into();
        self.places.1.insert(split, places.clone());
        places
    }

    fn look_for_places(&self, file: &Path, split: Option<Split>) -> Vec<PathBuf> {
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
        places.extend(self.relative(file.parent().unwrap_or(file)));
        places.extend(["", "images", "JPEGImages", "data"].map(PathBuf::from));
        let mut seen = HashSet::new();
        places.retain(|place| seen.insert(place.clone()) && self.root().join(place).is_dir());
        places
    }

    /// A folder's path relative to the root, if it is below it.
    pub fn relative(&self, folder: &Path) -> Option<PathBuf> {
        folder.strip_prefix(self.tree.root()).ok().map(Path::to_path_buf)
    }

    fn indexed(&mut self, progress: &mut Progress<'_>) -> Result<&PictureIndex, DatasetError> {
        let index = match self.index.take() {
            Some(index) => index,
            None => {
                let walked = walk(self.tree.root(), &mut |seen| progress(seen, 0))?;
                self.walk_warnings = walked.warnings;
                PictureIndex::new(walked.pictures)
            }
        };
        Ok(self.index.insert(index))
    }

    fn search(
        &mut self,
        wanted: &Path,
        folder: Option<Split>,
        progress: &mut Progress<'_>,
    ) -> Result<Attempt, DatasetError> {
        let stems = self.stems;
        let index = self.indexed(progress)?;
        let found = if stems {
            index.find_or_stem(wanted)
        } else {
            index.find(wanted)
        };
        let (i, alike) = match found {
            Found::One(i) => (i, false),
            Found::Alike(i) => (i, true),
            Found::Several(several) => return Ok(Attempt::Ambiguous(several.len())),
            Found::None => return Ok(Attempt::None),
        };
        let Some(path) = index.path(i).map(Path::to_path_buf) else {
            return Ok(Attempt::None);
        };
        // `1.jpg` of the training pictures is missing; that of the test pictures is another picture. Folders that the name itself
        // gives say nothing.
        let steps = if path.ends_with(wanted) {
            wanted.components().count()
        } else {
            1
        };
        let above = path.ancestors().nth(steps).unwrap_or(&path).join("_");
        let own = above.strip_prefix(self.tree.root()).ok().and_then(folder_split);
        if own.is_some() && folder.is_some() && own != folder {
            return Ok(Attempt::None);
        }
        Ok(if alike {
            Attempt::Alike(path)
        } else {
            Attempt::Found(path)
        })
    }

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
        self.warn(&mut found.warnings);
        if found.entries.is_empty() {
            let first = found.unmatched.first().map_or(without, String::as_str);
            let count = found.unmatched.len();
            return Err(DatasetError::NoPictures {
                path: data.to_owned(),
                looked_for: format!("{count} {named} pictures, such as {first}, in {}", self.places()),
            });
        }
        Ok(found)
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

fn leads_out(path: &Path) -> bool {
    path.is_absolute() || path.components().any(|c| c == Component::ParentDir)
}
