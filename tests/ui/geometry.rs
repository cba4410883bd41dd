//! What an overlay draws lies on the pixels that the patch saw: a picture with one bright square, in every preprocess mode and every
//! EXIF orientation. The patches are scored by the brightness of the model's real input, so a wrong mapping cannot cancel out.

use crate::support::*;
use eframe::egui::pos2;
use patchlight::app::Window;
use patchlight::app::model::command::Command;
use patchlight::app::model::open::Slot;
use patchlight::app::model::prefs::Look;
use patchlight::app::model::project_messages::Examined;
use patchlight::dataset::decode::{Limits, decode};
use patchlight::dataset::preprocess::{Mode, Preprocess};
use patchlight::engine::scorer::{PictureScores, Probability, Scorer, ScorerConfig};
use patchlight::train::features::FeatureKey;
use patchlight::train::settings::Precision;
use std::path::Path;
use std::sync::Arc;

const GRID: usize = 8;
const PATCH: usize = 8;
const SIDE: usize = GRID * PATCH;

/// A dark picture, 300 x 200 as stored, with a bright square that is no one's mirror image, and an orientation tag.
fn write(path: &Path, orientation: u8) {
    let mut picture = image::RgbImage::from_pixel(300, 200, image::Rgb([30, 34, 60]));
    for y in 60..125 {
        for x in 95..165 {
            picture.put_pixel(x, y, image::Rgb([250, 250, 250]));
        }
    }
    let mut jpeg = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 98);
    encoder.encode_image(&picture).unwrap();
    // APP1: TIFF, little-endian, one entry: 0x0112 (orientation), SHORT, 1 value.
    let mut exif: Vec<u8> = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    let length = (exif.len() + 2) as u16;
    let mut file = jpeg[..2].to_vec();
    file.extend([0xFF, 0xE1]);
    file.extend(length.to_be_bytes());
    file.extend(exif);
    file.extend(&jpeg[2..]);
    std::fs::write(path, file).unwrap();
}

/// The brightness of each patch of the model's input, as a similarity.
fn scores(path: &Path, preprocess: &Preprocess) -> PictureScores {
    let rgb = decode(path, &Limits::default()).unwrap().rgb;
    let geometry = preprocess.geometry(rgb.width(), rgb.height());
    let pixels = preprocess.apply(&rgb);
    let mean = |j: usize| {
        let (row, column) = (j / GRID, j % GRID);
        let mut sum = 0.0;
        for y in 0..PATCH {
            for x in 0..PATCH {
                sum += pixels[(row * PATCH + y) * SIDE + column * PATCH + x];
            }
        }
        sum / (PATCH * PATCH) as f32
    };
    PictureScores {
        global: vec![0.0],
        similarity: vec![(0..GRID * GRID).map(mean).collect()],
        padding: geometry.patch_in_padding(GRID, PATCH),
        neutral: None,
    }
}

fn scorer(preprocess: Preprocess) -> Scorer {
    Scorer {
        config: ScorerConfig {
            run: "run-1".to_owned(),
            labels: vec![1],
            key: FeatureKey {
                model: String::new(),
                preprocess,
                patch_features: None,
                precision: Precision::F32,
            },
            embed: 1,
            grid: GRID,
            patch: PATCH,
            alpha: 0.5,
            top_k: 1,
            probability: Probability::Calibrated {
                log_scale: 1.0,
                offset: 0.0,
            },
        },
        text: [vec![0.0], vec![0.0]],
        neutral: Default::default(),
    }
}

fn show(harness: &mut egui_kittest::Harness<'static, Window>, path: &Path, mode: Mode) {
    let preprocess = Preprocess {
        mode,
        size: SIDE,
        mean: [0.5; 3],
        std: [0.5; 3],
    };
    let scores = scores(path, &preprocess);
    let state = &mut harness.state_mut().model;
    let Slot::Open(open) = &mut state.project else {
        panic!("no project")
    };
    open.scorer = Some(Arc::new(scorer(preprocess)));
    open.catalog.labels.truncate(1);
    open.catalog.labels[0].id = 1;
    let id = open.catalog.pictures[0].id;
    state.inspect.picture = Some(id);
    state.inspect.examined = Some(Arc::new(Examined {
        id,
        scores: Some(Arc::new(scores)),
        ..Examined::default()
    }));
}

#[test]
fn overlays_lie_on_what_the_patch_saw() {
    if !can_draw() {
        return;
    }
    let mut checked = 0;
    for orientation in 1..=8u8 {
        // A folder for each label: the smallest data set there is.
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("squares");
        std::fs::create_dir_all(data.join("bright")).unwrap();
        let path = data.join("bright/square.jpg");
        write(&path, orientation);
        let mut options = options(Look::Dark);
        options.paths = vec![data];
        let mut harness = window(options);
        wait(&mut harness, "the preview", crate::data::previewed);
        click(&mut harness, "Import");
        wait(&mut harness, "the project", |w| {
            matches!(w.model.project, Slot::Open(_))
        });
        harness.state_mut().command(Command::Inspect(0));
        wait(&mut harness, "the inspector", |w| w.model.inspect.examined.is_some());
        for mode in [Mode::Stretch, Mode::Crop, Mode::Pad] {
            show(&mut harness, &path, mode);
            harness.state_mut().model.inspect.pinned = Vec::new();
            harness.hover_at(pos2(5.0, 5.0));
            settle(&mut harness);
            let plain = harness.render().unwrap();
            harness.state_mut().model.inspect.pinned = vec![0];
            settle(&mut harness);
            let lit = harness.render().unwrap();
            compare(&plain, &lit, &format!("{mode:?}, orientation {orientation}"));
            checked += 1;
        }
    }
    assert_eq!(checked, 24);
}

/// Every pixel that the overlay changed is one of the bright square, and there are no more than the square has.
fn compare(plain: &image::RgbaImage, lit: &image::RgbaImage, what: &str) {
    // The panel of labels changes as well; the picture is left of it and right of the rail.
    let (left, right, top, bottom) = (80, 880, 90, 580);
    let bright = |p: &image::Rgba<u8>| p[0] > 200 && p[1] > 200 && p[2] > 200;
    let (mut changed, mut off, mut square) = (0u32, 0u32, 0u32);
    for y in top..bottom {
        for x in left..right {
            let (a, b) = (plain.get_pixel(x, y), lit.get_pixel(x, y));
            square += u32::from(bright(a));
            if a.0.iter().zip(b.0).any(|(a, b)| a.abs_diff(b) > 12) {
                changed += 1;
                off += u32::from(!bright(a));
            }
        }
    }
    assert!(square > 2_000, "{what}: the square is on the screen: {square}");
    assert!(changed > 400, "{what}: the overlay is there: {changed} of {square}");
    // The edge of the square is soft, and a patch may reach a pixel over it.
    assert!(
        off * 50 <= changed,
        "{what}: {off} of {changed} changed pixels are off the square"
    );
    assert!(changed < square, "{what}: {changed} changed, the square has {square}");
}
