//! Data of one's own, by clicks: a look before an import, merging, numbers that lead to pictures, labels, splits, exports, moved files.

use crate::support::*;
use eframe::egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use patchlight::app::Window;
use patchlight::app::model::action::Action;
use patchlight::app::model::command::{Command, DataCommand, Field, Pick, Place};
use patchlight::app::model::data::Page;
use patchlight::app::model::data_forms::Shown;
use patchlight::app::model::job::Job;
use patchlight::app::model::job_kind::{DataTask, JobKind};
use patchlight::app::model::open::{Open, Slot};
use patchlight::app::model::prefs::Look;
use patchlight::app::model::project_messages::LabelChange;
use patchlight::dataset::formats::{Columns, Format, ImportRequest, TableShape};
use patchlight::engine::request::{ProjectNew, Request};
use patchlight::project::{Bin, Project};
use std::path::Path;
use std::sync::Arc;

/// Whether the data were looked at, and the new project has a name.
pub fn previewed(window: &Window) -> bool {
    let form = window.model.data.import.as_ref();
    let looked = form.is_some_and(|f| f.looking.is_none() && f.changed.is_none() && f.preview.is_some());
    looked && form.is_some_and(|f| !f.project.is_empty())
}

/// The open project.
pub fn open(window: &Window) -> &Open {
    match &window.model.project {
        Slot::Open(open) => open,
        _ => panic!("no project is open"),
    }
}

fn is_open(window: &Window) -> bool {
    matches!(window.model.project, Slot::Open(_))
}

/// Queues a command and lets it happen.
pub fn run(harness: &mut Harness<'static, Window>, command: Command) {
    harness.state_mut().command(command);
    harness.step();
    harness.step();
}

fn names(window: &Window) -> Vec<String> {
    open(window).catalog.labels.iter().map(|l| l.name.clone()).collect()
}

#[test]
fn data_are_looked_at_before_they_are_imported_and_the_format_can_be_changed() {
    if !can_draw() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().join("marsh");
    copy(&data(), &here);
    let project = folder.path().join("marsh.patchlight");
    let mut harness = window(options(Look::Dark));
    run(&mut harness, Command::OpenPaths(vec![here]));
    wait(&mut harness, "the preview", previewed);
    let form = harness.state().model.data.import.clone().unwrap();
    let preview = form.preview.clone().unwrap();
    assert_eq!(harness.state().model.place, Place::Import);
    assert_eq!(
        (preview.format, preview.images, preview.labels.len()),
        (Format::Coco, 24, 4)
    );
    assert_eq!(preview.rows.len(), 12, "rows are spread over the data");
    assert!(!project.exists(), "nothing is written before it is asked for");
    // As a folder for each label the same data mean something else.
    click(&mut harness, "Format of the data");
    click(&mut harness, Format::Folder.title());
    wait(&mut harness, "another look", |w| {
        previewed(w) && w.model.data.import.as_ref().unwrap().preview.as_ref().unwrap().format == Format::Folder
    });
    let form = harness.state().model.data.import.clone().unwrap();
    assert_ne!(form.preview.clone().unwrap().labels, preview.labels);
    // What is none says why, and can be mended on the spot.
    click(&mut harness, "Format of the data");
    click(&mut harness, Format::Cvat.title());
    wait(&mut harness, "the failure", |w| {
        w.model.data.import.as_ref().is_some_and(|f| f.failure.is_some())
    });
    assert!(harness.query_by_label_contains("cannot be understood").is_some());
    click(&mut harness, "Format of the data");
    click(&mut harness, Format::Coco.title());
    wait(&mut harness, "the first look again", |w| {
        previewed(w)
            && w.model
                .data
                .import
                .as_ref()
                .unwrap()
                .preview
                .as_ref()
                .unwrap()
                .labels
                .len()
                == 4
    });
    // Silence is to mean "not known".
    click(&mut harness, "is not known: nobody looked");
    click(&mut harness, "Import");
    wait(&mut harness, "the project", is_open);
    let catalog = &open(harness.state()).catalog;
    assert_eq!(catalog.folder, project);
    assert!(catalog.truth.contains(&-1) && !catalog.truth.contains(&0));
    assert_eq!(harness.state().model.place, Place::Pictures);
    // The content is checked by itself afterwards.
    wait(&mut harness, "the check", |w| !w.model.jobs.busy());
    let checked = |j: &Job| j.spec.kind == JobKind::Data(DataTask::Check);
    assert!(harness.state().model.jobs.list.iter().any(checked));
    run(&mut harness, Command::Data(DataCommand::Page(Page::Report)));
    wait(&mut harness, "the report", |w| w.model.data.report.value.is_some());
    assert_eq!(harness.state().model.data.report.value.as_ref().unwrap().unchecked, 0);
}

