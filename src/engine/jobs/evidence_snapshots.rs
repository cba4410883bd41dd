//! Evidence snapshots: after each epoch the evidence of a few watched pictures is kept, so that one sees the model learn where to look.
//!
//! ```text
//! runs/ID/watch/00003.safetensors     after epoch 3 (from 0)
//!     ID.labels      i64 [n]          which labels: those that the picture has, the rarest first, then the best-scored of the others
//!     ID.truth       i8  [n]          1, 0, or -1 for unknown
//!     ID.score       f32 [n]          the fused score
//!     ID.similarity  f16 [n, grid, grid]  each patch with the label's local text
//! ```
//!
//! The file's metadata hold what places patches on a picture: `preprocess`, `patch` and `top_k`.

use super::data::{self, Pictures, groups};
use super::run_folder::RunConfig;
use super::train::{StageJob, student_preprocess};
use crate::dataset::model::Split;
use crate::dataset::preprocess::Preprocess;
use crate::dataset::split::Group;
use crate::engine::Failure;
use crate::method::score::{Scores, host_values};
use crate::project::Project;
use crate::support::atomic;
use crate::train::loader::Item;
use half::f16;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Pictures that are watched where none is named.
const CHOSEN: usize = 4;

/// Labels that a picture does not have and that are kept all the same.
const OTHERS: usize = 3;

/// At most this many of a picture's own labels are kept.
const MOST: usize = 24;

/// The watched pictures of a run, and what it takes to keep their evidence.
pub(crate) struct EvidenceSnapshots {
    pub items: Vec<Item>,
    /// `[items, labels]`: 1, 0, -1.
    truth: Vec<i8>,
    labels: usize,
    /// Training pictures of each label.
    positives: Vec<usize>,
    metadata: HashMap<String, String>,
}

/// The watched pictures after an epoch, as they were kept.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchedEpoch {
    /// From 0.
    pub epoch: usize,
    /// How pictures became the model's input.
    pub preprocess: Preprocess,
    /// Side of a patch in model pixels.
    pub patch: usize,
    /// K.
    pub top_k: usize,
    /// The pictures, by id.
    pub pictures: Vec<WatchedPicture>,
}

/// A watched picture after an epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchedPicture {
    /// Its id.
    pub id: i64,
    /// Patches per side.
    pub grid: usize,
    /// Its labels: index, truth (1, 0, -1), fused score, and the similarity of each patch.
    pub labels: Vec<(usize, i8, f32, Vec<f32>)>,
}

/// Reads what was kept of the watched pictures after an epoch.
///
/// # Errors
/// [`std::io::Error`] where the file cannot be read or is none of these.
pub fn read_watched(path: &Path) -> std::io::Result<WatchedEpoch> {
    let wrong = |what: &str| std::io::Error::new(std::io::ErrorKind::InvalidData, what.to_owned());
    let name = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
    let epoch = name.parse().map_err(|_| wrong("the name is not an epoch"))?;
    let bytes = std::fs::read(path)?;
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(std::io::Error::other)?;
    let metadata = header.metadata().clone().unwrap_or_default();
    let text = |key: &str| {
        metadata
            .get(key)
            .ok_or_else(|| wrong("the places of the patches are missing"))
    };
    let number = |key: &str| -> std::io::Result<usize> { text(key)?.parse().map_err(|_| wrong("not a number")) };
    let file = SafeTensors::deserialize(&bytes).map_err(std::io::Error::other)?;
    let mut ids: Vec<i64> = file
        .names()
        .iter()
        .filter_map(|name| name.strip_suffix(".labels")?.parse().ok())
        .collect();
    ids.sort_unstable();
    let mut pictures = Vec::with_capacity(ids.len());
    for id in ids {
        let tensor = |part: &str| file.tensor(&format!("{id}.{part}")).map_err(std::io::Error::other);
        let (labels, truth, score, similarity) = (
            tensor("labels")?,
            tensor("truth")?,
            tensor("score")?,
            tensor("similarity")?,
        );
        let shape = similarity.shape().to_vec();
        let &[n, grid, _] = shape.as_slice() else {
            return Err(wrong("the similarities have another shape"));
        };
        let index = |b: &[u8]| b.try_into().map_or(0, i64::from_le_bytes) as usize;
        let float = |b: &[u8]| b.try_into().map_or(0.0, f32::from_le_bytes);
        let half = |b: &[u8]| b.try_into().map_or(0.0, |b| f16::from_le_bytes(b).to_f32());
        let all: Vec<f32> = similarity.data().chunks_exact(2).map(half).collect();
        let labels: Vec<_> = (labels.data().chunks_exact(8).map(index))
            .zip(truth.data().iter().map(|t| *t as i8))
            .zip(score.data().chunks_exact(4).map(float))
            .zip(all.chunks_exact((grid * grid).max(1)).map(<[f32]>::to_vec))
            .map(|(((label, truth), score), similarity)| (label, truth, score, similarity))
            .collect();
        if labels.len() != n {
            return Err(wrong("a picture's tensors have different lengths"));
        }
        pictures.push(WatchedPicture { id, grid, labels });
    }
    Ok(WatchedEpoch {
        epoch,
        preprocess: serde_json::from_str(text("preprocess")?)?,
        patch: number("patch")?,
        top_k: number("top_k")?,
        pictures,
    })
}

