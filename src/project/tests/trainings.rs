//! Names and deletions of trainings.

use super::*;
use crate::project::{Run, RunState};

fn run(id: &str, parent: Option<&str>, training: usize) -> Run {
    Run {
        id: id.to_owned(),
        stage: if parent.is_some() { 2 } else { 1 },
        state: RunState::Done,
        created: 1_700_000_000,
        config: serde_json::json!({}),
        parent: parent.map(str::to_owned),
        error: None,
        training,
        name: None,
    }
}

/// Id, training and name of every run.
fn listed(project: &Project) -> Vec<(String, usize, Option<String>)> {
    let runs = project.runs().unwrap().into_iter();
    runs.map(|r| (r.id, r.training, r.name)).collect()
}

fn pair() -> [String; 2] {
    ["run-1".to_owned(), "run-2".to_owned()]
}

/// Both stages of a training, and another one.
fn trained(fixture: &Fixture) -> Project {
    let mut project = fixture.animals();
    project.insert_run(&run("run-1", None, 0)).unwrap();
    project.insert_run(&run("run-2", Some("run-1"), 1)).unwrap();
    project.insert_run(&run("run-3", None, 0)).unwrap();
    project
}

#[test]
fn both_stages_are_one_training_and_the_next_one_has_its_own_number() {
    let fixture = Fixture::new();
    let numbers: Vec<_> = listed(&trained(&fixture)).into_iter().map(|r| r.1).collect();
    assert_eq!(numbers, [1, 1, 2]);
}

#[test]
fn a_name_is_given_to_both_stages_and_taken_back_in_one_step() {
    let fixture = Fixture::new();
    let mut project = trained(&fixture);
    project.name_runs(&pair(), " marsh ").unwrap();
    let names = |project: &Project| listed(project).into_iter().map(|r| r.2).collect::<Vec<_>>();
    let marsh = Some("marsh".to_owned());
    assert_eq!(names(&project), [marsh.clone(), marsh.clone(), None]);
    assert_eq!(
        project.next_undo().unwrap().unwrap().description,
        "name training 1 “marsh”"
    );
    assert_eq!(project.summary().unwrap().runs[1].name, marsh);
    project.undo().unwrap();
    assert_eq!(names(&project), [None, None, None]);
    project.redo().unwrap();
    project.name_runs(&pair(), " ").unwrap();
    assert_eq!(names(&project), [None, None, None]);
    drop(project);
    let mut project = fixture.open();
    project.undo().unwrap();
    assert_eq!(names(&project), [marsh.clone(), marsh, None], "also after a restart");
}

#[test]
fn a_deleted_training_is_gone_until_it_is_taken_back_and_its_ids_stay_taken() {
    let fixture = Fixture::new();
    let mut project = trained(&fixture);
    let before = listed(&project);
    project.delete_runs(&pair()).unwrap();
    assert_eq!(listed(&project), before[2..]);
    assert_eq!(project.summary().unwrap().runs.len(), 1);
    assert_eq!(project.run_ids().unwrap().len(), 3);
    project.insert_run(&run("run-4", None, 0)).unwrap();
    assert_eq!(listed(&project)[1].1, 3, "no number is given twice");
    let undone = project.undo().unwrap().unwrap();
    assert_eq!(undone.description, "delete training 1");
    assert!(project.edit_changes_runs(undone.id).unwrap());
    assert_eq!(listed(&project)[..3], before);
    project.redo().unwrap();
    assert_eq!(listed(&project).len(), 2);
}

#[test]
fn what_is_at_work_or_gone_on_from_is_not_deleted() {
    let fixture = Fixture::new();
    let mut project = trained(&fixture);
    let first = ["run-1".to_owned()];
    assert!(matches!(
        project.delete_runs(&first),
        Err(ProjectError::RunNeeded { by, .. }) if by == "run-2"
    ));
    project.set_run_state("run-2", RunState::Running, None).unwrap();
    assert!(matches!(
        project.delete_runs(&pair()),
        Err(ProjectError::RunAtWork { .. })
    ));
    assert!(matches!(
        project.delete_runs(&["run-9".to_owned()]),
        Err(ProjectError::NoRun { .. })
    ));
    assert_eq!(listed(&project).len(), 3);
    assert_eq!(project.next_undo().unwrap(), None);
}
