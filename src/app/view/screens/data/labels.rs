//! Labels: names, tree, colours, words, merging, splitting off. Everything can be undone.

use super::tree;
use crate::app::model::action::Action;
use crate::app::model::command::{Command, DataCommand};
use crate::app::model::data_forms::LabelsForm;
use crate::app::model::filter::{Filter, LabelTest, Sort};
use crate::app::model::project_messages::{LabelChange, LabelsInfo};
use crate::app::model::words;
use crate::app::view::screen::Screen;
use crate::app::view::screens::totals::totals;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::{icons, widgets};
use crate::project::LabelRow;
use eframe::egui::{self, Align, Layout, RichText, Sense, Stroke, Ui, vec2};

/// Shows the page.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>) {
    let model = screen.model;
    let Some(info) = &model.data.tree.value else {
        widgets::loading(ui, "Reading the labels …");
        return;
    };
    if model.open().is_none_or(|open| open.catalog.labels.is_empty()) {
        widgets::empty(
            ui,
            icons::TAG,
            "There are no labels yet",
            "Add the first ones in the panel right of the pictures.",
            |ui| {
                widgets::action_button(ui, screen, Action::Pictures);
            },
        );
        return;
    }
    let mut form = model.data.labels.clone();
    let p = theme::palette(ui);
    let frame = egui::Frame::new().fill(p.panel).inner_margin(12).corner_radius(10);
    egui::Panel::left("label tree")
        .default_size(300.0)
        .size_range(220.0..=460.0)
        .frame(frame)
        .show(ui, |ui| tree::show(ui, screen, &mut form, info));
    egui::CentralPanel::default()
        .frame(egui::Frame::new().inner_margin(egui::Margin::symmetric(16, 0)))
        .show(ui, |ui| {
            egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                ui.set_max_width(640.0);
                similar(ui, screen, info);
                detail(ui, screen, &mut form);
            });
        });
    if form != model.data.labels {
        screen.command(Command::Data(DataCommand::LabelsForm(form)));
    }
}

fn change(screen: &mut Screen<'_>, change: LabelChange) {
    screen.command(Command::Data(DataCommand::Label(change)));
}

/// Labels that may be one, with a button that makes them so.
fn similar(ui: &mut Ui, screen: &mut Screen<'_>, info: &LabelsInfo) {
    let model = screen.model;
    let Some(open) = model.open() else { return };
    let label = |id: &i64| open.catalog.labels.iter().find(|l| l.id == *id);
    let counts = totals(ui, open);
    let count = |id: i64| {
        let column = open.catalog.labels.iter().position(|l| l.id == id);
        column.map_or(0, |c| counts.pictures[c])
    };
    let mut groups: Vec<Vec<&LabelRow>> = info
        .similar
        .iter()
        .map(|g| g.iter().filter_map(label).collect())
        .collect();
    groups
        .iter_mut()
        .for_each(|g| g.sort_by_key(|l| std::cmp::Reverse(count(l.id))));
    groups.retain(|g| g.len() > 1);
    for group in groups.iter().take(4) {
        theme::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_wrapped(|ui| {
                let names: Vec<String> = group.iter().map(|l| format!("“{}”", l.name)).collect();
                ui.label(format!("{} {}: are these one?", icons::QUESTION, names.join(" and ")));
                let button = ui.button(format!("Merge into “{}”", group[0].name));
                if button.clicked() {
                    let stays = &group[0].name;
                    let pairs = group[1..].iter().map(|l| (l.name.clone(), stays.clone()));
                    change(screen, LabelChange::MergeNamed(pairs.collect()));
                }
            });
        });
        ui.add_space(theme::SMALL);
    }
}

