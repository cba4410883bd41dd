//! Texts as UTF-8, however they are written: the encoding that a mark or the file itself declares, else the one that the bytes can
//! only be. What cannot be told stays as it is, so that its reader refuses it with file and line; nothing is replaced.

use super::Progress;
use super::meter::Metered;
use crate::dataset::error::DatasetError;
use encoding_rs::{Decoder, DecoderResult, Encoding, GBK, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// Bytes that are looked at for an encoding that nothing declares, from the first one that is no UTF-8 on.
const SAMPLE: usize = 1 << 18;
/// Bytes that are decoded at once.
const PIECE: usize = 1 << 14;

/// The encoding that a byte order mark, or the zero bytes of UTF-16 without one, tell.
pub(crate) fn marked(head: &[u8]) -> Option<&'static Encoding> {
    if let Some((encoding, _)) = Encoding::for_bom(head) {
        return Some(encoding);
    }
    // Half of a text in the letters of English is zero bytes, all on one side.
    let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let half = head.len() / 2;
    if half >= 4 && odd * 4 >= half * 3 && even * 8 <= half {
        return Some(UTF_16LE);
    }
    (half >= 4 && even * 4 >= half * 3 && odd * 8 <= half).then_some(UTF_16BE)
}

/// The encoding of a file that begins with `head`. `declared`: the name that the file itself gives.
///
/// # Errors
/// The declared name is not known, the file cannot be read, or `progress` stopped it.
pub(crate) fn of_file(
    path: &Path,
    head: &[u8],
    declared: Option<&str>,
    progress: &mut Progress<'_>,
) -> Result<&'static Encoding, DatasetError> {
    if let Some(marked) = marked(head) {
        return Ok(marked);
    }
    if let Some(name) = declared {
        let known = Encoding::for_label(name.as_bytes()).ok_or_else(|| DatasetError::Parse {
            path: path.to_owned(),
            line: Some(1),
            problem: format!("its encoding {name} is not known; write it again as UTF-8"),
        })?;
        // A text that calls itself UTF-16 and can be read so far is none.
        if known != UTF_8 && known != UTF_16LE && known != UTF_16BE {
            return Ok(known);
        }
    }
    let (file, stopped) = Metered::open(path, progress)?;
    let sample = foreign_sample(file).map_err(|error| stopped.or_io(path, error))?;
    Ok(sample.and_then(|sample| guess(&sample)).unwrap_or(UTF_8))
}

/// The part of a file from its first line that is no UTF-8 on.
fn foreign_sample(file: impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut input = BufReader::with_capacity(1 << 16, file);
    let mut line = Vec::new();
    loop {
        line.clear();
        // No text that people write has longer lines; the rest of one is looked at as another.
        if (&mut input).take(SAMPLE as u64).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        if line.is_ascii() {
            continue;
        }
        match std::str::from_utf8(&line) {
            Ok(_) => {}
            Err(error) if error.error_len().is_none() && line.len() == SAMPLE => {}
            Err(_) => {
                (&mut input).take(SAMPLE as u64).read_to_end(&mut line)?;
                return Ok(Some(line));
            }
        }
    }
}

/// The only encoding that bytes can sensibly be in, if there is one: GBK, Shift-JIS or Windows-1252. Short texts and those of
/// encodings that look like another one (Korean, Polish, Turkish, ..) are not told.
pub(crate) fn guess(bytes: &[u8]) -> Option<&'static Encoding> {
    if is_western(bytes) {
        Some(WINDOWS_1252)
    } else if is_japanese(bytes) {
        Some(SHIFT_JIS)
    } else if is_chinese(bytes) {
        Some(GBK)
    } else {
        None
    }
}

