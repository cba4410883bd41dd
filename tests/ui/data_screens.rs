//! The pages of the data and the import in their states, in both looks.

use crate::data::{previewed, run};
use crate::support::*;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use patchlight::app::Window;
use patchlight::app::model::action::Action;
use patchlight::app::model::command::{Command, DataCommand, Place};
use patchlight::app::model::data::Page;
use patchlight::app::model::data_forms::{ImportForm, Listed, Shown, Way};
use patchlight::app::model::job::{Job, JobState, Spec};
use patchlight::app::model::job_kind::{DataTask, JobKind};
use patchlight::app::model::open::Slot;
use patchlight::app::model::prefs::Look;
use patchlight::app::model::project_messages::Report;
use patchlight::dataset::formats::{Columns, ExportReport, Format, TableShape};
use patchlight::dataset::model::{ImportReport, Quarantined, Split, Truth, Warning};
use patchlight::engine::{Failure, Request};
use patchlight::project::{
    Conflict, Duplicate, DuplicateGroup, FoundBy, ImportDiff, Lost, PictureChange, RelinkPlan, Relinked, Sameness,
    SplitRecipe, SplitRecord,
};
use std::sync::Arc;

const LOOKS: [(Look, &str); 2] = [(Look::Dark, "dark"), (Look::Light, "light")];

fn form<'a>(harness: &'a mut Harness<'static, Window>) -> &'a mut ImportForm {
    harness.state_mut().model.data.import.as_mut().unwrap()
}

/// A job at work that no worker has.
fn working(harness: &mut Harness<'static, Window>, task: DataTask) -> u64 {
    let mut job = Job::new(
        7_100,
        Spec {
            request: Request::Doctor,
            title: "Looking at birds of the marsh".to_owned(),
            kind: JobKind::Data(task),
            shared: None,
        },
    );
    job.state = JobState::Running;
    job.progress("looking at the data", 4_200, 10_000, harness.state().model.now);
    harness.state_mut().model.jobs.list.push_back(job);
    7_100
}

#[test]
fn imports() {
    if !can_draw() {
        return;
    }
    for (look, name) in LOOKS {
        let (_folder, mut harness) = opened("plain", look);
        run(&mut harness, Command::OpenPaths(vec![data()]));
        wait(&mut harness, "the preview", previewed);
        let it = form(&mut harness);
        it.data = "/home/anna/birds of the marsh".into();
        it.project = "/home/anna/birds of the marsh.patchlight".to_owned();
        let mut preview = (**it.preview.as_ref().unwrap()).clone();
        preview.labels.push(("Apple".to_owned(), 2));
        preview.warnings.push(Warning {
            file: Some("train.json".to_owned()),
            line: Some(1_207),
            ..Warning::new("box", "a box lies outside its picture; it was cut")
        });
        preview.unmatched = (0..30).map(|i| format!("train/lost {i:02}.png")).collect();
        it.preview = Some(Arc::new(preview.clone()));
        settle(&mut harness);
        snapshot(&mut harness, &format!("import_ready_{name}"));
        form(&mut harness).shown = Shown::Labels;
        settle(&mut harness);
        snapshot(&mut harness, &format!("import_labels_{name}"));
        form(&mut harness).shown = Shown::Problems;
        preview.format = Format::Csv;
        preview.columns = ["file", "tags", "part"].map(str::to_owned).to_vec();
        preview.mapping = Columns {
            shape: Some(TableShape::Joined),
            image: Some("file".to_owned()),
            labels: Some("tags".to_owned()),
            separator: Some('|'),
            ..Columns::default()
        };
        form(&mut harness).preview = Some(Arc::new(preview.clone()));
        settle(&mut harness);
        snapshot(&mut harness, &format!("import_table_{name}"));
        preview.images = 0;
        preview.columns.clear();
        preview.rows.clear();
        form(&mut harness).preview = Some(Arc::new(preview));
        settle(&mut harness);
        snapshot(&mut harness, &format!("import_empty_{name}"));
        form(&mut harness).preview = None;
        form(&mut harness).failure = Some(Failure::new(
            "/home/anna/birds of the marsh/train.json, line 12: a comma was expected here, found }",
            "Mend the file, or choose another format.",
        ));
        settle(&mut harness);
        snapshot(&mut harness, &format!("import_failed_{name}"));
        let id = working(&mut harness, DataTask::Look);
        let it = form(&mut harness);
        (it.failure, it.looking) = (None, Some(id));
        settle(&mut harness);
        snapshot(&mut harness, &format!("import_looking_{name}"));
    }
}

