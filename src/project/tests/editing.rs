//! Edits, undo and redo.

use super::*;
use crate::dataset::model::{BoxAnnotation, Truth};
use crate::project::{BoxRow, LabelValue, Provenance};

/// Pictures down, cat and dog across.
const START: [i8; 6] = [1, 0, 0, 1, 0, 0];

#[test]
fn values_are_undone_and_redone_across_programs() {
    let fixture = Fixture::new();
    let mut project = fixture.animals();
    let (pictures, labels) = (ids(&project), label_ids(&project));
    project.set_label(&pictures, labels[0], Truth::Positive).unwrap();
    project.set_label(&pictures[..1], labels[0], Truth::Unknown).unwrap();
    let both = [-1, 0, 1, 1, 1, 0];
    assert_eq!(truth(&project), both);
    drop(project);

    let mut project = fixture.open();
    assert_eq!(truth(&project), both);
    let next = project.next_undo().unwrap().unwrap();
    assert!(
        next.description.contains("cat") && next.description.contains("1 picture"),
        "{}",
        next.description
    );
    assert_eq!(project.undo().unwrap().unwrap(), next);
    assert_eq!(truth(&project), [1, 0, 1, 1, 1, 0]);
    drop(project);

    let mut project = fixture.open();
    project.undo().unwrap().unwrap();
    assert_eq!(truth(&project), START);
    assert_eq!(project.undo().unwrap(), None);
    drop(project);

    let mut project = fixture.open();
    project.redo().unwrap().unwrap();
    assert_eq!(project.next_redo().unwrap(), Some(next.clone()));
    assert_eq!(project.redo().unwrap(), Some(next));
    assert_eq!(project.redo().unwrap(), None);
    assert_eq!(truth(&project), both);
}

#[test]
fn a_new_edit_ends_what_was_undone_but_the_log_keeps_it() {
    let fixture = Fixture::new();
    let mut project = fixture.animals();
    let (pictures, labels) = (ids(&project), label_ids(&project));
    project.set_label(&pictures[..1], labels[0], Truth::Negative).unwrap();
    project.undo().unwrap();
    project.set_label(&pictures[..1], labels[1], Truth::Positive).unwrap();
    assert_eq!(project.redo().unwrap(), None);
    assert_eq!(truth(&project), [1, 1, 0, 1, 0, 0]);
    project.undo().unwrap().unwrap();
    assert_eq!((truth(&project), project.undo().unwrap()), (START.to_vec(), None));
    let logged: i64 = project
        .db
        .query_row("SELECT count(*) FROM value_edits", [], |row| row.get(0))
        .unwrap();
    assert_eq!(logged, 2);
}

#[test]
fn an_edit_that_changes_nothing_is_no_step() {
    let fixture = Fixture::new();
    let mut project = fixture.animals();
    let (pictures, labels) = (ids(&project), label_ids(&project));
    project.set_label(&pictures[..1], labels[0], Truth::Negative).unwrap();
    project.undo().unwrap();
    project.set_label(&[], labels[0], Truth::Positive).unwrap();
    project.rename_label(labels[0], "cat").unwrap();
    assert!(
        project.next_redo().unwrap().is_some(),
        "what was undone can still be done again"
    );
    // The same picture twice is one change, and undone as one.
    project
        .set_label(&[pictures[2], pictures[2]], labels[0], Truth::Positive)
        .unwrap();
    project.undo().unwrap();
    assert_eq!(truth(&project), START);
}

#[test]
fn an_edit_is_made_whole_or_not_at_all() {
    let fixture = Fixture::new();
    let mut project = fixture.animals();
    let (pictures, labels) = (ids(&project), label_ids(&project));
    let error = project
        .set_label(&[pictures[0], 999], labels[0], Truth::Negative)
        .unwrap_err();
    assert!(matches!(error, ProjectError::NoPicture { id: 999 }));
    assert!(matches!(
        project.set_label(&pictures, 999, Truth::Negative),
        Err(ProjectError::NoLabel { id: 999 })
    ));
    assert_eq!(truth(&project), START);
    assert_eq!(project.next_undo().unwrap(), None);
}

#[test]
fn each_value_says_where_it_comes_from() {
    let fixture = Fixture::new();
    let mut project = fixture.animals();
    let (pictures, labels) = (ids(&project), label_ids(&project));
    let said = |label: i64, truth, provenance| LabelValue {
        label,
        truth,
        provenance,
    };
    project
        .suggest_label(&pictures[..1], labels[0], Truth::Negative)
        .unwrap();
    project
        .suggest_label(&pictures[..1], labels[1], Truth::Positive)
        .unwrap();
    let suggested = [
        said(labels[0], Truth::Positive, Provenance::Source),
        said(labels[1], Truth::Positive, Provenance::Machine),
    ];
    assert_eq!(
        project.values(pictures[0]).unwrap(),
        suggested,
        "a machine does not overrule the source"
    );
    assert_eq!(truth(&project), START, "a suggestion is no truth");
    project.set_label(&pictures[..1], labels[1], Truth::Negative).unwrap();
    project
        .suggest_label(&pictures[..1], labels[1], Truth::Positive)
        .unwrap();
    assert_eq!(
        project.values(pictures[0]).unwrap()[1],
        said(labels[1], Truth::Negative, Provenance::Human)
    );
    project.undo().unwrap();
    assert_eq!(
        project.values(pictures[0]).unwrap(),
        suggested,
        "undo brings the suggestion back"
    );
    assert_eq!(project.values(pictures[2]).unwrap(), []);
}

