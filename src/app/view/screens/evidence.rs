//! The inspector's panel: labels with their probability and parts, the sliders, the numbers behind them.

use super::scored::{ScoredPicture, colors};
use crate::app::model::action::Action;
use crate::app::model::command::{Command, InspectorCommand};
use crate::app::model::inspector::Inspector;
use crate::app::model::job_kind::JobKind;
use crate::app::model::open::Open;
use crate::app::model::state::Model;
use crate::app::model::trainings::run_name;
use crate::app::model::words::ordinal;
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::widgets::overlay::LABELS;
use crate::app::view::{icons, widgets};
use crate::dataset::preprocess::Mode;
use crate::engine::jobs::ZERO_SHOT;
use crate::engine::scorer::Probability;
use crate::project::Provenance;
use eframe::egui::{self, Align, Color32, Layout, Rect, RichText, Sense, Ui, vec2};

/// Shows the panel.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>, index: usize, scored: Option<&ScoredPicture>) {
    let model = screen.model;
    let Some(open) = model.open() else { return };
    if let Some(scored) = scored {
        sliders(ui, screen, scored);
        ui.separator();
    }
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        match scored {
            Some(scored) => patch(ui, open, model.inspect.patch, scored),
            None => unscored(ui, screen),
        }
        let order = scored.map_or_else(|| (0..open.catalog.labels.len()).collect(), ScoredPicture::order);
        let mut hovered = None;
        for label in order {
            if row(ui, screen, open, [index, label], scored) {
                hovered = scored.map(|_| label);
            }
        }
        if hovered != model.inspect.hovered {
            screen.command(Command::Inspector(InspectorCommand::Hover(hovered)));
        }
        if let Some(scored) = scored {
            ui.add_space(theme::MEDIUM);
            let shown = model.inspect.numbers;
            let header = egui::CollapsingHeader::new("How is this computed?").open(Some(shown));
            let header = header.show(ui, |ui| numbers(ui, screen, open, scored));
            if header.header_response.clicked() {
                screen.command(Command::Inspector(InspectorCommand::Numbers(!shown)));
            }
        }
    });
}

/// There are no scores: say why and what to do.
fn unscored(ui: &mut Ui, screen: &mut Screen<'_>) {
    if screen.inspect.examined.is_none() {
        ui.horizontal(|ui| {
            ui.spinner();
            ui.label("Reading the scores …");
        });
        return;
    }
    let busy = screen.jobs.has(|kind| matches!(kind, JobKind::Predict { .. }));
    theme::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        if busy {
            ui.label("The model is looking at all pictures; this one follows.");
            return;
        }
        ui.label("No model has looked at this picture with these labels yet.");
        widgets::action_button(ui, screen, Action::Predict);
    });
}

fn sliders(ui: &mut Ui, screen: &mut Screen<'_>, scored: &ScoredPicture) {
    let model = screen.model;
    let config = &scored.scorer.config;
    ui.horizontal(|ui| {
        let title = match model.open() {
            _ if config.run == ZERO_SHOT => "Untrained CLIP".to_owned(),
            Some(open) => run_name(&open.catalog.runs, &config.run),
            None => config.run.clone(),
        };
        ui.label(theme::heading(title, TextSize::Subtitle));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let inspect = &model.inspect;
            let changed = inspect.alpha.is_some() || inspect.top_k.is_some() || inspect.threshold.is_some();
            if ui
                .add_enabled(changed, egui::Button::new("As trained"))
                .on_hover_text("Take back alpha, K and threshold")
                .clicked()
            {
                screen.command(Command::Inspector(InspectorCommand::Alpha(None)));
                screen.command(Command::Inspector(InspectorCommand::TopK(None)));
                screen.command(Command::Inspector(InspectorCommand::Threshold(None)));
            }
        });
    });
    if is_an_order(screen.model) {
        ui.label(theme::quiet(
            ui,
            "It gives no probabilities, only an order: most likely first. A bar shows how this picture stands among the others; a training \
             makes probabilities of it.",
        ));
    }
    egui::Grid::new("sliders")
        .num_columns(2)
        .spacing([12.0, 6.0])
        .show(ui, |ui| {
            ui.spacing_mut().slider_width = (ui.available_width() - 190.0).clamp(90.0, 260.0);
            three(ui, screen, scored);
        });
    ui.horizontal(|ui| {
        let mut heat = model.inspect.heat;
        let tick = ui
            .checkbox(&mut heat, "Heat of all patches")
            .on_hover_text("Similarity of every patch with the first chosen label, from dark to bright");
        if tick.changed() {
            screen.command(Command::Inspector(InspectorCommand::Heat(heat)));
        }
        let how = match config.key.preprocess.mode {
            Mode::Stretch => "stretched",
            Mode::Crop => "cropped",
            Mode::Pad => "padded",
        };
        ui.label(theme::quiet(ui, format!("{how} to {} px", config.key.preprocess.size)))
            .on_hover_text("How the picture became the model's input; parts that it never saw are dimmed");
    });
}

