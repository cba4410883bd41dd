//! `doctor`: what the machine offers and whether it computes right. Its report is made to be pasted into a bug.

use crate::compute::{self, Compute, DeviceChoice, Kind, Work, selftest};
use crate::engine::event::Check;
use crate::engine::{Context, Event, Failure};

/// Largest difference from the CPU that a device may show.
const TOLERANCE: f32 = 1e-4;

/// Opens the device, lists what there is and compares gradients with the CPU.
pub fn run(device: DeviceChoice, context: &mut Context<'_>) -> Result<(), Failure> {
    let compute = Compute::open(device)?;
    let mut checks = Vec::new();
    let mut check = |name: &str, ok: bool, detail: String| {
        checks.push(Check {
            name: name.to_owned(),
            ok,
            detail,
        });
    };
    check(
        "version",
        true,
        format!(
            "patchlight {} on {} {}",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS,
            std::env::consts::ARCH
        ),
    );
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    check("processor", true, format!("{threads} threads"));
    let adapters = compute::adapters();
    for adapter in &adapters {
        let kind = if adapter.software { "software, no GPU" } else { "GPU" };
        let detail = format!(
            "{}; {}; largest binding {} MiB",
            adapter.api,
            adapter.driver,
            adapter.max_binding >> 20
        );
        check("adapter", true, format!("{} ({kind}; {detail})", adapter.name));
    }
    if !adapters.iter().any(|a| !a.software) {
        let why =
            "no GPU with Vulkan, Metal or DirectX 12 was found: training and tagging use the CPU, which is slower";
        check("gpu", true, why.to_owned());
    }
    if let Some(notice) = &compute.notice {
        check("fallback", true, notice.clone());
    }
    check(
        "precision",
        true,
        format!(
            "f32{}",
            if compute.supports_f16() {
                ", f16"
            } else {
                "; no f16 arithmetic"
            }
        ),
    );
    if compute.kind == Kind::Gpu {
        let known = !compute.is_new_to(Work::Training);
        let words = if known {
            "compiled before: the driver keeps them"
        } else {
            "not compiled yet: the first training begins slowly"
        };
        check("kernels", true, words.to_owned());
    }
    let attempt = std::panic::catch_unwind(|| selftest::gradients_against_cpu(&compute));
    match attempt {
        Ok(Ok(d)) => {
            let ok = d.value.max(d.gradient).max(d.frozen) <= TOLERANCE;
            let detail = format!(
                "largest difference from the CPU: value {:.1e}, gradient {:.1e}, through frozen layers {:.1e}",
                d.value, d.gradient, d.frozen
            );
            check("gradients", ok, detail);
        }
        Ok(Err(e)) => check("gradients", false, e.to_string()),
        Err(panic) => check("gradients", false, compute::panic_text(&panic)),
    }
    let folder = std::env::temp_dir();
    let writable = tempfile::tempfile_in(&folder);
    check(
        "temporary folder",
        writable.is_ok(),
        match &writable {
            Ok(_) => format!("{} is writable", folder.display()),
            Err(e) => format!("{}: {e}", folder.display()),
        },
    );
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
