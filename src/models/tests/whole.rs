//! Whole models: from nothing to the list, half-way, again, from elsewhere, and by hand.

use super::server::{Server, send, send_cut, sha256, stall};
use super::tiny::*;
use crate::models::cache::{Lock, WORK};
use crate::models::catalogue::Source;
use crate::models::manifest::MANIFEST;
use crate::models::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[test]
fn a_model_comes_whole_is_listed_resolved_and_verified() {
    let (_folder, cache) = cache();
    let served = files(1);
    let hub = hub(served.clone());
    let mut request = request(&cache, &hub);
    let mut reports = Vec::new();
    let fetched = fetch(&request, &mut |p| reports.push(p.clone()), &AtomicBool::new(false)).unwrap();
    assert_eq!(
        paths(&hub),
        [
            "/hf/lab/tiny/resolve/main/config.json".to_owned(),
            format!("/hf/lab/tiny/resolve/{COMMIT}/preprocessor_config.json"),
            format!("/hf/lab/tiny/resolve/{COMMIT}/model.safetensors"),
        ],
        "after the first file the commit is pinned"
    );
    assert_eq!(
        names_in(&cache.join("tiny")),
        ["config.json", "model.safetensors", MANIFEST]
    );
    assert_eq!(
        names_in(&cache.join(WORK)),
        ["tiny.lock"],
        "nothing is left of the work"
    );
    for (name, bytes) in &served {
        assert!(std::fs::read(cache.join("tiny").join(name)).unwrap() == *bytes);
    }
    let manifest = &fetched.manifest;
    assert!(matches!(&manifest.origin, Origin::Hub { commit: Some(c), .. } if c == COMMIT));
    assert_eq!(manifest.licence.as_deref(), Some("MIT"));
    assert_eq!(manifest.files[1].sha256, sha256(&served["model.safetensors"]));
    assert!(fetched.unverified().is_empty());
    let opened = crate::clip::checkpoint::open(&fetched.path).unwrap();
    assert_eq!(opened.fingerprint, manifest.fingerprint);

    assert_eq!(installed(&cache), std::slice::from_ref(&fetched));
    assert_eq!(resolve("tiny", &cache), Some(cache.join("tiny")));
    let last = reports.last().unwrap();
    assert_eq!(last.phase, Phase::Opening);
    assert_eq!((last.bytes, last.exact), (fetched.size, true));

    // What is here is not asked for; `again` fetches and replaces it.
    assert_eq!(run(&request).unwrap(), fetched);
    assert_eq!(hub.requests().len(), 3);
    request.again = true;
    run(&request).unwrap();
    assert_eq!(hub.requests().len(), 6);
    assert_eq!(names_in(&cache), [WORK, "tiny"]);
    assert_eq!(names_in(&cache.join(WORK)), ["tiny.lock"]);
}

#[test]
fn half_a_model_is_never_listed_and_the_next_try_goes_on() {
    let (_folder, cache) = cache();
    let served = files(2);
    let whole = served.clone();
    let cut = Arc::new(AtomicBool::new(true));
    let still = cut.clone();
    let hub = Server::start(move |request, stream| {
        if still.load(Ordering::Relaxed) && request.path.ends_with(".safetensors") {
            let file = &whole["model.safetensors"];
            let tag = format!("\"{}\"", sha256(file));
            let headers = [("ETag", tag.as_str()), ("X-Repo-Commit", COMMIT)];
            send_cut(stream, &headers, file.len(), &file[..1_000]);
            return stall(stream);
        }
        like_the_hub(&whole, request, stream);
    });
    let mut request = request(&cache, &hub);
    request.settings.timing.stall = Duration::from_secs(20);
    let cancel = Arc::new(AtomicBool::new(false));
    let stop = cancel.clone();
    let error = fetch(
        &request,
        &mut |p| stop.store(p.phase == Phase::Downloading && p.bytes > 1_000, Ordering::Relaxed),
        &cancel,
    );
    assert!(matches!(error, Err(FetchError::Cancelled { kept: 1_000 })), "{error:?}");
    assert!(installed(&cache).is_empty() && resolve("tiny", &cache).is_none());
    assert!(!cache.join("tiny").exists());
    cut.store(false, Ordering::Relaxed);
    let fetched = run(&request).unwrap();
    assert!(std::fs::read(fetched.path.join("model.safetensors")).unwrap() == served["model.safetensors"]);
    assert_eq!(hub.offsets().last(), Some(&Some(1_000)));
}

