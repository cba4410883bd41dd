//! Folder names for labels that are safe on every system, and say which label they are for.

use crate::support::hash;

/// The most bytes of a name; file systems allow 255.
const LONGEST: usize = 200;

/// A level of a label as the name of a folder. Characters that some system cannot hold in a name become `%` and two hexadecimal
/// digits, as in addresses, so different labels stay different.
pub fn folder_name(level: &str) -> String {
    let last = level.chars().count().saturating_sub(1);
    let reserved = is_reserved(level);
    let mut name = String::with_capacity(level.len());
    for (i, (at, c)) in level.char_indices().enumerate() {
        let unsafe_here = match c {
            '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*' => true,
            // Else a label that looks encoded would be taken for another.
            '%' => is_encoded(&level.as_bytes()[at..]),
            // Windows drops them at the end; this covers `.` and `..` as well.
            '.' | ' ' => i == last,
            c => c.is_ascii_control() || (i == 0 && reserved),
        };
        match unsafe_here {
            true => name.push_str(&format!("%{:02X}", c as u32)),
            false => name.push(c),
        }
    }
    if name.len() > LONGEST {
        let mut end = LONGEST - 20;
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        name.truncate(end);
        name.push('~');
        name.push_str(&hash::of_bytes(level.as_bytes())[..12]);
    }
    name
}

fn is_encoded(bytes: &[u8]) -> bool {
    matches!(bytes, [b'%', a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
}

/// Whether Windows takes the name for a device.
fn is_reserved(name: &str) -> bool {
    let stem = name
        .split('.')
        .next()
        .unwrap_or_default()
        .trim_end()
        .to_ascii_uppercase();
    let numbered = |device: &str| {
        let number = stem.strip_prefix(device);
        number.is_some_and(|n| {
            matches!(
                n,
                "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³"
            )
        })
    };
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].contains(&stem.as_str()) || numbered("COM") || numbered("LPT")
}

#[cfg(test)]
mod tests {
    use super::folder_name;
    use proptest::prelude::*;

    #[test]
    fn names_are_safe_and_readable() {
        let cases = [
            ("dog", "dog"),
            ("Ökologie 日本 🦊", "Ökologie 日本 🦊"),
            ("..", ".%2E"),
            (".", "%2E"),
            ("...", "..%2E"),
            ("a:b", "a%3Ab"),
            ("a\\b|c?*", "a%5Cb%7Cc%3F%2A"),
            ("end.", "end%2E"),
            ("a.b", "a.b"),
            ("nul", "%6Eul"),
            ("COM1.jpg", "%43OM1.jpg"),
            ("CONsole", "CONsole"),
            ("com10", "com10"),
            ("a\0b\n", "a%00b%0A"),
            ("50%", "50%"),
            ("100%25", "100%2525"),
        ];
        for (level, name) in cases {
            assert_eq!(folder_name(level), name);
        }
        let long = "ö".repeat(300);
        let other = "ö".repeat(301);
        assert!(folder_name(&long).len() <= 200 && folder_name(&long) != folder_name(&other));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]
        #[test]
        fn different_levels_stay_different(a in "\\PC{1,8}|[%:.a2EF ]{1,6}", b in "\\PC{1,8}|[%:.a2EF ]{1,6}") {
            prop_assert_eq!(a == b, folder_name(&a) == folder_name(&b));
        }

        #[test]
        fn a_name_is_one_component(level in any::<String>().prop_filter("not empty", |s| !s.is_empty())) {
            let name = folder_name(&level);
            let path = std::path::Path::new(&name);
            prop_assert!(matches!(path.components().collect::<Vec<_>>()[..], [std::path::Component::Normal(_)]));
            prop_assert!(!name.contains(['/', '\\', ':', '\0']) && !name.ends_with(['.', ' ']));
        }
    }
}
