//! The official lists of VOC-LT and COCO-LT (Wu et al., ECCV 2020; as LMPT has them), known by their content: results are comparable
//! with published ones only on these.

use crate::dataset::formats::lines::Line;
use crate::dataset::model::{Split, Warning};
use crate::support::hash;
use std::fmt;
use std::path::Path;

/// A benchmark with official lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Official {
    /// Pascal VOC, long-tailed: 20 classes, 1142 training pictures of 2012, 4952 test pictures of 2007.
    VocLt,
    /// MS COCO, long-tailed: 80 classes, 1909 training and 5000 test pictures of 2017.
    CocoLt,
}

impl fmt::Display for Official {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::VocLt => "VOC-LT",
            Self::CocoLt => "COCO-LT",
        })
    }
}

/// One official list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfficialList {
    /// The benchmark.
    pub of: Official,
    /// What the list is for.
    pub split: Split,
    /// Its file's name, without the extension.
    pub name: &'static str,
    /// Pictures in it.
    pub pictures: usize,
    /// Classes of the benchmark.
    pub classes: usize,
    /// SHA-256 of [`canonical`] lines, which is not hurt by other line ends or blanks behind the numbers.
    digest: &'static str,
}

/// The official lists.
pub const OFFICIAL: [OfficialList; 4] = [
    OfficialList {
        of: Official::VocLt,
        split: Split::Train,
        name: "voc_lt_train",
        pictures: 1142,
        classes: 20,
        digest: "7e2bd17328957fe34753bbe013523f172278583368249f74231d4844ca1998d2",
    },
    OfficialList {
        of: Official::VocLt,
        split: Split::Test,
        name: "voc_lt_test",
        pictures: 4952,
        classes: 20,
        digest: "43b2929a86e9fe685cdf3b6b72fb90b6838ff9f9f427807e8b9502111e73750a",
    },
    OfficialList {
        of: Official::CocoLt,
        split: Split::Train,
        name: "coco_lt_train",
        pictures: 1909,
        classes: 80,
        digest: "c4022854a27c2fc98099da7bb26b4f94ebd1f645b3d1f3906c2c85c63b700e87",
    },
    OfficialList {
        of: Official::CocoLt,
        split: Split::Test,
        name: "coco_lt_test",
        pictures: 5000,
        classes: 80,
        digest: "4dda722463b0ed3aada172ce1c75f46f1391e4d2bee7643760549f916a8022e5",
    },
];

/// The lines as `path id id`, one blank between, each with one line feed: what a list says, however its lines end.
fn canonical(lines: &[Line]) -> Vec<u8> {
    let mut text = Vec::new();
    for line in lines {
        text.extend_from_slice(line.path.as_os_str().as_encoded_bytes());
        line.ids.iter().for_each(|id| text.extend(format!(" {id}").bytes()));
        text.push(b'\n');
    }
    text
}

/// The official list with this content, whatever its file is called.
pub fn official(lines: &[Line]) -> Option<&'static OfficialList> {
    among(&OFFICIAL, lines)
}

fn among<'a>(known: &'a [OfficialList], lines: &[Line]) -> Option<&'a OfficialList> {
    let mut same = known.iter().filter(|list| list.pictures == lines.len()).peekable();
    same.peek()?;
    let digest = hash::of_bytes(&canonical(lines));
    same.find(|list| list.digest == digest)
}

/// What to tell about a list: that it is an official one, or that it is called so and is not.
pub fn notice(path: &Path, lines: &[Line]) -> Option<Warning> {
    notice_among(&OFFICIAL, path, lines)
}

fn notice_among(known: &[OfficialList], path: &Path, lines: &[Line]) -> Option<Warning> {
    let stem = path.file_stem()?.to_string_lossy().to_ascii_lowercase();
    let about = |code: &str, text: String| Warning {
        file: Some(path.display().to_string()),
        ..Warning::new(code, text)
    };
    if let Some(list) = among(known, lines) {
        let text = format!(
            "this is the official {} {} list ({} pictures, {} classes)",
            list.of, list.split, list.pictures, list.classes
        );
        return Some(about("official-list", text));
    }
    let list = known.iter().find(|list| list.name == stem)?;
    let text = format!(
        "this list is called like the official {} {} list, but is another one ({} pictures here, {} there, or other labels \
         or order); results on it cannot be compared with published ones",
        list.of,
        list.split,
        lines.len(),
        list.pictures
    );
    Some(about("not-official", text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<Line> {
        let parse = |(i, line): (usize, &str)| Line::parse(i + 1, line.as_bytes());
        text.lines().enumerate().filter_map(parse).collect()
    }

    #[test]
    fn a_list_is_known_by_content_however_its_lines_end() {
        let text = "a/1.jpg 0 12\nb/2.jpg 3\n";
        let digest: &'static str = Box::leak(hash::of_bytes(text.as_bytes()).into_boxed_str());
        let known = [OfficialList {
            pictures: 2,
            digest,
            ..OFFICIAL[0]
        }];
        for same in [text, "a/1.jpg 0  12 \r\nb/2.jpg 3", "a/1.jpg 0 12\n\nb/2.jpg 3 \n"] {
            let told = notice_among(&known, Path::new("/x/my.txt"), &lines(same)).unwrap();
            assert_eq!(told.code, "official-list", "{same:?}");
            assert!(
                told.message.contains("VOC-LT") && told.message.contains("20 classes"),
                "{}",
                told.message
            );
        }
        for other in [
            "b/2.jpg 3\na/1.jpg 0 12\n",
            "a/1.jpg 12 0\nb/2.jpg 3\n",
            "a/1.jpg 0 12\n",
        ] {
            let told = notice_among(&known, Path::new("/x/VOC_LT_train.txt"), &lines(other)).unwrap();
            assert_eq!(told.code, "not-official", "{other:?}");
            assert_eq!(notice_among(&known, Path::new("/x/train.txt"), &lines(other)), None);
        }
        assert!(official(&lines(text)).is_none() && notice(Path::new("train.txt"), &lines(text)).is_none());
    }

    #[test]
    fn digests_are_digests() {
        for list in OFFICIAL {
            assert!(
                list.digest.len() == 64 && list.digest.bytes().all(|b| b.is_ascii_hexdigit()),
                "{list:?}"
            );
        }
    }
}
