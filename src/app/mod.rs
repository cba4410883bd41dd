//! The window. It asks the engine for jobs and reads their events; it never computes with tensors, and never waits.
//!
//! | Folder | What it holds | May know |
//! |---|---|---|
//! | `model` | what the window knows, as data | nothing here |
//! | `update` | inputs to changes of the model, and effects | `model` |
//! | `view` | screens, widgets, looks, keys: reads the model, makes commands | `model` |
//! | `services` | threads and the outside: jobs, the open project, files, dialogs | `model` |
//! | `shell` | the frame loop that joins them | all |

#![allow(
    missing_docs,
    reason = "public for the window's own tests: what a name says already is not said again"
)]

pub mod model;
pub(crate) mod services;
mod shell;
mod update;
pub mod view;

pub use shell::frame_time::{FrameTimes, frame_times};
pub use shell::{Options, Window};

use crate::engine::Failure;
use eframe::egui;

/// Opens the window and returns when it is closed.
///
/// # Errors
/// [`Failure`] where this machine cannot show a window.
pub fn run(options: Options) -> Result<(), Failure> {
    let icon = eframe::icon_data::from_png_bytes(include_bytes!("../../assets/icon/patchlight-256.png"));
    let mut viewport = egui::ViewportBuilder::default()
        .with_title("Patchlight")
        .with_app_id("patchlight")
        .with_inner_size([1280.0, 800.0])
        .with_min_inner_size([900.0, 560.0])
        .with_drag_and_drop(true);
    if let Ok(icon) = icon {
        viewport = viewport.with_icon(icon);
    }
    let native = eframe::NativeOptions {
        viewport,
        renderer: eframe::Renderer::Wgpu,
        persist_window: true,
        ..Default::default()
    };
    eframe::run_native("patchlight", native, Box::new(move |cc| Ok(Box::new(Window::new(cc, options))))).map_err(|error| {
        Failure::new(
            format!("the window cannot be opened: {error}"),
            "A desktop (X11 or Wayland) and a graphics driver are needed, software Vulkan at least (mesa-vulkan-drivers). Without them \
             everything works from the command line: see patchlight --help.",
        )
    })
}
