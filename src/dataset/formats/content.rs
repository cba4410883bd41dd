//! Which files have the same content. Few files are read whole: only those of one size whose middles agree.

use crate::support::hash;
use rayon::prelude::*;
use std::collections::HashMap;
use std::fs::File;
use std::hash::Hash;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

const SAMPLE: u64 = 4096;

/// Groups of at least two indices into `paths` with the same bytes, ordered by their first members. Files that cannot be read
/// are alone. The same path twice is the same content.
pub(crate) fn same(paths: &[&Path]) -> Vec<Vec<usize>> {
    let all: Vec<usize> = (0..paths.len()).collect();
    let sized = split(vec![all], |path| path.metadata().ok().map(|about| about.len()), paths);
    let sampled = split(sized, |path| middle(path).ok(), paths);
    let mut groups = split(sampled, |path| hash::of_file(path).ok(), paths);
    groups.sort();
    groups
}

fn middle(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(SAMPLE) / 2))?;
    let mut sample = Vec::new();
    file.take(SAMPLE).read_to_end(&mut sample)?;
    // The digest is kept instead of the bytes: a set of equal-sized files can be large.
    Ok(hash::of_bytes(&sample).into_bytes())
}

fn split<K: Hash + Eq + Send>(
    groups: Vec<Vec<usize>>,
    key: impl Fn(&Path) -> Option<K> + Sync,
    paths: &[&Path],
) -> Vec<Vec<usize>> {
    let split_one = |group: Vec<usize>| {
        let keys: Vec<Option<K>> = group.par_iter().map(|i| key(paths[*i])).collect();
        let mut parts: HashMap<K, Vec<usize>> = HashMap::new();
        for (key, i) in keys.into_iter().zip(group) {
            if let Some(key) = key {
                parts.entry(key).or_default().push(i);
            }
        }
        parts.into_values().filter(|part| part.len() > 1).collect::<Vec<_>>()
    };
    groups.into_iter().flat_map(split_one).collect()
}
