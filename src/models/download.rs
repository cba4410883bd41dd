//! One file: attempts, resuming, waiting, and the checks between them.

use super::address;
use super::answer::{self, Earlier, Head, Place};
use super::error::{FetchError, io_error, is_full};
use super::file::{Content, Declared, Part, Sidecar};
use super::http::{Ask, Client, More, Transfer};
use super::progress::{Meter, Phase};
use super::retry::{Again, AttemptError, Patience};
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use url::Url;

/// Bytes that a download leaves free on the disk.
const MARGIN: u64 = 64 << 20;
/// Attempts for one file, whatever progress they make.
const MAX_ATTEMPTS: u32 = 500;

pub(super) struct Want<'a> {
    pub url: Url,
    /// Whether that is the hub or a mirror of it.
    pub hub: bool,
    /// What is known of its content beforehand.
    pub known: Option<Declared>,
    /// Its path on the disk.
    pub target: &'a Path,
    /// The most bytes that it may have.
    pub limit: u64,
}

impl Want<'_> {
    fn name(&self) -> String {
        self.target
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    }

    /// What the answer, or the address itself, declares of the content.
    fn declared(&self, head: &Head) -> Option<Declared> {
        let sha256 = || {
            Some(Declared::Hub {
                sha256: head.hub.sha256.clone()?,
            })
        };
        let git = || {
            Some(Declared::GitBlob {
                sha1: head.hub.git_sha1.clone()?,
            })
        };
        self.known.clone().or_else(sha256).or_else(git)
    }
}

/// A downloaded and checked file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Got {
    pub size: u64,
    pub sha256: String,
    /// What the source declared and the content was checked against.
    pub declared: Option<Declared>,
    pub commit: Option<String>,
}

pub(super) struct Downloader<'a> {
    pub client: &'a Client,
    /// How much room a folder's disk has.
    pub free_space: fn(&Path) -> io::Result<u64>,
    pub cancel: &'a AtomicBool,
}

/// An attempt that brought the file's last byte.
struct Whole {
    declared: Option<Declared>,
    commit: Option<String>,
    /// Whether bytes of an earlier attempt are in it.
    resumed: bool,
}

