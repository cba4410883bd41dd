//! A batch of pictures: those done before are reported again, the others are tagged and written; a watched folder is searched again and
//! again.

use super::gather;
use super::journal::{Entry, Journal, stamp};
use super::output::{Note, Outputs};
use super::pipeline::{Judged, Machine, Outcome};
use super::without_outputs;
use crate::engine::event::{PhaseKind, Tag, TagEvidence, Tags, warnings};
use crate::engine::request::TagRequest;
use crate::engine::{Context, Event, Failure};
use crate::explain::probability;
use crate::tagging::model;
use crate::tagging::tagger::Tagger;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::time::{Duration, Instant};

/// Tagged pictures that may wait to be written.
const WAITING: usize = 64;

/// Patches of each label that a window is told.
const SHOWN_PATCHES: usize = 12;

/// Time between two searches of a watched folder.
const LOOK: Duration = Duration::from_millis(1500);

/// Pictures by what became of them.
#[derive(Default)]
pub(super) struct Counts {
    pub images: usize,
    pub tagged: usize,
    pub skipped: usize,
    pub resumed: usize,
}

/// What became of the pictures so far.
struct Ledger {
    /// On the disk, for the next start of the program; `None` where nothing is kept.
    journal: Option<Journal>,
    /// Of this run: for the tables.
    session: HashMap<PathBuf, Entry>,
    done: Counts,
    dry_run: bool,
}

/// Pictures that are tagged together.
pub(super) struct Batch<'a> {
    request: &'a TagRequest,
    machine: Machine<'a>,
    outputs: Outputs,
    ledger: Ledger,
}

/// What the writing thread says of a picture.
struct Wrote {
    path: PathBuf,
    stamp: (u64, i64),
    entry: Entry,
    notes: Vec<Note>,
}

/// A tagged picture, its stamp, its tags.
type ToWrite = (PathBuf, (u64, i64), model::Tags);

/// Writes what belongs to each picture of `inbox`, until there is none left.
fn write_each(inbox: &Receiver<ToWrite>, outputs: &Outputs, sender: &Sender<Wrote>) {
    for (path, stamp, tags) in inbox {
        let (entry, notes) = match outputs.picture(&tags) {
            Ok(notes) => {
                let pairs = tags.tags.into_iter().map(|t| (t.label, t.probability));
                (Entry::Tags(pairs.collect()), notes)
            }
            Err(error) => (Entry::Failed(error.to_string()), Vec::new()),
        };
        // Nobody listens any more once the batch has failed.
        let _ = sender.send(Wrote {
            path,
            stamp,
            entry,
            notes,
        });
    }
}

impl Ledger {
    /// What became of a picture earlier, if the file is still the same.
    fn known(&self, picture: &Path) -> Option<Entry> {
        self.journal.as_ref()?.get(picture, stamp(picture)).cloned()
    }

    /// Tells and keeps what became of a picture.
    fn settle(&mut self, wrote: Wrote, context: &mut Context<'_>) -> Result<(), Failure> {
        for note in wrote.notes {
            context.emit(note.event(self.dry_run));
        }
        if let Entry::Failed(reason) = &wrote.entry {
            context.emit(Event::Skipped {
                image: wrote.path.to_string_lossy().into_owned(),
                reason: reason.clone(),
            });
            self.done.skipped += 1;
        } else {
            self.done.tagged += 1;
        }
        if let Some(journal) = self.journal.as_mut() {
            let noted = journal.note(&wrote.path, wrote.stamp, wrote.entry.clone());
            noted.map_err(|e| Failure::io("note what was done beside", &wrote.path, &e))?;
        }
        self.session.insert(wrote.path, wrote.entry);
        Ok(())
    }
}

impl<'a> Batch<'a> {
    pub fn new(request: &'a TagRequest, machine: Machine<'a>, outputs: Outputs, journal: Option<Journal>) -> Self {
        let ledger = Ledger {
            journal,
            session: HashMap::new(),
            done: Counts::default(),
            dry_run: request.dry_run,
        };
        Self {
            request,
            machine,
            outputs,
            ledger,
        }
    }

