//! The shared way through the text tower against the plain one, on a small CLIP drawn at random; parts of the classes against all.

use super::*;
use crate::clip::checkpoint::RawTensor;
use crate::clip::random;
use crate::clip::tokenizer::Tokenizer;
use crate::dataset::preprocess::{Mode, Preprocess};
use crate::method::losses::LossKind;
use crate::method::prompts::{ContextInit, ContextKind, ContextPlan};
use crate::method::score::host_values;
use crate::support::rng;
use crate::train::features::FeatureKey;
use crate::train::params;
use crate::train::settings::Precision;
use burn::module::{ModuleVisitor, Param};
use burn::tensor::Gradients;
use std::collections::BTreeMap;

/// Labels whose names have from one token to many.
const SEVERAL: [&str; 9] = [
    "dog",
    "traffic light",
    "cat",
    "an old wooden rowing boat on a lake",
    "bus",
    "hot air balloon",
    "tv monitor",
    "unicyclist",
    "car",
];

fn strings(labels: &[&str]) -> Vec<String> {
    labels.iter().map(|label| (*label).to_owned()).collect()
}

fn text_tower() -> TextTower {
    let (config, text) = random::tiny();
    let mut reader = random::clip(&config, &text, 5).into_reader();
    TextTower::read(&mut reader, &text, config.embed, &Device::flex())
}

fn frame(text: &TextTower, labels: &[String], tokens: usize, kind: ContextKind) -> PromptFrame {
    let positives = vec![5; labels.len()];
    let device = Device::flex();
    PromptFrame::new(text, &Tokenizer::new(), labels, tokens, kind, &positives, &device)
}

fn normals(purpose: &str, count: usize, deviation: f32) -> Vec<f32> {
    let mut rng = rng::stream(3, purpose, 0);
    (0..count).map(|_| rng::normal(&mut rng) * deviation).collect()
}

/// Contexts as large as words are, other ones for each view.
fn contexts(text: &TextTower, tokens: usize) -> Contexts {
    let plan = ContextPlan {
        kind: ContextKind::Shared,
        init: ContextInit::Random,
        tokens,
    };
    let device = Device::flex().autodiff();
    let start = Contexts::start(text, &Tokenizer::new(), plan, 0, 0, &device).unwrap();
    let values = ["global", "local"].map(|view| {
        let raw = RawTensor {
            shape: vec![tokens, text.width()],
            data: normals(view, tokens * text.width(), 0.3),
        };
        (view.to_owned(), raw)
    });
    params::trainable(params::restore(start, values.into(), &device).unwrap())
}

fn gradients_of<M: Module>(model: &M, gradients: &Gradients) -> BTreeMap<String, Vec<f32>> {
    struct Visit<'a> {
        path: params::Path,
        gradients: &'a Gradients,
        found: BTreeMap<String, Vec<f32>>,
    }
    impl ModuleVisitor for Visit<'_> {
        fn enter_module(&mut self, name: &str, _: &str) {
            self.path.enter(name);
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.path.exit();
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let gradient = param.val().grad(self.gradients).expect("every parameter learns");
            self.found.insert(self.path.name(), host_values(gradient).unwrap());
        }
    }
    let mut visit = Visit {
        path: params::Path::default(),
        gradients,
        found: BTreeMap::new(),
    };
    model.visit(&mut visit);
    visit.found
}

/// Fails where a value is off by more than 1e-5, or by more than 1e-5 of the largest where that is over 1.
#[track_caller]
fn close(what: &str, found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(1.0f32, |most, v| most.max(v.abs()));
    assert!(expected.iter().any(|v| *v != 0.0), "{what}: nothing to compare");
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        let off = (found - expected).abs();
        assert!(off <= 1e-5 * largest, "{what} at {i}: {found}, expected {expected}");
    }
}

