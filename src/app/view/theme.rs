//! How the window looks: type scale, spacing, colours for light and dark, fonts. The only file with colours in it.

use super::icons;
use eframe::egui::{
    self, Color32, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin, Shadow, Stroke, Style,
    TextStyle, Theme, Vec2, Visuals,
};
use std::sync::Arc;

/// Spaces between things, in points: within a group, between groups, between sections.
pub(crate) const SMALL: f32 = 4.0;
pub(crate) const MEDIUM: f32 = 8.0;
pub(crate) const LARGE: f32 = 16.0;
pub(crate) const HUGE: f32 = 28.0;

/// Width of the rail with the places.
pub(crate) const RAIL: f32 = 76.0;
/// Height of the top bar.
pub(crate) const TOP_BAR: f32 = 48.0;
/// Height of the status bar.
pub(crate) const STATUS_BAR: f32 = 28.0;
/// Smallest side of what can be clicked.
pub(crate) const HIT: f32 = 26.0;

/// The colours of a theme. Text on its ground has a contrast of at least 4.5 : 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Palette {
    /// Behind everything, and behind pictures.
    pub(crate) ground: Color32,
    pub(crate) panel: Color32,
    /// Cards and fields on a panel.
    pub(crate) card: Color32,
    /// Under the pointer.
    pub(crate) hover: Color32,
    /// Lines between surfaces.
    pub(crate) line: Color32,
    pub(crate) text: Color32,
    /// Text that explains.
    pub(crate) quiet: Color32,
    /// What to do next, what is chosen.
    pub(crate) accent: Color32,
    /// Behind what is chosen.
    pub(crate) accent_ground: Color32,
    /// Text on the accent.
    pub(crate) on_accent: Color32,
    /// All is well.
    pub(crate) good: Color32,
    /// Look here.
    pub(crate) warn: Color32,
    /// Something failed.
    pub(crate) bad: Color32,
    /// Head, medium and tail labels.
    pub(crate) groups: [Color32; 3],
}

const DARK: Palette = Palette {
    ground: Color32::from_rgb(17, 19, 23),
    panel: Color32::from_rgb(24, 27, 32),
    card: Color32::from_rgb(33, 37, 44),
    hover: Color32::from_rgb(44, 49, 58),
    line: Color32::from_rgb(52, 58, 68),
    text: Color32::from_rgb(232, 235, 240),
    quiet: Color32::from_rgb(166, 174, 186),
    accent: Color32::from_rgb(255, 184, 77),
    accent_ground: Color32::from_rgb(69, 53, 28),
    on_accent: Color32::from_rgb(33, 22, 3),
    good: Color32::from_rgb(104, 211, 145),
    warn: Color32::from_rgb(250, 204, 92),
    bad: Color32::from_rgb(255, 128, 118),
    groups: [
        Color32::from_rgb(122, 174, 255),
        Color32::from_rgb(94, 214, 196),
        Color32::from_rgb(240, 150, 205),
    ],
};

const LIGHT: Palette = Palette {
    ground: Color32::from_rgb(236, 238, 241),
    panel: Color32::from_rgb(247, 248, 250),
    card: Color32::from_rgb(255, 255, 255),
    hover: Color32::from_rgb(228, 232, 238),
    line: Color32::from_rgb(208, 213, 221),
    text: Color32::from_rgb(24, 28, 35),
    quiet: Color32::from_rgb(84, 93, 107),
    accent: Color32::from_rgb(148, 80, 0),
    accent_ground: Color32::from_rgb(255, 233, 199),
    on_accent: Color32::from_rgb(255, 255, 255),
    good: Color32::from_rgb(19, 115, 65),
    warn: Color32::from_rgb(138, 88, 0),
    bad: Color32::from_rgb(186, 32, 32),
    groups: [
        Color32::from_rgb(28, 92, 194),
        Color32::from_rgb(0, 117, 105),
        Color32::from_rgb(166, 38, 121),
    ],
};

/// Colours of labels on a picture, told apart by people with colour blindness (Okabe and Ito, 2008; black is left out).
pub(crate) const LABELS: [Color32; 7] = [
    Color32::from_rgb(230, 159, 0),
    Color32::from_rgb(86, 180, 233),
    Color32::from_rgb(0, 158, 115),
    Color32::from_rgb(240, 228, 66),
    Color32::from_rgb(204, 121, 167),
    Color32::from_rgb(213, 94, 0),
    Color32::from_rgb(0, 114, 178),
];

