//! What was brought (dropped, pasted, typed, given on the command line), and what the thread that looks at files found of it.

use super::effect::Effects;
use super::{data, tag, tag_keep, tag_watch, tagger_export, training};
use crate::app::model::command::{Command, Pick, Place, TagCommand};
use crate::app::model::downloads::name_for;
use crate::app::model::file_probe::{Holds, LeftOut, PathKind, Reply, Request};
use crate::app::model::notices::Level;
use crate::app::model::paths::name_of;
use crate::app::model::state::Model;
use crate::app::model::tag::source::Known;
use crate::app::model::words::counted;
use std::path::PathBuf;

/// Acts on what the thread has found.
pub fn found(model: &mut Model, out: &mut Effects, reply: Reply) {
    match reply {
        Reply::Kind(kind, paths) => open(model, out, kind, paths),
        Reply::Pasted(paths) => {
            if !paths.is_empty() {
                out.command(Command::OpenPaths(paths));
            }
        }
        Reply::DataChosen(path, true) => out.command(Command::Open(path)),
        Reply::DataChosen(data, false) => out.command(Command::Import { data, project: None }),
        Reply::Pictures(pictures, left_out) => {
            left_out.into_iter().for_each(|what| say_left_out(model, what));
            tag::found(model, out, pictures);
        }
        Reply::Folder(folder, holds) => folder_found(model, out, folder, holds),
        Reply::Tagger(path, name, labels) => {
            let words = format!("{name} gives {}", counted(labels, "label", "labels"));
            model.notices.done(words);
            out.command(Command::Tag(TagCommand::Know(Known { path, name, labels })));
        }
        // In Tag a tagger was asked for; elsewhere it may be a checkpoint.
        Reply::NoTagger(_, failure) if model.place == Place::Tag => model.notices.failed(&failure, None),
        Reply::NoTagger(path, _) => out.command(Command::UseModel(path.to_string_lossy().into_owned())),
        Reply::WatchFolder(folder, pictures) => tag_watch::found(model, out, folder, pictures),
        Reply::KeptTags(kept) => tag_keep::found(model, out, kept.map(|kept| *kept)),
        Reply::TagsKept(Ok(())) => {}
        Reply::TagsKept(Err(failure)) => model.notices.failed(&failure, None),
        Reply::TaggerName(path) => tagger_export::named(model, &path),
        Reply::Keywords(read) => tag_keep::keywords(model, out, read),
        Reply::ProjectFor { data, project } => data::name_project(model, &data, &project),
        Reply::DemoFolder(folder, quick) => training::draw_demo(model, out, folder, quick),
        Reply::ExportName(path, name, ending) => data::export_named(model, &path, (name, ending)),
        Reply::Kept(Ok(path)) => out.command(Command::Tag(TagCommand::Add(vec![path]))),
        Reply::Kept(Err(failure)) => model.notices.failed(&failure, None),
        Reply::Room(bytes) => model.models.room = Some(bytes),
        Reply::Watched(job, run, Ok(epoch)) => {
            if let Some(training) = model.training.as_mut().filter(|t| t.job == job) {
                training.watch(&run, epoch);
            }
        }
        // It is only to look at.
        Reply::Watched(_, _, Err(failure)) => model.notices.note(Level::Note, failure.message),
        Reply::History(folder, read) => training::show_history(model, &folder, read),
    }
}

/// Opens what was brought, by what the first of the paths is.
fn open(model: &mut Model, out: &mut Effects, kind: PathKind, paths: Vec<PathBuf>) {
    let Some(first) = paths.first().cloned() else { return };
    match kind {
        PathKind::Project => out.command(Command::Open(first)),
        // A tagger and a checkpoint have the same ending: their heads differ.
        PathKind::ModelFile => out.probe(Request::File(first)),
        PathKind::ModelFolder => out.command(Command::UseModel(first.to_string_lossy().into_owned())),
        PathKind::Folder if model.place == Place::Tag => out.command(Command::Tag(TagCommand::Add(paths))),
        PathKind::Folder => out.probe(Request::Folder(first)),
        PathKind::Annotations => out.command(Command::Import {
            data: first,
            project: None,
        }),
        PathKind::Picture => open_pictures(model, out, paths),
        PathKind::Unknown => {
            let words = format!("{} is nothing that Patchlight can open", first.display());
            let hint = "Bring pictures, a folder of them, a COCO file, a list, a project or a CLIP checkpoint.";
            model.notices.say(Level::Warning, words, Some(hint.to_owned()), None);
        }
        PathKind::Missing => {
            let words = format!("There is nothing at {}", first.display());
            let hint = "Check the path: it may be on a disk that is not connected.";
            model.notices.say(Level::Error, words, Some(hint.to_owned()), None);
        }
    }
}

