//! What the program proposes for a set of pictures: few and uneven pictures need more passes, smaller steps, another batch. A pure
//! function of a few counts, so that the same project gives the same proposal. docs/few-shot.md says what was measured.

use super::data::{self, Pictures};
use super::{split, starter_model};
use crate::dataset::model::Split;
use crate::engine::Failure;
use crate::engine::event::Proposed;
use crate::engine::request::Scheme;
use crate::project::Project;

/// What a proposal depends on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Facts {
    /// Training pictures.
    pub pictures: usize,
    /// Training pictures of each label.
    pub positives: Vec<usize>,
    /// Whether training starts from the built-in model.
    pub built_in: bool,
}

impl Facts {
    /// Of training pictures with their labels, and the model that training starts from.
    pub fn of(train: &Pictures, labels: usize, wanted: &str) -> Self {
        Self {
            pictures: train.items.len(),
            positives: train.positives(labels),
            built_in: wanted == starter_model::NAME,
        }
    }
}

/// Pictures of the rarest label from which some are held back to choose settings on, and from which some are held back to test on.
const HELD_BACK: [usize; 2] = [10, 25];

/// A proposed split.
pub(crate) struct Proposal {
    /// How it is made.
    pub scheme: Scheme,
    /// The split of each picture of the project, in its order.
    pub splits: Vec<Option<Split>>,
}

/// The split that a project needs before it is trained: where it has none, and where pictures have been labelled since the last
/// proposed one. As long as nothing is held back it is drawn anew, so that something is once there are enough; after that
/// pictures only join the training pictures, and results stay comparable. `None`: it is well as it is.
///
/// # Errors
/// [`Failure`] where the project cannot be read.
pub(crate) fn split_of(project: &Project, seed: u64) -> Result<Option<Proposal>, Failure> {
    let pictures = project.pictures(None)?;
    let ids: Vec<i64> = pictures.iter().map(|p| p.id).collect();
    let truth = project.truth(&ids)?;
    let positives = truth.positives();
    let drawn = || -> Result<Option<Proposal>, Failure> {
        let Some((fractions, labelled)) = shares(&positives, truth.cols) else {
            return Ok(None);
        };
        Ok(Some(Proposal {
            splits: split::at_random(&positives, truth.cols, (fractions, labelled), seed)?,
            scheme: Scheme::Random { fractions, labelled },
        }))
    };
    if data::unsplit(project)? {
        return drawn();
    }
    let made = project.splits_made()?;
    let current = made.iter().find(|record| record.current);
    let scheme = current.and_then(|record| serde_json::from_value::<Scheme>(record.recipe.scheme.clone()).ok());
    let proposed = matches!(scheme, Some(Scheme::Random { labelled: true, .. } | Scheme::Join));
    let loose = (pictures.iter().zip(&positives)).any(|(p, labels)| p.split.is_none() && !labels.is_empty());
    if !(proposed && loose) {
        return Ok(None);
    }
    if pictures.iter().all(|p| matches!(p.split, None | Some(Split::Train))) {
        return drawn();
    }
    Ok(Some(Proposal {
        scheme: Scheme::Join,
        splits: split::joined(&pictures, &positives),
    }))
}

/// Shares of train, val and test, and whether pictures without a label are left out: only pictures with a label are learned from (one without may simply not have been looked
/// at), and as many are held back as the rarest label can spare. `None` where no picture has a label.
fn shares(positives: &[Vec<usize>], labels: usize) -> Option<([f64; 3], bool)> {
    let mut counts = vec![0usize; labels];
    let known = positives.iter().flatten().filter(|l| **l < labels);
    known.for_each(|l| counts[*l] += 1);
    let rarest = counts.into_iter().filter(|n| *n > 0).min()?;
    let fractions = match rarest {
        n if n < HELD_BACK[0] => [1.0, 0.0, 0.0],
        n if n < HELD_BACK[1] => [0.8, 0.2, 0.0],
        _ => [0.6, 0.15, 0.25],
    };
    let labelled = positives.iter().any(Vec::is_empty);
    Some((fractions, labelled))
}

/// Steps that Stage 1 should have at least, and passes that it should not exceed.
const STEPS_1: (usize, usize) = (200, 60);
/// The same for Stage 2.
const STEPS_2: (usize, usize) = (200, 150);

