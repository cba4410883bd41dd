//! What is exported comes back: labels of any name, states, splits, boxes; or the export is refused and nothing is there.

use super::*;
use crate::dataset::files::walk_with;
use crate::dataset::model::{BoxAnnotation, Picture, Truth};
use proptest::prelude::*;
use proptest::sample::subsequence;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

const LABELS: [&str; 42] = [
    "cat",
    "Cat",
    "hot dog",
    "a,b",
    "say \"hi\"",
    "it's",
    "two\nlines",
    "\u{1f600}\u{1f98a}",
    "\u{5e2}\u{5d1}\u{5e8}\u{5d9}\u{5ea}",
    "<&>]]>",
    "a/b",
    "animal/dog/puppy",
    " padded ",
    "tab\tbed",
    "#hash",
    "key: value",
    "- dash",
    "null",
    "100%",
    "{x}",
    "[y]",
    "bell\u{7}",
    "nul\0",
    ".hidden",
    "back\\slash",
    "e\u{301}",
    "\u{e9}",
    "train",
    "trainval",
    "x_train",
    "background",
    "nel\u{85}",
    "line\u{2028}",
    "\u{feff}bom",
    "=cmd()",
    "*alias",
    "&amp;",
    "~",
    "7",
    "a:b",
    "\r\n",
    "\u{202e}rtl",
];
const PICTURES: [&str; 20] = [
    "a.png",
    "sub/a.png",
    "sub/sub/a.png",
    "train/b.png",
    "val/b c.png",
    "images/d.png",
    "labels/e.png",
    "\u{dc}n\u{ef} \u{732b}.png",
    "classes.png",
    "train.png",
    "x (2).png",
    "it's & <q>.jpg",
    "\u{1f600}.png",
    "01234567-c.png",
    "50%25.png",
    "Annotations/z.png",
    "ImageSets/Main/y.png",
    "JPEGImages/w.png",
    "dots.in.name.png",
    "upload/v.png",
];
/// Labels that each format can hold.
const PLAIN: usize = 6;

/// A PNG that all pictures of these tests are.
fn source() -> &'static Path {
    static SET: OnceLock<Set> = OnceLock::new();
    let set = SET.get_or_init(|| {
        let set = Set::new();
        set.picture("source.png", 1);
        set
    });
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| set.path("source.png"))
}

/// A box in 20 x 10 pixels.
fn bounds() -> impl Strategy<Value = [f32; 4]> {
    (0..19u32, 0..9u32, 1..20u32, 1..10u32, any::<bool>()).prop_map(|(x, y, w, h, half)| {
        let shift = if half { 0.5 } else { 0.0 };
        let (x, y, w, h) = (x as f32 + shift, y as f32, w as f32, h as f32 + shift);
        [x, y, w.min(20.0 - x), h.min(10.0 - y)]
    })
}

/// What a picture says of one label: its truth, if anything, and boxes.
type State = (Option<Truth>, Vec<[f32; 4]>);

fn state() -> impl Strategy<Value = State> {
    let truth = prop_oneof![
        Just(None),
        Just(Some(Truth::Positive)),
        Just(Some(Truth::Positive)),
        Just(Some(Truth::Negative)),
        Just(Some(Truth::Unknown))
    ];
    (truth, proptest::collection::vec(bounds(), 0..3))
}

fn picture(labels: usize) -> impl Strategy<Value = (Option<Split>, Vec<State>)> {
    let split = prop_oneof![
        Just(None),
        Just(Some(Split::Train)),
        Just(Some(Split::Val)),
        Just(Some(Split::Test))
    ];
    (split, proptest::collection::vec(state(), labels))
}

