//! The inspector: a picture, large, and how it is looked at.

use super::project_messages::Examined;
use std::sync::Arc;

/// What the inspector keeps.
#[derive(Clone, Debug)]
pub struct Inspector {
    /// The picture's id; `None`: it is closed.
    pub picture: Option<i64>,
    /// What is known of it; `None` while it is loaded.
    pub examined: Option<Arc<Examined>>,
    /// Chosen labels (columns), in the order of their colours.
    pub pinned: Vec<usize>,
    /// The label under the pointer.
    pub hovered: Option<usize>,
    /// A patch that the user chose.
    pub patch: Option<usize>,
    /// Weight of the whole picture; `None`: as the run has it.
    pub alpha: Option<f64>,
    /// K; `None`: as the run has it.
    pub top_k: Option<usize>,
    /// A threshold for all labels; `None`: each label's own.
    pub threshold: Option<f32>,
    /// Whether all patches are coloured by their similarity.
    pub heat: bool,
    /// Whether boxes of the source are drawn.
    pub boxes: bool,
    /// Whether the panel with the numbers is open.
    pub numbers: bool,
    /// Zoom: 1 fits the picture.
    pub zoom: f32,
    /// Middle of the view, as a share of the picture.
    pub center: [f32; 2],
}

impl Default for Inspector {
    fn default() -> Self {
        Self {
            picture: None,
            examined: None,
            pinned: Vec::new(),
            hovered: None,
            patch: None,
            alpha: None,
            top_k: None,
            threshold: None,
            heat: false,
            boxes: false,
            numbers: false,
            zoom: 1.0,
            center: [0.5, 0.5],
        }
    }
}
