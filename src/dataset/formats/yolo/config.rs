//! `data.yaml`: names of classes, and where the pictures of each split are.

use super::super::text;
use crate::dataset::error::DatasetError;
use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};
use std::path::Path;

const LIMIT: u64 = 16 << 20;
const MAX_DEPTH: usize = 16;

/// What the file says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Config {
    /// Class numbers and names.
    pub names: Vec<(u64, String)>,
    /// Where all paths begin, unless at the file itself.
    pub path: Option<String>,
    /// Keys such as `train`, with folders or lists of pictures.
    pub sets: Vec<(String, Vec<String>)>,
    /// Key points of an object and numbers for each of them, where lines have such.
    pub keypoints: Option<(usize, usize)>,
    /// How many classes there are.
    pub count: Option<u64>,
    /// How many pictures have no labels: we write it, so that a label file that lost all its lines is told from one that had none.
    pub without_labels: Option<u64>,
}

/// Whether a file that begins with `head` looks like one: cheap.
pub(crate) fn looks_like(head: &str) -> bool {
    let keys = ["names", "train", "nc"];
    head.lines().any(|line| {
        let key = line
            .split_once(':')
            .map(|(key, _)| key.trim_end().trim_matches(['"', '\'']));
        key.is_some_and(|key| keys.contains(&key))
    })
}

/// A value. Aliases are not followed, so its size is that of the file.
enum Value {
    Text(String),
    Nothing,
    List(Vec<(usize, Value)>),
    Map(Vec<(usize, Value, Value)>),
    Alias,
}

struct Reader<'a> {
    path: &'a Path,
    parser: Parser<'a, StrInput<'a>>,
}

impl<'a> Reader<'a> {
    fn error(&self, line: usize, problem: impl Into<String>) -> DatasetError {
        DatasetError::Parse {
            path: self.path.to_owned(),
            line: Some(line),
            problem: problem.into(),
        }
    }

    /// The next event and its line.
    fn next(&mut self) -> Result<(Event<'a>, usize), DatasetError> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, span.start.line())),
            Some(Err(error)) => Err(self.error(error.marker().line(), format!("no YAML: {}", error.info()))),
            None => Ok((Event::StreamEnd, 0)),
        }
    }

    fn value(&mut self, event: Event<'a>, line: usize, depth: usize) -> Result<Value, DatasetError> {
        if depth > MAX_DEPTH {
            return Err(self.error(line, format!("values lie in one another deeper than {MAX_DEPTH}")));
        }
        Ok(match event {
            Event::Scalar(text, ScalarStyle::Plain, _, _) if matches!(&*text, "" | "~" | "null" | "Null" | "NULL") => {
                Value::Nothing
            }
            Event::Scalar(text, ..) => Value::Text(text.into_owned()),
            Event::SequenceStart(..) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd | Event::StreamEnd, _) => break Value::List(items),
                        (event, line) => items.push((line, self.value(event, line, depth + 1)?)),
                    }
                }
            }
            Event::MappingStart(..) => {
                let mut items = Vec::new();
                loop {
                    let (event, line) = self.next()?;
                    if matches!(event, Event::MappingEnd | Event::StreamEnd) {
                        break Value::Map(items);
                    }
                    let key = self.value(event, line, depth + 1)?;
                    let (event, value_line) = self.next()?;
                    items.push((line, key, self.value(event, value_line, depth + 1)?));
                }
            }
            Event::Alias(_) => Value::Alias,
            _ => return Err(self.error(line, "no value is here")),
        })
    }
}

