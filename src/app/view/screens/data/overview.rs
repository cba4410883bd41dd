//! The data in numbers. Every number leads to its pictures.

use super::bins::{self, Bar};
use super::parts::card;
use crate::app::model::action::Action;
use crate::app::model::command::{Command, DataCommand};
use crate::app::model::data::Page;
use crate::app::model::words;
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::{icons, widgets};
use crate::dataset::split::Group;
use crate::project::{ASPECTS, Bin, MEGAPIXELS, Overview};
use eframe::egui::{self, Align, Align2, FontId, Layout, RichText, Sense, Ui, pos2, vec2};

/// Rows of labels in sight.
const LABELS: usize = 12;

/// Width of the columns of numbers.
const NUMBER: f32 = 70.0;

/// Shows the page.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>) {
    let model = screen.model;
    let Some(overview) = &model.data.overview.value else {
        widgets::loading(ui, "Counting …");
        return;
    };
    if overview.pictures == 0 {
        widgets::empty(
            ui,
            icons::IMAGES,
            "There is nothing to count",
            "This project has no pictures yet.",
            |ui| {
                widgets::action_button(ui, screen, Action::AddData);
            },
        );
        return;
    }
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.set_width(ui.available_width() - 10.0);
        top(ui, screen, overview);
        labels(ui, screen, overview);
        if ui.available_width() > 760.0 {
            ui.columns(2, |columns| {
                small(&mut columns[0], screen, overview);
                pairs(&mut columns[1], screen, overview);
            });
        } else {
            small(ui, screen, overview);
            pairs(ui, screen, overview);
        }
        matrix(ui, screen, overview);
    });
}

fn top(ui: &mut Ui, screen: &mut Screen<'_>, overview: &Overview) {
    ui.horizontal_wrapped(|ui| {
        ui.label(theme::heading(
            words::counted(overview.pictures, "picture", "pictures"),
            TextSize::Title,
        ));
        let [train, val, test, none] = overview.splits.map(words::count);
        ui.label(theme::quiet(
            ui,
            format!("train {train}, val {val}, test {test}, without a split {none}"),
        ));
        if overview.splits[..3].iter().all(|n| *n == 0) && ui.button("Make splits…").clicked() {
            screen.command(Command::Data(DataCommand::Page(Page::Splits)));
        }
    });
    ui.add_space(theme::SMALL);
}

fn labels(ui: &mut Ui, screen: &mut Screen<'_>, overview: &Overview) {
    let p = theme::palette(ui);
    card(ui, "How often labels are", |ui| {
        if overview.labels.is_empty() {
            ui.label("There are no labels yet.");
            return;
        }
        ui.horizontal_wrapped(|ui| {
            let words = [
                "frequent: 100 training pictures and more",
                "medium: 20 to 99",
                "rare: fewer than 20",
            ];
            for (g, words) in words.iter().enumerate() {
                let text = format!("{} {} {words}", theme::group_icon(g), overview.groups[g]);
                ui.label(RichText::new(text).size(TextSize::Small.points()).color(p.groups[g]));
                ui.add_space(theme::MEDIUM);
            }
        });
        let names = (ui.available_width() * 0.26).clamp(110.0, 260.0);
        let numbers = 5.0 * NUMBER;
        head(ui, names, numbers);
        let most = overview.labels.iter().map(|l| l.total()).max().unwrap_or(1);
        let rows = overview.labels.len();
        let height = rows.min(LABELS) as f32 * (bins::ROW + 2.0) + 4.0;
        ui.spacing_mut().item_spacing.y = 2.0;
        egui::ScrollArea::vertical()
            .id_salt("labels")
            .max_height(height)
            .auto_shrink([false, true])
            .show_rows(ui, bins::ROW, rows, |ui, range| {
                for label in &overview.labels[range] {
                    let group = label.group as usize;
                    ui.horizontal(|ui| {
                        ui.spacing_mut().item_spacing.x = 0.0;
                        let width = ui.available_width() - numbers;
                        ui.allocate_ui_with_layout(vec2(width, bins::ROW), Layout::top_down(Align::Min), |ui| {
                            ui.set_width(width);
                            let bar = Bar {
                                name: &label.name,
                                count: label.total(),
                                most,
                                names,
                                color: p.groups[group],
                                bin: Bin::Label {
                                    label: label.label,
                                    split: None,
                                },
                            };
                            bins::bar(ui, screen, &bar);
                        });
                        for (s, split) in ["train", "val", "test", "no split"].iter().enumerate() {
                            let bin = Bin::Label {
                                label: label.label,
                                split: Some(s),
                            };
                            let name = format!("{}, {split}", label.name);
                            bins::number(ui, screen, NUMBER, label.positives[s], &name, bin);
                        }
                        let bin = Bin::Unknown { label: label.label };
                        let name = format!("{} is not known", label.name);
                        bins::number(ui, screen, NUMBER, label.unknown, &name, bin);
                    });
                }
            });
        if rows > LABELS {
            ui.label(theme::quiet(
                ui,
                format!("{} labels in all: scroll for more", words::count(rows)),
            ));
        }
    });
}

