//! The inspector's panel: labels with their probability and parts, the sliders, the numbers behind them.

use super::inspector::colors;
use super::view::View;
use crate::app::command::{Action, Command};
use crate::app::state::{Slot, State};
use crate::app::theme::{self, TextSize};
use crate::app::{icons, widgets};
use crate::dataset::preprocess::Mode;
use crate::engine::scorer::Probability;
use crate::project::Provenance;
use eframe::egui::{self, Align, Color32, Layout, RichText, Sense, Ui, vec2};

/// Shows the panel.
pub fn show(ui: &mut Ui, state: &mut State, index: usize, view: Option<&View>) {
    let scored = view.is_some();
    if let Some(view) = view {
        sliders(ui, state, view);
        ui.separator();
    }
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        state.inspect.hovered = None;
        if !scored {
            unscored(ui, state);
        }
        if let Some(view) = view {
            patch(ui, state, view);
        }
        let order = match (view, &state.project) {
            (Some(view), _) => view.order(),
            (None, Slot::Open(open)) => (0..open.catalog.labels.len()).collect(),
            _ => Vec::new(),
        };
        for label in order {
            row(ui, state, index, label, view);
        }
        if let Some(view) = view {
            ui.add_space(theme::MEDIUM);
            let header = egui::CollapsingHeader::new("How is this computed?").open(Some(state.inspect.numbers));
            let header = header.show(ui, |ui| numbers(ui, state, view));
            if header.header_response.clicked() {
                state.inspect.numbers = !state.inspect.numbers;
            }
        }
    });
}

/// There are no scores: say why and what to do.
fn unscored(ui: &mut Ui, state: &mut State) {
    if state.inspect.examined.is_none() {
        ui.horizontal(|ui| {
            ui.spinner();
            ui.label("Reading the scores …");
        });
        return;
    }
    let busy = state
        .jobs
        .has(|p| matches!(p, crate::app::jobs::Purpose::Predict { .. }));
    theme::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        if busy {
            ui.label("The model is looking at all pictures; this one follows.");
            return;
        }
        ui.label("No model has looked at this picture with these labels yet.");
        widgets::action_button(ui, state, Action::Predict);
    });
}

fn sliders(ui: &mut Ui, state: &mut State, view: &View) {
    let config = view.scorer.config.clone();
    let patches = config.grid * config.grid;
    ui.horizontal(|ui| {
        let title = if config.run == crate::engine::jobs::ZERO_SHOT {
            "Untrained CLIP"
        } else {
            config.run.as_str()
        };
        ui.label(theme::heading(title, TextSize::Subtitle));
        if matches!(config.probability, Probability::Uncalibrated { .. }) {
            ui.label(theme::quiet(ui, "not calibrated"))
                .on_hover_text("Probabilities of an untrained CLIP are a rough guide; training calibrates them.");
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let changed =
                state.inspect.alpha.is_some() || state.inspect.top_k.is_some() || state.inspect.threshold.is_some();
            if ui
                .add_enabled(changed, egui::Button::new("As trained"))
                .on_hover_text("Take back alpha, K and threshold")
                .clicked()
            {
                (state.inspect.alpha, state.inspect.top_k, state.inspect.threshold) = (None, None, None);
            }
        });
    });
    egui::Grid::new("sliders")
        .num_columns(2)
        .spacing([12.0, 6.0])
        .show(ui, |ui| {
            ui.spacing_mut().slider_width = (ui.available_width() - 190.0).clamp(90.0, 260.0);
            let mut alpha = view.alpha;
            let words = "How much the whole picture counts against its details (alpha)";
            ui.label("Whole picture").on_hover_text(words);
            let slider = ui
                .add(egui::Slider::new(&mut alpha, 0.0..=1.0).fixed_decimals(2))
                .on_hover_text(words);
            slider.widget_info(|| egui::WidgetInfo::slider(true, alpha, "alpha, weight of the whole picture"));
            if slider.changed() {
                state.inspect.alpha = Some(alpha);
            }
            ui.end_row();
            let mut k = view.top_k;
            let words = "How many patches speak for a label: the most similar ones (K)";
            ui.label("Patches").on_hover_text(words);
            let slider = ui.add(egui::Slider::new(&mut k, 1..=patches)).on_hover_text(words);
            slider.widget_info(|| egui::WidgetInfo::slider(true, k as f64, "K, number of patches"));
            if slider.changed() {
                state.inspect.top_k = Some(k);
            }
            ui.end_row();
            let mut threshold = state.inspect.threshold.unwrap_or(0.5);
            let words = "Probability from which a label is given; each label's own until it is moved";
            ui.label("Threshold").on_hover_text(words);
            let slider = ui
                .add(egui::Slider::new(&mut threshold, 0.01..=0.99).fixed_decimals(2))
                .on_hover_text(words);
            slider.widget_info(|| egui::WidgetInfo::slider(true, f64::from(threshold), "threshold"));
            if slider.changed() {
                state.inspect.threshold = Some(threshold);
            }
            ui.end_row();
        });
    ui.horizontal(|ui| {
        ui.checkbox(&mut state.inspect.heat, "Heat of all patches")
            .on_hover_text("Similarity of every patch with the first chosen label, from dark to bright");
        let how = match config.key.preprocess.mode {
            Mode::Stretch => "stretched",
            Mode::Crop => "cropped",
            Mode::Pad => "padded",
        };
        ui.label(theme::quiet(ui, format!("{how} to {} px", config.key.preprocess.size)))
            .on_hover_text("How the picture became the model's input; parts that it never saw are dimmed");
    });
}