    /// What became of the pictures, and the journal.
    pub fn end(self) -> (Counts, Option<Journal>) {
        (self.ledger.done, self.ledger.journal)
    }

    /// Tags pictures, but those that are done already, and writes the tables of all.
    pub fn pass(&mut self, pictures: &[PathBuf], context: &mut Context<'_>) -> Result<(), Failure> {
        self.ledger.done.images += pictures.len();
        let mut left = Vec::new();
        for picture in pictures {
            match self.ledger.known(picture) {
                Some(entry) => {
                    self.ledger.done.resumed += 1;
                    self.tell(picture, &entry, context);
                    self.ledger.session.insert(picture.clone(), entry);
                }
                None => left.push(picture.clone()),
            }
        }
        self.tag(&left, context)?;
        self.tables(pictures, context)
    }

    /// Writes what is written of all pictures together, in the order given.
    fn tables(&self, pictures: &[PathBuf], context: &mut Context<'_>) -> Result<(), Failure> {
        if !self.outputs.gathers() {
            return Ok(());
        }
        let tagged = |picture: &PathBuf| match self.ledger.session.get(picture)? {
            Entry::Tags(tags) => Some(model::Tags {
                image: picture.clone(),
                tags: tags.iter().map(|(l, p)| Tag::by_tagger(l.clone(), *p)).collect(),
            }),
            Entry::Failed(_) => None,
        };
        let all: Vec<model::Tags> = pictures.iter().filter_map(tagged).collect();
        self.outputs.tables(&all, context)
    }

