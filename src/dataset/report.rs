//! The report of an import as a table and as text: every file that did not make it, by name.

use super::model::ImportReport;
use crate::support::cell::is_formula;
use std::fmt::Write;

/// The lines of a report: what happened, the file, the line in it, more about it.
type Line = (&'static str, String, Option<usize>, String);

impl ImportReport {
    /// As a table with the columns `what,file,line,detail`: `unmatched` (named by the source, not found), `unreadable`, `left out` (no picture that is read), `needs a look` (an annotation file that cannot be read), `duplicate` (each
    /// picture of a group of copies, the others in `detail`), `warning` with its code, and the totals at the end. With
    /// `spreadsheet_safe`, cells that a spreadsheet would take for a formula get a leading apostrophe.
    pub fn to_csv(&self, spreadsheet_safe: bool) -> String {
        let mut out = csv::Writer::from_writer(Vec::new());
        let safe = |cell: String| {
            if spreadsheet_safe && is_formula(&cell) {
                format!("'{cell}")
            } else {
                cell
            }
        };
        let totals = self.totals().map(|(what, n)| ("total", what, None, n.to_string()));
        let header = (
            "what".to_owned(),
            "file".to_owned(),
            "line".to_owned(),
            "detail".to_owned(),
        );
        let lines = self
            .lines()
            .into_iter()
            .chain(totals)
            .map(|(what, file, line, detail)| {
                let line = line.map_or_else(String::new, |n| n.to_string());
                (what.to_owned(), safe(file), line, safe(detail))
            });
        for (what, file, line, detail) in std::iter::once(header).chain(lines) {
            // Writing to memory does not fail.
            let _ = out.write_record([what, file, line, detail]);
        }
        let bytes = out.into_inner().unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// As text for people.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (what, n) in self.totals() {
            let _ = writeln!(text, "{what}: {n}");
        }
        let mut section = |title: &str, lines: Vec<String>| {
            if !lines.is_empty() {
                let _ = writeln!(text, "\n{title} ({})", lines.len());
                for line in lines {
                    let _ = writeln!(text, "  {}", line.replace(['\n', '\r'], " "));
                }
            }
        };
        section("Named by the source, but not found", self.unmatched.clone());
        let unreadable = self.quarantined.iter().map(|q| format!("{}: {}", q.file, q.reason));
        section("Pictures that cannot be read", unreadable.collect());
        let left_out = self.left_out.iter().map(|q| format!("{}: {}", q.file, q.reason));
        section("Left out", left_out.collect());
        let needs_look = self.needs_look.iter().map(|n| match n.line {
            Some(line) => format!("{}, line {line}: {}", n.file, n.reason),
            None => format!("{}: {}", n.file, n.reason),
        });
        section("Annotation files that need a look", needs_look.collect());
        let copies = self.duplicates.iter().map(|group| group.join(" = "));
        section("Pictures with the same content", copies.collect());
        let warnings = self.warnings.iter().map(|w| {
            let place = match (&w.file, w.line) {
                (Some(file), Some(line)) => format!("{file}, line {line}: "),
                (Some(file), None) => format!("{file}: "),
                (None, Some(line)) => format!("line {line}: "),
                (None, None) => String::new(),
            };
            format!("{place}{} ({})", w.message, w.code)
        });
        section("Warnings", warnings.collect());
        text
    }

    fn lines(&self) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        let missing = || "the source names it, but no such picture was found".to_owned();
        lines.extend(
            self.unmatched
                .iter()
                .map(|name| ("unmatched", name.clone(), None, missing())),
        );
        let unreadable = |q: &super::model::Quarantined| ("unreadable", q.file.clone(), None, q.reason.clone());
        lines.extend(self.quarantined.iter().map(unreadable));
        let left_out = |q: &super::model::Quarantined| ("left out", q.file.clone(), None, q.reason.clone());
        lines.extend(self.left_out.iter().map(left_out));
        let needs_look = |n: &super::model::NeedsLook| ("needs a look", n.file.clone(), n.line, n.reason.clone());
        lines.extend(self.needs_look.iter().map(needs_look));
        for group in &self.duplicates {
            for (i, name) in group.iter().enumerate() {
                let others: Vec<&str> = (0..group.len())
                    .filter(|j| *j != i)
                    .map(|j| group[j].as_str())
                    .collect();
                lines.push((
                    "duplicate",
                    name.clone(),
                    None,
                    format!("same content as {}", others.join(", ")),
                ));
            }
        }
        for warning in &self.warnings {
            let what = if warning.code == "ambiguous" {
                "ambiguous"
            } else {
                "warning"
            };
            let detail = format!("{} ({})", warning.message, warning.code);
            lines.push((what, warning.file.clone().unwrap_or_default(), warning.line, detail));
        }
        lines
    }

    fn totals(&self) -> impl Iterator<Item = (String, usize)> {
        let fixed = [
            ("pictures", self.images),
            ("labels", self.labels),
            ("labels on pictures", self.annotations),
            ("not found", self.unmatched.len()),
            ("unreadable", self.quarantined.len()),
            ("left out", self.left_out.len()),
            ("annotation files that need a look", self.needs_look.len()),
            ("groups of copies", self.duplicates.len()),
            ("warnings", self.warnings.len()),
        ];
        let splits = self
            .splits
            .iter()
            .map(|(split, n)| (format!("pictures in {split}"), *n));
        fixed.into_iter().map(|(what, n)| (what.to_owned(), n)).chain(splits)
    }
}

