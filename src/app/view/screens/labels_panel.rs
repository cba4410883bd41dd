//! The panel of labels beside the pictures: how frequent, how well found; click to filter.

use super::totals::totals;
use crate::app::model::action::Action;
use crate::app::model::catalog::Catalog;
use crate::app::model::command::{Command, DeskCommand};
use crate::app::model::filter::{Filter, LabelTest};
use crate::app::model::words;
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::{icons, widgets};
use crate::dataset::split::Group;
use eframe::egui::{self, Align, Layout, Rect, RichText, Sense, Ui, vec2};

/// Shows the panel.
pub(super) fn panel(ui: &mut Ui, screen: &mut Screen<'_>) {
    let model = screen.model;
    let Some(open) = model.open() else { return };
    let catalog = &open.catalog;
    ui.horizontal(|ui| {
        ui.label(theme::heading("Labels", TextSize::Subtitle));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let edit = widgets::icon_button(ui, icons::PENCIL_SIMPLE, "Edit labels");
            if edit.clicked() {
                screen.command(Command::Do(Action::EditLabels));
            }
            ui.label(theme::quiet(ui, words::count(catalog.labels.len())));
        });
    });
    let targets = model.browse.targets();
    let words = match targets.len() {
        0 => "Click a label to filter by it.".to_owned(),
        1 => "Ticks and digits change the chosen picture.".to_owned(),
        n => format!("Ticks and digits change {n} chosen pictures."),
    };
    ui.label(theme::quiet(ui, words));
    if catalog.writable {
        new_label(ui, screen);
    }
    ui.separator();
    if catalog.labels.is_empty() {
        ui.label(theme::quiet(
            ui,
            "No labels yet. Type what you want to find, for example “owl”, then let the model look.",
        ));
        return;
    }
    let totals = totals(ui, open);
    let measure = catalog.compared.iter().find(|m| m.run == catalog.run);
    if let Some(measure) = measure {
        let set = words::pictures_of(measure.on(), measure.images);
        ui.label(theme::quiet(ui, format!("AP: average precision in % on {set}")));
    }
    let ap = measure.map(|m| &m.ap[..]);
    let most = totals.pictures.iter().copied().max().unwrap_or(1).max(1) as f32;
    egui::ScrollArea::vertical()
        .auto_shrink(false)
        .show_rows(ui, 40.0, catalog.labels.len(), |ui, range| {
            for c in range {
                let row = Row {
                    label: c,
                    name: &catalog.labels[c].name,
                    on: model.browse.filter.labels.iter().any(|l| l.0 == c),
                    there: there(catalog, &targets, c),
                    writable: catalog.writable,
                    pictures: totals.pictures[c],
                    ap: ap.and_then(|ap| ap.get(c).copied().flatten()),
                };
                let bar = (totals.pictures[c] as f32 / most, totals.groups[c]);
                match row.show(ui, bar) {
                    Some(Clicked::Tick) => screen.command(Command::ToggleLabel(c)),
                    Some(Clicked::Row) => filter_by(screen, c),
                    None => {}
                }
            }
        });
}

/// Whether the chosen pictures have a label: all of them, none, or some.
fn there(catalog: &Catalog, targets: &[usize], label: usize) -> There {
    let n = targets.iter().filter(|i| catalog.truth_of(**i)[label] == 1).count();
    match n {
        _ if targets.is_empty() => There::Nobody,
        0 => There::None,
        n if n == targets.len() => There::All,
        _ => There::Some,
    }
}

/// Which of the chosen pictures have a label.
#[derive(Clone, Copy, PartialEq)]
enum There {
    /// There are no chosen pictures.
    Nobody,
    None,
    Some,
    All,
}

/// What was clicked in a row.
enum Clicked {
    Tick,
    Row,
}

/// A label's row.
struct Row<'a> {
    label: usize,
    name: &'a str,
    /// Whether pictures are filtered by it.
    on: bool,
    there: There,
    writable: bool,
    pictures: usize,
    /// In percent.
    ap: Option<f64>,
}

