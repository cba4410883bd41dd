//! Names of models: they become folders on every system, so little is allowed.

use super::error::FetchError;

const MAX_NAME: usize = 64;
/// What Windows does not take as a file's name, whatever comes after a dot.
const RESERVED: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];
/// The model inside the program, which `--model` always means by this word.
const BUILT_IN: &str = "starter";

/// Checks that a model may be called `name`: lower-case letters, digits, `-`, `_` and inner dots, at most 64.
///
/// # Errors
/// [`FetchError::BadName`].
pub(super) fn check(name: &str) -> Result<(), FetchError> {
    let bad = |problem: &str| {
        Err(FetchError::BadName {
            name: name.chars().take(MAX_NAME).collect(),
            problem: problem.to_owned(),
        })
    };
    if name.is_empty() {
        return bad("it is empty");
    }
    if name.len() > MAX_NAME {
        return bad("it is longer than 64 characters");
    }
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.');
    if !name.bytes().all(plain) {
        return bad("only lower-case letters, digits, `-`, `_` and `.` are allowed");
    }
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || name.ends_with('.') {
        return bad("it must begin with a letter or digit and not end with a dot");
    }
    let stem = name.split('.').next().unwrap_or(name);
    let stem = stem.strip_suffix(|c: char| c.is_ascii_digit()).unwrap_or(stem);
    if RESERVED.contains(&stem) {
        return bad("Windows keeps this name for a device");
    }
    if name == BUILT_IN {
        return bad("it means the model inside the program");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_are_folders_everywhere() {
        for good in ["clip-vit-b16", "my_model.v2", "8m", "console"] {
            check(good).unwrap();
        }
        let long = "a".repeat(65);
        for bad in [
            "", "..", ".hidden", "a/b", "a\\b", "C:", "Über", "Big", "nul", "com1.x", "a.", "starter", &long,
        ] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
    }
}
