//! CLIP's byte-pair tokenizer with the text cleaning that open_clip does before it.

mod clean;

use clean::clean;

/// The marker before a text.
pub const SOT: u32 = 49_406;
/// The marker after a text, whose token the text tower summarises.
pub const EOT: u32 = 49_407;

/// Longest text that is looked at, in bytes. A text of 77 tokens has at most some 2,500; without a bound a pasted book
/// would take minutes, because merging the pairs of one endless word is quadratic.
const MAX_BYTES: usize = 16_384;

/// CLIP's vocabulary and merge rules. Making one takes tens of milliseconds, so make it once.
pub struct Tokenizer {
    inner: instant_clip_tokenizer::Tokenizer,
}

impl Default for Tokenizer {
    fn default() -> Self {
        Self::new()
    }
}

impl Tokenizer {
    /// The tokenizer of every CLIP with a vocabulary of 49,408.
    pub fn new() -> Self {
        Self {
            inner: instant_clip_tokenizer::Tokenizer::new(),
        }
    }

    /// Tokens of `text` between the two markers, without padding: at most `context` ids, of which the last is [`EOT`].
    ///
    /// Cleaning, splitting, merging and cutting are open_clip's (`SimpleTokenizer` with its defaults), except that
    /// text decoded by a wrong encoding is not repaired. (And `'ſ`, with a long s, is not an English contraction here.)
    pub fn encode(&self, text: &str, context: usize) -> Vec<u32> {
        let mut ids = vec![SOT];
        ids.extend(self.encode_words(text));
        ids.push(EOT);
        if ids.len() > context {
            ids.truncate(context);
            if let Some(last) = ids.last_mut() {
                *last = EOT;
            }
        }
        ids
    }

    /// Tokens of `text` without markers: the words of a class name within a prompt.
    pub fn encode_words(&self, text: &str) -> Vec<u32> {
        let cleaned = clean(shorten(text));
        let mut tokens = Vec::new();
        // The tokenizer lowers the case itself, as the last step of the cleaning.
        self.inner.encode(shorten(&cleaned), &mut tokens);
        tokens.into_iter().map(|token| u32::from(token.to_u16())).collect()
    }
}

/// The start of `text`, at most [`MAX_BYTES`] of it.
fn shorten(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_BYTES)]
}

/// The prompt for a label: `{c}` and `{}` in `template` become the label, in which underscores become spaces.
pub fn prompt(template: &str, label: &str) -> String {
    let name = label.replace('_', " ");
    // Going through the template once keeps braces within a label as they are.
    let mut out = String::with_capacity(template.len() + name.len());
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        let tail = &rest[at..];
        match ["{c}", "{}"].iter().find_map(|mark| tail.strip_prefix(mark)) {
            Some(after) => {
                out.push_str(&name);
                rest = after;
            }
            None => {
                out.push('{');
                rest = &tail[1..];
            }
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::LazyLock;

    static TOKENIZER: LazyLock<Tokenizer> = LazyLock::new(Tokenizer::new);

    #[test]
    fn prompts() {
        assert_eq!(
            prompt("a photo of a {c}.", "traffic_light"),
            "a photo of a traffic light."
        );
        assert_eq!(prompt("a {} or {c}, {x}{", "{c}_y"), "a {c} y or {c} y, {x}{");
        assert_eq!(prompt("no place", "cat"), "no place");
    }

    #[test]
    fn a_text_lies_between_its_markers_and_is_cut_before_the_last() {
        assert_eq!(
            TOKENIZER.encode("a photo of a cat.", 77),
            [SOT, 320, 1125, 539, 320, 2368, 269, EOT]
        );
        assert_eq!(TOKENIZER.encode("a photo of a cat.", 5), [SOT, 320, 1125, 539, EOT]);
        assert_eq!(TOKENIZER.encode("", 77), [SOT, EOT]);
        assert_eq!(TOKENIZER.encode("cat", 1), [EOT]);
        assert_eq!(TOKENIZER.encode("cat", 0), [0u32; 0]);
        assert_eq!(TOKENIZER.encode_words("Cat"), [2368]);
    }

    #[test]
    fn spellings_of_one_text_give_the_same_tokens() {
        let plain = TOKENIZER.encode("it's a café & more", 77);
        for text in [
            "It\u{2019}s  a\tcafe\u{301} &amp; more",
            " IT'S A CAFÉ &amp;amp; MORE\r\n",
            "ｉｔ's a caf&eacute; & more",
        ] {
            assert_eq!(TOKENIZER.encode(text, 77), plain, "{text}");
        }
    }

    #[test]
    fn an_endless_word_takes_no_endless_time() {
        let started = std::time::Instant::now();
        assert_eq!(TOKENIZER.encode(&"ab".repeat(5_000_000), 77).len(), 77);
        assert_eq!(TOKENIZER.encode(&"&amp".repeat(100_000), 77).len(), 77);
        assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    }
}
