//! Where requests go: addresses, redirects, and proxies.

use super::error::FetchError;
use super::settings::ProxyChoice;
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

/// Proxies by the scheme of the address, and hosts that need none, as curl reads them from the environment.
///
/// The library's own reading of the environment (`Proxy::try_from_env`) would do less: one proxy for both schemes, a proxy
/// that cannot be read passed over in silence, and neither ports nor domains below an entry in `NO_PROXY`.
#[derive(Clone, Default)]
pub(super) struct ProxyRules {
    http: Option<ureq::Proxy>,
    https: Option<ureq::Proxy>,
    direct: Vec<String>,
}

impl ProxyRules {
    /// # Errors
    /// [`FetchError::BadSetting`]; it does not repeat the address, which may hold a password.
    pub fn new(choice: &ProxyChoice) -> Result<Self, FetchError> {
        match choice {
            ProxyChoice::Never => Ok(Self::default()),
            ProxyChoice::Use(address) => {
                let proxy = read_proxy(address)?;
                Ok(Self {
                    http: Some(proxy.clone()),
                    https: Some(proxy),
                    direct: Vec::new(),
                })
            }
            ProxyChoice::Environment => Self::from_lookup(|name| std::env::var(name).ok()),
        }
    }

    fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, FetchError> {
        let first = |names: &[&str]| {
            let found = names
                .iter()
                .find_map(|name| lookup(name).filter(|value| !value.trim().is_empty()));
            found.map(|address| read_proxy(&address)).transpose()
        };
        let direct = ["no_proxy", "NO_PROXY"]
            .iter()
            .find_map(|name| lookup(name))
            .unwrap_or_default();
        Ok(Self {
            http: first(&["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])?,
            https: first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])?,
            direct: direct
                .split([',', ' '])
                .map(|entry| entry.trim().to_ascii_lowercase())
                .filter(|entry| !entry.is_empty())
                .collect(),
        })
    }

    /// The proxy for `url`; `None` for a direct connection.
    pub fn for_url(&self, url: &Url) -> Option<ureq::Proxy> {
        let host = url
            .host_str()
            .unwrap_or_default()
            .trim_matches(['[', ']'])
            .to_ascii_lowercase();
        if self
            .direct
            .iter()
            .any(|entry| is_direct(entry, &host, url.port_or_known_default()))
        {
            return None;
        }
        match url.scheme() {
            "https" => self.https.clone(),
            _ => self.http.clone(),
        }
    }
}

/// Whether an entry of `NO_PROXY` means this host: all, the host itself, or a domain above it; perhaps one port only.
fn is_direct(entry: &str, host: &str, port: Option<u16>) -> bool {
    if entry == "*" {
        return true;
    }
    let (name, wanted) = match entry.rsplit_once(':') {
        // An IPv6 address has more than one colon.
        Some((name, digits)) if !name.contains(':') => match digits.parse::<u16>() {
            Ok(wanted) => (name, Some(wanted)),
            Err(_) => (entry, None),
        },
        _ => (entry, None),
    };
    if wanted.is_some() && wanted != port {
        return false;
    }
    let name = name
        .trim_start_matches("*.")
        .trim_start_matches('.')
        .trim_matches(['[', ']']);
    !name.is_empty() && (host == name || host.strip_suffix(name).is_some_and(|above| above.ends_with('.')))
}

fn read_proxy(address: &str) -> Result<ureq::Proxy, FetchError> {
    ureq::Proxy::new(address.trim()).map_err(|_| FetchError::BadSetting {
        what: "the proxy's address (proxy)",
        problem: "it cannot be read".to_owned(),
    })
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

    fn rules(variables: &[(&str, &str)]) -> ProxyRules {
        ProxyRules::from_lookup(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
        .unwrap()
    }

    fn chosen(rules: &ProxyRules, url: &str) -> Option<String> {
        rules
            .for_url(&Url::parse(url).unwrap())
            .map(|proxy| proxy.host().to_owned())
    }

    #[test]
    fn the_scheme_decides_and_all_proxy_stands_in() {
        let rules = rules(&[
            ("HTTPS_PROXY", "http://s:1"),
            ("ALL_PROXY", "socks5://a:2"),
            ("http_proxy", ""),
        ]);
        assert_eq!(chosen(&rules, "https://hub/x").as_deref(), Some("s"));
        assert_eq!(chosen(&rules, "http://hub/x").as_deref(), Some("a"));
    }

    #[test]
    fn hosts_that_need_no_proxy() {
        let rules = rules(&[
            ("https_proxy", "p:1"),
            ("no_proxy", "lan.example, .corp,10.0.0.1,::1,dev:8443"),
        ]);
        for direct in [
            "https://lan.example/",
            "https://a.lan.example/",
            "https://git.corp/",
            "https://10.0.0.1/",
            "https://[::1]/",
            "https://dev:8443/",
        ] {
            assert_eq!(chosen(&rules, direct), None, "{direct}");
        }
        for through in [
            "https://evillan.example/",
            "https://lan.example.org/",
            "https://dev/",
            "https://10.0.0.11/",
        ] {
            assert!(chosen(&rules, through).is_some(), "{through}");
        }
    }

    #[test]
    fn a_proxy_that_cannot_be_read_is_refused_without_repeating_it() {
        let Err(error) = ProxyRules::new(&ProxyChoice::Use("ftp://me:secret@p".to_owned())) else {
            panic!("taken");
        };
        assert!(!error.to_string().contains("secret") && error.hint().unwrap().contains("socks5"));
    }
}
