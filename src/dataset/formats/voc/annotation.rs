//! The XML file of one picture.

use super::super::xml::{Node, Xml};
use crate::dataset::error::DatasetError;
use std::ops::ControlFlow;
use std::path::Path;

/// An object on a picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Object {
    pub name: String,
    pub difficult: bool,
    /// Left, top, right and bottom, as written: pixels that count from 1, the last ones inside the box. Not a number where it is none.
    pub corners: Option<[f64; 4]>,
}

impl Object {
    /// x, y, width, height from the top left corner, where its box is given.
    pub fn bounds(&self) -> Option<[f64; 4]> {
        let [left, top, right, bottom] = self.corners?;
        Some([left - 1.0, top - 1.0, right - left + 1.0, bottom - top + 1.0])
    }
}

/// What the file says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Annotation {
    pub filename: Option<String>,
    pub size: Option<(u32, u32)>,
    pub objects: Vec<Object>,
}

/// Reads the file.
///
/// # Errors
/// With the line: it is no XML, or its root is not `annotation`.
pub(crate) fn read(path: &Path) -> Result<Annotation, DatasetError> {
    let mut xml = Xml::open(path, &mut |_, _| ControlFlow::Continue(()))?;
    let mut found = Annotation::default();
    let (mut width, mut height) = (f64::NAN, f64::NAN);
    let mut object = Object::default();
    loop {
        let node = xml.next()?;
        if node == Node::End {
            break;
        }
        let mut open: Vec<&str> = xml.path().iter().map(String::as_str).collect();
        // Some tools write the root with a capital letter.
        if let Some(root) = open.first_mut().filter(|root| root.eq_ignore_ascii_case("annotation")) {
            *root = "annotation";
        }
        match (node, &open[..]) {
            (Node::Open, [root]) if *root != "annotation" => {
                return Err(xml.error(format!("<annotation> was expected, not <{root}>")));
            }
            (Node::Open, ["annotation", "object"]) => object = Object::default(),
            (Node::Open, ["annotation", "object", "bndbox"]) => object.corners = Some([f64::NAN; 4]),
            (Node::Close, ["annotation", "object"]) => found.objects.push(std::mem::take(&mut object)),
            (Node::Close, ["annotation", "filename"]) => {
                found.filename = Some(xml.text()?.to_owned()).filter(|name| !name.is_empty());
            }
            (Node::Close, ["annotation", "size", "width"]) => width = number(&xml),
            (Node::Close, ["annotation", "size", "height"]) => height = number(&xml),
            (Node::Close, ["annotation", "object", "name"]) => object.name = xml.text()?.to_owned(),
            (Node::Close, ["annotation", "object", "difficult"]) => {
                let text = xml.text().unwrap_or_default();
                object.difficult = text == "1" || text.eq_ignore_ascii_case("true");
            }
            (Node::Close, ["annotation", "object", "bndbox", side]) => {
                let side = ["xmin", "ymin", "xmax", "ymax"].iter().position(|name| name == side);
                if let Some((corners, side)) = object.corners.as_mut().zip(side) {
                    corners[side] = number(&xml);
                }
            }
            _ => {}
        }
    }
    let side = |side: f64| (1.0..4e9).contains(&side).then_some(side as u32);
    found.size = side(width).zip(side(height));
    Ok(found)
}

fn number(xml: &Xml) -> f64 {
    xml.text().ok().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN)
}
