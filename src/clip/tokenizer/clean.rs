//! The cleaning of open_clip's `basic_clean` and `whitespace_clean`: what `ftfy.fix_text` does by default, less its
//! repair of wrongly decoded text, then `html.unescape` twice, then single spaces.

use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;

/// ftfy repeats its steps until nothing changes; nested escapes need one round each, and nobody nests deeper.
const MAX_ROUNDS: usize = 16;

/// What Windows-1252 has in place of the control characters 0x80 to 0x9F; 0 where it has nothing.
const WINDOWS_1252: [u16; 32] = [
    0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0, 0,
    0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178,
];

/// Cleans `text`, all but its case.
pub(super) fn clean(text: &str) -> String {
    let fixed = fix_text(text);
    let unescaped = html_unescape(&html_unescape(&fixed));
    // Python counts the four separators U+001C to U+001F as white space, Rust does not.
    // The iota below (U+0345) is lost in open_clip's splitting: its case variants are letters, and it is not.
    let is_space = |c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c) || c == '\u{345}';
    unescaped
        .split(is_space)
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn fix_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // A `<` says that this is real HTML, whose escapes must stay: for its line and all later ones.
    let mut escapes = true;
    for line in text.split_inclusive('\n') {
        escapes &= !line.contains('<');
        out.push_str(&fix_line(line, escapes));
    }
    out
}

fn fix_line(line: &str, escapes: bool) -> String {
    let mut text = line.to_owned();
    for _ in 0..MAX_ROUNDS {
        let unescaped = if escapes {
            unescape_entities(&text)
        } else {
            Cow::Borrowed(text.as_str())
        };
        let plain = plain_characters(&unescaped);
        let fixed: String = remove_terminal_escapes(&plain)
            .chars()
            .filter(|c| !is_control(*c))
            .nfc()
            .collect();
        if fixed == text {
            break;
        }
        text = fixed;
    }
    text
}

/// Replaces what looks like something else: old control characters, ligatures, wide and narrow forms, curly quotes,
/// line breaks. The order is ftfy's: later steps see what earlier ones made.
fn plain_characters(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let c = windows_1252(c);
        match ligature(c) {
            Some(letters) => letters.chars().for_each(|c| straighten(c, &mut out)),
            None => match c {
                '\u{3000}' => out.push(' '),
                '\u{ff01}'..='\u{ffef}' => c.nfkc().for_each(|c| straighten(c, &mut out)),
                _ => straighten(c, &mut out),
            },
        }
    }
    let breaks: [char; 4] = ['\r', '\u{2028}', '\u{2029}', '\u{85}'];
    if out.contains(breaks) {
        out.replace("\r\n", "\n").replace(breaks, "\n")
    } else {
        out
    }
}

fn straighten(c: char, out: &mut String) {
    out.push(match c {
        '\u{2bc}' | '\u{2018}'..='\u{201b}' => '\'',
        '\u{201c}'..='\u{201f}' => '"',
        _ => c,
    });
}

fn windows_1252(c: char) -> char {
    let known = (c as u32).checked_sub(0x80).and_then(|i| WINDOWS_1252.get(i as usize));
    match known {
        Some(code) if *code > 0 => char::from_u32(u32::from(*code)).unwrap_or(c),
        _ => c,
    }
}

fn ligature(c: char) -> Option<&'static str> {
    Some(match c {
        'Ĳ' => "IJ",
        'ĳ' => "ij",
        'ŉ' => "ʼn",
        'Ǳ' => "DZ",
        'ǲ' => "Dz",
        'ǳ' => "dz",
        'Ǆ' => "DŽ",
        'ǅ' => "Dž",
        'ǆ' => "dž",
        'Ǉ' => "LJ",
        'ǈ' => "Lj",
        'ǉ' => "lj",
        'Ǌ' => "NJ",
        'ǋ' => "Nj",
        'ǌ' => "nj",
        'ﬀ' => "ff",
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        'ﬃ' => "ffi",
        'ﬄ' => "ffl",
        'ﬅ' => "ſt",
        'ﬆ' => "st",
        _ => return None,
    })
}

/// Characters without a shape that ftfy removes. Tab, line feed and form feed stay as white space.
fn is_control(c: char) -> bool {
    matches!(c,
        '\0'..='\u{8}' | '\u{b}' | '\u{e}'..='\u{1f}' | '\u{7f}' | '\u{206a}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffc}')
}

/// Removes `ESC [ 36;44 m` and the like.
fn remove_terminal_escapes(text: &str) -> Cow<'_, str> {
    if !text.contains("\u{1b}[") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        out.push_str(&rest[..at]);
        let body = &rest[at + 2..];
        let end = body
            .find(|c: char| !c.is_ascii_digit() && c != ';')
            .unwrap_or(body.len());
        if body[end..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            rest = &body[end + 1..];
        } else {
            out.push_str("\u{1b}[");
            rest = body;
        }
    }
    Cow::Owned(out + rest)
}

