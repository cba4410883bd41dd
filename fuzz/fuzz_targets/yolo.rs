#![no_main]
//! YOLO: data.yaml, and the lines of a picture.
use libfuzzer_sys::fuzz_target;
use patchlight::dataset::formats::Format;
use patchlight_fuzz::{Set, with};

fuzz_target!(|input: &[u8]| with(
    || Set::new(&["images/train/a.jpg", "images/train/b.jpg"]),
    |set| {
        let half = input.iter().position(|b| *b == 0).unwrap_or(input.len());
        set.put("data.yaml", &input[..half]);
        set.put("labels/train/a.txt", input.get(half + 1..).unwrap_or_default());
        set.look(Format::Yolo, "");
    }
));
