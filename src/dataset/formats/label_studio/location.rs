//! Names of pictures as Label Studio writes them: uploads, files of a local storage, addresses.

use percent_encoding::percent_decode_str;

/// The names by which a picture may be found, best first: its path, then that of an upload without the eight digits in front.
pub(crate) fn names(location: &str) -> Vec<String> {
    let path = path(location);
    let mut names = vec![path.clone()];
    let name = path.rsplit('/').next().unwrap_or_default();
    if let Some(plain) = without_prefix(name) {
        names.push(plain.to_owned());
    }
    // On a web server, paths begin with a slash.
    if let Some(relative) = path.strip_prefix('/') {
        names.push(relative.to_owned());
    }
    if path == location && path.contains('%') {
        names.push(decoded(&path));
    }
    names
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The path in a location.
fn path(location: &str) -> String {
    // A local storage has the path in its query.
    if let Some((_, query)) = location.split_once("/local-files/?") {
        let path = query.split('&').find_map(|part| part.strip_prefix("d="));
        if let Some(path) = path {
            return decoded(path).trim_start_matches('/').to_owned();
        }
    }
    let remote = location
        .split_once("://")
        .filter(|(scheme, _)| scheme.chars().all(|c| c.is_ascii_alphanumeric()) && !scheme.is_empty());
    if let Some((_, rest)) = remote {
        let path = rest.split(['?', '#']).next().unwrap_or_default();
        let path = path.split_once('/').map_or(path, |(_, path)| path);
        return decoded(path).trim_start_matches('/').to_owned();
    }
    // An upload; its name is quoted.
    match location.strip_prefix("/data/upload/") {
        Some(path) => decoded(path),
        None => location.to_owned(),
    }
}

/// `0a1b2c3d-name.jpg` is an upload of `name.jpg`.
fn without_prefix(name: &str) -> Option<&str> {
    let (prefix, rest) = name.split_once('-')?;
    let is_hex = prefix.len() == 8 && prefix.bytes().all(|b| b.is_ascii_hexdigit());
    (is_hex && !rest.is_empty()).then_some(rest)
}

/// A file name as Label Studio keeps it when it is uploaded: blanks become underscores, other signs go.
pub(crate) fn uploaded(name: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    name.trim().replace(' ', "_").chars().filter(kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_kinds_of_locations_give_paths() {
        let is = |location: &str, expected: &[&str]| assert_eq!(names(location), expected, "{location}");
        is("a/b c.jpg", &["a/b c.jpg"]);
        is("100%25.jpg", &["100%25.jpg", "100%.jpg"]);
        is(
            "/data/upload/3/0a1b2c3d-cat%201.jpg",
            &["3/0a1b2c3d-cat 1.jpg", "cat 1.jpg"],
        );
        is(
            "/data/local-files/?d=set%2Fsub/cat%20%C3%A9.jpg",
            &["set/sub/cat \u{e9}.jpg"],
        );
        is("/data/local-files/?x=1&d=/abs/a.jpg", &["abs/a.jpg"]);
        is("https://host:80/x/cat%231.jpg?sig=a/b.png#top", &["x/cat#1.jpg"]);
        is("s3://bucket/key/0A1b2C3d-x.png", &["key/0A1b2C3d-x.png", "x.png"]);
        is("../../etc/passwd", &["../../etc/passwd"]);
        is("/uploads/a.jpg", &["/uploads/a.jpg", "uploads/a.jpg"]);
        is("", &[""]);
        assert_eq!(uploaded(" my cat (1)\u{e9}.jpg"), "my_cat_1\u{e9}.jpg");
    }
}
