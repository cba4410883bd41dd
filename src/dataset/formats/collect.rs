//! From what an importer found to a data set: pictures are probed, boxes are brought to the picture as shown, and copies,
//! leaks and look-alike labels are reported.

use super::watched::{Wanted, watched};
use super::{Columns, Contents, ImportRequest, Progress, content};
use crate::dataset::decode::{Limits, Shape, probe};
use crate::dataset::error::DatasetError;
use crate::dataset::files::relative_name;
use crate::dataset::labels::look_alike_key;
use crate::dataset::model::{
    Absent, BoxAnnotation, Dataset, ImportReport, LabelDetails, NeedsLook, Picture, Quarantined, Split, Warning,
};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

/// Pictures probed between two reports of progress.
const CHUNK: usize = 256;

/// A picture as a source describes it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entry {
    pub path: PathBuf,
    pub name: String,
    pub split: Option<Split>,
    /// Label indices, in any order, with repeats.
    pub positives: Vec<usize>,
    /// Labels that the source says are not there. What is positive as well counts as positive.
    pub negatives: Vec<usize>,
    /// Labels that the source says are not known. What is positive or negative as well counts as that.
    pub unknowns: Vec<usize>,
    /// Label and x, y, width, height, not checked yet.
    pub boxes: Vec<(usize, [f64; 4])>,
    /// Boxes are in parts of the picture's width and height instead of pixels.
    pub relative: bool,
    /// Width and height that the source claims.
    pub declared: Option<(u32, u32)>,
    /// Its annotations cannot be read, so nothing is known of labels that nothing else mentions.
    pub unlabelled: bool,
}

/// What an importer found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings {
    pub labels: Vec<String>,
    /// One for each label, or empty.
    pub details: Vec<LabelDetails>,
    pub entries: Vec<Entry>,
    pub unmatched: Vec<String>,
    pub warnings: Vec<Warning>,
    /// Files that look like pictures and were not taken.
    pub left_out: Vec<Quarantined>,
    /// Annotation files that cannot be read.
    pub needs_look: Vec<NeedsLook>,
    /// Pictures of one split with the same content are one picture with the labels of all.
    pub merge_same: bool,
    /// The columns of a table, in order.
    pub columns: Vec<String>,
    /// What the columns were taken for.
    pub mapping: Columns,
}

/// The file that `path` names under `root`; `Ok(None)` if there is none.
///
/// # Errors
/// In words, if the file is not under `root`.
pub(crate) fn inside(root: &Path, path: &Path) -> Result<Option<PathBuf>, String> {
    let joined = root.join(path);
    let (Ok(real), Ok(real_root)) = (joined.canonicalize(), root.canonicalize()) else {
        return Ok(None);
    };
    if !real.starts_with(&real_root) {
        return Err(format!(
            "{} leads out of {} and was refused",
            path.display(),
            root.display()
        ));
    }
    let plain = path.components().all(|c| matches!(c, std::path::Component::Normal(_)));
    Ok((!real.is_dir()).then_some(if plain { joined } else { real }))
}

