//! JSON as Python writes it: `NaN`, `Infinity` and `-Infinity` become `null` on the fly, a byte order mark goes. Everything
//! else passes unchanged, also line by line, so that errors name the right line. Nesting and texts have limits, because the
//! parser behind keeps track of both in memory, even of what it passes over.

use std::io::{self, BufRead, Read};

/// Brackets inside brackets.
const MAX_DEPTH: u32 = 512;
/// Bytes of a text. Masks and pictures inside annotations are long; nothing is this long.
const MAX_TEXT: usize = 64 << 20;

/// Filters JSON text while it is read; needs no more memory than its input's buffer.
pub(crate) struct Lenient<R> {
    input: R,
    filter: Filter,
}

#[derive(Default)]
struct Filter {
    in_string: bool,
    escaped: bool,
    /// Bytes of the text so far.
    length: usize,
    depth: u32,
    /// A minus sign whose number has not come yet.
    minus: bool,
    /// Bytes of a word still to swallow.
    swallow: usize,
    ready: &'static [u8],
}

impl<R: BufRead> Lenient<R> {
    /// Skips a byte order mark.
    pub fn new(mut input: R) -> io::Result<Self> {
        if input.fill_buf()?.starts_with(b"\xEF\xBB\xBF") {
            input.consume(3);
        }
        let filter = Filter::default();
        Ok(Self { input, filter })
    }
}

impl Filter {
    /// Filters bytes of `buffer` into `out`, until one of them ends or something else has to be put in. Returns how many bytes were
    /// used and made.
    fn pass(&mut self, buffer: &[u8], out: &mut [u8]) -> io::Result<(usize, usize)> {
        let (mut used, mut made) = (0, 0);
        while let (Some(byte), Some(place)) = (buffer.get(used).copied(), out.get_mut(made)) {
            if self.in_string {
                self.in_string = byte != b'"' || self.escaped;
                self.escaped = byte == b'\\' && !self.escaped;
                self.length += 1;
                if self.length > MAX_TEXT {
                    return Err(too_much("a text of more than 64 MiB"));
                }
                (*place, used, made) = (byte, used + 1, made + 1);
                continue;
            }
            if self.swallow > 0 {
                (self.swallow, used) = (self.swallow - 1, used + 1);
                continue;
            }
            if self.minus {
                // The sign of -Infinity goes with it; any other was only waiting.
                self.minus = false;
                if byte != b'I' {
                    self.ready = b"-";
                    break;
                }
            }
            used += 1;
            // Outside strings, valid JSON has no capital N or I.
            match byte {
                b'"' => (self.in_string, self.length) = (true, 0),
                b'[' | b'{' => {
                    self.depth += 1;
                    if self.depth > MAX_DEPTH {
                        return Err(too_much("brackets inside more than 512 others"));
                    }
                }
                b']' | b'}' => self.depth = self.depth.saturating_sub(1),
                b'-' => {
                    self.minus = true;
                    continue;
                }
                b'N' | b'I' => {
                    self.swallow = if byte == b'N' { 2 } else { 7 };
                    self.ready = b"null";
                    break;
                }
                _ => {}
            }
            (*place, made) = (byte, made + 1);
        }
        Ok((used, made))
    }
}

fn too_much(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{what}: this is not read"))
}

impl<R: BufRead> Read for Lenient<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut written = 0;
        while written < out.len() {
            if let Some((first, rest)) = self.filter.ready.split_first() {
                out[written] = *first;
                (written, self.filter.ready) = (written + 1, rest);
                continue;
            }
            // What there is already is given before more is waited for.
            if written > 0 {
                break;
            }
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                break;
            }
            let (used, made) = self.filter.pass(buffer, &mut out[written..])?;
            self.input.consume(used);
            written += made;
        }
        Ok(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(text: &[u8]) -> String {
        // The smallest buffers, so that every border is met.
        let mut reader = Lenient::new(io::BufReader::with_capacity(3, text)).unwrap();
        let mut out = Vec::new();
        let mut byte = [0; 1];
        while reader.read(&mut byte).unwrap() == 1 {
            out.push(byte[0]);
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn only_bare_words_change() {
        assert_eq!(
            filter(b"\xEF\xBB\xBF[NaN, Infinity,-Infinity,-1.5, 1e-3]"),
            "[null, null,null,-1.5, 1e-3]"
        );
        let strings = r#"{"a-b":"NaN \" - Infinity \\","N":-2}"#;
        assert_eq!(filter(strings.as_bytes()), strings);
    }

    // FAULTS 27.
    #[test]
    fn depth_and_texts_have_limits() {
        let read = |text: Vec<u8>| Lenient::new(&text[..]).unwrap().read_to_end(&mut Vec::new());
        assert!(read(b"[{".repeat(256)).is_ok());
        assert!(read(b"[".repeat(513)).unwrap_err().to_string().contains("512"));
        assert!(
            read([b"\"".to_vec(), b"[".repeat(4096)].concat()).is_ok(),
            "brackets in a text are text"
        );
        let long = [b"\"".to_vec(), vec![b'x'; MAX_TEXT + 1]].concat();
        assert!(read(long).unwrap_err().to_string().contains("64 MiB"));
    }
}
