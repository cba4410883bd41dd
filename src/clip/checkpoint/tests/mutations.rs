//! Damaged files must give errors, never a panic, endless work or absurd amounts of memory.

use super::*;
use crate::support::rng::{Rng, stream};

/// Calls `check` with 2,000 damaged copies of `bytes`: flipped, overwritten, cut, doubled.
fn damage(bytes: &[u8], purpose: &str, mut check: impl FnMut(&[u8])) {
    let started = std::time::Instant::now();
    for round in 0..2_000 {
        let mut rng = stream(7, purpose, round);
        let mut copy = bytes.to_vec();
        for _ in 0..rng.random_range(1..6) {
            let at = rng.random_range(0..copy.len());
            match rng.random_range(0..5) {
                0 => copy[at] ^= 1 << rng.random_range(0..8),
                1 => copy[at] = [0, 1, 0x7f, 0x80, 0xff][rng.random_range(0..5)],
                2 => copy.truncate(at.max(1)),
                3 => {
                    let end = (at + rng.random_range(1..40)).min(copy.len());
                    let piece = copy[at..end].to_vec();
                    copy.splice(at..at, piece);
                }
                _ => copy[at] = rng.random(),
            }
        }
        check(&copy);
    }
    assert!(started.elapsed().as_secs() < 120, "{:?}", started.elapsed());
}

fn through_the_readers(bytes: &[u8]) {
    if let Ok(raw) = parse(Path::new("damaged.bin"), "damaged.bin", bytes)
        && let Ok((_, tensors)) = names::canonical(Path::new("damaged.bin"), raw.tensors)
    {
        let values: usize = tensors.values().map(|t| t.data.len()).sum();
        assert!(values <= 4 * bytes.len(), "{values} numbers from {} bytes", bytes.len());
    }
}

#[test]
fn damaged_safetensors() {
    let shapes = Shapes::from([
        ("visual.proj".to_owned(), vec![4, 3]),
        ("visual.ln_pre.bias".to_owned(), vec![5]),
    ]);
    damage(
        &safetensors_bytes(&shapes, |_, _| ()),
        "safetensors",
        through_the_readers,
    );
}

#[test]
fn damaged_archives() {
    let bytes = std::fs::read(fixture("mixed.bin")).unwrap();
    damage(&bytes, "archive", through_the_readers);
}

#[test]
fn damaged_pickles() {
    for name in ["mixed.bin", "openai.pt", "malicious.bin"] {
        // Within the archive a checksum would catch most of it before the machine sees it.
        let source = faults::pickle_of(&std::fs::read(fixture(name)).unwrap());
        damage(&source, name, |bytes| {
            if let Ok(pickle) = pickle::run(bytes) {
                let _ = state::tensors(&pickle);
            }
        });
    }
}

#[test]
fn damaged_configurations() {
    let bytes = hf_config().to_string().into_bytes();
    damage(&bytes, "config", |bytes| {
        if let Ok(value) = serde_json::from_slice::<Value>(bytes)
            && let Ok(section) = Section::new(Path::new("config.json"), &value)
        {
            let _ = configs::hugging_face(section).map(|config| config.check());
            let _ = configs::open_clip(section);
        }
    });
}
