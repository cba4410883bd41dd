//! Events about training in words.

use super::measuring::describe_map;
use crate::engine::Event;
use crate::engine::event::TrainingPlan;
use std::fmt::Write as _;

/// One of these events in words.
pub(super) fn describe(event: &Event) -> String {
    match event {
        Event::Plan(plan) => training_plan(plan),
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
        Event::ContextChosen(chosen) => format!("{}: {}", chosen.run, chosen.why),
        Event::Fitted {
            run,
            alpha,
            map,
            map_before,
        } => format!("{run}: alpha {alpha:.2} chosen on val, mAP {map:.1} ({map_before:.1} before)"),
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
        _ => String::new(),
    }
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
        let name = stage.stage.name();
        let _ = write!(
            text,
            "\n{name}: {} passes, {} steps of {} pictures",
            stage.epochs, stage.steps, stage.batch
        );
        if stage.trainings > 1 {
            let _ = write!(text, ", for {} kinds of context of which one is kept", stage.trainings);
        }
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
