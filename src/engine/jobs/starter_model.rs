//! The starter model inside the program: unpacked once into the user's cache, then a checkpoint like any other.

use crate::engine::Failure;
use crate::support::{atomic, cache_folder, hash};
use std::path::{Path, PathBuf};

/// The name by which `--model` means it.
pub const NAME: &str = "starter";

const FILES: [(&str, &[u8]); 3] = [
    ("config.json", include_bytes!("../../../assets/starter/config.json")),
    (
        "preprocessor_config.json",
        include_bytes!("../../../assets/starter/preprocessor_config.json"),
    ),
    // Last: a folder that has the weights has everything.
    (
        "model.safetensors",
        include_bytes!("../../../assets/starter/model.safetensors"),
    ),
];

/// The folder of the unpacked model.
///
/// # Errors
/// [`Failure`] where the cache cannot be written.
pub(crate) fn folder() -> Result<PathBuf, Failure> {
    let digest = hash::of_bytes(FILES[2].1);
    let folder = cache_folder().join(format!("starter-{}", &digest[..12]));
    unpack(&folder).map_err(|e| Failure::io("unpack the built-in model to", &folder, &e))?;
    Ok(folder)
}

/// Writes what is missing or of another size.
fn unpack(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for (name, bytes) in FILES {
        let path = folder.join(name);
        let whole = std::fs::metadata(&path).is_ok_and(|m| m.len() == bytes.len() as u64);
        if !whole {
            atomic::write(&path, bytes)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_as_a_clip() {
        let folder = tempfile::tempdir().unwrap();
        unpack(folder.path()).unwrap();
        let checkpoint = crate::clip::checkpoint::open(folder.path()).unwrap();
        assert!(checkpoint.config.text.is_some());
        assert!([12, 14].contains(&checkpoint.config.vision.grid()));
        // A file cut short is mended.
        std::fs::write(folder.path().join("model.safetensors"), b"").unwrap();
        unpack(folder.path()).unwrap();
        crate::clip::checkpoint::open(folder.path()).unwrap();
        let size: usize = FILES.iter().map(|f| f.1.len()).sum();
        assert!(size <= 16 << 20, "{size} bytes");
    }
}
