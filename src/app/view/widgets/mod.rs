//! What several places show.

pub(crate) mod bars;
mod basic;
mod data;
mod find_box;
pub(crate) mod keys;
pub(crate) mod label_box;
pub(crate) mod leaving;
pub(crate) mod notices;
pub(crate) mod overlay;
pub(crate) mod palette;

pub(crate) use basic::{
    action_button, chip, cover, dashes, drop_hint, empty, field_info, group, hover, icon_button, loading, logo,
    path_field, row, share_bar,
};
pub(crate) use data::{combo, lines, path_choice, path_thumbnail, warning_line, word};
