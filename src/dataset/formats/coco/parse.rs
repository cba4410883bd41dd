//! COCO's JSON, read as a stream: an annotation goes to its picture at once and is forgotten. Segmentations and the rest are
//! passed over. Pictures and categories may come before the annotations or after them.

use super::super::Progress;
use super::super::meter::Metered;
use super::id::{Bounds, Id, bounds, split};
use super::lenient::Lenient;
use crate::dataset::error::DatasetError;
use crate::dataset::model::Split;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::io::{BufReader, ErrorKind};
use std::marker::PhantomData;
use std::path::Path;

/// A picture with what the annotations say of it; categories by their places in [`Coco::categories`].
#[derive(Debug, Default)]
pub(crate) struct Image {
    pub name: String,
    pub width: Option<f64>,
    pub height: Option<f64>,
    /// The split that the record itself names (our own field): outer `None` if it has no such field.
    pub split: Option<Option<Split>>,
    /// Of annotations without a box.
    pub labels: Vec<u32>,
    pub boxes: Vec<(u32, [f64; 4])>,
    /// `neg_category_ids`, as LVIS has it: looked for, and not there.
    pub negatives: Vec<u32>,
    /// `not_exhaustive_category_ids`: nobody knows.
    pub unknowns: Vec<u32>,
}

/// A category, or an id that annotations use for one.
#[derive(Debug)]
pub(crate) struct Category {
    pub id: Id,
    /// `None` as long as no record names it.
    pub name: Option<String>,
    /// The first annotation that uses it.
    pub first: Option<Id>,
}

/// Things that happened to many annotations, with the first as an example.
#[derive(Debug, Default)]
pub(crate) struct Many {
    pub count: usize,
    pub first: String,
}

impl Many {
    fn add(&mut self, count: usize, example: impl FnOnce() -> String) {
        if self.count == 0 {
            self.first = example();
        }
        self.count += count;
    }
}

/// A COCO file.
#[derive(Debug, Default)]
pub(crate) struct Coco {
    pub images: Vec<Image>,
    /// In the order of their records; ids without a record are at the end.
    pub categories: Vec<Category>,
    pub repeated_ids: Many,
    pub unknown_images: Many,
    pub malformed: Many,
    /// Annotations that are sentences.
    pub captions: usize,
}

#[derive(Deserialize)]
struct ImageRecord {
    id: Id,
    file_name: String,
    #[serde(default)]
    width: Option<f64>,
    #[serde(default)]
    height: Option<f64>,
    #[serde(default, deserialize_with = "split")]
    split: Option<Option<Split>>,
    #[serde(default)]
    neg_category_ids: Option<Vec<Id>>,
    #[serde(default)]
    not_exhaustive_category_ids: Option<Vec<Id>>,
}

#[derive(Deserialize)]
struct AnnotationRecord {
    #[serde(default)]
    id: Option<Id>,
    image_id: Id,
    #[serde(default)]
    category_id: Option<Id>,
    #[serde(default, deserialize_with = "bounds")]
    bbox: Bounds,
    #[serde(default)]
    caption: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct CategoryRecord {
    id: Id,
    name: String,
}

/// What is known while the file is read.
#[derive(Default)]
struct Builder {
    coco: Coco,
    /// Places in `coco.images` by id.
    images: HashMap<Id, u32>,
    /// Annotations whose picture has not come yet, with the first annotation.
    early: BTreeMap<Id, (Option<Id>, Image)>,
    all_images: bool,
    /// Places in `coco.categories` by id.
    categories: HashMap<Id, u32>,
    /// Places in the order of their records.
    order: Vec<u32>,
    /// Ids of annotations; nearly all are such numbers.
    numbers: Vec<i64>,
    texts: HashSet<Id>,
    /// What stopped the reading, if it was not the JSON.
    failed: Option<DatasetError>,
}

fn example(id: Option<&Id>) -> String {
    id.map_or("one without id".to_owned(), |id| format!("annotation {id}"))
}

impl Builder {
    fn category(&mut self, id: Id, user: Option<&Id>) -> u32 {
        let next = self.coco.categories.len() as u32;
        let place = *self.categories.entry(id.clone()).or_insert(next);
        if place == next {
            self.coco.categories.push(Category {
                id,
                name: None,
                first: user.cloned(),
            });
        }
        place
    }

