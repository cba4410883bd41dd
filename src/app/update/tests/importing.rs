//! Data of one's own: a look, typing in the form, a new project, merging, stopping, trying again.

use super::*;
use crate::app::model::command::{DataCommand, Field, Pick, Place};
use crate::app::model::data::Page;
use crate::app::model::data_forms::{ImportForm, ROWS, Shown};
use crate::app::model::file_probe::Reply;
use crate::app::model::job_kind::DataTask;
use crate::dataset::formats::Preview;
use crate::engine::Request;
use crate::engine::event::ImportWarning;
use crate::project::ImportDiff;
use std::path::Path;

const LOOK: JobKind = JobKind::Data(DataTask::Look);

/// Data are looked at for a new project; the look is job 1.
fn looking() -> Driver {
    let mut d = Driver::new();
    import(&mut d, "/d/birds.csv");
    d
}

fn import(d: &mut Driver, data: &str) {
    d.command(Command::Import {
        data: data.into(),
        project: None,
    });
}

/// The look has found labels, and a name for the project is known.
fn looked() -> Driver {
    let mut d = looking();
    named(&mut d, "/d/birds.csv", "/d/birds.patchlight");
    d.job_event(1, preview(&[("Cat", 9), ("cat", 2)]));
    d.job_done(1);
    d
}

fn named(d: &mut Driver, data: &str, project: &str) {
    d.probe(Reply::ProjectFor {
        data: data.into(),
        project: project.into(),
    });
}

fn preview(labels: &[(&str, usize)]) -> Event {
    Event::Preview(Preview {
        labels: labels.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect(),
        ..Preview::default()
    })
}

/// Data are added to the open project and have been looked at: the comparison is job 2.
fn adding() -> Driver {
    let mut d = Driver::at_birds();
    d.command(Command::Picked(Pick::For(Field::Add), paths(&["/d/more.csv"])));
    d.job_event(1, preview(&[("owl", 3)]));
    d.job_done(1);
    d
}

fn form(d: &Driver) -> &ImportForm {
    d.model.data.import.as_ref().expect("a form")
}

/// Changes the form as its screen does.
fn edit_form(d: &mut Driver, change: impl FnOnce(&mut ImportForm)) {
    let mut form = form(d).clone();
    change(&mut form);
    form.change(d.model.now);
    d.command(Command::Data(DataCommand::ImportForm(Box::new(form))));
}

fn data(d: &mut Driver, command: DataCommand) {
    d.command(Command::Data(command));
}

