//! Benchmarks of whole jobs: an import at scale, and tagging against the speed of its parts. They report numbers and judge nothing.

use super::import::progress_of;
use super::tag::{Speed, speed};
use crate::compute::Compute;
use crate::dataset::formats::{Contents, ImportRequest, import};
use crate::dataset::synthetic_coco;
use crate::engine::event::Benchmark;
use crate::engine::request::{BenchImport, BenchTag};
use crate::engine::{Context, Event, Failure};
use crate::project::Project;
use crate::support::leftovers;
use std::time::Instant;

/// Generates a set, imports it into a new project, and tells time and memory of the import alone.
pub(crate) fn import_at_scale(request: &BenchImport, context: &mut Context<'_>) -> Result<(), Failure> {
    let folder = leftovers::Folder::new(&std::env::temp_dir())
        .map_err(|e| Failure::io("make a folder in", &std::env::temp_dir(), &e))?;
    let data = folder.path().join("data");
    let size = synthetic_coco::Size {
        images: request.images,
        annotations: request.annotations,
        seed: request.seed,
        ..synthetic_coco::Size::default()
    };
    synthetic_coco::generate(&data, &size, &mut progress_of(context, "generating"))?;
    let before = peak_memory();
    let start = Instant::now();
    let asked = ImportRequest {
        contents: Contents::Later,
        ..ImportRequest::new(&data)
    };
    let (dataset, report) = import(&asked, &mut progress_of(context, "importing"))?;
    let read = start.elapsed().as_secs_f64();
    let mut project = Project::create(&folder.path().join("bench.patchlight"))?;
    project.import(&dataset, &report)?;
    let seconds = start.elapsed().as_secs_f64();
    let annotations = dataset.pictures.iter().map(|p| p.boxes.len()).sum::<usize>();
    context.emit(Event::Bench(Benchmark::Job {
        name: "import".to_owned(),
        values: [
            ("images".to_owned(), dataset.pictures.len() as f64),
            ("boxes".to_owned(), annotations as f64),
            ("seconds".to_owned(), seconds),
            ("seconds_reading".to_owned(), read),
            ("seconds_storing".to_owned(), seconds - read),
            ("peak_memory_mb".to_owned(), peak_memory() / 1e6),
            ("peak_memory_before_mb".to_owned(), before / 1e6),
        ]
        .into(),
    }));
    Ok(())
}

/// Measures tagging, and reading and computing on their own: how close the whole comes to the speed of its slower part.
pub(crate) fn tagging(request: &BenchTag, compute: &Compute, context: &mut Context<'_>) -> Result<(), Failure> {
    let Speed {
        images,
        decode,
        forward,
        whole,
    } = speed(request, compute, context)?;
    // Where both share the CPU they take turns; on a GPU the slower one sets the pace.
    let shared = 1.0 / (1.0 / decode + 1.0 / forward);
    context.emit(Event::Bench(Benchmark::Job {
        name: "tag".to_owned(),
        values: [
            ("images".to_owned(), images as f64),
            ("decode_per_s".to_owned(), decode),
            ("forward_per_s".to_owned(), forward),
            ("end_to_end_per_s".to_owned(), whole),
            ("of_slower".to_owned(), whole / decode.min(forward)),
            ("of_shared".to_owned(), whole / shared),
        ]
        .into(),
    }));
    Ok(())
}

/// Makes the system forget how much memory this process has had; `false` where it does not.
pub(super) fn forget_peak_memory() -> bool {
    // Linux: "5" sets the high-water mark to what is used now.
    std::fs::write("/proc/self/clear_refs", "5").is_ok()
}

/// The most memory that this process has had, in bytes; 0 where the system does not tell.
pub(super) fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches("kB").trim().parse::<f64>().ok())
        .map_or(0.0, |kb| kb * 1024.0)
}
