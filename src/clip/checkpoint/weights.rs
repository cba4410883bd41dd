//! Tensors by name, and the reader that lists everything that does not fit at once.

use super::error::CheckpointError;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One tensor, whatever its type in the file, as f32 in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub struct RawTensor {
    /// Sizes, outermost first; empty for a scalar.
    pub shape: Vec<usize>,
    /// As many values as the product of `shape`.
    pub data: Vec<f32>,
}

impl RawTensor {
    /// A tensor of zeros.
    pub fn zeros(shape: &[usize]) -> Self {
        Self {
            shape: shape.to_vec(),
            data: vec![0.0; shape.iter().product()],
        }
    }

    /// The transpose of a matrix `[rows, columns]`; `None` where this is no matrix.
    pub fn transposed(&self) -> Option<Self> {
        let &[rows, columns] = self.shape.as_slice() else {
            return None;
        };
        let mut data = Vec::with_capacity(self.data.len());
        for c in 0..columns {
            data.extend((0..rows).map(|r| self.data[r * columns + c]));
        }
        Some(Self {
            shape: vec![columns, rows],
            data,
        })
    }
}

/// The tensors of a checkpoint under their canonical names, which are those of transformers' `CLIPModel`.
#[derive(Debug, Clone)]
pub struct Weights {
    tensors: BTreeMap<String, RawTensor>,
    path: PathBuf,
}

impl Weights {
    /// Wraps tensors that already have canonical names. `path` is only named in errors.
    pub fn new(path: &Path, tensors: BTreeMap<String, RawTensor>) -> Self {
        Self {
            tensors,
            path: path.to_owned(),
        }
    }

    /// The tensor called `name`.
    pub fn get(&self, name: &str) -> Option<&RawTensor> {
        self.tensors.get(name)
    }

    /// All tensors in order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &RawTensor)> {
        self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }

    /// How many tensors there are.
    pub fn len(&self) -> usize {
        self.tensors.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tensors.is_empty()
    }

    /// How many numbers all tensors hold together.
    pub fn parameters(&self) -> usize {
        self.tensors.values().map(|t| t.data.len()).sum()
    }

    /// Starts handing the tensors out. Clone first where two models need them.
    pub fn into_reader(self) -> WeightReader {
        WeightReader {
            weights: self,
            missing: Vec::new(),
            misshapen: Vec::new(),
        }
    }
}

/// Hands tensors out by name and shape, remembers what did not fit, and says all of it in [`WeightReader::finish`].
#[derive(Debug)]
pub struct WeightReader {
    weights: Weights,
    missing: Vec<String>,
    misshapen: Vec<(String, Vec<usize>, Vec<usize>)>,
}

impl WeightReader {
    /// Takes the tensor `name` of shape `shape` out. Where it is missing or of another shape the problem is remembered
    /// and zeros come back, so that one pass finds every problem; [`WeightReader::finish`] then fails.
    pub fn take(&mut self, name: &str, shape: &[usize]) -> RawTensor {
        match self.weights.tensors.remove(name) {
            Some(tensor) if tensor.shape == shape => tensor,
            Some(tensor) => {
                self.misshapen.push((name.to_owned(), shape.to_vec(), tensor.shape));
                RawTensor::zeros(shape)
            }
            None => {
                self.missing.push(name.to_owned());
                RawTensor::zeros(shape)
            }
        }
    }

    /// Drops every tensor whose name starts with `prefix`: for a reader of one tower only.
    pub fn skip(&mut self, prefix: &str) {
        self.weights.tensors.retain(|name, _| !name.starts_with(prefix));
    }

    /// Ends the reading. `logit_scale` need not be taken: it is in the configuration.
    ///
    /// # Errors
    /// [`CheckpointError::Mismatch`] with all missing, misshapen and unused tensors.
    pub fn finish(mut self) -> Result<(), CheckpointError> {
        self.weights.tensors.remove("logit_scale");
        let unused: Vec<String> = self.weights.tensors.into_keys().collect();
        mismatch(self.weights.path, self.missing, self.misshapen, unused)
    }
}

/// `Ok` where all three lists are empty.
pub(super) fn mismatch(
    path: PathBuf,
    missing: Vec<String>,
    misshapen: Vec<(String, Vec<usize>, Vec<usize>)>,
    unused: Vec<String>,
) -> Result<(), CheckpointError> {
    if missing.is_empty() && misshapen.is_empty() && unused.is_empty() {
        return Ok(());
    }
    Err(CheckpointError::Mismatch {
        path,
        missing,
        misshapen,
        unused,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights() -> Weights {
        let tensors = [
            ("a", vec![2, 3]),
            ("b", vec![2]),
            ("c.x", vec![1]),
            ("logit_scale", vec![]),
        ];
        let tensors = tensors.map(|(name, shape)| (name.to_owned(), RawTensor::zeros(&shape)));
        Weights::new(Path::new("w.safetensors"), tensors.into())
    }

    #[test]
    fn everything_that_does_not_fit_is_listed_at_once() {
        let mut reader = weights().into_reader();
        assert_eq!(
            reader.take("a", &[3, 2]).data,
            vec![0.0; 6],
            "zeros of the shape asked for"
        );
        assert_eq!(reader.take("nothing", &[4]).shape, [4]);
        let error = reader.finish().unwrap_err();
        let text = error.to_string();
        let CheckpointError::Mismatch {
            missing,
            misshapen,
            unused,
            ..
        } = error
        else {
            panic!()
        };
        assert_eq!(missing, ["nothing"]);
        assert_eq!(misshapen, [("a".to_owned(), vec![3, 2], vec![2, 3])]);
        assert_eq!(unused, ["b", "c.x"]);
        assert!(text.contains("a (expected [3, 2], found [2, 3])"), "{text}");
    }

    #[test]
    fn a_complete_reading_of_one_part_succeeds() {
        let mut reader = weights().into_reader();
        reader.take("a", &[2, 3]);
        reader.take("b", &[2]);
        reader.skip("c.");
        reader.finish().unwrap();
    }

    #[test]
    fn transposing() {
        let tensor = RawTensor {
            shape: vec![2, 3],
            data: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        };
        let transposed = tensor.transposed().unwrap();
        assert_eq!(transposed.shape, [3, 2]);
        assert_eq!(transposed.data, [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        assert_eq!(RawTensor::zeros(&[2]).transposed(), None);
    }
}
