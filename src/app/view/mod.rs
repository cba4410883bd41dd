//! What the window looks like: screens read the model and make commands; nothing here changes anything.
//!
//! | File | What it holds |
//! |---|---|
//! | `frame` | bars, the place, overlays |
//! | `screen` | what a screen is given |
//! | `screens` | one file or folder for each place |
//! | `widgets` | what several places show |
//! | `input` | keys, drops and pastes as commands |
//! | `key_order` | keys that come in one frame, one after the other |
//! | `bindings` | keys and icons of actions |
//! | `textures` | pictures as textures |
//! | `theme`, `icons` | looks |

pub mod bindings;
mod frame;
pub mod icons;
pub mod input;
mod key_order;
pub mod screen;
pub mod screens;
pub mod textures;
pub mod theme;
pub mod widgets;

pub use frame::draw;
pub use key_order::KeyOrder;
