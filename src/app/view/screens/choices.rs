//! What can be chosen for a training: every setting in plain words.

use crate::app::model::training_form::TrainForm;
use crate::app::view::icons;
use crate::app::view::theme::{self, TextSize};
use crate::train::settings::names;
use eframe::egui::{self, RichText, Ui};
use std::collections::BTreeMap;

/// Settings in plain words: the technical name, the plain one, what it does.
const WORDS: [(&str, &str, &str); 49] = [
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
        "shared, per-class, rarity, or auto: Stage 2 tries all three and keeps what does best on the validation pictures",
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
        "sampler",
        "Which pictures a pass takes",
        "uniform: each once; class-aware: label by label, so that rare labels are seen as often as frequent ones",
    ),
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

/// What can be chosen where a setting is one of a few words; empty for the others.
fn options(name: &str) -> &'static [&'static str] {
    match name {
        "focal" | "augment" | "shuffle" | "checkpointing" => &["true", "false"],
        "fit_alpha" => &["", "true", "false"],
        "patch_features" => &["", "token", "value"],
        "preprocess" => &["stretch", "crop", "pad"],
        "input_size" => &["", "224", "336", "448"],
        "student_init" => &["clip", "imagenet", "random"],
        "loss" => &["db", "bce", "asl"],
        "kd" => &["l1", "mse", "cosine"],
        "context" => &["shared", "per-class", "rarity", "auto"],
        "sampler" => &["", "uniform", "class-aware"],
        "context_init" => &["phrase", "random"],
        "precision" => &["f32", "f16"],
        "keep" => &["", "best", "last"],
        "kd_view" => &["cached", "same"],
        "augment_set" => &["light", "strong", "none"],
        "unfreeze" => &["all", "gradual"],
        _ => &[],
    }
}

/// What a value that was left empty is called.
const BY_ITSELF: &str = "by itself";

/// Every setting: plain name, value, technical name, and its sentence. `usual` are the values that nobody changed.
pub(super) fn table(ui: &mut Ui, form: &mut TrainForm, usual: &BTreeMap<String, String>) {
    ui.add_space(theme::SMALL);
    egui::Grid::new("settings")
        .num_columns(4)
        .striped(true)
        .spacing([14.0, 5.0])
        .show(ui, |ui| {
            for name in names() {
                row(ui, form, &name, usual.get(&name).map_or("", String::as_str));
                ui.end_row();
            }
            ui.label("Seed");
            ui.add(egui::DragValue::new(&mut form.seed));
            ui.label("");
            sentence(ui, "seed", words("seed").1);
            ui.end_row();
        });
}

fn row(ui: &mut Ui, form: &mut TrainForm, name: &str, usual: &str) {
    let (plain, help) = words(name);
    let changed = form.changed.contains_key(name);
    let mut plain_words = RichText::new(plain);
    if changed {
        plain_words = plain_words.color(theme::palette(ui).accent).family(theme::strong());
    }
    ui.label(plain_words);
    let mut value = form.changed.get(name).cloned().unwrap_or_else(|| usual.to_owned());
    let before = value.clone();
    let title = format!("{plain} ({name})");
    let options = options(name);
    if options.is_empty() {
        let width: f32 = if name == "template" || name == "student_path" {
            150.0
        } else {
            100.0
        };
        let field = egui::TextEdit::singleline(&mut value).hint_text(BY_ITSELF);
        let field = ui.add_sized([width, theme::HIT], field);
        field.widget_info(|| crate::app::view::widgets::field_info("", &title));
    } else {
        let called = |v: &str| {
            if v.is_empty() {
                BY_ITSELF.to_owned()
            } else {
                v.to_owned()
            }
        };
        let combo = egui::ComboBox::from_id_salt(name)
            .width(100.0)
            .selected_text(called(&value))
            .show_ui(ui, |ui| {
                for option in options {
                    ui.selectable_value(&mut value, (*option).to_owned(), called(option));
                }
            });
        let info = || egui::WidgetInfo::labeled(egui::Role::ComboBox, true, &title);
        combo.response.widget_info(info);
    }
    if value != before {
        if value.trim() == usual {
            form.changed.remove(name);
        } else {
            form.changed.insert(name.to_owned(), value);
        }
    }
    if changed {
        let back = if usual.is_empty() { BY_ITSELF } else { usual };
        let reset = ui
            .button(icons::ARROW_COUNTER_CLOCKWISE)
            .on_hover_text(format!("Back to {back}"));
        reset.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Reset {plain}")));
        if reset.clicked() {
            form.changed.remove(name);
        }
    } else {
        ui.label("");
    }
    sentence(ui, name, help);
}

/// The technical name and what the setting does.
fn sentence(ui: &mut Ui, name: &str, help: &str) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        ui.label(RichText::new(name).monospace().color(theme::palette(ui).quiet));
        let words = RichText::new(help)
            .color(theme::palette(ui).quiet)
            .size(TextSize::Small.points());
        ui.add(egui::Label::new(words).truncate()).on_hover_text(help);
    });
}

fn words(name: &str) -> (&'static str, &'static str) {
    WORDS.iter().find(|w| w.0 == name).map_or(("", ""), |w| (w.1, w.2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::model::training_form::{Own, PRESETS, Preset, request};
    use crate::train::settings::Settings;
    use std::path::Path;

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
        for (i, ready) in PRESETS.iter().enumerate() {
            let form = TrainForm {
                preset: Preset::Ready(i),
                ..TrainForm::default()
            };
            let set = request(&form, &Own::new(), Path::new("")).set;
            assert_eq!(set, ready.2);
            assert!(Settings::default().with_overrides(None, &set).is_ok());
        }
    }

    #[test]
    fn every_word_that_is_offered_is_taken() {
        for name in names() {
            for option in options(&name).iter().filter(|o| !o.is_empty()) {
                let mut set = vec![format!("{name}={option}")];
                if *option == "imagenet" {
                    set.push("student_path=vit".to_owned());
                }
                if *option == "random" && name == "context_init" {
                    set.push("context_tokens=8".to_owned());
                }
                let parsed = Settings::default().with_overrides(None, &set);
                assert!(parsed.is_ok(), "{name}={option}: {parsed:?}");
            }
            let usual = Settings::default().values()[&name].clone();
            assert!(
                options(&name).is_empty() || options(&name).contains(&usual.as_str()),
                "{name}"
            );
        }
    }
}