    fn image(&mut self, record: ImageRecord, path: &Path) -> Result<(), DatasetError> {
        let next = self.coco.images.len() as u32;
        let place = *self.images.entry(record.id.clone()).or_insert(next);
        if place != next {
            return Err(DatasetError::DuplicateId {
                path: path.to_owned(),
                what: "image",
                id: record.id.to_string(),
                first: self.coco.images[place as usize].name.clone(),
                second: record.file_name,
            });
        }
        let early = self.early.remove(&record.id).map(|(_, said)| said).unwrap_or_default();
        let mut places = |ids: Option<Vec<Id>>| -> Vec<u32> {
            ids.into_iter().flatten().map(|id| self.category(id, None)).collect()
        };
        let (negatives, unknowns) = (
            places(record.neg_category_ids),
            places(record.not_exhaustive_category_ids),
        );
        self.coco.images.push(Image {
            name: record.file_name,
            width: record.width,
            height: record.height,
            split: record.split,
            negatives,
            unknowns,
            ..early
        });
        Ok(())
    }

    fn annotation(&mut self, record: AnnotationRecord) {
        let id = record.id.as_ref();
        match id {
            Some(Id::Number(number)) if i64::try_from(*number).is_ok() => self.numbers.push(*number as i64),
            Some(other) if !self.texts.insert(other.clone()) => {
                self.coco.repeated_ids.add(1, || example(id));
            }
            _ => {}
        }
        self.coco.captions += usize::from(record.caption.is_some() && record.category_id.is_none());
        if record.bbox == Bounds::Bad {
            self.coco.malformed.add(1, || example(id));
        }
        // One without a category is of one that no record can name.
        let category = self.category(record.category_id.unwrap_or(Id::None), id);
        let image = match self.images.get(&record.image_id) {
            Some(place) => &mut self.coco.images[*place as usize],
            None if self.all_images => {
                let unknown = || format!("picture {} of {}", record.image_id, example(id));
                return self.coco.unknown_images.add(1, unknown);
            }
            None => {
                let new = || (record.id.clone(), Image::default());
                &mut self.early.entry(record.image_id).or_insert_with(new).1
            }
        };
        match record.bbox {
            Bounds::Given(bounds) => image.boxes.push((category, bounds)),
            Bounds::Bad | Bounds::None => image.labels.push(category),
        }
    }

