//! Cameras' raw files: where the JPEG preview lies in them, and how the camera was held. Nothing of the sensor's data is read.

use image::ImageFormat;
use std::io::{self, BufRead, Read, Seek, SeekFrom};

/// IFDs that are looked at, in a chain or below one another.
const IFDS: usize = 64;
/// Entries of an IFD.
const ENTRIES: u16 = 1024;
/// Bytes at the beginning that are searched where the file does not say where its previews are.
const SEARCHED: u64 = 16 << 20;
/// Previews shorter than this on both sides are stamps for a camera's own screen.
const STAMP: u32 = 256;

/// A preview in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Preview {
    pub start: u64,
    pub length: u64,
    /// Width and height, in pixels.
    pub size: (u32, u32),
    /// How the camera was held: EXIF orientation, 1 to 8.
    pub orientation: u8,
}

/// The largest preview of a raw file; `None` if it has none, or only a stamp.
pub(crate) fn preview(file: &mut (impl BufRead + Seek)) -> io::Result<Option<Preview>> {
    let end = file.seek(SeekFrom::End(0))?;
    let mut head = [0; 32];
    file.rewind()?;
    let got = read_some(file, &mut head)?;
    let mut found = Found {
        end,
        ..Found::default()
    };
    match &head[..got] {
        [b'I', b'I', ..] => tiff(file, false, &mut found)?,
        [b'M', b'M', ..] => tiff(file, true, &mut found)?,
        start if start.starts_with(b"FUJIFILMCCD-RAW") => {
            let place = |file: &mut _, at| Ok::<_, io::Error>(u64::from(number::<4>(file, at, true)?));
            let (start, length) = (place(file, 84)?, place(file, 88)?);
            found.add(file, start, length)?;
        }
        _ => {}
    }
    if found.best.is_none() {
        search(file, &mut found)?;
    }
    let orientation = found.orientation.filter(|o| (1..=8).contains(o)).unwrap_or(1);
    let large = found.best.filter(|best| best.size.0.max(best.size.1) >= STAMP);
    Ok(large.map(|best| Preview { orientation, ..best }))
}

#[derive(Default)]
struct Found {
    end: u64,
    best: Option<Preview>,
    orientation: Option<u8>,
}

impl Found {
    /// Takes note of what may be a JPEG at a place; an unknown length is that of the rest of the file.
    fn add(&mut self, file: &mut (impl BufRead + Seek), start: u64, length: u64) -> io::Result<()> {
        let length = length.min(self.end.saturating_sub(start));
        if length < 4 {
            return Ok(());
        }
        file.seek(SeekFrom::Start(start))?;
        let mut section = (&mut *file).take(length);
        let Some(size) = jpeg_size(&mut section)? else {
            return Ok(());
        };
        let area = |(w, h): (u32, u32)| u64::from(w) * u64::from(h);
        if self.best.is_none_or(|best| area(size) > area(best.size)) {
            self.best = Some(Preview {
                start,
                length,
                size,
                orientation: 1,
            });
        }
        Ok(())
    }
}

fn read_some(file: &mut impl Read, out: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while got < out.len() {
        match file.read(&mut out[got..])? {
            0 => break,
            n => got += n,
        }
    }
    Ok(got)
}

/// A number of 2 or 4 bytes; 0 beyond the end.
fn number<const N: usize>(file: &mut (impl Read + Seek), at: u64, big: bool) -> io::Result<u32> {
    let mut bytes = [0; N];
    file.seek(SeekFrom::Start(at))?;
    if read_some(file, &mut bytes)? < N {
        return Ok(0);
    }
    let digits: Vec<u8> = if big {
        bytes.to_vec()
    } else {
        bytes.iter().rev().copied().collect()
    };
    Ok(digits.iter().fold(0, |all, byte| (all << 8) | u32::from(*byte)))
}

/// An entry of an IFD.
struct Entry {
    tag: u32,
    kind: u32,
    count: u32,
    /// Where its value is written, or where it is said where.
    at: u64,
}

impl Entry {
    fn bytes(&self) -> u64 {
        let each = match self.kind {
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 => 8,
            _ => 1,
        };
        u64::from(self.count) * each
    }

    /// Where its values are.
    fn place(&self, file: &mut (impl Read + Seek), big: bool) -> io::Result<u64> {
        if self.bytes() <= 4 {
            Ok(self.at)
        } else {
            number::<4>(file, self.at, big).map(u64::from)
        }
    }

    /// The value at an index.
    fn value(&self, file: &mut (impl Read + Seek), big: bool, index: u32) -> io::Result<u64> {
        let place = self.place(file, big)?;
        Ok(u64::from(match self.kind {
            3 => number::<2>(file, place + 2 * u64::from(index), big)?,
            _ => number::<4>(file, place + 4 * u64::from(index), big)?,
        }))
    }
}

