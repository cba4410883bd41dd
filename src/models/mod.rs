//! Known checkpoints and their download: the list, the transfer, the folder they are kept in.
//!
//! A download is complete or not there at all. Files arrive in a work folder, resumed where an earlier attempt broke off; each
//! is checked against what its source declares; the reader of [`crate::clip::checkpoint`] opens them; then the folder becomes
//! the model in one rename, its record (`patchlight-model.json`) written last. Nothing in this room trusts a server.

mod address;
mod answer;
mod cache;
mod catalogue;
mod download;
mod error;
mod fetch;
mod file;
mod http;
mod manifest;
mod progress;
mod retry;
mod settings;

#[cfg(test)]
mod tests;

pub use cache::{Installed, import_local, installed, remove, resolve};
pub use catalogue::{Kind, catalogue, find};
pub use error::{FetchError, bytes};
pub use fetch::{FetchRequest, fetch};
pub use manifest::Origin;
pub use progress::{Phase, Progress};
pub use settings::{ProxyChoice, Settings};
