#![no_main]
//! Pascal VOC: an annotation, and a list of a class.
use libfuzzer_sys::fuzz_target;
use patchlight::dataset::formats::Format;
use patchlight_fuzz::{Set, with};

fuzz_target!(|input: &[u8]| with(
    || Set::new(&["JPEGImages/a.jpg", "JPEGImages/b.jpg"]),
    |set| {
        let half = input.iter().position(|b| *b == 0).unwrap_or(input.len());
        set.put("Annotations/a.xml", &input[..half]);
        set.put("ImageSets/Main/cat_train.txt", input.get(half + 1..).unwrap_or_default());
        set.look(Format::Voc, "");
    }
));
