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

fn rank(name: &str, words: &[&str]) -> Option<usize> {
    let name = word(name);
    words.iter().position(|word| *word == name)
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

/// How surely a column is one of file names by its name, the surest 0.
pub(crate) fn image_rank(name: &str) -> Option<usize> {
    rank(name, &IMAGE)
}

/// Whether a column of this name is one of file names whatever the table is about.
pub(crate) fn surely_pictures(name: &str) -> bool {
    rank(name, &IMAGE).is_some_and(|rank| rank < IMAGE.len() - WEAK)
}

pub(crate) fn is_split(name: &str) -> bool {
    rank(name, &SPLIT).is_some()
}

/// Whether numbers in a column of this name are splits.
pub(crate) fn is_partition(name: &str) -> bool {
    ["partition", "evaluationstatus"].contains(&word(name).as_str())
}

pub(crate) fn is_score(name: &str) -> bool {
    rank(name, &SCORE).is_some()
}

pub(crate) fn is_negatives(name: &str) -> bool {
    rank(name, &NEGATIVES).is_some()
}

pub(crate) fn is_caption(name: &str) -> bool {
    parts(name).last().is_some_and(|last| CAPTIONS.contains(&last.as_str()))
}

/// Whether a column of this name is none of a label whatever is in it.
pub(crate) fn is_never_label(name: &str) -> bool {
    parts(name).iter().any(|part| NEVER.contains(&part.as_str()))
}

/// Whether fractions in a column of this name measure something.
pub(crate) fn is_measure(name: &str) -> bool {
    is_never_label(name) || parts(name).iter().any(|part| MEASURES.contains(&part.as_str()))
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

/// Whether a column is one of labels by its name.
pub(crate) fn label_word(name: &str) -> Option<LabelWord> {
    if rank(name, &MANY).is_some() {
        return Some(LabelWord::Wholly { many: true });
    }
    if rank(name, &ONE).is_some() {
        return Some(LabelWord::Wholly { many: false });
    }
    let parts = parts(name);
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
        image_rank(cell).is_some()
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
            assert_eq!(label_word(name), is, "{name}");
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
            .all(is_measure)
        );
        assert!(
            !["cat", "Eyeglasses", "N", "No Finding", "Young"]
                .into_iter()
                .any(is_measure)
        );
        assert!(is_never_label("Follow-up #") && !["day", "No Finding", "count"].into_iter().any(is_never_label));
        assert!(surely_pictures("Image Index") && !surely_pictures("Id") && image_rank("Id").is_some());
    }
}
