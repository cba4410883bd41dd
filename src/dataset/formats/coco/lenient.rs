//! JSON as Python writes it: `NaN`, `Infinity` and `-Infinity` become `null` on the fly, a byte order mark goes. Everything
//! else passes unchanged, also line by line, so that errors name the right line.

use std::io::{self, BufRead, Read};

/// Filters JSON text while it is read; needs no more memory than its input's buffer.
pub struct Lenient<R> {
    input: R,
    in_string: bool,
    escaped: bool,
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
        Ok(Self {
            input,
            in_string: false,
            escaped: false,
            minus: false,
            swallow: 0,
            ready: b"",
        })
    }

    /// What to pass on for a byte; `None` means the byte itself.
    fn step(&mut self, byte: u8) -> Option<&'static [u8]> {
        if self.swallow > 0 {
            self.swallow -= 1;
            return Some(b"");
        }
        if self.in_string {
            self.in_string = byte != b'"' || self.escaped;
            self.escaped = byte == b'\\' && !self.escaped;
            return None;
        }
        // Outside strings, valid JSON has no capital N or I.
        match byte {
            b'"' => self.in_string = true,
            b'N' => {
                self.swallow = 2;
                return Some(b"null");
            }
            b'I' => {
                self.swallow = 7;
                return Some(b"null");
            }
            _ => {}
        }
        None
    }
}

impl<R: BufRead> Read for Lenient<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut written = 0;
        while written < out.len() {
            if let Some((first, rest)) = self.ready.split_first() {
                out[written] = *first;
                (written, self.ready) = (written + 1, rest);
                continue;
            }
            let buffer = self.input.fill_buf()?;
            let Some(byte) = buffer.first().copied() else { break };
            if self.minus {
                // The sign of -Infinity goes with it; any other was only waiting.
                self.minus = false;
                if byte != b'I' {
                    self.ready = b"-";
                    continue;
                }
            } else if byte == b'-' && !self.in_string && self.swallow == 0 {
                self.minus = true;
                self.input.consume(1);
                continue;
            }
            self.input.consume(1);
            match self.step(byte) {
                Some(instead) => self.ready = instead,
                None => {
                    out[written] = byte;
                    written += 1;
                }
            }
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
}
