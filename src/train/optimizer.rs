//! AdamW over parameter groups with one gradient norm for all of them (METHOD section 6). The update itself is Burn's;
//! grouping by name, global clipping and a state that is saved and restored exactly are ours.

use super::params::Path;
use crate::clip::checkpoint::RawTensor;
use crate::compute::ComputeError;
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::{AdamWConfig, AdamWState, AdaptiveMomentumState, Optimizer};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Group {
    /// Peak learning rate.
    pub lr: f64,
    /// Decoupled weight decay.
    pub decay: f64,
}

/// Chooses the group of a parameter by its path and rank.
pub type Grouping<'a> = dyn Fn(&str, usize) -> Group + 'a;

/// The optimizer's state: two moments for each parameter, flattened, by path.
pub struct AdamW {
    states: BTreeMap<String, AdamWState<1>>,
    clip_norm: f64,
}

impl AdamW {
    /// A fresh optimizer that scales all gradients by min(1, clip_norm / (norm + 1e-6)).
    pub fn new(clip_norm: f64) -> Self {
        Self {
            states: BTreeMap::new(),
            clip_norm,
        }
    }

    /// One update of every parameter that has a gradient; rates are multiplied by `factor`.
    ///
    /// # Errors
    /// [`ComputeError::NotFinite`] where the gradient norm is not finite, [`ComputeError::Execution`] where the device
    /// fails. The module is consumed either way: go back to a checkpoint.
    pub fn step<M: Module>(
        &mut self,
        module: M,
        gradients: NamedGradients,
        grouping: &Grouping<'_>,
        factor: f64,
    ) -> Result<M, ComputeError> {
        let norm = gradients.norm()?;
        self.step_scaled(module, gradients, (norm, 1.0), grouping, factor)
    }

    /// The same with gradients that are `scale` times too large, and whose norm, without that scale, is known.
    ///
    /// # Errors
    /// [`ComputeError::NotFinite`] where the norm is not finite.
    pub fn step_scaled<M: Module>(
        &mut self,
        module: M,
        gradients: NamedGradients,
        (norm, scale): (f64, f64),
        grouping: &Grouping<'_>,
        factor: f64,
    ) -> Result<M, ComputeError> {
        if !norm.is_finite() {
            return Err(ComputeError::NotFinite {
                what: "the gradient norm".to_owned(),
            });
        }
        let scale = (self.clip_norm / (norm + 1e-6)).min(1.0) / scale;
        let mut update = Update {
            path: Path::default(),
            gradients,
            states: &mut self.states,
            grouping,
            factor,
            scale,
        };
        Ok(module.map(&mut update))
    }

    /// Host values for a checkpoint: `{path}.moment_1`, `{path}.moment_2`, `{path}.time`.
    ///
    /// # Errors
    /// [`ComputeError::Execution`] where the device fails.
    pub fn save(&self) -> Result<BTreeMap<String, RawTensor>, ComputeError> {
        let mut saved = BTreeMap::new();
        for (name, state) in &self.states {
            let momentum = &state.momentum;
            for (part, tensor) in [("moment_1", &momentum.moment_1), ("moment_2", &momentum.moment_2)] {
                let data = crate::method::score::host_values(tensor.clone())?;
                saved.insert(
                    format!("{name}.{part}"),
                    RawTensor {
                        shape: vec![data.len()],
                        data,
                    },
                );
            }
            // Exact up to 2^24 steps, far above any run.
            saved.insert(
                format!("{name}.time"),
                RawTensor {
                    shape: vec![1],
                    data: vec![momentum.time as f32],
                },
            );
        }
        Ok(saved)
    }

    /// Takes a saved state back. `device` is the one without differentiation.
    ///
    /// # Errors
    /// In words, where a part of a parameter's state is missing.
    pub fn restore(&mut self, mut saved: BTreeMap<String, RawTensor>, device: &Device) -> Result<(), String> {
        let names: Vec<String> = saved
            .keys()
            .filter_map(|name| name.strip_suffix(".time"))
            .map(str::to_owned)
            .collect();
        for name in names {
            let mut part = |part: &str| {
                saved
                    .remove(&format!("{name}.{part}"))
                    .ok_or_else(|| format!("{name}.{part} is missing"))
            };
            let place = |raw: RawTensor| Tensor::<1>::from_data(TensorData::new(raw.data, raw.shape), device);
            let time = part("time")?.data.first().copied().unwrap_or(0.0) as usize;
            let momentum = AdaptiveMomentumState::new(time, place(part("moment_1")?), place(part("moment_2")?));
            self.states.insert(name, AdamWState::new(momentum));
        }
        if saved.is_empty() {
            Ok(())
        } else {
            Err(format!("{} values belong to no parameter", saved.len()))
        }
    }
}

