//! The checkpoints known by name: what each is good for, its licence and size, and where its files are.
//!
//! OpenAI's addresses carry the SHA-256 of their file and are taken from OpenAI's own code (`clip/clip.py`). No hash of a
//! file on the hub is written down here: the hub declares it with every answer.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Image and text tower: finds labels by their names.
    Clip,
    /// An image tower alone: a start for a student.
    Vit,
}

/// A model that Patchlight can download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelInfo {
    /// The name that `--model` and [`super::resolve`] take.
    pub name: &'static str,
    pub title: &'static str,
    pub good_for: &'static str,
    /// Licence of the weights, as an SPDX identifier.
    pub licence: &'static str,
    pub kind: Kind,
    /// Width of the shared embedding; `None` for a plain ViT.
    pub embed: Option<usize>,
    /// Side of a patch in pixels.
    pub patch: usize,
    /// Side of the square input in pixels.
    pub input: usize,
    /// Where to get it, in the order tried.
    pub sources: &'static [Source],
}

impl ModelInfo {
    /// About how many bytes the download from the first source has.
    pub fn size(&self) -> u64 {
        self.sources.first().map_or(0, Source::size)
    }
}

/// A place that offers all files of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A repository on the Hugging Face hub, or on a mirror of it.
    Hub {
        repo: &'static str,
        /// Branch, tag or commit.
        revision: &'static str,
        /// The files, small ones first.
        files: &'static [HubFile],
        /// About how many bytes all files have.
        size: u64,
    },
    /// One file at a fixed address that carries its SHA-256.
    Address {
        by: &'static str,
        url: &'static str,
        /// The SHA-256 in the address, in hexadecimal.
        sha256: &'static str,
        /// The file's name in the cache.
        file: &'static str,
        /// About how many bytes it has.
        size: u64,
    },
}

impl Source {
    pub fn size(&self) -> u64 {
        match self {
            Self::Hub { size, .. } | Self::Address { size, .. } => *size,
        }
    }

    pub fn is_hub(&self) -> bool {
        matches!(self, Self::Hub { .. })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HubFile {
    /// Its names, the best first: the first that the repository has is taken.
    pub names: &'static [&'static str],
    pub required: bool,
}

const fn required(names: &'static [&'static str]) -> HubFile {
    HubFile { names, required: true }
}

const fn optional(names: &'static [&'static str]) -> HubFile {
    HubFile { names, required: false }
}

/// As transformers stores a model. Older repositories have the weights as a pickle only.
const HF_FILES: &[HubFile] = &[
    required(&["config.json"]),
    optional(&["preprocessor_config.json"]),
    required(&["model.safetensors", "pytorch_model.bin"]),
];

const OPEN_CLIP_FILES: &[HubFile] = &[
    required(&["open_clip_config.json"]),
    required(&["open_clip_model.safetensors", "open_clip_pytorch_model.bin"]),
];

const fn hf(repo: &'static str, size: u64) -> Source {
    Source::Hub {
        repo,
        revision: "main",
        files: HF_FILES,
        size,
    }
}

const fn open_clip(repo: &'static str, size: u64) -> Source {
    Source::Hub {
        repo,
        revision: "main",
        files: OPEN_CLIP_FILES,
        size,
    }
}

const fn openai(url: &'static str, sha256: &'static str, file: &'static str, size: u64) -> Source {
    Source::Address {
        by: "OpenAI",
        url,
        sha256,
        file,
        size,
    }
}

const MB: u64 = 1_000_000;

