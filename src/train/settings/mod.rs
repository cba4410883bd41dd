//! Every setting of a run: names, defaults and checks. One table serves `--set`, `--config`, run folders and the window.

mod check;
mod error;
mod kinds;

pub use kinds::{ContextChoice, Precision, Sampler};

pub(crate) use error::SettingError;
pub(crate) use kinds::{AugmentSet, KdView, Keep, Unfreeze};

use crate::clip::vision::PatchFeatures;
use crate::dataset::preprocess::Mode;
use crate::method::losses::{DbParameters, Distillation, LossKind};
use crate::method::prompts::ContextInit;
use crate::method::student::StudentInit;
use error::unknown;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// All settings of a run. Field names are the setting names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How much the whole picture counts against its details, in [0, 1].
    pub alpha: f64,
    /// Patches pooled per label, K; unset: 32 of 196, scaled to the grid.
    pub top_k: Option<usize>,
    /// Where patch features come from; unset: `value` untrained, `token` in Stage 1 and after it.
    pub patch_features: Option<PatchFeatures>,
    /// How a picture becomes a square.
    pub preprocess: Mode,
    /// Side of the square in pixels; unset: the checkpoint's.
    pub input_size: Option<usize>,
    /// What the student starts from.
    pub student_init: StudentInit,
    /// The ViT checkpoint of `student_init=imagenet`.
    pub student_path: Option<PathBuf>,
    /// Classification loss.
    pub loss: LossKind,
    /// Focal factor of the DB loss.
    pub focal: bool,
    /// Smallest weight of the DB loss.
    pub tau: f64,
    /// Slope of the DB loss's weight.
    pub beta: f64,
    /// Centre of the DB loss's weight.
    pub mu: f64,
    /// Strength of the DB loss's class bias.
    pub kappa: f64,
    /// Scale of the negatives in the DB loss.
    pub lambda: f64,
    /// Weight of the distillation loss in Stage 1.
    pub lambda_kd: f64,
    /// Distance of the distillation loss.
    pub kd: Distillation,
    /// Weight of the semantic consistency in Stage 2.
    pub lambda_sc: f64,
    /// Whether classes share their learned context, or that this is chosen on the validation pictures.
    pub context: ContextChoice,
    /// Learned context vectors, M.
    pub context_tokens: usize,
    /// What the context starts from.
    pub context_init: ContextInit,
    /// Fixed prompt with `{c}` for the label; several, separated by `|`, are averaged.
    pub template: String,
    /// Passes over the training pictures in Stage 1.
    pub epochs_1: usize,
    /// Passes over the training pictures in Stage 2.
    pub epochs_2: usize,
    /// Learning rate of the vision tower.
    pub lr_encoder: f64,
    /// Learning rate of the two heads.
    pub lr_heads: f64,
    /// Learning rate of the prompts.
    pub lr_prompts: f64,
    /// Learning rate of scale and offset, both stages.
    pub lr_scale: f64,
    /// Pictures a step in Stage 1.
    pub batch_1: usize,
    /// Pictures a step in Stage 2.
    pub batch_2: usize,
    /// Decoupled weight decay in Stage 1, on tensors of rank 2 and more.
    pub weight_decay: f64,
    /// Share of the steps in which the rate rises.
    pub warmup: f64,
    /// Largest norm of all gradients together.
    pub clip_norm: f64,
    /// Flip, crop and colour changes in Stage 1.
    pub augment: bool,
    /// Shuffle the pictures each epoch.
    pub shuffle: bool,
    /// How the pictures of a pass are drawn; unset: uniform, and in Stage 2 with `context=auto` chosen with the context.
    pub sampler: Option<Sampler>,
    /// Precision of cached features and, on a GPU that can, of the image tower's training.
    pub precision: Precision,
    /// Stop each stage after this many steps.
    pub max_steps: Option<usize>,
    /// Stop a stage after this many epochs without a better validation mAP; unset: never.
    pub early_stop: Option<usize>,
    /// Which epoch is used; unset: the best where there is a val split and the run is not [pure](Settings::is_pure).
    pub keep: Option<Keep>,
    /// Choose alpha and calibration on the validation pictures at the end; unset: as `keep`.
    pub fit_alpha: Option<bool>,
    /// Which view the teacher sees in Stage 1.
    pub kd_view: KdView,
    /// Factor on the tower's rate from each block to the one below it.
    pub layer_decay: f64,
    /// Decay of the moving average of the parameters that is validated and kept; 0: none.
    pub ema: f64,
    /// How much training pictures vary in Stage 1, unless `augment` is false.
    pub augment_set: AugmentSet,
    /// Pictures computed at once within a step; unset: as many as fit.
    pub micro_batch: Option<usize>,
    /// Compute activations again in the backward pass instead of keeping them all.
    pub checkpointing: bool,
    /// First share of the steps of joint training in which the prompts learn alone.
    pub warm_prompts: f64,
    /// When the image tower begins to learn in joint training.
    pub unfreeze: Unfreeze,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            alpha: 0.5,
            top_k: None,
            patch_features: None,
            preprocess: Mode::Stretch,
            input_size: None,
            student_init: StudentInit::Clip,
            student_path: None,
            loss: LossKind::Db,
            focal: true,
            tau: 0.1,
            beta: 10.0,
            mu: 0.2,
            kappa: 0.05,
            lambda: 2.0,
            lambda_kd: 10.0,
            kd: Distillation::L1,
            lambda_sc: 10.0,
            context: ContextChoice::Shared,
            context_tokens: 4,
            context_init: ContextInit::Phrase,
            template: "a photo of a {c}.".to_owned(),
            epochs_1: 10,
            epochs_2: 50,
            lr_encoder: 1e-5,
            lr_heads: 1e-4,
            lr_prompts: 2e-3,
            lr_scale: 1e-2,
            batch_1: 32,
            batch_2: 64,
            weight_decay: 0.05,
            warmup: 0.05,
            clip_norm: 1.0,
            augment: true,
            shuffle: true,
            sampler: None,
            precision: Precision::F32,
            max_steps: None,
            early_stop: None,
            keep: None,
            fit_alpha: None,
            kd_view: KdView::Cached,
            layer_decay: 1.0,
            ema: 0.0,
            augment_set: AugmentSet::Light,
            micro_batch: None,
            checkpointing: false,
            warm_prompts: 0.1,
            unfreeze: Unfreeze::All,
        }
    }
}

