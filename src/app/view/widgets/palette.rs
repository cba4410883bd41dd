//! The command palette: every action, label, run and picture by name.

use crate::app::model::action::ACTIONS;
use crate::app::model::catalog::Catalog;
use crate::app::model::command::{Command, DeskCommand};
use crate::app::model::filter::{Filter, LabelTest, Sort, pictures_of};
use crate::app::model::state::Model;
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::{bindings, icons};
use eframe::egui::{self, Align, Align2, Context, Key, Layout, Modifiers, RichText, vec2};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// Lines shown.
const SHOWN: usize = 9;

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
    let (mut text, mut chosen) = before.clone();
    let lines = found(ctx, model, &text);
    chosen = chosen.min(lines.len().saturating_sub(1));
    let (up, down, enter, leave) = ctx.input_mut(|i| {
        let mut key = |key| i.consume_key(Modifiers::NONE, key);
        (
            key(Key::ArrowUp),
            key(Key::ArrowDown),
            key(Key::Enter),
            key(Key::Escape),
        )
    });
    if down && chosen + 1 < lines.len() {
        chosen += 1;
    }
    if up {
        chosen = chosen.saturating_sub(1);
    }
    let mut run = enter.then_some(chosen);
    let area = egui::Modal::new(egui::Id::unique("palette"))
        .area(egui::Modal::default_area(egui::Id::unique("palette")).anchor(Align2::CENTER_TOP, vec2(0.0, 90.0)))
        .show(ctx, |ui| {
            ui.set_width(560.0);
            let field = egui::TextEdit::singleline(&mut text)
                .hint_text("Type what you want to do, a label, a run or a picture")
                .desired_width(f32::INFINITY)
                .font(egui::FontId::proportional(TextSize::Subtitle.points()));
            let field = ui.add(field);
            field.widget_info(|| egui::WidgetInfo::text_edit(true, "", "", "Search anything"));
            field.request_focus();
            ui.add_space(theme::SMALL);
            if lines.is_empty() {
                ui.label(theme::quiet(ui, "Nothing of that name."));
            }
            for (i, line) in lines.iter().enumerate() {
                if row(ui, line, i == chosen).clicked() {
                    run = Some(i);
                }
            }
        });
    let run = run.and_then(|i| lines.into_iter().nth(i));
    let now = if run.is_some() || leave || area.should_close() {
        None
    } else {
        let chosen = if text == before.0 { chosen } else { 0 };
        Some((text, chosen))
    };
    if now.as_ref() != Some(before) {
        screen.command(Command::Desk(DeskCommand::Palette(now)));
    }
    if let Some(line) = run {
        screen.command(line.command);
    }
}

fn row(ui: &mut egui::Ui, line: &Line, chosen: bool) -> egui::Response {
    let p = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 34.0), egui::Sense::click());
    if chosen || response.hovered() {
        ui.painter()
            .rect_filled(rect, 6.0, if chosen { p.accent_ground } else { p.hover });
    }
    let mut inner = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(rect.shrink2(vec2(10.0, 0.0)))
            .layout(Layout::left_to_right(Align::Center)),
    );
    inner.label(RichText::new(line.icon).size(17.0).color(p.quiet));
    inner.label(&line.name);
    inner.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.add(egui::Label::new(theme::quiet(ui, &line.detail)).truncate());
    });
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, chosen, &line.name));
    response
}

/// The best lines for what was typed.
fn found(ctx: &Context, model: &Model, text: &str) -> Vec<Line> {
    let pattern = Pattern::parse(text, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let mut score = |name: &str| pattern.score(Utf32Str::new(name, &mut buffer), &mut matcher);
    let mut lines: Vec<(u32, Line)> = Vec::new();
    for info in ACTIONS.iter().filter(|i| !i.needs_project || model.open().is_some()) {
        if let Some(value) = score(info.name).or_else(|| score(info.about).map(|s| s / 2)) {
            let key = bindings::shortcut(info.action).map(|key| ctx.format_shortcut(&key));
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
        if let Some(value) = score(&run.id) {
            let show = Command::ShowRun(run.id.clone());
            lines.push((
                value,
                line(icons::GRADUATION_CAP, &run.id, "show its predictions", show),
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
