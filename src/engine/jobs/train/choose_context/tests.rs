//! The choice on a few small features, whose best is known.

use super::*;
use crate::clip::vision::PatchFeatures;
use crate::dataset::preprocess::{Mode, Preprocess};
use crate::train::features::{FeatureKey, Record};
use crate::train::loader::Item;
use crate::train::settings::Precision;
use burn::tensor::{Tensor, TensorData};

fn tried(context: ContextName, map: f64) -> TriedContext {
    TriedContext {
        context,
        sampler: Sampler::Uniform,
        map,
    }
}

/// Four pictures of two labels: the first label lies along x, the second along y; one picture has both. Whole picture and details
/// are the same.
fn small(folder: &Path) -> (FeatureStore, Pictures) {
    let key = FeatureKey {
        model: "m".to_owned(),
        preprocess: Preprocess {
            mode: Mode::Stretch,
            size: 2,
            mean: [0.0; 3],
            std: [1.0; 3],
        },
        patch_features: Some(PatchFeatures::Token),
        precision: Precision::F32,
    };
    let mut store = FeatureStore::open(folder, &key, 2, 1).unwrap();
    let vectors = [[1.0, 0.1], [0.9, 0.2], [0.2, 0.9], [0.8, 0.7]];
    let records: Vec<(String, Record)> = (vectors.iter().enumerate())
        .map(|(i, vector)| {
            let record = Record {
                cls: vector.to_vec(),
                patches: vector.to_vec(),
                padding: vec![false],
            };
            (i.to_string(), record)
        })
        .collect();
    store.append(&records).unwrap();
    let item = |i: usize| Item {
        id: i as i64,
        path: i.to_string().into(),
        hash: i.to_string(),
    };
    let pictures = Pictures {
        items: (0..4).map(item).collect(),
        truth: vec![1, 0, 1, 0, 0, 1, 1, 1],
    };
    (store, pictures)
}

fn judge(fits: bool, alpha: f64) -> Judge {
    Judge {
        fusion: Fusion { alpha, top_k: 1 },
        fits,
        positives: vec![5, 3],
        device: Device::flex(),
    }
}

fn texts(global: [[f32; 2]; 2], local: [[f32; 2]; 2]) -> TextPair {
    let tensor = |rows: [[f32; 2]; 2]| Tensor::from_data(TensorData::new(rows.concat(), [2, 2]), &Device::flex());
    (tensor(global), tensor(local))
}

const RIGHT: [[f32; 2]; 2] = [[1.0, 0.0], [0.0, 1.0]];
const SWAPPED: [[f32; 2]; 2] = [[0.0, 1.0], [1.0, 0.0]];

#[test]
fn the_best_on_the_validation_pictures_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (store, val) = small(folder.path());
    let judge = judge(false, 0.5);
    let measure = |rows| judge.measure(&store, &val, &texts(rows, rows)).unwrap().unwrap();
    let (right, swapped) = (measure(RIGHT), measure(SWAPPED));
    assert!((right - 100.0).abs() < 1e-9 && swapped < 80.0, "{right} and {swapped}");
    let all = [
        tried(ContextName::Shared, swapped),
        tried(ContextName::Rarity, right),
        tried(ContextName::PerClass, right),
    ];
    assert_eq!(best(swapped, &all), ContextName::Rarity, "of equal ones the first");
    assert_eq!(
        best(right, &all),
        ContextName::Start,
        "as good as it was: nothing changes"
    );
    assert_eq!(best(right - 1e-9, &all), ContextName::Start, "a rounding is no gain");
    assert_eq!(best(99.0, &all), ContextName::Rarity);
}

#[test]
fn each_is_measured_as_it_will_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let (store, val) = small(folder.path());
    // The whole picture misleads, the details do not: with its own alpha it is as good as any.
    let half_right = texts(SWAPPED, RIGHT);
    let with = |fits| judge(fits, 0.9).measure(&store, &val, &half_right).unwrap().unwrap();
    assert!(
        with(false) < 80.0 && (with(true) - 100.0).abs() < 1e-9,
        "{} {}",
        with(false),
        with(true)
    );
}

#[test]
fn without_anything_to_measure_there_is_nothing_to_choose_by() {
    let folder = tempfile::tempdir().unwrap();
    let (store, val) = small(folder.path());
    let measure = |val: &Pictures| judge(true, 0.5).measure(&store, val, &texts(RIGHT, RIGHT)).unwrap();
    assert_eq!(measure(&Pictures::default()), None);
    let unlabelled = Pictures {
        truth: vec![0, 0, -1, 0, 0, 0, 0, -1],
        ..val
    };
    assert_eq!(measure(&unlabelled), None);
}

#[test]
fn what_is_tried_follows_from_the_settings() {
    let of = |pairs: &[&str], validates| {
        let pairs: Vec<String> = pairs.iter().map(|s| (*s).to_owned()).collect();
        contexts_tried(&Settings::default().with_overrides(None, &pairs).unwrap(), validates)
    };
    use ContextKind::{PerClass, Rarity, Shared};
    use Sampler::{ClassAware, Uniform};
    assert_eq!(of(&[], true), [(Shared, Uniform)]);
    assert_eq!(of(&["context=per-class"], true), [(PerClass, Uniform)]);
    assert_eq!(
        of(&["context=rarity", "sampler=class-aware"], false),
        [(Rarity, ClassAware)]
    );
    assert_eq!(
        of(&["context=auto"], true),
        [(Shared, Uniform), (Rarity, ClassAware), (PerClass, ClassAware)]
    );
    assert_eq!(
        of(&["context=auto", "sampler=uniform"], true),
        [(Shared, Uniform), (Rarity, Uniform), (PerClass, Uniform)],
        "what is asked for is not chosen"
    );
    assert_eq!(of(&["context=auto"], false), [(Shared, Uniform)]);
}

#[test]
fn the_reason_names_everything_that_was_measured() {
    let all = [
        tried(ContextName::Shared, 61.04),
        TriedContext {
            sampler: Sampler::ClassAware,
            ..tried(ContextName::PerClass, 70.46)
        },
    ];
    assert_eq!(
        why(ContextName::PerClass, ("Stage 1", 59.9), &all),
        "a context for each label, with pictures drawn label by label, did best on the validation pictures: mAP 70.5 (one context for \
         all labels 61.0, Stage 1 59.9)"
    );
    let start = why(ContextName::Start, ("Stage 1", 75.0), &all);
    assert!(
        ["Stage 1 with mAP 75.0", "61.0", "70.5", "stay as they were"]
            .iter()
            .all(|w| start.contains(w)),
        "{start}"
    );
}
