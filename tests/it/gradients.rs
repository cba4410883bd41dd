//! Gradients of what is trained: against finite differences, and (in `gpu.rs`) on the GPU against the CPU.

use crate::support::fixture;
use crate::towers::formula_pixels;
use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, FloatDType, Gradients, Tensor};
use patchlight::clip::checkpoint;
use patchlight::clip::model::Clip;
use patchlight::clip::tokenizer::Tokenizer;
use patchlight::clip::vision::PatchFeatures;
use patchlight::compute::Compute;
use patchlight::method::losses::{ClassificationLoss, DbParameters, Distillation, LossKind, semantic_consistency};
use patchlight::method::prompts::{ContextInit, ContextKind, ContextPlan, Contexts, PromptFrame};
use patchlight::method::score::{self, Fusion, host_values};
use patchlight::method::student::{Calibration, Student};
use patchlight::support::rng;
use patchlight::train::params;
use patchlight::train::stage1::DualView;
use patchlight::train::stage2::Prompts;
use std::collections::BTreeMap;

const LABELS: [&str; 4] = ["dog", "traffic_light", "cat", "bus"];
const TRUTH: [i8; 8] = [1, 0, -1, 1, 0, 1, 0, 0];
const POSITIVES: [usize; 4] = [40, 3, 12, 0];
const FUSION: Fusion = Fusion { alpha: 0.4, top_k: 3 };

/// Losses and gradients by parameter.
pub struct Measured {
    pub loss: f32,
    pub gradients: BTreeMap<String, Vec<f32>>,
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
            if let Some(gradient) = param.val().grad(self.gradients) {
                self.found.insert(self.path.name(), host_values(gradient).unwrap());
            }
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

fn db() -> ClassificationLoss {
    let parameters = DbParameters {
        tau: 0.1,
        beta: 10.0,
        mu: 0.2,
        kappa: 0.05,
        lambda: 2.0,
        focal: true,
    };
    ClassificationLoss::new(LossKind::Db, parameters, &POSITIVES, 50)
}

fn words() -> Vec<String> {
    LABELS.map(str::to_owned).to_vec()
}

fn tiny(input_size: Option<usize>, device: &Device) -> Clip {
    Clip::load(
        checkpoint::open(&fixture("checkpoints/tiny")).unwrap(),
        input_size,
        device,
    )
    .unwrap()
}

/// Stage 1 on two pictures of the tiny CLIP.
pub struct StageOne {
    compute: Compute,
    text: Tensor<2>,
    teacher: Tensor<2>,
    mode: PatchFeatures,
}

impl StageOne {
    pub fn new(compute: &Compute, mode: PatchFeatures) -> Self {
        let device = compute.device();
        let clip = tiny(None, device);
        let text = clip
            .text
            .encode_labels(&Tokenizer::new(), &["a photo of a {c}.".to_owned()], &words());
        // Not the student's own features: their distance would be 0, where L1 has no gradient.
        let other = Clip::load(
            checkpoint::open(&fixture("checkpoints/tiny")).unwrap(),
            Some(40),
            device,
        )
        .unwrap();
        let teacher = other
            .image
            .forward(Tensor::from_data(formula_pixels(40), device), mode)
            .cls;
        Self {
            compute: compute.clone(),
            text,
            teacher,
            mode,
        }
    }

    pub fn model(&self) -> DualView {
        let device = self.compute.training_device();
        let checkpoint = checkpoint::open(&fixture("checkpoints/tiny")).unwrap();
        let student = Student::from_clip(&checkpoint, 32, &device).unwrap();
        params::trainable(DualView {
            student,
            calibration: Calibration::new(20.0, 0.01, &device),
        })
    }

    pub fn loss(&self, model: &DualView) -> Tensor<1> {
        let pixels = Tensor::from_data(formula_pixels(32), self.compute.device());
        let f = model.student.forward(pixels, self.mode);
        let kd = Distillation::L1.forward(f.cls.clone(), self.teacher.clone());
        let scores = score::dual_view(f.cls, f.patches, self.text.clone(), self.text.clone(), FUSION, None).unwrap();
        db().forward(model.calibration.logits(scores.fused), &TRUTH) + kd.mul_scalar(10.0)
    }

    pub fn measure(&self) -> Measured {
        let model = self.model();
        let loss = self.loss(&model);
        let gradients = gradients_of(&model, &loss.backward());
        Measured {
            loss: host_values(loss.detach()).unwrap()[0],
            gradients,
        }
    }