#[test]
fn a_model_whose_files_are_gone_or_cut_is_none() {
    let (_folder, cache) = cache();
    let hub = hub(files(3));
    run(&request(&cache, &hub)).unwrap();
    let weights = cache.join("tiny").join("model.safetensors");
    let bytes = std::fs::read(&weights).unwrap();
    std::fs::write(&weights, &bytes[1..]).unwrap();
    assert!(installed(&cache).is_empty() && resolve("tiny", &cache).is_none());
    // Of the right length, but not the same: listing does not read gigabytes.
    let mut changed = bytes.clone();
    *changed.last_mut().unwrap() ^= 1;
    std::fs::write(&weights, changed).unwrap();
    assert_eq!(installed(&cache).len(), 1);
    std::fs::remove_file(&weights).unwrap();
    assert!(installed(&cache).is_empty());
    // Fetching mends it, even where the record is spoilt.
    std::fs::write(cache.join("tiny").join(MANIFEST), b"{").unwrap();
    run(&request(&cache, &hub)).unwrap();
    assert!(std::fs::read(&weights).unwrap() == bytes);
}

#[test]
fn two_programs_do_not_fetch_the_same_model() {
    let (_folder, cache) = cache();
    let hub = hub(files(4));
    let lock = Lock::take(&cache.join(WORK), "tiny").unwrap();
    let error = run(&request(&cache, &hub)).unwrap_err();
    assert!(matches!(&error, FetchError::Busy { name } if name == "tiny"), "{error}");
    assert!(hub.requests().is_empty());
    assert!(matches!(remove("tiny", &cache), Err(FetchError::NotInstalled { .. })));
    drop(lock);
    run(&request(&cache, &hub)).unwrap();
    let _lock = Lock::take(&cache.join(WORK), "tiny").unwrap();
    assert!(matches!(remove("tiny", &cache), Err(FetchError::Busy { .. })));
}

#[test]
fn another_name_of_the_weights_and_another_source_stand_in() {
    let (_folder, cache) = cache();
    let mut served = files(5);
    let weights = served.remove("model.safetensors").unwrap();
    served.insert("pytorch_model.bin".to_owned(), weights);
    let hub = hub(served);
    // The publisher's server is gone.
    let publisher = Server::start(|_, stream| send(stream, "404 Not Found", &[], b""));
    let address = Source::Address {
        by: "A lab",
        url: String::leak(publisher.url("/w.pt")),
        sha256: String::leak("0".repeat(64)),
        file: "w.pt",
        size: 5_000,
    };
    let mut request = request(&cache, &hub);
    request.model = model(vec![address, hub_source()]);
    request.hub_first = false;
    let mut phases = Vec::new();
    let fetched = fetch(&request, &mut |p| phases.push(p.phase.clone()), &AtomicBool::new(false)).unwrap();
    assert_eq!(publisher.requests().len(), 1);
    assert!(
        phases
            .iter()
            .any(|p| matches!(p, Phase::OtherSource { reason } if reason.contains("404")))
    );
    assert_eq!(names_in(&fetched.path), ["config.json", MANIFEST, "pytorch_model.bin"]);
    // With a mirror set the hub comes first, and the publisher is not asked.
    remove("tiny", &cache).unwrap();
    request.hub_first = true;
    run(&request).unwrap();
    assert_eq!(publisher.requests().len(), 1);
}

#[test]
fn the_first_source_s_error_is_told_where_none_has_it() {
    let (_folder, cache) = cache();
    let hub = hub(Files::new());
    let publisher = Server::start(|_, stream| send(stream, "403 Forbidden", &[], b""));
    let mut request = request(&cache, &hub);
    request.hub_first = false;
    let address = Source::Address {
        by: "A lab",
        url: String::leak(publisher.url("/w.pt")),
        sha256: String::leak("0".repeat(64)),
        file: "w.pt",
        size: 5_000,
    };
    request.model = model(vec![hub_source(), address]);
    let error = run(&request).unwrap_err();
    assert!(matches!(error, FetchError::Refused { status: 403, .. }), "{error}");
    assert!(matches!(
        FetchRequest::new("clip-vit-b-16", request.settings),
        Err(FetchError::UnknownModel { .. })
    ));
}

