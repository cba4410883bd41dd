//! What lies around the places: keys, the boxes to type in, messages, and what is asked about data.

use crate::data::{open, previewed, run};
use crate::support::*;
use eframe::egui::{Event, Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use patchlight::app::Window;
use patchlight::app::model::action::Action;
use patchlight::app::model::command::{Command, Place};
use patchlight::app::model::data_forms::ImportForm;
use patchlight::app::model::notices::Level;
use patchlight::app::model::open::Slot;
use patchlight::app::model::prefs::Look;

/// A key as it is pressed and let go.
fn key(key: Key, modifiers: Modifiers) -> [Event; 2] {
    [true, false].map(|pressed| Event::Key {
        key,
        physical_key: None,
        pressed,
        repeat: false,
        modifiers,
    })
}

/// A letter or digit as a keyboard brings it: the key and its text.
fn letter(of: Key, text: &str) -> Vec<Event> {
    let [down, up] = key(of, Modifiers::NONE);
    vec![down, Event::Text(text.to_owned()), up]
}

/// All of these come in one frame; then a few frames go by.
fn in_one_frame(harness: &mut Harness<'static, Window>, events: Vec<Event>) {
    harness.input_mut().events.extend(events);
    for _ in 0..8 {
        harness.step();
    }
}

fn typed(window: &Window) -> Option<&str> {
    window.model.desk.palette.as_ref().map(|(text, _)| text.as_str())
}

fn labels(window: &Window) -> Vec<String> {
    match &window.model.project {
        Slot::Open(open) => open.catalog.labels.iter().map(|l| l.name.clone()).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn no_letter_is_lost_that_is_typed_in_the_frame_of_a_key_before_it() {
    if !can_draw() {
        return;
    }
    let (_folder, mut harness) = opened("plain", Look::Dark);
    let palette = || key(Key::K, Modifiers::COMMAND).to_vec();
    let escape = || key(Key::Escape, Modifiers::NONE).to_vec();
    let first = [escape(), palette(), letter(Key::T, "t"), letter(Key::Num4, "4")].concat();
    in_one_frame(&mut harness, first);
    assert_eq!(typed(harness.state()), Some("t4"));
    assert_eq!(open(harness.state()).catalog.edited(), 0, "the digit is no label here");
    // Closed and opened again, with letters at once.
    let again = [escape(), palette(), letter(Key::R, "r"), letter(Key::E, "e")].concat();
    in_one_frame(&mut harness, again);
    assert_eq!(typed(harness.state()), Some("re"));
    // From the field of another place, up to Enter.
    in_one_frame(&mut harness, escape());
    click(&mut harness, "Words in name or label");
    let all = [
        palette(),
        vec![Event::Text("results".to_owned())],
        key(Key::Enter, Modifiers::NONE).to_vec(),
    ]
    .concat();
    in_one_frame(&mut harness, all);
    assert_eq!(
        (harness.state().model.place, typed(harness.state())),
        (Place::Results, None)
    );
    assert_eq!(
        harness.state().model.browse.filter.words,
        "",
        "nothing went to the field below"
    );
}

#[test]
fn labels_are_typed_one_after_the_other_without_a_click_between() {
    if !can_draw() {
        return;
    }
    let (_folder, mut harness) = opened("plain", Look::Light);
    click(&mut harness, "Name of a new label");
    let enter = || key(Key::Enter, Modifiers::NONE).to_vec();
    let names = ["owl", "heron", "wren", "kite", "rook"];
    let lines: Vec<Event> = names
        .iter()
        .flat_map(|name| [vec![Event::Text((*name).to_owned())], enter()].concat())
        .collect();
    for _ in 0..8 {
        in_one_frame(&mut harness, Vec::new());
    }
    in_one_frame(&mut harness, lines);
    wait(&mut harness, "five labels", |w| labels(w).len() == 9);
    assert_eq!(labels(harness.state())[4..], names);
    // A list that was copied elsewhere is as many labels.
    harness.event(Event::Paste("stork\ncrane\n".to_owned()));
    wait(&mut harness, "two more", |w| labels(w).len() == 11);
    assert_eq!(labels(harness.state())[9..], ["stork", "crane"]);
}

#[test]
fn a_label_beyond_the_tenth_is_given_by_typing_it() {
    if !can_draw() {
        return;
    }
    let (_folder, mut harness) = opened("plain", Look::Dark);
    for i in 0..9 {
        let name = if i == 8 { "wren".to_owned() } else { format!("bird {i}") };
        harness.state_mut().command(Command::AddLabel(name));
    }
    wait(&mut harness, "the labels", |w| labels(w).len() == 13);
    settle(&mut harness);
    let wren = |w: &Window| open(w).catalog.positives(None)[12];
    in_one_frame(&mut harness, key(Key::A, Modifiers::COMMAND).to_vec());
    let give = [
        key(Key::T, Modifiers::COMMAND).to_vec(),
        vec![Event::Text("wre".to_owned())],
    ]
    .concat();
    in_one_frame(&mut harness, give);
    snapshot(&mut harness, "label_box");
    in_one_frame(&mut harness, key(Key::Enter, Modifiers::NONE).to_vec());
    wait(&mut harness, "the label on all", |w| wren(w) == 24);
    assert_eq!(
        harness.state().model.desk.label_box,
        Some((String::new(), 0)),
        "the next one can be typed"
    );
    // A name that there is not becomes a label, and the next Enter gives it.
    let new = [
        vec![Event::Text("coot".to_owned())],
        key(Key::Enter, Modifiers::NONE).to_vec(),
    ]
    .concat();
    in_one_frame(&mut harness, new);
    wait(&mut harness, "the new label", |w| labels(w).len() == 14);
    in_one_frame(&mut harness, key(Key::Enter, Modifiers::NONE).to_vec());
    wait(&mut harness, "it on all", |w| open(w).catalog.positives(None)[13] == 24);
    let apples = open(harness.state()).catalog.positives(None)[0];
    in_one_frame(&mut harness, key(Key::Enter, Modifiers::NONE).to_vec());
    assert_eq!(harness.state().model.desk.label_box, None, "Enter on nothing ends it");
    settle(&mut harness);
    assert_eq!(
        open(harness.state()).catalog.positives(None)[0],
        apples,
        "and gives no label"
    );
}

#[test]
fn messages_cover_nothing_and_what_asks_stays() {
    if !can_draw() {
        return;
    }
    let (_folder, mut harness) = opened("plain", Look::Dark);
    let notices = &mut harness.state_mut().model.notices;
    notices.done("“apple” given to 3 pictures");
    let ask = Some(("Resume".to_owned(), Command::Do(Action::Home)));
    notices.say(Level::Note, "run-1 was stopped before its end", None, ask);
    settle(&mut harness);
    let message = harness.get_by_label("run-1 was stopped before its end").rect();
    let button = harness.get_by_label("Resume").rect();
    assert!(
        button.top() <= message.top() && message.bottom() <= button.bottom(),
        "on one line: {message:?} {button:?}"
    );
    // A click on the message is none on what is below it.
    harness.get_by_label("run-1 was stopped before its end").click();
    harness.step();
    harness.step();
    assert!(harness.state().model.browse.selection.is_empty());
    assert!(harness.query_by_label("Resume").is_some());
    // The small one has the status bar to itself, and no button.
    let small = harness.get_by_label("“apple” given to 3 pictures").rect();
    assert!(small.top() > message.bottom() && small.bottom() > 690.0, "{small:?}");
    click(&mut harness, "Close: run-1 was stopped before its end");
    assert!(harness.query_by_label("Resume").is_none());
}

fn form<'a>(harness: &'a mut Harness<'static, Window>) -> &'a mut ImportForm {
    harness.state_mut().model.data.import.as_mut().unwrap()
}

#[test]
fn a_table_with_unknown_columns_is_imported_by_naming_them() {
    if !can_draw() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for name in ["f1", "f2"] {
        let to = folder.path().join(format!("{name}.png"));
        std::fs::copy(data().join("train/scene 00.png"), to).unwrap();
    }
    let table = folder.path().join("liste.csv");
    std::fs::write(&table, "nr;aufnahme;motiv;ort\n1;f1;Eule;Wald\n2;f2;Reh;Wiese\n").unwrap();
    let mut harness = window(options(Look::Light));
    harness.step();
    drop_paths(&mut harness, [table]);
    wait(&mut harness, "the look", previewed);
    settle(&mut harness);
    // What is shown of the place does not depend on the machine.
    let here = form(&mut harness).data.clone();
    form(&mut harness).data = "/data/liste.csv".into();
    snapshot(&mut harness, "import_unknown_columns");
    form(&mut harness).data = here;
    assert!(harness.query_by_label("What do the columns mean?").is_some());
    assert!(harness.query_by_label("Eule").is_some(), "the first rows are there");
    for (picker, column) in [("Column of pictures", "aufnahme"), ("Column of labels", "motiv")] {
        click(&mut harness, picker);
        harness.get_all_by_label(column).last().unwrap().click();
        harness.step();
        wait(&mut harness, "another look", previewed);
    }
    let found = harness.state().model.data.import.clone().unwrap().preview.unwrap();
    assert_eq!((found.images, found.labels.len(), &found.problem), (2, 2, &None));
    settle(&mut harness);
    assert!(
        harness.query_by_label("Wiese").is_some(),
        "the rows stay under the columns"
    );
}

#[test]
fn pictures_without_labels_are_asked_about_on_a_page() {
    if !can_draw() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().join("holiday");
    copy(&data().join("train"), &here);
    let mut harness = window(options(Look::Light));
    harness.step();
    drop_paths(&mut harness, [here.clone()]);
    wait(&mut harness, "the choice", |w| w.model.place == Place::Unlabelled);
    settle(&mut harness);
    snapshot(&mut harness, "unlabelled");
    click(&mut harness, "Make a project");
    wait(&mut harness, "the look", previewed);
    settle(&mut harness);
    let said = harness.get_by_label("Format of the data").value();
    assert_eq!(said.as_deref(), Some("Pictures without labels"));
    assert!(
        harness.query_by_label("is not there").is_none(),
        "what silence means is asked while labels are given"
    );
    click(&mut harness, "Import");
    wait(&mut harness, "the project", |w| {
        matches!(w.model.project, Slot::Open(_)) && !w.model.jobs.busy()
    });
    // While pictures are picked, what the others count as is said, and changed by a click.
    run(&mut harness, Command::AddLabel("owl".to_owned()));
    wait(&mut harness, "the label", |w| labels(w).len() == 1);
    run(&mut harness, Command::PickFor(Some(0)));
    settle(&mut harness);
    let first = open(harness.state()).catalog.pictures[0].name.clone();
    click(&mut harness, &first);
    let count = |w: &Window, value: i8| open(w).catalog.truth.iter().filter(|t| **t == value).count();
    wait(&mut harness, "the pick", |w| count(w, 1) == 1);
    settle(&mut harness);
    snapshot(&mut harness, "picking_others");
    click(&mut harness, "not known");
    wait(&mut harness, "not known", |w| count(w, -1) == 13);
    click(&mut harness, "not there");
    wait(&mut harness, "not there", |w| count(w, 0) == 13);
}

/// Nothing in Home's cards runs into anything else, however wide the window is.
#[test]
fn cards_keep_their_words_and_buttons_apart() {
    if !can_draw() {
        return;
    }
    for (width, zoom) in [
        (1400.0, 1.0),
        (1024.0, 1.0),
        (1280.0, 1.0),
        (1280.0, 1.3),
        (1280.0, 1.6),
    ] {
        let mut options = options(Look::Dark);
        let prefs = options.prefs.as_mut().unwrap();
        prefs.scale = zoom;
        prefs.model = Some("/models/a folder with a long name/clip".to_owned());
        let mut harness = sized(options, [width, 900.0], 1.0);
        settle(&mut harness);
        for (sentence, button) in [
            ("Draws its own pictures", "Start the demo"),
            ("A folder of pictures, labelled or not", "Folder…"),
            ("/models/a folder with", "Built-in"),
        ] {
            let words = harness.get_by_label_contains(sentence).rect();
            let button = harness.get_by_label(button).rect();
            assert!(words.bottom() <= button.top(), "{width} {zoom}: {words:?} {button:?}");
            assert!(button.right() <= width, "{width} {zoom}: {button:?}");
        }
        let ends: Vec<f32> = ["Quick one", "Project…", "Built-in"]
            .map(|name| harness.get_by_label(name).rect())
            .iter()
            .map(|rect| rect.right())
            .collect();
        let starts = harness.get_by_label("Folder…").rect().left();
        let side = harness.get_by_label("See models").rect().left();
        if side > starts + 50.0 {
            assert!(
                ends[0] < starts && ends[1] < side,
                "{width} {zoom}: no card reaches into the next"
            );
        }
        if zoom == 1.0 && width == 1024.0 {
            snapshot(&mut harness, "home_cards_narrow");
        }
    }
}
