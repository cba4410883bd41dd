//! Pictures: filters, the grid, labels.

use crate::app::model::action::Action;
use crate::app::model::command::{BrowseCommand, Command, Preference};
use crate::app::model::filter::Sort;
use crate::app::model::words;
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::{icons, widgets};
use eframe::egui::{self, Align, Layout, RichText, Ui};

/// Shows the place.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>) {
    let p = theme::palette(ui);
    let frame = egui::Frame::new()
        .fill(p.panel)
        .inner_margin(egui::Margin::symmetric(12, 10));
    // The pictures come first: where there is little room, the panels give way.
    let room = ui.available_width();
    if screen.prefs.filters_open && room > 900.0 {
        egui::Panel::left("filters")
            .default_size(216.0)
            .size_range(180.0..=320.0)
            .frame(frame)
            .show(ui, |ui| super::filters::panel(ui, screen));
    }
    if screen.prefs.labels_open && room > 660.0 {
        egui::Panel::right("labels")
            .default_size(268.0)
            .size_range(210.0..=420.0)
            .frame(frame)
            .show(ui, |ui| super::labels_panel::panel(ui, screen));
    }
    egui::CentralPanel::default()
        .frame(
            egui::Frame::new()
                .fill(p.ground)
                .inner_margin(egui::Margin::symmetric(12, 8)),
        )
        .show(ui, |ui| {
            missing(ui, screen);
            super::picking::bar(ui, screen);
            head(ui, screen);
            ui.add_space(theme::SMALL);
            body(ui, screen);
        });
}

/// Files that are gone, and the way to find them again.
fn missing(ui: &mut Ui, screen: &mut Screen<'_>) {
    let gone = screen.data.missing.map_or(0, |(_, gone)| gone);
    if gone == 0 {
        return;
    }
    let p = theme::palette(ui);
    let frame = egui::Frame::new()
        .fill(p.accent_ground)
        .corner_radius(8)
        .inner_margin(egui::Margin::symmetric(12, 6));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal(|ui| {
            let words = words::counted(gone, "picture's file is", "pictures' files are");
            ui.label(
                format!("{}  {words} not where it was. Labels are kept.", icons::WARNING)
                    .replace("are not where it was", "are not where they were"),
            );
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if ui.button("Find moved pictures…").clicked() {
                    screen.command(Command::Do(Action::FindMoved));
                }
            });
        });
    });
    ui.add_space(theme::SMALL);
}

/// Count, order, size.
fn head(ui: &mut Ui, screen: &mut Screen<'_>) {
    ui.horizontal(|ui| {
        let toggle = widgets::icon_button(ui, icons::SIDEBAR_SIMPLE, "Show or hide filters");
        if toggle.clicked() {
            screen.command(Command::Do(Action::Filters));
        }
        let total = screen.open().map_or(0, |o| o.catalog.pictures.len());
        let shown = screen.browse.shown.len();
        let words = if shown == total {
            words::counted(total, "picture", "pictures")
        } else {
            format!("{} of {}", words::count(shown), words::count(total))
        };
        ui.label(theme::heading(words, TextSize::Subtitle));
        if !screen.browse.filter.is_empty() && ui.button(theme::labelled(icons::X, "Show all")).clicked() {
            screen.command(Command::Do(Action::ClearFilters));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let toggle = widgets::icon_button(ui, icons::TAG, "Show or hide labels");
            if toggle.clicked() {
                screen.command(Command::Do(Action::Labels));
            }
            // Where there is no room for all of it, the order stays longest: nothing is drawn over the count.
            if ui.available_width() > 300.0 {
                size(ui, screen);
            }
            if ui.available_width() > 90.0 {
                sorting(ui, screen);
            }
            if ui.available_width() > 150.0
                && screen
                    .open()
                    .is_some_and(|o| !o.catalog.scored() && !o.catalog.labels.is_empty())
                && !screen.jobs.busy()
            {
                widgets::action_button(ui, screen, Action::Predict);
            }
        });
    });
}

/// The slider for the size of the thumbnails.
fn size(ui: &mut Ui, screen: &mut Screen<'_>) {
    ui.spacing_mut().slider_width = 90.0;
    let mut size = screen.prefs.thumbnail;
    let slider = egui::Slider::new(&mut size, 96.0..=360.0).show_value(false);
    let slider = ui.add(slider).on_hover_text("Size of the thumbnails");
    slider.widget_info(|| egui::WidgetInfo::slider(true, 0.0, "Size of the thumbnails"));
    if slider.changed() {
        screen.command(Command::Prefer(Preference::Thumbnail(size)));
    }
    ui.label(RichText::new(icons::GRID_FOUR).color(theme::palette(ui).quiet));
}

fn sorting(ui: &mut Ui, screen: &mut Screen<'_>) {
    let model = screen.model;
    let scored = model.open().is_some_and(|o| o.catalog.scored());
    let label = match model.browse.sort {
        Sort::Score(label) => Some(label),
        _ => model.browse.filter.labels.first().map(|l| l.0),
    };
    let name = |sort: Sort| match sort {
        Sort::Data => "Data order".to_owned(),
        Sort::Name => "Name".to_owned(),
        Sort::Date => "Newest first".to_owned(),
        Sort::Uncertainty => "Least sure first".to_owned(),
        Sort::Score(label) => {
            let label = model
                .open()
                .and_then(|o| o.catalog.labels.get(label))
                .map_or("label", |l| l.name.as_str());
            format!("Most “{label}” first")
        }
    };
    let mut sorts = vec![Sort::Data, Sort::Name, Sort::Date];
    if scored {
        sorts.push(Sort::Uncertainty);
        sorts.extend(label.map(Sort::Score));
    }
    let mut chosen = model.browse.sort;
    let combo = egui::ComboBox::from_id_salt("sort")
        .selected_text(format!("{}  {}", icons::SORT_ASCENDING, name(chosen)))
        .width(150.0f32.min(ui.available_width() - 40.0).max(40.0))
        .truncate()
        .show_ui(ui, |ui| {
            for sort in sorts {
                ui.selectable_value(&mut chosen, sort, name(sort));
            }
        });
    combo
        .response
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "Order of the pictures"));
    if chosen != model.browse.sort {
        screen.command(Command::Browse(BrowseCommand::Sort(chosen)));
    }
}

fn body(ui: &mut Ui, screen: &mut Screen<'_>) {
    let total = screen.open().map_or(0, |o| o.catalog.pictures.len());
    if total == 0 {
        widgets::empty(
            ui,
            icons::IMAGES,
            "This project has no pictures",
            "The data that it was made from named none that exist.",
            |ui| {
                widgets::action_button(ui, screen, Action::ImportFolder);
            },
        );
        return;
    }
    if screen.browse.shown.is_empty() {
        widgets::empty(
            ui,
            icons::FUNNEL,
            "No picture fits",
            "The filters on the left let nothing through.",
            |ui| {
                widgets::action_button(ui, screen, Action::ClearFilters);
            },
        );
        return;
    }
    super::grid::show(ui, screen);
}
