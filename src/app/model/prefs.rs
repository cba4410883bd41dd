//! What the window remembers between sessions. Nothing here is the user's work: that is in projects.

use super::tag::source::{Known, Source};
use super::tag::watch::{Log, Watched};
use super::tag::write::WriteForm;
use crate::compute::DeviceChoice;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The key in the window's storage.
pub const KEY: &str = "patchlight";

/// Projects that are remembered.
const RECENT: usize = 12;

/// Light, dark, or as the desktop is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Look {
    /// As the desktop is.
    #[default]
    System,
    Dark,
    Light,
}

/// A project that was open once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent {
    /// Its folder.
    pub path: PathBuf,
    /// A few of its pictures, for the strip.
    pub pictures: Vec<PathBuf>,
    /// What it held: pictures and labels.
    pub counts: [usize; 2],
}

/// Preferences.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Prefs {
    /// Light or dark.
    pub look: Look,
    /// Zoom of everything.
    pub scale: f32,
    /// Where to compute.
    pub device: DeviceChoice,
    /// The model for new projects; `None`: the built-in one.
    pub model: Option<String>,
    /// Newest first.
    pub recent: Vec<Recent>,
    /// Width of a thumbnail in points.
    pub thumbnail: f32,
    /// Whether the panel of labels is open beside the pictures.
    pub labels_open: bool,
    /// Whether the panel of filters is open beside the pictures.
    pub filters_open: bool,
    /// Whether things may move.
    pub motion: bool,
    /// Tagger files that were used, newest first.
    pub taggers: Vec<Known>,
    /// What gives the labels in Tag; `None`: nobody chose.
    pub tag_source: Option<Source>,
    /// How tags are written.
    pub write: WriteForm,
    /// The watched folder.
    pub watch: Option<Watched>,
    /// What came to it.
    pub watch_log: Log,
    /// Address of a mirror of the Hugging Face hub; empty: as the environment says.
    pub mirror: String,
    /// Address of a proxy; empty: as the environment says.
    pub proxy: String,
    /// Settings of trainings that the user kept: by name, and by setting.
    pub presets: BTreeMap<String, BTreeMap<String, String>>,
}

impl Default for Prefs {
    fn default() -> Self {
        Self {
            look: Look::System,
            scale: 1.0,
            device: DeviceChoice::Auto,
            model: None,
            recent: Vec::new(),
            thumbnail: 168.0,
            labels_open: true,
            filters_open: true,
            motion: true,
            taggers: Vec::new(),
            tag_source: None,
            write: WriteForm::default(),
            watch: None,
            watch_log: Log::default(),
            mirror: String::new(),
            proxy: String::new(),
            presets: BTreeMap::new(),
        }
    }
}

impl Prefs {
    /// Remembers a project as the newest.
    pub fn opened(&mut self, recent: Recent) {
        self.forget(&recent.path);
        self.recent.insert(0, recent);
        self.recent.truncate(RECENT);
    }

    /// Forgets a project.
    pub fn forget(&mut self, path: &Path) {
        self.recent.retain(|r| r.path != path);
    }

    /// Within what the window can show: the storage may be of another version or edited by hand.
    #[must_use]
    pub fn sane(mut self) -> Self {
        let within = |v: f32, low: f32, high: f32, usual: f32| if v.is_finite() { v.clamp(low, high) } else { usual };
        self.scale = within(self.scale, 0.5, 3.0, 1.0);
        self.thumbnail = within(self.thumbnail, 96.0, 360.0, 168.0);
        self.recent.truncate(RECENT);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recent_projects_are_listed_once_newest_first() {
        let mut prefs = Prefs::default();
        for i in 0..20 {
            let path = PathBuf::from(format!("/p/{}", i % 15));
            prefs.opened(Recent {
                path,
                pictures: Vec::new(),
                counts: [1, 1],
            });
        }
        assert_eq!(prefs.recent.len(), RECENT);
        assert_eq!(prefs.recent[0].path, PathBuf::from("/p/4"));
        prefs.forget(Path::new("/p/4"));
        assert_eq!(prefs.recent[0].path, PathBuf::from("/p/3"));
        let wild = Prefs {
            scale: f32::NAN,
            thumbnail: 1e9,
            ..Prefs::default()
        };
        assert_eq!(wild.sane().scale, 1.0);
        // What was kept by an older version, and what is kept now, can be read.
        let watched = Prefs {
            watch: Some(Watched {
                folder: "/p".into(),
                source: Source::Words {
                    model: None,
                    words: "cat, dog".to_owned(),
                },
                form: WriteForm::default(),
                thresholds: [("cat".to_owned(), 0.999)].into(),
                calibrated: true,
            }),
            watch_log: {
                let mut log = Log::default();
                let time = std::time::SystemTime::UNIX_EPOCH;
                log.say(time, "a.jpg".to_owned(), Ok("cat 99 %".to_owned()));
                log.say(time, "b.jpg".to_owned(), Err("it is empty".to_owned()));
                log
            },
            ..Prefs::default()
        };
        let text = serde_json::to_string(&watched).unwrap();
        assert_eq!(serde_json::from_str::<Prefs>(&text).unwrap(), watched);
        assert_eq!(serde_json::from_str::<Prefs>("{}").unwrap(), Prefs::default());
    }
}
