//! The window. It asks the engine for jobs and reads their events; it never computes with tensors, and never waits.
//!
//! | File | What it holds |
//! |---|---|
//! | `shell` | the frame around the places: top bar, rail, status bar, overlays; what happens each frame |
//! | `state` | everything the window knows |
//! | `command`, `execute` | everything it can do, and the one place that does it |
//! | `news` | what jobs and the project's thread tell, taken into the state |
//! | `jobs`, `purpose`, `library`, `thumbs`, `dialogs` | the threads: jobs in the worker, the project, pictures, native dialogs |
//! | `catalog`, `filter`, `measure`, `training` | the project in memory, and what is computed from it |
//! | `data` | importing, labels, splits, exports: what is typed there, and the jobs behind it |
//! | `screens` | one file for each place |
//! | `widgets` | what several places show |
//! | `tagging`, `models` | the places Tag and Models without what they look like |
//! | `scout` | the thread that looks at files before anything is done with them |
//! | `theme`, `icons`, `prefs`, `notices`, `bring` | looks, preferences, messages, what a dropped path is |

pub(crate) mod bring;
pub mod catalog;
pub mod command;
pub mod data;
mod dialogs;
mod execute;
pub mod filter;
mod frame_time;
pub mod icons;
pub mod jobs;
pub mod library;
pub mod measure;
mod memory;
pub mod models;
mod news;
pub mod notices;
pub mod planning;
pub mod prefs;
mod purpose;
mod scout;
pub mod screens;
mod shell;
pub mod state;
pub mod tagging;
pub mod theme;
pub mod thumbs;
pub mod training;
pub mod widgets;

pub use frame_time::{FrameTimes, frame_times};
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
