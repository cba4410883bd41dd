//! Names of labels: what a name may be, what lies below what (`A/B` is B below A), and which names may mean the same.

use unicode_normalization::UnicodeNormalization;

/// Stands between a label and the one above it.
pub const SEPARATOR: char = '/';

/// Names with more levels are taken as they stand: nobody sorts labels that deep, and a name from anywhere must not cost more than its
/// length.
const DEEPEST: usize = 32;

/// Why people cannot call a label so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing, or only spaces.
    #[error("a label's name must not be empty")]
    Empty,
    /// `A//B`, `/A` or `A/`.
    #[error("a level of the name is empty; `/` stands between a label and the one below it, as in `animal/cat`")]
    EmptyLevel,
    /// More levels than anybody needs.
    #[error("the name has more than {DEEPEST} levels")]
    TooDeep,
    /// A line break, a tab or another character that cannot be seen.
    #[error("the name holds a line break, a tab or another control character")]
    Control,
}

/// A name as people may give it: without spaces around it and around its levels. Names from a source are taken as they are.
///
/// # Errors
/// Where it is empty, a level of it is, it is too deep, or it holds control characters.
pub fn checked(name: &str) -> Result<String, NameError> {
    if name.trim().is_empty() {
        return Err(NameError::Empty);
    }
    if name.trim().chars().any(char::is_control) {
        return Err(NameError::Control);
    }
    let parts: Vec<&str> = name.split(SEPARATOR).map(str::trim).collect();
    if parts.iter().any(|part| part.is_empty()) {
        return Err(NameError::EmptyLevel);
    }
    if parts.len() > DEEPEST {
        return Err(NameError::TooDeep);
    }
    Ok(parts.join("/"))
}

/// The levels of a name, from the top. A name with an empty level (`/A`, `A//B`) is one level, whatever it holds.
pub fn levels(name: &str) -> Vec<&str> {
    let parts: Vec<&str> = name.split(SEPARATOR).take(DEEPEST + 1).collect();
    if parts.len() > DEEPEST || parts.iter().any(|part| part.trim().is_empty()) {
        vec![name]
    } else {
        parts
    }
}

/// The name without its lowest level: what it lies below.
pub fn parent(name: &str) -> Option<&str> {
    let leaf = leaf(name);
    (leaf.len() < name.len()).then(|| &name[..name.len() - leaf.len() - SEPARATOR.len_utf8()])
}

/// The lowest level of a name.
pub fn leaf(name: &str) -> &str {
    levels(name).last().copied().unwrap_or(name)
}

/// Whether `name` lies anywhere below `above`.
pub fn is_below(name: &str, above: &str) -> bool {
    let rest = name.strip_prefix(above).and_then(|rest| rest.strip_prefix(SEPARATOR));
    rest.is_some() && levels(name).len() > 1
}

/// What `name` becomes when `from` is called `to`, with all that lies below it; `None` where it is neither.
pub fn renamed(name: &str, from: &str, to: &str) -> Option<String> {
    if name == from {
        return Some(to.to_owned());
    }
    is_below(name, from).then(|| format!("{to}{}", &name[from.len()..]))
}

/// Equal for names that differ only in case, spaces and the way accents are written.
pub fn look_alike_key(name: &str) -> String {
    name.to_lowercase().nfc().filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_people_are_trimmed_and_checked() {
        assert_eq!(checked("  a cat ").as_deref(), Ok("a cat"));
        assert_eq!(
            checked(" animal / big cat/lion\n").as_deref(),
            Ok("animal/big cat/lion")
        );
        for (name, problem) in [
            ("", NameError::Empty),
            (" \n", NameError::Empty),
            ("a//b", NameError::EmptyLevel),
            ("/a", NameError::EmptyLevel),
            ("a/ ", NameError::EmptyLevel),
            ("/", NameError::EmptyLevel),
            ("a\tb", NameError::Control),
            ("a\u{0}", NameError::Control),
        ] {
            assert_eq!(checked(name), Err(problem), "{name:?}");
        }
        assert_eq!(checked(&"a/".repeat(40)[..79]), Err(NameError::TooDeep));
        assert_eq!(checked("שלום/🦊, \"x\"=1").as_deref(), Ok("שלום/🦊, \"x\"=1"));
    }

    #[test]
    fn levels_of_odd_names_are_the_names() {
        assert_eq!(levels("a/b c/d"), ["a", "b c", "d"]);
        assert_eq!((parent("a/b/c"), leaf("a/b/c")), (Some("a/b"), "c"));
        for odd in ["", "a", "/a", "a/", "a//b", "/"] {
            assert_eq!((levels(odd), parent(odd), leaf(odd)), (vec![odd], None, odd));
        }
        let deep = "a/".repeat(100_000) + "a";
        assert_eq!(levels(&deep).len(), 1);
        assert!(is_below("a/b/c", "a") && is_below("a/b/c", "a/b"));
        assert!(!is_below("a", "a") && !is_below("ab/c", "a") && !is_below("a//b", "a") && !is_below("a/b", "b"));
        assert_eq!(renamed("a/b", "a", "x/y").as_deref(), Some("x/y/b"));
        assert_eq!(renamed("a", "a", "b").as_deref(), Some("b"));
        assert_eq!(renamed("ab", "a", "b"), None);
    }

    #[test]
    fn look_alikes_share_a_key() {
        let key = look_alike_key("Big Café");
        assert_eq!(look_alike_key("big  cafe\u{301}"), key);
        assert_ne!(look_alike_key("big cafe"), key);
    }
}
