#![no_main]
//! Sidecars: whatever stands there, tags are merged into it whole or refused, and taken away again.
use libfuzzer_sys::fuzz_target;
use patchlight::tagging::xmp::{SidecarStyle, Sidecars};
use patchlight::tagging::{Tag, TaggedBy, Tags};
use patchlight_fuzz::{Set, with};
use std::time::SystemTime;

fuzz_target!(|input: &[u8]| with(
    || Set::new(&["a.jpg"]),
    |set| {
        set.put("a.jpg.xmp", input);
        let picture = set.path("a.jpg");
        let tags = Tags {
            image: picture.clone(),
            tags: ["cat", "Tier/Hund", "a & <b>"]
                .map(|label| Tag::by_tagger(label.to_owned(), 0.5))
                .to_vec(),
        };
        let by = TaggedBy {
            name: "fuzz".to_owned(),
            version: String::new(),
        };
        let sidecars = Sidecars::resolve([picture.as_path()], SidecarStyle::Appended);
        if sidecars.plan_write(&tags, &by, SystemTime::UNIX_EPOCH).apply().is_ok() {
            let again = sidecars.plan_write(&tags, &by, SystemTime::UNIX_EPOCH);
            let _ = again.apply();
            let _ = sidecars.plan_removal(&picture).apply();
        }
    }
));
