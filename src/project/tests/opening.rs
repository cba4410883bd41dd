//! Making, opening, locking, damage.

use super::*;
use std::fs;

#[test]
fn a_project_is_made_once() {
    let fixture = Fixture::new();
    let mut project = fixture.create();
    project.set_setting("model", "a").unwrap();
    project.set_setting("model", "b'\"\n").unwrap();
    assert_eq!(project.setting("model").unwrap().as_deref(), Some("b'\"\n"));
    assert_eq!(project.setting("other").unwrap(), None);
    assert!(project.features_folder().is_dir() && project.run_folder("x").parent().unwrap().is_dir());
    drop(project);
    let error = Project::create(&fixture.place).unwrap_err();
    assert!(matches!(error, ProjectError::AlreadyProject { .. }) && error.to_string().contains("already exists"));
    assert_eq!(fixture.open().setting("model").unwrap().as_deref(), Some("b'\"\n"));
}

#[test]
fn a_taken_place_is_left_alone() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("mine.txt"), b"x").unwrap();
    for place in [
        root.path().to_path_buf(),
        root.path().join("mine.txt"),
        root.path().join("mine.txt/below"),
    ] {
        let error = Project::create(&place).unwrap_err();
        assert!(error.to_string().contains("already exists"), "{error}");
    }
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    let empty = root.path().join("empty");
    fs::create_dir(&empty).unwrap();
    Project::create(&empty).unwrap();
    Project::create(&root.path().join("new/parents/p.patchlight")).unwrap();
}

#[test]
fn a_failure_leaves_nothing_behind() {
    let root = tempfile::tempdir().unwrap();
    let too_long = root.path().join("parent").join("x".repeat(400));
    assert!(Project::create(&too_long).is_err());
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
}

#[test]
#[cfg(unix)]
fn a_place_without_permission_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let root = tempfile::tempdir().unwrap();
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o500)).unwrap();
    if fs::create_dir(root.path().join("probe")).is_ok() {
        return; // The superuser may write anywhere.
    }
    let error = Project::create(&root.path().join("a/p.patchlight")).unwrap_err();
    assert!(matches!(error, ProjectError::Permission { .. }), "{error}");
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
}

#[test]
#[cfg(unix)]
fn a_project_that_cannot_be_written_can_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let fixture = Fixture::new();
    fixture.create().set_setting("a", "b").unwrap();
    let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    for entry in fs::read_dir(&fixture.place)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.is_file())
    {
        set(&entry, 0o400);
    }
    set(&fixture.place, 0o500);
    if fs::write(fixture.place.join("probe"), b"").is_err() {
        assert!(matches!(
            Project::open(&fixture.place),
            Err(ProjectError::Permission { .. })
        ));
        let project = Project::open_read_only(&fixture.place).unwrap();
        assert_eq!(project.setting("a").unwrap().as_deref(), Some("b"));
    }
    set(&fixture.place, 0o700);
}

#[test]
fn what_is_no_project_is_told_apart() {
    let root = tempfile::tempdir().unwrap();
    for open in [Project::open, Project::open_read_only] {
        assert!(matches!(
            open(&root.path().join("none")),
            Err(ProjectError::NotFound { .. })
        ));
        assert!(matches!(open(root.path()), Err(ProjectError::NotAProject { .. })));
    }
    assert_eq!(
        fs::read_dir(root.path()).unwrap().count(),
        0,
        "nothing is made by looking"
    );
    tamper(root.path(), "CREATE TABLE somebody_elses (a); PRAGMA user_version = 3;");
    assert!(matches!(
        Project::open(root.path()),
        Err(ProjectError::NotAProject { .. })
    ));
}

#[test]
fn one_writes_and_others_read() {
    let fixture = Fixture::new();
    let mut writer = fixture.animals();
    assert!(matches!(
        Project::open(&fixture.place),
        Err(ProjectError::Locked { .. })
    ));
    assert!(matches!(
        Project::restore_backup(&fixture.place),
        Err(ProjectError::Locked { .. })
    ));
    let mut reader = Project::open_read_only(&fixture.place).unwrap();
    writer.set_setting("a", "b").unwrap();
    assert_eq!(
        reader.setting("a").unwrap().as_deref(),
        Some("b"),
        "readers see what was just saved"
    );
    let error = reader.set_setting("a", "c").unwrap_err();
    assert!(matches!(error, ProjectError::ReadOnly { .. }));
    assert!(writer.is_writable() && !reader.is_writable());
    drop(writer);
    fixture.open();
}

