//! Buttons, chips, bars and fields that every place has.

use crate::app::model::action::Action;
use crate::app::model::command::Command;
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::{bindings, icons};
use eframe::egui::{
    self, Align2, Color32, CornerRadius, FontId, Rect, Response, RichText, Sense, Stroke, Ui, Vec2, pos2, vec2,
};

/// A button that does an action: its icon and name, its sentence and key on hover.
pub(crate) fn action_button(ui: &mut Ui, screen: &mut Screen<'_>, action: Action) -> Response {
    let response = ui
        .button(theme::labelled(bindings::icon(action), action.info().name))
        .on_hover_text(hover(ui, action));
    if response.clicked() {
        screen.command(Command::Do(action));
    }
    response
}

/// What hovering an action says.
pub(crate) fn hover(ui: &Ui, action: Action) -> String {
    let about = action.info().about;
    match bindings::key_of(ui.ctx(), action) {
        Some(key) => format!("{about} ({key})"),
        None => about.to_owned(),
    }
}

/// A button that is only an icon, named for those who cannot see it.
pub(crate) fn icon_button(ui: &mut Ui, icon: &str, name: &str) -> Response {
    let button = egui::Button::new(RichText::new(icon).size(17.0))
        .frame_when_inactive(false)
        .min_size(Vec2::splat(theme::HIT));
    let response = ui.add(button).on_hover_text(name);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, name));
    response
}

/// Controls side by side on one middle line, whatever their heights.
pub(crate) fn row<R>(ui: &mut Ui, add: impl FnOnce(&mut Ui) -> R) -> R {
    let size = vec2(ui.available_width(), theme::HIT + 6.0);
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    ui.allocate_ui_with_layout(size, layout, |ui| {
        ui.set_min_height(size.y);
        add(ui)
    })
    .inner
}

/// A place that has nothing to show yet: one sentence and one button.
pub(crate) fn empty(ui: &mut Ui, icon: &str, title: &str, sentence: &str, add: impl FnOnce(&mut Ui)) {
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.28).max(24.0));
        ui.label(RichText::new(icon).size(44.0).color(theme::palette(ui).quiet));
        ui.add_space(theme::MEDIUM);
        ui.label(theme::heading(title, TextSize::Title));
        ui.add_space(theme::SMALL);
        ui.label(RichText::new(sentence).color(theme::palette(ui).quiet));
        ui.add_space(theme::LARGE);
        add(ui);
    });
}

/// A spinner with words, in the middle.
pub(crate) fn loading(ui: &mut Ui, words: &str) {
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.35).max(24.0));
        ui.add(egui::Spinner::new().size(28.0));
        ui.add_space(theme::MEDIUM);
        ui.label(words);
    });
}

/// A bar from 0 to 1 with a name for those who cannot see it.
pub(crate) fn share_bar(ui: &mut Ui, size: Vec2, parts: &[(f32, Color32)], tick: Option<f32>, name: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let p = theme::palette(ui);
    let radius = rect.height() / 2.0;
    ui.painter().rect_filled(rect, radius, p.hover);
    let mut left = rect.left();
    for (share, color) in parts {
        let width = rect.width() * share.clamp(0.0, 1.0);
        let right = (left + width).min(rect.right());
        if right - left > 0.5 {
            let part = Rect::from_min_max(pos2(left, rect.top()), pos2(right, rect.bottom()));
            ui.painter().rect_filled(part, radius.min(part.width() / 2.0), *color);
        }
        left = right;
    }
    if let Some(tick) = tick {
        let x = rect.left() + rect.width() * tick.clamp(0.0, 1.0);
        ui.painter()
            .vline(x, rect.y_range().expand(2.0), Stroke::new(1.5, p.text));
    }
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ProgressIndicator, true, name));
    response
}

/// A small rounded word. Returns its response; `on`: it is chosen.
pub(crate) fn chip(ui: &mut Ui, text: &str, on: bool) -> Response {
    let p = theme::palette(ui);
    let mut words = RichText::new(text).size(TextSize::Small.points());
    if on {
        words = words.color(p.text).family(theme::strong());
    }
    let button = egui::Button::new(words)
        .wrap_mode(egui::TextWrapMode::Extend)
        .corner_radius(13)
        .min_size(vec2(0.0, theme::HIT))
        .fill(if on { p.accent_ground } else { p.card })
        .stroke(Stroke::new(1.0, if on { p.accent } else { p.line }));
    let response = ui.add(button);
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, on, text));
    response
}

