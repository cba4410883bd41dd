//! Tags as tables: CSV, JSON and COCO. Nothing is written unless all of it can be.

use super::Result;
use super::error::TaggingError;
use super::model::{Tags, path_text};
use crate::support::atomic;
use crate::support::cell::is_formula;
use serde::Serialize;
use std::collections::HashMap;
use std::io::{self, Write};
use std::path::Path;

/// The format of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFormat {
    /// CSV `image,label,probability`, a line for each tag; a picture without tags has none, a tag by hand no probability.
    CsvLong,
    /// CSV `filename,labels`, a line for each picture, labels separated by `|`.
    CsvWide,
    /// A JSON array of `{"image":..,"tags":[{"label":..,"probability":..}]}`.
    Json,
    /// COCO: images, categories, and annotations without boxes, with a score.
    Coco,
}

/// How a table is written.
#[derive(Clone, Debug)]
pub struct TableOptions {
    /// The format.
    pub format: TableFormat,
    /// In CSV, puts `'` before cells that a spreadsheet would take for a formula (those that start with `=`, `+`, `-`, `@`, a tab or a
    /// carriage return). Such a file no longer says exactly what the label was.
    pub spreadsheet_safe: bool,
    /// In COCO, the categories that come first, in this order, also those that no picture has: the tagger's labels.
    pub labels: Vec<String>,
}

impl TableOptions {
    /// The plain table of a format.
    pub fn new(format: TableFormat) -> Self {
        Self {
            format,
            spreadsheet_safe: false,
            labels: Vec::new(),
        }
    }
}

/// A table that has been checked and can be written.
#[derive(Debug)]
pub struct Table<'a> {
    rows: Vec<Row<'a>>,
    options: &'a TableOptions,
}

#[derive(Debug, Serialize)]
struct Row<'a> {
    image: String,
    tags: &'a [super::model::Tag],
}

impl<'a> Table<'a> {
    /// Checks that the format can hold all of it.
    ///
    /// # Errors
    /// If a path is not Unicode, a probability is not a number from 0 to 1, or a label holds `|` in [`TableFormat::CsvWide`].
    pub fn new(tags: &'a [Tags], options: &'a TableOptions) -> Result<Self> {
        let row = |picture: &'a Tags| {
            picture.check()?;
            let piped = picture.tags.iter().find(|tag| tag.label.contains('|'));
            if let (TableFormat::CsvWide, Some(tag)) = (options.format, piped) {
                return Err(TaggingError::Name {
                    what: "the label",
                    name: tag.label.clone(),
                    problem: "holds `|`, which separates labels in a wide table; a long one can hold it".to_owned(),
                });
            }
            Ok(Row {
                image: path_text(&picture.image)?,
                tags: &picture.tags,
            })
        };
        Ok(Self {
            rows: tags.iter().map(row).collect::<Result<_>>()?,
            options,
        })
    }

    /// Writes the table to `out`.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_to(&self, out: &mut dyn Write) -> io::Result<()> {
        match self.options.format {
            TableFormat::CsvLong => self.csv_long(out),
            TableFormat::CsvWide => self.csv_wide(out),
            TableFormat::Json => {
                serde_json::to_writer_pretty(&mut *out, &self.rows)?;
                out.write_all(b"\n")
            }
            TableFormat::Coco => {
                serde_json::to_writer(&mut *out, &self.coco())?;
                out.write_all(b"\n")
            }
        }
    }

    /// Writes the table to a file, whole or not at all.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        atomic::write_with(path, |out| self.write_to(out)).map_err(TaggingError::io("write", path))
    }

    fn csv_long(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut csv = writer(out);
        csv.write_record(["image", "label", "probability"])?;
        for row in &self.rows {
            for tag in row.tags {
                let probability = if tag.by_hand {
                    String::new()
                } else {
                    tag.probability.to_string()
                };
                csv.write_record([&self.cell(&row.image), &self.cell(&tag.label), &probability])?;
            }
        }
        csv.flush()
    }

    fn csv_wide(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut csv = writer(out);
        csv.write_record(["filename", "labels"])?;
        for row in &self.rows {
            let labels: Vec<&str> = row.tags.iter().map(|tag| tag.label.as_str()).collect();
            csv.write_record([self.cell(&row.image), self.cell(&labels.join("|"))])?;
        }
        csv.flush()
    }

    fn cell(&self, text: &str) -> String {
        match self.options.spreadsheet_safe && is_formula(text) {
            true => format!("'{text}"),
            false => text.to_owned(),
        }
    }

    fn coco(&self) -> Coco<'_> {
        let mut coco = Coco::default();
        let mut ids: HashMap<&str, usize> = HashMap::new();
        let labels = self.rows.iter().flat_map(|row| row.tags).map(|tag| &tag.label);
        for name in self.options.labels.iter().chain(labels) {
            let id = ids.len() + 1;
            ids.entry(name).or_insert_with(|| {
                coco.categories.push(Category { id, name });
                id
            });
        }
        for (i, row) in self.rows.iter().enumerate() {
            coco.images.push(Image {
                id: i + 1,
                file_name: &row.image,
            });
            for tag in row.tags {
                coco.annotations.push(Annotation {
                    id: coco.annotations.len() + 1,
                    image_id: i + 1,
                    category_id: ids[tag.label.as_str()],
                    score: (!tag.by_hand).then_some(tag.probability),
                });
            }
        }
        coco
    }
}

fn writer(out: &mut dyn Write) -> csv::Writer<&mut dyn Write> {
    // RFC 4180 ends lines with CR LF.
    csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(out)
}

