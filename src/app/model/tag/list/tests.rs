//! The list of Tag.

use super::*;

fn list() -> List {
    let mut list = List::default();
    list.add(["/p/a.png", "/p/b.png", "/p/a.png"].map(PathBuf::from));
    list.begin(
        "t".into(),
        String::new(),
        vec!["cat".into(), "dog".into()],
        vec![0.5, 0.5],
        true,
    );
    for (name, p) in [("/p/a.png", [0.9, 0.3]), ("/p/b.png", [0.6, 0.7])] {
        let evidence = TagEvidence {
            width: 4,
            height: 4,
            probability: p.to_vec(),
            patches: vec![vec![([0.0; 4], 0.5)]; 2],
            log_odds: Vec::new(),
        };
        list.note(Path::new(name), &evidence);
    }
    list
}

fn names(list: &List, i: usize) -> Vec<String> {
    list.given(i).iter().map(|g| g.label.to_owned()).collect()
}

#[test]
fn thresholds_give_labels_without_a_model() {
    let mut list = list();
    assert_eq!(list.items.len(), 2, "a picture is there once");
    assert_eq!(
        (names(&list, 0), names(&list, 1)),
        (vec!["cat".into()], vec!["dog".to_owned(), "cat".into()])
    );
    assert_eq!(list.counts(), [("cat".to_owned(), 2), ("dog".to_owned(), 1)]);
    list.set_threshold(0, 0.8);
    assert_eq!(list.counts(), [("cat".to_owned(), 1), ("dog".to_owned(), 1)]);
    list.set_threshold(1, 0.2);
    assert_eq!(names(&list, 0), ["cat", "dog"]);
    list.reset_thresholds();
    assert_eq!(names(&list, 0), ["cat"]);
}

#[test]
fn what_a_person_says_goes_before_the_model_and_can_be_taken_back() {
    let mut list = list();
    assert!(list.set(&[0, 1], "cat", false).is_some());
    assert!(list.set(&[0], "  owl ", true).is_some());
    assert!(list.set(&[0], "owl", true).is_none(), "nothing new");
    assert!(list.set(&[0], "a\nb", true).is_none());
    assert_eq!(
        (names(&list, 0), names(&list, 1)),
        (vec!["owl".into()], vec!["dog".to_owned()])
    );
    assert_eq!(list.counts()[2], ("owl".to_owned(), 1));
    assert_eq!(list.to_write(None)[0].1, [("owl".to_owned(), None)]);
    assert!(list.step(true).is_some());
    assert_eq!(list.next_undo(), Some("took “cat” from 2 pictures"));
    assert!(list.step(true).is_some());
    assert_eq!(names(&list, 0), ["cat"]);
    assert!(list.step(true).is_none());
    assert!(list.step(false).is_some());
    assert!(names(&list, 0).is_empty());
    // Giving it again is what the model says: no edit is left.
    list.set(&[0], "cat", true);
    assert!(!list.edited(0));
}

#[test]
fn another_tagger_begins_anew_and_keeps_what_people_said() {
    let mut list = list();
    list.set(&[0], "owl", true);
    list.fail(Path::new("/p/b.png"), "/p/b.png: it is empty");
    assert_eq!(list.items[1].standing, Standing::Failed("it is empty".to_owned()));
    list.begin("u".into(), String::new(), vec!["owl".into()], vec![0.5], true);
    assert_eq!(list.waiting(), [PathBuf::from("/p/a.png")]);
    assert_eq!(names(&list, 0), ["owl"]);
    assert_eq!(list.standings(), [1, 0, 1]);
}

#[test]
fn what_is_kept_comes_back_with_what_can_be_taken_back() {
    let mut before = list();
    before.set(&[0], "owl", true);
    before.set_threshold(0, 0.8);
    before.carry(Path::new("/p/b.png"), vec!["Rome".into()]);
    let text = serde_json::to_string(&before.kept(None)).unwrap();
    let mut list = List::restored(serde_json::from_str(&text).unwrap());
    assert_eq!(
        (names(&list, 0), names(&list, 1)),
        (names(&before, 0), names(&before, 1))
    );
    assert_eq!(list.counts(), before.counts());
    assert_eq!((&list.items, list.standings()), (&before.items, [0, 2, 0]));
    assert_eq!(list.step(true), Some("gave a.png “owl”".to_owned()));
    assert_eq!(list.add([PathBuf::from("/p/a.png")]), 0, "it is known");
}

#[test]
fn only_the_chosen_ones_are_written() {
    let list = list();
    assert_eq!(list.to_write(None).len(), 2);
    let chosen = list.to_write(Some(&BTreeSet::from([1])));
    assert_eq!(chosen.len(), 1);
    assert_eq!(chosen[0].0, PathBuf::from("/p/b.png"));
    assert_eq!(chosen[0].1[0], ("dog".to_owned(), Some(0.7)));
}

#[test]
fn an_untrained_model_orders_pictures_and_gives_about_as_many_labels_as_usual() {
    let mut list = List::default();
    let path = |i: usize| PathBuf::from(format!("/p/{i}.png"));
    list.add((0..16).map(path));
    let labels: Vec<String> = (0..6).map(|c| format!("l{c}")).collect();
    list.begin("clip".into(), String::new(), labels.clone(), vec![0.5; 6], false);
    for i in 0..16 {
        // Every probability is 1 to the last digit.
        let log_odds: Vec<f32> = (0..6).map(|c| 20.0 + ((i * 5 + c * 7) % 11) as f32).collect();
        let evidence = TagEvidence {
            probability: log_odds.iter().map(|z| crate::explain::probability(*z)).collect(),
            patches: vec![Vec::new(); 6],
            log_odds,
            ..TagEvidence::default()
        };
        assert!(evidence.probability.iter().all(|p| *p == 1.0));
        list.note(&path(i), &evidence);
    }
    let given: usize = (0..16).map(|i| list.given(i).len()).sum();
    assert!((24..=40).contains(&given), "{given}");
    let first = list.given(0);
    assert!(
        first
            .iter()
            .all(|g| matches!(g.sure, Sure::Order(_, share) if (0.0..=1.0).contains(&share)))
    );
    assert!(
        first.windows(2).all(|pair| pair[0].rank() >= pair[1].rank()),
        "most likely first"
    );
    // What a person chose stays, whatever comes.
    list.set_threshold(0, 0.99);
    list.start_thresholds();
    assert_eq!(list.thresholds[0], 0.99);
    // The same tagger again, for new pictures, does not forget where thresholds began.
    let began = list.fitted.clone();
    list.begin("clip".into(), String::new(), labels, vec![0.5; 6], false);
    assert_eq!(list.fitted, began);
}