#[test]
fn data_are_looked_at_before_anything_is_written() {
    let d = looking();
    d.did(&[r#"probe ProjectFor("/d/birds.csv")"#, "start 1 Data(Look)"]);
    let (_, spec) = d.start();
    assert!(matches!(&spec.request, Request::ProjectPreview { import, rows: ROWS }
        if import.data == Path::new("/d/birds.csv")));
    assert_eq!((d.model.place, form(&d).looking), (Place::Import, Some(1)));
}

#[test]
fn a_project_that_has_a_name_gets_no_other() {
    let mut d = Driver::new();
    d.command(Command::Import {
        data: "/d/birds.csv".into(),
        project: Some("/q/mine.patchlight".into()),
    });
    d.did(&["start 1 Data(Look)"]);
    named(&mut d, "/d/birds.csv", "/d/birds.patchlight");
    assert_eq!(form(&d).project, "/q/mine.patchlight");
}

#[test]
fn a_free_name_is_taken_unless_it_is_for_other_data_or_one_was_typed() {
    let mut d = looking();
    named(&mut d, "/d/other.csv", "/d/other.patchlight");
    assert_eq!(form(&d).project, "");
    named(&mut d, "/d/birds.csv", "/d/birds.patchlight");
    assert_eq!(form(&d).project, "/d/birds.patchlight");
    edit_form(&mut d, |form| form.project = "/q/typed.patchlight".to_owned());
    named(&mut d, "/d/birds.csv", "/d/birds-2.patchlight");
    assert_eq!(form(&d).project, "/q/typed.patchlight");
}

#[test]
fn typing_is_looked_at_once_it_rests() {
    let mut d = looked();
    edit_form(&mut d, |form| form.images = "/d/pic".to_owned());
    d.tick(0.1);
    d.did(&["repaint 250 ms"]);
    edit_form(&mut d, |form| form.images = "/d/pictures".to_owned());
    d.tick(0.3);
    d.did(&["repaint 50 ms"]);
    d.tick(0.05);
    d.did(&["start 2 Data(Look)"]);
    assert!(matches!(&d.start().1.request, Request::ProjectPreview { import, .. }
        if import.images.as_deref() == Some(Path::new("/d/pictures"))));
    d.tick(1.0);
    d.did(&[]);
}

#[test]
fn a_new_look_stops_the_old_one_whose_answer_no_longer_counts() {
    let mut d = looking();
    data(&mut d, DataCommand::Look);
    d.did(&["stop 1", "start 2 Data(Look)"]);
    d.job_event(1, preview(&[("stale", 1)]));
    d.job_failed(1, "stopped");
    assert!(form(&d).preview.is_none() && form(&d).failure.is_none());
    d.job_event(2, preview(&[("owl", 1)]));
    d.job_done(2);
    let found = form(&d).preview.as_ref().map(|p| p.labels[0].0.as_str());
    assert_eq!((found, form(&d).looking), (Some("owl"), None));
}

#[test]
fn a_look_that_fails_says_so_in_the_form_alone() {
    let mut d = looking();
    d.job_event(1, preview(&[("owl", 1)]));
    d.job_failed(1, "line 3 has no name");
    assert_eq!(form(&d).failure.as_ref().unwrap().message, "line 3 has no name");
    assert!(form(&d).preview.is_none());
    assert!(d.is_silent());
    data(&mut d, DataCommand::Look);
    assert!(form(&d).failure.is_none());
}

#[test]
fn a_form_of_an_import_that_was_closed_does_not_come_back() {
    let mut d = looked();
    let kept = form(&d).clone();
    data(&mut d, DataCommand::CancelImport);
    data(&mut d, DataCommand::ImportForm(Box::new(kept)));
    assert!(d.model.data.import.is_none());
}

#[test]
fn a_chosen_folder_of_pictures_is_looked_at_after_the_rest() {
    let mut d = looked();
    d.command(Command::Picked(Pick::For(Field::Images), paths(&["/d/pictures"])));
    d.command(Command::Picked(Pick::For(Field::Names), paths(&["/d/names.txt"])));
    assert_eq!(
        (form(&d).images.as_str(), form(&d).names.as_str()),
        ("/d/pictures", "/d/names.txt")
    );
    d.tick(0.5);
    d.did(&["start 2 Data(Look)"]);
}

#[test]
fn an_import_makes_a_project_with_the_chosen_model() {
    let mut d = looked();
    d.model.prefs.model = Some("/m/clip".to_owned());
    data(&mut d, DataCommand::Import);
    d.did(&[r#"start 2 Import { project: "/d/birds.patchlight" }"#]);
    let (_, spec) = d.start();
    assert!(matches!(&spec.request, Request::ProjectNew(new)
        if new.project == Path::new("/d/birds.patchlight") && new.model.as_deref() == Some("/m/clip")));
    data(&mut d, DataCommand::Import);
    d.did(&[]);
}

#[test]
fn without_a_name_for_the_project_nothing_is_imported() {
    let mut d = looked();
    edit_form(&mut d, |form| form.project = "  ".to_owned());
    data(&mut d, DataCommand::Import);
    d.did(&[]);
    assert_eq!(form(&d).importing, None);
}

#[test]
fn what_was_imported_is_opened_then_its_labels_are_merged_and_its_pictures_checked() {
    let mut d = looked();
    edit_form(&mut d, |form| form.one.extend(["cat".to_owned()]));
    data(&mut d, DataCommand::Import);
    d.job_done(2);
    d.did(&["clear textures", "open /d/birds.patchlight"]);
    assert!(d.model.data.import.is_none());
    d.reply(ProjectReply::Opened(
        Box::new(Catalog {
            folder: "/d/birds.patchlight".into(),
            ..birds()
        }),
        None,
    ));
    d.did(&[r#"ask Label(MergeNamed([("cat", "Cat")]))"#, "start 3 Data(Check)"]);
}

#[test]
fn labels_of_an_import_are_not_merged_in_a_project_that_was_opened_instead() {
    let mut d = looked();
    edit_form(&mut d, |form| form.one.extend(["cat".to_owned()]));
    data(&mut d, DataCommand::Import);
    d.job_done(2);
    d.reply(ProjectReply::NotOpened(failure("it is damaged")));
    d.opened(birds());
    d.did(&[]);
}

#[test]
fn an_import_that_fails_says_so_in_its_form_and_can_be_tried_again() {
    let mut d = looked();
    data(&mut d, DataCommand::Import);
    d.job_failed(2, "the disk is full");
    d.did(&[]);
    assert_eq!(form(&d).failure.as_ref().unwrap().message, "the disk is full");
    assert!(d.is_silent());
    data(&mut d, DataCommand::Import);
    d.did(&[r#"start 3 Import { project: "/d/birds.patchlight" }"#]);
    assert!(form(&d).failure.is_none());
}

#[test]
fn after_a_crash_the_data_are_looked_at_again_for_a_project_of_another_name() {
    let mut d = looked();
    edit_form(&mut d, |form| form.images = "/d/pictures".to_owned());
    data(&mut d, DataCommand::Import);
    d.job_died(2, "the worker died");
    assert_eq!(d.says(), (Level::Error, "the worker died"));
    assert_eq!(form(&d).importing, None);
    d.press("Try again");
    d.did(&[r#"probe ProjectFor("/d/birds.csv")"#, "start 3 Data(Look)"]);
    named(&mut d, "/d/birds.csv", "/d/birds-2.patchlight");
    assert_eq!(form(&d).project, "/d/birds-2.patchlight");
    assert_eq!(form(&d).images, "/d/pictures", "what was chosen stays");
}

#[test]
fn a_stopped_import_leaves_the_form_as_it_was() {
    let mut d = looked();
    data(&mut d, DataCommand::Import);
    data(&mut d, DataCommand::StopImport);
    d.did(&["stop 2"]);
    d.job_failed(2, "stopped");
    assert_eq!(d.says(), (Level::Note, "Stopped: Importing birds.csv"));
    assert_eq!((form(&d).importing, form(&d).failure.is_none()), (None, true));
    assert_eq!(d.model.place, Place::Import);
}

#[test]
fn a_cancelled_import_stops_its_jobs_and_leads_back() {
    let mut d = looking();
    data(&mut d, DataCommand::CancelImport);
    d.did(&["stop 1"]);
    assert!(d.model.data.import.is_none());
    assert_eq!(d.model.place, Place::Home);
    let mut d = adding();
    data(&mut d, DataCommand::CancelImport);
    d.did(&["stop 2"]);
    assert_eq!(d.model.place, Place::Pictures);
}

#[test]
fn the_same_data_again_keep_what_was_chosen_for_them() {
    let mut d = looked();
    edit_form(&mut d, |form| form.images = "/d/pictures".to_owned());
    import(&mut d, "/d/birds.csv");
    assert_eq!(form(&d).images, "/d/pictures");
    import(&mut d, "/d/other.csv");
    d.did(&["stop 2", r#"probe ProjectFor("/d/other.csv")"#, "start 3 Data(Look)"]);
    assert_eq!(form(&d).images, "");
}

#[test]
fn one_can_go_elsewhere_and_come_back_to_an_import() {
    let mut d = looked();
    d.act(Action::Settings);
    data(&mut d, DataCommand::Resume);
    assert_eq!(d.model.place, Place::Import);
    assert!(form(&d).preview.is_some());
}

#[test]
fn added_data_are_compared_with_the_project_after_the_look() {
    let mut d = adding();
    d.did(&["start 2 Data(Compare)"]);
    let (_, spec) = d.start();
    assert!(matches!(&spec.request, Request::ProjectAdd(add) if add.dry_run && add.project == Path::new(BIRDS)));
    let diff = ImportDiff {
        unchanged: 4,
        ..ImportDiff::default()
    };
    d.job_event(2, Event::ImportDiff { diff, dry_run: true });
    d.job_done(2);
    assert_eq!(form(&d).difference.as_ref().map(|diff| diff.unchanged), Some(4));
    assert_eq!((form(&d).shown, form(&d).comparing), (Shown::Difference, None));
}

#[test]
fn adding_data_ends_the_look_at_others() {
    let mut d = Driver::at_birds();
    import(&mut d, "/d/birds.csv");
    d.command(Command::Picked(Pick::For(Field::Add), paths(&["/d/more.csv"])));
    d.did(&["stop 1", r#"probe ProjectFor("/d/more.csv")"#, "start 2 Data(Look)"]);
    assert!(form(&d).into_open);
}

#[test]
fn merged_data_open_the_project_anew_at_its_pictures() {
    let mut d = adding();
    d.job_done(2);
    data(&mut d, DataCommand::Import);
    d.did(&["start 3 Data(Merge)"]);
    assert!(matches!(&d.start().1.request, Request::ProjectAdd(add) if !add.dry_run));
    d.job_done(3);
    d.did(&["close", "clear textures", "open /p/birds.patchlight"]);
    assert_eq!(d.model.place, Place::Pictures);
    assert!(d.model.data.import.is_none());
    d.reply(ProjectReply::Opened(Box::new(birds()), None));
    d.did(&["start 4 Data(Check)"]);
}

#[test]
fn nothing_is_merged_into_a_project_that_is_open_for_looking_only() {
    let mut d = adding();
    d.model.open_mut().unwrap().catalog.writable = false;
    data(&mut d, DataCommand::Import);
    d.did(&[]);
    assert_eq!(d.says(), (Level::Warning, "This project is open for looking only"));
}

#[test]
fn data_for_a_project_that_is_closed_go_into_a_new_one() {
    let mut d = adding();
    d.act(Action::CloseProject);
    d.did(&["stop 2", "close", "clear textures"]);
    assert!(!form(&d).into_open);
    named(&mut d, "/d/more.csv", "/d/more.patchlight");
    data(&mut d, DataCommand::Import);
    d.did(&[r#"start 3 Import { project: "/d/more.patchlight" }"#]);
}

#[test]
fn a_check_of_the_pictures_gives_way_and_goes_on_afterwards() {
    let mut d = Driver::at_birds();
    data(&mut d, DataCommand::Check);
    d.did(&["start 1 Data(Check)"]);
    import(&mut d, "/d/birds.csv");
    d.did(&[r#"probe ProjectFor("/d/birds.csv")"#, "stop 1", "start 2 Data(Look)"]);
    d.job_failed(1, "stopped");
    d.did(&[]);
    d.job_done(2);
    d.did(&["start 3 Data(Check)"]);
    assert!(d.is_silent());
}

#[test]
fn a_check_that_a_person_stopped_does_not_go_on() {
    let mut d = Driver::at_birds();
    data(&mut d, DataCommand::Check);
    import(&mut d, "/d/birds.csv");
    data(&mut d, DataCommand::Stop(DataTask::Check));
    d.job_failed(1, "stopped");
    d.job_done(2);
    d.did(&[]);
}

#[test]
fn what_an_import_found_is_counted_and_listed_in_the_log() {
    let mut d = looked();
    data(&mut d, DataCommand::Import);
    let odd = ImportWarning {
        code: "odd".to_owned(),
        message: "an empty label".to_owned(),
        file: Some("birds.csv".to_owned()),
        line: None,
    };
    d.job_event(
        2,
        Event::Import {
            images: 40,
            labels: 3,
            annotations: 50,
            splits: Default::default(),
            unmatched: vec!["ghost.jpg".to_owned()],
            warnings: vec![odd],
            more: Default::default(),
        },
    );
    let words = "Imported 40 pictures with 3 labels; 2 things need a look";
    assert_eq!(d.says(), (Level::Done, words));
    let log: Vec<_> = d.model.notices.log.iter().map(|(_, words)| words.as_str()).collect();
    assert_eq!(
        log,
        [
            "an empty label (birds.csv)",
            "named in the data, but there is no such picture: ghost.jpg",
            words
        ]
    );
    d.press("See what was found");
    assert_eq!((d.model.place, d.model.data.page), (Place::Data, Page::Report));
}

#[test]
fn looks_at_data_are_no_work_that_keeps_a_window() {
    let d = looking();
    assert!(!d.model.jobs.get(d.job(&LOOK)).unwrap().spec.kind.is_work());
    let mut d = looked();
    data(&mut d, DataCommand::Import);
    d.job_started(2);
    assert_eq!(d.model.jobs.running().map(|job| job.id), Some(2));
}