/// Text embeddings `[view, class, embed]` with the gradients of a sum of them that weighs every number differently.
fn weighed(
    contexts: &Contexts,
    classes: usize,
    encoded: Vec<(Vec<usize>, Tensor<2>, Tensor<2>)>,
) -> (Vec<f32>, Tensor<1>, BTreeMap<String, Vec<f32>>) {
    let embed = encoded[0].1.dims()[1];
    let weights = normals("weights", 2 * classes * embed, 1.0);
    let mut values = vec![f32::NAN; 2 * classes * embed];
    let mut total: Option<Tensor<1>> = None;
    for (order, global, local) in encoded {
        for (view, tensor) in [global, local].into_iter().enumerate() {
            let host = host_values(tensor.clone().detach()).unwrap();
            let places: Vec<usize> = order.iter().map(|class| (view * classes + class) * embed).collect();
            let mut picked = Vec::new();
            for (row, at) in host.chunks_exact(embed).zip(&places) {
                values[*at..at + embed].copy_from_slice(row);
                picked.extend_from_slice(&weights[*at..at + embed]);
            }
            let picked = TensorData::new(picked, [order.len(), embed]);
            let sum = (tensor * Tensor::from_data(picked, &Device::flex())).sum();
            total = Some(match total {
                Some(total) => total + sum,
                None => sum,
            });
        }
    }
    let total = total.unwrap();
    let gradients = gradients_of(contexts, &total.backward());
    (values, total, gradients)
}

#[test]
fn a_shared_context_computed_once_is_each_prompt_computed_whole() {
    let text = text_tower();
    let cases: [(&str, &[&str]); 4] = [
        ("several lengths", &SEVERAL),
        ("one class", &["hot air balloon"]),
        ("equal lengths", &["dog", "cat", "bus", "car"]),
        ("in order of length", &["dog", "tv monitor", "hot air balloon"]),
    ];
    for (name, labels) in cases {
        for tokens in [4, 16] {
            let labels = strings(labels);
            let (count, in_order) = (labels.len(), (0..labels.len()).collect::<Vec<_>>());
            let frame = frame(&text, &labels, tokens, ContextKind::Shared);
            let contexts = contexts(&text, tokens);
            let whole = |(global, local)| vec![(in_order.clone(), global, local)];
            let (expected, _, slopes) = weighed(&contexts, count, whole(frame.encode_padded(&text, &contexts)));
            let in_parts = |parts, packing| -> Vec<_> {
                let of = |part: &ClassPrompts| {
                    let (global, local) = contexts.encode(&text, part);
                    (part.classes().to_vec(), global, local)
                };
                frame.parts(&text, parts, 1, packing).iter().map(of).collect()
            };
            let ways = [
                ("at once", whole(frame.encode(&text, &contexts))),
                ("one part", in_parts(1, Packing::ByLength)),
                ("three parts", in_parts(3, Packing::ByLength)),
                ("padded together", in_parts(1, Packing::Together)),
                ("padded in parts", in_parts(2, Packing::Together)),
            ];
            for (way, encoded) in ways {
                let (values, _, gradients) = weighed(&contexts, count, encoded);
                let what = format!("{name}, {tokens} vectors, {way}");
                close(&what, &values, &expected);
                assert_eq!(gradients.len(), 2, "{what}");
                for (path, expected) in &slopes {
                    close(&format!("{what}, gradient of {path}"), &gradients[path], expected);
                }
            }
        }
    }
}

#[test]
fn contexts_of_their_own_take_the_plain_way() {
    let text = text_tower();
    let labels = strings(&SEVERAL);
    for kind in [ContextKind::PerClass, ContextKind::Rarity] {
        let frame = frame(&text, &labels, 4, kind);
        assert!(frame.parts(&text, 2, 1, Packing::ByLength).is_empty());
    }
    let plain = frame(&text, &labels, 4, ContextKind::Shared).without_sharing();
    assert!(plain.parts(&text, 2, 1, Packing::ByLength).is_empty());
    let contexts = contexts(&text, 4);
    let (a, b) = (plain.encode(&text, &contexts), plain.encode_padded(&text, &contexts));
    assert_eq!(host_values(a.0).unwrap(), host_values(b.0).unwrap());
    assert_eq!(host_values(a.1).unwrap(), host_values(b.1).unwrap());
}

