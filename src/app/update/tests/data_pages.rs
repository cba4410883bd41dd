//! The pages of the data: what they ask for, splits, moved pictures, exports, what checks found.

use super::*;
use crate::app::model::command::{DataCommand, Field, Pick, Place};
use crate::app::model::data::Page;
use crate::app::model::data_forms::{Listed, Way};
use crate::app::model::file_probe::Reply;
use crate::app::model::job_kind::DataTask;
use crate::app::model::project_messages::{DataReply, LabelChange};
use crate::dataset::formats::{ExportReport, Format};
use crate::dataset::model::Split;
use crate::engine::Request;
use crate::engine::request::Scheme;
use crate::project::{DuplicateGroup, RelinkPlan};
use std::path::Path;

fn data(d: &mut Driver, command: DataCommand) {
    d.command(Command::Data(command));
}

/// The page is shown, and has asked for what it needs.
fn at(page: Page) -> Driver {
    let mut d = Driver::at_birds();
    data(&mut d, DataCommand::Page(page));
    d.tick(0.0);
    d
}

#[test]
fn a_page_asks_once_for_each_version_of_the_project() {
    let mut d = at(Page::Overview);
    d.did(&["ask Overview"]);
    d.tick(1.0);
    d.did(&[]);
    d.model.open_mut().unwrap().version += 1;
    d.tick(1.0);
    d.did(&["ask Overview"]);
}

#[test]
fn each_page_asks_for_its_own() {
    at(Page::Labels).did(&["ask Tree"]);
    at(Page::Splits).did(&["ask SplitsMade", "ask Report"]);
    at(Page::Report).did(&["ask Report"]);
}

#[test]
fn a_page_that_is_not_shown_asks_for_nothing() {
    let mut d = Driver::at_birds();
    data(&mut d, DataCommand::Page(Page::Overview));
    d.act(Action::Settings);
    d.tick(1.0);
    d.did(&[]);
}

#[test]
fn actions_lead_to_their_pages() {
    let mut d = Driver::at_birds();
    for (action, page) in [
        (Action::Overview, Page::Overview),
        (Action::EditLabels, Page::Labels),
        (Action::Splits, Page::Splits),
        (Action::Report, Page::Report),
        (Action::Export, Page::Export),
    ] {
        d.act(action);
        assert_eq!((d.model.place, d.model.data.page), (Place::Data, page));
    }
    d.act(Action::FindMoved);
    assert_eq!(
        (d.model.data.page, d.model.data.found.listed),
        (Page::Report, Listed::Missing)
    );
    d.act(Action::CheckContent);
    d.did(&["start 1 Data(Check)"]);
    assert_eq!(d.model.data.page, Page::Report);
}

