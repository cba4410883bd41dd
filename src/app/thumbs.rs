//! Pictures as textures: decoded and resized on threads of their own, newest wish first, kept within a budget of bytes.

use crate::dataset::decode::{Limits, decode};
use eframe::egui::{ColorImage, Context, TextureHandle, TextureOptions};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Sides of the two sizes in pixels: in a grid, and in the inspector (less where the GPU allows less).
const SIDES: [u32; 2] = [320, 2048];

/// Bytes of textures that are kept.
const BUDGET: usize = 160 << 20;

/// Textures made in one frame: each is copied to the GPU.
const PER_FRAME: usize = 12;

/// Wishes that are remembered; older ones were scrolled past.
const WISHES: usize = 400;

/// Which picture, and in which size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The picture's id.
    pub picture: i64,
    /// Whether for the inspector.
    pub large: bool,
}

impl Key {
    /// The key of a picture that no project knows. Keys below zero are nobody's ids.
    pub fn of_path(path: &std::path::Path, large: bool) -> Self {
        let hash = eframe::egui::Id::unique(path).value() >> 2;
        Self {
            picture: -1 - hash as i64,
            large,
        }
    }
}

/// What is known of a picture's texture.
#[derive(Clone)]
pub enum Thumb {
    /// On its way.
    Loading,
    /// Here it is.
    Ready(TextureHandle),
    /// It cannot be shown, and why.
    Broken(Arc<str>),
}

struct Entry {
    thumb: Thumb,
    bytes: usize,
    used: u64,
}

struct Wish {
    /// Which project's: ids are not unique beyond it.
    generation: u64,
    key: Key,
    path: PathBuf,
    side: u32,
}

type Made = (u64, Key, Result<ColorImage, String>);

/// The threads' shared list; `None` in the list's place ends them.
struct Queue {
    wishes: Mutex<Option<Vec<Wish>>>,
    bell: Condvar,
}

impl Queue {
    /// The list. A thread that panicked leaves it as it was: it takes one wish at a time.
    fn lock(&self) -> MutexGuard<'_, Option<Vec<Wish>>> {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Textures of pictures.
pub struct Thumbs {
    entries: HashMap<Key, Entry>,
    bytes: usize,
    clock: u64,
    queue: Arc<Queue>,
    made: Receiver<Made>,
    generation: u64,
}

impl Thumbs {
    /// Starts the threads.
    pub fn new(ctx: &Context) -> Self {
        let (sender, made) = channel();
        let queue = Arc::new(Queue {
            wishes: Mutex::new(Some(Vec::new())),
            bell: Condvar::new(),
        });
        let threads = std::thread::available_parallelism().map_or(2, usize::from).clamp(1, 4);
        for number in 0..threads {
            let (queue, sender, ctx) = (queue.clone(), sender.clone(), ctx.clone());
            let spawned = std::thread::Builder::new()
                .name(format!("thumbnails {number}"))
                .spawn(move || work(&queue, &sender, &ctx));
            if let Err(error) = spawned {
                tracing::error!(%error, "a thread for thumbnails cannot be started");
            }
        }
        Self {
            entries: HashMap::new(),
            bytes: 0,
            clock: 0,
            queue,
            made,
            generation: 0,
        }
    }

    /// Forgets everything: another project is open.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
        self.generation += 1;
        if let Some(wishes) = self.queue.lock().as_mut() {
            wishes.clear();
        }
    }

    /// Once a frame: takes in what the threads have made, and drops what was not looked at for longest.
    pub fn begin_frame(&mut self, ctx: &Context) {
        self.clock += 1;
        for _ in 0..PER_FRAME {
            let Ok((generation, key, made)) = self.made.try_recv() else {
                break;
            };
            // Cleared meanwhile: the picture is of a project that is closed.
            if generation != self.generation {
                continue;
            }
            let Some(entry) = self.entries.get_mut(&key) else {
                continue;
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
        if self.bytes > BUDGET {
            self.shrink();
        }
    }

    fn shrink(&mut self) {
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

    /// The texture of a picture, wished for where there is none yet.
    pub fn get(&mut self, ctx: &Context, key: Key, path: &std::path::Path) -> Thumb {
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.used = self.clock;
            return entry.thumb.clone();
        }
        self.entries.insert(
            key,
            Entry {
                thumb: Thumb::Loading,
                bytes: 0,
                used: self.clock,
            },
        );
        let most = ctx.input(|i| i.max_texture_side) as u32;
        let wish = Wish {
            generation: self.generation,
            key,
            path: path.to_owned(),
            side: SIDES[usize::from(key.large)].min(most.max(64)),
        };
        let mut dropped = Vec::new();
        if let Some(wishes) = self.queue.lock().as_mut() {
            wishes.push(wish);
            while wishes.len() > WISHES {
                dropped.push(wishes.remove(0).key);
            }
        }
        self.queue.bell.notify_one();
        // Asked for again when it is scrolled back to.
        for key in dropped {
            self.entries.remove(&key);
        }
        Thumb::Loading
    }

    /// Bytes of all textures.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether any picture is on its way.
    pub fn loading(&self) -> bool {
        self.entries.values().any(|e| matches!(e.thumb, Thumb::Loading))
    }
}

impl Drop for Thumbs {
    fn drop(&mut self) {
        *self.queue.lock() = None;
        self.queue.bell.notify_all();
    }
}

fn work(queue: &Queue, sender: &Sender<Made>, ctx: &Context) {
    loop {
        let wish = {
            let mut wishes = queue.lock();
            loop {
                match wishes.as_mut() {
                    None => return,
                    Some(list) => {
                        if let Some(wish) = list.pop() {
                            break wish;
                        }
                    }
                }
                wishes = queue.bell.wait(wishes).unwrap_or_else(PoisonError::into_inner);
            }
        };
        let made = load(&wish.path, wish.side);
        if sender.send((wish.generation, wish.key, made)).is_err() {
            return;
        }
        ctx.request_repaint();
    }
}

/// A picture as shown, its longer side at most `side` pixels.
fn load(path: &std::path::Path, side: u32) -> Result<ColorImage, String> {
    let picture = decode(path, &Limits::default()).map_err(|e| e.to_string())?.rgb;
    let (w, h) = picture.dimensions();
    let longer = w.max(h).max(1);
    let picture = if longer > side {
        let scale = |v: u32| ((u64::from(v) * u64::from(side) / u64::from(longer)) as u32).max(1);
        image::imageops::thumbnail(&picture, scale(w), scale(h))
    } else {
        picture
    };
    let (w, h) = picture.dimensions();
    Ok(ColorImage::from_rgb([w as usize, h as usize], picture.as_raw()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_pictures_shrink_and_keep_their_shape() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wide.png");
        image::RgbImage::new(900, 300).save(&path).unwrap();
        assert_eq!(load(&path, 320).unwrap().size, [320, 106]);
        assert_eq!(load(&path, 2048).unwrap().size, [900, 300]);
        assert!(load(&folder.path().join("none.png"), 320).is_err());
    }
}
