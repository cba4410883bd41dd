//! Labels with levels, such as `Animal/Dog`.

/// The levels of a label, without white space around them and without empty ones: `Animal / Dog` has `Animal` and `Dog`.
/// A label of white space and slashes alone has none.
pub fn levels(label: &str) -> Vec<&str> {
    label
        .split('/')
        .map(str::trim)
        .filter(|level| !level.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::levels;

    #[test]
    fn levels_are_trimmed_and_never_empty() {
        assert_eq!(levels("dog"), ["dog"]);
        assert_eq!(levels("Animal/Dog"), ["Animal", "Dog"]);
        assert_eq!(levels(" Animal / big dog //"), ["Animal", "big dog"]);
        assert!(levels(" / ").is_empty());
        assert!(levels("").is_empty());
    }
}
