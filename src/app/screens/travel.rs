//! Travelling through the pictures by keys.

use crate::app::command::{Action, Command};
use crate::app::state::{Browse, State};
use eframe::egui::{Context, Key, Modifiers};

/// Keys of the grid and of the inspector that are no actions.
pub fn keys(state: &mut State, ctx: &Context) {
    const DIGITS: [Key; 10] = [
        Key::Num1,
        Key::Num2,
        Key::Num3,
        Key::Num4,
        Key::Num5,
        Key::Num6,
        Key::Num7,
        Key::Num8,
        Key::Num9,
        Key::Num0,
    ];
    for (label, key) in DIGITS.into_iter().enumerate() {
        if ctx.input_mut(|i| i.consume_key(Modifiers::NONE, key)) {
            state.command(Command::ToggleLabel(label));
        }
    }
    let inspecting = state.inspect.picture.is_some();
    let free = ctx.memory(|m| m.focused().is_none());
    if free && ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Space)) {
        if inspecting {
            state.inspect.picture = None;
            state.browse.reveal = true;
        } else if let (Some(label), Some(picture)) = (state.browse.picking, state.browse.current()) {
            super::picking::click(state, label, picture);
        } else {
            state.command(Command::Do(Action::Inspect));
        }
    }
    if inspecting {
        if free {
            super::strip::keys(state, ctx);
        }
        return;
    }
    let columns = state.browse.columns.max(1) as isize;
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
        step(state, ctx, key, by);
    }
    for (key, by) in [(Key::ArrowLeft, -1), (Key::ArrowRight, 1)] {
        if ctx.input_mut(|i| i.consume_key(Modifiers::SHIFT, key)) {
            travel(state, by, true);
        }
    }
}

fn step(state: &mut State, ctx: &Context, key: Key, by: isize) {
    if ctx.input_mut(|i| i.consume_key(Modifiers::SHIFT, key)) {
        travel(state, by, true);
    } else if ctx.input_mut(|i| i.consume_key(Modifiers::NONE, key)) {
        travel(state, by, false);
    }
}

/// Moves the cursor; `extend`: selects all between it and where the selection began.
pub fn travel(state: &mut State, by: isize, extend: bool) {
    let browse = &mut state.browse;
    let Some(last) = browse.shown.len().checked_sub(1) else {
        return;
    };
    browse.cursor = browse.cursor.saturating_add_signed(by).min(last);
    browse.reveal = true;
    if extend {
        range(browse);
    } else {
        browse.selection.clear();
        browse.anchor = browse.cursor;
    }
}

/// Selects from the anchor to the cursor.
pub fn range(browse: &mut Browse) {
    let (low, high) = (browse.anchor.min(browse.cursor), browse.anchor.max(browse.cursor));
    browse.selection = browse.shown.iter().skip(low).take(high - low + 1).copied().collect();
}
