//! Where tags go: sidecars and folders picture by picture, tables at the end.

use crate::engine::event::warnings;
use crate::engine::request::TagWrite;
use crate::engine::{Context, Event, Failure};
use crate::tagging::TaggingError;
use crate::tagging::folders::{FolderPlan, PlacementAction, Transfer};
use crate::tagging::model::{TaggedBy, Tags};
use crate::tagging::table::{Table, TableFormat, TableOptions};
use crate::tagging::xmp::{Action, Keywords, SidecarPlan, SidecarStyle, Sidecars};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Everything that a request writes.
pub(crate) struct Outputs {
    /// Sidecars are written for each picture as soon as it is tagged.
    sidecars: Vec<(SidecarStyle, Sidecars)>,
    /// Written when all pictures are, as are folders: which names clash is known only then.
    tables: Vec<(Option<PathBuf>, TableOptions)>,
    folders: Vec<(PathBuf, Transfer)>,
    by: TaggedBy,
    dry_run: bool,
}

/// What was written of a picture.
pub(crate) struct Note {
    /// The file.
    pub path: PathBuf,
    /// What happened to it, in words.
    pub what: String,
    /// Whether the file is gone.
    pub deleted: bool,
}

impl Note {
    /// What a plan does, or would do; nothing where the file stays as it is.
    pub fn of(plan: &SidecarPlan, dry_run: bool) -> Option<Self> {
        Some(Self {
            path: plan.sidecar.clone(),
            what: words(&plan.action, dry_run)?,
            deleted: matches!(plan.action, Action::Delete { .. }),
        })
    }

    /// As a reader is told.
    pub fn event(self, dry_run: bool) -> Event {
        Event::Written {
            path: self.path.to_string_lossy().into_owned(),
            what: self.what,
            dry_run,
            deleted: self.deleted,
        }
    }
}

impl Outputs {
    /// Looks at what is asked for. `labels`: the tagger's, in order.
    ///
    /// # Errors
    /// [`Failure`] where a place cannot be written: said before the first picture is read.
    pub fn new(
        write: &[TagWrite],
        by: TaggedBy,
        labels: &[String],
        pictures: &[PathBuf],
        dry_run: bool,
    ) -> Result<Self, Failure> {
        let mut outputs = Self {
            sidecars: Vec::new(),
            tables: Vec::new(),
            folders: Vec::new(),
            by,
            dry_run,
        };
        for one in write {
            let mut table = |out: &Option<PathBuf>, format, spreadsheet_safe| {
                let options = TableOptions {
                    spreadsheet_safe,
                    labels: labels.to_vec(),
                    ..TableOptions::new(format)
                };
                outputs.tables.push((out.clone(), options));
            };
            match one {
                TagWrite::Csv {
                    out,
                    wide,
                    spreadsheet_safe,
                } => {
                    let format = if *wide {
                        TableFormat::CsvWide
                    } else {
                        TableFormat::CsvLong
                    };
                    table(out, format, *spreadsheet_safe);
                }
                TagWrite::Json { out } => table(out, TableFormat::Json, false),
                TagWrite::Coco { out } => table(&Some(out.clone()), TableFormat::Coco, false),
                TagWrite::Xmp { stem } => {
                    let style = SidecarStyle::of(*stem);
                    let sidecars = Sidecars::resolve(pictures.iter().map(PathBuf::as_path), style);
                    outputs.sidecars.push((style, sidecars));
                }
                TagWrite::Folders { out, copies } => {
                    let transfer = if *copies { Transfer::Copy } else { Transfer::HardLink };
                    outputs.folders.push((out.clone(), transfer));
                }
            }
        }
        for (out, _) in &outputs.tables {
            let folder = out
                .as_deref()
                .and_then(Path::parent)
                .filter(|p| !p.as_os_str().is_empty());
            if let Some(folder) = folder.filter(|f| !f.is_dir()) {
                return Err(Failure::new(
                    format!("there is no folder {} to write the tags to", folder.display()),
                    "Make the folder, or name another place.",
                ));
            }
        }
        Ok(outputs)
    }

    /// Whether anything is kept, so that a batch can be interrupted and go on.
    pub fn keeps(&self) -> bool {
        let kept = self.tables.iter().any(|(out, _)| out.is_some());
        !self.dry_run && (kept || !self.sidecars.is_empty() || !self.folders.is_empty())
    }

    /// Whether anything is written of all pictures together.
    pub fn gathers(&self) -> bool {
        !self.tables.is_empty() || !self.folders.is_empty()
    }

