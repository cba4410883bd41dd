//! What keeps a project sound: the check of its pictures' content, finding pictures that were moved, changes of labels, the report of
//! its imports.

use super::import::progress_of;
use super::project::open_for_work;
use crate::engine::request::{EditLabel, LabelEdit, Relink};
use crate::engine::{Context, Event, Failure};
use crate::project::{Checked, EditGroup, Project};
use crate::support::atomic;
use rayon::prelude::*;
use std::collections::HashMap;
use std::path::Path;

/// Pictures checked between two writes: what was found survives a kill.
const CHUNK: usize = 64;

/// Reads every picture that was not checked, and tells of damage, copies, and copies in several splits.
pub fn check(path: &Path, context: &mut Context<'_>) -> Result<(), Failure> {
    let mut project = open_for_work(path, context)?;
    let pending = project.pending_checks()?;
    let total = pending.len();
    for (i, chunk) in pending.chunks(CHUNK).enumerate() {
        context.progress("checking pictures", i * CHUNK, total);
        if context.cancelled() {
            return Err(Failure::cancelled(
                "cancelled; what was checked so far is kept, and the rest is checked next time",
            ));
        }
        let checked: Vec<Checked> = chunk.par_iter().map(Checked::read).collect();
        project.store_checks(&checked)?;
    }
    context.progress("checking pictures", total, total);
    let unusable = project.unusable_pictures()?;
    let names: HashMap<i64, String> = project.pictures(None)?.into_iter().map(|p| (p.id, p.name)).collect();
    let named = |(id, reason): (i64, String)| (names.get(&id).cloned().unwrap_or_default(), reason);
    context.emit(Event::Check {
        images: names.len(),
        checked: total,
        unusable: unusable.into_iter().map(named).collect(),
        copies: project.duplicates()?,
    });
    Ok(())
}

/// Finds pictures that were moved.
pub fn relink(request: &Relink, context: &mut Context<'_>) -> Result<(), Failure> {
    let mut project = open_for_work(&request.project, context)?;
    let plan = {
        let mut progress = progress_of(context, "looking for pictures");
        project.plan_relink(request.from.as_deref(), &request.to, &mut progress)?
    };
    let linked = if request.dry_run { 0 } else { project.relink(&plan)? };
    context.emit(Event::Relink {
        linked,
        plan,
        dry_run: request.dry_run,
    });
    Ok(())
}

/// Writes what the imports found to a file.
pub fn report(path: &Path, out: &Path, context: &mut Context<'_>) -> Result<(), Failure> {
    let project = Project::open_read_only(path)?;
    let reports = project.import_reports()?;
    let table = out.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
    let mut text = String::new();
    for (i, report) in reports.iter().enumerate() {
        if table {
            let csv = report.to_csv(true);
            // One header for all.
            let rows = if i == 0 {
                csv.as_str()
            } else {
                csv.split_once('\n').map_or("", |(_, rows)| rows)
            };
            text.push_str(rows);
        } else {
            text.push_str(&format!("Import {}\n\n{}\n", i + 1, report.to_text()));
        }
    }
    atomic::write(out, text.as_bytes()).map_err(|e| Failure::io("write", out, &e))?;
    context.emit(Event::Written {
        path: out.display().to_string(),
        what: format!("the report of {} imports", reports.len()),
        dry_run: false,
    });
    Ok(())
}

/// Changes a label; one step of undo.
pub fn edit_label(request: &EditLabel, context: &mut Context<'_>) -> Result<(), Failure> {
    let mut project = open_for_work(&request.project, context)?;
    let moved = |group: Option<EditGroup>, verb: &str| {
        group.map_or_else(
            || "there was nothing to do".to_owned(),
            |g| format!("{verb}: {}", g.description),
        )
    };
    let what = match &request.edit {
        LabelEdit::Undo => moved(project.undo()?, "undone"),
        LabelEdit::Redo => moved(project.redo()?, "done again"),
        edit => {
            let before = project.next_undo()?.map(|g| g.id);
            apply(&mut project, edit)?;
            match project.next_undo()? {
                Some(group) if Some(group.id) != before => group.description,
                _ => "it was so already".to_owned(),
            }
        }
    };
    let labels = project.labels()?.into_iter().map(|l| l.name).collect();
    context.emit(Event::Labels { what, labels });
    Ok(())
}

fn apply(project: &mut Project, edit: &LabelEdit) -> Result<(), Failure> {
    let id = |name: &str| id_of(project, name);
    match edit {
        LabelEdit::Add { name } => project.add_label(name, None).map(|_| ())?,
        LabelEdit::Rename { label, to } => project.rename_label_tree(id(label)?, to)?,
        LabelEdit::Merge { label, into } => project.merge_labels(id(label)?, id(into)?)?,
        LabelEdit::Split { label, to, pictures } => {
            let (from, ids) = (id(label)?, picture_ids(project, pictures)?);
            project.split_label(from, to, &ids).map(|_| ())?;
        }
        LabelEdit::Delete { label } => project.delete_label(id(label)?)?,
        LabelEdit::Words { label, words } => project.set_prompt_words(id(label)?, words.as_deref())?,
        LabelEdit::Describe { label, text } => project.set_description(id(label)?, text.as_deref())?,
        LabelEdit::Colour { label, colour } => {
            let parts = colour.map(|c| {
                let [_, r, g, b] = c.to_be_bytes();
                [r, g, b]
            });
            project.set_colour(id(label)?, parts)?;
        }
        LabelEdit::Move { label, place } => project.move_label(id(label)?, *place)?,
        LabelEdit::Undo => project.undo().map(|_| ())?,
        LabelEdit::Redo => project.redo().map(|_| ())?,
    }
    Ok(())
}

/// The ids of pictures by their names.
fn picture_ids(project: &Project, names: &[String]) -> Result<Vec<i64>, Failure> {
    let rows = project.pictures(None)?;
    let ids: HashMap<&str, i64> = rows.iter().map(|r| (r.name.as_str(), r.id)).collect();
    let id = |name: &String| {
        ids.get(name.as_str()).copied().ok_or_else(|| {
            Failure::new(
                format!("the project has no picture {name}"),
                "Give names as `project info --json` and exports have them.",
            )
        })
    };
    names.iter().map(id).collect()
}

/// The id of a label by its name.
fn id_of(project: &Project, name: &str) -> Result<i64, Failure> {
    let labels = project.labels()?;
    if let Some(label) = labels.iter().find(|l| l.name == name) {
        return Ok(label.id);
    }
    let near = labels
        .iter()
        .map(|l| (strsim::jaro_winkler(&l.name, name), &l.name))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(closeness, _)| *closeness > 0.7);
    Err(Failure::new(
        format!("the project has no label {name}"),
        near.map_or_else(
            || "See `patchlight project info` for its labels.".to_owned(),
            |(_, near)| format!("Did you mean {near}?"),
        ),
    ))
}
