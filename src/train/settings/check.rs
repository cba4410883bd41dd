//! Ranges of settings, and what does not go together.

use super::{SettingError, Settings};
use crate::method::prompts::ContextInit;
use crate::method::student::StudentInit;

/// Learned vectors that still leave some ten tokens of CLIP's 77 for a name.
const MAX_CONTEXT_TOKENS: usize = 64;

/// Tokens of "a photo of a".
const PHRASE_TOKENS: usize = 4;

impl Settings {
    /// Checks ranges.
    ///
    /// # Errors
    /// [`SettingError::Value`] for the first value out of range.
    pub fn check(&self) -> Result<(), SettingError> {
        let bad = |name: &str, problem: &str| {
            Err(SettingError::Value {
                name: name.to_owned(),
                problem: problem.to_owned(),
            })
        };
        let unit = [
            ("alpha", self.alpha),
            ("warmup", self.warmup),
            ("layer_decay", self.layer_decay),
            ("warm_prompts", self.warm_prompts),
        ];
        for (name, value) in unit {
            if !(0.0..=1.0).contains(&value) {
                return bad(name, &format!("{value} is not between 0 and 1"));
            }
        }
        let not_negative = [
            ("tau", self.tau),
            ("kappa", self.kappa),
            ("lambda_kd", self.lambda_kd),
            ("lambda_sc", self.lambda_sc),
            ("lr_encoder", self.lr_encoder),
            ("lr_heads", self.lr_heads),
            ("lr_prompts", self.lr_prompts),
            ("lr_scale", self.lr_scale),
            ("weight_decay", self.weight_decay),
        ];
        for (name, value) in not_negative {
            if !(value.is_finite() && value >= 0.0) {
                return bad(name, &format!("{value} is not a number of at least 0"));
            }
        }
        for (name, value) in [("lambda", self.lambda), ("clip_norm", self.clip_norm)] {
            if !(value.is_finite() && value > 0.0) {
                return bad(name, &format!("{value} is not a number above 0"));
            }
        }
        for (name, value) in [("beta", self.beta), ("mu", self.mu)] {
            if !value.is_finite() {
                return bad(name, "it is not a finite number");
            }
        }
        let counts = [
            ("batch_1", Some(self.batch_1)),
            ("batch_2", Some(self.batch_2)),
            ("context_tokens", Some(self.context_tokens)),
            ("top_k", self.top_k),
            ("input_size", self.input_size),
            ("early_stop", self.early_stop),
        ];
        for (name, value) in counts {
            if value == Some(0) {
                return bad(name, "it must be at least 1");
            }
        }
        if !(0.0..1.0).contains(&self.ema) {
            return bad("ema", &format!("{} is not at least 0 and under 1", self.ema));
        }
        if self.layer_decay == 0.0 {
            return bad("layer_decay", "0 would train the top block alone; use a number above 0");
        }
        if self.context_tokens > MAX_CONTEXT_TOKENS {
            return bad(
                "context_tokens",
                &format!("at most {MAX_CONTEXT_TOKENS} leave room for the label's name"),
            );
        }
        if self.context_init == ContextInit::Phrase && self.context_tokens != PHRASE_TOKENS {
            return bad(
                "context_tokens",
                &format!("context_init=phrase has {PHRASE_TOKENS}; use context_init=random for another number"),
            );
        }
        if self.templates().iter().any(|t| !t.contains("{c}") && !t.contains("{}")) {
            return bad("template", "it must hold {c}, which stands for the label");
        }
        if self.student_init == StudentInit::Imagenet && self.student_path.is_none() {
            return bad(
                "student_init",
                "imagenet needs student_path, the folder of a Hugging Face ViT",
            );
        }
        Ok(())
    }
}