/// Reads the file.
///
/// # Errors
/// With the line: it is no YAML, not a mapping, or names and paths are no texts.
pub(crate) fn read(path: &Path) -> Result<Config, DatasetError> {
    let text = text::read(path, LIMIT)?;
    let mut reader = Reader {
        path,
        parser: Parser::new_from_str(&text),
    };
    let (event, line) = loop {
        match reader.next()? {
            (Event::StreamStart | Event::DocumentStart(_) | Event::Nothing, _) => {}
            other => break other,
        }
    };
    let Event::MappingStart(..) = event else {
        return Err(reader.error(line.max(1), "a mapping with names was expected"));
    };
    let Value::Map(items) = reader.value(event, line, 0)? else {
        return Err(reader.error(line, "a mapping with names was expected"));
    };
    let mut config = Config::default();
    for (line, key, value) in items {
        let Value::Text(key) = key else { continue };
        match key.as_str() {
            "names" => config.names = names(&reader, line, value)?,
            "path" => config.path = texts(&reader, line, value)?.into_iter().next(),
            "train" | "val" | "valid" | "validation" | "test" | super::UNSPLIT => {
                let places = texts(&reader, line, value)?;
                config.sets.retain(|(earlier, _)| *earlier != key);
                config.sets.push((key, places));
            }
            super::WITHOUT_LABELS => {
                config.without_labels = texts(&reader, line, value)?.first().and_then(|n| n.parse().ok());
            }
            "nc" => config.count = texts(&reader, line, value)?.first().and_then(|n| n.parse().ok()),
            "kpt_shape" => {
                let numbers = texts(&reader, line, value)?;
                let number = |i: usize| numbers.get(i).and_then(|n: &String| n.parse().ok());
                config.keypoints = number(0).zip(number(1));
            }
            _ => {}
        }
    }
    Ok(config)
}

/// Reads a file to its end, for what is wrong with it.
///
/// # Errors
/// With the line: it is no YAML.
pub(crate) fn check(path: &Path) -> Result<(), DatasetError> {
    let text = text::read(path, LIMIT)?;
    let mut reader = Reader {
        path,
        parser: Parser::new_from_str(&text),
    };
    while reader.next()?.0 != Event::StreamEnd {}
    Ok(())
}

fn text(reader: &Reader<'_>, line: usize, value: Value) -> Result<String, DatasetError> {
    match value {
        Value::Text(text) => Ok(text),
        Value::Alias => Err(reader.error(line, "a text was expected; aliases (*) are not followed")),
        Value::Nothing | Value::List(_) | Value::Map(_) => Err(reader.error(line, "a text was expected here")),
    }
}

/// One text or a list of texts.
fn texts(reader: &Reader<'_>, line: usize, value: Value) -> Result<Vec<String>, DatasetError> {
    match value {
        Value::Nothing => Ok(Vec::new()),
        Value::List(items) => items.into_iter().map(|(line, item)| text(reader, line, item)).collect(),
        other => Ok(vec![text(reader, line, other)?]),
    }
}

fn names(reader: &Reader<'_>, line: usize, value: Value) -> Result<Vec<(u64, String)>, DatasetError> {
    let mut names: Vec<(u64, String)> = Vec::new();
    match value {
        Value::List(items) => {
            for (id, (line, item)) in (0..).zip(items) {
                names.push((id, text(reader, line, item)?));
            }
        }
        Value::Map(items) => {
            for (line, key, item) in items {
                let key = text(reader, line, key)?;
                let id = key.trim().parse().map_err(|_| {
                    reader.error(line, format!("a class number was expected before the colon, not {key}"))
                })?;
                names.push((id, text(reader, line, item)?));
            }
            names.sort_by_key(|(id, _)| *id);
            if let Some(pair) = names.windows(2).find(|pair| pair[0].0 == pair[1].0) {
                return Err(DatasetError::DuplicateId {
                    path: reader.path.to_owned(),
                    what: "class",
                    id: pair[0].0.to_string(),
                    first: pair[0].1.clone(),
                    second: pair[1].1.clone(),
                });
            }
        }
        Value::Nothing => {}
        Value::Text(_) | Value::Alias => {
            return Err(reader.error(line, "names must be a list, or a mapping of class numbers to names"));
        }
    }
    Ok(names)
}

