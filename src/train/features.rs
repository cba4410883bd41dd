//! Features of pictures cached on disk: each picture goes through a frozen tower once.
//!
//! A store is a folder named by what its numbers depend on (model, preprocessing, size, patch mode, precision), holding
//! `records.bin` (fixed-size records, appended) and `index.json` (content hash of each record, written last and
//! atomically). Records are read by position rather than mapped, so that a file cut short is an error and not a signal.

use crate::clip::vision::PatchFeatures;
use crate::dataset::preprocess::Preprocess;
use crate::support::{atomic, hash};
use crate::train::settings::Precision;
use half::f16;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Everything that cached numbers depend on beside the picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureKey {
    /// Identity of the weights.
    pub model: String,
    /// Preprocessing and input size.
    pub preprocess: Preprocess,
    /// Where patch features come from; `None`: only the global view is kept.
    pub patch_features: Option<PatchFeatures>,
    /// Number format.
    pub precision: Precision,
}

/// One picture's features.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// `[embed]`.
    pub cls: Vec<f32>,
    /// `[patches * embed]`; empty where only the global view is kept.
    pub patches: Vec<f32>,
    /// `[patches]`; true for a patch wholly in padding. Empty where only the global view is kept.
    pub padding: Vec<bool>,
}

#[derive(Serialize, Deserialize)]
struct Index {
    version: u32,
    key: FeatureKey,
    embed: usize,
    patches: usize,
    /// Content hash of each record, in file order.
    entries: Vec<String>,
}

/// A store open for reading and appending.
pub struct FeatureStore {
    folder: PathBuf,
    index: Index,
    positions: HashMap<String, usize>,
    file: Mutex<File>,
    /// Where another program may be writing the store: what is appended goes to a file that ends with this value.
    beside: Option<Beside>,
}

/// Records of one job alone.
struct Beside {
    file: Mutex<File>,
    positions: HashMap<String, usize>,
    written: usize,
}

/// Bytes of a record's checksum: the head of its SHA-256.
const CHECK: usize = 8;

impl FeatureStore {
    /// Opens or creates the store of `key` under `root`. A damaged or foreign index starts an empty store: everything in
    /// it can be computed again.
    ///
    /// # Errors
    /// The error of creating or opening its files.
    pub fn open(root: &Path, key: &FeatureKey, embed: usize, patches: usize) -> io::Result<Self> {
        let folder = folder_of(root, key)?;
        std::fs::create_dir_all(&folder)?;
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(folder.join("records.bin"))?;
        Self::with(folder, file, None, (key, embed, patches))
    }

    /// Opens the store of `key` beside a program that may be writing it: what is there is read, what is appended goes to a file of its own
    /// and is forgotten afterwards.
    ///
    /// # Errors
    /// The error of opening its files.
    pub fn open_beside(root: &Path, key: &FeatureKey, embed: usize, patches: usize) -> io::Result<Self> {
        let folder = folder_of(root, key)?;
        let file = match File::open(folder.join("records.bin")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => tempfile::tempfile(),
            file => file,
        }?;
        let beside = Beside {
            file: Mutex::new(tempfile::tempfile()?),
            positions: HashMap::new(),
            written: 0,
        };
        Self::with(folder, file, Some(beside), (key, embed, patches))
    }

