//! Characters and names of XML 1.0, and the namespaces of XMP.

/// RDF's own names.
pub const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
/// Dublin Core: `dc:subject`.
pub const DC: &str = "http://purl.org/dc/elements/1.1/";
/// Lightroom: `lr:hierarchicalSubject`.
pub const LIGHTROOM: &str = "http://ns.adobe.com/lightroom/1.0/";
/// digiKam: `digiKam:TagsList`.
pub const DIGIKAM: &str = "http://www.digikam.org/ns/1.0/";
/// Ours: what we wrote.
pub const OWN: &str = "https://patchlight.app/ns/1.0/";
/// The prefix `xml`, which is never declared.
pub const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// The prefix `xmlns`.
pub const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// Whether XML 1.0 allows the character.
pub fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// White space of XML: fewer characters than Unicode's.
pub fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

fn is_name_start(c: char) -> bool {
    matches!(c, 'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

/// Whether `name` is a name without a colon.
pub fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(is_name_start)
        && chars.all(|c| {
            is_name_start(c)
                || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
        })
}

/// Prefix (empty without one) and local part of a qualified name.
pub fn split(name: &str) -> Option<(&str, &str)> {
    let (prefix, local) = match name.split_once(':') {
        Some((prefix, local)) if is_name(prefix) => (prefix, local),
        Some(_) => return None,
        None => ("", name),
    };
    is_name(local).then_some((prefix, local))
}

/// `text` as the content of an element.
pub fn escape(text: &str) -> String {
    // A bare carriage return would be read as a line feed.
    quick_xml::escape::partial_escape(text).replace('\r', "&#13;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_xml() {
        assert_eq!(split("dc:subject"), Some(("dc", "subject")));
        assert_eq!(split("größe"), Some(("", "größe")));
        for bad in ["", ":a", "a:", "a:b:c", "1a", "a b", "a\"b", "-a", "a/b"] {
            assert_eq!(split(bad), None, "{bad:?}");
        }
        assert_eq!(escape("a<b>&\r\n\"'"), "a&lt;b&gt;&amp;&#13;\n\"'");
        assert!(!is_xml_char('\u{1}') && !is_xml_char('\u{FFFE}') && is_xml_char('🦊') && is_xml_char('\u{85}'));
    }
}