#[test]
fn a_killed_writer_leaves_every_edit_and_no_lock() {
    let fixture = Fixture::new();
    let mut project = fixture.animals();
    project.set_setting("a", "b").unwrap();
    // What a kill leaves on the disk: the database and its log as they are now, not merged.
    let killed = fixture.root.path().join("killed.patchlight");
    fs::create_dir(&killed).unwrap();
    for name in ["project.db", "project.db-wal", "lock"] {
        if fixture.place.join(name).exists() {
            fs::copy(fixture.place.join(name), killed.join(name)).unwrap();
        }
    }
    let reopened = Project::open(&killed).unwrap();
    assert_eq!(reopened.setting("a").unwrap().as_deref(), Some("b"));
    assert_eq!(truth(&reopened), truth(&project));
}

#[test]
fn a_newer_format_is_refused_and_not_touched() {
    let fixture = Fixture::new();
    drop(fixture.create());
    tamper(&fixture.place, "PRAGMA user_version = 99;");
    for open in [Project::open, Project::open_read_only] {
        let error = open(&fixture.place).unwrap_err();
        assert!(
            matches!(error, ProjectError::Newer { found: 99, .. }) && error.to_string().contains("99"),
            "{error}"
        );
    }
    let db = rusqlite::Connection::open(fixture.place.join("project.db")).unwrap();
    assert_eq!(
        db.pragma_query_value(None, "user_version", |r| r.get::<_, u32>(0))
            .unwrap(),
        99
    );
}

/// Overwrites a part of every page but the first: the tables are gone, the header is not.
fn damage(database: &Path) {
    let mut bytes = fs::read(database).unwrap();
    bytes.iter_mut().skip(4096).for_each(|b| *b = 0x5A);
    fs::write(database, bytes).unwrap();
}

#[test]
fn a_damaged_database_is_named_and_restored() {
    let fixture = Fixture::new();
    drop(fixture.animals());
    let database = fixture.place.join("project.db");
    let sound = fs::read(&database).unwrap();
    damage(&database);
    let error = Project::open(&fixture.place).unwrap_err();
    assert!(
        matches!(&error, ProjectError::Corrupt { path, backup: None, .. } if *path == database),
        "{error}"
    );
    assert!(matches!(
        Project::restore_backup(&fixture.place),
        Err(ProjectError::NoBackup { .. })
    ));
    fs::write(&database, sound).unwrap();

    drop(fixture.open());
    let ruin = |path: &Path, how: &str| match how {
        "tables" => damage(path),
        "header" => fs::write(path, b"<!DOCTYPE html> this is no database, whatever its name says").unwrap(),
        _ => fs::write(path, b"").unwrap(),
    };
    for how in ["tables", "header", "empty"] {
        ruin(&database, how);
        for open in [Project::open, Project::open_read_only] {
            let error = open(&fixture.place).unwrap_err();
            let ProjectError::Corrupt {
                backup: Some(backup), ..
            } = &error
            else {
                panic!("{how}: {error:?}")
            };
            assert!(backup.starts_with(fixture.place.join("backup")) && error.hint().contains("Restore"));
        }
        let damaged = fs::read(&database).unwrap();
        Project::restore_backup(&fixture.place).unwrap();
        let project = fixture.open();
        assert_eq!(truth(&project), [1, 0, 0, 1, 0, 0]);
        let kept = fs::read_dir(&fixture.place)
            .unwrap()
            .map(|e| e.unwrap().path())
            .any(|path| {
                path.file_name().unwrap().to_string_lossy().starts_with("damaged-")
                    && fs::read(path).unwrap() == damaged
            });
        assert!(kept, "{how}: the damaged file is kept");
    }
}

#[test]
fn a_damaged_backup_is_passed_over() {
    let fixture = Fixture::new();
    drop(fixture.animals());
    drop(fixture.open());
    fs::write(fixture.place.join("backup/project-9999999999.db"), b"torn").unwrap();
    damage(&fixture.place.join("project.db"));
    let used = Project::restore_backup(&fixture.place).unwrap();
    assert!(!used.ends_with("project-9999999999.db"));
    assert_eq!(ids(&fixture.open()).len(), 3);
}
