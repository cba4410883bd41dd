//! Labels by hand, the selection, filters, picking, what the project's thread tells of labels.

use super::*;
use crate::app::model::choose::Choose;
use crate::app::model::command::{BrowseCommand, Place};
use crate::app::model::filter::{Filter, LabelTest, Sort, pictures_of};
use crate::app::model::predicted::Predicted;
use crate::app::model::project_messages::{LabelsNow, ValuesNow};
use crate::dataset::model::Truth;

fn browse(d: &mut Driver, command: BrowseCommand) {
    d.command(Command::Browse(command));
}

fn choose(d: &mut Driver, place: usize, how: Choose) {
    browse(d, BrowseCommand::Choose(place, how));
}

fn travel(d: &mut Driver, by: isize, extend: bool) {
    browse(d, BrowseCommand::Travel { by, extend });
}

fn selection(d: &Driver) -> Vec<u32> {
    d.model.browse.selection.iter().copied().collect()
}

/// The project's thread has given pictures other values.
fn values(d: &mut Driver, rows: Vec<(i64, Vec<i8>, bool)>, said: &str) {
    d.reply(ProjectReply::Values(ValuesNow {
        rows,
        undo: Some(edit(said)),
        redo: None,
        said: said.to_owned(),
    }));
}

/// The project's thread tells all labels anew: so many of those that were there, and a new one where one is named.
fn labels(d: &mut Driver, kept: usize, added: Option<&str>) {
    let mut labels: Vec<_> = d.catalog().labels.iter().take(kept).cloned().collect();
    labels.extend(added.map(|name| label(99, name)));
    let values = labels.len() * d.catalog().pictures.len();
    let predicted = Predicted::of(
        &d.catalog().run,
        vec![0.5; values],
        vec![0.0; values],
        labels.len(),
        &[],
    );
    d.reply(ProjectReply::Labels(LabelsNow {
        labels,
        truth: vec![0; values],
        predicted,
        undo: None,
        redo: None,
        said: "labels changed".to_owned(),
    }));
}

#[test]
fn a_label_is_set_by_the_ids_of_pictures_and_label() {
    let mut d = Driver::at_birds();
    d.command(Command::SetLabel(vec![0, 2, 77], 1, Truth::Unknown));
    d.did(&["ask SetLabel { pictures: [1, 3], label: 11, truth: Unknown }"]);
    assert_eq!(d.catalog().truth_of(0), [1, 0], "the project's thread has the word");
    d.command(Command::SetLabel(vec![0], 5, Truth::Positive));
    d.did(&[]);
}

#[test]
fn a_label_is_turned_on_at_the_cursor_and_off_where_it_is_there() {
    let mut d = Driver::at_birds();
    d.command(Command::ToggleLabel(1));
    d.did(&["ask SetLabel { pictures: [1], label: 11, truth: Positive }"]);
    d.command(Command::ToggleLabel(0));
    d.did(&["ask SetLabel { pictures: [1], label: 10, truth: Negative }"]);
    d.command(Command::ToggleLabel(2));
    d.did(&[]);
}

#[test]
fn a_label_that_not_all_chosen_pictures_have_is_turned_on_for_all() {
    let mut d = Driver::at_birds();
    choose(&mut d, 0, Choose::Only);
    choose(&mut d, 2, Choose::Range);
    d.command(Command::ToggleLabel(0));
    d.did(&["ask SetLabel { pictures: [1, 2, 3], label: 10, truth: Positive }"]);
    choose(&mut d, 2, Choose::Toggle);
    d.command(Command::ToggleLabel(0));
    d.did(&["ask SetLabel { pictures: [1, 2], label: 10, truth: Negative }"]);
}

