//! Tensors as a safetensors file.

use super::Tensors;
use crate::clip::checkpoint::RawTensor;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

/// The file of these tensors.
pub fn to_safetensors(tensors: &Tensors) -> Result<Vec<u8>, safetensors::SafeTensorError> {
    let bytes: Vec<(&String, Vec<usize>, Vec<u8>)> = tensors
        .iter()
        .map(|(name, t)| {
            (
                name,
                t.shape.clone(),
                t.data.iter().flat_map(|v| v.to_le_bytes()).collect(),
            )
        })
        .collect();
    let views = bytes
        .iter()
        .map(|(name, shape, data)| Ok((name.as_str(), TensorView::new(Dtype::F32, shape.clone(), data)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
    safetensors::serialize(views, None)
}

/// The tensors of a file.
///
/// # Errors
/// In words, where it is not a safetensors file or holds other numbers than f32.
pub fn from_safetensors(bytes: &[u8]) -> Result<Tensors, String> {
    let file = SafeTensors::deserialize(bytes).map_err(|e| e.to_string())?;
    file.tensors()
        .into_iter()
        .map(|(name, view)| {
            if view.dtype() != Dtype::F32 {
                return Err(format!("{name} is not f32"));
            }
            let data = view
                .data()
                .chunks_exact(4)
                .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                .collect();
            Ok((
                name,
                RawTensor {
                    shape: view.shape().to_vec(),
                    data,
                },
            ))
        })
        .collect()
}
