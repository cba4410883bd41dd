//! Token ids equal open_clip's.

use crate::support::json;
use patchlight::clip::tokenizer::Tokenizer;

#[test]
fn ids_equal_open_clip() {
    let tokenizer = Tokenizer::new();
    let cases = json("tokens.json");
    let cases = cases.as_array().unwrap();
    assert!(cases.len() >= 200, "{} cases", cases.len());
    for case in cases {
        let text = case["text"].as_str().unwrap();
        let mut expected: Vec<u32> = case["ids"]
            .as_array()
            .unwrap()
            .iter()
            .map(|i| i.as_u64().unwrap() as u32)
            .collect();
        // Padding is not part of what the tokenizer returns.
        while expected.last() == Some(&0) {
            expected.pop();
        }
        assert_eq!(tokenizer.encode(text, 77), expected, "{text:?}");
    }
}
