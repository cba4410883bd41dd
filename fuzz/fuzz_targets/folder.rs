#![no_main]
//! A folder with a file of annotations of any kind: which format it is, whether it can be read at all.
use libfuzzer_sys::fuzz_target;
use patchlight::dataset::formats::Format;
use patchlight_fuzz::{Set, with};

const NAMES: [&str; 8] = [
    "table.csv",
    "table.tsv",
    "x.json",
    "annotations.xml",
    "data.yaml",
    "train.txt",
    "list_attr.txt",
    "class-descriptions.csv",
];

fuzz_target!(|input: &[u8]| with(
    || Set::new(&["a.jpg", "b/2.png"]),
    |set| {
        let Some((first, rest)) = input.split_first() else { return };
        for name in NAMES {
            let _ = std::fs::remove_file(set.path(name));
        }
        set.put(NAMES[usize::from(*first) % NAMES.len()], rest);
        set.look(Format::Auto, "");
    }
));
