//! Native dialogs, each on a thread of its own: a portal may hang, and must not take the window with it. Everywhere a dialog is
//! offered there is a path field as well.

use crate::app::model::command::{Command, Field, Pick};
use crate::engine::request::ModelFormat;
use eframe::egui::Context;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// What was asked, what was chosen, and how long it took.
type Answer = (Pick, Option<Vec<PathBuf>>, Duration);

/// A dialog that is gone sooner was never there.
const TOO_SOON: Duration = Duration::from_millis(400);

/// Dialogs that are open, and their answers.
pub struct Dialogs {
    ctx: Context,
    sender: Sender<Answer>,
    answers: Receiver<Answer>,
}

impl Dialogs {
    /// None open yet.
    pub fn new(ctx: &Context) -> Self {
        let (sender, answers) = channel();
        Self {
            ctx: ctx.clone(),
            sender,
            answers,
        }
    }

    /// Opens a dialog.
    pub fn ask(&self, pick: Pick) {
        let (sender, ctx) = (self.sender.clone(), self.ctx.clone());
        let body = move || {
            let began = Instant::now();
            let dialog = rfd::FileDialog::new();
            let one = |path: Option<PathBuf>| path.map(|p| vec![p]);
            let answer = match pick {
                Pick::Project => one(dialog.set_title("Open a project").pick_folder()),
                Pick::DataFolder => one(dialog.set_title("Open a folder of pictures").pick_folder()),
                Pick::DataFile => one(dialog
                    .set_title("Open an annotation file")
                    .add_filter("Annotations", &["json", "txt", "csv", "xml"])
                    .pick_file()),
                Pick::ModelFolder => one(dialog.set_title("Open the folder of a CLIP checkpoint").pick_folder()),
                Pick::For(field) => one(match field {
                    Field::Names | Field::List(_) => dialog.set_title("Choose a file").pick_file(),
                    _ => dialog.set_title("Choose a folder").pick_folder(),
                }),
                Pick::ModelFile | Pick::AddModel => one(dialog
                    .set_title("Open a CLIP checkpoint")
                    .add_filter("Checkpoint", &["safetensors", "bin", "pt"])
                    .pick_file()),
                Pick::TagFiles => dialog
                    .set_title("Choose pictures")
                    .add_filter("Pictures", &crate::dataset::files::EXTENSIONS)
                    .pick_files(),
                Pick::TagFolder => one(dialog.set_title("Choose a folder of pictures").pick_folder()),
                Pick::TaggerFile => one(dialog
                    .set_title("Choose a tagger")
                    .add_filter("Tagger", &["safetensors"])
                    .pick_file()),
                Pick::WatchFolder => one(dialog.set_title("Choose the folder to watch").pick_folder()),
                Pick::TaggerOut(ModelFormat::Tagger) => one(dialog
                    .set_title("Save the tagger")
                    .add_filter("Tagger", &["safetensors"])
                    .save_file()),
                Pick::TaggerOut(ModelFormat::HuggingFace) => {
                    one(dialog.set_title("Name a new folder for the model").save_file())
                }
                Pick::WriteFolder => one(dialog.set_title("Choose the folder for tags").pick_folder()),
            };
            // The window may be gone.
            let _ = sender.send((pick, answer, began.elapsed()));
            ctx.request_repaint();
        };
        if let Err(error) = std::thread::Builder::new().name("dialog".to_owned()).spawn(body) {
            tracing::error!(%error, "a dialog cannot be opened");
        }
    }

    /// The next answer as a command, without waiting.
    pub fn next(&self) -> Option<Command> {
        let (pick, paths, time) = self.answers.try_recv().ok()?;
        let paths = paths.filter(|paths| !paths.is_empty());
        Some(paths.map_or(
            Command::PickedNothing {
                at_once: time < TOO_SOON,
            },
            |paths| Command::Picked(pick, paths),
        ))
    }
}