/// Things that happened to many pictures and are told once, with the first as an example.
#[derive(Default)]
pub(crate) struct Tally(BTreeMap<&'static str, (usize, String)>);

impl Tally {
    pub fn add(&mut self, code: &'static str, example: impl FnOnce() -> String) {
        self.0.entry(code).or_insert_with(|| (0, example())).0 += 1;
    }

    /// `text` tells what happened, after the number.
    pub fn warn(&self, code: &'static str, text: &str, warnings: &mut Vec<Warning>) {
        if let Some((count, first)) = self.0.get(code) {
            warnings.push(Warning::new(code, format!("{count} {text}; the first: {first}")));
        }
    }
}

impl Findings {
    /// Probes the pictures and makes the data set.
    pub fn finish(
        self,
        request: &ImportRequest,
        progress: &mut Progress<'_>,
    ) -> Result<(Dataset, ImportReport), DatasetError> {
        let root = request.images.as_deref().unwrap_or(&request.data);
        let mut report = ImportReport {
            unmatched: self.unmatched,
            warnings: self.warnings,
            left_out: self.left_out,
            needs_look: self.needs_look,
            ..ImportReport::default()
        };
        let mut pictures = Vec::with_capacity(self.entries.len());
        let (total, mut tally) = (self.entries.len(), Tally::default());
        let mut left = self.entries.into_iter();
        for chunk in 0.. {
            // Taken out piece by piece, so that a large set is not in memory twice.
            let entries: Vec<Entry> = left.by_ref().take(CHUNK).collect();
            if entries.is_empty() {
                break;
            }
            let shapes = watched(progress, (chunk * CHUNK, total), |wanted| {
                shapes(&entries, wanted, |path| probe(path, &Limits::default()))
            })?;
            for (mut entry, shape) in entries.into_iter().zip(shapes) {
                if entry.unlabelled && request.absent == Absent::Negative {
                    entry.unknowns = (0..self.labels.len()).collect();
                }
                match shape {
                    Ok(shape) => pictures.push(picture(entry, &shape, &mut tally)),
                    Err(error) => report.quarantined.push(Quarantined {
                        file: entry.path.display().to_string(),
                        reason: error.to_string(),
                    }),
                }
            }
        }
        if pictures.is_empty() {
            let path = request.data.clone();
            return Err(match report.quarantined.first() {
                Some(first) => DatasetError::NoneReadable {
                    path,
                    count: total,
                    first: first.reason.clone(),
                },
                None => DatasetError::NoPictures {
                    path,
                    looked_for: "the pictures it names".to_owned(),
                },
            });
        }
        tally.warn(
            "size",
            "pictures have another size than the annotations say; the real one counts",
            &mut report.warnings,
        );
        tally.warn(
            "boxes-turned",
            "pictures are turned by EXIF, and their boxes were turned with them",
            &mut report.warnings,
        );
        tally.warn(
            "box-dropped",
            "boxes are empty, negative or not finite and were dropped (their labels stay)",
            &mut report.warnings,
        );
        tally.warn(
            "box-clipped",
            "boxes go beyond their pictures and were clipped",
            &mut report.warnings,
        );
        unique_names(&mut pictures, root);
        if self.merge_same || request.contents == Contents::Now {
            let paths: Vec<&Path> = pictures.iter().map(|p| p.path.as_path()).collect();
            let groups = watched(progress, (total, total), |wanted| content::same(&paths, wanted))?;
            copies(groups, &mut pictures, self.merge_same, &mut report);
        }
        if progress(total, total).is_break() {
            return Err(DatasetError::Cancelled);
        }
        similar_labels(&self.labels, &mut report.warnings);
        for split in pictures.iter().filter_map(|p| p.split) {
            *report.splits.entry(split.name().to_owned()).or_default() += 1;
        }
        report.images = pictures.len();
        report.labels = self.labels.len();
        report.annotations = pictures.iter().map(|p| p.positives.len()).sum();
        Ok((
            Dataset {
                labels: self.labels,
                details: self.details,
                pictures,
                absent: request.absent,
            },
            report,
        ))
    }
}

/// The shapes of pictures, on all cores; none is looked at once they are not wanted any more.
fn shapes(
    entries: &[Entry],
    wanted: &Wanted,
    probe: impl Fn(&Path) -> Result<Shape, DatasetError> + Sync,
) -> Vec<Result<Shape, DatasetError>> {
    let shape = |entry: &Entry| {
        if wanted.still() {
            probe(&entry.path)
        } else {
            Err(DatasetError::Cancelled)
        }
    };
    entries.par_iter().map(shape).collect()
}

fn picture(entry: Entry, shape: &Shape, tally: &mut Tally) -> Picture {
    let (width, height) = shape.shown();
    // Annotations were made on the stored picture or on the picture as shown; the declared size tells which.
    let on_stored = entry.declared == Some(shape.stored) && shape.stored != shape.shown();
    if entry
        .declared
        .is_some_and(|declared| declared != shape.shown() && declared != shape.stored)
    {
        let (w, h) = entry.declared.unwrap_or_default();
        tally.add("size", || {
            format!("{} is {width} x {height}, not {w} x {h}", entry.name)
        });
    }
    if on_stored && !entry.boxes.is_empty() {
        tally.add("boxes-turned", || entry.name.clone());
    }
    let (across, down) = if !entry.relative {
        (1.0, 1.0)
    } else if on_stored {
        (shape.stored.0.into(), shape.stored.1.into())
    } else {
        (width.into(), height.into())
    };
    let mut boxes = Vec::with_capacity(entry.boxes.len());
    for (label, [x, y, w, h]) in &entry.boxes {
        let bounds: [f64; 4] = [x * across, y * down, w * across, h * down];
        let bounds = if on_stored { shape.show_box(bounds) } else { bounds };
        match clip(bounds, width, height) {
            Some((inside, clipped)) => {
                if clipped {
                    tally.add("box-clipped", || format!("{bounds:?} in {}", entry.name));
                }
                boxes.push(BoxAnnotation {
                    label: *label,
                    bounds: inside,
                });
            }
            None => tally.add("box-dropped", || format!("{bounds:?} in {}", entry.name)),
        }
    }
    let mut taken: BTreeSet<usize> = BTreeSet::new();
    let mut sorted = |labels: &[usize]| -> Vec<usize> {
        let new: BTreeSet<usize> = labels.iter().copied().filter(|l| !taken.contains(l)).collect();
        taken.extend(&new);
        new.into_iter().collect()
    };
    let (positives, negatives, unknowns) = (
        sorted(&entry.positives),
        sorted(&entry.negatives),
        sorted(&entry.unknowns),
    );
    Picture {
        path: entry.path,
        name: entry.name,
        width,
        height,
        split: entry.split,
        positives,
        negatives,
        unknowns,
        boxes,
    }
}

/// The part of a box in the picture, and whether anything was cut off; `None` if nothing is left. Computed in the precision that is
/// kept, so that a box that was cut once is cut no further when it is read back.
fn clip([x, y, w, h]: [f64; 4], width: u32, height: u32) -> Option<([f32; 4], bool)> {
    if ![x, y, w, h].iter().all(|v| v.is_finite()) || w <= 0.0 || h <= 0.0 {
        return None;
    }
    let (left, across, cut_across) = clip_side(x, w, width)?;
    let (top, down, cut_down) = clip_side(y, h, height)?;
    Some(([left, top, across, down], cut_across || cut_down))
}

/// Start and length of the part inside 0 to `end`, and whether more than a hundredth of a pixel was cut off: rounding in the
/// source is no news.
fn clip_side(start: f64, length: f64, end: u32) -> Option<(f32, f32, bool)> {
    let limit = end as f32;
    let (from, long) = (start as f32, length as f32);
    if from >= 0.0 && long > 0.0 && from + long <= limit {
        return Some((from, long, false));
    }
    let (from, to) = (start.max(0.0), (start + length).min(f64::from(end)));
    let cut = from - start > 0.01 || start + length - to > 0.01;
    let left = from as f32;
    let room = limit - left;
    let long = if to >= f64::from(end) {
        room
    } else {
        ((to - from) as f32).min(room)
    };
    (to > from && long > 0.0).then_some((left, long, cut))
}

/// Pictures of one name (such as `1.jpg` in `train` and in `val`) are named by their paths instead.
fn unique_names(pictures: &mut [Picture], root: &Path) {
    let mut seen: HashSet<&str> = HashSet::with_capacity(pictures.len());
    let repeated: HashSet<String> = pictures
        .iter()
        .filter(|p| !seen.insert(&p.name))
        .map(|p| p.name.clone())
        .collect();
    if repeated.is_empty() {
        return;
    }
    let mut taken: HashSet<String> = seen.into_iter().map(str::to_owned).collect();
    taken.retain(|name| !repeated.contains(name));
    for picture in pictures.iter_mut().filter(|p| repeated.contains(&p.name)) {
        let base = relative_name(&picture.path, root);
        let mut name = base.clone();
        // Two paths can look the same once bytes that are no text are replaced.
        for n in 2.. {
            if taken.insert(name.clone()) {
                break;
            }
            name = format!("{base} ({n})");
        }
        picture.name = name;
    }
}

/// Reports copies (`groups` of them by content) and leaks; with `merge`, joins the copies of a split whose labels differ.
fn copies(groups: Vec<Vec<usize>>, pictures: &mut Vec<Picture>, merge: bool, report: &mut ImportReport) {
    let (mut leaks, mut joined, mut gone) = (Tally::default(), Tally::default(), BTreeSet::new());
    for group in groups {
        let mut kept: Vec<usize> = Vec::new();
        for i in group {
            let same = kept.iter().copied().find(|k| {
                merge && pictures[*k].split == pictures[i].split && pictures[*k].positives != pictures[i].positives
            });
            let Some(first) = same else {
                kept.push(i);
                continue;
            };
            joined.add("joined", || {
                format!("{} and {}", pictures[first].name, pictures[i].name)
            });
            let mut labels: BTreeSet<usize> = pictures[i].positives.iter().copied().collect();
            labels.extend(&pictures[first].positives);
            pictures[first].positives = labels.into_iter().collect();
            let (positives, negatives) = (pictures[first].positives.clone(), pictures[i].negatives.clone());
            pictures[first]
                .negatives
                .retain(|l| !positives.contains(l) && negatives.contains(l));
            pictures[first].unknowns.retain(|l| !positives.contains(l));
            gone.insert(i);
        }
        if kept.len() < 2 {
            continue;
        }
        let names: Vec<String> = kept.iter().map(|i| pictures[*i].name.clone()).collect();
        let splits: BTreeSet<Split> = kept.iter().filter_map(|i| pictures[*i].split).collect();
        if splits.len() > 1 {
            leaks.add("leakage", || names.join(", "));
        }
        report.duplicates.push(names);
    }
    leaks.warn(
        "leakage",
        "pictures are in more than one split, so results on them are too good",
        &mut report.warnings,
    );
    joined.warn(
        "joined",
        "pictures lie in several label folders and became one picture with all labels",
        &mut report.warnings,
    );
    let mut index = 0..;
    pictures.retain(|_| index.next().is_some_and(|i| !gone.contains(&i)));
}

/// Labels that are equal but for case, blanks and the way accents are written.
fn similar_labels(labels: &[String], warnings: &mut Vec<Warning>) {
    let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for label in labels {
        groups.entry(look_alike_key(label)).or_default().push(label);
    }
    for group in groups.into_values().filter(|group| group.len() > 1) {
        let names: Vec<String> = group.iter().map(|name| format!("\"{name}\"")).collect();
        let text = format!(
            "labels differ only in case or spaces and may be one: {}",
            names.join(", ")
        );
        warnings.push(Warning::new("similar-labels", text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // FAULTS 24 and 25.
    #[test]
    fn boxes_are_cut_at_the_picture_and_empty_ones_dropped() {
        let clip = |bounds| clip(bounds, 20, 10);
        assert_eq!(clip([1.0, 2.0, 3.0, 4.0]), Some(([1.0, 2.0, 3.0, 4.0], false)));
        assert_eq!(clip([15.0, -2.0, 10.0, 6.0]), Some(([15.0, 0.0, 5.0, 4.0], true)));
        assert_eq!(clip([-0.004, 0.0, 20.006, 10.0]), Some(([0.0, 0.0, 20.0, 10.0], false)));
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 0.0, 1e-60] {
            assert_eq!(clip([1.0, 1.0, bad, 2.0]), None, "{bad}");
            assert_eq!(clip([1.0, 1.0, 2.0, bad]), None, "{bad}");
        }
        assert_eq!(clip([20.0, 0.0, 1.0, 1.0]), None);
        assert_eq!(clip([-5.0, 0.0, 5.0, 1.0]), None);
        assert_eq!(clip([1e300, 0.0, 1e300, 1.0]), None);
    }

    #[test]
    fn no_picture_is_opened_once_the_import_is_stopped() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        let entries = vec![Entry::default(); 5000];
        let (opened, wanted) = (AtomicUsize::new(0), Wanted::default());
        let probe = |path: &Path| {
            opened.fetch_add(1, Ordering::Relaxed);
            wanted.give_up();
            Err(DatasetError::Empty { path: path.to_owned() })
        };
        assert_eq!(shapes(&entries, &wanted, probe).len(), entries.len());
        let (opened, threads) = (opened.into_inner(), rayon::current_num_threads());
        assert!((1..=threads).contains(&opened), "{opened} with {threads} threads");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn a_cut_box_is_inside_and_is_not_cut_again(
            bounds in proptest::array::uniform4(-30.0..60.0f64), width in 1..40_000u32, height in 1..40u32,
        ) {
            if let Some((cut, _)) = clip(bounds, width, height) {
                let [x, y, w, h] = cut;
                prop_assert!(x >= 0.0 && y >= 0.0 && w > 0.0 && h > 0.0, "{cut:?}");
                prop_assert!(x + w <= width as f32 && y + h <= height as f32, "{cut:?}");
                prop_assert_eq!(clip(cut.map(f64::from), width, height), Some((cut, false)));
            }
        }
    }
}
