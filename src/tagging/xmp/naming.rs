//! Which sidecar belongs to which picture, and where two pictures would share one.

use crate::dataset::files::is_picture_name;
use crate::tagging::error::TaggingError;
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use unicode_normalization::UnicodeNormalization;

/// How sidecars are named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SidecarStyle {
    /// `img.jpg.xmp`, as digiKam and darktable do.
    #[default]
    Appended,
    /// `img.xmp`, as Lightroom and Bridge do.
    Stem,
}

/// Extensions of camera files, which share a stem with the picture made of them, in lower case.
const RAW: [&str; 25] = [
    "3fr", "arw", "cr2", "cr3", "crw", "dcr", "dng", "erf", "heic", "heif", "iiq", "kdc", "mef", "mos", "mrw", "nef",
    "nrw", "orf", "pef", "raf", "raw", "rw2", "rwl", "sr2", "srw",
];

/// The sidecars of a set of pictures.
#[derive(Clone, Debug, Default)]
pub struct Sidecars {
    style: SidecarStyle,
    /// Pictures by the sidecar they lead to.
    pictures: HashMap<PathBuf, Vec<PathBuf>>,
}

impl SidecarStyle {
    /// The style that a request's `stem` means.
    pub fn of(stem: bool) -> Self {
        if stem { Self::Stem } else { Self::Appended }
    }

    /// The sidecar of `picture`. Where only one in capital letters (`IMG.XMP`) is there, that one.
    ///
    /// # Errors
    /// If the path names no file.
    pub fn sidecar(self, picture: &Path) -> Result<PathBuf, TaggingError> {
        let name = match self {
            Self::Appended => picture.file_name(),
            Self::Stem => picture.file_stem(),
        };
        let name = name.ok_or_else(|| TaggingError::NotAPicturePath {
            path: picture.to_owned(),
        })?;
        let with = |extension: &str| {
            let mut name: OsString = name.to_owned();
            name.push(extension);
            picture.with_file_name(name)
        };
        let (usual, capitals) = (with(".xmp"), with(".XMP"));
        Ok(if !usual.exists() && capitals.exists() {
            capitals
        } else {
            usual
        })
    }
}

impl Sidecars {
    /// Looks at all pictures of a request, and in stem style also at the other pictures in their folders, so that none shares a
    /// sidecar unnoticed. A folder that cannot be listed has no others.
    pub fn resolve<'a>(pictures: impl IntoIterator<Item = &'a Path>, style: SidecarStyle) -> Self {
        let mut all = Self {
            style,
            ..Self::default()
        };
        let mut folders: HashMap<PathBuf, Vec<OsString>> = HashMap::new();
        for picture in pictures {
            let Some(key) = all.key(picture) else {
                continue;
            };
            all.pictures.entry(key).or_default().push(picture.to_owned());
            if let (SidecarStyle::Stem, Some(name)) = (style, picture.file_name()) {
                let folder = picture.parent().unwrap_or(Path::new("")).to_owned();
                folders.entry(folder).or_default().push(name.to_owned());
            }
        }
        for (folder, given) in folders {
            let place = if folder.as_os_str().is_empty() {
                Path::new(".")
            } else {
                &folder
            };
            let Ok(entries) = std::fs::read_dir(place) else {
                continue;
            };
            let given: std::collections::HashSet<OsString> = given.into_iter().collect();
            for entry in entries.flatten() {
                let (name, path) = (entry.file_name(), folder.join(entry.file_name()));
                if !given.contains(&name)
                    && (is_picture_name(&path) || is_raw(&path))
                    && let Some(key) = all.key(&path)
                    && let Some(sharing) = all.pictures.get_mut(&key)
                {
                    sharing.push(path);
                }
            }
        }
        all
    }

    /// The sidecar of `picture`.
    ///
    /// # Errors
    /// If another picture would have the same one, or the picture was given twice.
    pub fn of(&self, picture: &Path) -> Result<PathBuf, TaggingError> {
        let sidecar = self.style.sidecar(picture)?;
        let sharing = self.key(picture).and_then(|key| self.pictures.get(&key));
        let sharing = sharing.map(Vec::as_slice).unwrap_or_default();
        let others: Vec<PathBuf> = sharing.iter().filter(|other| *other != picture).cloned().collect();
        if !others.is_empty() {
            return Err(TaggingError::SharedSidecar {
                picture: picture.to_owned(),
                sidecar,
                others,
            });
        }
        match sharing.len() {
            0 | 1 => Ok(sidecar),
            _ => Err(TaggingError::GivenTwice {
                picture: picture.to_owned(),
            }),
        }
    }

    /// What sidecars have in common that are one file on some system: case and composition of accents do not count.
    fn key(&self, picture: &Path) -> Option<PathBuf> {
        let name = match self.style {
            SidecarStyle::Appended => picture.file_name(),
            SidecarStyle::Stem => picture.file_stem(),
        }?;
        if self.style == SidecarStyle::Appended {
            return Some(picture.to_owned());
        }
        let folded: String = name.to_string_lossy().to_lowercase().nfc().collect();
        Some(picture.with_file_name(folded))
    }
}

