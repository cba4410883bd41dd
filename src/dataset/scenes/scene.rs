//! A scene: a light ground, clutter, and dark pictograms at known places.

use super::canvas::{Canvas, Color, sin_cos};
use super::glyphs::{self, Glyph};
use super::raster::{INK, TEXELS};
use super::{clutter, ground};
use crate::support::rng;
use image::RgbImage;
use rand::Rng;
use std::ops::RangeInclusive;

/// Coverage from which a pixel counts as ink of an object.
const INK_ALPHA: f32 = 0.3;
/// No object is drawn with a longer side below this many pixels: nobody could tell what it is.
const SMALLEST: f32 = 9.0;
/// Places tried for an object, and after how many each time it shrinks.
const TRIES: usize = 36;
const SHRINK_AFTER: usize = 9;

/// What scenes look like.
#[derive(Clone, Debug, PartialEq)]
pub struct SceneConfig {
    /// Width and height in pixels.
    pub side: u32,
    /// How many objects, all different.
    pub objects: RangeInclusive<usize>,
    /// Longer side of an object as a fraction of the picture's side. Objects that find no free place are drawn smaller.
    pub object_size: RangeInclusive<f32>,
    /// How busy the ground is: 0 nothing, 1 busy.
    pub clutter: f32,
    /// Largest turn to either side, in degrees.
    pub rotation: f32,
    /// Largest part of an object's box that another object's box may cover, 0..=1.
    pub overlap: f32,
    /// How the finished picture has aged; none for a fresh one.
    pub age: Option<Age>,
    /// Glyphs to choose from (indices into [`glyphs::all`]); empty for all.
    pub glyphs: Vec<usize>,
}

/// The look of old prints: the whole picture has lost contrast and its paper has turned. It hides no object more than another
/// and can be undone, so what is learned about it from one label holds for all.
#[derive(Clone, Debug, PartialEq)]
pub struct Age {
    /// What is left of the contrast, one value a picture: 1 all, 0 nothing.
    pub contrast: RangeInclusive<f32>,
    /// The colour, red, green and blue in 0..=255, that an average light ground has turned to.
    pub paper: [f32; 3],
}

/// A pictogram in a scene.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// Index into [`glyphs::all`].
    pub glyph: usize,
    /// The name of its colour.
    pub color: &'static str,
    /// Left, top, right, bottom of its visible ink in pixels; right and bottom are exclusive.
    pub bounds: [u32; 4],
}

/// A picture and what is on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// The picture.
    pub pixels: RgbImage,
    /// In drawing order: later ones cover earlier ones.
    pub objects: Vec<Object>,
}

impl Scene {
    /// Glyph indices in the scene, ascending, without repeats.
    pub fn labels(&self) -> Vec<usize> {
        let mut labels: Vec<usize> = self.objects.iter().map(|o| o.glyph).collect();
        labels.sort_unstable();
        labels.dedup();
        labels
    }
}

/// Dark colours whose names a caption may use.
const COLORS: [(&str, Color); 8] = [
    ("red", [165.0, 20.0, 28.0]),
    ("brown", [98.0, 56.0, 22.0]),
    ("green", [18.0, 100.0, 40.0]),
    ("teal", [0.0, 92.0, 98.0]),
    ("blue", [24.0, 56.0, 165.0]),
    ("purple", [96.0, 28.0, 132.0]),
    ("pink", [176.0, 22.0, 108.0]),
    ("black", [20.0, 20.0, 24.0]),
];

/// Names of the colours that objects have.
pub(super) fn color_names() -> impl Iterator<Item = &'static str> {
    COLORS.iter().map(|(name, _)| *name)
}

/// Scene `index` of the stream `seed`, with glyphs that are drawn at random.
pub fn scene(seed: u64, index: u64, config: &SceneConfig) -> Scene {
    let mut rng = rng::stream(seed, "scene", index);
    let everything: Vec<usize>;
    let pool: &[usize] = if config.glyphs.is_empty() {
        everything = (0..glyphs::all().len()).collect();
        &everything
    } else {
        &config.glyphs
    };
    let (fewest, most) = (*config.objects.start(), *config.objects.end());
    let count = rng.random_range(fewest..=most.max(fewest)).min(pool.len());
    let chosen: Vec<usize> = rand::seq::index::sample(&mut rng, pool.len(), count)
        .into_iter()
        .map(|i| pool[i])
        .collect();
    draw(&mut rng, config, &chosen)
}