/// A label: whether it is there, how probable, from what.
fn row(ui: &mut Ui, state: &mut State, index: usize, label: usize, view: Option<&View>) {
    let p = theme::palette(ui);
    let Slot::Open(open) = &state.project else { return };
    let name = open.catalog.labels[label].name.clone();
    let truth = open.catalog.truth_of(index)[label];
    let said = state.inspect.examined.as_ref().and_then(|e| {
        e.values
            .iter()
            .find(|v| v.label == open.catalog.labels[label].id)
            .copied()
    });
    let color = colors(&state.inspect, &open.catalog)
        .into_iter()
        .find(|c| c.0 == label)
        .map(|c| c.1);
    let (probability, given) = view.map_or((None, true), |v| {
        let p = v.probability[label];
        (Some(p), p >= v.threshold[label])
    });
    let height = if view.is_some() { 46.0 } else { 30.0 };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click());
    let pinned = color.is_some();
    if response.hovered() {
        state.inspect.hovered = view.map(|_| label);
    }
    let fill = match (pinned, response.hovered() || response.has_focus()) {
        (true, _) => p.card,
        (false, true) => p.hover,
        _ => Color32::TRANSPARENT,
    };
    ui.painter().rect_filled(rect, 7.0, fill);
    if let Some(color) = color {
        let mark = egui::Rect::from_min_size(rect.min, vec2(4.0, rect.height()));
        ui.painter().rect_filled(mark, 2.0, color);
    }
    let state_words = match truth {
        1 => "there",
        0 => "not there",
        _ => "unknown",
    };
    response.widget_info(|| {
        let words = probability.map_or_else(
            || format!("{name}: {state_words}"),
            |p| format!("{name}: probability {p:.2}, {state_words}"),
        );
        egui::WidgetInfo::selected(egui::Role::Button, true, pinned, words)
    });
    let clicked = response.clicked();
    let inner = rect.shrink2(vec2(8.0, 3.0));
    let mut line = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(egui::Rect::from_min_size(inner.min, vec2(inner.width(), 26.0)))
            .layout(Layout::left_to_right(Align::Center)),
    );
    let (icon, tone) = match truth {
        1 => (icons::CHECK_CIRCLE, p.good),
        0 => (icons::CIRCLE, p.quiet),
        _ => (icons::QUESTION, p.warn),
    };
    let button = egui::Button::new(RichText::new(icon).size(18.0).color(tone)).frame_when_inactive(false);
    let toggle = line
        .add(button)
        .on_hover_text(format!("{name} is {state_words}: click to change"));
    toggle
        .widget_info(|| egui::WidgetInfo::selected(egui::Role::CheckBox, true, truth == 1, format!("{name} is there")));
    if toggle.clicked() {
        state.command(Command::ToggleLabel(label));
    }
    let mut words = RichText::new(&name);
    if given {
        words = words.family(theme::strong());
    } else {
        words = words.color(p.quiet);
    }
    line.add(egui::Label::new(words).truncate().selectable(false));
    if said.is_some_and(|v| v.provenance == Provenance::Human) {
        line.add(egui::Label::new(RichText::new(icons::PENCIL_SIMPLE).color(p.quiet)).selectable(false))
            .on_hover_text("A person said so here");
    }
    if label < 10 {
        line.add(egui::Label::new(theme::quiet(ui, ((label + 1) % 10).to_string())).selectable(false))
            .on_hover_text("Its digit toggles this label");
    }
    if let (Some(view), Some(probability)) = (view, probability) {
        line.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add(egui::Label::new(RichText::new(format!("{probability:.2}")).monospace()).selectable(false));
            if given != (truth == 1) && truth >= 0 {
                let why = if given {
                    "predicted, but not labelled"
                } else {
                    "labelled, but not predicted"
                };
                ui.add(egui::Label::new(RichText::new(icons::WARNING).color(p.warn)).selectable(false))
                    .on_hover_text(why);
            }
        });
        parts(ui, view, label, inner, color.unwrap_or(p.quiet), given);
    }
    if clicked && view.is_some() {
        pin(state, label);
    }
}

