//! The threads that decode and resize pictures, newest wish first.

use crate::app::model::thumbnail::Wish;
use crate::dataset::decode::{Limits, decode};
use eframe::egui::{ColorImage, Context};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Pictures taken over in a frame: making textures takes its time.
const PER_FRAME: usize = 12;

/// Wishes that wait at most; older ones were scrolled past.
const WISHES: usize = 400;

/// A wish, and its picture or why there is none.
type Made = (Wish, Result<ColorImage, String>);

struct Queue {
    /// `None`: the window is gone.
    wishes: Mutex<Option<Vec<Wish>>>,
    bell: Condvar,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Option<Vec<Wish>>> {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The window's end.
pub struct Thumbnails {
    queue: Arc<Queue>,
    made: Receiver<Made>,
}

impl Thumbnails {
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
        Self { queue, made }
    }

    /// Adds wishes, the newest last; returns those that gave way.
    pub fn wish(&self, new: Vec<Wish>) -> Vec<Wish> {
        if new.is_empty() {
            return new;
        }
        let mut dropped = Vec::new();
        if let Some(wishes) = self.queue.lock().as_mut() {
            wishes.extend(new);
            let surplus = wishes.len().saturating_sub(WISHES);
            dropped.extend(wishes.drain(..surplus));
        }
        self.queue.bell.notify_all();
        dropped
    }

    /// Forgets all wishes: another project.
    pub fn clear(&self) {
        if let Some(wishes) = self.queue.lock().as_mut() {
            wishes.clear();
        }
    }

    /// Pictures that were made since the last call, a few at a time.
    pub fn take(&self) -> Vec<Made> {
        self.made.try_iter().take(PER_FRAME).collect()
    }
}

impl Drop for Thumbnails {
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
        if sender.send((wish, made)).is_err() {
            return;
        }
        ctx.request_repaint();
    }
}

/// A picture as shown, its longer side at most `side` pixels.
fn load(path: &std::path::Path, side: u32) -> Result<ColorImage, String> {
    let decoded = decode(path, &Limits::default()).map_err(|e| e.to_string())?;
    let picture = decoded.rgb;
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
