//! A server on the loopback whose every answer a test writes byte by byte.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

pub(super) fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|b| format!("{b:02x}")).collect()
}

/// What a client asked.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub method: String,
    pub path: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    /// How many requests for this path came before.
    pub nth: usize,
}

impl Request {
    /// The first byte asked for.
    pub fn offset(&self) -> Option<usize> {
        let range = self.headers.get("range")?.strip_prefix("bytes=")?.strip_suffix('-')?;
        Some(range.parse().unwrap())
    }
}

pub(super) struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server that answers each connection with `answer` and closes it.
    pub fn start(answer: impl Fn(&Request, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (seen, stopped, answer) = (requests.clone(), stop.clone(), Arc::new(answer));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let (Ok(stream), seen, answer) = (stream, seen.clone(), answer.clone()) else {
                    continue;
                };
                std::thread::spawn(move || serve(stream, &seen, &*answer));
            }
        });
        Self {
            address,
            requests,
            stop,
            thread: Some(thread),
        }
    }

    /// A server of one file with a tag, which minds ranges.
    pub fn of_file(content: Vec<u8>) -> Self {
        Self::start(move |request, stream| send_file(stream, request, &content, "\"v1\"", &[]))
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The first bytes asked for, request by request.
    pub fn offsets(&self) -> Vec<Option<usize>> {
        self.requests().iter().map(Request::offset).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(mut stream: TcpStream, seen: &Mutex<Vec<Request>>, answer: &dyn Fn(&Request, &mut TcpStream)) {
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    loop {
        let Some(mut request) = read_request(&mut stream) else {
            return;
        };
        {
            let mut seen = seen.lock().unwrap();
            request.nth = seen.iter().filter(|earlier| earlier.path == request.path).count();
            seen.push(request.clone());
        }
        answer(&request, &mut stream);
        // After CONNECT the request itself follows on the same connection.
        if request.method != "CONNECT" {
            return;
        }
    }
}

fn read_request(stream: &mut TcpStream) -> Option<Request> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let headers = lines.filter_map(|line| line.split_once(": "));
    Some(Request {
        method: first.next()?.to_owned(),
        path: first.next()?.to_owned(),
        headers: headers
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect(),
        nth: 0,
    })
}

/// Sends status line and headers. A client that hung up is no error.
pub(super) fn send_head(stream: &mut TcpStream, status: &str, headers: &[(&str, &str)]) {
    let mut head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    let _ = stream.write_all(format!("{head}\r\n").as_bytes());
}

/// Sends a whole answer with its length.
pub(super) fn send(stream: &mut TcpStream, status: &str, headers: &[(&str, &str)], body: &[u8]) {
    let length = body.len().to_string();
    let headers: Vec<(&str, &str)> = headers
        .iter()
        .copied()
        .chain([("Content-Length", length.as_str())])
        .collect();
    send_head(stream, status, &headers);
    let _ = stream.write_all(body);
}

/// Sends a file as a good server does: the rest where it is asked for and the tag is still the same.
pub(super) fn send_file(stream: &mut TcpStream, request: &Request, file: &[u8], tag: &str, more: &[(&str, &str)]) {
    let same = request.headers.get("if-range").is_none_or(|asked| asked == tag);
    let headers = |extra: Vec<(&'static str, String)>| -> Vec<(String, String)> {
        let more = more
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let extra = extra.into_iter().map(|(name, value)| (name.to_owned(), value));
        more.chain(extra).chain([("ETag".to_owned(), tag.to_owned())]).collect()
    };
    let (status, headers, body) = match request.offset().filter(|_| same) {
        Some(offset) if offset >= file.len() => ("416 Range Not Satisfiable", headers(Vec::new()), &file[..0]),
        Some(offset) => {
            let range = format!("bytes {offset}-{}/{}", file.len() - 1, file.len());
            (
                "206 Partial Content",
                headers(vec![("Content-Range", range)]),
                &file[offset..],
            )
        }
        None => ("200 OK", headers(Vec::new()), file),
    };
    let headers: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    send(stream, status, &headers, body);
}

/// Promises `length` bytes and sends only `body`.
pub(super) fn send_cut(stream: &mut TcpStream, headers: &[(&str, &str)], length: usize, body: &[u8]) {
    let length = length.to_string();
    let headers: Vec<(&str, &str)> = headers
        .iter()
        .copied()
        .chain([("Content-Length", length.as_str())])
        .collect();
    send_head(stream, "200 OK", &headers);
    let _ = stream.write_all(body);
}

/// Holds the connection open and sends nothing, until the client hangs up.
pub(super) fn stall(stream: &mut TcpStream) {
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let _ = stream.read(&mut [0]);
}
