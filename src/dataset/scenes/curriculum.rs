//! How hard scenes are: from one large object to crowded pictures with tiny ones.

use super::SceneConfig;

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
        fade: 0.0..=0.0,
        grain: 5.0,
        glyphs: Vec::new(),
    }
}

/// Demo pictures, harder than [`starter`] at level 1 on purpose: small and tiny objects, more clutter, on faded and grainy
/// prints, which the starter never saw: something that can be learned from any label for all of them.
pub fn demo(side: u32) -> SceneConfig {
    SceneConfig {
        side,
        objects: 1..=6,
        object_size: 0.10..=0.30,
        clutter: 0.9,
        rotation: 30.0,
        overlap: 0.12,
        fade: 0.40..=0.60,
        grain: 16.0,
        glyphs: Vec::new(),
    }
}
