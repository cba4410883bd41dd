//! From a picture as shown to the square of normalised numbers that a model takes, and from patches of that square back to
//! the picture.

mod resize;

use image::RgbImage;
use resize::resize;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Above this many pixels of the resized picture, `crop` computes only the part that is kept (a 1 x 10000 picture would
/// otherwise grow to S x 10000 S).
const MAX_WHOLE: u64 = 1 << 24;

/// How a picture becomes a square.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Both sides to S; the whole picture counts, its shape changes.
    Stretch,
    /// The short side to S, the centre is kept.
    Crop,
    /// The long side to S, the rest is filled with the mean colour.
    Pad,
}

impl Mode {
    const ALL: [Self; 3] = [Self::Stretch, Self::Crop, Self::Pad];

    fn name(self) -> &'static str {
        match self {
            Self::Stretch => "stretch",
            Self::Crop => "crop",
            Self::Pad => "pad",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|mode| mode.name() == text);
        found.ok_or_else(|| format!("{text} is no preprocessing; use stretch, crop or pad"))
    }
}

/// What a model's pictures go through. Stored with the model, because overlays map back through it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preprocess {
    /// How a picture becomes a square.
    pub mode: Mode,
    /// Side of the square in pixels.
    pub size: usize,
    /// Mean of each channel, for values of 0 to 1.
    pub mean: [f32; 3],
    /// Standard deviation of each channel, for values of 0 to 1.
    pub std: [f32; 3],
}

/// Where a picture of a certain size lies in the square.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Width and height of the picture as shown.
    picture: (u32, u32),
    /// Width and height after resizing.
    resized: (u32, u32),
    /// Left and top: positive is padding before the picture, negative is cropped away.
    offset: (i64, i64),
    size: usize,
    mode: Mode,
}

impl Preprocess {
    /// Where a picture of `width` x `height` pixels (as shown) lies in the square.
    pub fn geometry(&self, width: u32, height: u32) -> Geometry {
        let picture = (width.max(1), height.max(1));
        let size = u32::try_from(self.size).unwrap_or(u32::MAX);
        let (short, long) = (u64::from(picture.0.min(picture.1)), u64::from(picture.0.max(picture.1)));
        let resized = match self.mode {
            Mode::Stretch => (size, size),
            Mode::Crop => {
                let other = u32::try_from(long * u64::from(size) / short).unwrap_or(u32::MAX);
                if picture.0 <= picture.1 {
                    (size, other)
                } else {
                    (other, size)
                }
            }
            Mode::Pad => {
                let exact = (short * u64::from(size)) as f64 / long as f64;
                let other = exact.round_ties_even().max(1.0) as u32;
                if picture.0 >= picture.1 {
                    (size, other)
                } else {
                    (other, size)
                }
            }
        };
        // Padding is (S-x)/2, cropping -(x-S)/2; both round down in size.
        let before = |side: u32| (i64::from(size) - i64::from(side)) / 2;
        Geometry {
            picture,
            resized,
            offset: (before(resized.0), before(resized.1)),
            size: self.size,
            mode: self.mode,
        }
    }

    /// Normalised pixels `[3, S, S]`: bicubic with antialias on 8-bit values as Pillow does it, then (v/255 - mean) / std.
    /// Padding is exactly 0, that is the mean colour.
    pub fn apply(&self, picture: &RgbImage) -> Vec<f32> {
        let size = self.size;
        let mut out = vec![0.0; 3 * size * size];
        if picture.width() == 0 || picture.height() == 0 {
            return out;
        }
        let geometry = self.geometry(picture.width(), picture.height());
        let ((width, height), (left, top)) = (geometry.resized, geometry.offset);
        let (pixels, left, top, width) = if u64::from(width) * u64::from(height) > MAX_WHOLE {
            (
                resize_window(picture, &geometry),
                left.max(0),
                top.max(0),
                width.min(size as u32),
            )
        } else {
            (resize(picture, width, height, None), left, top, width)
        };
        let rows = pixels.len() / (3 * width as usize);
        for y in 0..size {
            let Some(row) = usize::try_from(y as i64 - top).ok().filter(|row| *row < rows) else {
                continue;
            };
            for x in 0..size {
                let Some(column) = usize::try_from(x as i64 - left).ok().filter(|c| *c < width as usize) else {
                    continue;
                };
                let at = 3 * (row * width as usize + column);
                for channel in 0..3 {
                    let value = f32::from(pixels[at + channel]) / 255.0;
                    out[(channel * size + y) * size + x] = (value - self.mean[channel]) / self.std[channel];
                }
            }
        }
        out
    }
}

