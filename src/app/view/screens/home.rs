//! Home: the ways in.

use super::page::page;
use crate::app::model::action::Action;
use crate::app::model::command::{Command, DeskCommand};
use crate::app::model::job_kind::JobKind;
use crate::app::model::prefs::Recent;
use crate::app::model::tag::item::key_of;
use crate::app::model::thumbnail::Key;
use crate::app::model::words;
use crate::app::view::icons;
use crate::app::view::screen::Screen;
use crate::app::view::textures::Thumb;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::widgets::{self, bars};
use eframe::egui::{self, Align, CornerRadius, Layout, Rect, RichText, Sense, Stroke, Ui, Vec2, vec2};

/// Shows Home.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>) {
    let sentence = "Several labels for each picture, learned from few examples, with the patches that made each label.";
    page(ui, "What shall we look at?", sentence, |ui| {
        go_on(ui, screen);
        drop_area(ui, screen);
        ui.add_space(theme::LARGE);
        cards(ui, screen);
        ui.add_space(theme::HUGE);
        recent(ui, screen);
        device(ui, screen);
    });
}

fn drop_area(ui: &mut Ui, screen: &mut Screen<'_>) {
    let p = theme::palette(ui);
    let frame = egui::Frame::new().fill(p.panel).corner_radius(14).inner_margin(18);
    let inner = frame.show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.vertical_centered(|ui| {
            ui.add_space(theme::MEDIUM);
            ui.label(RichText::new(icons::IMAGES).size(40.0).color(p.accent));
            ui.label(theme::heading(
                "Drop pictures to tag them, or a data set to teach",
                TextSize::Title,
            ));
            ui.label(theme::quiet(
                ui,
                "Pictures, a folder of them, a folder for each label, a COCO file, a project. Your pictures are never changed.",
            ));
            ui.add_space(theme::MEDIUM);
        });
        ui.horizontal(|ui| {
            let width = 640.0f32.min(ui.available_width());
            ui.add_space((ui.available_width() - width) / 2.0);
            ui.vertical(|ui| {
                ui.set_width(width);
                let mut path = screen.desk.path.clone();
                let entered = widgets::path_field(
                    ui,
                    &mut path,
                    "Path to open",
                    "or type a path, for example ~/pictures/birds",
                    "Open",
                );
                let wanted = entered.then(|| vec![path.trim().into()]);
                // Kept until a project is open: a slip can be mended.
                if path != screen.desk.path {
                    screen.command(Command::Desk(DeskCommand::Path(path)));
                }
                if let Some(paths) = wanted {
                    screen.command(Command::OpenPaths(paths));
                }
            });
        });
        ui.add_space(theme::MEDIUM);
    });
    let rect = inner.response.rect.shrink(1.0);
    widgets::dashes(ui, rect, Stroke::new(1.5, p.line));
}

fn cards(ui: &mut Ui, screen: &mut Screen<'_>) {
    let gap = 14.0;
    let room = ui.available_width();
    // Side by side where there is room, else one under the other.
    let narrow = room < 700.0;
    let width = if narrow { room } else { (room - 2.0 * gap) / 3.0 };
    let layout = if narrow {
        Layout::top_down(Align::Min)
    } else {
        Layout::left_to_right(Align::Min)
    };
    let mut heights = Heights::begin(ui, !narrow);
    ui.with_layout(layout, |ui| {
        ui.spacing_mut().item_spacing = Vec2::splat(gap);
        let sentence = "Draws its own pictures and trains on them in a few minutes. Offline, nothing to download.";
        let words = [icons::PLAY, "Try the demo", sentence];
        card(ui, width, &mut heights, words, |ui| demo(ui, screen));
        let sentence = "A folder of pictures, labelled or not, or a project that you made before.";
        let words = [icons::FOLDER_OPEN, "Open your own", sentence];
        card(ui, width, &mut heights, words, |ui| {
            for (action, words) in [
                (Action::ImportFolder, "Folder…"),
                (Action::ImportFile, "File…"),
                (Action::OpenProject, "Project…"),
            ] {
                does(ui, screen, action, words);
            }
        });
        let model = screen.model;
        let (title, sentence) = match (&model.prefs.model, &model.model) {
            (_, Some(Err(failure))) => ("That is no CLIP", failure.message.as_str()),
            (Some(path), _) => ("Your own CLIP", path.as_str()),
            (None, _) => (
                "Get a better model",
                "For photographs get a CLIP, by one download. The built-in one knows pictograms only.",
            ),
        };
        card(ui, width, &mut heights, [icons::CUBE, title, sentence], |ui| {
            does(ui, screen, Action::Models, "See models");
            does(ui, screen, Action::OpenModel, "From disk…");
            if model.prefs.model.is_some()
                && ui
                    .button("Built-in")
                    .on_hover_text("Go back to the built-in model")
                    .clicked()
            {
                screen.command(Command::UseStarter);
            }
        });
    });
    heights.end(ui);
}