/// Whether what is shown only orders pictures.
fn is_an_order(model: &Model) -> bool {
    model.open().is_some_and(|open| open.catalog.spread.is_some())
}

/// Alpha, K and the threshold.
fn three(ui: &mut Ui, screen: &mut Screen<'_>, scored: &ScoredPicture) {
    let config = &scored.scorer.config;
    let mut alpha = scored.alpha;
    let words = "How much the whole picture counts against its details (alpha)";
    ui.label("Whole picture").on_hover_text(words);
    let slider = ui
        .add(egui::Slider::new(&mut alpha, 0.0..=1.0).fixed_decimals(2))
        .on_hover_text(words);
    slider.widget_info(|| egui::WidgetInfo::slider(true, alpha, "alpha, weight of the whole picture"));
    if slider.changed() {
        screen.command(Command::Inspector(InspectorCommand::Alpha(Some(alpha))));
    }
    ui.end_row();
    let mut k = scored.top_k;
    let words = "How many patches speak for a label: the most similar ones (K)";
    ui.label("Patches").on_hover_text(words);
    let slider = ui
        .add(egui::Slider::new(&mut k, 1..=config.grid * config.grid))
        .on_hover_text(words);
    slider.widget_info(|| egui::WidgetInfo::slider(true, k as f64, "K, number of patches"));
    if slider.changed() {
        screen.command(Command::Inspector(InspectorCommand::TopK(Some(k))));
    }
    ui.end_row();
    let mut threshold = screen.inspect.threshold.unwrap_or(0.5);
    let words = if is_an_order(screen.model) {
        "How high a picture must stand among the others to be given a label; in the middle about as many are given as pictures usually have"
    } else {
        "Probability from which a label is given; each label's own until it is moved"
    };
    ui.label("Threshold").on_hover_text(words);
    let slider = ui
        .add(egui::Slider::new(&mut threshold, 0.01..=0.99).fixed_decimals(2))
        .on_hover_text(words);
    slider.widget_info(|| egui::WidgetInfo::slider(true, f64::from(threshold), "threshold"));
    if slider.changed() {
        screen.command(Command::Inspector(InspectorCommand::Threshold(Some(threshold))));
    }
    ui.end_row();
}

/// A label of the picture.
struct Row<'a> {
    label: usize,
    name: &'a str,
    /// As in the catalog: 1 there, 0 not there, -1 unknown.
    truth: i8,
    by_hand: bool,
    /// `None`: it is not chosen.
    color: Option<Color32>,
    /// How likely it is, in words for the eye and for the ear; `None` where no model has looked.
    likely: Option<[String; 2]>,
    /// Whether it is predicted.
    given: bool,
}

impl<'a> Row<'a> {
    fn of(open: &'a Open, inspect: &Inspector, index: usize, label: usize, scored: Option<&ScoredPicture>) -> Self {
        let known = &open.catalog.labels[label];
        let said = inspect
            .examined
            .as_ref()
            .and_then(|e| e.values.iter().find(|v| v.label == known.id));
        let chosen = colors(inspect, &open.catalog);
        let likely = scored.map(|s| match open.catalog.spread {
            Some(_) => {
                let place = ordinal(s.place(label));
                let all = format!("{place} of {}", s.probability.len());
                [place, all]
            }
            None => {
                let value = format!("{:.2}", s.probability[label]);
                let named = format!("probability {value}");
                [value, named]
            }
        });
        Self {
            label,
            name: &known.name,
            truth: open.catalog.truth_of(index)[label],
            by_hand: said.is_some_and(|v| v.provenance == Provenance::Human),
            color: chosen.into_iter().find(|c| c.0 == label).map(|c| c.1),
            likely,
            given: scored.is_none_or(|s| s.probability[label] >= s.threshold[label]),
        }
    }

    fn state(&self) -> &'static str {
        match self.truth {
            1 => "there",
            0 => "not there",
            _ => "unknown",
        }
    }
}

