//! The loop on a stage of two numbers, whose every value can be known beforehand.

use super::*;
use crate::method::student::Calibration;
use crate::train::loader::Pixels;
use crate::train::params;
use crate::train::schedule::Schedule;
use burn::tensor::Device;

/// A stage whose loss is `slope * log_scale`: the gradient is `slope` in every step.
struct Toy {
    slope: f64,
    half: bool,
    device: Device,
}

impl Stage for Toy {
    type Model = Calibration;
    type Batch = Pixels;

    fn number(&self) -> u8 {
        1
    }

    fn images(&self) -> usize {
        1
    }

    fn load(&self, indices: &[usize], _: &[usize]) -> Pixels {
        Pixels {
            kept: indices.to_vec(),
            ..Pixels::default()
        }
    }

    fn outcome(&self, batch: &Pixels) -> (usize, Vec<(usize, String)>) {
        (batch.kept.len(), Vec::new())
    }

    fn micro_batches<'a>(&self, batch: &'a Pixels, _: usize) -> Vec<Shard<'a, Pixels>> {
        vec![Shard::whole(batch)]
    }

    fn is_half(&self) -> bool {
        self.half
    }

    fn losses(&self, model: &Calibration, _: &Pixels) -> Result<Losses, ComputeError> {
        let (log_scale, offset) = model.tensors();
        Ok(Losses {
            cls: log_scale.mul_scalar(self.slope),
            extra: offset.mul_scalar(0.0),
            lambda: 1.0,
            second: None,
        })
    }

    fn group(&self, _: &str, _: usize) -> Group {
        Group { lr: 0.1, decay: 0.0 }
    }

    fn reported_lr(&self) -> f64 {
        0.1
    }
}

/// Notes what is shown after each epoch, and answers with the mAPs that it was given.
#[derive(Default)]
struct Notes {
    maps: Vec<f64>,
    shown: Vec<f32>,
    kept: Vec<Kept>,
}

fn log_scale(model: &Calibration) -> f32 {
    params::collect(model).unwrap()["log_scale"].data[0]
}

impl Hooks<Calibration> for Notes {
    fn step(&mut self, _: &StepReport) {}

    fn epoch(&mut self, epoch: usize, model: &Calibration, _: Option<&Best>) -> Result<Option<f64>, TrainError> {
        self.shown.push(log_scale(model));
        Ok(self.maps.get(epoch).copied())
    }

    fn memory(&mut self, _: usize, _: usize, _: usize) {}

    fn kept(&mut self, kept: &Kept) {
        self.kept.push(kept.clone());
    }

    fn warning(&mut self, _: &str, _: String) {}

    fn should_stop(&mut self) -> bool {
        false
    }
}

fn plan(folder: &std::path::Path, epochs: usize) -> Plan {
    let schedule = Schedule::new(1, 1, epochs, None, 0.0);
    Plan::new(folder.to_owned(), schedule, Device::flex())
}

fn train(toy: &Toy, plan: &Plan, notes: &mut Notes) -> Result<Finish, TrainError> {
    let device = toy.device.clone().autodiff();
    let fresh = Calibration::from_log(1.0, 0.5, &device);
    let (state, finished) = resume(plan, fresh, &device, &mut |_| {})?;
    assert!(!finished);
    run(toy, plan, state, notes)
}

fn toy(slope: f64, half: bool) -> Toy {
    Toy {
        slope,
        half,
        device: Device::flex(),
    }
}

#[test]
fn an_overflow_leaves_the_step_out_and_halves_the_scale() {
    // Gradients of 1e16: times 4096 and times 2048 their squares overflow, times 1024 they do not.
    let folder = tempfile::tempdir().unwrap();
    let mut notes = Notes::default();
    train(&toy(1e16, true), &plan(folder.path(), 5), &mut notes).unwrap();
    assert_eq!(notes.shown[..2], [1.0, 1.0], "left out");
    assert!(notes.shown[2] < 0.99 && notes.shown[3] < notes.shown[2]);
    let (saved, _) = checkpoint::load_newest(folder.path()).unwrap();
    assert_eq!(saved.progress.loss_scale, Some((1024.0, 3)));
    // The scale does not change what is learned.
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut scaled, mut plain) = (Notes::default(), Notes::default());
    train(&toy(0.5, true), &plan(a.path(), 5), &mut scaled).unwrap();
    train(&toy(0.5, false), &plan(b.path(), 5), &mut plain).unwrap();
    assert_eq!((scaled.shown.len(), plain.shown.len()), (5, 5));
    for (a, b) in scaled.shown.iter().zip(&plain.shown) {
        assert!((a - b).abs() < 1e-6, "{a} against {b}");
    }
    // What is infinite at every scale ends the training, and the start is kept.
    let folder = tempfile::tempdir().unwrap();
    let error = train(
        &toy(f64::INFINITY, true),
        &plan(folder.path(), 40),
        &mut Notes::default(),
    )
    .unwrap_err();
    assert!(
        error.to_string().contains("step 12") && error.to_string().contains("not finite"),
        "{error}"
    );
    assert_eq!(checkpoint::load_newest(folder.path()).unwrap().0.step, 0);
}

#[test]
fn the_moving_average_follows_its_formula_and_is_resumed() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut plain, mut averaged) = (Notes::default(), Notes::default());
    train(&toy(0.5, false), &plan(a.path(), 6), &mut plain).unwrap();
    let with_average = Plan {
        ema: 0.3,
        checkpoint_every: Some(1),
        ..plan(b.path(), 6)
    };
    train(&toy(0.5, false), &with_average, &mut averaged).unwrap();
    let mut average = 1.0f32;
    assert_eq!((plain.shown.len(), averaged.shown.len()), (6, 6));
    for (step, (raw, found)) in plain.shown.iter().zip(&averaged.shown).enumerate() {
        let decay = 0.3f32.min((1.0 + step as f32) / (10.0 + step as f32));
        average = decay * average + (1.0 - decay) * raw;
        assert!(
            (average - found).abs() < 1e-6,
            "step {step}: {found}, expected {average}"
        );
    }
    let (used, _) = checkpoint::load_used(b.path(), true, checkpoint::Fallback::Refused).unwrap();
    assert_eq!(used.model["log_scale"].data[0], averaged.shown[5]);
    // From the checkpoint before the last step on: the same average.
    std::fs::remove_dir_all(b.path().join("checkpoints/00000006")).unwrap();
    let mut again = Notes::default();
    train(&toy(0.5, false), &with_average, &mut again).unwrap();
    assert_eq!(again.shown, averaged.shown[5..]);
}

#[test]
fn the_best_epoch_is_kept_and_waiting_ends_the_stage() {
    let folder = tempfile::tempdir().unwrap();
    let mut notes = Notes {
        maps: vec![10.0, 30.0, 20.0, 30.0, 29.0, 28.0, 99.0],
        ..Notes::default()
    };
    let patient = Plan {
        keep_best: true,
        early_stop: Some(4),
        ..plan(folder.path(), 7)
    };
    train(&toy(0.5, false), &patient, &mut notes).unwrap();
    assert_eq!(
        notes.shown.len(),
        6,
        "four epochs without a better one; an equal one is none"
    );
    let kept = Kept {
        epoch: 1,
        map: Some(30.0),
        best: true,
        stopped_early: true,
    };
    assert_eq!(notes.kept, [kept]);
    let (used, _) = checkpoint::load_used(folder.path(), true, checkpoint::Fallback::Refused).unwrap();
    assert_eq!(used.model["log_scale"].data[0], notes.shown[1]);
    assert!(used.finished);
}