struct Update<'a> {
    path: Path,
    gradients: NamedGradients,
    states: &'a mut BTreeMap<String, AdamWState<1>>,
    grouping: &'a Grouping<'a>,
    factor: f64,
    scale: f64,
}

impl ModuleMapper for Update<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.enter(name);
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, value) = (param.id, param.val());
        let name = self.path.name();
        let Some(gradient) = self.gradients.0.remove(&name) else {
            return param;
        };
        let group = (self.grouping)(&name, D);
        let strategy = value.gradient_checkpointing_strategy();
        let shape = value.dims();
        let count = shape.iter().product::<usize>();
        // AdamW works element by element, so every state can be a flat vector whatever the parameter's rank.
        let flat = value.detach().without_autodiff().reshape([count]);
        let gradient = gradient.mul_scalar(self.scale);
        let optimizer = AdamWConfig::new()
            .with_beta_1(0.9)
            .with_beta_2(0.98)
            .with_epsilon(1e-8)
            .with_weight_decay(group.decay as f32)
            .build();
        let (updated, state) = optimizer.step(group.lr * self.factor, flat, gradient, self.states.remove(&name));
        if let Some(state) = state {
            self.states.insert(name, state);
        }
        let updated = Tensor::from_inner(updated.reshape(shape));
        // A fresh tensor has the default strategy; all parameters of a graph must have the same.
        let updated = match strategy {
            Some(strategy) => updated.with_gradient_checkpointing_strategy(strategy),
            None => updated,
        };
        Param::initialized(id, updated.require_grad())
    }
}

/// Gradients by the parameter's path, flattened, on the device without differentiation.
#[derive(Default)]
pub struct NamedGradients(BTreeMap<String, Tensor<1>>);

impl NamedGradients {
    pub fn take<M: Module>(module: &M, gradients: &mut Gradients) -> Self {
        struct Take<'a> {
            path: Path,
            gradients: &'a mut Gradients,
            found: BTreeMap<String, Tensor<1>>,
        }
        impl ModuleVisitor for Take<'_> {
            fn enter_module(&mut self, name: &str, _: &str) {
                self.path.enter(name);
            }
            fn exit_module(&mut self, _: &str, _: &str) {
                self.path.exit();
            }
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                if let Some(gradient) = param.val().grad_remove(self.gradients) {
                    let count = gradient.dims().iter().product::<usize>();
                    self.found.insert(self.path.name(), gradient.reshape([count]));
                }
            }
        }
        let mut take = Take {
            path: Path::default(),
            gradients,
            found: BTreeMap::new(),
        };
        module.visit(&mut take);
        Self(take.found)
    }

    /// The sum with the gradients of another part of the batch.
    #[must_use]
    pub fn plus(mut self, other: Self) -> Self {
        for (name, gradient) in other.0 {
            let sum = match self.0.remove(&name) {
                Some(own) => own + gradient,
                None => gradient,
            };
            self.0.insert(name, sum);
        }
        self
    }

    /// Drops the gradients of parameters that `wanted` does not name.
    pub fn keep(&mut self, wanted: impl Fn(&str) -> bool) {
        self.0.retain(|path, _| wanted(path));
    }

    /// The L2 norm of all gradients together.
    ///
    /// # Errors
    /// [`ComputeError::Execution`] where the device fails.
    pub fn norm(&self) -> Result<f64, ComputeError> {
        let sums: Vec<Tensor<1>> = self.0.values().map(|g| g.clone().square().sum()).collect();
        if sums.is_empty() {
            return Ok(0.0);
        }
        let sums = crate::method::score::host_values(Tensor::cat(sums, 0))?;
        Ok(sums.into_iter().map(f64::from).sum::<f64>().sqrt())
    }
}