/// A label: whether it is there, how probable, from what. Returns whether the pointer is on it.
fn row(
    ui: &mut Ui,
    screen: &mut Screen<'_>,
    open: &Open,
    [index, label]: [usize; 2],
    scored: Option<&ScoredPicture>,
) -> bool {
    let p = theme::palette(ui);
    let row = Row::of(open, &screen.model.inspect, index, label, scored);
    let height = if scored.is_some() { 46.0 } else { 30.0 };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click());
    let pinned = row.color.is_some();
    let fill = match (pinned, response.hovered() || response.has_focus()) {
        (true, _) => p.card,
        (false, true) => p.hover,
        _ => Color32::TRANSPARENT,
    };
    ui.painter().rect_filled(rect, 7.0, fill);
    if let Some(color) = row.color {
        let mark = Rect::from_min_size(rect.min, vec2(4.0, rect.height()));
        ui.painter().rect_filled(mark, 2.0, color);
    }
    response.widget_info(|| {
        let (name, state) = (row.name, row.state());
        let words = match &row.likely {
            None => format!("{name}: {state}"),
            Some([_, likely]) => format!("{name}: {likely}, {state}"),
        };
        egui::WidgetInfo::selected(egui::Role::Button, true, pinned, words)
    });
    let clicked = response.clicked();
    let inner = rect.shrink2(vec2(8.0, 3.0));
    let mut line = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(Rect::from_min_size(inner.min, vec2(inner.width(), 26.0)))
            .layout(Layout::left_to_right(Align::Center)),
    );
    words(&mut line, screen, &row);
    if let Some(scored) = scored {
        parts(ui, scored, label, inner, row.color.unwrap_or(p.quiet), row.given);
        if clicked {
            pin(screen, label);
        }
    }
    response.hovered()
}

/// The line of a label over its bar: a tick, the name, marks, the probability.
fn words(line: &mut Ui, screen: &mut Screen<'_>, row: &Row<'_>) {
    let p = theme::palette(line);
    let (name, truth) = (row.name, row.truth);
    let (icon, tone) = match truth {
        1 => (icons::CHECK_CIRCLE, p.good),
        0 => (icons::CIRCLE, p.quiet),
        _ => (icons::QUESTION, p.warn),
    };
    let button = egui::Button::new(RichText::new(icon).size(18.0).color(tone)).frame_when_inactive(false);
    let toggle = line
        .add(button)
        .on_hover_text(format!("{name} is {}: click to change", row.state()));
    toggle
        .widget_info(|| egui::WidgetInfo::selected(egui::Role::CheckBox, true, truth == 1, format!("{name} is there")));
    if toggle.clicked() {
        screen.command(Command::ToggleLabel(row.label));
    }
    let mut words = RichText::new(name);
    if row.given {
        words = words.family(theme::strong());
    } else {
        words = words.color(p.quiet);
    }
    line.add(egui::Label::new(words).truncate().selectable(false));
    if row.by_hand {
        line.add(egui::Label::new(RichText::new(icons::PENCIL_SIMPLE).color(p.quiet)).selectable(false))
            .on_hover_text("A person said so here");
    }
    if row.label < 10 {
        let digit = theme::quiet(line, ((row.label + 1) % 10).to_string());
        line.add(egui::Label::new(digit).selectable(false))
            .on_hover_text("Its digit toggles this label");
    }
    let Some([likely, _]) = &row.likely else { return };
    line.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.add(egui::Label::new(RichText::new(likely).monospace()).selectable(false));
        if row.given != (truth == 1) && truth >= 0 {
            let why = if row.given {
                "predicted, but not labelled"
            } else {
                "labelled, but not predicted"
            };
            ui.add(egui::Label::new(RichText::new(icons::WARNING).color(p.warn)).selectable(false))
                .on_hover_text(why);
        }
    });
}

/// The probability as a bar in two tones: what the whole picture gives, and what its parts give.
fn parts(ui: &mut Ui, scored: &ScoredPicture, label: usize, inner: Rect, color: Color32, given: bool) {
    let evidence = &scored.evidence[label];
    let probability = scored.probability[label];
    let whole = (scored.alpha as f32 * evidence.global).max(0.0);
    let local = ((1.0 - scored.alpha) as f32 * evidence.local).max(0.0);
    let sum = (whole + local).max(1e-9);
    let quiet = theme::palette(ui).quiet;
    let tone = |strength: f32| {
        if given {
            color.gamma_multiply(strength)
        } else {
            quiet.gamma_multiply(strength * 0.6)
        }
    };
    let bar = Rect::from_min_size(inner.min + vec2(2.0, 29.0), vec2(inner.width() - 4.0, 7.0));
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
        scored.alpha,
        evidence.local,
        1.0 - scored.alpha
    );
    let response = widgets::share_bar(&mut child, bar.size(), &shares, Some(scored.threshold[label]), &words);
    response.on_hover_text(format!(
        "{words}\nstrong: from the whole picture; pale: from its parts; line: threshold"
    ));
}

