//! A stage of a training: how far it is, its curves, its snapshots.

use super::measures::GROUPS;
use crate::app::model::training::{Curve, Lane};
use crate::app::model::words;
use crate::app::view::screen::Screen;
use crate::app::view::screens::snapshots;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::widgets;
use crate::engine::Stage;
use eframe::egui::{self, Align, Layout, Ui, vec2};
use egui_plot::{Corner, HLine, Legend, Line, LineStyle, Plot, PlotPoints};

/// A level line of a plot and its name.
type Floor<'a> = Option<&'a (f64, String)>;

/// Shows a stage. `floor`: mAP of the untrained model.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>, lane: &Lane, floor: Floor<'_>) {
    let p = theme::palette(ui);
    theme::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal(|ui| {
            let what = match lane.stage {
                Stage::One => "the eyes learn your pictures",
                Stage::Two => "the words learn your labels",
                Stage::Joint => "the eyes and the words learn together",
            };
            ui.label(theme::heading(format!("{}: {what}", lane.name()), TextSize::Subtitle))
                .on_hover_text(format!("Called {} by the command line", lane.run));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.label(theme::quiet(
                    ui,
                    format!("step {} of {}", words::count(lane.done), words::count(lane.steps)),
                ));
            });
        });
        let width = ui.available_width();
        widgets::share_bar(
            ui,
            vec2(width, 6.0),
            &[(lane.share(), p.accent)],
            None,
            &format!("{} progress", lane.name()),
        );
        if let Some(why) = &lane.chosen {
            ui.label(words::sentence(why));
        }
        ui.add_space(theme::SMALL);
        let has_map = lane.map.iter().any(|c| !c.points.is_empty());
        ui.columns(if has_map { 2 } else { 1 }, |columns| {
            // Of the two that a joint training has, the curve holds the distance from CLIP.
            let extra = match lane.stage {
                Stage::Two => "distance of words (L_sc)",
                Stage::One | Stage::Joint => "distance from CLIP (L_kd)",
            };
            let losses = [
                ("loss", &lane.loss, p.accent),
                ("labels (L_cls)", &lane.cls, p.groups[0]),
                (extra, &lane.extra, p.groups[1]),
            ];
            plot(
                &mut columns[0],
                &format!("loss {}", lane.run),
                "loss by step",
                &losses,
                None,
                Corner::RightTop,
            );
            if has_map {
                let colors = [p.accent, p.groups[0], p.groups[1], p.groups[2]];
                let curves: Vec<_> = (0..4).map(|i| (GROUPS[i], &lane.map[i], colors[i])).collect();
                plot(
                    &mut columns[1],
                    &format!("map {}", lane.run),
                    "mAP in % by pass, on the validation pictures",
                    &curves,
                    floor,
                    Corner::RightBottom,
                );
            }
        });
        snapshots::strip(ui, screen, lane);
    });
}

/// Curves of a name and a colour each.
type Curves<'a> = [(&'a str, &'a Curve, egui::Color32)];

fn plot(ui: &mut Ui, id: &str, title: &str, curves: &Curves<'_>, floor: Floor<'_>, legend: Corner) {
    ui.label(theme::quiet(ui, title));
    let color = theme::palette(ui).quiet;
    Plot::new(id.to_owned())
        .height(190.0)
        .allow_scroll(false)
        .allow_drag(false)
        .allow_zoom(false)
        .allow_boxed_zoom(false)
        .show_crosshair(false)
        .show_background(false)
        .grid_color(theme::palette(ui).line)
        .grid_spacing(40.0..=200.0)
        .legend(Legend::default().position(legend))
        .y_axis_min_width(36.0)
        .show(ui, |plot| {
            for (name, curve, color) in curves {
                if !curve.points.is_empty() {
                    let points = PlotPoints::new(curve.points.clone());
                    plot.line(Line::new((*name).to_owned(), points).color(*color).width(1.8));
                }
            }
            if let Some((floor, name)) = floor {
                plot.hline(
                    HLine::new(name.as_str(), *floor)
                        .color(color)
                        .style(LineStyle::dashed_loose()),
                );
            }
        });
}
