//! The labelling configuration: which controls ask for what.

use super::super::xml::{Node, Xml, escaped};
use crate::dataset::error::DatasetError;
use std::fmt::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Names that a configuration may have beside an export.
const FILES: [&str; 3] = ["label-config.xml", "label_config.xml", "labeling_config.xml"];

/// What a configuration says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Config {
    /// The names of controls that ask for choices.
    pub controls: Vec<String>,
    /// Labels in order, with the control that asks for them if it asks for choices.
    pub labels: Vec<(Option<String>, String)>,
}

/// The configuration in a folder.
pub(crate) fn find(folder: &Path) -> Option<PathBuf> {
    FILES.iter().map(|name| folder.join(name)).find(|path| path.is_file())
}

/// Whether a file is a configuration, by its name.
pub(crate) fn is_config(path: &Path) -> bool {
    FILES.iter().any(|name| path.ends_with(name))
}

/// Reads a configuration.
///
/// # Errors
/// With the line, if it is no XML.
pub(crate) fn read(path: &Path) -> Result<Config, DatasetError> {
    let mut xml = Xml::open(path, &mut |_, _| ControlFlow::Continue(()))?;
    let mut config = Config::default();
    // The controls and choices around the place, with the depth at which each began.
    let mut control: Option<(usize, Option<String>)> = None;
    let mut above: Vec<(usize, String)> = Vec::new();
    loop {
        let node = xml.next()?;
        let depth = xml.path().len();
        match node {
            Node::End => return Ok(config),
            Node::Close => {
                above.retain(|(began, _)| *began < depth);
                control = control.filter(|(began, _)| *began < depth);
            }
            Node::Open => {
                let name = xml.attribute("name").unwrap_or_default().to_owned();
                match xml.name() {
                    "Choices" | "Taxonomy" => {
                        config.controls.push(name.clone());
                        control = Some((depth, Some(name)));
                    }
                    "Choice" | "Label" => {
                        let value = xml.attribute("alias").or(xml.attribute("value")).unwrap_or_default();
                        let path: Vec<&str> = above.iter().map(|(_, name)| name.as_str()).chain([value]).collect();
                        if let Some((_, control)) = &control {
                            config.labels.push((control.clone(), path.join("/")));
                        }
                        above.push((depth, value.to_owned()));
                    }
                    kind if kind.ends_with("Labels") => control = Some((depth, None)),
                    _ => {}
                }
            }
        }
    }
}

/// A configuration for our own exports.
pub(crate) fn written(labels: &[String]) -> String {
    let mut xml = String::from("<View>\n  <Image name=\"image\" value=\"$image\"/>\n");
    let controls = [
        ("Choices", "choice=\"multiple\" ", super::CHOICES, "Choice"),
        ("RectangleLabels", "", super::BOXES, "Label"),
    ];
    for (control, more, name, item) in controls {
        let _ = writeln!(xml, "  <{control} name=\"{name}\" toName=\"image\" {more}>");
        for label in labels {
            let _ = writeln!(xml, "    <{item} value=\"{}\"/>", escaped(label));
        }
        let _ = writeln!(xml, "  </{control}>");
    }
    xml.push_str("</View>\n");
    xml
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(content: &str) -> Config {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("label-config.xml");
        std::fs::write(&file, content).unwrap();
        assert_eq!(find(folder.path()), Some(file.clone()));
        read(&file).unwrap()
    }

    #[test]
    fn controls_and_their_labels_are_read() {
        let config = parse(
            r##"<View><Style>.a { b: c }</Style><Image name="img" value="$img"/>
            <View><Choices name="kind" toName="img"><Choice value="cat"/><Choice value="Dog" alias="dog"/></Choices></View>
            <Taxonomy name="tree" toName="img"><Choice value="A"><Choice value="B"/><Choice value="C"/></Choice><Choice value="D"/></Taxonomy>
            <RectangleLabels name="boxes" toName="img"><Label value="cat" background="#f00"/></RectangleLabels>
            <TextArea name="note" toName="img"/></View>"##,
        );
        let labels: Vec<(&str, &str)> = config
            .labels
            .iter()
            .map(|(control, name)| (control.as_deref().unwrap_or("-"), name.as_str()))
            .collect();
        let tree = ["A", "A/B", "A/C", "D"].map(|name| ("tree", name));
        assert_eq!(
            labels,
            [&[("kind", "cat"), ("kind", "dog")][..], &tree, &[("-", "cat")]].concat()
        );
        assert_eq!(config.controls, ["kind", "tree"]);
    }

    #[test]
    fn what_is_written_is_read() {
        let labels = ["a \"b\"".to_owned(), "<&>\n ".to_owned()];
        let config = parse(&written(&labels));
        assert_eq!(config.controls, [crate::dataset::formats::label_studio::CHOICES]);
        let names: Vec<&String> = config.labels.iter().map(|(_, name)| name).collect();
        assert_eq!(names, [&labels[0], &labels[1], &labels[0], &labels[1]]);
    }
}