/// Proposes settings that differ from the defaults, each with its reason.
pub(crate) fn propose(facts: &Facts) -> Vec<Proposed> {
    let mut proposed = Vec::new();
    let mut put = |name: &str, value: String, why: &str| {
        proposed.push(Proposed {
            name: name.to_owned(),
            value,
            why: why.to_owned(),
        });
    };
    if facts.built_in {
        let small = "the built-in model is small: it wants larger steps";
        put("lr_encoder", "2e-4".to_owned(), small);
        put("lr_heads", "2e-4".to_owned(), small);
        let patches = "what it knows is in few patches rather than in the whole picture";
        put("alpha", "0.15".to_owned(), patches);
        put("top_k", "6".to_owned(), patches);
        put(
            "lambda_kd",
            "1".to_owned(),
            "it knows drawings only: your pictures may teach it more than it can hold on to",
        );
    }
    let few = facts.pictures < 200;
    let batch_1 = if few { 16 } else { 32 };
    if few {
        put(
            "batch_1",
            batch_1.to_string(),
            "with few pictures more, smaller steps teach more",
        );
    }
    let passes = |batch: usize, (steps, most): (usize, usize), usual: usize| {
        let per_pass = facts.pictures.div_ceil(batch).max(1);
        steps.div_ceil(per_pass).clamp(usual, most.max(usual))
    };
    let why = "few pictures make short passes: more of them";
    let (epochs_1, epochs_2) = (passes(batch_1, STEPS_1, 10), passes(64, STEPS_2, 50));
    if epochs_1 != 10 {
        put("epochs_1", epochs_1.to_string(), why);
    }
    if epochs_2 != 50 {
        put("epochs_2", epochs_2.to_string(), why);
    }
    proposed
}

/// As `key=value`.
pub(crate) fn pairs(proposed: &[Proposed]) -> Vec<String> {
    proposed.iter().map(|p| format!("{}={}", p.name, p.value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::settings::Settings;

    fn facts(pictures: usize) -> Facts {
        Facts {
            pictures,
            positives: vec![pictures / 2; 3],
            built_in: false,
        }
    }

    fn settings(facts: &Facts) -> Settings {
        Settings::default()
            .with_overrides(None, &pairs(&propose(facts)))
            .unwrap()
    }

    #[test]
    fn many_pictures_are_trained_on_as_usual() {
        assert!(propose(&facts(5_000)).is_empty());
    }

    #[test]
    fn few_pictures_get_more_passes_but_not_without_end() {
        let of = |n| settings(&facts(n)).epochs_1;
        assert!(of(10) == STEPS_1.1 && of(100) > of(1_000) && of(1_000) == 10);
        for n in [1, 7, 40, 300, 3_000] {
            let s = settings(&facts(n));
            assert!(s.epochs_1 >= 10 && s.epochs_2 >= 50);
        }
    }

    #[test]
    fn as_many_are_held_back_as_the_rarest_label_can_spare() {
        // Two labels; the second is on every `nth` picture, and some pictures have none.
        let made = |pictures: usize, nth: usize| -> Vec<Vec<usize>> {
            (0..pictures)
                .map(|i| if i % nth == 0 { vec![0, 1] } else { vec![0] })
                .collect()
        };
        let of = |positives: &[Vec<usize>]| shares(positives, 3).unwrap();
        assert_eq!(
            of(&made(40, 8)),
            ([1.0, 0.0, 0.0], false),
            "five pictures are all learned from"
        );
        assert_eq!(of(&made(160, 8)), ([0.8, 0.2, 0.0], false));
        assert_eq!(of(&made(400, 8)), ([0.6, 0.15, 0.25], false));
        let mut some = made(40, 8);
        some.push(Vec::new());
        assert!(of(&some).1, "a picture without a label may not have been looked at");
        assert!(shares(&[Vec::new(), Vec::new()], 3).is_none());
    }

    #[test]
    fn the_built_in_model_gets_its_own_rates() {
        let own = Facts {
            built_in: true,
            ..facts(5_000)
        };
        assert_eq!(settings(&own).lr_encoder, 2e-4);
        assert!(propose(&own).iter().all(|p| !p.why.is_empty()));
    }
}
