//! Large sets to measure imports with: a COCO file with as many pictures and annotations as asked, and tiny pictures, no two alike.

use super::error::DatasetError;
use super::formats::Progress;
use crate::support::rng::{self, Rng};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use serde_json::json;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Width and height of the pictures, in pixels.
const SIZE: (u32, u32) = (24, 16);

/// How large a set is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Pictures.
    pub images: usize,
    /// Annotations, all with a box, spread over the pictures at random.
    pub annotations: usize,
    /// Labels; rarer the higher their number.
    pub labels: usize,
    /// The seed of everything.
    pub seed: u64,
}

impl Default for Size {
    /// A million annotations on a hundred thousand pictures with 80 labels.
    fn default() -> Self {
        Self {
            images: 100_000,
            annotations: 1_000_000,
            labels: 80,
            seed: 0,
        }
    }
}

/// Writes the set into `folder`, which must be new or empty: `annotations/instances_train.json` with its records in COCO's order
/// (categories last), and `train/000000000001.png` and so on. Returns the annotation file. `progress` hears of pictures.
///
/// # Errors
/// Something is in `folder`, it cannot be written, a number is 0, or `progress` stopped it (half a set is left then).
pub fn generate(folder: &Path, size: &Size, progress: &mut Progress<'_>) -> Result<PathBuf, DatasetError> {
    if size.images == 0 || size.labels == 0 {
        let problem = "a set needs at least one picture and one label".to_owned();
        return Err(DatasetError::Setting { problem });
    }
    let pictures = folder.join("train");
    let annotations = folder.join("annotations");
    for folder in [&pictures, &annotations] {
        if folder.exists() {
            return Err(DatasetError::Exists { path: folder.clone() });
        }
        std::fs::create_dir_all(folder).map_err(DatasetError::io(folder))?;
    }
    for i in 0..size.images {
        if i % 256 == 0 && progress(i, size.images).is_break() {
            return Err(DatasetError::Cancelled);
        }
        let path = pictures.join(name(i));
        std::fs::write(&path, picture(i)?).map_err(DatasetError::io(&path))?;
    }
    let path = annotations.join("instances_train.json");
    let file = File::create_new(&path).map_err(DatasetError::io(&path))?;
    let mut file = BufWriter::with_capacity(1 << 18, file);
    records(&mut file, size)
        .and_then(|()| file.flush())
        .map_err(DatasetError::io(&path))?;
    if progress(size.images, size.images).is_break() {
        return Err(DatasetError::Cancelled);
    }
    Ok(path)
}

fn name(i: usize) -> String {
    format!("{:012}.png", i + 1)
}

/// A grey picture whose first pixels are its number.
fn picture(i: usize) -> Result<Vec<u8>, DatasetError> {
    let mut pixels = vec![128; (SIZE.0 * SIZE.1) as usize];
    pixels[..8].copy_from_slice(&(i as u64).to_le_bytes());
    let mut bytes = Vec::new();
    PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::NoFilter)
        .write_image(&pixels, SIZE.0, SIZE.1, ExtendedColorType::L8)
        .map_err(|error| DatasetError::Damaged {
            path: PathBuf::from(name(i)),
            problem: error.to_string(),
        })?;
    Ok(bytes)
}

