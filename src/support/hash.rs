//! SHA-256 as lower-case hexadecimal, for content keys.

use sha2::{Digest as _, Sha256};
use std::io::{self, Read};
use std::path::Path;

/// SHA-256 of `bytes` in hexadecimal.
pub fn of_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256 of what comes in pieces.
#[derive(Default)]
pub struct Digest(Sha256);

impl Digest {
    /// Of nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a piece.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of all pieces, one after the other, in hexadecimal.
    pub fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}

/// SHA-256 of a file's content in hexadecimal, read in pieces.
///
/// # Errors
/// The error of opening or reading the file.
pub fn of_file(path: &Path) -> io::Result<String> {
    of_file_while(path, &mut || true)?.ok_or_else(|| io::Error::from(io::ErrorKind::Interrupted))
}

/// As [`of_file`]; `None` as soon as `go_on`, which is asked before each piece, says no.
///
/// # Errors
/// As [`of_file`].
pub fn of_file_while(path: &Path, go_on: &mut dyn FnMut() -> bool) -> io::Result<Option<String>> {
    let mut file = std::fs::File::open(path)?;
    let mut digest = Digest::new();
    let mut buffer = vec![0u8; 1 << 16];
    while go_on() {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            return Ok(Some(digest.finish()));
        }
        digest.add(&buffer[..n]);
    }
    Ok(None)
}

/// Bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_piece_is_read_that_is_not_wanted() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(64 << 20).unwrap();
        let mut asked = 0;
        let mut go_on = || {
            asked += 1;
            asked < 4
        };
        assert_eq!(super::of_file_while(file.path(), &mut go_on).unwrap(), None);
        assert_eq!(asked, 4, "three of a thousand pieces were read");
    }

    #[test]
    fn known_digest() {
        assert_eq!(
            super::of_bytes(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
