//! Labels with their thresholds, and giving a label by hand.

use super::rows::color;
use crate::app::model::command::{Command, TagCommand};
use crate::app::model::tag::source::Source;
use crate::app::model::tag::state::Shown;
use crate::app::model::words;
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::{icons, widgets};
use eframe::egui::{self, Align, Layout, RichText, Ui, vec2};

/// Height of a label's lines.
const HEIGHT: f32 = 54.0;

/// Shows the panel.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>) {
    give(ui, screen);
    ui.add_space(theme::MEDIUM);
    ui.separator();
    let tagging = &screen.model.tagging;
    let list = &tagging.list;
    let counts = list.counts();
    if counts.is_empty() {
        ui.label(theme::quiet(
            ui,
            "The tagger's labels come here as soon as it has begun.",
        ));
        return;
    }
    ui.horizontal(|ui| {
        let title = match list.tagger.as_str() {
            "" => "Labels",
            _ if tagging.used.as_ref().is_some_and(Source::is_starter) => "The built-in model",
            tagger => tagger,
        };
        ui.add(egui::Label::new(theme::heading(title, TextSize::Subtitle)).truncate());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if list.thresholds != list.fitted
                && ui
                    .button("Back to the first thresholds")
                    .on_hover_text("Those that the labels began with")
                    .clicked()
            {
                screen.command(Command::Tag(TagCommand::ResetThresholds));
            }
        });
    });
    if !list.calibrated {
        let words = "This model was never trained on your labels, so its scores are no percentages: they only order the pictures. A bar says \
                     how likely a label is beside the other pictures; about as many labels are given at first as pictures usually have.";
        ui.add(egui::Label::new(theme::quiet(ui, words)).wrap());
    } else if !list.found.is_empty() {
        ui.add(egui::Label::new(theme::quiet(ui, format!("Thresholds: {}", list.found))).wrap());
    }
    let mut typed = tagging.search.clone();
    let search = egui::TextEdit::singleline(&mut typed)
        .hint_text("Search labels")
        .desired_width(f32::INFINITY);
    let field = ui.add(search);
    field.widget_info(|| egui::WidgetInfo::text_edit(true, "", &typed, "Search labels"));
    ui.add_space(theme::SMALL);
    let words = typed.trim().to_lowercase();
    if typed != tagging.search {
        screen.command(Command::Tag(TagCommand::Search(typed)));
    }
    let known = list.labels.len();
    let found = |(_, (label, _)): &(usize, &(String, usize))| label.to_lowercase().contains(&words);
    let rows: Vec<(usize, &(String, usize))> = counts.iter().enumerate().filter(found).collect();
    if rows.is_empty() {
        ui.label(theme::quiet(ui, "No label is called that."));
    }
    let spacing = ui.spacing().item_spacing.y;
    ui.spacing_mut().item_spacing.y = 4.0;
    egui::ScrollArea::vertical()
        .auto_shrink(false)
        .id_salt("tag labels")
        .show_rows(ui, HEIGHT, rows.len(), |ui, range| {
            ui.spacing_mut().item_spacing.y = spacing.min(4.0);
            for (column, (label, count)) in &rows[range] {
                let column = (*column < known).then_some(*column);
                ui.allocate_ui(vec2(ui.available_width() - 12.0, HEIGHT), |ui| {
                    ui.set_min_size(vec2(ui.available_width(), HEIGHT));
                    line(ui, screen, column, label, *count);
                });
            }
        });
}

fn line(ui: &mut Ui, screen: &mut Screen<'_>, column: Option<usize>, label: &str, count: usize) {
    let p = theme::palette(ui);
    ui.horizontal(|ui| {
        match column {
            Some(_) => {
                let (dot, _) = ui.allocate_exact_size(vec2(10.0, 10.0), egui::Sense::hover());
                ui.painter().circle_filled(dot.center(), 4.5, color(column));
            }
            None => {
                ui.label(RichText::new(icons::PENCIL_SIMPLE).color(p.accent));
            }
        }
        let on = screen.tagging.filter.label.as_deref() == Some(label);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let words = words::counted(count, "picture", "pictures");
            let button = egui::Button::new(RichText::new(words).size(TextSize::Small.points()).color(p.quiet))
                .frame_when_inactive(on);
            let button = ui
                .add(button)
                .on_hover_text(if on { "Show all pictures" } else { "Show them" });
            button.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Show pictures with {label}"))
            });
            if button.clicked() {
                let filter = Shown {
                    label: (!on).then(|| label.to_owned()),
                    ..screen.tagging.filter.clone()
                };
                screen.command(Command::Tag(TagCommand::Filter(filter)));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let mut text = RichText::new(label);
                if count == 0 {
                    text = text.color(p.quiet);
                }
                ui.add(egui::Label::new(text).truncate());
            });
        });
    });
    let Some(column) = column else {
        ui.label(theme::quiet(ui, "given by you"));
        return;
    };
    let Some(before) = screen.tagging.list.thresholds.get(column).copied() else {
        return;
    };
    let threshold = if screen.tagging.list.calibrated {
        percent(ui, label, before)
    } else {
        order(ui, screen, column, label, before)
    };
    // A value that was not touched stays to its last digit.
    if let Some(threshold) = threshold {
        screen.command(Command::Tag(TagCommand::Threshold(column, threshold)));
    }
}

