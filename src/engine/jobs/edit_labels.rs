//! `label`: changes of labels, each one step of undo.

use super::project::open_for_work;
use crate::engine::request::{EditLabel, LabelEdit};
use crate::engine::{Context, Event, Failure};
use crate::project::{EditGroup, Project};
use std::collections::HashMap;

pub(crate) fn run(request: &EditLabel, context: &mut Context<'_>) -> Result<(), Failure> {
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
