//! Both towers equal transformers' and open_clip's in every layout, within 1e-4.

use crate::support::{close, fixture, json, paired, tensors};
use burn::tensor::{Device, Tensor, TensorData};
use patchlight::clip::checkpoint::{self, CheckpointError};
use patchlight::clip::layers::normalize;
use patchlight::clip::model::Clip;
use patchlight::clip::tokenizer::Tokenizer;
use patchlight::clip::vision::{PatchFeatures, VisionTower};
use patchlight::compute::Compute;
use patchlight::method::score::host_values;

const ALLOWED: f32 = 1e-4;

/// The pixels that every reference was computed on.
pub fn formula_pixels(side: usize) -> TensorData {
    let mut data = Vec::with_capacity(2 * 3 * side * side);
    for b in 0..2 {
        for c in 0..3 {
            for y in 0..side {
                for x in 0..side {
                    let value = 0.05 * x as f64 * (c as f64 + 1.0) + 0.07 * y as f64 * (b as f64 + 1.0) + c as f64;
                    data.push(value.sin() as f32);
                }
            }
        }
    }
    TensorData::new(data, [2, 3, side, side])
}

fn check_images(clip: &Clip, name: &str, suffix: &str, side: usize, device: &Device) {
    let expected = tensors(&format!("checkpoints/expected_{name}.safetensors"));
    for (mode, key) in [
        (PatchFeatures::Token, "patch_tokens"),
        (PatchFeatures::Value, "patch_value"),
    ] {
        let features = clip
            .image
            .forward(Tensor::from_data(formula_pixels(side), device), mode);
        let cls = host_values(features.cls).unwrap();
        let patches = host_values(features.patches).unwrap();
        close(
            &format!("{name} [CLS] at {side}"),
            &cls,
            &expected[&format!("image_embeds{suffix}")].data,
            ALLOWED,
        );
        close(
            &format!("{name} {key} at {side}"),
            &patches,
            &expected[&format!("{key}{suffix}")].data,
            ALLOWED,
        );
    }
}

fn check_texts(clip: &Clip, name: &str) {
    let expected = tensors(&format!("checkpoints/expected_{name}.safetensors"));
    let texts: Vec<String> = serde_json::from_value(json("checkpoints/texts.json")).unwrap();
    let tokenizer = Tokenizer::new();
    for (text, ids) in paired(&texts, expected["token_ids"].data.chunks_exact(77)) {
        let mut padded = tokenizer.encode(text, 77);
        padded.resize(77, 0);
        assert_eq!(padded.iter().map(|i| *i as f32).collect::<Vec<_>>(), ids, "{text}");
    }
    let embeds = host_values(clip.text.encode_texts(&tokenizer, &texts)).unwrap();
    close(
        &format!("{name} texts"),
        &embeds,
        &expected["text_embeds"].data,
        ALLOWED,
    );
    let scale = expected["logit_scale"].data[0].exp();
    assert!(
        (clip.logit_scale / scale - 1.0).abs() < 1e-5,
        "{name}: {} against {scale}",
        clip.logit_scale
    );
}

#[test]
fn every_clip_layout() {
    let compute = Compute::cpu();
    for name in ["hf", "hf_bin", "open_clip", "open_clip_bin", "openai", "tiny"] {
        let path = if name == "openai" {
            "checkpoints/openai.pt".to_owned()
        } else {
            format!("checkpoints/{name}")
        };
        let checkpoint = checkpoint::open(&fixture(&path)).unwrap();
        let side = checkpoint.config.vision.image_size;
        let clip = Clip::load(checkpoint, None, compute.device()).unwrap();
        check_images(&clip, name, "", side, compute.device());
        check_texts(&clip, name);
    }
}

#[test]
fn positions_are_interpolated_for_another_input_size() {
    let compute = Compute::cpu();
    let checkpoint = checkpoint::open(&fixture("checkpoints/hf")).unwrap();
    let clip = Clip::load(checkpoint, Some(288), compute.device()).unwrap();
    check_images(&clip, "hf", "_288", 288, compute.device());
}

#[test]
fn plain_vit() {
    let compute = Compute::cpu();
    let checkpoint = checkpoint::open(&fixture("checkpoints/vit")).unwrap();
    let config = checkpoint.config.clone();
    let mut reader = checkpoint.weights.into_reader();
    let side = config.vision.image_size;
    let tower = VisionTower::read(&mut reader, &config.vision, side, compute.device());
    reader.finish().unwrap();
    let expected = tensors("checkpoints/expected_vit.safetensors");
    let pixels = || Tensor::<4>::from_data(formula_pixels(side), compute.device());
    let tokens = tower.forward(pixels(), PatchFeatures::Token);
    let (batch, width) = (2, config.vision.width);
    let all = Tensor::cat(vec![tokens.cls.reshape([batch, 1, width]), tokens.patches], 1);
    close(
        "hidden",
        &host_values(all).unwrap(),
        &expected["last_hidden_state"].data,
        ALLOWED,
    );
    let value = tower.forward(pixels(), PatchFeatures::Value);
    close(
        "value",
        &host_values(value.patches).unwrap(),
        &expected["patch_value_hidden"].data,
        ALLOWED,
    );
}

