use crate::dataset::scenes::{Scene, SceneConfig, curriculum, glyphs, scene, scene_of};
use std::time::Instant;

#[test]
fn a_scene_is_a_function_of_seed_index_and_config() {
    let config = curriculum::starter(1.0);
    assert_eq!(scene(1, 2, &config), scene(1, 2, &config));
    assert_ne!(scene(1, 2, &config).pixels, scene(1, 3, &config).pixels);
    assert_ne!(scene(1, 2, &config).pixels, scene(2, 2, &config).pixels);
    assert_eq!(scene_of(1, 2, &config, &[4, 4, 9]), scene_of(1, 2, &config, &[4, 4, 9]));
}

#[test]
fn levels_set_number_and_size_of_objects() {
    for (level, most, smallest, largest) in [(0.0, 3, 0.20, 0.35), (1.0, 5, 0.14, 0.42), (f32::NAN, 3, 0.20, 0.35)] {
        let config = curriculum::starter(level);
        assert_eq!((config.objects.clone(), config.side), (2..=most, 112));
        assert!((config.object_size.start() - smallest).abs() < 1e-6, "{config:?}");
        assert!((config.object_size.end() - largest).abs() < 1e-6, "{config:?}");
        let mut seen = vec![0; most + 1];
        for index in 0..200 {
            let scene = scene(9, index, &config);
            assert_eq!(scene.labels().len(), scene.objects.len(), "a glyph twice");
            seen[scene.objects.len()] += 1;
        }
        assert!(seen[..2] == [0, 0] && seen[2..].iter().all(|&n| n > 10), "{seen:?}");
    }
}

#[test]
fn chosen_glyphs_are_all_there_and_the_pool_is_respected() {
    let config = SceneConfig {
        glyphs: vec![3, 5, 8],
        ..curriculum::demo(96)
    };
    for index in 0..60 {
        assert!(
            scene(4, index, &config)
                .objects
                .iter()
                .all(|o| config.glyphs.contains(&o.glyph))
        );
        let mut shown: Vec<usize> = scene_of(4, index, &config, &[1, 1, 2, 3, 4, 5])
            .objects
            .iter()
            .map(|o| o.glyph)
            .collect();
        shown.sort_unstable();
        assert_eq!(shown, [1, 1, 2, 3, 4, 5]);
    }
}

/// On calm grounds all channels stay above 192. Ink that covers half of a pixel leaves one below 120, and ink that
/// counts (0.3) one below 192.
#[test]
fn boxes_are_tight_around_the_ink() {
    for index in 0..300 {
        let config = SceneConfig {
            clutter: 0.0,
            overlap: 0.0,
            ..curriculum::starter(1.0)
        };
        let scene = scene(11, index, &config);
        let darkest = |x: u32, y: u32| scene.pixels.get_pixel(x, y).0.into_iter().min().unwrap_or(255);
        let inside = |x: u32, y: u32| {
            scene
                .objects
                .iter()
                .any(|o| (o.bounds[0]..o.bounds[2]).contains(&x) && (o.bounds[1]..o.bounds[3]).contains(&y))
        };
        for (x, y, _) in scene.pixels.enumerate_pixels() {
            assert!(
                darkest(x, y) >= 120 || inside(x, y),
                "scene {index}: ink at {x},{y} is outside of every box"
            );
        }
        for object in &scene.objects {
            let ([left, top, right, bottom], name) = (object.bounds, glyphs::all()[object.glyph].name);
            for x in [left, right - 1] {
                assert!(
                    (top..bottom).any(|y| darkest(x, y) < 192),
                    "{name}: no ink at the edge x = {x}"
                );
            }
            for y in [top, bottom - 1] {
                assert!(
                    (left..right).any(|x| darkest(x, y) < 192),
                    "{name}: no ink at the edge y = {y}"
                );
            }
        }
    }
}

#[test]
fn boxes_are_inside_and_overlap_little() {
    let config = curriculum::demo(160);
    let mut overlaps = 0;
    for index in 0..150 {
        let scene = scene(12, index, &config);
        for (i, a) in scene.objects.iter().enumerate() {
            let [l, t, r, b] = a.bounds;
            assert!(l < r && t < b && r <= 160 && b <= 160, "{a:?}");
            assert!((r - l).max(b - t) >= 6, "{a:?} is too small to see");
            for other in &scene.objects[..i] {
                let o = other.bounds;
                let width = r.min(o[2]).saturating_sub(l.max(o[0]));
                let height = b.min(o[3]).saturating_sub(t.max(o[1]));
                let least = ((r - l) * (b - t)).min((o[2] - o[0]) * (o[3] - o[1]));
                overlaps += usize::from(f64::from(width * height) > 0.3 * f64::from(least));
            }
        }
    }
    assert!(overlaps <= 3, "{overlaps} pairs overlap much");
}

/// Age moves no object and hides none: the ink stays darker than the paper by what is left of the contrast.
#[test]
fn an_old_print_shows_the_same_objects_paler() {
    let old = curriculum::demo(160);
    let fresh = SceneConfig {
        age: None,
        ..old.clone()
    };
    let spread = |scene: &Scene| {
        let mut values: Vec<u8> = scene.pixels.pixels().map(|p| p.0[0]).collect();
        values.sort_unstable();
        f32::from(values[values.len() * 9 / 10] - values[values.len() / 100])
    };
    for index in 0..20 {
        let (a, b) = (scene(13, index, &fresh), scene(13, index, &old));
        assert_eq!(a.objects, b.objects);
        let left = spread(&b) / spread(&a);
        assert!((0.6..0.9).contains(&left), "scene {index} keeps {left} of its contrast");
        let blue = b.pixels.pixels().map(|p| f32::from(p.0[2])).sum::<f32>() / (160.0 * 160.0);
        let red = b.pixels.pixels().map(|p| f32::from(p.0[0])).sum::<f32>() / (160.0 * 160.0);
        assert!(
            red > blue + 15.0,
            "scene {index} is not yellowed: red {red}, blue {blue}"
        );
    }
}

/// Prints the time a scene takes (the best of some batches, since tests share their machine); asserts nothing about it.
#[test]
fn speed_is_printed() {
    let _ = scene(0, 0, &curriculum::starter(1.0));
    for config in [
        curriculum::starter(0.0),
        curriculum::starter(1.0),
        curriculum::demo(160),
    ] {
        let times = (0..20).map(|batch| {
            let start = Instant::now();
            assert!((0..10).all(|i| !scene(3, batch * 10 + i, &config).objects.is_empty()));
            start.elapsed() / 10
        });
        println!("{} px: {:?} a scene", config.side, times.min().unwrap_or_default());
    }
}
