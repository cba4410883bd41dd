//! Splits, their undo and their memory.

use super::*;
use crate::dataset::model::{Split, Truth};
use crate::project::{SplitRecipe, SplitRecord};

const TRAIN: Option<Split> = Some(Split::Train);
const VAL: Option<Split> = Some(Split::Val);
const TEST: Option<Split> = Some(Split::Test);

fn splits(project: &Project) -> Vec<Option<Split>> {
    project.pictures(None).unwrap().iter().map(|p| p.split).collect()
}

fn recipe(seed: u64) -> SplitRecipe {
    SplitRecipe {
        command: format!("patchlight split p.patchlight random --seed {seed}"),
        scheme: serde_json::json!({"random": {"fractions": [0.8, 0.1, 0.1]}}),
        seed: Some(seed),
    }
}

fn pairs(project: &Project, wanted: &[Option<Split>]) -> Vec<(i64, Option<Split>)> {
    ids(project).into_iter().zip(wanted.iter().copied()).collect()
}

#[test]
fn splits_are_one_step_of_undo() {
    let fixture = Fixture::new();
    let mut project = fixture.animals();
    let pictures = ids(&project);
    project.set_splits(&pairs(&project, &[TRAIN, VAL, None])).unwrap();
    project
        .set_splits(&[(pictures[2], TEST), (pictures[0], TEST), (pictures[1], VAL)])
        .unwrap();
    let group = project.next_undo().unwrap().unwrap();
    assert_eq!(project.pictures_of_edit(group.id).unwrap(), [pictures[0], pictures[2]]);
    project.set_splits(&[(pictures[1], VAL)]).unwrap();
    assert_eq!(project.next_undo().unwrap(), Some(group), "nothing changed, no step");
    drop(project);
    let mut project = fixture.open();
    assert_eq!(splits(&project), [TEST, VAL, TEST]);
    project.undo().unwrap();
    assert_eq!(splits(&project), [TRAIN, VAL, None]);
    project.undo().unwrap();
    assert_eq!(splits(&project), [None; 3]);
    project.redo().unwrap();
    project.redo().unwrap();
    assert_eq!(splits(&project), [TEST, VAL, TEST]);
}

#[test]
fn every_split_is_remembered_and_comes_back() {
    let fixture = Fixture::new();
    let mut project = fixture.animals();
    let pictures = ids(&project);
    let first = project
        .record_split(&recipe(u64::MAX), &pairs(&project, &[TRAIN, TRAIN, TEST]))
        .unwrap();
    let second = project
        .record_split(&recipe(2), &pairs(&project, &[VAL, TRAIN, None]))
        .unwrap();
    // By hand: no recipe, but not lost either.
    project.set_splits(&[(pictures[2], VAL)]).unwrap();
    let made = project.splits_made().unwrap();
    assert_eq!(
        made[0],
        SplitRecord {
            id: first,
            created: made[0].created,
            recipe: recipe(u64::MAX),
            counts: [("train".to_owned(), 2), ("test".to_owned(), 1)].into(),
            current: false
        }
    );
    assert_eq!((made.len(), made[1].current), (2, false));
    drop(project);

    let mut project = fixture.open();
    project.restore_split(first).unwrap();
    assert_eq!(splits(&project), [TRAIN, TRAIN, TEST]);
    let made = project.splits_made().unwrap();
    assert_eq!(
        made.iter().map(|r| (r.id, r.current)).collect::<Vec<_>>(),
        [(first, true), (second, false), (3, false)]
    );
    assert_eq!(
        (made[2].recipe.seed, &made[2].counts),
        (None, &[("train".to_owned(), 1), ("val".to_owned(), 2)].into())
    );
    project.restore_split(3).unwrap();
    assert_eq!(splits(&project), [VAL, TRAIN, VAL]);
    project.restore_split(second).unwrap();
    assert_eq!(
        project.splits_made().unwrap().len(),
        3,
        "what is known is not remembered twice"
    );
    project.undo().unwrap();
    assert_eq!(splits(&project), [VAL, TRAIN, VAL]);
    assert!(matches!(
        project.restore_split(99),
        Err(ProjectError::NoSplit { id: 99 })
    ));

    // Pictures that came later were in no split then.
    let mut late = picture(fixture.path("late.jpg"), &[0]);
    late.split = TRAIN;
    project
        .import(
            &dataset(&["cat"], vec![late], Absent::Negative),
            &ImportReport::default(),
        )
        .unwrap();
    project.restore_split(first).unwrap();
    assert_eq!(splits(&project), [TRAIN, TRAIN, TEST, None]);
    project.undo().unwrap();
    assert_eq!(splits(&project), [VAL, TRAIN, VAL, TRAIN]);
}

#[test]
fn splits_of_the_source_are_remembered_before_others_are_made() {
    let fixture = Fixture::new();
    let mut project = fixture.create();
    let mut given = picture(fixture.path("a.jpg"), &[0]);
    given.split = TEST;
    project
        .import(
            &dataset(&["x"], vec![given], Absent::Negative),
            &ImportReport::default(),
        )
        .unwrap();
    assert_eq!(project.splits_made().unwrap(), []);
    project.record_split(&recipe(1), &pairs(&project, &[TRAIN])).unwrap();
    let made = project.splits_made().unwrap();
    assert_eq!((made.len(), &made[0].counts), (2, &[("test".to_owned(), 1)].into()));
    let error = project.record_split(&recipe(2), &[(999, TRAIN)]).unwrap_err();
    assert!(matches!(error, ProjectError::NoPicture { id: 999 }));
    assert_eq!(project.splits_made().unwrap().len(), 2);
}

#[test]
fn the_hash_of_the_data_tells_any_change() {
    let fixture = Fixture::new();
    let mut project = fixture.animals();
    let (pictures, labels) = (ids(&project), label_ids(&project));
    let mut seen = vec![project.data_hash().unwrap()];
    project.set_label(&pictures[..1], labels[1], Truth::Positive).unwrap();
    seen.push(project.data_hash().unwrap());
    project.set_splits(&[(pictures[0], TRAIN)]).unwrap();
    seen.push(project.data_hash().unwrap());
    project.rename_label(labels[0], "Katze").unwrap();
    seen.push(project.data_hash().unwrap());
    project.set_colour(labels[0], Some([1, 2, 3])).unwrap();
    assert_eq!(project.data_hash().unwrap(), seen[3], "what training does not see");
    for expected in [&seen[3], &seen[2], &seen[1], &seen[0]] {
        project.undo().unwrap();
        assert_eq!(project.data_hash().unwrap(), *expected);
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 4);
    let other = Fixture::new();
    assert_eq!(
        other.animals().data_hash().unwrap(),
        project.data_hash().unwrap(),
        "the place does not count"
    );
}