/// Single letters with accents among letters without, as in `café`.
fn is_western(bytes: &[u8]) -> bool {
    let (mut letters, mut at) = (0, 0);
    while at < bytes.len() {
        let length = bytes[at..].iter().take_while(|byte| !byte.is_ascii()).count();
        if length == 0 {
            at += 1;
            continue;
        }
        let run = &bytes[at..at + length];
        let before = at.checked_sub(1).and_then(|i| bytes.get(i)).copied().unwrap_or(b' ');
        let after = bytes.get(at + length).copied().unwrap_or(b' ');
        let (word_before, word_after) = (before.is_ascii_alphabetic(), after.is_ascii_alphabetic());
        // Letters that Turkish has other ones for (Icelandic ones) do not tell.
        let letter = |b: u8| matches!(b, 0x8C | 0x9C | 0xC0..=0xCF | 0xD1..=0xD6 | 0xD8..=0xDC | 0xDF..=0xEF | 0xF1..=0xF6 | 0xF8..=0xFC | 0xFF);
        let sign = |b: u8| {
            matches!(
                b,
                0x80 | 0x85 | 0x91..=0x97 | 0xA0 | 0xA7 | 0xAB | 0xB0 | 0xB2 | 0xB4 | 0xB5 | 0xBB
            )
        };
        if length <= 2 && run.iter().copied().all(letter) && (word_before || word_after) {
            letters += 1;
        } else if !(length == 1 && sign(run[0]) && (run[0] < 0xA0 || !(word_before && word_after))) {
            return false;
        }
        at += length;
    }
    letters > 0
}

/// Pairs of bytes of which nearly all are kana or usual characters.
fn is_japanese(bytes: &[u8]) -> bool {
    let (mut pairs, mut usual, mut at) = (0_usize, 0_usize, 0);
    while let Some(lead) = bytes.get(at).copied() {
        if lead.is_ascii() {
            at += 1;
            continue;
        }
        let trail = bytes.get(at + 1).copied().unwrap_or_default();
        if !matches!(lead, 0x81..=0x9F | 0xE0..=0xEA) || !matches!(trail, 0x40..=0x7E | 0x80..=0xFC) {
            // A sample may end in the middle.
            return at + 1 == bytes.len() && pairs > 3 && usual * 10 >= pairs * 9;
        }
        pairs += 1;
        usual += usize::from(matches!(lead, 0x81..=0x83 | 0x88..=0x97));
        at += 2;
    }
    pairs >= 3 && usual * 10 >= pairs * 9
}

/// Pairs of bytes of GB2312 of which most are usual characters, and some have no place in Korean and Japanese texts.
fn is_chinese(bytes: &[u8]) -> bool {
    let (mut pairs, mut usual, mut telling, mut at) = (0_usize, 0_usize, 0_usize, 0);
    while let Some(lead) = bytes.get(at).copied() {
        if lead.is_ascii() {
            at += 1;
            continue;
        }
        let trail = bytes.get(at + 1).copied().unwrap_or_default();
        let sign = matches!(lead, 0xA1 | 0xA3);
        if !(sign || matches!(lead, 0xB0..=0xF7)) || !matches!(trail, 0xA1..=0xFE) {
            return false;
        }
        if !sign {
            pairs += 1;
            usual += usize::from(lead <= 0xD7);
            telling += usize::from(matches!(lead, 0xC9..=0xD7));
        }
        at += 2;
    }
    pairs >= 4 && usual * 10 >= pairs * 7 && telling * 5 >= pairs
}

/// Bytes of any encoding as UTF-8, without a byte order mark. UTF-8 itself passes unchecked.
pub(crate) struct Decoded<R> {
    input: BufReader<R>,
    encoding: &'static Encoding,
    decoder: Option<Decoder>,
    begun: bool,
    ended: bool,
    ready: Vec<u8>,
    given: usize,
}

impl<R: Read> Decoded<R> {
    pub(crate) fn new(input: R, encoding: &'static Encoding) -> Self {
        Self {
            input: BufReader::with_capacity(1 << 16, input),
            encoding,
            decoder: (encoding != UTF_8).then(|| encoding.new_decoder_with_bom_removal()),
            begun: false,
            ended: false,
            ready: Vec::new(),
            given: 0,
        }
    }

    /// What the bytes are read from.
    pub(crate) fn get_mut(&mut self) -> &mut R {
        self.input.get_mut()
    }

