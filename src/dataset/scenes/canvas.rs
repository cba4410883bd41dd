//! A picture in the making: colours as numbers 0..=255 that may be blended many times before they are rounded once.

use image::{Rgb, RgbImage};
use rand::Rng;

/// Red, green, blue, 0..=255 each.
pub(super) type Color = [f32; 3];

/// Channels of the average ground.
const LIGHT: f32 = 222.0;

/// A square of colours.
pub(super) struct Canvas {
    pub side: usize,
    pub pixels: Vec<Color>,
}

impl Canvas {
    pub fn new(side: usize, color: Color) -> Self {
        Self {
            side,
            pixels: vec![color; side * side],
        }
    }

    /// Lays `color` over a pixel; `alpha` 1 covers it.
    pub fn blend(&mut self, x: usize, y: usize, color: Color, alpha: f32) {
        let pixel = &mut self.pixels[y * self.side + x];
        for (p, c) in pixel.iter_mut().zip(color) {
            *p += (c - *p) * alpha;
        }
    }

    /// Leaves `contrast` of every pixel's distance to the average [`light`] colour, which turns to `paper`.
    pub fn fade(&mut self, contrast: f32, paper: Color) {
        for pixel in &mut self.pixels {
            for (p, to) in pixel.iter_mut().zip(paper) {
                *p = to + (*p - LIGHT) * contrast;
            }
        }
    }

    /// Rounds to bytes, with grain of up to `grain` steps in either direction, the same in all three channels.
    pub fn finish(&self, rng: &mut impl Rng, grain: f32) -> RgbImage {
        let mut noise = vec![0u8; self.pixels.len()];
        rng.fill_bytes(&mut noise);
        let side = self.side as u32;
        let mut image = RgbImage::new(side, side);
        for ((out, pixel), n) in image.pixels_mut().zip(&self.pixels).zip(noise) {
            let shift = (f32::from(n) / 127.5 - 1.0) * grain + 0.5;
            *out = Rgb(pixel.map(|v| (v + shift) as u8));
        }
        image
    }
}

/// A light, soft colour for grounds: all channels at least 198.
pub(super) fn light(rng: &mut impl Rng) -> Color {
    std::array::from_fn(|_| rng.random_range(198.0..248.0))
}

/// A colour between ground and objects for clutter, none of its channels darker than 125.
pub(super) fn middle(rng: &mut impl Rng) -> Color {
    std::array::from_fn(|_| rng.random_range(125.0..215.0))
}

/// Between two colours.
pub(super) fn mix(a: Color, b: Color, t: f32) -> Color {
    std::array::from_fn(|i| a[i] + (b[i] - a[i]) * t)
}

/// Sine and cosine of an angle in degrees, computed in double precision so that they round alike on every machine.
pub(super) fn sin_cos(degrees: f32) -> (f32, f32) {
    let (sin, cos) = f64::from(degrees).to_radians().sin_cos();
    (sin as f32, cos as f32)
}
