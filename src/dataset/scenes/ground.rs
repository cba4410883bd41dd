//! Light grounds: plain, gradient, soft blobs, stripes, cloudy noise.

use super::canvas::{Canvas, light, mix, sin_cos};
use rand::Rng;

/// A ground of a random kind.
pub(super) fn ground(rng: &mut impl Rng, side: usize) -> Canvas {
    let mut canvas = Canvas::new(side, light(rng));
    match rng.random_range(0..5) {
        0 => {}
        1 => gradient(rng, &mut canvas),
        2 => blobs(rng, &mut canvas),
        3 => stripes(rng, &mut canvas),
        _ => clouds(rng, &mut canvas),
    }
    canvas
}

/// Sets every pixel to a mix of its colour and another one; `share` gets coordinates from -1 to 1.
fn shade(canvas: &mut Canvas, other: [f32; 3], share: impl Fn(f32, f32) -> f32) {
    let side = canvas.side;
    let step = 2.0 / side as f32;
    for (i, pixel) in canvas.pixels.iter_mut().enumerate() {
        let (x, y) = ((i % side) as f32 * step - 1.0, (i / side) as f32 * step - 1.0);
        *pixel = mix(*pixel, other, share(x, y));
    }
}

fn gradient(rng: &mut impl Rng, canvas: &mut Canvas) {
    let (sin, cos) = sin_cos(rng.random_range(0.0..360.0));
    shade(canvas, light(rng), |x, y| {
        ((x * cos + y * sin) * 0.5 + 0.5).clamp(0.0, 1.0)
    });
}

fn blobs(rng: &mut impl Rng, canvas: &mut Canvas) {
    for _ in 0..rng.random_range(2..5) {
        let (cx, cy) = (rng.random_range(-1.0..1.0), rng.random_range(-1.0..1.0));
        let radius: f32 = rng.random_range(0.4..1.2);
        shade(canvas, light(rng), |x, y| {
            let d = ((x - cx) * (x - cx) + (y - cy) * (y - cy)) / (radius * radius);
            let fall = (1.0 - d).max(0.0);
            fall * fall
        });
    }
}

fn stripes(rng: &mut impl Rng, canvas: &mut Canvas) {
    let (sin, cos) = sin_cos(rng.random_range(0.0..180.0));
    let count: f32 = rng.random_range(1.5..7.0);
    let phase: f32 = rng.random();
    shade(canvas, light(rng), |x, y| {
        // A triangle wave with cut tips: stripes with soft edges.
        let t = (x * cos + y * sin) * count + phase;
        let wave = (t - t.floor() - 0.5).abs() * 4.0 - 1.0;
        (wave * 2.0 + 0.5).clamp(0.0, 1.0)
    });
}

fn clouds(rng: &mut impl Rng, canvas: &mut Canvas) {
    const LATTICE: usize = 9;
    let values: [f32; LATTICE * LATTICE] = std::array::from_fn(|_| rng.random());
    let cells: f32 = rng.random_range(3.0..7.9);
    shade(canvas, light(rng), |x, y| {
        let (u, v) = ((x * 0.5 + 0.5) * cells, (y * 0.5 + 0.5) * cells);
        let (column, row) = (u as usize, v as usize);
        let (fx, fy) = (smooth(u - column as f32), smooth(v - row as f32));
        let at = row * LATTICE + column;
        let upper = values[at] + (values[at + 1] - values[at]) * fx;
        let lower = values[at + LATTICE] + (values[at + LATTICE + 1] - values[at + LATTICE]) * fx;
        upper + (lower - upper) * fy
    });
}

fn smooth(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}
