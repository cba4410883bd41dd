//! Judging an answer before a byte of it is written: is it the file, the right part of it, and still the same file?

use super::address;
use super::error::FetchError;
use super::headers;
use super::http::Head;
use super::part::Sidecar;
use super::trouble::Trouble;
use url::Url;

/// Where an answer's bytes belong.
pub(super) struct Place {
    /// First byte.
    pub start: u64,
    /// Length of the whole file, where it is known.
    pub total: Option<u64>,
}

/// Whether bytes that lie here may be gone on with: it must be possible to tell whether the file is still the same.
pub(super) fn is_usable(sidecar: &Sidecar, url: &Url, have: u64) -> bool {
    let comparable = sidecar.declared.is_some() || (sidecar.url == url.as_str() && sidecar.etag.is_some());
    comparable && sidecar.length.is_none_or(|length| have <= length)
}

/// Whether an answer with the whole file offers what lies here already.
pub(super) fn is_unchanged(head: &Head, earlier: Option<&Sidecar>, have: u64) -> bool {
    let Some(sidecar) = earlier else { return false };
    let same_tag = || sidecar.etag.is_some() && head.tag.as_ref().and_then(headers::Tag::for_if_range) == sidecar.etag;
    head.length.is_none_or(|length| length == have) && (sidecar.declared.is_some() || same_tag())
}

/// Pages and encodings in place of the file.
pub(super) fn refuse_other_things(head: &Head) -> Result<(), Trouble> {
    if head.page && head.status != 416 {
        return Err(page(head));
    }
    match &head.encoding {
        None => Ok(()),
        Some(encoding) => {
            let problem = format!("the file comes encoded as {encoding}, which was not asked for");
            Err(Trouble::protocol(&head.url, problem))
        }
    }
}

pub(super) fn page(head: &Head) -> Trouble {
    Trouble::fatal(FetchError::Page {
        address: address::shown(&head.url),
    })
}

/// Where the bytes of a partial answer belong. One that does not begin where the part ends is never written.
pub(super) fn place_of_rest(head: &Head, offset: u64, earlier: Option<&Sidecar>) -> Result<Place, Trouble> {
    let wrong = |problem: String| Err(Trouble::bad_range(&head.url, problem));
    if offset == 0 {
        return Err(Trouble::protocol(
            &head.url,
            "a part came where the whole file was asked for",
        ));
    }
    let range = match &head.range {
        None => return wrong("a part came without saying which".to_owned()),
        Some(Err(text)) => return wrong(format!("the part is `{text}`")),
        Some(Ok(range)) => *range,
    };
    if range.start != offset {
        return wrong(format!(
            "the rest from {offset} was asked for, and that from {} came",
            range.start
        ));
    }
    if range.total.is_some_and(|total| range.end + 1 != total) {
        return wrong(format!("the rest was asked for, and bytes up to {} came", range.end));
    }
    let expected = range.end - range.start + 1;
    if head.length.is_some_and(|length| length != expected) {
        return wrong(format!(
            "the part has {expected} bytes and the answer {:?}",
            head.length
        ));
    }
    let before = earlier.and_then(|sidecar| sidecar.length);
    if let (Some(before), Some(now)) = (before, range.total)
        && before != now
    {
        return wrong(format!("the file had {before} bytes and has {now}"));
    }
    let tags = (
        earlier.and_then(|sidecar| sidecar.etag.clone()),
        head.tag.as_ref().and_then(headers::Tag::for_if_range),
    );
    // Without a declared hash the tag alone says that it is still the same file.
    if let (Some(before), Some(now)) = tags
        && before != now
        && earlier.is_some_and(|sidecar| sidecar.declared.is_none())
    {
        return wrong("the file has changed since the last try".to_owned());
    }
    Ok(Place {
        start: offset,
        total: range.total.or(before).or(Some(range.end + 1)),
    })
}

/// The file's length: the answer's, which must be the one that the hub declares.
pub(super) fn agreed_length(head: &Head, total: Option<u64>) -> Result<Option<u64>, Trouble> {
    match (head.hub.size, total) {
        (Some(declared), Some(found)) if declared != found => Err(Trouble::fatal(FetchError::Length {
            address: address::shown(&head.url),
            declared,
            found,
        })),
        (declared, found) => Ok(found.or(declared)),
    }
}