#[test]
fn labels_are_added_renamed_and_deleted_with_undo() {
    let fixture = Fixture::new();
    let mut project = fixture.animals();
    let labels = label_ids(&project);
    let fox = project.add_label(" fox \"🦊\" ", Some("a red fox")).unwrap();
    project.rename_label(labels[0], "Katze").unwrap();
    project.set_colour(fox, Some([1, 2, 255])).unwrap();
    project.set_prompt_words(fox, Some("a fox")).unwrap();
    project.delete_label(labels[1]).unwrap();
    assert_eq!(names(&project), ["Katze", "fox \"🦊\""]);
    assert_eq!(truth(&project), [1, 0, 0, 0, 0, 0]);
    drop(project);
    let mut project = fixture.open();
    let row = project.label(fox).unwrap();
    assert_eq!(
        (row.colour, row.prompt_words.as_deref()),
        (Some([1, 2, 255]), Some("a fox"))
    );
    project.undo().unwrap();
    assert_eq!(names(&project), ["Katze", "dog", "fox \"🦊\""]);
    project.set_thresholds(&[(fox, Some(0.3))]).unwrap();
    project.undo().unwrap();
    let row = project.label(fox).unwrap();
    assert_eq!(
        (row.prompt_words.as_deref(), row.threshold),
        (Some("a red fox"), Some(0.3)),
        "only the step is undone"
    );
    for _ in 0..3 {
        project.undo().unwrap().unwrap();
    }
    assert_eq!(names(&project), ["cat", "dog"]);
    assert!(matches!(project.label(fox), Err(ProjectError::NoLabel { .. })));
    while project.redo().unwrap().is_some() {}
    assert_eq!(names(&project), ["Katze", "fox \"🦊\""]);
}

#[test]
fn label_names_are_unique_and_not_empty() {
    let fixture = Fixture::new();
    let mut project = fixture.animals();
    let labels = label_ids(&project);
    assert!(matches!(
        project.add_label("cat", None),
        Err(ProjectError::LabelExists { .. })
    ));
    assert!(matches!(
        project.rename_label(labels[1], "cat"),
        Err(ProjectError::LabelExists { .. })
    ));
    for name in [" \n", "a//b", "/a", "a/", "two\nlines"] {
        assert!(matches!(
            project.add_label(name, None),
            Err(ProjectError::LabelName { .. })
        ));
    }
    assert_eq!(project.next_undo().unwrap(), None);
    // A deleted label leaves its name to others; undo then says why it cannot be given back.
    project.delete_label(labels[0]).unwrap();
    let data = dataset(&["cat"], Vec::new(), Absent::Negative);
    project.import(&data, &ImportReport::default()).unwrap();
    let error = project.undo().unwrap_err();
    assert!(
        matches!(&error, ProjectError::LabelExists { name } if name == "cat"),
        "{error}"
    );
    assert_eq!(names(&project), ["dog", "cat"]);
}

#[test]
fn merged_labels_keep_pictures_and_boxes() {
    let fixture = Fixture::new();
    let mut project = fixture.create();
    let mut first = picture(fixture.path("a.jpg"), &[0]);
    first.boxes = vec![BoxAnnotation {
        label: 0,
        bounds: [0.0, 0.0, 1.0, 1.0],
    }];
    let mut second = picture(fixture.path("b.jpg"), &[]);
    second.unknowns = vec![0];
    let third = picture(fixture.path("c.jpg"), &[1]);
    let data = dataset(
        &["kitty", "cat", "animal"],
        vec![first, second, third],
        Absent::Negative,
    );
    project.import(&data, &ImportReport::default()).unwrap();
    let (labels, pictures) = (label_ids(&project), ids(&project));
    let before = truth(&project);
    assert_eq!(before, [1, 0, 0, -1, 0, 0, 0, 1, 0]);

    assert!(matches!(
        project.merge_labels(labels[0], labels[0]),
        Err(ProjectError::SameLabel { .. })
    ));
    project.merge_labels(labels[0], labels[1]).unwrap();
    assert_eq!(names(&project), ["cat", "animal"]);
    assert_eq!(truth(&project), [1, 0, -1, 0, 1, 0]);
    let boxed = |label| {
        [BoxRow {
            label,
            bounds: [0.0, 0.0, 1.0, 1.0],
        }]
    };
    assert_eq!(project.boxes(pictures[0]).unwrap(), boxed(labels[1]));
    project.merge_labels(labels[1], labels[2]).unwrap();
    assert_eq!(
        project.boxes(pictures[0]).unwrap(),
        boxed(labels[2]),
        "also over two merges"
    );
    assert_eq!(truth(&project), [1, -1, 1]);
    project.undo().unwrap();
    project.undo().unwrap();
    assert_eq!(
        (truth(&project), project.boxes(pictures[0]).unwrap()),
        (before, boxed(labels[0]).to_vec())
    );
}