fn detail(ui: &mut Ui, screen: &mut Screen<'_>, form: &mut LabelsForm) {
    let model = screen.model;
    let Some(open) = model.open() else { return };
    let labels = &open.catalog.labels;
    let Some(column) = form.chosen.and_then(|id| labels.iter().position(|l| l.id == id)) else {
        ui.add_space(theme::HUGE);
        ui.label(theme::quiet(
            ui,
            "Choose a label on the left: then it can be renamed, merged, split off, coloured and described.",
        ));
        return;
    };
    let (label, last) = (&labels[column], labels.len() - 1);
    let count = totals(ui, open).pictures[column];
    if form.loaded != Some((label.id, open.version)) {
        form.loaded = Some((label.id, open.version));
        form.name.clone_from(&label.name);
        form.description = label.description.clone().unwrap_or_default();
        form.words = label.prompt_words.clone().unwrap_or_default();
    }
    ui.add(egui::Label::new(theme::heading(&label.name, TextSize::Title)).truncate());
    ui.horizontal_wrapped(|ui| {
        if ui
            .link(words::counted(count, "picture", "pictures"))
            .on_hover_text("Show them")
            .clicked()
        {
            let filter = Filter {
                labels: vec![(column, LabelTest::Positive)],
                ..Filter::default()
            };
            screen.command(Command::Show(filter, Sort::Data));
        }
        if label.novel {
            ui.label(theme::quiet(
                ui,
                format!("{} novel: kept out of training", icons::SPARKLE),
            ));
        }
    });
    ui.add_space(theme::SMALL);
    ui.add_enabled_ui(open.catalog.writable, |ui| {
        texts(ui, screen, form, label);
        colour(ui, screen, label);
        order(ui, screen, label, column, last);
        merge(ui, screen, form, label);
        part(ui, screen, form, column);
        ui.add_space(theme::MEDIUM);
        let words = theme::labelled(icons::TRASH, "Delete the label");
        if ui
            .button(words)
            .on_hover_text("Can be undone, with all that was known of it")
            .clicked()
        {
            change(screen, LabelChange::Delete(label.id));
        }
    });
}

/// A name, a field and a button in a row; true when it is to be kept.
fn field(ui: &mut Ui, text: &mut String, name: &str, hint: &str, button: &str, changed: bool) -> bool {
    ui.label(theme::quiet(ui, name));
    let mut keep = false;
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            keep = ui.add_enabled(changed, egui::Button::new(button)).clicked();
            let edit = egui::TextEdit::singleline(text)
                .hint_text(hint)
                .desired_width(f32::INFINITY);
            let response = ui.add(edit);
            response.widget_info(|| widgets::field_info(text.as_str(), name));
            keep |= changed && response.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        });
    });
    keep
}

fn texts(ui: &mut Ui, screen: &mut Screen<'_>, form: &mut LabelsForm, label: &LabelRow) {
    let same = |text: &str, old: &Option<String>| text.trim() == old.as_deref().unwrap_or_default();
    let new = !form.name.trim().is_empty() && form.name.trim() != label.name;
    let name = "Name (A/B is B below A; labels below go along)";
    if field(ui, &mut form.name, name, "", "Rename", new) {
        change(screen, LabelChange::Rename(label.id, form.name.trim().to_owned()));
    }
    let new = !same(&form.description, &label.description);
    let hint = "What counts, and what does not";
    if field(
        ui,
        &mut form.description,
        "What it means, for people",
        hint,
        "Keep",
        new,
    ) {
        let text = Some(form.description.clone());
        change(screen, LabelChange::Describe(label.id, text));
    }
    let new = !same(&form.words, &label.prompt_words);
    let hint = format!("{} (its name)", label.name);
    if field(
        ui,
        &mut form.words,
        "What CLIP reads instead of the name",
        &hint,
        "Use",
        new,
    ) {
        change(screen, LabelChange::Words(label.id, Some(form.words.clone())));
    }
}

