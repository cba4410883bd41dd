//! `tag`: pictures get their labels, and the labels are written where other programs read them.
//!
//! Reading, the image tower, judging and writing overlap; a journal makes a batch go on after a kill, and a watched folder do nothing
//! twice.

mod gather;
mod journal;
mod output;
mod pipeline;
mod write;

pub use write::{remove, write};

use super::project::open_for_work;
use super::taggers::{self, Words};
use crate::compute::Compute;
use crate::engine::event::{Tag, TagEvidence, Tags};
use crate::engine::request::{BenchTag, TagRequest, TagSource, TagWrite};
use crate::engine::{Context, Event, Failure};
use crate::support::hash;
use crate::tagging::model;
use crate::tagging::tagger::Tagger;
use journal::{Entry, Journal, stamp};
use output::Note;
pub use output::Outputs;
use pipeline::{Judged, Machine, Outcome};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

/// Tagged pictures that may wait to be written.
const WAITING: usize = 64;

/// Patches of each label that a window is told.
const SHOWN_PATCHES: usize = 12;

/// Time between two looks at a watched folder.
const LOOK: Duration = Duration::from_millis(1500);

/// Tags.
pub fn run(request: &TagRequest, compute: &Compute, context: &mut Context<'_>) -> Result<(), Failure> {
    let start = Instant::now();
    let tagger = open(request, compute, context)?;
    if request.watch && !request.paths.iter().any(|p| p.is_dir()) {
        return Err(Failure::usage(
            "there is no folder to watch",
            "Give at least one folder with --watch.",
        ));
    }
    if request.evidence {
        context.emit(Event::Tagger {
            name: tagger.config.name.clone(),
            labels: tagger.config.labels.clone(),
            thresholds: tagger.config.thresholds.clone(),
            found: tagger.config.provenance.thresholds.clone(),
        });
    }
    let machine = Machine::new(&tagger, compute)?;
    let identity = identity(request, &tagger)?;
    let by = model::TaggedBy {
        name: tagger.config.name.clone(),
        version: tagger.fingerprint.chars().take(12).collect(),
    };
    let pictures = match gather::pictures(&request.paths, context) {
        // An empty folder may fill.
        Err(_) if request.watch && !context.cancelled() => Vec::new(),
        found => found?,
    };
    let pictures = without_outputs(pictures, request);
    let outputs = Outputs::new(&request.write, by, &tagger.config.labels, &pictures, request.dry_run)?;
    let journal = if outputs.keeps() {
        let path = journal::place(&identity, &absolute(&request.paths)?);
        let journal = Journal::open(&path, &identity, request.fresh);
        Some(journal.map_err(|e| Failure::io("keep the batch's journal in", &path, &e))?)
    } else {
        None
    };
    let mut batch = Batch {
        request,
        machine,
        outputs,
        journal,
        session: HashMap::new(),
        done: Counts::default(),
    };
    let result = batch.pass(&pictures, context);
    let result = match result {
        Ok(()) if request.watch => batch.watch(context),
        other => other,
    };
    let Batch { journal, done, .. } = batch;
    if request.watch && context.cancelled() {
        // Stopping is how watching ends.
        emit_end(&done, start, context);
        return Ok(());
    }
    result?;
    emit_end(&done, start, context);
    if let Some(journal) = journal {
        journal.finish();
    }
    Ok(())
}

fn emit_end(done: &Counts, start: Instant, context: &mut Context<'_>) {
    context.emit(Event::Tagged {
        images: done.images,
        tagged: done.tagged,
        skipped: done.skipped,
        resumed: done.resumed,
        seconds: start.elapsed().as_secs_f64(),
    });
}

/// The tagger that is asked for, with the thresholds that are.
fn open(request: &TagRequest, compute: &Compute, context: &mut Context<'_>) -> Result<Tagger, Failure> {
    let mut tagger = match &request.source {
        TagSource::Tagger { path } => Tagger::load(path)?,
        TagSource::Run { project, run } => {
            let project = open_for_work(project, context)?;
            taggers::of_run(&project, run, compute, context)?
        }
        TagSource::Words {
            model,
            labels,
            template,
            preprocess,
        } => {
            let words = Words {
                model: model.as_deref(),
                labels,
                template,
                preprocess: *preprocess,
            };
            taggers::of_words(&words, compute, context)?
        }
    };
    let config = &mut tagger.config;
    if let Some(threshold) = request.threshold {
        config.thresholds.fill(threshold);
    }
    for (label, threshold) in &request.thresholds {
        let place = config.labels.iter().position(|l| l == label).ok_or_else(|| {
            Failure::usage(
                format!("the tagger has no label {label}"),
                format!("Its labels are: {}.", config.labels.join(", ")),
            )
        })?;
        config.thresholds[place] = *threshold;
    }
    Ok(tagger)
}

