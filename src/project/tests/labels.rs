//! Labels of one's own: parts, levels, order, look-alikes.

use super::*;
use crate::dataset::model::{BoxAnnotation, Truth};

/// A cat with a box, a cat without, a dog, and one of which nobody knows whether it is a cat.
fn cats(fixture: &Fixture) -> Project {
    let mut first = picture(fixture.path("a.jpg"), &[0]);
    first.boxes = vec![BoxAnnotation {
        label: 0,
        bounds: [0.0, 0.0, 2.0, 2.0],
    }];
    let second = picture(fixture.path("b.jpg"), &[0]);
    let third = picture(fixture.path("c.jpg"), &[1]);
    let mut fourth = picture(fixture.path("d.jpg"), &[]);
    fourth.unknowns = vec![0];
    let data = dataset(&["cat", "dog"], vec![first, second, third, fourth], Absent::Negative);
    let mut project = fixture.create();
    project.import(&data, &ImportReport::default()).unwrap();
    project
}

fn with(fixture: &Fixture, labels: &[&str]) -> Project {
    let mut project = fixture.create();
    let data = dataset(labels, vec![picture(fixture.path("a.jpg"), &[0])], Absent::Negative);
    project.import(&data, &ImportReport::default()).unwrap();
    project
}

fn boxed(project: &Project, picture: i64) -> Vec<i64> {
    project.boxes(picture).unwrap().iter().map(|b| b.label).collect()
}

#[test]
fn a_label_is_split_with_its_boxes_in_one_step() {
    let fixture = Fixture::new();
    let mut project = cats(&fixture);
    let (pictures, labels) = (ids(&project), label_ids(&project));
    let before = truth(&project);
    assert_eq!(before, [1, 0, 1, 0, 0, 1, -1, 0]);
    project.set_novel(&labels[..1]).unwrap();
    // The dog has no cat to move.
    let kitten = project
        .split_label(labels[0], " kitten ", &[pictures[0], pictures[2]])
        .unwrap();
    let split = [0, 0, 1, 1, 0, 0, 0, 1, 0, -1, 0, -1];
    assert_eq!(
        (names(&project), truth(&project)),
        (vec!["cat".into(), "dog".into(), "kitten".into()], split.to_vec())
    );
    assert_eq!(boxed(&project, pictures[0]), [kitten]);
    assert_eq!(project.novel().unwrap(), [labels[0], kitten]);
    drop(project);

    let mut project = fixture.open();
    project.undo().unwrap().unwrap();
    assert_eq!(
        (names(&project), truth(&project)),
        (vec!["cat".into(), "dog".into()], before)
    );
    assert_eq!(boxed(&project, pictures[0]), [labels[0]]);
    project.redo().unwrap().unwrap();
    assert_eq!(
        (truth(&project), boxed(&project, pictures[0])),
        (split.to_vec(), vec![kitten])
    );

    // Where a part goes on to, its boxes go as well; also when the two are one again.
    project.merge_labels(kitten, labels[1]).unwrap();
    assert_eq!(boxed(&project, pictures[0]), [labels[1]]);
    project.undo().unwrap().unwrap();
    project.merge_labels(kitten, labels[0]).unwrap();
    assert_eq!(boxed(&project, pictures[0]), [labels[0]]);
    project.set_label(&pictures[..1], labels[0], Truth::Negative).unwrap();
    assert_eq!(boxed(&project, pictures[0]), [labels[0]], "no circle");
}

