//! Every layout opens, and its tensors land where they belong.

use super::*;
use crate::clip::config::{CLIP_MEAN, EotRule, INITIAL_LOGIT_SCALE, PreprocessSource};

#[test]
fn hugging_face_folder_and_its_files_by_name() {
    let folder = hf_folder();
    let model = open(folder.path()).unwrap();
    assert_eq!(model.layout, Layout::HuggingFace);
    assert_eq!(model.config.vision.patches(), 9);
    assert_eq!(model.config.vision.activation, Activation::Gelu);
    assert_eq!(model.config.mean, CLIP_MEAN);
    let text = model.config.text.as_ref().unwrap();
    assert_eq!(
        (text.activation, text.eot, text.context),
        (Activation::QuickGelu, EotRule::Argmax, 7)
    );
    let shapes = shapes_of(&hf_config());
    assert_eq!(
        model.parameters(),
        shapes.values().map(|s| s.iter().product::<usize>()).sum::<usize>()
    );
    let k = shapes.keys().position(|name| name == "logit_scale").unwrap();
    assert_eq!(model.config.logit_scale, value(k, 0).exp());
    for name in ["model.safetensors", "config.json"] {
        let again = open(&folder.path().join(name)).unwrap();
        assert_eq!(
            (again.config, again.fingerprint),
            (model.config.clone(), model.fingerprint.clone())
        );
    }

    let mut reader = model.weights.clone().into_reader();
    reader.skip("text_model.");
    reader.skip("text_projection.");
    for (name, shape) in shapes.iter().filter(|(name, _)| name.starts_with('v')) {
        reader.take(name, shape);
    }
    reader.finish().unwrap();
}

#[test]
fn means_come_from_the_preprocessor_file_and_count_for_the_fingerprint() {
    let folder = hf_folder();
    let before = open(folder.path()).unwrap();
    assert_eq!(before.config.preprocess_source, PreprocessSource::ClipDefault);
    write_json(
        &folder,
        "preprocessor_config.json",
        &json!({"image_mean": [0.1, 0.2, 0.3], "image_std": 0.5}),
    );
    let after = open(folder.path()).unwrap();
    assert_eq!((after.config.mean, after.config.std), ([0.1, 0.2, 0.3], [0.5; 3]));
    assert_eq!(after.config.preprocess_source, PreprocessSource::Checkpoint);
    assert_ne!(before.fingerprint, after.fingerprint);
    write_json(&folder, "preprocessor_config.json", &json!({"do_normalize": false}));
    assert_eq!(open(folder.path()).unwrap().config.std, [1.0; 3]);
}

#[test]
fn old_configurations_rely_on_defaults() {
    let file = json!({"model_type": "clip", "text_config": {"hidden_size": 3}, "text_config_dict": {}});
    let config = configs::hugging_face(Section::new(Path::new("config.json"), &file).unwrap()).unwrap();
    assert_eq!((config.vision.patch, config.vision.width, config.embed), (32, 768, 512));
    assert_eq!(config.vision.activation, Activation::QuickGelu);
    let text = config.text.unwrap();
    assert_eq!(
        (text.width, text.eot),
        (512, EotRule::FirstEot),
        "the older key wins, with its defaults"
    );
    assert_eq!(config.logit_scale, INITIAL_LOGIT_SCALE);
}

#[test]
fn shards_are_put_together() {
    let folder = hf_folder();
    let whole = open(folder.path()).unwrap();
    std::fs::remove_file(folder.path().join("model.safetensors")).unwrap();
    let mut map = serde_json::Map::new();
    for (n, vision) in [true, false].into_iter().enumerate() {
        let shapes = shapes_of(&hf_config());
        let part: Shapes = shapes
            .iter()
            .filter(|(name, _)| name.starts_with("vision") == vision)
            .map(|(name, shape)| (name.clone(), shape.clone()))
            .collect();
        let file = format!("model-0000{n}-of-00002.safetensors");
        std::fs::write(folder.path().join(&file), safetensors_bytes(&part, |_, _| ())).unwrap();
        map.extend(part.keys().map(|name| (name.clone(), json!(file))));
    }
    write_json(&folder, "model.safetensors.index.json", &json!({"weight_map": map}));
    let sharded = open(folder.path()).unwrap();
    assert_eq!(sharded.parameters(), whole.parameters());
    write_json(
        &folder,
        "model.safetensors.index.json",
        &json!({"weight_map": {"a": "../model.safetensors"}}),
    );
    assert!(
        open(folder.path())
            .unwrap_err()
            .to_string()
            .contains("not a plain file name")
    );
}

