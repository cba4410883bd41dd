//! One request, its redirects and its answer's bytes. A thread waits for the server, so that Cancel never does.

use super::address::{self, ProxyRules};
use super::answer::{Head, HubSays, retry_after};
use super::error::FetchError;
use super::retry::{self, AttemptError};
use super::settings::{Settings, Timing, Token};
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};
use url::Url;

/// Redirects that are followed for one file.
const MAX_REDIRECTS: usize = 10;
/// Bytes of one message.
const CHUNK: usize = 128 << 10;
/// Messages that may wait: a slow disk slows the network down instead of filling the memory.
const QUEUE: usize = 8;
/// How often Cancel is looked at.
const LOOK: Duration = Duration::from_millis(25);
/// After this much silence the download is told.
const TICK: Duration = Duration::from_millis(200);

/// What all requests share.
#[derive(Clone)]
pub(super) struct Client(Arc<Shared>);

struct Shared {
    timing: Timing,
    proxy: ProxyRules,
    tls: ureq::tls::TlsConfig,
    token: Option<Token>,
    endpoint: Url,
}

/// A request for a file, or the rest of it.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub url: Url,
    /// Whether it lies on the hub (or its mirror), whose headers declare hashes and whose token may be sent.
    pub hub: bool,
    /// First byte wanted; 0 asks for the whole file.
    pub offset: u64,
    /// The tag under which the rest is wanted.
    pub if_range: Option<String>,
}

enum Message {
    /// A redirect was followed: the server is alive.
    Moved,
    Head(Box<Head>),
    Bytes(Vec<u8>),
    End,
}

pub(super) struct Transfer {
    lines: Receiver<Result<Message, AttemptError>>,
    agent: Option<ureq::Agent>,
    url: Url,
    timing: Timing,
    /// When the last message came.
    heard: Instant,
}

pub(super) enum More {
    Bytes(Vec<u8>),
    /// Nothing for a moment.
    Nothing,
    End,
}

impl Client {
    /// Reads what the settings say about servers.
    pub fn new(settings: &Settings) -> Result<Self, FetchError> {
        Ok(Self(Arc::new(Shared {
            timing: settings.timing,
            proxy: ProxyRules::new(&settings.proxy)?,
            tls: tls(settings)?,
            token: settings.token.clone(),
            endpoint: settings.endpoint_url()?,
        })))
    }

    pub fn timing(&self) -> Timing {
        self.0.timing
    }

    /// Sends a request.
    ///
    /// # Errors
    /// [`FetchError::Io`] where the system gives no thread; everything else comes with the answer.
    pub fn send(&self, ask: Ask) -> Result<Transfer, FetchError> {
        let shared = self.0.clone();
        let timing = shared.timing;
        let config = ureq::Agent::config_builder()
            .proxy(None)
            .tls_config(shared.tls.clone())
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!("patchlight/", env!("CARGO_PKG_VERSION")))
            .accept_encoding("identity")
            .timeout_resolve(Some(timing.connect))
            .timeout_connect(Some(timing.connect))
            .timeout_per_read(Some(timing.stall))
            .timeout_per_write(Some(timing.stall))
            .build();
        let agent = ureq::Agent::new_with_config(config);
        let (out, lines) = sync_channel(QUEUE);
        let url = ask.url.clone();
        let own = agent.clone();
        let spawned = std::thread::Builder::new()
            .name("download".to_owned())
            .spawn(move || receive(&shared, &own, &ask, &out));
        spawned.map_err(|source| FetchError::Io {
            path: "a thread for the download".into(),
            source,
        })?;
        Ok(Transfer {
            lines,
            agent: Some(agent),
            url,
            timing,
            heard: Instant::now(),
        })
    }
}

impl Shared {
    fn authorization(&self, url: &Url) -> Option<String> {
        self.token.as_ref()?.authorization(url, &self.endpoint)
    }
}

fn tls(settings: &Settings) -> Result<ureq::tls::TlsConfig, FetchError> {
    let Some(path) = &settings.certificates else {
        return Ok(ureq::tls::TlsConfig::builder().build());
    };
    let bad = |problem: String| FetchError::BadSetting {
        what: "the certificates (SSL_CERT_FILE)",
        problem: format!("{}: {problem}", path.display()),
    };
    let pem = std::fs::read(path).map_err(|e| bad(e.to_string()))?;
    let certificates: Vec<_> = ureq::tls::parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(ureq::tls::PemItem::Certificate(certificate)) => Some(Ok(certificate)),
            Ok(_) => None,
            Err(error) => Some(Err(bad(error.to_string()))),
        })
        .collect::<Result<_, _>>()?;
    if certificates.is_empty() {
        return Err(bad("it holds no certificate in PEM form".to_owned()));
    }
    let roots = ureq::tls::RootCerts::new_with_certs(&certificates);
    Ok(ureq::tls::TlsConfig::builder().root_certs(roots).build())
}

impl Transfer {
    /// Waits for the answer's headers.
    ///
    /// # Errors
    /// Everything that can go wrong on the way to the file.
    pub fn head(&mut self, cancel: &AtomicBool) -> Result<Head, AttemptError> {
        // Resolving, connecting (to a proxy as well) and answering each have their own bound in the library.
        let quiet = self.timing.connect * 2 + self.timing.stall;
        loop {
            match self.next(cancel, quiet)? {
                Message::Head(head) => return Ok(*head),
                Message::Moved => {}
                Message::Bytes(_) | Message::End => return Err(self.lost()),
            }
        }
    }