/// The probability as a bar in two tones: what the whole picture gives, and what its parts give.
fn parts(ui: &mut Ui, view: &View, label: usize, inner: egui::Rect, color: Color32, given: bool) {
    let evidence = &view.evidence[label];
    let probability = view.probability[label];
    let whole = (view.alpha as f32 * evidence.global).max(0.0);
    let local = ((1.0 - view.alpha) as f32 * evidence.local).max(0.0);
    let sum = (whole + local).max(1e-9);
    let quiet = theme::palette(ui).quiet;
    let tone = |strength: f32| {
        if given {
            color.gamma_multiply(strength)
        } else {
            quiet.gamma_multiply(strength * 0.6)
        }
    };
    let bar = egui::Rect::from_min_size(inner.min + vec2(2.0, 29.0), vec2(inner.width() - 4.0, 7.0));
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(bar));
    let shares = if whole + local <= 0.0 {
        // Both parts lie under zero, and the neutral score lower still: there is nothing to divide.
        [(probability, tone(0.8)), (0.0, tone(0.0))]
    } else {
        [
            (probability * whole / sum, tone(1.0)),
            (probability * local / sum, tone(0.55)),
        ]
    };
    let words = format!(
        "whole {:.3} x {:.2}, parts {:.3} x {:.2}",
        evidence.global,
        view.alpha,
        evidence.local,
        1.0 - view.alpha
    );
    let response = widgets::share_bar(&mut child, bar.size(), &shares, Some(view.threshold[label]), &words);
    response.on_hover_text(format!(
        "{words}\nstrong: from the whole picture; pale: from its parts; line: threshold"
    ));
}

fn pin(state: &mut State, label: usize) {
    let pinned = &mut state.inspect.pinned;
    match pinned.iter().position(|l| *l == label) {
        Some(at) => {
            pinned.remove(at);
        }
        None => {
            pinned.push(label);
            if pinned.len() > widgets::overlay::LABELS {
                pinned.remove(0);
            }
        }
    }
}

