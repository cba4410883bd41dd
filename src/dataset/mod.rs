//! Pictures and labels from disk: reading pictures, preparing them for a model, importing sets, and splitting them.

pub mod augment;
pub mod decode;
pub mod error;
pub mod files;
pub mod formats;
pub mod labels;
pub mod model;
pub mod preprocess;
pub mod report;

pub mod scenes;
pub mod similar;
pub mod split;
pub mod synthetic_coco;
