//! Travelling through the pictures by keys.

use super::picking;
use crate::app::model::action::Action;
use crate::app::model::command::{BrowseCommand, Command, InspectorCommand};
use crate::app::view::bindings::DIGITS;
use crate::app::view::screen::Screen;
use eframe::egui::{Context, Key, Modifiers};

/// Keys of the grid and of the inspector that are no actions.
pub(crate) fn keys(screen: &mut Screen<'_>, ctx: &Context) {
    for (label, key) in DIGITS.into_iter().enumerate() {
        if ctx.input_mut(|i| i.consume_key(Modifiers::NONE, key)) {
            screen.command(Command::ToggleLabel(label));
        }
    }
    let inspecting = screen.inspect.picture.is_some();
    let free = ctx.memory(|m| m.focused().is_none());
    if free && ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Space)) {
        if inspecting {
            screen.command(Command::Inspector(InspectorCommand::Close));
        } else if let (Some(label), Some(picture)) = (picking::label(screen.model), screen.browse.current()) {
            picking::click(screen, label, picture);
        } else {
            screen.command(Command::Do(Action::Inspect));
        }
    }
    if inspecting {
        if free {
            super::strip::keys(screen, ctx);
        }
        return;
    }
    let columns = super::grid::columns(ctx) as isize;
    let page = columns * 4;
    let steps = [
        (Key::ArrowUp, -columns),
        (Key::ArrowDown, columns),
        (Key::PageUp, -page),
        (Key::PageDown, page),
        (Key::Home, isize::MIN / 2),
        (Key::End, isize::MAX / 2),
    ];
    if !free {
        return;
    }
    for (key, by) in steps {
        step(screen, ctx, key, by);
    }
    for (key, by) in [(Key::ArrowLeft, -1), (Key::ArrowRight, 1)] {
        if ctx.input_mut(|i| i.consume_key(Modifiers::SHIFT, key)) {
            travel(screen, by, true);
        }
    }
}

fn step(screen: &mut Screen<'_>, ctx: &Context, key: Key, by: isize) {
    if ctx.input_mut(|i| i.consume_key(Modifiers::SHIFT, key)) {
        travel(screen, by, true);
    } else if ctx.input_mut(|i| i.consume_key(Modifiers::NONE, key)) {
        travel(screen, by, false);
    }
}

fn travel(screen: &mut Screen<'_>, by: isize, extend: bool) {
    screen.command(Command::Browse(BrowseCommand::Travel { by, extend }));
}
