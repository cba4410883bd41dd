//! What is wrong in a sidecar's text, and where.

use crate::tagging::error::TaggingError;
use std::path::Path;

/// A fault at a byte of the text.
#[derive(Debug)]
pub struct Fault {
    at: usize,
    /// `None`: a document type declaration.
    problem: Option<String>,
}

impl Fault {
    /// A fault with what was expected and found.
    pub fn new(at: usize, problem: impl Into<String>) -> Self {
        let problem = Some(problem.into());
        Self { at, problem }
    }

    /// A document type declaration.
    pub fn document_type(at: usize) -> Self {
        Self { at, problem: None }
    }

    /// The fault as the room's error, with line and column.
    pub fn in_file(self, path: &Path, text: &str) -> TaggingError {
        let before = text.get(..self.at).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let path = path.to_owned();
        match self.problem {
            Some(problem) => TaggingError::Xml {
                path,
                line,
                column,
                problem,
            },
            None => TaggingError::DocumentType { path, line },
        }
    }
}