/// A text as YAML writes it between double quotes, any characters.
pub(crate) fn quoted(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\0'..' ' | '\u{7f}'..='\u{a0}' => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(content: &str) -> Result<Config, DatasetError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("data.yaml");
        std::fs::write(&file, content).unwrap();
        read(&file)
    }

    #[test]
    fn lists_and_mappings_of_names_are_read() {
        let roboflow = "\u{feff}train: ../train/images\r\nval: ../valid/images\r\ntest: ../test/images\r\n\r\nnc: 2\r\n\
                        names: ['hot dog', \"no\"]\r\n\r\nroboflow:\r\n  version: 1\r\n  url: https://x\r\n";
        let config = parse(roboflow).unwrap();
        assert_eq!(config.names, [(0, "hot dog".to_owned()), (1, "no".to_owned())]);
        assert_eq!(config.sets[1], ("val".to_owned(), vec!["../valid/images".to_owned()]));
        let ultralytics = "# COCO8\npath: coco8 # dataset root\ntrain: [a, b]\nval:\n  - images/val\ntest:\nkpt_shape: [17, 3]\n\
                           names:\n  1: person\n  0: 'it''s'\n  7: 42\ndownload: |\n  from x import y\n  z: w\n";
        let config = parse(ultralytics).unwrap();
        let names: Vec<&str> = config.names.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!((names, config.names[2].0), (vec!["it's", "person", "42"], 7));
        assert_eq!(
            (config.path.as_deref(), config.keypoints),
            (Some("coco8"), Some((17, 3)))
        );
        assert_eq!(config.sets[0].1, ["a", "b"]);
        assert!(config.sets[2].1.is_empty());
        assert!(looks_like(ultralytics) && looks_like(roboflow) && !looks_like("version: 2\njobs:\n  train: x\n"));
    }

    #[test]
    fn broken_files_name_the_line() {
        for (content, line) in [
            ("a: b\nnames: [x, [y]]\n", 2),
            ("names:\n  0: a\n  x: b\n", 3),
            ("names: cat\n", 1),
            ("a: b\nnames: [\"x\n", 2),
            ("base: &b [x]\nnames: *b\n", 2),
            ("- a\n- b\n", 1),
            ("names:\n - a\n -\n", 3),
        ] {
            let error = parse(content).unwrap_err();
            assert!(
                matches!(&error, DatasetError::Parse { line: Some(l), .. } if *l == line || content.contains('"')),
                "{content:?}: {error}"
            );
        }
        assert!(matches!(
            parse("names: {0: a, 00: b}"),
            Err(DatasetError::DuplicateId { .. })
        ));
        assert!(parse("").is_err() && parse("\u{0}\u{1}").is_err());
        assert!(parse(&format!("x: {}", "[".repeat(100_000))).is_err());
    }

    #[test]
    fn aliases_are_not_expanded() {
        let mut bomb = String::from("a0: &a0 [lol, lol]\n");
        for i in 1..60 {
            bomb.push_str(&format!("a{i}: &a{i} [*a{0}, *a{0}]\n", i - 1));
        }
        bomb.push_str("names: [x]\n");
        assert_eq!(parse(&bomb).unwrap().names.len(), 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

        #[test]
        fn any_name_comes_back(names in proptest::collection::vec(any::<String>(), 1..4)) {
            let lines: String = names.iter().enumerate().map(|(i, name)| format!("  {i}: {}\n", quoted(name))).collect();
            let read = parse(&format!("names:\n{lines}")).unwrap();
            prop_assert_eq!(read.names, (0..).zip(names).collect::<Vec<_>>());
        }

        #[test]
        fn anything_is_read_or_refused(content in "[-:a-z0 \\[\\]{}&*!|>'\"#%@`,?\n\t]{0,60}") {
            let _ = parse(&content);
        }
    }
}
