//! A watched folder: where, by what, how it is written, and what came.

use super::write;
use crate::app::model::command::{Command, Pick, TagCommand};
use crate::app::model::paths::expand;
use crate::app::model::tag::source::Source;
use crate::app::model::tag::watch::{LOOKED_AT, Look, Watched};
use crate::app::model::words;
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::{icons, widgets};
use eframe::egui::{self, Align, Layout, RichText, Ui};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Shows the panel.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>) {
    match &screen.model.prefs.watch {
        Some(watched) => at_work(ui, screen, watched),
        None => begin(ui, screen),
    }
}

/// Which folder, and how.
fn begin(ui: &mut Ui, screen: &mut Screen<'_>) {
    let words = "Pictures that come to a folder get their labels by the tagger that is chosen on the left, and are written at once.";
    ui.add(egui::Label::new(theme::quiet(ui, words)).wrap());
    ui.add_space(theme::SMALL);
    let mut typed = screen.tagging.watch.folder.clone();
    let mut go = false;
    widgets::row(ui, |ui| {
        let width = (ui.available_width() - 58.0).max(100.0);
        let field = egui::TextEdit::singleline(&mut typed)
            .hint_text("Folder to watch")
            .desired_width(width);
        let field = ui.add(field);
        field.widget_info(|| widgets::field_info(&typed, "Folder to watch"));
        go = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        if widgets::icon_button(ui, icons::FOLDER_OPEN, "Choose the folder to watch").clicked() {
            screen.command(Command::Pick(Pick::WatchFolder));
        }
    });
    let folder = expand(Path::new(typed.trim()));
    let ready = !typed.trim().is_empty();
    if typed != screen.tagging.watch.folder {
        screen.command(Command::Tag(TagCommand::WatchPath(typed)));
    }
    ui.add_space(theme::MEDIUM);
    ui.label(theme::heading("Written as", TextSize::Body));
    let form = write::form(ui, screen, Some(&folder));
    ui.add_space(theme::MEDIUM);
    let wanted = screen.tagging.to_watch(&folder, &form);
    let look = screen
        .model
        .tagging
        .watch
        .look
        .as_ref()
        .filter(|look| look.asked == wanted);
    ui.label(theme::heading("Labels given", TextSize::Body));
    let told = look.map_or(&wanted, Look::watched).from_words();
    ui.add(egui::Label::new(theme::quiet(ui, told)).wrap());
    ui.add_space(theme::SMALL);
    let Some(look) = look else {
        let button = ui.add_enabled(ready, theme::primary(ui, "See what will be written"));
        if (button.clicked() || go) && ready {
            screen.command(Command::Tag(TagCommand::Watch(folder)));
        }
        let note =
            "Pictures that are in the folder already are tagged first. Nothing is done twice, also after a restart.";
        ui.add(egui::Label::new(theme::quiet(ui, note)).wrap());
        return;
    };
    looked(ui, screen, look);
}

/// What watching would write, and the button that begins it.
fn looked(ui: &mut Ui, screen: &mut Screen<'_>, look: &Look) {
    let p = theme::palette(ui);
    if let Some(failure) = &look.failure {
        ui.add(egui::Label::new(RichText::new(&failure.message).color(p.bad)).wrap());
        if let Some(hint) = &failure.hint {
            ui.add(egui::Label::new(theme::quiet(ui, hint)).wrap());
        }
        if ui.button("Look again").clicked() {
            screen.command(Command::Tag(TagCommand::Watch(look.asked.folder.clone())));
        }
        return;
    }
    if !look.whole {
        ui.horizontal(|ui| {
            ui.spinner();
            ui.label(theme::quiet(ui, "looking what will be written …"));
        });
        write::lines(ui, &look.outcome);
        return;
    }
    if ui.add(theme::primary(ui, "Start watching")).clicked() {
        screen.command(Command::Tag(TagCommand::StartWatch));
    }
    let files = look.outcome.lines.len();
    let words = match (look.pictures, files) {
        (0, _) => "The folder holds no picture yet. Each that comes is written at once.".to_owned(),
        (n, 0) => format!(
            "Of the {} there nothing has to be written; each that comes is written at once.",
            words::counted(n, "picture", "pictures")
        ),
        (n, _) if n > LOOKED_AT => format!(
            "{} for the first {LOOKED_AT} of {} pictures, then for the others and each that comes.",
            look.outcome.words(false, false),
            words::count(n)
        ),
        _ => format!(
            "{} now, then for each picture that comes.",
            look.outcome.words(false, false)
        ),
    };
    ui.add(egui::Label::new(theme::quiet(ui, words)).wrap());
    write::lines(ui, &look.outcome);
}