#[derive(Default, Serialize)]
struct Coco<'a> {
    images: Vec<Image<'a>>,
    categories: Vec<Category<'a>>,
    annotations: Vec<Annotation>,
}

#[derive(Serialize)]
struct Image<'a> {
    id: usize,
    file_name: &'a str,
}

#[derive(Serialize)]
struct Category<'a> {
    id: usize,
    name: &'a str,
}

#[derive(Serialize)]
struct Annotation {
    id: usize,
    image_id: usize,
    category_id: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f32>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tagging::Tag;
    use proptest::prelude::*;

    fn tags(image: &str, labels: &[(&str, f32)]) -> Tags {
        let tag = |(label, probability): &(&str, f32)| Tag::by_tagger((*label).to_owned(), *probability);
        Tags {
            image: image.into(),
            tags: labels.iter().map(tag).collect(),
        }
    }

    fn written(tags: &[Tags], options: &TableOptions) -> String {
        let mut out = Vec::new();
        Table::new(tags, options).unwrap().write_to(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn two() -> Vec<Tags> {
        vec![
            tags("a/ä, b.jpg", &[("big \"dog\"", 0.93), ("=1+1", 0.5)]),
            tags("b.jpg", &[]),
            tags("-c.jpg", &[("two\nlines", 1.0)]),
        ]
    }

    #[test]
    fn csv_is_quoted_as_rfc_4180_says() {
        let long = TableOptions::new(TableFormat::CsvLong);
        assert_eq!(
            written(&two(), &long),
            "image,label,probability\r\n\"a/ä, b.jpg\",\"big \"\"dog\"\"\",0.93\r\n\"a/ä, b.jpg\",=1+1,0.5\r\n\
             -c.jpg,\"two\nlines\",1\r\n"
        );
        let mut wide = TableOptions::new(TableFormat::CsvWide);
        let expected =
            "filename,labels\r\n\"a/ä, b.jpg\",\"big \"\"dog\"\"|=1+1\"\r\nb.jpg,\r\n-c.jpg,\"two\nlines\"\r\n";
        assert_eq!(written(&two(), &wide), expected);
        wide.spreadsheet_safe = true;
        assert_eq!(written(&two(), &wide), expected.replace("-c.jpg", "'-c.jpg"));
        let safe = TableOptions {
            spreadsheet_safe: true,
            ..long
        };
        assert!(written(&two(), &safe).contains(",'=1+1,0.5\r\n"));
    }

    #[test]
    fn json_holds_objects_in_an_array() {
        let array: Vec<Tags> = serde_json::from_str(&written(&two(), &TableOptions::new(TableFormat::Json))).unwrap();
        assert_eq!(array, two());
    }

    #[test]
    fn coco_names_the_taggers_labels_first() {
        let mut options = TableOptions::new(TableFormat::Coco);
        options.labels = vec!["unused".to_owned(), "two\nlines".to_owned()];
        let coco: serde_json::Value = serde_json::from_str(&written(&two(), &options)).unwrap();
        let names = |key: &str, field: &str| -> Vec<serde_json::Value> {
            coco[key].as_array().unwrap().iter().map(|v| v[field].clone()).collect()
        };
        assert_eq!(names("images", "file_name"), ["a/ä, b.jpg", "b.jpg", "-c.jpg"]);
        assert_eq!(
            names("categories", "name"),
            ["unused", "two\nlines", "big \"dog\"", "=1+1"]
        );
        assert_eq!(names("categories", "id"), [1, 2, 3, 4]);
        assert_eq!(names("annotations", "image_id"), [1, 1, 3]);
        assert_eq!(names("annotations", "category_id"), [3, 4, 2]);
        assert_eq!(names("annotations", "id"), [1, 2, 3]);
        assert!(coco["annotations"][0].get("bbox").is_none());
        assert_eq!(coco["annotations"][1]["score"], 0.5);
    }

    #[test]
    fn what_a_table_cannot_hold_is_refused_before_a_file_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        let wide = TableOptions::new(TableFormat::CsvWide);
        let pipe = [tags("a.jpg", &[("a|b", 0.5)])];
        assert!(matches!(Table::new(&pipe, &wide), Err(TaggingError::Name { .. })));
        for wrong in [f32::NAN, 1.5, -0.1, f32::INFINITY] {
            let tags = [tags("a.jpg", &[("a", wrong)])];
            let long = TableOptions::new(TableFormat::Json);
            assert!(matches!(
                Table::new(&tags, &long),
                Err(TaggingError::Probability { .. })
            ));
        }
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStringExt;
            let image = std::ffi::OsString::from_vec(vec![b'a', 0xFF]).into();
            let odd = [Tags {
                image,
                tags: Vec::new(),
            }];
            assert!(matches!(Table::new(&odd, &wide), Err(TaggingError::PathText { .. })));
        }
        let plain = two();
        Table::new(&plain, &wide).unwrap().save(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), written(&plain, &wide));
        let missing = Table::new(&plain, &wide).unwrap().save(&folder.path().join("no/t.csv"));
        assert!(missing.unwrap_err().to_string().contains("t.csv"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]
        #[test]
        fn every_label_comes_back_from_csv(labels in proptest::collection::vec(any::<String>(), 1..5)) {
            let pairs: Vec<(&str, f32)> = labels.iter().map(|label| (label.as_str(), 0.25)).collect();
            let tags = [tags("a.jpg", &pairs)];
            let text = written(&tags, &TableOptions::new(TableFormat::CsvLong));
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let read: Vec<String> = reader.records().map(|r| r.unwrap()[1].to_owned()).collect();
            prop_assert_eq!(read, labels);
        }
    }
}
