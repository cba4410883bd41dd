//! The command palette: every action, label, run and picture by name.

use crate::app::command::{ACTIONS, Command};
use crate::app::filter::{Filter, LabelTest, Sort};
use crate::app::state::State;
use crate::app::theme::{self, TextSize};
use crate::app::{execute, icons};
use eframe::egui::{self, Align, Align2, Context, Key, Layout, RichText, vec2};
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
pub fn show(ctx: &Context, state: &mut State) {
    let Some((mut text, mut chosen)) = state.desk.palette.take() else {
        return;
    };
    let lines = found(ctx, state, &text);
    chosen = chosen.min(lines.len().saturating_sub(1));
    let (up, down, enter, leave) = ctx.input_mut(|i| {
        let mut key = |key| i.consume_key(egui::Modifiers::NONE, key);
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
    let before = text.clone();
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
    let closed = leave || area.should_close();
    if let Some(line) = run.and_then(|i| lines.into_iter().nth(i)) {
        state.command(line.command);
    } else if !closed {
        let chosen = if text == before { chosen } else { 0 };
        state.desk.palette = Some((text, chosen));
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
fn found(ctx: &Context, state: &State, text: &str) -> Vec<Line> {
    let pattern = Pattern::parse(text, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let mut score = |name: &str| pattern.score(Utf32Str::new(name, &mut buffer), &mut matcher);
    let mut lines: Vec<(u32, Line)> = Vec::new();
    for info in ACTIONS.iter().filter(|i| !i.needs_project || state.open().is_some()) {
        if let Some(value) = score(info.name).or_else(|| score(info.about).map(|s| s / 2)) {
            let key = info.key.map(|key| ctx.format_shortcut(&key));
            let line = Line {
                icon: info.icon,
                name: info.name.to_owned(),
                detail: key.unwrap_or_default(),
                command: Command::Do(info.action),
            };
            lines.push((value + 1, line));
        }
    }
    if let Some(open) = state.open().filter(|_| !text.trim().is_empty()) {
        let catalog = &open.catalog;
        for (column, label) in catalog.labels.iter().enumerate() {
            if let Some(value) = score(&label.name) {
                let filter = execute::pictures_of(column, LabelTest::Positive, None);
                lines.push((
                    value,
                    line(
                        icons::TAG,
                        &label.name,
                        "pictures with this label",
                        Command::Show(filter, Sort::Data),
                    ),
                ));
            }
        }
        let known = |run: &str| catalog.compared.iter().any(|m| m.run == run);
        for run in catalog.runs.iter().filter(|r| known(&r.id)) {
            if let Some(value) = score(&run.id) {
                lines.push((
                    value,
                    line(
                        icons::GRADUATION_CAP,
                        &run.id,
                        "show its predictions",
                        Command::ShowRun(run.id.clone()),
                    ),
                ));
            }
        }
        for (i, picture) in catalog.pictures.iter().take(PICTURES).enumerate() {
            if let Some(value) = score(&picture.name) {
                lines.push((
                    value / 2,
                    line(icons::IMAGE, &picture.name, "look at it", Command::Inspect(i)),
                ));
            }
        }
        let filter = Filter {
            words: text.trim().to_owned(),
            ..Filter::default()
        };
        let all = format!("Pictures with “{}”", text.trim());
        lines.push((
            0,
            line(
                icons::FUNNEL,
                &all,
                "in name or label",
                Command::Show(filter, Sort::Data),
            ),
        ));
    }
    if text.trim().is_empty() {
        return lines.into_iter().map(|(_, line)| line).take(SHOWN).collect();
    }
    lines.sort_by_key(|(value, _)| std::cmp::Reverse(*value));
    lines.into_iter().map(|(_, line)| line).take(SHOWN).collect()
}

fn line(icon: &'static str, name: &str, detail: &str, command: Command) -> Line {
    Line {
        icon,
        name: name.to_owned(),
        detail: detail.to_owned(),
        command,
    }
}
