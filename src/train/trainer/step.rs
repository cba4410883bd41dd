//! One step: losses and gradients of a batch in as many parts as the memory wants, then the update.

use super::fault::FaultKind;
use super::{Hooks, Plan, Shard, Stage, State};
use crate::compute::{ComputeError, panic_text};
use crate::method::score::host_values;
use crate::train::loader::on_threads;
use crate::train::optimizer::{Group, NamedGradients};
use crate::train::params;
use burn::tensor::Tensor;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Factor on the loss that a half-precision stage starts with, and its bounds.
const SCALE: (f32, f32, f32) = (4096.0, 1.0, 65_536.0);

/// Steps without an overflow after which the factor doubles.
const SCALE_GROWS: usize = 200;

/// The losses of a batch on the host.
#[derive(Clone, Copy, Debug, Default)]
pub struct Values {
    pub total: f32,
    pub cls: f32,
    /// The other loss, unweighted.
    pub extra: f32,
    /// The second other loss, unweighted.
    pub second: Option<f32>,
}

impl Values {
    fn plus(self, other: Self) -> Self {
        Self {
            total: self.total + other.total,
            cls: self.cls + other.cls,
            extra: self.extra + other.extra,
            second: match (self.second, other.second) {
                (Some(a), Some(b)) => Some(a + b),
                (a, b) => a.or(b),
            },
        }
    }
}

/// Losses of a batch, and gradients times the loss's scale.
struct Computed {
    values: Values,
    gradients: NamedGradients,
    norm: f64,
}

/// Computes the losses of a batch and updates the state with their gradients. Where the memory does not hold the batch, half as much
/// is computed at once, with the same batch; where half precision overflows, the update is left out and the loss scaled less.
///
/// # Errors
/// [`ComputeError`]; the state is lost with it, and the newest checkpoint holds the last one worth keeping.
pub fn advance<S: Stage>(
    stage: &S,
    plan: &Plan,
    mut state: State<S::Model>,
    (step, batch, count): (usize, &S::Batch, usize),
    micro_batch: &mut Option<usize>,
    factor: f64,
    hooks: &mut dyn Hooks<S::Model>,
) -> Result<(State<S::Model>, Values), ComputeError> {
    let (scale, since) = match (stage.is_half(), state.progress.loss_scale) {
        (false, _) => (1.0, 0),
        (true, known) => known.unwrap_or((SCALE.0, 0)),
    };
    let computed = loop {
        let size = micro_batch.unwrap_or(count).clamp(1, count);
        let attempt = || learn(stage, plan, &state.model, (step, batch), size, count, scale);
        let error = match catch_unwind(AssertUnwindSafe(attempt)) {
            Ok(Err(error)) if error.is_out_of_memory() && size > 1 => error,
            Ok(result) => break result?,
            Err(panic) => {
                let text = panic_text(&panic);
                if size == 1 || !ComputeError::speaks_of_memory(&text) {
                    resume_unwind(panic);
                }
                if !answers(plan) {
                    // The runtime is gone, and with it this process; whoever goes on finds what to do in the run's folder.
                    hooks.memory(step, size, size.div_ceil(2));
                    resume_unwind(panic);
                }
                ComputeError::Execution(text)
            }
        };
        tracing::warn!(%error, size, "the batch does not fit");
        let next = size.div_ceil(2);
        hooks.memory(step, size, next);
        *micro_batch = Some(next);
    };
    let Computed {
        values,
        gradients,
        norm,
    } = computed;
    if stage.is_half() {
        if !(values.total.is_finite() && norm.is_finite()) && scale > SCALE.1 {
            state.progress.loss_scale = Some(((scale / 2.0).max(SCALE.1), 0));
            return Ok((state, values));
        }
        let grows = since + 1 >= SCALE_GROWS;
        let next = if grows { (scale * 2.0).min(SCALE.2) } else { scale };
        state.progress.loss_scale = Some((next, if grows { 0 } else { since + 1 }));
    }
    if !values.total.is_finite() {
        // The update before this step may have made it so: the checkpoint before stays the newest.
        return Err(ComputeError::NotFinite {
            what: "the loss".to_owned(),
        });
    }
    let grouping = |path: &str, rank| {
        let Group { lr, decay } = stage.group(path, rank);
        Group {
            lr: lr * stage.share(path, step),
            decay,
        }
    };
    state.model = state
        .optimizer
        .step_scaled(state.model, gradients, (norm, f64::from(scale)), &grouping, factor)?;
    if let Some(average) = state.average.take() {
        // As the average begins with the start, it follows fast at first.
        let decay = plan.ema.min((1.0 + step as f64) / (10.0 + step as f64));
        state.average = Some(params::blend(average, &state.model, decay));
    }
    Ok((state, values))
}

