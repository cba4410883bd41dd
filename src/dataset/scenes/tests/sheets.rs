use crate::dataset::scenes::dataset::{DemoRequest, write_demo, write_novel};
use crate::dataset::scenes::{SceneConfig, captions, curriculum, glyphs, scene, scene_of};
use crate::support::rng;
use std::ops::ControlFlow;
use std::path::PathBuf;

fn sheet_folder() -> PathBuf {
    PathBuf::from(std::env::var("PATCHLIGHT_SHEETS").expect("PATCHLIGHT_SHEETS names a folder"))
}

/// Contact sheets to look at: `PATCHLIGHT_SHEETS=/tmp/sheets cargo test --no-default-features sheets -- --ignored`.
#[test]
#[ignore = "writes pictures to look at"]
fn sheets() {
    let folder = sheet_folder();
    let mut list = String::new();
    for (page, chunk) in (0..glyphs::all().len()).collect::<Vec<_>>().chunks(100).enumerate() {
        let mut sheet = image::RgbImage::from_pixel(1000, 1000, image::Rgb([255; 3]));
        let config = SceneConfig {
            side: 96,
            clutter: 0.0,
            rotation: 0.0,
            object_size: 0.8..=0.8,
            ..curriculum::demo(96)
        };
        for (i, &glyph) in chunk.iter().enumerate() {
            let scene = scene_of(0, glyph as u64, &config, &[glyph]);
            let tiny = scene_of(
                1,
                glyph as u64,
                &SceneConfig {
                    object_size: 0.2..=0.2,
                    side: 98,
                    ..config.clone()
                },
                &[glyph],
            );
            let (x, y) = ((i % 10) as i64 * 100, (i / 10) as i64 * 100);
            image::imageops::replace(&mut sheet, &scene.pixels, x, y);
            let b = tiny.objects[0].bounds;
            let crop = image::imageops::crop_imm(&tiny.pixels, b[0], b[1], b[2] - b[0], b[3] - b[1]).to_image();
            image::imageops::replace(&mut sheet, &crop, x, y);
            list += &format!("{page} r{} c{} {}\n", i / 10, i % 10, glyphs::all()[glyph].name);
        }
        sheet.save(folder.join(format!("glyphs{page}.png"))).unwrap();
    }
    std::fs::write(folder.join("glyphs.txt"), list).unwrap();
    let configs = [
        curriculum::starter(0.0),
        curriculum::starter(0.5),
        curriculum::starter(1.0),
        curriculum::demo(160),
    ];
    for (n, config) in configs.iter().enumerate() {
        let (side, mut text) = (config.side as i64, String::new());
        let mut sheet = image::RgbImage::new((side as u32 + 4) * 8, (side as u32 + 4) * 6);
        for i in 0..48 {
            let scene = scene(7, i as u64, config);
            text += &format!(
                "{i} {}\n",
                captions::scene_caption(&mut rng::stream(0, "caption", i as u64), &scene)
            );
            image::imageops::replace(&mut sheet, &scene.pixels, i % 8 * (side + 4), i / 8 * (side + 4));
            if i < 6 {
                let mut boxed = scene.pixels.clone();
                for o in &scene.objects {
                    let [l, t, r, b] = o.bounds;
                    for x in l..r {
                        boxed.put_pixel(x, t, image::Rgb([255, 0, 0]));
                        boxed.put_pixel(x, b - 1, image::Rgb([255, 0, 0]));
                    }
                    for y in t..b {
                        boxed.put_pixel(l, y, image::Rgb([255, 0, 0]));
                        boxed.put_pixel(r - 1, y, image::Rgb([255, 0, 0]));
                    }
                }
                let s = config.side * 3;
                image::imageops::resize(&boxed, s, s, image::imageops::FilterType::Nearest)
                    .save(folder.join(format!("scene{n}-{i}.png")))
                    .unwrap();
            }
        }
        sheet.save(folder.join(format!("scenes{n}.png"))).unwrap();
        std::fs::write(folder.join(format!("scenes{n}.txt")), text).unwrap();
    }
    let request = DemoRequest::quick(0);
    write_demo(&folder.join("demo"), &request, &mut |_, _| ControlFlow::Continue(())).unwrap();
    write_novel(&folder.join("novel"), &request, &mut |_, _| ControlFlow::Continue(())).unwrap();
}
