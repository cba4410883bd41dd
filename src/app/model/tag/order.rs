//! Values that are no percent: what an untrained model says of a label orders pictures, and means nothing by itself.

use serde::{Deserialize, Serialize};

/// Labels that a picture usually has: thresholds of an untrained model begin where about as many are given.
const USUAL: f32 = 2.0;

/// Pictures under which how a label is spread over them is not known.
const SPREAD: usize = 5;

/// How much the logarithm of odds is flattened, so that values next to 1 stay apart.
const FLAT: f32 = 8.0;

/// The logarithm of odds as a value from 0 to 1 that keeps its order.
pub fn flattened(log_odds: f32) -> f32 {
    1.0 / (1.0 + (-log_odds / FLAT).exp())
}

/// The logarithm of odds behind a flattened value.
pub fn log_odds(value: f32) -> f32 {
    // Beyond these no model goes.
    let value = value.clamp(1e-6, 1.0 - 1e-6);
    FLAT * (value / (1.0 - value)).ln()
}

/// The smallest and the largest value of each label over all pictures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ranges(Vec<[f32; 2]>);

impl Ranges {
    /// Of the values of some pictures.
    pub fn of_all<'a>(rows: impl Iterator<Item = &'a [f32]>) -> Self {
        let mut ranges = Self::default();
        rows.for_each(|row| ranges.note(row));
        ranges
    }

    /// Takes the values of a picture in.
    pub fn note(&mut self, values: &[f32]) {
        self.0.resize(values.len(), [f32::MAX, f32::MIN]);
        for ([low, high], value) in self.0.iter_mut().zip(values) {
            (*low, *high) = (low.min(*value), high.max(*value));
        }
    }

    /// The smallest and the largest value of a label; `None` before any picture.
    pub fn of(&self, column: usize) -> Option<[f32; 2]> {
        self.0.get(column).copied().filter(|[low, high]| low <= high)
    }

    /// Where a value lies among those of the other pictures, from 0 to 1; in the middle where they are all the same.
    pub fn share(&self, column: usize, value: f32) -> f32 {
        match self.of(column) {
            Some([low, high]) if high > low => ((value - low) / (high - low)).clamp(0.0, 1.0),
            _ => 0.5,
        }
    }
}

/// Thresholds from which about as many labels are given as pictures usually have. Labels are told apart by how they are spread over the
/// pictures, as far as there are enough of these: an untrained model likes some words more than others on every picture.
pub fn starting_thresholds(rows: &[&[f32]], labels: usize) -> Vec<f32> {
    let count = rows.len().max(1) as f32;
    let spread: Vec<(f32, f32)> = (0..labels)
        .map(|c| {
            if rows.len() < SPREAD {
                return (0.0, 1.0);
            }
            let mean = rows.iter().map(|row| row[c]).sum::<f32>() / count;
            let square = rows.iter().map(|row| (row[c] - mean).powi(2)).sum::<f32>() / count;
            (mean, square.sqrt().max(1e-6))
        })
        .collect();
    let standing = |(c, value): (usize, &f32)| (value - spread[c].0) / spread[c].1;
    let mut all: Vec<f32> = rows
        .iter()
        .flat_map(|row| row.iter().enumerate().map(standing))
        .collect();
    all.sort_by(|a, b| b.total_cmp(a));
    // Of few labels a picture has fewer.
    let usual = USUAL.min(labels as f32 / 2.0);
    let given = ((usual * count).round() as usize).clamp(1, all.len().max(1));
    let Some(last) = all.get(given - 1) else {
        return vec![0.5; labels];
    };
    // Between the last that is given and the first that is not: rounding must not lose the last one.
    let from = all.get(given).map_or(last - 1e-4, |next| 0.5 * (last + next));
    spread
        .into_iter()
        .map(|(mean, deviation)| (mean + from * deviation).clamp(0.0, 1.0))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_next_to_certain_stays_apart() {
        let certain = |z: f32| crate::explain::probability(z);
        assert_eq!(certain(20.0), certain(30.0), "as probabilities they are one");
        assert!(flattened(20.0) < flattened(30.0));
        for z in [-12.0, 0.0, 7.5, 30.0] {
            assert!((log_odds(flattened(z)) - z).abs() < 1e-2, "{z}");
        }
    }

    #[test]
    fn thresholds_begin_where_pictures_have_about_two_labels() {
        // A word that the model likes on every picture is no label of every picture.
        let rows: Vec<Vec<f32>> = (0..40)
            .map(|i| {
                (0..8)
                    .map(|c| if c == 0 { 0.9 } else { 0.3 } + 0.01 * ((i * 7 + c * 5) % 13) as f32)
                    .collect()
            })
            .collect();
        let rows: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        let thresholds = starting_thresholds(&rows, 8);
        let given = |c: usize| rows.iter().filter(|row| row[c] >= thresholds[c]).count();
        let all: usize = (0..8).map(given).sum();
        assert!((60..=100).contains(&all), "{all}");
        assert!(given(0) < 20, "{}", given(0));
        // One picture alone has its two likeliest.
        let thresholds = starting_thresholds(&[&[0.9, 0.2, 0.7, 0.1]], 4);
        let given: Vec<bool> = [0.9, 0.2, 0.7, 0.1]
            .iter()
            .zip(&thresholds)
            .map(|(v, t)| v >= t)
            .collect();
        assert_eq!(given, [true, false, true, false]);
        assert_eq!(starting_thresholds(&[], 2), [0.5, 0.5]);
    }

    #[test]
    fn a_value_lies_somewhere_among_the_others() {
        let mut ranges = Ranges::default();
        assert_eq!(ranges.share(0, 0.7), 0.5);
        ranges.note(&[0.2, 0.5]);
        ranges.note(&[0.6, 0.5]);
        assert!((ranges.share(0, 0.5) - 0.75).abs() < 1e-5);
        assert_eq!(
            (ranges.share(1, 0.5), ranges.of(0), ranges.of(2)),
            (0.5, Some([0.2, 0.6]), None)
        );
    }
}