/// open_clip's configuration with the sizes of [`hf_config`].
fn open_clip_config() -> Value {
    json!({
        "model_cfg": {"embed_dim": 4, "quick_gelu": true,
            "vision_cfg": {"image_size": 6, "layers": 2, "width": 8, "head_width": 4, "patch_size": 2, "mlp_ratio": 2.0},
            "text_cfg": {"context_length": 7, "width": 2, "heads": 1, "layers": 1, "mlp_ratio": 2.0,
                "act_kwargs": null}},
        "preprocess_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]},
    })
}

/// Names and shapes as open_clip has them, with its text tower below `text.` for `custom`.
fn open_clip_shapes(custom: bool) -> Shapes {
    let mut shapes = Shapes::new();
    let mut add = |name: &str, shape: &[usize]| {
        let text = !name.starts_with("visual") && name != "logit_scale";
        let name = if custom && text {
            format!("text.{name}")
        } else {
            name.to_owned()
        };
        shapes.insert(name, shape.to_vec());
    };
    for (prefix, width, layers) in [("visual.", 8, 2), ("", 2, 1)] {
        for layer in 0..layers {
            let block = format!("{prefix}transformer.resblocks.{layer}");
            for (part, shape) in [
                ("attn.in_proj_weight", vec![3 * width, width]),
                ("attn.in_proj_bias", vec![3 * width]),
            ] {
                add(&format!("{block}.{part}"), &shape);
            }
            for (part, rows, columns) in [
                ("attn.out_proj", width, width),
                ("mlp.c_fc", 2 * width, width),
                ("mlp.c_proj", width, 2 * width),
            ] {
                add(&format!("{block}.{part}.weight"), &[rows, columns]);
                add(&format!("{block}.{part}.bias"), &[rows]);
            }
            for part in ["ln_1.weight", "ln_1.bias", "ln_2.weight", "ln_2.bias"] {
                add(&format!("{block}.{part}"), &[width]);
            }
        }
    }
    for (norm, width) in [("visual.ln_pre", 8), ("visual.ln_post", 8), ("ln_final", 2)] {
        add(&format!("{norm}.weight"), &[width]);
        add(&format!("{norm}.bias"), &[width]);
    }
    add("visual.class_embedding", &[8]);
    add("visual.conv1.weight", &[8, 3, 2, 2]);
    add("visual.positional_embedding", &[10, 8]);
    add("visual.proj", &[8, 4]);
    add("positional_embedding", &[7, 2]);
    add("token_embedding.weight", &[49408, 2]);
    add("text_projection", &[2, 4]);
    add("logit_scale", &[1]);
    shapes
}

