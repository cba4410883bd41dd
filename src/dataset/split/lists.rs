//! Splits from list files: one picture a line, by name or path, with or without class numbers behind.

use super::official;
use crate::dataset::error::DatasetError;
use crate::dataset::files::{Found, PictureIndex, absolute};
use crate::dataset::formats::lines::{self, Line};
use crate::dataset::model::{Split, Warning};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

/// Splits as lists say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assigned {
    /// One a picture; `None` where no list names it.
    pub splits: Vec<Option<Split>>,
    /// Names in the lists without a picture.
    pub unmatched: Vec<String>,
    /// Names that could mean several pictures, or were matched loosely.
    pub warnings: Vec<Warning>,
}

/// Assigns pictures (path and name) to the splits of the lists that name them: by name, by path, by the end of the path, by a
/// file name that only one picture has, with or without its extension.
///
/// # Errors
/// A list cannot be read, a picture is in two lists, or no line names a picture.
pub fn assign_lists(pictures: &[(PathBuf, String)], lists: &[(Split, PathBuf)]) -> Result<Assigned, DatasetError> {
    let names: HashMap<&[u8], usize> = pictures
        .iter()
        .enumerate()
        .rev()
        .map(|(i, (_, name))| (name.as_bytes(), i))
        .collect();
    let paths: HashMap<&Path, usize> = pictures
        .iter()
        .enumerate()
        .map(|(i, (path, _))| (path.as_path(), i))
        .collect();
    let index = PictureIndex::new(pictures.iter().map(|(path, _)| path.clone()).collect());
    let mut assigned = Assigned {
        splits: vec![None; pictures.len()],
        ..Assigned::default()
    };
    let mut list_of: Vec<Option<&PathBuf>> = vec![None; pictures.len()];
    for (split, list) in lists {
        let folder = absolute(list)?.parent().map(Path::to_path_buf).unwrap_or_default();
        let lines = lines::read(list)?;
        assigned.warnings.extend(official::notice(list, &lines));
        for line in lines {
            // A name may end in a number, so the whole line is tried before the part in front of the class numbers.
            let candidates = [line.whole(), line.path.clone()];
            let exact = candidates.iter().find_map(|wanted| {
                let by_name = names.get(wanted.as_os_str().as_encoded_bytes());
                by_name
                    .or_else(|| paths.get(wanted.as_path()))
                    .or_else(|| paths.get(folder.join(wanted).as_path()))
            });
            let found = match exact {
                Some(i) => Found::One(*i),
                None => candidates
                    .iter()
                    .map(|wanted| index.find_or_stem(wanted))
                    .find(|found| *found != Found::None)
                    .unwrap_or(Found::None),
            };
            let name = line.path.to_string_lossy().into_owned();
            let mut warn = |code: &str, message: String| {
                let file = Some(list.display().to_string());
                assigned.warnings.push(Warning {
                    file,
                    line: Some(line.number),
                    ..Warning::new(code, message)
                });
            };
            let i = match found {
                Found::One(i) => i,
                Found::Alike(i) => {
                    warn("name-alike", format!("{name} was taken for {}", pictures[i].1));
                    i
                }
                Found::Several(several) => {
                    let (first, second) = (&pictures[several[0]].1, &pictures[several[1]].1);
                    warn(
                        "ambiguous",
                        format!(
                            "{name} could be {} pictures, for example {first} or {second}",
                            several.len()
                        ),
                    );
                    assigned.unmatched.push(name);
                    continue;
                }
                Found::None => {
                    assigned.unmatched.push(name);
                    continue;
                }
            };
            if let Some(first) = list_of[i].filter(|_| assigned.splits[i] != Some(*split)) {
                let picture = pictures[i].1.clone();
                return Err(DatasetError::TwoLists {
                    picture,
                    first: first.clone(),
                    second: list.clone(),
                });
            }
            assigned.splits[i] = Some(*split);
            list_of[i] = Some(list);
        }
    }
    if let Some((_, list)) = lists.first()
        && assigned.splits.iter().all(Option::is_none)
    {
        let first = assigned.unmatched.first().map_or("a line", String::as_str);
        let looked_for = format!(
            "the lists' names, such as {first}, among {} pictures of the project",
            pictures.len()
        );
        return Err(DatasetError::NoPictures {
            path: list.clone(),
            looked_for,
        });
    }
    Ok(assigned)
}

