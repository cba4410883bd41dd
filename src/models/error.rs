//! Why a model could not be had, and what the user can do about it.

use crate::clip::checkpoint::CheckpointError;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why a model could not be fetched, imported, checked or removed. Addresses are shown without their query, which may hold
/// a signature.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// No model of this name is known.
    #[error("no model is called `{name}`{}", suggest(.nearest))]
    UnknownModel {
        /// The name asked for.
        name: String,
        /// A known name that is near.
        nearest: Option<String>,
    },
    /// A name that cannot be a folder everywhere, or is taken.
    #[error("`{name}` cannot be a model's name: {problem}")]
    BadName {
        /// The name, perhaps cut.
        name: String,
        /// What is wrong, as the end of a sentence.
        problem: String,
    },
    /// A setting that cannot be used.
    #[error("{what}: {problem}")]
    BadSetting {
        /// Which one.
        what: &'static str,
        /// What is wrong, as the end of a sentence.
        problem: String,
    },
    /// Reading or writing failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Another program is at work on this model.
    #[error("another Patchlight is working on {name} right now")]
    Busy {
        /// The model.
        name: String,
    },
    /// Something that is no model lies where the model belongs.
    #[error("{}: in the way, and not put there by Patchlight", path.display())]
    InTheWay {
        /// What lies there.
        path: PathBuf,
    },
    /// A model of this name is there already.
    #[error("there is a model called {name} already")]
    AlreadyThere {
        /// The name.
        name: String,
    },
    /// No model of this name is in the cache.
    #[error("{name} is not on this computer")]
    NotInstalled {
        /// The name.
        name: String,
    },
    /// The disk has no room.
    #[error("{}: {} are needed here and {} are free", path.display(), bytes(*needed), bytes(*available))]
    DiskFull {
        /// A folder on the disk.
        path: PathBuf,
        /// Bytes still needed, the margin included.
        needed: u64,
        /// Bytes free.
        available: u64,
    },
    /// The server was not reached.
    #[error("cannot reach {host}: {problem}")]
    NoConnection {
        /// The server.
        host: String,
        /// The system's words.
        problem: String,
    },
    /// The proxy refused or failed.
    #[error("the proxy did not let the download through to {host}: {problem}")]
    Proxy {
        /// The server behind it.
        host: String,
        /// What it said.
        problem: String,
    },
    /// The connection could not be trusted.
    #[error("the secure connection to {host} failed: {problem}")]
    Tls {
        /// The server.
        host: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Nothing came for too long.
    #[error("{host} sent nothing for {} s", .seconds)]
    Stalled {
        /// The server.
        host: String,
        /// How long was waited.
        seconds: f32,
    },
    /// The connection ended too early, again and again.
    #[error("{address}: the connection broke off after {}{}", bytes(*got), of(*expected))]
    Dropped {
        /// The file.
        address: String,
        /// Bytes on the disk.
        got: u64,
        /// Bytes expected.
        expected: Option<u64>,
    },
    /// The file is not there.
    #[error("{address}: not there (404)")]
    NotFound {
        /// The file.
        address: String,
    },
    /// The server wants to know who asks.
    #[error("{address}: access refused ({status})")]
    Refused {
        /// The file.
        address: String,
        /// 401 or 403.
        status: u16,
        /// Whether a token was sent.
        token_sent: bool,
    },
    /// Too many requests.
    #[error("{address}: the server asks to wait{}", wait.map(|w| format!(" {} s", w.as_secs())).unwrap_or_default())]
    RateLimited {
        /// The file.
        address: String,
        /// For how long, where it says so.
        wait: Option<Duration>,
    },
    /// Any other answer than the file.
    #[error("{address}: the server answered {status}")]
    Status {
        /// The file.
        address: String,
        /// HTTP status.
        status: u16,
    },
    /// A redirect that is not followed.
    #[error("{address}: a redirect that is not followed: {problem}")]
    Redirect {
        /// Where it was sent from.
        address: String,
        /// Why not, as the end of a sentence.
        problem: String,
    },
    /// A page instead of the file.
    #[error("{address}: a page for people came instead of the file")]
    Page {
        /// The file.
        address: String,
    },
    /// An answer that breaks the rules.
    #[error("{address}: an answer that makes no sense: {problem}")]
    Protocol {
        /// The file.
        address: String,
        /// Which rule, as the end of a sentence.
        problem: String,
    },
    /// Two lengths that should be one.
    #[error("{address}: {declared} bytes are declared, but {found} are sent")]
    Length {
        /// The file.
        address: String,
        /// What the source declares.
        declared: u64,
        /// What the server sends.
        found: u64,
    },
    /// A file larger than it can rightly be.
    #[error("{address}: {}, more than the {} expected at most", bytes(*size), bytes(*limit))]
    TooLarge {
        /// The file.
        address: String,
        /// Its size in bytes, or what came so far.
        size: u64,
        /// The bound in bytes.
        limit: u64,
    },
    /// The content is not what the source declares.
    #[error("{file}: the content has the hash {found}, but {declared_by} declares {expected}")]
    HashMismatch {
        /// The file.
        file: String,
        /// Who declares it.
        declared_by: String,
        /// The declared hash.
        expected: String,
        /// The content's hash.
        found: String,
    },
    /// The reader does not take it.
    #[error("this is no model that can be used: {0}")]
    NotAModel(Box<CheckpointError>),
    /// The record beside a model's files cannot be used.
    #[error("{}: {problem}", path.display())]
    Manifest {
        /// The record.
        path: PathBuf,
        /// What is wrong, as the end of a sentence.
        problem: String,
    },
    /// Cancelled by the user.
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

/// The error of reading or writing `path`.
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

/// A number of bytes for people, in decimal units as shops and hubs count.
pub fn bytes(n: u64) -> String {
    let units = [("GB", 1e9), ("MB", 1e6), ("kB", 1e3)];
    match units.iter().find(|(_, size)| n as f64 >= *size) {
        Some((unit, size)) if n as f64 / size >= 100.0 => format!("{:.0} {unit}", n as f64 / size),
        Some((unit, size)) => format!("{:.1} {unit}", n as f64 / size),
        None => format!("{n} bytes"),
    }
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