#[test]
fn open_clip_folders_split_and_turn_their_tensors() {
    for custom in [false, true] {
        let shapes = open_clip_shapes(custom);
        let weights = safetensors_bytes(&shapes, |_, _| ());
        let folder = folder(&[("open_clip_model.safetensors", &weights)]);
        let error = open(folder.path()).unwrap_err();
        assert!(matches!(error, CheckpointError::NoConfig { .. }), "{error}");
        assert!(error.hint().unwrap().contains("quick_gelu"));
        write_json(&folder, "open_clip_config.json", &open_clip_config());
        let model = open(folder.path()).unwrap();
        assert_eq!(model.layout, Layout::OpenClip);
        assert_eq!(model.config.vision.activation, Activation::QuickGelu);
        assert_eq!((model.config.vision.heads, model.config.vision.mlp), (2, 16));
        assert_eq!(model.config.std, [0.25; 3]);
        let place = |name: &str| shapes.keys().position(|n| n == name).unwrap();

        let fused = place("visual.transformer.resblocks.1.attn.in_proj_weight");
        let v = model
            .weights
            .get("vision_model.encoder.layers.1.self_attn.v_proj.weight")
            .unwrap();
        assert_eq!(v.shape, [8, 8]);
        assert_eq!(v.data[5], value(fused, 2 * 64 + 5));
        let q = model
            .weights
            .get("vision_model.encoder.layers.1.self_attn.q_proj.bias")
            .unwrap();
        assert_eq!(
            q.data[7],
            value(place("visual.transformer.resblocks.1.attn.in_proj_bias"), 7)
        );
        let projection = model.weights.get("visual_projection.weight").unwrap();
        assert_eq!(projection.shape, [4, 8]);
        assert_eq!(projection.data[2 * 8 + 5], value(place("visual.proj"), 5 * 4 + 2));
        assert_eq!(model.config.logit_scale, value(place("logit_scale"), 0).exp());
    }
}

#[test]
fn open_clip_options_that_change_the_arithmetic_are_named() {
    for (part, key, setting, expected) in [
        ("vision_cfg", "timm_model_name", json!("vit_base"), "timm"),
        ("vision_cfg", "layers", json!([3, 4, 6, 3]), "a ResNet CLIP"),
        ("vision_cfg", "ls_init_value", json!(0.1), "LayerScale"),
        ("vision_cfg", "attentional_pool", json!(true), "attentional pooling"),
        ("vision_cfg", "pool_type", json!("avg"), "pooling `avg`"),
        (
            "text_cfg",
            "hf_model_name",
            json!("roberta-base"),
            "text tower other than",
        ),
        ("text_cfg", "pool_type", json!("last"), "pooling `last`"),
        (
            "text_cfg",
            "tokenizer_kwargs",
            json!({"clean": "canonicalize"}),
            "`canonicalize`",
        ),
    ] {
        let mut config = open_clip_config();
        config["model_cfg"][part][key] = setting;
        let error = configs::open_clip(Section::new(Path::new("c.json"), &config).unwrap()).unwrap_err();
        assert!(
            matches!(error, CheckpointError::Unsupported { .. }) && error.to_string().contains(expected),
            "{error}"
        );
    }
    let mut config = open_clip_config();
    for (key, harmless) in [
        ("patch_dropout", json!(0.5)),
        ("attentional_pool", json!(false)),
        ("ls_init_value", json!(null)),
    ] {
        config["model_cfg"]["vision_cfg"][key] = harmless;
    }
    config["model_cfg"]["quick_gelu"] = json!(false);
    config["model_cfg"]["vision_cfg"]["act_kwargs"] = json!({"approximate": "tanh"});
    let config = configs::open_clip(Section::new(Path::new("c.json"), &config).unwrap()).unwrap();
    assert_eq!(config.vision.activation, Activation::GeluTanh);
    assert_eq!(config.text.unwrap().activation, Activation::Gelu);
}

#[test]
fn openai_archive_needs_no_configuration() {
    let model = open(&fixture("openai.pt")).unwrap();
    assert_eq!(model.layout, Layout::OpenAi);
    let v = &model.config.vision;
    assert_eq!(
        (v.image_size, v.patch, v.width, v.layers, v.heads, v.mlp),
        (4, 2, 64, 1, 1, 128)
    );
    assert_eq!(v.activation, Activation::QuickGelu);
    let text = model.config.text.as_ref().unwrap();
    assert_eq!(
        (text.context, text.width, text.heads, model.config.embed),
        (77, 64, 1, 4)
    );
    let embedding = model
        .weights
        .get("text_model.embeddings.token_embedding.weight")
        .unwrap();
    assert!(embedding.data.iter().all(|v| *v == 0.25));
    assert!(model.weights.get("visual_projection.weight").unwrap().shape == [4, 64]);
}

