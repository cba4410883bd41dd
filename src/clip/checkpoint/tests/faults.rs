//! Bad checkpoints: each error says what is wrong and, nearly always, what to do.

use super::*;
use std::io::Write;

/// The error of opening `path`, which must bring a hint.
fn refused(path: &Path) -> CheckpointError {
    let error = open(path).unwrap_err();
    assert!(error.hint().is_some(), "{error}");
    error
}

#[test]
fn malicious_pickles_are_named_and_nothing_runs() {
    for name in ["malicious.bin", "malicious_bare.bin"] {
        match refused(&fixture(name)) {
            CheckpointError::UnsafePickle { global, .. } => assert_eq!(global, "posix.system"),
            other => panic!("{name}: {other}"),
        }
    }
}

#[test]
fn pickles_that_hold_no_state_dictionary_are_named() {
    assert!(matches!(
        refused(&fixture("legacy.bin")),
        CheckpointError::LegacyTorch { .. }
    ));
    assert!(refused(&fixture("bare.bin")).to_string().contains("a bare pickle"));
    let error = refused(&fixture("module.pt"));
    assert!(
        matches!(&error, CheckpointError::NotAStateDict { found, .. } if found.contains("Linear")),
        "{error}"
    );
}

#[test]
fn cut_off_files_are_damaged() {
    let bytes = std::fs::read(fixture("mixed.bin")).unwrap();
    for length in [bytes.len() - 1, bytes.len() / 2, 30] {
        let folder = folder(&[("pytorch_model.bin", &bytes[..length])]);
        assert!(
            matches!(refused(folder.path()), CheckpointError::Damaged { .. }),
            "{length}"
        );
    }
    let source = pickle_of(&bytes);
    for length in 0..source.len() - 1 {
        pickle::run(&source[..length]).unwrap_err();
    }
}

/// The pickle within a PyTorch file.
pub(super) fn pickle_of(bytes: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let name = archive
        .file_names()
        .map(|n| n.unwrap().into_owned())
        .find(|n| n.ends_with("/data.pkl"))
        .unwrap();
    let mut source = Vec::new();
    std::io::Read::read_to_end(&mut archive.by_name(&name).unwrap(), &mut source).unwrap();
    source
}

/// A PyTorch archive of one pickle and one storage of zeros.
fn archive(source: &[u8], storage: usize, method: zip::CompressionMethod) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(method);
    writer.start_file("m/data.pkl", options).unwrap();
    writer.write_all(source).unwrap();
    writer.start_file("m/data/0", options).unwrap();
    writer.write_all(&vec![0; storage]).unwrap();
    writer.finish().unwrap().into_inner()
}

/// `{"visual.proj": tensor}` with these sizes and steps, in the text form of protocol 0.
fn one_tensor(offset: usize, shape: &[usize], strides: &[usize]) -> Vec<u8> {
    let ints = |list: &[usize]| list.iter().map(|n| format!("I{n}\n")).collect::<String>();
    format!(
        "(dVvisual.proj\nctorch._utils\n_rebuild_tensor_v2\n((Vstorage\nctorch\nFloatStorage\nV0\nVcpu\nI4\ntQI{offset}\n\
         ({}t({}tI00\nNtRs.",
        ints(shape),
        ints(strides)
    )
    .into_bytes()
}

#[test]
fn views_beyond_their_memory_are_refused() {
    let read = |offset, shape: &[usize], strides: &[usize]| {
        let bytes = archive(&one_tensor(offset, shape, strides), 16, zip::CompressionMethod::Stored);
        torch::read(Path::new("m.pt"), &bytes).map(|raw| raw.tensors["visual.proj"].shape.clone())
    };
    assert_eq!(read(0, &[2, 2], &[1, 2]).unwrap(), [2, 2]);
    assert_eq!(read(3, &[0, 5], &[5, 1]).unwrap(), [0, 5]);
    for (offset, shape, strides) in [
        (1, vec![2, 2], vec![2, 1]),
        (0, vec![2, 2], vec![3, 1]),
        (0, vec![1 << 40], vec![0]),
        (0, vec![usize::MAX >> 1, 4], vec![usize::MAX >> 1, 1]),
        (usize::MAX >> 1, vec![1], vec![1]),
    ] {
        let error = read(offset, &shape, &strides).unwrap_err();
        assert!(matches!(error, CheckpointError::Damaged { .. }), "{shape:?}: {error}");
    }
}

