//! Answers that are not the file, or lie about it.

use super::server::{Request, Server, send, send_file, send_head, sha256};
use super::*;
use crate::models::settings::{ProxyChoice, Token};
use std::net::{TcpListener, TcpStream};

/// A server that gives every request the same answer.
fn always(status: &'static str, headers: &'static [(&'static str, &'static str)], body: &'static [u8]) -> Server {
    Server::start(move |_, stream| send(stream, status, headers, body))
}

#[test]
fn the_hub_declares_with_a_redirect_and_the_token_stays_with_it() {
    let file = content(70_000);
    let served = file.clone();
    let cdn = Server::start(move |request, stream| send_file(stream, request, &served, "\"cdn\"", &[]));
    let there = cdn.url("/blob?Signature=secret");
    let tag = format!("\"{}\"", sha256(&file));
    let commit = "c".repeat(40);
    let hub = Server::start(move |request, stream| match request.path.as_str() {
        // A repository that was renamed: within the hub the token goes along.
        "/old/w" => send(stream, "307 Temporary Redirect", &[("Location", "/new/w")], b""),
        _ => {
            let headers = [
                ("Location", there.as_str()),
                ("X-Linked-Etag", &tag),
                ("X-Linked-Size", "70000"),
                ("X-Repo-Commit", &commit),
            ];
            send(stream, "302 Found", &headers, b"Found. Redirecting");
        }
    });
    let mut wanted = Wanted::hub(&hub, "/old/w");
    wanted.settings.token = Some(Token::for_endpoint("hf_secret"));
    let got = wanted.brings(&file);
    assert_eq!(got.declared, Some(Declared::Hub { sha256: sha256(&file) }));
    assert_eq!(got.commit, Some("c".repeat(40)));
    let sent = |requests: &[Request]| -> Vec<bool> {
        requests
            .iter()
            .map(|request| request.headers.contains_key("authorization"))
            .collect()
    };
    assert_eq!(sent(&hub.requests()), [true, true]);
    assert_eq!(sent(&cdn.requests()), [false], "another port is another server");
    assert_eq!(cdn.requests()[0].headers["accept-encoding"], "identity");
    // What another server says of the file counts for nothing.
    let sidecar = std::fs::read_to_string(wanted.folder.path().join("weights.bin.part.json")).unwrap();
    assert!(!sidecar.contains("Signature"), "{sidecar}");
}

#[test]
fn only_the_hub_itself_declares() {
    let file = content(1_000);
    let served = file.clone();
    let wrong = format!("\"{}\"", "1".repeat(64));
    let cdn = Server::start(move |request, stream| {
        send_file(stream, request, &served, "\"x\"", &[("X-Linked-Etag", &wrong)])
    });
    let there = cdn.url("/f");
    let hub = Server::start(move |_, stream| send(stream, "302 Found", &[("Location", &there)], b""));
    assert_eq!(Wanted::hub(&hub, "/w").brings(&file).declared, None);
}

#[test]
fn small_files_are_checked_as_git_blobs() {
    let hub = Server::start(|_, stream| {
        send(
            stream,
            "200 OK",
            &[("ETag", "\"ce013625030ba8dba906f756967f9e9ca394464a\"")],
            b"hello\n",
        );
    });
    let got = Wanted::hub(&hub, "/config.json").brings(b"hello\n");
    assert!(matches!(got.declared, Some(Declared::GitBlob { .. })));
    let other = Server::start(|_, stream| {
        send(
            stream,
            "200 OK",
            &[("ETag", "\"ce013625030ba8dba906f756967f9e9ca394464a\"")],
            b"hullo\n",
        );
    });
    assert!(matches!(
        Wanted::hub(&other, "/config.json").fails(),
        FetchError::HashMismatch { .. }
    ));
}

