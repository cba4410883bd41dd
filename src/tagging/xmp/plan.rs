//! What would be written to sidecars, and writing exactly that.

use super::document::Document;
use super::edit::Edits;
use super::fault::Fault;
use super::keywords::{self, FIELDS, Keywords};
use super::merge::{self, Merge};
use super::names::{RDF, is_xml_char};
use super::naming::Sidecars;
use super::record::{Record, RecordedTag, utc};
use super::{rdf, text};
use crate::support::{atomic, hash};
use crate::tagging::error::TaggingError;
use crate::tagging::model::{BY_HAND, TaggedBy, Tags};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The most bytes of a sidecar; with large masks Lightroom's have some megabytes.
const LIMIT: u64 = 32 << 20;

/// What is to happen to a sidecar.
#[derive(Debug)]
pub enum Action {
    /// A new sidecar with these keywords.
    Create {
        /// All its keywords.
        added: Keywords,
    },
    /// Keywords come or go in a sidecar that is there. Both may be empty, where only our record of probabilities changes.
    Change {
        /// Keywords that come.
        added: Keywords,
        /// Keywords of ours that go.
        removed: Keywords,
    },
    /// The sidecar goes: we made it, and nobody added anything.
    Delete {
        /// Keywords of ours that go with it.
        removed: Keywords,
    },
    /// The sidecar is up to date, or there is none and nothing to write.
    Unchanged,
    /// Nothing will be written, for this reason.
    Refused(TaggingError),
}

/// What is to happen to the sidecar of one picture.
#[derive(Debug)]
pub struct SidecarPlan {
    /// The picture, which is never touched.
    pub picture: PathBuf,
    /// The sidecar; empty if the picture's path names none.
    pub sidecar: PathBuf,
    /// What is to happen.
    pub action: Action,
    /// Labels with `|` in a level, which Lightroom's field does not get.
    pub not_for_lightroom: Vec<String>,
    work: Work,
}

/// What carrying out a plan did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The sidecar was written.
    Written,
    /// The sidecar was deleted.
    Deleted,
    /// The plan was to do nothing, or was refused.
    Nothing,
}

#[derive(Debug)]
enum Work {
    Nothing,
    Create(String),
    /// Splices of the text of the file with this hash.
    Splice(String, Edits),
    /// Deletion of the file with this hash.
    Delete(String),
}

impl Sidecars {
    /// Plans writing a picture's tags; the tags of an earlier write that are not among them go. Nothing is written.
    pub fn plan_write(&self, tags: &Tags, tagger: &TaggedBy, now: SystemTime) -> SidecarPlan {
        let mut plan = SidecarPlan {
            picture: tags.image.clone(),
            sidecar: PathBuf::new(),
            action: Action::Unchanged,
            not_for_lightroom: Vec::new(),
            work: Work::Nothing,
        };
        if let Err(error) = self.fill(&mut plan, tags, tagger, now) {
            tracing::debug!(picture = %plan.picture.display(), %error, "sidecar refused");
            plan.action = Action::Refused(error);
            plan.work = Work::Nothing;
        }
        plan
    }

    /// Plans taking away the tags that we wrote to a picture's sidecar, and nothing else. Nothing is written.
    pub fn plan_removal(&self, picture: &Path) -> SidecarPlan {
        let none = Tags {
            image: picture.to_owned(),
            tags: Vec::new(),
        };
        let nobody = TaggedBy {
            name: String::new(),
            version: String::new(),
        };
        self.plan_write(&none, &nobody, SystemTime::UNIX_EPOCH)
    }

    fn fill(
        &self,
        plan: &mut SidecarPlan,
        tags: &Tags,
        tagger: &TaggedBy,
        now: SystemTime,
    ) -> Result<(), TaggingError> {
        plan.sidecar = self.of(&tags.image).inspect_err(|error| {
            if let TaggingError::SharedSidecar { sidecar, .. } = error {
                plan.sidecar.clone_from(sidecar);
            }
        })?;
        let recorded = recorded(tags, tagger, now)?;
        let wanted = keywords::of_labels(recorded.iter().map(|tag| tag.label.as_str()));
        let has_pipe = recorded.iter().filter(|tag| tag.label.contains('|'));
        plan.not_for_lightroom = has_pipe.map(|tag| tag.label.clone()).collect();
        let path = plan.sidecar.clone();
        let Some(bytes) = read(&path)? else {
            if !recorded.is_empty() {
                let (made, added) = create(&path, &wanted, recorded)?;
                plan.work = Work::Create(made);
                plan.action = Action::Create { added };
            }
            return Ok(());
        };
        let (text, encoding) = decode(&path, &bytes)?;
        let document = parse(&path, &text, encoding)?;
        let merged = merge::merge(&document, &wanted, recorded.clone(), false);
        let Some(merged) = merged.map_err(|fault| fault.in_file(&path, &text))? else {
            return Ok(());
        };
        if is_read_only(&path)? {
            return Err(TaggingError::ReadOnly { path });
        }
        let Merge {
            edits,
            added,
            removed,
            leaves_nothing,
        } = merged;
        let (added, removed) = (Keywords::from_lists(added), Keywords::from_lists(removed));
        let digest = hash::of_bytes(&bytes);
        if leaves_nothing {
            plan.action = Action::Delete { removed };
            plan.work = Work::Delete(digest);
            return Ok(());
        }
        read_back(&path, &text, &edits, &wanted, recorded)?;
        plan.action = Action::Change { added, removed };
        plan.work = Work::Splice(digest, edits);
        Ok(())
    }
}