fn is_raw(path: &Path) -> bool {
    let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    extension.is_some_and(|e| RAW.contains(&e.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_styles_name_the_sidecar_beside_the_picture() {
        let of = |style: SidecarStyle, path: &str| style.sidecar(Path::new(path)).unwrap();
        assert_eq!(of(SidecarStyle::Appended, "/p/a.b.jpg"), Path::new("/p/a.b.jpg.xmp"));
        assert_eq!(of(SidecarStyle::Stem, "/p/a.b.jpg"), Path::new("/p/a.b.xmp"));
        assert_eq!(of(SidecarStyle::Stem, "plain"), Path::new("plain.xmp"));
        assert!(SidecarStyle::Stem.sidecar(Path::new("/")).is_err());
    }

    #[test]
    fn a_sidecar_in_capitals_is_found() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("IMG.XMP"), "x").unwrap();
        let found = SidecarStyle::Stem.sidecar(&folder.path().join("IMG.JPG")).unwrap();
        assert!(found.exists(), "{found:?}");
    }

    #[test]
    fn shared_stems_are_refused_for_all() {
        let paths = ["/p/a.jpg", "/p/A.png", "/q/a.jpg", "/p/b.jpg", "/p/c.jpg", "/p/c.jpg"].map(Path::new);
        let stem = Sidecars::resolve(paths, SidecarStyle::Stem);
        for shared in &paths[..2] {
            let error = stem.of(shared).unwrap_err();
            assert!(
                matches!(&error, TaggingError::SharedSidecar { others, .. } if others.len() == 1),
                "{error}"
            );
        }
        assert!(stem.of(paths[2]).is_ok() && stem.of(paths[3]).is_ok());
        assert!(matches!(stem.of(paths[4]), Err(TaggingError::GivenTwice { .. })));
        let appended = Sidecars::resolve(paths, SidecarStyle::Appended);
        assert!(paths[..4].iter().all(|path| appended.of(path).is_ok()));
        assert!(matches!(appended.of(paths[4]), Err(TaggingError::GivenTwice { .. })));
    }

    #[test]
    fn a_neighbour_that_is_not_tagged_shares_as_well() {
        let folder = tempfile::tempdir().unwrap();
        let [jpg, raw, text] = ["a.jpg", "a.CR2", "b.txt"].map(|name| folder.path().join(name));
        let other = folder.path().join("b.jpg");
        for path in [&jpg, &raw, &text, &other] {
            std::fs::write(path, "x").unwrap();
        }
        let stem = Sidecars::resolve([jpg.as_path(), other.as_path()], SidecarStyle::Stem);
        assert!(matches!(stem.of(&jpg), Err(TaggingError::SharedSidecar { others, .. }) if others == [raw]));
        assert!(stem.of(&other).is_ok(), "a text file has no sidecar");
    }
}
