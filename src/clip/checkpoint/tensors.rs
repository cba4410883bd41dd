//! Reading safetensors files.

use super::error::{CheckpointError, damaged};
use super::numbers::Number;
use super::weights::RawTensor;
use safetensors::{Dtype, SafeTensorError, SafeTensors};
use std::collections::BTreeMap;
use std::path::Path;

/// A CLIP has at most a few thousand tensors and describes each in some 100 bytes.
const MAX_TENSORS: usize = 20_000;
const MAX_HEADER: u64 = 16 << 20;

/// Reads all float tensors of `bytes`, a whole safetensors file. Integer tensors are dropped.
///
/// # Errors
/// [`CheckpointError::Damaged`], [`CheckpointError::TooLarge`], or [`CheckpointError::UnsupportedType`].
pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<BTreeMap<String, RawTensor>, CheckpointError> {
    let length: [u8; 8] = bytes
        .first_chunk()
        .copied()
        .ok_or_else(|| damaged(path, format!("only {} bytes long", bytes.len())))?;
    let header = u64::from_le_bytes(length);
    let rest = bytes.len() as u64 - 8;
    // The two checks come before the parser sees anything, so that a header of 2^63 bytes costs nothing.
    if header > rest {
        return Err(damaged(
            path,
            format!("the header should be {header} bytes long, but only {rest} bytes follow"),
        ));
    }
    if header > MAX_HEADER {
        return Err(too_large(
            path,
            format!("the header is {header} bytes long"),
            MAX_HEADER,
        ));
    }
    let file = SafeTensors::deserialize(bytes).map_err(|e| damaged(path, in_words(&e, rest - header)))?;
    if file.len() > MAX_TENSORS {
        return Err(too_large(
            path,
            format!("there are {} tensors", file.len()),
            MAX_TENSORS as u64,
        ));
    }
    let mut tensors = BTreeMap::new();
    for (name, view) in file.iter() {
        let Some(number) = number(view.dtype()) else {
            return Err(CheckpointError::UnsupportedType {
                path: path.to_owned(),
                tensor: name.to_owned(),
                dtype: view.dtype().to_string(),
            });
        };
        if number.is_float() {
            let tensor = RawTensor {
                shape: view.shape().to_vec(),
                data: number.to_f32(view.data()),
            };
            tensors.insert(name.to_owned(), tensor);
        }
    }
    Ok(tensors)
}

fn number(dtype: Dtype) -> Option<Number> {
    Some(match dtype {
        Dtype::F16 => Number::F16,
        Dtype::BF16 => Number::Bf16,
        Dtype::F32 => Number::F32,
        Dtype::F64 => Number::F64,
        Dtype::BOOL | Dtype::U8 | Dtype::I8 => Number::Integer(1),
        Dtype::U16 | Dtype::I16 => Number::Integer(2),
        Dtype::U32 | Dtype::I32 => Number::Integer(4),
        Dtype::U64 | Dtype::I64 => Number::Integer(8),
        _ => return None,
    })
}

fn too_large(path: &Path, what: String, limit: u64) -> CheckpointError {
    CheckpointError::TooLarge {
        path: path.to_owned(),
        what,
        limit,
    }
}

fn in_words(error: &SafeTensorError, data: u64) -> String {
    match error {
        SafeTensorError::InvalidHeader(_) => "the header is not UTF-8".to_owned(),
        SafeTensorError::InvalidHeaderDeserialization(e) | SafeTensorError::JsonError(e) => {
            format!("the header is no list of tensors ({e})")
        }
        SafeTensorError::InvalidOffset(name) => {
            format!("tensor {name} overlaps another one, or leaves a gap")
        }
        SafeTensorError::TensorInvalidInfo => "a tensor's bytes do not match its shape".to_owned(),
        SafeTensorError::ValidationOverflow => "a tensor's shape overflows".to_owned(),
        SafeTensorError::MetadataIncompleteBuffer => {
            format!("the {data} bytes of numbers are not what the header lists: the file is cut off or has a tail")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str, data: usize) -> Vec<u8> {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes.resize(bytes.len() + data, 0);
        bytes
    }

    fn message(bytes: &[u8]) -> String {
        read(Path::new("m.safetensors"), bytes).unwrap_err().to_string()
    }

    #[test]
    fn mixed_types_become_f32_and_integers_are_dropped() {
        let header = r#"{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},
            "b":{"dtype":"BF16","shape":[1,1],"data_offsets":[4,6]},"n":{"dtype":"I64","shape":[1],"data_offsets":[6,14]}}"#;
        let mut bytes = file(header, 0);
        bytes.extend([0x00, 0x3c, 0x00, 0xc0, 0x80, 0x3f, 1, 0, 0, 0, 0, 0, 0, 0]);
        let tensors = read(Path::new("m"), &bytes).unwrap();
        assert_eq!(
            tensors["a"],
            RawTensor {
                shape: vec![2],
                data: vec![1.0, -2.0]
            }
        );
        assert_eq!(
            tensors["b"],
            RawTensor {
                shape: vec![1, 1],
                data: vec![1.0]
            }
        );
        assert_eq!(tensors.len(), 2);
    }

    #[test]
    fn a_giant_header_length_is_refused_before_anything_is_read() {
        let mut bytes = (1u64 << 63).to_le_bytes().to_vec();
        bytes.extend(b"{}");
        assert!(message(&bytes).contains("9223372036854775808"), "{}", message(&bytes));
        assert!(message(&[1, 2, 3]).contains("only 3 bytes"));
    }

    #[test]
    fn offsets_that_overlap_or_run_out_are_refused() {
        let two = |second: &str| {
            format!(
                r#"{{"a":{{"dtype":"F32","shape":[2],"data_offsets":[0,8]}},"b":{{"dtype":"F32","shape":[1],"data_offsets":{second}}}}}"#
            )
        };
        assert!(message(&file(&two("[4,8]"), 8)).contains("overlaps"));
        assert!(message(&file(&two("[8,12]"), 8)).contains("cut off"));
        assert!(message(&file(&two("[8,18446744073709551615]"), 12)).contains("damaged"));
        let huge = r#"{"a":{"dtype":"F32","shape":[4294967295,4294967295,4294967295],"data_offsets":[0,8]}}"#;
        assert!(message(&file(huge, 8)).contains("overflow"));
        assert!(message(&file("{not json", 0)).contains("no list of tensors"));
    }

    #[test]
    fn a_hundred_thousand_entries_are_refused() {
        let entries: Vec<String> = (0..100_000)
            .map(|i| format!(r#""t{i}":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#))
            .collect();
        let text = message(&file(&format!("{{{}}}", entries.join(",")), 0));
        assert!(text.contains("100000 tensors"), "{text}");
    }

    #[test]
    fn eight_bit_floats_are_named() {
        let header = r#"{"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}"#;
        assert!(message(&file(header, 2)).contains("F8_E4M3"));
    }
}
