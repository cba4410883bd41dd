//! One file: attempts, resuming, waiting, and the checks between them.

use super::address;
use super::answer::{self, Place};
use super::declared::{Content, Declared};
use super::error::{FetchError, io_error, is_full};
use super::headers;
use super::http::{Ask, Client, Head, More};
use super::part::{Part, Sidecar};
use super::progress::{Meter, Phase};
use super::trouble::{Again, Trouble};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use url::Url;

/// Room that a download leaves on the disk.
const MARGIN: u64 = 64 << 20;
/// An attempt that brought this much made progress: the patience starts anew.
const PROGRESS: u64 = 1 << 20;
/// Attempts for one file, whatever progress they make.
const MAX_ATTEMPTS: u32 = 500;
/// How often a file may turn out to have changed.
const MAX_RESTARTS: u32 = 3;
/// Repetitions where no server was ever reached: most likely there is no connection at all.
const OFFLINE_RETRIES: u32 = 2;

/// A file that is wanted.
pub(super) struct Want<'a> {
    /// Where it is.
    pub url: Url,
    /// Whether that is the hub or a mirror of it.
    pub hub: bool,
    /// What is known of its content beforehand.
    pub known: Option<Declared>,
    /// What it is called on the disk.
    pub target: &'a Path,
    /// The most bytes that it can rightly have.
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

/// A file that is here and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Got {
    /// Its length in bytes.
    pub size: u64,
    /// The SHA-256 of its content in hexadecimal.
    pub sha256: String,
    /// What the source declared and the content was checked against.
    pub declared: Option<Declared>,
    /// The commit it belongs to.
    pub commit: Option<String>,
}

