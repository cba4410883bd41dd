//! What an import would change in the open project.

use crate::app::model::data_forms::ImportForm;
use crate::app::model::words;
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::{icons, widgets};
use crate::dataset::model::{Split, Truth};
use crate::project::{Conflict, ImportDiff, PictureChange};
use eframe::egui::{RichText, Ui};

pub(super) fn show(ui: &mut Ui, screen: &Screen<'_>, form: &ImportForm) {
    let Some(diff) = &form.difference else {
        let job = form.comparing.and_then(|id| screen.jobs.get(id));
        let phase = job.and_then(|j| j.phase.as_ref());
        let words = phase.map_or_else(
            || "Comparing with the open project …".to_owned(),
            |phase| {
                format!(
                    "{}: {} of {}",
                    phase.name,
                    words::count(phase.done),
                    words::count(phase.total)
                )
            },
        );
        widgets::loading(ui, &words);
        return;
    };
    summary(ui, diff);
    ui.add_space(theme::SMALL);
    widgets::lines(ui, "difference", &lines(diff));
}

fn summary(ui: &mut Ui, diff: &ImportDiff) {
    let p = theme::palette(ui);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 22.0;
        for (icon, color, count, what) in [
            (icons::PLUS, p.good, diff.new.len(), "new"),
            (icons::PENCIL_SIMPLE, p.accent, diff.changed.len(), "changed"),
            (icons::CHECK, p.quiet, diff.unchanged, "as before"),
            (icons::MINUS, p.quiet, diff.gone.len(), "no longer named; they stay"),
            (icons::LOCK, p.warn, diff.conflicts.len(), "kept as people said"),
        ] {
            ui.label(
                RichText::new(format!("{icon} {} {what}", words::count(count)))
                    .color(color)
                    .family(theme::strong())
                    .size(TextSize::Body.points()),
            );
        }
    });
}

/// Everything that would be new or other, a line each.
fn lines(diff: &ImportDiff) -> Vec<String> {
    let mut lines = Vec::new();
    let mut section = |title: &str, of: Vec<String>| {
        if !of.is_empty() {
            lines.push(format!("## {title} ({})", words::count(of.len())));
            lines.extend(of);
        }
    };
    let (back, fresh): (Vec<&String>, Vec<&String>) =
        (diff.new_labels.iter()).partition(|label| diff.deleted_labels.contains(label));
    section("New labels", fresh.into_iter().cloned().collect());
    section(
        "Labels that were deleted here, and come back",
        back.into_iter().cloned().collect(),
    );
    section("Changed pictures", diff.changed.iter().map(change).collect());
    let truth = |truth: Truth| match truth {
        Truth::Positive => "is there",
        Truth::Negative => "is not there",
        Truth::Unknown => "is not known",
    };
    let conflict = |c: &Conflict| {
        format!(
            "{}: “{}” {} (a person said so); the data say otherwise",
            c.name,
            c.label,
            truth(c.human)
        )
    };
    // Where the data say what they said before, nothing is new.
    let (news, known): (Vec<_>, Vec<_>) = diff.conflicts.iter().partition(|c| c.source != c.before);
    section(
        "Kept as people said, although the data changed",
        news.into_iter().map(conflict).collect(),
    );
    section(
        "Kept as people said, as before",
        known.into_iter().map(conflict).collect(),
    );
    section("New pictures", diff.new.clone());
    section(
        "No longer named by the data; they stay",
        diff.gone.iter().map(|g| g.name.clone()).collect(),
    );
    section(
        "New, although a missing picture has the same name: the content is another",
        diff.suspects
            .iter()
            .map(|s| format!("{} ({})", s.name, s.path.display()))
            .collect(),
    );
    section("Named several times; they become one picture", diff.repeated.clone());
    section(
        "Labels of the project that the data do not list; they stay",
        diff.unlisted_labels.clone(),
    );
    if lines.is_empty() {
        lines.push("Nothing would change: the project has all of this already.".to_owned());
    }
    lines
}

fn change(change: &PictureChange) -> String {
    let mut parts: Vec<String> = Vec::new();
    parts.extend(change.came.iter().map(|label| format!("+ {label}")));
    parts.extend(change.went.iter().map(|label| format!("− {label}")));
    parts.extend(change.revised.iter().map(|label| format!("{label} revised")));
    parts.extend(change.renamed.iter().map(|name| format!("now called {name}")));
    parts.extend(change.moved.iter().map(|path| format!("now at {}", path.display())));
    if let Some(split) = change.split {
        let name = |split: Option<Split>| split.map_or("none", |s| s.name());
        let kept = if split.kept {
            ", but it stays where it was put here"
        } else {
            ""
        };
        parts.push(format!("split {} → {}{kept}", name(split.from), name(split.to)));
    }
    if change.resized {
        parts.push("another size".to_owned());
    }
    if change.boxes {
        parts.push("other boxes".to_owned());
    }
    format!("{}: {}", change.name, parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_with_plus_and_minus() {
        let told = change(&PictureChange {
            name: "a.jpg".to_owned(),
            came: vec!["owl".to_owned()],
            went: vec!["cat".to_owned()],
            resized: true,
            ..PictureChange::default()
        });
        assert_eq!(told, "a.jpg: + owl, − cat, another size");
        assert_eq!(lines(&ImportDiff::default()).len(), 1);
        let diff = ImportDiff {
            new_labels: vec!["owl".to_owned(), "cat".to_owned()],
            deleted_labels: vec!["cat".to_owned()],
            ..ImportDiff::default()
        };
        assert_eq!(lines(&diff).len(), 4, "two headings with a label each");
    }
}
