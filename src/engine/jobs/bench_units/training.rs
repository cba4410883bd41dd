//! Steps of both stages with the default settings, as the trainer does them: pictures or features are read, losses, gradients, update.

use super::subject::Subject;
use super::{Timed, median};
use crate::clip::vision::PatchFeatures;
use crate::compute::{Compute, Kind};
use crate::engine::event::{Benchmark, UnitOfWork};
use crate::engine::{Context, Event, Failure};
use crate::method::losses::ClassificationLoss;
use crate::method::prompts::{ContextPlan, Contexts, PromptFrame};
use crate::method::score::Fusion;
use crate::method::student::{Calibration, INITIAL_SCALE};
use crate::train::loader::Loader;
use crate::train::schedule::Schedule;
use crate::train::stage1::{DualView, Stage1};
use crate::train::stage2::{ClassPart, Prompts, Stage2};
use crate::train::trainer::{Plan, Stage, try_steps};
use burn::tensor::Device;

/// A step of Stage 1 from files on. The CPU computes a few of its pictures at once, so that the memory stays that of a usual machine.
pub(super) fn stage_one(subject: &Subject, compute: &Compute, context: &mut Context<'_>) -> Result<(), Failure> {
    let scale = subject.scale;
    let config = &subject.tagger.config;
    let vision = &config.student.vision;
    let templates = subject.settings.templates();
    let stage = Stage1 {
        settings: subject.settings.clone(),
        loader: Loader {
            items: subject.items(scale.batch_1),
            preprocess: config.preprocess(),
            teacher: None,
            patch: vision.patch,
            grid: vision.grid(),
        },
        truth: subject.truth(scale.batch_1),
        teacher: subject.directions(scale.batch_1),
        tower: None,
        layers: vision.layers,
        half: false,
        text: subject
            .text
            .encode_labels(&subject.tokenizer, &templates, &subject.labels),
        loss: loss(subject, scale.batch_1),
        fusion: fusion(subject),
        patch_features: PatchFeatures::Token,
        seed: subject.seed,
        device: compute.device().clone(),
    };
    let training = compute.training_device();
    let plan = Plan {
        micro_batch: (compute.kind == Kind::Cpu).then_some(scale.at_once),
        ..plan(subject, compute, scale.batch_1, scale.batch_1)
    };
    let timed = Timed::of(|| {
        let model = DualView {
            student: subject.tagger.build(&training)?,
            calibration: Calibration::new(INITIAL_SCALE, 0.0, &training),
        };
        steps(&stage, &plan, model, &training, scale.steps_1, context)
    })?;
    timed.tell(context, "stage1_step", timed.median(), "s");
    Ok(())
}

/// How Stage 2 computes its prompts.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// As a training does: the shared context once for each view, on the CPU parts of the labels at the same time.
    Shared,
    /// The same without parts: what sharing alone brings.
    OnePart,
    /// Every prompt whole.
    Plain,
}

/// A step of Stage 2 from cached features on, in each [`Way`].
pub(super) fn stage_two(subject: &Subject, compute: &Compute, context: &mut Context<'_>) -> Result<(), Failure> {
    let scale = subject.scale;
    let shared = stage_two_in(subject, compute, scale.steps_2, Way::Shared, context)?;
    shared.tell(context, "stage2_epoch", shared.seconds.iter().sum(), "s");
    shared.tell(context, "stage2_step", shared.median(), "s");
    let one_part = stage_two_in(subject, compute, scale.steps_2_other, Way::OnePart, context)?;
    one_part.tell(context, "stage2_step_one_part", one_part.median(), "s");
    let plain = stage_two_in(subject, compute, scale.steps_2_other, Way::Plain, context)?;
    plain.tell(context, "stage2_step_plain", plain.median(), "s");
    context.emit(Event::Bench(Benchmark::Unit(UnitOfWork {
        unit: "stage2_plain_to_shared".to_owned(),
        value: median(&plain.seconds) / median(&shared.seconds),
        per: "times".to_owned(),
        samples: plain.seconds.len().min(shared.seconds.len()),
        peak_memory_mb: None,
    })));
    Ok(())
}

fn stage_two_in(
    subject: &Subject,
    compute: &Compute,
    count: usize,
    way: Way,
    context: &mut Context<'_>,
) -> Result<Timed, Failure> {
    let scale = subject.scale;
    let (s, text, device) = (&subject.settings, &subject.text, compute.device());
    let images = scale.steps_2 * scale.batch_2;
    let positives = subject.positives(images);
    let (tokenizer, labels) = (&subject.tokenizer, &subject.labels);
    let frame = PromptFrame::new(text, tokenizer, labels, s.context_tokens, s.context, &positives, device);
    let frame = match way {
        Way::Plain => frame.without_sharing(),
        Way::Shared | Way::OnePart => frame,
    };
    let fixed = text.encode_labels(tokenizer, &s.templates(), labels);
    let stage = Stage2 {
        settings: s.clone(),
        items: subject.cached(images),
        truth: subject.truth(images),
        features: &subject.store,
        text,
        parts: ClassPart::on(&frame, text, &fixed, compute),
        frame,
        fixed,
        loss: loss(subject, images),
        fusion: fusion(subject),
        device: device.clone(),
    };
    let training = compute.training_device();
    let contexts = ContextPlan {
        kind: s.context,
        init: s.context_init,
        tokens: s.context_tokens,
    };
    let contexts = Contexts::start(text, tokenizer, contexts, labels.len(), subject.seed, &training)
        .map_err(|message| Failure::new(message, "Report this as a bug."))?;
    let model = Prompts {
        contexts,
        calibration: Calibration::new(INITIAL_SCALE, 0.0, &training),
    };
    let plan = plan(subject, compute, images, scale.batch_2);
    let plan = Plan {
        parts: if way == Way::OnePart { 1 } else { plan.parts },
        ..plan
    };
    Timed::of(|| steps(&stage, &plan, model, &training, count, context))
}

fn loss(subject: &Subject, images: usize) -> ClassificationLoss {
    let s = &subject.settings;
    ClassificationLoss::new(s.loss, s.db(), &subject.positives(images), images)
}

fn fusion(subject: &Subject) -> Fusion {
    Fusion {
        alpha: subject.settings.alpha,
        top_k: subject.tagger.config.top_k,
    }
}

fn plan(subject: &Subject, compute: &Compute, images: usize, batch: usize) -> Plan {
    let s = &subject.settings;
    // One epoch more than is measured: the first step warms up.
    let schedule = Schedule::new(images, batch, 2, None, s.warmup);
    Plan {
        batch,
        shuffle: s.shuffle,
        seed: subject.seed,
        clip_norm: s.clip_norm,
        parts: compute.parts(),
        ..Plan::new(subject.folder.path().join("run"), schedule, compute.device().clone())
    }
}

/// Seconds of `count` steps after one that warms up.
fn steps<S: Stage>(
    stage: &S,
    plan: &Plan,
    model: S::Model,
    training: &Device,
    count: usize,
    context: &Context<'_>,
) -> Result<Vec<f64>, Failure> {
    let seconds = try_steps(stage, plan, model, training, count + 1, &|| context.cancelled())?;
    context.check_cancelled()?;
    if seconds.len() != count + 1 {
        return Err(Failure::new(
            format!("{} of {} steps of the benchmark were done", seconds.len(), count + 1),
            "Report this as a bug.",
        ));
    }
    Ok(seconds[1..].to_vec())
}