#[test]
fn a_merge() {
    if !can_draw() {
        return;
    }
    for (look, name) in LOOKS {
        let (_folder, mut harness) = opened("plain", look);
        run(&mut harness, Command::OpenPaths(vec![data()]));
        wait(&mut harness, "the preview", previewed);
        let it = form(&mut harness);
        it.data = "/home/anna/birds of the marsh".into();
        (it.into_open, it.shown) = (true, Shown::Difference);
        it.difference = Some(Arc::new(ImportDiff {
            new: vec!["new/heron 1.jpg".to_owned(), "new/heron 2.jpg".to_owned()],
            unchanged: 21,
            changed: vec![PictureChange {
                picture: 1,
                name: "train/scene 01.png".to_owned(),
                came: vec!["owl".to_owned()],
                went: vec!["car".to_owned()],
                ..PictureChange::default()
            }],
            new_labels: vec!["owl".to_owned()],
            conflicts: vec![Conflict {
                picture: 2,
                name: "train/scene 02.png".to_owned(),
                label: "fish".to_owned(),
                human: Truth::Positive,
                source: Truth::Negative,
                before: Truth::Positive,
            }],
            ..ImportDiff::default()
        }));
        settle(&mut harness);
        snapshot(&mut harness, &format!("import_difference_{name}"));
    }
}

#[test]
fn numbers_labels_and_splits() {
    if !can_draw() {
        return;
    }
    for (look, name) in LOOKS {
        let (_folder, mut harness) = opened("plain", look);
        run(&mut harness, Command::Do(Action::Overview));
        wait(&mut harness, "the numbers", |w| w.model.data.overview.value.is_some());
        settle(&mut harness);
        snapshot(&mut harness, &format!("data_overview_{name}"));
        if let Slot::Open(open) = &mut harness.state_mut().model.project {
            let label = &mut open.catalog.labels[1];
            label.description = Some("with four wheels; toys count too".to_owned());
            label.colour = Some([0, 158, 115]);
            label.novel = true;
        }
        run(&mut harness, Command::Data(DataCommand::Page(Page::Labels)));
        wait(&mut harness, "the tree", |w| w.model.data.tree.value.is_some());
        let state = &mut harness.state_mut().model;
        let mut info = (**state.data.tree.value.as_ref().unwrap()).clone();
        info.similar = vec![vec![info.tree[0].label.unwrap(), info.tree[3].label.unwrap()]];
        state.data.labels.chosen = info.tree[1].label;
        state.data.tree.value = Some(Arc::new(info));
        state.browse.selection = (0..6).collect();
        settle(&mut harness);
        snapshot(&mut harness, &format!("data_labels_{name}"));
        run(&mut harness, Command::Data(DataCommand::Page(Page::Splits)));
        wait(&mut harness, "the splits", |w| {
            w.model.data.splits_made.value.is_some() && w.model.data.report.value.is_some()
        });
        harness.state_mut().model.data.splits.way = Way::FewShot;
        let record = |id: i64, words: &str, current| SplitRecord {
            id,
            created: 0,
            recipe: SplitRecipe {
                command: words.to_owned(),
                scheme: serde_json::Value::Null,
                seed: Some(0),
            },
            counts: [("train".to_owned(), 14), ("val".to_owned(), 4), ("test".to_owned(), 6)].into(),
            current,
        };
        harness.state_mut().model.data.splits_made.value = Some(Arc::new(vec![
            record(1, "kept before another split was made", false),
            record(
                2,
                "patchlight split birds.patchlight --scheme random --fractions 0.6,0.15,0.25 --seed 0",
                true,
            ),
        ]));
        settle(&mut harness);
        snapshot(&mut harness, &format!("data_splits_{name}"));
    }
}

fn report(harness: &Harness<'static, Window>) -> Report {
    let Slot::Open(open) = &harness.state().model.project else {
        panic!()
    };
    let copy = |i: usize, split| Duplicate {
        picture: open.catalog.pictures[i].id,
        name: open.catalog.pictures[i].name.clone(),
        split: Some(split),
        width: 224,
        height: 224,
        content: i,
    };
    Report {
        imports: vec![ImportReport {
            unmatched: (0..40).map(|i| format!("train/lost {i:02}.png")).collect(),
            quarantined: vec![Quarantined {
                file: "train/torn.jpg".to_owned(),
                reason: "the picture is truncated".to_owned(),
            }],
            warnings: vec![Warning::new("ambiguous", "x.jpg could be 2 pictures")],
            ..ImportReport::default()
        }],
        unusable: Vec::new(),
        copies: vec![DuplicateGroup {
            exact: false,
            leakage: true,
            pictures: vec![copy(0, Split::Train), copy(15, Split::Val), copy(20, Split::Test)],
        }],
        missing: (0..12)
            .map(|i| {
                (
                    format!("train/scene {i:02}.png"),
                    format!("/media/disk/marsh/train/scene {i:02}.png"),
                )
            })
            .collect(),
        unchecked: 9,
    }
}

