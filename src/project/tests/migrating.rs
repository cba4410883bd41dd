//! Databases of older formats.

use super::*;
use crate::dataset::model::Truth;
use crate::project::schema;
use rusqlite::Connection;
use std::fs;

/// A project as the first release left it: a label renamed and one merged, both edits applied, and one edit undone.
fn first_format(place: &Path) {
    for folder in ["features", "runs"] {
        fs::create_dir_all(place.join(folder)).unwrap();
    }
    let mut db = Connection::open(place.join("project.db")).unwrap();
    schema::migrate(&mut db, &[schema::VERSION_1]).unwrap();
    db.execute_batch(
        r#"
        INSERT INTO imports VALUES (1, 1700000000, '/p/old.patchlight', '{"images":2,"labels":3,"annotations":2,"splits":{},
            "unmatched":[],"duplicates":[],"quarantined":[],"warnings":[]}');
        INSERT INTO pictures (id, position, import, path, name, width, height, split, source_split, absent)
            VALUES (1, 0, 1, '/p/a.jpg', 'a.jpg', 4, 3, 'train', 'train', 0), (2, 1, 1, '/p/b.jpg', 'b.jpg', 4, 3, NULL, NULL, 0);
        INSERT INTO labels (id, position, name, prompt_words, colour, threshold, deleted, merged_into)
            VALUES (1, 0, 'Katze', 'a cat', 255, 0.5, 0, NULL), (2, 1, 'kitty', NULL, NULL, NULL, 1, 1),
                   (3, 2, 'dog', NULL, NULL, NULL, 0, NULL);
        INSERT INTO source_values VALUES (1, 1, 1), (2, 2, 1);
        INSERT INTO edited_values VALUES (2, 1, 1, 'human');
        INSERT INTO edit_groups VALUES (1, 1700000001, 'rename the label “cat” to “Katze”', 'applied'),
            (2, 1700000002, 'merge the label “kitty” into “Katze”', 'applied'), (3, 1700000003, 'rename', 'undone');
        INSERT INTO value_edits (edit_group, picture, label, new_value, new_origin) VALUES (2, 2, 1, 1, 'human');
        INSERT INTO label_edits (edit_group, label, old_state, new_state) VALUES
            (1, 1, '{"name":"cat","prompt_words":"a cat","colour":255,"deleted":false,"merged_into":null}',
                   '{"name":"Katze","prompt_words":"a cat","colour":255,"deleted":false,"merged_into":null}'),
            (2, 2, '{"name":"kitty","prompt_words":null,"colour":null,"deleted":false,"merged_into":null}',
                   '{"name":"kitty","prompt_words":null,"colour":null,"deleted":true,"merged_into":1}'),
            (3, 3, '{"name":"dog","prompt_words":null,"colour":null,"deleted":false,"merged_into":null}',
                   '{"name":"Hund","prompt_words":null,"colour":null,"deleted":false,"merged_into":null}');
        INSERT INTO boxes VALUES (1, 2, 2, 0, 0, 1, 1);
        INSERT INTO settings VALUES ('model', 'm');
        INSERT INTO runs VALUES (1, 'run-1', 1, 'done', 1700000000, '{"of_pair":false}', NULL, NULL),
            (2, 'run-2', 2, 'done', 1700000000, '{"of_pair":true}', 'run-1', NULL), (3, 'run-3', 1, 'done', 1700000000, '{}', NULL, NULL),
            (4, 'run-4', 2, 'done', 1700000000, '{"of_pair":false}', 'run-1', NULL);
        "#,
    )
    .unwrap();
}

#[test]
fn the_first_format_is_brought_up_to_date_after_a_backup() {
    let fixture = Fixture::new();
    first_format(&fixture.place);
    let error = Project::open_read_only(&fixture.place).unwrap_err();
    assert!(matches!(error, ProjectError::Older { found: 1, .. }), "{error}");
    assert!(matches!(
        Project::open_shared(&fixture.place),
        Err(ProjectError::Older { .. })
    ));

    let mut project = fixture.open();
    let backup = fixture
        .place
        .join("backup")
        .read_dir()
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let copy = Connection::open(backup).unwrap();
    assert_eq!(schema::version(&copy).unwrap(), 1);
    let kept: i64 = copy
        .query_row("SELECT count(*) FROM labels", [], |row| row.get(0))
        .unwrap();
    assert_eq!(kept, 3);

    assert_eq!(
        (names(&project), truth(&project)),
        (vec!["Katze".into(), "dog".into()], vec![1, 0, 1, 0])
    );
    let label = project.label(1).unwrap();
    assert_eq!(
        (
            label.prompt_words.as_deref(),
            label.colour,
            label.threshold,
            label.description,
            label.novel
        ),
        (Some("a cat"), Some([0, 0, 255]), Some(0.5), None, false)
    );
    assert_eq!(project.boxes(2).unwrap()[0].label, 1);
    let trainings: Vec<usize> = project.runs().unwrap().iter().map(|run| run.training).collect();
    assert_eq!(trainings, [1, 1, 2, 3], "both stages of one training are one");
    assert_eq!(project.import_reports().unwrap()[0].images, 2);
    assert_eq!(project.setting("model").unwrap().as_deref(), Some("m"));

    // Old steps can still be done again and taken back, in both directions around new ones.
    project.redo().unwrap().unwrap();
    assert_eq!(names(&project), ["Katze", "Hund"]);
    project.move_label(1, 1).unwrap();
    project.set_description(3, Some("wau")).unwrap();
    for _ in 0..5 {
        project.undo().unwrap().unwrap();
    }
    assert_eq!(names(&project), ["cat", "kitty", "dog"]);
    assert_eq!(truth(&project), [1, 0, 0, 0, 1, 0]);
    assert_eq!(project.undo().unwrap(), None);
    while project.redo().unwrap().is_some() {}
    assert_eq!(names(&project), ["Hund", "Katze"]);
    assert_eq!(project.label(3).unwrap().description.as_deref(), Some("wau"));
    drop(project);
    assert_eq!(
        names(&Project::open_read_only(&fixture.place).unwrap()),
        ["Hund", "Katze"]
    );
}

#[test]
fn a_source_is_known_again_after_the_change_of_format() {
    let fixture = Fixture::new();
    first_format(&fixture.place);
    let mut project = fixture.open();
    project.set_label(&[1], 3, Truth::Positive).unwrap();
    let again = vec![picture("/p/a.jpg".into(), &[0]), picture("/p/b.jpg".into(), &[1])];
    let data = dataset(&["cat", "kitty", "dog"], again, Absent::Negative);
    let diff = project
        .plan_import(&data, &mut |_, _| std::ops::ControlFlow::Continue(()))
        .unwrap();
    assert_eq!(
        (diff.new_labels, diff.conflicts.len()),
        (Vec::new(), 1),
        "renamed and merged labels are known"
    );
    project.import(&data, &ImportReport::default()).unwrap();
    assert_eq!(
        (names(&project), truth(&project)),
        (vec!["Katze".into(), "dog".into()], vec![1, 1, 1, 0])
    );
}
