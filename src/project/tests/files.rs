//! Pictures on the disk: their content and where they are.

use super::*;
use crate::support::hash;
use std::fs::{self, File};
use std::time::{Duration, SystemTime};

fn with_file(fixture: &Fixture, content: &[u8]) -> (Project, i64, PathBuf) {
    let path = fixture.path("a.jpg");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, content).unwrap();
    let project = fixture.animals();
    let id = ids(&project)[0];
    (project, id, path)
}

/// Other content of the same size and time: only who reads the file again can tell.
fn replace_unseen(path: &Path, content: &[u8]) {
    let time = fs::metadata(path).unwrap().modified().unwrap();
    fs::write(path, content).unwrap();
    File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_modified(time)
        .unwrap();
}

#[test]
fn a_file_is_read_once_until_it_changes() {
    let fixture = Fixture::new();
    let (project, id, path) = with_file(&fixture, b"one");
    assert_eq!(project.content_hash(id).unwrap(), hash::of_bytes(b"one"));
    replace_unseen(&path, b"two");
    assert_eq!(
        project.content_hash(id).unwrap(),
        hash::of_bytes(b"one"),
        "the kept hash was used"
    );
    drop(project);
    let project = fixture.open();
    assert_eq!(
        project.content_hash(id).unwrap(),
        hash::of_bytes(b"one"),
        "also by the next program"
    );
    let later = SystemTime::now() + Duration::from_secs(5);
    File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(later)
        .unwrap();
    assert_eq!(project.content_hash(id).unwrap(), hash::of_bytes(b"two"));
    fs::write(&path, b"three").unwrap();
    File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(later)
        .unwrap();
    assert_eq!(
        project.content_hash(id).unwrap(),
        hash::of_bytes(b"three"),
        "the size changed"
    );
}

#[test]
fn keeping_a_hash_leaves_edits_durable() {
    let fixture = Fixture::new();
    let (project, id, _) = with_file(&fixture, b"one");
    project.content_hash(id).unwrap();
    let level: i64 = project
        .db
        .pragma_query_value(None, "synchronous", |row| row.get(0))
        .unwrap();
    assert_eq!(level, 2, "FULL");
}

#[test]
fn a_reader_hashes_without_keeping() {
    let fixture = Fixture::new();
    let (project, id, path) = with_file(&fixture, b"one");
    drop(project);
    let reader = Project::open_read_only(&fixture.place).unwrap();
    assert_eq!(reader.content_hash(id).unwrap(), hash::of_bytes(b"one"));
    replace_unseen(&path, b"two");
    assert_eq!(reader.content_hash(id).unwrap(), hash::of_bytes(b"two"));
}

#[test]
fn a_file_that_is_gone_keeps_its_hash() {
    let fixture = Fixture::new();
    let (project, id, path) = with_file(&fixture, b"one");
    project.content_hash(id).unwrap();
    fs::remove_file(&path).unwrap();
    assert_eq!(project.content_hash(id).unwrap(), hash::of_bytes(b"one"));
    drop(project);
    let reader = Project::open_read_only(&fixture.place).unwrap();
    assert_eq!(reader.content_hash(id).unwrap(), hash::of_bytes(b"one"));
}

#[test]
fn what_never_was_a_readable_file_is_named() {
    let fixture = Fixture::new();
    let (project, id, path) = with_file(&fixture, b"one");
    let missing = project.content_hash(ids(&project)[1]).unwrap_err();
    assert!(missing.to_string().contains("b.jpg"), "{missing}");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let folder = project.content_hash(id).unwrap_err();
    assert!(matches!(folder, ProjectError::Picture { .. }), "{folder}");
    assert!(matches!(
        project.content_hash(999),
        Err(ProjectError::NoPicture { id: 999 })
    ));
}

#[test]
fn pictures_move_with_their_project() {
    let fixture = Fixture::new();
    let root = fixture.root.path();
    let (old, new) = (root.join("old"), root.join("elsewhere/new"));
    fs::create_dir_all(old.join("pictures")).unwrap();
    let path = old.join("pictures/a.jpg");
    fs::write(&path, b"one").unwrap();
    let mut project = Project::create(&old.join("p.patchlight")).unwrap();
    let data = dataset(&["x"], vec![picture(path.clone(), &[0])], Absent::Negative);
    project.import(&data, &ImportReport::default()).unwrap();
    drop(project);

    // The project alone: its pictures are still where they were.
    fs::rename(old.join("p.patchlight"), root.join("p.patchlight")).unwrap();
    let project = Project::open(&root.join("p.patchlight")).unwrap();
    assert_eq!(project.pictures(None).unwrap()[0].path, path);
    drop(project);
    fs::rename(root.join("p.patchlight"), old.join("p.patchlight")).unwrap();

    // Both.
    fs::create_dir(root.join("elsewhere")).unwrap();
    fs::rename(&old, &new).unwrap();
    let project = Project::open(&new.join("p.patchlight")).unwrap();
    let row = &project.pictures(None).unwrap()[0];
    assert_eq!(row.path, new.join("pictures/a.jpg"));
    assert_eq!(project.content_hash(row.id).unwrap(), hash::of_bytes(b"one"));

    // Neither is there: the imported place is what the user knows.
    fs::remove_file(new.join("pictures/a.jpg")).unwrap();
    assert_eq!(project.pictures(None).unwrap()[0].path, path);
}
