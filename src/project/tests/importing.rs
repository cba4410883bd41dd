//! A source that is imported again.

use super::*;
use crate::dataset::model::{BoxAnnotation, LabelDetails, Split, Truth};
use crate::project::diff::{PictureName, SplitChange, Suspect};
use crate::project::{Conflict, ImportDiff, PictureChange};
use std::fs;
use std::ops::ControlFlow;

fn plan(project: &Project, data: &Dataset) -> ImportDiff {
    project
        .plan_import(data, &mut |_, _| ControlFlow::Continue(()))
        .unwrap()
}

fn import(project: &mut Project, data: &Dataset) {
    project.import(data, &ImportReport::default()).unwrap();
}

/// Three pictures with files, as `Fixture::animals`, with splits and a box.
fn source(fixture: &Fixture) -> Dataset {
    let mut pictures: Vec<Picture> = [("a.jpg", &[0][..]), ("b.jpg", &[1]), ("c.jpg", &[])]
        .iter()
        .map(|(name, positives)| file(fixture, name, positives))
        .collect();
    pictures[0].split = Some(Split::Train);
    pictures[0].boxes = vec![BoxAnnotation {
        label: 0,
        bounds: [0.0, 0.0, 1.0, 1.0],
    }];
    dataset(&["cat", "dog"], pictures, Absent::Negative)
}

/// A picture whose file is there; its content is its name.
fn file(fixture: &Fixture, name: &str, positives: &[usize]) -> Picture {
    let path = fixture.path(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, path.file_name().unwrap().as_encoded_bytes()).unwrap();
    picture(path, positives)
}

#[test]
fn the_same_source_again_changes_nothing() {
    let fixture = Fixture::new();
    let mut project = fixture.create();
    let data = source(&fixture);
    assert_eq!(plan(&project, &data).new, ["a.jpg", "b.jpg", "c.jpg"]);
    assert_eq!(plan(&project, &data).new_labels, ["cat", "dog"]);
    assert!(names(&project).is_empty(), "a plan changes nothing");
    import(&mut project, &data);
    let before = project.dataset(&Default::default()).unwrap();
    assert_eq!(
        plan(&project, &data),
        ImportDiff {
            unchanged: 3,
            ..ImportDiff::default()
        }
    );
    import(&mut project, &data);
    assert_eq!(
        (ids(&project).len(), project.dataset(&Default::default()).unwrap()),
        (3, before.clone())
    );
    assert_eq!(before, data);
    assert_eq!(project.imports().unwrap().len(), 2);
}

#[test]
fn what_a_source_changed_is_told_and_taken_over() {
    let fixture = Fixture::new();
    let mut project = fixture.create();
    let mut data = source(&fixture);
    import(&mut project, &data);
    let pictures = ids(&project);
    project.set_splits(&[(pictures[1], Some(Split::Val))]).unwrap();

    data.labels = vec!["dog".into(), "fox".into(), "cat".into()];
    data.pictures[0].positives = vec![0, 1];
    data.pictures[0].unknowns = vec![2];
    data.pictures[0].boxes[0].label = 0;
    data.pictures[0].split = Some(Split::Test);
    data.pictures[1].positives = vec![0];
    data.pictures[1].name = "second.jpg".to_owned();
    data.pictures[1].split = Some(Split::Train);
    data.pictures[1].width = 40;
    data.pictures.remove(2);
    data.pictures.push(file(&fixture, "d.jpg", &[1]));
    let diff = plan(&project, &data);
    let expected = [
        PictureChange {
            picture: pictures[0],
            name: "a.jpg".into(),
            came: vec!["fox".into(), "dog".into()],
            went: vec!["cat".into()],
            split: Some(SplitChange {
                from: Some(Split::Train),
                to: Some(Split::Test),
                kept: false,
            }),
            boxes: true,
            ..PictureChange::default()
        },
        PictureChange {
            picture: pictures[1],
            name: "b.jpg".into(),
            renamed: Some("second.jpg".into()),
            resized: true,
            split: Some(SplitChange {
                from: None,
                to: Some(Split::Train),
                kept: true,
            }),
            ..PictureChange::default()
        },
    ];
    let found: Vec<PictureChange> = diff
        .changed
        .iter()
        .map(|change| PictureChange {
            came: {
                let mut came = change.came.clone();
                came.sort_by_key(|name| std::cmp::Reverse(name.clone()));
                came
            },
            ..change.clone()
        })
        .collect();
    assert_eq!(found, expected);
    assert_eq!(
        (diff.new, diff.new_labels, diff.unchanged),
        (vec!["d.jpg".into()], vec!["fox".into()], 0)
    );
    assert_eq!(
        diff.gone,
        [PictureName {
            picture: pictures[2],
            name: "c.jpg".into()
        }]
    );
    import(&mut project, &data);
    assert_eq!(names(&project), ["cat", "dog", "fox"]);
    assert_eq!(
        truth(&project),
        [-1, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1],
        "what is gone from the source stays"
    );
    let rows = project.pictures(None).unwrap();
    assert_eq!(
        (rows[1].name.as_str(), rows[1].width, rows[1].split),
        ("second.jpg", 40, Some(Split::Val))
    );
    assert_eq!(
        (rows[0].split, rows[1].source_split),
        (Some(Split::Test), Some(Split::Train))
    );
    assert_eq!(project.boxes(pictures[0]).unwrap()[0].label, label_ids(&project)[1]);
    // Told once: what was gone is not of this source any more.
    assert_eq!(plan(&project, &data).gone, []);
}

