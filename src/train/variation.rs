//! Random variation of training pictures by name: what `augment_set` means.

use super::settings::AugmentSet;
use crate::dataset::augment::Augment;
use image::{RgbImage, imageops};
use rand::Rng;

/// Probability that the strong set takes the colours away.
const GREY: f64 = 0.2;

/// Probability that the strong set blurs.
const BLUR: f64 = 0.2;

/// Standard deviation of the blur as a share of the shorter side: from a pixel of a model's input to three.
const BLUR_SIGMA: std::ops::RangeInclusive<f64> = 0.004..=0.013;

/// A varied copy. The same `rng` gives the same picture.
pub fn vary(set: AugmentSet, picture: RgbImage, rng: &mut impl Rng) -> RgbImage {
    match set {
        AugmentSet::None => picture,
        AugmentSet::Light => Augment::default().apply(&picture, rng),
        AugmentSet::Strong => {
            let strong = Augment {
                area: 0.3..=1.0,
                colour: 0.4,
                ..Augment::default()
            };
            let mut out = strong.apply(&picture, rng);
            // All draws are made in any case: what one picture draws does not depend on what it drew before.
            let (grey, blur, sigma) = (
                rng.random_bool(GREY),
                rng.random_bool(BLUR),
                rng.random_range(BLUR_SIGMA.clone()),
            );
            if grey {
                take_colours(&mut out);
            }
            let sigma = sigma * f64::from(out.width().min(out.height()));
            if blur && sigma >= 0.3 {
                out = imageops::fast_blur(&out, sigma as f32);
            }
            out
        }
    }
}

fn take_colours(picture: &mut RgbImage) {
    for pixel in picture.pixels_mut() {
        let [r, g, b] = pixel.0.map(f32::from);
        let grey = (0.299 * r + 0.587 * g + 0.114 * b).round().clamp(0.0, 255.0) as u8;
        pixel.0 = [grey; 3];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::rng;

    fn picture() -> RgbImage {
        RgbImage::from_fn(96, 72, |x, y| {
            image::Rgb([
                (x * 5 % 256) as u8,
                (y * 7 % 256) as u8,
                ((x / 8 + y / 8) % 2 * 200) as u8,
            ])
        })
    }

    fn draw(set: AugmentSet, counter: u64) -> RgbImage {
        vary(set, picture(), &mut rng::stream(3, "augment", counter))
    }

    #[test]
    fn every_set_repeats_and_none_changes_nothing() {
        for set in [AugmentSet::Light, AugmentSet::Strong] {
            assert_eq!(draw(set, 1), draw(set, 1));
            assert_ne!(draw(set, 1), draw(set, 2));
        }
        assert_eq!(draw(AugmentSet::None, 1), picture());
        let light = Augment::default().apply(&picture(), &mut rng::stream(3, "augment", 4));
        assert_eq!(draw(AugmentSet::Light, 4), light);
    }

    #[test]
    fn strong_crops_closer_and_takes_colours_now_and_then() {
        let all: Vec<RgbImage> = (0..200).map(|i| draw(AugmentSet::Strong, i)).collect();
        let share = |p: &RgbImage| f64::from(p.width() * p.height()) / f64::from(96 * 72);
        let smallest = all.iter().map(share).fold(1.0, f64::min);
        assert!((0.25..0.4).contains(&smallest), "{smallest}");
        let grey = all
            .iter()
            .filter(|p| p.pixels().all(|p| p.0[0] == p.0[1] && p.0[1] == p.0[2]));
        assert!((20..65).contains(&grey.count()));
        // One pixel is too small to blur.
        let dot = RgbImage::from_pixel(1, 1, image::Rgb([1, 2, 3]));
        for i in 0..20 {
            let mut stream = rng::stream(3, "augment", i);
            assert_eq!(vary(AugmentSet::Strong, dot.clone(), &mut stream).dimensions(), (1, 1));
        }
    }
}