#[test]
fn nothing_is_edited_in_a_project_that_is_open_for_looking_only() {
    let mut d = Driver::new();
    d.opened(small());
    for command in [
        Command::SetLabel(vec![0], 0, Truth::Negative),
        Command::ToggleLabel(0),
        Command::AddLabel("wren".to_owned()),
        Command::Do(Action::Undo),
        Command::Do(Action::Redo),
    ] {
        d.hush();
        d.command(command);
        d.did(&[]);
        assert_eq!(d.says(), (Level::Warning, "This project is open for looking only"));
    }
}

#[test]
fn undo_redo_and_new_labels_are_asked_of_the_project() {
    let mut d = Driver::at_birds();
    d.act(Action::Undo);
    d.did(&["ask Undo"]);
    d.act(Action::Redo);
    d.did(&["ask Redo"]);
    d.command(Command::AddLabel("wren".to_owned()));
    d.did(&[r#"ask AddLabel("wren")"#]);
}

#[test]
fn new_values_show_with_what_undo_would_take_back() {
    let mut d = Driver::at_birds();
    let version = d.model.open().unwrap().version;
    values(&mut d, vec![(3, vec![1, 1], true), (99, vec![0, 0], true)], "gave owl");
    assert_eq!(d.catalog().truth, [1, 0, 1, 0, 1, 1, -1, 1]);
    assert!(d.catalog().pictures[2].edited);
    assert_eq!(d.catalog().undo, Some(edit("gave owl")));
    assert_eq!(d.model.open().unwrap().version, version + 1);
    assert_eq!(d.says(), (Level::Done, "gave owl"));
}

#[test]
fn only_the_newest_word_on_an_edit_is_in_sight() {
    let mut d = Driver::at_birds();
    values(&mut d, Vec::new(), "gave owl");
    values(&mut d, Vec::new(), "took owl");
    assert_eq!(d.model.notices.list.len(), 1);
    assert_eq!(d.says().1, "took owl");
    assert_eq!(d.model.notices.log.len(), 2);
}

#[test]
fn values_for_other_labels_than_there_are_now_are_left_out() {
    let mut d = Driver::at_birds();
    values(&mut d, vec![(1, vec![0, 0, 0], true)], "late");
    assert_eq!(d.catalog().truth_of(0), [1, 0]);
}

#[test]
fn the_list_of_recent_projects_shows_the_state_of_now() {
    let mut d = Driver::at_birds();
    assert_eq!(d.model.prefs.recent[0].counts, [4, 2]);
    labels(&mut d, 2, Some("wren"));
    assert_eq!(d.model.prefs.recent[0].counts, [4, 3]);
}

#[test]
fn columns_that_moved_are_chosen_no_longer() {
    let mut d = Driver::at_birds();
    d.command(Command::PickFor(Some(1)));
    browse(&mut d, BrowseCommand::Filter(pictures_of(1, LabelTest::Positive, None)));
    d.model.inspect.pinned = vec![1];
    d.model.results.label = Some(1);
    labels(&mut d, 1, None);
    assert_eq!(d.model.browse.picking, None);
    assert!(d.model.browse.filter.is_empty());
    assert!(d.model.inspect.pinned.is_empty());
    assert_eq!(d.model.results.label, None);
    assert_eq!(d.model.browse.shown, [0, 1, 2, 3]);
}

#[test]
fn pictures_sorted_by_a_label_that_goes_are_in_the_order_of_the_data_again() {
    let mut d = Driver::at_birds();
    browse(&mut d, BrowseCommand::Sort(Sort::Score(1)));
    assert_eq!(d.model.browse.shown[0], 2);
    labels(&mut d, 1, None);
    assert_eq!((d.model.browse.sort, d.model.browse.shown[0]), (Sort::Data, 0));
}

#[test]
fn labels_that_only_changed_their_words_stay_chosen() {
    let mut d = Driver::at_birds();
    let filter = pictures_of(1, LabelTest::Predicted, None);
    browse(&mut d, BrowseCommand::Filter(filter.clone()));
    browse(&mut d, BrowseCommand::Sort(Sort::Score(1)));
    d.model.inspect.pinned = vec![1];
    labels(&mut d, 2, None);
    assert_eq!((&d.model.browse.filter, d.model.browse.sort), (&filter, Sort::Score(1)));
    assert_eq!(d.model.inspect.pinned, [1]);
}

#[test]
fn a_new_label_has_a_column_everywhere_and_measures_come_anew() {
    let mut d = Driver::at_birds();
    labels(&mut d, 2, Some("wren"));
    assert_eq!(d.catalog().labels[2].name, "wren");
    assert_eq!(d.catalog().truth_of(3), [0, 0, 0]);
    assert!(d.catalog().compared.is_empty());
    assert_eq!(d.says(), (Level::Done, "labels changed"));
    d.command(Command::ToggleLabel(2));
    d.did(&["ask SetLabel { pictures: [1], label: 99, truth: Positive }"]);
}

#[test]
fn pictures_are_picked_for_a_label_until_one_leaves_them() {
    let mut d = Driver::at_birds();
    choose(&mut d, 1, Choose::Only);
    d.command(Command::PickFor(Some(1)));
    assert_eq!((d.model.place, d.model.browse.picking), (Place::Pictures, Some(1)));
    assert!(selection(&d).is_empty());
    d.act(Action::Results);
    assert_eq!(d.model.browse.picking, None, "a click there must not change a label");
    d.command(Command::PickFor(Some(0)));
    d.command(Command::PickFor(None));
    assert_eq!((d.model.place, d.model.browse.picking), (Place::Train, None));
}

#[test]
fn clicks_choose_pictures() {
    let mut d = Driver::at_birds();
    choose(&mut d, 1, Choose::Only);
    assert_eq!(selection(&d), [1]);
    choose(&mut d, 3, Choose::Toggle);
    assert_eq!(selection(&d), [1, 3]);
    choose(&mut d, 1, Choose::Range);
    assert_eq!(selection(&d), [1, 2, 3], "from the last one that was chosen");
    choose(&mut d, 0, Choose::Point);
    assert_eq!((selection(&d), d.model.browse.cursor), (vec![1, 2, 3], 0));
    choose(&mut d, 9, Choose::Only);
    assert_eq!((selection(&d), d.model.browse.cursor), (vec![1, 2, 3], 0));
}

#[test]
fn the_cursor_travels_within_the_pictures_and_is_brought_into_view() {
    let mut d = Driver::at_birds();
    let seen = d.model.browse.reveal;
    travel(&mut d, 2, false);
    assert_eq!((d.model.browse.cursor, d.model.browse.reveal), (2, seen + 1));
    travel(&mut d, 9, false);
    assert_eq!(d.model.browse.cursor, 3);
    travel(&mut d, -9, false);
    assert_eq!(d.model.browse.cursor, 0);
}

#[test]
fn travel_with_the_selection_grows_and_shrinks_it() {
    let mut d = Driver::at_birds();
    travel(&mut d, 1, false);
    travel(&mut d, 2, true);
    assert_eq!(selection(&d), [1, 2, 3]);
    travel(&mut d, -1, true);
    assert_eq!(selection(&d), [1, 2]);
    travel(&mut d, -1, false);
    assert!(selection(&d).is_empty());
}

#[test]
fn all_that_is_shown_is_selected_and_nothing_else() {
    let mut d = Driver::at_birds();
    browse(&mut d, BrowseCommand::Filter(pictures_of(0, LabelTest::Positive, None)));
    d.act(Action::SelectAll);
    assert_eq!(selection(&d), [0, 1]);
    d.act(Action::SelectNone);
    assert!(selection(&d).is_empty());
}

#[test]
fn a_filter_keeps_the_cursor_at_its_picture_and_drops_what_it_hides_from_the_selection() {
    let mut d = Driver::at_birds();
    d.act(Action::SelectAll);
    choose(&mut d, 3, Choose::Point);
    browse(&mut d, BrowseCommand::Filter(pictures_of(1, LabelTest::Positive, None)));
    assert_eq!(
        (d.model.browse.shown.as_slice(), d.model.browse.cursor),
        (&[2, 3][..], 1)
    );
    assert_eq!(selection(&d), [2, 3]);
    d.act(Action::ClearFilters);
    assert_eq!((d.model.browse.shown.len(), d.model.browse.cursor), (4, 3));
}

#[test]
fn a_cursor_whose_picture_is_filtered_out_stays_within_the_rest() {
    let mut d = Driver::at_birds();
    travel(&mut d, 3, false);
    browse(&mut d, BrowseCommand::Filter(pictures_of(0, LabelTest::Positive, None)));
    assert_eq!(d.model.browse.current(), Some(1));
}

#[test]
fn an_edit_does_not_take_the_picture_at_the_cursor_out_of_sight() {
    let mut d = Driver::at_birds();
    browse(&mut d, BrowseCommand::Filter(pictures_of(0, LabelTest::Positive, None)));
    values(&mut d, vec![(1, vec![0, 0], true)], "took owl");
    assert_eq!(d.model.browse.shown, [0, 1]);
    travel(&mut d, 1, false);
    values(&mut d, Vec::new(), "nothing");
    assert_eq!(d.model.browse.shown, [1], "it goes once the cursor has left it");
}

#[test]
fn another_order_keeps_the_cursor_at_its_picture() {
    let mut d = Driver::at_birds();
    travel(&mut d, 2, false);
    browse(&mut d, BrowseCommand::Sort(Sort::Score(1)));
    assert_eq!((d.model.browse.cursor, d.model.browse.current()), (0, Some(2)));
}

#[test]
fn pictures_that_something_leads_to_are_shown_from_the_first_on() {
    let mut d = Driver::at_birds();
    travel(&mut d, 3, true);
    d.command(Command::Inspect(3));
    d.act(Action::Results);
    d.command(Command::Show(pictures_of(0, LabelTest::Missed, None), Sort::Name));
    assert_eq!((d.model.place, d.model.inspect.picture), (Place::Pictures, None));
    assert_eq!((d.model.browse.shown.as_slice(), d.model.browse.cursor), (&[1][..], 0));
    assert!(selection(&d).is_empty());
}

#[test]
fn predictions_of_another_run_are_shown_under_its_name() {
    let mut d = Driver::at_birds();
    d.command(Command::ShowRun("run-2".to_owned()));
    d.did(&[r#"ask Predictions("run-2")"#]);
    let predictions = |probability: Vec<f32>| ProjectReply::Predictions {
        predicted: Predicted::of("run-2", probability.clone(), probability, 2, &[]),
        scorer: None,
    };
    d.reply(predictions(vec![0.75; 8]));
    assert_eq!((d.catalog().run.as_str(), d.catalog().probability[0]), ("run-2", 0.75));
    d.reply(predictions(Vec::new()));
    assert_eq!(d.catalog().run, "", "a run without predictions has none to be named");
}

#[test]
fn panels_beside_the_pictures_open_and_close() {
    let mut d = Driver::at_birds();
    d.act(Action::Filters);
    d.act(Action::Labels);
    assert!(!d.model.prefs.filters_open && !d.model.prefs.labels_open);
    d.act(Action::Filters);
    assert!(d.model.prefs.filters_open);
}

#[test]
fn an_empty_grid_takes_every_key() {
    let mut d = Driver::at_birds();
    let nothing = Filter {
        words: "no such picture".to_owned(),
        ..Filter::default()
    };
    browse(&mut d, BrowseCommand::Filter(nothing));
    travel(&mut d, 1, true);
    for action in [Action::Next, Action::Previous, Action::Inspect, Action::SelectAll] {
        d.act(action);
        d.did(&[]);
    }
    d.command(Command::ToggleLabel(0));
    d.did(&[]);
}
