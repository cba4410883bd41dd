//! Broken and unusual pictures, made here.
use super::*;
use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, Frame, GrayImage, ImageEncoder, Rgb, RgbaImage};
use std::path::PathBuf;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn save(&self, name: &str, image: impl Into<DynamicImage>) -> PathBuf {
        let path = self.0.path().join(name);
        image.into().save(&path).unwrap();
        path
    }
}

fn read(path: &Path) -> Result<Decoded, DatasetError> {
    let decoded = decode(path, &Limits::default());
    let probed = dimensions(path, &Limits::default());
    // Probing and decoding agree on what is good, and on its size.
    match (&decoded, &probed) {
        (Ok(picture), Ok(size)) => assert_eq!(picture.rgb.dimensions(), *size),
        (a, b) => assert_eq!(a.is_err(), b.is_err(), "{a:?} {b:?}"),
    }
    decoded
}

/// Red, green / blue, white quarters with blocks of 16, so that JPEG keeps them.
fn quarters() -> RgbImage {
    RgbImage::from_fn(32, 48, |x, y| match (x < 16, y < 24) {
        (true, true) => Rgb([255, 0, 0]),
        (false, true) => Rgb([0, 255, 0]),
        (true, false) => Rgb([0, 0, 255]),
        (false, false) => Rgb([255, 255, 255]),
    })
}

fn jpeg() -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 95)
        .encode_image(&quarters())
        .unwrap();
    bytes
}

/// EXIF data with nothing but an orientation.
fn exif(orientation: u8) -> Vec<u8> {
    let mut data = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    data.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    data
}

fn jpeg_with_exif(orientation: u8) -> Vec<u8> {
    let data = [b"Exif\0\0".to_vec(), exif(orientation)].concat();
    let length = u16::try_from(data.len() + 2).unwrap().to_be_bytes();
    let plain = jpeg();
    [&plain[..2], &[0xFF, 0xE1], &length, &data, &plain[2..]].concat()
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| {
            if c & 1 == 1 { c >> 1 ^ 0xEDB8_8320 } else { c >> 1 }
        })
    })
}

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let body = [&kind[..], data].concat();
    [
        &u32::try_from(data.len()).unwrap().to_be_bytes()[..],
        &body,
        &crc(&body).to_be_bytes(),
    ]
    .concat()
}

/// `chunks` behind the header of a PNG.
fn png_with(image: &DynamicImage, chunks: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png).unwrap();
    let bytes = bytes.into_inner();
    [&bytes[..33], &chunks.concat(), &bytes[33..]].concat()
}

#[test]
fn all_orientations_are_shown_upright() {
    let folder = Folder::new();
    // The corner colours top-left, top-right, bottom-left, bottom-right as shown: red, green, blue, white as stored.
    let shown = ["rgbw", "grwb", "wbgr", "bwrg", "rbgw", "brwg", "wgbr", "gwrb"];
    for (i, expected) in shown.into_iter().enumerate() {
        let orientation = i as u8 + 1;
        let png = png_with(&quarters().into(), &[chunk(b"eXIf", &exif(orientation))]);
        for path in [
            folder.put("a.jpg", &jpeg_with_exif(orientation)),
            folder.put("a.png", &png),
        ] {
            let rgb = read(&path).unwrap().rgb;
            let (w, h) = rgb.dimensions();
            assert_eq!((w, h), if orientation >= 5 { (48, 32) } else { (32, 48) });
            let colour = |x, y| match rgb.get_pixel(x, y).0.map(|v| v > 128) {
                [true, false, false] => 'r',
                [false, true, false] => 'g',
                [false, false, true] => 'b',
                _ => 'w',
            };
            let found: String = [(4, 4), (w - 4, 4), (4, h - 4), (w - 4, h - 4)]
                .map(|(x, y)| colour(x, y))
                .iter()
                .collect();
            assert_eq!(found, expected, "orientation {orientation}");
            // The box of the red quarter goes where the red pixels go.
            let shape = probe(&path, &Limits::default()).unwrap();
            let [x, y, bw, bh] = shape.show_box([0.0, 0.0, 16.0, 24.0]);
            assert_eq!(
                colour((x + bw / 2.0) as u32, (y + bh / 2.0) as u32),
                'r',
                "orientation {orientation}"
            );
            assert_eq!((bw, bh), if orientation >= 5 { (24.0, 16.0) } else { (16.0, 24.0) });
        }
    }
    let path = folder.put("bad.jpg", &jpeg_with_exif(9));
    assert_eq!(
        read(&path).unwrap().rgb.dimensions(),
        (32, 48),
        "a wrong orientation counts as none"
    );
}

