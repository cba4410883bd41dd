//! The page.

use super::Report;
use super::figures::{self, Line};
use crate::dataset::split::Group;
use crate::engine::event::Metrics;
use crate::engine::jobs::data::groups;
use crate::engine::jobs::text::{STYLE, escaped, interval, percent};
use crate::eval::{F1, FEW_POSITIVES, column, precision_recall};
use std::fmt::Write as _;

/// The page as HTML: everything is in it, and it asks for nothing else.
pub(super) fn html(report: &Report<'_>) -> String {
    let title = escaped(&report.title());
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>{STYLE}td.l,th.l{{text-align:left}}</style><h1>{title}</h1>"
    );
    for words in &report.metrics.fallback {
        let _ = write!(page, "<p class=\"no\">Not what the run names: {}.</p>", escaped(words));
    }
    means(&mut page, report.metrics);
    decisions(&mut page, report.metrics);
    order_and_calibration(&mut page, report.metrics);
    page.push_str("<h2>Precision and recall</h2><p>Labels of pictures by falling probability, all together and by frequency group.</p>");
    page.push_str(&pooled_curves(report));
    page.push_str("<h2>Reliability</h2><p>Where bars end at the dashed line, probabilities mean what they say.</p>");
    page.push_str(&figures::reliability(&report.metrics.reliability));
    labels(&mut page, report);
    how(&mut page, report);
    page.push_str("</html>");
    page
}

/// Mean average precisions with their intervals.
fn means(page: &mut String, m: &Metrics) {
    page.push_str("<table><tr><th><th>all labels<th>head<th>medium<th>tail<tr><td>mean average precision");
    let maps = [m.map.total, m.map.head, m.map.medium, m.map.tail];
    for map in maps {
        let _ = write!(page, "<td>{}", percent(map));
    }
    if m.bootstrap > 0 {
        page.push_str("<tr><td>95 % interval");
        for (low, high) in [
            (m.map_low.total, m.map_high.total),
            (m.map_low.head, m.map_high.head),
            (m.map_low.medium, m.map_high.medium),
            (m.map_low.tail, m.map_high.tail),
        ] {
            let _ = write!(page, "<td>{}", interval(low, high));
        }
    }
    page.push_str("</table>");
    if let Some(pointing) = m.pointing {
        let _ = write!(
            page,
            "<p>The best patch of a true label lies in its box: {pointing:.1} %.</p>"
        );
    }
}

/// Precision, recall and F1 where labels are given.
fn decisions(page: &mut String, m: &Metrics) {
    let at = F1 {
        cp: m.cp,
        cr: m.cr,
        cf1: m.cf1,
        op: m.op,
        or: m.or,
        of1: m.of1,
    };
    let _ = write!(
        page,
        "<table><tr><th>labels are given<th>CP<th>CR<th>CF1<th>OP<th>OR<th>OF1"
    );
    for (name, f) in [
        ("at the labels' thresholds", at),
        ("at 0.5", m.at_half),
        ("to the three best", m.top3),
    ] {
        let _ = write!(
            page,
            "<tr><td>{name}<td>{:.1}<td>{:.1}<td>{:.1}<td>{:.1}<td>{:.1}<td>{:.1}",
            f.cp, f.cr, f.cf1, f.op, f.or, f.of1
        );
    }
    let _ = write!(
        page,
        "</table><p class=\"dim\">Thresholds: {}.</p>",
        escaped(&m.thresholds)
    );
}

fn order_and_calibration(page: &mut String, m: &Metrics) {
    let coverage = m
        .coverage_error
        .map_or_else(|| "n/a".to_owned(), |c| format!("{c:.2} labels"));
    let _ = write!(
        page,
        "<table><tr><td>ranking loss<td>{} %<tr><td>coverage error<td>{coverage}<tr><td>one-error<td>{} %\
         <tr><td>expected calibration error<td>{} %<tr><td>the same, mean over labels<td>{} %</table>",
        percent(m.ranking_loss),
        percent(m.one_error),
        percent(m.ece),
        percent(m.ece_labels)
    );
    if !m.calibrated {
        page.push_str(
            "<p>The model is untrained: nothing was fitted that would make its probabilities mean what they say.</p>",
        );
    }
}