#[test]
fn a_split_says_what_is_known_where_silence_says_nothing() {
    let fixture = Fixture::new();
    let mut no = picture(fixture.path("b.jpg"), &[]);
    no.negatives = vec![0];
    let pictures = vec![
        picture(fixture.path("a.jpg"), &[0]),
        no,
        picture(fixture.path("c.jpg"), &[]),
    ];
    let mut project = fixture.create();
    project
        .import(&dataset(&["cat"], pictures, Absent::Unknown), &ImportReport::default())
        .unwrap();
    let label = label_ids(&project)[0];
    project.split_label(label, "kitten", &[]).unwrap();
    assert_eq!(truth(&project), [1, 0, 0, 0, -1, -1]);
    let error = project.split_label(label, "tom", &[999]).unwrap_err();
    assert!(matches!(error, ProjectError::NoPicture { id: 999 }));
    assert!(matches!(
        project.split_label(label, "kitten", &[]),
        Err(ProjectError::LabelExists { .. })
    ));
    assert_eq!(names(&project), ["cat", "kitten"]);
}

#[test]
fn levels_are_read_from_names() {
    let fixture = Fixture::new();
    let project = with(
        &fixture,
        &[
            "tree",
            "animal/cat/lion",
            "animal",
            "tree/oak",
            "n//a",
            "animal/cat/tiger",
        ],
    );
    let tree = project.label_tree().unwrap();
    let seen: Vec<(&str, bool, usize, Option<usize>)> = tree
        .iter()
        .map(|node| (node.name.as_str(), node.label.is_some(), node.depth, node.parent))
        .collect();
    assert_eq!(
        seen,
        [
            ("tree", true, 0, None),
            ("tree/oak", true, 1, Some(0)),
            ("animal", true, 0, None),
            ("animal/cat", false, 1, Some(2)),
            ("animal/cat/lion", true, 2, Some(3)),
            ("animal/cat/tiger", true, 2, Some(3)),
            ("n//a", true, 0, None),
        ]
    );
    let labels = label_ids(&project);
    let parent = |i: usize| project.parent_label(labels[i]).unwrap().map(|label| label.name);
    assert_eq!(
        (parent(1).as_deref(), parent(2), parent(4)),
        (Some("animal"), None, None)
    );
    let below = project.labels_below(labels[2]).unwrap();
    assert_eq!(below.iter().map(|l| l.id).collect::<Vec<_>>(), [labels[1], labels[5]]);
}

#[test]
fn a_level_is_renamed_with_all_below_it() {
    let fixture = Fixture::new();
    let mut project = with(&fixture, &["a", "a/b", "a/b/b", "ab", "x/a"]);
    let labels = label_ids(&project);
    let before = names(&project);
    project.rename_label_tree(labels[0], "a/b").unwrap();
    assert_eq!(names(&project), ["a/b", "a/b/b", "a/b/b/b", "ab", "x/a"]);
    project.rename_label_tree(labels[0], "a").unwrap();
    assert_eq!(names(&project), before);
    project.rename_label(labels[0], "z").unwrap();
    assert_eq!(names(&project)[..2], ["z", "a/b"], "alone");
    project.undo().unwrap();
    project.undo().unwrap();
    project.undo().unwrap();
    assert_eq!((names(&project), project.next_undo().unwrap()), (before.clone(), None));

    let taken = project.rename_label_tree(labels[0], "x").map(|()| names(&project));
    assert_eq!(taken.unwrap(), ["x", "x/b", "x/b/b", "ab", "x/a"]);
    project.undo().unwrap();
    let error = project.rename_label_tree(labels[4], "ab").unwrap_err();
    assert!(matches!(error, ProjectError::LabelExists { .. }));
    // A level that is no label.
    project.rename_level("x", "y").unwrap();
    assert_eq!(names(&project)[4], "y/a");
    project.rename_level("nothing", "something").unwrap();
    assert!(matches!(
        project.rename_level("a", "y/"),
        Err(ProjectError::LabelName { .. })
    ));
    project.undo().unwrap();
    assert_eq!(names(&project), before);
}