#[test]
fn compression_bombs_are_refused() {
    let bytes = archive(&one_tensor(0, &[2], &[1]), 100 << 20, zip::CompressionMethod::Deflated);
    assert!(bytes.len() < 1 << 20);
    let error = torch::read(Path::new("m.pt"), &bytes).unwrap_err();
    assert!(matches!(error, CheckpointError::TooLarge { .. }), "{error}");
}

#[test]
fn pickles_made_to_exhaust_memory_are_refused() {
    // Two million tuples within each other: a recursive walk or drop would overflow the stack.
    let nested = [b")".to_vec(), b"\x85".repeat(1_900_000), b".".to_vec()].concat();
    drop(pickle::run(&nested).unwrap());
    let wide = b")".repeat(3_000_000);
    assert!(matches!(pickle::run(&wide), Err(pickle::PickleError::TooLarge { .. })));
    // A dictionary copied into a dictionary, and that again: refused long before memory runs out.
    let mut copying = b"ccollections\nOrderedDict\nq\x00".to_vec();
    copying.extend(b"(d");
    (0..1_000).for_each(|_| copying.extend(b"NNs"));
    copying.extend(b"q\x01");
    (0..10_000).for_each(|_| copying.extend(b"h\x00h\x01\x85R0"));
    copying.extend(b".");
    assert!(matches!(
        pickle::run(&copying),
        Err(pickle::PickleError::TooLarge { .. })
    ));
    // A list that holds itself, as the state of an object that holds itself.
    let cycle = b"c__torch__\nM\n)\x81q\x00}Va\nh\x00sb.";
    let error = state::tensors(&pickle::run(cycle).unwrap()).unwrap_err();
    assert_eq!(error, "modules without end");
}

#[test]
fn files_of_other_kinds_are_recognised() {
    for (name, bytes, expected) in [
        (
            "model.safetensors",
            &b"version https://git-lfs.github.com/spec/v1\noid sha256:0"[..],
            "Git LFS pointer",
        ),
        ("pytorch_model.bin", b"<!DOCTYPE html><html>", "HTML page"),
        ("model.safetensors", b"", "empty file"),
        ("model.pt", b"GGUF\x03\0\0\0", "GGUF"),
        (
            "model.pt",
            b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
            "PyTorch did not write",
        ),
    ] {
        let folder = folder(&[(name, bytes)]);
        let error = refused(folder.path());
        assert!(
            matches!(error, CheckpointError::NotWeights { .. }) && error.to_string().contains(expected),
            "{error}"
        );
    }
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(refused(empty.path()), CheckpointError::NoWeights { .. }));
    assert!(matches!(
        refused(&empty.path().join("nowhere")),
        CheckpointError::Io { .. }
    ));
    #[cfg(unix)]
    assert!(matches!(
        refused(Path::new("/dev/null")),
        CheckpointError::NotAFile { .. }
    ));
}

#[test]
fn missing_misshapen_and_unused_tensors_are_all_listed() {
    let config = hf_config();
    let mut shapes = shapes_of(&config);
    shapes.remove("vision_model.post_layernorm.bias");
    shapes.remove("text_model.final_layer_norm.weight");
    shapes.insert("visual_projection.weight".to_owned(), vec![8, 4]);
    shapes.insert("vision_model.encoder.layers.2.mlp.fc1.bias".to_owned(), vec![16]);
    shapes.insert("text_model.embeddings.position_ids".to_owned(), vec![1, 7]);
    let folder = folder(&[("model.safetensors", &safetensors_bytes(&shapes, |_, _| ()))]);
    write_json(&folder, "config.json", &config);
    let error = refused(folder.path());
    let text = error.to_string();
    let CheckpointError::Mismatch {
        missing,
        misshapen,
        unused,
        ..
    } = error
    else {
        panic!("{error}")
    };
    assert_eq!(
        missing,
        ["text_model.final_layer_norm.weight", "vision_model.post_layernorm.bias"]
    );
    assert_eq!(
        misshapen,
        [("visual_projection.weight".to_owned(), vec![4, 8], vec![8, 4])]
    );
    assert_eq!(unused, ["vision_model.encoder.layers.2.mlp.fc1.bias"]);
    assert!(text.contains("expected [4, 8], found [8, 4]"), "{text}");
}

