//! The tables, and how an older database becomes a newer one.

use rusqlite::{Connection, TransactionBehavior};

/// Marks the file as a project's database (`PRAGMA application_id`): "PtLt".
pub const APPLICATION_ID: i32 = 0x5074_4C74;

/// Step `i` brings a database from format `i` to `i + 1`. Released steps never change; a new format appends one.
pub const MIGRATIONS: &[&str] = &[VERSION_1, VERSION_2, VERSION_3];

/// The format that this program writes (`PRAGMA user_version`).
pub const VERSION: u32 = MIGRATIONS.len() as u32;

/// Values are 1 (positive), 0 (negative), -1 (unknown). Paths are TEXT where they are Unicode, else BLOB.
/// Labels are never removed from their table, so that undo and old predictions keep what they refer to.
pub const VERSION_1: &str = "
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE imports (
    id INTEGER PRIMARY KEY,
    created INTEGER NOT NULL,           -- Unix seconds
    folder BLOB NOT NULL,               -- the project's folder then: tells whether it was moved since
    report TEXT NOT NULL                -- JSON
);

CREATE TABLE pictures (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    position INTEGER NOT NULL,          -- data order
    import INTEGER NOT NULL REFERENCES imports(id),
    path BLOB NOT NULL,                 -- absolute
    relative BLOB,                      -- from the project's folder, where they share a parent
    name TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    split TEXT CHECK (split IN ('train', 'val', 'test')),
    source_split TEXT CHECK (source_split IN ('train', 'val', 'test')),
    absent INTEGER NOT NULL CHECK (absent IN (0, -1)),  -- value of a label that nobody mentions
    hash TEXT, hash_size INTEGER, hash_modified INTEGER, -- SHA-256; bytes and Unix nanoseconds that it was made for
    UNIQUE (path, name)
);
CREATE INDEX pictures_in_order ON pictures (position);

CREATE TABLE labels (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    prompt_words TEXT,
    colour INTEGER,                     -- 0xRRGGBB
    threshold REAL,
    deleted INTEGER NOT NULL DEFAULT 0,
    merged_into INTEGER REFERENCES labels(id)
);
CREATE UNIQUE INDEX live_label_names ON labels (name) WHERE deleted = 0;

CREATE TABLE source_values (
    picture INTEGER NOT NULL REFERENCES pictures(id),
    label INTEGER NOT NULL REFERENCES labels(id),
    value INTEGER NOT NULL CHECK (value IN (1, 0, -1)),
    PRIMARY KEY (picture, label)
) WITHOUT ROWID;
CREATE INDEX source_values_of_label ON source_values (label, value);

CREATE TABLE edited_values (            -- what the applied edits amount to
    picture INTEGER NOT NULL REFERENCES pictures(id),
    label INTEGER NOT NULL REFERENCES labels(id),
    value INTEGER NOT NULL CHECK (value IN (1, 0, -1)),
    origin TEXT NOT NULL CHECK (origin IN ('human', 'machine')),
    PRIMARY KEY (picture, label)
) WITHOUT ROWID;
CREATE INDEX edited_values_of_label ON edited_values (label, value);

CREATE VIEW truth AS
    SELECT picture, label, value FROM edited_values WHERE origin = 'human'
    UNION ALL
    SELECT s.picture, s.label, s.value FROM source_values s WHERE NOT EXISTS (
        SELECT 1 FROM edited_values e WHERE e.picture = s.picture AND e.label = s.label AND e.origin = 'human');

CREATE TABLE edit_groups (              -- one undo step each; rows are never removed
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created INTEGER NOT NULL,
    description TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('applied', 'undone', 'superseded'))
);
CREATE INDEX edit_groups_by_state ON edit_groups (state, id);

CREATE TABLE value_edits (
    id INTEGER PRIMARY KEY,
    edit_group INTEGER NOT NULL REFERENCES edit_groups(id),
    picture INTEGER NOT NULL REFERENCES pictures(id),
    label INTEGER NOT NULL REFERENCES labels(id),
    old_value INTEGER, old_origin TEXT, -- null: no edit before
    new_value INTEGER NOT NULL, new_origin TEXT NOT NULL
);
CREATE INDEX value_edits_of_group ON value_edits (edit_group);

CREATE TABLE label_edits (
    id INTEGER PRIMARY KEY,
    edit_group INTEGER NOT NULL REFERENCES edit_groups(id),
    label INTEGER NOT NULL REFERENCES labels(id),
    old_state TEXT NOT NULL, new_state TEXT NOT NULL     -- JSON
);
CREATE INDEX label_edits_of_group ON label_edits (edit_group);

CREATE TABLE boxes (
    id INTEGER PRIMARY KEY,
    picture INTEGER NOT NULL REFERENCES pictures(id),
    label INTEGER NOT NULL REFERENCES labels(id),
    x REAL NOT NULL, y REAL NOT NULL, width REAL NOT NULL, height REAL NOT NULL
);
CREATE INDEX boxes_of_picture ON boxes (picture);

CREATE TABLE runs (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    stage INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'stopped', 'done', 'failed')),
    created INTEGER NOT NULL,
    config TEXT NOT NULL,               -- JSON
    parent TEXT,
    error TEXT
);

