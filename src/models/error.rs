//! Why a model could not be fetched or used, and what the user can do about it.

use crate::clip::checkpoint::CheckpointError;
pub use crate::support::disk::bytes;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why a model could not be fetched, imported, checked or removed. Addresses are shown without their query, which may hold
/// a signature.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    #[error("no model is called `{name}`{}", suggest(.nearest))]
    UnknownModel { name: String, nearest: Option<String> },
    #[error("`{name}` cannot be a model's name: {problem}")]
    BadName {
        /// The name, perhaps cut.
        name: String,
        /// What is wrong, as the end of a sentence.
        problem: String,
    },
    #[error("{what}: {problem}")]
    BadSetting {
        what: &'static str,
        /// What is wrong, as the end of a sentence.
        problem: String,
    },
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("another Patchlight is working on {name} right now")]
    Busy { name: String },
    #[error("{}: in the way, and not put there by Patchlight", path.display())]
    InTheWay { path: PathBuf },
    #[error("there is a model called {name} already")]
    AlreadyThere { name: String },
    #[error("{name} is not on this computer")]
    NotInstalled { name: String },
    #[error("{}: {} are needed here and {} are free", path.display(), bytes(*needed), bytes(*available))]
    DiskFull {
        path: PathBuf,
        /// Bytes still needed, the margin included.
        needed: u64,
        available: u64,
    },
    #[error("cannot reach {host}: {problem}")]
    NoConnection { host: String, problem: String },
    #[error("the proxy did not let the download through to {host}: {problem}")]
    Proxy { host: String, problem: String },
    #[error("the secure connection to {host} failed: {problem}")]
    Tls { host: String, problem: String },
    #[error("{host} sent nothing for {} s", .seconds)]
    Stalled { host: String, seconds: f32 },
    #[error("{address}: the connection broke off after {}{}", bytes(*got), of(*expected))]
    Dropped {
        address: String,
        /// Bytes on the disk.
        got: u64,
        expected: Option<u64>,
    },
    #[error("{address}: not there (404)")]
    NotFound { address: String },
    #[error("{address}: access refused ({status})")]
    Refused {
        address: String,
        /// 401 or 403.
        status: u16,
        token_sent: bool,
    },
    #[error("{address}: the server asks to wait{}", wait.map(|w| format!(" {} s", w.as_secs())).unwrap_or_default())]
    RateLimited { address: String, wait: Option<Duration> },
    #[error("{address}: the server answered {status}")]
    Status { address: String, status: u16 },
    #[error("{address}: a redirect that is not followed: {problem}")]
    Redirect {
        address: String,
        /// Why not, as the end of a sentence.
        problem: String,
    },
    #[error("{address}: a page for people came instead of the file")]
    Page { address: String },
    #[error("{address}: an answer that makes no sense: {problem}")]
    Protocol {
        address: String,
        /// Which rule, as the end of a sentence.
        problem: String,
    },
    #[error("{address}: {declared} bytes are declared, but {found} are sent")]
    Length {
        address: String,
        /// What the source declares.
        declared: u64,
        /// What the server sends.
        found: u64,
    },
    #[error("{address}: {}, more than the {} expected at most", bytes(*size), bytes(*limit))]
    TooLarge {
        address: String,
        /// Its size in bytes, or what came so far.
        size: u64,
        limit: u64,
    },
    #[error("{file}: the content has the hash {found}, but {declared_by} declares {expected}")]
    HashMismatch {
        file: String,
        declared_by: String,
        expected: String,
        found: String,
    },
    #[error("this is no model that can be used: {0}")]
    NotAModel(Box<CheckpointError>),
    #[error("{}: {problem}", path.display())]
    Manifest {
        path: PathBuf,
        /// What is wrong, as the end of a sentence.
        problem: String,
    },
    #[error("cancelled after {}", bytes(*kept))]
    Cancelled {
        /// Bytes of the unfinished file that were kept for the next try.
        kept: u64,
    },
}

const OFFLINE: &str = "A model from another computer can be used as well: copy its folder here and import it.";

const FULL: &str =
    "Make room, or choose a folder for models on another disk (PATCHLIGHT_MODELS). What has come so far is kept.";