/// All setting names in their usual order.
pub fn names() -> Vec<String> {
    match serde_json::to_value(Settings::default()) {
        Ok(serde_json::Value::Object(map)) => map.keys().cloned().collect(),
        _ => Vec::new(),
    }
}

impl Settings {
    /// Applies a TOML file, then `key=value` texts, in this order, to `self`, and checks the result.
    ///
    /// # Errors
    /// [`SettingError`] for an unknown name, a bad value or an unreadable file.
    pub fn with_overrides(self, file: Option<&Path>, pairs: &[String]) -> Result<Self, SettingError> {
        let mut settings = self;
        if let Some(path) = file {
            let problem = |problem: String| SettingError::File {
                path: path.to_owned(),
                problem,
            };
            let text = std::fs::read_to_string(path).map_err(|e| problem(e.to_string()))?;
            let table: toml::Table = text
                .parse()
                .map_err(|e: toml::de::Error| problem(e.message().to_owned()))?;
            for (name, value) in table {
                let value = serde_json::to_value(value).map_err(|e| problem(e.to_string()))?;
                settings = settings.with(&name, value)?;
            }
        }
        for pair in pairs {
            let Some((name, value)) = pair.split_once('=') else {
                return Err(SettingError::Form { text: pair.clone() });
            };
            settings = settings.with_text(name.trim(), value.trim())?;
        }
        settings.check()?;
        Ok(settings)
    }

