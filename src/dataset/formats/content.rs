//! Which files have the same content. Few files are read whole: only those of one size whose middles agree.

use super::watched::Wanted;
use crate::support::hash;
use rayon::prelude::*;
use std::collections::HashMap;
use std::fs::File;
use std::hash::Hash;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

const SAMPLE: u64 = 4096;

/// Groups of at least two indices into `paths` with the same bytes, ordered by their first members. Files that cannot be read
/// are alone. The same path twice is the same content. What comes out once it is not wanted any more means nothing.
pub(crate) fn same(paths: &[&Path], wanted: &Wanted) -> Vec<Vec<usize>> {
    let all: Vec<usize> = (0..paths.len()).collect();
    let size = |path: &Path| path.metadata().ok().map(|about| about.len());
    let sized = split(vec![all], size, paths, wanted);
    let sampled = split(sized, |path| middle(path).ok(), paths, wanted);
    let whole = |path: &Path| hash::of_file_while(path, &mut || wanted.still()).ok().flatten();
    let mut groups = split(sampled, whole, paths, wanted);
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
    wanted: &Wanted,
) -> Vec<Vec<usize>> {
    let key = |path: &Path| if wanted.still() { key(path) } else { None };
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn no_file_is_looked_at_once_the_result_is_not_wanted() {
        let paths = vec![Path::new("x"); 10_000];
        let (looked, wanted) = (AtomicUsize::new(0), Wanted::default());
        let key = |_: &Path| {
            looked.fetch_add(1, Ordering::Relaxed);
            wanted.give_up();
            Some(0)
        };
        split(vec![(0..paths.len()).collect()], key, &paths, &wanted);
        let (looked, threads) = (looked.into_inner(), rayon::current_num_threads());
        assert!((1..=threads).contains(&looked), "{looked} with {threads} threads");
    }

    #[test]
    fn copies_are_found_by_their_content() {
        let folder = tempfile::tempdir().unwrap();
        let paths: Vec<_> = ["one", "two", "one", "other", "three"]
            .iter()
            .enumerate()
            .map(|(i, text)| {
                let path = folder.path().join(i.to_string());
                std::fs::write(&path, text).unwrap();
                path
            })
            .collect();
        let paths: Vec<&Path> = paths.iter().map(|path| path.as_path()).collect();
        assert_eq!(same(&paths, &Wanted::default()), [vec![0, 2]]);
    }
}
