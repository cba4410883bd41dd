//! The data at a glance: how often labels are, together and alone, how many a picture has, how large pictures are. Every number leads to
//! its pictures.

use super::error::Result;
use super::pictures::split_of;
use super::rows::LabelRow;
use super::store::Project;
use super::truth::scan;
use crate::dataset::model::Split;
use crate::dataset::split::Group;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// Upper bounds of the bins of megapixels; the last bin has none.
pub const MEGAPIXELS: [f64; 8] = [0.05, 0.1, 0.25, 0.5, 1.0, 3.0, 8.0, 20.0];
/// Upper bounds of the bins of width through height; the last bin has none.
pub const ASPECTS: [f64; 8] = [0.5, 0.7, 0.9, 0.999, 1.001, 1.12, 1.43, 2.0];

/// What a project holds, in numbers that can be drawn.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    pub pictures: usize,
    /// Pictures of train, val, test and of no split.
    pub splits: [usize; 4],
    /// Labels, the most training positives first; equal ones by all positives, then in their order.
    pub labels: Vec<LabelFrequency>,
    /// How many labels are head, medium and tail.
    pub groups: [usize; 3],
    /// The pairs of labels that are most often on one picture, the most frequent first.
    pub pairs: Vec<LabelPair>,
    /// Labels of the rows and columns of `together`, by id, in the order of `labels`.
    pub together_labels: Vec<i64>,
    /// `[together_labels, together_labels]`: pictures that have both; on the diagonal those that have the label.
    pub together: Vec<usize>,
    /// Pictures by how many labels they have, from 0.
    pub labels_per_picture: Vec<usize>,
    /// Pictures by size: bins with the upper bounds [`MEGAPIXELS`].
    pub megapixels: Vec<usize>,
    /// Pictures by width through height: bins with the upper bounds [`ASPECTS`].
    pub aspects: Vec<usize>,
    /// Pictures on which some label is not known.
    pub with_unknowns: usize,
}

/// How often a label is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelFrequency {
    pub label: i64,
    pub name: String,
    /// Pictures that have it in train, val, test and without a split.
    pub positives: [usize; 4],
    /// Pictures on which it is not known.
    pub unknown: usize,
    /// Where it stands, by its training positives; by all of them in a project without training pictures.
    pub group: Group,
}

impl LabelFrequency {
    /// Pictures that have it.
    pub fn total(&self) -> usize {
        self.positives.iter().sum()
    }
}

/// How often two labels are on one picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelPair {
    pub first: i64,
    pub second: i64,
    pub pictures: usize,
}

/// A number of an [`Overview`] that leads to its pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bin {
    /// Pictures that have a label; with a split, those in train, val, test or (3) none.
    Label {
        /// The label's id.
        label: i64,
        /// Index into [`LabelFrequency::positives`].
        split: Option<usize>,
    },
    /// Pictures on which a label is not known.
    Unknown {
        /// The label's id.
        label: i64,
    },
    /// Pictures that have both labels.
    Together {
        /// One label's id.
        first: i64,
        /// The other's.
        second: i64,
    },
    /// Pictures with so many labels.
    Labels(usize),
    /// Pictures of a bin of [`Overview::megapixels`].
    Megapixels(usize),
    /// Pictures of a bin of [`Overview::aspects`].
    Aspect(usize),
    /// Pictures on which some label is not known.
    WithUnknowns,
}

/// A picture with what the numbers are made of.
struct Fact {
    id: i64,
    /// 0 to 3: train, val, test, none.
    split: usize,
    size: (u32, u32),
    /// -1 where silence means "not known".
    absent: i8,
    /// Columns of the labels that are there.
    positives: Vec<u32>,
    /// Columns of the labels of which someone said that they are not known.
    unknowns: Vec<u32>,
    /// How many labels someone said anything of.
    said: usize,
}

impl Fact {
    fn megapixels(&self) -> usize {
        let pixels = f64::from(self.size.0) * f64::from(self.size.1) / 1e6;
        MEGAPIXELS.partition_point(|bound| *bound <= pixels)
    }

    fn aspect(&self) -> usize {
        let aspect = f64::from(self.size.0) / f64::from(self.size.1.max(1));
        ASPECTS.partition_point(|bound| *bound <= aspect)
    }

