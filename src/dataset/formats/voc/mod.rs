//! Pascal VOC: `Annotations/*.xml`, `JPEGImages/` and `ImageSets/Main/*.txt`; a whole folder (also one with several years in it), loose
//! XML files beside their pictures, or one XML file.
//!
//! A label's state on a picture comes from its class list where that names the picture (1 positive, -1 negative, 0 not known), else
//! from the objects: positive, or not known if all objects of the label are `difficult`.

mod annotation;
mod export;
mod sets;

pub(crate) use export::{check, write};

use super::collect::{Entry, Findings};
use super::gather::Gather;
use super::locate::{self, Locator};
use super::{ImportRequest, Progress, coco, text, xml};
use crate::dataset::error::DatasetError;
use crate::dataset::files::{is_picture_name, slashed, walk_with};
use crate::dataset::model::{Split, Truth};
use annotation::Annotation;
use sets::Sets;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

const ANNOTATIONS: &str = "Annotations";
const IMAGE_SETS: &str = "ImageSets";

pub(crate) fn is_xml(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("xml"))
}

/// Whether an XML file is of this format.
pub(crate) fn is_annotation(path: &Path) -> bool {
    coco::head(path).is_ok_and(|head| xml::root(&head).is_some_and(|root| root.eq_ignore_ascii_case("annotation")))
}

/// Whether an XML file has no root element at the place where one must be.
fn is_broken(path: &Path) -> bool {
    coco::head(path).is_ok_and(|head| xml::root(&head).is_none())
}

/// An XML file: the set that it belongs to, and its path below `Annotations` without extension.
struct Source {
    file: PathBuf,
    home: PathBuf,
    id: PathBuf,
}

impl Source {
    fn new(file: PathBuf, folder: &Path) -> Self {
        let relative = file.strip_prefix(folder).unwrap_or(&file);
        let parts: Vec<&Path> = relative.iter().map(Path::new).collect();
        let inner = parts.len().saturating_sub(1);
        let at = parts[..inner].iter().position(|part| *part == Path::new(ANNOTATIONS));
        let home = parts[..at.unwrap_or(0)]
            .iter()
            .fold(folder.to_path_buf(), |all, part| all.join(part));
        let id: PathBuf = parts[at.map_or(0, |at| at + 1)..].iter().collect();
        Self {
            home,
            id: id.with_extension(""),
            file,
        }
    }

    fn is_annotation_folder(&self) -> bool {
        self.file.components().any(|c| c.as_os_str() == ANNOTATIONS)
    }
}

/// Reads the set.
pub(crate) fn read(request: &ImportRequest, progress: &mut Progress<'_>) -> Result<Findings, DatasetError> {
    let mut reader = Reader {
        locator: Locator::new(request),
        gather: Gather::new(request),
        classes: HashMap::new(),
    };
    if request.data.is_dir() {
        reader.folder(locate::set_folder(&request.data), progress)?;
    } else {
        let file = &request.data;
        let above = file
            .ancestors()
            .find(|folder| folder.ends_with(ANNOTATIONS))
            .and_then(Path::parent);
        let home = above.or(file.parent()).unwrap_or(file);
        let source = Source::new(file.clone(), home);
        let sets = reader.sets(home)?;
        reader.file(&source, &sets, progress)?;
    }
    let Reader { locator, gather, .. } = reader;
    gather.finish(
        request,
        &locator,
        &[
            ("no-name", "objects have no name and were left out"),
            (
                "class-list",
                "labels have another state in the class lists (ImageSets) than in the XML files; the lists count",
            ),
            (
                "no-annotation",
                "pictures are listed but have no XML file; they have no labels",
            ),
            (
                "lists-skipped",
                "lists in ImageSets are of no split (train, val, trainval, test) and were left out",
            ),
            ("not-annotations", "XML files are no annotations and were left out"),
            (
                "list-short",
                "lists of classes name fewer pictures than that of their set; they may be cut off",
            ),
            (
                "list-empty",
                "lists in ImageSets are files of no bytes; they may be cut off",
            ),
        ],
    )
}

struct Reader {
    locator: Locator,
    gather: Gather,
    /// Labels of the classes of each set.
    classes: HashMap<PathBuf, Vec<usize>>,
}

