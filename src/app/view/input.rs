//! Keys, drops and pastes, as commands.

use super::screen::Screen;
use super::{bindings, screens};
use crate::app::model::action::{ACTIONS, Action};
use crate::app::model::command::{Command, Pixels, Place};
use eframe::egui::{self, Context, Key, KeyboardShortcut, Modifiers};
use std::path::PathBuf;
use std::sync::Arc;

/// Everything that was dropped, pasted and typed since the last frame.
pub fn read(ctx: &Context, screen: &mut Screen<'_>) {
    drops(ctx, screen);
    pastes(ctx, screen);
    keys(ctx, screen);
}

fn drops(ctx: &Context, screen: &mut Screen<'_>) {
    let dropped: Vec<PathBuf> = ctx.input(|i| i.raw.dropped_files.iter().map(|f| f.path().to_owned()).collect());
    if !dropped.is_empty() {
        screen.command(Command::OpenPaths(dropped));
    }
}

/// Paths and pictures from the clipboard, where no text field takes them.
fn pastes(ctx: &Context, screen: &mut Screen<'_>) {
    if ctx.text_edit_focused() || screen.desk.palette.is_some() || screen.desk.label_box.is_some() {
        return;
    }
    for event in ctx.input(|i| i.events.clone()) {
        match event {
            egui::Event::Paste(text) => screen.command(Command::PasteText(text)),
            egui::Event::PasteImage(image) => {
                let rgb = image.pixels.iter().flat_map(|p| [p.r(), p.g(), p.b()]);
                let picture = Pixels {
                    size: image.size,
                    rgb: rgb.collect(),
                };
                screen.command(Command::PastePicture(Arc::new(picture)));
            }
            _ => {}
        }
    }
}

/// Keys of all actions, and those of the places. While a text field has the keyboard, only combinations count.
fn keys(ctx: &Context, screen: &mut Screen<'_>) {
    if screen.desk.leaving || screen.desk.palette.is_some() || screen.desk.label_box.is_some() {
        return;
    }
    let typing = ctx.text_edit_focused();
    let bound = ACTIONS.iter().filter_map(|info| {
        let key = bindings::shortcut(info.action)?;
        Some((info.action, key))
    });
    // The longer combinations first: Ctrl+Z would take Ctrl+Shift+Z as its own.
    let (long, short): (Vec<_>, Vec<_>) = bound.partition(|(_, key)| key.modifiers.shift);
    for (action, key) in long.into_iter().chain(short) {
        if counts(ctx, screen, action, &key, typing) && ctx.input_mut(|i| i.consume_shortcut(&key)) {
            screen.command(Command::Do(action));
        }
    }
    // The other habit for redo.
    if !typing && ctx.input_mut(|i| i.consume_key(Modifiers::COMMAND, Key::Y)) {
        screen.command(Command::Do(Action::Redo));
    }
    if ctx.input(|i| i.key_pressed(Key::Escape)) {
        escape(ctx, screen, typing);
    }
    if typing || screen.desk.keys {
        return;
    }
    match screen.place {
        Place::Pictures => screens::travel::keys(screen, ctx),
        Place::Tag => screens::tag::keys(screen, ctx),
        _ => {}
    }
}

/// Whether a key means its action now.
fn counts(ctx: &Context, screen: &Screen<'_>, action: Action, key: &KeyboardShortcut, typing: bool) -> bool {
    let plain = key.modifiers == Modifiers::NONE && !matches!(key.logical_key, Key::F1 | Key::F12);
    // Enter and the arrows belong to the widget that has the keyboard, and to the pictures.
    let elsewhere = typing || screen.place != Place::Pictures || ctx.memory(|m| m.focused().is_some());
    // Shift with an arrow extends the selection.
    let shifted = ctx.input(|i| !i.modifiers.is_none());
    let of_text = matches!(action, Action::SelectAll | Action::Undo | Action::Redo);
    let unseen = Place::of(action).is_some_and(|place| is_hidden(screen, place, action));
    !unseen && !(plain && (elsewhere || shifted || screen.desk.keys)) && !(typing && of_text)
}

/// Whether what an action is about is not in sight: its key does nothing then.
fn is_hidden(screen: &Screen<'_>, place: Place, action: Action) -> bool {
    let of_grid = !matches!(action, Action::Inspect | Action::Next | Action::Previous);
    match screen.place {
        // The list of Tag has a selection and a filter of its own, but no panels.
        Place::Tag => matches!(action, Action::Filters | Action::Labels),
        here if here == place => of_grid && screen.inspect.picture.is_some(),
        _ => true,
    }
}

/// Escape leaves the widget that has the keyboard first.
fn escape(ctx: &Context, screen: &mut Screen<'_>, typing: bool) {
    let focused = ctx.memory(egui::Memory::focused);
    if screen.desk.keys || !(typing || focused.is_some()) {
        screen.command(Command::Escape);
    } else if let Some(id) = focused {
        ctx.memory_mut(|m| m.surrender_focus(id));
    }
}
