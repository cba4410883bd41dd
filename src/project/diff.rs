//! What importing a source again would change, before anything is changed.

use super::boxes::Heirs;
use super::error::{ProjectError, Result};
use super::matching::{Known, LabelMap};
use super::place;
use super::source::{BoxChange, Source, box_changes, either, source_values};
use super::store::Project;
use super::truth::truth_of;
use crate::dataset::formats::Progress;
use crate::dataset::model::{Dataset, Picture, Split, Truth};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::PathBuf;

/// What [`Project::import`] would do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ImportDiff {
    /// Names of pictures that the project does not have.
    pub new: Vec<String>,
    /// Pictures of which the source says what it said before.
    pub unchanged: usize,
    /// Pictures of which it says something else.
    pub changed: Vec<PictureChange>,
    /// Pictures that the source had and has no longer. They stay, with all that is known of them.
    pub gone: Vec<PictureName>,
    /// Pictures that the source names several times; they become one.
    pub repeated: Vec<String>,
    /// New pictures with the name of one whose file is gone, and another content.
    pub suspects: Vec<Suspect>,
    /// Labels that the project does not have.
    pub new_labels: Vec<String>,
    /// Those of them that were deleted here and come back.
    pub deleted_labels: Vec<String>,
    /// Labels that the pictures have from a source and that this source does not list. They stay as they are.
    pub unlisted_labels: Vec<String>,
    /// Labels on pictures where people said something else than the source says now. What people said stays.
    pub conflicts: Vec<Conflict>,
}

/// A picture by id and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureName {
    pub picture: i64,
    pub name: String,
}

/// What a source now says differently of a picture.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PictureChange {
    /// The picture's id.
    pub picture: i64,
    /// Its name in the project so far.
    pub name: String,
    /// Its name in the source, where that is another.
    pub renamed: Option<String>,
    /// Where it is now, where its file was moved.
    #[serde(with = "place::json_option")]
    pub moved: Option<PathBuf>,
    /// Whether the picture has another size.
    pub resized: bool,
    /// Labels that are there now, by name.
    pub came: Vec<String>,
    /// Labels that are there no longer, by name.
    pub went: Vec<String>,
    /// Labels that became negative or unknown without having been there, by name.
    pub revised: Vec<String>,
    /// Another split.
    pub split: Option<SplitChange>,
    /// Whether its boxes are others.
    pub boxes: bool,
}

/// Another split of a picture in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitChange {
    pub from: Option<Split>,
    pub to: Option<Split>,
    /// The picture was put into another split here, and stays in that.
    pub kept: bool,
}

/// A new picture that could be a known one, but for its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspect {
    pub name: String,
    /// Id of the picture whose file is gone.
    pub picture: i64,
    #[serde(with = "place::json")]
    pub path: PathBuf,
}

/// A label on a picture of which a person and the source say different things.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The picture's id.
    pub picture: i64,
    /// The picture's name.
    pub name: String,
    /// The label's name.
    pub label: String,
    /// What the person said.
    pub human: Truth,
    /// What the source says now.
    pub source: Truth,
    /// What the source said before: if it says the same now, the conflict is not new.
    pub before: Truth,
}