#[test]
fn an_export_gets_a_free_name_that_follows_the_format_until_one_is_typed() {
    let mut d = at(Page::Export);
    d.did(&[r#"probe ExportName("/p", "birds-coco", ".json")"#]);
    d.probe(Reply::ExportName(
        "/p/birds-coco-2.json".into(),
        "birds-coco".to_owned(),
        ".json",
    ));
    assert_eq!(d.model.data.export.out, "/p/birds-coco-2.json");
    let mut form = d.model.data.export.clone();
    form.format = Some(Format::Csv);
    data(&mut d, DataCommand::ExportForm(Box::new(form.clone())));
    d.tick(0.1);
    d.did(&[r#"probe ExportName("/p", "birds-csv", ".csv")"#]);
    d.probe(Reply::ExportName(
        "/p/late.json".into(),
        "birds-coco".to_owned(),
        ".json",
    ));
    assert_eq!(
        d.model.data.export.out, "/p/birds-coco-2.json",
        "the answer for another format"
    );
    (form.out, form.typed) = ("/q/mine.csv".to_owned(), true);
    data(&mut d, DataCommand::ExportForm(Box::new(form)));
    d.probe(Reply::ExportName(
        "/p/birds-csv.csv".into(),
        "birds-csv".to_owned(),
        ".csv",
    ));
    assert_eq!(d.model.data.export.out, "/q/mine.csv");
}

#[test]
fn a_chosen_folder_for_an_export_keeps_the_name() {
    let mut d = at(Page::Export);
    d.probe(Reply::ExportName(
        "/p/birds-coco.json".into(),
        "birds-coco".to_owned(),
        ".json",
    ));
    d.command(Command::Picked(Pick::For(Field::Out), paths(&["/q"])));
    assert_eq!(d.model.data.export.out, "/q/birds-coco.json");
    assert!(d.model.data.export.typed);
}

#[test]
fn an_export_is_written_and_the_next_one_gets_another_name() {
    let mut d = at(Page::Export);
    d.probe(Reply::ExportName(
        "/p/birds-coco.json".into(),
        "birds-coco".to_owned(),
        ".json",
    ));
    data(&mut d, DataCommand::Export);
    d.did(&["start 1 Data(Export)"]);
    assert!(matches!(&d.start().1.request, Request::Export(r) if r.export.out == Path::new("/p/birds-coco.json")));
    let report = ExportReport {
        images: 4,
        ..ExportReport::default()
    };
    let path = "/p/birds-coco.json".to_owned();
    d.job_event(1, Event::Exported { path, report });
    d.job_done(1);
    assert_eq!(d.says(), (Level::Done, "Exported 4 pictures to /p/birds-coco.json"));
    assert!(d.model.data.export.done.is_some());
    d.hush();
    d.tick(0.1);
    d.did(&[r#"probe ExportName("/p", "birds-coco", ".json")"#]);
}

#[test]
fn a_failed_export_says_so_on_its_page() {
    let mut d = at(Page::Export);
    data(&mut d, DataCommand::Export);
    d.job_failed(1, "the disk is full");
    assert_eq!(
        d.model.data.export.failure.as_ref().unwrap().message,
        "the disk is full"
    );
    assert!(d.is_silent());
    data(&mut d, DataCommand::Export);
    assert!(d.model.data.export.failure.is_none());
}

#[test]
fn sidecars_say_what_was_written_and_what_was_left() {
    let mut d = at(Page::Export);
    let mut form = d.model.data.export.clone();
    form.format = None;
    data(&mut d, DataCommand::ExportForm(Box::new(form)));
    data(&mut d, DataCommand::Export);
    d.did(&["start 1 Data(Sidecars)"]);
    d.job_event(
        1,
        Event::Skipped {
            image: "2.jpg".to_owned(),
            reason: "it is read-only".to_owned(),
        },
    );
    d.job_event(
        1,
        Event::Tagged {
            images: 4,
            tagged: 3,
            skipped: 1,
            resumed: 0,
            seconds: 0.1,
            fallback: Vec::new(),
        },
    );
    assert_eq!(d.model.data.export.sidecars, ["2.jpg: left as it was, it is read-only"]);
    assert_eq!(
        d.says(),
        (Level::Done, "Wrote sidecars for 3 pictures, 1 left as they were")
    );
}

#[test]
fn splits_are_made_as_the_form_says_and_counted_again_afterwards() {
    let mut d = at(Page::Splits);
    let mut form = d.model.data.splits.clone();
    (form.way, form.shots, form.seed) = (Way::FewShot, 2, 7);
    data(&mut d, DataCommand::SplitForm(form));
    data(&mut d, DataCommand::Split);
    d.did(&["start 1 Split"]);
    assert!(matches!(&d.start().1.request, Request::Split(r)
        if r.seed == 7 && matches!(r.scheme, Scheme::FewShot { shots: 2 })));
    data(&mut d, DataCommand::Split);
    d.did(&[]);
    d.job_done(1);
    d.did(&[r#"ask Reload("The pictures were split")"#, "ask Refresh(None)"]);
    d.tick(0.1);
    d.did(&["ask SplitsMade"]);
}

#[test]
fn shares_of_a_random_split_sum_up_to_one() {
    let mut d = at(Page::Splits);
    let mut form = d.model.data.splits.clone();
    form.shares = [70, 30];
    data(&mut d, DataCommand::SplitForm(form));
    data(&mut d, DataCommand::Split);
    let (_, spec) = d.start();
    assert!(matches!(&spec.request, Request::Split(r)
        if matches!(r.scheme, Scheme::Random { fractions, labelled: false } if fractions == [0.7, 0.3, 0.0])));
}

#[test]
fn a_split_by_lists_needs_one() {
    let mut d = at(Page::Splits);
    let mut form = d.model.data.splits.clone();
    form.way = Way::Lists;
    data(&mut d, DataCommand::SplitForm(form));
    data(&mut d, DataCommand::Split);
    d.did(&[]);
    assert_eq!(d.says(), (Level::Warning, "No list was given"));
    d.command(Command::Picked(
        Pick::For(Field::List(Split::Val)),
        paths(&["/d/val.txt"]),
    ));
    data(&mut d, DataCommand::Split);
    let (_, spec) = d.start();
    assert!(matches!(&spec.request, Request::Split(r)
        if matches!(&r.scheme, Scheme::List { train: None, val: Some(val), test: None } if val == Path::new("/d/val.txt"))));
}

#[test]
fn a_split_that_was_made_before_is_given_back() {
    let mut d = at(Page::Splits);
    data(&mut d, DataCommand::Restore(3));
    assert!(matches!(&d.start().1.request, Request::Split(r) if matches!(r.scheme, Scheme::Restore { id: 3 })));
}

#[test]
fn a_read_only_project_is_neither_split_nor_checked_nor_relabelled() {
    let mut d = Driver::new();
    d.opened(small());
    for command in [
        DataCommand::Split,
        DataCommand::Check,
        DataCommand::FindMoved,
        DataCommand::Label(LabelChange::Delete(10)),
    ] {
        d.hush();
        data(&mut d, command);
        d.did(&[]);
        assert_eq!(d.says().1, "This project is open for looking only");
    }
}

#[test]
fn pictures_behind_a_number_are_shown_under_its_name() {
    let mut d = at(Page::Overview);
    d.reply(ProjectReply::Data(DataReply::PicturesOf(
        "small ones".to_owned(),
        vec![2, 4],
    )));
    assert_eq!(d.model.place, Place::Pictures);
    assert_eq!(d.model.browse.shown, [1, 3]);
    let only = d.model.browse.filter.only.as_ref().map(|only| only.name.as_str());
    assert_eq!(only, Some("small ones"));
}

#[test]
fn splits_that_changed_show_at_once() {
    let mut d = at(Page::Splits);
    d.reply(ProjectReply::Data(DataReply::Pictures {
        splits: vec![(1, Some(Split::Val)), (2, None), (99, None)],
        edited: vec![1],
    }));
    let pictures = &d.catalog().pictures;
    assert_eq!((pictures[0].split, pictures[0].edited), (Some(Split::Val), true));
    assert_eq!((pictures[1].split, pictures[1].edited), (None, false));
}

#[test]
fn a_clean_check_is_silent_and_copies_in_several_splits_are_not() {
    let mut d = at(Page::Report);
    let check = |leakage| Event::Check {
        images: 4,
        checked: 4,
        unusable: Vec::new(),
        copies: vec![DuplicateGroup {
            exact: true,
            leakage,
            pictures: Vec::new(),
        }],
    };
    data(&mut d, DataCommand::Check);
    d.job_event(
        1,
        Event::Check {
            images: 4,
            checked: 4,
            unusable: Vec::new(),
            copies: Vec::new(),
        },
    );
    assert!(d.is_silent());
    d.job_event(1, check(true));
    let words = "Checked the pictures: 1 group of copies, 1 of them in several splits: results would look too good";
    assert_eq!(d.says(), (Level::Warning, words));
    d.job_done(1);
    d.hush();
    d.tick(0.1);
    d.did(&["ask Report"]);
}

#[test]
fn a_check_runs_once_at_a_time() {
    let mut d = at(Page::Report);
    data(&mut d, DataCommand::Check);
    data(&mut d, DataCommand::Check);
    d.did(&[]);
    data(&mut d, DataCommand::Stop(DataTask::Check));
    d.did(&["stop 1"]);
}

#[test]
fn moved_pictures_are_found_then_taken_over_and_the_project_is_read_again() {
    let mut d = at(Page::Report);
    d.command(Command::Picked(Pick::For(Field::Moved), paths(&["/new"])));
    d.did(&["start 1 Data(Find)"]);
    let found = |dry_run| Event::Relink {
        linked: 2,
        plan: RelinkPlan::default(),
        dry_run,
    };
    d.job_event(1, found(true));
    d.job_done(1);
    assert!(d.model.data.relink.plan.is_some());
    data(&mut d, DataCommand::Relink);
    d.did(&["start 2 Data(Relink)"]);
    assert!(matches!(&d.start().1.request, Request::Relink(r) if r.to == Path::new("/new") && !r.dry_run));
    d.job_event(2, found(false));
    assert_eq!(d.says(), (Level::Done, "Found again: 2 pictures"));
    d.job_done(2);
    d.did(&["close", "clear textures", "open /p/birds.patchlight"]);
    assert_eq!(d.model.place, Place::Data, "one stays where one was");
}

#[test]
fn what_a_job_of_a_closed_project_finds_is_not_shown_in_the_next_one() {
    let mut d = at(Page::Report);
    data(&mut d, DataCommand::MovedTo("/new".to_owned()));
    data(&mut d, DataCommand::FindMoved);
    d.opened(Catalog {
        folder: "/p/owls.patchlight".into(),
        ..birds()
    });
    d.job_event(
        1,
        Event::Relink {
            linked: 0,
            plan: RelinkPlan::default(),
            dry_run: true,
        },
    );
    assert!(d.model.data.relink.plan.is_none());
}

#[test]
fn a_saved_report_says_where() {
    let mut d = at(Page::Report);
    data(&mut d, DataCommand::ReportOut(" /p/found.csv ".to_owned()));
    data(&mut d, DataCommand::SaveReport);
    d.did(&["start 1 Data(Report)"]);
    d.job_event(
        1,
        Event::Written {
            path: "/p/found.csv".to_owned(),
            what: "written".to_owned(),
            dry_run: false,
            deleted: false,
        },
    );
    assert_eq!(d.says(), (Level::Done, "Saved /p/found.csv"));
    d.job_failed(1, "the disk is full");
    assert_eq!(d.says(), (Level::Error, "the disk is full"));
}

#[test]
fn files_that_are_gone_are_counted() {
    let mut catalog = birds();
    catalog.pictures[1].modified = 0;
    let mut d = Driver::new();
    d.opened(catalog);
    assert_eq!(d.model.data.missing.map(|(_, gone)| gone), Some(1));
}

#[test]
fn a_label_is_edited_on_the_page_of_labels() {
    let mut d = Driver::at_birds();
    data(&mut d, DataCommand::EditLabel(11));
    assert_eq!(
        (d.model.data.page, d.model.data.labels.chosen),
        (Page::Labels, Some(11))
    );
    data(&mut d, DataCommand::Label(LabelChange::Rename(11, "wren".to_owned())));
    d.did(&[r#"ask Label(Rename(11, "wren"))"#]);
}