fn records(out: &mut impl Write, size: &Size) -> io::Result<()> {
    let mut random = rng::stream(size.seed, "scale", 0);
    out.write_all(b"{\"info\": {\"description\": \"a generated set\"}, \"licenses\": [], \"images\": [")?;
    for i in 0..size.images {
        let comma = if i == 0 { "" } else { ", " };
        let record = json!({"license": 1, "file_name": name(i), "height": SIZE.1, "width": SIZE.0, "id": i * 3 + 7});
        write!(out, "{comma}{record}")?;
    }
    out.write_all(b"], \"annotations\": [")?;
    for i in 0..size.annotations {
        let comma = if i == 0 { "" } else { ", " };
        // The smaller of two draws: low numbers are frequent.
        let label = random
            .random_range(0..size.labels)
            .min(random.random_range(0..size.labels));
        let (x, y) = (random.random_range(0.0..12.0f32), random.random_range(0.0..8.0f32));
        let (w, h) = (random.random_range(1.0..12.0f32), random.random_range(1.0..8.0f32));
        let image = random.random_range(0..size.images) * 3 + 7;
        let record = json!({"segmentation": [[x, y, x + w, y, x + w, y + h, x, y + h]], "area": w * h, "iscrowd": 0,
            "image_id": image, "bbox": [x, y, w, h], "category_id": label + 1, "id": i + 1});
        write!(out, "{comma}{record}")?;
    }
    out.write_all(b"], \"categories\": [")?;
    for label in 0..size.labels {
        let comma = if label == 0 { "" } else { ", " };
        let record = json!({"supercategory": "thing", "id": label + 1, "name": format!("label {}", label + 1)});
        write!(out, "{comma}{record}")?;
    }
    out.write_all(b"]}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::formats::{Contents, ExportRequest, Format, ImportRequest, TableShape, export, import};
    use std::ops::ControlFlow;
    use std::time::Instant;

    fn on(_: usize, _: usize) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    #[test]
    fn a_generated_set_is_imported_whole_and_repeats() {
        let folder = tempfile::tempdir().unwrap();
        let size = Size {
            images: 50,
            annotations: 400,
            labels: 9,
            seed: 3,
        };
        let file = generate(folder.path(), &size, &mut on).unwrap();
        let (dataset, report) = import(&ImportRequest::new(folder.path()), &mut on).unwrap();
        assert_eq!((report.images, report.labels, report.splits["train"]), (50, 9, 50));
        assert_eq!(dataset.pictures.iter().map(|p| p.boxes.len()).sum::<usize>(), 400);
        assert!(report.warnings.is_empty() && report.duplicates.is_empty(), "{report:?}");
        let again = tempfile::tempdir().unwrap();
        let same = generate(again.path(), &size, &mut on).unwrap();
        assert_eq!(std::fs::read(file).unwrap(), std::fs::read(same).unwrap());
        assert!(matches!(
            generate(again.path(), &size, &mut on),
            Err(DatasetError::Exists { .. })
        ));
    }

    /// Peak of the memory of this process so far, in MiB.
    fn peak() -> f64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmHWM:"))
            .unwrap_or_default()
            .to_owned();
        let kilobytes = line.split_whitespace().nth(1).and_then(|n| n.parse::<f64>().ok());
        kilobytes.unwrap_or_default() / 1024.0
    }

    /// FAULTS 27 and 19 at full size: `cargo test --no-default-features --lib million -- --ignored --nocapture`.
    #[test]
    #[ignore = "makes 100,000 files and takes a minute"]
    fn a_million_annotations_are_imported_in_bounded_time_and_memory() {
        let folder = tempfile::tempdir().unwrap();
        let start = Instant::now();
        let file = generate(folder.path(), &Size::default(), &mut on).unwrap();
        let size = file.metadata().unwrap().len() >> 20;
        println!(
            "made in {:.1} s ({size} MiB of JSON), peak {:.0} MiB",
            start.elapsed().as_secs_f64(),
            peak()
        );
        let bring = |data: &Path, contents: Contents| {
            let start = Instant::now();
            let request = ImportRequest {
                images: Some(folder.path().to_owned()),
                contents,
                ..ImportRequest::new(data)
            };
            let (dataset, report) = import(&request, &mut on).unwrap();
            let seconds = start.elapsed().as_secs_f64();
            let name = data.file_name().unwrap_or_default().display();
            println!(
                "imported {name} ({contents:?}) in {seconds:.1} s, peak {:.0} MiB",
                peak()
            );
            assert_eq!(report.images, 100_000);
            assert!(seconds < 60.0 && peak() < 1024.0);
            dataset
        };
        bring(&file, Contents::Now);
        let dataset = bring(&file, Contents::Later);
        assert_eq!(dataset.pictures.iter().map(|p| p.boxes.len()).sum::<usize>(), 1_000_000);
        let others = [
            (Format::List, "lists", TableShape::Wide),
            (Format::Csv, "wide.csv", TableShape::Wide),
            (Format::Csv, "long.csv", TableShape::Long),
        ];
        for (format, name, table) in others {
            let out = folder.path().join("out").join(name);
            let start = Instant::now();
            let request = ExportRequest {
                table,
                ..ExportRequest::new(format, &out)
            };
            export(&dataset, &request, &mut on).unwrap();
            println!("exported {name} in {:.1} s", start.elapsed().as_secs_f64());
            bring(&out, Contents::Later);
        }
        let start = Instant::now();
        drop(folder);
        println!("removed in {:.1} s", start.elapsed().as_secs_f64());
    }
}