#[test]
fn weights_that_are_no_numbers_are_named() {
    let config = hf_config();
    for bad in [f32::NAN, f32::INFINITY] {
        let weights = safetensors_bytes(&shapes_of(&config), |name, values| {
            if name == "text_projection.weight" {
                values[3] = bad;
            }
        });
        let folder = folder(&[("model.safetensors", &weights)]);
        write_json(&folder, "config.json", &config);
        match refused(folder.path()) {
            CheckpointError::NotFinite { tensor, count: 1, .. } => assert_eq!(tensor, "text_projection.weight"),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn configurations_that_do_not_fit_are_refused() {
    let folder = hf_folder();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut config = hf_config();
        change(&mut config);
        write_json(&folder, "config.json", &config);
        refused(folder.path())
    };
    let error = with(&|c| c["vision_config"]["hidden_act"] = json!("relu"));
    assert!(error.to_string().contains("`relu`"), "{error}");
    let error = with(&|c| c["text_config"]["vocab_size"] = json!(250_002));
    assert!(
        matches!(error, CheckpointError::ForeignVocabulary { found: 250_002, .. }),
        "{error}"
    );
    let error = with(&|c| c["model_type"] = json!("siglip"));
    assert!(error.to_string().contains("siglip"), "{error}");
    let error = with(&|c| c["vision_config"]["patch_size"] = json!("two"));
    assert!(error.to_string().contains("`patch_size` should be"), "{error}");
    let error = with(&|c| c["vision_config"]["image_size"] = json!([6, 8]));
    assert!(error.to_string().contains("square"), "{error}");
    let error = with(&|c| c["vision_config"]["hidden_size"] = json!(u64::MAX));
    assert!(error.to_string().contains("between 1 and"), "{error}");
    let error = with(&|c| c["vision_config"]["num_attention_heads"] = json!(3));
    assert!(error.to_string().contains("no multiple"), "{error}");
    let error = with(&|c| *c = json!({"model_type": "vit"}));
    assert!(error.to_string().contains("describes a ViT"), "{error}");
    let error = with(&|c| *c = json!([1]));
    assert!(error.to_string().contains("no JSON object"), "{error}");

    write_json(&folder, "config.json", &hf_config());
    write_json(&folder, "vocab.json", &json!({"a": 0, "b": 1}));
    assert!(matches!(
        refused(folder.path()),
        CheckpointError::ForeignVocabulary { found: 2, .. }
    ));
    std::fs::remove_file(folder.path().join("config.json")).unwrap();
    assert!(matches!(
        refused(folder.path()),
        CheckpointError::NoConfig {
            expected: "config.json",
            ..
        }
    ));
}

#[test]
fn other_architectures_are_named_by_their_tensors() {
    for (name, expected) in [
        ("visual.layer1.0.conv1.weight", "ResNet CLIP"),
        ("visual.trunk.blocks.0.attn.qkv.weight", "timm"),
        ("text_decoder.ln_final.weight", "CoCa"),
        ("visual.transformer.resblocks.0.ls_1.gamma", "LayerScale"),
        ("conv1.weight", "conv1.weight"),
    ] {
        let shapes = Shapes::from([(name.to_owned(), vec![2])]);
        let folder = folder(&[("model.safetensors", &safetensors_bytes(&shapes, |_, _| ()))]);
        let error = refused(folder.path());
        assert!(
            matches!(error, CheckpointError::Unsupported { .. }) && error.to_string().contains(expected),
            "{error}"
        );
    }
}