/// The part of the resized picture that lies in the square.
fn resize_window(picture: &RgbImage, geometry: &Geometry) -> Vec<u8> {
    let side = |picture: u32, resized: u32, offset: i64| {
        let scale = f64::from(picture) / f64::from(resized);
        let kept = resized.min(geometry.size as u32);
        (
            offset.min(0).unsigned_abs() as f64 * scale,
            f64::from(kept) * scale,
            kept,
        )
    };
    let (left, width, columns) = side(geometry.picture.0, geometry.resized.0, geometry.offset.0);
    let (top, height, rows) = side(geometry.picture.1, geometry.resized.1, geometry.offset.1);
    resize(picture, columns, rows, Some([left, top, width, height]))
}

impl Geometry {
    /// For each patch of a `grid` x `grid` square of patches with `patch` pixels a side, row by row: whether it lies wholly in
    /// padding. All false without padding.
    pub fn patch_in_padding(&self, grid: usize, patch: usize) -> Vec<bool> {
        let overlaps = |index: usize, offset: i64, side: u32| {
            let (start, end) = ((index * patch) as i64, ((index + 1) * patch) as i64);
            start < offset + i64::from(side) && end > offset
        };
        let cells = (0..grid * grid).map(|j| {
            self.mode == Mode::Pad
                && !(overlaps(j % grid, self.offset.0, self.resized.0)
                    && overlaps(j / grid, self.offset.1, self.resized.1))
        });
        cells.collect()
    }

    /// Scale and shift from pixels of the picture as shown to pixels of the square: `x * scale[0] + shift[0]`; as scale x, scale y,
    /// shift x, shift y.
    pub fn to_model(&self) -> [f32; 4] {
        let scale = |resized: u32, picture: u32| (f64::from(resized) / f64::from(picture)) as f32;
        [
            scale(self.resized.0, self.picture.0),
            scale(self.resized.1, self.picture.1),
            self.offset.0 as f32,
            self.offset.1 as f32,
        ]
    }

