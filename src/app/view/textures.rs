//! Pictures as textures, kept within a budget of bytes. What is missing becomes a wish that the threads of thumbnails fulfil.

use crate::app::model::thumbnail::{Key, Wish};
use eframe::egui::{ColorImage, Context, TextureHandle, TextureOptions};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// Longest side in pixels: of a thumbnail, of a picture that is shown large.
const SIDES: [u32; 2] = [320, 2048];

/// Bytes of textures that are kept.
const BUDGET: usize = 160 << 20;

/// A picture's texture.
#[derive(Clone)]
pub enum Thumb {
    Loading,
    Ready(TextureHandle),
    /// Why it cannot be shown.
    Broken(Arc<str>),
}

struct Entry {
    thumb: Thumb,
    bytes: usize,
    used: u64,
}

/// The textures of pictures.
#[derive(Default)]
pub struct Textures {
    entries: HashMap<Key, Entry>,
    bytes: usize,
    /// Counts frames.
    clock: u64,
    wishes: Vec<Wish>,
    /// Grows when all textures are given back, so that pictures of a closed project are not taken for another's.
    generation: u64,
}

impl Textures {
    /// Gives all textures back: another project.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.wishes.clear();
        self.bytes = 0;
        self.generation += 1;
    }

    /// A frame begins: what was not used for long goes where the budget is exceeded.
    pub fn begin_frame(&mut self) {
        self.clock += 1;
        if self.bytes <= BUDGET {
            return;
        }
        let mut old: Vec<(u64, Key)> = (self.entries.iter())
            .filter(|(_, e)| e.bytes > 0 && e.used + 1 < self.clock)
            .map(|(k, e)| (e.used, *k))
            .collect();
        old.sort_unstable_by_key(|(used, _)| *used);
        for (_, key) in old {
            if self.bytes <= BUDGET * 9 / 10 {
                break;
            }
            if let Some(entry) = self.entries.remove(&key) {
                self.bytes -= entry.bytes;
            }
        }
    }

    /// A picture's texture; the first call makes a wish.
    pub fn get(&mut self, ctx: &Context, key: Key, path: &Path) -> Thumb {
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.used = self.clock;
            return entry.thumb.clone();
        }
        let entry = Entry {
            thumb: Thumb::Loading,
            bytes: 0,
            used: self.clock,
        };
        self.entries.insert(key, entry);
        let most = ctx.input(|i| i.max_texture_side) as u32;
        self.wishes.push(Wish {
            generation: self.generation,
            key,
            path: path.to_owned(),
            side: SIDES[usize::from(key.large)].min(most.max(64)),
        });
        Thumb::Loading
    }

    /// Wishes since the last call, oldest first.
    pub fn take_wishes(&mut self) -> Vec<Wish> {
        std::mem::take(&mut self.wishes)
    }

    /// Wishes that will not be fulfilled: they are made again when their pictures are drawn again.
    pub fn forget(&mut self, wishes: &[Wish]) {
        for wish in wishes {
            self.entries.remove(&wish.key);
        }
    }

    /// A wish was fulfilled, or cannot be.
    pub fn receive(&mut self, ctx: &Context, generation: u64, key: Key, made: Result<ColorImage, String>) {
        if generation != self.generation {
            return;
        }
        let Some(entry) = self.entries.get_mut(&key) else {
            return;
        };
        match made {
            Ok(image) => {
                entry.bytes = image.pixels.len() * 4;
                self.bytes += entry.bytes;
                let name = format!("picture {} {}", key.picture, key.large);
                entry.thumb = Thumb::Ready(ctx.load_texture(name, image, TextureOptions::LINEAR));
            }
            Err(reason) => entry.thumb = Thumb::Broken(reason.into()),
        }
    }

    /// Bytes of all textures.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether pictures are still being loaded.
    pub fn loading(&self) -> bool {
        self.entries.values().any(|e| matches!(e.thumb, Thumb::Loading))
    }
}
