//! What columns are usually called.

use super::super::Columns;
use crate::dataset::files::is_picture_name;
use std::path::Path;

/// Names of columns of file names, the surest first.
#[rustfmt::skip]
const IMAGE: [&str; 28] = [
    "filename", "filepath", "file", "imagefilename", "imagename", "imagefile", "imagepath", "imageindex", "image", "images", "imageid",
    "img", "imgname", "imgfile", "imgpath", "imgid", "path", "relativepath", "relpath", "picture", "picturename", "photo", "photoname",
    "filenames", "url", "uri", "name", "id",
];
/// How many of these may be columns of something else in a table of anything.
const WEAK: usize = 4;
/// Names of columns of splits.
const SPLIT: [&str; 7] = [
    "split",
    "subset",
    "partition",
    "set",
    "usage",
    "phase",
    "evaluationstatus",
];
/// Names of columns with all labels of a picture.
const MANY: [&str; 6] = ["labels", "tags", "classes", "categories", "keywords", "targets"];
/// Names of columns with one label.
#[rustfmt::skip]
const ONE: [&str; 11] = [
    "label", "labelname", "tag", "class", "classname", "category", "categoryname", "keyword", "target", "species", "annotation",
];
/// Names of columns of scores.
const SCORE: [&str; 9] = [
    "score",
    "scores",
    "confidence",
    "conf",
    "probability",
    "prob",
    "value",
    "present",
    "presence",
];
/// Names of columns with labels that are not there.
const NEGATIVES: [&str; 8] = [
    "negatives",
    "negativelabels",
    "neglabels",
    "notthere",
    "absent",
    "absentlabels",
    "notpresent",
    "negativetags",
];
/// Words in names of columns that are never labels, whatever is in them.
#[rustfmt::skip]
const NEVER: [&str; 18] = [
    "age", "sex", "gender", "timestamp", "followup", "follow", "spacing", "pixelspacing", "index", "id", "ids", "fold", "latitude",
    "longitude", "xmin", "ymin", "xmax", "ymax",
];
/// Words in names of columns that measure something; fractions in them are no scores of labels.
#[rustfmt::skip]
const MEASURES: [&str; 22] = [
    "year", "month", "day", "date", "time", "pixel", "width", "height", "size", "area", "depth", "count", "lat", "lon", "altitude",
    "weight", "length", "distance", "duration", "offset", "rank", "number",
];
/// Names of columns of sentences about pictures.
const CAPTIONS: [&str; 8] = [
    "caption",
    "captions",
    "comment",
    "comments",
    "description",
    "sentence",
    "sentences",
    "text",
];

/// A name without what spelling changes: `Image File` is `imagefile`.
pub(crate) fn word(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

fn rank(word: &str, words: &[&str]) -> Option<usize> {
    words.iter().position(|known| *known == word)
}

/// The words of a name, in lower case: `Follow-up #` is `follow`, `up`; `fineLabel` is `fine`, `label`.
fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && lower) {
            parts.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(last) = parts.last_mut()
        {
            last.extend(c.to_lowercase());
        }
        lower = c.is_lowercase();
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// How a column of labels is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LabelWord {
    /// The last of several words tells, as in `Finding Labels`.
    Partly { many: bool },
    /// The whole name tells.
    Wholly { many: bool },
}

impl LabelWord {
    /// Whether a cell is expected to have all labels of its picture.
    pub(crate) fn many(self) -> bool {
        match self {
            Self::Partly { many } | Self::Wholly { many } => many,
        }
    }
}

/// What a column's name says of it. Told once: tables may have hundreds of thousands of columns.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Said {
    /// How surely it is one of file names, the surest 0.
    pub image: Option<usize>,
    pub label: Option<LabelWord>,
    pub negatives: bool,
    pub score: bool,
    pub split: bool,
    /// Numbers in it are splits.
    pub partition: bool,
    /// Sentences about pictures.
    pub caption: bool,
    /// It is none of a label whatever is in it.
    pub never: bool,
    /// Fractions in it measure something.
    pub measure: bool,
}

/// What a name says.
pub(crate) fn said(name: &str) -> Said {
    let (word, parts) = (word(name), parts(name));
    let last = parts.last().map_or("", String::as_str);
    let has = |words: &[&str]| parts.iter().any(|part| words.contains(&part.as_str()));
    let never = has(&NEVER);
    Said {
        image: rank(&word, &IMAGE),
        label: label_word(&word, &parts),
        negatives: rank(&word, &NEGATIVES).is_some(),
        score: rank(&word, &SCORE).is_some(),
        split: rank(&word, &SPLIT).is_some(),
        partition: ["partition", "evaluationstatus"].contains(&word.as_str()),
        caption: CAPTIONS.contains(&last),
        never,
        measure: never || has(&MEASURES),
    }
}

fn label_word(word: &str, parts: &[String]) -> Option<LabelWord> {
    if rank(word, &MANY).is_some() {
        return Some(LabelWord::Wholly { many: true });
    }
    if rank(word, &ONE).is_some() {
        return Some(LabelWord::Wholly { many: false });
    }
    let counts = parts
        .first()
        .is_some_and(|first| ["n", "num", "number", "count", "no"].contains(&first.as_str()));
    let last = parts.last().filter(|_| !counts)?;
    let last = last.trim_end_matches(|c: char| c.is_ascii_digit());
    if MANY.contains(&last) {
        return Some(LabelWord::Partly { many: true });
    }
    ONE.contains(&last).then_some(LabelWord::Partly { many: false })
}

/// Whether a column of this name is one of file names whatever the table is about.
pub(crate) fn surely_pictures(name: &str) -> bool {
    rank(&word(name), &IMAGE).is_some_and(|rank| rank < IMAGE.len() - WEAK)
}

/// Whether one of the cells of a first row is a name that the user gave or that tables use, or a picture.
pub(crate) fn names_pictures(cells: &[impl AsRef<str>], wanted: &Columns) -> bool {
    let given = [
        &wanted.image,
        &wanted.labels,
        &wanted.negatives,
        &wanted.score,
        &wanted.split,
    ];
    cells.iter().map(AsRef::as_ref).any(|cell| {
        rank(&word(cell), &IMAGE).is_some()
            || is_picture_name(Path::new(cell))
            || given
                .iter()
                .any(|name| name.as_ref().is_some_and(|name| name.trim() == cell.trim()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_columns_are_understood() {
        let (one, many) = (LabelWord::Wholly { many: false }, LabelWord::Wholly { many: true });
        let (part, parts) = (LabelWord::Partly { many: false }, LabelWord::Partly { many: true });
        for (name, is) in [
            ("Labels", Some(many)),
            ("Label Name", Some(one)),
            ("Finding Labels", Some(parts)),
            ("fine_label", Some(part)),
            ("coarseLabel", Some(part)),
            ("label2", Some(part)),
            ("label_id", None),
            ("num_labels", None),
            ("Patient Age", None),
        ] {
            assert_eq!(said(name).label, is, "{name}");
        }
        assert!(
            [
                "Patient Age",
                "Follow-up #",
                "Patient ID",
                "OriginalImagePixelSpacing[x",
                "Height]"
            ]
            .into_iter()
            .all(|name| said(name).measure)
        );
        assert!(
            !["cat", "Eyeglasses", "N", "No Finding", "Young"]
                .into_iter()
                .any(|name| said(name).measure)
        );
        assert!(said("Follow-up #").never && !["day", "No Finding", "count"].into_iter().any(|name| said(name).never));
        assert!(surely_pictures("Image Index") && !surely_pictures("Id") && said("Id").image.is_some());
    }
}
