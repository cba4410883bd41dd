#![no_main]
//! Tables in any of the three shapes.
use libfuzzer_sys::fuzz_target;
use patchlight::dataset::formats::Format;
use patchlight_fuzz::{Set, with};

fuzz_target!(|input: &[u8]| with(
    || Set::new(&["a.jpg", "b/2.png"]),
    |set| {
        set.put("table.csv", input);
        set.look(Format::Csv, "table.csv");
    }
));
