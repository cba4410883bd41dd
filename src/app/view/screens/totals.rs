//! What the pictures of a project say about its labels, counted once for each of the project's versions.

use crate::app::model::open::Open;
use crate::dataset::split::Group;
use eframe::egui::{Id, Ui};
use std::path::PathBuf;
use std::sync::Arc;

/// What the pictures of a project say about each of its labels.
pub(crate) struct Totals {
    pub(crate) pictures: Vec<usize>,
    /// Training pictures that have it; of all pictures where none has a split.
    pub(crate) training: Vec<usize>,
    /// Its group by frequency.
    pub(crate) groups: Vec<Group>,
    /// Pictures in train, val, test and none of them.
    pub(crate) splits: [usize; 4],
    /// Pictures that have any label.
    pub(crate) labelled: usize,
}

/// The totals of the open project, counted once for each of its versions: counting goes through every picture, and a frame must not.
pub(crate) fn totals(ui: &Ui, open: &Open) -> Arc<Totals> {
    type Cached = (PathBuf, u64, Arc<Totals>);
    let id = Id::unique("label totals");
    let (catalog, version) = (&open.catalog, open.version);
    let known = ui.data(|d| d.get_temp::<Cached>(id));
    if let Some((folder, of, totals)) = known
        && of == version
        && folder == catalog.folder
    {
        return totals;
    }
    let totals = Arc::new(Totals {
        pictures: catalog.positives(None),
        training: catalog.training_positives(),
        groups: catalog.groups(),
        splits: catalog.split_counts(),
        labelled: (0..catalog.pictures.len())
            .filter(|i| catalog.truth_of(*i).contains(&1))
            .count(),
    });
    ui.data_mut(|d| d.insert_temp(id, (catalog.folder.clone(), version, totals.clone())));
    totals
}
