//! Restoring the loop's state from checkpoints, and saving it.

use super::{Plan, State, TrainError};
use crate::compute::ComputeError;
use crate::train::checkpoint::{self, Best, Content, Progress, Saved, Tensors};
use crate::train::optimizer::AdamW;
use crate::train::params;
use burn::module::Module;
use burn::tensor::Device;

/// The state where the run stopped, or the start: restores `fresh` from the newest checkpoint of the run's folder.
///
/// # Errors
/// [`TrainError`] where a checkpoint exists and does not fit.
pub fn resume<M: Module>(
    plan: &Plan,
    fresh: M,
    device: &Device,
    warn: &mut dyn FnMut(String),
) -> Result<(State<M>, bool), TrainError> {
    let mut optimizer = AdamW::new(plan.clip_norm);
    if !checkpoint::exists(&plan.folder) {
        let model = params::trainable(fresh);
        let average = (plan.ema > 0.0).then(|| params::constant(model.clone()));
        let state = State {
            model,
            average,
            optimizer,
            step: 0,
            progress: Progress::default(),
        };
        return Ok((state, false));
    }
    let (saved, warnings) = checkpoint::load_newest(&plan.folder)?;
    // What is damaged may name others, and be restored.
    if warnings.is_empty() {
        checkpoint::tidy(&plan.folder);
    }
    let Saved {
        step,
        finished,
        progress,
        ..
    } = saved;
    warnings.into_iter().for_each(warn);
    let restore = |tensors| params::restore(fresh.clone(), tensors, device).map_err(TrainError::Foreign);
    let average = match (plan.ema > 0.0, saved.average) {
        (true, Some(average)) => Some(params::constant(restore(average)?)),
        (true, None) if !finished => {
            return Err(TrainError::Foreign("it holds no moving average".to_owned()));
        }
        _ => None,
    };
    let model = params::trainable(restore(saved.model)?);
    if let Some(moments) = saved.optimizer {
        optimizer
            .restore(moments, &device.clone().without_autodiff())
            .map_err(TrainError::Foreign)?;
    }
    let state = State {
        model,
        average,
        optimizer,
        step,
        progress,
    };
    Ok((state, finished))
}

/// Notes an epoch that was better than all before it, and keeps its parameters where that is asked for.
pub fn note_epoch<M: Module>(
    plan: &Plan,
    stage: u8,
    state: &mut State<M>,
    epoch: usize,
    map: Option<f64>,
) -> Result<(), TrainError> {
    let Some(map) = map.filter(|map| Best::is_beaten(state.progress.best.as_ref(), *map)) else {
        return Ok(());
    };
    if plan.keep_best {
        let model = finite(params::collect(state.shown())).map_err(|source| TrainError::Compute {
            stage,
            step: state.step,
            source,
        })?;
        checkpoint::save_best(&plan.folder, state.step, &model)?;
    }
    state.progress.best = Some(Best {
        epoch,
        step: state.step,
        map,
        kept: plan.keep_best,
    });
    Ok(())
}

pub fn save<M: Module>(plan: &Plan, stage: u8, state: &State<M>, finished: bool) -> Result<String, TrainError> {
    let at = |source| TrainError::Compute {
        stage,
        step: state.step,
        source,
    };
    let collect = |model: &M| finite(params::collect(model)).map_err(at);
    // Nothing is trained after the last step: the average becomes the model.
    let model = collect(if finished { state.shown() } else { &state.model })?;
    let average = match &state.average {
        Some(average) if !finished => Some(collect(average)?),
        _ => None,
    };
    let moments = if finished {
        None
    } else {
        Some(state.optimizer.save().map_err(at)?)
    };
    let content = Content {
        model: &model,
        optimizer: moments.as_ref(),
        average: average.as_ref(),
    };
    Ok(checkpoint::save(&plan.folder, state.step, &content, &state.progress)?)
}

/// Refuses parameters that are not finite: they would spoil every later resume.
fn finite(tensors: Result<Tensors, ComputeError>) -> Result<Tensors, ComputeError> {
    let tensors = tensors?;
    let mut values = tensors.values().flat_map(|tensor| &tensor.data);
    if values.any(|value| !value.is_finite()) {
        let what = "a parameter".to_owned();
        return Err(ComputeError::NotFinite { what });
    }
    Ok(tensors)
}
