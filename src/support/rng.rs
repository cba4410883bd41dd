//! Seeded random numbers that are the same on every machine and in every version: ChaCha8, one stream per purpose.

use rand::SeedableRng;
pub use rand::{Rng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

/// A generator for `purpose` (for example `"shuffle"`) and a counter (for example the epoch). Streams of different
/// purposes or counters are independent, so a resumed run draws what the uninterrupted one would have drawn.
pub fn stream(seed: u64, purpose: &str, counter: u64) -> ChaCha8Rng {
    use sha2::{Digest, Sha256};
    let mut digest = Sha256::new();
    digest.update(seed.to_le_bytes());
    digest.update(counter.to_le_bytes());
    digest.update(purpose.as_bytes());
    ChaCha8Rng::from_seed(digest.finalize().into())
}

/// A standard normal number (Box-Muller; the second of the pair is dropped to keep the stream simple).
pub fn normal(rng: &mut impl Rng) -> f32 {
    let u: f64 = 1.0 - rng.random::<f64>();
    let v: f64 = rng.random();
    ((-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_repeat_and_differ() {
        let draw = |seed, purpose, counter| stream(seed, purpose, counter).random::<u64>();
        assert_eq!(draw(1, "shuffle", 2), draw(1, "shuffle", 2));
        assert_ne!(draw(1, "shuffle", 2), draw(1, "shuffle", 3));
        assert_ne!(draw(1, "shuffle", 2), draw(1, "augment", 2));
    }

    #[test]
    fn normal_has_unit_variance() {
        let mut rng = stream(0, "test", 0);
        let x: Vec<f32> = (0..20_000).map(|_| normal(&mut rng)).collect();
        let mean = x.iter().sum::<f32>() / x.len() as f32;
        let var = x.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / x.len() as f32;
        assert!(
            mean.abs() < 0.03 && (var - 1.0).abs() < 0.05,
            "mean {mean}, variance {var}"
        );
    }
}
