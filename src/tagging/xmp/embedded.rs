//! Keywords that a picture has from other programs: in a sidecar of either name, or inside the file. Pictures are only read.

use super::keywords::key;
use super::naming::SidecarStyle;
use super::plan::{SidecarContent, content_of, read_keywords};
use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// The most bytes of an embedded packet: extended ones beside it are not read.
const LIMIT: u64 = 16 << 20;

/// Keywords of a picture that are not ours, each once. What cannot be read has none: writing says why.
pub fn carried(picture: &Path) -> Vec<String> {
    let sidecar = |style: SidecarStyle| read_keywords(&style.sidecar(picture).ok()?).ok();
    let embedded = || content_of(picture, &packet(picture)?).ok();
    let found = [sidecar(SidecarStyle::Appended), sidecar(SidecarStyle::Stem), embedded()];
    let mut seen = HashSet::new();
    let all = found.iter().flatten().flat_map(others);
    all.filter(|keyword| seen.insert(key(keyword))).collect()
}

/// The keywords of a text that we did not add: the plain ones, else digiKam's.
fn others(content: &SidecarContent) -> Vec<String> {
    let (all, ours) = if content.keywords.subject.is_empty() {
        (&content.keywords.tags_list, &content.added.tags_list)
    } else {
        (&content.keywords.subject, &content.added.subject)
    };
    let ours: HashSet<String> = ours.iter().map(|k| key(k)).collect();
    all.iter().filter(|k| !ours.contains(&key(k))).cloned().collect()
}

/// The XMP packet inside a JPEG, PNG or WebP file.
fn packet(picture: &Path) -> Option<Vec<u8>> {
    let mut file = BufReader::new(File::open(picture).ok()?);
    let mut head = [0; 12];
    file.read_exact(&mut head).ok()?;
    match &head {
        [0xFF, 0xD8, ..] => in_jpeg(&mut file),
        [0x89, b'P', b'N', b'G', ..] => in_png(&mut file),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P'] => in_webp(&mut file),
        _ => None,
    }
}

fn some<R: Read>(file: &mut R, bytes: u64) -> Option<Vec<u8>> {
    if bytes > LIMIT {
        return None;
    }
    let mut found = Vec::new();
    file.take(bytes).read_to_end(&mut found).ok()?;
    (found.len() as u64 == bytes).then_some(found)
}

fn in_jpeg<R: Read + Seek>(file: &mut R) -> Option<Vec<u8>> {
    const NAME: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
    file.seek(SeekFrom::Start(2)).ok()?;
    loop {
        let mut marker = [0; 2];
        file.read_exact(&mut marker).ok()?;
        match marker {
            [0xFF, 0xFF] => {
                file.seek(SeekFrom::Current(-1)).ok()?;
                continue;
            }
            // From here on there are pixels.
            [0xFF, 0xDA | 0xD9] => return None,
            [0xFF, _] => {}
            _ => return None,
        }
        let mut length = [0; 2];
        file.read_exact(&mut length).ok()?;
        let length = u64::from(u16::from_be_bytes(length)).checked_sub(2)?;
        if marker[1] == 0xE1 {
            let segment = some(file, length)?;
            if let Some(packet) = segment.strip_prefix(NAME) {
                return Some(packet.to_vec());
            }
        } else {
            file.seek(SeekFrom::Current(length as i64)).ok()?;
        }
    }
}

fn in_png<R: Read + Seek>(file: &mut R) -> Option<Vec<u8>> {
    // Uncompressed, without a language or a translated name, as the specification of XMP says.
    const NAME: &[u8] = b"XML:com.adobe.xmp\0\0\0\0\0";
    file.seek(SeekFrom::Start(8)).ok()?;
    loop {
        let mut head = [0; 8];
        file.read_exact(&mut head).ok()?;
        let [a, b, c, d, kind @ ..] = head;
        let length = u64::from(u32::from_be_bytes([a, b, c, d]));
        if kind == *b"iTXt" {
            let chunk = some(file, length)?;
            if let Some(packet) = chunk.strip_prefix(NAME) {
                return Some(packet.to_vec());
            }
        } else {
            file.seek(SeekFrom::Current(length as i64)).ok()?;
        }
        file.seek(SeekFrom::Current(4)).ok()?;
    }
}