#[test]
fn the_shared_context_s_gradient_follows_finite_differences() {
    let text = text_tower();
    let labels = strings(&SEVERAL);
    let device = Device::flex().autodiff();
    let classes: Vec<usize> = (0..labels.len()).collect();
    for tokens in [4, 16] {
        let frame = frame(&text, &labels, tokens, ContextKind::Shared);
        let model = contexts(&text, tokens);
        let measure = |model: &Contexts| {
            let (global, local) = frame.encode(&text, model);
            weighed(model, labels.len(), vec![(classes.clone(), global, local)])
        };
        let (_, _, gradients) = measure(&model);
        let start = params::collect(&model).unwrap();
        for view in ["global", "local"] {
            let gradient = &gradients[view];
            let norm = gradient.iter().map(|g| g * g).sum::<f32>().sqrt();
            let random = normals("direction", gradient.len(), (gradient.len() as f32).powf(-0.5));
            // Half along the gradient, half at random: a purely random direction is nearly orthogonal to it.
            let direction: Vec<f32> = gradient
                .iter()
                .zip(&random)
                .map(|(g, r)| 0.7 * g / norm + 0.7 * r)
                .collect();
            let along = |amount: f32| {
                let mut moved = start.clone();
                let values = &mut moved.get_mut(view).unwrap().data;
                values.iter_mut().zip(&direction).for_each(|(v, d)| *v += amount * d);
                let moved = params::restore(model.clone(), moved, &device).unwrap();
                host_values(measure(&params::trainable(moved)).1.detach()).unwrap()[0]
            };
            let step = 4e-3;
            let measured = (along(step) - along(-step)) / (2.0 * step);
            let expected: f32 = gradient.iter().zip(&direction).map(|(g, d)| g * d).sum();
            assert!(
                (measured - expected).abs() <= 0.02 * expected.abs(),
                "{view}, {tokens} vectors: {measured} against {expected}"
            );
        }
    }
}

const PICTURES: usize = 6;
const PATCHES: usize = 9;

/// Features of pictures drawn at random, of unit length.
fn store(root: &std::path::Path, embed: usize) -> (FeatureStore, Vec<Item>) {
    let preprocess = Preprocess {
        mode: Mode::Stretch,
        size: 24,
        mean: [0.5; 3],
        std: [0.5; 3],
    };
    let key = FeatureKey {
        model: "random".to_owned(),
        preprocess,
        patch_features: Some(crate::clip::vision::PatchFeatures::Value),
        precision: Precision::F32,
    };
    let mut store = FeatureStore::open(root, &key, embed, PATCHES).unwrap();
    let unit = |purpose: String, rows: usize| -> Vec<f32> {
        let mut values = normals(&purpose, rows * embed, 1.0);
        for row in values.chunks_exact_mut(embed) {
            let norm = row.iter().map(|v| v * v).sum::<f32>().sqrt();
            row.iter_mut().for_each(|v| *v /= norm);
        }
        values
    };
    let mut items = Vec::new();
    for picture in 0..PICTURES {
        let hash = format!("picture {picture}");
        let record = Record {
            cls: unit(format!("cls {picture}"), 1),
            patches: unit(format!("patches {picture}"), PATCHES),
            padding: (0..PATCHES).map(|j| picture == 2 && j > 6).collect(),
        };
        store.append(&[(hash.clone(), record)]).unwrap();
        items.push(Item {
            id: picture as i64,
            path: Default::default(),
            hash,
        });
    }
    (store, items)
}