fn dataset(labels: &'static [&'static str]) -> impl Strategy<Value = Dataset> {
    let parts = (
        subsequence(labels, 1..6.min(labels.len())),
        subsequence(&PICTURES[..], 1..6),
    );
    parts.prop_flat_map(|(labels, names)| {
        let pictures = proptest::collection::vec(picture(labels.len()), names.len());
        pictures.prop_map(move |pictures| {
            let made = names.iter().zip(pictures).map(|(name, (split, states))| {
                let of = |wanted: Truth| -> Vec<usize> {
                    let has = |(i, (truth, _)): (usize, &(Option<Truth>, _))| (*truth == Some(wanted)).then_some(i);
                    states.iter().enumerate().filter_map(has).collect()
                };
                let boxes = states.iter().enumerate().flat_map(|(label, (_, boxes))| {
                    boxes.iter().map(move |bounds| BoxAnnotation { label, bounds: *bounds })
                });
                Picture {
                    path: source().to_path_buf(),
                    name: (*name).to_owned(),
                    width: 20,
                    height: 10,
                    split,
                    positives: of(Truth::Positive),
                    negatives: of(Truth::Negative),
                    unknowns: of(Truth::Unknown),
                    boxes: boxes.collect(),
                }
            });
            Dataset {
                labels: labels.iter().map(|label| (*label).to_owned()).collect(),
                pictures: made.collect(),
                ..Dataset::default()
            }
        })
    })
}

/// What a format keeps.
struct Keeps {
    states: bool,
    unknown_boxes: bool,
    whole_pixels: bool,
}

/// Label names by state, and boxes as hundredths of pixels.
#[derive(Debug, PartialEq)]
struct Content {
    split: Option<Split>,
    labels: [BTreeSet<String>; 3],
    boxes: Vec<(String, [i64; 4])>,
}

fn contents(dataset: &Dataset, keeps: &Keeps) -> BTreeMap<String, Content> {
    let content = |p: &Picture| {
        let none = Vec::new();
        let lists = if keeps.states {
            [&p.positives, &p.negatives, &p.unknowns]
        } else {
            [&p.positives, &none, &none]
        };
        let is_kept =
            |label: usize| p.positives.contains(&label) || (keeps.unknown_boxes && p.unknowns.contains(&label));
        let hundredths = |[x, y, w, h]: [f32; 4]| {
            let (mut left, mut top, mut right, mut bottom) = (x, y, x + w, y + h);
            if keeps.whole_pixels {
                (left, top) = (left.round().min(19.0), top.round().min(9.0));
                (right, bottom) = (right.round().max(left + 1.0), bottom.round().max(top + 1.0));
            }
            [left, top, right, bottom].map(|v| (f64::from(v) * 100.0).round() as i64)
        };
        let mut boxes: Vec<(String, [i64; 4])> = p
            .boxes
            .iter()
            .filter(|b| is_kept(b.label))
            .map(|b| (dataset.labels[b.label].clone(), hundredths(b.bounds)))
            .collect();
        boxes.sort();
        let labels = lists.map(|list| list.iter().map(|l| dataset.labels[*l].clone()).collect());
        (
            p.name.clone(),
            Content {
                split: p.split,
                labels,
                boxes,
            },
        )
    };
    dataset.pictures.iter().map(content).collect()
}

/// Exports and imports; whether the export was not refused.
fn round_trip(dataset: &Dataset, format: Format, keeps: &Keeps) -> Result<bool, TestCaseError> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let report = match export_to(&out, dataset, format, |r| r.pictures = Some(PicturesAs::Links)) {
        Ok(report) => report,
        Err(DatasetError::Inexpressible { .. }) => {
            prop_assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left");
            return Ok(false);
        }
        Err(other) => return Err(TestCaseError::fail(other.to_string())),
    };
    prop_assert_eq!(report.images, dataset.pictures.len());
    let (read, report) = import_from(&out).unwrap();
    prop_assert!(
        report.unmatched.is_empty() && report.quarantined.is_empty(),
        "{:?}",
        report
    );
    let labels = |dataset: &Dataset| -> BTreeSet<String> { dataset.labels.iter().cloned().collect() };
    prop_assert_eq!(labels(&read), labels(dataset));
    prop_assert_eq!(contents(&read, keeps), contents(dataset, keeps));
    if !keeps.states {
        prop_assert!(
            read.pictures
                .iter()
                .all(|p| p.negatives.is_empty() && p.unknowns.is_empty())
        );
    }
    Ok(true)
}

