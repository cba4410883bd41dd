//! Figures as SVG inside a page: no network, no script.

use crate::engine::jobs::text::escaped;
use crate::eval::ReliabilityBin;
use std::fmt::Write as _;

/// Side of a figure's square, and what is left free for numbers and words at its left and bottom.
const SIDE: f64 = 260.0;
const MARGIN: f64 = 44.0;

/// A line of a figure.
pub(super) struct Line<'a> {
    pub name: &'a str,
    pub colour: &'a str,
    /// x and y, both in [0, 1].
    pub points: &'a [[f64; 2]],
}

/// Precision over recall, each line in steps.
pub(super) fn precision_recall(lines: &[Line<'_>]) -> String {
    let mut svg = frame("Precision over recall", "recall", "precision");
    for line in lines {
        let _ = write!(
            svg,
            "<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"><title>{}</title></path>",
            steps(line.points, |[x, y]| place(x, y)),
            line.colour,
            escaped(line.name)
        );
    }
    for (i, line) in lines.iter().enumerate() {
        let y = 16.0 + 16.0 * i as f64;
        let _ = write!(
            svg,
            "<rect x=\"{:.0}\" y=\"{:.0}\" width=\"12\" height=\"4\" fill=\"{}\"/><text x=\"{:.0}\" y=\"{y:.0}\">{}</text>",
            MARGIN + SIDE + 10.0,
            y - 6.0,
            line.colour,
            MARGIN + SIDE + 26.0,
            escaped(line.name)
        );
    }
    svg.push_str("</svg>");
    svg
}

/// How many are true among those of about the same probability: bars, with a dot at each bin's mean probability, and the diagonal on which they
/// would lie.
pub(super) fn reliability(bins: &[ReliabilityBin]) -> String {
    let mut svg = frame("Reliability", "probability", "how many are true");
    let most = bins.iter().map(|b| b.count).max().unwrap_or(1) as f64;
    for bin in bins {
        let (x, y) = place(bin.low, bin.frequency / 100.0);
        // The fuller the bin, the stronger the bar.
        let strength = 0.2 + 0.5 * (bin.count as f64).ln_1p() / most.ln_1p();
        let _ = write!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"#0a66c2\" fill-opacity=\"{strength:.2}\">\
             <title>{} pairs, probability {:.1} %, true {:.1} %</title></rect>",
            SIDE * (bin.high - bin.low),
            SIDE * bin.frequency / 100.0,
            bin.count,
            bin.probability,
            bin.frequency
        );
        let (x, y) = place(bin.probability / 100.0, bin.frequency / 100.0);
        let _ = write!(
            svg,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"currentColor\"/>"
        );
    }
    let ((x0, y0), (x1, y1)) = (place(0.0, 0.0), place(1.0, 1.0));
    let _ = write!(
        svg,
        "<line x1=\"{x0}\" y1=\"{y0}\" x2=\"{x1}\" y2=\"{y1}\" stroke=\"currentColor\" stroke-dasharray=\"4 4\"/></svg>"
    );
    svg
}

/// A small precision-recall curve, for a cell of a table.
pub(super) fn small(points: &[[f64; 2]]) -> String {
    if points.is_empty() {
        return String::new();
    }
    format!(
        "<svg viewBox=\"0 0 60 24\" width=\"60\" height=\"24\" role=\"img\"><title>precision over recall</title>\
         <rect x=\"0\" y=\"0\" width=\"60\" height=\"24\" fill=\"none\" stroke=\"currentColor\" stroke-opacity=\"0.3\"/>\
         <path d=\"{}\" fill=\"none\" stroke=\"#0a66c2\" stroke-width=\"1.5\"/></svg>",
        steps(points, |[x, y]| (60.0 * x, 24.0 * (1.0 - y)))
    )
}

/// Where a point of the unit square is drawn.
fn place(x: f64, y: f64) -> (f64, f64) {
    (MARGIN + SIDE * x, 10.0 + SIDE * (1.0 - y))
}

/// A path that keeps each point's height since the point before it, as average precision counts.
fn steps(points: &[[f64; 2]], place: impl Fn([f64; 2]) -> (f64, f64)) -> String {
    let mut path = String::new();
    let mut before = 0.0;
    for [x, y] in points {
        let ((x0, y0), (x1, _)) = (place([before, *y]), place([*x, *y]));
        let start = if path.is_empty() { "M" } else { "L" };
        let _ = write!(path, "{start}{x0:.1} {y0:.1}L{x1:.1} {y0:.1}");
        before = *x;
    }
    path
}

/// The head of a figure: its title, axes from 0 to 1, and their words.
fn frame(title: &str, x: &str, y: &str) -> String {
    let (width, height) = (MARGIN + SIDE + 150.0, SIDE + 54.0);
    let mut svg = format!(
        "<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" font-size=\"12\" fill=\"currentColor\">\
         <title>{title}</title>"
    );
    for tick in 0..=5 {
        let value = f64::from(tick) / 5.0;
        let ((left, across), (up, bottom)) = (place(0.0, value), place(value, 0.0));
        let _ = write!(
            svg,
            "<line x1=\"{left}\" y1=\"{across}\" x2=\"{}\" y2=\"{across}\" stroke=\"currentColor\" stroke-opacity=\"0.2\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"end\">{value:.1}</text>\
             <text x=\"{up}\" y=\"{}\" text-anchor=\"middle\">{value:.1}</text>",
            left + SIDE,
            left - 6.0,
            across + 4.0,
            bottom + 16.0
        );
    }
    let (middle, low) = place(0.5, 0.0);
    let (_, height) = place(0.0, 0.5);
    let _ = write!(
        svg,
        "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{x}</text>\
         <text x=\"12\" y=\"{height}\" text-anchor=\"middle\" transform=\"rotate(-90 12 {height})\">{y}</text>",
        low + 34.0
    );
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_is_drawn_in_steps() {
        let path = steps(&[[0.5, 1.0], [1.0, 0.5]], |[x, y]| (10.0 * x, 10.0 * y));
        assert_eq!(path, "M0.0 10.0L5.0 10.0L5.0 5.0L10.0 5.0");
        assert_eq!(small(&[]), "");
    }

    #[test]
    fn a_name_is_no_markup() {
        let line = Line {
            name: "<script>",
            colour: "#000",
            points: &[[1.0, 1.0]],
        };
        let svg = precision_recall(&[line]);
        assert!(!svg.contains("<script") && svg.contains("&lt;script&gt;") && svg.ends_with("</svg>"));
    }

    #[test]
    fn a_bar_is_as_high_as_its_bin_is_true() {
        let bin = ReliabilityBin {
            low: 0.2,
            high: 0.4,
            count: 8,
            probability: 30.0,
            frequency: 50.0,
        };
        let svg = reliability(&[bin]);
        assert!(
            svg.contains("x=\"96.0\" y=\"140.0\" width=\"52.0\" height=\"130.0\""),
            "{svg}"
        );
        assert!(svg.contains("cx=\"122.0\" cy=\"140.0\""), "{svg}");
    }
}