#[test]
fn a_label_moves_below_another_with_all_below_it() {
    let fixture = Fixture::new();
    let mut project = with(&fixture, &["pet/cat", "pet/cat/tom", "animal"]);
    let labels = label_ids(&project);
    project.move_label_below(labels[0], Some("animal")).unwrap();
    assert_eq!(names(&project), ["animal/cat", "animal/cat/tom", "animal"]);
    project.move_label_below(labels[0], None).unwrap();
    assert_eq!(names(&project), ["cat", "cat/tom", "animal"]);
    project.move_label_below(labels[0], Some("new/place")).unwrap();
    assert_eq!(names(&project)[..2], ["new/place/cat", "new/place/cat/tom"]);
    for inside in ["new/place/cat", "new/place/cat/tom", "new/place/cat/other"] {
        let error = project.move_label_below(labels[0], Some(inside)).unwrap_err();
        assert!(matches!(error, ProjectError::LabelBelowItself { .. }), "{error}");
    }
    for _ in 0..3 {
        project.undo().unwrap().unwrap();
    }
    assert_eq!(names(&project), ["pet/cat", "pet/cat/tom", "animal"]);
}

#[test]
fn labels_change_their_order_with_undo() {
    let fixture = Fixture::new();
    let mut project = with(&fixture, &["a", "b", "c", "d"]);
    let labels = label_ids(&project);
    project.delete_label(labels[1]).unwrap();
    project.move_label(labels[3], 0).unwrap();
    assert_eq!(names(&project), ["d", "a", "c"]);
    assert_eq!(truth(&project), [0, 1, 0], "columns go along");
    project.move_label(labels[0], 99).unwrap();
    assert_eq!(names(&project), ["d", "c", "a"]);
    let last = project.add_label("e", None).unwrap();
    assert_eq!(names(&project), ["d", "c", "a", "e"], "new ones come last");
    project.move_label(last, 3).unwrap();
    assert_eq!(
        project.next_undo().unwrap().unwrap().description,
        "add the label “e”",
        "no step"
    );
    for _ in 0..4 {
        project.undo().unwrap().unwrap();
    }
    assert_eq!(names(&project), ["a", "b", "c", "d"]);
    assert!(matches!(project.move_label(999, 0), Err(ProjectError::NoLabel { .. })));
}

#[test]
fn novel_labels_and_descriptions_are_kept() {
    let fixture = Fixture::new();
    let mut project = with(&fixture, &["a", "b", "c"]);
    let labels = label_ids(&project);
    project.set_novel(&[labels[2], labels[0]]).unwrap();
    project.set_description(labels[1], Some("not c\nnor a")).unwrap();
    drop(project);
    let mut project = fixture.open();
    assert_eq!(project.novel().unwrap(), [labels[0], labels[2]]);
    assert_eq!(
        project.label(labels[1]).unwrap().description.as_deref(),
        Some("not c\nnor a")
    );
    project.set_novel(&[labels[1]]).unwrap();
    assert_eq!(project.novel().unwrap(), [labels[1]]);
    assert!(matches!(
        project.set_novel(&[999]),
        Err(ProjectError::NoLabel { id: 999 })
    ));
    project.undo().unwrap();
    project.undo().unwrap();
    assert_eq!(project.label(labels[1]).unwrap().description, None);
    project.undo().unwrap();
    assert_eq!(project.novel().unwrap(), [0i64; 0]);
}

#[test]
fn look_alike_labels_are_asked_about() {
    let fixture = Fixture::new();
    let labels = ["Cat", "dog", "café", "cat ", "CAFE\u{301}", "doge", "c a t"];
    let mut project = with(&fixture, &labels);
    let groups = |project: &Project| -> Vec<Vec<String>> {
        let groups = project.similar_labels().unwrap();
        groups
            .into_iter()
            .map(|group| group.into_iter().map(|l| l.name).collect())
            .collect()
    };
    assert_eq!(
        groups(&project),
        [vec!["Cat", "cat ", "c a t"], vec!["café", "CAFE\u{301}"]]
    );
    let ids = label_ids(&project);
    project.merge_labels(ids[3], ids[0]).unwrap();
    project.merge_labels(ids[6], ids[0]).unwrap();
    assert_eq!(groups(&project), [vec!["café", "CAFE\u{301}"]]);
}
