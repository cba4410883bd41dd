//! Broken and unusual pictures, made here.