/// Heights that the insides of cards need: all are as high as the highest one was in the frame before.
struct Heights {
    before: f32,
    now: f32,
    /// Whether they stand side by side.
    side: bool,
}

impl Heights {
    fn id() -> egui::Id {
        egui::Id::unique("heights of cards")
    }

    fn begin(ui: &Ui, side: bool) -> Self {
        let before = ui.data(|d| d.get_temp(Self::id())).unwrap_or(0.0);
        Self { before, now: 0.0, side }
    }

    fn end(self, ui: &Ui) {
        if self.side && (self.now - self.before).abs() > 0.5 {
            ui.data_mut(|d| d.insert_temp(Self::id(), self.now));
            ui.ctx().request_discard("the cards have another height");
        }
    }
}

/// The buttons of the demo.
fn demo(ui: &mut Ui, screen: &mut Screen<'_>) {
    if screen.jobs.has(|kind| matches!(kind, JobKind::DemoData { .. })) {
        ui.spinner();
        ui.label("drawing pictures …");
        return;
    }
    if ui.add(theme::primary(ui, "Start the demo")).clicked() {
        screen.command(Command::Demo { quick: false });
    }
    if ui
        .button("Quick one")
        .on_hover_text("Fewer pictures and epochs: a minute or two")
        .clicked()
    {
        screen.command(Command::Demo { quick: true });
    }
}

/// A button that does an action, with a short name.
fn does(ui: &mut Ui, screen: &mut Screen<'_>, action: Action, words: &str) {
    if ui.button(words).on_hover_text(widgets::hover(ui, action)).clicked() {
        screen.command(Command::Do(action));
    }
}

fn card(ui: &mut Ui, width: f32, heights: &mut Heights, [icon, title, sentence]: [&str; 3], add: impl FnOnce(&mut Ui)) {
    let frame = theme::card(ui);
    let inside = width - frame.total_margin().sum().x;
    frame.show(ui, |ui| {
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing = vec2(8.0, 6.0);
            ui.set_width(inside);
            let top = ui.cursor().top();
            ui.horizontal(|ui| {
                ui.label(RichText::new(icon).size(20.0).color(theme::palette(ui).accent));
                ui.label(theme::heading(title, TextSize::Subtitle));
            });
            ui.add(egui::Label::new(theme::quiet(ui, sentence)).wrap());
            ui.add_space(theme::SMALL);
            // The buttons come below the words, however many lines these take.
            ui.horizontal_wrapped(add);
            let needed = ui.min_rect().bottom() - top;
            heights.now = heights.now.max(needed);
            if heights.side {
                let mut whole = ui.min_rect();
                whole.max.y = whole.max.y.max(top + heights.before);
                ui.expand_to_include_rect(whole);
            }
        });
    });
}

/// What was worked on last stands first: the newest project while none is open, and the list in Tag.
fn go_on(ui: &mut Ui, screen: &mut Screen<'_>) {
    let model = screen.model;
    let newest = model.prefs.recent.first().filter(|_| model.open().is_none());
    let list = &model.tagging.list;
    let (pictures, edited) = (
        list.items.len(),
        (0..list.items.len()).filter(|i| list.edited(*i)).count(),
    );
    if newest.is_none() && pictures == 0 {
        return;
    }
    ui.label(theme::heading("Go on with", TextSize::Title));
    ui.add_space(theme::SMALL);
    if let Some(newest) = newest {
        row(ui, screen, newest);
    }
    if pictures > 0 {
        let mut words = format!("{} in Tag", words::counted(pictures, "picture", "pictures"));
        if edited > 0 {
            words.push_str(&format!(", {} changed by you", words::count(edited)));
        }
        let button = egui::Button::new(theme::labelled(icons::TAG, &words)).min_size(vec2(0.0, theme::HIT + 8.0));
        if ui.add(button).clicked() {
            screen.command(Command::Do(Action::Tag));
        }
    }
    ui.add_space(theme::LARGE);
}