#[test]
fn what_people_said_stays() {
    let fixture = Fixture::new();
    let mut project = fixture.create();
    let mut data = source(&fixture);
    import(&mut project, &data);
    let (pictures, labels) = (ids(&project), label_ids(&project));
    project.set_label(&pictures[..1], labels[0], Truth::Negative).unwrap();
    project.set_label(&pictures[1..2], labels[0], Truth::Unknown).unwrap();
    project.set_label(&pictures[2..], labels[1], Truth::Positive).unwrap();
    data.pictures[1].positives = vec![0, 1];
    data.pictures[2].positives = vec![1];
    let diff = plan(&project, &data);
    let conflict = |i: usize, human, before| Conflict {
        picture: pictures[i],
        name: data.pictures[i].name.clone(),
        label: "cat".into(),
        human,
        source: Truth::Positive,
        before,
    };
    assert_eq!(
        diff.conflicts,
        [
            conflict(0, Truth::Negative, Truth::Positive),
            conflict(1, Truth::Unknown, Truth::Negative)
        ]
    );
    assert_eq!(
        diff.changed.iter().map(|c| c.came.join(" ")).collect::<Vec<_>>(),
        ["cat", "dog"]
    );
    import(&mut project, &data);
    assert_eq!(truth(&project), [0, 0, -1, 1, 0, 1]);
    for _ in 0..3 {
        project.undo().unwrap().unwrap();
    }
    assert_eq!(
        truth(&project),
        [1, 0, 1, 1, 0, 1],
        "below the edits lies the source as it is now"
    );
}

#[test]
fn another_source_adds_its_labels_to_known_pictures() {
    let fixture = Fixture::new();
    let mut project = fixture.create();
    let data = source(&fixture);
    import(&mut project, &data);
    let mut other = dataset(
        &["night"],
        vec![data.pictures[0].clone(), data.pictures[2].clone()],
        Absent::Unknown,
    );
    other.pictures[0].positives = vec![0];
    other.pictures[0].boxes.clear();
    let diff = plan(&project, &other);
    assert_eq!(
        (diff.unlisted_labels, diff.new_labels),
        (vec!["cat".into()], vec!["night".into()])
    );
    assert_eq!(
        (diff.changed[0].came.clone(), diff.changed[0].boxes),
        (vec!["night".into()], false)
    );
    assert_eq!(diff.gone.len(), 1, "the first source may be meant, so it is told");
    import(&mut project, &other);
    assert_eq!(
        truth(&project),
        [1, 0, 1, 0, 1, 0, 0, 0, -1],
        "silence of one source says nothing of the other's labels"
    );
    assert_eq!(project.boxes(ids(&project)[0]).unwrap().len(), 1);
}