    /// Patch `row`, `col` (of `patch` pixels a side) as x0, y0, x1, y1 in pixels of the picture as shown, clipped to it.
    pub fn patch_box(&self, row: usize, col: usize, patch: usize) -> [f32; 4] {
        let map = |pixel: usize, offset: i64, picture: u32, resized: u32| {
            let picture = f64::from(picture);
            ((pixel as i64 - offset) as f64 * picture / f64::from(resized)).clamp(0.0, picture) as f32
        };
        let x = |pixel| map(pixel, self.offset.0, self.picture.0, self.resized.0);
        let y = |pixel| map(pixel, self.offset.1, self.picture.1, self.resized.1);
        [
            x(col * patch),
            y(row * patch),
            x((col + 1) * patch),
            y((row + 1) * patch),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::decode::{Limits, decode};
    use std::path::PathBuf;

    fn fixtures() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
    }

    /// As in the fixtures' checkpoint: 32 pixels, patches of 8.
    fn of(mode: Mode) -> Preprocess {
        Preprocess {
            mode,
            size: 32,
            mean: [0.45, 0.5, 0.55],
            std: [0.25, 0.3, 0.2],
        }
    }

    #[test]
    fn pixels_are_pillows() {
        let bytes = std::fs::read(fixtures().join("training/pixels.safetensors")).unwrap();
        let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        for mode in Mode::ALL {
            let expected: Vec<f32> = tensors
                .tensor(mode.name())
                .unwrap()
                .data()
                .chunks_exact(4)
                .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
                .collect();
            let mut found = Vec::new();
            for name in ["train_00", "train_02", "train_04"] {
                let path = fixtures().join(format!("training/data/train/{name}.png"));
                found.extend(of(mode).apply(&decode(&path, &Limits::default()).unwrap().rgb));
            }
            assert_eq!(found.len(), expected.len());
            // Only the last bit of the normalisation may differ: a level would be 0.013 at least.
            let worst = found
                .iter()
                .zip(&expected)
                .map(|(a, b)| (a - b).abs())
                .fold(0.0, f32::max);
            assert!(worst < 1e-6, "{mode}: off by up to {worst}");
        }
    }

    #[test]
    fn patches_map_back_as_the_reference_does() {
        let text = std::fs::read_to_string(fixtures().join("scores/expected.json")).unwrap();
        let expected: serde_json::Value = serde_json::from_str(&text).unwrap();
        let mut boxes = 0;
        for score in expected["scores"].as_array().unwrap() {
            let mode: Mode = score["preprocess"].as_str().unwrap().parse().unwrap();
            let size = |key: &str| u32::try_from(score[key].as_u64().unwrap()).unwrap();
            let geometry = of(mode).geometry(size("width"), size("height"));
            let valid: Vec<bool> = score["valid"].as_array().unwrap().iter().map(|v| v == 1).collect();
            let padding = geometry.patch_in_padding(4, 8);
            assert!(padding.iter().zip(&valid).all(|(p, v)| p != v), "{mode}: {padding:?}");
            for patch in score["labels"]
                .as_array()
                .unwrap()
                .iter()
                .flat_map(|l| l["patches"].as_array().unwrap())
            {
                let at = |key: &str| patch[key].as_u64().unwrap() as usize;
                let found = geometry.patch_box(at("row"), at("col"), 8);
                for (a, b) in found.iter().zip(patch["box"].as_array().unwrap()) {
                    assert!(
                        (f64::from(*a) - b.as_f64().unwrap()).abs() < 1e-3,
                        "{mode} {found:?} {patch}"
                    );
                }
                boxes += 1;
            }
        }
        assert!(boxes > 100);
    }

    #[test]
    fn extreme_shapes_work_in_every_mode() {
        for (width, height) in [(1, 1), (1, 10_000), (10_000, 1), (3, 9_000)] {
            let picture = RgbImage::from_pixel(width, height, image::Rgb([255, 0, 127]));
            for mode in Mode::ALL {
                let pixels = Preprocess { size: 224, ..of(mode) }.apply(&picture);
                let centre = pixels[112 * 224 + 112];
                assert_eq!(pixels.len(), 3 * 224 * 224);
                let expected = (1.0 - 0.45) / 0.25;
                let one_pixel_lines = mode == Mode::Pad && width != height;
                assert!(
                    one_pixel_lines || (centre - expected).abs() < 1e-5,
                    "{mode} {width}x{height}: {centre}"
                );
            }
        }
    }

    #[test]
    fn the_window_is_the_middle_of_the_whole() {
        let picture = RgbImage::from_fn(300, 40, |x, y| {
            image::Rgb([(x * 7 % 256) as u8, (x + y * 3) as u8, (y * 6) as u8])
        });
        let preprocess = Preprocess {
            size: 64,
            ..of(Mode::Crop)
        };
        let geometry = preprocess.geometry(300, 40);
        assert_eq!(geometry.resized, (480, 64));
        let whole = resize(&picture, 480, 64, None);
        let window = resize_window(&picture, &geometry);
        for y in 0..64 {
            for x in 0..64 * 3 {
                let (a, b) = (whole[y * 480 * 3 + 208 * 3 + x], window[y * 64 * 3 + x]);
                assert!(a.abs_diff(b) <= 1, "{y} {x}: {a} {b}");
            }
        }
    }

    #[test]
    fn padding_is_exactly_zero() {
        let pixels = of(Mode::Pad).apply(&RgbImage::from_pixel(61, 29, image::Rgb([9, 9, 9])));
        // 32 x 15, from row 8 on.
        assert!(pixels[..8 * 32].iter().all(|v| *v == 0.0) && pixels[8 * 32] != 0.0);
        assert!(pixels[22 * 32] != 0.0 && pixels[23 * 32..32 * 32].iter().all(|v| *v == 0.0));
    }

    #[test]
    fn names_go_both_ways() {
        assert!(Mode::ALL.into_iter().all(|mode| mode.to_string().parse() == Ok(mode)));
        assert!("squash".parse::<Mode>().unwrap_err().contains("stretch"));
    }
}
