//! Downloads from servers on this machine that drop, stall, lie and change their minds.

mod answers;
mod broken;
mod server;
mod tiny;
mod whole;

use super::download::{Downloader, Got, Want};
use super::error::FetchError;
use super::file::Declared;
use super::http::Client;
use super::progress::{Meter, Progress};
use super::settings::{Settings, Timing};
use server::{Server, sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Numbers that repeat nowhere: a piece in the wrong place shows.
fn content(n: usize) -> Vec<u8> {
    (0..n as u32)
        .flat_map(|i| (i.wrapping_mul(2_654_435_761) ^ (i >> 3)).to_le_bytes())
        .take(n)
        .collect()
}

/// Impatient settings.
fn settings(cache: &Path) -> Settings {
    let mut settings = Settings::new(cache);
    settings.timing = Timing {
        connect: Duration::from_secs(2),
        stall: Duration::from_millis(400),
        retries: 3,
        first_wait: Duration::from_millis(5),
        longest_wait: Duration::from_millis(1_500),
    };
    settings
}

/// One file to fetch, and where it goes.
struct Wanted {
    folder: TempDir,
    settings: Settings,
    url: String,
    hub: bool,
    known: Option<Declared>,
    limit: u64,
    cancel: Arc<AtomicBool>,
}

impl Wanted {
    /// A file on a hub, which is `server`.
    fn hub(server: &Server, path: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = settings(folder.path());
        settings.endpoint = server.url("");
        Self {
            folder,
            settings,
            url: server.url(path),
            hub: true,
            known: None,
            limit: 64 << 20,
            cancel: Arc::new(AtomicBool::new(false)),
        }
    }

    /// A file at an address that carries the hash of `content`.
    fn address(server: &Server, path: &str, content: &[u8]) -> Self {
        Self {
            hub: false,
            known: Some(Declared::Address {
                sha256: sha256(content),
            }),
            ..Self::hub(server, path)
        }
    }

    fn target(&self) -> PathBuf {
        self.folder.path().join("weights.bin")
    }

    fn part(&self) -> Vec<u8> {
        std::fs::read(self.folder.path().join("weights.bin.part")).unwrap_or_default()
    }

    fn run(&self) -> Result<Got, FetchError> {
        self.watched(&mut |_| ())
    }

    fn watched(&self, report: &mut dyn FnMut(&Progress)) -> Result<Got, FetchError> {
        let client = Client::new(&self.settings).unwrap();
        let mut meter = Meter::new(report, 0);
        meter.file("weights.bin", true);
        let downloader = Downloader {
            client: &client,
            free_space: self.settings.free_space,
            cancel: &self.cancel,
        };
        let want = Want {
            url: self.url.parse().unwrap(),
            hub: self.hub,
            known: self.known.clone(),
            target: &self.target(),
            limit: self.limit,
        };
        downloader.file(&want, &mut meter)
    }

    /// Runs and expects exactly these bytes.
    fn brings(&self, content: &[u8]) -> Got {
        let got = self.run().unwrap();
        assert!(std::fs::read(self.target()).unwrap() == content, "the bytes differ");
        assert_eq!((got.size, &got.sha256), (content.len() as u64, &sha256(content)));
        assert!(self.part().is_empty(), "the part is left");
        got
    }

    /// Runs and expects an error, and no file.
    fn fails(&self) -> FetchError {
        let error = self.run().unwrap_err();
        assert!(!self.target().exists());
        assert!(!error.to_string().is_empty());
        error
    }

    /// Sets Cancel after a while.
    fn cancel_in(&self, wait: Duration) {
        let cancel = self.cancel.clone();
        std::thread::spawn(move || {
            std::thread::sleep(wait);
            cancel.store(true, Ordering::Relaxed);
        });
    }
}

/// Runs `f` and says how long it took.
fn timed<T>(f: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    (f(), start.elapsed())
}
