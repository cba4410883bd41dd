//! CVAT's "CVAT for images 1.1": one XML file with `<image>` elements, which have tags, boxes and other shapes; of a job, task or
//! project. A shape counts as its label on the picture, with the box around it.

mod export;
mod shape;

pub(crate) use export::{check, write};

use super::collect::{Entry, Findings};
use super::gather::Gather;
use super::locate::{self, Locator};
use super::xml::{self, Node, Xml};
use super::{ImportRequest, Progress, coco};
use crate::dataset::error::DatasetError;
use crate::dataset::files::by_bytes;
use crate::dataset::model::Split;
use std::path::{Path, PathBuf};

/// Whether an XML file is of this format.
pub(crate) fn is_annotations(path: &Path) -> bool {
    coco::head(path).is_ok_and(|head| xml::root(&head).as_deref() == Some("annotations"))
}

/// The XML files of this format in a folder, byte-sorted.
pub(crate) fn annotation_files(folder: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(DatasetError::io(folder))? {
        let path = entry.map_err(DatasetError::io(folder))?.path();
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("xml")) && path.is_file() && is_annotations(&path) {
            files.push(path);
        }
    }
    files.sort_by(|a, b| by_bytes(a, b));
    Ok(files)
}

/// Reads the annotations and finds their pictures.
pub(crate) fn read(request: &ImportRequest, progress: &mut Progress<'_>) -> Result<Findings, DatasetError> {
    let files = if request.data.is_dir() {
        annotation_files(&request.data)?
    } else {
        vec![request.data.clone()]
    };
    if files.is_empty() {
        return Err(DatasetError::Layout {
            path: request.data.clone(),
            problem: "no CVAT annotations were found (*.xml with <annotations>)".to_owned(),
        });
    }
    let mut reader = Reader {
        locator: Locator::new(request),
        gather: Gather::new(request),
        tracks: false,
    };
    for file in &files {
        let read = reader.file(file, progress);
        reader.gather.trouble.of(file, read)?;
    }
    let Reader {
        locator,
        gather,
        tracks,
    } = reader;
    if tracks && gather.found.entries.is_empty() && gather.found.unmatched.is_empty() {
        return Err(DatasetError::Layout {
            path: request.data.clone(),
            problem: "these are tracks of a video (\"CVAT for video\"); an export as \"CVAT for images\" was expected"
                .to_owned(),
        });
    }
    gather.finish(
        request,
        &locator,
        &[
            ("no-name", "tags or shapes have no label and were left out"),
            ("no-file-name", "images have no name and were left out"),
            ("rotated", "boxes are rotated; the upright boxes around them were taken"),
            (
                "tracks",
                "tracks of videos were left out (export the task as \"CVAT for images\" to have them)",
            ),
        ],
    )
}

struct Reader {
    locator: Locator,
    gather: Gather,
    /// There are tracks of a video.
    tracks: bool,
}

/// An `<image>` that is being read.
struct Image {
    name: String,
    /// As written, where the file says it.
    subset: Option<String>,
    size: Option<(u32, u32)>,
    positives: Vec<usize>,
    boxes: Vec<(usize, [f64; 4])>,
}

impl Reader {
    fn file(&mut self, file: &Path, progress: &mut Progress<'_>) -> Result<(), DatasetError> {
        let mut xml = Xml::open(file, progress)?;
        let mut image: Option<Image> = None;
        // A label of `<meta>`, and whether it is a part of a skeleton's.
        let (mut label, mut is_part) = (String::new(), false);
        for count in 0_usize.. {
            if count.is_multiple_of(4096) && progress(0, 0).is_break() {
                return Err(DatasetError::Cancelled);
            }
            let node = xml.next()?;
            if node == Node::End {
                break;
            }
            let open: Vec<&str> = xml.path().iter().map(String::as_str).collect();
            match (node, &open[..]) {
                (Node::Open, [root]) if *root != "annotations" => {
                    return Err(xml.error(format!("<annotations> was expected, not <{root}>")));
                }
                (Node::Open, ["annotations", "image"]) => image = Some(open_image(&xml)),
                (Node::Close, ["annotations", "image"]) => {
                    if let Some(image) = image.take() {
                        self.image(image, file, progress)?;
                    }
                }
                (Node::Open, ["annotations", "image", _]) => {
                    if let Some(image) = &mut image {
                        self.shape(&xml, image);
                    }
                }
                (Node::Open, ["annotations", "track"]) => {
                    self.tracks = true;
                    let name = xml.attribute("label").unwrap_or_default().to_owned();
                    self.gather.tally.add("tracks", || name);
                }
                (Node::Open, ["annotations", "meta", _, "labels", "label"]) => {
                    (label, is_part) = (String::new(), false)
                }
                (Node::Close, ["annotations", "meta", _, "labels", "label", "name"]) => label = xml.text()?.to_owned(),
                (Node::Close, ["annotations", "meta", _, "labels", "label", "parent"]) => {
                    is_part = !xml.text()?.is_empty()
                }
                (Node::Close, ["annotations", "meta", _, "labels", "label"]) if !is_part && !label.is_empty() => {
                    self.gather.label(&label);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A tag or shape of an image.
    fn shape(&mut self, xml: &Xml, image: &mut Image) {
        let kind = xml.name();
        let Some(name) = xml.attribute("label").filter(|name| !name.is_empty()) else {
            // Elements that programs add say nothing about labels.
            if shape::KINDS.contains(&kind) {
                self.gather
                    .tally
                    .add("no-name", || format!("<{kind}> of {}", image.name));
            }
            return;
        };
        let label = self.gather.label(name);
        image.positives.push(label);
        if let Some(bounds) = shape::bounds(xml) {
            if shape::is_rotated(xml) {
                self.gather.tally.add("rotated", || format!("{name} on {}", image.name));
            }
            image.boxes.push((label, bounds));
        }
    }

    fn image(&mut self, image: Image, file: &Path, progress: &mut Progress<'_>) -> Result<(), DatasetError> {
        if image.name.is_empty() {
            self.gather.tally.add("no-file-name", || file.display().to_string());
            return Ok(());
        }
        let split = match &image.subset {
            Some(subset) => Split::of_name(subset),
            None => locate::split_of_name(&image.name),
        };
        let mut places: Vec<PathBuf> = Vec::new();
        // A project's pictures lie in a folder for each subset.
        if let Some(subset) = image.subset.as_deref().filter(|s| !s.contains(['/', '\\', '.'])) {
            places.extend([Path::new("images").join(subset), PathBuf::from(subset)]);
        }
        places.extend(["images", ""].map(PathBuf::from));
        places.extend(self.locator.usual_places(file, split).iter().cloned());
        let Some(path) = self
            .locator
            .find_at(&[Path::new(&image.name)], &places, None, progress)?
        else {
            self.locator.miss(&mut self.gather.found.unmatched, image.name);
            return Ok(());
        };
        let entry = Entry {
            path,
            name: image.name,
            split,
            positives: image.positives,
            boxes: image.boxes,
            declared: image.size,
            ..Entry::default()
        };
        self.gather.join(entry, false);
        Ok(())
    }
}

fn open_image(xml: &Xml) -> Image {
    let side = |name: &str| {
        let side = xml.number(name);
        (1.0..4e9).contains(&side).then_some(side as u32)
    };
    Image {
        name: xml.attribute("name").unwrap_or_default().to_owned(),
        subset: xml.attribute("subset").map(str::to_owned),
        size: side("width").zip(side("height")),
        positives: Vec::new(),
        boxes: Vec::new(),
    }
}