fn colour(ui: &mut Ui, screen: &mut Screen<'_>, label: &LabelRow) {
    ui.add_space(theme::SMALL);
    ui.label(theme::quiet(
        ui,
        "Colour (these are told apart by people with colour blindness too)",
    ));
    ui.horizontal(|ui| {
        let p = theme::palette(ui);
        let names = ["orange", "sky blue", "green", "yellow", "pink", "vermilion", "blue"];
        for (color, name) in theme::LABELS.into_iter().zip(names) {
            let rgb = [color.r(), color.g(), color.b()];
            let on = label.colour == Some(rgb);
            let (rect, response) = ui.allocate_exact_size(vec2(theme::HIT, theme::HIT), Sense::click());
            ui.painter().circle_filled(rect.center(), 9.0, color);
            if on || response.hovered() || response.has_focus() {
                let stroke = Stroke::new(if on { 2.5 } else { 1.0 }, p.text);
                ui.painter().circle_stroke(rect.center(), 12.0, stroke);
            }
            response.widget_info(|| {
                egui::WidgetInfo::selected(egui::Role::RadioButton, true, on, format!("Colour {name}"))
            });
            if response.on_hover_text(name).clicked() && !on {
                change(screen, LabelChange::Colour(label.id, Some(rgb)));
            }
        }
        // A colour of one's own is kept when the picker is let go.
        let id = egui::Id::unique(("own colour", label.id));
        let kept = label.colour.unwrap_or([128, 128, 128]);
        let mut own = ui.data(|d| d.get_temp::<[u8; 3]>(id)).unwrap_or(kept);
        let picker = ui
            .color_edit_button_srgb(&mut own)
            .on_hover_text("A colour of your own");
        if picker.changed() {
            ui.data_mut(|d| d.insert_temp(id, own));
        }
        if own != kept && ui.button("Use").clicked() {
            ui.data_mut(|d| d.remove::<[u8; 3]>(id));
            change(screen, LabelChange::Colour(label.id, Some(own)));
        }
        if label.colour.is_some() && ui.button("None").on_hover_text("The program chooses").clicked() {
            change(screen, LabelChange::Colour(label.id, None));
        }
    });
}

fn order(ui: &mut Ui, screen: &mut Screen<'_>, label: &LabelRow, column: usize, last: usize) {
    ui.add_space(theme::SMALL);
    ui.horizontal(|ui| {
        ui.label(theme::quiet(ui, format!("Place {} of {}", column + 1, last + 1)));
        for (enabled, icon, name, place) in [
            (column > 0, icons::ARROW_UP, "Up", column.saturating_sub(1)),
            (column < last, icons::ARROW_DOWN, "Down", column + 1),
        ] {
            let button = egui::Button::new(theme::labelled(icon, name));
            if ui.add_enabled(enabled, button).clicked() {
                change(screen, LabelChange::Move(label.id, place));
            }
        }
        if column < 10 {
            ui.label(theme::quiet(ui, format!("its key is {}", (column + 1) % 10)));
        }
    });
}

fn merge(ui: &mut Ui, screen: &mut Screen<'_>, form: &mut LabelsForm, label: &LabelRow) {
    let model = screen.model;
    let Some(open) = model.open() else { return };
    let others: Vec<&LabelRow> = open.catalog.labels.iter().filter(|l| l.id != label.id).collect();
    if others.is_empty() {
        return;
    }
    ui.add_space(theme::SMALL);
    ui.label(theme::quiet(
        ui,
        "Merge: every picture with this label gets the other one instead",
    ));
    let mut into = None;
    widgets::combo(ui, "merge into", "Merge into", "into …", 240.0, |ui| {
        for other in others {
            if ui.selectable_label(false, &other.name).clicked() {
                into = Some(other.id);
            }
        }
    });
    if let Some(into) = into {
        change(screen, LabelChange::Merge(label.id, into));
        form.chosen = Some(into);
    }
}

/// A part of the label's pictures gets a label of its own.
fn part(ui: &mut Ui, screen: &mut Screen<'_>, form: &mut LabelsForm, column: usize) {
    let model = screen.model;
    let Some(open) = model.open() else { return };
    let label = &open.catalog.labels[column];
    let chosen = model.browse.selection.iter().map(|i| *i as usize);
    let ids: Vec<i64> = chosen
        .filter(|i| *i < open.catalog.pictures.len() && open.catalog.truth_of(*i)[column] == 1)
        .map(|i| open.catalog.pictures[i].id)
        .collect();
    ui.add_space(theme::SMALL);
    if ids.is_empty() {
        let words = format!(
            "Split off: select pictures with “{}” in Pictures, then come back to give them a label of their own.",
            label.name
        );
        ui.add(
            egui::Label::new(
                RichText::new(words)
                    .size(TextSize::Small.points())
                    .color(theme::palette(ui).quiet),
            )
            .wrap(),
        );
        return;
    }
    let words = format!(
        "Split off: {} of “{}” get a new label",
        words::counted(ids.len(), "selected picture", "selected pictures"),
        label.name
    );
    let new = !form.part.trim().is_empty();
    if field(ui, &mut form.part, &words, "Name of the new label", "Split off", new) {
        let split = LabelChange::Split {
            label: label.id,
            name: form.part.trim().to_owned(),
            pictures: ids,
        };
        change(screen, split);
        form.part.clear();
    }
}