#[test]
fn truncated_pictures_are_refused_at_every_length() {
    let folder = Folder::new();
    for bytes in [jpeg(), jpeg_with_exif(6), png_with(&quarters().into(), &[])] {
        for length in (4..bytes.len() - 1).step_by(7).chain([bytes.len() - 2]) {
            let path = folder.put("cut", &bytes[..length]);
            assert!(read(&path).is_err(), "{length} of {}", bytes.len());
        }
        assert!(read(&folder.put("whole", &bytes)).is_ok());
    }
    let path = folder.put("half.jpg", &jpeg()[..jpeg().len() / 2]);
    assert!(matches!(read(&path), Err(DatasetError::Truncated { .. })));
    // Data behind the end marker are no harm.
    assert!(read(&folder.put("more.jpg", &[jpeg(), vec![0; 100_000]].concat())).is_ok());
    for name in ["a.gif", "a.webp", "a.bmp", "a.tiff"] {
        let bytes = std::fs::read(folder.save(name, quarters())).unwrap();
        assert!(
            read(&folder.put(name, &bytes[..bytes.len() * 2 / 3])).is_err(),
            "{name}"
        );
        assert!(read(&folder.put(name, &bytes)).is_ok(), "{name}");
    }
}

#[test]
fn what_is_no_picture_is_said() {
    let folder = Folder::new();
    assert!(matches!(
        read(&folder.put("a.jpg", b"")),
        Err(DatasetError::Empty { .. })
    ));
    assert!(matches!(read(folder.0.path()), Err(DatasetError::NotAFile { .. })));
    assert!(matches!(
        read(&folder.0.path().join("none")),
        Err(DatasetError::Io { .. })
    ));
    let page = read(&folder.put("b.jpg", b"<!DOCTYPE html><html>not found</html>")).unwrap_err();
    assert!(page.to_string().contains("a web page"), "{page}");
    assert!(
        read(&folder.put("c.jpg", b"\0\0\0\x18ftypheic____"))
            .unwrap_err()
            .to_string()
            .contains("HEIC")
    );
    for (name, head, word) in [
        ("d.avif", &b"\0\0\0\x20ftypavif____"[..], "AVIF"),
        ("e.jpg", b"\xFF\x0A________________", "JPEG XL"),
        ("f.CR2", b"II*\0\x10\0\0\0CR\x02\0____", "raw file without a preview"),
        ("g.cr3", b"\0\0\0\x18ftypcrx ____", "raw file"),
        ("h.mp4", b"\0\0\0\x18ftypisom____", "a video"),
    ] {
        let said = read(&folder.put(name, head)).unwrap_err().to_string();
        assert!(said.contains(word) && said.contains("JPEG, PNG"), "{name}: {said}");
    }
    assert!(read(&Path::new("/dev").join("null")).is_err());
}

#[cfg(unix)]
#[test]
fn pipes_are_refused_without_waiting() {
    let folder = Folder::new();
    let pipe = folder.0.path().join("pipe.jpg");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    std::os::unix::fs::symlink(&pipe, folder.0.path().join("link.jpg")).unwrap();
    for name in ["pipe.jpg", "link.jpg"] {
        assert!(
            matches!(read(&folder.0.path().join(name)), Err(DatasetError::NotAFile { .. })),
            "{name}"
        );
    }
}

#[test]
fn content_decides_and_not_the_extension() {
    let folder = Folder::new();
    let png = png_with(&quarters().into(), &[]);
    assert_eq!(read(&folder.put("a.jpg", &png)).unwrap().rgb, quarters());
    assert!(read(&folder.put("b.png", &jpeg())).is_ok());
}

