//! Sentences about scenes, in many forms so that no single wording is learned.

use super::{Scene, glyphs};
use rand::Rng;

/// Sentence frames; `{}` is the list of things. CLIP's own frames come more than once.
const FRAMES: [&str; 14] = [
    "a photo of {}.",
    "a photo of {}.",
    "a photo of {}",
    "a picture of {}.",
    "a picture with {}",
    "an image of {}.",
    "an image with {}",
    "a drawing of {}.",
    "a scene with {}.",
    "a small picture showing {}",
    "you can see {}.",
    "look, {} in the picture.",
    "{} on a light background",
    "{}",
];

/// One frame in this many is a plain list of names.
const PLAIN_LIST: u32 = 6;

/// A caption for things with these names, in a random order. Without names it says that the picture is empty.
pub fn caption(rng: &mut impl Rng, names: &[&str]) -> String {
    sentence(rng, names.iter().map(|name| (*name, None)).collect())
}

/// A caption for a scene. Some captions mention colours, and only right ones.
pub fn scene_caption(rng: &mut impl Rng, scene: &Scene) -> String {
    let all = glyphs::all();
    let colored = rng.random_bool(0.3);
    let mut things: Vec<(&str, Option<&str>)> = Vec::with_capacity(scene.objects.len());
    for object in &scene.objects {
        let name = all[object.glyph].name;
        let color = (colored && rng.random_bool(0.7)).then_some(object.color);
        if things.iter().all(|(known, _)| *known != name) {
            things.push((name, color));
        }
    }
    sentence(rng, things)
}

/// Texts that together hold every word that a caption can have beside the names of things.
pub fn vocabulary() -> Vec<String> {
    let frames = FRAMES
        .iter()
        .map(|frame| frame.replace("{}", "a thing, an object and a thing"));
    let colors = super::scene::color_names().map(str::to_owned);
    frames.chain(colors).chain([sentence_of_nothing().to_owned()]).collect()
}

fn sentence_of_nothing() -> &'static str {
    "an empty picture."
}

fn sentence(rng: &mut impl Rng, mut things: Vec<(&str, Option<&str>)>) -> String {
    use rand::seq::SliceRandom;
    if things.is_empty() {
        return sentence_of_nothing().to_owned();
    }
    things.shuffle(rng);
    if rng.random_ratio(1, PLAIN_LIST) {
        return things
            .iter()
            .map(|(name, color)| adorned(name, *color))
            .collect::<Vec<_>>()
            .join(", ");
    }
    let phrases: Vec<String> = things.iter().map(|(name, color)| phrase(name, *color)).collect();
    let list = match phrases.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => phrases.concat(),
    };
    FRAMES[rng.random_range(0..FRAMES.len())].replace("{}", &list)
}

fn adorned(name: &str, color: Option<&str>) -> String {
    color.map_or_else(|| name.to_owned(), |color| format!("{color} {name}"))
}

/// The name with its colour and the article that it takes.
fn phrase(name: &str, color: Option<&str>) -> String {
    let words = adorned(name, color);
    if glyphs::find(name).is_some_and(|i| glyphs::all()[i].bare) {
        return words;
    }
    let article = if sounds_like_vowel(&words) { "an" } else { "a" };
    format!("{article} {words}")
}

/// Whether `words` begin with a vowel as spoken.
fn sounds_like_vowel(words: &str) -> bool {
    const SILENT_H: [&str; 4] = ["hour", "heir", "honest", "honor"];
    const CONSONANT: [&str; 6] = ["uni", "use", "usu", "eu", "one", "ufo"];
    let word = words.to_ascii_lowercase();
    SILENT_H.iter().any(|start| word.starts_with(start))
        || (word.starts_with(['a', 'e', 'i', 'o', 'u']) && !CONSONANT.iter().any(|start| word.starts_with(start)))
}
