//! Boxes around CVAT's shapes.

use super::super::bounds::{around, turned};
use super::super::xml::Xml;

/// What an `<image>` may have in it.
pub(crate) const KINDS: [&str; 9] = [
    "tag", "box", "polygon", "polyline", "points", "ellipse", "cuboid", "mask", "skeleton",
];

/// Whether a shape is turned.
pub(crate) fn is_rotated(xml: &Xml) -> bool {
    let angle = xml.number("rotation");
    angle.is_finite() && angle % 180.0 != 0.0
}

/// The box around a shape: x, y, width, height in pixels; `None` for tags and shapes of unknown kinds. Values that are no numbers
/// give a box that is none.
pub(crate) fn bounds(xml: &Xml) -> Option<[f64; 4]> {
    let n = |name: &str| xml.number(name);
    match xml.name() {
        "box" => {
            let (left, top, right, bottom) = (n("xtl"), n("ytl"), n("xbr"), n("ybr"));
            Some(turned([left, top, right - left, bottom - top], n("rotation")))
        }
        "ellipse" => {
            let (rx, ry) = (n("rx"), n("ry"));
            let upright = [n("cx") - rx, n("cy") - ry, 2.0 * rx, 2.0 * ry];
            // Turned, its axes give half of each side.
            let angle = n("rotation").to_radians();
            if !angle.is_finite() {
                return Some(upright);
            }
            let (sin, cos) = angle.sin_cos();
            let (half_w, half_h) = ((rx * cos).hypot(ry * sin), (rx * sin).hypot(ry * cos));
            Some([n("cx") - half_w, n("cy") - half_h, 2.0 * half_w, 2.0 * half_h])
        }
        "mask" => Some([n("left"), n("top"), n("width"), n("height")]),
        "polygon" | "polyline" | "points" => Some(around(points(xml.attribute("points").unwrap_or_default()))),
        "cuboid" => {
            let corners = [
                "xtl1,ytl1",
                "xbl1,ybl1",
                "xtr1,ytr1",
                "xbr1,ybr1",
                "xtl2,ytl2",
                "xbl2,ybl2",
                "xtr2,ytr2",
                "xbr2,ybr2",
            ];
            Some(around(corners.iter().map(|corner| {
                let (x, y) = corner.split_once(',').unwrap_or_default();
                (n(x), n(y))
            })))
        }
        _ => None,
    }
}

/// `x,y;x,y`.
fn points(text: &str) -> impl Iterator<Item = (f64, f64)> {
    let number = |text: &str| text.trim().parse().unwrap_or(f64::NAN);
    text.split(';').map(move |pair| {
        let (x, y) = pair.split_once(',').unwrap_or_default();
        (number(x), number(y))
    })
}
