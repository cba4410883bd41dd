//! The GPU path against the CPU path, values and gradients. Where wgpu finds no adapter at all the tests are skipped;
//! with `PATCHLIGHT_TEST_GPU=required` (as in CI, on llvmpipe) they fail.

use crate::gradients::{Measured, StageOne, StageTwo, near_in_half};
use crate::skips;
use crate::support::{Said, arg, fixture, paired, run, run_on, training_project};
use patchlight::clip::vision::PatchFeatures;
use patchlight::compute::{Compute, ComputeError, DeviceChoice};
use patchlight::method::prompts::ContextKind;

fn gpu() -> Option<Compute> {
    match Compute::open(DeviceChoice::Gpu) {
        Ok(compute) => Some(compute),
        Err(ComputeError::NoGpu) if std::env::var("PATCHLIGHT_TEST_GPU").as_deref() != Ok("required") => {
            skips::note("there is no Vulkan, Metal or DirectX adapter");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Sums run in another order on a GPU: a relative 1e-3 of the largest entry is its noise, a wrong kernel is far off.
fn same(what: &str, cpu: &Measured, gpu: &Measured) {
    assert!(
        (cpu.loss - gpu.loss).abs() <= 1e-4 * cpu.loss.abs().max(1.0),
        "{what}: {} against {}",
        cpu.loss,
        gpu.loss
    );
    assert_eq!(
        cpu.gradients.keys().collect::<Vec<_>>(),
        gpu.gradients.keys().collect::<Vec<_>>(),
        "{what}"
    );
    let largest = cpu.gradients.values().flatten().fold(0.0f32, |m, v| m.max(v.abs()));
    for (name, a) in &cpu.gradients {
        let b = &gpu.gradients[name];
        let scale = a.iter().fold(0.0f32, |m, v| m.max(v.abs())).max(1e-4 * largest);
        for (a, b) in paired(a, b) {
            assert!(
                (a - b).abs() <= 2e-3 * scale,
                "{what}, {name}: {a} on the CPU, {b} on the GPU"
            );
        }
    }
}

#[test]
fn stage_one_agrees_with_the_cpu() {
    let Some(gpu) = gpu() else { return };
    for mode in [PatchFeatures::Token, PatchFeatures::Value] {
        let cpu = StageOne::new(&Compute::cpu(), mode).measure();
        assert!(cpu.gradients.len() > 30, "every parameter of the student is trained");
        same(&format!("{mode}"), &cpu, &StageOne::new(&gpu, mode).measure());
    }
}

#[test]
fn half_precision_is_near_single() {
    let Some(gpu) = gpu() else { return };
    if !gpu.supports_f16() {
        skips::note(&format!("{} computes no 16-bit floats", gpu.name));
        return;
    }
    let cpu = StageOne::new(&Compute::cpu(), PatchFeatures::Token).measure();
    near_in_half(&cpu, &StageOne::new(&gpu, PatchFeatures::Token).measure_half());
}

#[test]
fn stage_two_agrees_with_the_cpu_through_the_frozen_tower() {
    let Some(gpu) = gpu() else { return };
    for kind in [ContextKind::Shared, ContextKind::Rarity] {
        let cpu = StageTwo::new(&Compute::cpu(), kind).measure();
        same(&format!("{kind:?}"), &cpu, &StageTwo::new(&gpu, kind).measure());
    }
}

#[test]
fn the_worker_trains_and_evaluates() {
    if gpu().is_none() {
        return;
    }
    let (_folder, project) = training_project();
    let set = [
        "--set",
        "shuffle=false",
        "--set",
        "augment=false",
        "--set",
        "precision=f32",
        "--set",
        "max_steps=4",
    ];
    let train = ["train", arg(&project), "--stage", "both", "--log-every", "1"];
    let on_gpu = run_on("gpu", &[&train[..], &set].concat()).well();
    let on_cpu = run(&[&train[..], &set].concat()).well();
    let losses = |said: &Said| -> Vec<f64> { said.of("step").iter().map(|s| s["loss"].as_f64().unwrap()).collect() };
    assert_eq!(losses(&on_gpu).len(), 8);
    for (a, b) in paired(losses(&on_gpu), losses(&on_cpu)) {
        assert!((a - b).abs() < 0.01 * b, "{a} on the GPU, {b} on the CPU");
    }
    let run_id = on_gpu.one("done")["run"].as_str().unwrap().to_owned();
    let metrics = run_on("gpu", &["evaluate", arg(&project), "--run", &run_id, "--split", "val"]).well();
    assert_eq!(metrics.one("metrics")["images"], 6);
}

#[test]
fn half_precision_trains_as_single_does() {
    let Some(gpu) = gpu() else { return };
    if !gpu.supports_f16() {
        skips::note(&format!("{} computes no 16-bit floats", gpu.name));
        return;
    }
    let set = ["shuffle=false", "augment=false", "max_steps=2", "batch_1=4"]
        .map(|s| ["--set", s])
        .concat();
    let losses = |device: &str, precision: &str| -> Vec<f64> {
        let (_folder, project) = training_project();
        let train = [
            "train",
            arg(&project),
            "--stage",
            "1",
            "--log-every",
            "1",
            "--set",
            precision,
        ];
        let said = run_on(device, &[&train[..], &set].concat()).well();
        said.of("step").iter().map(|s| s["loss"].as_f64().unwrap()).collect()
    };
    let (half, single) = (losses("gpu", "precision=f16"), losses("cpu", "precision=f32"));
    assert_ne!(half, single, "it was computed in 16 bits");
    for (a, b) in paired(&half, &single) {
        assert!((a - b).abs() < 0.02 * b, "{half:?} against {single:?}");
    }
}

#[test]
fn scores_agree_with_the_cpu() {
    if gpu().is_none() {
        return;
    }
    let model = fixture("checkpoints/tiny");
    let image = fixture("scores/plain.jpg");
    let arguments = ["score", "--model", arg(&model), "--labels", "dog,cat", arg(&image)];
    let (a, b) = (run(&arguments).well(), run_on("gpu", &arguments).well());
    let labels = |said: &Said| said.one("score")["labels"].as_array().unwrap().clone();
    for (a, b) in paired(labels(&a), labels(&b)) {
        assert!(
            (a["score"].as_f64().unwrap() - b["score"].as_f64().unwrap()).abs() < 1e-4,
            "{a} {b}"
        );
    }
}
