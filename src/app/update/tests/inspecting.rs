//! The inspector, and Escape in each state.

use super::*;
use crate::app::model::command::{BrowseCommand, DeskCommand, InspectorCommand, Place, TagCommand};
use crate::app::model::file_probe::Reply;
use crate::app::model::predicted::Predicted;
use crate::app::model::project_messages::{Examined, ValuesNow};

fn inspector(d: &mut Driver, command: InspectorCommand) {
    d.command(Command::Inspector(command));
}

fn examined(id: i64) -> ProjectReply {
    ProjectReply::Examined(Box::new(Examined {
        id,
        ..Examined::default()
    }))
}

/// The picture with this index is shown large.
fn inspecting(index: usize) -> Driver {
    let mut d = Driver::at_birds();
    d.command(Command::Inspect(index));
    d
}

#[test]
fn a_picture_is_shown_large_from_its_middle_at_its_size() {
    let mut d = inspecting(0);
    inspector(&mut d, InspectorCommand::Zoom(4.0, [0.1, 0.9]));
    inspector(&mut d, InspectorCommand::Patch(Some(7)));
    d.command(Command::Inspect(2));
    d.did(&["ask Examine(3)"]);
    let inspect = &d.model.inspect;
    assert_eq!((inspect.zoom, inspect.center, inspect.patch), (1.0, [0.5, 0.5], None));
    assert_eq!((inspect.picture, d.model.browse.cursor), (Some(3), 2));
}

#[test]
fn a_picture_that_is_not_there_is_not_shown() {
    let mut d = Driver::at_birds();
    d.command(Command::Inspect(4));
    d.did(&[]);
    assert_eq!(d.model.inspect.picture, None);
}

#[test]
fn the_picture_at_the_cursor_is_shown_and_the_next_one_after_it() {
    let mut d = Driver::at_birds();
    d.act(Action::Next);
    d.act(Action::Inspect);
    d.did(&["ask Examine(2)"]);
    d.act(Action::Next);
    d.did(&["ask Examine(3)"]);
    d.act(Action::Previous);
    d.did(&["ask Examine(2)"]);
    d.act(Action::Previous);
    d.act(Action::Previous);
    assert_eq!((d.model.inspect.picture, d.model.browse.cursor), (Some(1), 0));
}

#[test]
fn what_is_known_of_a_picture_is_taken_only_while_it_is_shown() {
    let mut d = inspecting(0);
    d.reply(examined(2));
    assert!(d.model.inspect.examined.is_none());
    d.reply(examined(1));
    assert_eq!(d.model.inspect.examined.as_ref().map(|e| e.id), Some(1));
    d.command(Command::Inspect(1));
    assert!(d.model.inspect.examined.is_none());
}

#[test]
fn labels_to_look_at_are_the_probable_ones_unless_some_were_chosen() {
    let mut d = inspecting(0);
    d.reply(examined(1));
    assert_eq!(d.model.inspect.pinned, [0]);
    inspector(&mut d, InspectorCommand::Pin(vec![1]));
    d.command(Command::Inspect(0));
    d.reply(examined(1));
    assert_eq!(d.model.inspect.pinned, [1]);
}

#[test]
fn an_edit_of_the_picture_that_is_shown_is_examined_again() {
    let mut d = inspecting(1);
    d.reply(examined(2));
    d.reply(ProjectReply::Values(ValuesNow {
        rows: vec![(2, vec![0, 0], true)],
        undo: None,
        redo: None,
        said: "took owl".to_owned(),
    }));
    d.did(&["ask Examine(2)"]);
    assert!(
        d.model.inspect.examined.is_some(),
        "what is known stays in sight meanwhile"
    );
}

#[test]
fn numbers_of_one_run_are_not_shown_under_the_name_of_another() {
    let mut d = inspecting(0);
    d.reply(examined(1));
    d.reply(ProjectReply::Predictions {
        predicted: Predicted::of("run-2", vec![0.5; 8], vec![0.0; 8], 2, &[]),
        scorer: None,
    });
    d.did(&["ask Examine(1)"]);
    assert!(d.model.inspect.examined.is_none());
}

