//! What is chosen for a training: stages, a preset, settings as typed; and the request that comes of it.

use crate::engine::event::Proposed;
use crate::engine::request::{Stages, TrainRequest};
use crate::train::settings::Settings;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Ready-made settings: name, sentence, `key=value`.
pub const PRESETS: [(&str, &str, &[&str]); 3] = [
    ("Quick", "A first look: few passes", &["epochs_1=3", "epochs_2=15"]),
    ("Balanced", "The usual number of passes", &[]),
    (
        "Thorough",
        "Twice as many passes; for small sets",
        &["epochs_1=20", "epochs_2=100"],
    ),
];

/// Where the settings come from that nobody changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Preset {
    /// What the program proposes for these pictures.
    #[default]
    Proposed,
    /// A ready-made one: a place in [`PRESETS`].
    Ready(usize),
    /// One that the user kept under this name.
    Own(String),
}

/// What the screen of training keeps.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainForm {
    pub stages: Stages,
    /// The Stage 1 run that Stage 2 starts from.
    pub from: Option<String>,
    /// Settings as typed, by name; missing: the default.
    pub changed: BTreeMap<String, String>,
    /// What the settings are that nobody changed.
    pub preset: Preset,
    /// A name for the settings as typed.
    pub name: String,
    /// The training that is being named, by its number, and its name as typed.
    pub naming: Option<(usize, String)>,
    /// Whether all settings are shown.
    pub advanced: bool,
    pub seed: u64,
    /// Whether the form is shown although a training has ended.
    pub again: bool,
}

impl Default for TrainForm {
    fn default() -> Self {
        Self {
            stages: Stages::Both,
            from: None,
            changed: BTreeMap::new(),
            preset: Preset::Proposed,
            name: String::new(),
            naming: None,
            advanced: false,
            seed: 0,
            again: false,
        }
    }
}

/// Presets that the user kept, by name.
pub type Own = BTreeMap<String, BTreeMap<String, String>>;

/// What the chosen preset says, as `key=value`; what the program proposes it says itself.
fn preset(form: &TrainForm, own: &Own) -> Vec<String> {
    match &form.preset {
        Preset::Proposed => Vec::new(),
        Preset::Ready(place) => {
            let set = PRESETS.get(*place).map_or(&[][..], |p| p.2);
            set.iter().map(|s| (*s).to_owned()).collect()
        }
        Preset::Own(name) => pairs(own.get(name).into_iter().flatten()),
    }
}

fn pairs<'a>(settings: impl Iterator<Item = (&'a String, &'a String)>) -> Vec<String> {
    let typed = settings.filter(|(_, v)| !v.trim().is_empty());
    typed.map(|(k, v)| format!("{k}={}", v.trim())).collect()
}

/// The settings that nobody changed: the preset's, or the proposal as far as it is known; of a Stage 1 run that Stage 2 goes on from
/// (`parent`, its configuration), that run's.
pub fn usual(form: &TrainForm, own: &Own, proposed: &[Proposed], parent: Option<&Value>) -> BTreeMap<String, String> {
    let of_parent = parent.and_then(|config| serde_json::from_value::<Settings>(config["settings"].clone()).ok());
    let mut pairs = preset(form, own);
    if form.preset == Preset::Proposed && of_parent.is_none() {
        pairs.extend(proposed.iter().map(|p| format!("{}={}", p.name, p.value)));
    }
    of_parent
        .unwrap_or_default()
        .with_overrides(None, &pairs)
        .unwrap_or_default()
        .values()
}

/// What the form asks for.
pub fn request(form: &TrainForm, own: &Own, project: &Path) -> TrainRequest {
    // What was emptied is by itself again, whatever the preset says.
    let plain = Settings::default().values();
    let unset = |name: &str| name != "student_path" && plain.get(name).is_some_and(String::is_empty);
    let emptied = form.changed.iter().filter(|(k, v)| v.trim().is_empty() && unset(k));
    let set = preset(form, own)
        .into_iter()
        .chain(pairs(form.changed.iter()))
        .chain(emptied.map(|(k, _)| format!("{k}=null")));
    TrainRequest {
        stages: form.stages,
        from: form.from.clone().filter(|_| form.stages == Stages::Two),
        set: set.collect(),
        seed: form.seed,
        propose: form.preset == Preset::Proposed,
        ..TrainRequest::new(project)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_goes_over_the_preset() {
        let mut form = TrainForm {
            preset: Preset::Ready(0),
            ..TrainForm::default()
        };
        form.changed.insert("epochs_1".into(), " 7 ".into());
        form.changed.insert("top_k".into(), " ".into());
        form.changed.insert("alpha".into(), " ".into());
        let mut own = Own::new();
        let parsed = |form: &TrainForm, own: &Own| {
            Settings::default()
                .with_overrides(None, &request(form, own, Path::new("")).set)
                .unwrap()
        };
        let quick = parsed(&form, &own);
        assert_eq!((quick.epochs_1, quick.epochs_2), (7, 15));
        assert!(
            request(&form, &own, Path::new(""))
                .set
                .contains(&"top_k=null".to_owned()),
            "by itself, also over a proposal"
        );
        own.insert("mine".into(), BTreeMap::from([("epochs_2".into(), "44".into())]));
        form.preset = Preset::Own("mine".into());
        let mine = parsed(&form, &own);
        assert_eq!((mine.epochs_1, mine.epochs_2), (7, 44));
    }

    #[test]
    fn nobody_changed_what_is_proposed_or_the_parent_run_has() {
        let proposed = [Proposed {
            name: "batch_1".into(),
            value: "16".into(),
            why: "few".into(),
        }];
        let form = TrainForm::default();
        assert_eq!(usual(&form, &Own::new(), &proposed, None)["batch_1"], "16");
        let parent = serde_json::json!({ "settings": { "batch_1": 8, "alpha": 0.25 } });
        let of_parent = usual(&form, &Own::new(), &proposed, Some(&parent));
        assert_eq!(
            (of_parent["batch_1"].as_str(), of_parent["alpha"].as_str()),
            ("8", "0.25")
        );
        assert!(request(&form, &Own::new(), Path::new("")).propose);
    }
}