/// Scene `index` of the stream `seed` with exactly these glyphs (indices into [`glyphs::all`]; repeats allowed). They
/// are all there, if need be a little smaller or closer than `config` says.
pub fn scene_of(seed: u64, index: u64, config: &SceneConfig, glyphs: &[usize]) -> Scene {
    draw(&mut rng::stream(seed, "scene of", index), config, glyphs)
}

fn draw(rng: &mut impl Rng, config: &SceneConfig, chosen: &[usize]) -> Scene {
    let side = config.side as usize;
    let mut canvas = ground::ground(rng, side);
    clutter::scatter(rng, &mut canvas, config.clutter);
    // Which object's ink a pixel shows, from 1.
    let mut owner = vec![0u8; side * side];
    let mut objects = Vec::with_capacity(chosen.len());
    for (placed, number) in place(rng, config, chosen).iter().zip(1..) {
        let (color, paint) = pick_color(rng);
        stamp(&mut canvas, &mut owner, number, placed, paint);
        objects.push(Object {
            glyph: placed.glyph,
            color,
            bounds: placed.bounds(side),
        });
    }
    tighten(&mut objects, &owner, side);
    let grain = rng.random_range(0.0..5.0);
    // Drawn by chance only where there is age: a fresh stream, the starter's, stays what it was.
    if let Some(age) = &config.age {
        canvas.fade(rng.random_range(age.contrast.clone()), age.paper);
    }
    Scene {
        width: config.side,
        height: config.side,
        pixels: canvas.finish(rng, grain),
        objects,
    }
}

/// A named colour, a little off.
fn pick_color(rng: &mut impl Rng) -> (&'static str, Color) {
    let (name, base) = COLORS[rng.random_range(0..COLORS.len())];
    (name, base.map(|v| (v + rng.random_range(-14.0..14.0)).max(0.0)))
}

/// Where and how a glyph is drawn. Lengths in pixels.
struct Placed {
    glyph: usize,
    center: [f32; 2],
    /// Pixels per texel.
    scale: f32,
    sin: f32,
    cos: f32,
    /// Half the width and height of the box around the turned ink.
    half: [f32; 2],
}

impl Placed {
    fn resize(&mut self, longer: f32) {
        let ink = glyphs::all()[self.glyph].mask.ink;
        self.scale = longer / INK;
        let [w, h] = ink.map(|v| v * self.scale / 2.0);
        let (sin, cos) = (self.sin.abs(), self.cos.abs());
        self.half = [w * cos + h * sin, w * sin + h * cos];
    }

    fn area(&self) -> f32 {
        4.0 * self.half[0] * self.half[1]
    }

    /// The larger of the two parts of a box that the other one covers.
    fn covered(&self, other: &Self) -> f32 {
        let shared = |i: usize| {
            let low = (self.center[i] - self.half[i]).max(other.center[i] - other.half[i]);
            let high = (self.center[i] + self.half[i]).min(other.center[i] + other.half[i]);
            (high - low).max(0.0)
        };
        shared(0) * shared(1) / self.area().min(other.area())
    }

    fn bounds(&self, side: usize) -> [u32; 4] {
        let limit = side as f32;
        let low = |i: usize| (self.center[i] - self.half[i]).floor().clamp(0.0, limit - 1.0) as u32;
        let high = |i: usize| (self.center[i] + self.half[i]).ceil().clamp(1.0, limit) as u32;
        [low(0), low(1), high(0), high(1)]
    }
}

