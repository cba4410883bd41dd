//! HEIC, as phones write it. The decoder gives the picture as shown: rotation and mirroring of the container are applied, and EXIF's
//! orientation, which repeats them, is not looked at.

use super::Limits;
use super::budget::{PICTURES, Room};
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
    // The size stands at the beginning, so a file that is cut off behind it must be told otherwise.
    if !is_whole(bytes) {
        return Err(DatasetError::Truncated {
            path: path.to_owned(),
            problem: "the end of the HEIC data is missing".to_owned(),
        });
    }
    let about = heic_rs::probe(bytes).map_err(|error| told(path, &error))?;
    let size = (about.width, about.height);
    for size in [(about.coded_width, about.coded_height), size] {
        limits.check(path, size, u64::from(size.0) * u64::from(size.1) * 3)?;
    }
    Ok(size)
}

/// The picture as shown, with room for it.
///
/// # Errors
/// As [`size`].
pub(crate) fn decode(path: &Path, limits: &Limits) -> Result<(RgbImage, Room<'static>), DatasetError> {
    let bytes = bytes(path)?;
    let (width, height) = size_of(path, &bytes, limits)?;
    let rgb = 3 * u64::from(width) * u64::from(height);
    // The planes of brightness and colours beside it.
    let mut room = PICTURES.reserve(2 * rgb + bytes.len() as u64);
    let options = DecodeOptions {
        max_pixels: Some(limits.max_pixels),
        ..DecodeOptions::default()
    };
    let image = heic_rs::decode(&bytes, &options).map_err(|error| told(path, &error))?;
    let image = RgbImage::from_raw(image.width, image.height, image.data)
        .ok_or_else(|| told(path, &Error::Malformed("fewer pixels than it says")))?;
    room.shrink_to(rgb);
    Ok((image, room))
}

/// Whether no box of the container goes beyond the end, as far as the picture needs them: what some phones put behind it, such as a
/// film, does not count.
fn is_whole(bytes: &[u8]) -> bool {
    let (mut meta, mut pixels) = (false, false);
    let mut rest = bytes;
    while !rest.is_empty() {
        let needed = !meta || !pixels;
        let (Some(size), Some(kind)) = (rest.first_chunk::<4>(), rest.get(4..8)) else {
            return !needed;
        };
        let size = match u32::from_be_bytes(*size) {
            // To the end.
            0 => rest.len() as u64,
            1 => match rest.get(8..).and_then(|long| long.first_chunk::<8>()) {
                Some(long) => u64::from_be_bytes(*long),
                None => return !needed,
            },
            size => u64::from(size),
        };
        let Some(content) = usize::try_from(size).ok().and_then(|size| rest.get(..size)) else {
            return !needed && kind != b"mdat";
        };
        meta |= kind == b"meta";
        // Small ones may lie in `meta`.
        pixels |= kind == b"mdat" || (kind == b"meta" && content.windows(4).any(|word| word == b"idat"));
        // A box without its own head is damage, which is for the decoder to tell.
        rest = &rest[content.len().max(8).min(rest.len())..];
    }
    meta && pixels
}

fn told(path: &Path, error: &Error) -> DatasetError {
    if matches!(error, Error::Truncated(_)) {
        return DatasetError::Truncated {
            path: path.to_owned(),
            problem: format!("the HEIC data end too early ({error})"),
        };
    }
    DatasetError::NotAPicture {
        path: path.to_owned(),
        found: format!("a HEIC picture that cannot be decoded ({error})"),
    }
}
