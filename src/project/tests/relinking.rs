//! Pictures that were moved.

use super::*;
use crate::project::{FoundBy, RelinkPlan, Sameness};
use crate::support::hash;
use std::fs;
use std::ops::ControlFlow;

/// A real picture file, so that its size can be read; `shade` makes its content.
fn write(path: &Path, size: (u32, u32), shade: u8) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    image::RgbImage::from_pixel(size.0, size.1, image::Rgb([shade; 3]))
        .save(path)
        .unwrap();
}

fn project_of(fixture: &Fixture, names: &[&str]) -> Project {
    let pictures = names.iter().map(|name| {
        write(&fixture.path(name), (4, 3), name.bytes().fold(0, u8::wrapping_add));
        Picture {
            name: (*name).to_owned(),
            ..picture(fixture.path(name), &[0])
        }
    });
    let data = dataset(&["x"], pictures.collect(), Absent::Negative);
    let mut project = fixture.create();
    project.import(&data, &ImportReport::default()).unwrap();
    project
}

fn plan(project: &Project, old: Option<&Path>, new: &Path) -> RelinkPlan {
    project
        .plan_relink(old, new, &mut |_, _| ControlFlow::Continue(()))
        .unwrap()
}

#[test]
fn a_moved_folder_is_found_as_it_was() {
    let fixture = Fixture::new();
    let mut project = project_of(&fixture, &["a/1.png", "b/1.png", "b/2.png"]);
    let pictures = ids(&project);
    project.content_hash(pictures[0]).unwrap();
    assert_eq!(project.missing_pictures().unwrap(), []);
    let (old, new) = (fixture.path(""), fixture.root.path().join("elsewhere"));
    fs::rename(&old, &new).unwrap();
    let missing: Vec<i64> = project.missing_pictures().unwrap().iter().map(|row| row.id).collect();
    assert_eq!(missing, pictures);
    for root in [Some(old.as_path()), None] {
        let plan = plan(&project, root, &new);
        let found: Vec<_> = plan
            .found
            .iter()
            .map(|f| (f.picture, f.to.clone(), f.how, f.content, f.take))
            .collect();
        let how = if root.is_some() {
            FoundBy::Relative
        } else {
            FoundBy::Path
        };
        let expect = |i: usize, name: &str, content| (pictures[i], new.join(name), how, content, true);
        assert_eq!(
            found,
            [
                expect(0, "a/1.png", Sameness::Same),
                expect(1, "b/1.png", Sameness::Alike),
                expect(2, "b/2.png", Sameness::Alike)
            ]
        );
        assert!(plan.ambiguous.is_empty() && plan.lost.is_empty());
    }
    let found = plan(&project, Some(&old), &new);
    let before = (truth(&project), project.content_hash(pictures[0]).unwrap());
    assert_eq!(project.relink(&found).unwrap(), 3);
    drop(project);
    let project = fixture.open();
    assert_eq!(project.missing_pictures().unwrap(), []);
    assert_eq!(project.picture(pictures[1]).unwrap().path, new.join("b/1.png"));
    assert_eq!((truth(&project), project.content_hash(pictures[0]).unwrap()), before);
    // The way from the project is known as well.
    drop(project);
    let all = fixture.root.path().join("all");
    fs::create_dir(&all).unwrap();
    fs::rename(&fixture.place, all.join("p.patchlight")).unwrap();
    fs::rename(&new, all.join("elsewhere")).unwrap();
    let project = Project::open(&all.join("p.patchlight")).unwrap();
    assert_eq!(project.missing_pictures().unwrap(), []);
}