#[test]
fn columns_of_a_table_are_chosen_by_their_names() {
    if !can_draw() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().join("marsh");
    copy(&data(), &here);
    let mut harness = window(options(Look::Light));
    run(&mut harness, Command::OpenPaths(vec![here]));
    wait(&mut harness, "the preview", previewed);
    // A table as its reader tells of it.
    let form = harness.state_mut().model.data.import.as_mut().unwrap();
    let mut preview = (**form.preview.as_ref().unwrap()).clone();
    preview.format = Format::Csv;
    preview.columns = ["file", "tags", "part"].map(str::to_owned).to_vec();
    preview.mapping = Columns {
        shape: Some(TableShape::Joined),
        image: Some("file".to_owned()),
        labels: Some("part".to_owned()),
        ..Columns::default()
    };
    form.preview = Some(Arc::new(preview));
    settle(&mut harness);
    click(&mut harness, "Column of labels");
    click(&mut harness, "tags");
    let form = harness.state().model.data.import.as_ref().unwrap();
    assert_eq!(form.columns.labels.as_deref(), Some("tags"));
    assert_eq!(form.request().columns.labels.as_deref(), Some("tags"));
    assert!(
        form.changed.is_some() || form.looking.is_some(),
        "it is looked at again"
    );
    click(&mut harness, "Cancel");
    assert!(harness.state().model.data.import.is_none());
    assert_eq!(harness.state().model.place, Place::Home);
    assert!(!folder.path().join("marsh.patchlight").exists());
}

/// A project on a copy of the data, both in a folder of their own.
fn own_project(folder: &Path) -> (std::path::PathBuf, std::path::PathBuf) {
    let here = folder.join("marsh");
    copy(&data(), &here);
    let project = folder.join("marsh.patchlight");
    job(&Request::ProjectNew(ProjectNew {
        project: project.clone(),
        import: ImportRequest::new(&here),
        model: None,
    }));
    (here, project)
}

fn open_window(project: &Path) -> Harness<'static, Window> {
    let mut options = options(Look::Dark);
    options.paths = vec![project.to_owned()];
    let mut harness = window(options);
    wait(&mut harness, "the project", is_open);
    settle(&mut harness);
    harness
}

#[test]
fn merging_shows_the_difference_first_and_keeps_what_people_said() {
    if !can_draw() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (here, project) = own_project(folder.path());
    let mut harness = open_window(&project);
    // A person says that the first picture has a fish.
    let fish = |w: &Window| open(w).catalog.truth_of(0)[3];
    harness.state_mut().command(Command::SetLabel(
        vec![0],
        3,
        patchlight::dataset::model::Truth::Positive,
    ));
    wait(&mut harness, "the edit", |w| fish(w) == 1);
    // The source has another label meanwhile, on one picture.
    let file = here.join("train.json");
    let mut json: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    json["categories"]
        .as_array_mut()
        .unwrap()
        .push(serde_json::json!({"id": 9, "name": "owl"}));
    json["annotations"].as_array_mut().unwrap().push(serde_json::json!(
        {"id": 900, "image_id": 1, "category_id": 9, "bbox": [1.0, 1.0, 5.0, 5.0], "area": 25.0, "iscrowd": 0}));
    std::fs::write(&file, json.to_string()).unwrap();
    run(&mut harness, Command::Picked(Pick::For(Field::Add), vec![here]));
    wait(&mut harness, "the difference", |w| {
        w.model.data.import.as_ref().is_some_and(|f| f.difference.is_some())
    });
    settle(&mut harness);
    let form = harness.state().model.data.import.clone().unwrap();
    let diff = form.difference.unwrap();
    assert_eq!(form.shown, Shown::Difference);
    assert_eq!(diff.new_labels, ["owl"]);
    assert_eq!((diff.changed.len(), diff.new.len()), (1, 0));
    assert!(harness.query_by_label_contains("+ owl").is_some());
    assert_eq!(names(harness.state()).len(), 4, "nothing was merged yet");
    click(&mut harness, "Merge");
    wait(&mut harness, "the merge", |w| is_open(w) && names(w).len() == 5);
    assert_eq!(
        open(harness.state()).catalog.truth_of(0)[3],
        1,
        "what a person said stays"
    );
    assert_eq!(open(harness.state()).catalog.positives(None)[4], 1);
    wait(&mut harness, "the check", |w| !w.model.jobs.busy());
}

