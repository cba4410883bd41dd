//! Things behind the objects that are no objects: mid-tone strokes, rings, discs, boxes and blurred patches.

use super::canvas::{Canvas, middle, sin_cos};
use rand::Rng;

/// Shapes on a picture with `amount` 1, on average.
const SHAPES: f32 = 14.0;

/// Draws clutter. `amount` 0 draws nothing, 1 a busy picture.
pub(super) fn scatter(rng: &mut impl Rng, canvas: &mut Canvas, amount: f32) {
    let count = (amount.max(0.0) * SHAPES * rng.random_range(0.5..1.5)).round() as usize;
    for _ in 0..count {
        shape(rng, canvas);
    }
}

fn shape(rng: &mut impl Rng, canvas: &mut Canvas) {
    let side = canvas.side as f32;
    let center = [rng.random_range(0.0..side), rng.random_range(0.0..side)];
    let long = side * rng.random_range(0.04..0.22);
    let short = long * rng.random_range(0.25..0.9);
    let width = side * rng.random_range(0.006..0.018);
    let (sin, cos) = sin_cos(rng.random_range(0.0..360.0));
    let color = middle(rng);
    let strength = rng.random_range(0.35..0.85);
    let kind = rng.random_range(0..7);
    let reach = long * 1.5 + width + 2.0;
    let bounds = |c: f32| {
        (
            (c - reach).max(0.0) as usize,
            ((c + reach).ceil().max(0.0) as usize).min(canvas.side),
        )
    };
    let ((left, right), (top, bottom)) = (bounds(center[0]), bounds(center[1]));
    for y in top..bottom {
        for x in left..right {
            let (dx, dy) = (x as f32 + 0.5 - center[0], y as f32 + 0.5 - center[1]);
            let (u, v) = (dx * cos + dy * sin, dy * cos - dx * sin);
            // Signed distance in pixels, negative inside; the edge is one pixel soft, patches much softer.
            let coverage = match kind {
                0 => edge(segment(u, v, long) - width),
                1 => edge(segment(u, bend(u, v, long, short), long) - width),
                2 => edge((length(u, v) - long * 0.7).abs() - width),
                3 => edge(length(u, v) - short * 0.5),
                4 => edge(rectangle(u, v, long * 0.7, short * 0.7).abs() - width),
                5 => edge(rectangle(u, v, long * 0.6, short * 0.4)),
                _ => soft(length(u / long, v / short)),
            };
            if coverage > 0.0 {
                canvas.blend(x, y, color, coverage * strength);
            }
        }
    }
}

fn edge(distance: f32) -> f32 {
    (0.5 - distance).clamp(0.0, 1.0)
}

fn soft(radius: f32) -> f32 {
    let fall = (1.0 - radius * radius).max(0.0);
    fall * fall
}

fn length(u: f32, v: f32) -> f32 {
    (u * u + v * v).sqrt()
}

fn segment(u: f32, v: f32, half: f32) -> f32 {
    length((u.abs() - half).max(0.0), v)
}

/// Bows a segment into an arc (a parabola; near enough).
fn bend(u: f32, v: f32, half: f32, rise: f32) -> f32 {
    let t = (u / half).clamp(-1.0, 1.0);
    (v - rise * 0.5 * (1.0 - t * t)) * 0.8
}

fn rectangle(u: f32, v: f32, half_width: f32, half_height: f32) -> f32 {
    let (a, b) = (u.abs() - half_width, v.abs() - half_height);
    length(a.max(0.0), b.max(0.0)) + a.max(b).min(0.0)
}
