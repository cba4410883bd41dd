//! Splices: what of a text is replaced by what.

use std::ops::Range;

/// One replacement; an empty range inserts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Bytes of the old text.
    pub range: Range<usize>,
    /// What stands there instead.
    pub text: String,
}

/// Replacements of one text, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edits(Vec<Edit>);

impl Edits {
    /// Leaves `range` out.
    pub fn delete(&mut self, range: Range<usize>) {
        self.replace(range, String::new());
    }

    /// Puts `text` before the byte `at`, after what was put there earlier.
    pub fn insert(&mut self, at: usize, text: String) {
        self.replace(at..at, text);
    }

    /// Puts `text` in the place of `range`.
    pub fn replace(&mut self, range: Range<usize>, text: String) {
        self.0.push(Edit { range, text });
    }

    /// Forgets what lies inside `range`.
    pub fn forget(&mut self, range: &Range<usize>) {
        self.0
            .retain(|edit| edit.range.start < range.start || edit.range.end > range.end);
    }

    /// The text after all replacements; `None` if they overlap or do not fit the text.
    pub fn apply(&self, text: &str) -> Option<String> {
        let mut ordered: Vec<&Edit> = self.0.iter().collect();
        // Stable: insertions at one place keep their order, and stand before a deletion that starts there.
        ordered.sort_by_key(|edit| (edit.range.start, edit.range.end));
        let (mut out, mut at) = (String::with_capacity(text.len() + 1024), 0);
        for edit in ordered {
            out.push_str(text.get(at..edit.range.start)?);
            out.push_str(&edit.text);
            at = edit.range.end;
        }
        out.push_str(text.get(at..)?);
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splices_apply_in_the_order_of_the_text() {
        let mut edits = Edits::default();
        edits.insert(5, "!".to_owned());
        edits.delete(2..5);
        edits.insert(2, "y".to_owned());
        edits.insert(5, "?".to_owned());
        assert_eq!(edits.apply("hello world").unwrap(), "hey!? world");
        edits.delete(3..6);
        assert_eq!(edits.apply("hello world"), None, "they overlap");
        edits.forget(&(2..6));
        assert_eq!(edits.apply("hello world").unwrap(), "hello world");
    }

    #[test]
    fn a_splice_inside_a_character_is_refused() {
        let mut edits = Edits::default();
        edits.delete(1..2);
        assert_eq!(edits.apply("ö"), None);
    }
}
