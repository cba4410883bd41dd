//! The labels as tables for other programs.

use super::Report;
use crate::engine::event::Metrics;
use crate::engine::jobs::text::{csv_field, latex};
use std::fmt::Write as _;

/// A line for each label, with every number of it; empty where there is none.
pub(super) fn csv(metrics: &Metrics) -> String {
    let mut text = String::from(
        "label,group,train_positives,positives,negatives,unknown,uncertain,ap,ap_low,ap_high,threshold,rule,precision,recall,f1,hits,\
         false_alarms,ece,probability,frequency\n",
    );
    let number = |value: Option<f64>| value.map_or_else(String::new, |v| v.to_string());
    for c in &metrics.per_class {
        let fields = [
            csv_field(&c.label),
            c.group.clone(),
            c.train_positives.to_string(),
            c.positives.to_string(),
            c.negatives.to_string(),
            c.unknown.to_string(),
            c.uncertain.to_string(),
            number(c.ap),
            number(c.ap_low),
            number(c.ap_high),
            c.threshold.to_string(),
            csv_field(&c.rule),
            number(c.precision),
            number(c.recall),
            number(c.f1),
            c.hits.to_string(),
            c.false_alarms.to_string(),
            number(c.ece),
            number(c.probability),
            number(c.frequency),
        ];
        let _ = writeln!(text, "{}", fields.join(","));
    }
    text
}

/// The labels and the means as a table for the package `booktabs`.
pub(super) fn latex_table(report: &Report<'_>) -> String {
    let m = report.metrics;
    let show = |value: Option<f64>| value.map_or_else(|| "--".to_owned(), |v| format!("{v:.1}"));
    let between = |low: Option<f64>, high: Option<f64>| match (low, high) {
        (Some(low), Some(high)) => format!("[{low:.1}, {high:.1}]"),
        _ => String::new(),
    };
    let mut text = String::new();
    for words in &m.fallback {
        let _ = writeln!(text, "% Not what the run names: {}", latex(words));
    }
    let _ = write!(
        text,
        "% {}\n% \\usepackage{{booktabs}}\n\\begin{{tabular}}{{lrrrlrrr}}\n\\toprule\n\
         Label & Train & {} & AP & 95\\,\\% & P & R & F1 \\\\\n\\midrule\n",
        latex(&report.title()),
        latex(&m.split)
    );
    for c in &m.per_class {
        let mark = if c.uncertain { "$^{*}$" } else { "" };
        let _ = writeln!(
            text,
            "{}{mark} & {} & {} & {} & {} & {} & {} & {} \\\\",
            latex(&c.label),
            c.train_positives,
            c.positives,
            show(c.ap),
            between(c.ap_low, c.ap_high),
            show(c.precision),
            show(c.recall),
            show(c.f1)
        );
    }
    text.push_str("\\midrule\n");
    for (name, map, low, high) in [
        ("Head", m.map.head, m.map_low.head, m.map_high.head),
        ("Medium", m.map.medium, m.map_low.medium, m.map_high.medium),
        ("Tail", m.map.tail, m.map_low.tail, m.map_high.tail),
    ] {
        let _ = writeln!(text, "{name} & & & {} & {} & & & \\\\", show(map), between(low, high));
    }
    let _ = writeln!(
        text,
        "All & & & {} & {} & {:.1} & {:.1} & {:.1} \\\\\n\\bottomrule\n\\end{{tabular}}",
        show(m.map.total),
        between(m.map_low.total, m.map_high.total),
        m.cp,
        m.cr,
        m.cf1
    );
    text
}
