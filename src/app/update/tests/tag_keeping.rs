//! Tag: the list of the last session comes back; keywords that pictures have already; labels of an untrained model.

use super::tagging::{at_tag, at_work, found, given, tag, tags};
use super::*;
use crate::app::model::command::{Place, TagCommand};
use crate::app::model::file_probe::Reply;
use crate::app::update::{begin, end};

#[test]
fn keywords_that_pictures_have_already_are_read_a_part_at_a_time() {
    let mut d = at_tag();
    let many: Vec<PathBuf> = (0..250).map(|i| format!("/q/{i}.jpg").into()).collect();
    d.probe(Reply::Pictures(many, Vec::new()));
    let asked = |d: &Driver| {
        let asked = d.effects.iter().find_map(|e| match e {
            Effect::Probe(file_probe::Request::Keywords(pictures)) => Some(pictures.clone()),
            _ => None,
        });
        asked.unwrap_or_default()
    };
    let first = asked(&d);
    assert_eq!(first.len(), 200);
    // Others that come meanwhile wait for their turn.
    d.probe(Reply::Pictures(paths(&["/q/later.jpg"]), Vec::new()));
    assert!(asked(&d).is_empty());
    let read = |paths: Vec<PathBuf>| paths.into_iter().map(|p| (p, vec!["Rome".to_owned()])).collect();
    d.probe(Reply::Keywords(read(first)));
    let second = asked(&d);
    assert_eq!(second.len(), 51);
    d.probe(Reply::Keywords(read(second)));
    assert!(asked(&d).is_empty());
    let list = &d.model.tagging.list;
    assert!(list.items.iter().all(|i| i.carries == ["Rome"]));
    // They are of others: nothing of them is given or written.
    assert!(list.to_write(None).is_empty());
}

#[test]
fn the_list_is_kept_once_it_is_quiet_and_comes_back() {
    let mut d = Driver::new();
    d.model.tagging.keeping.file = Some("/data/tags.json".into());
    d.effects = begin(&mut d.model, false, Vec::new());
    d.did(&[r#"probe KeptTags("/data/tags.json")"#]);
    // Before the file was read it is not replaced.
    found(&mut d, &["/q/a.png"]);
    d.tick(60.0);
    d.did(&[]);
    d.probe(Reply::KeptTags(None));
    tag(&mut d, TagCommand::Set(vec![0], "owl".to_owned(), true));
    d.tick(0.1);
    d.did(&["repaint 800 ms"]);
    d.tick(0.2);
    d.did(&["repaint 800 ms"]);
    d.tick(1.0);
    let kept = |d: &Driver| {
        d.effects.iter().find_map(|e| match e {
            Effect::Probe(file_probe::Request::KeepTags(file, kept)) => Some((file.clone(), kept.clone())),
            _ => None,
        })
    };
    let (file, list) = kept(&d).expect("it is kept");
    assert_eq!(file, PathBuf::from("/data/tags.json"));
    d.tick(60.0);
    assert!(kept(&d).is_none(), "once");
    // What was changed in the last moment is kept when the window closes.
    tag(&mut d, TagCommand::Set(vec![0], "robin".to_owned(), true));
    d.effects = end(&mut d.model);
    assert!(kept(&d).is_some());
    // Another session.
    let mut d = Driver::new();
    d.model.tagging.keeping.file = Some(file);
    d.effects = begin(&mut d.model, false, Vec::new());
    d.probe(Reply::KeptTags(Some(Box::new((*list).clone()))));
    let words = "Tag has 1 picture as you left it, 1 changed by you";
    assert_eq!(d.says(), (Level::Note, words));
    assert_eq!(given(&d, 0), ["owl"]);
    d.press("Go on with them");
    assert_eq!(d.model.place, Place::Tag);
    tag(&mut d, TagCommand::Undo);
    assert!(given(&d, 0).is_empty());
}

#[test]
fn an_untrained_model_gives_about_as_many_labels_as_usual_and_a_person_decides_from_there() {
    let mut d = at_work();
    d.job_event(
        1,
        Event::Tagger {
            name: "clip".to_owned(),
            labels: ["cat", "dog", "owl", "car"].map(str::to_owned).to_vec(),
            thresholds: vec![0.5; 4],
            found: "0.5: not calibrated".to_owned(),
            calibrated: false,
        },
    );
    for (image, odds) in [
        ("/q/a.png", [30.0, 20.0, 28.0, 18.0]),
        ("/q/b.png", [19.0, 31.0, 18.0, 27.0]),
    ] {
        let Event::Tags(mut tags) = tags(image, &[1.0; 4]) else {
            panic!()
        };
        if let Some(evidence) = &mut tags.evidence {
            evidence.log_odds = odds.to_vec();
        }
        d.job_event(1, Event::Tags(tags));
    }
    d.job_done(1);
    assert_eq!((given(&d, 0), given(&d, 1)), (vec!["cat", "owl"], vec!["dog", "car"]));
    tag(&mut d, TagCommand::Threshold(0, 1.0));
    assert_eq!(given(&d, 0), ["owl"]);
    tag(&mut d, TagCommand::ResetThresholds);
    assert_eq!(given(&d, 0), ["cat", "owl"]);
}