    /// New pictures in a watched folder: which sidecars are whose is asked anew.
    pub fn look_again(&mut self, pictures: &[PathBuf]) {
        for (style, sidecars) in &mut self.sidecars {
            *sidecars = Sidecars::resolve(pictures.iter().map(PathBuf::as_path), *style);
        }
    }

    /// Writes what belongs to one picture, or says what would be written.
    ///
    /// # Errors
    /// Why something of it cannot be written; what was written before stays.
    pub fn picture(&self, tags: &Tags) -> Result<Vec<Note>, TaggingError> {
        let mut notes = Vec::new();
        for (_, sidecars) in &self.sidecars {
            let plan = sidecars.plan_write(tags, &self.by, SystemTime::now());
            let note = Note::of(&plan, self.dry_run);
            if !self.dry_run {
                plan.apply()?;
            }
            if let Action::Refused(error) = plan.action {
                return Err(error);
            }
            notes.extend(note);
        }
        Ok(notes)
    }

    /// Writes tables and folders of all pictures, in the order given. A table that has no file goes to the reader as text.
    ///
    /// # Errors
    /// [`Failure`] where a table cannot hold the tags, or its file cannot be written.
    pub fn tables(&self, tags: &[Tags], context: &mut Context<'_>) -> Result<(), Failure> {
        for (out, options) in &self.tables {
            let table = Table::new(tags, options)?;
            match out {
                Some(path) => {
                    if !self.dry_run {
                        table.save(path)?;
                    }
                    context.emit(Event::Written {
                        path: path.to_string_lossy().into_owned(),
                        what: format!("tags of {} pictures", tags.len()),
                        dry_run: self.dry_run,
                        deleted: false,
                    });
                }
                None => {
                    let mut text = Vec::new();
                    table
                        .write_to(&mut text)
                        .map_err(|e| Failure::new(e.to_string(), "Report this as a bug."))?;
                    context.emit(Event::Table {
                        text: String::from_utf8_lossy(&text).into_owned(),
                    });
                }
            }
        }
        for (out, transfer) in &self.folders {
            self.place(&FolderPlan::new(tags, out, *transfer), context)?;
        }
        Ok(())
    }

    /// Copies or links pictures into their labels' folders. What is refused is told, the rest goes on.
    fn place(&self, plan: &FolderPlan, context: &mut Context<'_>) -> Result<(), Failure> {
        for (label, folder) in &plan.renamed {
            let text = format!("the folder of the label {label} is named {}", folder.display());
            context.warn(warnings::FOLDER_RENAMED, text);
        }
        for (i, placement) in plan.placements.iter().enumerate() {
            context.check_cancelled()?;
            let done = match &placement.action {
                PlacementAction::Refused(error) => Err(error.to_string()),
                _ if self.dry_run => Ok(matches!(placement.action, PlacementAction::Place)),
                _ => placement.apply().map_err(|e| e.to_string()),
            };
            match done {
                Ok(true) => context.emit(Event::Written {
                    path: placement.target.to_string_lossy().into_owned(),
                    what: placement.label.clone(),
                    dry_run: self.dry_run,
                    deleted: false,
                }),
                Ok(false) => {}
                Err(reason) => context.emit(Event::Skipped {
                    image: placement.picture.to_string_lossy().into_owned(),
                    reason,
                }),
            }
            context.progress("putting pictures into folders", i + 1, plan.placements.len());
        }
        Ok(())
    }
}

/// What happens to a sidecar, or would; nothing where it stays as it is.
fn words(action: &Action, dry_run: bool) -> Option<String> {
    let list = |keywords: &Keywords| keywords.subject.join(", ");
    Some(match action {
        Action::Create { added } => format!("new, with {}", list(added)),
        Action::Change { added, removed } => {
            let mut parts = Vec::new();
            if !added.subject.is_empty() {
                parts.push(format!("adds {}", list(added)));
            }
            if !removed.subject.is_empty() {
                parts.push(format!("takes away {}", list(removed)));
            }
            if parts.is_empty() {
                parts.push("keeps its keywords, notes new probabilities".to_owned());
            }
            parts.join("; ")
        }
        Action::Delete { removed } => {
            let quoted: Vec<String> = removed.subject.iter().map(|k| format!("“{k}”")).collect();
            let held = quoted.join(", ");
            if dry_run {
                format!("will be deleted: it holds only {held}")
            } else {
                format!("deleted: it held only {held}")
            }
        }
        Action::Unchanged | Action::Refused(_) => return None,
    })
}
