//! Watched pictures: a few whose evidence is kept after each epoch, so that one sees the model learn where to look.
//!
//! ```text
//! runs/ID/watch/00003.safetensors     after epoch 3 (from 0)
//!     ID.labels      i64 [n]          which labels: those that the picture has, then the best-scored of the others
//!     ID.truth       i8  [n]          1, 0, or -1 for unknown
//!     ID.score       f32 [n]          the fused score
//!     ID.similarity  f16 [n, grid, grid]  each patch with the label's local text
//! ```

use super::data::{Pictures, groups};
use super::train::Job;
use crate::dataset::split::Group;
use crate::engine::Failure;
use crate::method::score::{Scores, host_values};
use crate::support::atomic;
use crate::train::loader::Item;
use half::f16;
use safetensors::tensor::{Dtype, TensorView};
use std::path::{Path, PathBuf};

/// Pictures that are watched where none is named.
const CHOSEN: usize = 4;

/// Labels of a picture that are kept although it has them not.
const OTHERS: usize = 3;

/// Labels of a picture that are kept at most.
const MOST: usize = 24;

/// The watched pictures.
pub struct Watched {
    /// The pictures.
    pub items: Vec<Item>,
    /// `[items, labels]`: 1, 0, -1.
    truth: Vec<i8>,
    labels: usize,
}

/// What a model makes of them.
pub struct Grids {
    /// Index of each picture that was looked at.
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

impl Watched {
    /// The pictures that the job names; where it names none, a few of the validation pictures, else of the training pictures.
    pub fn choose(job: &Job<'_>, labels: usize) -> Self {
        let mut found = Self {
            items: Vec::new(),
            truth: Vec::new(),
            labels,
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

    /// Writes what a model makes of them after an epoch; the file.
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
            let chosen = of_interest(truth, fused);
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
        let bytes = safetensors::serialize(views, None).map_err(wrong)?;
        atomic::write(&path, &bytes).map_err(failed)?;
        Ok(path)
    }
}

/// The labels that a picture has, then the best-scored of the others.
fn of_interest(truth: &[i8], fused: &[f32]) -> Vec<usize> {
    let mut chosen: Vec<usize> = (0..truth.len()).filter(|c| truth[*c] == 1).take(MOST).collect();
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
    fn grids_are_written_as_described() {
        let set = pictures(&[[0, 1, 0], [1, 0, -1]]);
        let watched = Watched {
            items: set.items.clone(),
            truth: set.truth.clone(),
            labels: 3,
        };
        let folder = tempfile::tempdir().unwrap();
        let grids = Grids {
            kept: vec![1],
            grid: 2,
            fused: vec![0.1, 0.2, 0.3],
            similarity: (0..12).map(|v| v as f32 * 0.25).collect(),
        };
        let path = watched.save(folder.path(), 3, &grids).unwrap();
        let bytes = std::fs::read(path).unwrap();
        let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
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