fn in_webp<R: Read + Seek>(file: &mut R) -> Option<Vec<u8>> {
    file.seek(SeekFrom::Start(12)).ok()?;
    loop {
        let mut head = [0; 8];
        file.read_exact(&mut head).ok()?;
        let [kind @ .., a, b, c, d] = head;
        let length = u64::from(u32::from_le_bytes([a, b, c, d]));
        if kind == *b"XMP " {
            return some(file, length);
        }
        // Chunks have even lengths.
        file.seek(SeekFrom::Current((length + length % 2) as i64)).ok()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tagging::model::{Tag, TaggedBy, Tags};
    use crate::tagging::xmp::Sidecars;
    use std::time::SystemTime;

    const RDF: &str = "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>\
        <rdf:Description rdf:about='' xmlns:dc='http://purl.org/dc/elements/1.1/'><dc:subject><rdf:Bag><rdf:li>Rome</rdf:li>\
        <rdf:li>holiday</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>";

    fn jpeg() -> Vec<u8> {
        let packet = [b"http://ns.adobe.com/xap/1.0/\0", RDF.as_bytes()].concat();
        let exif = [&[0xFF, 0xE1, 0, 8][..], b"Exif\0\0"].concat();
        let length = (packet.len() as u16 + 2).to_be_bytes();
        [
            &[0xFF, 0xD8][..],
            &exif,
            &[0xFF, 0xE1],
            &length,
            &packet,
            &[0xFF, 0xDA, 0, 2],
        ]
        .concat()
    }

    fn png() -> Vec<u8> {
        let text = [b"XML:com.adobe.xmp\0\0\0\0\0", RDF.as_bytes()].concat();
        let chunk = |kind: &[u8], data: &[u8]| [&(data.len() as u32).to_be_bytes(), kind, data, &[0; 4]].concat();
        [
            &b"\x89PNG\r\n\x1a\n"[..],
            &chunk(b"IHDR", &[0; 13]),
            &chunk(b"IDAT", &[1; 9]),
            &chunk(b"iTXt", &text),
        ]
        .concat()
    }

    fn webp() -> Vec<u8> {
        let chunk = |kind: &[u8], data: &[u8]| [kind, &(data.len() as u32).to_le_bytes(), data].concat();
        let odd = [&chunk(b"VP8X", &[0; 9])[..], &[0]].concat();
        [&b"RIFF\0\0\0\0WEBP"[..], &odd, &chunk(b"XMP ", RDF.as_bytes())].concat()
    }

    #[test]
    fn keywords_inside_pictures_and_beside_them_are_found_and_ours_are_not_among_them() {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in [("a.jpg", jpeg()), ("b.png", png()), ("c.webp", webp())] {
            let picture = folder.path().join(name);
            std::fs::write(&picture, &bytes).unwrap();
            assert_eq!(carried(&picture), ["Rome", "holiday"], "{name}");
            // Ours go into a sidecar, and are told apart from what another program has put there.
            std::fs::write(picture.with_extension("xmp"), RDF.replace("Rome", "Paris")).unwrap();
            let tags = Tags {
                image: picture.clone(),
                tags: vec![Tag::by_tagger("bird", 0.9)],
            };
            let by = TaggedBy {
                name: "t".to_owned(),
                version: String::new(),
            };
            let sidecars = Sidecars::resolve([picture.as_path()], SidecarStyle::Stem);
            sidecars.plan_write(&tags, &by, SystemTime::UNIX_EPOCH).apply().unwrap();
            assert_eq!(carried(&picture), ["Paris", "holiday", "Rome"], "{name}");
            for length in 0..bytes.len() {
                std::fs::write(&picture, &bytes[..length]).unwrap();
                carried(&picture);
            }
        }
        assert!(carried(&folder.path().join("gone.jpg")).is_empty());
    }
}
