//! What a task says: its picture, and what each annotator answered.

use super::super::bounds::around;
use super::lean::Lean;
use crate::dataset::files::is_picture_name;
use std::path::Path;

/// A label given to a picture.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Given {
    /// The control that asked for it, if it asked for choices; labels of regions are the same whoever asks.
    pub control: Option<String>,
    pub name: String,
    /// Of a region: x, y, width, height in parts of the picture's sides.
    pub bounds: Option<[f64; 4]>,
    /// The region is turned, and the box is the upright one around it.
    pub turned: bool,
}

/// What one annotator said of a picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Annotation {
    pub given: Vec<Given>,
    pub cancelled: bool,
    /// Kinds of answers that are no labels.
    pub others: Vec<String>,
}

/// A task.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Task {
    /// For messages.
    pub id: String,
    pub image: Option<String>,
    /// It is a record of JSON-MIN: one annotation of a task.
    pub is_min: bool,
    /// The outer `None`: the task has no such field.
    pub split: Option<Option<String>>,
    pub annotations: Vec<Annotation>,
    pub predictions: usize,
    /// Width and height of the picture, as the annotator's browser had it.
    pub size: Option<(u32, u32)>,
    pub negatives: Vec<String>,
    pub unknowns: Vec<String>,
}

/// Fields of JSON-MIN that are about the annotation.
pub(crate) const OWN_FIELDS: [&str; 8] = [
    "id",
    "annotator",
    "annotation_id",
    "created_at",
    "updated_at",
    "lead_time",
    "meta",
    "predictions",
];

impl Task {
    /// `controls`: the names of those that ask for choices, where a labelling configuration tells them.
    pub fn new(json: &Lean, controls: Option<&[String]>) -> Self {
        let mut task = Self {
            id: match json.get("id") {
                Some(Lean::Number(id)) => id.to_string(),
                Some(Lean::Text(id)) => id.clone(),
                _ => "without id".to_owned(),
            },
            predictions: json.number("predictions").max(0.0) as usize,
            ..Self::default()
        };
        if let Some(meta) = json.get("meta") {
            let names = |key: &str| meta.get(key).map(texts).unwrap_or_default();
            (task.negatives, task.unknowns) = (names(super::NEGATIVES), names(super::UNKNOWNS));
        }
        let is_full = matches!(json.get("data"), Some(Lean::Map(_)));
        task.is_min = !is_full;
        let data = json.get("data").filter(|_| is_full).unwrap_or(json);
        let image = image_field(data);
        task.image = image.and_then(|key| Some(data.get(key)?.text()?.to_owned()));
        task.split = data.get("split").map(|split| split.text().map(str::to_owned));
        if is_full {
            // Old versions call annotations completions.
            for list in ["annotations", "completions"] {
                let list = json.get(list).map_or(&[][..], Lean::items);
                task.annotations.extend(list.iter().map(annotation));
            }
        } else {
            task.annotations.push(min_annotation(json, image, controls));
        }
        task.size = size(json, is_full);
        task
    }
}

/// The field that names the picture: `image`, else the first one whose text ends as names of pictures do, else one that is
/// usually called so.
fn image_field(data: &Lean) -> Option<&str> {
    let texts = || {
        data.entries()
            .iter()
            .filter_map(|(key, value)| Some((key.as_str(), value.text()?)))
    };
    let usual = ["image", "img", "picture", "photo", "image_url", "url"];
    let by_key = |wanted: &str| texts().find(|(key, _)| *key == wanted);
    let by_name = || {
        texts().find(|(_, text)| {
            super::location::names(text)
                .iter()
                .any(|name| is_picture_name(Path::new(name)))
        })
    };
    let found = by_key("image").or_else(by_name);
    found
        .or_else(|| usual.iter().find_map(|key| by_key(key)))
        .map(|(key, _)| key)
}

fn annotation(json: &Lean) -> Annotation {
    let mut annotation = Annotation {
        // Old versions call it skipped.
        cancelled: ["was_cancelled", "skipped"]
            .iter()
            .any(|key| json.get(key) == Some(&Lean::Bool(true))),
        ..Annotation::default()
    };
    for result in json.get("result").map_or(&[][..], Lean::items) {
        let control = result.get("from_name").and_then(Lean::text).unwrap_or_default();
        let value = result.get("value").unwrap_or(&Lean::Null);
        if !answers(value, result, control, &mut annotation.given) {
            let kind = result.get("type").and_then(Lean::text).unwrap_or("of no kind");
            annotation.others.push(kind.to_owned());
        }
    }
    annotation
}

