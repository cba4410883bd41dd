//! A small project with real scores, a window on it, and waiting.

use eframe::egui::DroppedFile;
use egui_kittest::kittest::Queryable;
use egui_kittest::{Harness, SnapshotOptions};
use patchlight::app::model::open::Slot;
use patchlight::app::model::prefs::{Look, Prefs};
use patchlight::app::model::state::Device;
use patchlight::app::{Options, Window};
use patchlight::compute::DeviceChoice;
use patchlight::dataset::formats::{Format, ImportRequest};
use patchlight::engine::event::Check;
use patchlight::engine::request::{PredictRequest, ProjectNew, Request, TrainRequest};
use patchlight::engine::{Context, jobs};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// Labels of the small project.
pub const LABELS: [&str; 4] = ["apple", "car", "guitar", "fish"];

/// Runs a job in this process.
pub fn job(request: &Request) {
    let cancel = AtomicBool::new(false);
    let mut emit = |_| {};
    let mut context = Context::new(&mut emit, &cancel);
    jobs::run(request, DeviceChoice::Cpu, &mut context).unwrap();
}

/// Draws pictures of the starter's own kind with their COCO file.
fn draw(folder: &Path) {
    use patchlight::dataset::scenes::{curriculum, glyphs, scene_of};
    use serde_json::json;
    let index = |name: &str| glyphs::all().iter().position(|g| g.name == name).unwrap();
    let config = curriculum::starter(0.6);
    for (split, count) in [("train", 14), ("val", 4), ("test", 6)] {
        let (mut images, mut annotations) = (Vec::new(), Vec::new());
        std::fs::create_dir_all(folder.join(split)).unwrap();
        for i in 0..count {
            let wanted: Vec<usize> = match i % 4 {
                0 => vec![index("apple"), index("car")],
                1 => vec![index("car"), index("guitar")],
                2 => vec![index("guitar"), index("apple")],
                _ => vec![index("fish")],
            };
            let scene = scene_of(5, i + count * 100, &config, &wanted);
            let name = format!("{split}/scene {i:02}.png");
            // Without grain snapshots stay small.
            let smooth = image::imageops::blur(&scene.pixels, 1.0);
            smooth.save(folder.join(&name)).unwrap();
            images.push(json!({"id": i, "file_name": name, "width": scene.width, "height": scene.height}));
            for object in &scene.objects {
                let [x0, y0, x1, y1] = object.bounds;
                let name = glyphs::all()[object.glyph].name;
                let category = LABELS.iter().position(|l| *l == name).unwrap() + 1;
                annotations.push(
                    json!({"id": annotations.len() + 1, "image_id": i, "category_id": category,
                    "bbox": [x0, y0, x1 - x0, y1 - y0], "area": (x1 - x0) * (y1 - y0), "iscrowd": 0}),
                );
            }
        }
        let categories: Vec<_> = LABELS
            .iter()
            .enumerate()
            .map(|(i, l)| json!({"id": i + 1, "name": l}))
            .collect();
        let file = json!({"images": images, "annotations": annotations, "categories": categories});
        std::fs::write(folder.join(format!("{split}.json")), file.to_string()).unwrap();
    }
}

/// A folder with `data` and two projects on it: `plain.patchlight`, and `scored.patchlight` with zero-shot predictions.
fn prepared() -> &'static Path {
    static MADE: OnceLock<tempfile::TempDir> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        draw(&data);
        for name in ["plain", "scored"] {
            job(&Request::ProjectNew(ProjectNew {
                project: folder.path().join(format!("{name}.patchlight")),
                import: ImportRequest {
                    format: Format::Coco,
                    ..ImportRequest::new(&data)
                },
                model: None,
            }));
        }
        job(&Request::Predict(PredictRequest {
            project: folder.path().join("scored.patchlight"),
            run: jobs::ZERO_SHOT.to_owned(),
            model: None,
            allow_fallback: false,
        }));
        folder
    })
    .path()
}

/// The prepared data.
pub fn data() -> PathBuf {
    prepared().join("data")
}

/// A copy of a prepared project, with the folder that keeps it.
pub fn project(name: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("birds.patchlight");
    copy(&prepared().join(format!("{name}.patchlight")), &to);
    (folder, to)
}

/// Copies a folder.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// How tests open windows: the real worker, nothing done unasked.
pub fn options(look: Look) -> Options {
    Options {
        worker: Some(PathBuf::from(env!("CARGO_BIN_EXE_patchlight"))),
        paths: Vec::new(),
        find_device: false,
        score_at_once: false,
        began: None,
        tag_list: None,
        prefs: Some(Prefs {
            look,
            motion: false,
            device: DeviceChoice::Cpu,
            ..Prefs::default()
        }),
    }
}

/// Whether the window can be drawn here: any Vulkan, Metal or DirectX 12 adapter, a software one too. Where one is required, its lack
/// fails.
pub fn can_draw() -> bool {
    let found = !patchlight::compute::adapters().is_empty();
    let required = std::env::var("PATCHLIGHT_TEST_GPU").is_ok_and(|v| v == "required");
    assert!(found || !required, "there is no adapter to draw with");
    if !found {
        crate::skips::note("there is no Vulkan, Metal or DirectX adapter");
    }
    found
}

