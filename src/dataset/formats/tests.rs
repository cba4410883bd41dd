//! Importers on small sets made here.

use super::*;
use crate::dataset::model::Split;
use image::{Rgb, RgbImage};
use serde_json::{Value, json};

mod as_found;
mod coco;
mod coco_out;
mod csv;
mod csv_wrong;
mod cut_off;
mod cvat;
mod detection;
mod export;
mod folder;
mod label_studio;
mod list;
mod round_trip;
mod table_trips;
mod tables_found;
mod telling;
mod tool_trips;
mod trips;
mod voc;
mod yolo;

/// A folder to fill.
struct Set(tempfile::TempDir);

impl Set {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
        self
    }

    /// A PNG of 20 x 10 whose content depends on `shade`.
    fn picture(&self, name: &str, shade: u8) -> &Self {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let image = RgbImage::from_pixel(20, 10, Rgb([shade, 7, 255 - shade]));
        image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        self.write(name, bytes.into_inner())
    }

    fn coco(&self, name: &str, images: Value, annotations: Value) -> &Self {
        let categories = json!([{"id": 90, "name": "dog"}, {"id": 7, "name": "cat"}]);
        self.write(
            name,
            json!({"images": images, "annotations": annotations, "categories": categories}).to_string(),
        )
    }

    fn import_as(&self, change: impl FnOnce(&mut ImportRequest)) -> Result<(Dataset, ImportReport), DatasetError> {
        let mut request = ImportRequest::new(self.0.path());
        change(&mut request);
        import(&request, &mut |_, _| ControlFlow::Continue(()))
    }

    fn import(&self) -> (Dataset, ImportReport) {
        self.import_as(|_| {}).unwrap()
    }
}

fn on(_: usize, _: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// What an export of `dataset` as `format` into `out` brings.
fn export_to(
    out: &Path,
    dataset: &Dataset,
    format: Format,
    change: impl FnOnce(&mut ExportRequest),
) -> Result<ExportReport, DatasetError> {
    export_as(dataset, format, out, change)
}

/// Writes a set as `format` to `out`, with changes to the request.
fn export_as(
    dataset: &Dataset,
    format: Format,
    out: &Path,
    change: impl FnOnce(&mut ExportRequest),
) -> Result<ExportReport, DatasetError> {
    let mut request = ExportRequest::new(format, out);
    change(&mut request);
    export(dataset, &request, &mut on)
}

fn import_from(path: &Path) -> Result<(Dataset, ImportReport), DatasetError> {
    let request = ImportRequest {
        contents: Contents::Later,
        ..ImportRequest::new(path)
    };
    import(&request, &mut |_, _| ControlFlow::Continue(()))
}

/// The names of a picture's positive, negative and unknown labels.
fn states<'a>(dataset: &'a Dataset, picture: &str) -> [Vec<&'a str>; 3] {
    let picture = dataset.pictures.iter().find(|p| p.name == picture).unwrap();
    [&picture.positives, &picture.negatives, &picture.unknowns].map(|labels| {
        let mut names: Vec<&str> = labels.iter().map(|l| dataset.labels[*l].as_str()).collect();
        names.sort_unstable();
        names
    })
}

fn codes(report: &ImportReport) -> Vec<&str> {
    report.warnings.iter().map(|w| w.code.as_str()).collect()
}

fn names(dataset: &Dataset) -> Vec<&str> {
    dataset.pictures.iter().map(|p| p.name.as_str()).collect()
}

#[test]
fn an_import_can_be_stopped() {
    let set = Set::new();
    set.picture("cat/1.png", 1);
    let stopped = import(&ImportRequest::new(set.0.path()), &mut |_, _| ControlFlow::Break(()));
    assert!(matches!(stopped, Err(DatasetError::Cancelled)));
}

#[test]
fn progress_ends_with_all_pictures() {
    let set = Set::new();
    set.picture("cat/1.png", 1).picture("cat/2.png", 2);
    let mut last = (0, 0);
    import(&ImportRequest::new(set.0.path()), &mut |done, total| {
        last = (done, total);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(last, (2, 2));
}

// FAULTS 34.
#[test]
fn a_source_without_use_is_explained() {
    let set = Set::new();
    assert!(matches!(set.import_as(|_| {}), Err(DatasetError::NoPictures { .. })));
    set.write("cat/1.jpg", b"no picture").write("cat/2.jpg", b"");
    let error = set.import_as(|_| {}).unwrap_err();
    assert!(error.to_string().contains("none of the 2 pictures"), "{error}");
    set.picture("cat/3.png", 0);
    let (dataset, report) = set.import();
    assert_eq!((dataset.pictures.len(), report.quarantined.len()), (1, 2));
    let picture = set.path("cat/3.png");
    assert!(matches!(
        set.import_as(|r| r.data = picture),
        Err(DatasetError::Layout { .. })
    ));
    assert!(matches!(
        set.import_as(|r| r.data.push("none")),
        Err(DatasetError::Io { .. })
    ));
}

// FAULTS 35.
#[test]
fn one_class_is_enough() {
    let set = Set::new();
    set.picture("cat/1.png", 1).picture("2.png", 2);
    let (dataset, report) = set.import();
    assert_eq!(
        (dataset.labels.as_slice(), report.annotations),
        (&["cat".to_owned()][..], 1)
    );
}

#[test]
fn names_of_formats_go_both_ways() {
    assert!(
        Format::ALL
            .into_iter()
            .all(|format| format.to_string().parse() == Ok(format))
    );
    assert!("excel".parse::<Format>().unwrap_err().contains("coco"));
}