impl FetchError {
    /// What the user can do about it, in one or two sentences; `None` where the message says all there is to say.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::UnknownModel { .. } => "`patchlight model list` shows the names.",
            Self::BadName { .. } => "Take a short name of lower-case letters, digits and `-`, such as my-clip.",
            Self::BadSetting { what, .. } if what.contains("proxy") => {
                "A proxy is written http://host:port, https://host:port or socks5://host:port."
            }
            Self::BadSetting { .. } => "Correct the setting, or leave it away for the usual one.",
            Self::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                "Choose a folder for models that you may write to (PATCHLIGHT_MODELS)."
            }
            Self::Io { source, .. } if is_full(source) => FULL,
            Self::Io { .. } => return None,
            Self::Busy { .. } => "Wait until it is done, or stop it there; what it has is kept.",
            Self::InTheWay { .. } => "Move it elsewhere, or choose another folder for models (PATCHLIGHT_MODELS).",
            Self::AlreadyThere { .. } => "Take another name, or remove the other model first.",
            Self::NotInstalled { .. } => "Fetch it first: `patchlight model fetch NAME`.",
            Self::DiskFull { .. } => FULL,
            Self::NoConnection { .. } => {
                return Some(format!(
                    "Check the connection. Behind a company's proxy set HTTPS_PROXY; where the hub is blocked set HF_ENDPOINT \
                     to a mirror. {OFFLINE}"
                ));
            }
            Self::Proxy { problem, .. } if problem.contains("407") => {
                "The proxy wants a name and password: HTTPS_PROXY=http://name:password@host:port."
            }
            Self::Proxy { .. } => "Check HTTPS_PROXY; hosts that need no proxy belong into NO_PROXY.",
            Self::Tls { .. } => {
                "Check the computer's clock. Where a proxy opens secure connections, set SSL_CERT_FILE to a file with its \
                 certificate (PEM)."
            }
            Self::Stalled { .. } | Self::Dropped { .. } => {
                "Try again: what has come so far is kept, and the download goes on from there."
            }
            Self::NotFound { .. } => {
                "The file was moved or the mirror lacks it. Try without a mirror, or a newer version of Patchlight."
            }
            Self::Refused { token_sent: true, .. } => {
                "The token was refused. The models of the list need none: unset HF_TOKEN, or make a new one."
            }
            Self::Refused { .. } => {
                "The mirror may want a token. The hub itself needs none for the models of the list."
            }
            Self::RateLimited { .. } => {
                "Wait, then try again; what has come so far is kept. A hub token (HF_TOKEN) raises the limit."
            }
            Self::Status { status, .. } if *status >= 500 => {
                "The server is in trouble. Try again later, or use a mirror."
            }
            Self::Status { .. } => "Try again later. If it stays, the address has changed: report it.",
            Self::Redirect { .. } => "Nothing was sent there. Check the mirror's address (HF_ENDPOINT) and the proxy.",
            Self::Page { .. } => {
                "Most likely a log-in page of the network or a proxy's message. Open the address in a browser, log in, and try again."
            }
            Self::Protocol { .. } | Self::Length { .. } => {
                "A proxy or mirror on the way answers wrongly. Try without it, or later."
            }
            Self::TooLarge { .. } => "This cannot be the model. Check the mirror's address (HF_ENDPOINT).",
            Self::HashMismatch { .. } => {
                "The file was damaged or changed on the way, and is not kept. Try again; if it stays, do not use this mirror or proxy."
            }
            Self::NotAModel(error) => return error.hint(),
            Self::Manifest { .. } => "Remove the model and fetch or import it again.",
            Self::Cancelled { .. } => "Start it again when you want to: it goes on from there.",
        };
        Some(text.to_owned())
    }

    /// Whether another place may still have the model.
    pub(super) fn other_source_may_help(&self) -> bool {
        matches!(
            self,
            Self::NoConnection { .. }
                | Self::Tls { .. }
                | Self::Stalled { .. }
                | Self::Dropped { .. }
                | Self::NotFound { .. }
                | Self::Refused { .. }
                | Self::RateLimited { .. }
                | Self::Status { .. }
                | Self::Redirect { .. }
                | Self::Page { .. }
                | Self::Protocol { .. }
        )
    }
}

impl From<CheckpointError> for FetchError {
    fn from(error: CheckpointError) -> Self {
        Self::NotAModel(Box::new(error))
    }
}

pub(super) fn io_error(path: &Path) -> impl Fn(io::Error) -> FetchError + '_ {
    move |source| FetchError::Io {
        path: path.to_owned(),
        source,
    }
}

/// Whether writing failed for want of room.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

fn suggest(nearest: &Option<String>) -> String {
    nearest
        .as_ref()
        .map(|name| format!("; did you mean `{name}`?"))
        .unwrap_or_default()
}

fn of(expected: Option<u64>) -> String {
    expected.map(|all| format!(" of {}", bytes(all))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_sentences_and_hints_say_what_to_do() {
        let error = FetchError::UnknownModel {
            name: "clip".into(),
            nearest: Some("clip-vit-b16".into()),
        };
        assert_eq!(
            error.to_string(),
            "no model is called `clip`; did you mean `clip-vit-b16`?"
        );
        let error = FetchError::Dropped {
            address: "https://a/b".into(),
            got: 1_500_000,
            expected: Some(351_000_000),
        };
        assert_eq!(
            error.to_string(),
            "https://a/b: the connection broke off after 1.5 MB of 351 MB"
        );
        assert!(error.hint().unwrap().contains("goes on from there"));
        let offline = FetchError::NoConnection {
            host: "huggingface.co".into(),
            problem: "host not found".into(),
        };
        assert!(offline.hint().unwrap().contains("import"));
        assert_eq!(bytes(999), "999 bytes");
        assert_eq!(bytes(2_500_000_000), "2.5 GB");
    }
}
