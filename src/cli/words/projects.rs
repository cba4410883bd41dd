//! Events about a project in words: what it holds, its imports, splits and labels.

use super::{SHOWN, list, list_splits};
use crate::dataset::formats::Preview;
use crate::engine::Event;
use crate::project::{DuplicateGroup, ImportDiff, Overview, RelinkPlan, SplitRecord};
use std::fmt::Write as _;

/// One of these events in words.
pub(super) fn describe(event: &Event) -> String {
    match event {
        Event::Preview(preview) => describe_preview(preview),
        Event::ImportDiff { diff, dry_run } => describe_diff(diff, *dry_run),
        Event::Check {
            images,
            checked,
            unusable,
            copies,
        } => check(*images, *checked, unusable, copies),
        Event::Relink { linked, plan, dry_run } => relink(*linked, plan, *dry_run),
        Event::Exported { path, report } => {
            let mut text = format!(
                "{path}: {} pictures, {} labels, {} annotations",
                report.images, report.labels, report.annotations
            );
            for w in &report.warnings {
                let _ = write!(text, "\nwarning: {}", w.message);
            }
            text
        }
        Event::Overview { overview, names } => describe_overview(overview, names),
        Event::Labels { what, labels } => format!("{what}\nlabels: {}", labels.join(", ")),
        Event::SplitHistory { splits } => history(splits),
        Event::Import {
            images,
            labels,
            annotations,
            splits,
            unmatched,
            warnings,
            more,
        } => {
            let mut text = format!("imported {images} pictures, {labels} labels, {annotations} annotations");
            list_splits(&mut text, splits);
            list(&mut text, "not found", unmatched);
            let quarantined = more.get("quarantined").and_then(|q| q.as_array()).map_or(0, Vec::len);
            if quarantined > 0 {
                let _ = write!(text, "\n{quarantined} pictures cannot be read and were set aside");
            }
            list_of_files(&mut text, "left out", more.get("left_out"));
            list_of_files(&mut text, "needs a look", more.get("needs_look"));
            for w in warnings {
                let place = match (&w.file, w.line) {
                    (Some(file), Some(line)) => format!("{file}:{line}: "),
                    (Some(file), None) => format!("{file}: "),
                    _ => String::new(),
                };
                let _ = write!(text, "\nwarning: {place}{}", w.message);
            }
            text
        }
        Event::Project {
            images,
            splits,
            labels,
            runs,
            model,
        } => {
            let mut text = format!("{images} pictures");
            list_splits(&mut text, splits);
            if let Some(model) = model {
                let _ = write!(text, "\nmodel: {model}");
            }
            let width = labels.iter().map(|l| l.label.chars().count()).max().unwrap_or(0).max(5);
            let _ = write!(text, "\n{:width$} {:>7} {:>7} {:>7}", "label", "train", "val", "test");
            for l in labels {
                let _ = write!(text, "\n{:width$} {:>7} {:>7} {:>7}", l.label, l.train, l.val, l.test);
            }
            for r in runs {
                let _ = write!(text, "\n{}: stage {}, {}", r.run, r.stage, r.state);
            }
            text
        }
        Event::Split { splits, unmatched } => {
            let mut text = "split".to_owned();
            list_splits(&mut text, splits);
            list(&mut text, "not found", unmatched);
            text
        }
        _ => String::new(),
    }
}

/// What a look at every picture found.
fn check(images: usize, checked: usize, unusable: &[(String, String)], copies: &[DuplicateGroup]) -> String {
    let leaks = copies.iter().filter(|c| c.leakage).count();
    let mut text = format!("{checked} of {images} pictures read; {} cannot be used", unusable.len());
    for (name, reason) in unusable {
        let _ = write!(text, "\n  {name}: {reason}");
    }
    let _ = write!(
        text,
        "\n{} groups of copies, {leaks} of them in several splits",
        copies.len()
    );
    for group in copies.iter().take(SHOWN) {
        let names: Vec<String> = (group.pictures.iter())
            .map(|p| match p.split {
                Some(split) => format!("{} ({split})", p.name),
                None => p.name.clone(),
            })
            .collect();
        let kind = if group.exact { "same" } else { "near" };
        let _ = write!(text, "\n  {kind}: {}", names.join(", "));
    }
    if copies.len() > SHOWN {
        let _ = write!(text, "\n  and {} more (all of them with --json)", copies.len() - SHOWN);
    }
    text
}

/// Pictures that were moved.
fn relink(linked: usize, plan: &RelinkPlan, dry_run: bool) -> String {
    let verb = if dry_run { "would be found" } else { "found" };
    let count = if dry_run {
        plan.found.iter().filter(|f| f.take).count()
    } else {
        linked
    };
    let mut text = format!("{count} pictures {verb}");
    let other: Vec<String> = (plan.found.iter().filter(|f| !f.take))
        .map(|f| f.name.clone())
        .collect();
    list(&mut text, "another picture lies at the place", &other);
    let several: Vec<String> = plan.ambiguous.iter().map(|a| a.name.clone()).collect();
    list(&mut text, "could be several files", &several);
    let lost: Vec<String> = plan.lost.iter().map(|l| l.name.clone()).collect();
    list(&mut text, "not found", &lost);
    text
}

