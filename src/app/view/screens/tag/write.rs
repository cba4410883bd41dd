//! Writing: how, and file by file what that would do, before it is done.

use crate::app::model::command::{Command, Pick, Preference, TagCommand};
use crate::app::model::tag::write::{Outcome, WriteForm};
use crate::app::model::words;
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::{icons, widgets};
use eframe::egui::{self, Align, Layout, RichText, Ui};
use std::path::Path;

/// Shows the panel.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>) {
    let tagging = &screen.model.tagging;
    let removal = tagging.preview.removal;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = theme::LARGE;
        if ui.radio(!removal, "Write tags").clicked() && removal {
            screen.command(Command::Tag(TagCommand::Prepare(false)));
        }
        if ui
            .radio(removal, "Remove our tags")
            .on_hover_text("From XMP sidecars: what Patchlight wrote is taken out, nothing else")
            .clicked()
        {
            screen.command(Command::Tag(TagCommand::Prepare(true)));
        }
    });
    ui.add_space(theme::SMALL);
    let form = if removal {
        let words = "Takes the keywords that Patchlight wrote out of the sidecars of these pictures, however they are named. Keywords of \
                     others stay.";
        ui.add(egui::Label::new(theme::quiet(ui, words)).wrap());
        screen.prefs.write.clone()
    } else {
        let first = tagging.list.items.first();
        form(ui, screen, first.and_then(|i| i.path.parent()))
    };
    which(ui, screen);
    ui.add_space(theme::SMALL);
    ui.separator();
    preview(ui, screen, form);
}

/// All pictures, or the chosen ones.
fn which(ui: &mut Ui, screen: &mut Screen<'_>) {
    let tagging = &screen.model.tagging;
    let (all, chosen) = (tagging.list.items.len(), tagging.selection.len());
    if chosen == 0 {
        return;
    }
    let only = tagging.only_chosen;
    ui.add_space(theme::SMALL);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = theme::LARGE;
        for (on, words) in [
            (false, format!("All {}", words::counted(all, "picture", "pictures"))),
            (true, format!("Only the {} chosen", words::count(chosen))),
        ] {
            if ui.radio(only == on, words).clicked() {
                screen.command(Command::Tag(TagCommand::OnlyChosen(on)));
            }
        }
    });
}

/// Remembers how tags are written, where that was changed.
fn prefer(screen: &mut Screen<'_>, form: &WriteForm) {
    if *form != screen.prefs.write {
        screen.command(Command::Prefer(Preference::Write(form.clone())));
    }
}

/// How sidecars are named.
fn names(ui: &mut Ui, form: &mut WriteForm) {
    ui.horizontal_wrapped(|ui| {
        ui.add_space(theme::LARGE);
        ui.spacing_mut().item_spacing.x = theme::LARGE;
        ui.radio_value(&mut form.stem, false, "img.jpg.xmp")
            .on_hover_text("digiKam, darktable");
        ui.radio_value(&mut form.stem, true, "img.xmp")
            .on_hover_text("Lightroom, Bridge");
    });
}

/// How tags are written; also for a watched folder. `beside`: where files go that no other place is named for. The form as it is after
/// this frame.
pub(super) fn form(ui: &mut Ui, screen: &mut Screen<'_>, beside: Option<&Path>) -> WriteForm {
    let mut form = screen.prefs.write.clone();
    ui.checkbox(&mut form.xmp, "XMP sidecars beside the pictures")
        .on_hover_text("Keywords for photo programs");
    if form.xmp {
        names(ui, &mut form);
    }
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = theme::LARGE;
        ui.checkbox(&mut form.csv, "CSV table");
        if form.csv {
            ui.checkbox(&mut form.wide, "a line for each picture");
        }
    });
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = theme::LARGE;
        ui.checkbox(&mut form.json, "JSON");
        ui.checkbox(&mut form.coco, "COCO")
            .on_hover_text("Annotations without boxes, for training");
    });
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = theme::LARGE;
        ui.checkbox(&mut form.folders, "Folders by label");
        if form.folders {
            ui.radio_value(&mut form.copies, true, "copies");
            ui.radio_value(&mut form.copies, false, "links")
                .on_hover_text("Take no room; on the same disk only");
        }
    });
    if form.needs_folder() {
        ui.label(theme::quiet(ui, "Folder for tables and folders"));
        widgets::row(ui, |ui| {
            let hint = match beside.map(|b| b.display().to_string()) {
                Some(hint) if !hint.is_empty() => hint,
                _ => "the folder of the pictures".to_owned(),
            };
            let width = (ui.available_width() - 58.0).max(100.0);
            let field = ui.add(
                egui::TextEdit::singleline(&mut form.out)
                    .hint_text(hint)
                    .desired_width(width),
            );
            field.widget_info(|| egui::WidgetInfo::text_edit(true, "", &form.out, "Folder for tables and folders"));
            if widgets::icon_button(ui, icons::FOLDER_OPEN, "Choose the folder for tables").clicked() {
                screen.command(Command::Pick(Pick::WriteFolder));
            }
        });
    }
    prefer(screen, &form);
    form
}

