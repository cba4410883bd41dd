//! The student: a vision tower with a head for each view, and the learned scale and offset of the logits.

use crate::clip::checkpoint::{Checkpoint, CheckpointError, RawTensor, Weights};
use crate::clip::config::VisionConfig;
use crate::clip::layers::{linear_tokens, normalize, parameter, transpose};
use crate::clip::model::Features;
use crate::clip::random::student_tower;
use crate::clip::vision::{PatchFeatures, VisionTower};
use crate::support::rng;
use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// What the student starts from (METHOD section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StudentInit {
    /// A copy of the teacher's image tower and projection.
    Clip,
    /// A ViT checkpoint in Hugging Face's layout; heads drawn from N(0, D^-0.5).
    Imagenet,
    /// The teacher's shape, drawn at random.
    Random,
}

/// Start of the logit scale g.
pub const INITIAL_SCALE: f32 = 20.0;

/// The scale and offset of the logits: z = exp(log_scale) * (s - offset). Both learn in both stages.
#[derive(Module, Debug)]
pub struct Calibration {
    log_scale: Param<Tensor<1>>,
    offset: Param<Tensor<1>>,
}

impl Calibration {
    /// A calibration with the given values.
    pub fn new(scale: f32, offset: f32, device: &Device) -> Self {
        Self::from_log(scale.ln(), offset, device)
    }

    /// The same from the logarithm, without a round trip.
    pub fn from_log(log_scale: f32, offset: f32, device: &Device) -> Self {
        let scalar = |value: f32| {
            parameter(
                RawTensor {
                    shape: vec![1],
                    data: vec![value],
                },
                device,
            )
        };
        Self {
            log_scale: scalar(log_scale),
            offset: scalar(offset),
        }
    }

    /// Logits of fused scores.
    ///
    /// # Shapes
    /// - scores, result: `[batch, classes]`
    pub fn logits(&self, scores: Tensor<2>) -> Tensor<2> {
        let scale = self.log_scale.val().exp().unsqueeze::<2>();
        let offset = self.offset.val().unsqueeze::<2>();
        (scores - offset) * scale
    }

    /// The tensors (log of the scale, offset), each `[1]`.
    pub fn tensors(&self) -> (Tensor<1>, Tensor<1>) {
        (self.log_scale.val(), self.offset.val())
    }
}

/// Vision tower plus the two heads.
#[derive(Module, Debug)]
pub struct Student {
    tower: VisionTower,
    head_global: Linear,
    head_local: Linear,
}

impl Student {
    /// A copy of a CLIP's image side: both heads are its visual projection.
    ///
    /// # Errors
    /// [`CheckpointError`] where a tensor is missing or misshapen.
    pub fn from_clip(checkpoint: &Checkpoint, input_size: usize, device: &Device) -> Result<Self, CheckpointError> {
        let config = &checkpoint.config;
        let mut reader = image_side(checkpoint).into_reader();
        let tower = VisionTower::read(&mut reader, &config.vision, input_size, device);
        let head = reader.take("visual_projection.weight", &[config.embed, config.vision.width]);
        reader.finish()?;
        Ok(Self {
            tower,
            head_global: head_from(&head, device),
            head_local: head_from(&head, device),
        })
    }

    /// A ViT's tower with heads drawn at random.
    ///
    /// # Errors
    /// [`CheckpointError`] where a tensor is missing or misshapen.
    pub fn from_vit(
        checkpoint: &Checkpoint,
        embed: usize,
        input_size: usize,
        seed: u64,
        device: &Device,
    ) -> Result<Self, CheckpointError> {
        let config = &checkpoint.config;
        let mut reader = image_side(checkpoint).into_reader();
        reader.skip("visual_projection");
        let tower = VisionTower::read(&mut reader, &config.vision, input_size, device);
        reader.finish()?;
        let width = config.vision.width;
        Ok(Self {
            tower,
            head_global: random_head(width, embed, seed, "head_global", device),
            head_local: random_head(width, embed, seed, "head_local", device),
        })
    }

    /// A tower of the given sizes drawn at random: weights N(0, 0.02), biases 0, norms 1.
    ///
    /// # Errors
    /// None in practice: the weights are made to fit.
    pub fn random(
        vision: &VisionConfig,
        embed: usize,
        input_size: usize,
        seed: u64,
        device: &Device,
    ) -> Result<Self, CheckpointError> {
        let mut reader = student_tower(vision, seed).into_reader();
        let tower = VisionTower::read(&mut reader, vision, input_size, device);
        reader.finish()?;
        Ok(Self {
            tower,
            head_global: random_head(vision.width, embed, seed, "head_global", device),
            head_local: random_head(vision.width, embed, seed, "head_local", device),
        })
    }

    /// A student of zeros: the structure that saved parameters are restored into.
    pub fn blank(vision: &VisionConfig, embed: usize, device: &Device) -> Self {
        // An empty set of weights hands out zeros of every shape; that all are missing is the point.
        let mut reader = Weights::new(Path::new("blank student"), BTreeMap::new()).into_reader();
        let tower = VisionTower::read(&mut reader, vision, vision.image_size, device);
        let head = RawTensor::zeros(&[embed, vision.width]);
        Self {
            tower,
            head_global: head_from(&head, device),
            head_local: head_from(&head, device),
        }
    }

    /// Patches per side.
    pub fn grid(&self) -> usize {
        self.tower.grid()
    }

    /// Both views' features.
    ///
    /// # Shapes
    /// - pixels: `[batch, 3, size, size]`, normalised with the student's own mean and std
    pub fn forward(&self, pixels: Tensor<4>, mode: PatchFeatures) -> Features {
        let tokens = self.tower.forward(pixels, mode);
        Features {
            cls: normalize(self.head_global.forward(tokens.cls)),
            patches: normalize(linear_tokens(&self.head_local, tokens.patches)),
        }
    }
}

/// The tensors of the image tower and its projection alone.
fn image_side(checkpoint: &Checkpoint) -> Weights {
    let wanted = |name: &str| name.starts_with("vision_model.") || name == "visual_projection.weight";
    let tensors = checkpoint
        .weights
        .iter()
        .filter(|(name, _)| wanted(name))
        .map(|(n, t)| (n.to_owned(), t.clone()));
    Weights::new(&checkpoint.path, tensors.collect())
}

fn head_from(raw: &RawTensor, device: &Device) -> Linear {
    Linear {
        weight: parameter(transpose(raw), device),
        bias: None,
    }
}

fn random_head(width: usize, embed: usize, seed: u64, name: &str, device: &Device) -> Linear {
    let mut rng = rng::stream(seed, name, 0);
    let std = (width as f32).powf(-0.5);
    let data = (0..embed * width).map(|_| rng::normal(&mut rng) * std).collect();
    head_from(
        &RawTensor {
            shape: vec![embed, width],
            data,
        },
        device,
    )
}

/// The student's architecture, enough to rebuild it from its weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StudentConfig {
    /// Sizes of the tower; `image_size` is the input size that it was trained with.
    pub vision: VisionConfig,
    /// Size of the shared embedding, E.
    pub embed: usize,
    /// Mean of each colour channel, in [0, 1].
    pub mean: [f32; 3],
    /// Standard deviation of each colour channel, in [0, 1].
    pub std: [f32; 3],
}
