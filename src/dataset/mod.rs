//! Pictures and labels from disk.
