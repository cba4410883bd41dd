//! Copies of a photo that are not the same file: perceptual hashes, and which of many are near each other.
//!
//! The hash is image_hasher's "median of the low frequencies" (pHash) with 16 x 16 bits, made of the picture shrunk to a grey
//! square. Copies that were resized, saved again, made brighter or turned grey differ in few of the 256 bits; different photos in
//! about half of them.

use super::decode::{Limits, decode};
use super::error::DatasetError;
use crate::support::hash;
use image::imageops::{grayscale, thumbnail};
use image::{GrayImage, RgbImage};
use image_hasher::{HashAlg, HasherConfig};
use std::path::Path;

/// Bits of a hash.
pub const BITS: u32 = 256;
/// Up to how many differing bits two pictures count as near copies.
///
/// Measured on 100 photos of COCO: copies of half the size, 15 % brighter and saved as JPEG of quality 40 differ in at most 24 bits (in 6
/// as a rule), copies of a quarter of the size in at most 22, different photos in at least 84. Of image_hasher's other ways, the mean of
/// low frequencies, gradients and plain means all brought some different photos nearer than some copies. Mirrored and much cropped
/// copies are not found.
pub const NEAR: u32 = 31;
/// Number of the way in which hashes are made; hashes of different ways cannot be compared.
pub const METHOD: i64 = 1;

/// Side of the grey square that is looked at, in pixels.
const SQUARE: u32 = 64;
/// Pictures with a shorter side have too little in them.
const SHORTEST: u32 = 16;
/// Pictures whose grey values spread less (standard deviation, of 255) are a plain surface.
const PLAIN: f64 = 3.0;

/// What a picture looks like, in 256 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PerceptualHash(pub [u64; 4]);

impl PerceptualHash {
    /// The hash of a picture as shown; `None` for tiny pictures and plain surfaces, which all look the same to it.
    pub fn of(picture: &RgbImage) -> Option<Self> {
        if picture.width().min(picture.height()) < SHORTEST {
            return None;
        }
        let grey = grayscale(&thumbnail(picture, SQUARE, SQUARE));
        if spread(&grey) < PLAIN {
            return None;
        }
        let hasher = HasherConfig::with_bytes_type::<[u8; 32]>()
            .hash_size(16, 16)
            .hash_alg(HashAlg::Median)
            .preproc_dct()
            .to_hasher();
        Self::from_bytes(hasher.hash_image(&grey).as_bytes())
    }

    /// Bits that differ.
    pub fn distance(&self, other: &Self) -> u32 {
        self.0.iter().zip(&other.0).map(|(a, b)| (a ^ b).count_ones()).sum()
    }

    /// As 32 bytes.
    pub fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (part, word) in bytes.chunks_exact_mut(8).zip(self.0) {
            part.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// From [`Self::to_bytes`]; `None` for another number of bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut words = [0; 4];
        for (word, part) in words.iter_mut().zip(bytes.chunks_exact(8)) {
            *word = u64::from_le_bytes(part.try_into().ok()?);
        }
        (bytes.len() == 32).then_some(Self(words))
    }

    /// 16 bits of the hash.
    fn band(&self, index: usize) -> usize {
        (self.0[index / 4] >> (16 * (index % 4)) & 0xFFFF) as usize
    }
}

/// Standard deviation of grey values.
fn spread(grey: &GrayImage) -> f64 {
    let n = f64::from(grey.width() * grey.height()).max(1.0);
    let mean = grey.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
    let squares: f64 = grey.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum();
    (squares / n).sqrt()
}

/// What the content of a picture's file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// SHA-256 of the file in hexadecimal.
    pub sha256: String,
    /// What it looks like, unless it is tiny or plain.
    pub looks: Option<PerceptualHash>,
    /// Width as shown, in pixels.
    pub width: u32,
    /// Height as shown, in pixels.
    pub height: u32,
}

impl Content {
    /// Reads and decodes a whole picture.
    ///
    /// # Errors
    /// As [`decode`].
    pub fn of(path: &Path) -> Result<Self, DatasetError> {
        let decoded = decode(path, &Limits::default())?;
        let picture = &decoded.rgb;
        let (looks, (width, height)) = (PerceptualHash::of(picture), picture.dimensions());
        // Others may wait for its memory.
        drop(decoded);
        Ok(Self {
            sha256: hash::of_file(path).map_err(DatasetError::io(path))?,
            looks,
            width,
            height,
        })
    }
}

