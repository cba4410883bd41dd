//! Losses and the dual-view score with their gradients equal a PyTorch reference, within 1e-5.

use crate::support::{close, json, paired, tensors};
use burn::tensor::{Device, Tensor, TensorData};
use patchlight::clip::checkpoint::RawTensor;
use patchlight::compute::Compute;
use patchlight::method::evidence;
use patchlight::method::losses::{ClassificationLoss, DbParameters, Distillation, LossKind, semantic_consistency};
use patchlight::method::score::{self, Fusion, host_values};
use patchlight::train::schedule::Schedule;
use serde_json::Value;
use std::collections::BTreeMap;

const ALLOWED: f32 = 1e-5;

struct Case<'a> {
    about: &'a Value,
    tensors: &'a BTreeMap<String, RawTensor>,
    device: Device,
}

impl Case<'_> {
    fn name(&self) -> &str {
        self.about["name"].as_str().unwrap()
    }

    fn raw(&self, key: &str) -> &RawTensor {
        &self.tensors[&format!("{}.{key}", self.name())]
    }

    fn number(&self, key: &str) -> f64 {
        self.about[key].as_f64().unwrap()
    }

    fn tensor<const D: usize>(&self, key: &str) -> Tensor<D> {
        let raw = self.raw(key);
        Tensor::from_data(TensorData::new(raw.data.clone(), raw.shape.clone()), &self.device)
    }

    fn leaf<const D: usize>(&self, key: &str) -> Tensor<D> {
        self.tensor(key).require_grad()
    }

    fn constant<const D: usize>(&self, key: &str) -> Tensor<D> {
        let raw = self.raw(key);
        let device = self.device.clone().without_autodiff();
        Tensor::from_data(TensorData::new(raw.data.clone(), raw.shape.clone()), &device)
    }

    fn check_value(&self, value: &Tensor<1>) {
        let value = host_values(value.clone().detach()).unwrap();
        close(self.name(), &value, &[self.number("value") as f32], ALLOWED);
    }

    fn check_gradient<const D: usize>(&self, key: &str, leaf: &Tensor<D>, gradients: &burn::tensor::Gradients) {
        let found = host_values(leaf.grad(gradients).expect("a gradient")).unwrap();
        close(
            &format!("{} gradient of {key}", self.name()),
            &found,
            &self.raw(&format!("grad_{key}")).data,
            ALLOWED,
        );
    }
}

fn classification(case: &Case<'_>, kind: LossKind) {
    let z = case.leaf::<2>("z");
    let truth: Vec<i8> = case.raw("y").data.iter().map(|v| *v as i8).collect();
    let number = |key: &str| case.about.get(key).and_then(Value::as_f64).unwrap_or(1.0);
    let db = DbParameters {
        tau: number("tau"),
        beta: number("beta"),
        mu: number("mu"),
        kappa: number("kappa"),
        lambda: number("lambda"),
        focal: case.about.get("focal").and_then(Value::as_bool).unwrap_or(false),
    };
    let positives: Vec<usize> = match case.about.get("n_c") {
        Some(counts) => serde_json::from_value(counts.clone()).unwrap(),
        None => vec![1; z.dims()[1]],
    };
    let images = case.about.get("n_train").and_then(Value::as_u64).unwrap_or(1) as usize;
    let value = ClassificationLoss::new(kind, db, &positives, images).forward(z.clone(), &truth);
    case.check_value(&value);
    case.check_gradient("z", &z, &value.backward());
}