#[cfg(test)]
mod tests {
    use crate::dataset::model::{ImportReport, NeedsLook, Quarantined, Warning};

    fn report() -> ImportReport {
        ImportReport {
            images: 12,
            labels: 3,
            annotations: 20,
            splits: [("train".to_owned(), 12)].into(),
            unmatched: vec!["lost, \"a\".jpg".to_owned(), "=cmd().jpg".to_owned()],
            duplicates: vec![vec!["a.jpg".to_owned(), "b.jpg".to_owned(), "c.jpg".to_owned()]],
            quarantined: vec![Quarantined {
                file: "/p/torn.jpg".to_owned(),
                reason: "the picture is truncated:\nits end is missing".to_owned(),
            }],
            left_out: vec![Quarantined {
                file: "/p/1.heic".to_owned(),
                reason: "not read".to_owned(),
            }],
            needs_look: vec![NeedsLook {
                file: "/p/a.xml".to_owned(),
                line: Some(4),
                reason: "no XML".to_owned(),
            }],
            warnings: vec![
                Warning {
                    file: Some("list.txt".to_owned()),
                    line: Some(7),
                    ..Warning::new("ambiguous", "x.jpg could be 2 pictures")
                },
                Warning::new("size", "3 pictures have another size"),
            ],
        }
    }

    #[test]
    fn the_table_names_every_file() {
        let text = report().to_csv(false);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        assert_eq!(reader.headers().unwrap(), vec!["what", "file", "line", "detail"]);
        let rows: Vec<Vec<String>> = reader
            .records()
            .map(|r| r.unwrap().iter().map(str::to_owned).collect())
            .collect();
        let of = |what: &str| -> Vec<&Vec<String>> { rows.iter().filter(|row| row[0] == what).collect() };
        assert_eq!(
            of("unmatched").iter().map(|r| r[1].as_str()).collect::<Vec<_>>(),
            ["lost, \"a\".jpg", "=cmd().jpg"]
        );
        assert_eq!(
            of("unreadable")[0][1..],
            ["/p/torn.jpg", "", "the picture is truncated:\nits end is missing"]
        );
        assert_eq!(of("duplicate")[1][1..], ["b.jpg", "", "same content as a.jpg, c.jpg"]);
        assert_eq!(of("ambiguous")[0][1..3], ["list.txt", "7"]);
        assert!(of("warning")[0][3].ends_with("(size)"));
        assert!(rows.contains(&["total", "pictures in train", "", "12"].map(str::to_owned).to_vec()));
        assert!(report().to_csv(true).contains("'=cmd().jpg") && !text.contains("'=cmd"));
    }

    #[test]
    fn the_text_names_every_file() {
        let text = report().to_text();
        for part in [
            "pictures: 12\n",
            "not found (2)\n  lost, \"a\".jpg\n",
            "  a.jpg = b.jpg = c.jpg\n",
            "  /p/torn.jpg: the picture is truncated: its end is missing\n",
            "  list.txt, line 7: x.jpg could be 2 pictures (ambiguous)\n",
            "  3 pictures have another size (size)\n",
            "Left out (1)\n  /p/1.heic: not read\n",
            "Annotation files that need a look (1)\n  /p/a.xml, line 4: no XML\n",
        ] {
            assert!(text.contains(part), "{part:?} is not in\n{text}");
        }
        assert_eq!(
            ImportReport::default().to_text().lines().count(),
            9,
            "nothing but the totals"
        );
    }
}