impl Downloader<'_> {
    /// Downloads a file, checks it, and gives it its name.
    ///
    /// # Errors
    /// Any [`FetchError`] that concerns a file. What has arrived stays as a part, unless it is useless.
    pub fn file(&self, want: &Want<'_>, meter: &mut Meter<'_>) -> Result<Got, FetchError> {
        let part = Part::of(want.target);
        part.take_back(want.target);
        let mut patience = Patience::default();
        for _ in 0..MAX_ATTEMPTS {
            let before = part.len();
            let whole = self.attempt(want, &part, meter);
            let failed = match whole.and_then(|whole| self.verify(want, &part, &whole, meter)) {
                Ok(got) => return Ok(got),
                Err(failed) => failed,
            };
            let AttemptError { error, again } = failed;
            match again {
                Again::Never => return Err(error),
                Again::FromZero => {
                    part.discard()?;
                    if !patience.restarts() {
                        return Err(error);
                    }
                    tracing::info!(%error, "download starts over");
                }
                Again::Later(asked) => {
                    let gained = part.len().saturating_sub(before);
                    let Some(wait) = patience.wait(&error, gained, asked, &self.client.timing()) else {
                        return Err(error);
                    };
                    tracing::info!(%error, ?wait, "download waits");
                    meter.phase(Phase::Waiting {
                        reason: error.to_string(),
                        wait,
                    });
                    self.wait(wait, part.len())?;
                }
            }
        }
        Err(FetchError::Dropped {
            address: address::shown(&want.url),
            got: part.len(),
            expected: part.sidecar().and_then(|sidecar| sidecar.length),
        })
    }

    fn wait(&self, wait: Duration, kept: u64) -> Result<(), FetchError> {
        let start = Instant::now();
        loop {
            if self.cancel.load(Ordering::Relaxed) {
                return Err(FetchError::Cancelled { kept });
            }
            match wait.checked_sub(start.elapsed()) {
                None | Some(Duration::ZERO) => return Ok(()),
                Some(left) => std::thread::sleep(left.min(Duration::from_millis(25))),
            }
        }
    }

    fn verify(&self, want: &Want<'_>, part: &Part, whole: &Whole, meter: &mut Meter<'_>) -> Result<Got, AttemptError> {
        meter.phase(Phase::Verifying);
        let git = matches!(whole.declared, Some(Declared::GitBlob { .. }));
        let content = Content::of(&part.path, self.cancel, git)?;
        if let Some(declared) = &whole.declared
            && let Err(error) = content.check(declared, &want.name())
        {
            part.discard()?;
            // The bytes of an earlier attempt may be to blame.
            return Err(if whole.resumed {
                AttemptError::from_zero(error)
            } else {
                AttemptError::fatal(error)
            });
        }
        part.finish(want.target)?;
        meter.done(content.size);
        Ok(Got {
            size: content.size,
            sha256: content.sha256,
            declared: whole.declared.clone(),
            commit: whole.commit.clone(),
        })
    }

    /// Asks once for what is missing, and appends the answer to the part.
    fn attempt(&self, want: &Want<'_>, part: &Part, meter: &mut Meter<'_>) -> Result<Whole, AttemptError> {
        let earlier = Earlier::read(part, &want.url);
        let ask = Ask {
            url: want.url.clone(),
            hub: want.hub,
            offset: earlier.offset(),
            if_range: earlier.if_range(&want.url),
        };
        meter.phase(Phase::Connecting);
        let mut transfer = self.client.send(ask)?;
        let head = transfer
            .head(self.cancel)
            .map_err(|e| e.with_bytes(earlier.have, None))?;
        let declared = want.declared(&head);
        if earlier.sidecar.as_ref().is_some_and(|s| s.declared != declared) {
            let problem = "the file has changed since the last try";
            return Err(AttemptError::bad_range(&head.url, problem));
        }
        let place = Place::of(&head, &earlier)?;
        let whole = |resumed| Whole {
            declared: declared.clone(),
            commit: head.hub.commit.clone(),
            resumed,
        };
        if earlier.is_offered_by(&head) {
            // Everything had arrived earlier; the answer's headers confirm it.
            meter.bytes(earlier.have, Some(earlier.have));
            return Ok(whole(true));
        }
        check_size(want, &head, place.total)?;
        self.check_space(part, place)?;
        let file = if place.start == 0 {
            part.start(&Sidecar {
                url: want.url.to_string(),
                etag: head.strong_tag(),
                length: place.total,
                declared: declared.clone(),
            })?
        } else {
            part.append()?
        };
        meter.phase(Phase::Downloading);
        self.receive(want, part, file, (&mut transfer, &head, place), meter)?;
        Ok(whole(place.start > 0))
    }

    /// Writes the answer's bytes to `file`, the open part.
    fn receive(
        &self,
        want: &Want<'_>,
        part: &Part,
        mut file: File,
        (transfer, head, Place { start, total }): (&mut Transfer, &Head, Place),
        meter: &mut Meter<'_>,
    ) -> Result<(), AttemptError> {
        let mut here = start;
        loop {
            meter.bytes(here, total);
            let bytes = match transfer.more(self.cancel).map_err(|e| e.with_bytes(here, total))? {
                More::Bytes(bytes) => bytes,
                More::Nothing => continue,
                More::End => break,
            };
            if here == 0 && answer::is_page(&bytes) {
                part.discard()?;
                return Err(answer::page(head));
            }
            here += bytes.len() as u64;
            if let Some(total) = total.filter(|total| here > *total) {
                part.discard()?;
                return Err(AttemptError::fatal(FetchError::Length {
                    address: address::shown(&head.url),
                    declared: total,
                    found: here,
                }));
            }
            if here > want.limit {
                part.discard()?;
                check_size(want, head, Some(here))?;
            }
            file.write_all(&bytes)
                .map_err(|error| self.write_error(part, error, total, here))?;
        }
        match total {
            Some(expected) if here < expected => Err(AttemptError::passing(FetchError::Dropped {
                address: address::shown(&head.url),
                got: here,
                expected: total,
            })),
            _ => Ok(()),
        }
    }

    fn check_space(&self, part: &Part, Place { start, total }: Place) -> Result<(), AttemptError> {
        let folder = part.path.parent().unwrap_or(Path::new("."));
        let Ok(free) = (self.free_space)(folder) else {
            // Some network disks do not say; writing will.
            return Ok(());
        };
        // Bytes that are thrown away before the first new one is written make room.
        let available = if start == 0 {
            free.saturating_add(part.len())
        } else {
            free
        };
        let needed = total.unwrap_or(0).saturating_sub(start).saturating_add(MARGIN);
        if needed > available {
            return Err(AttemptError::fatal(FetchError::DiskFull {
                path: folder.to_owned(),
                needed,
                available,
            }));
        }
        Ok(())
    }

    fn write_error(&self, part: &Part, error: io::Error, total: Option<u64>, here: u64) -> FetchError {
        if !is_full(&error) {
            return io_error(&part.path)(error);
        }
        let folder = part.path.parent().unwrap_or(Path::new("."));
        FetchError::DiskFull {
            path: folder.to_owned(),
            needed: total.unwrap_or(here).saturating_sub(part.len()).saturating_add(MARGIN),
            available: (self.free_space)(folder).unwrap_or(0),
        }
    }
}

fn check_size(want: &Want<'_>, head: &Head, size: Option<u64>) -> Result<(), AttemptError> {
    match size.filter(|size| *size > want.limit) {
        None => Ok(()),
        Some(size) => Err(AttemptError::fatal(FetchError::TooLarge {
            address: address::shown(&head.url),
            size,
            limit: want.limit,
        })),
    }
}
