//! Trainings of the project: their names, deletion and curves; undo that leads to what it changed; measures that follow labels.

use super::*;
use crate::app::model::command::{BrowseCommand, Place, TrainingsCommand};
use crate::app::model::file_probe::Reply;
use crate::app::model::filter::{LabelTest, pictures_of};
use crate::app::model::project_messages::ValuesNow;
use crate::app::model::trainings::run_name;

/// Both stages of a training, and one that stands alone.
fn trained() -> Driver {
    let mut second = run("run-2", 2, RunState::Done);
    (second.training, second.parent) = (1, Some("run-1".to_owned()));
    let runs = vec![run("run-1", 1, RunState::Done), second, run("run-3", 1, RunState::Done)];
    let mut d = Driver::new();
    d.opened(Catalog { runs, ..birds() });
    d
}

fn trainings(d: &mut Driver, command: TrainingsCommand) {
    d.command(Command::Trainings(command));
}

fn values(d: &mut Driver, rows: Vec<(i64, Vec<i8>, bool)>) {
    d.reply(ProjectReply::Values(ValuesNow {
        rows,
        undo: None,
        redo: None,
        said: "Undone".to_owned(),
    }));
}

#[test]
fn both_stages_get_the_name_and_go_together() {
    let mut d = trained();
    trainings(&mut d, TrainingsCommand::Naming(Some((1, "mar".to_owned()))));
    assert_eq!(d.model.train.naming, Some((1, "mar".to_owned())));
    trainings(&mut d, TrainingsCommand::Name(1, "marsh".to_owned()));
    d.did(&[r#"ask NameRuns(["run-1", "run-2"], "marsh")"#]);
    assert_eq!(d.model.train.naming, None);
    d.model.train.from = Some("run-1".to_owned());
    trainings(&mut d, TrainingsCommand::Delete(1));
    d.did(&[r#"ask DeleteRuns(["run-1", "run-2"])"#]);
    assert_eq!(d.model.train.from, None, "nothing starts from what is gone");
    trainings(&mut d, TrainingsCommand::Delete(9));
    d.did(&[]);
}

#[test]
fn a_project_that_is_open_for_looking_only_keeps_its_trainings() {
    let mut d = trained();
    d.model.open_mut().unwrap().catalog.writable = false;
    for command in [
        TrainingsCommand::Delete(1),
        TrainingsCommand::Name(1, "marsh".to_owned()),
    ] {
        trainings(&mut d, command);
        d.did(&[]);
        assert_eq!(d.says().1, "This project is open for looking only");
    }
}

#[test]
fn the_curves_of_a_training_are_those_of_all_its_stages() {
    let mut d = trained();
    d.command(Command::ShowTraining("run-2".to_owned()));
    let folder = |run: &str| PathBuf::from(BIRDS).join("runs").join(run);
    d.did(&[
        &format!("probe History({:?})", folder("run-1")),
        &format!("probe History({:?})", folder("run-2")),
    ]);
    for run in ["run-2", "run-1", "run-2"] {
        d.probe(Reply::History(folder(run), Ok((Vec::new(), Vec::new()))));
    }
    let lanes = |d: &Driver| -> Vec<String> {
        let lanes = d.model.training.iter().flat_map(|t| &t.lanes);
        lanes.map(|lane| lane.run.clone()).collect()
    };
    assert_eq!(lanes(&d), ["run-1", "run-2"]);
    d.probe(Reply::History(folder("run-3"), Ok((Vec::new(), Vec::new()))));
    assert_eq!(lanes(&d), ["run-3"], "another training stands alone");
    trainings(&mut d, TrainingsCommand::Delete(3));
    assert!(d.model.training.is_none(), "what is gone shows no curves");
}

#[test]
fn runs_are_called_by_their_training_wherever_they_are_named() {
    let mut d = trained();
    d.command(Command::Predict("run-2".to_owned()));
    assert_eq!(d.start().1.title, "Looking at all pictures with Training 1, Stage 2");
    let mut named = d.catalog().runs.clone();
    named[2].name = Some("marsh".to_owned());
    d.reply(ProjectReply::Runs(named));
    assert_eq!(run_name(&d.catalog().runs, "run-3"), "marsh, Stage 1");
}

#[test]
fn runs_are_compared_again_where_they_are_looked_at_once_labels_have_changed() {
    let mut d = trained();
    d.act(Action::Results);
    d.tick(0.1);
    d.did(&[]);
    d.act(Action::Pictures);
    values(&mut d, vec![(1, vec![0, 0], true)]);
    d.hush();
    d.tick(0.1);
    d.did(&[]);
    d.act(Action::Results);
    d.tick(0.1);
    d.did(&["ask Compare"]);
    d.tick(0.1);
    d.did(&[]);
}

#[test]
fn undo_leads_to_the_picture_that_it_changed() {
    let mut d = trained();
    let filter = pictures_of(1, LabelTest::Positive, None);
    d.command(Command::Browse(BrowseCommand::Filter(filter)));
    d.act(Action::Results);
    values(&mut d, vec![(2, vec![1, 0], false)]);
    d.reply(ProjectReply::Changed(vec![2]));
    let browse = &d.model.browse;
    assert_eq!((d.model.place, browse.current()), (Place::Pictures, Some(1)));
    assert!(browse.filter.is_empty(), "it would have been hidden");
    // In the inspector too, but for a picture that is in sight already.
    d.command(Command::Inspect(3));
    d.reply(ProjectReply::Changed(vec![1]));
    assert_eq!(d.model.inspect.picture, Some(1));
    d.reply(ProjectReply::Changed(vec![3, 1]));
    assert_eq!(d.model.inspect.picture, Some(1));
    d.command(Command::Escape);
    d.reply(ProjectReply::Changed(vec![3, 4]));
    let browse = &d.model.browse;
    assert_eq!((browse.current(), browse.targets()), (Some(2), vec![2, 3]));
    // A label that changed everywhere, or a picture that is gone, leads nowhere.
    d.act(Action::Overview);
    for changed in [vec![], vec![99]] {
        d.reply(ProjectReply::Changed(changed));
        assert_eq!(d.model.place, Place::Data);
    }
}

#[test]
fn what_is_asked_of_the_pictures_by_name_leads_to_them_and_escape_leaves_them_alone() {
    let mut d = trained();
    d.act(Action::SelectAll);
    d.act(Action::Results);
    d.command(Command::Escape);
    assert_eq!(d.model.browse.selection.len(), 4, "it is not in sight");
    for action in [
        Action::SelectNone,
        Action::SelectAll,
        Action::Next,
        Action::ClearFilters,
    ] {
        d.act(Action::Results);
        d.act(action);
        assert_eq!(d.model.place, Place::Pictures, "{action:?}");
    }
    d.command(Command::Inspect(2));
    d.act(Action::SelectAll);
    assert_eq!(d.model.inspect.picture, None, "the grid shows what is selected");
}