    fn with(
        folder: PathBuf,
        mut file: File,
        beside: Option<Beside>,
        (key, embed, patches): (&FeatureKey, usize, usize),
    ) -> io::Result<Self> {
        let patches = if key.patch_features.is_some() { patches } else { 0 };
        let mut index = std::fs::read(folder.join("index.json"))
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Index>(&bytes).ok())
            .filter(|i| i.version == 1 && i.key == *key && i.embed == embed && i.patches == patches)
            .unwrap_or_else(|| Index {
                version: 1,
                key: key.clone(),
                embed,
                patches,
                entries: Vec::new(),
            });
        let size = record_size(&index);
        let whole = (file.seek(SeekFrom::End(0))? / size as u64) as usize;
        index.entries.truncate(whole);
        let positions = index
            .entries
            .iter()
            .cloned()
            .enumerate()
            .map(|(i, hash)| (hash, i))
            .collect();
        Ok(Self {
            folder,
            index,
            positions,
            file: Mutex::new(file),
            beside,
        })
    }

    /// Whether the picture with this content is in the store.
    pub fn contains(&self, hash: &str) -> bool {
        self.place(hash).is_some()
    }

    /// The file and the position of a record.
    fn place(&self, hash: &str) -> Option<(&Mutex<File>, usize)> {
        let own = self.beside.as_ref();
        let own = own.and_then(|b| Some((&b.file, *b.positions.get(hash)?)));
        own.or_else(|| Some((&self.file, *self.positions.get(hash)?)))
    }

    /// Size of the shared embedding.
    pub fn embed(&self) -> usize {
        self.index.embed
    }

    /// Patches of each record; 0 where only the global view is kept.
    pub fn patches(&self) -> usize {
        self.index.patches
    }

    /// Reads a record; `None` where the picture is not in the store or its record is damaged.
    ///
    /// # Errors
    /// The error of reading the file.
    pub fn get(&self, hash: &str) -> io::Result<Option<Record>> {
        let Some((file, position)) = self.place(hash) else {
            return Ok(None);
        };
        let mut bytes = vec![0; record_size(&self.index)];
        {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start((position * bytes.len()) as u64))?;
            file.read_exact(&mut bytes)?;
        }
        let (body, check) = bytes.split_at(bytes.len() - CHECK);
        Ok((checksum(body) == check).then(|| self.decode(body)))
    }

    /// Appends records and makes them durable: the index is replaced once the records are on disk.
    ///
    /// # Errors
    /// The error of writing; the store then holds what it held.
    pub fn append(&mut self, records: &[(String, Record)]) -> io::Result<()> {
        let size = record_size(&self.index);
        let mut bytes = Vec::with_capacity(size * records.len());
        for (_, record) in records {
            let body = self.encode(record);
            bytes.extend_from_slice(&body);
            bytes.extend_from_slice(&checksum(&body));
        }
        if let Some(beside) = &mut self.beside {
            let first = beside.written;
            let mut file = beside.file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start((first * size) as u64))?;
            file.write_all(&bytes)?;
            let placed = records
                .iter()
                .enumerate()
                .map(|(i, (hash, _))| (hash.clone(), first + i));
            beside.positions.extend(placed);
            beside.written += records.len();
            return Ok(());
        }
        let first = self.index.entries.len();
        {
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start((first * size) as u64))?;
            file.write_all(&bytes)?;
            file.sync_data()?;
        }
        for (i, (hash, _)) in records.iter().enumerate() {
            self.index.entries.push(hash.clone());
            self.positions.insert(hash.clone(), first + i);
        }
        Ok(())
    }

    /// Writes the index: what was appended is there after a restart.
    ///
    /// # Errors
    /// The error of writing.
    pub fn commit(&self) -> io::Result<()> {
        if self.beside.is_some() {
            return Ok(());
        }
        atomic::write(&self.folder.join("index.json"), &serde_json::to_vec(&self.index)?)
    }

    /// Forgets a record, so that it is computed again.
    pub fn forget(&mut self, hash: &str) {
        self.positions.remove(hash);
    }

    fn encode(&self, record: &Record) -> Vec<u8> {
        let values = record.cls.iter().chain(&record.patches);
        let mut body: Vec<u8> = match self.index.key.precision {
            Precision::F32 => values.flat_map(|v| v.to_le_bytes()).collect(),
            Precision::F16 => values.flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect(),
        };
        body.extend((0..self.index.patches).map(|j| u8::from(record.padding.get(j).copied().unwrap_or(false))));
        body
    }

    fn decode(&self, body: &[u8]) -> Record {
        let patches = self.index.patches;
        let (numbers, padding) = body.split_at(body.len() - patches);
        let values = |bytes: &[u8]| -> Vec<f32> {
            match self.index.key.precision {
                Precision::F32 => bytes
                    .chunks_exact(4)
                    .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                    .collect(),
                Precision::F16 => bytes
                    .chunks_exact(2)
                    .map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32())
                    .collect(),
            }
        };
        // A picture's own numbers come first.
        let (cls, rest) = numbers.split_at(numbers.len() / (1 + patches));
        Record {
            cls: values(cls),
            patches: values(rest),
            padding: padding.iter().map(|b| *b != 0).collect(),
        }
    }
}

/// The folder of a store, named by its key.
fn folder_of(root: &Path, key: &FeatureKey) -> io::Result<PathBuf> {
    let name = hash::of_bytes(serde_json::to_string(key)?.as_bytes());
    Ok(root.join(&name[..24]))
}

fn record_size(index: &Index) -> usize {
    let width = if index.key.precision == Precision::F16 { 2 } else { 4 };
    index.embed * (1 + index.patches) * width + index.patches + CHECK
}