#[test]
fn bombs_are_refused_on_their_header() {
    let folder = Folder::new();
    let mut png = png_with(&quarters().into(), &[]);
    png[16..24].copy_from_slice(&[0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60]);
    let sum = crc(&png[12..29]).to_be_bytes();
    png[29..33].copy_from_slice(&sum);
    let error = read(&folder.put("bomb.png", &png)).unwrap_err();
    assert!(
        matches!(
            error,
            DatasetError::TooLarge {
                width: 60_000,
                height: 60_000,
                ..
            }
        ),
        "{error}"
    );
    let mut gif = std::fs::read(folder.save("a.gif", quarters())).unwrap();
    gif[6..10].fill(0xFF);
    assert!(matches!(
        read(&folder.put("bomb.gif", &gif)),
        Err(DatasetError::TooLarge { .. })
    ));
    let small = Limits {
        max_pixels: 1000,
        ..Limits::default()
    };
    assert!(matches!(
        decode(&folder.put("a.jpg", &jpeg()), &small),
        Err(DatasetError::TooLarge { .. })
    ));
}

#[test]
fn giant_text_chunks_are_passed_over() {
    let folder = Folder::new();
    let text = [b"Comment\0".to_vec(), vec![b'x'; 3_000_000]].concat();
    let png = png_with(&quarters().into(), &[chunk(b"tEXt", &text), chunk(b"zTXt", &text)]);
    assert_eq!(read(&folder.put("text.png", &png)).unwrap().rgb, quarters());
}

#[test]
fn every_depth_and_channel_becomes_rgb() {
    let folder = Folder::new();
    let one = |image: DynamicImage| read(&folder.save("a.png", image)).unwrap().rgb.get_pixel(0, 0).0;
    assert_eq!(one(GrayImage::from_pixel(2, 2, image::Luma([77])).into()), [77; 3]);
    assert_eq!(
        one(RgbaImage::from_pixel(2, 2, image::Rgba([9, 8, 7, 0])).into()),
        [9, 8, 7],
        "alpha is dropped"
    );
    let deep = image::ImageBuffer::from_pixel(2, 2, Rgb([0x12FFu16, 0x80FF, 0xFFFF]));
    assert_eq!(
        one(DynamicImage::ImageRgb16(deep)),
        [0x12, 0x80, 0xFF],
        "the high byte stays"
    );
    let grey = image::ImageBuffer::from_pixel(2, 2, image::LumaA([0x34FFu16, 0]));
    assert_eq!(one(DynamicImage::ImageLumaA16(grey)), [0x34; 3]);
    // A palette of two colours, one bit a pixel: 1, 0.
    let header = [&[0, 0, 0, 2, 0, 0, 0, 1][..], &[1, 3, 0, 0, 0]].concat();
    let data = [0x78, 0x01, 0x01, 2, 0, 0xFD, 0xFF, 0, 0x80, 0x00, 0x82, 0x00, 0x81];
    let png = [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &header),
        chunk(b"PLTE", &[1, 2, 3, 200, 100, 50]),
        chunk(b"IDAT", &data),
        chunk(b"IEND", &[]),
    ];
    let rgb = read(&folder.put("palette.png", &png.concat())).unwrap().rgb;
    assert_eq!(rgb.as_raw(), &[200, 100, 50, 1, 2, 3]);
}

#[test]
fn animations_give_their_first_frame_and_say_so() {
    let folder = Folder::new();
    let mut bytes = Vec::new();
    let frame = |r, b| Frame::new(RgbaImage::from_pixel(8, 8, image::Rgba([r, 0, b, 255])));
    GifEncoder::new(&mut bytes)
        .encode_frames([frame(255, 0), frame(0, 255)])
        .unwrap();
    let decoded = read(&folder.put("a.gif", &bytes)).unwrap();
    assert_eq!(decoded.rgb.get_pixel(3, 3).0, [255, 0, 0]);
    assert!(
        decoded.notices.len() == 1 && decoded.notices[0].contains("first frame"),
        "{:?}",
        decoded.notices
    );
    let still = read(&folder.save("b.gif", quarters())).unwrap();
    assert!(still.notices.is_empty());
}

