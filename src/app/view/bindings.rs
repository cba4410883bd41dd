//! The keys and icons of actions.

use super::icons;
use crate::app::model::action::Action;
use crate::app::model::command::Place;
use eframe::egui::{Context, Key, KeyboardShortcut, Modifiers};

const NONE: Modifiers = Modifiers::NONE;
const CTRL: Modifiers = Modifiers::COMMAND;
const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

/// The places of the rail in their order: Ctrl and its position goes to a place.
pub const RAIL: [(Place, Action); 7] = [
    (Place::Home, Action::Home),
    (Place::Pictures, Action::Pictures),
    (Place::Data, Action::Overview),
    (Place::Train, Action::Train),
    (Place::Results, Action::Results),
    (Place::Tag, Action::Tag),
    (Place::Models, Action::Models),
];

/// The digits in their order.
pub const DIGITS: [Key; 10] = [
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

/// The icon of an action.
pub fn icon(action: Action) -> &'static str {
    match action {
        Action::Home => icons::HOUSE,
        Action::Pictures => icons::IMAGES,
        Action::Train => icons::GRADUATION_CAP,
        Action::Results => icons::CHART_BAR,
        Action::Tag => icons::TAG,
        Action::Models => icons::CUBE,
        Action::Settings => icons::GEAR_SIX,
        Action::About => icons::INFO,
        Action::OpenProject => icons::FOLDER_OPEN,
        Action::TagFiles => icons::TAG,
        Action::TagFolder => icons::FOLDER_OPEN,
        Action::WatchFolder => icons::EYE,
        Action::ImportFolder => icons::FOLDER_PLUS,
        Action::ImportFile => icons::FILE,
        Action::CloseProject => icons::X,
        Action::OpenModel => icons::CUBE,
        Action::Demo => icons::PLAY,
        Action::Undo => icons::ARROW_COUNTER_CLOCKWISE,
        Action::Redo => icons::ARROW_CLOCKWISE,
        Action::SelectAll => icons::CHECK,
        Action::SelectNone => icons::X_CIRCLE,
        Action::Inspect => icons::MAGNIFYING_GLASS,
        Action::Next => icons::CARET_RIGHT,
        Action::Previous => icons::CARET_LEFT,
        Action::ClearFilters => icons::FUNNEL,
        Action::Predict => icons::SPARKLE,
        Action::Stop => icons::STOP,
        Action::Palette => icons::COMMAND,
        Action::Keys => icons::KEYBOARD,
        Action::Log => icons::TERMINAL_WINDOW,
        Action::Filters => icons::FUNNEL,
        Action::Labels => icons::TAG,
        Action::ToggleLook => icons::CIRCLE_HALF,
        Action::ZoomIn => icons::PLUS,
        Action::ZoomOut => icons::MINUS,
        Action::ZoomReset => icons::ARROWS_IN,
        Action::Overview => icons::STACK,
        Action::EditLabels => icons::PENCIL_SIMPLE,
        Action::Splits => icons::SLIDERS,
        Action::Report => icons::INFO,
        Action::AddData => icons::FOLDER_PLUS,
        Action::CheckContent => icons::SEAL_CHECK,
        Action::FindMoved => icons::MAGNIFYING_GLASS,
        Action::Export => icons::UPLOAD_SIMPLE,
        Action::ExportTagger => icons::CUBE,
        Action::GiveLabel => icons::TAG,
        Action::Quit => icons::X,
    }
}

/// The key of an action in words: signs as they stand on the keyboard.
pub fn key_of(ctx: &Context, action: Action) -> Option<String> {
    let words = ctx.format_shortcut(&shortcut(action)?);
    Some(words.replace("Comma", ",").replace("Period", "."))
}

/// The key of an action.
pub fn shortcut(action: Action) -> Option<KeyboardShortcut> {
    if let Some(place) = RAIL.iter().position(|(_, a)| *a == action) {
        return Some(KeyboardShortcut::new(CTRL, DIGITS[place]));
    }
    let (modifiers, key) = match action {
        Action::Settings => (CTRL, Key::Comma),
        Action::OpenProject => (CTRL, Key::O),
        Action::ImportFolder => (CTRL, Key::N),
        Action::ImportFile => (CTRL_SHIFT, Key::N),
        Action::CloseProject => (CTRL, Key::W),
        Action::Undo => (CTRL, Key::Z),
        Action::Redo => (CTRL_SHIFT, Key::Z),
        Action::SelectAll => (CTRL, Key::A),
        Action::Inspect => (NONE, Key::Enter),
        Action::Next => (NONE, Key::ArrowRight),
        Action::Previous => (NONE, Key::ArrowLeft),
        Action::Predict => (CTRL, Key::P),
        Action::Stop => (CTRL, Key::Period),
        Action::Palette => (CTRL, Key::K),
        Action::Keys => (NONE, Key::F1),
        Action::Log => (NONE, Key::F12),
        Action::Filters => (CTRL, Key::F),
        Action::Labels => (CTRL, Key::L),
        Action::ToggleLook => (CTRL, Key::D),
        Action::ZoomIn => (CTRL, Key::Plus),
        Action::ZoomOut => (CTRL, Key::Minus),
        Action::ZoomReset => (CTRL, Key::Num0),
        Action::EditLabels => (CTRL_SHIFT, Key::L),
        Action::Splits => (CTRL_SHIFT, Key::S),
        Action::Report => (CTRL_SHIFT, Key::R),
        Action::Export => (CTRL, Key::E),
        Action::GiveLabel => (CTRL, Key::T),
        Action::Quit => (CTRL, Key::Q),
        // Those of the rail have their keys already.
        Action::Home
        | Action::Pictures
        | Action::Overview
        | Action::Train
        | Action::Results
        | Action::Tag
        | Action::Models
        | Action::About
        | Action::TagFiles
        | Action::TagFolder
        | Action::WatchFolder
        | Action::OpenModel
        | Action::Demo
        | Action::SelectNone
        | Action::ClearFilters
        | Action::AddData
        | Action::CheckContent
        | Action::FindMoved
        | Action::ExportTagger => return None,
    };
    Some(KeyboardShortcut::new(modifiers, key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::model::action::ACTIONS;

    #[test]
    fn the_key_of_a_place_is_its_position_in_the_rail() {
        for (i, (_, action)) in RAIL.into_iter().enumerate() {
            assert_eq!(shortcut(action), Some(KeyboardShortcut::new(CTRL, DIGITS[i])));
        }
    }

    #[test]
    fn no_key_is_given_twice() {
        for (i, a) in ACTIONS.iter().enumerate() {
            for b in &ACTIONS[i + 1..] {
                let key = shortcut(a.action);
                assert!(key.is_none() || key != shortcut(b.action), "{} and {}", a.name, b.name);
            }
        }
    }
}