/// What the patch that the user clicked says of every label.
fn patch(ui: &mut Ui, state: &mut State, view: &View) {
    let Some(j) = state
        .inspect
        .patch
        .filter(|j| view.scores.similarity.first().is_none_or(|s| *j < s.len()))
    else {
        return;
    };
    let Slot::Open(open) = &state.project else { return };
    let side = view.scorer.config.grid;
    let mut similar: Vec<(usize, f32)> = (0..view.evidence.len())
        .map(|c| (c, view.scores.similarity[c][j]))
        .collect();
    similar.sort_by(|a, b| b.1.total_cmp(&a.1));
    ui.add_space(theme::MEDIUM);
    theme::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.label(theme::heading(
            format!("The patch in row {}, column {}", j / side + 1, j % side + 1),
            TextSize::Body,
        ));
        for (label, similarity) in similar.into_iter().take(5) {
            let rank = view.evidence[label].patches.iter().position(|(k, _)| *k == j);
            let adds = rank.map_or_else(
                || "not in the top K".to_owned(),
                |rank| {
                    let share = view.adds(label, similarity);
                    format!("{share:+.4}, number {}", rank + 1)
                },
            );
            ui.horizontal(|ui| {
                ui.label(&open.catalog.labels[label].name);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    ui.label(theme::quiet(ui, adds));
                    ui.monospace(format!("{similarity:.3}"));
                });
            });
        }
    });
}

/// The formula with this picture's real numbers.
fn numbers(ui: &mut Ui, state: &mut State, view: &View) {
    let Slot::Open(open) = &state.project else { return };
    let Some(label) = state
        .inspect
        .pinned
        .first()
        .copied()
        .or_else(|| view.order().first().copied())
    else {
        return;
    };
    let Some(row) = open.catalog.labels.get(label) else {
        return;
    };
    let e = &view.evidence[label];
    let (alpha, k) = (view.alpha, e.patches.len());
    let (keep, patches) = (1.0 - alpha, view.scores.similarity[label].len());
    let mut lines = vec![
        format!("label        {}", row.name),
        format!("whole, sG    {:.4}", e.global),
        "             cosine of picture and words".to_owned(),
        format!("parts, sL    {:.4}", e.local),
        format!("             mean of the {k} best of {patches} patches"),
        format!("score, s     {:.4}", e.fused),
        format!("             {alpha:.2} x {:.4} + {keep:.2} x {:.4}", e.global, e.local),
    ];
    match view.scorer.config.probability {
        Probability::Calibrated { log_scale, offset } => {
            let (g, z) = (log_scale.exp(), log_scale.exp() * (e.fused - offset));
            lines.push(format!("logit, z     {z:.3}"));
            lines.push(format!("             {g:.2} x ({:.4} - {offset:.4})", e.fused));
        }
        Probability::Uncalibrated { scale } => {
            let z = scale * (e.fused - view.neutral);
            lines.push(format!("logit, z     {z:.3}"));
            lines.push(format!(
                "             {scale:.1} x ({:.4} - {:.4})",
                e.fused, view.neutral
            ));
            lines.push("             subtracted: the score of “a photo.”".to_owned());
        }
    }
    lines.push(format!("probability  {:.4}", view.probability[label]));
    lines.push("             1 / (1 + exp(-z))".to_owned());
    lines.push(format!("threshold    {:.2}", view.threshold[label]));
    lines.push("patches: row, column, similarity, adds to s".to_owned());
    let side = view.scorer.config.grid;
    for (j, similarity) in e.patches.iter().take(10) {
        let adds = view.adds(label, *similarity);
        lines.push(format!(
            "         {:>3}  {:>3}  {similarity:.4}  {adds:+.5}",
            j / side + 1,
            j % side + 1
        ));
    }
    if k > 10 {
        lines.push(format!("         and {} more", k - 10));
    }
    let text = lines.join("\n");
    egui::ScrollArea::horizontal().id_salt("numbers").show(ui, |ui| {
        ui.add(egui::Label::new(RichText::new(&text).monospace()).extend());
    });
    if ui.button(theme::labelled(icons::COPY, "Copy the numbers")).clicked() {
        state.command(Command::Copy(text));
    }
}
