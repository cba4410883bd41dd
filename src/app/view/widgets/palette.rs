//! The command palette: every action, label, run and picture by name.

use super::find_box::{self, SHOWN, Words};
use crate::app::model::action::{ACTIONS, Info};
use crate::app::model::catalog::Catalog;
use crate::app::model::command::{Command, DeskCommand};
use crate::app::model::filter::{Filter, LabelTest, Sort, pictures_of};
use crate::app::model::state::Model;
use crate::app::model::trainings::run_name;
use crate::app::view::screen::Screen;
use crate::app::view::{bindings, icons};
use eframe::egui::Context;
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// Pictures that are searched by name: beyond them the filter of the grid is the better tool.
const PICTURES: usize = 20_000;

struct Line {
    icon: &'static str,
    name: String,
    detail: String,
    command: Command,
}

/// Shows the palette where it is open.
pub(crate) fn show(ctx: &Context, screen: &mut Screen<'_>) {
    let model = screen.model;
    let Some(before) = &model.desk.palette else {
        return;
    };
    let mut lines = found(ctx, model, &before.0);
    let words = Words {
        id: "palette",
        hint: "Type what you want to do, a label, a run or a picture",
        name: "Search anything",
        nothing: "Nothing of that name.",
    };
    let shown: Vec<find_box::Line> = (lines.iter())
        .map(|line| find_box::Line {
            icon: line.icon,
            name: line.name.clone(),
            detail: line.detail.clone(),
        })
        .collect();
    let done = find_box::show(ctx, &words, before, &shown);
    let now = (done.taken.is_none() && !done.closed).then_some(done.typed);
    if now.as_ref() != Some(before) {
        screen.command(Command::Desk(DeskCommand::Palette(now)));
    }
    if let Some(taken) = done.taken {
        screen.command(lines.swap_remove(taken).command);
    }
}

/// How well an action fits what was typed; `None`: not at all. What leaves or ends something is found by its own words alone.
fn fit(info: &Info, text: &str, mut score: impl FnMut(&str) -> Option<u32>) -> Option<u32> {
    let typed: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let begins = |of: &str| {
        let of = of.to_lowercase();
        let words = || of.split(|c: char| !c.is_alphanumeric());
        typed.iter().all(|t| words().any(|word| word.starts_with(t.as_str())))
    };
    // As well as the words themselves would.
    let whole = score(text).unwrap_or(0);
    let by_name = match info.action.leaves() {
        false => score(info.name),
        true => begins(info.name).then_some(whole),
    };
    let by_synonym = begins(&format!("{} {}", info.name, info.action.synonyms())).then_some(whole);
    let by_sentence = (!info.action.leaves() && begins(info.about)).then_some(whole / 2);
    // A name comes before other words for the same.
    by_name.map(|value| value + 2).max(by_synonym).max(by_sentence)
}

