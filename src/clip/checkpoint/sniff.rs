//! What a file is, by its first bytes: names are not to be trusted, and "invalid header" helps nobody.

/// What the weights may come in, and what people point at by mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A header length, then JSON.
    SafeTensors,
    /// A zip archive: PyTorch since 1.6, and TorchScript.
    Zip,
    /// A pickle that starts with the magic number of PyTorch before 1.6, or its still older tar archive.
    LegacyTorch,
    /// Any other pickle.
    Pickle,
    /// Something else: its name with an article, and what to do.
    Other(&'static str, &'static str),
}

const WRONG_FORMAT: &str = "Take the model's .safetensors, .bin or .pt file.";
const INCOMPLETE: &str = "Download the file again; this one did not arrive.";

/// `pickle.dumps(0x1950a86a20f9469cfc6c, 2)` without its STOP: how torch.save began before 1.6.
const LEGACY_MAGIC: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";

/// Recognises `bytes`, the start of a file (1 KiB is enough) or all of it. `name` helps with formats without a mark.
pub(super) fn recognise(bytes: &[u8], name: &str) -> Kind {
    let name = name.to_ascii_lowercase();
    if bytes.is_empty() {
        return Kind::Other("an empty file", INCOMPLETE);
    }
    if bytes.starts_with(b"version https://git-lfs") {
        return Kind::Other(
            "a Git LFS pointer (the large file itself was not downloaded)",
            "Run `git lfs pull` in the model's folder, or download the file with `huggingface-cli download`.",
        );
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Kind::Zip;
    }
    if bytes.starts_with(LEGACY_MAGIC) || bytes.get(257..262) == Some(b"ustar") {
        return Kind::LegacyTorch;
    }
    // A safetensors file whose header happens to be 0x80 0x0n bytes long is told from a pickle by its brace.
    if bytes.get(8) == Some(&b'{') {
        return Kind::SafeTensors;
    }
    if let [0x80, 2..=5, ..] = bytes {
        return Kind::Pickle;
    }
    if let Some(kind) = by_mark(bytes) {
        return kind;
    }
    if name.ends_with(".msgpack") {
        return Kind::Other("a Flax checkpoint (msgpack)", WRONG_FORMAT);
    }
    if name.ends_with(".onnx") || is_onnx(bytes) {
        return Kind::Other("an ONNX model", WRONG_FORMAT);
    }
    if name.ends_with(".safetensors") {
        // Its own reader says best what is wrong with it.
        return Kind::SafeTensors;
    }
    Kind::Other("a file of an unknown format", WRONG_FORMAT)
}

fn by_mark(bytes: &[u8]) -> Option<Kind> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let head = text.get(..text.len().min(64))?.to_ascii_lowercase();
    if head.starts_with(b"<!doctype") || head.starts_with(b"<html") || head.starts_with(b"<head") {
        return Some(Kind::Other(
            "an HTML page (most likely an error or log-in page saved instead of the file)",
            "Download the file itself; gated models need a log-in or a token.",
        ));
    }
    if head.starts_with(b"<?xml") {
        return Some(Kind::Other(
            "an XML text (most likely a server's error message)",
            INCOMPLETE,
        ));
    }
    if head.starts_with(b"{") || head.starts_with(b"[") {
        return Some(Kind::Other(
            "a JSON text",
            "Give the folder of the model, or its weight file.",
        ));
    }
    let marks: [(&[u8], &'static str); 7] = [
        (b"GGUF", "a GGUF file"),
        (b"\x93NUMPY", "a NumPy array"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file (Keras or TensorFlow)"),
        (b"\x1f\x8b", "a gzip archive"),
        (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
        (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
        (b"\x89PNG", "a picture"),
    ];
    let found = marks.iter().find(|(mark, _)| bytes.starts_with(mark));
    if let Some((_, what)) = found {
        return Some(Kind::Other(what, WRONG_FORMAT));
    }
    if bytes.starts_with(b"Entry not found") || bytes.starts_with(b"Not Found") || bytes.starts_with(b"Access denied") {
        return Some(Kind::Other("a server's error message", INCOMPLETE));
    }
    None
}

/// ONNX has no mark; it is a protocol buffer that starts with a small version number and then the producer's name.
fn is_onnx(bytes: &[u8]) -> bool {
    matches!(bytes, [0x08, 1..=20, 0x12 | 0x1a | 0x3a, ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_told_by_its_content() {
        let other = |bytes: &[u8], name: &str| match recognise(bytes, name) {
            Kind::Other(what, _) => what,
            kind => panic!("{kind:?}"),
        };
        assert_eq!(recognise(b"PK\x03\x04rest", "x.safetensors"), Kind::Zip);
        assert_eq!(recognise(b"\x10\0\0\0\0\0\0\0{\"a\":1}", "x.bin"), Kind::SafeTensors);
        assert_eq!(recognise(b"\x80\x02}q\x00.", "x.bin"), Kind::Pickle);
        assert_eq!(recognise(&[LEGACY_MAGIC, b"."].concat(), "x.pt"), Kind::LegacyTorch);
        assert!(other(b"", "x.pt").contains("empty"));
        assert!(other(b"version https://git-lfs.github.com/spec/v1\noid", "a.safetensors").contains("Git LFS"));
        assert!(other(b"  \n<!DOCTYPE html><html>", "a.safetensors").contains("HTML"));
        assert!(other(b"GGUF\x03\0\0\0", "a.bin").contains("GGUF"));
        assert!(other(b"\x08\x07\x12\x07pytorch", "a.bin").contains("ONNX"));
        assert!(other(b"\x82\xa6params", "flax_model.msgpack").contains("Flax"));
        assert!(other(b"{\"error\":\"gone\"}", "a.safetensors").contains("JSON"));
        assert!(other(b"what is this", "a.bin").contains("unknown"));
    }
}