    fn has_unknowns(&self, labels: usize) -> bool {
        !self.unknowns.is_empty() || (self.absent == -1 && self.said < labels)
    }
}

impl Project {
    /// The project in numbers: the `pairs` most frequent pairs of labels, and how often the `together` most frequent labels are on the same
    /// pictures.
    pub fn overview(&self, pairs: usize, together: usize) -> Result<Overview> {
        let labels = self.labels()?;
        let (facts, said) = self.facts(&labels)?;
        let n = labels.len();
        let mut overview = Overview {
            pictures: facts.len(),
            megapixels: vec![0; MEGAPIXELS.len() + 1],
            aspects: vec![0; ASPECTS.len() + 1],
            ..Overview::default()
        };
        let mut positives = vec![[0; 4]; n];
        let (mut unknown, mut unsure) = (vec![0usize; n], 0usize);
        for fact in &facts {
            overview.splits[fact.split] += 1;
            overview.megapixels[fact.megapixels()] += 1;
            overview.aspects[fact.aspect()] += 1;
            overview.with_unknowns += usize::from(fact.has_unknowns(n));
            let count = fact.positives.len();
            if overview.labels_per_picture.len() <= count {
                overview.labels_per_picture.resize(count + 1, 0);
            }
            overview.labels_per_picture[count] += 1;
            fact.positives
                .iter()
                .for_each(|c| positives[*c as usize][fact.split] += 1);
            fact.unknowns.iter().for_each(|c| unknown[*c as usize] += 1);
            unsure += usize::from(fact.absent == -1);
        }
        let training = overview.splits[Split::Train as usize] > 0;
        overview.labels = (labels.iter().zip(&positives).enumerate())
            .map(|(c, (label, positives))| {
                let all: usize = positives.iter().sum();
                LabelFrequency {
                    label: label.id,
                    name: label.name.clone(),
                    positives: *positives,
                    unknown: unknown[c] + unsure.saturating_sub(said[c]),
                    group: Group::of(if training { positives[0] } else { all }),
                }
            })
            .collect();
        overview
            .labels
            .sort_by_key(|label| std::cmp::Reverse((label.positives[0], label.total())));
        for label in &overview.labels {
            overview.groups[label.group as usize] += 1;
        }
        let columns: HashMap<i64, usize> = labels.iter().enumerate().map(|(c, label)| (label.id, c)).collect();
        let chosen: Vec<usize> = overview.labels.iter().map(|label| columns[&label.label]).collect();
        let counts = Together::count(&facts, n);
        overview.pairs = counts.top(pairs, &labels.iter().map(|label| label.id).collect::<Vec<i64>>());
        let chosen = &chosen[..together.min(n)];
        overview.together_labels = chosen.iter().map(|c| labels[*c].id).collect();
        for a in chosen {
            for b in chosen {
                let both = if a == b {
                    positives[*a].iter().sum()
                } else {
                    counts.of(*a, *b)
                };
                overview.together.push(both);
            }
        }
        Ok(overview)
    }

    /// Ids of the pictures behind a number of [`Self::overview`], in data order.
    pub fn pictures_of(&self, bin: Bin) -> Result<Vec<i64>> {
        let labels = self.labels()?;
        let (facts, _) = self.facts(&labels)?;
        let column = |id: i64| labels.iter().position(|label| label.id == id).map(|c| c as u32);
        let has = |fact: &Fact, label: i64| column(label).is_some_and(|c| fact.positives.contains(&c));
        let unknown: Option<(u32, HashSet<i64>)> = match bin {
            Bin::Unknown { label } => column(label).map(|c| Ok((c, self.said_of(label)?))).transpose()?,
            _ => None,
        };
        let is_in = |fact: &&Fact| match bin {
            Bin::Label { label, split } => has(fact, label) && split.is_none_or(|split| split == fact.split),
            Bin::Unknown { .. } => unknown.as_ref().is_some_and(|(column, said)| {
                fact.unknowns.contains(column) || (fact.absent == -1 && !said.contains(&fact.id))
            }),
            Bin::Together { first, second } => has(fact, first) && has(fact, second),
            Bin::Labels(count) => fact.positives.len() == count,
            Bin::Megapixels(bin) => fact.megapixels() == bin,
            Bin::Aspect(bin) => fact.aspect() == bin,
            Bin::WithUnknowns => fact.has_unknowns(labels.len()),
        };
        Ok(facts.iter().filter(is_in).map(|fact| fact.id).collect())
    }