const CATALOGUE: &[ModelInfo] = &[
    ModelInfo {
        name: "clip-vit-b16",
        title: "CLIP ViT-B/16 (OpenAI)",
        good_for: "The usual choice: good labels on photographs, and patches small enough to show where.",
        licence: "MIT",
        kind: Kind::Clip,
        embed: Some(512),
        patch: 16,
        input: 224,
        sources: &[
            openai(
                "https://openaipublic.azureedge.net/clip/models/5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f/ViT-B-16.pt",
                "5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f",
                "ViT-B-16.pt",
                351 * MB,
            ),
            hf("openai/clip-vit-base-patch16", 599 * MB),
        ],
    },
    ModelInfo {
        name: "clip-vit-b32",
        title: "CLIP ViT-B/32 (OpenAI)",
        good_for: "Four times as fast as B/16 with coarser patches: for many pictures on a slow machine.",
        licence: "MIT",
        kind: Kind::Clip,
        embed: Some(512),
        patch: 32,
        input: 224,
        sources: &[
            openai(
                "https://openaipublic.azureedge.net/clip/models/40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af/ViT-B-32.pt",
                "40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af",
                "ViT-B-32.pt",
                354 * MB,
            ),
            hf("openai/clip-vit-base-patch32", 605 * MB),
        ],
    },
    ModelInfo {
        name: "clip-vit-l14",
        title: "CLIP ViT-L/14 (OpenAI)",
        good_for: "Better labels than B/16 at about four times the time and memory: for a real GPU.",
        licence: "MIT",
        kind: Kind::Clip,
        embed: Some(768),
        patch: 14,
        input: 224,
        sources: &[
            openai(
                "https://openaipublic.azureedge.net/clip/models/b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836/ViT-L-14.pt",
                "b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836",
                "ViT-L-14.pt",
                933 * MB,
            ),
            hf("openai/clip-vit-large-patch14", 1_711 * MB),
        ],
    },
    ModelInfo {
        name: "clip-vit-b16-laion2b",
        title: "CLIP ViT-B/16 (LAION-2B)",
        good_for: "B/16 trained on open data; worth a try where OpenAI's does not know your labels.",
        licence: "MIT",
        kind: Kind::Clip,
        embed: Some(512),
        patch: 16,
        input: 224,
        sources: &[open_clip("laion/CLIP-ViT-B-16-laion2B-s34B-b88K", 599 * MB)],
    },
    ModelInfo {
        name: "clip-vit-b32-laion2b",
        title: "CLIP ViT-B/32 (LAION-2B)",
        good_for: "B/32 trained on open data: fast, with coarse patches.",
        licence: "MIT",
        kind: Kind::Clip,
        embed: Some(512),
        patch: 32,
        input: 224,
        sources: &[open_clip("laion/CLIP-ViT-B-32-laion2B-s34B-b79K", 605 * MB)],
    },
    ModelInfo {
        name: "clip-vit-l14-laion2b",
        title: "CLIP ViT-L/14 (LAION-2B)",
        good_for: "L/14 trained on open data: slow and strong, for a real GPU.",
        licence: "MIT",
        kind: Kind::Clip,
        embed: Some(768),
        patch: 14,
        input: 224,
        sources: &[open_clip("laion/CLIP-ViT-L-14-laion2B-s32B-b82K", 1_711 * MB)],
    },
    ModelInfo {
        name: "tinyclip-vit-8m",
        title: "TinyCLIP ViT-8M/16 (YFCC-15M)",
        good_for: "A small download that runs quickly on a CPU; its labels are clearly weaker than B/16's.",
        licence: "MIT",
        kind: Kind::Clip,
        embed: Some(512),
        patch: 16,
        input: 224,
        sources: &[hf("wkcn/TinyCLIP-ViT-8M-16-Text-3M-YFCC15M", 94 * MB)],
    },
    ModelInfo {
        name: "tinyclip-vit-39m",
        title: "TinyCLIP ViT-39M/16 (YFCC-15M)",
        good_for: "Between the 8M one and B/16 in size, speed and quality.",
        licence: "MIT",
        kind: Kind::Clip,
        embed: Some(512),
        patch: 16,
        input: 224,
        sources: &[hf("wkcn/TinyCLIP-ViT-39M-16-Text-19M-YFCC15M", 334 * MB)],
    },
    ModelInfo {
        name: "vit-b16-imagenet",
        title: "ViT-B/16 (ImageNet-21k, ImageNet-1k)",
        good_for: "An image tower alone, to start a student from (`student_init=imagenet`); it cannot score labels by name.",
        licence: "Apache-2.0",
        kind: Kind::Vit,
        embed: None,
        patch: 16,
        input: 224,
        sources: &[hf("google/vit-base-patch16-224", 346 * MB)],
    },
];

pub fn catalogue() -> &'static [ModelInfo] {
    CATALOGUE
}

pub fn find(name: &str) -> Option<&'static ModelInfo> {
    CATALOGUE.iter().find(|model| model.name == name)
}

/// The known name nearest to `name`, where one is near.
pub fn nearest(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    let near = |known: &str| strsim::normalized_damerau_levenshtein(known, &name);
    let best = CATALOGUE
        .iter()
        .map(|model| (near(model.name), model.name))
        .max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 >= 0.5).then_some(best.1)
}

#[cfg(test)]
mod tests {
    use super::super::manifest::check_name;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn entries_are_complete_and_names_unique() {
        let unique: BTreeSet<&str> = catalogue().iter().map(|model| model.name).collect();
        assert_eq!(unique.len(), catalogue().len());
        for model in catalogue() {
            check_name(model.name).unwrap();
            assert!(
                model.good_for.ends_with('.') && !model.title.is_empty(),
                "{}",
                model.name
            );
            assert_eq!(model.embed.is_none(), model.kind == Kind::Vit, "{}", model.name);
            assert!(
                model.size() > 50 * MB && model.input.is_multiple_of(model.patch),
                "{}",
                model.name
            );
        }
    }

    #[test]
    fn addresses_carry_the_hash_they_are_checked_against() {
        let mut seen = 0;
        for source in catalogue().iter().flat_map(|model| model.sources) {
            match source {
                Source::Address { url, sha256, file, .. } => {
                    seen += 1;
                    assert!(sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_hexdigit()));
                    assert!(
                        url.starts_with("https://") && url.ends_with(&format!("/{sha256}/{file}")),
                        "{url}"
                    );
                }
                Source::Hub { repo, files, .. } => {
                    assert_eq!(repo.split('/').count(), 2, "{repo}");
                    let last = files.last().unwrap();
                    assert!(
                        last.required && last.names[0].ends_with(".safetensors"),
                        "weights come last"
                    );
                }
            }
        }
        assert_eq!(seen, 3);
    }

    #[test]
    fn a_slip_is_answered_with_the_nearest_name() {
        assert_eq!(nearest("clip-vit-b-16"), Some("clip-vit-b16"));
        assert_eq!(nearest("CLIP-ViT-L14"), Some("clip-vit-l14"));
        assert_eq!(nearest("holiday.jpg"), None);
        assert!(find("clip-vit-b16").is_some() && find("clip-vit-b17").is_none());
    }
}
