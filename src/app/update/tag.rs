//! Everything that can be done in Tag.

use super::effect::{Effect, Effects};
use super::{jobs, tag_keep, tag_watch};
use crate::app::model::action::Action;
use crate::app::model::command::{Command, Place, TagCommand};
use crate::app::model::file_probe;
use crate::app::model::job::Spec;
use crate::app::model::job_kind::JobKind;
use crate::app::model::notices::Level;
use crate::app::model::state::Model;
use crate::app::model::tag::source::{KNOWN, Source};
use crate::app::model::tag::state::Tagging;
use crate::app::model::tag::write::Preview;
use crate::app::model::words::counted;
use crate::engine::Request;
use crate::engine::request::{BY_HAND, RemoveTags, TagRequest, WriteTags};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Time after which a list that changes all the time is looked through again.
const BEHIND: Duration = Duration::from_millis(100);

/// Carries a command of Tag out.
pub fn carry_out(model: &mut Model, out: &mut Effects, command: TagCommand) {
    let tagging = &mut model.tagging;
    match command {
        TagCommand::Add(paths) => {
            model.place = Place::Tag;
            tagging.looking = true;
            out.probe(file_probe::Request::Pictures(paths));
        }
        TagCommand::Use(source) => {
            model.prefs.tag_source = Some(source.clone());
            tagging.source = source;
        }
        TagCommand::Know(known) => {
            let path = known.path.clone();
            model.prefs.taggers.retain(|k| k.path != path);
            model.prefs.taggers.insert(0, known);
            model.prefs.taggers.truncate(KNOWN);
            out.command(Command::Tag(TagCommand::Use(Source::File { path })));
            model.place = Place::Tag;
        }
        TagCommand::Forget(path) => model.prefs.taggers.retain(|k| k.path != path),
        TagCommand::Start => start(model, out, true),
        TagCommand::Cancel => {
            if let Some(id) = tagging.job {
                jobs::stop(model, out, id);
            }
        }
        TagCommand::Clear => clear(model, out),
        TagCommand::BringBack => {
            if let Some(list) = tagging.emptied.take() {
                let new: Vec<PathBuf> = tagging.list.items.iter().map(|i| i.path.clone()).collect();
                // A version of its own: nothing that was made of either list is taken for one of this.
                let version = tagging.list.version + list.version;
                tagging.list = list;
                tagging.list.version = version;
                tagging.list.add(new);
            }
        }
        TagCommand::Set(items, label, on) => {
            if let Some(said) = tagging.list.set(&items, &label, on) {
                model.notices.edited(said);
            }
        }
        TagCommand::Undo => step(model, true),
        TagCommand::Redo => step(model, false),
        TagCommand::Threshold(column, threshold) => tagging.list.set_threshold(column, threshold),
        TagCommand::ResetThresholds => tagging.list.reset_thresholds(),
        TagCommand::Filter(filter) => tagging.filter = filter,
        TagCommand::Travel { by, extend } => tagging.travel(by, extend),
        TagCommand::Choose(place, how) => tagging.choose(place, how),
        TagCommand::Large(large) => {
            tagging.large = large && tagging.current().is_some();
            tagging.hovered = None;
            tagging.reveal += 1;
        }
        TagCommand::Hover(label) => tagging.hovered = label,
        TagCommand::Search(text) => tagging.search = text,
        TagCommand::Label(text) => tagging.label = text,
        TagCommand::Path(text) => tagging.path = text,
        TagCommand::WatchPath(text) => tagging.watch.folder = text,
        TagCommand::Show(panel) => {
            model.place = Place::Tag;
            tagging.panel = panel;
        }
        TagCommand::Preview(removal) => {
            if let Some(id) = tagging.preview.job.take() {
                jobs::stop(model, out, id);
            }
            write_job(model, out, removal, true);
        }
        TagCommand::Prepare(removal) => {
            tagging.preview = Preview {
                removal,
                ..Preview::default()
            }
        }
        TagCommand::Write => write(model, out),
        TagCommand::Watch(folder) => tag_watch::look(model, out, &folder),
        TagCommand::StartWatch => tag_watch::begin(model, out),
        TagCommand::PauseWatch => tag_watch::pause(model, out),
        TagCommand::ContinueWatch => tag_watch::go_on(model, out),
        TagCommand::EndWatch => tag_watch::end(model, out),
        TagCommand::OnlyChosen(only) => tagging.only_chosen = only,
    }
}

/// Actions that mean something of their own in Tag; true where it was done.
pub fn action(model: &mut Model, out: &mut Effects, action: Action) -> bool {
    let tagging = &mut model.tagging;
    match action {
        Action::Undo => step(model, true),
        Action::Redo => step(model, false),
        Action::SelectAll => tagging.selection = tagging.shown.iter().copied().collect(),
        Action::SelectNone => tagging.selection.clear(),
        Action::Inspect => carry_out(model, out, TagCommand::Large(true)),
        Action::Next => tagging.travel(1, false),
        Action::Previous => tagging.travel(-1, false),
        Action::ClearFilters => tagging.filter = Default::default(),
        _ => return false,
    }
    true
}

/// Pictures were found: they are added, and tagged.
pub fn found(model: &mut Model, out: &mut Effects, pictures: Vec<PathBuf>) {
    let tagging = &mut model.tagging;
    tagging.looking = false;
    tagging.large = false;
    tag_keep::read_keywords(model, out, &pictures);
    let tagging = &mut model.tagging;
    if tagging.list.add(pictures) > 0 {
        start(model, out, false);
    }
}

