//! The report of an evaluation, to be passed on: a page that needs nothing but a browser, tables, and a card of the model.

mod card;
mod figures;
mod page;
mod tables;

use super::measure::Sheet;
use super::run_view::RunView;
use crate::engine::Failure;
use crate::engine::event::Metrics;
use crate::project::Project;
use crate::support::atomic;
use std::path::{Path, PathBuf};

/// What a report is about.
pub(super) struct Report<'a> {
    /// The project of the run.
    pub project: &'a Project,
    /// The project whose pictures were measured; most often the same.
    pub data: &'a Project,
    pub view: &'a RunView,
    pub metrics: &'a Metrics,
    pub sheet: &'a Sheet<'a>,
    /// Seed of the bootstrap.
    pub seed: u64,
}

impl Report<'_> {
    /// The name of a project, for people.
    fn name_of(project: &Project) -> String {
        let name = project.folder().file_stem();
        name.map_or_else(String::new, |n| n.to_string_lossy().into_owned())
    }

    /// What was measured, in a line.
    fn title(&self) -> String {
        let m = self.metrics;
        let data = Self::name_of(self.data);
        format!("{} on {} pictures of {data} ({})", m.run, m.images, m.split)
    }
}

/// Writes the report: a page alone where `path` ends in `.html`, else a folder (made where it is missing) with the page, the labels as CSV and as
/// a LaTeX table, everything as JSON, and a card of the model. Files of an earlier report are replaced, others left alone. Returns what was
/// written.
///
/// # Errors
/// [`Failure`] where it cannot be written.
pub(super) fn write(path: &Path, report: &Report<'_>) -> Result<Vec<(PathBuf, &'static str)>, Failure> {
    let put = |path: PathBuf, text: &str, what| {
        atomic::write(&path, text.as_bytes()).map_err(|e| Failure::io("write the report", &path, &e))?;
        Ok((path, what))
    };
    let is_page = path
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("html") || e.eq_ignore_ascii_case("htm"));
    if is_page {
        return Ok(vec![put(path.to_owned(), &page::html(report), "report")?]);
    }
    std::fs::create_dir_all(path).map_err(|e| Failure::io("make the folder", path, &e))?;
    let json = serde_json::to_string_pretty(report.metrics).map_err(|e| Failure::io("write", path, &e.into()))?;
    [
        ("report.html", page::html(report), "report"),
        ("labels.csv", tables::csv(report.metrics), "labels as a table"),
        ("labels.tex", tables::latex_table(report), "labels as a LaTeX table"),
        ("metrics.json", json, "all numbers"),
        ("model-card.md", card::markdown(report), "card of the model"),
    ]
    .into_iter()
    .map(|(name, text, what)| put(path.join(name), &text, what))
    .collect()
}
