//! The one conversion from whatever a file holds to RGB with 8 bits.

use image::{DynamicImage, RgbImage};

/// RGB with 8 bits: high byte of 16 bits, alpha dropped, grey repeated, floats clamped to 0..1.
pub fn to_rgb(image: DynamicImage) -> RgbImage {
    let (width, height) = (image.width(), image.height());
    let bytes: Vec<u8> = match image {
        DynamicImage::ImageRgb8(rgb) => return rgb,
        DynamicImage::ImageLuma8(v) => v.into_raw().into_iter().flat_map(|g| [g; 3]).collect(),
        DynamicImage::ImageLumaA8(v) => v.into_raw().chunks_exact(2).flat_map(|p| [p[0]; 3]).collect(),
        DynamicImage::ImageRgba8(v) => v.into_raw().chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect(),
        DynamicImage::ImageLuma16(v) => v.into_raw().into_iter().flat_map(|g| [high(g); 3]).collect(),
        DynamicImage::ImageLumaA16(v) => v.into_raw().chunks_exact(2).flat_map(|p| [high(p[0]); 3]).collect(),
        DynamicImage::ImageRgb16(v) => v.into_raw().into_iter().map(high).collect(),
        DynamicImage::ImageRgba16(v) => v
            .into_raw()
            .chunks_exact(4)
            .flat_map(|p| [high(p[0]), high(p[1]), high(p[2])])
            .collect(),
        DynamicImage::ImageRgb32F(v) => v.into_raw().into_iter().map(unit).collect(),
        DynamicImage::ImageRgba32F(v) => v
            .into_raw()
            .chunks_exact(4)
            .flat_map(|p| [unit(p[0]), unit(p[1]), unit(p[2])])
            .collect(),
        other => return other.into_rgb8(),
    };
    RgbImage::from_raw(width, height, bytes).unwrap_or_default()
}

fn high(value: u16) -> u8 {
    value.to_be_bytes()[0]
}

/// Not a number becomes 0.
fn unit(value: f32) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0).round() as u8
}
