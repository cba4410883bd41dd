//! Events in words.

use crate::dataset::formats::Preview;
use crate::engine::Event;
use crate::engine::event::{Metrics, Score, TrainingPlan, stage_name};
use crate::eval::GroupMeans;
use crate::project::{ImportDiff, Overview};
use std::fmt::Write as _;

/// What an event says, for people.
pub fn describe(event: &Event) -> String {
    match event {
        Event::Score(score) => describe_score(score),
        Event::Metrics(metrics) => describe_metrics(metrics),
        Event::Skipped { image, reason } => format!("skipped {image}: {reason}"),
        Event::Warning { message, .. } => format!("warning: {message}"),
        Event::Error { message, .. } => format!("error: {message}"),
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
        Event::Tagger { name, labels, .. } => format!("{name}: {} labels", labels.len()),
        Event::Written { path, what, dry_run } => {
            let would = if *dry_run { "would write " } else { "" };
            format!("{would}{path}: {what}")
        }
        Event::Preview(preview) => describe_preview(preview),
        Event::ImportDiff { diff, dry_run } => describe_diff(diff, *dry_run),
        Event::Check {
            images,
            checked,
            unusable,
            copies,
        } => {
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
        Event::Relink { linked, plan, dry_run } => {
            let verb = if *dry_run { "would be found" } else { "found" };
            let count = if *dry_run {
                plan.found.iter().filter(|f| f.take).count()
            } else {
                *linked
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
        Event::SplitHistory { splits } => {
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
        Event::Models { models } => {
            let width = models.iter().map(|m| m.name.chars().count()).max().unwrap_or(0);
            let lines = models.iter().map(|m| {
                let here = m
                    .path
                    .as_ref()
                    .map_or_else(String::new, |p| format!("\n{:width$}  here: {p}", ""));
                let size = crate::models::bytes(m.bytes);
                format!(
                    "{:width$}  {size:>8}  {}. {} ({}){here}",
                    m.name, m.title, m.good_for, m.licence
                )
            });
            lines.collect::<Vec<_>>().join("\n")
        }
        Event::Fetched { name, path, bytes, .. } => {
            format!(
                "{name} is here: {path} ({})\nuse it with --model {name}",
                crate::models::bytes(*bytes)
            )
        }
        Event::Table { text } => text.trim_end().to_owned(),
        Event::Bench { name, values } => {
            let values: Vec<String> = values.iter().map(|(k, v)| format!("{k} {v:.3}")).collect();
            format!("{name}: {}", values.join(", "))
        }
        Event::Plan(plan) => training_plan(plan),
        Event::FewShot(f) => {
            let draws: Vec<String> = f.maps.iter().map(|m| format!("{m:.1}")).collect();
            format!(
                "{} shots ({:.0} pictures), {}: mAP {:.1} ({})",
                f.shots,
                f.images,
                f.way,
                f.map,
                draws.join(", ")
            )
        }
        Event::Tagged {
            images,
            tagged,
            skipped,
            resumed,
            seconds,
        } => {
            let mut text = format!("{tagged} of {images} pictures tagged in {seconds:.1} s");
            if *resumed > 0 {
                let _ = write!(text, ", {resumed} of them before the interruption");
            }
            if *skipped > 0 {
                let _ = write!(text, "; {skipped} skipped");
            }
            text
        }
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
        Event::Model {
            layout,
            image_size,
            patch,
            width,
            layers,
            embed,
            text_layers,
            parameters,
            heads,
            activation,
            ..
        } => {
            format!(
                "{layout}: {image_size} px, patches of {patch} px, width {width}, {layers} layers, {heads} heads, {activation}; \
                 embedding {embed}, {text_layers} text layers; {parameters} parameters"
            )
        }
        Event::Device { kind, name, checks } => {
            let mut text = format!("device: {name} ({kind})");
            for c in checks {
                let _ = write!(text, "\n[{}] {}: {}", if c.ok { "ok" } else { "!!" }, c.name, c.detail);
            }
            text
        }
        Event::Run { run, stage, resumed_at } => match resumed_at {
            0 => format!("{run}: stage {stage}"),
            step => format!("{run}: stage {stage}, going on after step {step}"),
        },
        Event::Step {
            stage,
            epoch,
            step,
            loss,
            cls,
            kd,
            sc,
            lr,
            images_per_s,
            steps,
        } => {
            let extra = kd
                .map(|v| format!("kd {v:.5}"))
                .or(sc.map(|v| format!("sc {v:.5}")))
                .unwrap_or_default();
            format!(
                "stage {stage} epoch {epoch} step {}/{steps}: loss {loss:.5}, cls {cls:.5}, {extra}, lr {lr:.2e}, {images_per_s:.1} images/s",
                step + 1
            )
        }
        Event::Epoch { stage, epoch, map, .. } => match map {
            Some(map) => format!("stage {stage} epoch {epoch}: val mAP {}", describe_map(map)),
            None => format!("stage {stage} epoch {epoch} done"),
        },
        Event::Kept {
            stage,
            epoch,
            map,
            best,
            stopped_early,
        } => {
            let why = if *best { "the best" } else { "the last" };
            let early = if *stopped_early { "; stopped early" } else { "" };
            let map = map.map(|map| format!(", val mAP {map:.1}")).unwrap_or_default();
            format!("stage {stage}: epoch {epoch} is kept, {why}{map}{early}")
        }
        Event::Fitted {
            run,
            alpha,
            map,
            map_before,
        } => format!("{run}: alpha {alpha:.2} chosen on val, mAP {map:.1} ({map_before:.1} before)"),
        Event::Watched { .. } => String::new(),
        Event::StarterStep {
            step,
            steps,
            loss,
            contrast,
            words,
            patches,
            images_per_s,
        } => format!(
            "step {}/{steps}: loss {loss:.4}, captions {contrast:.4}, words {words:.4}, patches {patches:.4}, {images_per_s:.1} images/s",
            step + 1
        ),
        Event::StarterProbe {
            step,
            map,
            global,
            local,
            pointing,
            pointing_token,
        } => format!(
            "after {step} steps: zero-shot mAP {map:.1} (whole {global:.1}, parts {local:.1}); best patch in the box {pointing:.1} % (last block {pointing_token:.1} %)"
        ),
        Event::Done {
            project: Some(project),
            report: Some(report),
            seconds,
            ..
        } => {
            format!("done in {seconds:.0} s\nproject: {project}\nreport: {report}")
        }
        Event::Done { run, seconds, .. } => match run {
            Some(run) => format!("done: {run}, {seconds:.1} s"),
            None => format!("done, {seconds:.1} s"),
        },
        Event::Progress { .. } => String::new(),
    }
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

fn list_splits(text: &mut String, splits: &std::collections::BTreeMap<String, usize>) {
    for (name, count) in splits {
        let _ = write!(text, ", {name} {count}");
    }
}

/// Names that a list shows.
const SHOWN: usize = 10;

/// At most ten names, and how many more there are: the rest is in `--json`.
fn list(text: &mut String, what: &str, names: &[String]) {
    if names.is_empty() {
        return;
    }
    let _ = write!(text, "\n{what} ({}):", names.len());
    for name in names.iter().take(SHOWN) {
        let _ = write!(text, "\n  {name}");
    }
    if names.len() > SHOWN {
        let _ = write!(text, "\n  and {} more (all of them with --json)", names.len() - SHOWN);
    }
}

fn describe_map(map: &GroupMeans) -> String {
    let show = |v: Option<f64>| v.map_or_else(|| "n/a".to_owned(), |v| format!("{v:.1}"));
    format!(
        "{} (head {}, medium {}, tail {})",
        show(map.total),
        show(map.head),
        show(map.medium),
        show(map.tail)
    )
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

fn describe_metrics(m: &Metrics) -> String {
    let mut text = format!(
        "{} on {} ({} pictures): mAP {}; CF1 {:.1}, OF1 {:.1}",
        m.run,
        m.split,
        m.images,
        describe_map(&m.map),
        m.cf1,
        m.of1
    );
    if let Some(pointing) = m.pointing {
        let _ = write!(text, "; best patch in the box {pointing:.1} %");
    }
    let width = m
        .per_class
        .iter()
        .map(|c| c.label.chars().count())
        .max()
        .unwrap_or(0)
        .max(5);
    let _ = write!(
        text,
        "\n{:width$} {:>6} {:>9} {:>14}  group",
        "label", "AP", "positives", "train positives"
    );
    for c in &m.per_class {
        let ap = c.ap.map_or_else(|| "n/a".to_owned(), |ap| format!("{ap:.1}"));
        let _ = write!(
            text,
            "\n{:width$} {ap:>6} {:>9} {:>14}   {}",
            c.label, c.positives, c.train_positives, c.group
        );
    }
    text
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

/// What a training would do.
fn training_plan(plan: &TrainingPlan) -> String {
    let mut text = format!(
        "{} pictures to learn from, {} to choose settings on, {} to test on, {} labels; on {}",
        plan.train, plan.val, plan.test, plan.labels, plan.device
    );
    if plan.without > 0 {
        let _ = write!(text, "; {} labels have no picture", plan.without);
    }
    if let Some(command) = &plan.split {
        let _ = write!(text, "\nthe pictures would be split first: {command}");
    }
    for stage in &plan.stages {
        let name = stage_name(stage.stage);
        let _ = write!(
            text,
            "\n{name}: {} passes, {} steps of {} pictures",
            stage.epochs, stage.steps, stage.batch
        );
        if let Some(seconds) = stage.seconds {
            let _ = write!(text, ", about {}", about(seconds));
        }
    }
    if let Some(seconds) = plan.seconds {
        let _ = write!(text, "\nall in all about {}", about(seconds));
    }
    if !plan.settings.is_empty() {
        let changed: Vec<String> = plan.settings.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let _ = write!(text, "\nsettings that are not the usual ones: {}", changed.join(" "));
    }
    if plan.proposed.is_empty() {
        text.push_str("\nfor these pictures the program proposes the usual settings");
    }
    for p in &plan.proposed {
        let _ = write!(text, "\nproposed (--propose): {}={}, as {}", p.name, p.value, p.why);
    }
    text
}

/// A time for people.
fn about(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{:.0} s", s.max(1.0)),
        s if s < 5400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}
