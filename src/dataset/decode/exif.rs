//! The orientation in EXIF data. Damaged EXIF data count as "not turned": the picture itself is still good.

use exif::{Exif, In, Reader, Tag};
use std::io::{BufRead, Seek};

/// Orientation 1 to 8 from raw EXIF data (TIFF structure, without the `Exif` marker of JPEG).
pub fn of_bytes(data: &[u8]) -> u8 {
    let mut reader = Reader::new();
    reader.continue_on_error(true);
    read(reader.read_raw(data.to_vec()))
}

/// Orientation 1 to 8 from a WebP or TIFF file.
pub fn of_container(file: &mut (impl BufRead + Seek)) -> u8 {
    let mut reader = Reader::new();
    reader.continue_on_error(true);
    read(reader.read_from_container(file))
}

fn read(result: Result<Exif, exif::Error>) -> u8 {
    // What could be read before a fault is kept.
    let Ok(exif) = result.or_else(|e| e.distill_partial_result(|_| ())) else {
        return 1;
    };
    let value = exif
        .get_field(Tag::Orientation, In::PRIMARY)
        .and_then(|f| f.value.get_uint(0));
    value
        .and_then(|v| u8::try_from(v).ok())
        .filter(|v| (1..=8).contains(v))
        .unwrap_or(1)
}