fn dual_view(case: &Case<'_>) {
    let (cls, patches) = (case.leaf::<2>("f_cls"), case.leaf::<3>("f_patch"));
    let (global, local) = (case.leaf::<2>("t_g"), case.leaf::<2>("t_l"));
    let [batch, count, _] = patches.dims();
    let top_k = (case.number("top_k") as usize).clamp(1, count);
    let padding: Option<Vec<bool>> = case
        .tensors
        .get(&format!("{}.valid", case.name()))
        .map(|valid| valid.data.iter().map(|v| *v == 0.0).collect());
    let fusion = Fusion {
        alpha: case.number("alpha"),
        top_k,
    };
    let scores = score::dual_view(
        cls.clone(),
        patches.clone(),
        global.clone(),
        local.clone(),
        fusion,
        padding.as_deref(),
    )
    .unwrap();
    for (key, tensor) in [("s", &scores.fused), ("s_g", &scores.global), ("s_l", &scores.local)] {
        let host = host_values(tensor.clone().detach()).unwrap();
        close(&format!("{} {key}", case.name()), &host, &case.raw(key).data, ALLOWED);
    }
    // The same patches, in the same order.
    let similarity = patches
        .clone()
        .detach()
        .matmul(local.clone().detach().transpose().unsqueeze::<3>());
    let classes = local.dims()[0];
    let similarity = host_values(similarity).unwrap();
    let index = &case.raw("index").data;
    for b in 0..batch {
        let padding = padding.as_ref().map(|p| &p[b * count..(b + 1) * count]);
        for c in 0..classes {
            let mut found: Vec<f32> =
                evidence::top_k(|j| similarity[(b * count + j) * classes + c], count, top_k, padding)
                    .into_iter()
                    .map(|j| j as f32)
                    .collect();
            found.resize(top_k, -1.0);
            let start = (b * classes + c) * top_k;
            assert_eq!(
                found,
                index[start..start + top_k],
                "{} picture {b} class {c}",
                case.name()
            );
        }
    }
    let value = (scores.fused * case.constant::<2>("weight")).sum();
    case.check_value(&value);
    let gradients = value.backward();
    // A view with weight 0 has no gradient to compare.
    if fusion.alpha > 0.0 {
        case.check_gradient("f_cls", &cls, &gradients);
        case.check_gradient("t_g", &global, &gradients);
    }
    if fusion.alpha < 1.0 {
        case.check_gradient("f_patch", &patches, &gradients);
        case.check_gradient("t_l", &local, &gradients);
    }
}

#[test]
fn values_and_gradients_equal_pytorch() {
    let cases = json("losses.json");
    let tensors = tensors("losses.safetensors");
    let cases = cases.as_array().or_else(|| cases["cases"].as_array()).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for about in cases {
        let case = Case {
            about,
            tensors: &tensors,
            device: Compute::cpu().training_device(),
        };
        let kind = about["kind"].as_str().unwrap();
        seen.insert(kind.to_owned());
        match kind {
            "db" => classification(&case, LossKind::Db),
            "bce" => classification(&case, LossKind::Bce),
            "asl" => classification(&case, LossKind::Asl),
            "kd" => {
                let kd: Distillation = serde_json::from_value(about["kd"].clone()).unwrap();
                let f = case.leaf::<2>("f");
                let value = kd.forward(f.clone(), case.constant("teacher"));
                case.check_value(&value);
                case.check_gradient("f", &f, &value.backward());
            }
            "sc" => {
                let t = case.leaf::<2>("t_g");
                let value = semantic_consistency(t.clone(), case.constant("t0"));
                case.check_value(&value);
                case.check_gradient("t_g", &t, &value.backward());
            }
            "dual_view" => dual_view(&case),
            "top_k" => {
                let (n, k) = (about["n"].as_array().unwrap(), about["k"].as_array().unwrap());
                for (n, k) in paired(n, k) {
                    assert_eq!(
                        evidence::default_top_k(n.as_u64().unwrap() as usize) as u64,
                        k.as_u64().unwrap(),
                        "N = {n}"
                    );
                }
            }
            "schedule" => {
                let steps = about["steps"].as_u64().unwrap() as usize;
                let schedule = Schedule::new(steps, 1, 1, None, case.number("warmup"));
                for (step, factor) in about["factors"].as_array().unwrap().iter().enumerate() {
                    assert!(
                        (schedule.factor(step) - factor.as_f64().unwrap()).abs() < 1e-12,
                        "{} step {step}",
                        case.name()
                    );
                }
            }
            other => panic!("no test for {other}"),
        }
    }
    assert_eq!(seen.len(), 8, "{seen:?}");
}

#[test]
fn losses_stay_finite_at_extreme_logits() {
    let device = Compute::cpu().training_device();
    for kind in [LossKind::Db, LossKind::Bce, LossKind::Asl] {
        for value in [-1e4f32, -80.0, 0.0, 80.0, 1e4] {
            let z = Tensor::<2>::from_floats([[value, -value]], &device).require_grad();
            let db = DbParameters {
                tau: 0.1,
                beta: 10.0,
                mu: 0.2,
                kappa: 0.05,
                lambda: 2.0,
                focal: true,
            };
            let loss = ClassificationLoss::new(kind, db, &[3, 0], 10).forward(z.clone(), &[1, 0]);
            let gradient = host_values(z.grad(&loss.backward()).unwrap()).unwrap();
            let loss = host_values(loss.detach()).unwrap();
            assert!(
                loss[0].is_finite() && gradient.iter().all(|g| g.is_finite()),
                "{kind:?} at {value}: {loss:?} {gradient:?}"
            );
        }
    }
}