CREATE TABLE prediction_sets (id INTEGER PRIMARY KEY, run TEXT NOT NULL UNIQUE);
CREATE TABLE predictions (
    prediction_set INTEGER NOT NULL REFERENCES prediction_sets(id),
    picture INTEGER NOT NULL REFERENCES pictures(id),
    label INTEGER NOT NULL REFERENCES labels(id),
    score REAL NOT NULL,
    probability REAL NOT NULL,
    PRIMARY KEY (prediction_set, label, picture)
) WITHOUT ROWID;
CREATE INDEX predictions_of_picture ON predictions (picture, prediction_set);
";

/// Labels of one's own, the content check, splits with a memory.
const VERSION_2: &str = "
ALTER TABLE labels ADD COLUMN description TEXT;
ALTER TABLE labels ADD COLUMN novel INTEGER NOT NULL DEFAULT 0;  -- held back in training, to be learned later
ALTER TABLE labels ADD COLUMN split_from INTEGER REFERENCES labels(id);
ALTER TABLE labels ADD COLUMN source_name TEXT;     -- as a source calls it: known again after it was renamed here
UPDATE labels SET source_name = coalesce(
    (SELECT json_extract(e.old_state, '$.name') FROM label_edits e WHERE e.label = labels.id ORDER BY e.id LIMIT 1),
    name);

CREATE TABLE split_edits (              -- splits that an undo step changed
    id INTEGER PRIMARY KEY,
    edit_group INTEGER NOT NULL REFERENCES edit_groups(id),
    old_splits BLOB NOT NULL, new_splits BLOB NOT NULL
);
CREATE INDEX split_edits_of_group ON split_edits (edit_group);

CREATE TABLE split_history (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created INTEGER NOT NULL,
    command TEXT NOT NULL,              -- makes it again
    scheme TEXT NOT NULL,               -- JSON
    seed INTEGER,
    counts TEXT NOT NULL,               -- JSON
    splits BLOB NOT NULL                -- of every picture there was
);

CREATE TABLE picture_checks (
    picture INTEGER PRIMARY KEY REFERENCES pictures(id),
    method INTEGER NOT NULL,            -- how the perceptual hash was made
    size INTEGER, modified INTEGER,     -- of the file that was checked, as in pictures; null: there was none
    sha256 TEXT, looks BLOB,
    width INTEGER NOT NULL, height INTEGER NOT NULL,
    problem TEXT
);
";

/// Trainings have names, and go by an undo step.
const VERSION_3: &str = "
ALTER TABLE runs ADD COLUMN training INTEGER NOT NULL DEFAULT 0;    -- both stages of one training share its number
ALTER TABLE runs ADD COLUMN name TEXT;                              -- as a person calls it
ALTER TABLE runs ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;     -- its files stay, so that undo can bring it back
UPDATE runs SET training = (SELECT count(*) FROM runs r
    WHERE r.position <= runs.position AND coalesce(json_extract(r.config, '$.of_pair'), 0) = 0);
UPDATE runs SET training = (SELECT p.training FROM runs p WHERE p.id = runs.parent)
    WHERE json_extract(config, '$.of_pair') AND parent IN (SELECT id FROM runs);

CREATE TABLE run_edits (                -- names and deletions that an undo step changed
    id INTEGER PRIMARY KEY,
    edit_group INTEGER NOT NULL REFERENCES edit_groups(id),
    run TEXT NOT NULL,
    old_name TEXT, old_deleted INTEGER NOT NULL,
    new_name TEXT, new_deleted INTEGER NOT NULL
);
CREATE INDEX run_edits_of_group ON run_edits (edit_group);
";

/// The format of a database; 0 for an empty one.
pub fn version(db: &Connection) -> rusqlite::Result<u32> {
    db.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Brings a database to the newest of `migrations`, each step whole or not at all.
pub fn migrate(db: &mut Connection, migrations: &[&str]) -> rusqlite::Result<()> {
    let start = version(db)? as usize;
    for (done, step) in migrations.iter().enumerate().skip(start) {
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(step)?;
        // Both are part of the transaction: a kill leaves the old format with the old number.
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", done as u32 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: &str = "ALTER TABLE settings ADD COLUMN note TEXT; UPDATE settings SET note = 'kept ' || value;";

    #[test]
    fn a_later_step_keeps_the_data_and_runs_once() {
        let mut db = Connection::open_in_memory().unwrap();
        migrate(&mut db, MIGRATIONS).unwrap();
        assert_eq!(version(&db).unwrap(), VERSION);
        db.execute("INSERT INTO settings VALUES ('a', 'b')", []).unwrap();
        let steps = [MIGRATIONS, &[SECOND]].concat();
        migrate(&mut db, &steps).unwrap();
        migrate(&mut db, &steps).unwrap();
        assert_eq!(version(&db).unwrap(), VERSION + 1);
        let note: String = db.query_row("SELECT note FROM settings", [], |r| r.get(0)).unwrap();
        assert_eq!(note, "kept b");
    }

    #[test]
    fn a_failing_step_leaves_the_old_format() {
        let mut db = Connection::open_in_memory().unwrap();
        migrate(&mut db, MIGRATIONS).unwrap();
        let steps = [MIGRATIONS, &["CREATE TABLE half (a); INSERT INTO nowhere VALUES (1);"]].concat();
        assert!(migrate(&mut db, &steps).is_err());
        assert_eq!(version(&db).unwrap(), VERSION);
        let half: i64 = db
            .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'half'", [], |r| {
                r.get(0)
            })
            .unwrap();
        assert_eq!(half, 0);
    }
}