    /// The same with the tower in 16-bit floats and the loss scaled, as `precision=f16` trains on a GPU.
    pub fn measure_half(&self) -> Measured {
        const SCALE: f32 = 4096.0;
        let model = self.model();
        let pixels = Tensor::<4>::from_data(formula_pixels(32), self.compute.device()).cast(FloatDType::F16);
        let f = params::half(model.student.clone()).forward(pixels, self.mode);
        let (cls, patches) = (f.cls.cast(FloatDType::F32), f.patches.cast(FloatDType::F32));
        let kd = Distillation::L1.forward(cls.clone(), self.teacher.clone());
        let scores = score::dual_view(cls, patches, self.text.clone(), self.text.clone(), FUSION, None).unwrap();
        let loss = db().forward(model.calibration.logits(scores.fused), &TRUTH) + kd.mul_scalar(10.0);
        let mut gradients = gradients_of(&model, &loss.clone().mul_scalar(SCALE).backward());
        gradients.values_mut().flatten().for_each(|g| *g /= SCALE);
        Measured {
            loss: host_values(loss.detach()).unwrap()[0],
            gradients,
        }
    }
}

/// Fails where half precision is further from single than its rounding explains: losses within a percent, gradients in one direction.
/// A patch that enters the top K in one and not in the other, or a sign of the L1 distance, turns single entries; a wrong formula
/// turns the whole.
pub fn near_in_half(single: &Measured, half: &Measured) {
    let off = (single.loss - half.loss).abs();
    assert!(off <= 0.01 * single.loss.abs(), "{} against {}", half.loss, single.loss);
    assert_eq!(
        single.gradients.keys().collect::<Vec<_>>(),
        half.gradients.keys().collect::<Vec<_>>()
    );
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
    let cosine = |a: &[f32], b: &[f32]| dot(a, b) / (dot(a, a) * dot(b, b)).sqrt().max(1e-30);
    let all = |m: &Measured| m.gradients.values().flatten().copied().collect::<Vec<f32>>();
    let (a, b) = (all(single), all(half));
    assert!(cosine(&a, &b) > 0.98, "all together: {}", cosine(&a, &b));
    let whole = dot(&a, &a).sqrt();
    for (name, a) in &single.gradients {
        let b = &half.gradients[name];
        // What is nearly nothing has no direction: a key's bias cancels out in the softmax.
        if dot(a, a).sqrt() > 1e-3 * whole {
            assert!(cosine(a, b) > 0.9, "{name}: {}", cosine(a, b));
        }
    }
}

#[test]
fn half_precision_is_near_single_where_the_cpu_can() {
    let cpu = Compute::cpu();
    if !cpu.supports_f16() {
        crate::skips::note("the CPU computes no 16-bit floats");
        return;
    }
    let stage = StageOne::new(&cpu, PatchFeatures::Token);
    near_in_half(&stage.measure(), &stage.measure_half());
}

/// Stage 2 on the same pictures: everything but the contexts and the calibration is frozen.
pub struct StageTwo {
    compute: Compute,
    clip: Clip,
    frame: PromptFrame,
    fixed: Tensor<2>,
    cls: Tensor<2>,
    patches: Tensor<3>,
    kind: ContextKind,
}

impl StageTwo {
    pub fn new(compute: &Compute, kind: ContextKind) -> Self {
        let device = compute.device();
        let clip = tiny(None, device);
        let tokenizer = Tokenizer::new();
        let frame = PromptFrame::new(&clip.text, &tokenizer, &words(), 4, kind, &POSITIVES, device);
        let fixed = clip
            .text
            .encode_labels(&tokenizer, &["a painting of the {c}.".to_owned()], &words());
        let features = clip
            .image
            .forward(Tensor::from_data(formula_pixels(32), device), PatchFeatures::Value);
        Self {
            compute: compute.clone(),
            frame,
            fixed,
            cls: features.cls,
            patches: features.patches,
            clip,
            kind,
        }
    }

    pub fn model(&self) -> Prompts {
        let device = self.compute.training_device();
        let tokenizer = Tokenizer::new();
        let contexts = Contexts::start(
            &self.clip.text,
            &tokenizer,
            ContextPlan {
                kind: self.kind,
                init: ContextInit::Phrase,
                tokens: 4,
            },
            LABELS.len(),
            0,
            &device,
        )
        .unwrap();
        params::trainable(Prompts {
            contexts,
            calibration: Calibration::new(20.0, 0.01, &device),
        })
    }

