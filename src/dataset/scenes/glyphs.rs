//! The pictograms: names, roles and drawings.

use super::raster::{self, Mask};
use super::table;
use skrifa::FontRef;
use std::sync::OnceLock;

/// What a glyph is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A label of the demo set.
    Demo,
    /// Never a label in downstream training: for the check with an open vocabulary.
    Novel,
    /// Seen by the starter model only, and as by-stander in demo pictures.
    Rest,
}

/// A pictogram.
#[derive(Clone, Debug)]
pub struct Glyph {
    /// Its place in the font.
    pub codepoint: char,
    /// One or two lower-case English words, unique.
    pub name: &'static str,
    /// What it is for.
    pub role: Role,
    /// The name takes no article ("scissors", "bread").
    pub bare: bool,
    pub(super) mask: Mask,
}

/// All glyphs, demo labels first (most frequent first), then novel ones, then the rest. Drawn on the first call
/// (some ten milliseconds), then shared.
pub fn all() -> &'static [Glyph] {
    static ALL: OnceLock<Vec<Glyph>> = OnceLock::new();
    ALL.get_or_init(load)
}

/// Indices into [`all`] of the glyphs with `role`, ascending.
pub fn indices(role: Role) -> Vec<usize> {
    all()
        .iter()
        .enumerate()
        .filter(|(_, glyph)| glyph.role == role)
        .map(|(i, _)| i)
        .collect()
}

/// Names of the glyphs with `role` in table order.
pub fn names(role: Role) -> Vec<&'static str> {
    all()
        .iter()
        .filter(|glyph| glyph.role == role)
        .map(|glyph| glyph.name)
        .collect()
}

/// The index of the glyph called `name`.
pub fn find(name: &str) -> Option<usize> {
    all().iter().position(|glyph| glyph.name == name)
}

/// Rest glyphs that look like no label and mean no label: by-standers without annotation.
pub fn bystanders() -> Vec<usize> {
    indices(Role::Rest)
        .into_iter()
        .filter(|&i| !table::KIN.contains(&all()[i].name))
        .collect()
}

/// Code point, name and whether it goes without article, for each entry of a table row.
pub(super) fn entries(row: &'static str) -> impl Iterator<Item = (char, &'static str, bool)> {
    row.split(',').filter_map(|entry| {
        let (code, name) = entry.trim().split_once(' ')?;
        let codepoint = char::from_u32(u32::from_str_radix(code, 16).ok()?)?;
        let bare = name.starts_with('*');
        Some((codepoint, name.trim_start_matches('*'), bare))
    })
}

/// The table with its drawings. The font is built in, so a glyph that cannot be drawn is a mistake in the table; a
/// test compares the counts.
fn load() -> Vec<Glyph> {
    let Ok(font) = FontRef::new(epaint_default_fonts::NOTO_EMOJI_REGULAR) else {
        return Vec::new();
    };
    let rows = [(Role::Demo, table::DEMO), (Role::Novel, table::NOVEL)];
    let rows = rows.into_iter().chain(table::REST.iter().map(|row| (Role::Rest, *row)));
    rows.flat_map(|(role, row)| entries(row).map(move |entry| (role, entry)))
        .filter_map(|(role, (codepoint, name, bare))| {
            Some(Glyph {
                codepoint,
                name,
                role,
                bare,
                mask: raster::mask(&font, codepoint)?,
            })
        })
        .collect()
}
