//! Hierarchical prompts (METHOD section 7): learned context vectors for each view, shared by all classes, optionally with
//! an offset of each class.

use super::packing::{ClassPrompts, Packing, by_length, runs};
use crate::clip::checkpoint::RawTensor;
use crate::clip::layers::parameter;
use crate::clip::text::TextTower;
use crate::clip::tokenizer::{EOT, SOT, Tokenizer, prompt};
use crate::support::rng;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

/// Whether classes share their context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContextKind {
    /// One context for all classes.
    Shared,
    /// Plus an offset d_c of each class (rho = 1).
    PerClass,
    /// Plus an offset weighted by the class's rarity, rho = 1 - log(1+n_c)/log(1+max n).
    Rarity,
}

/// What the context starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContextInit {
    /// The embeddings of "a photo of a".
    Phrase,
    /// N(0, 0.02).
    Random,
}

/// The phrase of [`ContextInit::Phrase`]; four tokens.
pub const PHRASE: &str = "a photo of a";

/// Which vectors are learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContextPlan {
    /// Whether classes share them.
    pub kind: ContextKind,
    /// What they start from.
    pub init: ContextInit,
    /// How many there are for each view, M.
    pub tokens: usize,
}

/// The learned vectors.
#[derive(Module, Debug)]
pub struct Contexts {
    global: Param<Tensor<2>>,
    local: Param<Tensor<2>>,
    global_offset: Option<Param<Tensor<3>>>,
    local_offset: Option<Param<Tensor<3>>>,
}

/// Names and host values of the learned vectors, for checkpoints.
pub type ContextValues = Vec<(String, RawTensor)>;

impl Contexts {
    /// The starting point: the plan's vectors for each view, offsets zero.
    ///
    /// # Errors
    /// In words, where `init` is the phrase and `tokens` is not its length.
    pub fn start(
        text: &TextTower,
        tokenizer: &Tokenizer,
        plan: ContextPlan,
        classes: usize,
        seed: u64,
        device: &Device,
    ) -> Result<Self, String> {
        let ContextPlan { kind, init, tokens } = plan;
        let width = text.width();
        let start = |purpose: &str| -> Result<Vec<f32>, String> {
            match init {
                ContextInit::Phrase => {
                    let ids = tokenizer.encode_words(PHRASE);
                    if ids.len() != tokens {
                        return Err(format!(
                            "context_init=phrase has {} tokens (\"{PHRASE}\"), but context_tokens is {tokens}: use context_init=random for another number",
                            ids.len()
                        ));
                    }
                    Ok(text.lookup(&ids))
                }
                ContextInit::Random => {
                    let mut rng = rng::stream(seed, purpose, 0);
                    Ok((0..tokens * width).map(|_| rng::normal(&mut rng) * 0.02).collect())
                }
            }
        };
        let offset = || {
            (kind != ContextKind::Shared).then(|| {
                parameter(
                    RawTensor {
                        shape: vec![classes, tokens, width],
                        data: vec![0.0; classes * tokens * width],
                    },
                    device,
                )
            })
        };
        let vectors = |data| {
            parameter(
                RawTensor {
                    shape: vec![tokens, width],
                    data,
                },
                device,
            )
        };
        Ok(Self {
            global: vectors(start("context_global")?),
            local: vectors(start("context_local")?),
            global_offset: offset(),
            local_offset: offset(),
        })
    }

    /// Whether classes have offsets of their own.
    fn differ(&self) -> bool {
        self.global_offset.is_some() || self.local_offset.is_some()
    }

    /// The text embeddings (tG, tL) of some classes with the shared context; offsets do not count.
    ///
    /// # Shapes
    /// - result: two of `[some, embed]` in the order of `prompts.classes()`, L2-normalised
    pub fn encode(&self, text: &TextTower, prompts: &ClassPrompts) -> (Tensor<2>, Tensor<2>) {
        prompts.encode(text, [self.global.val(), self.local.val()])
    }
}

/// The parts of every class's prompt that do not learn, and how its offset counts.
pub struct PromptFrame {
    /// `[classes, 1, width]`: start of text.
    prefix: Tensor<3>,
    /// `[classes, rest, width]`: class tokens, full stop, end of text, zeros.
    suffix: Tensor<3>,
    /// Index of each prompt's end of text.
    end: Vec<usize>,
    /// rho_c, `[classes, 1, 1]`.
    rho: Tensor<3>,
    /// Token ids of each class, its end of text included.
    ids: Vec<Vec<u32>>,
    /// Learned vectors of each view, M.
    tokens: usize,
    /// All classes packed, where they share their context.
    packed: Option<ClassPrompts>,
}