#[test]
fn extreme_shapes_can_be_read() {
    let folder = Folder::new();
    for (w, h) in [(1, 1), (1, 10_000), (10_000, 1)] {
        for name in ["a.png", "a.jpg", "a.bmp"] {
            let rgb = read(&folder.save(name, RgbImage::from_pixel(w, h, Rgb([10, 200, 30]))))
                .unwrap()
                .rgb;
            assert_eq!(rgb.dimensions(), (w, h));
            assert!(rgb.get_pixel(0, h - 1).0[1].abs_diff(200) < 3);
        }
    }
}

#[test]
fn cmyk_without_a_marker_is_named() {
    let folder = Folder::new();
    // A frame header with four components is as far as it is read.
    let frame = [
        &[0xFF, 0xC0, 0, 20, 8, 0, 8, 0, 8, 4][..],
        &[1, 17, 0, 2, 17, 0, 3, 17, 0, 4, 17, 0],
    ]
    .concat();
    let scan = [0xFF, 0xDA, 0, 14, 4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0, 0xFF, 0xD9];
    let bytes = [&[0xFF, 0xD8][..], &frame, &scan].concat();
    let error = read(&folder.put("cmyk.jpg", &bytes)).unwrap_err();
    assert!(error.to_string().contains("CMYK"), "{error}");
}

#[test]
fn a_panic_is_an_error_of_the_picture() {
    let error = guarded(Path::new("x.jpg"), || -> Result<(), DatasetError> {
        panic!("index out of bounds")
    });
    let text = error.unwrap_err().to_string();
    assert!(text.contains("x.jpg") && text.contains("index out of bounds"), "{text}");
}

#[test]
fn damaged_bytes_never_panic() {
    use crate::support::rng::{self, Rng};
    let folder = Folder::new();
    let mut sources = vec![
        jpeg_with_exif(6),
        png_with(&quarters().into(), &[chunk(b"eXIf", &exif(3))]),
    ];
    sources.extend(["b.gif", "b.webp", "b.bmp", "b.tiff"].map(|n| std::fs::read(folder.save(n, quarters())).unwrap()));
    let mut rng = rng::stream(5, "test", 0);
    for source in sources {
        for _ in 0..40 {
            let mut bytes = source.clone();
            for _ in 0..4 {
                let at = rng.random_range(0..bytes.len());
                bytes[at] = rng.random();
            }
            let path = folder.put("damaged", &bytes);
            // Any result will do, as long as there is one.
            let _ = (decode(&path, &Limits::default()), probe(&path, &Limits::default()));
        }
    }
    let mut plain = Vec::new();
    JpegEncoder::new(&mut plain)
        .write_image(&[0; 12], 2, 2, ExtendedColorType::Rgb8)
        .unwrap();
    assert!(read(&folder.put("last.jpg", &plain)).is_ok());
}

/// A TIFF with one IFD: its entries as tag, kind, count and value or place, in the byte order of Intel, and what lies behind.
fn tiff(entries: &[(u16, u16, u32, u32)], behind: &[u8]) -> Vec<u8> {
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    bytes.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in entries {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend([0; 4]);
    bytes.extend(behind);
    bytes
}

/// A JPEG that is red above and blue below.
fn large_jpeg(width: u32, height: u32) -> Vec<u8> {
    let image = RgbImage::from_fn(width, height, |_, y| {
        if y * 2 < height {
            Rgb([250, 0, 0])
        } else {
            Rgb([0, 0, 250])
        }
    });
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 95)
        .encode_image(&image)
        .unwrap();
    bytes
}