    /// Makes some more text; nothing at the end.
    fn decode(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.given = 0;
        let Some(decoder) = &mut self.decoder else {
            return Ok(());
        };
        let mut out = [0; PIECE];
        while self.ready.is_empty() && !self.ended {
            let bytes = self.input.fill_buf()?;
            let last = bytes.is_empty();
            let (result, read, written) = decoder.decode_to_utf8_without_replacement(bytes, &mut out, last);
            self.input.consume(read);
            self.ready.extend_from_slice(&out[..written]);
            match result {
                DecoderResult::Malformed(..) => {
                    let text = format!("this is no text in {}; save it as UTF-8", self.encoding.name());
                    return Err(io::Error::new(io::ErrorKind::InvalidData, text));
                }
                DecoderResult::InputEmpty => self.ended = last,
                DecoderResult::OutputFull => {}
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.decoder.is_none() {
            if !self.begun {
                self.begun = true;
                if self.input.fill_buf()?.starts_with(b"\xEF\xBB\xBF") {
                    self.input.consume(3);
                }
            }
            return self.input.read(out);
        }
        if self.given == self.ready.len() {
            self.decode()?;
        }
        let n = out.len().min(self.ready.len() - self.given);
        out[..n].copy_from_slice(&self.ready[self.given..self.given + n]);
        self.given += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], encoding: &'static Encoding) -> io::Result<String> {
        let mut text = String::new();
        Decoded::new(bytes, encoding).read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn encodings_are_told_where_only_one_makes_sense() {
        for (text, encoding) in [
            ("a.jpg,caf\u{e9}\nb.jpg,\u{c4}rger \u{2013} gro\u{df}\n", WINDOWS_1252),
            (
                "a.jpg,\u{8f66}\u{8f86}\nb.jpg,\u{884c}\u{4eba}\nc.jpg,\u{81ea}\u{884c}\u{8f66}\n",
                GBK,
            ),
            ("a.jpg,\u{81ea}\u{8ee2}\u{8eca}\nb.jpg,\u{306d}\u{3053}\n", SHIFT_JIS),
        ] {
            let (bytes, _, lost) = encoding.encode(text);
            assert!(!lost && std::str::from_utf8(&bytes).is_err());
            assert_eq!(guess(&bytes), Some(encoding), "{text}");
            assert_eq!(decoded(&bytes, encoding).unwrap(), text);
        }
    }

    #[test]
    fn what_could_be_several_is_not_told() {
        for (text, encoding) in [
            ("<name>\u{8f66}\u{8f86}</name>", GBK),
            (
                "a,\u{ace0}\u{c591}\u{c774}\nb,\u{ac1c}\nc,\u{c790}\u{b3d9}\u{cc28}\n",
                encoding_rs::EUC_KR,
            ),
            (
                "a,\u{17c}\u{f3}\u{142}w\nb,\u{142}\u{f3}d\u{17a}\n",
                encoding_rs::WINDOWS_1250,
            ),
            ("a,a\u{11f}a\u{e7}\nb,ku\u{15f}\n", encoding_rs::WINDOWS_1254),
            ("a,\u{43a}\u{43e}\u{448}\u{43a}\u{430}\n", encoding_rs::WINDOWS_1251),
            ("a,\u{8c93}\nb,\u{72d7}\nc,\u{6c7d}\u{8eca}\n", encoding_rs::BIG5),
        ] {
            let (bytes, _, _) = encoding.encode(text);
            assert_eq!(guess(&bytes), None, "{text}");
        }
        assert_eq!(guess(b"\xFF\xFE\x00"), None);
    }

    #[test]
    fn utf16_is_told_with_and_without_its_mark() {
        let units = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let plain = units("filename,label\n");
        assert_eq!(marked(&plain), Some(UTF_16LE));
        assert_eq!(decoded(&plain, UTF_16LE).unwrap(), "filename,label\n");
        let with_mark = [b"\xFF\xFE".to_vec(), plain].concat();
        assert_eq!(marked(&with_mark), Some(UTF_16LE));
        assert_eq!(decoded(&with_mark, UTF_16LE).unwrap(), "filename,label\n");
        assert_eq!(marked(b"\xFE\xFF\0a"), Some(UTF_16BE));
        assert_eq!(marked(b"filename,label\n"), None);
        let long = units(&"\u{8f66}x".repeat(50_000));
        assert_eq!(decoded(&long, UTF_16LE).unwrap().chars().count(), 100_000);
        for broken in [&long[..long.len() - 1], b"\x00\xDC\x00\xD8"] {
            assert!(decoded(broken, UTF_16LE).unwrap_err().to_string().contains("UTF-16"));
        }
    }
}
