//! Splits from list files: one picture a line, by name or path, with or without class numbers behind.

use crate::dataset::error::DatasetError;
use crate::dataset::files::{Found, PictureIndex, absolute};
use crate::dataset::formats::lines;
use crate::dataset::model::{Split, Warning};
use std::collections::HashMap;
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
        for line in lines::read(list)? {
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

#[cfg(test)]
mod tests {
    use super::*;

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