/// What downloads share.
pub(super) struct Downloader<'a> {
    /// How servers are reached.
    pub client: &'a Client,
    /// How much room a folder's disk has.
    pub free_space: fn(&Path) -> io::Result<u64>,
    /// Cancel.
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
    /// Brings a file here: whole and checked, under its name.
    ///
    /// # Errors
    /// Any [`FetchError`] that concerns a file. What has come stays as a part, unless it is worthless.
    pub fn file(&self, want: &Want<'_>, meter: &mut Meter<'_>) -> Result<Got, FetchError> {
        let part = Part::of(want.target);
        part.take_back(want.target);
        let (mut failures, mut restarts, mut reached) = (0, 0, false);
        for _ in 0..MAX_ATTEMPTS {
            let before = part.len();
            let trouble = match self.attempt(want, &part, meter) {
                Ok(whole) => match self.verify(want, &part, &whole, meter) {
                    Err(error @ FetchError::HashMismatch { .. }) => {
                        part.discard()?;
                        // The bytes of an earlier attempt may be to blame.
                        Trouble {
                            error,
                            again: if whole.resumed { Again::FromZero } else { Again::Never },
                        }
                    }
                    done => return done,
                },
                Err(trouble) => trouble,
            };
            let Trouble { error, again } = trouble;
            match again {
                Again::Never => return Err(error),
                Again::FromZero => {
                    part.discard()?;
                    restarts += 1;
                    if restarts > MAX_RESTARTS {
                        return Err(error);
                    }
                    tracing::info!(%error, "download begins anew");
                }
                Again::Later(asked) => {
                    let offline = matches!(error, FetchError::NoConnection { .. });
                    reached |= !offline;
                    if part.len() >= before.saturating_add(PROGRESS) {
                        failures = 0;
                    }
                    failures += 1;
                    let timing = self.client.timing();
                    let retries = if reached {
                        timing.retries
                    } else {
                        timing.retries.min(OFFLINE_RETRIES)
                    };
                    // Asking earlier than a server wants would only be refused again.
                    if failures > retries || asked.is_some_and(|wait| wait > timing.longest_wait) {
                        return Err(error);
                    }
                    let doubled = timing.first_wait.saturating_mul(1 << (failures - 1).min(16));
                    let wait = asked.unwrap_or(doubled).min(timing.longest_wait);
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

    fn verify(&self, want: &Want<'_>, part: &Part, whole: &Whole, meter: &mut Meter<'_>) -> Result<Got, FetchError> {
        meter.phase(Phase::Verifying);
        let git = matches!(whole.declared, Some(Declared::GitBlob { .. }));
        let content = Content::of(&part.path, self.cancel, git)?;
        if let Some(declared) = &whole.declared {
            content.check(declared, &want.name())?;
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

    fn attempt(&self, want: &Want<'_>, part: &Part, meter: &mut Meter<'_>) -> Result<Whole, Trouble> {
        let have = part.len();
        let earlier = part
            .sidecar()
            .filter(|sidecar| have > 0 && answer::is_usable(sidecar, &want.url, have));
        let is_whole = earlier.as_ref().is_some_and(|sidecar| sidecar.length == Some(have));
        let offset = if earlier.is_some() && !is_whole { have } else { 0 };
        let same_url = earlier.as_ref().filter(|sidecar| sidecar.url == want.url.as_str());
        let ask = Ask {
            url: want.url.clone(),
            hub: want.hub,
            offset,
            if_range: same_url.and_then(|sidecar| sidecar.etag.clone()),
        };
        meter.phase(Phase::Connecting);
        let mut transfer = self.client.send(ask)?;
        let head = transfer
            .head(self.cancel)
            .map_err(|trouble| told(trouble, have, None))?;
        let declared = want.declared(&head);
        if let Some(sidecar) = &earlier
            && sidecar.declared != declared
        {
            return Err(Trouble::bad_range(&head.url, "the file has changed since the last try"));
        }
        let whole = |resumed| Whole {
            declared: declared.clone(),
            commit: head.hub.commit.clone(),
            resumed,
        };
        answer::refuse_other_things(&head)?;
        let place = match head.status {
            206 => answer::place_of_rest(&head, offset, earlier.as_ref())?,
            416 if offset > 0 => return Err(Trouble::bad_range(&head.url, "there is no such rest")),
            416 => {
                return Err(Trouble::protocol(
                    &head.url,
                    "no range was asked for, and it is refused",
                ));
            }
            _ => Place {
                start: 0,
                total: head.length,
            },
        };
        let total = answer::agreed_length(&head, place.total)?;
        if is_whole && head.status == 200 && answer::is_unchanged(&head, earlier.as_ref(), have) {
            // Everything had come before; the answer's headers were all that was needed.
            meter.bytes(have, Some(have));
            return Ok(whole(true));
        }
        self.check_size(want, &head, total)?;
        self.check_space(part, place.start, total)?;
        let mut file = if place.start == 0 {
            part.start(&Sidecar {
                url: want.url.to_string(),
                etag: head.tag.as_ref().and_then(headers::Tag::for_if_range),
                length: total,
                declared: declared.clone(),
            })?
        } else {
            part.append()?
        };
        let mut here = place.start;
        meter.phase(Phase::Downloading);
        meter.bytes(here, total);
        loop {
            let more = transfer
                .more(self.cancel)
                .map_err(|trouble| told(trouble, here, total))?;
            let bytes = match more {
                More::Bytes(bytes) => bytes,
                More::Nothing => {
                    meter.bytes(here, total);
                    continue;
                }
                More::End => break,
            };
            if here == 0 && headers::is_page(&bytes) {
                part.discard()?;
                return Err(answer::page(&head));
            }
            here += bytes.len() as u64;
            if let Some(total) = total.filter(|total| here > *total) {
                part.discard()?;
                return Err(Trouble::fatal(FetchError::Length {
                    address: address::shown(&head.url),
                    declared: total,
                    found: here,
                }));
            }
            if here > want.limit {
                part.discard()?;
                self.check_size(want, &head, Some(here))?;
            }
            file.write_all(&bytes)
                .map_err(|error| self.write_error(part, error, total, here))?;
            meter.bytes(here, total);
        }
        if total.is_some_and(|total| here < total) {
            return Err(Trouble::passing(FetchError::Dropped {
                address: address::shown(&head.url),
                got: here,
                expected: total,
            }));
        }
        Ok(whole(place.start > 0))
    }

    fn check_size(&self, want: &Want<'_>, head: &Head, size: Option<u64>) -> Result<(), Trouble> {
        match size.filter(|size| *size > want.limit) {
            None => Ok(()),
            Some(size) => Err(Trouble::fatal(FetchError::TooLarge {
                address: address::shown(&head.url),
                size,
                limit: want.limit,
            })),
        }
    }

    fn check_space(&self, part: &Part, start: u64, total: Option<u64>) -> Result<(), Trouble> {
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
            return Err(Trouble::fatal(FetchError::DiskFull {
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

/// Fills in how much of the file is on the disk.
fn told(mut trouble: Trouble, here: u64, total: Option<u64>) -> Trouble {
    match &mut trouble.error {
        FetchError::Dropped { got, expected, .. } => (*got, *expected) = (here, total),
        FetchError::Cancelled { kept } => *kept = here,
        _ => {}
    }
    trouble
}
