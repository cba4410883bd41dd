#![no_main]
//! Label Studio's JSON.
use libfuzzer_sys::fuzz_target;
use patchlight::dataset::formats::Format;
use patchlight_fuzz::{Set, with};

fuzz_target!(|input: &[u8]| with(
    || Set::new(&["a.jpg", "b/2.png"]),
    |set| {
        set.put("tasks.json", input);
        set.look(Format::LabelStudio, "tasks.json");
    }
));
