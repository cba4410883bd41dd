//! Data of one's own: a look before an import writes anything, what imports found, the data in numbers, labels, splits, exports.

use super::data_forms::{ExportForm, ImportForm, LabelsForm, RelinkForm, ReportForm, SplitForm};
use super::project_messages::{LabelsInfo, Report};
use crate::project::{Overview, SplitRecord};
use std::path::PathBuf;
use std::sync::Arc;

/// A page of the place with the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Page {
    /// The data in numbers.
    #[default]
    Overview,
    /// Labels and what can be done to them.
    Labels,
    /// Train, val, test.
    Splits,
    /// What imports found, copies, missing files.
    Report,
    /// Labels for other programs.
    Export,
}

/// What the project's thread is asked for once for each version of the project; the older answer stays in sight meanwhile.
#[derive(Clone, Debug)]
pub struct Asked<T> {
    /// The newest answer.
    pub value: Option<T>,
    /// The version of the project that was asked about.
    pub version: Option<u64>,
}

impl<T> Default for Asked<T> {
    fn default() -> Self {
        Self {
            value: None,
            version: None,
        }
    }
}

/// What the pages of the data keep.
#[derive(Default)]
pub struct Data {
    /// Which page is shown.
    pub page: Page,
    /// The import that is being looked at.
    pub import: Option<ImportForm>,
    /// A folder of pictures without labels that was brought, and nobody has said yet what for.
    pub unlabelled: Option<PathBuf>,
    /// The data in numbers.
    pub overview: Asked<Arc<Overview>>,
    /// The labels as a tree, and which may be one.
    pub tree: Asked<Arc<LabelsInfo>>,
    /// What imports and checks found.
    pub report: Asked<Arc<Report>>,
    pub splits_made: Asked<Arc<Vec<SplitRecord>>>,
    /// The page of labels.
    pub labels: LabelsForm,
    /// The page of splits.
    pub splits: SplitForm,
    /// The page of what was found.
    pub found: ReportForm,
    /// Finding moved pictures.
    pub relink: RelinkForm,
    /// The page of exports.
    pub export: ExportForm,
    /// Pictures whose files are gone, and the version of the project in which they were counted.
    pub missing: Option<(u64, usize)>,
    /// What the place of an export was made for: the format's ending and the file's name.
    pub export_name: Option<(String, &'static str)>,
    /// The check of the content was stopped for something more urgent, and goes on afterwards.
    pub check_again: bool,
    /// The check begins once the project is open: it was imported just now.
    pub check_when_open: bool,
    /// Labels that become one once the project is open: the one that goes, the one that stays.
    pub merge_when_open: Vec<(String, String)>,
}

impl Data {
    /// Forgets what belongs to the project that is being closed.
    pub fn close(&mut self) {
        let mut import = self.import.take();
        if let Some(form) = import.as_mut().filter(|form| form.into_open) {
            // It was meant for this project, not for the next one.
            (form.into_open, form.importing) = (false, None);
            (form.comparing, form.difference) = (None, None);
        }
        let kept = Self {
            page: self.page,
            import,
            unlabelled: self.unlabelled.take(),
            check_when_open: self.check_when_open,
            merge_when_open: std::mem::take(&mut self.merge_when_open),
            ..Self::default()
        };
        *self = kept;
    }
}
