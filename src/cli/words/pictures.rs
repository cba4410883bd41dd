//! Events about single pictures in words: scores, tags, files that were written.

use crate::engine::Event;
use crate::engine::event::Score;
use std::fmt::Write as _;

/// One of these events in words.
pub(super) fn describe(event: &Event) -> String {
    match event {
        Event::Score(score) => describe_score(score),
        Event::Skipped { image, reason } => format!("skipped {image}: {reason}"),
        Event::Tagger { name, labels, .. } => format!("{name}: {} labels", labels.len()),
        Event::Tags(tags) => {
            let words: Vec<String> = (tags.tags.iter())
                .map(|t| format!("{} {:.0} %", t.label, 100.0 * t.probability))
                .collect();
            let words = if words.is_empty() {
                "no label".to_owned()
            } else {
                words.join(", ")
            };
            format!("{}: {words}", tags.image)
        }
        Event::Written {
            path,
            what,
            dry_run,
            deleted,
        } => {
            let would = match (dry_run, deleted) {
                (true, true) => "would delete ",
                (true, false) => "would write ",
                _ => "",
            };
            format!("{would}{path}: {what}")
        }
        Event::Table { text } => text.trim_end().to_owned(),
        Event::Tagged {
            images,
            tagged,
            skipped,
            resumed,
            seconds,
            fallback,
        } => {
            let mut text = format!("{tagged} of {images} pictures tagged in {seconds:.1} s");
            if *resumed > 0 {
                let _ = write!(text, ", {resumed} of them before the interruption");
            }
            if *skipped > 0 {
                let _ = write!(text, "; {skipped} skipped");
            }
            super::stood_in(&mut text, fallback);
            text
        }
        _ => String::new(),
    }
}

fn describe_score(score: &Score) -> String {
    let mut text = format!("{} ({}x{})", score.image, score.width, score.height);
    let mut labels: Vec<_> = score.labels.iter().collect();
    labels.sort_by(|a, b| b.score.total_cmp(&a.score));
    for l in labels {
        let best = l
            .patches
            .first()
            .map_or_else(String::new, |p| format!(", best patch row {} col {}", p.row, p.col));
        let _ = write!(
            text,
            "\n  {:+.4}  {}  (whole {:+.4}, parts {:+.4}; {:.0} %, not calibrated{best})",
            l.score,
            l.label,
            l.global,
            l.local,
            100.0 * l.probability
        );
    }
    text
}
