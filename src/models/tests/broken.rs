//! Connections that break, stall and are cancelled, and going on from there.

use super::server::{Server, send, send_cut, send_file, send_head, sha256, stall};
use super::*;
use crate::models::progress::Phase;
use std::io::Write;

#[test]
fn a_dropped_connection_is_resumed_and_the_bytes_are_equal() {
    let file = content(300_000);
    let served = file.clone();
    let server = Server::start(move |request, stream| match request.nth {
        0 => send_cut(stream, &[("ETag", "\"v1\"")], served.len(), &served[..100_000]),
        _ => send_file(stream, request, &served, "\"v1\"", &[]),
    });
    let wanted = Wanted::address(&server, "/w", &file);
    let mut phases = Vec::new();
    wanted.watched(&mut |p| phases.push(p.clone())).unwrap();
    assert!(std::fs::read(wanted.target()).unwrap() == file);
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[1].headers["range"], "bytes=100000-");
    assert_eq!(requests[1].headers["if-range"], "\"v1\"");
    let waited = phases
        .iter()
        .any(|p| matches!(&p.phase, Phase::Waiting { reason, .. } if reason.contains("100 kB")));
    assert!(waited, "{phases:?}");
    let last = phases.last().unwrap();
    assert_eq!((last.bytes, last.total, last.exact), (300_000, 300_000, true));
}

