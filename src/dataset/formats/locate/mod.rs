//! Finding the pictures that annotations name: at the usual places, else by a file name that only one picture has.

mod telling;

use super::collect::Tally;
use super::lookup::Tree;
use super::written::{self, leads_out};
use super::{ImportRequest, Progress};
use crate::dataset::error::DatasetError;
use crate::dataset::files::{EXTENSIONS, Found, PictureIndex, walk};
use crate::dataset::model::{Quarantined, Split, Warning};
use std::collections::{HashMap, HashSet};
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

/// Folders of annotations: pictures lie beside them, not in them.
const ANNOTATIONS: [&str; 3] = ["annotations", "Annotations", "labels"];

/// The folder whose part `folder` is: a set's own folder rather than that of its annotations.
pub(crate) fn set_folder(folder: &Path) -> &Path {
    let beside = folder
        .parent()
        .filter(|_| ANNOTATIONS.iter().any(|name| folder.ends_with(name)));
    beside.unwrap_or(folder)
}

/// A file's name without its extension.
pub(crate) fn stem(path: &Path) -> String {
    path.file_stem()
        .map(|s| s.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// The split that an annotation file is of: `instances_train2017.json`, else a folder between `root` and the file.
pub(crate) fn split_of_file(path: &Path, root: &Path) -> Option<Split> {
    let by_name = stem(path).split(['_', '-', '.', ' ']).find_map(Split::of_name);
    by_name.or_else(|| folder_split(path.strip_prefix(root).ok()?))
}

/// The split that the folder in a `file_name` announces.
pub(crate) fn split_of_name(name: &str) -> Option<Split> {
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
pub(crate) struct Locator {
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
    /// Files that look like pictures and were left out.
    left_out: Vec<Quarantined>,
    tally: Tally,
    /// Names that could be several pictures, and what they could be.
    ambiguous: Vec<(String, Vec<PathBuf>)>,
    /// The last name that was looked up is among those.
    was_ambiguous: bool,
}

/// How one look-up went.
enum Attempt {
    Found(PathBuf),
    /// Its name differs in case or accents.
    Alike(PathBuf),
    /// Why the name was refused.
    Refused(String),
    /// The pictures that it could be.
    Ambiguous(Vec<PathBuf>),
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
            named: request.images.is_some(),
            ..Self::below(&root)
        }
    }

    /// Looks pictures up under `root`.
    pub(crate) fn below(root: &Path) -> Self {
        Self {
            tree: Tree::new(root),
            named: false,
            stems: false,
            places: (PathBuf::new(), HashMap::new()),
            index: None,
            forms: None,
            walk_warnings: Vec::new(),
            left_out: Vec::new(),
            tally: Tally::default(),
            ambiguous: Vec::new(),
            was_ambiguous: false,
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

    /// The file at a name from the root, exactly.
    pub(crate) fn at(&mut self, name: &Path) -> Option<PathBuf> {
        self.tree.find(name).ok().flatten()
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
        self.was_ambiguous = false;
        let mut failure = None;
        for name in names {
            let attempt = self.attempt(name, places, folder, progress)?;
            if matches!(attempt, Attempt::Found(_) | Attempt::Alike(_)) {
                return Ok(self.settle(name, attempt));
            }
            if !matches!(attempt, Attempt::None) {
                failure = failure.or(Some((name, attempt)));
            }
        }
        match failure {
            Some((name, attempt)) => Ok(self.settle(name, attempt)),
            None => Ok(None),
        }
    }

    /// Takes note of how a look-up went.
    fn settle(&mut self, name: &Path, attempt: Attempt) -> Option<PathBuf> {
        match attempt {
            Attempt::Found(path) => return Some(path),
            Attempt::Alike(path) => {
                let example = || format!("{} was taken for {}", name.display(), path.display());
                self.tally.add("name-alike", example);
                return Some(path);
            }
            Attempt::Refused(message) => self.tally.add("path-refused", || message),
            Attempt::Ambiguous(paths) => {
                self.was_ambiguous = true;
                self.ambiguous.push((name.display().to_string(), paths));
            }
            Attempt::None => {}
        }
        None
    }

    /// Adds a name for which nothing was found to `unmatched`, unless it could be several pictures, which is told otherwise.
    pub(crate) fn miss(&self, unmatched: &mut Vec<String>, name: impl Into<String>) {
        if !self.was_ambiguous {
            unmatched.push(name.into());
        }
    }

    /// The picture whose path without extension is `id` below one of `places` (relative to the root), else whose file name without
    /// extension only one picture has.
    pub fn find_stem(
        &mut self,
        id: &Path,
        places: &[PathBuf],
        progress: &mut Progress<'_>,
    ) -> Result<Option<PathBuf>, DatasetError> {
        let was_ambiguous = std::mem::take(&mut self.was_ambiguous);
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
                        self.forget_ambiguous(was_ambiguous);
                        return Ok(Some(path));
                    }
                }
            }
        }
        let index = self.indexed(progress)?;
        let path = |i: usize| index.path(i).map(Path::to_path_buf);
        let attempt = match index.find_or_stem(id) {
            Found::One(i) => path(i).map_or(Attempt::None, Attempt::Found),
            Found::Alike(i) => path(i).map_or(Attempt::None, Attempt::Alike),
            Found::Several(several) => Attempt::Ambiguous(several.into_iter().filter_map(path).collect()),
            Found::None => Attempt::None,
        };
        // One name that could be several pictures is enough to tell.
        if was_ambiguous && matches!(attempt, Attempt::Ambiguous(_)) {
            self.was_ambiguous = true;
            return Ok(None);
        }
        if matches!(attempt, Attempt::Found(_) | Attempt::Alike(_)) {
            self.forget_ambiguous(was_ambiguous);
        } else {
            self.was_ambiguous = was_ambiguous;
        }
        Ok(self.settle(id, attempt))
    }

    /// What was ambiguous was found by another name.
    fn forget_ambiguous(&mut self, was_ambiguous: bool) {
        if was_ambiguous {
            self.ambiguous.pop();
        }
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
        let found = found
            .filter(|paths| paths.len() == 1)
            .and_then(|paths| paths.first().cloned());
        if found.is_some() {
            let was_ambiguous = std::mem::take(&mut self.was_ambiguous);
            self.forget_ambiguous(was_ambiguous);
        }
        Ok(found)
    }

    fn attempt(
        &mut self,
        name: &Path,
        places: &[PathBuf],
        folder: Option<Split>,
        progress: &mut Progress<'_>,
    ) -> Result<Attempt, DatasetError> {
        // The name as it is; only then what it may mean.
        let mut refusal = None;
        if let Some(path) = self.at_places(name, places, &mut refusal) {
            return Ok(Attempt::Found(path));
        }
        let slashed = written::slashed(name);
        // Backslashes say no more than slashes.
        let plain = slashed.as_deref().unwrap_or(name);
        if let Some(path) = slashed
            .as_deref()
            .and_then(|name| self.at_places(name, places, &mut refusal))
        {
            return Ok(Attempt::Found(path));
        }
        let decoded = written::decoded(plain);
        if let Some(path) = decoded
            .as_deref()
            .and_then(|name| self.at_places(name, places, &mut refusal))
        {
            return Ok(Attempt::Alike(path));
        }
        let forms = [Some(plain), decoded.as_deref()];
        let mut several = Attempt::None;
        for form in forms.into_iter().flatten() {
            match self.search(form, places, folder, progress)? {
                Attempt::None => {}
                // A name that is only found once it is decoded, or that leads out of the root, is not quite the file's.
                Attempt::Found(path) if form != plain || leads_out(form) => return Ok(Attempt::Alike(path)),
                attempt @ Attempt::Ambiguous(_) => several = attempt,
                attempt => return Ok(attempt),
            }
        }
        let outside = || leads_out(plain).then(|| format!("{} is not under {}", name.display(), self.root().display()));
        match (several, refusal.or_else(outside)) {
            (Attempt::None, Some(message)) => Ok(Attempt::Refused(message)),
            (several, _) => Ok(several),
        }
    }

    /// The file at a name from the root, or at one of `places`.
    fn at_places(&mut self, name: &Path, places: &[PathBuf], refusal: &mut Option<String>) -> Option<PathBuf> {
        // A name with a folder in it, or below a folder that the user named, is most likely whole.
        let whole = self.named || name.components().nth(1).is_some();
        let root = PathBuf::new();
        for place in whole.then_some(&root).into_iter().chain(places) {
            match self.tree.find(&place.join(name)) {
                Ok(Some(path)) => return Some(path),
                Ok(None) => {}
                Err(message) => *refusal = Some(message),
            }
        }
        None
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
                self.left_out = walked.left_out;
                PictureIndex::new(walked.pictures)
            }
        };
        Ok(self.index.insert(index))
    }

    /// A picture below the root by an end of the name: as much of its path as leads to a file, else its file name, else its file
    /// name without the extension, as far as only one picture has it.
    fn search(
        &mut self,
        wanted: &Path,
        places: &[PathBuf],
        folder: Option<Split>,
        progress: &mut Progress<'_>,
    ) -> Result<Attempt, DatasetError> {
        let all: Vec<PathBuf> = written::ends(wanted).collect();
        let Some(name) = all.last() else {
            return Ok(Attempt::None);
        };
        // Folders of another machine, or the set's own.
        for end in all.iter().filter(|end| end.components().nth(1).is_some()) {
            if let Some(path) = self.at_places(end, places, &mut None) {
                return Ok(Attempt::Found(path));
            }
        }
        let stems = self.stems;
        let index = self.indexed(progress)?;
        // What is named with its folders, or else what is named at all.
        let wanted = if leads_out(wanted) { name } else { wanted };
        let found = match if stems { index.find_or_stem(wanted) } else { Found::None } {
            Found::None => index.find_loosely(wanted),
            found => found,
        };
        let path = |i: usize| index.path(i).map(Path::to_path_buf);
        let (i, alike) = match found {
            Found::One(i) => (i, false),
            Found::Alike(i) => (i, true),
            Found::Several(several) => return Ok(Attempt::Ambiguous(several.into_iter().filter_map(path).collect())),
            Found::None => return Ok(Attempt::None),
        };
        let Some(path) = path(i) else { return Ok(Attempt::None) };
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
}