/// A path field with a button: what dialogs and drops do, where a desktop has neither.
pub(crate) fn path_field(ui: &mut Ui, text: &mut String, name: &str, hint: &str, button: &str) -> bool {
    let mut go = false;
    ui.horizontal(|ui| {
        let width = (ui.available_width() - 90.0).max(120.0);
        let field = ui.add(egui::TextEdit::singleline(text).hint_text(hint).desired_width(width));
        field.widget_info(|| field_info(text.as_str(), name));
        let entered = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        let pressed = ui
            .add_enabled(!text.trim().is_empty(), egui::Button::new(button))
            .clicked();
        go = (entered || pressed) && !text.trim().is_empty();
    });
    go
}

/// Draws a texture so that it fills a rectangle, cut where its shape differs.
pub(crate) fn cover(ui: &Ui, texture: &egui::TextureHandle, rect: Rect, radius: u8) {
    let size = texture.size_vec2();
    let (ours, theirs) = (rect.aspect_ratio(), size.x / size.y.max(1.0));
    let share = if theirs > ours {
        vec2(ours / theirs, 1.0)
    } else {
        vec2(1.0, theirs / ours)
    };
    let uv = Rect::from_center_size(pos2(0.5, 0.5), share);
    egui::Image::new(texture)
        .uv(uv)
        .corner_radius(CornerRadius::same(radius))
        .paint_at(ui, rect);
}

/// Draws a dashed line around a rectangle.
pub(crate) fn dashes(ui: &Ui, rect: Rect, stroke: Stroke) {
    let corners = [
        rect.left_top(),
        rect.right_top(),
        rect.right_bottom(),
        rect.left_bottom(),
        rect.left_top(),
    ];
    let inset = 10.0;
    for pair in corners.windows(2) {
        let along = (pair[1] - pair[0]).normalized() * inset;
        let line = [pair[0] + along, pair[1] - along];
        ui.painter().extend(egui::Shape::dashed_line(&line, stroke, 7.0, 6.0));
    }
}

/// A titled group of controls.
pub(crate) fn group(ui: &mut Ui, title: &str, add: impl FnOnce(&mut Ui)) {
    theme::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.label(theme::heading(title, TextSize::Title));
        ui.add_space(theme::SMALL);
        add(ui);
    });
    ui.add_space(theme::MEDIUM);
}

/// What the window shows while files are held over it.
pub(crate) fn drop_hint(ctx: &egui::Context) {
    let painter = ctx.layer_painter(egui::LayerId::new(
        egui::Order::Foreground,
        egui::Id::unique("drop hint"),
    ));
    let rect = ctx.content_rect();
    let p = theme::of(ctx.global_style().visuals.dark_mode);
    painter.rect_filled(rect, 0.0, p.ground.gamma_multiply(0.85));
    painter.rect_stroke(
        rect.shrink(14.0),
        14.0,
        Stroke::new(2.0, p.accent),
        egui::StrokeKind::Inside,
    );
    let font = FontId::new(TextSize::Display.points(), theme::strong());
    let words = format!("{}  Drop to open", icons::DOWNLOAD_SIMPLE);
    painter.text(rect.center(), Align2::CENTER_CENTER, words, font, p.text);
}

/// The program's sign.
pub(crate) fn logo(ui: &mut Ui, side: f32) {
    let id = egui::Id::unique("logo");
    let known = ui.data(|d| d.get_temp::<egui::TextureHandle>(id));
    let texture = known.or_else(|| {
        let bytes = include_bytes!("../../../../assets/icon/patchlight-256.png");
        let image = image::load_from_memory(bytes).ok()?.into_rgba8();
        let size = [image.width() as usize, image.height() as usize];
        let image = egui::ColorImage::from_rgba_unmultiplied(size, image.as_raw());
        let options = egui::TextureOptions::LINEAR.with_mipmap_mode(Some(egui::TextureFilter::Linear));
        let texture = ui.ctx().load_texture("logo", image, options);
        ui.data_mut(|d| d.insert_temp(id, texture.clone()));
        Some(texture)
    });
    if let Some(texture) = texture {
        ui.add(
            egui::Image::new(&texture)
                .fit_to_exact_size(Vec2::splat(side))
                .alt_text("Patchlight"),
        );
    }
}

/// What those who cannot see a text field are told of it: its name, and what is typed.
pub(crate) fn field_info(typed: &str, name: &str) -> egui::WidgetInfo {
    egui::WidgetInfo {
        label: Some(name.to_owned()),
        hint_text: None,
        ..egui::WidgetInfo::text_edit(true, "", typed, "")
    }
}
