//! Events about measuring in words.

use crate::engine::Event;
use crate::engine::event::{Comparison, Difference, FittedThresholds, Metrics};
use crate::eval::GroupMeans;
use std::fmt::Write as _;

/// One of these events in words.
pub(super) fn describe(event: &Event) -> String {
    match event {
        Event::Metrics(metrics) => describe_metrics(metrics),
        Event::Thresholds(thresholds) => describe_thresholds(thresholds),
        Event::Comparison(comparison) => describe_comparison(comparison),
        _ => String::new(),
    }
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
    if let (Some(low), Some(high)) = (m.map_low.total, m.map_high.total) {
        let _ = write!(
            text,
            "\nmAP lies between {low:.1} and {high:.1} (95 %, bootstrap over pictures)"
        );
    }
    let _ = write!(
        text,
        "\nranking loss {}, coverage error {}, one-error {}, calibration error {}; thresholds: {}",
        show(m.ranking_loss),
        m.coverage_error.map_or_else(|| "n/a".to_owned(), |c| format!("{c:.2}")),
        show(m.one_error),
        show(m.ece),
        m.thresholds
    );
    super::stood_in(&mut text, &m.fallback);
    let width = width(m.per_class.iter().map(|c| &*c.label));
    let _ = write!(
        text,
        "\n{:width$} {:>6} {:>15} {:>6} {:>6} {:>6} {:>9} {:>9} {:>14}  group",
        "label", "AP", "95 %", "P", "R", "F1", "threshold", "positives", "train positives"
    );
    for c in &m.per_class {
        let _ = write!(
            text,
            "\n{:width$} {:>6} {:>15} {:>6} {:>6} {:>6} {:>9.3} {:>9} {:>14}   {}{}",
            c.label,
            show(c.ap),
            interval(c.ap_low, c.ap_high),
            show(c.precision),
            show(c.recall),
            show(c.f1),
            c.threshold,
            c.positives,
            c.train_positives,
            c.group,
            if c.uncertain { ", uncertain" } else { "" }
        );
    }
    text
}

fn describe_thresholds(t: &FittedThresholds) -> String {
    let mut text = format!(
        "{}: thresholds by {}, on {} validation pictures",
        t.run, t.rule, t.images
    );
    let width = width(t.labels.iter().map(|l| &*l.label));
    let _ = write!(
        text,
        "\n{:width$} {:>9} {:>9} {:>6} {:>6} {:>9}",
        "label", "threshold", "precision", "recall", "F1", "positives"
    );
    for l in &t.labels {
        let _ = write!(
            text,
            "\n{:width$} {:>9.3} {:>9} {:>6} {:>6} {:>9}",
            l.label,
            l.threshold,
            show(l.precision),
            show(l.recall),
            show(l.f1),
            l.positives
        );
        if let Some(why) = &l.why_default {
            let _ = write!(text, "  keeps the default: {why}");
        }
    }
    text
}

fn describe_comparison(c: &Comparison) -> String {
    let mut text = format!("{} and {} on {} ({} pictures)", c.a, c.b, c.split, c.images);
    super::stood_in(&mut text, &c.fallback);
    let width = width(c.per_class.iter().map(|l| &*l.label));
    let column = |name: &str| name.chars().take(10).collect::<String>();
    let _ = write!(
        text,
        "\n{:width$} {:>10} {:>10} {:>10} {:>15} {:>9} {:>6} {:>6}",
        "label",
        column(&c.a),
        column(&c.b),
        "difference",
        "95 %",
        "positives",
        "gained",
        "lost"
    );
    let numbers = |d: &Difference| {
        let gain = d.difference.map_or_else(|| "n/a".to_owned(), |v| format!("{v:+.1}"));
        let range = match (d.low, d.high) {
            (Some(low), Some(high)) => format!("{low:+.1} to {high:+.1}"),
            _ => String::new(),
        };
        format!("{:>10} {:>10} {gain:>10} {range:>15}", show(d.a), show(d.b))
    };
    for l in &c.per_class {
        let mark = match (l.uncertain, l.ap.is_clear()) {
            (true, _) => "  uncertain",
            (false, true) => "  clear",
            (false, false) => "",
        };
        let _ = write!(
            text,
            "\n{:width$} {} {:>9} {:>6} {:>6}{mark}",
            l.label,
            numbers(&l.ap),
            l.positives,
            l.gained,
            l.lost
        );
    }
    for group in &c.groups {
        let _ = write!(text, "\n{:width$} {}", group.group, numbers(&group.map));
    }
    let _ = write!(text, "\n{:width$} {}", "all", numbers(&c.map));
    let f = &c.flipped;
    let _ = write!(
        text,
        "\n{} labels of {} pictures are right only in {}, {} of {} only in {}",
        f.gained, f.images_gained, c.b, f.lost, f.images_lost, c.a
    );
    for flip in &f.examples {
        let _ = write!(
            text,
            "\n  {} {}: {} ({}), {:.3} and {:.3}",
            if flip.gained { "gained" } else { "lost" },
            flip.image,
            flip.label,
            if flip.truth { "there" } else { "not there" },
            flip.a,
            flip.b
        );
    }
    text
}

/// Room for the longest name.
fn width<'a>(names: impl Iterator<Item = &'a str>) -> usize {
    names.map(|name| name.chars().count()).max().unwrap_or(0).max(6)
}

fn show(value: Option<f64>) -> String {
    value.map_or_else(|| "n/a".to_owned(), |v| format!("{v:.1}"))
}

fn interval(low: Option<f64>, high: Option<f64>) -> String {
    match (low, high) {
        (Some(low), Some(high)) => format!("{low:.1} to {high:.1}"),
        _ => String::new(),
    }
}

/// A mean average precision with those of its groups.
pub(super) fn describe_map(map: &GroupMeans) -> String {
    let show = |v: Option<f64>| v.map_or_else(|| "n/a".to_owned(), |v| format!("{v:.1}"));
    format!(
        "{} (head {}, medium {}, tail {})",
        show(map.total),
        show(map.head),
        show(map.medium),
        show(map.tail)
    )
}