/// What writing would do, and the button that does it.
fn preview(ui: &mut Ui, screen: &mut Screen<'_>, form: WriteForm) {
    let p = theme::palette(ui);
    let tagging = &screen.model.tagging;
    let preview = &tagging.preview;
    let removal = preview.removal;
    let [waiting, tagged, _] = tagging.list.standings();
    if tagging.list.items.is_empty() || (tagged == 0 && !removal && waiting > 0) {
        ui.label(theme::quiet(ui, "Nothing to write yet: tag pictures first."));
        return;
    }
    if !form.writes() && !removal {
        ui.label(theme::quiet(ui, "Choose at least one way to write."));
        return;
    }
    let stamp = Some((tagging.list.version, form));
    let fresh = preview.stamp == stamp && preview.only == tagging.only();
    let busy = preview.job.is_some();
    let (files, skipped) = (preview.outcome.lines.len(), preview.outcome.skipped.len());
    if let Some(failure) = preview.failure.as_ref().filter(|_| fresh) {
        ui.label(RichText::new(format!("{}  {}", icons::WARNING_CIRCLE, failure.message)).color(p.bad));
        if let Some(hint) = &failure.hint {
            ui.add(egui::Label::new(theme::quiet(ui, hint)).wrap());
        }
    }
    let written = preview.written.filter(|_| fresh);
    ui.horizontal(|ui| {
        if busy {
            ui.spinner();
            ui.label(theme::quiet(
                ui,
                format!("{} so far …", words::counted(files, "file", "files")),
            ));
        } else if written.is_some() {
            let words = format!("{}  {}", icons::CHECK_CIRCLE, preview.outcome.words(removal, true));
            ui.label(RichText::new(words).color(p.good));
            if ui.button("Look again").clicked() {
                screen.command(Command::Tag(TagCommand::Preview(removal)));
            }
        } else if fresh && preview.whole && files > 0 {
            let words = preview.outcome.words(removal, false);
            if ui.add(theme::primary(ui, words)).clicked() {
                screen.command(Command::Tag(TagCommand::Write));
            }
        } else if fresh && preview.whole {
            let words = if removal {
                "There are no tags of ours to remove."
            } else {
                "Everything says so already."
            };
            ui.label(theme::quiet(ui, words));
        } else {
            let words = if removal {
                "See what would be removed"
            } else {
                "See what will be written"
            };
            if ui.add(theme::primary(ui, words)).clicked() {
                screen.command(Command::Tag(TagCommand::Preview(removal)));
            }
        }
    });
    if !fresh && preview.stamp.is_some() && !busy {
        ui.label(theme::quiet(
            ui,
            "The list or the choice has changed since: look again.",
        ));
        return;
    }
    if waiting > 0 && !removal {
        let words = format!(
            "{} not tagged yet are left out.",
            words::counted(waiting, "picture", "pictures")
        );
        ui.label(theme::quiet(ui, words));
    }
    if skipped > 0 {
        let words = format!(
            "{}  {} left out",
            icons::WARNING,
            words::counted(skipped, "picture", "pictures")
        );
        ui.label(RichText::new(words).color(p.warn));
    }
    lines(ui, &screen.tagging.preview.outcome);
}

/// What happens to each file: what is left out first.
pub(super) fn lines(ui: &mut Ui, outcome: &Outcome) {
    let p = theme::palette(ui);
    let skipped = outcome.skipped.len();
    let total = skipped + outcome.lines.len();
    ui.spacing_mut().item_spacing.y = 4.0;
    egui::ScrollArea::vertical()
        .auto_shrink(false)
        .id_salt("what is written")
        .show_rows(ui, 40.0, total, |ui, range| {
            for row in range {
                let bad = row < skipped;
                let (path, what) = if bad {
                    &outcome.skipped[row]
                } else {
                    &outcome.lines[row - skipped]
                };
                let name = Path::new(path).file_name();
                let name = name.map_or_else(|| path.clone(), |n| n.to_string_lossy().into_owned());
                let inner = ui.allocate_ui_with_layout(
                    egui::vec2(ui.available_width() - 10.0, 40.0),
                    Layout::top_down(Align::Min),
                    |ui| {
                        ui.set_min_height(40.0);
                        ui.spacing_mut().item_spacing.y = 1.0;
                        let color = if bad { p.warn } else { p.text };
                        let text = RichText::new(name).size(TextSize::Small.points()).color(color);
                        ui.add(egui::Label::new(text).truncate());
                        let what = what.strip_prefix(&format!("{path}: ")).unwrap_or(what);
                        ui.add(egui::Label::new(theme::quiet(ui, what)).truncate());
                    },
                );
                inner.response.on_hover_text(format!("{path}\n{what}"));
            }
        });
}