#[test]
fn of_a_raw_file_the_largest_preview_is_read_as_it_was_held() {
    let folder = Folder::new();
    let (stamp, preview) = (large_jpeg(160, 120), large_jpeg(320, 240));
    // The sensor's data are a lossless JPEG, which is larger than any preview.
    let lossless = b"\xFF\xD8\xFF\xC3\0\x0B\x0E\x10\0\x10\0\x01\x01\x11\0____".to_vec();
    let behind = [stamp.clone(), preview.clone(), lossless.clone()].concat();
    let start = 8 + 2 + 6 * 12 + 4;
    let at = |offset: usize| (start + offset) as u32;
    let entries = [
        (0x0103, 3, 1, 6),
        (0x0111, 4, 1, at(stamp.len())),
        (0x0112, 3, 1, 6),
        (0x0117, 4, 1, preview.len() as u32),
        (0x0201, 4, 1, at(0)),
        (0x0202, 4, 1, stamp.len() as u32),
    ];
    let raw = tiff(&entries, &behind);
    for name in ["a.CR2", "b.nef", "c.dng"] {
        let decoded = read(&folder.put(name, &raw)).unwrap();
        assert_eq!(decoded.rgb.dimensions(), (240, 320), "turned as the camera was");
        let [right, left] = [*decoded.rgb.get_pixel(230, 160), *decoded.rgb.get_pixel(10, 160)];
        assert!(right[0] > 200 && left[2] > 200, "{right:?} {left:?}");
        assert!(decoded.notices[0].contains("preview"), "{:?}", decoded.notices);
    }
    // A file that does not say where it has its preview is searched.
    let searched = [b"IIRO\x08\0\0\0\0\0\0\0\0\0".to_vec(), behind.clone()].concat();
    assert_eq!(
        read(&folder.put("d.orf", &searched)).unwrap().rgb.dimensions(),
        (320, 240)
    );
    let mut fuji = b"FUJIFILMCCD-RAW ".to_vec();
    fuji.resize(100, 0);
    fuji[84..88].copy_from_slice(&100_u32.to_be_bytes());
    fuji[88..92].copy_from_slice(&(preview.len() as u32).to_be_bytes());
    fuji.extend(&preview);
    assert_eq!(read(&folder.put("e.raf", &fuji)).unwrap().rgb.dimensions(), (320, 240));
    // A stamp is no picture, and neither are the sensor's data.
    for (name, bytes) in [("f.cr2", tiff(&[], &stamp)), ("g.cr2", tiff(&[], &lossless))] {
        let error = read(&folder.put(name, &bytes)).unwrap_err();
        assert!(error.to_string().contains("without a preview"), "{error}");
    }
    // Wherever it is cut off, it is refused or whole.
    for cut in (0..raw.len()).step_by(97) {
        if let Ok(decoded) = read(&folder.put("h.cr2", &raw[..cut])) {
            assert_eq!(decoded.rgb.dimensions(), (240, 320));
        }
    }
}

#[test]
fn a_phones_picture_is_read_as_shown() {
    let folder = Folder::new();
    let bytes = include_bytes!("quarters.heic");
    let path = folder.put("IMG_0001.HEIC", bytes);
    let decoded = read(&path).unwrap();
    assert_eq!(decoded.rgb.dimensions(), (32, 48));
    for (x, y, wanted) in [
        (4, 4, [255, 0, 0]),
        (28, 4, [0, 255, 0]),
        (4, 44, [0, 0, 255]),
        (28, 44, [255, 255, 255]),
    ] {
        let pixel = decoded.rgb.get_pixel(x, y);
        let near = pixel.0.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) < 24);
        assert!(near, "{pixel:?} at {x}, {y}");
    }
    for cut in (0..bytes.len()).step_by(41) {
        let error = read(&folder.put("cut.heic", &bytes[..cut])).unwrap_err();
        match cut {
            0 => assert!(matches!(error, DatasetError::Empty { .. }), "{error}"),
            _ => assert!(matches!(error, DatasetError::Truncated { .. }), "{cut}: {error}"),
        }
    }
    let small = Limits {
        max_side: 40,
        ..Limits::default()
    };
    assert!(matches!(decode(&path, &small), Err(DatasetError::TooLarge { .. })));
    assert!(matches!(probe(&path, &small), Err(DatasetError::TooLarge { .. })));
}
