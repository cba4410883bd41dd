//! What runs predict.

use super::error::Result;
use super::rows::PredictionRow;
use super::store::Project;
use rusqlite::{OptionalExtension, Row, params};

impl Project {
    /// Stores predictions under a run's name (or another word, such as `zero-shot`); older ones of the same picture and
    /// label are replaced. Each is picture, label, score, probability.
    ///
    /// # Errors
    /// Where a picture or label does not exist or the database cannot be written.
    pub fn set_predictions(&mut self, run: &str, predictions: &[(i64, i64, f32, f32)]) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "INSERT INTO prediction_sets (run) VALUES (?1) ON CONFLICT (run) DO NOTHING",
                [run],
            )?;
            let set: i64 = tx.query_row("SELECT id FROM prediction_sets WHERE run = ?1", [run], |row| row.get(0))?;
            let mut insert = tx.prepare("INSERT OR REPLACE INTO predictions VALUES (?1, ?2, ?3, ?4, ?5)")?;
            for (picture, label, score, probability) in predictions {
                insert.execute(params![set, picture, label, score, probability])?;
            }
            Ok(())
        })
    }

    /// Predictions under a run's name for these pictures in their order, each in the order of the labels. Pictures
    /// without predictions are left out.
    pub fn predictions(&self, run: &str, ids: &[i64]) -> Result<Vec<PredictionRow>> {
        const SQL: &str = "
            SELECT p.picture, p.label, p.score, p.probability FROM predictions p JOIN labels l ON l.id = p.label
            WHERE p.prediction_set = ?1 AND p.picture = ?2 AND l.deleted = 0 ORDER BY l.position";
        let parse = |row: &Row<'_>| {
            Ok(PredictionRow {
                picture: row.get(0)?,
                label: row.get(1)?,
                score: row.get(2)?,
                probability: row.get(3)?,
            })
        };
        self.read(|db| {
            let set: Option<i64> = db
                .query_row("SELECT id FROM prediction_sets WHERE run = ?1", [run], |row| row.get(0))
                .optional()?;
            let Some(set) = set else { return Ok(Vec::new()) };
            let mut query = db.prepare_cached(SQL)?;
            let mut found = Vec::new();
            for id in ids {
                for row in query.query_map([set, *id], parse)? {
                    found.push(row?);
                }
            }
            Ok(found)
        })
    }
}
