//! Tests of the store as its callers see it.

mod copies;
mod counting;
mod editing;
mod exporting;
mod files;
mod importing;
mod labels;
mod large;
mod migrating;
mod opening;
mod querying;
mod relinking;
mod round_trip;
mod splitting;
mod trainings;
mod trusting;
mod undoing;

use super::{Project, ProjectError};
use crate::dataset::model::{Absent, Dataset, ImportReport, Picture};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A picture without a split or labels; the file need not exist.
fn picture(path: PathBuf, positives: &[usize]) -> Picture {
    Picture {
        name: path.file_name().unwrap().to_string_lossy().into_owned(),
        path,
        width: 4,
        height: 3,
        split: None,
        positives: positives.to_vec(),
        negatives: Vec::new(),
        unknowns: Vec::new(),
        boxes: Vec::new(),
    }
}

fn dataset(labels: &[&str], pictures: Vec<Picture>, absent: Absent) -> Dataset {
    Dataset {
        details: Vec::new(),
        labels: labels.iter().map(|l| (*l).to_owned()).collect(),
        pictures,
        absent,
    }
}

/// A new project beside a folder of pictures.
struct Fixture {
    root: TempDir,
    place: PathBuf,
}

impl Fixture {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let place = root.path().join("p.patchlight");
        Self { root, place }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join("pictures").join(name)
    }

    fn create(&self) -> Project {
        Project::create(&self.place).unwrap()
    }

    fn open(&self) -> Project {
        Project::open(&self.place).unwrap()
    }

    /// Three pictures: a cat, a dog, neither; silence means no.
    fn animals(&self) -> Project {
        let pictures = [("a.jpg", &[0][..]), ("b.jpg", &[1]), ("c.jpg", &[])];
        let pictures = pictures
            .iter()
            .map(|(name, positives)| picture(self.path(name), positives))
            .collect();
        let mut project = self.create();
        project
            .import(
                &dataset(&["cat", "dog"], pictures, Absent::Negative),
                &ImportReport::default(),
            )
            .unwrap();
        project
    }
}

fn ids(project: &Project) -> Vec<i64> {
    project.pictures(None).unwrap().iter().map(|p| p.id).collect()
}

fn truth(project: &Project) -> Vec<i8> {
    project.truth(&ids(project)).unwrap().values
}

fn label_ids(project: &Project) -> Vec<i64> {
    project.labels().unwrap().iter().map(|l| l.id).collect()
}

fn names(project: &Project) -> Vec<String> {
    project.labels().unwrap().into_iter().map(|l| l.name).collect()
}

/// Changes the database behind the store's back.
fn tamper(place: &Path, sql: &str) {
    rusqlite::Connection::open(place.join("project.db"))
        .unwrap()
        .execute_batch(sql)
        .unwrap();
}

#[test]
fn every_error_has_a_hint() {
    let path = PathBuf::from("p");
    let errors = [
        ProjectError::Locked { path: path.clone() },
        ProjectError::Corrupt {
            path,
            backup: Some("b.db".into()),
            detail: "torn".into(),
        },
    ];
    assert!(
        errors
            .iter()
            .all(|e| e.hint().len() > 10 && e.to_string().starts_with('p'))
    );
    assert!(errors[1].hint().contains("b.db"));
}
