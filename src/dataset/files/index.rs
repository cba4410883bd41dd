//! Looking pictures up by the name that annotations give them.

use std::cmp::Ordering;
use std::collections::hash_map::DefaultHasher;
use std::ffi::OsStr;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
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

/// Pictures by file name. Beside the paths it takes 4 bytes a picture, 20 once names were looked up that are not the same to
/// the byte: sorted indices instead of copies of the names.
#[derive(Clone, Debug, Default)]
pub struct PictureIndex {
    paths: Vec<PathBuf>,
    /// In the order of the paths read from their ends, so that all paths with one ending lie together.
    endings: Vec<u32>,
    /// Hashes of file names in one case and one normal form.
    folded: OnceLock<Vec<(u64, u32)>>,
    /// In the order of file names without extension.
    stems: OnceLock<Vec<u32>>,
    /// Hashes of file names without extension in one case and one normal form.
    folded_stems: OnceLock<Vec<(u64, u32)>>,
}

fn fold(name: &OsStr) -> String {
    name.to_string_lossy().to_lowercase().nfc().collect()
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn bytes(name: Option<&OsStr>) -> &[u8] {
    name.map(OsStr::as_encoded_bytes).unwrap_or_default()
}

/// Order by file names, then by the folders from the innermost on.
fn from_the_end(a: &Path, b: &Path) -> Ordering {
    let names = bytes(a.file_name()).cmp(bytes(b.file_name()));
    names.then_with(|| a.components().rev().cmp(b.components().rev()))
}

/// Where a path stands, in the order from the end, to those that end with `wanted`.
fn ending(path: &Path, wanted: &Path) -> Ordering {
    let mut own = path.components().rev();
    for part in wanted.components().rev() {
        match own.next().map(|o| o.cmp(&part)) {
            Some(Ordering::Equal) => {}
            Some(other) => return other,
            None => return Ordering::Less,
        }
    }
    Ordering::Equal
}

/// The part of sorted items that `place` calls equal.
fn equal<T>(sorted: &[T], place: impl Fn(&T) -> Ordering) -> &[T] {
    let start = sorted.partition_point(|item| place(item) == Ordering::Less);
    let length = sorted[start..].partition_point(|item| place(item) == Ordering::Equal);
    &sorted[start..start + length]
}

impl PictureIndex {
    /// Indexes `paths`; their order gives the indices.
    pub fn new(paths: Vec<PathBuf>) -> Self {
        let mut endings = indices(&paths);
        endings.sort_unstable_by(|a, b| from_the_end(&paths[*a as usize], &paths[*b as usize]).then(a.cmp(b)));
        Self {
            paths,
            endings,
            folded: OnceLock::new(),
            stems: OnceLock::new(),
            folded_stems: OnceLock::new(),
        }
    }

    /// The path of a picture.
    pub fn path(&self, index: usize) -> Option<&Path> {
        self.paths.get(index).map(PathBuf::as_path)
    }

    /// All paths, in the order of their indices.
    pub fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    fn at(&self, index: u32) -> &Path {
        &self.paths[index as usize]
    }

    /// The picture with the file name of `wanted`; of several, the one whose path ends with all of `wanted`. Where no name is
    /// the same to the byte, one that differs only in case or normal form will do, if it is the only one.
    pub fn find(&self, wanted: &Path) -> Found {
        let Some(name) = wanted.file_name() else {
            return Found::None;
        };
        let same = equal(&self.endings, |i| {
            bytes(self.at(*i).file_name()).cmp(name.as_encoded_bytes())
        });
        // Thousands of pictures may be called `image.jpg`: the right one is found in their order, not by looking at each.
        if let [one] = equal(same, |i| ending(self.at(*i), wanted)) {
            return Found::One(*one as usize);
        }
        match self.narrow(same, wanted) {
            Found::None => match self.narrow(&self.alike(name), wanted) {
                Found::One(index) => Found::Alike(index),
                other => other,
            },
            found => found,
        }
    }

    /// As [`find`](Self::find), then by the file name without its extension: `wanted` may have none.
    pub fn find_or_stem(&self, wanted: &Path) -> Found {
        match self.find(wanted) {
            Found::None => self.stem(wanted, wanted.file_name()),
            found => found,
        }
    }

    /// As [`find_or_stem`](Self::find_or_stem), then by a file name that has another extension. What is found by its name without
    /// extension is [`Found::Alike`].
    pub fn find_loosely(&self, wanted: &Path) -> Found {
        match self.find(wanted) {
            Found::None => {}
            found => return found,
        }
        let other = wanted.file_stem().filter(|_| super::is_picture_name(wanted));
        for stem in [wanted.file_name(), other].into_iter().flatten() {
            match self.stem(wanted, Some(stem)) {
                Found::One(index) => return Found::Alike(index),
                Found::None => {}
                found => return found,
            }
        }
        Found::None
    }

    /// Pictures whose file name without its extension is `name`, else those for which that holds but for case and normal form.
    fn stem(&self, wanted: &Path, name: Option<&OsStr>) -> Found {
        let Some(name) = name else { return Found::None };
        let stem = |i: &u32| bytes(self.at(*i).file_stem());
        let stems = self.stems.get_or_init(|| {
            let mut stems = indices(&self.paths);
            stems.sort_unstable_by(|a, b| stem(a).cmp(stem(b)).then(a.cmp(b)));
            stems
        });
        // The folders of the name still tell several apart.
        let wanted = wanted.with_file_name(name);
        match self.narrow_stems(equal(stems, |i| stem(i).cmp(name.as_encoded_bytes())), &wanted) {
            Found::None => {
                let alike = self.folded(&self.folded_stems, Path::file_stem, name);
                match self.narrow_stems(&alike, &wanted) {
                    Found::One(index) => Found::Alike(index),
                    other => other,
                }
            }
            found => found,
        }
    }

    /// Pictures whose names are `name` in one case and one normal form.
    fn alike(&self, name: &OsStr) -> Vec<u32> {
        self.folded(&self.folded, Path::file_name, name)
    }

    /// Pictures of whose paths `part` is `name` in one case and one normal form; `cell` keeps their order.
    fn folded(&self, cell: &OnceLock<Vec<(u64, u32)>>, part: fn(&Path) -> Option<&OsStr>, name: &OsStr) -> Vec<u32> {
        let folded = cell.get_or_init(|| {
            let key = |i: u32| hash(&fold(part(self.at(i)).unwrap_or_default()));
            let mut folded: Vec<(u64, u32)> = indices(&self.paths).into_iter().map(|i| (key(i), i)).collect();
            folded.sort_unstable();
            folded
        });
        let wanted = fold(name);
        let key = hash(&wanted);
        equal(folded, |(hash, _)| hash.cmp(&key))
            .iter()
            .map(|(_, i)| *i)
            .filter(|i| part(self.at(*i)).is_some_and(|name| fold(name) == wanted))
            .collect()
    }

    /// As [`narrow`](Self::narrow), for paths without extension.
    fn narrow_stems(&self, candidates: &[u32], wanted: &Path) -> Found {
        if let [] | [_] = candidates {
            return self.narrow(candidates, wanted);
        }
        let ends = |i: &&u32| {
            self.at(**i)
                .parent()
                .zip(wanted.parent())
                .is_some_and(|(own, w)| own.ends_with(w))
        };
        let mut ending = candidates.iter().filter(ends);
        match (ending.next(), ending.next()) {
            (Some(one), None) => Found::One(*one as usize),
            _ => Found::Several(candidates.iter().map(|i| *i as usize).collect()),
        }
    }

    fn narrow(&self, candidates: &[u32], wanted: &Path) -> Found {
        match candidates {
            [] => return Found::None,
            [one] => return Found::One(*one as usize),
            _ => {}
        }
        let mut ending = candidates.iter().filter(|i| self.at(**i).ends_with(wanted));
        match (ending.next(), ending.next()) {
            (Some(one), None) => Found::One(*one as usize),
            _ => Found::Several(candidates.iter().map(|i| *i as usize).collect()),
        }
    }
}

fn indices(paths: &[PathBuf]) -> Vec<u32> {
    (0..u32::try_from(paths.len()).unwrap_or(u32::MAX)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // FAULTS 18: names that are equal but for case or normal form are ambiguous.
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
        assert_eq!(index.find_or_stem(Path::new("1")), Found::Several(vec![0, 1]));
        assert_eq!(index.find_or_stem(Path::new("CAF\u{c9}")), Found::Alike(4));
        assert_eq!(index.find_loosely(Path::new("b/two.jpeg")), Found::Alike(2));
        assert_eq!(index.find_loosely(Path::new("b/1.bmp")), Found::Alike(1));
        assert_eq!(index.find_loosely(Path::new("1.bmp")), Found::Several(vec![0, 1]));
        assert_eq!(index.find_loosely(Path::new("x")), Found::Alike(5));
        assert_eq!(index.find_loosely(Path::new("none.bmp")), Found::None);
        assert_eq!(PictureIndex::default().find_or_stem(Path::new("1")), Found::None);
    }
}