fn recent(ui: &mut Ui, screen: &mut Screen<'_>) {
    let model = screen.model;
    // The newest one stands first on the page while no project is open.
    let above = usize::from(model.open().is_none());
    if model.prefs.recent.len() <= above {
        return;
    }
    ui.label(theme::heading("Recent projects", TextSize::Title));
    ui.add_space(theme::SMALL);
    for recent in model.prefs.recent.iter().skip(above) {
        row(ui, screen, recent);
    }
    ui.add_space(theme::LARGE);
}

fn row(ui: &mut Ui, screen: &mut Screen<'_>, recent: &Recent) {
    let p = theme::palette(ui);
    let name = recent
        .path
        .file_stem()
        .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 64.0), Sense::click());
    let lit = response.hovered() || response.has_focus();
    ui.painter()
        .rect_filled(rect, CornerRadius::same(9), if lit { p.hover } else { p.card });
    ui.painter().rect_stroke(
        rect,
        CornerRadius::same(9),
        Stroke::new(1.0, p.line),
        egui::StrokeKind::Inside,
    );
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Open {name}")));
    let mut inner = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(rect.shrink2(vec2(10.0, 8.0)))
            .layout(Layout::left_to_right(Align::Center)),
    );
    strip(&mut inner, screen, recent);
    inner.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.add_space(4.0);
        // What can be selected would take the click that opens the project.
        ui.add(egui::Label::new(theme::heading(&name, TextSize::Subtitle)).selectable(false));
        let [pictures, labels] = recent.counts;
        let place = recent
            .path
            .parent()
            .map_or_else(String::new, |p| p.display().to_string());
        let words = format!(
            "{}, {}, in {place}",
            words::counted(pictures, "picture", "pictures"),
            words::counted(labels, "label", "labels")
        );
        ui.add(egui::Label::new(theme::quiet(ui, words)).truncate().selectable(false));
    });
    let corner = Rect::from_center_size(rect.right_center() - vec2(24.0, 0.0), Vec2::splat(theme::HIT));
    let mut close = ui.new_child(egui::UiBuilder::new().max_rect(corner));
    let forget = widgets::icon_button(&mut close, icons::X, &format!("Forget {name} (stays on the disk)"));
    if forget.clicked() {
        screen.command(Command::Forget(recent.path.clone()));
    } else if response.clicked() {
        screen.command(Command::Open(recent.path.clone()));
    }
}

/// A few of a project's pictures.
fn strip(ui: &mut Ui, screen: &mut Screen<'_>, recent: &Recent) {
    for path in recent.pictures.iter().take(5) {
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(46.0), Sense::hover());
        let key = Key {
            picture: key_of(path),
            large: false,
        };
        ui.painter().rect_filled(rect, 6.0, theme::palette(ui).hover);
        if let Thumb::Ready(texture) = screen.textures.get(ui.ctx(), key, path) {
            widgets::cover(ui, &texture, rect, 6);
        }
    }
    ui.add_space(theme::MEDIUM);
}

fn device(ui: &mut Ui, screen: &Screen<'_>) {
    let device = &screen.device;
    ui.horizontal(|ui| {
        let icon = if device.kind == "gpu" {
            icons::GRAPHICS_CARD
        } else {
            icons::CPU
        };
        ui.label(RichText::new(icon).color(theme::palette(ui).quiet));
        ui.label(theme::quiet(ui, bars::device_line(screen)));
        if device.kind == "cpu" {
            let why = device
                .notice
                .as_deref()
                .unwrap_or("The CPU was chosen in the settings.");
            ui.label(RichText::new("why?").underline().size(TextSize::Small.points()))
                .on_hover_text(why);
        }
    });
    if let Some(notice) = device.notice.as_ref().filter(|_| device.kind == "cpu") {
        ui.add(egui::Label::new(theme::quiet(ui, format!("{notice}. Everything works on the CPU too."))).wrap());
    }
}
