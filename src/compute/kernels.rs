//! Which GPUs have compiled their kernels here before. The tensor library hands its kernels to the graphics driver as WGSL; the driver
//! compiles them and keeps what it compiled in the user's cache folder (Mesa, NVIDIA, Direct3D and Metal all do), so that only
//! the first start with a driver is slow. A small file for each says that this start is over: it is only for telling people.

use crate::support;
use std::path::PathBuf;

/// What kernels are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Pictures through a tower.
    Encoding,
    /// Training steps.
    Training,
}

/// The file of a device (adapter, graphics API, driver and its version) and a kind of work.
fn mark(device: &str, work: Work) -> PathBuf {
    let text = format!("{device} {work:?} {}", env!("CARGO_PKG_VERSION"));
    let digest = support::hash::of_bytes(text.as_bytes());
    support::cache_folder().join("prepared").join(&digest[..16])
}

/// Whether the device has done such work before.
pub(super) fn are_known(device: &str, work: Work) -> bool {
    mark(device, work).exists()
}

/// The device has done such work.
pub(super) fn note(device: &str, work: Work) {
    let path = mark(device, work);
    if path.exists() {
        return;
    }
    let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    if let Err(error) = made.and_then(|()| std::fs::write(&path, device)) {
        tracing::debug!(%error, "the GPU will be said to be prepared again");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_driver_or_other_work_is_prepared_anew() {
        let of = |device, work| mark(device, work);
        assert_eq!(of("a", Work::Training), of("a", Work::Training));
        assert_ne!(of("a", Work::Training), of("a", Work::Encoding));
        assert_ne!(of("a", Work::Training), of("b", Work::Training));
    }
}