#[test]
fn what_was_found() {
    if !can_draw() {
        return;
    }
    for (look, name) in LOOKS {
        let (_folder, mut harness) = opened("plain", look);
        run(&mut harness, Command::Do(Action::Report));
        wait(&mut harness, "the report", |w| w.model.data.report.value.is_some());
        harness.state_mut().model.data.report.value = Some(Arc::new(Report::default()));
        settle(&mut harness);
        snapshot(&mut harness, &format!("data_found_nothing_{name}"));
        let report = report(&harness);
        harness.state_mut().model.data.report.value = Some(Arc::new(report));
        for (listed, words) in [
            (Listed::Unmatched, "unmatched"),
            (Listed::Leaks, "leaks"),
            (Listed::Missing, "missing"),
        ] {
            harness.state_mut().model.data.found.listed = listed;
            settle(&mut harness);
            snapshot(&mut harness, &format!("data_found_{words}_{name}"));
        }
        let relink = &mut harness.state_mut().model.data.relink;
        relink.to = "/media/disk 2/marsh".to_owned();
        relink.plan = Some(Arc::new(RelinkPlan {
            found: (0..3)
                .map(|i| Relinked {
                    picture: i,
                    name: format!("train/scene {i:02}.png"),
                    from: format!("/media/disk/marsh/train/scene {i:02}.png").into(),
                    to: format!("/media/disk 2/marsh/train/scene {i:02}.png").into(),
                    how: FoundBy::Relative,
                    content: if i < 2 { Sameness::Same } else { Sameness::Other },
                    take: i < 2,
                })
                .collect(),
            ambiguous: Vec::new(),
            lost: vec![Lost {
                picture: 9,
                name: "train/scene 09.png".to_owned(),
                from: "/media/disk/marsh/train/scene 09.png".into(),
            }],
        }));
        settle(&mut harness);
        snapshot(&mut harness, &format!("data_found_moved_{name}"));
    }
}

#[test]
fn exports() {
    if !can_draw() {
        return;
    }
    for (look, name) in LOOKS {
        let (_folder, mut harness) = opened("plain", look);
        run(&mut harness, Command::Do(Action::Export));
        let form = &mut harness.state_mut().model.data.export;
        form.format = Some(Format::Csv);
        (form.out, form.typed) = ("/home/anna/birds-csv.csv".to_owned(), true);
        form.failure = Some(Failure::new(
            "/home/anna/birds-csv.csv: something is there already",
            "Choose another place, or tick “replace what is there”.",
        ));
        settle(&mut harness);
        snapshot(&mut harness, &format!("data_export_refused_{name}"));
        let form = &mut harness.state_mut().model.data.export;
        form.failure = None;
        form.done = Some((
            form.out.clone(),
            Arc::new(ExportReport {
                images: 24,
                labels: 4,
                annotations: 42,
                files: 1,
                warnings: vec![Warning::new(
                    "boxes-lost",
                    "CSV cannot say this: 44 boxes; they will be left out",
                )],
            }),
        ));
        settle(&mut harness);
        snapshot(&mut harness, &format!("data_export_done_{name}"));
    }
}

/// Nothing is cut on a small screen with twice the pixels.
#[test]
fn on_a_small_screen() {
    if !can_draw() {
        return;
    }
    let (_folder, project) = project("plain");
    let mut options = options(Look::Dark);
    options.paths = vec![project];
    let mut harness = sized(options, [960.0, 600.0], 2.0);
    wait(&mut harness, "the project", |w| {
        matches!(w.model.project, Slot::Open(_))
    });
    run(&mut harness, Command::Do(Action::Overview));
    wait(&mut harness, "the numbers", |w| w.model.data.overview.value.is_some());
    settle(&mut harness);
    snapshot(&mut harness, "size_data_dense");
    run(&mut harness, Command::OpenPaths(vec![data()]));
    wait(&mut harness, "the preview", previewed);
    let it = form(&mut harness);
    it.data = "/home/anna/birds of the marsh".into();
    it.project = "/home/anna/birds of the marsh.patchlight".to_owned();
    settle(&mut harness);
    snapshot(&mut harness, "size_import_dense");
    // From another place the status bar leads back to the import.
    run(&mut harness, Command::Do(Action::Train));
    harness.get_by_label_contains("import: birds").click();
    settle(&mut harness);
    assert_eq!(harness.state().model.place, Place::Import);
}
