//! Prompts of classes that share their context, packed: the context runs through the text tower once for each view, each class's own
//! tokens alone after it.

use crate::clip::text::{PackedPrompts, TextTower};
use burn::tensor::{Tensor, TensorData};

/// The global and the local view.
const VIEWS: usize = 2;

/// How classes are brought together whose own tokens differ in number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Classes of each length apart: nothing is padded.
    ByLength,
    /// All in one, padded to the longest of a class's own tokens: fewer kernels, where launching one costs more than a few tokens.
    Together,
}

/// Prompts of some classes that share their context.
pub struct ClassPrompts {
    classes: Vec<usize>,
    packed: PackedPrompts,
    /// One at `[c, i]` where the i-th class is c, where these are all classes and not in order.
    order: Option<Tensor<2>>,
}

impl ClassPrompts {
    /// Packs the prompts of `classes`, which must be sorted by length. `ids`: the own tokens of every class.
    pub(super) fn new(
        text: &TextTower,
        ids: &[Vec<u32>],
        classes: Vec<usize>,
        context: usize,
        packing: Packing,
    ) -> Self {
        let own: Vec<Vec<u32>> = classes.iter().map(|class| ids[*class].clone()).collect();
        let groups: Vec<Vec<Vec<u32>>> = match packing {
            Packing::ByLength => own.chunk_by(|a, b| a.len() == b.len()).map(<[_]>::to_vec).collect(),
            Packing::Together => vec![own],
        };
        let packed = text.pack(VIEWS, context, &groups);
        let all = classes.len() == ids.len();
        let order = (all && !classes.is_sorted()).then(|| {
            let mut one_hot = vec![0.0f32; classes.len() * classes.len()];
            for (at, class) in classes.iter().enumerate() {
                one_hot[class * classes.len() + at] = 1.0;
            }
            Tensor::from_data(TensorData::new(one_hot, [classes.len(); 2]), text.device())
        });
        Self { classes, packed, order }
    }

    /// The classes, in the order in which they are encoded.
    pub fn classes(&self) -> &[usize] {
        &self.classes
    }

    /// The text embeddings of both views from their contexts, each `[M, width]`.
    ///
    /// # Shapes
    /// - result: two of `[some, embed]` in the order of [`Self::classes`], L2-normalised
    pub(super) fn encode(&self, text: &TextTower, contexts: [Tensor<2>; VIEWS]) -> (Tensor<2>, Tensor<2>) {
        let views = text.forward_packed(contexts.to_vec(), &self.packed);
        let [_, classes, embed] = views.dims();
        let view = |at| views.clone().narrow(0, at, 1).reshape([classes, embed]);
        (view(0), view(1))
    }

    /// Embeddings of all classes from the order of [`Self::classes`] into their own. A product with one-hot rows: its backward pass needs
    /// no scatter.
    ///
    /// # Shapes
    /// - encoded, result: `[classes, embed]`
    pub(super) fn in_order(&self, encoded: Tensor<2>) -> Tensor<2> {
        match &self.order {
            Some(order) => order.clone().matmul(encoded),
            None => encoded,
        }
    }
}

/// All classes by the number of their own tokens, of equal ones the first first.
pub(super) fn by_length(ids: &[Vec<u32>]) -> Vec<usize> {
    let mut classes: Vec<usize> = (0..ids.len()).collect();
    classes.sort_by_key(|class| ids[*class].len());
    classes
}

/// The classes by length in at most `count` runs with about equally many tokens, each of at least `smallest` classes where there are so
/// many.
pub(super) fn runs(ids: &[Vec<u32>], count: usize, smallest: usize) -> Vec<Vec<usize>> {
    let sorted = by_length(ids);
    let count = count.min(ids.len() / smallest.max(1)).max(1);
    let all: usize = ids.iter().map(Vec::len).sum();
    let mut runs: Vec<Vec<usize>> = vec![Vec::new()];
    let (mut left, mut tokens) = (sorted.len(), 0);
    for class in sorted {
        let (at, begun) = (runs.len(), runs[runs.len() - 1].len());
        // A run ends where its share of the tokens does, unless it or one of those after it would be too small.
        let full = tokens * count >= at * all && begun >= smallest;
        let forced = left <= (count - at) * smallest;
        if at < count && begun > 0 && (full || forced) {
            runs.push(Vec::new());
        }
        let last = runs.len() - 1;
        runs[last].push(class);
        tokens += ids[class].len();
        left -= 1;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(lengths: &[usize]) -> Vec<Vec<u32>> {
        lengths.iter().map(|length| vec![7; *length]).collect()
    }

    #[test]
    fn runs_hold_every_class_once_and_about_as_many_tokens() {
        let lengths: Vec<usize> = (0..80).map(|c| 3 + (c * 5) % 4).collect();
        let ids = ids(&lengths);
        for count in 1..=8 {
            let runs = runs(&ids, count, 8);
            assert_eq!(runs.len(), count);
            let mut seen: Vec<usize> = runs.concat();
            assert!(
                seen.is_sorted_by_key(|c| (ids[*c].len(), *c)),
                "by length, then in order"
            );
            seen.sort_unstable();
            assert_eq!(seen, (0..80).collect::<Vec<_>>());
            let tokens = runs.iter().map(|run| run.iter().map(|c| ids[*c].len()).sum::<usize>());
            let share = lengths.iter().sum::<usize>() as f64 / count as f64;
            for tokens in tokens {
                assert!((tokens as f64 - share).abs() <= 12.0, "{tokens} of {share}");
            }
        }
    }

    #[test]
    fn no_run_is_too_small() {
        for classes in 1..40 {
            // One class far longer than the others.
            let mut lengths = vec![3; classes];
            lengths[0] = 60;
            let runs = runs(&ids(&lengths), 4, 8);
            assert_eq!(runs.len(), (classes / 8).clamp(1, 4), "{classes}");
            assert!(
                runs.iter().all(|run| run.len() >= 8.min(classes)),
                "{classes}: {runs:?}"
            );
            assert_eq!(runs.concat().len(), classes);
        }
    }
}