/// The labels of a value, and whether it is one that can have labels. `sized`: what has the size of the picture.
fn answers(value: &Lean, sized: &Lean, control: &str, given: &mut Vec<Given>) -> bool {
    let mut is_known = false;
    for (key, list) in value.entries() {
        let choices = match key.as_str() {
            "choices" => texts(list),
            "taxonomy" => paths(list),
            _ if key.ends_with("labels") => {
                is_known = true;
                let (bounds, turned) = region(value, sized);
                given.extend(texts(list).into_iter().map(|name| Given {
                    control: None,
                    name,
                    bounds,
                    turned,
                }));
                continue;
            }
            _ => continue,
        };
        is_known = true;
        given.extend(choices.into_iter().map(|name| Given {
            control: Some(control.to_owned()),
            name,
            bounds: None,
            turned: false,
        }));
    }
    is_known
}

/// One annotation of JSON-MIN: each control's answers are a field of its name.
fn min_annotation(json: &Lean, image: Option<&str>, controls: Option<&[String]>) -> Annotation {
    let mut annotation = Annotation::default();
    let mut after_id = false;
    for (key, value) in json.entries() {
        after_id |= key == "id";
        if OWN_FIELDS.contains(&key.as_str()) || key == "split" || Some(key.as_str()) == image {
            continue;
        }
        // A single choice is its text alone. Fields of the data come before the id, answers after it.
        let usual = ["choice", "label", "class", "tag", "categor"];
        let is_choice = match controls {
            Some(controls) => controls.contains(key),
            None => after_id || usual.iter().any(|word| key.to_lowercase().contains(word)),
        };
        let items = if let Lean::List(items) = value {
            items
        } else {
            std::slice::from_ref(value)
        };
        for item in items {
            match item.text() {
                Some(text) if is_choice => annotation.given.push(Given {
                    control: Some(key.clone()),
                    name: text.to_owned(),
                    bounds: None,
                    turned: false,
                }),
                Some(_) => {}
                None => {
                    answers(item, item, key, &mut annotation.given);
                }
            }
        }
    }
    annotation
}

/// One text, or all texts of a list.
fn texts(value: &Lean) -> Vec<String> {
    let items = if value.text().is_some() {
        std::slice::from_ref(value)
    } else {
        value.items()
    };
    items.iter().filter_map(Lean::text).map(str::to_owned).collect()
}

/// Paths in a taxonomy as `A/B`.
fn paths(value: &Lean) -> Vec<String> {
    let path = |item: &Lean| Some(texts(item).join("/")).filter(|path| !path.is_empty());
    value.items().iter().filter_map(path).collect()
}

/// The box of a region in parts of the picture's sides, and whether the region is turned.
fn region(value: &Lean, sized: &Lean) -> (Option<[f64; 4]>, bool) {
    let n = |key: &str| value.number(key) / 100.0;
    if let Some(points) = value.get("points") {
        let points = points.items().iter().map(|point| match point.items() {
            [Lean::Number(x), Lean::Number(y), ..] => (x / 100.0, y / 100.0),
            _ => (f64::NAN, f64::NAN),
        });
        return (Some(around(points)), false);
    }
    let rotation = value.number("rotation");
    let turned = rotation.is_finite() && rotation % 360.0 != 0.0;
    if value.get("radiusX").is_some() {
        let (rx, ry) = (n("radiusX"), n("radiusY"));
        return (Some([n("x") - rx, n("y") - ry, 2.0 * rx, 2.0 * ry]), turned);
    }
    if value.get("height").is_none() {
        // Brushes and key points have no box.
        return (None, false);
    }
    let upright = [n("x"), n("y"), n("width"), n("height")];
    if !turned {
        return (Some(upright), false);
    }
    // Turned about the top left corner, in pixels: percents are of sides that differ.
    let (across, down) = (sized.number("original_width"), sized.number("original_height"));
    let ratio = if across > 0.0 && down > 0.0 { across / down } else { 1.0 };
    let (sin, cos) = rotation.to_radians().sin_cos();
    let [x, y, w, h] = upright;
    let corner = |dx: f64, dy: f64| {
        let (dx, dy) = (dx * ratio, dy);
        (x + (dx * cos - dy * sin) / ratio, y + dx * sin + dy * cos)
    };
    let corners = [corner(0.0, 0.0), corner(w, 0.0), corner(0.0, h), corner(w, h)];
    (Some(around(corners.into_iter())), true)
}

/// The size of the picture that the first region gives.
fn size(json: &Lean, is_full: bool) -> Option<(u32, u32)> {
    let side = |side: f64| (1.0..4e9).contains(&side).then_some(side as u32);
    let of = |item: &Lean| side(item.number("original_width")).zip(side(item.number("original_height")));
    if is_full {
        let annotations = json.get("annotations").or(json.get("completions"))?.items();
        let results = annotations.iter().filter_map(|a| a.get("result")).flat_map(Lean::items);
        return results.into_iter().find_map(of);
    }
    json.entries().iter().flat_map(|(_, value)| value.items()).find_map(of)
}