/// Finds a place for every glyph, big ones first because they are the hard ones.
fn place(rng: &mut impl Rng, config: &SceneConfig, chosen: &[usize]) -> Vec<Placed> {
    let side = config.side as f32;
    let (small, large) = (*config.object_size.start(), *config.object_size.end());
    let mut wanted: Vec<(usize, f32)> = chosen
        .iter()
        .map(|&glyph| (glyph, rng.random_range(small..=large.max(small)) * side))
        .collect();
    wanted.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut done: Vec<Placed> = Vec::with_capacity(wanted.len());
    for (glyph, longer) in wanted {
        let turn = if config.rotation > 0.0 {
            rng.random_range(-config.rotation..=config.rotation)
        } else {
            0.0
        };
        let (sin, cos) = sin_cos(turn);
        let mut best: Option<(f32, Placed)> = None;
        let mut longer = longer.clamp(SMALLEST, side * 0.9);
        for attempt in 0..TRIES {
            if attempt > 0 && attempt % SHRINK_AFTER == 0 {
                longer = (longer * 0.8).max(SMALLEST);
            }
            let mut candidate = Placed {
                glyph,
                center: [0.0; 2],
                scale: 0.0,
                sin,
                cos,
                half: [0.0; 2],
            };
            candidate.resize(longer);
            let reach = candidate.half[0].max(candidate.half[1]) * 2.0 + 2.0;
            if reach > side {
                candidate.resize(longer * side / reach);
            }
            candidate.center = candidate.half.map(|h| {
                let margin = h + 1.0;
                if margin * 2.0 < side {
                    rng.random_range(margin..side - margin)
                } else {
                    side / 2.0
                }
            });
            let covered = done.iter().map(|other| candidate.covered(other)).fold(0.0, f32::max);
            if best.as_ref().is_none_or(|(least, _)| covered < *least) {
                best = Some((covered, candidate));
            }
            if covered <= config.overlap {
                break;
            }
        }
        done.extend(best.map(|(_, placed)| placed));
    }
    done
}

/// Draws a glyph: four samples a pixel, each taken from the mask copy of matching size.
fn stamp(canvas: &mut Canvas, owner: &mut [u8], number: u8, placed: &Placed, color: Color) {
    let Glyph { mask, .. } = &glyphs::all()[placed.glyph];
    let level = mask.level_for(placed.scale);
    let texels = 1.0 / (placed.scale * (1 << level) as f32);
    let (sin, cos) = (placed.sin * texels, placed.cos * texels);
    let middle = (TEXELS >> level) as f32 / 2.0;
    let [left, top, right, bottom] = placed.bounds(canvas.side);
    for y in top..bottom {
        let dy = y as f32 + 0.5 - placed.center[1];
        for x in left..right {
            let dx = x as f32 + 0.5 - placed.center[0];
            let (u, v) = (dx * cos + dy * sin + middle, dy * cos - dx * sin + middle);
            let (s, c) = (sin * 0.25, cos * 0.25);
            // The four quarter points of the pixel, turned like the glyph.
            let alpha = (mask.sample(level, u + c + s, v + c - s)
                + mask.sample(level, u + c - s, v - c - s)
                + mask.sample(level, u - c + s, v + c + s)
                + mask.sample(level, u - c - s, v - c + s))
                * 0.25;
            if alpha > 0.0 {
                canvas.blend(x as usize, y as usize, color, alpha);
                if alpha >= INK_ALPHA {
                    owner[y as usize * canvas.side + x as usize] = number;
                }
            }
        }
    }
}

/// Shrinks boxes to the ink that is still visible. An object without any (never seen in practice) keeps its box.
fn tighten(objects: &mut [Object], owner: &[u8], side: usize) {
    for (object, number) in objects.iter_mut().zip(1u8..) {
        let [left, top, right, bottom] = object.bounds;
        let mut tight: Option<[u32; 4]> = None;
        for y in top..bottom {
            for x in left..right {
                if owner[y as usize * side + x as usize] == number {
                    let b = tight.get_or_insert([x, y, x + 1, y + 1]);
                    *b = [b[0].min(x), b[1], b[2].max(x + 1), y + 1];
                }
            }
        }
        object.bounds = tight.unwrap_or(object.bounds);
    }
}