    /// Tags and writes; writing has a thread of its own and a bounded queue.
    fn tag(&mut self, pictures: &[PathBuf], context: &mut Context<'_>) -> Result<(), Failure> {
        let (machine, outputs, ledger) = (&self.machine, &self.outputs, &mut self.ledger);
        let (evidence, log_odds) = (self.request.evidence, &self.request.log_odds);
        let (queue, inbox) = sync_channel::<ToWrite>(WAITING);
        let (sender, written) = channel::<Wrote>();
        // The stamp is taken before a picture is read: one that changes meanwhile is done again next time.
        let stamps: HashMap<PathBuf, (u64, i64)> = pictures.iter().map(|p| (p.clone(), stamp(p))).collect();
        std::thread::scope(|scope| {
            scope.spawn(move || write_each(&inbox, outputs, &sender));
            let mut each = |path: &Path, outcome: Outcome, context: &mut Context<'_>| -> Result<(), Failure> {
                let stamp = stamps.get(path).copied().unwrap_or_default();
                match outcome {
                    Ok(judged) => {
                        let tags = tags_of(machine.tagger, log_odds, path, &judged);
                        for notice in &judged.notices {
                            context.warn(warnings::PICTURE, format!("{}: {notice}", path.display()));
                        }
                        context.emit(Event::Tags(event_of(&tags, &judged, machine, evidence)));
                        if queue.send((path.to_owned(), stamp, tags)).is_err() {
                            return Err(Failure::new(
                                "writing has stopped",
                                "Run the command again: it goes on.",
                            ));
                        }
                    }
                    Err(reason) => ledger.settle(
                        Wrote {
                            path: path.to_owned(),
                            stamp,
                            entry: Entry::Failed(reason),
                            notes: Vec::new(),
                        },
                        context,
                    )?,
                }
                while let Ok(wrote) = written.try_recv() {
                    ledger.settle(wrote, context)?;
                }
                Ok(())
            };
            let result = machine.judge(pictures, context, &mut each);
            drop(queue);
            // What was tagged before a stop is written and noted all the same.
            for wrote in &written {
                ledger.settle(wrote, context)?;
            }
            result
        })
    }

    /// Repeats the result of a picture that was done before.
    fn tell(&mut self, picture: &Path, entry: &Entry, context: &mut Context<'_>) {
        let image = picture.to_string_lossy().into_owned();
        match entry {
            Entry::Tags(tags) => {
                self.ledger.done.tagged += 1;
                let tags = tags.iter().map(|(l, p)| Tag::by_tagger(l.clone(), *p));
                context.emit(Event::Tags(Tags {
                    image,
                    tags: tags.collect(),
                    resumed: true,
                    evidence: None,
                }));
            }
            Entry::Failed(reason) => {
                self.ledger.done.skipped += 1;
                context.emit(Event::Skipped {
                    image,
                    reason: reason.clone(),
                });
            }
        }
    }

    /// Goes on for new and changed pictures until the user stops it. A file is taken once two looks found it the same: it may
    /// still be copied.
    pub fn watch(&mut self, context: &mut Context<'_>) -> Result<(), Failure> {
        let mut seen: HashMap<PathBuf, (u64, i64)> = HashMap::new();
        // Without a journal what was done in this run is remembered here.
        let mut did: HashMap<PathBuf, (u64, i64)> = self.ledger.session.keys().map(|p| (p.clone(), stamp(p))).collect();
        loop {
            let until = Instant::now() + LOOK;
            while Instant::now() < until {
                if context.cancelled() {
                    return Ok(());
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            let mut quiet = |_: Event| {};
            let never = std::sync::atomic::AtomicBool::new(false);
            let mut look = Context::new(&mut quiet, &never);
            let all = gather::pictures(&self.request.paths, &mut look).unwrap_or_default();
            let all = without_outputs(all, self.request);
            let mut settled = Vec::new();
            for picture in &all {
                let now = stamp(picture);
                let same = seen.insert(picture.clone(), now) == Some(now);
                let known = || {
                    self.ledger
                        .journal
                        .as_ref()
                        .is_some_and(|j| j.get(picture, now).is_some())
                };
                if same && now.0 > 0 && did.get(picture) != Some(&now) && !known() {
                    settled.push(picture.clone());
                    did.insert(picture.clone(), now);
                }
            }
            context.phase(
                PhaseKind::Watching,
                "watching for new pictures",
                self.ledger.done.images,
                0,
            );
            if settled.is_empty() {
                continue;
            }
            self.outputs.look_again(&all);
            self.ledger.done.images += settled.len();
            self.tag(&settled, context)?;
            self.tables(&all, context)?;
        }
    }
}

/// The labels at or above their thresholds, by falling probability. `log_odds`: thresholds of labels that have one of that kind.
fn tags_of(tagger: &Tagger, log_odds: &BTreeMap<String, f32>, path: &Path, judged: &Judged) -> model::Tags {
    let config = &tagger.config;
    let is_given = |c: usize, odds: f32| match log_odds.get(&config.labels[c]) {
        Some(threshold) => odds >= *threshold,
        None => probability(odds) >= config.thresholds[c],
    };
    let odds = judged.labels.iter().map(|(_, odds)| *odds).enumerate();
    let mut given: Vec<(usize, f32)> = odds.filter(|(c, odds)| is_given(*c, *odds)).collect();
    given.sort_by(|a, b| b.1.total_cmp(&a.1));
    let tag = |(c, odds): (usize, f32)| Tag::by_tagger(config.labels[c].clone(), probability(odds));
    model::Tags {
        image: path.to_owned(),
        tags: given.into_iter().map(tag).collect(),
    }
}

fn event_of(tags: &model::Tags, judged: &Judged, machine: &Machine<'_>, evidence: bool) -> Tags {
    let vision = &machine.tagger.config.student.vision;
    let (grid, patch) = (vision.grid(), vision.patch);
    let boxes = |found: &crate::explain::LabelEvidence| {
        let best = found.patches.iter().take(SHOWN_PATCHES);
        best.map(|(j, s)| (judged.geometry.patch_box(j / grid, j % grid, patch), *s))
            .collect()
    };
    Tags {
        image: tags.image.to_string_lossy().into_owned(),
        tags: tags.tags.clone(),
        resumed: false,
        evidence: evidence.then(|| TagEvidence {
            width: judged.size.0,
            height: judged.size.1,
            probability: judged.labels.iter().map(|(_, odds)| probability(*odds)).collect(),
            log_odds: if machine.tagger.config.probability.is_calibrated() {
                Vec::new()
            } else {
                judged.labels.iter().map(|(_, odds)| *odds).collect()
            },
            patches: judged.labels.iter().map(|(e, _)| boxes(e)).collect(),
        }),
    }
}
