//! A set that is written and read back says the same, or it was refused and nothing was written.

use super::trips::{dataset, known, pictures, used};
use super::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use std::cell::Cell;

/// A way to write a set, and what it can say.
struct Trip {
    format: Format,
    /// The export's name in a new folder.
    out: &'static str,
    pictures: PicturesAs,
    table: TableShape,
    truths: bool,
    boxes: bool,
    /// Labels of no picture stay.
    unused: bool,
    /// The format is told from what was written.
    told: bool,
}

const PLAIN: Trip = Trip {
    format: Format::Coco,
    out: "out",
    pictures: PicturesAs::Named,
    table: TableShape::Wide,
    truths: true,
    boxes: true,
    unused: true,
    told: true,
};

/// Goes the trip with many sets; at least `least` of them have to be writable.
fn travel(trip: &Trip, tame: bool, least: usize) {
    let source = pictures();
    let config = Config {
        cases: 32,
        failure_persistence: None,
        ..Config::default()
    };
    // The same cases every time: a test that fails now and then tells nothing to who meets it.
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let written = Cell::new(0);
    let result = runner.run(&dataset(source.0.path().to_owned(), tame), |dataset| {
        there_and_back(&source, trip, &dataset, &written)
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    assert!(written.get() >= least, "only {} were written", written.get());
}

fn there_and_back(source: &Set, trip: &Trip, dataset: &Dataset, written: &Cell<usize>) -> Result<(), TestCaseError> {
    let fail = |text: String| Err(TestCaseError::fail(text));
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join(trip.out);
    let exported = export_as(dataset, trip.format, &out, |request| {
        (request.pictures, request.table) = (Some(trip.pictures), trip.table);
    });
    match exported {
        Ok(_) => written.set(written.get() + 1),
        Err(DatasetError::Inexpressible { .. }) => {
            let left = std::fs::read_dir(place.path()).unwrap().count();
            return if left == 0 {
                Ok(())
            } else {
                fail("something was written".to_owned())
            };
        }
        Err(error) => return fail(format!("not written: {error}")),
    }
    let request = ImportRequest {
        format: if trip.told { Format::Auto } else { trip.format },
        images: (trip.pictures == PicturesAs::Named).then(|| source.path("data")),
        absent: dataset.absent,
        ..ImportRequest::new(&out)
    };
    let (again, report) = match import(&request, &mut on) {
        Ok(read) => read,
        Err(error) => return fail(format!("not read back: {error}")),
    };
    let wanted = known(dataset, &dataset.labels, trip.truths, trip.boxes);
    let found = known(&again, &dataset.labels, trip.truths, trip.boxes);
    if found != wanted {
        return fail(format!("{found:#?}\ninstead of\n{wanted:#?}\n{report:?}"));
    }
    if let Some(new) = again.labels.iter().find(|label| !dataset.labels.contains(label)) {
        return fail(format!("there is a new label {new:?}"));
    }
    let kept = |label: &&String| trip.unused || used(dataset).contains(label.as_str());
    if let Some(lost) = dataset
        .labels
        .iter()
        .filter(kept)
        .find(|label| !again.labels.contains(label))
    {
        return fail(format!("the label {lost:?} was lost"));
    }
    let names = |dataset: &Dataset| {
        let mut names: Vec<String> = dataset.pictures.iter().map(|p| p.name.clone()).collect();
        names.sort();
        names
    };
    if trip.pictures == PicturesAs::Named && names(&again) != names(dataset) {
        return fail(format!("{:?}", names(&again)));
    }
    Ok(())
}

#[test]
fn coco_in_files_of_splits() {
    travel(&PLAIN, false, 32);
}

#[test]
fn coco_in_one_file() {
    travel(&Trip { out: "x.json", ..PLAIN }, false, 32);
}

#[test]
fn coco_with_copies() {
    let pictures = PicturesAs::Copies;
    travel(&Trip { pictures, ..PLAIN }, false, 32);
}

fn table(table: TableShape) -> Trip {
    let wide = table == TableShape::Wide;
    Trip {
        format: Format::Csv,
        out: "x.csv",
        table,
        truths: table != TableShape::Joined,
        boxes: false,
        unused: wide,
        ..PLAIN
    }
}

#[test]
fn wide_tables() {
    travel(&table(TableShape::Wide), false, 28);
}

#[test]
fn joined_tables() {
    travel(&table(TableShape::Joined), false, 28);
}

#[test]
fn long_tables() {
    travel(&table(TableShape::Long), false, 28);
}

#[test]
fn tables_with_links() {
    for shape in [TableShape::Wide, TableShape::Joined, TableShape::Long] {
        let trip = Trip {
            out: "out",
            pictures: PicturesAs::Links,
            ..table(shape)
        };
        travel(&trip, true, 30);
    }
}

fn lists(pictures: PicturesAs) -> Trip {
    Trip {
        format: Format::List,
        pictures,
        truths: false,
        boxes: false,
        told: false,
        ..PLAIN
    }
}

#[test]
fn lists_of_names() {
    travel(&lists(PicturesAs::Named), true, 8);
    travel(&lists(PicturesAs::Named), false, 1);
}

#[test]
fn lists_with_links() {
    travel(&lists(PicturesAs::Links), true, 8);
}

#[test]
fn folders() {
    let trip = Trip {
        format: Format::Folder,
        pictures: PicturesAs::Links,
        truths: false,
        boxes: false,
        ..PLAIN
    };
    travel(&trip, true, 16);
    travel(&trip, false, 8);
}