#[test]
fn a_label_is_toggled_on_the_picture_that_is_shown_whatever_is_selected() {
    let mut d = Driver::at_birds();
    d.act(Action::SelectAll);
    d.command(Command::Inspect(2));
    d.command(Command::ToggleLabel(1));
    d.did(&["ask SetLabel { pictures: [3], label: 11, truth: Negative }"]);
}

#[test]
fn the_inspector_keeps_how_pictures_are_looked_at() {
    let mut d = inspecting(0);
    inspector(&mut d, InspectorCommand::Alpha(Some(0.25)));
    inspector(&mut d, InspectorCommand::TopK(Some(4)));
    inspector(&mut d, InspectorCommand::Threshold(Some(0.75)));
    inspector(&mut d, InspectorCommand::Heat(true));
    inspector(&mut d, InspectorCommand::Boxes(true));
    inspector(&mut d, InspectorCommand::Numbers(true));
    inspector(&mut d, InspectorCommand::Hover(Some(1)));
    d.command(Command::Inspect(1));
    let kept = &d.model.inspect;
    assert_eq!(
        (kept.alpha, kept.top_k, kept.threshold),
        (Some(0.25), Some(4), Some(0.75))
    );
    assert!(kept.heat && kept.boxes && kept.numbers);
    assert_eq!(kept.hovered, None, "the pointer is at another label there");
}

#[test]
fn leaving_the_inspector_brings_its_picture_into_view() {
    let mut d = inspecting(2);
    let seen = d.model.browse.reveal;
    inspector(&mut d, InspectorCommand::Close);
    assert_eq!((d.model.inspect.picture, d.model.browse.cursor), (None, 2));
    assert_eq!(d.model.browse.reveal, seen + 1);
}

#[test]
fn pictures_in_the_rail_leads_from_the_inspector_to_the_grid() {
    let mut d = inspecting(2);
    d.act(Action::Train);
    d.act(Action::Pictures);
    assert_eq!(d.model.inspect.picture, Some(3), "one comes back to where one was");
    d.act(Action::Pictures);
    assert_eq!(d.model.inspect.picture, None);
}

#[test]
fn escape_closes_what_is_on_top_one_thing_at_a_time() {
    let mut d = Driver::at_birds();
    d.command(Command::Browse(BrowseCommand::Travel { by: 1, extend: true }));
    d.command(Command::Inspect(2));
    inspector(&mut d, InspectorCommand::Patch(Some(3)));
    d.command(Command::Desk(DeskCommand::Keys(true)));
    let state = |d: &Driver| {
        let inspect = &d.model.inspect;
        let selected = d.model.browse.selection.len();
        (d.model.desk.keys, inspect.patch, inspect.picture, selected)
    };
    for expected in [
        (true, Some(3), Some(3), 2),
        (false, Some(3), Some(3), 2),
        (false, None, Some(3), 2),
        (false, None, None, 2),
        (false, None, None, 0),
        (false, None, None, 0),
    ] {
        assert_eq!(state(&d), expected);
        d.command(Command::Escape);
        d.did(&[]);
    }
}

#[test]
fn escape_ends_picking_and_leads_back_to_training() {
    let mut d = Driver::at_birds();
    d.command(Command::PickFor(Some(0)));
    d.command(Command::Escape);
    assert_eq!((d.model.place, d.model.browse.picking), (Place::Train, None));
}

#[test]
fn escape_in_tag_leaves_the_large_picture_then_the_selection() {
    let mut d = Driver::at_birds();
    d.command(Command::Inspect(2));
    d.act(Action::Tag);
    d.probe(Reply::Pictures(paths(&["/q/a.png", "/q/b.png"]), Vec::new()));
    d.act(Action::SelectAll);
    d.command(Command::Tag(TagCommand::Large(true)));
    d.command(Command::Escape);
    assert_eq!((d.model.tagging.large, d.model.tagging.selection.len()), (false, 2));
    d.command(Command::Escape);
    assert!(d.model.tagging.selection.is_empty());
    d.command(Command::Escape);
    assert_eq!(d.model.inspect.picture, Some(3), "the inspector is elsewhere");
}
