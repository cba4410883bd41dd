//! Writing tags that are given, and taking ours away again: no model is needed.

use super::gather;
use super::output::{Note, Outputs};
use crate::engine::request::{RemoveTags, WriteTags};
use crate::engine::{Context, Event, Failure};
use crate::tagging::TaggingError;
use crate::tagging::model::{Tag, TaggedBy, Tags};
use crate::tagging::xmp::{Action, SidecarStyle, Sidecars, read_keywords};
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
            tags: tags.iter().map(|(l, p)| Tag::new(l.clone(), *p)).collect(),
        };
        match outputs.picture(&given) {
            Ok(notes) => {
                for note in notes {
                    context.emit(note.event(request.dry_run));
                }
                counts.written += 1;
                all.push(given);
            }
            Err(error) => skip(path, error.to_string(), &mut counts, context),
        }
        context.progress("writing tags", i + 1, request.items.len());
    }
    outputs.tables(&all, context)?;
    end(request.items.len(), &counts, start, context);
    Ok(())
}

/// Takes our tags out of sidecars; one that holds nothing else is deleted. Without a naming both are looked for.
pub(crate) fn remove(request: &RemoveTags, context: &mut Context<'_>) -> Result<(), Failure> {
    let start = Instant::now();
    let pictures = gather::pictures(&request.paths, context)?;
    let stems = request.stem.map_or(vec![false, true], |stem| vec![stem]);
    let named = stems.into_iter().map(|stem| {
        let style = SidecarStyle::of(stem);
        Sidecars::resolve(pictures.iter().map(PathBuf::as_path), style)
    });
    let named: Vec<Sidecars> = named.collect();
    let mut counts = Counts::default();
    for (i, picture) in pictures.iter().enumerate() {
        context.check_cancelled()?;
        for sidecars in &named {
            let plan = sidecars.plan_removal(picture);
            let note = Note::of(&plan, request.dry_run);
            let refused = match &plan.action {
                Action::Refused(error) if request.stem.is_none() && is_not_ours(error) => None,
                Action::Refused(error) => Some(error.to_string()),
                _ if request.dry_run => None,
                _ => plan.apply().err().map(|error| error.to_string()),
            };
            match (refused, note) {
                (Some(reason), _) => skip(picture, reason, &mut counts, context),
                (None, Some(note)) => {
                    context.emit(note.event(request.dry_run));
                    counts.written += 1;
                }
                (None, None) => {}
            }
        }
        context.progress("looking at sidecars", i + 1, pictures.len());
    }
    end(pictures.len(), &counts, start, context);
    Ok(())
}

/// Whether several pictures would share a sidecar in which nothing is ours: another program's naming, which is nobody's problem here.
fn is_not_ours(error: &TaggingError) -> bool {
    let TaggingError::SharedSidecar { sidecar, .. } = error else {
        return false;
    };
    !sidecar.exists() || read_keywords(sidecar).is_ok_and(|content| content.tags.is_empty())
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
        fallback: Vec::new(),
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
                (
                    picture.clone(),
                    vec![("bird".to_owned(), Some(0.9)), ("red".to_owned(), None)],
                ),
                (folder.path().join("gone.png"), vec![("bird".to_owned(), Some(0.9))]),
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
        // A person's label has no probability, and is not the tagger's.
        let by = |label: &str| {
            let tags = read_keywords(&sidecar).unwrap().tags;
            let tag = tags.into_iter().find(|t| t.label == label).unwrap();
            (tag.tagger, tag.probability)
        };
        assert_eq!(by("bird"), ("birds".to_owned(), "0.9000".to_owned()));
        assert_eq!(by("red"), ("by hand".to_owned(), String::new()));
        let table = std::fs::read_to_string(folder.path().join("tags.json")).unwrap();
        let table: serde_json::Value = serde_json::from_str(&table).unwrap();
        assert_eq!(
            table[0]["tags"][1],
            serde_json::json!({"label": "red", "by_hand": true})
        );
        let mut request = RemoveTags {
            paths: vec![folder.path().to_owned()],
            stem: None,
            dry_run: true,
        };
        told(|context| remove(&request, context));
        assert!(sidecar.exists());
        request.dry_run = false;
        told(|context| remove(&request, context));
        assert!(!sidecar.exists(), "it held nothing but our tags");
        assert_eq!(std::fs::read(&picture).unwrap(), before, "the picture is as it was");
    }

    #[test]
    fn both_ways_of_naming_are_found_and_deleted_files_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let picture = |name: &str| {
            let path = folder.path().join(name);
            image::RgbImage::new(4, 4).save(&path).unwrap();
            path
        };
        let paths = [picture("a.png"), picture("b.png"), picture("c.png"), picture("c.jpg")];
        for (path, stem) in [(&paths[0], false), (&paths[1], true)] {
            let request = WriteTags {
                items: vec![(path.clone(), vec![("bird".to_owned(), Some(0.9))])],
                write: vec![TagWrite::Xmp { stem }],
                dry_run: false,
                by: "birds".to_owned(),
            };
            told(|context| write(&request, context));
        }
        assert!(folder.path().join("a.png.xmp").exists() && folder.path().join("b.xmp").exists());
        let mut request = RemoveTags {
            paths: vec![folder.path().to_owned()],
            stem: None,
            dry_run: true,
        };
        let said = |events: &[Event]| -> Vec<(String, bool)> {
            let all = events.iter().filter_map(|e| match e {
                Event::Written { what, deleted, .. } => Some((what.clone(), *deleted)),
                _ => None,
            });
            all.collect()
        };
        let dry = told(|context| remove(&request, context));
        assert_eq!(
            said(&dry),
            vec![("will be deleted: it holds only “bird”".to_owned(), true); 2]
        );
        assert!(!dry.iter().any(|e| matches!(e, Event::Skipped { .. })), "{dry:?}");
        request.dry_run = false;
        let wet = told(|context| remove(&request, context));
        assert_eq!(said(&wet), vec![("deleted: it held only “bird”".to_owned(), true); 2]);
        assert!(!folder.path().join("a.png.xmp").exists() && !folder.path().join("b.xmp").exists());
    }
}
