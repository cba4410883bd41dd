//! Light random variation of training pictures: mirrored, cropped a little, colours shifted a little.

use image::{RgbImage, imageops};
use rand::Rng;
use std::ops::RangeInclusive;

/// How much training pictures vary.
#[derive(Clone, Debug, PartialEq)]
pub struct Augment {
    /// Probability of mirroring left and right.
    pub flip: f64,
    /// Share of the picture's area that a crop keeps.
    pub area: RangeInclusive<f64>,
    /// Shape of a crop, relative to the picture's own: width over height.
    pub aspect: RangeInclusive<f64>,
    /// Brightness, contrast and saturation change by factors of 1 - `colour` to 1 + `colour`.
    pub colour: f64,
}

impl Default for Augment {
    fn default() -> Self {
        Self {
            flip: 0.5,
            area: 0.6..=1.0,
            aspect: 3.0 / 4.0..=4.0 / 3.0,
            colour: 0.2,
        }
    }
}

impl Augment {
    /// A varied copy. Its size is the crop's; resizing is left to preprocessing. The same `rng` gives the same picture.
    pub fn apply(&self, picture: &RgbImage, rng: &mut impl Rng) -> RgbImage {
        let (width, height) = picture.dimensions();
        let area = rng.random_range(self.area.clone());
        // Even in the logarithm, so that wide and tall are equally likely.
        let aspect = rng
            .random_range(self.aspect.start().ln()..=self.aspect.end().ln())
            .exp();
        let side = |full: u32, share: f64| ((f64::from(full) * share.min(1.0)).round() as u32).clamp(1, full.max(1));
        let (w, h) = (
            side(width, (area * aspect).sqrt()),
            side(height, (area / aspect).sqrt()),
        );
        let left = rng.random_range(0..=width.saturating_sub(w));
        let top = rng.random_range(0..=height.saturating_sub(h));
        let mut out = imageops::crop_imm(picture, left, top, w, h).to_image();
        if rng.random_bool(self.flip.clamp(0.0, 1.0)) {
            imageops::flip_horizontal_in_place(&mut out);
        }
        let factors: [f32; 3] = std::array::from_fn(|_| rng.random_range(1.0 - self.colour..=1.0 + self.colour) as f32);
        jitter(&mut out, factors);
        out
    }
}

fn grey(pixel: &[u8; 3]) -> f32 {
    0.299 * f32::from(pixel[0]) + 0.587 * f32::from(pixel[1]) + 0.114 * f32::from(pixel[2])
}

/// Brightness, then contrast around the mean grey, then saturation around each pixel's own grey; rounded once.
fn jitter(picture: &mut RgbImage, [brightness, contrast, saturation]: [f32; 3]) {
    let count = picture.pixels().len().max(1) as f64;
    let mean = picture.pixels().map(|p| f64::from(grey(&p.0))).sum::<f64>() / count;
    let mean = (mean as f32 * brightness).min(255.0);
    for pixel in picture.pixels_mut() {
        // Both changes are linear, so a pixel's grey can be carried through them.
        let own = mean + contrast * (grey(&pixel.0) * brightness - mean);
        for value in &mut pixel.0 {
            let shifted = mean + contrast * (f32::from(*value) * brightness - mean);
            *value = (own + saturation * (shifted - own)).round().clamp(0.0, 255.0) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::rng;

    fn picture() -> RgbImage {
        RgbImage::from_fn(80, 50, |x, y| image::Rgb([x as u8 * 3, y as u8 * 5, 90]))
    }

    #[test]
    fn the_same_stream_gives_the_same_picture() {
        let draw = |seed| Augment::default().apply(&picture(), &mut rng::stream(seed, "augment", 0));
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn crops_keep_most_of_the_picture() {
        let (mut smallest, mut largest) = (1.0f64, 0.0f64);
        for seed in 0..200 {
            let out = Augment::default().apply(&picture(), &mut rng::stream(seed, "augment", 0));
            let share = f64::from(out.width() * out.height()) / 4000.0;
            (smallest, largest) = (smallest.min(share), largest.max(share));
            let aspect = f64::from(out.width()) / f64::from(out.height()) / 1.6;
            assert!((0.7..1.43).contains(&aspect), "{aspect}");
        }
        assert!((0.5..0.7).contains(&smallest) && largest > 0.9, "{smallest} {largest}");
    }

    #[test]
    fn nothing_changes_with_everything_off() {
        let off = Augment {
            flip: 0.0,
            area: 1.0..=1.0,
            aspect: 1.0..=1.0,
            colour: 0.0,
        };
        assert_eq!(off.apply(&picture(), &mut rng::stream(0, "augment", 0)), picture());
        let mirrored = Augment { flip: 1.0, ..off }.apply(&picture(), &mut rng::stream(0, "augment", 0));
        assert_eq!(mirrored.get_pixel(0, 7), picture().get_pixel(79, 7));
        let dot = RgbImage::from_pixel(1, 1, image::Rgb([1, 2, 3]));
        assert_eq!(
            Augment::default()
                .apply(&dot, &mut rng::stream(0, "augment", 0))
                .dimensions(),
            (1, 1)
        );
    }
}