/// Chooses a label for the picture, or no longer. Beyond the most that can be drawn the oldest goes.
fn pin(screen: &mut Screen<'_>, label: usize) {
    let mut pinned = screen.inspect.pinned.clone();
    match pinned.iter().position(|l| *l == label) {
        Some(at) => {
            pinned.remove(at);
        }
        None => {
            pinned.push(label);
            if pinned.len() > LABELS {
                pinned.remove(0);
            }
        }
    }
    screen.command(Command::Inspector(InspectorCommand::Pin(pinned)));
}

/// What the patch that the user clicked says of every label.
fn patch(ui: &mut Ui, open: &Open, chosen: Option<usize>, scored: &ScoredPicture) {
    let Some(j) = chosen.filter(|j| scored.scores.similarity.first().is_none_or(|s| *j < s.len())) else {
        return;
    };
    let side = scored.scorer.config.grid;
    let mut similar: Vec<(usize, f32)> = (0..scored.evidence.len())
        .map(|c| (c, scored.scores.similarity[c][j]))
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
            let rank = scored.evidence[label].patches.iter().position(|(k, _)| *k == j);
            let adds = rank.map_or_else(
                || "not in the top K".to_owned(),
                |rank| {
                    let share = scored.adds(label, similarity);
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
fn numbers(ui: &mut Ui, screen: &mut Screen<'_>, open: &Open, scored: &ScoredPicture) {
    let chosen = screen.inspect.pinned.first().copied();
    let Some(label) = chosen.or_else(|| scored.order().first().copied()) else {
        return;
    };
    let Some(row) = open.catalog.labels.get(label) else {
        return;
    };
    let e = &scored.evidence[label];
    let (alpha, k) = (scored.alpha, e.patches.len());
    let (keep, patches) = (1.0 - alpha, scored.scores.similarity[label].len());
    let mut lines = vec![
        format!("label        {}", row.name),
        format!("whole, sG    {:.4}", e.global),
        "             cosine of picture and words".to_owned(),
        format!("parts, sL    {:.4}", e.local),
        format!("             mean of the {k} best of {patches} patches"),
        format!("score, s     {:.4}", e.fused),
        format!("             {alpha:.2} x {:.4} + {keep:.2} x {:.4}", e.global, e.local),
    ];
    match scored.scorer.config.probability {
        Probability::Calibrated { log_scale, offset } => {
            let (g, z) = (log_scale.exp(), log_scale.exp() * (e.fused - offset));
            lines.push(format!("logit, z     {z:.3}"));
            lines.push(format!("             {g:.2} x ({:.4} - {offset:.4})", e.fused));
        }
        Probability::Uncalibrated { scale } => {
            let z = scale * (e.fused - scored.neutral);
            lines.push(format!("logit, z     {z:.3}"));
            lines.push(format!(
                "             {scale:.1} x ({:.4} - {:.4})",
                e.fused, scored.neutral
            ));
            lines.push("             subtracted: the score of “a photo.”".to_owned());
        }
    }
    if let Some(spread) = &open.catalog.spread {
        let [mean, from] = spread.bounds(label);
        lines.push(format!("all pictures {mean:.4} is the label's mean score"));
        lines.push(format!("given from   {from:.4}"));
        lines.push(format!(
            "standing     {:.2}, given from {:.2}",
            scored.probability[label], scored.threshold[label]
        ));
    } else {
        lines.push(format!("probability  {:.4}", scored.probability[label]));
        lines.push("             1 / (1 + exp(-z))".to_owned());
        lines.push(format!("threshold    {:.2}", scored.threshold[label]));
    }
    lines.push("patches: row, column, similarity, adds to s".to_owned());
    let side = scored.scorer.config.grid;
    for (j, similarity) in e.patches.iter().take(10) {
        let adds = scored.adds(label, *similarity);
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
        screen.command(Command::Copy(text));
    }
}
