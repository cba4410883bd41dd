//! Which pictures are shown, and in which order. Works on the catalog in memory: 100,000 pictures take a few milliseconds.

use super::catalog::{Agreement, Catalog};
use crate::dataset::model::Split;
use std::collections::HashSet;
use std::sync::Arc;
use unicode_normalization::UnicodeNormalization;

/// What a picture must be to be shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Words that the name or a true label must contain, whatever their case.
    pub words: String,
    /// Only this split; `Some(None)`: only pictures without one.
    pub split: Option<Option<Split>>,
    /// Labels (columns) with what must hold of each.
    pub labels: Vec<(usize, LabelTest)>,
    /// What prediction and truth must say of each other.
    pub verdict: Option<Verdict>,
    /// Only pictures that a person changed.
    pub edited: bool,
    /// Only pictures without any label.
    pub unlabelled: bool,
    /// Only these pictures, where a number elsewhere led to them.
    pub only: Option<Only>,
}

/// Pictures that belong together for a reason that the filters cannot tell.
#[derive(Clone, Debug, PartialEq)]
pub struct Only {
    /// The reason, for people.
    pub name: String,
    /// Ids.
    pub pictures: Arc<HashSet<i64>>,
}

/// What must hold of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelTest {
    /// It is there.
    Positive,
    /// It is predicted.
    Predicted,
    /// It is there and not predicted.
    Missed,
    /// It is predicted and not there.
    False,
    /// It is there and predicted.
    Hit,
}

impl LabelTest {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Positive => "labelled",
            Self::Predicted => "predicted",
            Self::Missed => "missed",
            Self::False => "wrongly predicted",
            Self::Hit => "rightly predicted",
        }
    }
}

/// What prediction and truth of a picture say of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All agree.
    Right,
    /// Some do not.
    Wrong,
    /// A probability lies near its threshold.
    Unsure,
}

/// An order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// As the data came.
    #[default]
    Data,
    Name,
    /// Newest first.
    Date,
    /// Least certain first.
    Uncertainty,
    /// By the probability of a label, highest first.
    Score(usize),
}

/// From this uncertainty on a picture counts as unsure.
const UNSURE: f32 = 0.7;

impl Filter {
    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Indices of the pictures that are let through, in order.
    pub fn apply(&self, catalog: &Catalog, sort: Sort) -> Vec<u32> {
        let wanted: Vec<String> = fold(&self.words).split_whitespace().map(str::to_owned).collect();
        let names: Vec<String> = if wanted.is_empty() {
            Vec::new()
        } else {
            catalog.labels.iter().map(|l| fold(&l.name)).collect()
        };
        let mut found: Vec<u32> = (0..catalog.pictures.len())
            .filter(|i| self.lets(catalog, *i) && says(catalog, *i, &wanted, &names))
            .map(|i| i as u32)
            .collect();
        order(catalog, sort, &mut found);
        found
    }

    fn lets(&self, catalog: &Catalog, i: usize) -> bool {
        let picture = &catalog.pictures[i];
        if self.split.is_some_and(|split| picture.split != split) || (self.edited && !picture.edited) {
            return false;
        }
        if self
            .only
            .as_ref()
            .is_some_and(|only| !only.pictures.contains(&picture.id))
        {
            return false;
        }
        if self.unlabelled && catalog.truth_of(i).contains(&1) {
            return false;
        }
        let label = |(column, test): &(usize, LabelTest)| {
            let there = catalog.truth_of(i)[*column] == 1;
            let absent = catalog.truth_of(i)[*column] == 0;
            let predicted = catalog
                .probability_of(i)
                .is_some_and(|row| row[*column] >= catalog.threshold(*column));
            match test {
                LabelTest::Positive => there,
                LabelTest::Predicted => predicted,
                LabelTest::Missed => there && !predicted && catalog.probability_of(i).is_some(),
                LabelTest::False => absent && predicted,
                LabelTest::Hit => there && predicted,
            }
        };
        let verdict = match self.verdict {
            None => true,
            Some(Verdict::Right) => catalog.agreement(i) == Agreement::Right,
            Some(Verdict::Wrong) => catalog.agreement(i) == Agreement::Wrong,
            Some(Verdict::Unsure) => catalog.uncertainty(i).is_some_and(|u| u >= UNSURE),
        };
        verdict && self.labels.iter().all(label)
    }
}

