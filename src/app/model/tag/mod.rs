//! Tag: pictures get labels, are edited, and are written where other programs read them; folders are watched.

pub mod history;
pub mod item;
pub mod kept;
pub mod list;
pub mod source;
pub mod state;
pub mod watch;
pub mod write;
