//! Training runs: stored, named, deleted.

use super::error::{ProjectError, Result};
use super::rows::{Run, RunState};
use super::store::{Project, Stop};
use rusqlite::types::Type;
use rusqlite::{OptionalExtension, Row, Transaction, params};

/// What a person says of a run; undo brings it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RunMarks {
    pub name: Option<String>,
    pub deleted: bool,
}

impl RunMarks {
    /// Those of a run, deleted or not.
    pub fn of(tx: &Transaction<'_>, id: &str) -> std::result::Result<Self, Stop> {
        let parse = |row: &Row<'_>| {
            Ok(Self {
                name: row.get(0)?,
                deleted: row.get(1)?,
            })
        };
        let found = tx
            .prepare_cached("SELECT name, deleted FROM runs WHERE id = ?1")?
            .query_row([id], parse)
            .optional()?;
        found.ok_or_else(|| ProjectError::NoRun { id: id.to_owned() }.into())
    }

    /// Gives them to a run.
    pub fn put(&self, tx: &Transaction<'_>, id: &str) -> rusqlite::Result<()> {
        tx.execute(
            "UPDATE runs SET name = ?2, deleted = ?3 WHERE id = ?1",
            params![id, self.name, self.deleted],
        )?;
        Ok(())
    }
}

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
                "INSERT INTO runs (id, stage, state, created, config, parent, error, name, training)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,
                    CASE ?9 WHEN 0 THEN (SELECT coalesce(max(training), 0) + 1 FROM runs) ELSE ?9 END)
                 ON CONFLICT (id) DO NOTHING",
                params![
                    run.id,
                    run.stage,
                    run.state.name(),
                    run.created,
                    run.config.to_string(),
                    run.parent,
                    run.error,
                    run.name,
                    run.training as i64
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

    /// All runs but the deleted ones, oldest first.
    pub fn runs(&self) -> Result<Vec<Run>> {
        const SQL: &str = "SELECT id, stage, state, created, config, parent, error, training, name FROM runs
                           WHERE deleted = 0 ORDER BY position";
        self.read(|db| db.prepare_cached(SQL)?.query_map([], run)?.collect())
    }

    /// Ids of all runs that there ever were, deleted ones too: none of them names a new run.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn run_ids(&self) -> Result<Vec<String>> {
        self.read(|db| {
            db.prepare_cached("SELECT id FROM runs ORDER BY position")?
                .query_map([], |row| row.get(0))?
                .collect()
        })
    }

    /// Gives the runs of a training a name; an empty one takes it away. One step of undo.
    ///
    /// # Errors
    /// Where there is no such run or the database cannot be written.
    pub fn name_runs(&mut self, ids: &[String], name: &str) -> Result<()> {
        let called = self.called(ids)?;
        let name = Some(name.trim()).filter(|name| !name.is_empty());
        let description = match name {
            Some(name) => format!("name {called} “{name}”"),
            None => format!("take the name of {called} away"),
        };
        self.step(&description, |step| {
            ids.iter()
                .try_for_each(|id| step.run(id, |marks| marks.name = name.map(str::to_owned)))
        })
    }

    /// Deletes the runs of a training; one step of undo. Their files stay in the project's folder, so that undo can bring them back.
    ///
    /// # Errors
    /// Where there is no such run, one is at work, another one goes on from it, or the database cannot be written.
    pub fn delete_runs(&mut self, ids: &[String]) -> Result<()> {
        let runs = self.runs()?;
        for run in runs.iter().filter(|run| ids.contains(&run.id)) {
            if run.state == RunState::Running {
                return Err(ProjectError::RunAtWork { id: run.id.clone() });
            }
            let follows = |other: &&Run| other.parent.as_ref() == Some(&run.id) && !ids.contains(&other.id);
            if let Some(other) = runs.iter().find(follows) {
                return Err(ProjectError::RunNeeded {
                    id: run.id.clone(),
                    by: other.id.clone(),
                });
            }
        }
        let description = format!("delete {}", self.called(ids)?);
        self.step(&description, |step| {
            ids.iter().try_for_each(|id| step.run(id, |marks| marks.deleted = true))
        })
    }

    /// What people call the training that these runs are.
    fn called(&self, ids: &[String]) -> Result<String> {
        let runs = self.runs()?;
        let run = ids.iter().find_map(|id| runs.iter().find(|run| run.id == *id));
        let Some(run) = run else {
            let id = ids.first().cloned().unwrap_or_default();
            return Err(ProjectError::NoRun { id });
        };
        Ok(match &run.name {
            Some(name) => format!("the training “{name}”"),
            None => format!("training {}", run.training),
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
        training: row.get::<_, i64>(7)? as usize,
        name: row.get(8)?,
    })
}