/// The best lines for what was typed.
fn found(ctx: &Context, model: &Model, text: &str) -> Vec<Line> {
    let pattern = Pattern::parse(text, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let mut score = |name: &str| pattern.score(Utf32Str::new(name, &mut buffer), &mut matcher);
    let mut lines: Vec<(u32, Line)> = Vec::new();
    for info in ACTIONS.iter().filter(|i| !i.needs_project || model.open().is_some()) {
        if let Some(value) = fit(info, text, &mut score) {
            let key = bindings::key_of(ctx, info.action);
            let (icon, command) = (bindings::icon(info.action), Command::Do(info.action));
            lines.push((value + 1, line(icon, info.name, &key.unwrap_or_default(), command)));
        }
    }
    if text.trim().is_empty() {
        return lines.into_iter().map(|(_, line)| line).take(SHOWN).collect();
    }
    if let Some(open) = model.open() {
        lines.extend(of_project(&open.catalog, text.trim(), score));
    }
    lines.sort_by_key(|(value, _)| std::cmp::Reverse(*value));
    lines.into_iter().map(|(_, line)| line).take(SHOWN).collect()
}

/// Labels, runs and pictures of a project, each with how well it fits.
fn of_project(catalog: &Catalog, text: &str, mut score: impl FnMut(&str) -> Option<u32>) -> Vec<(u32, Line)> {
    let mut lines = Vec::new();
    for (column, label) in catalog.labels.iter().enumerate() {
        if let Some(value) = score(&label.name) {
            let show = Command::Show(pictures_of(column, LabelTest::Positive, None), Sort::Data);
            lines.push((value, line(icons::TAG, &label.name, "pictures with this label", show)));
        }
    }
    let known = |run: &str| catalog.compared.iter().any(|m| m.run == run);
    for run in catalog.runs.iter().filter(|r| known(&r.id)) {
        let name = run_name(&catalog.runs, &run.id);
        // The places of the window come before what was made there.
        if let Some(value) = score(&name).max(score(&run.id)) {
            let show = Command::ShowRun(run.id.clone());
            lines.push((
                value / 2,
                line(icons::GRADUATION_CAP, &name, "show its predictions", show),
            ));
        }
    }
    for (i, picture) in catalog.pictures.iter().take(PICTURES).enumerate() {
        if let Some(value) = score(&picture.name) {
            let inspect = Command::Inspect(i);
            lines.push((value / 2, line(icons::IMAGE, &picture.name, "look at it", inspect)));
        }
    }
    let filter = Filter {
        words: text.to_owned(),
        ..Filter::default()
    };
    let all = format!("Pictures with “{text}”");
    let show = Command::Show(filter, Sort::Data);
    lines.push((0, line(icons::FUNNEL, &all, "in name or label", show)));
    lines
}

fn line(icon: &'static str, name: &str, detail: &str, command: Command) -> Line {
    Line {
        icon,
        name: name.to_owned(),
        detail: detail.to_owned(),
        command,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::model::action::Action;
    use crate::app::model::open::{Open, Slot, first_version};
    use crate::app::model::prefs::Prefs;
    use crate::app::model::state::Habits;

    /// Names of the lines for a text, with a project open.
    fn lines(text: &str) -> Vec<String> {
        let mut model = Model::new(Prefs::default(), Habits { score_at_once: false });
        model.project = Slot::Open(Box::new(Open {
            catalog: Catalog::default(),
            scorer: None,
            version: first_version(),
        }));
        let found = found(&Context::default(), &model, text);
        found.into_iter().map(|line| line.name).collect()
    }

    #[test]
    fn what_leaves_is_found_by_its_own_words_alone() {
        let leaving = ACTIONS.iter().filter(|info| info.action.leaves());
        let leaving: Vec<&str> = leaving.map(|info| info.name).collect();
        for text in ["tagger", "qt", "cp", "sp", "picture", "to", "saved", "window", "train"] {
            let found = lines(text);
            assert!(
                found.iter().all(|name| !leaving.contains(&name.as_str())),
                "{text}: {found:?}"
            );
        }
        assert_eq!(lines("quit")[0], "Quit");
        assert_eq!(lines("exit")[0], "Quit");
        assert_eq!(lines("close")[0], "Close the project");
        assert_eq!(lines("cancel")[0], "Stop the running job");
    }

    #[test]
    fn other_words_find_what_they_mean() {
        let name = |action: Action| action.info().name.to_owned();
        for (text, action) in [
            ("csv", Action::Export),
            ("export", Action::Export),
            ("threshold", Action::Results),
            ("compare", Action::Results),
            ("save model", Action::Models),
            ("tagger", Action::Tag),
            ("shortcuts", Action::Keys),
        ] {
            let found = lines(text);
            assert!(
                found.iter().take(3).any(|line| *line == name(action)),
                "{text}: {found:?}"
            );
        }
        // The names themselves come before words that mean them.
        assert_eq!(lines("results")[0], "Results");
        assert_eq!(lines("undo")[0], "Undo");
    }
}