#[test]
fn both_modes_at_once_are_the_two_modes() {
    let compute = Compute::cpu();
    let checkpoint = checkpoint::open(&fixture("checkpoints/tiny")).unwrap();
    let config = checkpoint.config.clone();
    let mut reader = checkpoint.weights.into_reader();
    let tower = VisionTower::read(&mut reader, &config.vision, 32, compute.device());
    let pixels = || Tensor::<4>::from_data(formula_pixels(32), compute.device());
    let (tokens, value) = tower.forward_both(pixels());
    let host = |t: Tensor<3>| host_values(normalize(t)).unwrap();
    let token_alone = tower.forward(pixels(), PatchFeatures::Token);
    close("tokens", &host(tokens.patches), &host(token_alone.patches), 1e-6);
    close(
        "value",
        &host(value),
        &host(tower.forward(pixels(), PatchFeatures::Value).patches),
        1e-6,
    );
}

/// A copy of the `hf` fixture in a folder that may be changed.
fn changed(change: impl FnOnce(&mut serde_json::Value)) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in ["config.json", "preprocessor_config.json", "model.safetensors"] {
        std::fs::copy(fixture("checkpoints/hf").join(file), folder.path().join(file)).unwrap();
    }
    let path = folder.path().join("config.json");
    let mut config = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    change(&mut config);
    std::fs::write(&path, serde_json::to_vec(&config).unwrap()).unwrap();
    folder
}

#[test]
fn a_foreign_vocabulary_is_named() {
    let folder = changed(|config| config["text_config"]["vocab_size"] = 250_002.into());
    let error = checkpoint::open(folder.path()).unwrap_err();
    assert!(
        matches!(error, CheckpointError::ForeignVocabulary { found: 250_002, .. }),
        "{error}"
    );
    assert!(
        error.to_string().contains("250002") || error.to_string().contains("250,002"),
        "{error}"
    );
}

#[test]
fn tensors_that_do_not_fit_are_listed() {
    let folder = changed(|config| {
        config["vision_config"]["num_hidden_layers"] = 3.into();
        config["text_config"]["num_hidden_layers"] = 1.into();
        config["text_config"]["intermediate_size"] = 24.into();
    });
    let CheckpointError::Mismatch {
        missing,
        misshapen,
        unused,
        ..
    } = checkpoint::open(folder.path()).unwrap_err()
    else {
        panic!("not a mismatch")
    };
    assert!(
        missing
            .iter()
            .any(|n| n == "vision_model.encoder.layers.2.mlp.fc1.weight"),
        "{missing:?}"
    );
    assert!(
        unused.iter().any(|n| n.contains("text_model.encoder.layers.1")),
        "{unused:?}"
    );
    assert!(
        misshapen
            .iter()
            .any(|(n, _, _)| n == "text_model.encoder.layers.0.mlp.fc1.weight"),
        "{misshapen:?}"
    );
}

/// The real size, ViT-B/16 with random weights that are made on the spot:
///
/// ```text
/// python tests/fixtures/real_size_check.py /tmp/vitb16 --half --expected
/// PATCHLIGHT_REAL_SIZE=/tmp/vitb16 cargo test -- --ignored the_real_size
/// ```
#[test]
#[ignore = "needs 300 MB that a script makes; see its comment"]
fn the_real_size() {
    let folder = std::path::PathBuf::from(std::env::var("PATCHLIGHT_REAL_SIZE").expect("PATCHLIGHT_REAL_SIZE"));
    let compute = Compute::cpu();
    let clip = Clip::load(checkpoint::open(&folder).unwrap(), None, compute.device()).unwrap();
    assert_eq!(
        (clip.vision.width, clip.vision.layers, clip.image.grid(), clip.embed),
        (768, 12, 14, 512)
    );
    // An absolute path stays what it is when it is joined to the fixtures' folder.
    let expected = tensors(folder.join("expected.safetensors").to_str().unwrap());
    for (mode, key) in [
        (PatchFeatures::Token, "patch_tokens"),
        (PatchFeatures::Value, "patch_value"),
    ] {
        let features = clip
            .image
            .forward(Tensor::from_data(formula_pixels(224), compute.device()), mode);
        let (cls, patches) = (
            host_values(features.cls).unwrap(),
            host_values(features.patches).unwrap(),
        );
        close("[CLS]", &cls, &expected["image_embeds"].data, ALLOWED);
        close(key, &patches, &expected[key].data, ALLOWED);
    }
    let texts: Vec<String> = serde_json::from_value(json("checkpoints/texts.json")).unwrap();
    let embeds = host_values(clip.text.encode_texts(&Tokenizer::new(), &texts)).unwrap();
    close("texts", &embeds, &expected["text_embeds"].data, ALLOWED);
}