/// The lists of pictures (name and split) that [`assign_lists`] reads back as they are: file names such as `train.txt`, and what is in
/// them, one name a line. Pictures without a split are in none.
///
/// # Errors
/// A name that no line can say: with a line break, with blanks at its ends, empty, or used twice.
pub fn export_lists(pictures: &[(String, Option<Split>)]) -> Result<Vec<(String, Vec<u8>)>, DatasetError> {
    let mut lists: BTreeMap<Split, Vec<u8>> = BTreeMap::new();
    let mut seen = HashSet::new();
    for (name, split) in pictures {
        let Some(split) = split else { continue };
        let refuse = |problem: &str| {
            Err(DatasetError::Inexpressible {
                format: "a list",
                what: format!("the picture {name:?}"),
                problem: problem.to_owned(),
            })
        };
        let whole = Line::parse(1, name.as_bytes()).map(|line| line.whole());
        let bad = name.contains(['\n', '\0', '\u{feff}']) || name.len() >= lines::MAX_LINE - 1;
        if bad || whole.is_none_or(|whole| whole.as_os_str() != name.as_str()) {
            return refuse("a line of a list has no quotes: no line breaks, and no blanks at the ends of a name");
        }
        if !seen.insert(name) {
            return refuse("two pictures have this name");
        }
        let list = lists.entry(*split).or_default();
        list.extend_from_slice(name.as_bytes());
        list.push(b'\n');
    }
    let named = |(split, list): (Split, Vec<u8>)| (format!("{split}.txt"), list);
    Ok(lists.into_iter().map(named).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn exported_lists_are_read_back_as_they_are(
            names in proptest::collection::hash_set("[a-z =,\"|;\\\\\u{e9}\u{5e9}\u{1f600}0-9./]{1,12}", 1..12),
            splits in proptest::collection::vec(proptest::option::of(0..3usize), 12),
        ) {
            let pictures: Vec<(String, Option<Split>)> =
                names.into_iter().zip(splits).map(|(name, split)| (name, split.map(|s| Split::ALL[s]))).collect();
            let Ok(files) = export_lists(&pictures) else {
                let bad = |name: &str| name.trim() != name;
                prop_assert!(pictures.iter().any(|(name, split)| split.is_some() && bad(name)));
                return Ok(());
            };
            let folder = tempfile::tempdir().unwrap();
            let write = |(name, bytes): &(String, Vec<u8>)| {
                let path = folder.path().join(name);
                std::fs::write(&path, bytes).unwrap();
                (Split::of_name(name).unwrap(), path)
            };
            let lists: Vec<_> = files.iter().map(write).collect();
            // Files are called otherwise than the pictures, so that only names can tell.
            let known: Vec<(PathBuf, String)> = pictures
                .iter()
                .enumerate()
                .map(|(i, (name, _))| (PathBuf::from(format!("/elsewhere/{i}.jpg")), name.clone()))
                .collect();
            if !lists.is_empty() {
                let assigned = assign_lists(&known, &lists).unwrap();
                let wanted: Vec<Option<Split>> = pictures.iter().map(|(_, split)| *split).collect();
                prop_assert_eq!(assigned.splits, wanted);
                prop_assert!(assigned.unmatched.is_empty() && assigned.warnings.is_empty());
            }
        }
    }

    #[test]
    fn names_that_no_line_can_say_are_refused() {
        let train = Some(Split::Train);
        for bad in ["a\nb.jpg", " a.jpg", "a.jpg ", "", "\u{feff}a.jpg", "a\r", "\t"] {
            let refused = export_lists(&[(bad.to_owned(), train)]);
            assert!(matches!(refused, Err(DatasetError::Inexpressible { .. })), "{bad:?}");
            assert!(export_lists(&[(bad.to_owned(), None)]).unwrap().is_empty(), "{bad:?}");
        }
        let twice = ["a.jpg", "a.jpg"].map(|name| (name.to_owned(), train));
        assert!(export_lists(&twice).is_err());
        let fine = export_lists(&[("my 12".to_owned(), train), ("b.jpg".to_owned(), Some(Split::Val))]).unwrap();
        assert_eq!(fine[0], ("train.txt".to_owned(), b"my 12\n".to_vec()));
        assert_eq!(fine[1].0, "val.txt");
    }

    fn pictures() -> Vec<(PathBuf, String)> {
        ["a/1.jpg", "a/2.jpg", "b/2.jpg", "b/three 3.png", "b/4.jpg"]
            .iter()
            .map(|name| (Path::new("/data").join(name), (*name).to_owned()))
            .collect()
    }

    fn lists(contents: &[(Split, &str)]) -> (tempfile::TempDir, Vec<(Split, PathBuf)>) {
        let folder = tempfile::tempdir().unwrap();
        let write = |(i, (split, text)): (usize, &(Split, &str))| {
            let path = folder.path().join(format!("{i}.txt"));
            std::fs::write(&path, text).unwrap();
            (*split, path)
        };
        let lists = contents.iter().enumerate().map(write).collect();
        (folder, lists)
    }

    #[test]
    fn names_paths_and_stems_are_found() {
        let (_folder, lists) = lists(&[
            (
                Split::Train,
                "\u{feff}a/1.jpg 0 12 \r\n/data/b/2.jpg\n\nb/three 3.png\nmissing.jpg 4\n",
            ),
            (Split::Test, "4\n2.jpg 1\n"),
        ]);
        let assigned = assign_lists(&pictures(), &lists).unwrap();
        let train = Some(Split::Train);
        assert_eq!(assigned.splits, [train, None, train, train, Some(Split::Test)]);
        assert_eq!(assigned.unmatched, ["missing.jpg", "2.jpg"]);
        assert_eq!((assigned.warnings.len(), assigned.warnings[0].line), (1, Some(2)));
    }

    #[test]
    fn two_lists_with_one_picture_and_lists_without_any_are_errors() {
        let (_folder, both) = lists(&[(Split::Train, "a/1.jpg\n"), (Split::Val, "a/1.jpg\n")]);
        let error = assign_lists(&pictures(), &both).unwrap_err();
        assert!(
            matches!(&error, DatasetError::TwoLists { picture, .. } if picture == "a/1.jpg"),
            "{error}"
        );
        let (_folder, none) = lists(&[(Split::Train, "x.jpg\n")]);
        assert!(
            assign_lists(&pictures(), &none)
                .unwrap_err()
                .to_string()
                .contains("x.jpg")
        );
        assert!(assign_lists(&pictures(), &[(Split::Val, PathBuf::from("/nowhere/list"))]).is_err());
    }
}