fn at_work(ui: &mut Ui, screen: &mut Screen<'_>, watched: &Watched) {
    let p = theme::palette(ui);
    let name = watched
        .folder
        .file_name()
        .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    ui.horizontal(|ui| {
        ui.label(RichText::new(icons::EYE).size(18.0).color(p.accent));
        ui.add(egui::Label::new(theme::heading(name, TextSize::Subtitle)).truncate())
            .on_hover_text(watched.folder.display().to_string());
    });
    let by = match &watched.source {
        Source::Words { words, .. } => format!("words: {words}"),
        source => source.title(&screen.prefs.taggers, screen.model.runs()),
    };
    ui.add(egui::Label::new(theme::quiet(ui, format!("Labels by {by}"))).truncate());
    let from = watched.from_words();
    let given = ui.add(egui::Label::new(theme::quiet(ui, format!("Given: {from}"))).truncate());
    given.on_hover_text(from);
    ui.add(egui::Label::new(theme::quiet(ui, format!("Written as {}", watched.form.words()))).truncate());
    ui.add_space(theme::SMALL);
    let model = screen.model;
    let watch = &model.tagging.watch;
    let job = watch.job.and_then(|id| model.jobs.get(id));
    let (running, stopping) = (job.is_some(), job.is_some_and(|j| j.stopping));
    let [tagged, failed] = model.prefs.watch_log.counts;
    let (color, words) = match (running, stopping) {
        (_, true) => (p.quiet, "pausing …".to_owned()),
        (true, _) if watch.settled => (p.good, "watching for new pictures".to_owned()),
        (true, _) => (p.good, "looking through the folder …".to_owned()),
        (false, _) if watch.failure.is_some() => (p.bad, "stopped by an error".to_owned()),
        (false, _) => (p.warn, "paused".to_owned()),
    };
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(words).color(color));
        let mut counts = format!("{} tagged", words::count(tagged));
        if failed > 0 {
            counts.push_str(&format!(", {failed} could not be read"));
        }
        ui.label(theme::quiet(ui, counts));
    });
    if let Some(failure) = &watch.failure {
        ui.add(egui::Label::new(RichText::new(&failure.message).color(p.bad)).wrap());
        if let Some(hint) = &failure.hint {
            ui.add(egui::Label::new(theme::quiet(ui, hint)).wrap());
        }
    }
    ui.horizontal(|ui| {
        if running {
            let pause = egui::Button::new(theme::labelled(icons::PAUSE, "Pause"));
            if ui.add_enabled(!stopping, pause).clicked() {
                screen.command(Command::Tag(TagCommand::PauseWatch));
            }
        } else if ui.add(theme::primary(ui, "Continue")).clicked() {
            screen.command(Command::Tag(TagCommand::ContinueWatch));
        }
        if ui
            .button("Stop watching")
            .on_hover_text("What was written stays; then it can be started with other thresholds")
            .clicked()
        {
            screen.command(Command::Tag(TagCommand::EndWatch));
        }
    });
    ui.add_space(theme::SMALL);
    ui.separator();
    log(ui, screen);
}

/// What came, newest first.
fn log(ui: &mut Ui, screen: &Screen<'_>) {
    let p = theme::palette(ui);
    let lines = &screen.prefs.watch_log.lines;
    if lines.is_empty() {
        ui.label(theme::quiet(ui, "Nothing came yet."));
        return;
    }
    ui.spacing_mut().item_spacing.y = 4.0;
    egui::ScrollArea::vertical()
        .auto_shrink(false)
        .id_salt("watch log")
        .show_rows(ui, 40.0, lines.len(), |ui, range| {
            for line in lines.iter().rev().skip(range.start).take(range.len()) {
                let size = egui::vec2(ui.available_width() - 10.0, 40.0);
                ui.allocate_ui_with_layout(size, Layout::top_down(Align::Min), |ui| {
                    ui.set_min_height(40.0);
                    ui.spacing_mut().item_spacing.y = 1.0;
                    ui.horizontal(|ui| {
                        let text = RichText::new(&line.name).size(TextSize::Small.points());
                        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                            ui.label(theme::quiet(ui, ago(screen.wall, line.time)));
                            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                                ui.add(egui::Label::new(text).truncate());
                            });
                        });
                    });
                    let text = match &line.said {
                        Ok(words) => theme::quiet(ui, words),
                        Err(reason) => RichText::new(reason).size(TextSize::Small.points()).color(p.warn),
                    };
                    ui.add(egui::Label::new(text).truncate())
                        .on_hover_text(match &line.said {
                            Ok(words) | Err(words) => words,
                        });
                });
            }
        });
    // The times go on.
    ui.ctx().request_repaint_after(Duration::from_secs(20));
}

/// How long ago, for people: the clock's time would need the machine's time zone.
fn ago(now: SystemTime, then: SystemTime) -> String {
    let seconds = now.duration_since(then).map_or(0, |d| d.as_secs());
    match seconds {
        0..=59 => "just now".to_owned(),
        60..=3599 => format!("{} min ago", seconds / 60),
        3600..=86_399 => format!("{} h ago", seconds / 3600),
        _ => words::counted((seconds / 86_400) as usize, "day", "days") + " ago",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_have_passed() {
        let then = SystemTime::UNIX_EPOCH;
        let said = |s| ago(then + Duration::from_secs(s), then);
        assert_eq!(said(5), "just now");
        assert_eq!(said(130), "2 min ago");
        assert_eq!(said(7200), "2 h ago");
        assert_eq!(said(90_000), "1 day ago");
        assert_eq!(
            ago(then, then + Duration::from_secs(9)),
            "just now",
            "the clock was set back"
        );
    }
}
