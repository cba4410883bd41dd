//! Models by name: what there is, what is here, what is being downloaded.

use crate::engine::Failure;
use crate::engine::event::ModelEntry;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the place Models keeps.
#[derive(Debug, Default)]
pub struct Downloads {
    /// The list; `None` before it was read.
    pub entries: Option<Vec<ModelEntry>>,
    /// Why the list cannot be read.
    pub failure: Option<Failure>,
    /// Downloads that are at work or wait.
    pub fetching: BTreeMap<String, u64>,
    /// Downloads that were stopped: they go on where they are.
    pub stopped: Vec<String>,
    /// Downloads and removals that failed.
    pub failed: BTreeMap<String, Failure>,
    /// The model that is asked about.
    pub removing: Option<String>,
    /// A path and a name as typed.
    pub adding: [String; 2],
    /// The folder of all models, where another one is wanted than the environment says.
    pub cache: Option<PathBuf>,
    /// The folder of all models as the environment says, told when the window opens.
    pub usual: Option<PathBuf>,
    /// The folder of all models.
    pub folder: Option<PathBuf>,
    /// Free room there, in bytes.
    pub room: Option<u64>,
}

impl Downloads {
    /// Models that find labels by their names and are here: name and path.
    pub fn usable(&self) -> Vec<(&str, &str)> {
        let here = self.entries.iter().flatten().filter(|m| m.clip);
        here.filter_map(|m| Some((m.title.as_str(), m.path.as_deref()?)))
            .collect()
    }
}

/// A name for a checkpoint on the disk.
pub fn name_for(path: &Path) -> String {
    let stem = path
        .file_stem()
        .map_or_else(String::new, |n| n.to_string_lossy().to_lowercase());
    let kept = |c: char| {
        if c.is_ascii_alphanumeric() || c == '.' || c == '_' {
            c
        } else {
            '-'
        }
    };
    stem.chars().map(kept).collect::<String>().trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_made_of_paths() {
        assert_eq!(super::name_for("/m/My CLIP (old).pt".as_ref()), "my-clip--old");
    }
}