/// The ids of pictures to be watched, by their names or, where that is one picture's alone, by the last part of them.
///
/// # Errors
/// [`Failure`] (wrong usage) for a name that is no picture's, or that of a picture which training does not see.
pub(crate) fn picture_ids(project: &Project, names: &[String]) -> Result<Vec<i64>, Failure> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let pictures = project.pictures(None)?;
    let unsplit = data::unsplit(project)?;
    let of = |name: &String| {
        let whole = pictures.iter().find(|p| p.name == *name);
        let mut ends = pictures
            .iter()
            .filter(|p| p.path.file_name().is_some_and(|f| f == name.as_str()));
        let found = whole.or_else(|| ends.next().filter(|_| ends.next().is_none()));
        let picture = found.ok_or_else(|| {
            Failure::usage(
                format!("the project has no picture named {name}, or more than one"),
                "Name a training or validation picture as the project does, for example train/0001.jpg.",
            )
        })?;
        let watchable = [Some(Split::Train), Some(Split::Val)].contains(&picture.split) || unsplit;
        if !watchable {
            return Err(Failure::usage(
                format!("{name} is neither a training nor a validation picture: training does not look at it"),
                "Name a training or validation picture.",
            ));
        }
        Ok(picture.id)
    };
    names.iter().map(of).collect()
}

/// What a model makes of them.
pub(crate) struct Grids {
    /// Index of each picture that could be read.
    kept: Vec<usize>,
    grid: usize,
    /// `[kept, labels]`.
    fused: Vec<f32>,
    /// `[kept, grid * grid, labels]`.
    similarity: Vec<f32>,
}

impl Grids {
    /// Reads scores back from the device.
    ///
    /// # Errors
    /// [`Failure`] where the device fails.
    pub fn read(scores: Scores, kept: &[usize], grid: usize) -> Result<Self, Failure> {
        Ok(Self {
            kept: kept.to_vec(),
            grid,
            fused: host_values(scores.fused)?,
            similarity: host_values(scores.similarity)?,
        })
    }
}

impl EvidenceSnapshots {
    /// The pictures that the job names; where it names none, a few of the validation pictures, else of the training pictures.
    pub fn choose(job: &StageJob<'_>, labels: usize) -> Self {
        let mut found = Self {
            items: Vec::new(),
            truth: Vec::new(),
            labels,
            positives: job.config.positives.clone(),
            metadata: places(&job.config),
        };
        let sets = [&job.val, &job.train];
        if job.watch.is_empty() {
            let set = if job.val.items.is_empty() { sets[1] } else { sets[0] };
            for index in across(set, &job.config.positives, labels) {
                found.add(set, index);
            }
            return found;
        }
        for id in &job.watch {
            let at = |set: &&Pictures| set.items.iter().position(|item| item.id == *id);
            if let Some((set, index)) = sets.into_iter().find_map(|set| Some((set, at(&set)?))) {
                found.add(set, index);
            }
        }
        found
    }

    fn add(&mut self, set: &Pictures, index: usize) {
        self.items.push(set.items[index].clone());
        let row = index * self.labels..(index + 1) * self.labels;
        self.truth.extend_from_slice(&set.truth[row]);
    }

