//! What to do with a path that the user brings: dropped, typed, or given on the command line.

use super::command::Command;
use super::notices::Level;
use super::state::State;
use std::path::{Path, PathBuf};

/// What a path is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A project's folder.
    Project,
    /// A checkpoint.
    Model,
    /// A folder that may hold pictures.
    Folder,
    /// A file that may hold annotations.
    Annotations,
    /// A picture.
    Picture,
    /// Nothing that the program knows.
    Unknown,
    /// It is not there.
    Missing,
}

const PICTURES: [&str; 8] = ["jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff"];
const MODELS: [&str; 4] = ["safetensors", "bin", "pt", "pth"];
const ANNOTATIONS: [&str; 4] = ["json", "txt", "csv", "xml"];

/// Finds out what a path is, from its name and a look into a folder.
pub fn kind(path: &Path) -> Kind {
    let Ok(metadata) = std::fs::metadata(path) else {
        return Kind::Missing;
    };
    if metadata.is_dir() {
        return if path.join("project.db").is_file() {
            Kind::Project
        } else if path.join("config.json").is_file() || path.join("open_clip_config.json").is_file() {
            Kind::Model
        } else {
            Kind::Folder
        };
    }
    let extension = path
        .extension()
        .map_or_else(String::new, |e| e.to_string_lossy().to_lowercase());
    let one_of = |list: &[&str]| list.contains(&extension.as_str());
    match extension.as_str() {
        "db" if path.file_name().is_some_and(|n| n == "project.db") => Kind::Project,
        _ if one_of(&MODELS) => Kind::Model,
        _ if one_of(&ANNOTATIONS) => Kind::Annotations,
        _ if one_of(&PICTURES) => Kind::Picture,
        _ => Kind::Unknown,
    }
}

/// Acts on what the user brought.
pub fn bring(state: &mut State, paths: &[PathBuf]) {
    let Some(first) = paths.first() else { return };
    let first = expand(first);
    let hint = |text: &str| Some(text.to_owned());
    match kind(&first) {
        Kind::Project => {
            let folder = if first.is_dir() {
                first
            } else {
                first.parent().map(Path::to_owned).unwrap_or_default()
            };
            state.command(Command::Open(folder));
        }
        Kind::Model => state.command(Command::UseModel(first.to_string_lossy().into_owned())),
        Kind::Folder | Kind::Annotations => {
            let project = project_for(&first);
            state.command(Command::Import { data: first, project });
        }
        Kind::Picture => {
            let shown = state
                .open()
                .and_then(|open| open.catalog.pictures.iter().position(|p| p.path == first));
            if let Some(index) = shown {
                state.command(Command::Inspect(index));
            } else if let Some(folder) = first.parent().map(Path::to_owned) {
                let name = folder
                    .file_name()
                    .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
                let project = project_for(&folder);
                state.notices.say(
                    Level::Note,
                    format!("A project holds the pictures of a folder: “{name}” in this case"),
                    hint("The pictures stay where they are and are never changed."),
                    Some((
                        "Make a project of it".to_owned(),
                        Command::Import { data: folder, project },
                    )),
                );
            }
        }
        Kind::Unknown => state.notices.say(
            Level::Warning,
            format!("{} is nothing that Patchlight can open", first.display()),
            hint("Bring pictures, a folder of them, a COCO file, a list, a project or a CLIP checkpoint."),
            None,
        ),
        Kind::Missing => state.notices.say(
            Level::Error,
            format!("There is nothing at {}", first.display()),
            hint("Check the path: it may be on a disk that is not connected."),
            None,
        ),
    }
}

/// `~` as the home folder.
fn expand(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), dirs::home_dir()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
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
        assert_eq!(kind(&at("p.patchlight")), Kind::Project);
        assert_eq!(kind(&at("p.patchlight/project.db")), Kind::Project);
        assert_eq!(kind(&at("clip")), Kind::Model);
        assert_eq!(kind(folder.path()), Kind::Folder);
        assert_eq!(kind(&at("a.JPG")), Kind::Picture);
        assert_eq!(kind(&at("b.json")), Kind::Annotations);
        assert_eq!(kind(&at("c.pt")), Kind::Model);
        assert_eq!(kind(&at("d.odt")), Kind::Unknown);
        assert_eq!(kind(&at("none")), Kind::Missing);
        assert_eq!(project_for(&at("clip")), at("clip.patchlight"));
        assert_eq!(
            project_for(&at("p")),
            at("p-2.patchlight"),
            "a taken name gets a number"
        );
    }
}