    /// Pictures of which someone said anything about a label.
    fn said_of(&self, label: i64) -> Result<HashSet<i64>> {
        const SQL: &str = "SELECT picture FROM source_values WHERE label = ?1
            UNION SELECT picture FROM edited_values WHERE label = ?1 AND origin = 'human'";
        self.read(|db| db.prepare_cached(SQL)?.query_map([label], |row| row.get(0))?.collect())
    }

    /// All pictures, in data order; and for each label the pictures where silence means "not known", but someone said something of it.
    fn facts(&self, labels: &[LabelRow]) -> Result<(Vec<Fact>, Vec<usize>)> {
        let columns: HashMap<i64, u32> = labels.iter().zip(0..).map(|(label, c)| (label.id, c)).collect();
        let mut said = vec![0; labels.len()];
        self.read(|db| {
            let mut facts: Vec<Fact> = db
                .prepare_cached("SELECT id, split, width, height, absent FROM pictures ORDER BY position, id")?
                .query_map([], |row| {
                    Ok(Fact {
                        id: row.get(0)?,
                        split: split_of(row, 1)?.map_or(3, |split| split as usize),
                        size: (row.get(2)?, row.get(3)?),
                        absent: row.get(4)?,
                        positives: Vec::new(),
                        unknowns: Vec::new(),
                        said: 0,
                    })
                })?
                .collect::<rusqlite::Result<_>>()?;
            let places: HashMap<i64, usize> = facts.iter().enumerate().map(|(i, fact)| (fact.id, i)).collect();
            scan(db, |picture, label, value| {
                if let (Some(place), Some(column)) = (places.get(&picture), columns.get(&label)) {
                    let fact = &mut facts[*place];
                    fact.said += 1;
                    said[*column as usize] += usize::from(fact.absent == -1);
                    match value {
                        1 => fact.positives.push(*column),
                        -1 => fact.unknowns.push(*column),
                        _ => {}
                    }
                }
            })?;
            facts.iter_mut().for_each(|fact| fact.positives.sort_unstable());
            Ok((facts, said))
        })
    }
}

/// How often pairs of labels (columns, the smaller first) are on one picture.
struct Together(HashMap<(u32, u32), usize>);

impl Together {
    fn count(facts: &[Fact], labels: usize) -> Self {
        // A table is faster than a map; of many thousand labels few pairs occur.
        const TABLE: usize = 2048;
        if labels > TABLE {
            let mut counts = HashMap::new();
            for fact in facts {
                pairs(&fact.positives, |a, b| *counts.entry((a, b)).or_default() += 1);
            }
            return Self(counts);
        }
        let mut table = vec![0; labels * labels];
        for fact in facts {
            pairs(&fact.positives, |a, b| table[a as usize * labels + b as usize] += 1);
        }
        let filled = table.into_iter().enumerate().filter(|(_, n)| *n > 0);
        Self(
            filled
                .map(|(i, n)| (((i / labels) as u32, (i % labels) as u32), n))
                .collect(),
        )
    }

    fn of(&self, a: usize, b: usize) -> usize {
        let pair = (a.min(b) as u32, a.max(b) as u32);
        self.0.get(&pair).copied().unwrap_or(0)
    }

    /// The most frequent pairs; `ids` by column.
    fn top(&self, count: usize, ids: &[i64]) -> Vec<LabelPair> {
        let mut sorted: Vec<(&(u32, u32), &usize)> = self.0.iter().collect();
        sorted.sort_by_key(|(pair, n)| (std::cmp::Reverse(**n), **pair));
        let pair = |((a, b), n): (&(u32, u32), &usize)| LabelPair {
            first: ids[*a as usize],
            second: ids[*b as usize],
            pictures: *n,
        };
        sorted.into_iter().take(count).map(pair).collect()
    }
}

/// All pairs of ascending columns.
fn pairs(columns: &[u32], mut each: impl FnMut(u32, u32)) {
    for (i, a) in columns.iter().enumerate() {
        columns[i + 1..].iter().for_each(|b| each(*a, *b));
    }
}