impl PromptFrame {
    /// Tokenises the labels for contexts of `tokens` vectors. `positives[c]` is n_c of the training split.
    pub fn new(
        text: &TextTower,
        tokenizer: &Tokenizer,
        labels: &[String],
        tokens: usize,
        kind: ContextKind,
        positives: &[usize],
        device: &Device,
    ) -> Self {
        let room = text.context().saturating_sub(tokens + 2);
        let classes: Vec<Vec<u32>> = labels
            .iter()
            .map(|label| {
                // The name and its full stop are one text: a name that ends in punctuation joins it, as in t0.
                let mut ids = tokenizer.encode_words(&prompt("{c}.", label));
                ids.truncate(room);
                ids.push(EOT);
                ids
            })
            .collect();
        let end: Vec<usize> = classes.iter().map(|ids| tokens + ids.len()).collect();
        // embed() trims to the longest class, so the tower runs only up to the longest end of text.
        let suffix = text.embed(&classes).tokens;
        let prefix = text.embed(&vec![vec![SOT]; labels.len()]).tokens;
        let most = positives.iter().copied().max().unwrap_or(0).max(1) as f64;
        let rho = positives
            .iter()
            .map(|n| match kind {
                ContextKind::Rarity => (1.0 - (1.0 + (*n).max(1) as f64).ln() / (1.0 + most).ln()) as f32,
                _ => 1.0,
            })
            .collect::<Vec<f32>>();
        let rho = Tensor::<1>::from_floats(rho.as_slice(), device).reshape([labels.len(), 1, 1]);
        let shares = kind == ContextKind::Shared && !labels.is_empty();
        let packed = shares.then(|| ClassPrompts::new(text, &classes, by_length(&classes), tokens, Packing::ByLength));
        Self {
            prefix,
            suffix,
            end,
            rho,
            ids: classes,
            tokens,
            packed,
        }
    }

    /// The same prompts, each computed whole and padded to the longest, as those of contexts that differ are.
    #[must_use]
    pub fn without_sharing(self) -> Self {
        Self { packed: None, ..self }
    }

    /// The classes in at most `count` parts whose prompts take about equally long, each of at least `smallest` classes (but for few
    /// classes), to be encoded on their own. Which class is in which part depends on nothing else, so a resumed run computes what the
    /// uninterrupted one would have. Empty where classes have contexts of their own.
    pub fn parts(&self, text: &TextTower, count: usize, smallest: usize, packing: Packing) -> Vec<ClassPrompts> {
        if self.packed.is_none() {
            return Vec::new();
        }
        runs(&self.ids, count, smallest)
            .into_iter()
            .map(|classes| ClassPrompts::new(text, &self.ids, classes, self.tokens, packing))
            .collect()
    }

    /// The text embeddings (tG, tL) of the learned prompts. Where classes share their context it is computed once for each view.
    ///
    /// # Shapes
    /// - result: two of `[classes, embed]`, L2-normalised
    pub fn encode(&self, text: &TextTower, contexts: &Contexts) -> (Tensor<2>, Tensor<2>) {
        match &self.packed {
            Some(packed) if !contexts.differ() => {
                let (global, local) = contexts.encode(text, packed);
                (packed.in_order(global), packed.in_order(local))
            }
            _ => self.encode_padded(text, contexts),
        }
    }

    /// The same, each class's whole prompt on its own and padded to the longest: what contexts that differ between classes need, and what
    /// the shared way is compared with.
    ///
    /// # Shapes
    /// - result: two of `[classes, embed]`, L2-normalised
    pub fn encode_padded(&self, text: &TextTower, contexts: &Contexts) -> (Tensor<2>, Tensor<2>) {
        let classes = self.end.len();
        let assemble = |shared: &Param<Tensor<2>>, offset: &Option<Param<Tensor<3>>>| {
            let [tokens, width] = shared.val().dims();
            let mut context = shared
                .val()
                .reshape([1, tokens, width])
                .expand([classes, tokens, width]);
            if let Some(offset) = offset {
                context = context + offset.val() * self.rho.clone();
            }
            Tensor::cat(vec![self.prefix.clone(), context, self.suffix.clone()], 1)
        };
        // Both views in one pass through the tower.
        let global = assemble(&contexts.global, &contexts.global_offset);
        let local = assemble(&contexts.local, &contexts.local_offset);
        let end: Vec<usize> = self.end.iter().chain(&self.end).copied().collect();
        let both = text.forward(Tensor::cat(vec![global, local], 0), &end);
        let embed = both.dims()[1];
        (
            both.clone().slice([0..classes, 0..embed]),
            both.slice([classes..2 * classes, 0..embed]),
        )
    }
}
