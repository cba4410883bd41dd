//! Sets as hostile as users' are, and what two of them have in common.

use super::*;
use crate::dataset::model::{BoxAnnotation, Picture, Truth};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use std::collections::{BTreeMap, BTreeSet};

/// Names of pictures that some format or place has trouble with. FAULTS 31.
#[cfg(unix)]
pub const FILES: [&str; 22] = [
    "a.png",
    "dir/a.png",
    "images/a.png",
    "train/x.png",
    "val/images/a.png",
    "b,c.png",
    "quo\"te.png",
    "'q'.png",
    "semi;colon.png",
    "bar|x.png",
    "new\nline.png",
    " lead.png",
    "trail.png ",
    "=cmd().png",
    "emoji \u{1f600}.png",
    "\u{5e2}\u{5d1}.png",
    "tab\there.png",
    "p 12",
    "end 7.png",
    "back\\slash.png",
    "UPPER.PNG",
    "no-split/.hidden.png",
];
#[cfg(not(unix))]
pub const FILES: [&str; 8] = [
    "a.png",
    "dir/a.png",
    "images/a.png",
    "train/x.png",
    "b,c.png",
    "emoji \u{1f600}.png",
    "end 7.png",
    "UPPER.PNG",
];

/// Names of labels of the same kind. FAULTS 31.
const LABELS: [&str; 40] = [
    "cat",
    "Cat",
    "cat ",
    " cat",
    "big dog",
    "a,b",
    "say \"x\"",
    "line\nbreak",
    "return\rhere",
    "\u{1f600}",
    "\u{5e2}\u{5d1}\u{5e8}",
    "caf\u{e9}",
    "cafe\u{301}",
    "a|b",
    "a;b",
    "|",
    ";",
    "A/B",
    "A",
    "A/B/C",
    "/",
    "..",
    ".x",
    "=cmd()",
    "-1",
    "1",
    "0",
    "3 4",
    "label",
    "labels",
    "filename",
    "split",
    "score",
    "train",
    "value",
    "no-split",
    "\u{feff}mark",
    "id",
    "x.png",
    "\tt",
];

/// All of [`FILES`] in a folder, no two alike.
pub fn pictures() -> Set {
    let set = Set::new();
    for (i, name) in FILES.into_iter().enumerate() {
        set.picture(&format!("data/{name}"), i as u8 * 11);
    }
    set
}

fn label() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => select(&LABELS[..]).prop_map(str::to_owned),
        2 => "[a-zA-Z][a-z ]{0,5}[a-z]",
        1 => "\\PC{1,6}",
    ]
}

/// x, y, width, height inside 20 x 10.
fn bounds() -> impl Strategy<Value = [f32; 4]> {
    let side = |end: f32| {
        (0.0..end - 0.01, 0.01..end).prop_map(move |(at, long)| (at, if at + long > end { end - at } else { long }))
    };
    (side(20.0), side(10.0)).prop_map(|((x, w), (y, h))| [x, y, w, h])
}

/// What a picture says: its split, a word on each of at most five labels, boxes.
type Said = (Option<usize>, Vec<u8>, Vec<(usize, [f32; 4])>);

fn picture() -> impl Strategy<Value = Said> {
    let boxes = prop::collection::vec((0..5usize, bounds()), 0..3);
    (prop::option::of(0..3usize), prop::collection::vec(0..6u8, 5), boxes)
}

/// Sets of the pictures in `folder`; `tame` ones have labels without much trouble.
pub fn dataset(folder: PathBuf, tame: bool) -> impl Strategy<Value = Dataset> {
    let plain = "[a-z][a-z ]{0,4}[a-z]".boxed();
    let label = if tame { plain } else { label().boxed() };
    let labels = prop::collection::btree_set(label, 0..5)
        .prop_map(|set| set.into_iter().collect::<Vec<_>>())
        .prop_shuffle();
    let files = subsequence(FILES.to_vec(), 1..7).prop_shuffle();
    (labels, files, prop::collection::vec(picture(), 7), any::<bool>()).prop_map(
        move |(labels, files, said, unknown)| {
            let picture = |(name, (split, words, boxes)): (&str, Said)| {
                let of = |words_of: &[u8]| {
                    (0..labels.len())
                        .filter(|l| words_of.contains(&words[*l]))
                        .collect::<Vec<_>>()
                };
                let positives = of(&[1, 2]);
                let boxes = boxes.into_iter().filter(|(label, _)| positives.contains(label));
                Picture {
                    path: folder.join("data").join(name),
                    name: name.to_owned(),
                    width: 20,
                    height: 10,
                    split: split.map(|s| Split::ALL[s]),
                    negatives: of(&[3]),
                    unknowns: of(&[4]),
                    boxes: boxes.map(|(label, bounds)| BoxAnnotation { label, bounds }).collect(),
                    positives,
                }
            };
            Dataset {
                pictures: files.into_iter().zip(said).map(picture).collect(),
                labels,
                absent: if unknown { Absent::Unknown } else { Absent::Negative },
                ..Dataset::default()
            }
        },
    )
}

/// What is known of a picture, in words that do not depend on the order of anything.
#[derive(Debug, PartialEq)]
pub struct Known {
    split: Option<Split>,
    truths: BTreeMap<String, Truth>,
    boxes: Vec<(String, [f32; 4])>,
}

/// What a set says about each picture, by the picture's content. `labels` are those that count; `all` of what is known, or only what
/// is there.
pub fn known(dataset: &Dataset, labels: &[String], truths: bool, boxes: bool) -> BTreeMap<Vec<u8>, Known> {
    let absent = match dataset.absent {
        Absent::Negative => Truth::Negative,
        Absent::Unknown => Truth::Unknown,
    };
    let of = |picture: &Picture| {
        let truth = |name: &String| {
            let label = dataset.labels.iter().position(|label| label == name);
            let in_list = |list: &Vec<usize>| label.is_some_and(|label| list.contains(&label));
            match () {
                () if in_list(&picture.positives) => Truth::Positive,
                () if truths && in_list(&picture.negatives) => Truth::Negative,
                () if truths && in_list(&picture.unknowns) => Truth::Unknown,
                () => absent,
            }
        };
        let boxed = picture
            .boxes
            .iter()
            .filter(|_| boxes)
            .map(|b| (dataset.labels[b.label].clone(), b.bounds));
        Known {
            split: picture.split,
            truths: labels.iter().map(|name| (name.clone(), truth(name))).collect(),
            boxes: boxed.collect(),
        }
    };
    dataset
        .pictures
        .iter()
        .map(|p| (std::fs::read(&p.path).unwrap(), of(p)))
        .collect()
}

/// Labels that some picture has.
pub fn used(dataset: &Dataset) -> BTreeSet<&str> {
    dataset
        .pictures
        .iter()
        .flat_map(|p| &p.positives)
        .map(|label| dataset.labels[*label].as_str())
        .collect()
}