    /// Indices of all of them.
    pub fn all(&self) -> Vec<usize> {
        (0..self.items.len()).collect()
    }

    /// Writes what a model makes of them after an epoch. Returns the file.
    ///
    /// # Errors
    /// [`Failure`] where the run's folder cannot be written.
    pub fn save(&self, run: &Path, epoch: usize, grids: &Grids) -> Result<PathBuf, Failure> {
        let folder = run.join("watch");
        let path = folder.join(format!("{epoch:05}.safetensors"));
        let failed = |e: std::io::Error| Failure::io("write the watched pictures to", &path, &e);
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let mut parts: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = Vec::new();
        let patches = grids.grid * grids.grid;
        for (row, index) in grids.kept.iter().enumerate() {
            let id = self.items[*index].id;
            let truth = &self.truth[index * self.labels..(index + 1) * self.labels];
            let fused = &grids.fused[row * self.labels..(row + 1) * self.labels];
            let chosen = of_interest(truth, fused, &self.positives);
            let size = patches * self.labels;
            let similarity = &grids.similarity[row * size..(row + 1) * size];
            let labels = chosen.iter().flat_map(|c| (*c as i64).to_le_bytes()).collect();
            let truths = chosen.iter().flat_map(|c| truth[*c].to_le_bytes()).collect();
            let scores = chosen.iter().flat_map(|c| fused[*c].to_le_bytes()).collect();
            let grid = chosen.iter().flat_map(|c| {
                (0..patches).flat_map(move |j| f16::from_f32(similarity[j * self.labels + c]).to_le_bytes())
            });
            let n = chosen.len();
            parts.push((format!("{id}.labels"), Dtype::I64, vec![n], labels));
            parts.push((format!("{id}.truth"), Dtype::I8, vec![n], truths));
            parts.push((format!("{id}.score"), Dtype::F32, vec![n], scores));
            let shape = vec![n, grids.grid, grids.grid];
            parts.push((format!("{id}.similarity"), Dtype::F16, shape, grid.collect()));
        }
        let wrong = |e: safetensors::SafeTensorError| failed(std::io::Error::other(e));
        let views = parts
            .iter()
            .map(|(name, dtype, shape, bytes)| Ok((name.as_str(), TensorView::new(*dtype, shape.clone(), bytes)?)))
            .collect::<Result<Vec<_>, _>>()
            .map_err(wrong)?;
        let bytes = safetensors::serialize(views, Some(self.metadata.clone())).map_err(wrong)?;
        atomic::write(&path, &bytes).map_err(failed)?;
        Ok(path)
    }
}

/// What places patches on a picture.
fn places(config: &RunConfig) -> HashMap<String, String> {
    let preprocess = serde_json::to_string(&student_preprocess(config)).unwrap_or_default();
    HashMap::from([
        ("preprocess".to_owned(), preprocess),
        ("patch".to_owned(), config.student.vision.patch.to_string()),
        ("top_k".to_owned(), config.top_k.to_string()),
    ])
}

/// The labels that a picture has, the rarest first, then the best-scored of the others.
fn of_interest(truth: &[i8], fused: &[f32], positives: &[usize]) -> Vec<usize> {
    let mut chosen: Vec<usize> = (0..truth.len()).filter(|c| truth[*c] == 1).collect();
    chosen.sort_by_key(|c| (positives.get(*c).copied().unwrap_or(0), *c));
    chosen.truncate(MOST);
    let mut others: Vec<usize> = (0..truth.len()).filter(|c| truth[*c] != 1).collect();
    others.sort_by(|a, b| fused[*b].total_cmp(&fused[*a]).then(a.cmp(b)));
    chosen.extend(others.into_iter().take(OTHERS));
    chosen
}

