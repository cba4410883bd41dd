//! Databases that somebody else made, or added to.

use super::*;
use std::fs;

/// What a stranger may put into a database that otherwise is a project of ours.
const ADDED: [(&str, &str); 6] = [
    (
        "gone",
        "CREATE TRIGGER gone AFTER INSERT ON settings BEGIN DELETE FROM labels; END;",
    ),
    ("seen", "CREATE VIEW seen AS SELECT load_extension('/tmp/x.so');"),
    ("words", "CREATE VIRTUAL TABLE words USING fts5(word);"),
    ("more", "CREATE TABLE more (a);"),
    ("quick", "CREATE INDEX quick ON labels (hex(name));"),
    // The view that reads go through, as another one.
    (
        "truth",
        "DROP VIEW truth; CREATE VIEW truth AS SELECT picture, label, 1 - value AS value FROM source_values;",
    ),
];

#[test]
fn a_database_that_was_added_to_is_refused_and_not_touched() {
    for (name, sql) in ADDED {
        let fixture = Fixture::new();
        drop(fixture.animals());
        tamper(&fixture.place, sql);
        let database = fixture.place.join("project.db");
        let before = fs::read(&database).unwrap();
        for open in [Project::open, Project::open_read_only, Project::open_shared] {
            let error = open(&fixture.place).unwrap_err();
            assert!(matches!(error, ProjectError::Foreign { .. }), "{name}: {error}");
            assert!(error.to_string().contains(name), "{error}");
            assert!(error.hint().contains("Nothing in it was run"), "{}", error.hint());
        }
        assert_eq!(fs::read(&database).unwrap(), before, "{name}: nothing was written");
    }
}

#[test]
fn a_database_without_one_of_our_tables_is_refused() {
    let fixture = Fixture::new();
    drop(fixture.animals());
    tamper(&fixture.place, "DROP TABLE picture_checks;");
    let error = Project::open(&fixture.place).unwrap_err();
    assert!(
        error.to_string().contains("lacks the table “picture_checks”"),
        "{error}"
    );
}

#[test]
fn a_database_of_another_program_is_no_project() {
    for id in [0, 0x4750_4B47] {
        let fixture = Fixture::new();
        drop(fixture.animals());
        tamper(&fixture.place, &format!("PRAGMA application_id = {id};"));
        for open in [Project::open, Project::open_read_only] {
            let error = open(&fixture.place).unwrap_err();
            assert!(matches!(error, ProjectError::NotAProject { .. }), "{id}: {error}");
        }
    }
}

/// The second line: even if a trigger got into an open database, it would not fire.
#[test]
fn no_trigger_fires_and_no_statement_writes_the_schema() {
    let fixture = Fixture::new();
    let mut project = fixture.animals();
    let gone = "CREATE TRIGGER gone AFTER INSERT ON settings BEGIN DELETE FROM boxes; DELETE FROM source_values; END;";
    project.db.execute_batch(gone).unwrap();
    let before = truth(&project);
    project.set_setting("a", "b").unwrap();
    assert_eq!(truth(&project), before);
    let schema = "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = '' WHERE name = 'labels';";
    assert!(project.db.execute_batch(schema).is_err());
    let trusted: i64 = project
        .db
        .query_row("PRAGMA trusted_schema", [], |row| row.get(0))
        .unwrap();
    let checked: i64 = project
        .db
        .query_row("PRAGMA cell_size_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!((trusted, checked), (0, 1));
}
