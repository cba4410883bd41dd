//! Where models are kept and how servers are reached: arguments first, then the environment, then defaults.

use super::address;
use super::error::FetchError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::Url;

/// Where the hub is, unless a mirror is named.
pub const HUB: &str = "https://huggingface.co";
/// The hub's host: where a token from the environment may go.
const HUB_HOST: &str = "huggingface.co";

const CACHE_VARIABLE: &str = "PATCHLIGHT_MODELS";
const ENDPOINT_VARIABLE: &str = "HF_ENDPOINT";
const TOKEN_VARIABLE: &str = "HF_TOKEN";
const CERTIFICATES_VARIABLE: &str = "SSL_CERT_FILE";

#[derive(Debug, Clone)]
pub struct Settings {
    pub cache: PathBuf,
    /// The hub's address or a mirror's; [`HUB`] unless told otherwise.
    pub endpoint: String,
    pub proxy: ProxyChoice,
    pub token: Option<Token>,
    /// A PEM file with the certificates to trust instead of the ones that Patchlight brings.
    pub certificates: Option<PathBuf>,
    pub timing: Timing,
    /// How much room a folder's disk has, in bytes.
    pub(super) free_space: fn(&Path) -> io::Result<u64>,
}

#[derive(Clone, PartialEq, Eq)]
pub enum ProxyChoice {
    /// As `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` say, in either case.
    Environment,
    Never,
    /// This one for every host: `http://`, `https://`, `socks4://`, `socks5://` or `socks5h://`, with name and password
    /// where it needs them.
    Use(String),
}

impl fmt::Debug for ProxyChoice {
    /// Without the address, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Environment => "Environment",
            Self::Never => "Never",
            Self::Use(_) => "Use(..)",
        })
    }
}

/// A token of the hub. It goes to the endpoint's own server alone, over https (or within this computer), and never along
/// with a redirect to another server.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    secret: String,
    /// From the environment: meant for the hub, not for whatever mirror is set.
    hub_only: bool,
}

impl Token {
    /// A token for the endpoint in use, be it the hub or a mirror: no setting gives one yet, and tests have no other server.
    #[cfg(test)]
    pub fn for_endpoint(secret: impl Into<String>) -> Self {
        Self {
            secret: secret.into(),
            hub_only: false,
        }
    }

    /// A token that goes to huggingface.co alone, whatever endpoint is set.
    pub fn for_hub(secret: impl Into<String>) -> Self {
        Self {
            secret: secret.into(),
            hub_only: true,
        }
    }

    /// The header's value for a request to `url`, where the token may go there.
    pub(super) fn authorization(&self, url: &Url, endpoint: &Url) -> Option<String> {
        let private = url.scheme() == "https" || address::is_loopback(url);
        let meant = !self.hub_only || url.host_str() == Some(HUB_HOST);
        (private && meant && address::same_origin(url, endpoint)).then(|| format!("Bearer {}", self.secret))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// Patience with servers. Everything here is bounded: no server can keep a download waiting forever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Longest wait for a name's resolution, and again for a connection.
    pub connect: Duration,
    /// How long a connected server may send nothing.
    pub stall: Duration,
    /// How often a failed attempt is repeated without progress in between.
    pub retries: u32,
    /// The wait before the first repetition; it doubles each time.
    pub first_wait: Duration,
    /// The longest wait, also where a server asks for more.
    pub longest_wait: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            stall: Duration::from_secs(30),
            retries: 6,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(60),
        }
    }
}

impl Settings {
    /// The defaults, with models in `cache`; the environment is not read.
    pub fn new(cache: impl Into<PathBuf>) -> Self {
        Self {
            cache: cache.into(),
            endpoint: HUB.to_owned(),
            proxy: ProxyChoice::Never,
            token: None,
            certificates: None,
            timing: Timing::default(),
            free_space: |folder| fs4::available_space(folder),
        }
    }

    /// As the environment says: `PATCHLIGHT_MODELS`, `HF_ENDPOINT`, `HF_TOKEN`, `SSL_CERT_FILE`, and the proxy's variables.
    ///
    /// # Errors
    /// [`FetchError::BadSetting`] where the system has no folder for caches and none is named.
    pub fn from_environment() -> Result<Self, FetchError> {
        Self::from_lookup(|name| std::env::var_os(name))
    }

