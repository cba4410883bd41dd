use crate::clip::tokenizer::Tokenizer;
use crate::dataset::scenes::glyphs::{self, Role};
use crate::dataset::scenes::{captions, curriculum, scene, table};
use crate::support::rng;
use std::collections::BTreeSet;

#[test]
fn every_row_of_the_table_is_drawn_once() {
    let rows = [table::DEMO, table::NOVEL]
        .into_iter()
        .chain(table::REST.iter().copied());
    let listed: usize = rows.map(|row| row.split(',').count()).sum();
    let all = glyphs::all();
    assert_eq!(all.len(), listed, "an entry is malformed or not in the font");
    assert!(all.len() >= 250, "{} glyphs", all.len());
    assert_eq!(glyphs::indices(Role::Demo), (0..24).collect::<Vec<_>>());
    assert_eq!(glyphs::indices(Role::Novel), (24..32).collect::<Vec<_>>());
    assert_eq!(
        all.iter().map(|g| g.codepoint).collect::<BTreeSet<_>>().len(),
        all.len(),
        "a code point twice"
    );
    for glyph in all {
        let ink: f32 = glyph.mask.levels[0].iter().sum();
        assert!(ink > 500.0, "{} has almost no ink: {ink}", glyph.name);
        let rim = (0..128).flat_map(|i| [i, 127 * 128 + i, i * 128, i * 128 + 127]);
        assert!(
            rim.into_iter().all(|i| glyph.mask.levels[0][i] == 0.0),
            "{} is clipped",
            glyph.name
        );
    }
}

#[test]
fn names_are_plain_unique_words() {
    let names: BTreeSet<&str> = glyphs::all().iter().map(|g| g.name).collect();
    assert_eq!(names.len(), glyphs::all().len(), "a name twice");
    for name in &names {
        assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b' '), "{name}");
        assert!(
            name.split(' ').count() <= 2 && name.trim() == *name && name.len() >= 3,
            "{name}"
        );
    }
    for kin in table::KIN {
        assert!(names.contains(kin), "{kin} is no glyph");
    }
}

#[test]
fn masks_differ() {
    // Compared at 32 texels, about the size at which they are seen.
    let all = glyphs::all();
    let mut alike = Vec::new();
    for (i, a) in all.iter().enumerate() {
        for b in &all[..i] {
            let ink = |m: &[f32]| m.iter().sum::<f32>();
            let (x, y) = (&a.mask.levels[2], &b.mask.levels[2]);
            let apart: f32 = x.iter().zip(y).map(|(p, q)| (p - q).abs()).sum::<f32>() / (ink(x) + ink(y));
            if apart < 0.13 {
                alike.push((apart, a.name, b.name));
            }
        }
    }
    assert!(alike.is_empty(), "these look alike: {alike:?}");
}

#[test]
fn captions_name_everything_with_the_right_article() {
    let mut rng = rng::stream(5, "test", 0);
    let mut forms = BTreeSet::new();
    for _ in 0..300 {
        let text = captions::caption(&mut rng, &["umbrella", "dog", "scissors", "hourglass"]);
        for name in ["umbrella", "dog", "scissors", "hourglass"] {
            assert_eq!(text.matches(name).count(), 1, "{text}");
        }
        for wrong in [
            "a umbrella",
            "an dog",
            "a scissors",
            "a hourglass",
            "an scissors",
            "  ",
            ", and",
        ] {
            assert!(!text.contains(wrong), "{text}");
        }
        if text.contains(" and ") {
            assert!(
                text.contains("an umbrella") && text.contains("a dog") && text.contains("an hourglass"),
                "{text}"
            );
        }
        forms.insert(text);
    }
    assert!(forms.len() > 100, "only {} different captions", forms.len());
    assert_eq!(captions::caption(&mut rng, &[]), "an empty picture.");
    let unicorn = (0..50)
        .map(|_| captions::caption(&mut rng, &["unicorn"]))
        .find(|t| t.starts_with("a photo"));
    assert!(unicorn.unwrap().starts_with("a photo of a unicorn"));
}

#[test]
fn captions_of_scenes_mention_only_true_colours() {
    let mut rng = rng::stream(6, "test", 0);
    let colours = ["red", "brown", "green", "teal", "blue", "purple", "pink", "black"];
    let mut coloured = 0;
    for index in 0..200 {
        let scene = scene(6, index, &curriculum::starter(1.0));
        let text = captions::scene_caption(&mut rng, &scene);
        for object in &scene.objects {
            let name = glyphs::all()[object.glyph].name;
            assert!(text.contains(name), "{text} leaves out {name}");
            for colour in colours {
                if text.contains(&format!("{colour} {name}")) {
                    assert_eq!(colour, object.color, "{text}");
                    coloured += 1;
                }
            }
        }
    }
    assert!(coloured > 30, "{coloured} colours in 200 captions");
}

#[test]
fn names_are_few_tokens() {
    let tokenizer = Tokenizer::new();
    for glyph in glyphs::all() {
        let tokens = tokenizer.encode_words(glyph.name).len();
        assert!((1..=5).contains(&tokens), "{} is {tokens} tokens", glyph.name);
    }
}