    fn named(&mut self, record: CategoryRecord, path: &Path) -> Result<(), DatasetError> {
        let place = self.category(record.id.clone(), None);
        let category = &mut self.coco.categories[place as usize];
        match category.name.replace(record.name.clone()) {
            None => self.order.push(place),
            Some(first) if first != record.name => {
                return Err(DatasetError::DuplicateId {
                    path: path.to_owned(),
                    what: "category",
                    id: record.id.to_string(),
                    first,
                    second: record.name,
                });
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// Puts categories in the order of their records, and counts what is left over.
    fn finish(mut self) -> Coco {
        let mut coco = self.coco;
        for (image, (first, said)) in self.early {
            let count = said.labels.len() + said.boxes.len();
            let unknown = || format!("picture {image} of {}", example(first.as_ref()));
            coco.unknown_images.add(count, unknown);
        }
        self.numbers.sort_unstable();
        for pair in self.numbers.windows(2).filter(|pair| pair[0] == pair[1]) {
            coco.repeated_ids.add(1, || format!("annotation {}", pair[0]));
        }
        let unnamed = (0..coco.categories.len() as u32).filter(|i| coco.categories[*i as usize].name.is_none());
        let order: Vec<u32> = self.order.iter().copied().chain(unnamed).collect();
        let mut new = vec![0; order.len()];
        for (i, old) in order.iter().enumerate() {
            new[*old as usize] = i as u32;
        }
        let mut old: Vec<Option<Category>> = coco.categories.into_iter().map(Some).collect();
        coco.categories = order.iter().filter_map(|i| old[*i as usize].take()).collect();
        for image in &mut coco.images {
            let lists = [&mut image.labels, &mut image.negatives, &mut image.unknowns];
            let places = lists
                .into_iter()
                .flatten()
                .chain(image.boxes.iter_mut().map(|(place, _)| place));
            places.for_each(|place| *place = new[*place as usize]);
        }
        coco
    }
}

/// A list, of which each record is handed on and forgotten.
struct Each<T, F>(F, PhantomData<T>);

impl<'de, T: Deserialize<'de>, F: FnMut(T) -> Result<(), &'static str>> DeserializeSeed<'de> for Each<T, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de>, F: FnMut(T) -> Result<(), &'static str>> Visitor<'de> for Each<T, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        while let Some(record) = seq.next_element()? {
            (self.0)(record).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}

struct File<'a>(&'a mut Builder, &'a Path);

impl<'de> Visitor<'de> for File<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with images, annotations and categories")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self(builder, path) = self;
        let mut seen = HashSet::new();
        let stop = "stopped";
        while let Some(key) = map.next_key::<String>()? {
            let known = ["images", "annotations", "categories"]
                .into_iter()
                .find(|known| *known == key);
            if let Some(known) = known.filter(|known| !seen.insert(*known)) {
                return Err(A::Error::duplicate_field(known));
            }
            match known {
                Some("images") => {
                    let take = |record| {
                        builder.image(record, path).map_err(|error| {
                            builder.failed = Some(error);
                            stop
                        })
                    };
                    map.next_value_seed(Each(take, PhantomData))?;
                    builder.all_images = true;
                }
                Some("annotations") => {
                    let take = |record| {
                        builder.annotation(record);
                        Ok(())
                    };
                    map.next_value_seed(Each(take, PhantomData))?;
                }
                Some(_) => {
                    let take = |record| {
                        builder.named(record, path).map_err(|error| {
                            builder.failed = Some(error);
                            stop
                        })
                    };
                    map.next_value_seed(Each(take, PhantomData))?;
                }
                None => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        if builder.all_images {
            Ok(())
        } else {
            Err(A::Error::missing_field("images"))
        }
    }
}

/// Reads a file as a stream. Memory is bounded by the pictures and boxes in it; nesting and texts by [`Lenient`]'s limits.
///
/// # Errors
/// With the line, if it is no COCO JSON; two images or two categories with one id; a stop.
pub(crate) fn read(path: &Path, progress: &mut Progress<'_>) -> Result<Coco, DatasetError> {
    let (file, stopped) = Metered::open(path, progress)?;
    let input = Lenient::new(BufReader::with_capacity(1 << 18, file)).map_err(|e| stopped.or_io(path, e))?;
    let mut builder = Builder::default();
    let mut json = serde_json::Deserializer::from_reader(BufReader::with_capacity(1 << 18, input));
    let result = json.deserialize_map(File(&mut builder, path)).and_then(|()| json.end());
    if let Some(error) = builder.failed.take() {
        return Err(error);
    }
    if stopped.get() {
        return Err(DatasetError::Cancelled);
    }
    match result {
        Ok(()) => Ok(builder.finish()),
        Err(error) => Err(match error.io_error_kind() {
            Some(kind) if kind != ErrorKind::InvalidData => DatasetError::Io {
                path: path.to_owned(),
                source: kind.into(),
            },
            _ => DatasetError::Parse {
                path: path.to_owned(),
                line: Some(error.line()).filter(|line| *line > 0),
                problem: format!("no COCO annotations: {error}"),
            },
        }),
    }
}
