//! Training runs.

use super::error::{ProjectError, Result};
use super::rows::{Run, RunState};
use super::store::Project;
use rusqlite::types::Type;
use rusqlite::{Row, params};

impl Project {
    /// Stores a new run.
    ///
    /// # Errors
    /// Where its id is taken or cannot name a folder, or the database cannot be written.
    pub fn insert_run(&mut self, run: &Run) -> Result<()> {
        let usable = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if run.id.is_empty() || run.id.starts_with('.') || !run.id.chars().all(usable) {
            return Err(ProjectError::RunName { id: run.id.clone() });
        }
        self.write(|tx| {
            let added = tx.execute(
                "INSERT INTO runs (id, stage, state, created, config, parent, error) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT (id) DO NOTHING",
                params![
                    run.id,
                    run.stage,
                    run.state.name(),
                    run.created,
                    run.config.to_string(),
                    run.parent,
                    run.error
                ],
            )?;
            if added == 0 {
                Err(ProjectError::RunExists { id: run.id.clone() }.into())
            } else {
                Ok(())
            }
        })
    }

    /// Sets where a run stands, and why (`None` clears the reason).
    ///
    /// # Errors
    /// Where there is no such run or the database cannot be written.
    pub fn set_run_state(&mut self, id: &str, state: RunState, error: Option<&str>) -> Result<()> {
        self.write(|tx| {
            let changed = tx.execute(
                "UPDATE runs SET state = ?2, error = ?3 WHERE id = ?1",
                params![id, state.name(), error],
            )?;
            if changed == 0 {
                Err(ProjectError::NoRun { id: id.to_owned() }.into())
            } else {
                Ok(())
            }
        })
    }

    /// All runs, oldest first.
    pub fn runs(&self) -> Result<Vec<Run>> {
        self.read(|db| {
            db.prepare_cached("SELECT id, stage, state, created, config, parent, error FROM runs ORDER BY position")?
                .query_map([], run)?
                .collect()
        })
    }
}

fn run(row: &Row<'_>) -> rusqlite::Result<Run> {
    let (state, config): (String, String) = (row.get(2)?, row.get(4)?);
    Ok(Run {
        id: row.get(0)?,
        stage: row.get(1)?,
        state: state
            .parse()
            .map_err(|e: String| rusqlite::Error::FromSqlConversionFailure(2, Type::Text, e.into()))?,
        created: row.get(3)?,
        config: serde_json::from_str(&config)
            .map_err(|e| rusqlite::Error::FromSqlConversionFailure(4, Type::Text, e.into()))?,
        parent: row.get(5)?,
        error: row.get(6)?,
    })
}