/// A window of 1280 x 720 points.
pub fn window(options: Options) -> Harness<'static, Window> {
    sized(options, [1280.0, 720.0], 1.0)
}

/// A window of some size and scale.
pub fn sized(options: Options, size: [f32; 2], scale: f32) -> Harness<'static, Window> {
    let mut harness = Harness::builder()
        .with_size(size)
        .with_pixels_per_point(scale)
        .with_max_steps(200)
        .wgpu()
        .build_eframe(move |cc| Window::new(cc, options));
    harness.state_mut().model.device = Device {
        kind: "cpu".to_owned(),
        name: "CPU, 8 threads".to_owned(),
        checks: vec![Check {
            name: "gradients".to_owned(),
            ok: true,
            detail: "equal to the CPU's".to_owned(),
        }],
        notice: Some("no GPU with Vulkan, Metal or DirectX 12 was found".to_owned()),
    };
    harness
}

/// A window with a copy of a prepared project open.
pub fn opened(name: &str, look: Look) -> (tempfile::TempDir, Harness<'static, Window>) {
    let (folder, project) = project(name);
    let mut options = options(look);
    options.paths = vec![project];
    let mut harness = window(options);
    wait(&mut harness, "the project to open", |w| {
        matches!(w.model.project, Slot::Open(_))
    });
    settle(&mut harness);
    (folder, harness)
}

/// Steps until something holds.
#[track_caller]
pub fn wait(harness: &mut Harness<'static, Window>, what: &str, holds: impl Fn(&Window) -> bool) {
    let start = Instant::now();
    while !holds(harness.state()) {
        if start.elapsed() > Duration::from_secs(240) {
            let state = &harness.state().model;
            let said: Vec<&str> = state.notices.log.iter().map(|(_, words)| words.as_str()).collect();
            let jobs: Vec<_> = state.jobs.list.iter().map(|j| (&j.spec.title, &j.state)).collect();
            panic!("waited in vain for {what}; said: {said:?}; jobs: {jobs:?}");
        }
        harness.step();
        std::thread::sleep(Duration::from_millis(5));
    }
    harness.step();
}

/// Steps until pictures are loaded and nothing moves.
pub fn settle(harness: &mut Harness<'static, Window>) {
    for _ in 0..3 {
        harness.step();
    }
    wait(harness, "the pictures", |w| !w.textures.loading());
    for _ in 0..4 {
        harness.step();
    }
}

/// Compares with the kept picture; a few pixels may differ between versions of a software driver.
pub fn snapshot(harness: &mut Harness<'static, Window>, name: &str) {
    // What depends on the machine is not compared.
    harness.state_mut().model.memory = [0; 2];
    harness.step();
    // The kept pictures were drawn by a software driver; a GPU smooths edges in its own way.
    if !patchlight::compute::adapters().iter().any(|a| a.software) {
        return;
    }
    let options = SnapshotOptions::new()
        .threshold(2.0)
        .max_failed_pixels(400usize)
        .output_path("tests/ui/snapshots");
    if let Err(difference) = harness.try_snapshot_options(name, &options) {
        panic!("{difference}");
    }
}

/// A file or folder that is dropped.
#[derive(Debug)]
struct Dropped(PathBuf);

impl DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|e| e.to_string())
    }
}

/// Drops files and folders on the window.
pub fn drop_paths(harness: &mut Harness<'static, Window>, paths: impl IntoIterator<Item = PathBuf>) {
    for path in paths {
        harness
            .input_mut()
            .dropped_files
            .push(std::sync::Arc::new(Dropped(path)));
    }
    harness.step();
    harness.input_mut().dropped_files.clear();
    harness.step();
}

/// Clicks what has this accessible name.
#[track_caller]
pub fn click(harness: &mut Harness<'static, Window>, name: &str) {
    harness.get_by_label(name).click();
    harness.step();
    harness.step();
}

/// A copy of the scored project with a short training of both stages, `run-1` and `run-2`, and their predictions.
pub fn trained_project() -> (tempfile::TempDir, PathBuf) {
    static MADE: OnceLock<tempfile::TempDir> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let (folder, project) = project("scored");
        job(&Request::Train(TrainRequest {
            set: ["epochs_1=1", "epochs_2=2", "batch_1=8"].map(str::to_owned).to_vec(),
            ..TrainRequest::new(&project)
        }));
        for run in ["run-1", "run-2"] {
            job(&Request::Predict(PredictRequest {
                project: project.clone(),
                run: run.to_owned(),
                model: None,
                allow_fallback: false,
            }));
        }
        folder
    });
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("birds.patchlight");
    copy(&made.path().join("birds.patchlight"), &to);
    (folder, to)
}

/// A window with a copy of the trained project open.
pub fn opened_trained(look: Look) -> (tempfile::TempDir, Harness<'static, Window>) {
    let (folder, project) = trained_project();
    let mut options = options(look);
    options.paths = vec![project];
    let mut harness = window(options);
    wait(&mut harness, "the project to open", |w| {
        matches!(w.model.project, Slot::Open(_))
    });
    settle(&mut harness);
    (folder, harness)
}
