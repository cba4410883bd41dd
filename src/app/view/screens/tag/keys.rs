//! The keys of Tag.

use crate::app::model::command::{Command, TagCommand};
use crate::app::view::screen::Screen;
use eframe::egui::{Context, Key, Modifiers};

/// Takes the keys of the list and of the large picture.
pub(crate) fn keys(screen: &mut Screen<'_>, ctx: &Context) {
    if ctx.memory(|m| m.focused().is_some()) || screen.tagging.list.items.is_empty() {
        return;
    }
    let pressed = |modifiers, key| ctx.input_mut(|i| i.consume_key(modifiers, key));
    let across = if screen.tagging.large { 1 } else { 0 };
    let steps = [
        (Key::ArrowUp, -1),
        (Key::ArrowDown, 1),
        (Key::ArrowLeft, -across),
        (Key::ArrowRight, across),
        (Key::PageUp, -8),
        (Key::PageDown, 8),
        (Key::Home, isize::MIN / 2),
        (Key::End, isize::MAX / 2),
    ];
    for (key, by) in steps {
        if !screen.tagging.large && pressed(Modifiers::SHIFT, key) {
            screen.command(Command::Tag(TagCommand::Travel { by, extend: true }));
        } else if pressed(Modifiers::NONE, key) {
            screen.command(Command::Tag(TagCommand::Travel { by, extend: false }));
        }
    }
    if pressed(Modifiers::NONE, Key::Enter) || pressed(Modifiers::NONE, Key::Space) {
        let large = screen.tagging.large;
        screen.command(Command::Tag(TagCommand::Large(!large)));
    }
}
