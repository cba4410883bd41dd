//! The text file of one picture, and files of class names.

use super::super::bounds::around;
use super::super::{list, text};
use super::config;
use crate::dataset::error::DatasetError;
use std::path::Path;

const LIMIT: u64 = 64 << 20;

/// A line of a label file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Object {
    /// From 1.
    pub line: usize,
    pub class: u64,
    /// x, y, width, height in parts of the picture's width and height, where the line has a box.
    pub bounds: Option<[f64; 4]>,
}

/// Reads a label file: lines of a class number alone, with a box (centre, width, height, maybe a confidence), with a box and key
/// points, or with the corners of a polygon.
///
/// # Errors
/// With the line: it has another number of columns, a class that is no number, or coordinates that are none.
pub(crate) fn read(path: &Path, keypoints: Option<(usize, usize)>) -> Result<Vec<Object>, DatasetError> {
    let content = text::read(path, LIMIT)?;
    let mut objects = Vec::new();
    for (i, line) in content.lines().enumerate() {
        let error = |problem: String| DatasetError::Parse {
            path: path.to_owned(),
            line: Some(i + 1),
            problem,
        };
        if !line.trim().is_empty() {
            let (class, bounds) = object(line, keypoints).map_err(error)?;
            objects.push(Object {
                line: i + 1,
                class,
                bounds,
            });
        }
    }
    Ok(objects)
}

/// Whether a line could be one of a label file.
pub(crate) fn looks_like(line: &str) -> bool {
    object(line, None).is_ok()
}

fn object(line: &str, keypoints: Option<(usize, usize)>) -> Result<(u64, Option<[f64; 4]>), String> {
    let mut words = line.split_ascii_whitespace();
    let class = class(words.next().unwrap_or_default())?;
    let numbers: Vec<f64> = words
        .map(|word| {
            word.parse()
                .map_err(|_| format!("a coordinate was expected, not {word}"))
        })
        .collect::<Result<_, String>>()?;
    let pose = keypoints.and_then(|(points, each)| points.checked_mul(each)?.checked_add(4));
    let bounds = match &numbers[..] {
        [] => None,
        [x, y, w, h] | [x, y, w, h, _] => Some([x - w / 2.0, y - h / 2.0, *w, *h]),
        [x, y, w, h, ..] if pose == Some(numbers.len()) => Some([x - w / 2.0, y - h / 2.0, *w, *h]),
        points if points.len() >= 6 && points.len().is_multiple_of(2) => {
            Some(around(points.chunks_exact(2).map(|p| (p[0], p[1]))))
        }
        _ => {
            return Err(format!(
                "a class number, alone or with 4 numbers of a box or at least 6 of a polygon, was expected; {} numbers follow it",
                numbers.len()
            ));
        }
    };
    Ok((class, bounds))
}

fn class(word: &str) -> Result<u64, String> {
    let error = || format!("a class number (0, 1, ..) was expected, not {word}");
    if let Ok(class) = word.parse::<u64>() {
        return Ok(class);
    }
    // Numerical programs write 3 as 3.000000.
    let number: f64 = word.parse().map_err(|_| error())?;
    let whole = number >= 0.0 && number.fract() == 0.0 && number < 9e15;
    whole.then_some(number as u64).ok_or_else(error)
}

/// Class numbers and names of a file: YAML, a name a line (`classes.txt`, `obj.names`), or `name id` a line.
///
/// # Errors
/// With the line: it is no such file.
pub(crate) fn names(path: &Path) -> Result<Vec<(u64, String)>, DatasetError> {
    if super::is_yaml(path) {
        return Ok(config::read(path)?.names);
    }
    if !is_class_file(path) {
        let mut labels = Vec::new();
        let ids = list::read_labels(path, &mut labels)?;
        let mut names: Vec<(u64, String)> = ids
            .into_iter()
            .filter_map(|(id, i)| Some((u64::try_from(id).ok()?, labels.get(i)?.clone())))
            .collect();
        names.sort();
        return Ok(names);
    }
    let content = text::read(path, LIMIT)?;
    let mut names = Vec::new();
    for (id, line) in (0..).zip(content.trim_end().lines()) {
        let name = line.trim();
        if name.is_empty() {
            return Err(DatasetError::Parse {
                path: path.to_owned(),
                line: Some(names.len() + 1),
                problem: "the name of a class was expected, and the line is blank".to_owned(),
            });
        }
        names.push((id, name.to_owned()));
    }
    Ok(names)
}

/// Whether a file holds names of classes, a line each, by its name.
pub(crate) fn is_class_file(path: &Path) -> bool {
    let name = path.file_name().map(|n| n.to_string_lossy().to_ascii_lowercase());
    name.is_some_and(|name| matches!(name.as_str(), "classes.txt" | "_darknet.labels") || name.ends_with(".names"))
}
