//! Bytes of a sidecar to text and back, in the encoding they came in.

use std::borrow::Cow;

/// How a sidecar's bytes are text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding {
    unit: Unit,
    /// Whether a byte order mark stands in front.
    mark: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Utf8,
    Utf16Le,
    Utf16Be,
}

/// The text of `bytes`, without its byte order mark.
///
/// # Errors
/// In words, if the bytes are neither UTF-8 nor UTF-16.
pub fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Encoding), String> {
    let (unit, mark, rest) = match bytes {
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] | [0, 0, 0, b'<', ..] | [b'<', 0, 0, 0, ..] => {
            return Err("the text is UTF-32".to_owned());
        }
        [0xEF, 0xBB, 0xBF, rest @ ..] => (Unit::Utf8, true, rest),
        [0xFF, 0xFE, rest @ ..] => (Unit::Utf16Le, true, rest),
        [0xFE, 0xFF, rest @ ..] => (Unit::Utf16Be, true, rest),
        [b'<', 0, ..] => (Unit::Utf16Le, false, bytes),
        [0, b'<', ..] => (Unit::Utf16Be, false, bytes),
        _ => (Unit::Utf8, false, bytes),
    };
    let encoding = Encoding { unit, mark };
    if unit == Unit::Utf8 {
        let text = std::str::from_utf8(rest).map_err(|e| {
            format!(
                "the text is not UTF-8 (byte {})",
                bytes.len() - rest.len() + e.valid_up_to()
            )
        })?;
        return Ok((Cow::Borrowed(text), encoding));
    }
    let (pairs, odd) = rest.as_chunks::<2>();
    if !odd.is_empty() {
        return Err("the text is UTF-16 with half a character at the end".to_owned());
    }
    let units = pairs.iter().map(|&pair| match unit {
        Unit::Utf16Be => u16::from_be_bytes(pair),
        _ => u16::from_le_bytes(pair),
    });
    let text: Result<String, _> = char::decode_utf16(units).collect();
    Ok((
        Cow::Owned(text.map_err(|_| "the text is damaged UTF-16".to_owned())?),
        encoding,
    ))
}

impl Encoding {
    /// Bytes of `text` in this encoding.
    pub fn encode(self, text: &str) -> Vec<u8> {
        let mark = if self.mark { "\u{FEFF}" } else { "" };
        match self.unit {
            Unit::Utf8 => [mark, text].concat().into_bytes(),
            unit => [mark, text]
                .iter()
                .flat_map(|part| part.encode_utf16())
                .flat_map(|code| match unit {
                    Unit::Utf16Be => code.to_be_bytes(),
                    _ => code.to_le_bytes(),
                })
                .collect(),
        }
    }

    /// Whether an XML declaration may name `declared` in a text of this encoding.
    pub fn agrees_with(self, declared: &str) -> bool {
        let declared = declared.to_ascii_uppercase();
        // A byte order mark says more than the declaration, which a program may have forgotten to change.
        let marked = self.mark && ["UTF-8", "UTF8"].contains(&declared.as_str());
        marked
            || match self.unit {
                Unit::Utf8 => ["UTF-8", "UTF8"].contains(&declared.as_str()),
                Unit::Utf16Le => ["UTF-16", "UTF-16LE"].contains(&declared.as_str()),
                Unit::Utf16Be => ["UTF-16", "UTF-16BE"].contains(&declared.as_str()),
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_comes_back_byte_for_byte() {
        let text = "<a>Ökologie 日本 🦊</a>";
        let wide = |mark: bool, big: bool| -> Vec<u8> {
            let marked = format!("{}{text}", if mark { "\u{FEFF}" } else { "" });
            let bytes = |c: u16| if big { c.to_be_bytes() } else { c.to_le_bytes() };
            marked.encode_utf16().flat_map(bytes).collect()
        };
        let all = [
            text.as_bytes().to_vec(),
            format!("\u{FEFF}{text}").into_bytes(),
            wide(true, true),
            wide(true, false),
            wide(false, true),
            wide(false, false),
        ];
        for bytes in all {
            let (read, encoding) = decode(&bytes).unwrap();
            assert_eq!(read, text);
            assert_eq!(encoding.encode(&read), bytes);
        }
    }

    #[test]
    fn other_bytes_are_refused() {
        assert!(decode(b"<a>M\xFCnchen</a>").unwrap_err().contains("byte 4"));
        assert!(decode(b"\xFF\xFE<\0a").unwrap_err().contains("half"));
        assert!(decode(b"\xFF\xFE\x00\xD8").unwrap_err().contains("damaged"));
        assert!(decode(b"\xFF\xFE\0\0<\0\0\0").unwrap_err().contains("UTF-32"));
        let (_, plain) = decode(b"<a/>").unwrap();
        assert!(plain.agrees_with("utf-8") && !plain.agrees_with("ISO-8859-1") && !plain.agrees_with("UTF-16"));
    }
}
