//! What to do with a path that the user brings: dropped, typed, or given on the command line.

use super::command::{Command, Place};
use super::notices::Level;
use super::scout::{Finding, Holds};
use super::state::State;
use super::tagging::{Act, source::Known};
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

use crate::dataset::files::EXTENSIONS as PICTURES;

const MODELS: [&str; 4] = ["safetensors", "bin", "pt", "pth"];
const ANNOTATIONS: [&str; 4] = ["json", "txt", "csv", "xml"];

/// Pictures of kinds that are known and not read: endings and the kind's name.
const FOREIGN: [(&[&str], &str); 4] = [
    (&["heic", "heif", "hif"], "HEIC"),
    (&["avif"], "AVIF"),
    (&["jxl"], "JPEG XL"),
    (
        &[
            "3fr", "arw", "cr2", "cr3", "crw", "dcr", "dng", "erf", "iiq", "kdc", "nef", "nrw", "orf", "pef", "raf",
            "rw2", "sr2", "srw",
        ],
        "camera raw",
    ),
];

/// The kind of a picture that is not read, by its name.
pub fn foreign(path: &Path) -> Option<&'static str> {
    let ending = path.extension()?.to_string_lossy().to_lowercase();
    let kind = FOREIGN.iter().find(|(endings, _)| endings.contains(&ending.as_str()));
    kind.map(|(_, kind)| *kind)
}

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
        _ if one_of(&PICTURES) || foreign(path).is_some() => Kind::Picture,
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
        // A tagger and a checkpoint have the same ending: their heads differ.
        Kind::Model if first.is_file() => state.scout.file(first),
        Kind::Model => state.command(Command::UseModel(first.to_string_lossy().into_owned())),
        Kind::Folder if state.place == Place::Tag => state.command(Command::Tagging(Act::Add(paths.to_vec()))),
        Kind::Folder => state.scout.folder(first),
        Kind::Annotations => {
            let project = project_for(&first);
            state.command(Command::Import { data: first, project });
        }
        Kind::Picture => {
            let shown = state
                .open()
                .filter(|_| paths.len() == 1 && state.place != Place::Tag)
                .and_then(|open| open.catalog.pictures.iter().position(|p| p.path == first));
            if let Some(index) = shown {
                state.command(Command::Inspect(index));
                return;
            }
            if state.place != Place::Tag
                && let Some(folder) = first.parent().map(Path::to_owned)
            {
                offer_project(state, folder);
            }
            state.command(Command::Tagging(Act::Add(paths.to_vec())));
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

/// A second thing that may be meant by pictures: teaching them.
fn offer_project(state: &mut State, folder: PathBuf) {
    let name = name_of(&folder);
    let project = project_for(&folder);
    state.notices.say(
        Level::Note,
        format!("To teach the model your own labels, make a project of the folder “{name}”"),
        Some("The pictures stay where they are and are never changed.".to_owned()),
        Some((
            "Make a project of it instead".to_owned(),
            Command::Import { data: folder, project },
        )),
    );
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .map_or_else(String::new, |n| n.to_string_lossy().into_owned())
}

/// What the thread that looks at files has found.
pub fn found(state: &mut State, finding: Finding) {
    match finding {
        Finding::Pictures(pictures, said) => {
            for words in said {
                let hint = words.contains(" of the kind ").then(|| {
                    "Patchlight reads JPEG, PNG, WebP, GIF, TIFF and BMP; export the others as JPEG.".to_owned()
                });
                state.notices.say(Level::Warning, words, hint, None);
            }
            state.command(Command::Tagging(Act::Found(pictures)));
        }
        Finding::Folder(data, Holds::Labels) => {
            let project = project_for(&data);
            state.command(Command::Import { data, project });
        }
        Finding::Folder(folder, Holds::Pictures) => {
            offer_project(state, folder.clone());
            let words = format!("“{}” holds pictures without labels", name_of(&folder));
            let action = ("Tag them".to_owned(), Command::Tagging(Act::Add(vec![folder])));
            state.notices.say(Level::Note, words, None, Some(action));
        }
        Finding::Folder(folder, Holds::Nothing) => state.notices.say(
            Level::Warning,
            format!("There are no pictures in {}", folder.display()),
            Some("Bring a folder of pictures, a folder for each label, a COCO file or a list.".to_owned()),
            None,
        ),
        Finding::Tagger(path, name, labels) => {
            state.notices.done(format!(
                "{name} gives {}",
                super::widgets::counted(labels, "label", "labels")
            ));
            state.command(Command::Tagging(Act::Known(Known { path, name, labels })));
        }
        // In Tag a tagger was asked for; elsewhere it may be a checkpoint.
        Finding::NoTagger(_, failure) if state.place == Place::Tag => state.notices.failed(&failure, None),
        Finding::NoTagger(path, _) => state.command(Command::UseModel(path.to_string_lossy().into_owned())),
        Finding::Kept(Ok(path)) => state.command(Command::Tagging(Act::Add(vec![path]))),
        Finding::Kept(Err(failure)) => state.notices.failed(&failure, None),
        Finding::Room(bytes) => state.models.room = Some(bytes),
        Finding::Watched(job, run, Ok(epoch)) => {
            if let Some(training) = state.training.as_mut().filter(|t| t.job == job) {
                training.watch(&run, epoch);
            }
        }
        // It is only to look at.
        Finding::Watched(_, _, Err(failure)) => state.notices.note(Level::Note, failure.message),
        Finding::History(folder, read) => super::training::show_history(state, &folder, read),
    }
}

/// `~` as the home folder.
pub fn expand(path: &Path) -> PathBuf {
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
        std::fs::write(at("e e.HEIC"), b"").unwrap();
        assert_eq!(
            kind(&at("e e.HEIC")),
            Kind::Picture,
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