/// Behind a picture that is shown large, in both themes.
pub(crate) const BACKDROP: Color32 = Color32::from_rgb(10, 11, 13);

/// The colours in use.
pub(crate) fn palette(ui: &egui::Ui) -> Palette {
    of(ui.visuals().dark_mode)
}

/// The colours of the dark or the light theme.
pub(crate) fn of(dark: bool) -> Palette {
    if dark { DARK } else { LIGHT }
}

/// The colour of a chosen label: its own where the user gave it one.
pub(crate) fn label_color(own: Option<[u8; 3]>, slot: usize) -> Color32 {
    own.map_or(LABELS[slot % LABELS.len()], |[r, g, b]| Color32::from_rgb(r, g, b))
}

/// The family of headings and of what is chosen.
pub(crate) fn strong() -> FontFamily {
    FontFamily::Name("strong".into())
}

/// The type scale, in points.
pub(crate) const SIZES: [(TextSize, f32); 5] = [
    (TextSize::Display, 26.0),
    (TextSize::Title, 19.0),
    (TextSize::Subtitle, 15.5),
    (TextSize::Body, 14.0),
    (TextSize::Small, 13.0),
];

/// A step of the type scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextSize {
    /// The one large line of a place.
    Display,
    /// A section.
    Title,
    /// A group.
    Subtitle,
    /// Everything else.
    Body,
    /// Explanations and numbers beside things.
    Small,
}

impl TextSize {
    pub(crate) fn points(self) -> f32 {
        SIZES
            .iter()
            .find(|(size, _)| *size == self)
            .map_or(14.0, |(_, points)| *points)
    }
}

pub(crate) fn heading(text: impl Into<String>, size: TextSize) -> egui::RichText {
    egui::RichText::new(text).font(FontId::new(size.points(), strong()))
}

/// Small text that explains.
pub(crate) fn quiet(ui: &egui::Ui, text: impl Into<String>) -> egui::RichText {
    egui::RichText::new(text)
        .size(TextSize::Small.points())
        .color(palette(ui).quiet)
}

/// Gives a context fonts and both themes.
pub(crate) fn install(ctx: &egui::Context) {
    ctx.set_fonts(fonts());
    for theme in [Theme::Dark, Theme::Light] {
        ctx.style_mut_of(theme, |style| apply(style, of(theme == Theme::Dark)));
    }
}

fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let own: [(&str, &[u8]); 3] = [
        ("Inter", include_bytes!("../../../assets/fonts/Inter-Regular.otf")),
        (
            "Inter SemiBold",
            include_bytes!("../../../assets/fonts/Inter-SemiBold.otf"),
        ),
        ("Phosphor", include_bytes!("../../../assets/fonts/Phosphor.ttf")),
    ];
    for (name, bytes) in own {
        let mut data = FontData::from_static(bytes);
        if name == "Phosphor" {
            // The icons sit a little high beside Inter.
            data.tweak.y_offset_factor = 0.07;
        }
        fonts.font_data.insert(name.to_owned(), Arc::new(data));
    }
    let usual = fonts
        .families
        .get(&FontFamily::Proportional)
        .cloned()
        .unwrap_or_default();
    let with = |first: &str| {
        let mut names = vec![first.to_owned(), "Phosphor".to_owned()];
        names.extend(usual.iter().cloned());
        names
    };
    fonts.families.insert(FontFamily::Proportional, with("Inter"));
    fonts.families.insert(strong(), with("Inter SemiBold"));
    if let Some(mono) = fonts.families.get_mut(&FontFamily::Monospace) {
        mono.push("Phosphor".to_owned());
    }
    fonts
}

