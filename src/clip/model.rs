//! A whole CLIP, opened from any supported checkpoint: the frozen teacher.

use super::checkpoint::{Checkpoint, CheckpointError};
use super::config::VisionConfig;
use super::layers::{linear_tokens, normalize, read_linear};
use super::text::TextTower;
use super::vision::{PatchFeatures, VisionTower};
use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor};
use std::path::PathBuf;

/// L2-normalised features of pictures.
pub struct Features {
    /// The global view, `[batch, embed]`.
    pub cls: Tensor<2>,
    /// The local view, `[batch, patches, embed]`.
    pub patches: Tensor<3>,
}

/// The image side of CLIP: tower and visual projection (both heads of the method are this one, untrained).
#[derive(Module, Debug)]
pub struct ImageEncoder {
    tower: VisionTower,
    projection: Linear,
}

impl ImageEncoder {
    /// Patches per side.
    pub fn grid(&self) -> usize {
        self.tower.grid()
    }

    /// # Shapes
    /// - pixels: `[batch, 3, size, size]`, normalised with the checkpoint's mean and std
    pub fn forward(&self, pixels: Tensor<4>, mode: PatchFeatures) -> Features {
        let tokens = self.tower.forward(pixels, mode);
        Features {
            cls: normalize(self.projection.forward(tokens.cls)),
            patches: normalize(linear_tokens(&self.projection, tokens.patches)),
        }
    }
}

/// Image encoder, text tower and logit scale of a CLIP checkpoint, frozen.
pub struct Clip {
    /// The image side.
    pub image: ImageEncoder,
    /// The text side.
    pub text: TextTower,
    /// CLIP's own logit scale S (already exponentiated).
    pub logit_scale: f32,
    /// Size of the shared embedding, E.
    pub embed: usize,
    /// Sizes of the image tower.
    pub vision: VisionConfig,
}

impl Clip {
    /// Builds both towers on `device` for pictures of `input_size` pixels a side (the checkpoint's own if `None`).
    ///
    /// # Errors
    /// [`ClipError`] where tensors are missing, misshapen or left over, there is no text tower, or the size does not fit.
    pub fn load(checkpoint: Checkpoint, input_size: Option<usize>, device: &Device) -> Result<Self, ClipError> {
        let config = checkpoint.config;
        let text_config = config.text.as_ref().ok_or_else(|| ClipError::NotClip {
            path: checkpoint.path.clone(),
        })?;
        let size = checked_input_size(&config.vision, input_size)?;
        let mut reader = checkpoint.weights.into_reader();
        let tower = VisionTower::read(&mut reader, &config.vision, size, device);
        let projection = read_linear(
            &mut reader,
            "visual_projection",
            config.vision.width,
            config.embed,
            false,
            device,
        );
        let text = TextTower::read(&mut reader, text_config, config.embed, device);
        reader.finish()?;
        Ok(Self {
            image: ImageEncoder { tower, projection },
            text,
            logit_scale: config.logit_scale,
            embed: config.embed,
            vision: config.vision,
        })
    }
}

/// Largest side of the input in pixels.
const MAX_INPUT: usize = 4096;

/// The input size that will be used: the checkpoint's own, or `wanted`, which must be a multiple of the patch size.
///
/// # Errors
/// [`ClipError::InputSize`] otherwise.
pub fn checked_input_size(vision: &VisionConfig, wanted: Option<usize>) -> Result<usize, ClipError> {
    match wanted {
        None => Ok(vision.image_size),
        Some(size) if size > 0 && size.is_multiple_of(vision.patch) && size <= MAX_INPUT => Ok(size),
        Some(size) => Err(ClipError::InputSize {
            size,
            patch: vision.patch,
        }),
    }
}

/// A model that cannot be used as asked.
#[derive(Debug, thiserror::Error)]
pub enum ClipError {
    /// The file cannot be read as a model.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// There is no text tower.
    #[error("{} is an image model without a text tower, not a CLIP", path.display())]
    NotClip {
        /// The checkpoint.
        path: PathBuf,
    },
    /// The wanted size does not divide into patches.
    #[error("an input size of {size} px is too large or does not divide into patches of {patch} px")]
    InputSize {
        /// Wanted size in pixels.
        size: usize,
        /// Patch size in pixels.
        patch: usize,
    },
}

impl ClipError {
    /// What the user can do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Checkpoint(e) => e.hint(),
            Self::NotClip { .. } => {
                Some("Give a CLIP checkpoint as --model; an ImageNet ViT belongs in student_path.".to_owned())
            }
            Self::InputSize { size, patch } => {
                let near = (size / patch).clamp(1, MAX_INPUT / patch) * patch;
                Some(format!(
                    "Take a multiple of {patch} up to {MAX_INPUT}, for example input_size={near}."
                ))
            }
        }
    }
}