/// Which pictures are shown follows the list.
pub fn refresh(model: &mut Model, out: &mut Effects) {
    model.tagging.refresh(model.now);
    if model.place == Place::Tag {
        model.tagging.list.keep_counts();
        if model.tagging.is_behind() {
            out.push(Effect::Repaint(BEHIND));
        }
    }
}

fn step(model: &mut Model, undo: bool) {
    let verb = if undo { "Undone" } else { "Done again" };
    if let Some(said) = model.tagging.list.step(undo) {
        model.notices.edited(format!("{verb}: {said}"));
    }
}

fn clear(model: &mut Model, out: &mut Effects) {
    for id in [model.tagging.job, model.tagging.preview.job].into_iter().flatten() {
        jobs::stop(model, out, id);
    }
    let kept = std::mem::replace(&mut model.tagging, Tagging::new(Source::default()));
    model.tagging.source = kept.source;
    model.tagging.watch = kept.watch;
    // Tagging anew is the only use of what was used before, and changes by hand come back with the list.
    model.tagging.used = kept.used;
    model.tagging.keeping = kept.keeping;
    model.tagging.emptied = Some(kept.list);
    let back = ("Bring it back".to_owned(), Command::Tag(TagCommand::BringBack));
    model.notices.say(
        Level::Done,
        "The list was emptied; no file was touched",
        None,
        Some(back),
    );
}

/// The project that a job may share with the window.
pub fn shared(model: &Model, source: &Source) -> Option<PathBuf> {
    let folder = source.project()?;
    let open = model.open().map(|open| open.catalog.folder.as_path());
    (open == Some(folder)).then(|| folder.to_owned())
}

/// Tags what waits. `asked`: the user pressed the button, and is told what is missing.
fn start(model: &mut Model, out: &mut Effects, asked: bool) {
    let source = model.tagging.source.clone();
    let Some(request) = source.request() else {
        if asked {
            let hint = "For example: apple, car, guitar".to_owned();
            let words = "Type the labels to look for first, separated by commas";
            model.notices.say(Level::Warning, words, Some(hint), None);
        }
        return;
    };
    if model.tagging.job.is_some() {
        // The job at work goes first; what waits is asked for when it has ended.
        return;
    }
    if model.tagging.used.as_ref().is_some_and(|used| *used != source) {
        model.tagging.list.again();
    }
    let paths = model.tagging.list.waiting();
    if paths.is_empty() {
        return;
    }
    let title = format!("Tagging {}", counted(paths.len(), "picture", "pictures"));
    let shared = shared(model, &source);
    let id = jobs::start(
        model,
        out,
        Spec {
            request: Request::Tag(TagRequest {
                source: request,
                paths,
                write: Vec::new(),
                threshold: None,
                thresholds: Default::default(),
                log_odds: Default::default(),
                dry_run: false,
                evidence: true,
                watch: false,
                fresh: true,
            }),
            title,
            kind: JobKind::Tag,
            shared,
        },
    );
    model.tagging.used = Some(source);
    model.tagging.job = Some(id);
}

/// Where the pictures are: of the first one.
pub fn beside(model: &Model) -> Option<PathBuf> {
    let first = model.tagging.list.items.first()?;
    first.path.parent().map(Path::to_owned)
}

fn write(model: &mut Model, out: &mut Effects) {
    let removal = model.tagging.preview.removal;
    let stamp = (model.tagging.list.version, model.prefs.write.clone());
    let preview = &model.tagging.preview;
    // Only what was shown is done.
    if preview.whole && preview.stamp.as_ref() == Some(&stamp) && preview.only == model.tagging.only() {
        write_job(model, out, removal, false);
    }
}

fn write_job(model: &mut Model, out: &mut Effects, removal: bool, dry_run: bool) {
    let form = model.prefs.write.clone();
    let stamp = Some((model.tagging.list.version, form.clone()));
    let only = model.tagging.only();
    let request = if removal {
        let items = model.tagging.list.items.iter().zip(0u32..);
        let wanted = items.filter(|(_, i)| only.as_ref().is_none_or(|only| only.contains(i)));
        Request::RemoveTags(RemoveTags {
            paths: wanted.map(|(item, _)| item.path.clone()).collect(),
            // Whoever wants our tags gone does not want those left that were named in another way.
            stem: None,
            dry_run,
        })
    } else {
        Request::WriteTags(WriteTags {
            items: model.tagging.list.to_write(only.as_ref()),
            write: form.request(beside(model).as_deref()),
            dry_run,
            by: match model.tagging.list.tagger.as_str() {
                "" => BY_HAND.to_owned(),
                name => name.to_owned(),
            },
        })
    };
    let title = match (dry_run, removal) {
        (true, _) => "Looking what would be written",
        (false, true) => "Taking tags away",
        (false, false) => "Writing tags",
    };
    let id = jobs::start(
        model,
        out,
        Spec {
            request,
            title: title.to_owned(),
            kind: JobKind::WriteTags { dry_run },
            shared: None,
        },
    );
    model.tagging.preview = Preview {
        removal,
        job: Some(id),
        stamp,
        only,
        ..Default::default()
    };
}