#[test]
fn a_stalling_server_is_left_and_the_download_goes_on() {
    let file = content(50_000);
    let served = file.clone();
    let server = Server::start(move |request, stream| {
        if request.nth == 0 {
            send_cut(stream, &[("ETag", "\"v1\"")], served.len(), &served[..20_000]);
            return stall(stream);
        }
        send_file(stream, request, &served, "\"v1\"", &[]);
    });
    Wanted::address(&server, "/w", &file).brings(&file);
    assert_eq!(server.offsets(), [None, Some(20_000)]);
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let server = Server::start(|_, stream| stall(stream));
    let mut wanted = Wanted::hub(&server, "/w");
    wanted.settings.timing.retries = 1;
    wanted.settings.timing.stall = Duration::from_millis(100);
    let (error, took) = timed(|| wanted.fails());
    assert!(matches!(error, FetchError::Stalled { .. }), "{error}");
    assert_eq!(server.requests().len(), 2);
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn a_file_that_always_ends_early_is_an_error_after_bounded_attempts() {
    let file = content(1_000);
    let served = file.clone();
    let server = Server::start(move |request, stream| {
        // Forty bytes more each time, never all.
        let offset = request.offset().unwrap_or(0);
        let length = (served.len() - offset).to_string();
        let range = format!("bytes {offset}-999/1000");
        let mut headers = vec![("ETag", "\"v1\""), ("Content-Length", length.as_str())];
        let status = if offset > 0 { "206 Partial Content" } else { "200 OK" };
        if offset > 0 {
            headers.push(("Content-Range", &range));
        }
        send_head(stream, status, &headers);
        let _ = stream.write_all(&served[offset..offset + 40]);
    });
    let wanted = Wanted::address(&server, "/w", &file);
    let error = wanted.fails();
    let FetchError::Dropped { got, expected, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!((*got, *expected), (160, Some(1_000)));
    assert_eq!(
        server.offsets(),
        [None, Some(40), Some(80), Some(120)],
        "retries are bounded"
    );
    assert_eq!(wanted.part(), &file[..160], "what came is kept");
}

#[test]
fn cancel_is_obeyed_while_the_server_stalls_and_the_part_is_kept() {
    let file = content(80_000);
    let served = file.clone();
    let server = Server::start(move |request, stream| {
        if request.nth == 0 {
            send_cut(stream, &[("ETag", "\"v1\"")], served.len(), &served[..30_000]);
            return stall(stream);
        }
        send_file(stream, request, &served, "\"v1\"", &[]);
    });
    let mut wanted = Wanted::address(&server, "/w", &file);
    // Cancel must not need the stall to be noticed.
    wanted.settings.timing.stall = Duration::from_secs(20);
    wanted.cancel_in(Duration::from_millis(300));
    let (error, took) = timed(|| wanted.fails());
    assert!(matches!(error, FetchError::Cancelled { kept: 30_000 }), "{error}");
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert!(wanted.part() == file[..30_000]);
    wanted.cancel.store(false, Ordering::Relaxed);
    wanted.brings(&file);
    assert_eq!(server.offsets(), [None, Some(30_000)]);
}

#[test]
fn cancel_is_obeyed_before_any_answer_and_while_waiting() {
    let silent = Server::start(|_, stream| stall(stream));
    let mut wanted = Wanted::hub(&silent, "/w");
    wanted.settings.timing.stall = Duration::from_secs(20);
    wanted.cancel_in(Duration::from_millis(100));
    let (error, took) = timed(|| wanted.fails());
    assert!(matches!(error, FetchError::Cancelled { kept: 0 }), "{error}");
    assert!(took < Duration::from_secs(2), "{took:?}");

    let busy = Server::start(|_, stream| send(stream, "503 Busy", &[("Retry-After", "9")], b""));
    let mut wanted = Wanted::hub(&busy, "/w");
    wanted.settings.timing.longest_wait = Duration::from_secs(30);
    wanted.cancel_in(Duration::from_millis(100));
    let (error, took) = timed(|| wanted.fails());
    assert!(matches!(error, FetchError::Cancelled { .. }), "{error}");
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[test]
fn a_server_that_ignores_ranges_starts_the_file_anew() {
    let file = content(60_000);
    let served = file.clone();
    let server = Server::start(move |request, stream| match request.nth {
        0 => send_cut(stream, &[("ETag", "\"v1\"")], served.len(), &served[..50_000]),
        _ => send(stream, "200 OK", &[("ETag", "\"v1\"")], &served),
    });
    Wanted::address(&server, "/w", &file).brings(&file);
    assert_eq!(server.offsets(), [None, Some(50_000)]);
}

#[test]
fn a_part_in_the_wrong_place_is_never_written() {
    let file = content(10_000);
    // Each is an answer to a request for the bytes from 4000 on.
    let wrong: [(&str, Option<&str>, usize); 6] = [
        ("another start", Some("bytes 3000-9999/10000"), 7_000),
        ("another end", Some("bytes 4000-8999/10000"), 5_000),
        ("another length of the file", Some("bytes 4000-9999/20000"), 6_000),
        ("another length of the part", Some("bytes 4000-9999/10000"), 5_000),
        ("no range", None, 6_000),
        ("nonsense", Some("bytes 4000-"), 6_000),
    ];
    for (what, range, length) in wrong {
        let served = file.clone();
        let server = Server::start(move |request, stream| match (request.nth, request.offset()) {
            (0, _) => send_cut(stream, &[("ETag", "\"v1\"")], served.len(), &served[..4_000]),
            (_, Some(_)) => {
                let mut headers = vec![("ETag", "\"v1\"")];
                headers.extend(range.map(|range| ("Content-Range", range)));
                send(stream, "206 Partial Content", &headers, &vec![7; length]);
            }
            (_, None) => send(stream, "200 OK", &[("ETag", "\"v1\"")], &served),
        });
        let wanted = Wanted::hub(&server, "/w");
        wanted.brings(&file);
        assert_eq!(server.offsets(), [None, Some(4_000), None], "{what}");
    }
}

#[test]
fn a_file_that_changed_between_tries_starts_anew() {
    let (old, new) = (content(40_000), content(90_000).split_off(45_000));
    let (first, second) = (old.clone(), new.clone());
    let server = Server::start(move |request, stream| match request.nth {
        0 => send_cut(stream, &[("ETag", "\"v1\"")], first.len(), &first[..15_000]),
        _ => send_file(stream, request, &second, "\"v2\"", &[]),
    });
    let wanted = Wanted::hub(&server, "/w");
    let got = wanted.brings(&new);
    assert_eq!(got.declared, None, "this server declared nothing");
    assert_eq!(
        server.offsets(),
        [None, Some(15_000)],
        "If-Range made the server send all of it"
    );

    // A server that sends the rest of the new file although the tag is another.
    let (first, second) = (old.clone(), new.clone());
    let server = Server::start(move |request, stream| match (request.nth, request.offset()) {
        (0, _) => send_cut(stream, &[("ETag", "\"v1\"")], first.len(), &first[..15_000]),
        (_, Some(offset)) => {
            let range = format!("bytes {offset}-{}/{}", second.len() - 1, second.len());
            let headers = [("ETag", "\"v2\""), ("Content-Range", range.as_str())];
            send(stream, "206 Partial Content", &headers, &second[offset..]);
        }
        (_, None) => send(stream, "200 OK", &[("ETag", "\"v2\"")], &second),
    });
    Wanted::hub(&server, "/w").brings(&new);
    assert_eq!(server.offsets(), [None, Some(15_000), None]);

    // The hub declares another hash than at the first try.
    let (first, second) = (old, new.clone());
    let (was, is) = (format!("\"{}\"", sha256(&first)), format!("\"{}\"", sha256(&second)));
    let server = Server::start(move |request, stream| match request.nth {
        0 => send_cut(stream, &[("X-Linked-Etag", &was)], first.len(), &first[..15_000]),
        _ => send_file(stream, request, &second, "\"same\"", &[("X-Linked-Etag", &is)]),
    });
    let got = Wanted::hub(&server, "/w").brings(&new);
    assert!(matches!(got.declared, Some(Declared::Hub { .. })));
    assert_eq!(server.offsets(), [None, Some(15_000), None]);
}

#[test]
fn without_tag_and_hash_nothing_is_resumed() {
    let file = content(20_000);
    let served = file.clone();
    let server = Server::start(move |request, stream| match request.nth {
        0 => send_cut(stream, &[], served.len(), &served[..5_000]),
        1 => send_cut(stream, &[("ETag", "W/\"weak\"")], served.len(), &served[..6_000]),
        _ => send(stream, "200 OK", &[], &served),
    });
    Wanted::hub(&server, "/w").brings(&file);
    assert_eq!(server.offsets(), [None, None, None]);
}

#[test]
fn a_part_that_was_damaged_on_the_disk_is_found_and_replaced() {
    let file = content(30_000);
    let served = file.clone();
    let server = Server::start(move |request, stream| match request.nth {
        0 => send_cut(stream, &[("ETag", "\"v1\"")], served.len(), &served[..10_000]),
        _ => send_file(stream, request, &served, "\"v1\"", &[]),
    });
    let mut wanted = Wanted::address(&server, "/w", &file);
    wanted.settings.timing.retries = 0;
    wanted.fails();
    let mut part = wanted.part();
    part[17] ^= 1;
    std::fs::write(wanted.folder.path().join("weights.bin.part"), part).unwrap();
    wanted.brings(&file);
    assert_eq!(server.offsets(), [None, Some(10_000), None]);
}

#[test]
fn a_part_that_is_whole_already_is_not_sent_again() {
    let file = content(400_000);
    let server = Server::of_file(file.clone());
    let wanted = Wanted::address(&server, "/w", &file);
    wanted.brings(&file);
    // As after a cancel before the model was complete: the file has its name, the sidecar is still there.
    assert!(wanted.folder.path().join("weights.bin.part.json").exists());
    let written = std::fs::metadata(wanted.target()).unwrap().modified().unwrap();
    wanted.brings(&file);
    assert_eq!(server.offsets(), [None, None]);
    assert_eq!(
        std::fs::metadata(wanted.target()).unwrap().modified().unwrap(),
        written,
        "it was not written again"
    );
    // Longer than the file can be: worth nothing.
    std::fs::rename(wanted.target(), wanted.folder.path().join("weights.bin.part")).unwrap();
    let mut longer = file.clone();
    longer.push(0);
    std::fs::write(wanted.folder.path().join("weights.bin.part"), longer).unwrap();
    wanted.brings(&file);
}

#[test]
fn bodies_without_length_are_held_against_what_is_declared() {
    let file = content(25_000);
    let tag = format!("\"{}\"", sha256(&file));
    // Chunked, cut within a chunk, then whole.
    let (served, linked) = (file.clone(), tag.clone());
    let server = Server::start(move |request, stream| {
        send_head(
            stream,
            "200 OK",
            &[("Transfer-Encoding", "chunked"), ("X-Linked-Etag", &linked)],
        );
        let _ = write!(stream, "{:x}\r\n", served.len());
        if request.nth == 0 {
            let _ = stream.write_all(&served[..9_000]);
            return;
        }
        let _ = stream.write_all(&served);
        let _ = stream.write_all(b"\r\n0\r\n\r\n");
    });
    Wanted::hub(&server, "/w").brings(&file);

    // Ended by closing: the declared length tells the early end, and the hash tells the rest.
    let (served, linked) = (file.clone(), tag);
    let server = Server::start(move |request, stream| {
        let headers = [("X-Linked-Etag", linked.as_str()), ("X-Linked-Size", "25000")];
        send_head(stream, "200 OK", &headers);
        let end = if request.nth == 0 { 9_000 } else { served.len() };
        let _ = stream.write_all(&served[..end]);
    });
    Wanted::hub(&server, "/w").brings(&file);
    // Neither: nothing but the hash can tell.
    let served_less = Server::start(|_, stream| {
        send_head(
            stream,
            "200 OK",
            &[("X-Linked-Etag", &format!("\"{}\"", "0".repeat(64)))],
        );
        let _ = stream.write_all(b"short");
    });
    let cut = Wanted::hub(&served_less, "/w");
    assert!(matches!(cut.fails(), FetchError::HashMismatch { .. }));
}

#[test]
fn wherever_the_connection_breaks_the_bytes_are_equal() {
    let file = content(200_003);
    for cut in [0, 1, 8_191, 131_072, 200_002, 200_003] {
        let served = file.clone();
        let server = Server::start(move |request, stream| match request.nth {
            0 => send_cut(stream, &[("ETag", "\"v1\"")], served.len(), &served[..cut]),
            _ => send_file(stream, request, &served, "\"v1\"", &[]),
        });
        Wanted::address(&server, "/w", &file).brings(&file);
        let resumed = server.offsets().get(1).copied().flatten();
        assert_eq!(resumed, (cut > 0 && cut < file.len()).then_some(cut), "cut at {cut}");
    }
}

#[test]
fn a_link_that_breaks_often_but_moves_on_is_not_given_up() {
    let file = content(9 << 20);
    let served = file.clone();
    // More breaks than repetitions are allowed in a row, each after more than a megabyte.
    let server = Server::start(move |request, stream| {
        let offset = request.offset().unwrap_or(0);
        let end = (offset + (3 << 19)).min(served.len());
        let length = (served.len() - offset).to_string();
        let range = format!("bytes {offset}-{}/{}", served.len() - 1, served.len());
        let mut headers = vec![("ETag", "\"v1\""), ("Content-Length", length.as_str())];
        if offset > 0 {
            headers.push(("Content-Range", &range));
        }
        send_head(
            stream,
            if offset > 0 { "206 Partial Content" } else { "200 OK" },
            &headers,
        );
        let _ = stream.write_all(&served[offset..end]);
    });
    Wanted::address(&server, "/w", &file).brings(&file);
    assert_eq!(server.requests().len(), 6);
}