#[test]
fn content_with_another_hash_is_refused_and_not_kept() {
    let (file, mut changed) = (content(9_000), content(9_000));
    changed[8_999] ^= 0x80;
    let server = Server::of_file(changed);
    let wanted = Wanted::address(&server, "/w", &file);
    let error = wanted.fails();
    let FetchError::HashMismatch { expected, found, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(*expected, sha256(&file));
    assert_ne!(expected, found);
    assert!(error.hint().unwrap().contains("not kept"));
    assert_eq!(
        server.requests().len(),
        1,
        "bytes that all came at once are not asked for again"
    );
    assert!(wanted.part().is_empty() && std::fs::read_dir(wanted.folder.path()).unwrap().count() == 0);
}

#[test]
fn servers_that_are_busy_are_asked_again_when_they_want() {
    let file = content(500);
    let served = file.clone();
    let server = Server::start(move |request, stream| match request.nth {
        0 => send(stream, "429 Too Many Requests", &[("Retry-After", "1")], b"slow down"),
        1 => send(stream, "503 Service Unavailable", &[], b""),
        2 => send(
            stream,
            "500 Oops",
            &[("Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT")],
            b"",
        ),
        _ => send_file(stream, request, &served, "\"v1\"", &[]),
    });
    let (_, took) = timed(|| Wanted::address(&server, "/w", &file).brings(&file));
    assert!(took >= Duration::from_secs(1), "Retry-After is kept: {took:?}");
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn waiting_has_an_end() {
    let server = always("429 Too Many Requests", &[("Retry-After", "3600")], b"");
    let (error, took) = timed(|| Wanted::hub(&server, "/w").fails());
    let FetchError::RateLimited { wait, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(*wait, Some(Duration::from_secs(3_600)));
    assert!(took < Duration::from_secs(1), "an hour is not waited: {took:?}");
    assert_eq!(server.requests().len(), 1);
    let server = always("502 Bad Gateway", &[], b"");
    assert!(matches!(
        Wanted::hub(&server, "/w").fails(),
        FetchError::Status { status: 502, .. }
    ));
    assert_eq!(server.requests().len(), 4, "one and three repetitions");
}

#[test]
fn refusals_are_not_repeated() {
    let of = |status| {
        let server = always(status, &[], b"no");
        let error = Wanted::hub(&server, "/o/n/w?x=secret").fails();
        assert_eq!(server.requests().len(), 1, "{status}");
        assert!(!error.to_string().contains("secret"));
        error
    };
    assert!(matches!(of("404 Not Found"), FetchError::NotFound { .. }));
    assert!(matches!(
        of("403 Forbidden"),
        FetchError::Refused {
            status: 403,
            token_sent: false,
            ..
        }
    ));
    assert!(matches!(of("418 Teapot"), FetchError::Status { status: 418, .. }));
    assert!(matches!(of("204 No Content"), FetchError::Status { status: 204, .. }));
    assert!(matches!(of("206 Partial Content"), FetchError::Protocol { .. }));
    let server = always("401 Unauthorized", &[], b"");
    let mut wanted = Wanted::hub(&server, "/w");
    wanted.settings.token = Some(Token::for_endpoint("old"));
    let error = wanted.fails();
    assert!(matches!(error, FetchError::Refused { token_sent: true, .. }));
    assert!(error.hint().unwrap().contains("HF_TOKEN"));
}

#[test]
fn pages_are_recognised_by_type_and_by_content() {
    let typed = always(
        "200 OK",
        &[("Content-Type", "text/html; charset=utf-8")],
        b"please log in",
    );
    assert!(matches!(Wanted::hub(&typed, "/w").fails(), FetchError::Page { .. }));
    let disguised = always(
        "200 OK",
        &[("Content-Type", "application/octet-stream")],
        b"\n<!DOCTYPE html><title>Portal</title>",
    );
    let wanted = Wanted::hub(&disguised, "/w");
    let error = wanted.fails();
    assert!(matches!(error, FetchError::Page { .. }), "{error}");
    assert!(error.hint().unwrap().contains("log-in page"));
    assert!(wanted.part().is_empty());
    let encoded = always("200 OK", &[("Content-Encoding", "br")], b"xx");
    assert!(matches!(
        Wanted::hub(&encoded, "/w").fails(),
        FetchError::Protocol { .. }
    ));
}

#[test]
fn redirects_end() {
    let error_of = |location: &'static str| {
        let server = Server::start(move |_, stream| send(stream, "302 Found", &[("Location", location)], b""));
        let error = Wanted::hub(&server, "/w").fails();
        assert!(matches!(error, FetchError::Redirect { .. }), "{location}: {error}");
        (error, server.requests().len())
    };
    let (error, asked) = error_of("/w");
    assert!(error.to_string().contains("more than 10"), "{error}");
    assert_eq!(asked, 11);
    for location in [
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "http://u:p@127.0.0.1/",
        "http://",
    ] {
        assert_eq!(error_of(location).1, 1);
    }
    let nowhere = Server::start(|_, stream| send(stream, "301 Moved", &[], b""));
    assert!(matches!(
        Wanted::hub(&nowhere, "/w").fails(),
        FetchError::Redirect { .. }
    ));
}

#[test]
fn lengths_that_disagree_are_refused() {
    let longer = always("200 OK", &[("X-Linked-Size", "5")], b"123456");
    let error = Wanted::hub(&longer, "/w").fails();
    assert!(
        matches!(
            error,
            FetchError::Length {
                declared: 5,
                found: 6,
                ..
            }
        ),
        "{error}"
    );
    // More than was declared, in a body without length.
    let open_end = Server::start(|_, stream| {
        send_head(stream, "200 OK", &[("X-Linked-Size", "5")]);
        let _ = std::io::Write::write_all(stream, b"123456789");
    });
    let wanted = Wanted::hub(&open_end, "/w");
    assert!(matches!(wanted.fails(), FetchError::Length { .. }));
    assert!(wanted.part().is_empty());
    // A length that is too short cuts the file; the hash tells.
    let short = Server::start(|_, stream| {
        send_head(stream, "200 OK", &[("Content-Length", "5")]);
        let _ = std::io::Write::write_all(stream, b"123456789");
    });
    let error = Wanted::address(&short, "/w", b"123456789").fails();
    assert!(matches!(error, FetchError::HashMismatch { .. }), "{error}");
    // Two lengths at once are no answer to trust.
    let two = Server::start(|_, stream| {
        send_head(stream, "200 OK", &[("Content-Length", "5"), ("Content-Length", "9")]);
        let _ = std::io::Write::write_all(stream, b"123456789");
    });
    Wanted::address(&two, "/w", b"123456789").fails();
}

#[test]
fn files_that_are_too_large_or_do_not_fit_are_not_begun() {
    let server = always("200 OK", &[], &[0; 5_000]);
    let mut wanted = Wanted::hub(&server, "/w");
    wanted.limit = 4_999;
    let error = wanted.fails();
    assert!(
        matches!(
            error,
            FetchError::TooLarge {
                size: 5_000,
                limit: 4_999,
                ..
            }
        ),
        "{error}"
    );
    let endless = Server::start(|_, stream| {
        send_head(stream, "200 OK", &[]);
        while std::io::Write::write_all(stream, &[1; 4_096]).is_ok() {}
    });
    let mut wanted = Wanted::hub(&endless, "/w");
    wanted.limit = 100_000;
    assert!(matches!(wanted.fails(), FetchError::TooLarge { .. }));
    assert!(wanted.part().is_empty());

    let mut wanted = Wanted::hub(&server, "/w");
    wanted.settings.free_space = |_| Ok(1_000);
    let error = wanted.fails();
    let FetchError::DiskFull { needed, available, .. } = &error else {
        panic!("{error}");
    };
    assert!(*needed > 5_000 && *available == 1_000);
    assert!(error.hint().unwrap().contains("PATCHLIGHT_MODELS"));
    assert_eq!(
        std::fs::read_dir(wanted.folder.path()).unwrap().count(),
        0,
        "nothing was written"
    );
    wanted.settings.free_space = |_| Err(std::io::Error::other("this disk does not say"));
    wanted.brings(&[0; 5_000]);
}

#[test]
fn nobody_there_is_said_soon() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let server = always("200 OK", &[], b"");
    let mut wanted = Wanted::hub(&server, "/w");
    wanted.url = format!("http://{address}/w");
    let (error, took) = timed(|| wanted.fails());
    assert!(matches!(error, FetchError::NoConnection { .. }), "{error}");
    assert!(error.to_string().contains(&address.to_string()));
    assert!(took < Duration::from_secs(2));
}

/// A proxy that is also the server behind itself.
fn proxy(answer: &'static str) -> Server {
    Server::start(move |request, stream: &mut TcpStream| match request.method.as_str() {
        "CONNECT" => {
            let _ = std::io::Write::write_all(stream, format!("HTTP/1.1 {answer}\r\n\r\n").as_bytes());
        }
        _ => send(stream, "200 OK", &[], b"through the proxy"),
    })
}

#[test]
fn a_proxy_is_used_where_one_is_set() {
    let good = proxy("200 Connection established");
    let mut wanted = Wanted::hub(&good, "/");
    wanted.url = "http://model.invalid/w".to_owned();
    wanted.settings.proxy = ProxyChoice::Use(good.url("").replace("//", "//me:pw@"));
    wanted.brings(b"through the proxy");
    let requests = good.requests();
    assert_eq!(
        (requests[0].method.as_str(), requests[0].path.as_str()),
        ("CONNECT", "model.invalid:80")
    );
    assert_eq!(requests[0].headers["proxy-authorization"], "Basic bWU6cHc=");
    assert!(
        !requests[1].headers.contains_key("proxy-authorization"),
        "the server does not learn it"
    );

    let closed = proxy("407 Proxy Authentication Required");
    let mut wanted = Wanted::hub(&closed, "/");
    wanted.url = "http://model.invalid/w".to_owned();
    wanted.settings.proxy = ProxyChoice::Use(closed.url(""));
    let error = wanted.fails();
    assert!(matches!(error, FetchError::Proxy { .. }), "{error}");
    assert!(error.hint().unwrap().contains("name and password"), "{error}");
}

#[test]
fn certificates_that_cannot_be_read_are_a_bad_setting() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    for text in ["", "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n"] {
        let path = folder.path().join("ca.pem");
        std::fs::write(&path, text).unwrap();
        settings.certificates = Some(path);
        assert!(
            matches!(Client::new(&settings), Err(FetchError::BadSetting { .. })),
            "{text:?}"
        );
    }
    settings.certificates = Some(folder.path().join("none.pem"));
    assert!(matches!(Client::new(&settings), Err(FetchError::BadSetting { .. })));
}

#[test]
fn plain_text_where_a_secure_connection_is_wanted_is_an_error() {
    let server = always("200 OK", &[], b"");
    let mut wanted = Wanted::hub(&server, "/w");
    wanted.url = server.url("/w").replace("http:", "https:");
    wanted.settings.timing.retries = 0;
    let error = wanted.fails();
    let expected = matches!(
        error,
        FetchError::Tls { .. } | FetchError::Stalled { .. } | FetchError::Dropped { .. }
    );
    assert!(expected, "{error}");
}
