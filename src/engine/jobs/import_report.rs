//! `project report`: what the imports of a project found, as a file.

use crate::engine::{Context, Event, Failure};
use crate::project::Project;
use crate::support::atomic;
use std::path::Path;

/// Writes a table where `out` ends in `.csv`, else text.
pub(crate) fn run(path: &Path, out: &Path, context: &mut Context<'_>) -> Result<(), Failure> {
    let project = Project::open_read_only(path)?;
    let reports = project.import_reports()?;
    let table = out.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
    let mut text = String::new();
    for (i, report) in reports.iter().enumerate() {
        if table {
            let csv = report.to_csv(true);
            // One header for all.
            let rows = if i == 0 {
                csv.as_str()
            } else {
                csv.split_once('\n').map_or("", |(_, rows)| rows)
            };
            text.push_str(rows);
        } else {
            text.push_str(&format!("Import {}\n\n{}\n", i + 1, report.to_text()));
        }
    }
    atomic::write(out, text.as_bytes()).map_err(|e| Failure::io("write", out, &e))?;
    context.emit(Event::Written {
        path: out.display().to_string(),
        what: format!("the report of {} imports", reports.len()),
        dry_run: false,
        deleted: false,
    });
    Ok(())
}
