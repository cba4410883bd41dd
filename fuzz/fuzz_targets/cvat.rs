#![no_main]
//! CVAT's XML.
use libfuzzer_sys::fuzz_target;
use patchlight::dataset::formats::Format;
use patchlight_fuzz::{Set, with};

fuzz_target!(|input: &[u8]| with(
    || Set::new(&["a.jpg", "b/2.png"]),
    |set| {
        set.put("annotations.xml", input);
        set.look(Format::Cvat, "annotations.xml");
    }
));
