//! Addresses: joining, following redirects by rule, and showing without secrets.

use url::{Host, Url};

/// Reads an http or https address. Names and passwords in it are refused: they would end up in logs.
///
/// # Errors
/// What is wrong, as the end of a sentence.
pub(super) fn parse(text: &str) -> Result<Url, String> {
    let url = Url::parse(text.trim()).map_err(|e| format!("it is no address ({e})"))?;
    check(&url)?;
    Ok(url)
}

fn check(url: &Url) -> Result<(), String> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!(
            "its scheme is `{}`; only http and https are used",
            url.scheme()
        ));
    }
    if url.host().is_none() {
        return Err("it names no host".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it holds a name or password".to_owned());
    }
    Ok(())
}

/// Where `location`, an answer's header, leads from `from`.
///
/// # Errors
/// What is wrong, as the end of a sentence: no address, another scheme, or from https to http.
pub(super) fn follow(from: &Url, location: &str) -> Result<Url, String> {
    let mut to = from
        .join(location)
        .map_err(|e| format!("it leads to no address ({e})"))?;
    to.set_fragment(None);
    check(&to)?;
    if from.scheme() == "https" && to.scheme() == "http" {
        return Err(format!("it leads from https to plain http ({})", shown(&to)));
    }
    Ok(to)
}

/// Whether two addresses belong to the same server: scheme, host and port.
pub(super) fn same_origin(a: &Url, b: &Url) -> bool {
    a.scheme() == b.scheme() && a.host_str() == b.host_str() && a.port_or_known_default() == b.port_or_known_default()
}

/// Whether what is sent there stays on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// The address for people and logs: without query (which may hold a signature), name and password.
pub(super) fn shown(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!(
        "{}://{}{port}{}",
        url.scheme(),
        url.host_str().unwrap_or_default(),
        url.path()
    )
}

/// The server's name for people, with its port where it is not the usual one.
pub(super) fn host(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}", url.host_str().unwrap_or_default())
}

/// Where the hub at `endpoint` (which may have a path of its own) offers a file.
///
/// # Errors
/// What is wrong, as the end of a sentence.
pub(super) fn hub_file(endpoint: &Url, repo: &str, revision: &str, file: &str) -> Result<Url, String> {
    let mut base = endpoint.clone();
    base.set_query(None);
    base.set_fragment(None);
    let base = base.as_str().trim_end_matches('/');
    parse(&format!("{base}/{repo}/resolve/{revision}/{file}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        parse(text).unwrap()
    }

    #[test]
    fn redirects_never_leave_https() {
        let from = url("https://hub.example/a/resolve/main/w");
        assert_eq!(follow(&from, "/b?x=1").unwrap().as_str(), "https://hub.example/b?x=1");
        assert_eq!(
            follow(&from, "../c").unwrap().as_str(),
            "https://hub.example/a/resolve/c"
        );
        assert_eq!(
            follow(&from, "//cdn.example/d").unwrap().as_str(),
            "https://cdn.example/d"
        );
        assert!(
            follow(&from, "http://hub.example/b")
                .unwrap_err()
                .contains("plain http")
        );
        assert!(
            follow(&from, "HTTP://cdn.example/b")
                .unwrap_err()
                .contains("plain http")
        );
        for other in [
            "file:///etc/passwd",
            "ftp://a/b",
            "javascript:x",
            "https://user:secret@cdn/x",
            "https://",
        ] {
            assert!(follow(&from, other).is_err(), "{other}");
        }
        // Upwards is fine.
        assert_eq!(
            follow(&url("http://mirror/a"), "https://cdn/b").unwrap().scheme(),
            "https"
        );
    }

    #[test]
    fn what_is_shown_holds_no_secret() {
        let signed = Url::parse("https://u:p@cdn.example:8443/f?Signature=abc#x").unwrap();
        assert_eq!(shown(&signed), "https://cdn.example:8443/f");
        assert_eq!(host(&signed), "cdn.example:8443");
    }

    #[test]
    fn origins_differ_by_scheme_host_and_port() {
        let a = url("https://hub.example/x");
        assert!(same_origin(&a, &url("https://HUB.example:443/y")));
        for other in [
            "http://hub.example",
            "https://hub.example:8443",
            "https://hub.example.evil.org",
        ] {
            assert!(!same_origin(&a, &url(other)), "{other}");
        }
        assert!(is_loopback(&url("http://127.0.0.1:9")) && is_loopback(&url("http://[::1]/")));
        assert!(!is_loopback(&url("http://127.0.0.1.example/")));
    }

    #[test]
    fn an_endpoint_may_have_a_path() {
        let at = |endpoint: &str| {
            hub_file(&url(endpoint), "o/n", "main", "config.json")
                .unwrap()
                .to_string()
        };
        assert_eq!(
            at("https://huggingface.co"),
            "https://huggingface.co/o/n/resolve/main/config.json"
        );
        assert_eq!(
            at("http://lab:3002/hf/?x=1"),
            "http://lab:3002/hf/o/n/resolve/main/config.json"
        );
        assert!(parse("huggingface.co").is_err() && parse("https://me:pw@mirror").is_err());
    }
}