/// Whether the device still computes.
fn answers(plan: &Plan) -> bool {
    if plan.fault.is_some_and(|fault| fault.kind == FaultKind::Lost) {
        return false;
    }
    let probe = || host_values(Tensor::<1>::ones([4], &plan.device).mul_scalar(2.0));
    matches!(catch_unwind(AssertUnwindSafe(probe)), Ok(Ok(values)) if values == [2.0; 4])
}

/// The losses of a batch and the gradients of the total. At most `size` pictures are computed at once. On the CPU each part of them
/// has a thread: much of a small transformer is element by element, which the tensor library computes on one core.
fn learn<S: Stage>(
    stage: &S,
    plan: &Plan,
    model: &S::Model,
    (step, batch): (usize, &S::Batch),
    size: usize,
    count: usize,
    scale: f32,
) -> Result<Computed, ComputeError> {
    if let Some(fault) = plan.fault.filter(|fault| fault.strikes(step, size)) {
        let words = format!("out of memory, as a test asks: {size} pictures at once");
        match fault.kind {
            FaultKind::Memory => return Err(ComputeError::Execution(words)),
            FaultKind::Panic | FaultKind::Lost => std::panic::panic_any(words),
        }
    }
    let one = |shard: &Shard<'_, S::Batch>, model: &S::Model| -> Result<(Values, NamedGradients), ComputeError> {
        let losses = stage.losses(model, &shard.batch)?;
        let cls = losses.cls.mul_scalar(shard.cls);
        let extra = losses.extra.mul_scalar(shard.extra);
        let mut total = cls.clone() + extra.clone().mul_scalar(losses.lambda);
        let mut parts = vec![cls, extra];
        if let Some((second, lambda)) = losses.second {
            let second = second.mul_scalar(shard.extra);
            total = total + second.clone().mul_scalar(lambda);
            parts.push(second);
        }
        parts.insert(0, total.clone());
        let values = host_values(Tensor::cat(parts, 0).detach())?;
        let total = if scale == 1.0 { total } else { total.mul_scalar(scale) };
        let gradients = NamedGradients::take(model, &mut total.backward());
        let values = Values {
            total: values[0],
            cls: values[1],
            extra: values[2],
            second: values.get(3).copied(),
        };
        Ok((values, gradients))
    };
    let micro_batches = if size < count {
        stage.micro_batches(batch, size)
    } else {
        vec![Shard::whole(batch)]
    };
    let (mut sums, mut all) = (Values::default(), NamedGradients::default());
    for micro in &micro_batches {
        let mut shards = stage.shards(&micro.batch, plan.parts);
        for shard in &mut shards {
            (shard.cls, shard.extra) = (shard.cls * micro.cls, shard.extra * micro.extra);
        }
        let results = if let [shard] = shards.as_slice() {
            vec![one(shard, model)]
        } else {
            // Leaves of its own keep the shards' graphs apart.
            on_threads(shards, |shard| one(&shard, &params::trainable(model.clone())))
        };
        for result in results {
            let (values, gradients) = result?;
            sums = sums.plus(values);
            all = all.plus(gradients);
        }
    }
    // What does not learn yet does not count in the norm either.
    all.keep(|path| stage.share(path, step) > 0.0);
    let norm = all.norm()? / f64::from(scale);
    Ok(Computed {
        values: sums,
        gradients: all,
        norm,
    })
}
