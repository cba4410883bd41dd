//! Looking pictures up by the name that annotations give them.

use super::by_bytes;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use unicode_normalization::UnicodeNormalization;

/// What a look-up found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// One picture: its index.
    One(usize),
    /// One picture whose name differs in case or in the way accents are written.
    Alike(usize),
    /// Several pictures that could be meant.
    Several(Vec<usize>),
    /// None.
    None,
}

/// Pictures by file name.
#[derive(Clone, Debug, Default)]
pub struct PictureIndex {
    paths: Vec<PathBuf>,
    /// Exact file names.
    names: HashMap<Vec<u8>, Vec<usize>>,
    /// File names in one case and one normal form.
    folded: HashMap<String, Vec<usize>>,
    /// File names without extension.
    stems: HashMap<Vec<u8>, Vec<usize>>,
}

fn fold(name: &OsStr) -> String {
    name.to_string_lossy().to_lowercase().nfc().collect()
}

impl PictureIndex {
    /// Indexes `paths`; their order gives the indices.
    pub fn new(paths: Vec<PathBuf>) -> Self {
        let mut index = Self::default();
        for (i, path) in paths.iter().enumerate() {
            if let Some(name) = path.file_name() {
                index.names.entry(name.as_encoded_bytes().to_vec()).or_default().push(i);
                index.folded.entry(fold(name)).or_default().push(i);
            }
            if let Some(stem) = path.file_stem() {
                index.stems.entry(stem.as_encoded_bytes().to_vec()).or_default().push(i);
            }
        }
        index.paths = paths;
        index
    }

    /// The path of a picture.
    pub fn path(&self, index: usize) -> Option<&Path> {
        self.paths.get(index).map(PathBuf::as_path)
    }

    /// All paths, in the order of their indices.
    pub fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// The picture with the file name of `wanted`; of several, the one whose path ends with all of `wanted`. Where no name is
    /// the same to the byte, one that differs only in case or normal form will do, if it is the only one.
    pub fn find(&self, wanted: &Path) -> Found {
        let Some(name) = wanted.file_name() else {
            return Found::None;
        };
        match self.narrow(self.names.get(name.as_encoded_bytes()), wanted) {
            Found::None => match self.narrow(self.folded.get(&fold(name)), wanted) {
                Found::One(index) => Found::Alike(index),
                other => other,
            },
            found => found,
        }
    }

    /// As [`find`](Self::find), then by the file name without its extension.
    pub fn find_or_stem(&self, wanted: &Path) -> Found {
        match self.find(wanted) {
            Found::None => {
                let Some(name) = wanted.file_name() else {
                    return Found::None;
                };
                self.narrow(self.stems.get(name.as_encoded_bytes()), wanted)
            }
            found => found,
        }
    }

    fn narrow(&self, candidates: Option<&Vec<usize>>, wanted: &Path) -> Found {
        let candidates = candidates.map_or(&[][..], Vec::as_slice);
        let ending: Vec<usize> = candidates
            .iter()
            .copied()
            .filter(|i| self.paths[*i].ends_with(wanted))
            .collect();
        match (candidates, &ending[..]) {
            ([], _) => Found::None,
            ([one], _) | (_, [one]) => Found::One(*one),
            (several, _) => {
                let mut several = several.to_vec();
                several.sort_by(|a, b| by_bytes(&self.paths[*a], &self.paths[*b]));
                Found::Several(several)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_as_exactly_as_possible() {
        let paths = [
            "/r/a/1.jpg",
            "/r/b/1.jpg",
            "/r/b/two.jpg",
            "/r/c/Two.jpg",
            "/r/Caf\u{e9}.png",
            "/r/x.jpg",
            "/r/X.jpg",
        ];
        let index = PictureIndex::new(paths.iter().map(PathBuf::from).collect());
        let find = |name: &str| index.find(Path::new(name));
        assert_eq!(find("b/1.jpg"), Found::One(1));
        assert_eq!(find("1.jpg"), Found::Several(vec![0, 1]));
        assert_eq!(find("anything/two.jpg"), Found::One(2));
        assert_eq!(find("Cafe\u{301}.PNG"), Found::Alike(4));
        assert_eq!(find("TWO.jpg"), Found::Several(vec![2, 3]));
        assert_eq!(find("none.jpg"), Found::None);
        assert_eq!(index.find_or_stem(Path::new("two")), Found::One(2));
    }
}
