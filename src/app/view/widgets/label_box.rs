//! The box that gives any label to the chosen pictures by typing: ten labels have digits, this has them all.

use super::find_box::{self, Line, SHOWN, Words};
use crate::app::model::catalog::Catalog;
use crate::app::model::command::{Command, DeskCommand};
use crate::app::model::words::counted;
use crate::app::view::icons;
use crate::app::view::screen::Screen;
use eframe::egui::{Context, Key, Modifiers};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// Shows the box where it is open.
pub(crate) fn show(ctx: &Context, screen: &mut Screen<'_>) {
    let model = screen.model;
    let (Some(before), Some(open)) = (&model.desk.label_box, model.open()) else {
        return;
    };
    // Enter on nothing ends it: pressed once too often it must not give the first label.
    if *before == Default::default() && ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Enter)) {
        screen.command(Command::Desk(DeskCommand::LabelBox(None)));
        return;
    }
    let catalog = &open.catalog;
    let targets = model.pictures_to_label();
    let found = fitting(catalog, &before.0);
    let mut lines: Vec<Line> = found.iter().map(|c| line(catalog, *c, &targets)).collect();
    let name = before.0.trim();
    let is_new = !name.is_empty()
        && !catalog
            .labels
            .iter()
            .any(|l| l.name.to_lowercase() == name.to_lowercase());
    if is_new && catalog.writable {
        lines.push(Line {
            icon: icons::PLUS,
            name: format!("New label “{name}”"),
            detail: "Enter once more gives it".to_owned(),
        });
    }
    let hint = format!("Label of {}", counted(targets.len(), "picture", "pictures"));
    let words = Words {
        id: "label box",
        hint: &hint,
        name: "Find a label",
        nothing: "There are no labels yet: type the first one.",
    };
    let done = find_box::show(ctx, &words, before, &lines);
    let mut now = Some(done.typed);
    match done.taken.map(|i| found.get(i)) {
        Some(Some(label)) => {
            screen.command(Command::ToggleLabel(*label));
            // The box stays: pictures have several labels.
            now = Some((String::new(), 0));
        }
        Some(None) => screen.command(Command::AddLabel(name.to_owned())),
        None => {}
    }
    if done.closed {
        now = None;
    }
    if now.as_ref() != Some(before) {
        screen.command(Command::Desk(DeskCommand::LabelBox(now)));
    }
}

/// Labels (columns) that fit what is typed, the best first.
fn fitting(catalog: &Catalog, text: &str) -> Vec<usize> {
    let pattern = Pattern::parse(text.trim(), CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let mut found: Vec<(u32, usize)> = Vec::new();
    for (column, label) in catalog.labels.iter().enumerate() {
        if let Some(value) = pattern.score(Utf32Str::new(&label.name, &mut buffer), &mut matcher) {
            found.push((value, column));
        }
    }
    found.sort_by_key(|(value, column)| (std::cmp::Reverse(*value), *column));
    found.into_iter().map(|(_, column)| column).take(SHOWN - 1).collect()
}

/// A label and how many of the pictures have it.
fn line(catalog: &Catalog, label: usize, targets: &[usize]) -> Line {
    let have = targets.iter().filter(|i| catalog.truth_of(**i)[label] == 1).count();
    let (icon, detail) = match have {
        0 => (icons::CIRCLE, String::new()),
        n if n == targets.len() && n == 1 => (icons::CHECK_CIRCLE, "has it".to_owned()),
        n if n == targets.len() => (icons::CHECK_CIRCLE, format!("all {n} have it")),
        n => (icons::CIRCLE_HALF, format!("{n} of {} have it", targets.len())),
    };
    Line {
        icon,
        name: catalog.labels[label].name.clone(),
        detail,
    }
}