fn checksum(body: &[u8]) -> [u8; CHECK] {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(body);
    std::array::from_fn(|i| digest[i])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::preprocess::Mode;

    fn key(precision: Precision) -> FeatureKey {
        let preprocess = Preprocess {
            mode: Mode::Pad,
            size: 32,
            mean: [0.5; 3],
            std: [0.25; 3],
        };
        FeatureKey {
            model: "m".into(),
            preprocess,
            patch_features: Some(PatchFeatures::Value),
            precision,
        }
    }

    fn record(seed: f32) -> Record {
        Record {
            cls: vec![seed, 0.5, -0.25],
            patches: (0..6).map(|i| seed * 0.125 + i as f32).collect(),
            padding: vec![false, true],
        }
    }

    #[test]
    fn records_survive_reopening_in_both_precisions() {
        for precision in [Precision::F32, Precision::F16] {
            let root = tempfile::tempdir().unwrap();
            let mut store = FeatureStore::open(root.path(), &key(precision), 3, 2).unwrap();
            store
                .append(&[("a".into(), record(1.0)), ("b".into(), record(2.0))])
                .unwrap();
            store.commit().unwrap();
            drop(store);
            let store = FeatureStore::open(root.path(), &key(precision), 3, 2).unwrap();
            assert_eq!(store.get("b").unwrap().unwrap(), record(2.0));
            assert!(store.get("c").unwrap().is_none());
        }
    }

    #[test]
    fn uncommitted_cut_and_damaged_records_are_computed_again() {
        let root = tempfile::tempdir().unwrap();
        let mut store = FeatureStore::open(root.path(), &key(Precision::F32), 3, 2).unwrap();
        store.append(&[("a".into(), record(1.0))]).unwrap();
        store.commit().unwrap();
        store.append(&[("b".into(), record(2.0))]).unwrap(); // never committed, as after a kill
        let file = store.folder.join("records.bin");
        drop(store);
        let mut store = FeatureStore::open(root.path(), &key(Precision::F32), 3, 2).unwrap();
        assert!(store.contains("a") && !store.contains("b"));
        store.append(&[("b".into(), record(3.0))]).unwrap();
        store.commit().unwrap();
        assert_eq!(store.get("b").unwrap().unwrap(), record(3.0));

        let mut bytes = std::fs::read(&file).unwrap();
        bytes[2] ^= 64;
        std::fs::write(&file, &bytes).unwrap();
        assert!(store.get("a").unwrap().is_none(), "a damaged record is not used");
        assert!(store.get("b").unwrap().is_some());
        drop(store);
        std::fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
        let store = FeatureStore::open(root.path(), &key(Precision::F32), 3, 2).unwrap();
        assert!(!store.contains("b"), "a record cut short is gone");
    }

    #[test]
    fn beside_a_writer_everything_is_read_and_nothing_changed() {
        let root = tempfile::tempdir().unwrap();
        let key = key(Precision::F32);
        let mut beside = FeatureStore::open_beside(root.path(), &key, 3, 2).unwrap();
        beside.append(&[("x".into(), record(4.0))]).unwrap();
        beside.commit().unwrap();
        assert_eq!(beside.get("x").unwrap().unwrap(), record(4.0));
        assert_eq!(
            std::fs::read_dir(root.path()).unwrap().count(),
            0,
            "not even a folder is made"
        );
        let mut writer = FeatureStore::open(root.path(), &key, 3, 2).unwrap();
        writer.append(&[("a".into(), record(1.0))]).unwrap();
        writer.commit().unwrap();
        let mut beside = FeatureStore::open_beside(root.path(), &key, 3, 2).unwrap();
        beside
            .append(&[("b".into(), record(2.0)), ("c".into(), record(3.0))])
            .unwrap();
        writer.append(&[("d".into(), record(5.0))]).unwrap();
        writer.commit().unwrap();
        let read = |store: &FeatureStore, hash: &str| store.get(hash).unwrap();
        assert_eq!(
            [read(&beside, "a"), read(&beside, "b"), read(&beside, "c")],
            [Some(record(1.0)), Some(record(2.0)), Some(record(3.0))]
        );
        let writer = FeatureStore::open(root.path(), &key, 3, 2).unwrap();
        assert_eq!([read(&writer, "d"), read(&writer, "b")], [Some(record(5.0)), None]);
    }

    #[test]
    fn other_settings_are_another_store() {
        let root = tempfile::tempdir().unwrap();
        let mut store = FeatureStore::open(root.path(), &key(Precision::F32), 3, 2).unwrap();
        store.append(&[("a".into(), record(1.0))]).unwrap();
        store.commit().unwrap();
        let other = FeatureKey {
            model: "n".into(),
            ..key(Precision::F32)
        };
        assert!(!FeatureStore::open(root.path(), &other, 3, 2).unwrap().contains("a"));
    }
}
