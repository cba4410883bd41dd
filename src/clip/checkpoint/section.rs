//! Typed look-ups in a JSON object, with errors that name file and key.

use super::error::{CheckpointError, bad_config};
use serde_json::{Map, Value};
use std::path::Path;

/// One object of a configuration file. A key that is absent or null has its default.
#[derive(Clone, Copy)]
pub(super) struct Section<'a> {
    path: &'a Path,
    /// `None` stands for an empty object.
    map: Option<&'a Map<String, Value>>,
}

impl<'a> Section<'a> {
    /// The whole file.
    ///
    /// # Errors
    /// [`CheckpointError::Config`] where it is no object.
    pub(super) fn new(path: &'a Path, value: &'a Value) -> Result<Self, CheckpointError> {
        let map = value
            .as_object()
            .ok_or_else(|| bad_config(path, "the file is no JSON object"))?;
        Ok(Self { path, map: Some(map) })
    }

    /// The file this is from.
    pub(super) fn path(&self) -> &'a Path {
        self.path
    }

    /// The value of `key` unless absent or null.
    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.map?.get(key).filter(|value| !value.is_null())
    }

    fn wrong(&self, key: &str, expected: &str, found: &Value) -> CheckpointError {
        let mut found = found.to_string();
        if found.len() > 60 {
            found = format!("{}...", found.chars().take(60).collect::<String>());
        }
        bad_config(self.path, format!("`{key}` should be {expected}, but is {found}"))
    }

    pub(super) fn object(&self, key: &str) -> Result<Option<Self>, CheckpointError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let map = value.as_object().ok_or_else(|| self.wrong(key, "an object", value))?;
        Ok(Some(Self {
            path: self.path,
            map: Some(map),
        }))
    }

    /// An object without keys: everything has its default.
    pub(super) fn empty(&self) -> Self {
        Self {
            path: self.path,
            map: None,
        }
    }

    /// A count.
    pub(super) fn size(&self, key: &str, default: usize) -> Result<usize, CheckpointError> {
        let Some(value) = self.get(key) else { return Ok(default) };
        let size = value.as_u64().and_then(|size| usize::try_from(size).ok());
        size.ok_or_else(|| self.wrong(key, "a whole number", value))
    }

    /// The side of a square: a number, or height and width that agree.
    pub(super) fn side(&self, key: &str, default: usize) -> Result<usize, CheckpointError> {
        let Some(value) = self.get(key) else { return Ok(default) };
        let sides: Vec<Option<u64>> = match value {
            Value::Array(sides) => sides.iter().map(Value::as_u64).collect(),
            other => vec![other.as_u64()],
        };
        match sides.as_slice() {
            [Some(side)] => Ok(*side as usize),
            [Some(height), Some(width)] if height == width => Ok(*height as usize),
            _ => Err(self.wrong(key, "one number (only square inputs and patches are supported)", value)),
        }
    }

    pub(super) fn number(&self, key: &str, default: f64) -> Result<f64, CheckpointError> {
        let Some(value) = self.get(key) else { return Ok(default) };
        value.as_f64().ok_or_else(|| self.wrong(key, "a number", value))
    }

    /// A truth value.
    pub(super) fn flag(&self, key: &str, default: bool) -> Result<bool, CheckpointError> {
        let Some(value) = self.get(key) else { return Ok(default) };
        value.as_bool().ok_or_else(|| self.wrong(key, "true or false", value))
    }

    /// A string.
    pub(super) fn text(&self, key: &str) -> Result<Option<&'a str>, CheckpointError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        value
            .as_str()
            .map(Some)
            .ok_or_else(|| self.wrong(key, "a string", value))
    }

    /// Three numbers, or one for all channels.
    pub(super) fn channels(&self, key: &str) -> Result<Option<[f32; 3]>, CheckpointError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let wrong = || self.wrong(key, "three numbers", value);
        let list: Vec<f32> = match value {
            Value::Array(list) => list.iter().filter_map(Value::as_f64).map(|v| v as f32).collect(),
            other => vec![other.as_f64().ok_or_else(wrong)? as f32; 3],
        };
        list.try_into().map(Some).map_err(|_| wrong())
    }
}
