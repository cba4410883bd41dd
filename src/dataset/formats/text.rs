//! Small text files, read whole and with a limit.

use super::encoding::{self, Decoded};
use crate::dataset::error::DatasetError;
use encoding_rs::UTF_8;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The text of a regular file of at most `limit` bytes, without a byte order mark.
///
/// # Errors
/// It cannot be read, is larger, or is not UTF-8.
pub(crate) fn read(path: &Path, limit: u64) -> Result<String, DatasetError> {
    let about = std::fs::metadata(path).map_err(DatasetError::io(path))?;
    if !about.is_file() {
        return Err(DatasetError::NotAFile { path: path.to_owned() });
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(DatasetError::io(path))?;
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(DatasetError::io(path))?;
    if bytes.len() as u64 > limit {
        return Err(DatasetError::Parse {
            path: path.to_owned(),
            line: None,
            problem: format!("a file of at most {} MiB was expected", limit >> 20),
        });
    }
    let encoding = encoding::marked(&bytes).filter(|encoding| *encoding != UTF_8);
    let encoding = encoding.or_else(|| {
        let foreign = std::str::from_utf8(&bytes).is_err();
        foreign.then(|| encoding::guess(&bytes)).flatten()
    });
    if let Some(encoding) = encoding {
        let mut text = String::new();
        return match Decoded::new(&bytes[..], encoding).read_to_string(&mut text) {
            Ok(_) => Ok(text),
            Err(error) => Err(DatasetError::Parse {
                path: path.to_owned(),
                line: None,
                problem: error.to_string(),
            }),
        };
    }
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        bytes.drain(..3);
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        DatasetError::Parse {
            path: path.to_owned(),
            line: Some(1 + good.iter().filter(|b| **b == b'\n').count()),
            problem: "UTF-8 text was expected, and this is none".to_owned(),
        }
    })
}