#[test]
fn labels_that_were_renamed_merged_or_deleted_are_known() {
    let fixture = Fixture::new();
    let mut project = fixture.create();
    let pictures = vec![
        file(&fixture, "a.jpg", &[0]),
        file(&fixture, "b.jpg", &[1]),
        file(&fixture, "c.jpg", &[2, 3]),
    ];
    let mut data = dataset(&["cat", "kitty", "dog", "junk"], pictures, Absent::Negative);
    import(&mut project, &data);
    let labels = label_ids(&project);
    project.merge_labels(labels[1], labels[0]).unwrap();
    project.rename_label(labels[0], "Katze").unwrap();
    project.delete_label(labels[3]).unwrap();
    project.add_label("undone", None).unwrap();
    project.undo().unwrap();
    data.labels.push("undone".into());
    let diff = plan(&project, &data);
    assert_eq!(
        (diff.unchanged, diff.new_labels.as_slice()),
        (2, &["junk".to_owned(), "undone".to_owned()][..])
    );
    assert_eq!(diff.deleted_labels, ["junk"]);
    data.pictures.push(file(&fixture, "d.jpg", &[1]));
    import(&mut project, &data);
    assert_eq!(names(&project), ["Katze", "dog", "junk", "undone"]);
    assert_eq!(truth(&project), [1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 0, 1, 0, 0, 0]);
}

#[test]
fn moved_files_are_known_by_content_or_name() {
    let fixture = Fixture::new();
    let mut project = fixture.create();
    let data = source(&fixture);
    import(&mut project, &data);
    let pictures = ids(&project);
    project.content_hash(pictures[0]).unwrap();
    project.content_hash(pictures[2]).unwrap();
    let moved = |from: usize, to: &str| {
        let path = fixture.path(to);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::rename(&data.pictures[from].path, &path).unwrap();
        picture(path, &data.pictures[from].positives)
    };
    // By content under another name; by name, as its content is not known; the same name with another content; a copy.
    let mut again = vec![moved(0, "new/other.jpg"), moved(1, "new/b.jpg"), moved(2, "new/c.jpg")];
    fs::write(&again[2].path, "C.jpg").unwrap();
    again.push(file(&fixture, "copies/other.jpg", &[]));
    fs::write(&again[3].path, "a.jpg").unwrap();
    again[3].name = "copy.jpg".to_owned();
    let again = dataset(&["cat", "dog"], again, Absent::Negative);
    let diff = plan(&project, &again);
    assert_eq!(diff.new, ["c.jpg", "copy.jpg"]);
    assert_eq!(
        diff.suspects,
        [Suspect {
            name: "c.jpg".into(),
            picture: pictures[2],
            path: again.pictures[2].path.clone()
        }]
    );
    let moves: Vec<_> = diff
        .changed
        .iter()
        .map(|c| (c.picture, c.moved.as_ref(), c.renamed.as_deref()))
        .collect();
    assert_eq!(
        moves,
        [
            (pictures[0], Some(&again.pictures[0].path), Some("other.jpg")),
            (pictures[1], Some(&again.pictures[1].path), None)
        ]
    );
    let text = serde_json::to_string(&diff).unwrap();
    assert_eq!(serde_json::from_str::<ImportDiff>(&text).unwrap(), diff);
    import(&mut project, &again);
    let rows = project.pictures(None).unwrap();
    assert_eq!(rows.len(), 5);
    assert_eq!(
        (&rows[0].path, &rows[1].path),
        (&again.pictures[0].path, &again.pictures[1].path)
    );
    assert_eq!(rows[2].path, data.pictures[2].path);
}

#[test]
fn one_file_is_one_picture_whatever_its_names() {
    let fixture = Fixture::new();
    let mut project = fixture.create();
    let mut twice = vec![file(&fixture, "a.jpg", &[0]), file(&fixture, "b.jpg", &[])];
    let mut again = twice[0].clone();
    again.name = "sub/a.jpg".into();
    again.positives = vec![1];
    again.negatives = vec![0];
    again.split = Some(Split::Val);
    twice.push(again);
    let data = dataset(&["x", "y"], twice, Absent::Negative);
    assert_eq!(plan(&project, &data).repeated, ["a.jpg"]);
    import(&mut project, &data);
    assert_eq!((ids(&project).len(), truth(&project)), (2, vec![1, 1, 0, 0]));
    assert_eq!(project.pictures(None).unwrap()[0].split, Some(Split::Val));
    // The same file by another name in the next import.
    let renamed = Picture {
        name: "Z.jpg".into(),
        ..data.pictures[0].clone()
    };
    import(&mut project, &dataset(&["x", "y"], vec![renamed], Absent::Negative));
    let rows = project.pictures(None).unwrap();
    assert_eq!((rows.len(), rows[0].name.as_str()), (2, "Z.jpg"));
}

