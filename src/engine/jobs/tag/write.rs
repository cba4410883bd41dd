//! Writing tags that are given, and taking ours away again: no model is needed.

use super::gather;
use super::journal::Entry;
use super::output::{Outputs, words};
use crate::engine::request::{RemoveTags, WriteTags};
use crate::engine::{Context, Event, Failure};
use crate::tagging::model::{Tag, TaggedBy, Tags};
use crate::tagging::xmp::{Action, SidecarStyle, Sidecars};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What became of the pictures.
#[derive(Default)]
struct Counts {
    written: usize,
    skipped: usize,
}

/// Writes given tags. A picture whose tags cannot be written is reported, the rest goes on.
pub(crate) fn write(request: &WriteTags, context: &mut Context<'_>) -> Result<(), Failure> {
    let start = Instant::now();
    let pictures: Vec<PathBuf> = request.items.iter().map(|(path, _)| path.clone()).collect();
    let by = TaggedBy {
        name: request.by.clone(),
        version: String::new(),
    };
    let outputs = Outputs::new(&request.write, by, &labels(request), &pictures, request.dry_run)?;
    let mut counts = Counts::default();
    let mut all = Vec::with_capacity(request.items.len());
    for (i, (path, tags)) in request.items.iter().enumerate() {
        // What was written so far stays: each sidecar is whole.
        context.check_cancelled()?;
        if !path.is_file() {
            skip(path, "it is not there any more".to_owned(), &mut counts, context);
            continue;
        }
        let given = Tags {
            image: path.clone(),
            tags: tags
                .iter()
                .map(|(label, probability)| Tag {
                    label: label.clone(),
                    probability: *probability,
                })
                .collect(),
        };
        match outputs.picture(&given) {
            Ok(notes) => {
                for (path, what) in notes {
                    tell(&path, what, request.dry_run, context);
                }
                counts.written += 1;
                all.push((path.clone(), Entry::Tags(tags.clone())));
            }
            Err(error) => skip(path, error.to_string(), &mut counts, context),
        }
        context.progress("writing tags", i + 1, request.items.len());
    }
    outputs.tables(&all, context)?;
    end(request.items.len(), &counts, start, context);
    Ok(())
}

/// Takes our tags out of sidecars; one that holds nothing else goes.
pub(crate) fn remove(request: &RemoveTags, context: &mut Context<'_>) -> Result<(), Failure> {
    let start = Instant::now();
    let pictures = gather::pictures(&request.paths, context)?;
    let style = SidecarStyle::of(request.stem);
    let sidecars = Sidecars::resolve(pictures.iter().map(PathBuf::as_path), style);
    let mut counts = Counts::default();
    for (i, picture) in pictures.iter().enumerate() {
        context.check_cancelled()?;
        let plan = sidecars.plan_removal(picture);
        let what = words(&plan.action);
        let refused = match &plan.action {
            Action::Refused(error) => Some(error.to_string()),
            _ if request.dry_run => None,
            _ => plan.apply().err().map(|error| error.to_string()),
        };
        match (refused, what) {
            (Some(reason), _) => skip(picture, reason, &mut counts, context),
            (None, Some(what)) => {
                tell(&plan.sidecar, what, request.dry_run, context);
                counts.written += 1;
            }
            (None, None) => {}
        }
        context.progress("looking at sidecars", i + 1, pictures.len());
    }
    end(pictures.len(), &counts, start, context);
    Ok(())
}

/// Every label that is given, each once, in the order of its first picture.
fn labels(request: &WriteTags) -> Vec<String> {
    let mut seen = HashSet::new();
    let given = request
        .items
        .iter()
        .flat_map(|(_, tags)| tags.iter().map(|(label, _)| label));
    given.filter(|label| seen.insert(label.as_str())).cloned().collect()
}

fn tell(path: &Path, what: String, dry_run: bool, context: &mut Context<'_>) {
    context.emit(Event::Written {
        path: path.to_string_lossy().into_owned(),
        what,
        dry_run,
    });
}

fn skip(path: &Path, reason: String, counts: &mut Counts, context: &mut Context<'_>) {
    counts.skipped += 1;
    context.emit(Event::Skipped {
        image: path.to_string_lossy().into_owned(),
        reason,
    });
}

fn end(images: usize, counts: &Counts, start: Instant, context: &mut Context<'_>) {
    context.emit(Event::Tagged {
        images,
        tagged: counts.written,
        skipped: counts.skipped,
        resumed: 0,
        seconds: start.elapsed().as_secs_f64(),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::request::TagWrite;
    use std::sync::atomic::AtomicBool;

    fn told(job: impl FnOnce(&mut Context<'_>) -> Result<(), Failure>) -> Vec<Event> {
        let mut events = Vec::new();
        let cancel = AtomicBool::new(false);
        let mut emit = |event| events.push(event);
        job(&mut Context::new(&mut emit, &cancel)).unwrap();
        events.retain(|e| !matches!(e, Event::Progress { .. }));
        events
    }

    #[test]
    fn given_tags_are_written_told_before_and_taken_away_again() {
        let folder = tempfile::tempdir().unwrap();
        let picture = folder.path().join("a.png");
        image::RgbImage::new(4, 4).save(&picture).unwrap();
        let before = std::fs::read(&picture).unwrap();
        let sidecar = folder.path().join("a.png.xmp");
        let mut request = WriteTags {
            items: vec![
                (picture.clone(), vec![("bird".to_owned(), 0.9), ("red".to_owned(), 1.0)]),
                (folder.path().join("gone.png"), vec![("bird".to_owned(), 0.9)]),
            ],
            write: vec![
                TagWrite::Xmp { stem: false },
                TagWrite::Json {
                    out: Some(folder.path().join("tags.json")),
                },
            ],
            dry_run: true,
            by: "birds".to_owned(),
        };
        let dry = told(|context| write(&request, context));
        assert!(!sidecar.exists() && !folder.path().join("tags.json").exists());
        request.dry_run = false;
        let wet = told(|context| write(&request, context));
        assert_eq!(dry.len(), wet.len(), "what is told before is what is done");
        let skipped = wet.iter().filter(|e| matches!(e, Event::Skipped { .. })).count();
        assert_eq!(skipped, 1);
        let text = std::fs::read_to_string(&sidecar).unwrap();
        assert!(text.contains("bird") && text.contains("red"));
        assert!(
            std::fs::read_to_string(folder.path().join("tags.json"))
                .unwrap()
                .contains("bird")
        );
        let mut request = RemoveTags {
            paths: vec![folder.path().to_owned()],
            stem: false,
            dry_run: true,
        };
        told(|context| remove(&request, context));
        assert!(sidecar.exists());
        request.dry_run = false;
        told(|context| remove(&request, context));
        assert!(!sidecar.exists(), "it held nothing but our tags");
        assert_eq!(std::fs::read(&picture).unwrap(), before, "the picture is as it was");
    }
}