impl SidecarPlan {
    /// Carries the plan out. The sidecar is written whole or not at all; a refused plan does nothing.
    ///
    /// # Errors
    /// If the sidecar is another one than when the plan was made, or cannot be written. It is untouched then.
    pub fn apply(&self) -> Result<Applied, TaggingError> {
        let path = self.sidecar.as_path();
        match &self.work {
            Work::Nothing => Ok(Applied::Nothing),
            Work::Create(text) => match atomic::write_new(path, text.as_bytes()) {
                Ok(()) => Ok(Applied::Written),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                    Err(TaggingError::Exists { path: path.to_owned() })
                }
                Err(error) => Err(TaggingError::io("write", path)(error)),
            },
            Work::Splice(digest, edits) => {
                let bytes = unchanged(path, digest)?;
                let (text, encoding) = decode(path, &bytes)?;
                let changed = || TaggingError::Changed { path: path.to_owned() };
                let merged = edits.apply(&text).ok_or_else(changed)?;
                // A link stays a link: what it leads to is written.
                let real = path.canonicalize().map_err(TaggingError::io("find", path))?;
                atomic::write(&real, &encoding.encode(&merged)).map_err(TaggingError::io("write", path))?;
                Ok(Applied::Written)
            }
            Work::Delete(digest) => {
                unchanged(path, digest)?;
                std::fs::remove_file(path).map_err(TaggingError::io("delete", path))?;
                Ok(Applied::Deleted)
            }
        }
    }
}

/// The tags as a sidecar records them, each label once with its highest probability.
fn recorded(tags: &Tags, tagger: &TaggedBy, now: SystemTime) -> Result<Vec<RecordedTag>, TaggingError> {
    tags.check()?;
    for name in [&tagger.name, &tagger.version] {
        if let Some(c) = name.chars().find(|c| !is_xml_char(*c)) {
            return Err(TaggingError::Name {
                what: "the tagger's name or version",
                name: name.clone(),
                problem: format!("holds the character U+{:04X}, which XML cannot hold", c as u32),
            });
        }
    }
    let date = utc(now);
    // What a person says goes before any probability.
    let mut best: Vec<(String, Option<f32>)> = Vec::new();
    let mut at = std::collections::HashMap::new();
    for tag in &tags.tags {
        let label = keywords::canonical(&tag.label)?;
        let i = *at.entry(label.clone()).or_insert(best.len());
        let probability = (!tag.by_hand).then_some(tag.probability);
        match best.get_mut(i) {
            Some((_, best)) => *best = best.zip(probability).map(|(a, b)| a.max(b)),
            None => best.push((label, probability)),
        }
    }
    let record = |(label, probability): (String, Option<f32>)| RecordedTag {
        label,
        probability: probability.map_or_else(String::new, |p| format!("{p:.4}")),
        tagger: probability.map_or_else(|| BY_HAND.to_owned(), |_| tagger.name.clone()),
        version: probability.map_or_else(String::new, |_| tagger.version.clone()),
        date: date.clone(),
    };
    Ok(best.into_iter().map(record).collect())
}

fn create(path: &Path, wanted: &[Vec<String>; 3], tags: Vec<RecordedTag>) -> Result<(String, Keywords), TaggingError> {
    let packet = format!(
        "<?xpacket begin=\"\u{FEFF}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\" x:xmptk=\"Patchlight {}\">\n \
         <rdf:RDF xmlns:rdf=\"{RDF}\">\n </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"w\"?>\n",
        env!("CARGO_PKG_VERSION")
    );
    let located = |fault: Fault| fault.in_file(path, &packet);
    let document = Document::read(&packet).map_err(located)?;
    let differs = |problem: &str| TaggingError::ReadBack {
        path: path.to_owned(),
        problem: problem.to_owned(),
    };
    let merged = merge::merge(&document, wanted, tags.clone(), true).map_err(located)?;
    let merged = merged.ok_or_else(|| differs("nothing to write"))?;
    let made = read_back(path, &packet, &merged.edits, wanted, tags)?;
    Ok((made, Keywords::from_lists(merged.added)))
}

