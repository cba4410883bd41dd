//! Text as pages and tables want it.

/// The look of a page that needs nothing but a browser.
pub(super) const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;\
background:#fff}table{border-collapse:collapse;margin:1rem 0}td,th{padding:.3rem .8rem;text-align:right;border-bottom:1px solid \
#ddd}td:first-child,th:first-child{text-align:left}.row{display:flex;flex-wrap:wrap;gap:1rem;margin:1.2rem 0}figure{margin:0;\
width:160px}img{width:160px;border-radius:4px}figcaption{font-size:.85rem}.no{color:#a33}.dim{color:#666}\
@media(prefers-color-scheme:dark){body{background:#1b1b1d;color:#ddd}td,th{border-color:#444}.no{color:#f88}.dim{color:#999}}";

/// Text within HTML, also within an attribute in double quotes.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// A field as RFC 4180 has it.
pub(super) fn csv_field(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// A cell of a table in Markdown.
pub(super) fn markdown(text: &str) -> String {
    text.replace(['\n', '\r'], " ").replace('|', "\\|")
}

/// Text within LaTeX.
pub(super) fn latex(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => out.extend(['\\', c]),
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '\\' => out.push_str("\\textbackslash{}"),
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A number in percent with a digit after the point, or `n/a`.
pub(super) fn percent(value: Option<f64>) -> String {
    value.map_or_else(|| "n/a".to_owned(), |v| format!("{v:.1}"))
}

/// An interval, or nothing.
pub(super) fn interval(low: Option<f64>, high: Option<f64>) -> String {
    match (low, high) {
        (Some(low), Some(high)) => format!("{low:.1} to {high:.1}"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_break_nothing() {
        let label = "a_b & 50% {~^\\} | \"<i>\"\n#";
        assert_eq!(
            latex(label),
            "a\\_b \\& 50\\% \\{\\textasciitilde{}\\textasciicircum{}\\textbackslash{}\\} | \"<i>\" \\#"
        );
        assert_eq!(markdown("a|b\nc"), "a\\|b c");
        assert_eq!(escaped("<a \"b\">"), "&lt;a &quot;b&quot;&gt;");
        assert_eq!(csv_field("a,\"b\""), "\"a,\"\"b\"\"\"");
    }
}
