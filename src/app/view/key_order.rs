//! Keys in the order in which they were pressed, also where one frame brings several.
//!
//! egui gives all that was typed since the last frame to whatever has the keyboard as the frame begins. In a slow frame Ctrl+K and the
//! letters after it come together: the palette takes the keyboard only once it was drawn, and the letters are lost, or mean something
//! to the place below. So a key that may give the keyboard to something else is the last of its frame, and what follows it waits.

use eframe::egui::{Context, Event, Key, Plugin, RawInput};

/// Holds back what was typed after a key that may move the keyboard.
#[derive(Default)]
pub struct KeyOrder {
    waiting: Vec<Event>,
}

impl Plugin for KeyOrder {
    fn debug_name(&self) -> &'static str {
        "key order"
    }

    fn input_hook(&mut self, ctx: &Context, input: &mut RawInput) {
        if !self.waiting.is_empty() {
            let fresh = std::mem::take(&mut input.events);
            input.events = std::mem::take(&mut self.waiting);
            input.events.extend(fresh);
        }
        if let Some(at) = cut(&input.events) {
            self.waiting = input.events.split_off(at);
            ctx.request_repaint();
        }
    }
}

/// Where the events of this frame end; `None`: all of them belong to it.
fn cut(events: &[Event]) -> Option<usize> {
    let at = events.iter().position(moves_keyboard)?;
    // What was typed before it shows first: Enter takes the line that fits what stands in the field, not the one before.
    if events[..at].iter().any(acts) {
        return Some(at);
    }
    // A key that is held down does not queue up behind slow frames.
    let again = |event: &Event| event == &events[at];
    events[at + 1..].iter().any(|e| acts(e) && !again(e)).then_some(at + 1)
}

/// Whether the keyboard may belong to something else after an event.
fn moves_keyboard(event: &Event) -> bool {
    match event {
        Event::Key {
            key,
            pressed: true,
            modifiers,
            ..
        } => modifiers.command || matches!(key, Key::Enter | Key::Escape | Key::Tab | Key::F1 | Key::F12),
        _ => false,
    }
}

/// Whether an event does something where the keyboard or the pointer is.
fn acts(event: &Event) -> bool {
    matches!(
        event,
        Event::Text(_)
            | Event::Paste(_)
            | Event::PasteImage(_)
            | Event::Cut
            | Event::Copy
            | Event::Ime(_)
            | Event::Key { pressed: true, .. }
            | Event::PointerButton { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::Modifiers;

    fn key(key: Key, modifiers: Modifiers) -> [Event; 2] {
        [true, false].map(|pressed| Event::Key {
            key,
            physical_key: None,
            pressed,
            repeat: false,
            modifiers,
        })
    }

    #[test]
    fn what_follows_a_key_that_moves_the_keyboard_waits_for_the_next_frame() {
        let ctx = Context::default();
        let mut order = KeyOrder::default();
        let mut input = RawInput::default();
        input.events.extend(key(Key::Escape, Modifiers::NONE));
        input.events.extend(key(Key::K, Modifiers::COMMAND));
        input.events.push(Event::Text("q".to_owned()));
        let all = input.events.clone();
        let mut seen = Vec::new();
        for expected in [1, 2, 2] {
            order.input_hook(&ctx, &mut input);
            assert_eq!(input.events.len(), expected);
            seen.append(&mut input.events);
        }
        assert_eq!(seen, all, "nothing is lost, and nothing comes before another");
        order.input_hook(&ctx, &mut input);
        assert!(input.events.is_empty());
        // Letters alone wait for nothing, and neither does a key that is held down.
        for _ in 0..3 {
            input.events.push(Event::Text("owl".to_owned()));
        }
        order.input_hook(&ctx, &mut input);
        assert_eq!(input.events.len(), 3);
        input.events.clear();
        for _ in 0..3 {
            input.events.extend(key(Key::Z, Modifiers::COMMAND).into_iter().take(1));
        }
        order.input_hook(&ctx, &mut input);
        assert_eq!(input.events.len(), 3);
    }

    #[test]
    fn enter_waits_for_what_was_typed_before_it() {
        let ctx = Context::default();
        let mut order = KeyOrder::default();
        let mut input = RawInput::default();
        input.events.push(Event::Text("results".to_owned()));
        input.events.extend(key(Key::Enter, Modifiers::NONE));
        order.input_hook(&ctx, &mut input);
        assert_eq!(input.events, [Event::Text("results".to_owned())]);
        input.events.clear();
        order.input_hook(&ctx, &mut input);
        assert_eq!(input.events, key(Key::Enter, Modifiers::NONE));
    }
}