/// What the result of a picture depends on, beside the picture.
fn identity(request: &TagRequest, tagger: &Tagger) -> Result<String, Failure> {
    let mut config = tagger.config.clone();
    config.provenance.created = 0;
    let bug = |e: serde_json::Error| Failure::new(e.to_string(), "Report this as a bug.");
    let config = serde_json::to_string(&config).map_err(bug)?;
    let write = serde_json::to_string(&request.write).map_err(bug)?;
    let fingerprint = &tagger.fingerprint;
    Ok(hash::of_bytes(
        format!("{fingerprint}\n{config}\n{write}\n{}", request.watch).as_bytes(),
    ))
}

fn absolute(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let all = paths.iter().map(|p| crate::dataset::files::absolute(p));
    Ok(all.collect::<Result<Vec<_>, _>>()?)
}

/// Pictures but those that an earlier batch put into its own folders by label.
fn without_outputs(mut pictures: Vec<PathBuf>, request: &TagRequest) -> Vec<PathBuf> {
    for write in &request.write {
        if let TagWrite::Folders { out, .. } = write
            && let Ok(out) = crate::dataset::files::absolute(out)
        {
            pictures.retain(|p| !p.starts_with(&out));
        }
    }
    pictures
}

#[derive(Default)]
struct Counts {
    images: usize,
    tagged: usize,
    skipped: usize,
    resumed: usize,
}

struct Batch<'a> {
    request: &'a TagRequest,
    machine: Machine<'a>,
    outputs: Outputs,
    journal: Option<Journal>,
    /// What became of pictures in this run: for the tables.
    session: HashMap<PathBuf, Entry>,
    done: Counts,
}

/// What the writing thread says of a picture.
struct Wrote {
    path: PathBuf,
    stamp: (u64, i64),
    entry: Entry,
    notes: Vec<Note>,
}

impl Batch<'_> {
    /// Tags pictures, but those that are done already, and writes the tables of all.
    fn pass(&mut self, pictures: &[PathBuf], context: &mut Context<'_>) -> Result<(), Failure> {
        self.done.images += pictures.len();
        let mut left = Vec::new();
        for picture in pictures {
            let known = self
                .journal
                .as_ref()
                .and_then(|j| j.get(picture, stamp(picture)))
                .cloned();
            match known {
                Some(entry) => {
                    self.done.resumed += 1;
                    self.tell(picture, &entry, context);
                    self.session.insert(picture.clone(), entry);
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
        let all: Vec<(PathBuf, Entry)> = pictures
            .iter()
            .filter_map(|p| Some((p.clone(), self.session.get(p)?.clone())))
            .collect();
        self.outputs.tables(&all, context)
    }

    /// Tags and writes; writing has a thread of its own and a bounded queue.
    fn tag(&mut self, pictures: &[PathBuf], context: &mut Context<'_>) -> Result<(), Failure> {
        let (machine, outputs) = (&self.machine, &self.outputs);
        let (queue, inbox) = sync_channel::<(PathBuf, (u64, i64), model::Tags)>(WAITING);
        let (sender, written) = std::sync::mpsc::channel::<Wrote>();
        // The stamp is taken before a picture is read: one that changes meanwhile is done again next time.
        let stamps: HashMap<PathBuf, (u64, i64)> = pictures.iter().map(|p| (p.clone(), stamp(p))).collect();
        let (journal, session, done) = (&mut self.journal, &mut self.session, &mut self.done);
        let mut settle = |wrote: Wrote, context: &mut Context<'_>| -> Result<(), Failure> {
            for (path, what) in wrote.notes {
                context.emit(Event::Written {
                    path: path.to_string_lossy().into_owned(),
                    what,
                    dry_run: self.request.dry_run,
                });
            }
            if let Entry::Failed(reason) = &wrote.entry {
                context.emit(Event::Skipped {
                    image: wrote.path.to_string_lossy().into_owned(),
                    reason: reason.clone(),
                });
                done.skipped += 1;
            } else {
                done.tagged += 1;
            }
            if let Some(journal) = journal.as_mut() {
                let noted = journal.note(&wrote.path, wrote.stamp, wrote.entry.clone());
                noted.map_err(|e| Failure::io("note what was done beside", &wrote.path, &e))?;
            }
            session.insert(wrote.path, wrote.entry);
            Ok(())
        };
        let evidence = self.request.evidence;
        std::thread::scope(|scope| {
            scope.spawn(move || {
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
            });
            let mut each = |path: &Path, outcome: Outcome, context: &mut Context<'_>| -> Result<(), Failure> {
                let stamp = stamps.get(path).copied().unwrap_or_default();
                match outcome {
                    Ok(judged) => {
                        let tags = tags_of(machine.tagger, path, &judged);
                        for notice in &judged.notices {
                            context.warn("picture", format!("{}: {notice}", path.display()));
                        }
                        context.emit(Event::Tags(event_of(&tags, &judged, machine, evidence)));
                        if queue.send((path.to_owned(), stamp, tags)).is_err() {
                            return Err(Failure::new(
                                "writing has stopped",
                                "Run the command again: it goes on.",
                            ));
                        }
                    }
                    Err(reason) => settle(
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
                    settle(wrote, context)?;
                }
                Ok(())
            };
            let result = machine.judge(pictures, context, &mut each);
            drop(queue);
            // What was tagged before a stop is written and noted all the same.
            for wrote in &written {
                settle(wrote, context)?;
            }
            result
        })
    }

    /// Tells of a picture that was done before.
    fn tell(&mut self, picture: &Path, entry: &Entry, context: &mut Context<'_>) {
        let image = picture.to_string_lossy().into_owned();
        match entry {
            Entry::Tags(tags) => {
                self.done.tagged += 1;
                let tags = tags.iter().map(|(label, probability)| Tag {
                    label: label.clone(),
                    probability: *probability,
                });
                context.emit(Event::Tags(Tags {
                    image,
                    tags: tags.collect(),
                    evidence: None,
                }));
            }
            Entry::Failed(reason) => {
                self.done.skipped += 1;
                context.emit(Event::Skipped {
                    image,
                    reason: reason.clone(),
                });
            }
        }
    }

    /// Goes on for new and changed pictures until the user stops it. A file is taken once two looks found it the same: it may
    /// still be copied.
    fn watch(&mut self, context: &mut Context<'_>) -> Result<(), Failure> {
        let mut seen: HashMap<PathBuf, (u64, i64)> = HashMap::new();
        // Without a journal what was done in this run is remembered here.
        let mut did: HashMap<PathBuf, (u64, i64)> = self.session.keys().map(|p| (p.clone(), stamp(p))).collect();
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
                let known = || self.journal.as_ref().is_some_and(|j| j.get(picture, now).is_some());
                if same && now.0 > 0 && did.get(picture) != Some(&now) && !known() {
                    settled.push(picture.clone());
                    did.insert(picture.clone(), now);
                }
            }
            context.progress("watching for new pictures", self.done.images, 0);
            if settled.is_empty() {
                continue;
            }
            self.outputs.look_again(&all);
            self.done.images += settled.len();
            self.tag(&settled, context)?;
            self.tables(&all, context)?;
        }
    }
}