impl Row<'_> {
    /// `bar`: how long it is, and of which group.
    fn show(&self, ui: &mut Ui, (share, group): (f32, Group)) -> Option<Clicked> {
        let p = theme::palette(ui);
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 40.0), Sense::click());
        if self.on || response.hovered() {
            ui.painter()
                .rect_filled(rect, 6.0, if self.on { p.accent_ground } else { p.hover });
        }
        response.widget_info(|| {
            egui::WidgetInfo::selected(egui::Role::Button, true, self.on, format!("Filter by {}", self.name))
        });
        let row = Rect::from_min_size(rect.min + vec2(4.0, 0.0), vec2(rect.width() - 8.0, 27.0));
        let mut line = ui.new_child(
            egui::UiBuilder::new()
                .max_rect(row)
                .layout(Layout::left_to_right(Align::Center)),
        );
        let ticked = self.tick(&mut line);
        line.add(egui::Label::new(self.name).truncate().selectable(false));
        line.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if self.label < 10 {
                let digit = ((self.label + 1) % 10).to_string();
                ui.add(egui::Label::new(theme::quiet(ui, digit)).selectable(false));
            }
            if let Some(ap) = self.ap {
                ui.add(egui::Label::new(theme::quiet(ui, format!("AP {ap:.0}"))).selectable(false));
            }
            let count = RichText::new(words::count(self.pictures)).size(TextSize::Small.points());
            ui.add(egui::Label::new(count).selectable(false));
        });
        let bar = Rect::from_min_size(rect.min + vec2(8.0, 30.0), vec2(rect.width() - 16.0, 4.0));
        let full = bar.with_max_x(bar.left() + bar.width() * share.max(0.004));
        ui.painter().rect_filled(bar, 2.0, p.hover);
        ui.painter().rect_filled(full, 2.0, p.groups[group as usize]);
        match (ticked, response.clicked()) {
            (true, _) => Some(Clicked::Tick),
            (false, true) => Some(Clicked::Row),
            _ => None,
        }
    }

    /// The tick, where pictures are chosen that it would change. Whether it was clicked.
    fn tick(&self, line: &mut Ui) -> bool {
        let p = theme::palette(line);
        let (icon, tone) = match self.there {
            There::Nobody => return false,
            There::All => (icons::CHECK_CIRCLE, p.good),
            There::None => (icons::CIRCLE, p.quiet),
            There::Some => (icons::CIRCLE_HALF, p.warn),
        };
        let button = egui::Button::new(RichText::new(icon).size(17.0).color(tone)).frame_when_inactive(false);
        let tick = line.add_enabled(self.writable, button);
        tick.widget_info(|| {
            egui::WidgetInfo::selected(
                egui::Role::CheckBox,
                self.writable,
                self.there == There::All,
                format!("{} is there", self.name),
            )
        });
        tick.clicked()
    }
}

/// Filters by a label, or no longer where that very filter is on.
fn filter_by(screen: &mut Screen<'_>, label: usize) {
    let wanted = vec![(label, LabelTest::Positive)];
    let filter = if screen.browse.filter.labels == wanted {
        Filter::default()
    } else {
        Filter {
            labels: wanted,
            ..Filter::default()
        }
    };
    screen.command(Command::Show(filter, screen.browse.sort));
}

/// Lines that are being pasted where there are several: each is a label. The field itself would make one of them.
fn lines_pasted(ui: &Ui) -> Vec<String> {
    let mut names = Vec::new();
    ui.input_mut(|i| {
        i.events.retain(|event| match event {
            egui::Event::Paste(text) if text.trim().contains('\n') => {
                let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
                names.extend(lines.map(ToOwned::to_owned));
                false
            }
            _ => true,
        });
    });
    names
}

fn new_label(ui: &mut Ui, screen: &mut Screen<'_>) {
    ui.horizontal(|ui| {
        let width = ui.available_width() - 62.0;
        let mut text = screen.desk.label.clone();
        let id = egui::Id::unique("new label");
        if ui.memory(|m| m.has_focus(id)) {
            for name in lines_pasted(ui) {
                screen.command(Command::AddLabel(name));
            }
        }
        let field = egui::TextEdit::singleline(&mut text)
            .id(id)
            .hint_text("New label")
            .desired_width(width);
        let field = ui.add(field);
        field.widget_info(|| widgets::field_info("", "Name of a new label"));
        let entered = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        let name = text.trim().to_owned();
        let pressed = ui.add_enabled(!name.is_empty(), egui::Button::new("Add")).clicked();
        if (entered || pressed) && !name.is_empty() {
            screen.command(Command::AddLabel(name));
            text.clear();
            // The next label is typed at once.
            field.request_focus();
        }
        if text != screen.desk.label {
            screen.command(Command::Desk(DeskCommand::NewLabel(text)));
        }
    });
}