/// The splits that were made, oldest first.
fn history(splits: &[SplitRecord]) -> String {
    let lines = splits.iter().map(|s| {
        let counts: Vec<String> = s.counts.iter().map(|(name, n)| format!("{name} {n}")).collect();
        let now = if s.current { " (as it is now)" } else { "" };
        format!("{}: {}{now}\n   {}", s.id, counts.join(", "), s.recipe.command)
    });
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        "no split was made yet".to_owned()
    } else {
        lines.join("\n")
    }
}

fn describe_preview(p: &Preview) -> String {
    let mut text = format!(
        "{}: {} pictures, {} labels, {} annotations, {} boxes",
        p.format.title(),
        p.images,
        p.labels.len(),
        p.annotations,
        p.boxes
    );
    list_splits(&mut text, &p.splits);
    if p.without_labels > 0 {
        let _ = write!(text, "\n{} pictures have no label", p.without_labels);
    }
    if !p.columns.is_empty() {
        let _ = write!(text, "\ncolumns: {}", p.columns.join(", "));
    }
    let labels: Vec<String> = p.labels.iter().map(|(name, n)| format!("{name} ({n})")).collect();
    list(&mut text, "labels", &labels);
    let rows: Vec<String> = (p.rows.iter())
        .map(|r| {
            let split = r.split.as_ref().map_or_else(String::new, |s| format!(" [{s}]"));
            format!("{}{split}: {}", r.name, r.labels.join(", "))
        })
        .collect();
    for row in rows {
        let _ = write!(text, "\n  {row}");
    }
    list(&mut text, "not found", &p.unmatched);
    for w in &p.warnings {
        let _ = write!(text, "\nwarning: {}", w.message);
    }
    text
}

fn describe_diff(d: &ImportDiff, dry_run: bool) -> String {
    let would = if dry_run { "would bring" } else { "brings" };
    let mut text = format!(
        "the source {would} {} new pictures; {} change, {} stay as they are, {} of the project are not in it (they stay)",
        d.new.len(),
        d.changed.len(),
        d.unchanged,
        d.gone.len()
    );
    list(&mut text, "new labels", &d.new_labels);
    list(
        &mut text,
        "labels that were deleted here and come back",
        &d.deleted_labels,
    );
    let changes: Vec<String> = (d.changed.iter())
        .map(|c| {
            let came = c.came.iter().map(|l| format!("+{l}"));
            let went = c.went.iter().map(|l| format!("-{l}"));
            let all: Vec<String> = came.chain(went).collect();
            format!("{}: {}", c.name, all.join(" "))
        })
        .collect();
    list(&mut text, "changed", &changes);
    let conflicts: Vec<String> = (d.conflicts.iter())
        .map(|c| {
            format!(
                "{}: {} (a person said {:?}, the source {:?})",
                c.name, c.label, c.human, c.source
            )
        })
        .collect();
    list(&mut text, "people say something else, which stays", &conflicts);
    text
}

fn describe_overview(o: &Overview, names: &[(i64, String)]) -> String {
    let name = |id: i64| names.iter().find(|n| n.0 == id).map_or("?", |n| n.1.as_str());
    let mut text = format!("{} pictures", o.pictures);
    let width = names.iter().map(|n| n.1.chars().count()).max().unwrap_or(0).max(5);
    let _ = write!(text, "\n{:width$} {:>7}  group", "label", "pictures");
    for l in &o.labels {
        let _ = write!(text, "\n{:width$} {:>7}   {}", l.name, l.total(), l.group);
    }
    for pair in o.pairs.iter().take(SHOWN) {
        let _ = write!(
            text,
            "\n{} with {}: {}",
            name(pair.first),
            name(pair.second),
            pair.pictures
        );
    }
    text
}

/// Files of a report with their lines and reasons, the first few.
fn list_of_files(text: &mut String, title: &str, files: Option<&serde_json::Value>) {
    const SHOWN: usize = 10;
    let files = files.and_then(|files| files.as_array()).map_or(&[][..], Vec::as_slice);
    for file in files.iter().take(SHOWN) {
        let word = |key: &str| file.get(key).and_then(|value| value.as_str()).unwrap_or_default();
        let line = file.get("line").and_then(serde_json::Value::as_u64);
        let line = line.map_or(String::new(), |line| format!(", line {line}"));
        let _ = write!(text, "\n{title}: {}{line}: {}", word("file"), word("reason"));
    }
    if files.len() > SHOWN {
        let _ = write!(text, "\n{title}: {} more", files.len() - SHOWN);
    }
}