    /// Every setting as the command line writes it, by name; empty where it is unset.
    pub fn values(&self) -> std::collections::BTreeMap<String, String> {
        let map = serde_json::to_value(self).ok();
        let text = |value: &serde_json::Value| match value {
            serde_json::Value::Null => String::new(),
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        map.as_ref()
            .and_then(serde_json::Value::as_object)
            .map(|map| map.iter().map(|(name, value)| (name.clone(), text(value))).collect())
            .unwrap_or_default()
    }

    /// Sets one setting from the command line's text.
    fn with_text(self, name: &str, text: &str) -> Result<Self, SettingError> {
        // A number, true, false and null are themselves; everything else is a word.
        let value = serde_json::from_str::<serde_json::Value>(text)
            .ok()
            .filter(|v| !v.is_array() && !v.is_object() && !v.is_string())
            .unwrap_or_else(|| serde_json::Value::String(text.to_owned()));
        let words = ["template", "student_path"];
        self.with(
            name,
            if words.contains(&name) {
                serde_json::Value::String(text.to_owned())
            } else {
                value
            },
        )
    }

    fn with(self, name: &str, value: serde_json::Value) -> Result<Self, SettingError> {
        let to_problem = |e: serde_json::Error| SettingError::Value {
            name: name.to_owned(),
            problem: error::in_words(&e.to_string()),
        };
        let mut map = serde_json::to_value(&self).map_err(to_problem)?;
        let slot = map
            .as_object_mut()
            .and_then(|map| map.get_mut(name))
            .ok_or_else(|| unknown(name))?;
        *slot = value;
        serde_json::from_value(map).map_err(to_problem)
    }

    /// Whether the run is asked to be a function of checkpoint, data order, settings and seed alone: every step as given, no choice
    /// made on validation pictures unless a setting asks for it.
    pub fn is_pure(&self) -> bool {
        self.max_steps.is_some() || !(self.shuffle || self.varies())
    }

    /// Whether training pictures vary.
    pub fn varies(&self) -> bool {
        self.augment && self.augment_set != AugmentSet::None
    }

    /// Which epoch is used, where `validates` says whether there are validation pictures.
    pub fn keeps(&self, validates: bool) -> Keep {
        match self.keep {
            _ if !validates => Keep::Last,
            Some(keep) => keep,
            None if self.is_pure() => Keep::Last,
            None => Keep::Best,
        }
    }

    /// Whether alpha is chosen at the end, where `validates` says whether there are validation pictures.
    pub fn fits_alpha(&self, validates: bool) -> bool {
        validates && self.fit_alpha.unwrap_or(!self.is_pure())
    }

    /// The fixed prompts' templates.
    pub fn templates(&self) -> Vec<String> {
        self.template.split('|').map(|t| t.trim().to_owned()).collect()
    }

    /// The DB loss's parameters.
    pub fn db(&self) -> DbParameters {
        DbParameters {
            tau: self.tau,
            beta: self.beta,
            mu: self.mu,
            kappa: self.kappa,
            lambda: self.lambda,
            focal: self.focal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(pairs: &[&str]) -> Result<Settings, SettingError> {
        Settings::default().with_overrides(None, &pairs.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn values_of_every_kind_parse() {
        let s = set(&[
            "alpha=0.25",
            "top_k=16",
            "loss=bce",
            "context=per-class",
            "sampler=class-aware",
            "augment=false",
            "max_steps=8",
            "kd=mse",
            "precision=f16",
            "preprocess=pad",
            "template=a drawing of a {c}.|{c}",
            "lr_encoder=1e-3",
        ])
        .unwrap();
        assert_eq!((s.alpha, s.top_k, s.loss), (0.25, Some(16), LossKind::Bce));
        assert_eq!(
            (s.context, s.augment, s.max_steps),
            (ContextChoice::PerClass, false, Some(8))
        );
        assert_eq!(
            (s.sampler, set(&[]).unwrap().sampler),
            (Some(Sampler::ClassAware), None)
        );
        assert_eq!(s.templates(), ["a drawing of a {c}.", "{c}"]);
        assert_eq!(set(&["top_k=16", "top_k=null"]).unwrap().top_k, None);
    }

    #[test]
    fn what_is_chosen_on_validation_is_off_where_a_run_is_pure() {
        let keeps = |pairs: &[&str]| {
            let s = set(pairs).unwrap();
            (s.keeps(true), s.fits_alpha(true))
        };
        assert_eq!(keeps(&[]), (Keep::Best, true));
        assert_eq!(keeps(&["max_steps=9"]), (Keep::Last, false));
        assert_eq!(keeps(&["shuffle=false", "augment=false"]), (Keep::Last, false));
        assert_eq!(keeps(&["shuffle=false", "augment_set=none"]), (Keep::Last, false));
        assert_eq!(keeps(&["shuffle=false"]), (Keep::Best, true));
        assert_eq!(
            keeps(&["max_steps=9", "keep=best", "fit_alpha=true"]),
            (Keep::Best, true)
        );
        assert_eq!(keeps(&["keep=last", "fit_alpha=false"]), (Keep::Last, false));
        let s = set(&["keep=best", "fit_alpha=true"]).unwrap();
        assert_eq!(
            (s.keeps(false), s.fits_alpha(false)),
            (Keep::Last, false),
            "without a val split"
        );
    }

    #[test]
    fn an_unknown_name_suggests_the_nearest() {
        let error = set(&["lambda_ks=3"]).unwrap_err();
        assert_eq!(error.hint().unwrap(), "Did you mean `lambda_kd`?");
        assert!(set(&["wibble=3"]).unwrap_err().hint().unwrap().contains("alpha"));
    }

    #[test]
    fn bad_values_are_named() {
        for bad in [
            "alpha=2",
            "alpha=abc",
            "batch_1=0",
            "batch_1=-3",
            "loss=hinge",
            "lambda=0",
            "alpha",
            "template=no place",
            "student_init=imagenet",
            "warmup=nan",
            "top_k=1.5",
            "ema=1",
            "ema=-0.1",
            "layer_decay=0",
            "warm_prompts=1.1",
            "unfreeze=never",
            "sampler=balanced",
            "context=class",
            "layer_decay=1.5",
            "early_stop=0",
            "keep=first",
            "kd_view=other",
            "augment_set=wild",
            "micro_batch=-1",
            "fit_alpha=perhaps",
            "checkpointing=7",
        ] {
            assert!(set(&[bad]).is_err(), "{bad} was accepted");
        }
    }

    #[test]
    fn bad_values_are_explained_in_words() {
        let said = |pair: &str| set(&[pair]).unwrap_err().to_string();
        assert!(
            said("epochs_1=many").contains("a whole number is expected"),
            "{}",
            said("epochs_1=many")
        );
        assert!(said("batch_1=-3").contains("a whole number is expected"));
        assert!(said("alpha=abc").contains("a number is expected"));
        assert!(said("augment=perhaps").contains("true or false is expected"));
        assert!(said("loss=hinge").contains("`bce`"), "{}", said("loss=hinge"));
    }

    #[test]
    fn a_file_applies_before_the_command_line() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "alpha = 0.75\nloss = \"asl\"\nepochs_1 = 3\n").unwrap();
        let s = Settings::default()
            .with_overrides(Some(file.path()), &["alpha=0.1".to_owned()])
            .unwrap();
        assert_eq!((s.alpha, s.loss, s.epochs_1), (0.1, LossKind::Asl, 3));
        std::fs::write(file.path(), "alhpa = 0.75\n").unwrap();
        assert!(matches!(
            Settings::default().with_overrides(Some(file.path()), &[]),
            Err(SettingError::Unknown { .. })
        ));
        assert!(matches!(
            Settings::default().with_overrides(Some(Path::new("/nowhere.toml")), &[]),
            Err(SettingError::File { .. })
        ));
    }
}