#[test]
fn a_bar_of_the_overview_leads_to_its_pictures() {
    if !can_draw() {
        return;
    }
    let (_folder, mut harness) = opened("plain", Look::Dark);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Num3);
    wait(&mut harness, "the numbers", |w| w.model.data.overview.value.is_some());
    settle(&mut harness);
    let overview = harness.state().model.data.overview.value.clone().unwrap();
    let guitar = overview.labels.iter().find(|l| l.name == "guitar").unwrap();
    click(
        &mut harness,
        &format!("guitar, train: {} pictures", guitar.positives[0]),
    );
    wait(&mut harness, "the pictures", |w| w.model.place == Place::Pictures);
    settle(&mut harness);
    let state = &harness.state().model;
    assert_eq!(state.browse.shown.len(), guitar.positives[0]);
    for i in &state.browse.shown {
        assert_eq!(open(harness.state()).catalog.truth_of(*i as usize)[2], 1);
    }
    // The chip that says so takes the filter away.
    click(&mut harness, "Do not filter by guitar, train");
    settle(&mut harness);
    assert_eq!(harness.state().model.browse.shown.len(), 24);
    let pair = overview.pairs[0];
    let bin = Bin::Together {
        first: pair.first,
        second: pair.second,
    };
    run(
        &mut harness,
        Command::Data(DataCommand::PicturesOf(bin, "two labels".to_owned())),
    );
    wait(&mut harness, "the pair", |w| {
        w.model.browse.shown.len() == pair.pictures
    });
}

#[test]
fn labels_are_renamed_merged_and_split_off_and_all_of_it_can_be_undone() {
    if !can_draw() {
        return;
    }
    let (_folder, mut harness) = opened("plain", Look::Dark);
    let before = open(harness.state()).catalog.truth.clone();
    let id = |w: &Window, name: &str| {
        let label = open(w).catalog.labels.iter().find(|l| l.name == name);
        label.unwrap_or_else(|| panic!("no label {name}")).id
    };
    // Two pictures with a fish are selected, for later.
    let fish: Vec<u32> = (0..24u32)
        .filter(|i| open(harness.state()).catalog.truth_of(*i as usize)[3] == 1)
        .collect();
    harness.state_mut().model.browse.selection = fish[..2].iter().copied().collect();
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::L);
    wait(&mut harness, "the tree", |w| w.model.data.tree.value.is_some());
    settle(&mut harness);
    click(&mut harness, "Label car");
    harness.state_mut().model.data.labels.name = "vehicle/car".to_owned();
    harness.step();
    click(&mut harness, "Rename");
    wait(&mut harness, "the name", |w| names(w)[1] == "vehicle/car");
    wait(&mut harness, "the tree", |w| {
        w.model.data.tree.value.as_ref().unwrap().tree.len() == 5
    });
    // A description, which changes no other number.
    let chosen = id(harness.state(), "fish");
    let describe = LabelChange::Describe(chosen, Some(" with fins ".to_owned()));
    run(&mut harness, Command::Data(DataCommand::Label(describe)));
    let described = |w: &Window| {
        open(w)
            .catalog
            .labels
            .iter()
            .filter(|l| l.description.is_some())
            .count()
    };
    wait(&mut harness, "the description", |w| described(w) == 1);
    settle(&mut harness);
    click(&mut harness, "Label fish");
    settle(&mut harness);
    harness.state_mut().model.data.labels.part = "trout".to_owned();
    harness.step();
    click(&mut harness, "Split off");
    wait(&mut harness, "the new label", |w| names(w).len() == 5);
    assert_eq!(open(harness.state()).catalog.positives(None)[4], 2);
    let (apple, guitar) = (id(harness.state(), "apple"), id(harness.state(), "guitar"));
    run(
        &mut harness,
        Command::Data(DataCommand::Label(LabelChange::Merge(guitar, apple))),
    );
    wait(&mut harness, "the merge", |w| names(w).len() == 4);
    // All the way back, a step at a time: names, descriptions and truth follow.
    let undo = |harness: &mut Harness<'static, Window>| {
        harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
        harness.step();
    };
    undo(&mut harness);
    wait(&mut harness, "guitar again", |w| names(w).len() == 5);
    undo(&mut harness);
    wait(&mut harness, "no trout", |w| names(w).len() == 4);
    undo(&mut harness);
    wait(&mut harness, "no description", |w| described(w) == 0);
    undo(&mut harness);
    wait(&mut harness, "the old name", |w| names(w)[1] == "car");
    assert_eq!(open(harness.state()).catalog.truth, before);
    assert_eq!(open(harness.state()).catalog.edited(), 0);
}

