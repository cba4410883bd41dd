//! Finding picture files: walking folders, and looking pictures up by name.

mod index;

pub use index::{Found, PictureIndex};

use super::error::DatasetError;
use super::model::{Quarantined, Warning};
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Extensions of files that are taken for pictures, in lower case. What a file really is its content says, later.
pub const EXTENSIONS: [&str; 33] = [
    "jpg", "jpeg", "jpe", "jfif", "png", "gif", "webp", "bmp", "dib", "tif", "tiff", "apng", "heic", "heif", "hif",
    "3fr", "arw", "cr2", "cr3", "dcr", "dng", "erf", "iiq", "kdc", "nef", "nrw", "orf", "pef", "raf", "rw2", "rwl",
    "sr2", "srw",
];
/// How many of these, at the end, are of cameras' raw files.
const RAW: usize = 18;

/// Extensions of pictures that are not read, with what they are.
const UNREAD: [(&str, &str); 14] = [
    ("avif", "an AVIF picture"),
    ("avifs", "an AVIF picture"),
    ("jxl", "a JPEG XL picture"),
    ("jp2", "a JPEG 2000 picture"),
    ("j2k", "a JPEG 2000 picture"),
    ("psd", "a Photoshop document"),
    ("xcf", "a GIMP document"),
    ("svg", "a drawing"),
    ("tga", "a TGA picture"),
    ("exr", "an OpenEXR picture"),
    ("dcm", "a DICOM file"),
    ("crw", "an old camera's raw file"),
    ("x3f", "a Sigma camera's raw file"),
    ("mrw", "an old camera's raw file"),
];

/// Time after which a walk asks whether to go on, however few files it has seen.
const ASKED: Duration = Duration::from_millis(100);

fn extension(path: &Path) -> Option<String> {
    path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase())
}

/// Whether a file name has a picture's extension, any case.
pub fn is_picture_name(path: &Path) -> bool {
    extension(path).is_some_and(|e| EXTENSIONS.contains(&e.as_str()))
}

/// Whether a file name has the extension of a camera's raw files, any case.
pub fn is_raw_name(path: &Path) -> bool {
    extension(path).is_some_and(|e| EXTENSIONS[EXTENSIONS.len() - RAW..].contains(&e.as_str()))
}

/// Why a file with this name is no picture that can be read, if it is one of another kind.
pub fn unread_kind(path: &Path) -> Option<String> {
    let extension = extension(path)?;
    let (_, what) = UNREAD.iter().find(|(unread, _)| *unread == extension)?;
    Some(format!("this is {what}, which is not read: save it as JPEG or PNG"))
}

/// What a folder holds.
#[derive(Clone, Debug, Default)]
pub struct Walk {
    /// Absolute paths of picture files, sorted by bytes.
    pub pictures: Vec<PathBuf>,
    /// Absolute paths of folders below the root, sorted by bytes.
    pub folders: Vec<PathBuf>,
    /// Absolute paths of other files that were asked for, sorted by bytes.
    pub files: Vec<PathBuf>,
    /// Files that are no pictures by their extension and were not asked for, [`left_out`](Self::left_out) among them.
    pub others: usize,
    /// Files that look like pictures and are none that can be read, sorted by bytes: other kinds, pipes and devices, raw files of
    /// which a finished picture lies beside them.
    pub left_out: Vec<Quarantined>,
    /// Links out of the root, loops, folders that cannot be read.
    pub warnings: Vec<Warning>,
}

/// Lists the pictures below `root`. Hidden files and folders are left out. Links are followed inside the root only, each
/// folder once. `progress` hears of the number of files seen and may stop the walk.
///
/// # Errors
/// The root cannot be read, or the walk was stopped.
pub fn walk(root: &Path, progress: &mut dyn FnMut(usize) -> ControlFlow<()>) -> Result<Walk, DatasetError> {
    walk_with(root, &|_| false, progress)
}

