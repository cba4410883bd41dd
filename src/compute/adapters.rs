//! The graphics adapters of this machine, as wgpu lists them before Burn opens one.

use super::panic_text;
use burn::tensor::DeviceKind;
use burn_wgpu::WgpuBackend;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::OnceLock;

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
    /// Largest storage buffer binding that it offers, in bytes.
    pub max_binding: u64,
    #[serde(skip)]
    pub(super) select: Option<Selector>,
}

/// What tells Burn's runtime which adapter is meant.
#[derive(Clone, Debug)]
pub(super) struct Selector {
    /// Pinned: left to itself, the runtime asks OpenGL too where Vulkan has only software, and may open another adapter than the one that
    /// was shown.
    pub api: WgpuBackend,
    /// Kind, and its number among the adapters of that kind and API.
    pub kind: DeviceKind,
}

/// Every adapter, the best first: discrete, integrated, virtual, other, software. Looked up once in a process.
pub fn adapters() -> Vec<Adapter> {
    static FOUND: OnceLock<Vec<Adapter>> = OnceLock::new();
    FOUND
        .get_or_init(|| {
            // Loading a broken driver may panic inside wgpu; a machine with such a driver is a machine without a GPU.
            std::panic::catch_unwind(list).unwrap_or_else(|panic| {
                tracing::warn!(problem = panic_text(&panic), "the graphics adapters cannot be listed");
                Vec::new()
            })
        })
        .clone()
}

/// The best adapter; without `software_too` the best GPU.
pub(super) fn best(software_too: bool) -> Option<Adapter> {
    adapters().into_iter().find(|a| software_too || !a.software)
}

fn list() -> Vec<Adapter> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends: wgpu::Backends::PRIMARY,
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let mut found: Vec<(u8, Adapter)> = Vec::new();
    // Burn counts the adapters of each API and type on their own, in wgpu's order.
    let mut counts: HashMap<(wgpu::Backend, u8), usize> = HashMap::new();
    for adapter in pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY)) {
        let info = adapter.get_info();
        let rank = rank(info.device_type);
        let count = counts.entry((info.backend, rank)).or_default();
        let number = *count;
        *count += 1;
        let kind = match info.device_type {
            wgpu::DeviceType::DiscreteGpu => DeviceKind::DiscreteGpu(number),
            wgpu::DeviceType::IntegratedGpu => DeviceKind::IntegratedGpu(number),
            wgpu::DeviceType::VirtualGpu => DeviceKind::VirtualGpu(number),
            wgpu::DeviceType::Other => DeviceKind::DefaultDevice,
            wgpu::DeviceType::Cpu => DeviceKind::Cpu,
        };
        let adapter = Adapter {
            name: info.name.clone(),
            api: info.backend.to_string(),
            driver: driver(&info),
            software: info.device_type == wgpu::DeviceType::Cpu,
            max_binding: adapter.limits().max_storage_buffer_binding_size,
            select: Some(Selector {
                api: api(info.backend),
                kind,
            }),
        };
        found.push((rank, adapter));
    }
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, adapter)| adapter).collect()
}

/// The best type of device is 0.
fn rank(kind: wgpu::DeviceType) -> u8 {
    match kind {
        wgpu::DeviceType::DiscreteGpu => 0,
        wgpu::DeviceType::IntegratedGpu => 1,
        wgpu::DeviceType::VirtualGpu => 2,
        wgpu::DeviceType::Other => 3,
        wgpu::DeviceType::Cpu => 4,
    }
}

fn api(backend: wgpu::Backend) -> WgpuBackend {
    match backend {
        wgpu::Backend::Vulkan => WgpuBackend::Vulkan,
        wgpu::Backend::Metal => WgpuBackend::Metal,
        wgpu::Backend::Dx12 => WgpuBackend::Dx12,
        wgpu::Backend::Gl => WgpuBackend::Gl,
        wgpu::Backend::BrowserWebGpu => WgpuBackend::WebGpu,
        wgpu::Backend::Noop => WgpuBackend::Auto,
    }
}

/// Driver and version, as far as they are told.
pub(super) fn driver(info: &wgpu::AdapterInfo) -> String {
    format!("{} {}", info.driver, info.driver_info).trim().to_owned()
}