#[test]
fn other_content_is_flagged_and_doubts_are_listed() {
    let fixture = Fixture::new();
    let mut project = project_of(
        &fixture,
        &[
            "same.png",
            "changed.png",
            "renamed.png",
            "twice.png",
            "lost.png",
            "large.png",
        ],
    );
    let pictures = ids(&project);
    for id in &pictures[..3] {
        project.content_hash(*id).unwrap();
    }
    let (old, new) = (fixture.path(""), fixture.root.path().join("new"));
    fs::create_dir_all(new.join("deep")).unwrap();
    fs::rename(old.join("same.png"), new.join("deep/same.png")).unwrap();
    write(&new.join("changed.png"), (4, 3), 99);
    fs::rename(old.join("renamed.png"), new.join("anything.png")).unwrap();
    for folder in ["one", "two"] {
        write(&new.join(folder).join("twice.png"), (4, 3), 1);
    }
    write(&new.join("large.png"), (40, 30), 1);
    fs::remove_dir_all(&old).unwrap();
    let mut found = plan(&project, Some(&old), &new);
    let seen: Vec<_> = found
        .found
        .iter()
        .map(|f| (f.picture, f.how, f.content, f.take))
        .collect();
    assert_eq!(
        seen,
        [
            (pictures[0], FoundBy::Name, Sameness::Same, true),
            (pictures[1], FoundBy::Relative, Sameness::Other, false),
            (pictures[2], FoundBy::Content, Sameness::Same, true),
            (pictures[5], FoundBy::Relative, Sameness::Other, false),
        ]
    );
    assert_eq!(found.ambiguous.len(), 1);
    assert_eq!(
        (found.ambiguous[0].picture, found.ambiguous[0].candidates.len()),
        (pictures[3], 2)
    );
    assert_eq!(
        found.lost.iter().map(|l| l.name.as_str()).collect::<Vec<_>>(),
        ["lost.png"]
    );
    let text = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<RelinkPlan>(&text).unwrap(), found);

    assert_eq!(project.relink(&found).unwrap(), 2);
    assert_eq!(project.missing_pictures().unwrap().len(), 4);
    // Chosen by a person: the content is then that of the new file.
    found.found[1].take = true;
    project.relink(&found).unwrap();
    let bytes = fs::read(new.join("changed.png")).unwrap();
    assert_eq!(project.content_hash(pictures[1]).unwrap(), hash::of_bytes(&bytes));
    fs::remove_file(new.join("changed.png")).unwrap();
    let error = project.relink(&found).unwrap_err();
    assert!(matches!(error, ProjectError::Picture { .. }), "{error}");
}

#[test]
fn a_file_is_not_given_to_two_pictures() {
    let fixture = Fixture::new();
    let project = project_of(&fixture, &["a/1.png", "b/1.png", "stays.png"]);
    let new = fixture.root.path().join("new");
    write(&new.join("1.png"), (4, 3), 1);
    for gone in ["a", "b"] {
        fs::remove_dir_all(fixture.path(gone)).unwrap();
    }
    let found = plan(&project, None, &new);
    assert_eq!((found.found.len(), found.ambiguous.len()), (0, 2));
    // What another picture of the project is cannot be found for a missing one.
    fs::rename(fixture.path("stays.png"), fixture.path("1.png")).unwrap();
    let other = plan(&project, Some(&fixture.path("stays.png")), &fixture.path(""));
    assert_eq!((other.found.len(), other.lost.len()), (0, 1));
    let stopped = project.plan_relink(None, &new, &mut |_, _| ControlFlow::Break(()));
    assert!(matches!(stopped, Err(ProjectError::Cancelled)));
    assert!(
        project
            .plan_relink(None, &fixture.path("nowhere"), &mut |_, _| ControlFlow::Continue(()))
            .is_err()
    );
}

#[test]
#[cfg(unix)]
fn odd_names_survive_a_plan_as_json() {
    use std::os::unix::ffi::OsStrExt;
    let fixture = Fixture::new();
    let odd = |folder: &str| {
        fixture
            .root
            .path()
            .join(folder)
            .join(std::ffi::OsStr::from_bytes(b"caf\xe9.png"))
    };
    let data = dataset(&[], vec![picture(odd("old"), &[])], Absent::Negative);
    let mut project = fixture.create();
    project.import(&data, &ImportReport::default()).unwrap();
    fs::create_dir(fixture.root.path().join("new")).unwrap();
    image::RgbImage::new(4, 3)
        .write_to(&mut fs::File::create(odd("new")).unwrap(), image::ImageFormat::Png)
        .unwrap();
    let found = plan(&project, None, &fixture.root.path().join("new"));
    let text = serde_json::to_string(&found).unwrap();
    let again: RelinkPlan = serde_json::from_str(&text).unwrap();
    assert_eq!(again.found[0].to, odd("new"));
    project.relink(&again).unwrap();
    assert_eq!(project.pictures(None).unwrap()[0].path, odd("new"));
}