/// Groups of at least two of `hashes` (by index, ascending, ordered by their first members) that are within `distance` bits of
/// another member, 0 to 31. Nearness carries over: a copy of a copy is in the group, also where it is further from the first.
///
/// Of two hashes that differ in at most 31 bits, one of the sixteen 16-bit bands differs in at most one bit, so only hashes that share
/// a band up to one bit are compared.
pub fn groups(hashes: &[PerceptualHash], distance: u32) -> Vec<Vec<usize>> {
    const BANDS: usize = 16;
    let distance = distance.min(2 * BANDS as u32 - 1);
    let mut sets = Sets::new(hashes.len());
    // Equal hashes are joined first, so that a thousand equal pictures are not a million pairs.
    let mut order: Vec<usize> = (0..hashes.len()).collect();
    order.sort_unstable_by_key(|i| (hashes[*i], *i));
    let mut unique: Vec<usize> = Vec::with_capacity(order.len());
    for i in order {
        match unique.last() {
            Some(last) if hashes[*last] == hashes[i] => sets.join(*last, i),
            _ => unique.push(i),
        }
    }
    // With less than a bit for each band, one band is the same.
    let flips = if distance < BANDS as u32 { 0 } else { 16 };
    let looks: Vec<PerceptualHash> = unique.iter().map(|i| hashes[*i]).collect();
    for band in 0..BANDS {
        let buckets = Buckets::new(looks.iter().map(|hash| hash.band(band)));
        for (place, hash) in looks.iter().enumerate() {
            let value = hash.band(band);
            for probe in 0..=flips {
                let probed = if probe == 0 { value } else { value ^ (1 << (probe - 1)) };
                for other in buckets.get(probed) {
                    let other = *other as usize;
                    if other > place && hash.distance(&looks[other]) <= distance {
                        sets.join(unique[place], unique[other]);
                    }
                }
            }
        }
    }
    sets.groups()
}

/// Places by their 16-bit value.
struct Buckets {
    starts: Vec<u32>,
    places: Vec<u32>,
}

impl Buckets {
    fn new(values: impl Iterator<Item = usize> + Clone) -> Self {
        let mut starts = vec![0; (1 << 16) + 1];
        values.clone().for_each(|value| starts[value + 1] += 1);
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut next = starts.clone();
        let mut places = vec![0; starts.last().map_or(0, |n| *n as usize)];
        for (place, value) in values.enumerate() {
            places[next[value] as usize] = place as u32;
            next[value] += 1;
        }
        Self { starts, places }
    }

    fn get(&self, value: usize) -> &[u32] {
        &self.places[self.starts[value] as usize..self.starts[value + 1] as usize]
    }
}

/// Disjoint sets (union-find) with their smallest members as names.
struct Sets(Vec<usize>);