#[test]
fn an_import_can_be_stopped_and_leaves_nothing() {
    let fixture = Fixture::new();
    let mut project = fixture.animals();
    let pictures = (0..600)
        .map(|i| picture(fixture.path(&format!("{i}.jpg")), &[0]))
        .collect();
    let data = dataset(&["new"], pictures, Absent::Negative);
    let mut heard = Vec::new();
    let mut stop = |done: usize, total: usize| {
        heard.push((done, total));
        if done >= 512 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let error = project
        .import_with(&data, &ImportReport::default(), &mut stop)
        .unwrap_err();
    assert!(matches!(error, ProjectError::Cancelled), "{error}");
    assert!(heard.contains(&(256, 600)), "{heard:?}");
    assert_eq!(
        (ids(&project).len(), names(&project), project.imports().unwrap().len()),
        (3, vec!["cat".into(), "dog".into()], 1)
    );
    import(&mut project, &data);
    assert_eq!(ids(&project).len(), 603);
}

#[test]
fn details_are_for_new_labels_only() {
    let fixture = Fixture::new();
    let mut project = fixture.animals();
    let cat = label_ids(&project)[0];
    project.set_prompt_words(cat, Some("mine")).unwrap();
    let mut data = dataset(&["fox", "cat"], Vec::new(), Absent::Negative);
    data.details = ["a fox", "a cat"]
        .map(|words| LabelDetails {
            prompt_words: Some(words.to_owned()),
            colour: Some(0x10_20_30),
            description: Some("red".to_owned()),
        })
        .to_vec();
    import(&mut project, &data);
    let labels = project.labels().unwrap();
    assert_eq!(
        (labels[0].prompt_words.as_deref(), labels[0].colour),
        (Some("mine"), None)
    );
    let fox = &labels[2];
    assert_eq!(
        (fox.prompt_words.as_deref(), fox.colour, fox.description.as_deref()),
        (Some("a fox"), Some([16, 32, 48]), Some("red"))
    );
}

#[test]
fn a_killed_import_is_in_nobodys_way() {
    let fixture = Fixture::new();
    let fill = |project: &mut Project| {
        let pictures = vec![picture(fixture.root.path().join("a.jpg"), &[0])];
        let data = dataset(&["cat"], pictures, Absent::Negative);
        project.import(&data, &ImportReport::default()).unwrap();
    };
    // As a killed process leaves it: begun, maybe filled, not complete.
    let mut killed = Project::begin(&fixture.place).unwrap();
    assert!(
        matches!(Project::begin(&fixture.place), Err(ProjectError::Locked { .. })),
        "somebody is at work"
    );
    fill(&mut killed);
    drop(killed);
    fs::write(fixture.place.join("notes.txt"), "not ours").unwrap();
    let refused = Project::create(&fixture.place);
    assert!(
        matches!(refused, Err(ProjectError::Taken { .. })),
        "what is not ours stays and is told"
    );
    assert!(fixture.place.join("notes.txt").exists());
    fs::remove_file(fixture.place.join("notes.txt")).unwrap();
    let mut anew = Project::begin(&fixture.place).unwrap();
    assert_eq!(anew.import_reports().unwrap().len(), 0, "begun anew");
    fill(&mut anew);
    anew.complete().unwrap();
    drop(anew);
    assert!(matches!(
        Project::begin(&fixture.place),
        Err(ProjectError::AlreadyProject { .. })
    ));
    // Whoever opens what an import left for writing goes on with it.
    let other = fixture.root.path().join("other.patchlight");
    drop(Project::begin(&other).unwrap());
    drop(Project::open(&other).unwrap());
    assert!(matches!(
        Project::create(&other),
        Err(ProjectError::AlreadyProject { .. })
    ));
}
