#![no_main]
//! Pictures: the structure of files, previews in raw files, HEIC.
use libfuzzer_sys::fuzz_target;
use patchlight::dataset::decode::{Limits, decode};
use patchlight_fuzz::{Set, with};

const NAMES: [&str; 4] = ["x.jpg", "x.nef", "x.heic", "x.raf"];

fuzz_target!(|input: &[u8]| with(
    || Set::new(&[]),
    |set| {
        let Some((first, rest)) = input.split_first() else { return };
        let name = NAMES[usize::from(*first) % NAMES.len()];
        set.put(name, rest);
        let limits = Limits {
            max_pixels: 1 << 22,
            ..Limits::default()
        };
        let _ = decode(&set.path(name), &limits);
    }
));