#[test]
fn a_split_is_made_undone_and_given_back() {
    if !can_draw() {
        return;
    }
    let (_folder, mut harness) = opened("plain", Look::Dark);
    let counts = |w: &Window| open(w).catalog.split_counts();
    assert_eq!(counts(harness.state()), [14, 4, 6, 0]);
    harness.state_mut().model.browse.selection = [3u32].into();
    run(&mut harness, Command::Do(Action::Splits));
    wait(&mut harness, "the history", |w| {
        w.model.data.splits_made.value.is_some()
    });
    settle(&mut harness);
    click(&mut harness, "Make this split");
    wait(&mut harness, "the split", |w| counts(w) != [14, 4, 6, 0]);
    assert_eq!(
        harness.state().model.browse.selection.len(),
        1,
        "the rest of the window stays as it was"
    );
    let made = counts(harness.state());
    wait(&mut harness, "the record", |w| {
        w.model.data.splits_made.value.as_ref().is_some_and(|s| s.len() == 2)
    });
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    wait(&mut harness, "undo", |w| counts(w) == [14, 4, 6, 0]);
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    wait(&mut harness, "redo", |w| counts(w) == made);
    wait(&mut harness, "no job", |w| !w.model.jobs.busy());
    settle(&mut harness);
    // The first record holds what came with the data.
    click(&mut harness, "Restore");
    wait(&mut harness, "the first splits", |w| counts(w) == [14, 4, 6, 0]);
}

/// Files with an ending in a folder and below.
fn ending(folder: &Path, ending: &str) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    entries
        .map(|path| match path.is_dir() {
            true => self::ending(&path, ending),
            false => usize::from(path.extension().is_some_and(|e| e == ending)),
        })
        .sum()
}

#[test]
fn an_export_is_written_and_a_refusal_says_what_to_do() {
    if !can_draw() {
        return;
    }
    let (folder, mut harness) = opened("plain", Look::Dark);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::E);
    settle(&mut harness);
    let out = folder.path().join("as voc");
    let form = &mut harness.state_mut().model.data.export;
    form.format = Some(Format::Voc);
    (form.out, form.typed) = (out.to_string_lossy().into_owned(), true);
    harness.step();
    click(&mut harness, "train 14");
    click(&mut harness, "Export now");
    wait(&mut harness, "the export", |w| w.model.data.export.done.is_some());
    let report = harness.state().model.data.export.done.clone().unwrap().1;
    assert_eq!(report.images, 14);
    assert_eq!(ending(&out, "xml"), 14);
    settle(&mut harness);
    // What is there is not replaced unasked.
    click(&mut harness, "Export now");
    wait(&mut harness, "the refusal", |w| w.model.data.export.failure.is_some());
    settle(&mut harness);
    assert!(harness.query_all_by_label_contains("as voc").next().is_some());
    click(&mut harness, "replace what is there");
    click(&mut harness, "Export now");
    wait(&mut harness, "the second export", |w| {
        w.model.data.export.done.is_some()
    });
}

#[test]
fn moved_pictures_are_found_again() {
    if !can_draw() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (here, project) = own_project(folder.path());
    let there = folder.path().join("another place");
    std::fs::rename(&here, &there).unwrap();
    let mut harness = open_window(&project);
    assert!(harness.query_by_label_contains("Labels are kept").is_some());
    click(&mut harness, "Find moved pictures…");
    wait(&mut harness, "the report", |w| w.model.data.report.value.is_some());
    assert_eq!(
        harness.state().model.data.report.value.as_ref().unwrap().missing.len(),
        24
    );
    run(
        &mut harness,
        Command::Picked(Pick::For(Field::Moved), vec![there.clone()]),
    );
    wait(&mut harness, "the plan", |w| w.model.data.relink.plan.is_some());
    assert!(
        Project::open_read_only(&project).unwrap().pictures(None).unwrap()[0]
            .path
            .starts_with(&here)
    );
    wait(&mut harness, "no job", |w| !w.model.jobs.busy());
    settle(&mut harness);
    click(&mut harness, "Take over 24 pictures");
    wait(&mut harness, "the pictures", |w| {
        is_open(w) && open(w).catalog.pictures.iter().all(|p| p.path.starts_with(&there))
    });
    run(&mut harness, Command::Do(Action::Pictures));
    settle(&mut harness);
    assert!(harness.query_by_label_contains("Labels are kept").is_none());
}