/// Losses and gradients of a batch as the trainer computes them in so many parts.
fn measured(stage: &Stage2<'_>, model: &Prompts, parts: usize) -> (Vec<f32>, BTreeMap<String, Vec<f32>>) {
    let batch = stage.load(0, &(0..PICTURES).collect::<Vec<_>>());
    assert_eq!(stage.outcome(&batch).0, PICTURES);
    let (mut values, mut all) = (vec![0.0; 2], BTreeMap::<String, Vec<f32>>::new());
    let shards = stage.shards(&batch, parts);
    assert_eq!(shards.len(), stage.parts.len().max(1).min(parts.max(1)), "{parts}");
    assert!((shards.iter().map(|s| s.cls).sum::<f64>() - 1.0).abs() < 1e-12);
    assert!((shards.iter().map(|s| s.extra).sum::<f64>() - 1.0).abs() < 1e-12);
    for shard in shards {
        let model = params::trainable(model.clone());
        let losses = stage.losses(&model, &shard.batch).unwrap();
        let (cls, sc) = (losses.cls.mul_scalar(shard.cls), losses.extra.mul_scalar(shard.extra));
        values[0] += host_values(cls.clone().detach()).unwrap()[0];
        values[1] += host_values(sc.clone().detach()).unwrap()[0];
        let total = cls + sc.mul_scalar(losses.lambda);
        for (name, gradient) in gradients_of(&model, &total.backward()) {
            let sum = all.entry(name).or_insert_with(|| vec![0.0; gradient.len()]);
            sum.iter_mut().zip(&gradient).for_each(|(s, g)| *s += g);
        }
    }
    (values, all)
}

#[test]
fn losses_and_gradients_of_parts_of_the_classes_add_up_to_the_plain_ones() {
    let (text, tokenizer) = (text_tower(), Tokenizer::new());
    let folder = tempfile::tempdir().unwrap();
    let (features, items) = store(folder.path(), random::tiny().0.embed);
    // Three times the labels, so that there are enough for parts.
    let labels: Vec<String> = ["", " at night", " in the snow"]
        .iter()
        .flat_map(|where_| SEVERAL.map(|label| format!("{label}{where_}")))
        .collect();
    let classes = labels.len();
    let truth: Vec<i8> = (0..PICTURES * classes)
        .map(|i| match (i * 7) % 11 {
            0 | 1 => 1,
            2 => -1,
            _ => 0,
        })
        .collect();
    let positives: Vec<usize> = (0..classes).map(|c| 1 + (c * 13) % 40).collect();
    let fixed = text.encode_labels(&tokenizer, &["a painting of the {c}.".to_owned()], &labels);
    let stage = |kind: LossKind, parts: usize, packing, shares: bool| {
        let frame = frame(&text, &labels, 4, ContextKind::Shared);
        let frame = if shares { frame } else { frame.without_sharing() };
        let settings = Settings {
            loss: kind,
            ..Settings::default()
        };
        Stage2 {
            items: items.clone(),
            truth: truth.clone(),
            features: &features,
            text: &text,
            parts: ClassPart::of(&frame, &text, &fixed, parts, packing),
            frame,
            fixed: fixed.clone(),
            loss: ClassificationLoss::new(kind, settings.db(), &positives, 50),
            fusion: Fusion { alpha: 0.4, top_k: 3 },
            device: Device::flex(),
            settings,
        }
    };
    let device = Device::flex().autodiff();
    let model = params::trainable(Prompts {
        contexts: contexts(&text, 4),
        calibration: Calibration::new(20.0, 0.01, &device),
    });
    for kind in [LossKind::Db, LossKind::Bce, LossKind::Asl] {
        let plain = stage(kind, 3, Packing::ByLength, false);
        assert!(plain.parts.is_empty());
        let (values, gradients) = measured(&plain, &model, 1);
        for (parts, packing) in [
            (1, Packing::Together),
            (1, Packing::ByLength),
            (2, Packing::ByLength),
            (3, Packing::ByLength),
        ] {
            let shared = stage(kind, parts, packing, true);
            assert_eq!(shared.parts.len(), parts);
            let found = measured(&shared, &model, parts);
            let what = format!("{kind:?}, {parts} parts");
            close(&what, &found.0, &values);
            assert_eq!(found.1.len(), gradients.len());
            for (name, expected) in &gradients {
                close(&format!("{what}, {name}"), &found.1[name], expected);
            }
            assert!(found == measured(&shared, &model, parts), "{what}: again, bit for bit");
        }
        // A device that computes one part at a time is asked for all classes.
        let three = stage(kind, 3, Packing::ByLength, true);
        close("all at once", &measured(&three, &model, 1).0, &values);
    }
}
