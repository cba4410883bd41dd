//! What paths are, and free names for new ones. This looks at the disk: it belongs on a thread of its own.

use crate::app::model::file_probe::PathKind;
use crate::app::model::paths::expand;
use crate::dataset::files::{EXTENSIONS as PICTURES, unread_kind};
use std::path::{Path, PathBuf};

const MODELS: [&str; 4] = ["safetensors", "bin", "pt", "pth"];
const ANNOTATIONS: [&str; 4] = ["json", "txt", "csv", "xml"];

/// Paths in pasted text: a line each, as paths or as `file://` addresses. Empty where the text is something else.
pub fn pasted(text: &str) -> Vec<PathBuf> {
    let lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
    // Some file managers say first what was done: copy or cut.
    let lines = lines.skip_while(|l| matches!(*l, "copy" | "cut" | "x-special/nautilus-clipboard"));
    let path = |line: &str| -> Option<PathBuf> {
        let line = line.trim_matches(['"', '\'']);
        let path = match url::Url::parse(line) {
            Ok(url) if url.scheme() == "file" => url.to_file_path().ok()?,
            _ => expand(Path::new(line)),
        };
        (path.is_absolute() && path.exists()).then_some(path)
    };
    // One line that is no path: it is a text.
    lines
        .take(PASTED)
        .map(path)
        .collect::<Option<Vec<_>>>()
        .unwrap_or_default()
}

/// Paths that are pasted at once.
const PASTED: usize = 10_000;

/// Finds out what a path is, from its name and a look into a folder.
pub fn kind(path: &Path) -> PathKind {
    let Ok(metadata) = std::fs::metadata(path) else {
        return PathKind::Missing;
    };
    if metadata.is_dir() {
        return if path.join("project.db").is_file() {
            PathKind::Project
        } else if path.join("config.json").is_file() || path.join("open_clip_config.json").is_file() {
            PathKind::ModelFolder
        } else {
            PathKind::Folder
        };
    }
    let extension = path
        .extension()
        .map_or_else(String::new, |e| e.to_string_lossy().to_lowercase());
    let one_of = |list: &[&str]| list.contains(&extension.as_str());
    match extension.as_str() {
        "db" if path.file_name().is_some_and(|n| n == "project.db") => PathKind::Project,
        _ if one_of(&MODELS) => PathKind::ModelFile,
        _ if one_of(&ANNOTATIONS) => PathKind::Annotations,
        _ if one_of(&PICTURES) || unread_kind(path).is_some() => PathKind::Picture,
        _ => PathKind::Unknown,
    }
}

/// What the first of some paths is, with `~` replaced; a project's database stands for its folder. The others stay as they are.
pub fn kind_of_all(mut paths: Vec<PathBuf>) -> (PathKind, Vec<PathBuf>) {
    let Some(first) = paths.first_mut() else {
        return (PathKind::Missing, paths);
    };
    *first = expand(first);
    let found = kind(first);
    if found == PathKind::Project
        && first.is_file()
        && let Some(folder) = first.parent()
    {
        *first = folder.to_owned();
    }
    (found, paths)
}

/// Where a new project of these data goes: beside them where one may write, else in the program's own folder.
pub fn project_for(data: &Path) -> PathBuf {
    let name = data
        .file_stem()
        .map_or_else(|| "project".to_owned(), |n| n.to_string_lossy().into_owned());
    let beside = data.parent().filter(|p| !p.as_os_str().is_empty());
    let writable = |folder: &Path| {
        tempfile::Builder::new()
            .prefix(".patchlight")
            .tempfile_in(folder)
            .is_ok()
    };
    let folder = beside.filter(|p| writable(p)).map_or_else(data_folder, Path::to_owned);
    free_name(&folder, &name, ".patchlight")
}

/// Where the program keeps projects that have no other place.
pub fn data_folder() -> PathBuf {
    dirs::data_dir().unwrap_or_else(std::env::temp_dir).join("patchlight")
}

/// The first name in a folder that is not taken: `name.end`, `name-2.end` ..
pub fn free_name(folder: &Path, name: &str, end: &str) -> PathBuf {
    let numbered = |n: usize| {
        if n == 1 {
            folder.join(format!("{name}{end}"))
        } else {
            folder.join(format!("{name}-{n}{end}"))
        }
    };
    (1..).map(numbered).find(|path| !path.exists()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("p.patchlight")).unwrap();
        std::fs::write(at("p.patchlight/project.db"), b"").unwrap();
        std::fs::create_dir_all(at("clip")).unwrap();
        std::fs::write(at("clip/config.json"), b"{}").unwrap();
        for name in ["a.JPG", "b.json", "c.pt", "d.odt"] {
            std::fs::write(at(name), b"").unwrap();
        }
        assert_eq!(kind(&at("p.patchlight")), PathKind::Project);
        assert_eq!(kind(&at("p.patchlight/project.db")), PathKind::Project);
        assert_eq!(kind(&at("clip")), PathKind::ModelFolder);
        assert_eq!(kind(folder.path()), PathKind::Folder);
        assert_eq!(kind(&at("a.JPG")), PathKind::Picture);
        assert_eq!(kind(&at("b.json")), PathKind::Annotations);
        assert_eq!(kind(&at("c.pt")), PathKind::ModelFile);
        assert_eq!(kind(&at("d.odt")), PathKind::Unknown);
        assert_eq!(kind(&at("none")), PathKind::Missing);
        std::fs::write(at("e e.HEIC"), b"").unwrap();
        assert_eq!(
            kind(&at("e e.HEIC")),
            PathKind::Picture,
            "it is taken, and says why it cannot be read"
        );
        let (a, e) = (at("a.JPG"), at("e e.HEIC"));
        let address = url::Url::from_file_path(&e).unwrap();
        assert_eq!(pasted(&format!("copy\n{address}\n\"{}\"\n", a.display())), [e, a]);
        assert!(pasted("just words").is_empty() && pasted("").is_empty());
        assert_eq!(project_for(&at("clip")), at("clip.patchlight"));
        assert_eq!(
            project_for(&at("p")),
            at("p-2.patchlight"),
            "a taken name gets a number"
        );
    }
}
