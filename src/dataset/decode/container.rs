//! Following a picture file's structure without decoding it: size, EXIF data, animation, and whether its end is there.
//! Decoders fill up truncated pictures with grey; here they are refused instead.

use super::exif;
use crate::dataset::error::DatasetError;
use crate::dataset::files::is_raw_name;
use image::ImageFormat;
use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::path::Path;

/// EXIF data beyond this are not read for an orientation.
const MAX_EXIF: u64 = 16 << 20;
/// Where the end of a JPEG is looked for first.
const TAIL: u64 = 64 << 10;

/// What the structure says.
#[derive(Debug, Default)]
pub struct Container {
    /// Stored width and height, where this walk finds them (JPEG, PNG, GIF).
    pub size: Option<(u32, u32)>,
    /// EXIF orientation, 1 to 8.
    pub orientation: u8,
    /// What kind of animation it is.
    pub animated: Option<&'static str>,
}

/// A fault in the structure, before it is given the file's name.
enum Fault {
    Truncated(&'static str),
    Damaged(&'static str),
    Unsupported(&'static str),
    Io(io::Error),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Truncated("its data end too early"),
            _ => Self::Io(error),
        }
    }
}

/// The format that the first bytes announce.
pub fn format(path: &Path, head: &[u8]) -> Result<ImageFormat, DatasetError> {
    use ImageFormat::{Bmp, Gif, Jpeg, Png, Tiff, WebP};
    let path = path.to_owned();
    if let Some(found) = foreign(head) {
        return Err(DatasetError::NotAPicture {
            path,
            found: found.to_owned(),
        });
    }
    match image::guess_format(head) {
        Ok(format @ (Jpeg | Png | Gif | WebP | Bmp | Tiff)) => Ok(format),
        Ok(other) => Err(DatasetError::NotAPicture {
            path,
            found: format!("a file of the kind {other:?}"),
        }),
        Err(_) => {
            let text = String::from_utf8_lossy(head).to_ascii_lowercase();
            let found = if text.trim_start().starts_with("<!doctype") || text.trim_start().starts_with("<html") {
                "a web page"
            } else if text.starts_with("version https://git-lfs") {
                "a Git LFS pointer (run `git lfs pull`)"
            } else if head.starts_with(b"%PDF") {
                "a PDF document"
            } else {
                "a file of an unknown kind"
            };
            Err(DatasetError::NotAPicture {
                path,
                found: found.to_owned(),
            })
        }
    }
}

/// Whether a file is a camera's raw file: by its first bytes, or by its name where these are those of a TIFF.
pub(crate) fn is_raw(path: &Path, head: &[u8]) -> bool {
    let begins = |start: &[u8]| head.starts_with(start);
    let own = begins(b"FUJIFILMCCD-RAW")
        || begins(b"IIRO")
        || begins(b"IIRS")
        || begins(b"IIU\0")
        || head.get(4..12) == Some(b"ftypcrx ");
    own || ((begins(b"II*\0") || begins(b"MM\0*")) && is_raw_name(path))
}

/// Pictures of kinds that are known and not read, in words with an article.
fn foreign(head: &[u8]) -> Option<&'static str> {
    let begins = |start: &[u8]| head.starts_with(start);
    if head.get(4..8) == Some(b"ftyp") {
        return Some(match head.get(8..12) {
            Some(b"avif" | b"avis") => "an AVIF picture",
            Some(b"hevc" | b"hevx" | b"msf1") => "a HEIC film",
            _ => "a video, or a picture in a video's container",
        });
    }
    if begins(&[0xFF, 0x0A]) || begins(b"\0\0\0\x0CJXL \r\n\x87\n") {
        return Some("a JPEG XL picture");
    }
    if begins(b"\0\0\0\x0CjP  \r\n\x87\n") {
        return Some("a JPEG 2000 picture");
    }
    // Canon's oldest raw files are no TIFFs.
    (head.get(6..14) == Some(b"HEAPCCDR")).then_some("an old camera's raw file")
}