fn apply(style: &mut Style, p: Palette) {
    let body = |size: TextSize| FontId::new(size.points(), FontFamily::Proportional);
    style.text_styles = [
        (TextStyle::Heading, FontId::new(TextSize::Title.points(), strong())),
        (TextStyle::Body, body(TextSize::Body)),
        (TextStyle::Button, body(TextSize::Body)),
        (TextStyle::Small, body(TextSize::Small)),
        (TextStyle::Monospace, FontId::new(13.0, FontFamily::Monospace)),
    ]
    .into();
    style.animation_time = 0.1;
    let s = &mut style.spacing;
    s.item_spacing = Vec2::new(MEDIUM, MEDIUM);
    s.button_padding = Vec2::new(12.0, 5.0);
    s.interact_size = Vec2::new(36.0, HIT);
    s.icon_width = 18.0;
    s.icon_width_inner = 10.0;
    s.slider_width = 180.0;
    s.combo_width = 120.0;
    s.menu_margin = Margin::same(8);
    s.window_margin = Margin::same(16);
    s.scroll.bar_width = 8.0;
    s.scroll.floating = true;
    s.tooltip_width = 380.0;

    let v = &mut style.visuals;
    let base = if p == DARK { Visuals::dark() } else { Visuals::light() };
    *v = base;
    v.panel_fill = p.panel;
    v.window_fill = p.card;
    v.window_stroke = Stroke::new(1.0, p.line);
    v.window_corner_radius = CornerRadius::same(12);
    v.menu_corner_radius = CornerRadius::same(8);
    let shadow = Shadow {
        offset: [0, 6],
        blur: 20,
        spread: 0,
        color: Color32::from_black_alpha(if p == DARK { 110 } else { 40 }),
    };
    v.window_shadow = shadow;
    v.popup_shadow = shadow;
    v.extreme_bg_color = p.ground;
    v.text_edit_bg_color = Some(p.card);
    v.faint_bg_color = p.card;
    v.code_bg_color = p.ground;
    v.override_text_color = None;
    v.weak_text_color = Some(p.quiet);
    v.hyperlink_color = p.accent;
    v.warn_fg_color = p.warn;
    v.error_fg_color = p.bad;
    v.selection.bg_fill = p.accent_ground;
    v.selection.stroke = Stroke::new(1.0, p.accent);
    v.slider_trailing_fill = true;
    v.disabled_alpha = 0.55;
    let radius = CornerRadius::same(7);
    let set = |w: &mut egui::style::WidgetVisuals, fill: Color32, line: Color32, text: Color32| {
        w.bg_fill = fill;
        w.weak_bg_fill = fill;
        w.bg_stroke = Stroke::new(1.0, line);
        w.fg_stroke = Stroke::new(1.0, text);
        w.corner_radius = radius;
        w.expansion = 0.0;
    };
    let w = &mut v.widgets;
    set(&mut w.noninteractive, p.panel, p.line, p.text);
    set(&mut w.inactive, p.card, p.line, p.text);
    set(&mut w.hovered, p.hover, p.quiet, p.text);
    set(&mut w.active, p.accent_ground, p.accent, p.text);
    set(&mut w.open, p.hover, p.line, p.text);
    // What a slider or a tick stands on must be seen on a card as well.
    w.inactive.bg_fill = p.hover;
}

/// A button for the one thing to do next.
pub(crate) fn primary(ui: &egui::Ui, text: impl Into<String>) -> egui::Button<'static> {
    let p = palette(ui);
    let text = egui::RichText::new(text).color(p.on_accent).family(strong());
    egui::Button::new(text).fill(p.accent).stroke(Stroke::NONE)
}

/// Icon and words of a button.
pub(crate) fn labelled(icon: &str, text: &str) -> String {
    format!("{icon}  {text}")
}

pub(crate) fn card(ui: &egui::Ui) -> egui::Frame {
    let p = palette(ui);
    egui::Frame::new()
        .fill(p.card)
        .stroke(Stroke::new(1.0, p.line))
        .corner_radius(CornerRadius::same(10))
        .inner_margin(Margin::same(14))
}

/// The sign of a frequency group, so that colour is not the only one.
pub(crate) fn group_icon(group: usize) -> &'static str {
    [icons::CIRCLE, icons::CIRCLE_HALF, icons::SPARKLE][group.min(2)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(c: Color32) -> f32 {
        let channel = |v: u8| {
            let v = f32::from(v) / 255.0;
            if v <= 0.040_45 {
                v / 12.92
            } else {
                ((v + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * channel(c.r()) + 0.7152 * channel(c.g()) + 0.0722 * channel(c.b())
    }

    fn contrast(a: Color32, b: Color32) -> f32 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_can_be_read_in_both_themes() {
        for p in [DARK, LIGHT] {
            for ground in [p.ground, p.panel, p.card, p.hover] {
                for text in [
                    p.text,
                    p.quiet,
                    p.accent,
                    p.good,
                    p.warn,
                    p.bad,
                    p.groups[0],
                    p.groups[1],
                    p.groups[2],
                ] {
                    assert!(
                        contrast(text, ground) >= 4.5,
                        "{text:?} on {ground:?}: {}",
                        contrast(text, ground)
                    );
                }
            }
            assert!(contrast(p.on_accent, p.accent) >= 4.5);
            assert!(contrast(p.text, p.accent_ground) >= 4.5);
        }
        assert!(SIZES.iter().all(|(_, points)| *points >= 13.0));
    }
}