/// A few pictures with labels of every frequency: the first with a label of the tail, of the middle and of the head, and those with the
/// most labels for the rest. The same every time.
fn across(pictures: &Pictures, positives: &[usize], labels: usize) -> Vec<usize> {
    let groups = groups(positives);
    let count = pictures.items.len();
    let has = |index: usize, c: usize| pictures.truth[index * labels + c] == 1;
    let mut chosen: Vec<usize> = Vec::new();
    for group in [Group::Tail, Group::Medium, Group::Head] {
        let fits = |i: &usize| !chosen.contains(i) && (0..labels).any(|c| groups[c] == group && has(*i, c));
        let first = (0..count).find(fits);
        chosen.extend(first);
    }
    let mut rest: Vec<usize> = (0..count).filter(|i| !chosen.contains(i)).collect();
    let number = |i: usize| (0..labels).filter(|c| has(i, *c)).count();
    rest.sort_by_key(|i| (std::cmp::Reverse(number(*i)), *i));
    chosen.extend(rest);
    chosen.truncate(CHOSEN);
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pictures(truth: &[[i8; 3]]) -> Pictures {
        Pictures {
            items: (0..truth.len())
                .map(|i| Item {
                    id: 10 + i as i64,
                    path: PathBuf::new(),
                    hash: i.to_string(),
                })
                .collect(),
            truth: truth.concat(),
        }
    }

    #[test]
    fn every_frequency_is_watched() {
        let set = pictures(&[[1, 0, 0], [1, 0, 0], [1, 1, 0], [0, 0, -1], [0, 0, 1], [1, 1, 1]]);
        // Head, medium, tail.
        assert_eq!(across(&set, &[200, 50, 3], 3), [4, 2, 0, 5]);
        assert_eq!(across(&pictures(&[]), &[1, 1, 1], 3), Vec::<usize>::new());
    }

    #[test]
    fn the_rarest_label_comes_first() {
        assert_eq!(
            of_interest(&[1, 0, 1, 0, 1], &[0.1, 0.9, 0.2, 0.8, 0.3], &[9, 1, 2, 1, 5]),
            [2, 4, 0, 1, 3]
        );
    }

    #[test]
    fn grids_are_written_as_described() {
        let set = pictures(&[[0, 1, 0], [1, 0, -1]]);
        let preprocess = Preprocess {
            mode: crate::dataset::preprocess::Mode::Pad,
            size: 16,
            mean: [0.5; 3],
            std: [0.25; 3],
        };
        let snapshots = EvidenceSnapshots {
            items: set.items.clone(),
            truth: set.truth.clone(),
            labels: 3,
            positives: vec![9, 2, 5],
            metadata: HashMap::from([
                ("preprocess".to_owned(), serde_json::to_string(&preprocess).unwrap()),
                ("patch".to_owned(), "8".to_owned()),
                ("top_k".to_owned(), "2".to_owned()),
            ]),
        };
        let folder = tempfile::tempdir().unwrap();
        let grids = Grids {
            kept: vec![1],
            grid: 2,
            fused: vec![0.1, 0.2, 0.3],
            similarity: (0..12).map(|v| v as f32 * 0.25).collect(),
        };
        let path = snapshots.save(folder.path(), 3, &grids).unwrap();
        let read = read_watched(&path).unwrap();
        assert_eq!((read.epoch, read.patch, read.top_k), (3, 8, 2));
        assert_eq!(read.preprocess, preprocess);
        assert_eq!(read.pictures.len(), 1);
        let (label, truth, score, similarity) = &read.pictures[0].labels[2];
        assert_eq!((*label, *truth, *score), (1, 0, 0.2));
        assert_eq!(similarity[..2], [0.25, 1.0], "label 1 at each patch");
        let cut = folder.path().join("00004.safetensors");
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
        assert!(read_watched(&cut).is_err());
        let file = SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(file.len(), 4, "only the picture that was looked at");
        let labels = file.tensor("11.labels").unwrap();
        let order: Vec<i64> = labels
            .data()
            .chunks_exact(8)
            .map(|b| i64::from_le_bytes(b.try_into().unwrap()))
            .collect();
        assert_eq!(order, [0, 2, 1], "its own label, then the others by score");
        assert_eq!(file.tensor("11.truth").unwrap().data(), [1, 255, 0]);
        let similarity = file.tensor("11.similarity").unwrap();
        assert_eq!(similarity.shape(), [3, 2, 2]);
        let values: Vec<f32> = similarity
            .data()
            .chunks_exact(2)
            .map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32())
            .collect();
        assert_eq!(values[..4], [0.0, 0.75, 1.5, 2.25], "label 0 at each patch");
        assert_eq!(values[4..8], [0.5, 1.25, 2.0, 2.75], "label 2");
    }
}