#[test]
fn torch_files_with_mixed_types_views_and_wrappers() {
    let bytes = std::fs::read(fixture("mixed.bin")).unwrap();
    let folder = folder(&[("pytorch_model.bin", &bytes)]);
    write_json(
        &folder,
        "config.json",
        &json!({"model_type": "clip_vision_model", "hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 1,
            "num_attention_heads": 2, "image_size": 4, "patch_size": 2, "projection_dim": 4}),
    );
    let model = open(folder.path()).unwrap();
    assert_eq!((model.config.embed, &model.config.text), (4, &None));
    assert_eq!(model.weights.len(), 24);
    for (k, (name, tensor)) in model.weights.iter().enumerate() {
        let expected: Vec<f32> = (0..tensor.data.len()).map(|i| value(k, i)).collect();
        assert_eq!(tensor.data, expected, "{name}");
    }
}

/// ViT tensors by the names of transformers 4 (and of all saved files), or of transformers 5 in memory.
fn vit_shapes(new: bool, prefix: &str) -> Shapes {
    let mut shapes = Shapes::new();
    let mut add = |name: String, shape: &[usize]| drop(shapes.insert(name, shape.to_vec()));
    let names: [&str; 8] = if new {
        [
            "layers",
            "attention.q_proj",
            "attention.k_proj",
            "attention.v_proj",
            "attention.o_proj",
            "mlp.fc1",
            "mlp.fc2",
            "",
        ]
    } else {
        [
            "encoder.layer",
            "attention.attention.query",
            "attention.attention.key",
            "attention.attention.value",
            "attention.output.dense",
            "intermediate.dense",
            "output.dense",
            "",
        ]
    };
    let block = format!("{prefix}{}.0", names[0]);
    for (i, part) in names[1..7].iter().enumerate() {
        let (rows, columns) = match i {
            4 => (16, 8),
            5 => (8, 16),
            _ => (8, 8),
        };
        add(format!("{block}.{part}.weight"), &[rows, columns]);
        add(format!("{block}.{part}.bias"), &[rows]);
    }
    for norm in [
        format!("{block}.layernorm_before"),
        format!("{block}.layernorm_after"),
        format!("{prefix}layernorm"),
    ] {
        add(format!("{norm}.weight"), &[8]);
        add(format!("{norm}.bias"), &[8]);
    }
    add(format!("{prefix}embeddings.cls_token"), &[1, 1, 8]);
    add(format!("{prefix}embeddings.position_embeddings"), &[1, 5, 8]);
    add(
        format!("{prefix}embeddings.patch_embeddings.projection.weight"),
        &[8, 3, 2, 2],
    );
    add(format!("{prefix}embeddings.patch_embeddings.projection.bias"), &[8]);
    add("classifier.weight".to_owned(), &[2, 8]);
    add(format!("{prefix}pooler.dense.weight"), &[8, 8]);
    shapes
}

#[test]
fn plain_vits_under_old_and_new_names() {
    for (new, prefix) in [(false, "vit."), (false, ""), (true, "vit."), (true, "")] {
        let weights = safetensors_bytes(&vit_shapes(new, prefix), |_, _| ());
        let folder = folder(&[("model.safetensors", &weights)]);
        write_json(
            &folder,
            "config.json",
            &json!({"model_type": "vit", "hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 1,
                "num_attention_heads": 2, "image_size": 4, "patch_size": 2}),
        );
        let model = open(folder.path()).unwrap();
        assert_eq!((model.layout, model.config.embed), (Layout::Vit, 0));
        assert!(model.config.vision.patch_bias && !model.config.vision.pre_layer_norm);
        assert_eq!(model.config.vision.layer_norm_eps, 1e-12);
        assert_eq!(model.config.mean, [0.5; 3]);
        assert_eq!(
            model
                .weights
                .get("vision_model.embeddings.position_embedding.weight")
                .unwrap()
                .shape,
            [5, 8]
        );
    }
}