    /// Waits for more bytes, but not long: a report on silence is news as well.
    ///
    /// # Errors
    /// A stall, a broken connection, Cancel.
    pub fn more(&mut self, cancel: &AtomicBool) -> Result<More, AttemptError> {
        match self.within(cancel, self.timing.stall, Some(TICK))? {
            Some(Message::Bytes(bytes)) => Ok(More::Bytes(bytes)),
            Some(Message::End) => Ok(More::End),
            None => Ok(More::Nothing),
            Some(Message::Head(_) | Message::Moved) => Err(self.lost()),
        }
    }

    fn next(&mut self, cancel: &AtomicBool, quiet: Duration) -> Result<Message, AttemptError> {
        self.within(cancel, quiet, None)?.ok_or_else(|| self.lost())
    }

    /// The next message; `None` where there is none within `tick`. No message for `quiet` is a stall.
    fn within(
        &mut self,
        cancel: &AtomicBool,
        quiet: Duration,
        tick: Option<Duration>,
    ) -> Result<Option<Message>, AttemptError> {
        let start = Instant::now();
        loop {
            if cancel.load(Ordering::Relaxed) {
                return Err(AttemptError::fatal(FetchError::Cancelled { kept: 0 }));
            }
            match self.lines.recv_timeout(LOOK) {
                Ok(line) => {
                    self.heard = Instant::now();
                    return line.map(Some);
                }
                Err(RecvTimeoutError::Timeout) if self.heard.elapsed() > quiet => {
                    let host = address::host(&self.url);
                    return Err(AttemptError::passing(retry::stalled(host, quiet)));
                }
                Err(RecvTimeoutError::Timeout) if tick.is_some_and(|tick| start.elapsed() >= tick) => return Ok(None),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(self.lost()),
            }
        }
    }

    /// The thread ended without a message, which it never should.
    fn lost(&self) -> AttemptError {
        AttemptError::passing(FetchError::Dropped {
            address: address::shown(&self.url),
            got: 0,
            expected: None,
        })
    }
}

impl Drop for Transfer {
    /// Wakes the thread out of a read; it ends by itself when it finds nobody listening.
    fn drop(&mut self) {
        if let Some(agent) = self.agent.take() {
            agent.shutdown();
        }
    }
}

/// The thread: asks, follows redirects, and hands on what comes until nobody listens.
fn receive(shared: &Shared, agent: &ureq::Agent, ask: &Ask, out: &SyncSender<Result<Message, AttemptError>>) {
    let answer = match request(shared, agent, ask, out) {
        Ok(answer) => answer,
        Err(error) => {
            let _ = out.send(Err(error));
            return;
        }
    };
    let (head, body) = answer;
    let url = head.url.clone();
    if out.send(Ok(Message::Head(Box::new(head)))).is_err() {
        return;
    }
    let mut reader = body.into_reader();
    loop {
        let mut buffer = vec![0u8; CHUNK];
        let line = match reader.read(&mut buffer) {
            Ok(0) => Ok(Message::End),
            Ok(n) => {
                buffer.truncate(n);
                Ok(Message::Bytes(buffer))
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => Err(retry::of_library(&url, ureq::Error::from(error), shared.timing.stall)),
        };
        let last = !matches!(line, Ok(Message::Bytes(_)));
        if out.send(line).is_err() || last {
            return;
        }
    }
}

fn request(
    shared: &Shared,
    agent: &ureq::Agent,
    ask: &Ask,
    out: &SyncSender<Result<Message, AttemptError>>,
) -> Result<(Head, ureq::Body), AttemptError> {
    let mut url = ask.url.clone();
    let mut says = HubSays::default();
    for _ in 0..=MAX_REDIRECTS {
        let token = ask.hub.then(|| shared.authorization(&url)).flatten();
        let mut request = agent
            .get(url.as_str())
            .config()
            .proxy(shared.proxy.for_url(&url))
            .build();
        if ask.offset > 0 {
            request = request.header("range", format!("bytes={}-", ask.offset));
            if let Some(tag) = &ask.if_range {
                request = request.header("if-range", tag);
            }
        }
        let token_sent = token.is_some();
        if let Some(token) = token {
            request = request.header("authorization", token);
        }
        let response = request
            .call()
            .map_err(|error| retry::of_library(&url, error, shared.timing.stall))?;
        let status = response.status().as_u16();
        let text = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        // Only the server that was asked speaks for the file; a redirect may lead anywhere.
        if ask.hub && address::same_origin(&url, &ask.url) {
            says.note(status, text);
        }
        match status {
            200 | 206 | 416 => {
                let length = response.body().content_length();
                let head = Head::read(status, url, length, text, says);
                return Ok((head, response.into_body()));
            }
            301 | 302 | 303 | 307 | 308 => {
                let refused = |problem: String| {
                    AttemptError::fatal(FetchError::Redirect {
                        address: address::shown(&url),
                        problem,
                    })
                };
                let location = text("location").ok_or_else(|| refused("it says not where to".to_owned()))?;
                url = address::follow(&url, location).map_err(refused)?;
                if out.send(Ok(Message::Moved)).is_err() {
                    return Err(AttemptError::fatal(FetchError::Cancelled { kept: 0 }));
                }
            }
            _ => {
                let wait = text("retry-after").and_then(retry_after);
                return Err(retry::of_status(&url, status, wait, token_sent));
            }
        }
    }
    Err(AttemptError::fatal(FetchError::Redirect {
        address: address::shown(&ask.url),
        problem: format!("more than {MAX_REDIRECTS} of them"),
    }))
}
