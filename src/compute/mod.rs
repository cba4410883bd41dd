//! Devices: the only room that makes one. A [`Compute`] is a value that the rest is given.
//!
//! The GPU goes through wgpu; without one, Burn's Flex computes on the CPU, and the reason is said. Software Vulkan
//! (llvmpipe) is no GPU for a user: it is taken only when `gpu` is asked for by name (tests do).

mod error;
mod kernels;
pub mod selftest;

pub use error::ComputeError;
pub use kernels::Work;

use burn::tensor::{Device, DeviceKind, FloatDType};
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, PoisonError};

/// What the user asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceChoice {
    /// A real GPU where there is one, else the CPU.
    #[default]
    Auto,
    /// A GPU, software Vulkan included; an error where there is none.
    Gpu,
    /// The CPU.
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

/// An adapter that wgpu can open.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Adapter {
    /// The name that the driver gives.
    pub name: String,
    /// The graphics API, for example `vulkan`.
    pub api: String,
    /// Driver and version, as reported.
    pub driver: String,
    /// True for a rasteriser that runs on the CPU (llvmpipe, SwiftShader, WARP).
    pub software: bool,
    /// Largest storage buffer binding, in bytes.
    pub max_binding: u64,
    #[serde(skip)]
    select: Option<DeviceKind>,
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

/// Flex's and wgpu's registry accept one initialisation a process; what was opened first is kept here.
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
            DeviceChoice::Gpu => Self::gpu(best_adapter(true).ok_or(ComputeError::NoGpu)?),
            DeviceChoice::Auto => match best_adapter(false) {
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
        let select = adapter.select.clone().unwrap_or(DeviceKind::DefaultDevice);
        // The runtime panics on some driver failures instead of returning them.
        let device = std::panic::catch_unwind(|| Device::wgpu_options().device_kind(select).init())
            .map_err(|panic| ComputeError::Open {
                adapter: adapter.name.clone(),
                reason: panic_text(&panic),
            })?
            .map_err(|e| ComputeError::Open {
                adapter: adapter.name.clone(),
                reason: e.to_string(),
            })?;
        let name = format!("{} ({})", adapter.name, adapter.api);
        let compute = Self {
            kind: Kind::Gpu,
            name,
            software: adapter.software,
            notice: None,
            driver: Some(adapter.driver).filter(|driver| !driver.is_empty()),
            max_binding: Some(adapter.max_binding),
            device,
        };
        *opened = Some(compute.clone());
        Ok(compute)
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

/// Which device `choice` will mean, without opening it: [`Kind::Gpu`] or [`Kind::Cpu`].
///
/// # Errors
/// [`ComputeError::NoGpu`] where `gpu` was asked for and there is none.
pub fn resolve(choice: DeviceChoice) -> Result<Kind, ComputeError> {
    match choice {
        DeviceChoice::Cpu => Ok(Kind::Cpu),
        DeviceChoice::Gpu => best_adapter(true).map(|_| Kind::Gpu).ok_or(ComputeError::NoGpu),
        DeviceChoice::Auto => Ok(best_adapter(false).map_or(Kind::Cpu, |_| Kind::Gpu)),
    }
}

/// Every adapter, the best first: discrete, integrated, virtual, other, software.
pub fn adapters() -> Vec<Adapter> {
    // Loading a broken driver may panic inside wgpu; a machine with such a driver is a machine without a GPU.
    std::panic::catch_unwind(list_adapters).unwrap_or_default()
}

fn list_adapters() -> Vec<Adapter> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends: wgpu::Backends::PRIMARY,
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let mut found: Vec<(u8, Adapter)> = Vec::new();
    // Burn counts the adapters of each type on their own, in wgpu's order, over the compute-capable APIs.
    let mut counts = [0usize; 3];
    for adapter in pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY)) {
        let info = adapter.get_info();
        let mut next = |slot: usize| {
            counts[slot] += 1;
            counts[slot] - 1
        };
        let (rank, select) = match info.device_type {
            wgpu::DeviceType::DiscreteGpu => (0, DeviceKind::DiscreteGpu(next(0))),
            wgpu::DeviceType::IntegratedGpu => (1, DeviceKind::IntegratedGpu(next(1))),
            wgpu::DeviceType::VirtualGpu => (2, DeviceKind::VirtualGpu(next(2))),
            wgpu::DeviceType::Other => (3, DeviceKind::DefaultDevice),
            wgpu::DeviceType::Cpu => (4, DeviceKind::Cpu),
        };
        let adapter = Adapter {
            name: info.name.clone(),
            api: info.backend.to_string(),
            driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
            software: info.device_type == wgpu::DeviceType::Cpu,
            max_binding: adapter.limits().max_storage_buffer_binding_size,
            select: Some(select),
        };
        found.push((rank, adapter));
    }
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, adapter)| adapter).collect()
}

fn best_adapter(software_too: bool) -> Option<Adapter> {
    adapters().into_iter().find(|a| software_too || !a.software)
}

/// The words of a caught panic.
pub fn panic_text(panic: &Box<dyn std::any::Any + Send>) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()))
        .unwrap_or_else(|| "unknown panic".to_owned())
}
