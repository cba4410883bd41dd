//! What can be chosen for a training: presets, and every setting in plain words.

use crate::app::icons;
use crate::app::state::TrainForm;
use crate::app::theme;
use crate::train::settings::{Settings, names};
use eframe::egui::{self, RichText, Ui};

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

/// Settings in plain words: the technical name, the plain one, what it does.
const WORDS: [(&str, &str, &str); 48] = [
    (
        "alpha",
        "Whole picture against details",
        "How much the whole picture counts against its parts, from 0 to 1",
    ),
    (
        "top_k",
        "Patches that speak for a label",
        "K; empty: 32 of 196, scaled to the grid",
    ),
    (
        "patch_features",
        "Where patch features come from",
        "token or value; empty: token in Stage 1, value without it",
    ),
    ("preprocess", "How a picture becomes a square", "stretch, crop or pad"),
    (
        "input_size",
        "Side of that square in pixels",
        "Empty: what the model was made for; larger sees smaller things and is slower",
    ),
    (
        "student_init",
        "What the student starts from",
        "clip, imagenet or random",
    ),
    (
        "student_path",
        "The ViT of student_init=imagenet",
        "Folder of its checkpoint",
    ),
    (
        "loss",
        "Classification loss",
        "db (balances rare and frequent labels), bce or asl",
    ),
    ("focal", "Weigh hard examples more", "Focal factor of the DB loss"),
    ("tau", "Smallest weight of an example", "DB loss, tau"),
    ("beta", "Steepness of the re-balancing", "DB loss, beta"),
    ("mu", "Centre of the re-balancing", "DB loss, mu"),
    ("kappa", "Strength of the class bias", "DB loss, kappa"),
    ("lambda", "Tolerance of negatives", "DB loss, lambda"),
    (
        "lambda_kd",
        "How closely to stay with CLIP's pictures",
        "Weight of the distillation in Stage 1",
    ),
    ("kd", "How that closeness is measured", "l1, mse or cosine"),
    (
        "lambda_sc",
        "How closely to stay with CLIP's words",
        "Weight of the semantic consistency in Stage 2; 0 lets frequent labels be forgotten",
    ),
    (
        "context",
        "Whether labels share their learned words",
        "shared, per-class or rarity",
    ),
    ("context_tokens", "Number of learned words", "M"),
    (
        "context_init",
        "What the learned words start from",
        "phrase (“a photo of a”) or random",
    ),
    (
        "template",
        "The fixed sentence",
        "With {c} for the label; several, separated by |, are averaged",
    ),
    ("epochs_1", "Passes in Stage 1", "Passes over the training pictures"),
    ("epochs_2", "Passes in Stage 2", "Passes over the training pictures"),
    (
        "lr_encoder",
        "Learning rate of the vision tower",
        "Small students want larger ones",
    ),
    ("lr_heads", "Learning rate of the two heads", "Stage 1"),
    ("lr_prompts", "Learning rate of the learned words", "Stage 2"),
    ("lr_scale", "Learning rate of scale and offset", "Both stages"),
    ("batch_1", "Pictures in a step of Stage 1", "Fewer need less memory"),
    ("batch_2", "Pictures in a step of Stage 2", "Fewer need less memory"),
    ("weight_decay", "Weight decay", "Stage 1"),
    ("warmup", "Share of steps in which the rate rises", "From 0 to 1"),
    ("clip_norm", "Largest gradient", "Norm of all gradients together"),
    ("augment", "Vary the pictures", "Mirror, crop, colours, in Stage 1"),
    ("shuffle", "Shuffle the pictures", "Every pass"),
    (
        "precision",
        "Numbers of the feature cache",
        "f32, or f16 for half the space; on a graphics card that can, Stage 1 computes in f16 too",
    ),
    (
        "max_steps",
        "Stop each stage after so many steps",
        "Empty: at the end of the last pass",
    ),
    (
        "early_stop",
        "Stop when nothing gets better",
        "Passes without a better result on the validation pictures; empty: never",
    ),
    (
        "keep",
        "Which pass is kept",
        "best or last; empty: the best where there are validation pictures",
    ),
    (
        "fit_alpha",
        "Choose whole picture against details at the end",
        "On the validation pictures: true or false; empty: where there are any",
    ),
    (
        "kd_view",
        "What CLIP sees of a varied picture",
        "cached (the whole picture, once) or same (what the student sees; slower)",
    ),
    (
        "layer_decay",
        "Slower learning deeper down",
        "Factor on the learning rate from each block to the one below it; 1: all alike",
    ),
    (
        "ema",
        "Average over the last steps",
        "Decay of the moving average that is measured and kept, for example 0.99; 0: none",
    ),
    (
        "augment_set",
        "How much the pictures vary",
        "light, strong (closer crops, grey, blur) or none",
    ),
    (
        "micro_batch",
        "Pictures computed at once",
        "Fewer need less memory and give the same result; empty: as many as fit",
    ),
    (
        "checkpointing",
        "Save memory by computing twice",
        "true or false: some intermediate results are computed again instead of kept",
    ),
    (
        "warm_prompts",
        "Share of steps for the learned words alone",
        "Joint training: from 0 to 1, before the pictures are learned too",
    ),
    (
        "unfreeze",
        "When the vision tower begins to learn",
        "Joint training: all (at once) or gradual (from the top block down)",
    ),
    ("seed", "Seed", "The same seed gives the same result on the CPU"),
];