impl Reader {
    fn folder(&mut self, folder: &Path, progress: &mut Progress<'_>) -> Result<(), DatasetError> {
        let walked = walk_with(folder, &is_xml, &mut |seen| progress(seen, 0))?;
        let (inside, loose): (Vec<Source>, Vec<Source>) = walked
            .files
            .into_iter()
            .map(|file| Source::new(file, folder))
            .partition(Source::is_annotation_folder);
        let mut sources = inside;
        if sources.is_empty() {
            sources = loose;
            // Beside other files, what does not even begin like an annotation is none of them.
            sources.retain(|source| {
                let good = is_annotation(&source.file) || is_broken(&source.file);
                if !good {
                    self.gather
                        .tally
                        .add("not-annotations", || source.file.display().to_string());
                }
                good
            });
        }
        let mut homes: BTreeMap<PathBuf, (Sets, Vec<Source>)> = BTreeMap::new();
        let listed = walked.folders.iter().filter(|folder| folder.ends_with(IMAGE_SETS));
        let with_sets: BTreeSet<&Path> = listed.filter_map(|folder| folder.parent()).collect();
        let with_sources: BTreeSet<&Path> = sources.iter().map(|source| source.home.as_path()).collect();
        for home in with_sets.union(&with_sources) {
            homes.insert(home.to_path_buf(), (self.sets(home)?, Vec::new()));
        }
        for source in sources {
            if let Some((_, own)) = homes.get_mut(&source.home) {
                own.push(source);
            }
        }
        if homes
            .values()
            .all(|(sets, sources)| sets.order.is_empty() && sources.is_empty())
        {
            return Err(DatasetError::Layout {
                path: folder.to_path_buf(),
                problem: "no VOC annotations were found (Annotations/*.xml or ImageSets/Main/*.txt)".to_owned(),
            });
        }
        for (home, (sets, sources)) in &homes {
            let mut seen = HashSet::new();
            for (i, source) in sources.iter().enumerate() {
                if i % 256 == 0 && progress(0, 0).is_break() {
                    return Err(DatasetError::Cancelled);
                }
                seen.insert(self.file(source, sets, progress)?);
            }
            for id in sets.order.iter().filter(|id| !seen.contains(*id)) {
                self.listed(id, home, sets, progress)?;
            }
        }
        Ok(())
    }

    /// The lists of a set; their classes become labels, in the order of `labelmap.txt` where there is one.
    fn sets(&mut self, home: &Path) -> Result<Sets, DatasetError> {
        let map = home.join("labelmap.txt");
        if map.is_file() {
            for line in text::read(&map, 16 << 20)?.lines() {
                let mut fields = line.split(':');
                let name = fields.next().unwrap_or_default();
                // Programs for segmentation list the ground as a class.
                let ground = name == "background" && fields.next() == Some("0,0,0");
                if !name.is_empty() && !name.starts_with('#') && !ground {
                    self.gather.label(name);
                }
            }
        }
        let all = home.join(IMAGE_SETS);
        let main = all.join("Main");
        let folder = if main.is_dir() { main } else { all };
        let sets = if folder.is_dir() {
            sets::read(&folder, &mut self.gather.tally)?
        } else {
            Sets::default()
        };
        let labels = sets.classes.iter().map(|class| self.gather.label(class)).collect();
        self.classes.insert(home.to_path_buf(), labels);
        Ok(sets)
    }

    /// Relative to the locator's root.
    fn places(&self, home: &Path) -> Vec<PathBuf> {
        let own = self.locator.relative(home);
        let mut places = Vec::new();
        for base in own.into_iter().chain([PathBuf::new()]) {
            places.extend([base.join("JPEGImages"), base.join("images"), base]);
        }
        places.dedup();
        places
    }

    /// The picture of an XML file and its name: by the file name that the XML gives, else by that of the XML.
    fn picture(
        &mut self,
        source: &Source,
        annotation: &Annotation,
        split: Option<Split>,
        progress: &mut Progress<'_>,
    ) -> Result<Option<(PathBuf, String)>, DatasetError> {
        let places = self.places(&source.home);
        if let Some(name) = &annotation.filename {
            let path = Path::new(name);
            // Below the same folders as the XML is surest; some files have a path of another machine.
            let inner = source.id.parent().unwrap_or(Path::new(""));
            let beside = inner.join(path.file_name().unwrap_or_default());
            if let Some(found) = self.locator.find_at(&[&beside, path], &places, split, progress)? {
                return Ok(Some((found, name.clone())));
            }
        }
        let found = self.locator.find_stem(&source.id, &places, progress)?;
        Ok(found.map(|found| {
            let name = source.id.with_file_name(found.file_name().unwrap_or_default());
            (found, slashed(&name))
        }))
    }