/// A picture of the open project is shown; others are tagged.
fn open_pictures(model: &mut Model, out: &mut Effects, paths: Vec<PathBuf>) {
    if model.place != Place::Tag {
        let known = |model: &Model| {
            let open = model.open().filter(|_| paths.len() == 1)?;
            open.catalog.pictures.iter().position(|p| p.path == paths[0])
        };
        if let Some(index) = known(model) {
            out.command(Command::Inspect(index));
            return;
        }
        if let Some(folder) = paths.first().and_then(|path| path.parent()) {
            offer_project(model, folder.to_owned());
        }
    }
    out.command(Command::Tag(TagCommand::Add(paths)));
}

fn folder_found(model: &mut Model, out: &mut Effects, folder: PathBuf, holds: Holds) {
    match holds {
        Holds::Labels => out.command(Command::Import {
            data: folder,
            project: None,
        }),
        Holds::Pictures => {
            offer_project(model, folder.clone());
            let words = format!("“{}” holds pictures without labels", name_of(&folder));
            let action = ("Tag them".to_owned(), Command::Tag(TagCommand::Add(vec![folder])));
            model.notices.say(Level::Note, words, None, Some(action));
        }
        Holds::Nothing => {
            let words = format!("There are no pictures in {}", folder.display());
            let hint = "Bring a folder of pictures, a folder for each label, a COCO file or a list.";
            model.notices.say(Level::Warning, words, Some(hint.to_owned()), None);
        }
    }
}

/// A second thing that may be meant by pictures: teaching them.
fn offer_project(model: &mut Model, folder: PathBuf) {
    let words = format!(
        "To teach the model your own labels, make a project of the folder “{}”",
        name_of(&folder)
    );
    let hint = "The pictures stay where they are and are never changed.".to_owned();
    let import = Command::Import {
        data: folder,
        project: None,
    };
    let action = Some(("Make a project of it instead".to_owned(), import));
    model.notices.say(Level::Note, words, Some(hint), action);
}

fn say_left_out(model: &mut Model, what: LeftOut) {
    let (words, hint) = match what {
        LeftOut::Foreign(words) => {
            let hint = "Patchlight reads JPEG, PNG, WebP, GIF, TIFF and BMP; export the others as JPEG.";
            (words, Some(hint.to_owned()))
        }
        LeftOut::Other(words) => (words, None),
    };
    model.notices.say(Level::Warning, words, hint, None);
}

/// A dialog was answered.
pub fn picked(model: &mut Model, out: &mut Effects, pick: Pick, paths: Vec<PathBuf>) {
    let Some(path) = paths.first().cloned() else { return };
    let text = || path.to_string_lossy().into_owned();
    match pick {
        Pick::TagFiles | Pick::TagFolder => out.command(Command::Tag(TagCommand::Add(paths))),
        Pick::TaggerFile => out.probe(Request::File(path)),
        Pick::WatchFolder => model.tagging.watch.folder = text(),
        Pick::WriteFolder => model.prefs.write.out = text(),
        Pick::AddModel => model.models.adding = [text(), name_for(&path)],
        Pick::Project => out.command(Command::OpenPaths(vec![path])),
        Pick::DataFolder | Pick::DataFile => out.probe(Request::DataChosen(path)),
        Pick::ModelFolder | Pick::ModelFile => out.command(Command::UseModel(text())),
        Pick::TaggerOut(_) => model.tagger_export.out = text(),
        Pick::For(field) => data::chosen(model, out, field, &path),
    }
}

/// A dialog gave nothing. `at_once`: sooner than a person could have closed it.
pub fn picked_nothing(model: &mut Model, at_once: bool) {
    if at_once {
        let hint = "Type the path at Home, or that of a model in the settings.".to_owned();
        let words = "This desktop shows no file dialogs";
        model.notices.say(Level::Warning, words, Some(hint), None);
    } else {
        // Cancelled, or the dialog failed late: the two cannot be told apart.
        let words = "the dialog gave no file; where this desktop shows none, type the path at Home";
        model.notices.note(Level::Note, words.to_owned());
    }
}
