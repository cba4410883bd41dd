//! The card of the model: what it is, what it was taught with, how well it does, and what not to trust.

use super::Report;
use crate::engine::jobs::text::{interval, markdown as cell, percent};
use crate::eval::FEW_POSITIVES;
use std::fmt::Write as _;

/// The card in Markdown.
pub(super) fn markdown(report: &Report<'_>) -> String {
    let (m, config) = (report.metrics, &report.view.config);
    let model = config
        .model
        .file_name()
        .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let mut text = format!(
        "# {} {}\n\nA multi-label tagger for {} labels, made with Patchlight {}.\n\n## What it is\n\n",
        cell(&Report::name_of(report.project)),
        m.run,
        m.per_class.len(),
        env!("CARGO_PKG_VERSION")
    );
    if report.view.is_untrained() {
        let _ = writeln!(
            text,
            "- The untrained CLIP `{model}` with the words of the labels. Its probabilities are not calibrated."
        );
    } else {
        let _ = writeln!(
            text,
            "- HP-DVAL (arXiv 2509.17747), {}, from `{model}`, with {} training pictures and seed {}.",
            config.stage.name(),
            config.images,
            config.seed
        );
        let _ = writeln!(text, "- Identity of the training data (SHA-256): `{}`", config.data);
    }
    let fusion = report.view.fusion();
    let _ = write!(
        text,
        "- Identity of the CLIP (SHA-256): `{}`\n\
         - Score: {} of the whole picture and {} of the {} best patches; input {} px, `{}`.\n\
         - Thresholds: {}. A label is given from its threshold upwards.\n\n",
        config.model_fingerprint,
        fusion.alpha,
        1.0 - fusion.alpha,
        fusion.top_k,
        config.student.vision.image_size,
        config.settings.preprocess,
        m.thresholds
    );
    results(&mut text, report);
    caution(&mut text, report);
    let _ = write!(
        text,
        "## Labels\n\n| Label | Training pictures | Positives | AP | 95 % | Threshold | Precision | Recall |\n|---|---|---|---|---|---|---|---|\n"
    );
    for c in &m.per_class {
        let _ = writeln!(
            text,
            "| {}{} | {} | {} | {} | {} | {:.3} | {} | {} |",
            cell(&c.label),
            if c.uncertain { " (uncertain)" } else { "" },
            c.train_positives,
            c.positives,
            percent(c.ap),
            interval(c.ap_low, c.ap_high),
            c.threshold,
            percent(c.precision),
            percent(c.recall)
        );
    }
    if !report.view.is_untrained() {
        text.push_str("\n## Settings\n\n");
        for (name, value) in config.settings.values() {
            if !value.is_empty() {
                let _ = writeln!(text, "- `{name}` = `{value}`");
            }
        }
    }
    text
}

fn results(text: &mut String, report: &Report<'_>) {
    let m = report.metrics;
    let _ = write!(
        text,
        "## How well it does\n\nMeasured on {} pictures ({}) of {}, in percent.\n\n| | All | Head | Medium | Tail |\n|---|---|---|---|---|\n\
         | mAP | {} | {} | {} | {} |\n| 95 % | {} | {} | {} | {} |\n\n",
        m.images,
        m.split,
        cell(&Report::name_of(report.data)),
        percent(m.map.total),
        percent(m.map.head),
        percent(m.map.medium),
        percent(m.map.tail),
        interval(m.map_low.total, m.map_high.total),
        interval(m.map_low.head, m.map_high.head),
        interval(m.map_low.medium, m.map_high.medium),
        interval(m.map_low.tail, m.map_high.tail)
    );
    let _ = write!(
        text,
        "- At its thresholds: CF1 {:.1} (precision {:.1}, recall {:.1}), OF1 {:.1} (precision {:.1}, recall {:.1})\n\
         - Expected calibration error: {}\n- Best-scored label wrong, of pictures with labels: {}\n\n",
        m.cf1,
        m.cp,
        m.cr,
        m.of1,
        m.op,
        m.or,
        percent(m.ece),
        percent(m.one_error)
    );
}

/// What the measurement itself says not to trust.
fn caution(text: &mut String, report: &Report<'_>) {
    let m = report.metrics;
    let names = |wanted: &dyn Fn(usize) -> bool| -> String {
        let found = m.per_class.iter().enumerate().filter(|(i, _)| wanted(*i));
        let found: Vec<String> = found.map(|(_, c)| cell(&c.label)).collect();
        if found.is_empty() {
            "none".to_owned()
        } else {
            found.join(", ")
        }
    };
    text.push_str("## What not to trust\n\n");
    for words in &m.fallback {
        let _ = writeln!(text, "- This is not what the run names: {}", cell(words));
    }
    let unmeasured = names(&|i| m.per_class[i].positives == 0);
    let uncertain = names(&|i| m.per_class[i].uncertain && m.per_class[i].positives > 0);
    let _ = write!(
        text,
        "- Labels that no picture here has, so that nothing is known of them: {unmeasured}\n\
         - Labels with fewer than {FEW_POSITIVES} positives here, or without negatives: {uncertain}\n"
    );
    if !report.view.is_untrained() {
        let untaught = names(&|i| m.per_class[i].train_positives == 0);
        let _ = writeln!(text, "- Labels without a training picture: {untaught}");
    }
    if m.split != "test" {
        let _ = writeln!(
            text,
            "- These are {} pictures, which training or the choice of its settings has seen: expect less on others.",
            m.split
        );
    }
    if !m.calibrated {
        text.push_str("- Probabilities: they order labels and are not calibrated.\n");
    }
    text.push_str("- Pictures of another kind than those it was measured on: measure again on some of them.\n\n");
}