/// Pictures a second of tagging and of its parts.
pub struct Speed {
    /// Pictures of a round.
    pub images: usize,
    /// Reading and resizing alone.
    pub decode: f64,
    /// Image tower and judging alone.
    pub forward: f64,
    /// All of it, as a batch does it.
    pub whole: f64,
}

/// Measures [`Speed`], each part after a warm-up.
///
/// # Errors
/// [`Failure`] where the device fails or the user cancels.
pub fn speed(request: &BenchTag, compute: &Compute, context: &mut Context<'_>) -> Result<Speed, Failure> {
    let asked = TagRequest {
        source: request.source.clone(),
        paths: request.paths.clone(),
        write: Vec::new(),
        threshold: None,
        thresholds: Default::default(),
        dry_run: true,
        evidence: false,
        watch: false,
        fresh: true,
    };
    let tagger = open(&asked, compute, context)?;
    let machine = Machine::new(&tagger, compute)?;
    let pictures = gather::pictures(&request.paths, context)?;
    let rounds = request.rounds.max(1);
    let many: Vec<PathBuf> = std::iter::repeat_n(&pictures, rounds).flatten().cloned().collect();
    let batch = machine.prepare(&pictures);
    machine.forward_again(&batch, 1, context)?;
    let timed = |count: usize, start: Instant| count as f64 / start.elapsed().as_secs_f64().max(1e-9);
    let start = Instant::now();
    let decode = timed(machine.read_all(&many), start);
    let start = Instant::now();
    let forward = timed(
        machine.forward_again(&batch, many.len().div_ceil(batch.len()), context)?,
        start,
    );
    let mut judged = 0;
    let mut count = |_: &Path, outcome: Outcome, _: &mut Context<'_>| -> Result<(), Failure> {
        judged += usize::from(outcome.is_ok());
        Ok(())
    };
    let start = Instant::now();
    machine.judge(&many, context, &mut count)?;
    let whole = timed(judged, start);
    Ok(Speed {
        images: many.len(),
        decode,
        forward,
        whole,
    })
}

/// The labels at or above their thresholds, by falling probability.
fn tags_of(tagger: &Tagger, path: &Path, judged: &Judged) -> model::Tags {
    let config = &tagger.config;
    let given = judged
        .labels
        .iter()
        .enumerate()
        .filter(|(c, (_, p))| *p >= config.thresholds[*c]);
    let mut tags: Vec<Tag> = given
        .map(|(c, (_, probability))| Tag {
            label: config.labels[c].clone(),
            probability: *probability,
        })
        .collect();
    tags.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    model::Tags {
        image: path.to_owned(),
        tags,
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
        evidence: evidence.then(|| TagEvidence {
            width: judged.size.0,
            height: judged.size.1,
            probability: judged.labels.iter().map(|(_, p)| *p).collect(),
            patches: judged.labels.iter().map(|(e, _)| boxes(e)).collect(),
        }),
    }
}
