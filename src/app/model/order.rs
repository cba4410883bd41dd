//! Values that are no percent: what an untrained model says of a label orders pictures, and means nothing by itself.

use serde::{Deserialize, Serialize};

/// Labels that a picture usually has: thresholds of an untrained model begin where about as many are given.
pub const USUAL: f32 = 2.0;

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

/// How the values of each label are spread over the pictures, and from where on they are given: an untrained model likes some words more
/// than others on every picture, so labels are told apart by it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spread {
    /// Mean and standard deviation of each label; of all labels together where pictures are too few.
    labels: Vec<[f32; 2]>,
    /// Deviations above its mean from which a label is given.
    from: f32,
}

impl Spread {
    /// Of `rows` pictures with `labels` values each, so that a picture has about `usual` labels. Values that are no number are passed
    /// over.
    pub fn of(rows: &[&[f32]], labels: usize, usual: f32) -> Self {
        let spread_of = |values: &mut dyn Iterator<Item = f32>| {
            let (mut count, mut sum, mut square) = (0.0f64, 0.0f64, 0.0f64);
            for value in values.filter(|v| !v.is_nan()).map(f64::from) {
                (count, sum, square) = (count + 1.0, sum + value, square + value * value);
            }
            let count = count.max(1.0);
            let mean = sum / count;
            let deviation = (square / count - mean * mean).max(0.0).sqrt();
            [mean as f32, deviation.max(1e-6) as f32]
        };
        let labels = if rows.len() < SPREAD {
            vec![spread_of(&mut rows.iter().flat_map(|row| row.iter().copied())); labels]
        } else {
            (0..labels)
                .map(|c| spread_of(&mut rows.iter().map(|row| row[c])))
                .collect()
        };
        let mut spread = Self { labels, from: 0.0 };
        let standing =
            |row: &&[f32]| -> Vec<f32> { row.iter().enumerate().map(|(c, v)| spread.standing(c, *v)).collect() };
        let mut all: Vec<f32> = rows.iter().flat_map(standing).filter(|v| !v.is_nan()).collect();
        let pictures = all.len() as f32 / spread.labels.len().max(1) as f32;
        // Of few labels a picture has fewer.
        let usual = usual.min(spread.labels.len() as f32 / 2.0);
        let given = ((usual * pictures).round() as usize).clamp(1, all.len().max(1));
        if given <= all.len() {
            let (_, last, others) = all.select_nth_unstable_by(given - 1, |a, b| b.total_cmp(a));
            // Between the last that is given and the first that is not: rounding must not lose the last one.
            let next = others.iter().copied().max_by(f32::total_cmp);
            spread.from = next.map_or(*last - 1e-4, |next| 0.5 * (*last + next));
        }
        spread
    }

    /// Deviations of a value from its label's mean.
    fn standing(&self, label: usize, value: f32) -> f32 {
        let [mean, deviation] = self.labels[label];
        (value - mean) / deviation
    }

    /// How high a value stands among those of the other pictures, from 0 to 1; from one half on the label is given.
    pub fn share(&self, label: usize, value: f32) -> f32 {
        1.0 / (1.0 + (self.from - self.standing(label, value)).exp())
    }

    /// The mean of a label, and the value from which it is given.
    pub fn bounds(&self, label: usize) -> [f32; 2] {
        let [mean, deviation] = self.labels[label];
        [mean, mean + self.from * deviation]
    }
}

/// Thresholds of values from 0 to 1 from which about as many labels are given as pictures usually have.
pub fn starting_thresholds(rows: &[&[f32]], labels: usize) -> Vec<f32> {
    if rows.is_empty() {
        return vec![0.5; labels];
    }
    let spread = Spread::of(rows, labels, USUAL);
    (0..labels).map(|c| spread.bounds(c)[1].clamp(0.0, 1.0)).collect()
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
    fn a_label_is_given_from_the_middle_on() {
        let rows: Vec<[f32; 3]> = (0..20)
            .map(|i| [0.25 + 0.001 * i as f32, 0.2 - 0.001 * i as f32, f32::NAN])
            .map(|row| [row[0], row[1], 0.1])
            .collect();
        let mut rows: Vec<&[f32]> = rows.iter().map(<[f32; 3]>::as_slice).collect();
        let unread = [f32::NAN; 3];
        rows.push(&unread);
        let spread = Spread::of(&rows, 3, 1.0);
        let given = |row: &&[f32]| (0..3).filter(|c| spread.share(*c, row[*c]) >= 0.5).count();
        let all: usize = rows.iter().map(given).sum();
        assert!((19..=21).contains(&all), "{all}: about one of each picture");
        assert!(spread.share(0, 0.27) > spread.share(0, 0.26), "it keeps the order");
        let [mean, from] = spread.bounds(0);
        assert!(mean < from && (spread.share(0, from) - 0.5).abs() < 1e-3);
        assert!(spread.share(0, f32::NAN).is_nan(), "no value is no standing");
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
