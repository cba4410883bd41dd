//! Which proxy a request goes through. The environment's variables mean what they mean for curl.

use super::error::FetchError;
use super::settings::ProxyChoice;
use url::Url;

/// Proxies by the scheme of the address, and hosts that need none.
#[derive(Clone, Default)]
pub(super) struct ProxyRules {
    http: Option<ureq::Proxy>,
    https: Option<ureq::Proxy>,
    direct: Vec<String>,
}

impl ProxyRules {
    /// The rules of a choice.
    ///
    /// # Errors
    /// [`FetchError::BadSetting`]; it does not repeat the address, which may hold a password.
    pub fn new(choice: &ProxyChoice) -> Result<Self, FetchError> {
        match choice {
            ProxyChoice::Never => Ok(Self::default()),
            ProxyChoice::Use(address) => {
                let proxy = read(address)?;
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
            found.map(|address| read(&address)).transpose()
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
            .any(|entry| matches(entry, &host, url.port_or_known_default()))
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
fn matches(entry: &str, host: &str, port: Option<u16>) -> bool {
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

fn read(address: &str) -> Result<ureq::Proxy, FetchError> {
    ureq::Proxy::new(address.trim()).map_err(|_| FetchError::BadSetting {
        what: "the proxy's address (proxy)",
        problem: "it cannot be read".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