    fn from_lookup(lookup: impl Fn(&str) -> Option<std::ffi::OsString>) -> Result<Self, FetchError> {
        let set = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let text = |name: &'static str| match set(name).map(|value| value.into_string()) {
            None => Ok(None),
            Some(Ok(value)) => Ok(Some(value.trim().to_owned())),
            Some(Err(_)) => Err(FetchError::BadSetting {
                what: name,
                problem: "it is no text".to_owned(),
            }),
        };
        let cache = match set(CACHE_VARIABLE) {
            Some(folder) => PathBuf::from(folder),
            None => default_cache()?,
        };
        let mut settings = Self::new(cache);
        if let Some(endpoint) = text(ENDPOINT_VARIABLE)? {
            settings.endpoint = endpoint;
        }
        settings.proxy = ProxyChoice::Environment;
        settings.token = text(TOKEN_VARIABLE)?.map(Token::for_hub);
        settings.certificates = set(CERTIFICATES_VARIABLE).map(PathBuf::from);
        Ok(settings)
    }

    /// The endpoint as an address.
    pub(super) fn endpoint_url(&self) -> Result<Url, FetchError> {
        address::parse(&self.endpoint).map_err(|problem| FetchError::BadSetting {
            what: "the hub's address (HF_ENDPOINT)",
            problem,
        })
    }

    /// Whether a mirror is set in place of the hub.
    pub(super) fn has_mirror(&self) -> bool {
        self.endpoint.trim().trim_end_matches('/') != HUB
    }
}

/// Where models are kept unless told otherwise: `patchlight/models` in the user's folder for caches.
///
/// # Errors
/// [`FetchError::BadSetting`] where the system names no such folder.
pub fn default_cache() -> Result<PathBuf, FetchError> {
    let base = dirs::cache_dir().ok_or_else(|| FetchError::BadSetting {
        what: "the folder for models (PATCHLIGHT_MODELS)",
        problem: "the system names no folder for caches, and none is set".to_owned(),
    })?;
    Ok(base.join("patchlight").join("models"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(variables: &[(&str, &str)]) -> Settings {
        Settings::from_lookup(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).into())
        })
        .unwrap()
    }

    #[test]
    fn the_environment_is_read_and_empty_means_unset() {
        let settings = from(&[
            (CACHE_VARIABLE, "/m"),
            (ENDPOINT_VARIABLE, "https://mirror.example/hf "),
        ]);
        assert_eq!(settings.cache, Path::new("/m"));
        assert!(settings.has_mirror());
        assert_eq!(settings.endpoint_url().unwrap().as_str(), "https://mirror.example/hf");
        let usual = from(&[(CACHE_VARIABLE, "/m"), (ENDPOINT_VARIABLE, ""), (TOKEN_VARIABLE, "")]);
        assert!(!usual.has_mirror() && usual.token.is_none());
        let bad = Settings {
            endpoint: "mirror".to_owned(),
            ..usual
        };
        assert!(bad.endpoint_url().unwrap_err().to_string().contains("HF_ENDPOINT"));
    }

    #[test]
    fn a_token_goes_to_its_own_server_alone() {
        let url = |text: &str| Url::parse(text).unwrap();
        let hub = url(HUB);
        let token = from(&[(CACHE_VARIABLE, "/m"), (TOKEN_VARIABLE, "hf_x")]).token.unwrap();
        assert_eq!(
            token.authorization(&url("https://huggingface.co/a"), &hub),
            Some("Bearer hf_x".to_owned())
        );
        for other in [
            "https://cdn.huggingface.co/a",
            "http://huggingface.co/a",
            "https://huggingface.co:8443/a",
        ] {
            assert_eq!(token.authorization(&url(other), &hub), None, "{other}");
        }
        // One from the environment is the hub's; a mirror must not learn it.
        let mirror = url("https://mirror.example");
        assert_eq!(token.authorization(&url("https://mirror.example/a"), &mirror), None);
        let given = Token::for_endpoint("m");
        assert!(given.authorization(&url("https://mirror.example/a"), &mirror).is_some());
        assert_eq!(
            given.authorization(&url("http://lan/a"), &url("http://lan")),
            None,
            "not in the clear"
        );
    }

    #[test]
    fn secrets_do_not_show() {
        let mut settings = Settings::new("/m");
        settings.token = Some(Token::for_hub("hf_secret"));
        settings.proxy = ProxyChoice::Use("http://me:secret@proxy".to_owned());
        assert!(!format!("{settings:?}").contains("secret"));
    }
}
