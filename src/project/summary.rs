//! What a project holds, in numbers.

use super::error::Result;
use super::rows::{LabelSummary, RunSummary, Summary};
use super::store::Project;
use std::collections::HashMap;

impl Project {
    /// Counts of pictures, splits, positives of each label, and the runs.
    pub fn summary(&self) -> Result<Summary> {
        let images: i64 = self.read(|db| db.query_row("SELECT count(*) FROM pictures", [], |row| row.get(0)))?;
        let splits: Vec<(String, i64)> = self.read(|db| {
            db.prepare_cached("SELECT split, count(*) FROM pictures WHERE split IS NOT NULL GROUP BY split")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })?;
        let positives: Vec<((i64, String), i64)> = self.read(|db| {
            db.prepare_cached(
                "SELECT t.label, p.split, count(*) FROM truth t JOIN pictures p ON p.id = t.picture
                 WHERE t.value = 1 AND p.split IS NOT NULL GROUP BY t.label, p.split",
            )?
            .query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?
            .collect()
        })?;
        let positives: HashMap<(i64, String), i64> = positives.into_iter().collect();
        let count = |label: i64, split: &str| positives.get(&(label, split.to_owned())).map_or(0, |n| *n as usize);
        let labels = self.labels()?.into_iter().map(|label| LabelSummary {
            train: count(label.id, "train"),
            val: count(label.id, "val"),
            test: count(label.id, "test"),
            label: label.name,
        });
        let runs = self.runs()?.into_iter().map(|run| RunSummary {
            run: run.id,
            stage: run.stage,
            state: run.state,
            name: run.name,
        });
        Ok(Summary {
            images: images as usize,
            splits: splits.into_iter().map(|(split, n)| (split, n as usize)).collect(),
            labels: labels.collect(),
            runs: runs.collect(),
        })
    }
}