/// Whether each of the wanted words is in the name or in a true label.
fn says(catalog: &Catalog, i: usize, wanted: &[String], labels: &[String]) -> bool {
    if wanted.is_empty() {
        return true;
    }
    let name = fold(&catalog.pictures[i].name);
    let truth = catalog.truth_of(i);
    wanted.iter().all(|word| {
        name.contains(word)
            || labels
                .iter()
                .zip(truth)
                .any(|(label, truth)| *truth == 1 && label.contains(word))
    })
}

fn order(catalog: &Catalog, sort: Sort, found: &mut [u32]) {
    let picture = |i: &u32| &catalog.pictures[*i as usize];
    match sort {
        Sort::Data => {}
        Sort::Name => found.sort_by_cached_key(|i| fold(&picture(i).name)),
        Sort::Date => found.sort_by_key(|i| std::cmp::Reverse(picture(i).modified)),
        Sort::Uncertainty => {
            found.sort_by_cached_key(|i| rank(catalog.uncertainty(*i as usize)));
        }
        Sort::Score(label) => found.sort_by_cached_key(|i| {
            let row = catalog.probability_of(*i as usize);
            rank(row.map(|row| row[label]))
        }),
    }
}

/// A key by which larger values come first, and nothing comes last.
fn rank(value: Option<f32>) -> u32 {
    // Bits of a non-negative float ascend with it.
    value
        .filter(|v| !v.is_nan())
        .map_or(u32::MAX, |v| u32::MAX - 1 - v.max(0.0).to_bits())
}

/// For comparing what people type with names: composed, lower case.
fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfc().flat_map(char::to_lowercase).collect()
}

/// The pictures behind a number of a label.
pub fn pictures_of(label: usize, test: LabelTest, split: Option<Split>) -> Filter {
    Filter {
        labels: vec![(label, test)],
        split: split.map(Some),
        ..Filter::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::catalog::tests::small;
    use super::*;

    fn found(filter: &Filter, sort: Sort) -> Vec<u32> {
        filter.apply(&small(), sort)
    }

    #[test]
    fn each_condition_holds() {
        let all = Filter::default();
        assert!(all.is_empty());
        assert_eq!(found(&all, Sort::Data), [0, 1, 2, 3]);
        let with = |change: fn(&mut Filter)| {
            let mut filter = Filter::default();
            change(&mut filter);
            assert!(!filter.is_empty());
            found(&filter, Sort::Data)
        };
        assert_eq!(with(|f| f.words = "PICTURE 3".into()), [2]);
        assert_eq!(with(|f| f.words = "owl".into()), [0, 1], "words look at labels too");
        assert_eq!(with(|f| f.split = Some(Some(Split::Test))), [2]);
        assert_eq!(with(|f| f.split = Some(None)), [3]);
        assert_eq!(with(|f| f.labels = vec![(0, LabelTest::Missed)]), [1]);
        assert_eq!(with(|f| f.labels = vec![(1, LabelTest::Predicted)]), [2]);
        assert_eq!(with(|f| f.labels = vec![(0, LabelTest::Hit)]), [0]);
        assert_eq!(with(|f| f.verdict = Some(Verdict::Wrong)), [1]);
        assert_eq!(with(|f| f.verdict = Some(Verdict::Unsure)), [2]);
        assert_eq!(with(|f| f.edited = true), [1]);
        assert!(with(|f| f.unlabelled = true).is_empty());
        let only = |ids: &[i64]| Only {
            name: "large ones".to_owned(),
            pictures: Arc::new(ids.iter().copied().collect()),
        };
        let filter = Filter {
            only: Some(only(&[2, 4, 9])),
            ..Filter::default()
        };
        assert_eq!(found(&filter, Sort::Data), [1, 3]);
    }

    #[test]
    fn orders_put_what_is_asked_for_first() {
        let all = Filter::default();
        assert_eq!(found(&all, Sort::Date), [0, 1, 2, 3]);
        assert_eq!(found(&all, Sort::Uncertainty)[0], 2);
        assert_eq!(found(&all, Sort::Score(0)), [0, 1, 2, 3], "the unscored one comes last");
        assert_eq!(found(&all, Sort::Score(1))[0], 2);
        assert_eq!(found(&all, Sort::Name), [0, 1, 2, 3]);
    }
}