    pub fn loss(&self, model: &Prompts) -> Tensor<1> {
        let (global, local) = self.frame.encode(&self.clip.text, &model.contexts);
        let scores = score::dual_view(
            self.cls.clone(),
            self.patches.clone(),
            global.clone(),
            local,
            FUSION,
            None,
        )
        .unwrap();
        db().forward(model.calibration.logits(scores.fused), &TRUTH)
            + semantic_consistency(global, self.fixed.clone()).mul_scalar(10.0)
    }

    pub fn measure(&self) -> Measured {
        let model = self.model();
        let loss = self.loss(&model);
        let gradients = gradients_of(&model, &loss.backward());
        Measured {
            loss: host_values(loss.detach()).unwrap()[0],
            gradients,
        }
    }
}

/// Compares directional derivatives with central differences. The loss is computed in f32 (its noise is near 1e-7) and
/// curved, so the step is large and the tolerance 2 %: a wrong formula is off by much more.
fn check_differences<M: Module>(
    model: M,
    names: &[&str],
    gradients: &BTreeMap<String, Vec<f32>>,
    loss: impl Fn(&M) -> f32,
    step: f32,
) {
    let device = Compute::cpu().training_device();
    let values = params::collect(&model).unwrap();
    for name in names {
        let gradient = &gradients[*name];
        let norm = gradient.iter().map(|g| g * g).sum::<f32>().sqrt();
        assert!(norm > 1e-4, "{name} has no gradient");
        for trial in 0..3 {
            let mut rng = rng::stream(11, name, trial);
            // Half along the gradient, half at random: a purely random direction is nearly orthogonal to it.
            let random: Vec<f32> = gradient.iter().map(|_| rng::normal(&mut rng)).collect();
            let length = random.iter().map(|r| r * r).sum::<f32>().sqrt();
            let direction: Vec<f32> = gradient
                .iter()
                .zip(&random)
                .map(|(g, r)| 0.7 * g / norm + 0.7 * r / length)
                .collect();
            let along = |amount: f32| {
                let mut moved = values.clone();
                let tensor = moved.get_mut(*name).unwrap();
                for (value, d) in tensor.data.iter_mut().zip(&direction) {
                    *value += amount * d;
                }
                loss(&params::restore(model.clone(), moved, &device).unwrap())
            };
            let measured = (along(step) - along(-step)) / (2.0 * step);
            let expected: f32 = gradient.iter().zip(&direction).map(|(g, d)| g * d).sum();
            let off = (measured - expected).abs();
            assert!(
                off <= 0.02 * expected.abs().max(0.05 * norm),
                "{name}: {measured} against {expected}"
            );
        }
    }
}

#[test]
fn heads_and_calibration_follow_finite_differences() {
    let stage = StageOne::new(&Compute::cpu(), PatchFeatures::Token);
    let measured = stage.measure();
    let loss = |model: &DualView| host_values(stage.loss(model).detach()).unwrap()[0];
    let names = [
        "student.head_global.weight",
        "student.head_local.weight",
        "calibration.log_scale",
        "calibration.offset",
    ];
    check_differences(stage.model(), &names, &measured.gradients, loss, 2e-3);
}

#[test]
fn prompts_follow_finite_differences() {
    for kind in [ContextKind::Shared, ContextKind::PerClass, ContextKind::Rarity] {
        let stage = StageTwo::new(&Compute::cpu(), kind);
        let measured = stage.measure();
        let loss = |model: &Prompts| host_values(stage.loss(model).detach()).unwrap()[0];
        let mut names = vec!["contexts.global", "contexts.local"];
        if kind != ContextKind::Shared {
            names.extend(["contexts.global_offset", "contexts.local_offset"]);
        }
        check_differences(stage.model(), &names, &measured.gradients, loss, 2e-3);
    }
}

#[test]
fn stage_two_gives_no_gradient_to_the_frozen_network() {
    let stage = StageTwo::new(&Compute::cpu(), ContextKind::Shared);
    let names: Vec<String> = stage.measure().gradients.into_keys().collect();
    assert_eq!(
        names,
        [
            "calibration.log_scale",
            "calibration.offset",
            "contexts.global",
            "contexts.local"
        ]
    );
}