    /// Reads an XML file and returns the name by which the lists know its picture.
    fn file(&mut self, source: &Source, sets: &Sets, progress: &mut Progress<'_>) -> Result<PathBuf, DatasetError> {
        let read = self.gather.trouble.of(&source.file, annotation::read(&source.file))?;
        let unlabelled = read.is_none();
        let annotation = read.unwrap_or_default();
        let folders = source.file.strip_prefix(&source.home).unwrap_or(&source.file);
        let folder_split = locate::split_of_name(&slashed(folders)).or_else(|| {
            Split::of_name(&source.home.file_name()?.to_string_lossy()).filter(|_| source.home != self.locator.root())
        });
        let unlisted = sets.splits.is_empty();
        let found = self.picture(source, &annotation, folder_split.filter(|_| unlisted), progress)?;
        let Some((path, name)) = found else {
            let name = annotation.filename.unwrap_or_else(|| slashed(&source.id));
            self.locator.miss(&mut self.gather.found.unmatched, name);
            return Ok(source.id.clone());
        };
        let key = sets.key(&source.id, &path);
        let split = if unlisted {
            folder_split
        } else {
            sets.splits.get(&key).copied().flatten()
        };
        let mut entry = Entry {
            path,
            name,
            split,
            declared: annotation.size,
            unlabelled,
            ..Entry::default()
        };
        let mut by_objects: BTreeMap<usize, Truth> = BTreeMap::new();
        for object in &annotation.objects {
            if object.name.is_empty() {
                self.gather.tally.add("no-name", || source.file.display().to_string());
                continue;
            }
            let label = self.gather.label(&object.name);
            entry.boxes.extend(object.bounds().map(|bounds| (label, bounds)));
            let state = by_objects.entry(label).or_insert(Truth::Unknown);
            if !object.difficult {
                *state = Truth::Positive;
            }
        }
        self.states(&mut entry, by_objects, &key, &source.home, sets);
        self.gather.join(entry, false);
        Ok(key)
    }

    /// A picture that lists name and no XML file describes.
    fn listed(&mut self, id: &Path, home: &Path, sets: &Sets, progress: &mut Progress<'_>) -> Result<(), DatasetError> {
        let places = self.places(home);
        let with_extension = is_picture_name(id)
            .then(|| self.locator.find_at(&[id], &places, None, progress))
            .transpose()?;
        let found = match with_extension.flatten() {
            Some(found) => Some(found),
            None => self.locator.find_stem(id, &places, progress)?,
        };
        let Some(path) = found else {
            self.locator.miss(&mut self.gather.found.unmatched, slashed(id));
            return Ok(());
        };
        let name = slashed(&id.with_file_name(path.file_name().unwrap_or_default()));
        if !sets.states.contains_key(id) {
            self.gather.tally.add("no-annotation", || name.clone());
        }
        let mut entry = Entry {
            path,
            name,
            split: sets.splits.get(id).copied().flatten(),
            ..Entry::default()
        };
        self.states(&mut entry, BTreeMap::new(), id, home, sets);
        self.gather.join(entry, false);
        Ok(())
    }

    /// Joins what the class lists and the objects say.
    fn states(&mut self, entry: &mut Entry, by_objects: BTreeMap<usize, Truth>, id: &Path, home: &Path, sets: &Sets) {
        let classes = self.classes.get(home).map_or(&[][..], Vec::as_slice);
        let listed = sets.states.get(id).map_or(&[][..], Vec::as_slice);
        let mut states = by_objects;
        for (class, truth) in listed {
            let Some(label) = classes.get(*class) else { continue };
            if states.insert(*label, *truth).is_some_and(|before| before != *truth) {
                self.gather
                    .tally
                    .add("class-list", || format!("{} on {}", sets.classes[*class], entry.name));
            }
        }
        for (label, truth) in states {
            match truth {
                Truth::Positive => entry.positives.push(label),
                Truth::Negative => entry.negatives.push(label),
                Truth::Unknown => entry.unknowns.push(label),
            }
        }
    }
}
