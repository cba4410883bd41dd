//! How long a large project takes. Run with `--ignored --nocapture`.

use super::*;
use crate::dataset::model::{BoxAnnotation, Split};
use crate::dataset::similar::PerceptualHash;
use crate::project::{Bin, Checked, Filter};
use crate::support::rng::{self, Rng};
use std::ops::ControlFlow;
use std::time::Instant;

const PICTURES: usize = 100_000;
const LABELS: usize = 80;

/// 500,000 values and 500,000 boxes.
fn large(fixture: &Fixture) -> Dataset {
    let mut draw = rng::stream(0, "large", 0);
    let pictures = (0..PICTURES).map(|i| {
        let mut labels: Vec<usize> = (0..5)
            .map(|_| (draw.random::<f64>().powi(2) * LABELS as f64) as usize)
            .collect();
        let boxes = labels.iter().map(|label| BoxAnnotation {
            label: *label,
            bounds: [1.0, 2.0, 3.0, 4.0],
        });
        let boxes = boxes.collect();
        labels.sort_unstable();
        labels.dedup();
        Picture {
            boxes,
            split: Split::ALL.get(i % 4).copied(),
            ..picture(fixture.path(&format!("folder {}/{i}.jpg", i % 100)), &labels)
        }
    });
    let pictures = pictures.collect();
    let labels: Vec<String> = (0..LABELS).map(|i| format!("label {i}")).collect();
    dataset(
        &labels.iter().map(String::as_str).collect::<Vec<_>>(),
        pictures,
        Absent::Negative,
    )
}

#[test]
#[ignore = "measures"]
fn a_hundred_thousand_pictures() {
    let fixture = Fixture::new();
    let data = large(&fixture);
    let mut project = fixture.create();
    fn timed<T>(what: &str, run: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let value = run();
        println!("{what}: {:.2} s", start.elapsed().as_secs_f64());
        value
    }
    let report = ImportReport::default();
    timed("import", || project.import(&data, &report).unwrap());
    let diff = timed("plan of the same", || {
        project
            .plan_import(&data, &mut |_, _| ControlFlow::Continue(()))
            .unwrap()
    });
    assert_eq!(diff.unchanged, PICTURES);
    timed("import of the same", || project.import(&data, &report).unwrap());
    let all = timed("pictures", || ids(&project));
    let truth = timed("truth of all", || project.truth(&all).unwrap());
    let few = timed("truth of a tenth", || project.truth(&all[..PICTURES / 10]).unwrap());
    assert_eq!(truth.values[..few.values.len()], few.values);
    let out = timed("data set", || project.dataset(&Filter::default()).unwrap());
    assert_eq!(out, data);
    let overview = timed("overview", || project.overview(50, 50).unwrap());
    assert_eq!(overview.pictures, PICTURES);
    timed("pictures of a label", || {
        let label = overview.labels[0].label;
        project.pictures_of(Bin::Label { label, split: None }).unwrap()
    });
    let splits: Vec<_> = all
        .iter()
        .map(|id| (*id, Split::ALL.get(*id as usize % 4).copied()))
        .collect();
    timed("splits", || project.set_splits(&splits).unwrap());
    timed("undo of splits", || project.undo().unwrap());
    timed("hash of the data", || project.data_hash().unwrap());
    timed("missing pictures", || project.missing_pictures().unwrap());
    let mut draw = rng::stream(0, "looks", 0);
    let check = |id: &i64| Checked {
        picture: *id,
        stamp: [Some(1), Some(1)],
        sha256: Some(format!("{id}")),
        looks: Some(PerceptualHash(std::array::from_fn(|_| draw.random()))),
        width: 4,
        height: 3,
        problem: None,
    };
    let checks: Vec<Checked> = all.iter().map(check).collect();
    timed("storing checks", || project.store_checks(&checks).unwrap());
    timed("pending checks", || project.pending_checks().unwrap());
    assert_eq!(timed("copies", || project.duplicates().unwrap()), []);
}