/// The curves of all pairs together and of each frequency group that has a positive.
fn pooled_curves(report: &Report<'_>) -> String {
    let sheet = report.sheet;
    let (classes, groups) = (sheet.names.len(), groups(sheet.train_positives));
    let pooled = |wanted: Option<Group>| {
        let of = |i: &usize| wanted.is_none_or(|g| groups[i % classes] == g);
        let kept: Vec<usize> = (0..sheet.truth.len()).filter(of).collect();
        let probability: Vec<f32> = kept.iter().map(|i| sheet.probability[*i]).collect();
        let truth: Vec<i8> = kept.iter().map(|i| sheet.truth[*i]).collect();
        precision_recall(&probability, &truth)
    };
    let curves: Vec<(&str, &str, Vec<[f64; 2]>)> = [
        ("all labels", "#0a66c2", None),
        ("head", "#0a7d33", Some(Group::Head)),
        ("medium", "#c25a00", Some(Group::Medium)),
        ("tail", "#9600aa", Some(Group::Tail)),
    ]
    .into_iter()
    .map(|(name, colour, group)| (name, colour, pooled(group)))
    .filter(|(_, _, points)| !points.is_empty())
    .collect();
    let lines: Vec<Line<'_>> = curves
        .iter()
        .map(|(name, colour, points)| Line { name, colour, points })
        .collect();
    figures::precision_recall(&lines)
}

fn labels(page: &mut String, report: &Report<'_>) {
    let m = report.metrics;
    let (sheet, classes) = (report.sheet, report.sheet.names.len());
    page.push_str(
        "<h2>Each label</h2><table><tr><th>label<th>training<th>positives<th>AP<th>95 %<th>curve<th>threshold<th class=\"l\">by<th>precision\
         <th>recall<th>F1<th>probability<th>true<th>ECE",
    );
    for (i, c) in m.per_class.iter().enumerate() {
        let curve = precision_recall(&column(sheet.scores, i, classes), &column(sheet.truth, i, classes));
        let mark = if c.uncertain {
            " <span class=\"no\">uncertain</span>"
        } else {
            ""
        };
        let _ = write!(
            page,
            "<tr><td>{}{mark}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{:.3}<td class=\"l\">{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}",
            escaped(&c.label),
            c.train_positives,
            c.positives,
            percent(c.ap),
            interval(c.ap_low, c.ap_high),
            figures::small(&curve),
            c.threshold,
            escaped(&c.rule),
            percent(c.precision),
            percent(c.recall),
            percent(c.f1),
            percent(c.probability),
            percent(c.frequency),
            percent(c.ece)
        );
    }
    page.push_str("</table>");
}

/// What the numbers mean and how they were made, for who wants to argue with them.
fn how(page: &mut String, report: &Report<'_>) {
    let m = report.metrics;
    let without = m.per_class.iter().filter(|c| c.positives == 0).count();
    let _ = write!(
        page,
        "<h2>How it was measured</h2><ul>\
         <li>Numbers are percent, but thresholds, counts and the coverage error. A label is given from its threshold upwards.\
         <li>{} labels of pictures are unknown and left out of everything; {} had no finite score.\
         <li>{without} labels have no positive here: they have no AP and are out of every mean. Labels with fewer than {FEW_POSITIVES} \
         positives, or without negatives, are marked uncertain.\
         <li>Head labels have at least 100 training pictures, tail labels fewer than 20.",
        m.unknown, m.unscored
    );
    if m.bootstrap > 0 {
        let _ = write!(
            page,
            "<li>Intervals hold 95 % of {} draws of as many pictures with replacement (seed {}). A draw without a positive of a label says \
             nothing about it.",
            m.bootstrap, report.seed
        );
    }
    let _ = write!(
        page,
        "</ul><p class=\"dim\">Patchlight {}.</p>",
        env!("CARGO_PKG_VERSION")
    );
}
