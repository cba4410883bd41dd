//! Devices: the only room that makes one. A [`Compute`] is a value that the rest is given.
//!
//! The GPU goes through wgpu; without one, Burn's Flex computes on the CPU, and the reason is said. Software Vulkan
//! (llvmpipe) is no GPU for a user: it is taken only when `gpu` is asked for by name (tests do).

mod adapters;
mod error;
mod kernels;
mod process;
pub mod selftest;

pub use adapters::{Adapter, adapters};
pub use error::ComputeError;
pub use kernels::Work;
pub(crate) use process::quiet_vulkan_loader;

use adapters::{Selector, best, driver};
use burn::tensor::{Device, DeviceKind, FloatDType};
use burn_wgpu::{WgpuBackend, WgpuInitError, WgpuSetup};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, PoisonError};

/// What the user asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum DeviceChoice {
    /// A real GPU, else the CPU
    #[default]
    Auto,
    /// A GPU, software Vulkan included
    Gpu,
    /// The CPU
    Cpu,
}

/// Where the numbers are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// wgpu: Vulkan, Metal or DirectX 12.
    Gpu,
    /// Flex on the CPU.
    Cpu,
}

/// An opened device. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Compute {
    /// GPU or CPU.
    pub kind: Kind,
    /// For people, for example `AMD Radeon 780M (vulkan)` or `CPU, 16 threads`.
    pub name: String,
    /// True for software Vulkan.
    pub software: bool,
    /// Why the CPU is used although `auto` was asked for; to be shown.
    pub notice: Option<String>,
    /// The graphics driver and its version, on a GPU.
    pub driver: Option<String>,
    /// Largest buffer that a kernel takes, in bytes, on a GPU.
    pub max_binding: Option<u64>,
    device: Device,
}

/// Burn accepts one initialisation of an adapter in a process; what was opened first is kept here.
static OPENED_GPU: Mutex<Option<Compute>> = Mutex::new(None);

impl Compute {
    /// Opens the device that `choice` means on this machine.
    ///
    /// # Errors
    /// [`ComputeError::NoGpu`] where `gpu` was asked for and there is none, [`ComputeError::Open`] where the driver
    /// refuses. `Auto` never fails: it falls back to the CPU and says why in [`Compute::notice`].
    pub fn open(choice: DeviceChoice) -> Result<Self, ComputeError> {
        match choice {
            DeviceChoice::Cpu => Ok(Self::cpu()),
            DeviceChoice::Gpu => Self::gpu(best(true).ok_or(ComputeError::NoGpu)?),
            DeviceChoice::Auto => match best(false) {
                Some(adapter) => Self::gpu(adapter).or_else(|error| {
                    let notice = format!("The GPU could not be opened ({error}): using the CPU, which is slower.");
                    Ok(Self {
                        notice: Some(notice),
                        ..Self::cpu()
                    })
                }),
                None => {
                    let notice = "No GPU found: using the CPU, which is slower.".to_owned();
                    Ok(Self {
                        notice: Some(notice),
                        ..Self::cpu()
                    })
                }
            },
        }
    }

    /// The CPU through Burn's Flex.
    pub fn cpu() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
        let name = format!("CPU, {threads} thread{}", if threads == 1 { "" } else { "s" });
        Self {
            kind: Kind::Cpu,
            name,
            software: false,
            notice: None,
            driver: None,
            max_binding: None,
            device: Device::flex(),
        }
    }

    fn gpu(adapter: Adapter) -> Result<Self, ComputeError> {
        let mut opened = OPENED_GPU.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(compute) = opened.as_ref() {
            return Ok(compute.clone());
        }
        let failed = |reason: String| ComputeError::Open {
            adapter: adapter.name.clone(),
            reason,
        };
        // The runtime panics on some driver failures instead of returning them.
        let (device, setup) = std::panic::catch_unwind(|| init(adapter.select.clone()))
            .map_err(|panic| panic_text(&panic))
            .and_then(|initialised| initialised.map_err(|e| e.to_string()))
            .map_err(failed)?;
        let compute = Self::from_setup(device, &setup);
        *opened = Some(compute.clone());
        Ok(compute)
    }

    /// What was opened, as the runtime has it: its own adapter, and the limits that the driver granted rather than those it offered.
    fn from_setup(device: Device, setup: &WgpuSetup) -> Self {
        let info = setup.adapter.get_info();
        let limits = setup.device.limits();
        Self {
            kind: Kind::Gpu,
            name: format!("{} ({})", info.name, info.backend),
            software: info.device_type == wgpu::DeviceType::Cpu,
            notice: None,
            driver: Some(driver(&info)).filter(|driver| !driver.is_empty()),
            max_binding: Some(limits.max_storage_buffer_binding_size.min(limits.max_buffer_size)),
            device,
        }
    }

    /// Whether a GPU is about to compile kernels that it has not compiled before, as far as is known.
    pub fn is_new_to(&self, work: Work) -> bool {
        self.kind == Kind::Gpu && !kernels::are_known(&self.identity(), work)
    }

    /// A GPU has done such work: the next start finds its kernels in the driver's cache.
    pub fn has_done(&self, work: Work) {
        if self.kind == Kind::Gpu {
            kernels::note(&self.identity(), work);
        }
    }

    fn identity(&self) -> String {
        format!("{} {}", self.name, self.driver.as_deref().unwrap_or_default())
    }

    /// The device for tensors that need no gradient.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The same device with automatic differentiation.
    pub fn training_device(&self) -> Device {
        self.device.clone().autodiff()
    }

    /// Parts of a batch worth computing at the same time: one on a GPU, which is busy with one; a few on the CPU, where much of a
    /// small transformer is element by element and uses one core.
    pub fn parts(&self) -> usize {
        match self.kind {
            Kind::Gpu => 1,
            Kind::Cpu => std::thread::available_parallelism().map_or(1, usize::from).min(8),
        }
    }

    /// Whether f16 arithmetic works on this device.
    pub fn supports_f16(&self) -> bool {
        self.device.supports_dtype(FloatDType::F16)
    }
}

/// Initialises Burn's wgpu runtime on an adapter.
fn init(select: Option<Selector>) -> Result<(Device, WgpuSetup), WgpuInitError> {
    let Selector { api, kind } = select.unwrap_or(Selector {
        api: WgpuBackend::Auto,
        kind: DeviceKind::DefaultDevice,
    });
    Device::wgpu_options()
        .graphics_api(api)
        .device_kind(kind)
        .init_with_setup()
}

/// Which device `choice` will mean, without opening it: [`Kind::Gpu`] or [`Kind::Cpu`].
///
/// # Errors
/// [`ComputeError::NoGpu`] where `gpu` was asked for and there is none.
pub fn resolve(choice: DeviceChoice) -> Result<Kind, ComputeError> {
    match choice {
        DeviceChoice::Cpu => Ok(Kind::Cpu),
        DeviceChoice::Gpu => best(true).map(|_| Kind::Gpu).ok_or(ComputeError::NoGpu),
        DeviceChoice::Auto => Ok(best(false).map_or(Kind::Cpu, |_| Kind::Gpu)),
    }
}

/// The words of a caught panic.
pub fn panic_text(panic: &Box<dyn std::any::Any + Send>) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()))
        .unwrap_or_else(|| "unknown panic".to_owned())
}
