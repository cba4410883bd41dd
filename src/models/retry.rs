//! After a failed attempt: what went wrong, and whether and when to try again.

use super::address;
use super::error::FetchError;
use super::settings::Timing;
use std::io;
use std::time::Duration;
use url::Url;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    Never,
    /// Try again after a wait; the server may have said how long.
    Later(Option<Duration>),
    /// What is on the disk belongs to another file: discard it and start over at once.
    FromZero,
}

#[derive(Debug)]
pub(super) struct AttemptError {
    /// What the user is told if it was the last attempt.
    pub error: FetchError,
    pub again: Again,
}

impl AttemptError {
    /// One that no retry can fix.
    pub fn fatal(error: FetchError) -> Self {
        Self {
            error,
            again: Again::Never,
        }
    }

    /// One that may pass.
    pub fn passing(error: FetchError) -> Self {
        Self {
            error,
            again: Again::Later(None),
        }
    }

    /// One after which the download starts over.
    pub fn from_zero(error: FetchError) -> Self {
        Self {
            error,
            again: Again::FromZero,
        }
    }

    /// An answer that makes no sense and will not make more the next time.
    pub fn protocol(url: &Url, problem: impl Into<String>) -> Self {
        Self::fatal(protocol(url, problem))
    }

    /// An answer to a request for the rest that makes no sense: the whole file is asked for instead.
    pub fn bad_range(url: &Url, problem: impl Into<String>) -> Self {
        Self::from_zero(protocol(url, problem))
    }

    /// Fills in how much of the file is on the disk.
    pub fn with_bytes(mut self, here: u64, total: Option<u64>) -> Self {
        match &mut self.error {
            FetchError::Dropped { got, expected, .. } => (*got, *expected) = (here, total),
            FetchError::Cancelled { kept } => *kept = here,
            _ => {}
        }
        self
    }
}

/// How often a file may turn out to have changed.
const MAX_RESTARTS: u32 = 3;
/// Repetitions where no server was ever reached: most likely there is no connection at all.
const OFFLINE_RETRIES: u32 = 2;
/// An attempt that brought this many bytes made progress: the count of failures starts over.
const PROGRESS: u64 = 1 << 20;

/// Patience with one file.
#[derive(Default)]
pub(super) struct Patience {
    failures: u32,
    restarts: u32,
    /// Whether any attempt reached a server.
    reached: bool,
}

impl Patience {
    /// Counts a restart from zero; `false` where it would be one too many.
    pub fn restarts(&mut self) -> bool {
        self.restarts += 1;
        self.restarts <= MAX_RESTARTS
    }

    /// How long to wait after an attempt that failed with `error` and brought `gained` bytes, where the server asked to wait
    /// as long as `asked`. `None`: there is no point in another attempt.
    pub fn wait(
        &mut self,
        error: &FetchError,
        gained: u64,
        asked: Option<Duration>,
        timing: &Timing,
    ) -> Option<Duration> {
        self.reached |= !matches!(error, FetchError::NoConnection { .. });
        if gained >= PROGRESS {
            self.failures = 0;
        }
        self.failures += 1;
        let retries = if self.reached {
            timing.retries
        } else {
            timing.retries.min(OFFLINE_RETRIES)
        };
        // Asking earlier than a server wants would only be refused again.
        if self.failures > retries || asked.is_some_and(|wait| wait > timing.longest_wait) {
            return None;
        }
        let doubled = timing.first_wait.saturating_mul(1 << (self.failures - 1).min(16));
        Some(asked.unwrap_or(doubled).min(timing.longest_wait))
    }
}

impl From<FetchError> for AttemptError {
    fn from(error: FetchError) -> Self {
        Self::fatal(error)
    }
}

fn protocol(url: &Url, problem: impl Into<String>) -> FetchError {
    FetchError::Protocol {
        address: address::shown(url),
        problem: problem.into(),
    }
}

/// What an answer without the file means. `token_sent` is named in a refusal.
pub(super) fn of_status(url: &Url, status: u16, wait: Option<Duration>, token_sent: bool) -> AttemptError {
    let address = address::shown(url);
    match status {
        401 | 403 => AttemptError::fatal(FetchError::Refused {
            address,
            status,
            token_sent,
        }),
        404 | 410 => AttemptError::fatal(FetchError::NotFound { address }),
        407 => AttemptError::fatal(FetchError::Proxy {
            host: address::host(url),
            problem: "it wants a name and password (407)".to_owned(),
        }),
        429 => AttemptError {
            error: FetchError::RateLimited { address, wait },
            again: Again::Later(wait),
        },
        408 | 425 | 500..=599 => AttemptError {
            error: FetchError::Status { address, status },
            again: Again::Later(wait),
        },
        _ => AttemptError::fatal(FetchError::Status { address, status }),
    }
}

/// What an error of the HTTP library means. The numbers of bytes are filled in by the download.
pub(super) fn of_library(url: &Url, error: ureq::Error, stall: Duration) -> AttemptError {
    let host = address::host(url);
    let no_connection = |problem: String| {
        AttemptError::passing(FetchError::NoConnection {
            host: host.clone(),
            problem,
        })
    };
    match error {
        ureq::Error::HostNotFound => {
            no_connection("the name is not known (no connection, or a wrong address)".to_owned())
        }
        ureq::Error::ConnectionFailed => no_connection("no connection".to_owned()),
        ureq::Error::Timeout(ureq::Timeout::Resolve) => no_connection("the name is not resolved in time".to_owned()),
        ureq::Error::Timeout(ureq::Timeout::Connect) => no_connection("no answer in time".to_owned()),
        ureq::Error::Timeout(_) => AttemptError::passing(stalled(host, stall)),
        ureq::Error::Io(error) => of_io(url, host, &error, stall),
        ureq::Error::Rustls(error) => AttemptError::fatal(FetchError::Tls {
            host,
            problem: error.to_string(),
        }),
        ureq::Error::Tls(problem) => AttemptError::fatal(FetchError::Tls {
            host,
            problem: problem.to_string(),
        }),
        ureq::Error::ConnectProxyFailed(problem) => AttemptError::fatal(FetchError::Proxy { host, problem }),
        // A cut in the middle of a chunk shows as broken rules.
        ureq::Error::Protocol(error) => AttemptError::passing(protocol(url, error.to_string())),
        other => AttemptError::protocol(url, other.to_string()),
    }
}

/// The error of a server that sends nothing.
pub(super) fn stalled(host: String, stall: Duration) -> FetchError {
    FetchError::Stalled {
        host,
        seconds: stall.as_secs_f32(),
    }
}

fn of_io(url: &Url, host: String, error: &io::Error, stall: Duration) -> AttemptError {
    use io::ErrorKind as K;
    let text = error.to_string();
    // The secure layer's errors come wrapped; a certificate does not get better by asking again.
    if error.kind() == K::InvalidData || text.contains("certificate") {
        return AttemptError::fatal(FetchError::Tls { host, problem: text });
    }
    AttemptError::passing(match error.kind() {
        K::TimedOut | K::WouldBlock => stalled(host, stall),
        K::UnexpectedEof | K::ConnectionReset | K::ConnectionAborted | K::BrokenPipe => FetchError::Dropped {
            address: address::shown(url),
            got: 0,
            expected: None,
        },
        _ => FetchError::NoConnection { host, problem: text },
    })
}
