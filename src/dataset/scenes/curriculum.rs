//! How hard scenes are: from one large object to crowded pictures with tiny ones.

use super::{Age, SceneConfig};

/// Side of the starter model's scenes in pixels.
pub const STARTER_SIDE: u32 = 112;

/// Scenes for the starter model. `level` 0 shows two or three objects on a calm ground, 1 up to five, smaller and more
/// turned, on a busier ground; values outside are clamped. Even the easy ones are a few patches large: of a glyph that fills the
/// picture a patch sees an edge, of a small one enough to know it, and many objects are many lessons.
pub fn starter(level: f32) -> SceneConfig {
    let level = if level.is_finite() { level.clamp(0.0, 1.0) } else { 0.0 };
    let between = |from: f32, to: f32| from + (to - from) * level;
    SceneConfig {
        side: STARTER_SIDE,
        objects: 2..=between(3.0, 5.0).round() as usize,
        object_size: between(0.20, 0.14)..=between(0.35, 0.42),
        clutter: between(0.0, 0.5),
        rotation: between(8.0, 25.0),
        overlap: between(0.02, 0.10),
        age: None,
        glyphs: Vec::new(),
    }
}

/// What the starter model is measured on: fresh pictures, more crowded than any it learns from, with tiny objects.
pub fn crowded(side: u32) -> SceneConfig {
    SceneConfig {
        side,
        objects: 1..=6,
        object_size: 0.10..=0.30,
        clutter: 0.9,
        rotation: 30.0,
        overlap: 0.12,
        age: None,
        glyphs: Vec::new(),
    }
}

/// Demo pictures, harder than [`starter`] at level 1 on purpose: smaller objects and more of them, more clutter, and all on old
/// prints, which the starter never saw. An old print can be made up for, and what is learned about it from any label's pictures
/// serves all labels; objects that are merely tiny or hidden must be learned label by label, and a tail has no pictures for that.
pub fn demo(side: u32) -> SceneConfig {
    SceneConfig {
        object_size: 0.13..=0.40,
        age: Some(Age {
            contrast: 0.70..=0.80,
            paper: [202.0, 192.0, 158.0],
        }),
        ..crowded(side)
    }
}
