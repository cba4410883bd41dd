//! HEIC, as phones write it. The decoder gives the picture as shown: rotation and mirroring of the container are applied, and EXIF's
//! orientation, which repeats them, is not looked at.

use super::Limits;
use crate::dataset::error::DatasetError;
use heic_rs::{DecodeOptions, Error};
use image::RgbImage;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Files beyond this are no pictures of phones.
const MAX_FILE: u64 = 512 << 20;

/// Whether a file that begins with `head` is one.
pub(crate) fn is_heic(head: &[u8]) -> bool {
    let brand = head.get(8..12).filter(|_| head.get(4..8) == Some(b"ftyp"));
    brand.is_some_and(|brand| {
        [b"heic", b"heix", b"heim", b"heis", b"mif1"]
            .iter()
            .any(|known| brand == *known)
    })
}

fn bytes(path: &Path) -> Result<Vec<u8>, DatasetError> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(DatasetError::io(path))?;
    file.take(MAX_FILE)
        .read_to_end(&mut bytes)
        .map_err(DatasetError::io(path))?;
    Ok(bytes)
}

/// Width and height as shown, checked against the limits.
///
/// # Errors
/// It is cut off, damaged, of a kind that is not read, or beyond the limits.
pub(crate) fn size(path: &Path, limits: &Limits) -> Result<(u32, u32), DatasetError> {
    size_of(path, &bytes(path)?, limits)
}

fn size_of(path: &Path, bytes: &[u8], limits: &Limits) -> Result<(u32, u32), DatasetError> {
    let about = heic_rs::probe(bytes).map_err(|error| told(path, &error))?;
    let size = (about.width, about.height);
    for size in [(about.coded_width, about.coded_height), size] {
        limits.check(path, size, u64::from(size.0) * u64::from(size.1) * 3)?;
    }
    Ok(size)
}

/// The picture as shown.
///
/// # Errors
/// As [`size`].
pub(crate) fn decode(path: &Path, limits: &Limits) -> Result<RgbImage, DatasetError> {
    let bytes = bytes(path)?;
    size_of(path, &bytes, limits)?;
    let options = DecodeOptions {
        max_pixels: Some(limits.max_pixels),
        ..DecodeOptions::default()
    };
    let image = heic_rs::decode(&bytes, &options).map_err(|error| told(path, &error))?;
    RgbImage::from_raw(image.width, image.height, image.data)
        .ok_or_else(|| told(path, &Error::Malformed("fewer pixels than it says")))
}

fn told(path: &Path, error: &Error) -> DatasetError {
    DatasetError::NotAPicture {
        path: path.to_owned(),
        found: format!("a HEIC picture that cannot be decoded ({error})"),
    }
}
