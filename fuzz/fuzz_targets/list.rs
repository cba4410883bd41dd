#![no_main]
//! Lists of `path id id`, and a file of names.
use libfuzzer_sys::fuzz_target;
use patchlight::dataset::formats::Format;
use patchlight_fuzz::{Set, with};

fuzz_target!(|input: &[u8]| with(
    || Set::new(&["a.jpg", "b/2.png"]),
    |set| {
        let half = input.iter().position(|b| *b == 0).unwrap_or(input.len());
        set.put("train.txt", &input[..half]);
        set.put("labels.txt", input.get(half + 1..).unwrap_or_default());
        set.look(Format::List, "");
    }
));
