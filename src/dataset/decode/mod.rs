//! Reading pictures: by content rather than extension, within limits, turned as EXIF says, always to RGB with 8 bits.
//!
//! **Conversion to RGB8**, the same for every picture: grey is repeated, palettes are looked up, 16-bit values keep their high
//! byte (as Pillow does), an alpha channel is dropped without compositing (as Pillow's `convert("RGB")`), floating point
//! is clamped to 0..1. CMYK and YCCK JPEGs with an Adobe marker (that is, all common ones) are converted as Pillow does;
//! CMYK without the marker is refused, because its polarity is not known. Colour profiles are ignored.
//!
//! Of a camera's raw file the JPEG preview in it is read. HEIC is decoded by a decoder in Rust alone.

mod budget;
mod container;
mod convert;
mod exif;
mod heic;
mod raw;
#[cfg(test)]
mod tests;

use super::error::DatasetError;
use budget::{PICTURES, Room};
use container::Container;
use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder, ImageFormat, ImageReader, RgbImage};
use raw::Section;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// How large a picture may be. Checked on the header, before anything is allocated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest side in pixels.
    pub max_side: u32,
    /// Width times height.
    pub max_pixels: u64,
    /// Bytes of the decoded picture, in the file's own depth.
    pub max_alloc: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_side: 32_768,
            max_pixels: 300_000_000,
            max_alloc: 1 << 31,
        }
    }
}

impl Limits {
    fn check(&self, path: &Path, (width, height): (u32, u32), bytes: u64) -> Result<(), DatasetError> {
        let limit = if width.max(height) > self.max_side {
            format!("at most {} on a side", self.max_side)
        } else if u64::from(width) * u64::from(height) > self.max_pixels {
            format!("at most {} in all", self.max_pixels)
        } else if bytes > self.max_alloc {
            format!("at most {} bytes", self.max_alloc)
        } else if width == 0 || height == 0 {
            return Err(DatasetError::Damaged {
                path: path.to_owned(),
                problem: "it has no pixels".to_owned(),
            });
        } else {
            return Ok(());
        };
        Err(DatasetError::TooLarge {
            path: path.to_owned(),
            width,
            height,
            limit,
        })
    }
}

/// A picture as shown. While it is open it holds its share of the memory for pictures, for which other threads may wait: keep its
/// pixels for long, not this.
#[derive(Debug)]
pub struct Decoded {
    /// Pixels after EXIF rotation.
    pub rgb: RgbImage,
    /// What the user should know, for example that only the first frame of an animation was read.
    pub notices: Vec<String>,
    /// Given back when the picture is closed.
    _room: Room<'static>,
}

/// Size and orientation of a picture, from its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Width and height as stored, in pixels.
    pub stored: (u32, u32),
    /// EXIF orientation, 1 to 8.
    pub orientation: u8,
}

impl Shape {
    /// Width and height as shown, in pixels.
    pub fn shown(&self) -> (u32, u32) {
        if self.orientation >= 5 {
            (self.stored.1, self.stored.0)
        } else {
            self.stored
        }
    }

    /// A box x, y, width, height in the stored picture, as it lies in the picture as shown.
    pub fn show_box(&self, [x, y, w, h]: [f64; 4]) -> [f64; 4] {
        let (width, height) = (f64::from(self.stored.0), f64::from(self.stored.1));
        let (right, below) = (width - x - w, height - y - h);
        match self.orientation {
            2 => [right, y, w, h],
            3 => [right, below, w, h],
            4 => [x, below, w, h],
            5 => [y, x, h, w],
            6 => [below, x, h, w],
            7 => [below, right, h, w],
            8 => [y, right, h, w],
            _ => [x, y, w, h],
        }
    }
}