/// The threshold of a probability; the new one where it was moved.
fn percent(ui: &mut Ui, label: &str, before: f32) -> Option<f32> {
    let mut percent = 100.0 * f64::from(before);
    let mut moved = false;
    ui.horizontal(|ui| {
        ui.spacing_mut().slider_width = (ui.available_width() - 78.0).max(60.0);
        let name = format!("Threshold of {label}");
        let slider = ui.add(egui::Slider::new(&mut percent, 0.0..=100.0).show_value(false));
        slider.widget_info(|| egui::WidgetInfo::slider(true, percent, &name));
        let value = egui::DragValue::new(&mut percent)
            .range(0.0..=100.0)
            .suffix(" %")
            .max_decimals(3)
            .custom_formatter(|value, _| words::exact_percent(value));
        let value = ui.add(value).on_hover_text(name);
        moved = slider.changed() || value.changed();
    });
    moved.then_some((percent / 100.0) as f32)
}

/// The threshold of values that only order pictures: between the least and the most likely one; the new one where it was moved.
fn order(ui: &mut Ui, screen: &Screen<'_>, column: usize, label: &str, before: f32) -> Option<f32> {
    let [low, high] = screen.tagging.list.ranges.of(column)?;
    // A little beyond the most likely picture no picture has the label.
    let high = high + 0.02 * (high - low).max(1e-3);
    let mut value = before;
    ui.spacing_mut().slider_width = (ui.available_width() - 12.0).max(60.0);
    let slider = ui.add(egui::Slider::new(&mut value, low..=high).show_value(false));
    let name = format!("How likely {label} has to be");
    slider.widget_info(|| egui::WidgetInfo::slider(true, f64::from(value), &name));
    slider.changed().then_some(value)
}

/// A label by hand, on the chosen pictures.
fn give(ui: &mut Ui, screen: &mut Screen<'_>) {
    let tagging = &screen.model.tagging;
    let targets = tagging.targets();
    let whom = match targets.as_slice() {
        [] => "Choose a picture to give it a label.".to_owned(),
        [one] => format!("Give a label to {}", tagging.list.items[*one].name),
        many => format!("Give a label to {}", words::counted(many.len(), "picture", "pictures")),
    };
    ui.add(egui::Label::new(theme::quiet(ui, whom)).truncate());
    let mut text = tagging.label.clone();
    let mut given = None;
    ui.horizontal(|ui| {
        let width = (ui.available_width() - 66.0).max(100.0);
        let field = egui::TextEdit::singleline(&mut text)
            .hint_text("a label, new or known")
            .desired_width(width);
        let field = ui.add(field);
        let typed = text.trim().to_owned();
        field.widget_info(|| egui::WidgetInfo::text_edit(true, "", &typed, "Label to give"));
        let entered = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        let ready = !typed.is_empty() && !targets.is_empty();
        let button = ui.add_enabled(ready, egui::Button::new("Give"));
        button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, ready, "Give the label"));
        if (entered || button.clicked()) && ready {
            given = Some(typed);
        }
    });
    let typed = text.trim().to_lowercase();
    if !typed.is_empty() && given.is_none() {
        let known = tagging.list.labels.iter();
        let near = known.filter(|l| l.to_lowercase().contains(&typed)).take(4);
        ui.horizontal_wrapped(|ui| {
            for label in near {
                if widgets::chip(ui, label, false).clicked() {
                    given = Some(label.clone());
                }
            }
        });
    }
    if let Some(label) = given {
        screen.command(Command::Tag(TagCommand::Set(targets, label, true)));
        text.clear();
    }
    if text != tagging.label {
        screen.command(Command::Tag(TagCommand::Label(text)));
    }
}