/// Every setting: plain name, technical name, value, default.
pub fn table(ui: &mut Ui, form: &mut TrainForm) {
    // What a preset says is the default of this form.
    let defaults = Settings::default()
        .with_overrides(None, &preset(form))
        .unwrap_or_default()
        .values();
    ui.add_space(theme::SMALL);
    egui::Grid::new("settings")
        .num_columns(4)
        .striped(true)
        .spacing([14.0, 5.0])
        .show(ui, |ui| {
            for name in names() {
                let (plain, help) = words(&name);
                let default = defaults.get(&name).cloned().unwrap_or_default();
                ui.label(plain).on_hover_text(help);
                ui.label(RichText::new(&name).monospace().color(theme::palette(ui).quiet))
                    .on_hover_text(help);
                let mut value = form.changed.get(&name).cloned().unwrap_or_else(|| default.clone());
                let width: f32 = if name == "template" || name == "student_path" {
                    220.0
                } else {
                    110.0
                };
                let field = ui.add_sized([width, theme::HIT], egui::TextEdit::singleline(&mut value));
                field.widget_info(|| egui::WidgetInfo::text_edit(true, "", "", format!("{plain} ({name})")));
                if field.changed() {
                    if value.trim() == default {
                        form.changed.remove(&name);
                    } else {
                        form.changed.insert(name.clone(), value);
                    }
                }
                if form.changed.contains_key(&name) {
                    if ui
                        .button(icons::ARROW_COUNTER_CLOCKWISE)
                        .on_hover_text(format!("Back to {default}"))
                        .clicked()
                    {
                        form.changed.remove(&name);
                    }
                } else {
                    ui.label("");
                }
                ui.end_row();
            }
            ui.label("Seed").on_hover_text(words("seed").1);
            ui.label(RichText::new("seed").monospace().color(theme::palette(ui).quiet));
            ui.add(egui::DragValue::new(&mut form.seed));
            ui.label("");
            ui.end_row();
        });
}

fn words(name: &str) -> (&'static str, &'static str) {
    WORDS.iter().find(|w| w.0 == name).map_or(("", ""), |w| (w.1, w.2))
}

/// What the chosen preset says, as `key=value`.
fn preset(form: &TrainForm) -> Vec<String> {
    let set = PRESETS.get(form.preset).map_or(&[][..], |p| p.2);
    set.iter().map(|s| (*s).to_owned()).collect()
}

/// Settings of the form as `key=value`: the preset's, then what was changed.
pub fn settings(form: &TrainForm) -> Vec<String> {
    let typed = form
        .changed
        .iter()
        .filter(|(_, v)| !v.trim().is_empty())
        .map(|(k, v)| format!("{k}={}", v.trim()));
    preset(form).into_iter().chain(typed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_words_and_every_preset_is_valid() {
        for name in names() {
            assert!(!words(&name).0.is_empty(), "{name}");
        }
        let known = names();
        for (name, ..) in WORDS {
            assert!(
                name == "seed" || known.iter().any(|n| n == name),
                "{name} is no setting"
            );
        }
        for preset in 0..PRESETS.len() {
            let form = TrainForm {
                preset,
                ..TrainForm::default()
            };
            assert!(Settings::default().with_overrides(None, &settings(&form)).is_ok());
        }
    }

    #[test]
    fn what_was_typed_goes_over_the_preset() {
        let mut form = TrainForm {
            preset: 0,
            ..TrainForm::default()
        };
        form.changed.insert("epochs_1".into(), " 7 ".into());
        form.changed.insert("top_k".into(), " ".into());
        let set = settings(&form);
        let parsed = Settings::default().with_overrides(None, &set).unwrap();
        assert_eq!((parsed.epochs_1, parsed.epochs_2), (7, 15));
    }
}