/// Reads a picture. Waits for memory where other threads have large ones open.
///
/// # Errors
/// [`DatasetError`] that names the file: not a regular file, empty, not a picture, truncated, too large, damaged. A panic in
/// a decoder is caught and reported as damage of this picture.
pub fn decode(path: &Path, limits: &Limits) -> Result<Decoded, DatasetError> {
    guarded(path, || {
        let (file, head) = begin(path)?;
        if heic::is_heic(&head) {
            let (rgb, room) = heic::decode(path, limits)?;
            return Ok(Decoded {
                rgb,
                notices: Vec::new(),
                _room: room,
            });
        }
        let Opened {
            file,
            format,
            container,
            preview,
        } = inspect(path, file, &head, limits)?;
        let (mut image, shape, mut room) = pixels(path, file, format, &container, limits)?;
        if let Some(orientation) = Orientation::from_exif(shape.orientation) {
            image.apply_orientation(orientation);
        }
        let notices = container
            .animated
            .map(|what| format!("{what}: only the first frame is used"));
        let size = (image.width(), image.height());
        let preview = preview.then(|| {
            format!(
                "a camera's raw file: its preview of {} x {} pixels is used",
                size.0, size.1
            )
        });
        let rgb = convert::to_rgb(image);
        room.shrink_to(rgb.as_raw().len() as u64);
        Ok(Decoded {
            rgb,
            notices: notices.into_iter().chain(preview).collect(),
            _room: room,
        })
    })
}

/// Width and height as shown (after EXIF rotation), in pixels.
///
/// # Errors
/// As [`probe`].
pub fn dimensions(path: &Path, limits: &Limits) -> Result<(u32, u32), DatasetError> {
    Ok(probe(path, limits)?.shown())
}

/// Size and orientation, without decoding JPEG, PNG, GIF and WebP: their structure is followed to the end instead, so that a
/// truncated file is found. The rarer BMP and TIFF are decoded to find that.
///
/// # Errors
/// As [`decode`], except that damage inside the compressed pixels is not seen.
pub fn probe(path: &Path, limits: &Limits) -> Result<Shape, DatasetError> {
    guarded(path, || {
        let (file, head) = begin(path)?;
        if heic::is_heic(&head) {
            return Ok(Shape {
                stored: heic::size(path, limits)?,
                orientation: 1,
            });
        }
        let Opened {
            file,
            format,
            container,
            ..
        } = inspect(path, file, &head, limits)?;
        if let Some(stored) = container.size {
            return Ok(Shape {
                stored,
                orientation: container.orientation,
            });
        }
        if matches!(format, ImageFormat::Bmp | ImageFormat::Tiff) {
            return Ok(pixels(path, file, format, &container, limits)?.1);
        }
        let decoder = decoder(path, file, format, limits)?;
        let stored = decoder.dimensions();
        limits.check(path, stored, decoder.total_bytes())?;
        Ok(Shape {
            stored,
            orientation: container.orientation,
        })
    })
}

/// Whether a file is a picture by its first bytes, of a kind that is read.
///
/// # Errors
/// [`DatasetError`] that names the file and what it is instead.
pub(crate) fn recognise(path: &Path) -> Result<(), DatasetError> {
    let (_, head) = begin(path)?;
    if heic::is_heic(&head) || container::is_raw(path, &head) {
        return Ok(());
    }
    container::format(path, &head).map(|_| ())
}

/// Opens a regular file with bytes in it. A pipe would block and a device never end: both are refused before opening.
fn open(path: &Path) -> Result<BufReader<File>, DatasetError> {
    let about = std::fs::metadata(path).map_err(DatasetError::io(path))?;
    if !about.is_file() {
        return Err(DatasetError::NotAFile { path: path.to_owned() });
    }
    if about.len() == 0 {
        return Err(DatasetError::Empty { path: path.to_owned() });
    }
    Ok(BufReader::new(File::open(path).map_err(DatasetError::io(path))?))
}

/// A picture in a file: all of it, or the preview in a raw file.
type Part = BufReader<Section<File>>;

/// An opened picture.
struct Opened {
    file: Part,
    format: ImageFormat,
    container: Container,
    /// It is the preview in a raw file.
    preview: bool,
}

/// Opens a picture and reads its first bytes.
fn begin(path: &Path) -> Result<(BufReader<File>, Vec<u8>), DatasetError> {
    let mut file = open(path)?;
    let mut head = Vec::with_capacity(64);
    file.by_ref()
        .take(64)
        .read_to_end(&mut head)
        .map_err(DatasetError::io(path))?;
    Ok((file, head))
}