#[test]
fn what_the_reader_does_not_take_is_no_model() {
    let (_folder, cache) = cache();
    let mut served = files(6);
    served.insert("model.safetensors".to_owned(), b"{\"error\": \"gone\"}".to_vec());
    let hub = hub(served);
    let error = run(&request(&cache, &hub)).unwrap_err();
    assert!(matches!(error, FetchError::NotAModel(_)), "{error}");
    assert!(error.hint().is_some());
    assert!(installed(&cache).is_empty() && !cache.join("tiny").exists());
    // What was declared and checked is kept, and seen to be the same.
    assert!(matches!(run(&request(&cache, &hub)), Err(FetchError::NotAModel(_))));
    assert_eq!(hub.offsets(), [None; 6]);
    // Where nothing was declared the next try begins anew instead of believing what is there.
    let mut served = files(6);
    let good = served.insert("model.safetensors".to_owned(), b"{}".to_vec()).unwrap();
    let vague = Server::start(move |request, stream| {
        let name = request.path.rsplit('/').next().unwrap();
        match (served.get(name), request.nth) {
            (None, _) => send(stream, "404 Not Found", &[], b""),
            (Some(bad), 0) => send(stream, "200 OK", &[("ETag", "\"v\"")], bad),
            (Some(file), _) => {
                let file = if name == "model.safetensors" { &good } else { file };
                send(stream, "200 OK", &[("ETag", "\"v\"")], file);
            }
        }
    });
    let (_folder, cache) = super::tiny::cache();
    let request = request(&cache, &vague);
    assert!(matches!(run(&request), Err(FetchError::NotAModel(_))));
    let fetched = run(&request).unwrap();
    assert_eq!(fetched.unverified(), ["config.json", "model.safetensors"]);
    assert_eq!(installed(&cache), [fetched]);
}

#[test]
fn what_is_not_ours_is_never_touched() {
    let (_folder, cache) = cache();
    let hub = hub(files(7));
    std::fs::create_dir_all(cache.join("tiny")).unwrap();
    std::fs::write(cache.join("tiny").join("notes.txt"), b"mine").unwrap();
    let error = run(&request(&cache, &hub)).unwrap_err();
    assert!(matches!(error, FetchError::InTheWay { .. }), "{error}");
    assert!(hub.requests().is_empty(), "it is found before anything is fetched");
    assert!(matches!(remove("tiny", &cache), Err(FetchError::InTheWay { .. })));
    assert_eq!(std::fs::read(cache.join("tiny").join("notes.txt")).unwrap(), b"mine");
    assert!(installed(&cache).is_empty());
}

#[test]
fn removing_takes_the_model_and_its_leftovers() {
    let (_folder, cache) = cache();
    let hub = hub(files(8));
    run(&request(&cache, &hub)).unwrap();
    std::fs::create_dir_all(cache.join(WORK).join("tiny").join("hub")).unwrap();
    remove("tiny", &cache).unwrap();
    assert_eq!(names_in(&cache), [WORK]);
    assert_eq!(names_in(&cache.join(WORK)), ["tiny.lock"]);
    assert!(matches!(remove("tiny", &cache), Err(FetchError::NotInstalled { .. })));
    assert!(matches!(remove("../x", &cache), Err(FetchError::BadName { .. })));
}

#[test]
fn a_model_from_elsewhere_is_used_where_it_lies() {
    let (folder, cache) = cache();
    let own = folder.path().join("My models").join("tower");
    std::fs::create_dir_all(&own).unwrap();
    for (name, bytes) in files(9) {
        std::fs::write(own.join(name), bytes).unwrap();
    }
    let before = names_in(&own);
    let imported = import_local(&own, "mine", &cache).unwrap();
    assert_eq!((imported.path.as_path(), imported.size), (own.as_path(), 0));
    assert_eq!(resolve("mine", &cache), Some(own.clone()));
    assert_eq!(names_in(&own), before, "nothing is added there");
    assert!(matches!(
        import_local(&own, "mine", &cache),
        Err(FetchError::AlreadyThere { .. })
    ));
    // A name of the list may be given: the model was downloaded on another computer.
    import_local(&own.join("model.safetensors"), "tiny", &cache).unwrap();
    let nowhere = Server::start(|_, stream| send(stream, "500 No", &[], b""));
    assert_eq!(
        run(&request(&cache, &nowhere)).unwrap().path,
        own.join("model.safetensors")
    );
    assert!(nowhere.requests().is_empty());
    // What is no model is refused by the reader.
    std::fs::write(own.join("README.txt"), b"hello").unwrap();
    assert!(matches!(
        import_local(&own.join("README.txt"), "x", &cache),
        Err(FetchError::NotAModel(_))
    ));
    assert!(matches!(
        import_local(&own.join("none"), "x", &cache),
        Err(FetchError::NotAModel(_))
    ));
    assert!(matches!(
        import_local(&own, "starter", &cache),
        Err(FetchError::BadName { .. })
    ));
    remove("tiny", &cache).unwrap();
    assert!(own.join("model.safetensors").exists(), "the user's files stay");
    std::fs::remove_dir_all(&own).unwrap();
    assert!(resolve("mine", &cache).is_none() && installed(&cache).is_empty());
}