impl Container {
    /// Follows the structure of `file` from its start.
    pub fn read(path: &Path, format: ImageFormat, file: &mut (impl BufRead + Seek)) -> Result<Self, DatasetError> {
        let walked = match format {
            ImageFormat::Jpeg => jpeg(file),
            ImageFormat::Png => png(file),
            ImageFormat::Gif => gif(file),
            ImageFormat::WebP => webp(file),
            _ => Ok(Self {
                orientation: 1,
                ..Self::default()
            }),
        };
        let path = path.to_owned();
        walked.map_err(|fault| match fault {
            Fault::Truncated(problem) => DatasetError::Truncated {
                path,
                problem: problem.to_owned(),
            },
            Fault::Damaged(problem) => DatasetError::Damaged {
                path,
                problem: problem.to_owned(),
            },
            Fault::Unsupported(what) => DatasetError::Unsupported {
                path,
                what: what.to_owned(),
            },
            Fault::Io(source) => DatasetError::Io { path, source },
        })
    }
}

fn bytes<const N: usize>(file: &mut impl Read) -> io::Result<[u8; N]> {
    let mut buffer = [0; N];
    file.read_exact(&mut buffer)?;
    Ok(buffer)
}

fn exactly(file: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    let mut buffer = Vec::new();
    file.by_ref().take(length).read_to_end(&mut buffer)?;
    if (buffer.len() as u64) < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(buffer)
}

fn length_of(file: &mut impl Seek) -> io::Result<u64> {
    let here = file.stream_position()?;
    let end = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(here))?;
    Ok(end)
}

fn jpeg(file: &mut (impl BufRead + Seek)) -> Result<Container, Fault> {
    let mut found = Container {
        orientation: 1,
        ..Container::default()
    };
    let (mut components, mut adobe, mut exif_seen) = (0u8, false, false);
    file.seek(SeekFrom::Start(2))?;
    loop {
        // Markers may be padded with 0xFF, and stray bytes before one are skipped as libjpeg does.
        while bytes::<1>(file)?[0] != 0xFF {}
        let mut marker = bytes::<1>(file)?[0];
        while marker == 0xFF {
            marker = bytes::<1>(file)?[0];
        }
        match marker {
            0x00 | 0x01 | 0xD0..=0xD8 => continue,
            0xD9 => return Err(Fault::Truncated("the file ends before the pixels")),
            _ => {}
        }
        let length = u64::from(u16::from_be_bytes(bytes(file)?));
        let Some(length) = length.checked_sub(2) else {
            return Err(Fault::Damaged("a JPEG segment has no length"));
        };
        match marker {
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                let frame = exactly(file, length)?;
                let [_, h1, h0, w1, w0, n, ..] = frame[..] else {
                    return Err(Fault::Damaged("its frame header is short"));
                };
                found.size = Some((u16::from_be_bytes([w1, w0]).into(), u16::from_be_bytes([h1, h0]).into()));
                components = n;
            }
            0xE1 if !exif_seen => {
                let data = exactly(file, length)?;
                if let Some(raw) = data.strip_prefix(b"Exif\0\0") {
                    found.orientation = exif::of_bytes(raw);
                    exif_seen = true;
                }
            }
            0xEE => adobe |= exactly(file, length)?.starts_with(b"Adobe"),
            0xDA => break,
            _ => {
                file.seek_relative(length as i64)?;
            }
        }
    }
    if found.size.is_none() {
        return Err(Fault::Damaged("no frame header before the pixels"));
    }
    if components == 4 && !adobe {
        return Err(Fault::Unsupported("a CMYK JPEG without an Adobe marker"));
    }
    let scan = file.stream_position()?;
    let end = length_of(file)?;
    // The end marker normally is the last thing; behind it some cameras append more, so the whole scan is the last word.
    for start in [scan.max(end.saturating_sub(TAIL)), scan] {
        file.seek(SeekFrom::Start(start))?;
        if has_end_marker(file)? {
            return Ok(found);
        }
    }
    Err(Fault::Truncated("the end of the JPEG data is missing"))
}

/// Compressed data never hold 0xFF 0xD9: a data byte of 0xFF is followed by 0.
fn has_end_marker(file: &mut impl BufRead) -> io::Result<bool> {
    let mut after_ff = false;
    loop {
        let buffer = file.fill_buf()?;
        if buffer.is_empty() {
            return Ok(false);
        }
        for byte in buffer {
            if after_ff && *byte == 0xD9 {
                return Ok(true);
            }
            after_ff = *byte == 0xFF;
        }
        let length = buffer.len();
        file.consume(length);
    }
}