/// Tells the format from the first bytes and follows the file's structure.
fn inspect(path: &Path, mut file: BufReader<File>, head: &[u8], limits: &Limits) -> Result<Opened, DatasetError> {
    let io = |error| DatasetError::io(path)(error);
    let (format, preview) = if container::is_raw(path, head) {
        let preview = raw::preview(&mut file).map_err(io)?;
        let preview = preview.ok_or_else(|| DatasetError::NotAPicture {
            path: path.to_owned(),
            found: "a camera's raw file without a preview that can be read".to_owned(),
        })?;
        (raw::FORMAT, Some(preview))
    } else {
        (container::format(path, head)?, None)
    };
    let whole = file.seek(SeekFrom::End(0)).map_err(io)?;
    let (start, length) = preview.map_or((0, whole), |preview| (preview.start, preview.length));
    let mut file = BufReader::new(Section::new(file.into_inner(), start, length).map_err(io)?);
    let mut container = Container::read(path, format, &mut file)?;
    file.rewind().map_err(io)?;
    if let Some(size) = container.size {
        limits.check(path, size, u64::from(size.0) * u64::from(size.1))?;
    }
    if matches!(format, ImageFormat::WebP | ImageFormat::Tiff) {
        container.orientation = exif::of_container(&mut file);
        file.rewind().map_err(io)?;
    }
    if let Some(preview) = preview.filter(|_| container.orientation == 1) {
        container.orientation = preview.orientation;
    }
    Ok(Opened {
        file,
        format,
        container,
        preview: preview.is_some(),
    })
}

/// Decoder with limits on what it may allocate; sizes are checked by [`Limits::check`], whose error has the numbers.
fn decoder<'a>(
    path: &Path,
    file: impl BufRead + Seek + 'a,
    format: ImageFormat,
    limits: &Limits,
) -> Result<impl ImageDecoder + 'a, DatasetError> {
    let mut allocation = image::Limits::no_limits();
    allocation.max_alloc = Some(limits.max_alloc);
    let mut reader = ImageReader::with_format(file, format);
    reader.limits(allocation);
    reader.into_decoder().map_err(|e| damage(path, &e))
}

/// The pixels as stored, with room for them and for what is made of them.
fn pixels(
    path: &Path,
    file: impl BufRead + Seek,
    format: ImageFormat,
    container: &Container,
    limits: &Limits,
) -> Result<(DynamicImage, Shape, Room<'static>), DatasetError> {
    let decoder = decoder(path, file, format, limits)?;
    let shape = Shape {
        stored: decoder.dimensions(),
        orientation: container.orientation,
    };
    let bytes = decoder.total_bytes();
    limits.check(path, shape.stored, bytes)?;
    let room = PICTURES.reserve(needed(format, shape, bytes, decoder.color_type()));
    let image = DynamicImage::from_decoder(decoder).map_err(|e| damage(path, &e))?;
    Ok((image, shape, room))
}

/// Bytes that decoding takes at most: the picture in the file's depth (`stored`), what its decoder keeps beside it, a turned copy, and
/// the same in RGB.
fn needed(format: ImageFormat, shape: Shape, stored: u64, colour: ColorType) -> u64 {
    let pixels = u64::from(shape.stored.0) * u64::from(shape.stored.1);
    let beside = match format {
        // Coefficients of a progressive one.
        ImageFormat::Jpeg => stored,
        // The canvas that frames are drawn on.
        ImageFormat::Gif | ImageFormat::WebP => 4 * pixels,
        _ => 0,
    };
    let turned = if shape.orientation >= 5 { stored } else { 0 };
    let rgb = if colour == ColorType::Rgb8 { 0 } else { 3 * pixels };
    // Turning is over before the conversion begins.
    stored.saturating_add(beside.max(turned).max(rgb))
}

fn damage(path: &Path, error: &image::ImageError) -> DatasetError {
    use image::ImageError;
    let path = path.to_owned();
    match error {
        ImageError::Unsupported(what) => DatasetError::Unsupported {
            path,
            what: what.to_string(),
        },
        ImageError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => DatasetError::Truncated {
            path,
            problem: "its data end too early".to_owned(),
        },
        other => DatasetError::Damaged {
            path,
            problem: other.to_string(),
        },
    }
}

/// Runs a decoder so that its panic concerns this picture only.
fn guarded<T>(path: &Path, read: impl FnOnce() -> Result<T, DatasetError>) -> Result<T, DatasetError> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
        let said = said
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        Err(DatasetError::Damaged {
            path: path.to_owned(),
            problem: format!("the decoder failed ({said})"),
        })
    })
}
