//! The smallest model, a hub that has it, and a cache for it.

use super::server::{Request, Server, send, send_file, sha256};
use super::settings;
use crate::clip::config::{Activation, VisionConfig};
use crate::clip::random;
use crate::models::catalogue::{HubFile, ModelInfo, Source};
use crate::models::*;
use ::safetensors::tensor::{Dtype, TensorView};
use std::collections::BTreeMap;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use tempfile::TempDir;

pub(super) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// The smallest image tower: configuration and weights.
pub(super) fn tower(seed: u64) -> (Vec<u8>, Vec<u8>) {
    let vision = VisionConfig {
        image_size: 4,
        patch: 2,
        width: 8,
        layers: 1,
        heads: 2,
        mlp: 16,
        activation: Activation::QuickGelu,
        layer_norm_eps: 1e-5,
        pre_layer_norm: true,
        patch_bias: false,
    };
    let weights = random::student_tower(&vision, seed);
    let data: Vec<(&str, Vec<usize>, Vec<u8>)> = weights
        .iter()
        .map(|(name, t)| {
            (
                name,
                t.shape.clone(),
                t.data.iter().flat_map(|v| v.to_le_bytes()).collect(),
            )
        })
        .collect();
    let views = data
        .iter()
        .map(|(name, shape, bytes)| (*name, TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap()));
    let config = serde_json::json!({
        "model_type": "clip_vision_model", "hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 1,
        "num_attention_heads": 2, "image_size": 4, "patch_size": 2, "hidden_act": "quick_gelu", "projection_dim": 4,
    });
    (
        config.to_string().into_bytes(),
        ::safetensors::serialize(views, None).unwrap(),
    )
}

/// A model of the list that has its files on `hub` sources.
pub(super) fn model(sources: Vec<Source>) -> ModelInfo {
    ModelInfo {
        name: "tiny",
        title: "Tiny",
        good_for: "Tests.",
        licence: "MIT",
        kind: Kind::Vit,
        embed: None,
        patch: 2,
        input: 4,
        sources: Vec::leak(sources),
    }
}

pub(super) const FILES: &[HubFile] = &[
    HubFile {
        names: &["config.json"],
        required: true,
    },
    HubFile {
        names: &["preprocessor_config.json"],
        required: false,
    },
    HubFile {
        names: &["model.safetensors", "pytorch_model.bin"],
        required: true,
    },
];

pub(super) fn hub_source() -> Source {
    Source::Hub {
        repo: "lab/tiny",
        revision: "main",
        files: FILES,
        size: 10_000,
    }
}

pub(super) fn request(cache: &Path, hub: &Server) -> FetchRequest {
    let mut settings = settings(cache);
    settings.endpoint = hub.url("/hf/");
    FetchRequest {
        model: model(vec![hub_source()]),
        settings,
        hub_first: true,
        again: false,
    }
}

pub(super) type Files = BTreeMap<String, Vec<u8>>;

pub(super) fn files(seed: u64) -> Files {
    let (config, weights) = tower(seed);
    [
        ("config.json".to_owned(), config),
        ("model.safetensors".to_owned(), weights),
    ]
    .into()
}

/// Answers like the hub: hashes declared, the commit named, 404 for the rest.
pub(super) fn like_the_hub(files: &Files, request: &Request, stream: &mut TcpStream) {
    let name = request.path.rsplit('/').next().unwrap();
    let Some(file) = files.get(name) else {
        return send(stream, "404 Not Found", &[], b"Entry not found");
    };
    let tag = format!("\"{}\"", sha256(file));
    send_file(stream, request, file, &tag, &[("X-Repo-Commit", COMMIT)]);
}

pub(super) fn hub(files: Files) -> Server {
    Server::start(move |request, stream| like_the_hub(&files, request, stream))
}

pub(super) fn run(request: &FetchRequest) -> Result<Installed, FetchError> {
    fetch(request, &mut |_| (), &AtomicBool::new(false))
}

pub(super) fn paths(server: &Server) -> Vec<String> {
    server.requests().into_iter().map(|request| request.path).collect()
}

pub(super) fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A cache folder that does not exist yet.
pub(super) fn cache() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("a").join("models");
    (folder, cache)
}