fn png(file: &mut (impl BufRead + Seek)) -> Result<Container, Fault> {
    let mut found = Container {
        orientation: 1,
        ..Container::default()
    };
    let end = length_of(file)?;
    file.seek(SeekFrom::Start(8))?;
    loop {
        let length = u64::from(u32::from_be_bytes(bytes(file)?));
        let kind: [u8; 4] = bytes(file)?;
        // The chunk's data and its checksum. Text chunks, however long, are only skipped.
        let next = file.stream_position()? + length + 4;
        if next > end {
            return Err(Fault::Truncated("a PNG chunk goes beyond the end of the file"));
        }
        match &kind {
            b"IHDR" if length >= 8 => {
                found.size = Some((u32::from_be_bytes(bytes(file)?), u32::from_be_bytes(bytes(file)?)));
            }
            b"eXIf" if length <= MAX_EXIF => found.orientation = exif::of_bytes(&exactly(file, length)?),
            b"acTL" if length >= 4 && u32::from_be_bytes(bytes(file)?) > 1 => found.animated = Some("an animated PNG"),
            b"IEND" => return Ok(found),
            _ => {}
        }
        let here = file.stream_position()?;
        file.seek_relative(next as i64 - here as i64)?;
    }
}

fn webp(file: &mut (impl BufRead + Seek)) -> Result<Container, Fault> {
    let mut found = Container {
        orientation: 1,
        ..Container::default()
    };
    let end = length_of(file)?;
    file.seek(SeekFrom::Start(4))?;
    if u64::from(u32::from_le_bytes(bytes(file)?)) + 8 > end {
        return Err(Fault::Truncated("the file is shorter than its WebP header says"));
    }
    let kind: [u8; 8] = bytes(file)?;
    if &kind == b"WEBPVP8X" && bytes::<5>(file)?[4] & 2 != 0 {
        found.animated = Some("an animated WebP");
    }
    Ok(found)
}

fn gif(file: &mut (impl BufRead + Seek)) -> Result<Container, Fault> {
    let mut found = Container {
        orientation: 1,
        ..Container::default()
    };
    let header: [u8; 13] = bytes(file)?;
    let [.., w0, w1, h0, h1, flags, _, _] = header;
    found.size = Some((u16::from_le_bytes([w0, w1]).into(), u16::from_le_bytes([h0, h1]).into()));
    skip_table(file, flags)?;
    let mut frames = 0;
    loop {
        let step = gif_block(file);
        match step {
            Ok(Some(image)) => frames += usize::from(image),
            Ok(None) => break,
            // What is missing after the first frame is not needed.
            Err(_) if frames > 0 => break,
            Err(fault) => return Err(fault),
        }
        if frames > 1 {
            found.animated = Some("an animated GIF");
            break;
        }
    }
    if frames == 0 {
        return Err(Fault::Truncated("the GIF has no frame"));
    }
    Ok(found)
}

/// One block: true for an image, false for an extension, `None` at the end.
fn gif_block(file: &mut (impl Read + Seek)) -> Result<Option<bool>, Fault> {
    match bytes::<1>(file)?[0] {
        0x2C => {
            let descriptor: [u8; 9] = bytes(file)?;
            skip_table(file, descriptor[8])?;
            bytes::<1>(file)?;
            skip_sub_blocks(file)?;
            Ok(Some(true))
        }
        0x21 => {
            bytes::<1>(file)?;
            skip_sub_blocks(file)?;
            Ok(Some(false))
        }
        0x3B => Ok(None),
        _ => Err(Fault::Damaged("an unknown GIF block")),
    }
}

fn skip_table(file: &mut impl Read, flags: u8) -> io::Result<()> {
    if flags & 0x80 != 0 {
        exactly(file, 3 << ((flags & 7) + 1))?;
    }
    Ok(())
}

fn skip_sub_blocks(file: &mut impl Read) -> io::Result<()> {
    loop {
        let length = bytes::<1>(file)?[0];
        if length == 0 {
            return Ok(());
        }
        exactly(file, length.into())?;
    }
}