/// As [`walk`], and lists the files that `also` asks for by their paths (such as annotations) in [`Walk::files`].
///
/// # Errors
/// As [`walk`].
pub fn walk_with(
    root: &Path,
    also: &dyn Fn(&Path) -> bool,
    progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<Walk, DatasetError> {
    let real_root = root.canonicalize().map_err(DatasetError::io(root))?;
    let root = absolute(root)?;
    let mut found = Walk::default();
    let mut outside = Vec::new();
    let mut visited = HashSet::from([real_root.clone()]);
    let mut open = vec![root.clone()];
    let (mut seen, mut asked) = (0, Instant::now());
    while let Some(folder) = open.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(source) if folder == root => return Err(DatasetError::Io { path: folder, source }),
            Err(error) => {
                found
                    .warnings
                    .push(about("folder", format!("this folder cannot be read: {error}"), &folder));
                continue;
            }
        };
        for entry in entries {
            let entry = entry.map_err(DatasetError::io(&folder))?;
            seen += 1;
            // Also by time: a slow disk takes long for a few.
            if seen % 1024 == 0 || asked.elapsed() >= ASKED {
                asked = Instant::now();
                if progress(seen).is_break() {
                    return Err(DatasetError::Cancelled);
                }
            }
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let path = entry.path();
            let kind = entry.file_type().map_err(DatasetError::io(&path))?;
            let (is_folder, is_file, real) = if kind.is_symlink() {
                // A link that leads nowhere is as good as no file.
                let (Ok(real), Ok(about)) = (path.canonicalize(), path.metadata()) else {
                    found.others += 1;
                    continue;
                };
                if !real.starts_with(&real_root) {
                    outside.push(path);
                    continue;
                }
                (about.is_dir(), about.is_file(), Some(real))
            } else {
                (kind.is_dir(), kind.is_file(), None)
            };
            if is_folder {
                let real = match real {
                    Some(real) => real,
                    None => path.canonicalize().map_err(DatasetError::io(&path))?,
                };
                if visited.insert(real) {
                    found.folders.push(path.clone());
                    open.push(path);
                }
            } else if is_file && is_picture_name(&path) {
                found.pictures.push(path);
            } else if is_file && also(&path) {
                found.files.push(path);
            } else {
                found.others += 1;
                let file = path.display().to_string();
                let reason = left_out(&path, is_file);
                found.left_out.extend(reason.map(|reason| Quarantined { file, reason }));
            }
        }
    }
    without_raw_twins(&mut found);
    found.left_out.sort_by(|a, b| a.file.cmp(&b.file));
    found.pictures.sort_by(|a, b| by_bytes(a, b));
    found.files.sort_by(|a, b| by_bytes(a, b));
    found.folders.sort_by(|a, b| by_bytes(a, b));
    outside.sort_by(|a, b| by_bytes(a, b));
    if let Some(first) = outside.first() {
        let text = format!(
            "{} links lead out of {} and were not followed; name their target with --images to use them",
            outside.len(),
            root.display()
        );
        found.warnings.push(about("link-outside", text, first));
    }
    Ok(found)
}

/// Why a file that is no picture by its name is left out, if it is of concern.
fn left_out(path: &Path, is_file: bool) -> Option<String> {
    if is_file {
        return unread_kind(path);
    }
    Some("this is a pipe, socket or device, no file".to_owned())
}

/// Leaves out raw files of which the camera, or somebody, has made a picture beside them: both show the same.
fn without_raw_twins(found: &mut Walk) {
    if !found.pictures.iter().any(|path| is_raw_name(path)) {
        return;
    }
    let stem = |path: &Path| path.with_extension("").into_os_string().to_ascii_lowercase();
    let finished = found.pictures.iter().filter(|path| !is_raw_name(path));
    let made: HashSet<_> = finished.map(|path| stem(path)).collect();
    let (twins, kept): (Vec<PathBuf>, Vec<PathBuf>) = std::mem::take(&mut found.pictures)
        .into_iter()
        .partition(|path| is_raw_name(path) && made.contains(&stem(path)));
    found.pictures = kept;
    found.others += twins.len();
    found.left_out.extend(twins.into_iter().map(|path| Quarantined {
        file: path.display().to_string(),
        reason: "this is a camera's raw file of a picture that lies beside it".to_owned(),
    }));
}

fn about(code: &str, message: String, path: &Path) -> Warning {
    Warning {
        file: Some(path.display().to_string()),
        ..Warning::new(code, message)
    }
}

