//! A failed attempt: what went wrong, and whether another attempt may go better.

use super::address;
use super::error::FetchError;
use std::io;
use std::time::Duration;
use url::Url;

/// What to do after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// Give up.
    Never,
    /// Try again after a wait; the server may have said how long.
    Later(Option<Duration>),
    /// What is on the disk belongs to another file: throw it away and begin anew, at once.
    FromZero,
}

/// A failed attempt.
#[derive(Debug)]
pub(super) struct Trouble {
    /// What the user is told if it was the last attempt.
    pub error: FetchError,
    /// What to do now.
    pub again: Again,
}

impl Trouble {
    /// Trouble that no repetition mends.
    pub fn fatal(error: FetchError) -> Self {
        Self {
            error,
            again: Again::Never,
        }
    }

    /// Trouble that may pass.
    pub fn passing(error: FetchError) -> Self {
        Self {
            error,
            again: Again::Later(None),
        }
    }

    /// An answer that makes no sense and will not make more the next time.
    pub fn protocol(url: &Url, problem: impl Into<String>) -> Self {
        Self::fatal(protocol(url, problem))
    }

    /// An answer to a request for the rest that makes no sense: the whole file is asked for instead.
    pub fn bad_range(url: &Url, problem: impl Into<String>) -> Self {
        Self {
            error: protocol(url, problem),
            again: Again::FromZero,
        }
    }
}

impl From<FetchError> for Trouble {
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

/// What an answer that is not the file means. `token_sent` is named in a refusal.
pub(super) fn of_status(url: &Url, status: u16, wait: Option<Duration>, token_sent: bool) -> Trouble {
    let address = address::shown(url);
    match status {
        401 | 403 => Trouble::fatal(FetchError::Refused {
            address,
            status,
            token_sent,
        }),
        404 | 410 => Trouble::fatal(FetchError::NotFound { address }),
        407 => Trouble::fatal(FetchError::Proxy {
            host: address::host(url),
            problem: "it wants a name and password (407)".to_owned(),
        }),
        429 => Trouble {
            error: FetchError::RateLimited { address, wait },
            again: Again::Later(wait),
        },
        408 | 425 | 500..=599 => Trouble {
            error: FetchError::Status { address, status },
            again: Again::Later(wait),
        },
        _ => Trouble::fatal(FetchError::Status { address, status }),
    }
}

/// What an error of the HTTP library means. The numbers of bytes are filled in by the download.
pub(super) fn of_library(url: &Url, error: ureq::Error, stall: Duration) -> Trouble {
    let host = address::host(url);
    let no_connection = |problem: String| {
        Trouble::passing(FetchError::NoConnection {
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
        ureq::Error::Timeout(_) => Trouble::passing(stalled(host, stall)),
        ureq::Error::Io(error) => of_io(url, host, &error, stall),
        ureq::Error::Rustls(error) => Trouble::fatal(FetchError::Tls {
            host,
            problem: error.to_string(),
        }),
        ureq::Error::Tls(problem) => Trouble::fatal(FetchError::Tls {
            host,
            problem: problem.to_string(),
        }),
        ureq::Error::ConnectProxyFailed(problem) => Trouble::fatal(FetchError::Proxy { host, problem }),
        // A cut in the middle of a chunk shows as broken rules.
        ureq::Error::Protocol(error) => Trouble::passing(protocol(url, error.to_string())),
        other => Trouble::protocol(url, other.to_string()),
    }
}

/// The error of a server that sends nothing.
pub(super) fn stalled(host: String, stall: Duration) -> FetchError {
    FetchError::Stalled {
        host,
        seconds: stall.as_secs_f32(),
    }
}

fn of_io(url: &Url, host: String, error: &io::Error, stall: Duration) -> Trouble {
    use io::ErrorKind as K;
    let text = error.to_string();
    // The secure layer's errors come wrapped; a certificate does not get better by asking again.
    if error.kind() == K::InvalidData || text.contains("certificate") {
        return Trouble::fatal(FetchError::Tls { host, problem: text });
    }
    Trouble::passing(match error.kind() {
        K::TimedOut | K::WouldBlock => stalled(host, stall),
        K::UnexpectedEof | K::ConnectionReset | K::ConnectionAborted | K::BrokenPipe => FetchError::Dropped {
            address: address::shown(url),
            got: 0,
            expected: None,
        },
        _ => FetchError::NoConnection { host, problem: text },
    })
}