const VOC: Keeps = Keeps {
    states: true,
    unknown_boxes: true,
    whole_pixels: true,
};
const LABEL_STUDIO: Keeps = Keeps {
    states: true,
    unknown_boxes: false,
    whole_pixels: false,
};
const POSITIVES: Keeps = Keeps {
    states: false,
    unknown_boxes: false,
    whole_pixels: false,
};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(32) })]

    #[test]
    fn voc(set in dataset(&LABELS)) {
        round_trip(&set, Format::Voc, &VOC)?;
    }

    #[test]
    fn yolo(set in dataset(&LABELS)) {
        prop_assert!(round_trip(&set, Format::Yolo, &POSITIVES)?, "any name can be written");
    }

    #[test]
    fn cvat(set in dataset(&LABELS)) {
        let refused = set.labels.iter().any(|label| label.contains(['\u{7}', '\0']));
        prop_assert_eq!(round_trip(&set, Format::Cvat, &POSITIVES)?, !refused);
    }

    #[test]
    fn label_studio(set in dataset(&LABELS)) {
        let refused = set.labels.iter().any(|label| label.contains(['\u{7}', '\0']));
        prop_assert_eq!(round_trip(&set, Format::LabelStudio, &LABEL_STUDIO)?, !refused);
    }

    #[test]
    fn plain_names_are_never_refused(set in dataset(&LABELS[..PLAIN])) {
        prop_assert!(round_trip(&set, Format::Voc, &VOC)?);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(10) })]

    #[test]
    fn damaged_files_do_no_harm(set in dataset(&LABELS[..PLAIN]), edits in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..6)) {
        for format in WRITTEN {
            let folder = tempfile::tempdir().unwrap();
            let out = folder.path().join("out");
            export_to(&out, &set, format, |_| {}).unwrap();
            let also = |path: &Path| path.extension().is_some_and(|e| e != "png" && e != "jpg");
            let files = walk_with(&out, &also, &mut |_| ControlFlow::Continue(())).unwrap().files;
            for (at, byte) in &edits {
                let file = &files[at % files.len()];
                let mut bytes = std::fs::read(file).unwrap();
                match bytes.len() {
                    0 => bytes.push(*byte),
                    length if byte % 3 == 0 => bytes.truncate(at / 7 % length),
                    length => bytes[at / 7 % length] = *byte,
                }
                std::fs::write(file, bytes).unwrap();
            }
            let request = ImportRequest { format, images: source().parent().map(Path::to_path_buf), ..ImportRequest::new(&out) };
            let _ = import(&request, &mut |_, _| ControlFlow::Continue(()));
            let _ = preview(&ImportRequest::new(&out), 3, &mut |_, _| ControlFlow::Continue(()));
        }
    }
}

/// The formats of these tests.
const WRITTEN: [Format; 4] = [Format::Voc, Format::Yolo, Format::Cvat, Format::LabelStudio];

#[test]
fn a_stopped_export_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let picture = Picture {
        path: source().to_path_buf(),
        name: "a.png".to_owned(),
        width: 20,
        height: 10,
        split: None,
        positives: vec![0],
        negatives: vec![],
        unknowns: vec![],
        boxes: vec![],
    };
    let dataset = Dataset {
        labels: vec!["cat".to_owned()],
        pictures: vec![picture],
        ..Dataset::default()
    };
    for format in WRITTEN {
        let request = ExportRequest::new(format, &folder.path().join("out"));
        for steps in 0..2 {
            let mut left = steps;
            let mut progress = |_: usize, _: usize| match left {
                0 => ControlFlow::Break(()),
                _ => {
                    left -= 1;
                    ControlFlow::Continue(())
                }
            };
            let stopped = export(&dataset, &request, &mut progress);
            assert!(matches!(stopped, Err(DatasetError::Cancelled)), "{format}");
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{format}");
        }
        export_to(&request.out, &dataset, format, |r| {
            r.pictures = Some(PicturesAs::Copies)
        })
        .unwrap();
        let stopped = import(&ImportRequest::new(&request.out), &mut |_, _| ControlFlow::Break(()));
        assert!(matches!(stopped, Err(DatasetError::Cancelled)), "{format}");
        std::fs::remove_dir_all(&request.out).unwrap();
    }
}
