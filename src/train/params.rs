//! Parameters of a module by path: reading them to the host, putting them back, strictly.

use crate::clip::checkpoint::RawTensor;
use crate::compute::ComputeError;
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, FloatDType, Tensor, TensorData};
use std::collections::BTreeMap;

/// The dotted path of the parameter that a traversal is at.
#[derive(Default)]
pub struct Path {
    parts: Vec<String>,
}

impl Path {
    /// Enters a named part.
    pub fn enter(&mut self, name: &str) {
        self.parts.push(name.to_owned());
    }

    /// Leaves the innermost part.
    pub fn exit(&mut self) {
        self.parts.pop();
    }

    /// For example `student.tower.encoder.layers.0.mlp.fc1.weight`.
    pub fn name(&self) -> String {
        self.parts.join(".")
    }
}

/// Host values of every parameter, by path, in Burn's own layout.
///
/// # Errors
/// [`ComputeError::Execution`] where the device fails.
pub fn collect<M: Module>(module: &M) -> Result<BTreeMap<String, RawTensor>, ComputeError> {
    struct Collect {
        path: Path,
        found: BTreeMap<String, RawTensor>,
        failed: Option<ComputeError>,
    }
    impl ModuleVisitor for Collect {
        fn enter_module(&mut self, name: &str, _: &str) {
            self.path.enter(name);
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.path.exit();
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let tensor = param.val();
            let shape = tensor.dims().to_vec();
            match crate::method::score::host_values(tensor.detach()) {
                Ok(data) => {
                    self.found.insert(self.path.name(), RawTensor { shape, data });
                }
                Err(error) => self.failed = Some(error),
            }
        }
    }
    let mut collect = Collect {
        path: Path::default(),
        found: BTreeMap::new(),
        failed: None,
    };
    module.visit(&mut collect);
    match collect.failed {
        Some(error) => Err(error),
        None => Ok(collect.found),
    }
}

/// Puts host values into a module of the same structure, on `device`, ready to train where the device differentiates.
///
/// # Errors
/// In words, listing every value that is missing, misshapen or left over.
pub fn restore<M: Module>(module: M, values: BTreeMap<String, RawTensor>, device: &Device) -> Result<M, String> {
    struct Restore<'a> {
        path: Path,
        values: BTreeMap<String, RawTensor>,
        device: &'a Device,
        problems: Vec<String>,
    }
    impl ModuleMapper for Restore<'_> {
        fn enter_module(&mut self, name: &str, _: &str) {
            self.path.enter(name);
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.path.exit();
        }
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let name = self.path.name();
            let expected = param.val().dims();
            match self.values.remove(&name) {
                Some(raw) if raw.shape == expected => {
                    let data = TensorData::new(raw.data, raw.shape);
                    Param::initialized(param.id, Tensor::from_data(data, self.device))
                }
                Some(raw) => {
                    self.problems
                        .push(format!("{name}: expected {expected:?}, found {:?}", raw.shape));
                    param
                }
                None => {
                    self.problems.push(format!("{name} is missing"));
                    param
                }
            }
        }
    }
    let mut restore = Restore {
        path: Path::default(),
        values,
        device,
        problems: Vec::new(),
    };
    let module = module.map(&mut restore);
    restore
        .problems
        .extend(restore.values.keys().map(|name| format!("{name} is not expected")));
    if restore.problems.is_empty() {
        Ok(module)
    } else {
        Err(restore.problems.join("; "))
    }
}

/// Marks every parameter as a leaf whose gradient is kept. The module must be on a differentiating device.
pub fn trainable<M: Module>(module: M) -> M {
    struct Mark;
    impl ModuleMapper for Mark {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            Param::initialized(param.id, param.val().detach().require_grad())
        }
    }
    module.map(&mut Mark)
}

/// The same values without gradients, where the module's device differentiates.
pub fn constant<M: Module>(module: M) -> M {
    struct Fix;
    impl ModuleMapper for Fix {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let value = param.val().detach().without_autodiff();
            Param::initialized(param.id, Tensor::from_inner(value))
        }
    }
    module.map(&mut Fix)
}

/// `average * decay + model * (1 - decay)` of every parameter, without gradients.
pub fn blend<M: Module>(average: M, model: &M, decay: f64) -> M {
    struct Take {
        path: Path,
        found: BTreeMap<String, Tensor<1>>,
    }
    impl ModuleVisitor for Take {
        fn enter_module(&mut self, name: &str, _: &str) {
            self.path.enter(name);
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.path.exit();
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let value = param.val().detach().without_autodiff();
            let count = value.dims().iter().product::<usize>();
            self.found.insert(self.path.name(), value.reshape([count]));
        }
    }
    struct Blend {
        path: Path,
        values: BTreeMap<String, Tensor<1>>,
        decay: f64,
    }
    impl ModuleMapper for Blend {
        fn enter_module(&mut self, name: &str, _: &str) {
            self.path.enter(name);
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.path.exit();
        }
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let Some(value) = self.values.remove(&self.path.name()) else {
                return param;
            };
            let old = param.val().detach().without_autodiff();
            let value = value.reshape(old.dims());
            let new = old.mul_scalar(self.decay) + value.mul_scalar(1.0 - self.decay);
            Param::initialized(param.id, Tensor::from_inner(new))
        }
    }
    let mut take = Take {
        path: Path::default(),
        found: BTreeMap::new(),
    };
    model.visit(&mut take);
    average.map(&mut Blend {
        path: Path::default(),
        values: take.found,
        decay,
    })
}

/// Every parameter in 16-bit floats. The originals stay behind them: gradients reach them in their own 32 bits.
pub fn half<M: Module>(module: M) -> M {
    struct Cast;
    impl ModuleMapper for Cast {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            Param::initialized(param.id, param.val().cast(FloatDType::F16))
        }
    }
    module.map(&mut Cast)
}
