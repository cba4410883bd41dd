//! Names of pictures as people's tools write them: percent signs, backslashes, folders of another machine. What a name may mean beside
//! what it says, best first.

use percent_encoding::percent_decode_str;
use std::path::{Component, Path, PathBuf};

/// Whether a name leads out of a folder: `../a.jpg`, `/a.jpg`.
pub(crate) fn leads_out(name: &Path) -> bool {
    name.is_absolute() || name.components().any(|c| c == Component::ParentDir)
}

/// `C:\a\b.jpg` is `C:/a/b.jpg`, on systems where a backslash is a letter like others.
pub(crate) fn slashed(name: &Path) -> Option<PathBuf> {
    let text = name.to_str().filter(|text| cfg!(unix) && text.contains('\\'))?;
    Some(PathBuf::from(text.replace('\\', "/")))
}

/// `a%20b.jpg` is `a b.jpg`; `None` where nothing is encoded, or what is would be no text.
pub(crate) fn decoded(name: &Path) -> Option<PathBuf> {
    let text = name.to_str().filter(|text| text.contains('%'))?;
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    (decoded != text && !decoded.contains('\0')).then(|| PathBuf::from(decoded.as_ref()))
}

/// The ends of a path, from the longest: without its root and `..`, then with one folder less each. The last is the file name.
pub(crate) fn ends(name: &Path) -> impl Iterator<Item = PathBuf> {
    let parts: Vec<PathBuf> = name
        .components()
        .filter_map(|part| match part {
            Component::Normal(part) => Some(PathBuf::from(part)),
            _ => None,
        })
        .collect();
    (0..parts.len()).map(move |start| parts[start..].iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let all = |name: &str| {
            ends(Path::new(name))
                .map(|p| p.display().to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(all("../a/./b/c.jpg"), ["a/b/c.jpg", "b/c.jpg", "c.jpg"]);
        assert_eq!(all("/c.jpg"), ["c.jpg"]);
        assert!(all("..").is_empty());
        let decode = |name: &str| decoded(Path::new(name)).map(|p| p.display().to_string());
        assert_eq!(
            decode("d%C3%A9j%C3%A0%20vu.png").as_deref(),
            Some("d\u{e9}j\u{e0} vu.png")
        );
        assert!(
            ["100%.jpg", "a.jpg", "%FF.jpg", "%00.jpg"]
                .into_iter()
                .all(|name| decode(name).is_none())
        );
        assert!(leads_out(Path::new("a/../b")) && leads_out(Path::new("/b")) && !leads_out(Path::new("a/b..")));
    }

    #[cfg(unix)]
    #[test]
    fn backslashes_are_slashes() {
        let all = |name: &str| slashed(Path::new(name)).map(|p| p.display().to_string());
        assert_eq!(all("..\\a\\b.jpg").as_deref(), Some("../a/b.jpg"));
        assert_eq!(all("a/b.jpg"), None);
    }
}
