//! `doctor`: what the machine offers and whether it computes right. Its report is made to be pasted into a bug.

use crate::compute::{self, Adapter, Compute, DeviceChoice, Kind, Work, selftest};
use crate::engine::event::Check;
use crate::engine::{Context, Event, Failure};

/// Largest difference from the CPU that a device may show.
const TOLERANCE: f32 = 1e-4;

/// Opens the device, lists what there is and compares a GPU's gradients with the CPU's.
pub(crate) fn run(device: DeviceChoice, context: &mut Context<'_>) -> Result<(), Failure> {
    let compute = Compute::open(device)?;
    let mut checks = program();
    checks.extend(adapters(&compute::adapters()));
    checks.extend(opened(&compute));
    checks.push(gradients(&compute));
    checks.push(temporary_folder());
    let kind = if compute.kind == Kind::Gpu { "gpu" } else { "cpu" };
    let failed = checks.iter().any(|c| !c.ok);
    context.emit(Event::Device {
        kind: kind.to_owned(),
        name: compute.name.clone(),
        checks,
    });
    if failed {
        return Err(Failure::new(
            "a check failed",
            "Use --device cpu meanwhile, update the graphics driver, and send this report.",
        ));
    }
    Ok(())
}

fn check(name: &str, ok: bool, detail: impl Into<String>) -> Check {
    Check {
        name: name.to_owned(),
        ok,
        detail: detail.into(),
    }
}

/// The program and the processor.
fn program() -> Vec<Check> {
    let (version, system) = (env!("CARGO_PKG_VERSION"), std::env::consts::OS);
    let processor = std::env::consts::ARCH;
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    vec![
        check("version", true, format!("patchlight {version} on {system} {processor}")),
        check("processor", true, format!("{threads} threads")),
    ]
}

/// Every adapter, and whether one of them is a GPU.
fn adapters(found: &[Adapter]) -> Vec<Check> {
    let mut checks: Vec<Check> = (found.iter())
        .map(|adapter| {
            let kind = if adapter.software { "software, no GPU" } else { "GPU" };
            let (name, api, driver) = (&adapter.name, &adapter.api, &adapter.driver);
            let binding = adapter.max_binding >> 20;
            check(
                "adapter",
                true,
                format!("{name} ({kind}; {api}; {driver}; largest binding {binding} MiB)"),
            )
        })
        .collect();
    if !found.iter().any(|a| !a.software) {
        let why =
            "no GPU with Vulkan, Metal or DirectX 12 was found: training and tagging use the CPU, which is slower";
        checks.push(check("gpu", true, why));
    }
    checks
}

/// The device that jobs compute on.
fn opened(compute: &Compute) -> Vec<Check> {
    let mut checks = Vec::new();
    if let Some(notice) = &compute.notice {
        checks.push(check("fallback", true, notice));
    }
    if let (Some(driver), Some(binding)) = (&compute.driver, compute.max_binding) {
        let granted = format!("{}; {driver}; buffers of up to {} MiB", compute.name, binding >> 20);
        checks.push(check("device", true, granted));
    }
    let f16 = if compute.supports_f16() {
        ", f16"
    } else {
        "; no f16 arithmetic"
    };
    checks.push(check("precision", true, format!("f32{f16}")));
    if compute.kind == Kind::Gpu {
        let words = if compute.is_new_to(Work::Training) {
            "not compiled yet: the first training begins slowly"
        } else {
            "compiled before: the driver keeps them"
        };
        checks.push(check("kernels", true, words));
    }
    checks
}

/// Whether a GPU computes values and gradients as the CPU does.
fn gradients(compute: &Compute) -> Check {
    let name = "gradients";
    if compute.kind == Kind::Cpu {
        return check(name, true, "no GPU to compare with the CPU");
    }
    match std::panic::catch_unwind(|| selftest::gradients_against_cpu(compute)) {
        Ok(Ok(d)) => {
            let ok = d.value.max(d.gradient).max(d.frozen) <= TOLERANCE;
            let detail = format!(
                "largest difference from the CPU: value {:.1e}, gradient {:.1e}, through frozen layers {:.1e}",
                d.value, d.gradient, d.frozen
            );
            check(name, ok, detail)
        }
        Ok(Err(e)) => check(name, false, e.to_string()),
        Err(panic) => check(name, false, compute::panic_text(&panic)),
    }
}

fn temporary_folder() -> Check {
    let folder = std::env::temp_dir();
    match tempfile::tempfile_in(&folder) {
        Ok(_) => check("temporary folder", true, format!("{} is writable", folder.display())),
        Err(e) => check("temporary folder", false, format!("{}: {e}", folder.display())),
    }
}
