//! Any sequence of edits can be undone and redone, step by step, also by the next program.

use super::*;
use crate::dataset::model::{BoxAnnotation, Split, Truth};
use crate::project::{BoxRow, LabelRow};
use proptest::prelude::*;

/// Everything that edits change.
#[derive(Clone, Debug, PartialEq)]
struct State {
    labels: Vec<LabelRow>,
    truth: Vec<i8>,
    boxes: Vec<Vec<BoxRow>>,
    splits: Vec<Option<Split>>,
}

impl State {
    fn of(project: &Project) -> Self {
        let pictures = project.pictures(None).unwrap();
        Self {
            labels: project.labels().unwrap(),
            truth: truth(project),
            boxes: pictures.iter().map(|p| project.boxes(p.id).unwrap()).collect(),
            splits: pictures.iter().map(|p| p.split).collect(),
        }
    }
}

fn start(fixture: &Fixture) -> Project {
    let mut pictures = Vec::new();
    for i in 0..6usize {
        let mut picture = picture(fixture.path(&format!("{i}.jpg")), &[i % 4]);
        picture.split = [None, Some(Split::Train), Some(Split::Test)][i % 3];
        picture.unknowns = vec![(i + 1) % 4];
        picture.boxes = vec![BoxAnnotation {
            label: i % 4,
            bounds: [0.0, 0.0, 1.0, 1.0 + i as f32],
        }];
        pictures.push(picture);
    }
    let absent = Absent::Negative;
    let mut project = fixture.create();
    project
        .import(
            &dataset(&["a", "a/b", "c", "c/b/d"], pictures, absent),
            &ImportReport::default(),
        )
        .unwrap();
    project
}

/// One edit; which label, picture and name is drawn. Some are refused: names that are taken, a label below itself.
fn edit(project: &mut Project, [kind, first, second, third]: [usize; 4]) -> Result<(), ProjectError> {
    const NAMES: [&str; 8] = ["a", "b", "c", "a/b", "b/a", "c/b", "x", "a/b/c"];
    let (labels, pictures) = (label_ids(project), ids(project));
    let name = NAMES[third % NAMES.len()];
    let truths = [Truth::Positive, Truth::Negative, Truth::Unknown];
    let some: Vec<i64> = pictures
        .iter()
        .copied()
        .filter(|id| !(*id as usize + third).is_multiple_of(3))
        .collect();
    if labels.is_empty() {
        return project.add_label(name, None).map(|_| ());
    }
    let (label, other) = (labels[first % labels.len()], labels[second % labels.len()]);
    match kind % 14 {
        0 => project.add_label(name, Some("words")).map(|_| ()),
        1 => project.rename_label(label, name),
        2 => project.rename_label_tree(label, name),
        3 => project.move_label_below(label, (third % 4 != 0).then_some(name)),
        4 => project.merge_labels(label, other),
        5 => project.split_label(label, name, &some).map(|_| ()),
        6 => project.delete_label(label),
        7 => project.move_label(label, second % (labels.len() + 1)),
        8 => project.set_description(label, (third % 2 == 0).then_some(name)),
        9 => project.set_novel(&labels[first % labels.len()..]),
        10 => project.set_label(&some, label, truths[third % 3]),
        11 => project.suggest_label(&some, label, truths[third % 3]),
        12 => project.set_colour(label, Some([third as u8, 2, 3])),
        _ => {
            let split = Split::ALL.get(third % 4).copied();
            project.set_splits(&some.iter().map(|id| (*id, split)).collect::<Vec<_>>())
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn every_edit_can_be_undone_and_redone(
        edits in proptest::collection::vec([0..14usize, 0..8usize, 0..8usize, 0..24usize], 1..16),
        stop in 0..16usize,
    ) {
        let fixture = Fixture::new();
        let mut project = start(&fixture);
        let mut states = vec![State::of(&project)];
        for (i, drawn) in edits.into_iter().enumerate() {
            let step = project.next_undo().unwrap();
            let done = edit(&mut project, drawn);
            let now = State::of(&project);
            if project.next_undo().unwrap() == step {
                prop_assert_eq!(&now, states.last().unwrap(), "{:?} changed something without a step", drawn);
            } else {
                prop_assert!(done.is_ok(), "{:?}", done);
                states.push(now);
            }
            if i == stop {
                drop(project);
                project = fixture.open();
            }
        }
        for state in states.iter().rev().skip(1) {
            prop_assert!(project.undo().unwrap().is_some());
            prop_assert_eq!(&State::of(&project), state);
        }
        prop_assert_eq!(project.undo().unwrap(), None);
        drop(project);
        let mut project = fixture.open();
        for state in &states[1..] {
            prop_assert!(project.redo().unwrap().is_some());
            prop_assert_eq!(&State::of(&project), state);
        }
        prop_assert_eq!(project.redo().unwrap(), None);
    }
}