/// ftfy's careful unescaping: only entities that end in a semicolon, and those in capitals such as `&EACUTE;`.
fn unescape_entities(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let entity = entity_at(rest);
        match entity.and_then(character_of) {
            Some(characters) => out.push_str(&characters),
            // What is no entity is skipped up to its end; the next one may start right after its `&`.
            None => out.push_str(entity.unwrap_or("&")),
        }
        rest = &rest[entity.map_or(1, str::len)..];
    }
    Cow::Owned(out + rest)
}

/// `&#?[0-9A-Za-z]{1,24};` at the start of `text`.
fn entity_at(text: &str) -> Option<&str> {
    let start = if text.starts_with("&#") { 2 } else { 1 };
    let name = text.as_bytes()[start..]
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric())
        .count();
    let end = start + name;
    ((1..=24).contains(&name) && text.as_bytes().get(end) == Some(&b';')).then(|| &text[..=end])
}

fn character_of(entity: &str) -> Option<String> {
    if entity.starts_with("&#") {
        return Some(html_unescape(entity)).filter(|characters| !characters.contains(';'));
    }
    if let Some(characters) = named(entity) {
        return Some(characters);
    }
    // A name in capitals counts where the small one exists and no part of the capitals is an entity by itself.
    let small = entity.to_ascii_lowercase();
    if small.to_ascii_uppercase() != entity || htmlize::unescape(entity) != entity {
        return None;
    }
    named(&small).map(|characters| characters.to_uppercase())
}

/// The characters of a named entity with its semicolon, only if all of the name counts.
fn named(entity: &str) -> Option<String> {
    let characters = htmlize::unescape(entity);
    // A name of which only the beginning is known leaves its tail, and with it the semicolon.
    (entity == "&semi;" || !characters.ends_with(';')).then(|| characters.into_owned())
}

/// Python's `html.unescape`. Numbers follow Python, which drops control characters where HTML keeps them.
fn html_unescape(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut from = 0;
    while let Some(at) = rest[from..].find("&#").map(|i| i + from) {
        let Some((length, code)) = numeric_reference(&rest[at..]) else {
            from = at + 2;
            continue;
        };
        // Names cannot contain `&`, so the pieces between numbers stand alone.
        out.push_str(&htmlize::unescape(&rest[..at]));
        out.extend(character_of_code(code));
        rest = &rest[at + length..];
        from = 0;
    }
    out.push_str(&htmlize::unescape(rest));
    out
}

/// Length and value of `&#[0-9]+;?` or `&#[xX][0-9a-fA-F]+;?` at the start of `text`.
fn numeric_reference(text: &str) -> Option<(usize, u32)> {
    let bytes = text.as_bytes();
    let (start, radix) = if matches!(bytes.get(2), Some(b'x' | b'X')) {
        (3, 16)
    } else {
        (2, 10)
    };
    let digits = bytes[start..]
        .iter()
        .take_while(|b| char::from(**b).is_digit(radix))
        .count();
    if digits == 0 {
        return None;
    }
    let end = start + digits;
    let code = text[start..end].chars().fold(0u32, |code, c| {
        code.saturating_mul(radix)
            .saturating_add(c.to_digit(radix).unwrap_or(0))
    });
    let semicolon = usize::from(bytes.get(end) == Some(&b';'));
    Some((end + semicolon, code))
}

fn character_of_code(code: u32) -> Option<char> {
    match code {
        0 => Some('\u{fffd}'),
        0x80..=0x9f => char::from_u32(code).map(windows_1252),
        // Python drops what HTML calls invalid: controls and non-characters.
        0x1..=0x8 | 0xb | 0xe..=0x1f | 0x7f | 0xfdd0..=0xfdef => None,
        _ if code <= 0x10_ffff && code & 0xfffe == 0xfffe => None,
        _ => Some(char::from_u32(code).unwrap_or('\u{fffd}')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_follow_python() {
        for (text, expected) in [
            ("&lt;tag&gt; &notit; &AMP &amp;lt;", "<tag> ¬it; & <"),
            ("P&EACUTE;REZ &nTILDE; &semi;", "PÉREZ &nTILDE; ;"),
            ("&#65;&#x42&#67 &#; &#x; &#xZ", "ABC &#; &#x; &#xZ"),
            (
                "&#128;&#0;&#1;&#xD800;&#x110000;&#99999999999;&#xFFFE;|",
                "€\u{fffd}\u{fffd}\u{fffd}\u{fffd}|",
            ),
            ("<b>&eacute;", "<b>é"),
        ] {
            assert_eq!(clean(text), expected, "{text}");
        }
    }

    #[test]
    fn look_alikes_become_plain() {
        for (text, expected) in [
            (
                "\u{201c}ﬂuﬃeﬆ\u{201d} ＬＯＵＤ　ＮＯＩＳＥ ﾀｰﾝ",
                "\"fluffiest\" LOUD NOISE ターン",
            ),
            ("a\r\nb\u{85}c\u{2028}d\u{a0}e", "a b…c d e"),
            ("\u{1b}[36;44mblue\u{1b}[0m \u{feff}x\u{0}\u{7f}", "blue x"),
            ("e\u{301}", "é"),
            ("", ""),
        ] {
            assert_eq!(clean(text), expected, "{text:?}");
        }
    }
}