/// Order of the bytes of two paths, the same on every machine and in every language.
pub fn by_bytes(a: &Path, b: &Path) -> std::cmp::Ordering {
    a.as_os_str().as_encoded_bytes().cmp(b.as_os_str().as_encoded_bytes())
}

/// The path from the root of the file system, without `.` in it; links are kept.
///
/// # Errors
/// The current folder cannot be told.
pub fn absolute(path: &Path) -> Result<PathBuf, DatasetError> {
    let path = std::path::absolute(path).map_err(DatasetError::io(path))?;
    Ok(path)
}

/// The path as text with `/`. Bytes that are no text become replacement characters.
pub fn slashed(path: &Path) -> String {
    let text = path.to_string_lossy();
    if cfg!(windows) {
        text.replace('\\', "/")
    } else {
        text.into_owned()
    }
}

/// The path as text with `/`, relative to `root` where it is below it. Bytes that are no text become replacement characters.
pub fn relative_name(path: &Path, root: &Path) -> String {
    slashed(path.strip_prefix(root).unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    // FAULTS 16 and 17.
    #[cfg(unix)]
    #[test]
    fn loops_end_and_links_out_are_reported() {
        use std::os::unix::fs::symlink;
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret.jpg"), b"x").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir_all(root.join("b/deep")).unwrap();
        for name in ["b/deep/2.JPG", "b/1.png", "a.webp", ".hidden.jpg", "note.txt"] {
            std::fs::write(root.join(name), b"x").unwrap();
        }
        symlink(root, root.join("b/loop")).unwrap();
        symlink(outside.path(), root.join("out")).unwrap();
        symlink(outside.path().join("secret.jpg"), root.join("one.jpg")).unwrap();
        symlink(root.join("b/1.png"), root.join("inside.png")).unwrap();
        symlink("nowhere", root.join("broken.jpg")).unwrap();
        let walked = walk(root, &mut |_| ControlFlow::Continue(())).unwrap();
        let names: Vec<String> = walked.pictures.iter().map(|p| relative_name(p, root)).collect();
        assert_eq!(names, ["a.webp", "b/1.png", "b/deep/2.JPG", "inside.png"]);
        assert_eq!(walked.others, 2, "the text file and the broken link");
        assert_eq!(walked.warnings.len(), 1);
        assert!(
            walked.warnings[0].message.starts_with("2 links"),
            "{:?}",
            walked.warnings
        );
    }

    #[test]
    fn what_looks_like_a_picture_and_is_none_is_listed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for name in ["a.jpg", "A.NEF", "b.dng", "c.avif", "d.svg", "e.txt"] {
            std::fs::write(root.join(name), b"x").unwrap();
        }
        let walked = walk(root, &mut |_| ControlFlow::Continue(())).unwrap();
        let names: Vec<String> = walked.pictures.iter().map(|p| relative_name(p, root)).collect();
        assert_eq!(
            (names, walked.others),
            (vec!["a.jpg".to_owned(), "b.dng".to_owned()], 4)
        );
        let told = |end: &str| {
            walked
                .left_out
                .iter()
                .find(|q| q.file.ends_with(end))
                .map(|q| q.reason.clone())
        };
        assert!(told("A.NEF").unwrap().contains("beside it"));
        assert!(told("c.avif").unwrap().contains("AVIF") && told("d.svg").is_some());
        assert_eq!(walked.left_out.len(), 3);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_listed_and_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("p.jpg");
        if !std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .is_ok_and(|s| s.success())
        {
            return; // No such program here.
        }
        let walked = walk(folder.path(), &mut |_| ControlFlow::Continue(())).unwrap();
        assert!(walked.pictures.is_empty());
        assert!(walked.left_out[0].reason.contains("pipe"), "{:?}", walked.left_out);
    }

    // FAULTS 19.
    #[test]
    fn a_walk_can_be_stopped() {
        let folder = tempfile::tempdir().unwrap();
        for i in 0..1100 {
            std::fs::write(folder.path().join(format!("{i}.jpg")), b"").unwrap();
        }
        let stopped = walk(folder.path(), &mut |_| ControlFlow::Break(()));
        assert!(matches!(stopped, Err(DatasetError::Cancelled)));
    }
}