/// Names of the columns.
fn head(ui: &mut Ui, names: f32, numbers: f32) {
    let p = theme::palette(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
    let font = FontId::proportional(TextSize::Small.points());
    let left = pos2(rect.left() + names, rect.center().y);
    ui.painter()
        .text(left, Align2::LEFT_CENTER, "pictures", font.clone(), p.quiet);
    for (i, name) in ["train", "val", "test", "no split", "unknown"].iter().enumerate() {
        let x = rect.right() - numbers + (i as f32 + 1.0) * NUMBER - 8.0;
        ui.painter().text(
            pos2(x, rect.center().y),
            Align2::RIGHT_CENTER,
            *name,
            font.clone(),
            p.quiet,
        );
    }
}

/// Labels in a picture, sizes, shapes.
fn small(ui: &mut Ui, screen: &mut Screen<'_>, overview: &Overview) {
    let p = theme::palette(ui);
    let mut chart =
        |ui: &mut Ui, title: &str, counts: &[usize], name: &dyn Fn(usize) -> String, bin: &dyn Fn(usize) -> Bin| {
            card(ui, title, |ui| {
                ui.spacing_mut().item_spacing.y = 1.0;
                let most = counts.iter().copied().max().unwrap_or(1);
                for (i, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                    let name = name(i);
                    let bar = Bar {
                        name: &name,
                        count: *count,
                        most,
                        names: 148.0,
                        color: p.groups[0],
                        bin: bin(i),
                    };
                    bins::bar(ui, screen, &bar);
                }
            });
        };
    chart(
        ui,
        "Labels on a picture",
        &overview.labels_per_picture,
        &|n| match n {
            0 => "without a label".to_owned(),
            n => words::counted(n, "label", "labels"),
        },
        &Bin::Labels,
    );
    chart(
        ui,
        "Size",
        &overview.megapixels,
        &|i| within(&MEGAPIXELS, i, "megapixels"),
        &Bin::Megapixels,
    );
    chart(ui, "Shape", &overview.aspects, &shape, &Bin::Aspect);
    if overview.with_unknowns > 0 {
        card(ui, "Not known", |ui| {
            let bar = Bar {
                name: "some label not known",
                count: overview.with_unknowns,
                most: overview.pictures,
                names: 148.0,
                color: p.groups[2],
                bin: Bin::WithUnknowns,
            };
            bins::bar(ui, screen, &bar);
        });
    }
}

/// `0.1 to 0.25 megapixels`.
fn within(bounds: &[f64], i: usize, unit: &str) -> String {
    match (i.checked_sub(1).and_then(|i| bounds.get(i)), bounds.get(i)) {
        (None, Some(to)) => format!("under {to} {unit}"),
        (Some(from), Some(to)) => format!("{from} to {to} {unit}"),
        (Some(from), None) => format!("{from} {unit} and more"),
        (None, None) => unit.to_owned(),
    }
}

/// A bin of width through height, in words.
fn shape(i: usize) -> String {
    // The bounds are those of `ASPECTS`.
    let names = [
        "very tall",
        "tall (1:2 to 7:10)",
        "tall (7:10 to 9:10)",
        "almost square, tall",
        "square",
        "almost square, wide",
        "wide (up to 10:7)",
        "wide (up to 2:1)",
        "very wide",
    ];
    names
        .get(i)
        .map_or_else(|| within(&ASPECTS, i, ""), |name| (*name).to_owned())
}

fn name_of(overview: &Overview, id: i64) -> &str {
    overview.labels.iter().find(|l| l.label == id).map_or("?", |l| &l.name)
}

/// The pairs that are most often on one picture.
fn pairs(ui: &mut Ui, screen: &mut Screen<'_>, overview: &Overview) {
    let p = theme::palette(ui);
    card(ui, "Most often together", |ui| {
        if overview.pairs.is_empty() {
            ui.label(theme::quiet(ui, "No picture has two labels."));
        }
        ui.spacing_mut().item_spacing.y = 1.0;
        let most = overview.pairs.first().map_or(1, |pair| pair.pictures);
        for pair in overview.pairs.iter().take(16) {
            let name = format!(
                "{} and {}",
                name_of(overview, pair.first),
                name_of(overview, pair.second)
            );
            let bar = Bar {
                name: &name,
                count: pair.pictures,
                most,
                names: (ui.available_width() * 0.45).min(230.0),
                color: p.groups[1],
                bin: Bin::Together {
                    first: pair.first,
                    second: pair.second,
                },
            };
            bins::bar(ui, screen, &bar);
        }
    });
}

/// How often the most frequent labels are on the same pictures.
fn matrix(ui: &mut Ui, screen: &mut Screen<'_>, overview: &Overview) {
    let n = overview.together_labels.len();
    if n < 2 {
        return;
    }
    let p = theme::palette(ui);
    let names: Vec<&str> = (overview.together_labels.iter())
        .map(|id| name_of(overview, *id))
        .collect();
    card(ui, "Together, label by label", |ui| {
        ui.label(theme::quiet(
            ui,
            "Of the pictures with the label of the row, how many have the label of the column. Numbers are pictures.",
        ));
        let left = 130.0f32;
        let side = ((ui.available_width() - left) / n as f32).clamp(30.0, 92.0);
        let (rect, _) = ui.allocate_exact_size(vec2(left + side * n as f32, 26.0 + 28.0 * n as f32), Sense::hover());
        let font = FontId::proportional(TextSize::Small.points());
        for a in 0..n {
            let top = egui::Rect::from_min_size(
                rect.min + vec2(left + side * a as f32 + 3.0, 0.0),
                vec2(side - 6.0, 24.0),
            );
            bins::text(ui, top, names[a], font.clone(), p.quiet);
            let row = egui::Rect::from_min_size(rect.min + vec2(0.0, 26.0 + 28.0 * a as f32), vec2(left - 8.0, 26.0));
            bins::text(ui, row, names[a], font.clone(), p.text);
            let alone = overview.together[a * n + a].max(1) as f32;
            for b in 0..n {
                let at = rect.min + vec2(left + side * b as f32, 26.0 + 28.0 * a as f32);
                let cell = egui::Rect::from_min_size(at, vec2(side - 2.0, 26.0));
                let count = overview.together[a * n + b];
                if a == b {
                    ui.painter().rect_filled(cell, 4.0, p.hover);
                    continue;
                }
                let id = ui.scope_id().with(("together", a, b));
                let response = ui.interact(cell, id, Sense::click());
                let share = count as f32 / alone;
                ui.painter().rect_filled(
                    cell,
                    4.0,
                    p.groups[Group::Medium as usize].gamma_multiply(0.08 + 0.5 * share),
                );
                if response.hovered() || response.has_focus() {
                    ui.painter()
                        .rect_stroke(cell, 4.0, egui::Stroke::new(1.5, p.accent), egui::StrokeKind::Inside);
                }
                ui.painter().text(
                    cell.center(),
                    Align2::CENTER_CENTER,
                    words::count(count),
                    font.clone(),
                    p.text,
                );
                let words = format!(
                    "{} with {}: {}",
                    names[a],
                    names[b],
                    words::counted(count, "picture", "pictures")
                );
                response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Link, count > 0, &words));
                let response = response.on_hover_text(format!("{words}, {:.0} % of {}", 100.0 * share, names[a]));
                if count > 0 && response.clicked() {
                    let bin = Bin::Together {
                        first: overview.together_labels[a],
                        second: overview.together_labels[b],
                    };
                    let name = format!("{} and {}", names[a], names[b]);
                    screen.command(Command::Data(DataCommand::PicturesOf(bin, name)));
                }
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_have_words() {
        assert_eq!(within(&MEGAPIXELS, 0, "MP"), "under 0.05 MP");
        assert_eq!(within(&MEGAPIXELS, 2, "MP"), "0.1 to 0.25 MP");
        assert_eq!(within(&MEGAPIXELS, MEGAPIXELS.len(), "MP"), "20 MP and more");
        let names: std::collections::HashSet<String> = (0..=ASPECTS.len()).map(shape).collect();
        assert_eq!(names.len(), ASPECTS.len() + 1, "each bin has a name of its own");
    }
}