/// The text after `edits`, if merging the same again would find nothing to do.
fn read_back(
    path: &Path,
    text: &str,
    edits: &Edits,
    wanted: &[Vec<String>; 3],
    tags: Vec<RecordedTag>,
) -> Result<String, TaggingError> {
    let differs = |problem: String| TaggingError::ReadBack {
        path: path.to_owned(),
        problem,
    };
    let merged = edits
        .apply(text)
        .ok_or_else(|| differs("the changes overlap".to_owned()))?;
    let again = Document::read(&merged).and_then(|document| merge::merge(&document, wanted, tags, false));
    match again {
        Ok(None) => Ok(merged),
        Ok(Some(_)) => Err(differs("the keywords differ".to_owned())),
        Err(fault) => Err(differs(fault.in_file(path, &merged).to_string())),
    }
}

/// The bytes of the file, if it is the one with this hash.
fn unchanged(path: &Path, digest: &str) -> Result<Vec<u8>, TaggingError> {
    let bytes = read(path)?.filter(|bytes| hash::of_bytes(bytes) == digest);
    bytes.ok_or_else(|| TaggingError::Changed { path: path.to_owned() })
}

/// The bytes of a sidecar; `None` if there is none.
fn read(path: &Path) -> Result<Option<Vec<u8>>, TaggingError> {
    let about = match std::fs::metadata(path) {
        // A link that leads nowhere is something, and must not be written over.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !path.is_symlink() => return Ok(None),
        about => about.map_err(TaggingError::io("read", path))?,
    };
    let path_owned = || path.to_owned();
    if !about.is_file() {
        return Err(TaggingError::NotAFile { path: path_owned() });
    }
    let file = std::fs::File::open(path).map_err(TaggingError::io("read", path))?;
    let mut bytes = Vec::new();
    let mut limited = file.take(LIMIT + 1);
    limited
        .read_to_end(&mut bytes)
        .map_err(TaggingError::io("read", path))?;
    match bytes.len() as u64 {
        0 => Err(TaggingError::Empty { path: path_owned() }),
        size if size > LIMIT => Err(TaggingError::TooLarge {
            path: path_owned(),
            bytes: about.len().max(size),
            limit: LIMIT,
        }),
        _ => Ok(Some(bytes)),
    }
}

fn is_read_only(path: &Path) -> Result<bool, TaggingError> {
    let about = std::fs::metadata(path).map_err(TaggingError::io("read", path))?;
    Ok(about.permissions().readonly())
}

fn decode<'b>(path: &Path, bytes: &'b [u8]) -> Result<(std::borrow::Cow<'b, str>, text::Encoding), TaggingError> {
    text::decode(bytes).map_err(|found| TaggingError::Encoding {
        path: path.to_owned(),
        found,
    })
}

fn parse<'t>(path: &Path, text: &'t str, encoding: text::Encoding) -> Result<Document<'t>, TaggingError> {
    let document = Document::read(text).map_err(|fault| fault.in_file(path, text))?;
    match &document.encoding {
        Some(declared) if !encoding.agrees_with(declared) => Err(TaggingError::Encoding {
            path: path.to_owned(),
            found: format!("the file says that it is {declared:?}, and its bytes are something else"),
        }),
        _ => Ok(document),
    }
}

/// What a sidecar says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SidecarContent {
    /// All its keywords.
    pub keywords: Keywords,
    /// The keywords among them that we added.
    pub added: Keywords,
    /// The tags that we wrote.
    pub tags: Vec<RecordedTag>,
}

/// Reads the keywords of a sidecar, and what it records about us.
///
/// # Errors
/// If there is none, or it is not well-formed XMP whose keywords are lists of texts.
pub fn read_keywords(path: &Path) -> Result<SidecarContent, TaggingError> {
    let missing = || TaggingError::io("read", path)(std::io::ErrorKind::NotFound.into());
    let bytes = read(path)?.ok_or_else(missing)?;
    content_of(path, &bytes)
}

/// What an XMP text says that stands in a file.
///
/// # Errors
/// If it is not well-formed XMP whose keywords are lists of texts.
pub fn content_of(path: &Path, bytes: &[u8]) -> Result<SidecarContent, TaggingError> {
    let (text, encoding) = decode(path, bytes)?;
    let document = parse(path, &text, encoding)?;
    let content = || {
        let root = rdf::root(&document)?;
        let mut lists: [Vec<String>; 3] = Default::default();
        for (list, field) in lists.iter_mut().zip(&FIELDS) {
            let all = rdf::lists(&document, root, field.namespace, field.local)?;
            list.extend(all.iter().flat_map(|p| p.texts()).map(str::to_owned));
        }
        let (record, _) = Record::read(&document, root)?;
        Ok(SidecarContent {
            keywords: Keywords::from_lists(lists),
            added: Keywords::from_lists(record.added),
            tags: record.tags,
        })
    };
    content().map_err(|fault: Fault| fault.in_file(path, &text))
}