impl Project {
    /// What [`Self::import`] would do with this source. Nothing is changed.
    ///
    /// # Errors
    /// Where the data refer to labels that they do not have, the database cannot be read, or `progress` stopped it.
    pub fn plan_import(&self, dataset: &Dataset, progress: &mut Progress<'_>) -> Result<ImportDiff> {
        let matches = self.matches(dataset, progress)?;
        let mut stop = || progress(0, matches.entries.len()).is_break();
        let (map, heirs) = self.read(|db| Ok((LabelMap::find(db, &dataset.labels, &mut stop)?, Heirs::load(db)?)))?;
        let map = map.ok_or(ProjectError::Cancelled)?;
        let live: HashMap<i64, String> = self.labels()?.into_iter().map(|label| (label.id, label.name)).collect();
        let new = map.new.iter().zip(1..).map(|(name, i)| (-i, name.clone()));
        let names: HashMap<i64, String> = live.iter().map(|(id, name)| (*id, name.clone())).chain(new).collect();
        let source = Source::new(map.ids, dataset.absent, heirs);
        let mut diff = ImportDiff {
            repeated: matches.repeated,
            suspects: matches.suspects,
            new_labels: map.new,
            deleted_labels: map.deleted,
            ..ImportDiff::default()
        };
        let (mut imports, mut claimed, mut unlisted) = (HashSet::new(), HashSet::new(), BTreeSet::new());
        let edited: HashSet<i64> = self.edited_pictures()?.into_iter().collect();
        let total = matches.entries.len();
        for (done, entry) in matches.entries.iter().enumerate() {
            if done % 256 == 0 && progress(done, total).is_break() {
                return Err(ProjectError::Cancelled);
            }
            let said = source.said(&entry.picture)?;
            let Some(known) = entry.known.map(|k| &matches.known[k]) else {
                diff.new.push(entry.picture.name.clone());
                continue;
            };
            imports.insert(known.import);
            claimed.insert(known.id);
            let found = self
                .read(|db| Differing::between(db, known, &entry.picture, &said, &source, edited.contains(&known.id)))?;
            unlisted.extend(found.unlisted.iter().filter(|label| live.contains_key(label)).copied());
            let name_of = |label: &i64| names.get(label).cloned();
            let of = |kind: Kind| -> Vec<String> {
                let labels = found.labels.iter().filter(|(_, k)| *k == kind);
                labels.filter_map(|(label, _)| name_of(label)).collect()
            };
            diff.conflicts
                .extend(found.conflicts.iter().filter_map(|(label, human, now, before)| {
                    Some(Conflict {
                        picture: known.id,
                        name: known.name.clone(),
                        label: name_of(label)?,
                        human: truth_of(*human),
                        source: truth_of(*now),
                        before: truth_of(*before),
                    })
                }));
            let change = PictureChange {
                picture: known.id,
                name: known.name.clone(),
                renamed: (known.name != entry.picture.name).then(|| entry.picture.name.clone()),
                moved: (known.path != entry.path).then(|| entry.path.clone()),
                resized: known.size != (entry.picture.width, entry.picture.height),
                came: of(Kind::Came),
                went: of(Kind::Went),
                revised: of(Kind::Revised),
                split: (known.source_split != entry.picture.split).then(|| SplitChange {
                    from: known.source_split,
                    to: entry.picture.split,
                    kept: known.split != known.source_split && known.split != entry.picture.split,
                }),
                boxes: found.boxes,
            };
            let nothing = PictureChange {
                picture: change.picture,
                name: change.name.clone(),
                ..PictureChange::default()
            };
            if change == nothing {
                diff.unchanged += 1;
            } else {
                diff.changed.push(change);
            }
        }
        // What other sources brought is no loss of this one: only pictures that came last with one of those it still has.
        let gone = matches
            .known
            .iter()
            .filter(|k| imports.contains(&k.import) && !claimed.contains(&k.id));
        diff.gone.extend(gone.map(|known| PictureName {
            picture: known.id,
            name: known.name.clone(),
        }));
        let unlisted = unlisted.iter().filter_map(|label| live.get(label).cloned());
        diff.unlisted_labels = unlisted.collect();
        Ok(diff)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Came,
    Went,
    Revised,
}

/// What is different about a picture.
struct Differing {
    labels: Vec<(i64, Kind)>,
    /// Labels with values of a source that this source does not list.
    unlisted: Vec<i64>,
    /// Label, what a person said, what the source says now and said before.
    conflicts: Vec<(i64, i8, i8, i8)>,
    boxes: bool,
}

impl Differing {
    fn between(
        db: &Connection,
        known: &Known,
        picture: &Picture,
        said: &[(i64, i8)],
        source: &Source,
        edited: bool,
    ) -> rusqlite::Result<Self> {
        const EDITED: &str =
            "SELECT label, value FROM edited_values WHERE picture = ?1 AND origin = 'human' ORDER BY label";
        // What a source said of a label that was merged since, it said of the one that is left.
        let mut old: BTreeMap<i64, i8> = BTreeMap::new();
        for (label, value) in source_values(db, known.id)? {
            if let Some(label) = source.heir(label) {
                let said = old.entry(label).or_insert(value);
                *said = either([*said, value]);
            }
        }
        let now: HashMap<i64, i8> = said.iter().copied().collect();
        let before = |label: i64| old.get(&label).copied().unwrap_or(known.absent);
        let now = |label: i64| now.get(&label).copied().unwrap_or(source.absent);
        // Where silence has come to mean something else, every label may have changed.
        let asked: Vec<i64> = if known.absent == source.absent {
            let labels = old.keys().copied().chain(said.iter().map(|(label, _)| *label));
            labels
                .filter(|label| source.lists(*label))
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect()
        } else {
            source.listed().collect()
        };
        let labels = asked.into_iter().filter_map(|label| match (before(label), now(label)) {
            (a, b) if a == b => None,
            (_, 1) => Some((label, Kind::Came)),
            (1, _) => Some((label, Kind::Went)),
            _ => Some((label, Kind::Revised)),
        });
        let labels = labels.collect();
        let mut conflicts = Vec::new();
        if edited {
            let mut query = db.prepare_cached(EDITED)?;
            let mut rows = query.query([known.id])?;
            while let Some(row) = rows.next()? {
                let (label, human): (i64, i8) = (row.get(0)?, row.get(1)?);
                if source.lists(label) && human != now(label) {
                    conflicts.push((label, human, now(label), before(label)));
                }
            }
        }
        Ok(Self {
            labels,
            unlisted: old.keys().copied().filter(|label| !source.lists(*label)).collect(),
            conflicts,
            boxes: box_changes(db, known.id, picture, source)? != BoxChange::None,
        })
    }
}