/// Follows the IFDs of a TIFF.
fn tiff(file: &mut (impl BufRead + Seek), big: bool, found: &mut Found) -> io::Result<()> {
    let mut open = vec![u64::from(number::<4>(file, 4, big)?)];
    let mut seen = Vec::new();
    while let Some(ifd) = open.pop() {
        if ifd == 0 || seen.contains(&ifd) || seen.len() >= IFDS {
            continue;
        }
        seen.push(ifd);
        let count = number::<2>(file, ifd, big)?.min(ENTRIES.into());
        let (mut start, mut length, mut strip, mut strip_length, mut compression) = (None, None, None, None, 0);
        for i in 0..u64::from(count) {
            let at = ifd + 2 + 12 * i;
            let entry = Entry {
                tag: number::<2>(file, at, big)?,
                kind: number::<2>(file, at + 2, big)?,
                count: number::<4>(file, at + 4, big)?,
                at: at + 8,
            };
            match entry.tag {
                0x0103 => compression = entry.value(file, big, 0)?,
                0x0111 if entry.count == 1 => strip = Some(entry.value(file, big, 0)?),
                0x0117 if entry.count == 1 => strip_length = Some(entry.value(file, big, 0)?),
                0x0112 if found.orientation.is_none() => {
                    found.orientation = u8::try_from(entry.value(file, big, 0)?).ok();
                }
                0x0201 => start = Some(entry.value(file, big, 0)?),
                0x0202 => length = Some(entry.value(file, big, 0)?),
                // Panasonic's preview is the value itself.
                0x002E => {
                    let place = entry.place(file, big)?;
                    found.add(file, place, entry.bytes())?;
                }
                0x014A => {
                    for index in 0..entry.count.min(16) {
                        open.push(entry.value(file, big, index)?);
                    }
                }
                _ => {}
            }
        }
        if let (Some(start), Some(length)) = (start, length) {
            found.add(file, start, length)?;
        }
        if let (Some(start), Some(length), 6 | 7) = (strip, strip_length, compression) {
            found.add(file, start, length)?;
        }
        open.push(u64::from(number::<4>(file, ifd + 2 + 12 * u64::from(count), big)?));
    }
    Ok(())
}

/// Looks for JPEGs by their first bytes, for files that keep the place of their previews in a maker's own notes.
fn search(file: &mut (impl BufRead + Seek), found: &mut Found) -> io::Result<()> {
    file.rewind()?;
    let mut begin = Vec::new();
    (&mut *file).take(SEARCHED).read_to_end(&mut begin)?;
    let starts = begin
        .windows(3)
        .enumerate()
        .filter(|(_, bytes)| *bytes == [0xFF, 0xD8, 0xFF]);
    for (start, _) in starts.take(IFDS) {
        found.add(file, start as u64, u64::MAX)?;
    }
    Ok(())
}

/// Width and height of a JPEG that pictures are made of; `None` for anything else, such as the lossless ones that hold a sensor's data.
fn jpeg_size(file: &mut impl BufRead) -> io::Result<Option<(u32, u32)>> {
    let mut start = [0; 2];
    if read_some(file, &mut start)? < 2 || start != [0xFF, 0xD8] {
        return Ok(None);
    }
    loop {
        let mut head = [0; 4];
        if read_some(file, &mut head)? < 4 || head[0] != 0xFF {
            return Ok(None);
        }
        let Some(length) = usize::from(u16::from_be_bytes([head[2], head[3]])).checked_sub(2) else {
            return Ok(None);
        };
        match head[1] {
            0xC0..=0xC2 => {
                let mut frame = [0; 6];
                if read_some(file, &mut frame)? < 6 {
                    return Ok(None);
                }
                let [depth, h1, h0, w1, w0, parts] = frame;
                let size = (u16::from_be_bytes([w1, w0]).into(), u16::from_be_bytes([h1, h0]).into());
                return Ok((depth == 8 && matches!(parts, 1 | 3)).then_some(size));
            }
            0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF | 0xD9 | 0xDA => return Ok(None),
            _ => {
                let skipped = io::copy(&mut (&mut *file).take(length as u64), &mut io::sink())?;
                if skipped < length as u64 {
                    return Ok(None);
                }
            }
        }
    }
}

/// A part of a file, read as if it were one.
pub(crate) struct Section<R> {
    file: R,
    start: u64,
    length: u64,
    at: u64,
}

impl<R: Seek> Section<R> {
    /// `length` bytes from `start` on.
    ///
    /// # Errors
    /// The file cannot be positioned.
    pub(crate) fn new(mut file: R, start: u64, length: u64) -> io::Result<Self> {
        file.seek(SeekFrom::Start(start))?;
        Ok(Self {
            file,
            start,
            length,
            at: 0,
        })
    }
}

impl<R: Read> Read for Section<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = self.length.saturating_sub(self.at);
        let wanted = out.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let n = self.file.read(&mut out[..wanted])?;
        self.at += n as u64;
        Ok(n)
    }
}

impl<R: Seek> Seek for Section<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(offset) => self.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.at.checked_add_signed(offset),
        };
        let at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        let place = self
            .start
            .checked_add(at)
            .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        self.file.seek(SeekFrom::Start(place))?;
        self.at = at;
        Ok(at)
    }
}

/// The format of previews.
pub(crate) const FORMAT: ImageFormat = ImageFormat::Jpeg;