impl Sets {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn name(&mut self, mut i: usize) -> usize {
        while self.0[i] != i {
            self.0[i] = self.0[self.0[i]];
            i = self.0[i];
        }
        i
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.name(a), self.name(b));
        self.0[a.max(b)] = a.min(b);
    }

    fn groups(mut self) -> Vec<Vec<usize>> {
        let mut members = vec![Vec::new(); self.0.len()];
        for i in 0..self.0.len() {
            let name = self.name(i);
            members[name].push(i);
        }
        members.retain(|group| group.len() > 1);
        members
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::rng::{self, Rng};
    use image::imageops::{FilterType, resize};
    use proptest::prelude::*;

    /// Soft blobs of many sizes and colours: like photos, most of it lies in the low frequencies.
    fn photo(seed: u64) -> RgbImage {
        let mut draw = rng::stream(seed, "photo", 0);
        let blobs: Vec<[f32; 6]> = (0..40).map(|_| std::array::from_fn(|_| draw.random())).collect();
        RgbImage::from_fn(160, 120, |x, y| {
            let (x, y) = (x as f32 / 160.0, y as f32 / 120.0);
            let mut colour = [0.0f32; 3];
            for [bx, by, size, rest @ ..] in &blobs {
                let near = ((x - bx).powi(2) + (y - by).powi(2)) / (0.02 + 0.1 * size).powi(2);
                let weight = 60.0 * (-near).exp();
                colour.iter_mut().zip(rest).for_each(|(c, r)| *c += weight * r);
            }
            image::Rgb(colour.map(|c| c.min(220.0) as u8))
        })
    }

    fn saved(picture: &RgbImage, quality: u8) -> RgbImage {
        let mut file = Vec::new();
        image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, quality)
            .encode_image(picture)
            .unwrap();
        image::load_from_memory(&file).unwrap().to_rgb8()
    }

    #[test]
    fn copies_are_near_and_other_photos_are_not() {
        let photos: Vec<RgbImage> = (0..12).map(photo).collect();
        let hashes: Vec<PerceptualHash> = photos.iter().map(|p| PerceptualHash::of(p).unwrap()).collect();
        for (picture, hash) in photos.iter().zip(&hashes) {
            let mut brighter = resize(picture, 90, 66, FilterType::Triangle);
            brighter.iter_mut().for_each(|v| *v = (f32::from(*v) * 1.15) as u8);
            for (what, copy) in [
                ("larger", resize(picture, 300, 220, FilterType::CatmullRom)),
                ("smaller", resize(picture, 60, 45, FilterType::Lanczos3)),
                ("saved again", saved(picture, 40)),
                ("smaller, brighter, saved again", saved(&brighter, 50)),
            ] {
                let distance = hash.distance(&PerceptualHash::of(&copy).unwrap());
                assert!(distance <= NEAR, "{what}: {distance}");
            }
        }
        for (i, hash) in hashes.iter().enumerate() {
            let nearest = hashes[..i]
                .iter()
                .map(|other| hash.distance(other))
                .min()
                .unwrap_or(BITS);
            assert!(nearest > NEAR + 16, "{nearest}");
        }
    }

    #[test]
    fn plain_and_tiny_pictures_have_no_looks() {
        let plain = |v: u8| RgbImage::from_pixel(100, 100, image::Rgb([v; 3]));
        assert_eq!(PerceptualHash::of(&plain(0)), None);
        assert_eq!(PerceptualHash::of(&plain(200)), None);
        let grain = RgbImage::from_fn(100, 100, |x, y| image::Rgb([200 + ((x + y) % 2) as u8; 3]));
        assert_eq!(PerceptualHash::of(&grain), None);
        let picture = photo(0);
        assert_eq!(
            PerceptualHash::of(&resize(&picture, 15, 200, FilterType::Triangle)),
            None
        );
        assert_eq!(PerceptualHash::of(&RgbImage::new(1, 1)), None);
        assert!(PerceptualHash::of(&resize(&picture, 2000, 16, FilterType::Triangle)).is_some());
        let hash = PerceptualHash::of(&picture).unwrap();
        assert_eq!(PerceptualHash::from_bytes(&hash.to_bytes()), Some(hash));
        assert_eq!(PerceptualHash::from_bytes(&[0; 8]), None);
    }

    #[test]
    fn the_content_of_a_file_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        photo(3).save(&path).unwrap();
        let content = Content::of(&path).unwrap();
        assert_eq!((content.width, content.height), (160, 120));
        assert_eq!(content.looks, PerceptualHash::of(&photo(3)));
        assert_eq!(content.sha256, hash::of_bytes(&std::fs::read(&path).unwrap()));
        std::fs::write(&path, b"no picture").unwrap();
        assert!(Content::of(&path).is_err());
    }

    /// Hashes around a few centres, at most `spread` bits away.
    fn clusters(seed: u64, count: usize, spread: usize) -> Vec<PerceptualHash> {
        let mut draw = rng::stream(seed, "clusters", 0);
        let centres: Vec<[u64; 4]> = (0..count / 4 + 1)
            .map(|_| std::array::from_fn(|_| draw.random()))
            .collect();
        (0..count)
            .map(|_| {
                let mut words = centres[draw.random_range(0..centres.len())];
                for _ in 0..draw.random_range(0..=spread) {
                    let bit = draw.random_range(0..256);
                    words[bit / 64] ^= 1 << (bit % 64);
                }
                PerceptualHash(words)
            })
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn groups_are_those_of_comparing_all(seed: u64, count in 0..60usize, spread in 0..24usize, distance in 0..32u32) {
            let hashes = clusters(seed, count, spread);
            let mut sets = Sets::new(count);
            for i in 0..count {
                (0..i).filter(|j| hashes[i].distance(&hashes[*j]) <= distance).for_each(|j| sets.join(i, j));
            }
            prop_assert_eq!(groups(&hashes, distance), sets.groups());
        }
    }

    #[test]
    #[ignore = "measures"]
    fn a_hundred_thousand() {
        for (what, hashes) in [
            ("random", clusters(1, 100_000, 12)),
            ("equal", vec![PerceptualHash([1, 2, 3, 4]); 100_000]),
        ] {
            let start = std::time::Instant::now();
            let found = groups(&hashes, NEAR);
            println!("{what}: {} groups in {:?}", found.len(), start.elapsed());
        }
    }
}
