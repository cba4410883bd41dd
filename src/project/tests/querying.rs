//! Predictions and the pictures that a window shows.

use super::*;
use crate::dataset::model::{Split, Truth};
use crate::project::Filter;
use crate::project::query::{LabelTest, Sort, SplitFilter};
use crate::project::rows::PredictionRow;

/// The names of the pictures that a filter lets through.
fn shown(project: &Project, filter: Filter) -> Vec<String> {
    project
        .query(&filter)
        .unwrap()
        .into_iter()
        .map(|id| project.picture(id).unwrap().name)
        .collect()
}

fn labelled(test: LabelTest) -> Filter {
    Filter {
        labels: vec![test],
        ..Filter::default()
    }
}

fn predicted(fixture: &Fixture) -> (Project, Vec<i64>, Vec<i64>) {
    let mut project = fixture.animals();
    let (pictures, labels) = (ids(&project), label_ids(&project));
    let rows = [
        (pictures[1], labels[0], 0.2, 0.875),
        (pictures[0], labels[0], 0.1, 0.25),
        (pictures[0], labels[1], -3.5, 0.0),
    ];
    project.set_predictions("run-1", &rows).unwrap();
    project
        .set_predictions("zero-shot", &[(pictures[2], labels[0], 0.0, 0.5)])
        .unwrap();
    (project, pictures, labels)
}

#[test]
fn predictions_come_back_in_the_order_asked() {
    let fixture = Fixture::new();
    let (mut project, pictures, labels) = predicted(&fixture);
    let row = |picture, label, score, probability| PredictionRow {
        picture,
        label,
        score,
        probability,
    };
    let expected = [
        row(pictures[1], labels[0], 0.2, 0.875),
        row(pictures[0], labels[0], 0.1, 0.25),
        row(pictures[0], labels[1], -3.5, 0.0),
    ];
    let asked = [pictures[2], pictures[1], pictures[0]];
    assert_eq!(project.predictions("run-1", &asked).unwrap(), expected);
    assert_eq!(project.predictions("none", &asked).unwrap(), []);
    project
        .set_predictions("run-1", &[(pictures[1], labels[0], 0.3, 0.75)])
        .unwrap();
    assert_eq!(
        project.predictions("run-1", &asked[1..2]).unwrap(),
        [row(pictures[1], labels[0], 0.3, 0.75)]
    );
    assert!(project.set_predictions("run-1", &[(999, labels[0], 0.0, 0.0)]).is_err());
    project.delete_label(labels[0]).unwrap();
    assert_eq!(project.predictions("run-1", &asked).unwrap(), expected[2..]);
}

#[test]
fn filters_by_truth_and_prediction() {
    let fixture = Fixture::new();
    let (mut project, pictures, labels) = predicted(&fixture);
    let cat = labels[0];
    let run = || "run-1".to_owned();
    assert_eq!(shown(&project, Filter::default()), ["a.jpg", "b.jpg", "c.jpg"]);
    let truth = |truth| labelled(LabelTest::Truth { label: cat, truth });
    assert_eq!(shown(&project, truth(Truth::Positive)), ["a.jpg"]);
    assert_eq!(shown(&project, truth(Truth::Negative)), ["b.jpg", "c.jpg"]);
    let at_least = |at_least| {
        labelled(LabelTest::Predicted {
            label: cat,
            run: run(),
            at_least,
        })
    };
    assert_eq!(shown(&project, at_least(0.5)), ["b.jpg"]);
    assert_eq!(shown(&project, at_least(0.25)), ["a.jpg", "b.jpg"]);
    let wrong = |threshold| {
        labelled(LabelTest::Contradicted {
            label: cat,
            run: run(),
            threshold,
        })
    };
    assert_eq!(
        shown(&project, wrong(0.5)),
        ["a.jpg", "b.jpg"],
        "a missing prediction contradicts nothing"
    );
    assert_eq!(shown(&project, wrong(0.9)), ["a.jpg"]);
    project.set_label(&pictures[..1], cat, Truth::Unknown).unwrap();
    assert_eq!(shown(&project, truth(Truth::Unknown)), ["a.jpg"]);
    assert_eq!(shown(&project, wrong(0.5)), ["b.jpg"], "the unknown is never wrong");
    assert_eq!(
        shown(&project, labelled(LabelTest::Unreviewed { label: cat })),
        ["b.jpg", "c.jpg"]
    );
    assert_eq!(shown(&project, labelled(LabelTest::Unlabelled)), ["a.jpg", "c.jpg"]);
}

#[test]
fn sorts_by_name_and_probability() {
    let fixture = Fixture::new();
    let (mut project, _, labels) = predicted(&fixture);
    let by = |descending| Filter {
        sort: Sort::Probability {
            label: labels[0],
            run: "run-1".to_owned(),
            descending,
        },
        ..Filter::default()
    };
    assert_eq!(shown(&project, by(true)), ["b.jpg", "a.jpg", "c.jpg"]);
    assert_eq!(
        shown(&project, by(false)),
        ["a.jpg", "b.jpg", "c.jpg"],
        "without a prediction last, either way"
    );
    let more = ["B2.jpg", "A2.jpg"].map(|name| picture(fixture.path(name), &[]));
    project
        .import(&dataset(&[], more.to_vec(), Absent::Negative), &ImportReport::default())
        .unwrap();
    let name = Filter {
        sort: Sort::Name,
        ..Filter::default()
    };
    assert_eq!(shown(&project, name), ["a.jpg", "A2.jpg", "b.jpg", "B2.jpg", "c.jpg"]);
}

#[test]
fn finds_names_and_splits_in_pages() {
    let fixture = Fixture::new();
    let mut project = fixture.create();
    let names = [
        "ÄPFEL_1.jpg",
        "äpfel_2.jpg",
        "a\u{308}pfel_3.jpg",
        "100%.jpg",
        "1000.jpg",
    ];
    let pictures = names.map(|name| picture(fixture.path(name), &[])).to_vec();
    project
        .import(&dataset(&[], pictures, Absent::Negative), &ImportReport::default())
        .unwrap();
    let text = |text: &str| Filter {
        text: Some(text.to_owned()),
        ..Filter::default()
    };
    assert_eq!(shown(&project, text("Äpf")), names[..3]);
    assert_eq!(shown(&project, text("0%")), names[3..4], "no wildcards");
    assert_eq!(shown(&project, text("")).len(), 5);
    let page = |offset| Filter {
        offset,
        limit: Some(2),
        ..text("pfel")
    };
    assert_eq!(shown(&project, page(0)), names[..2]);
    assert_eq!(shown(&project, page(2)), names[2..3]);
    assert_eq!(shown(&project, page(9)), [""; 0]);
    assert_eq!(
        shown(
            &project,
            Filter {
                limit: Some(0),
                ..Filter::default()
            }
        ),
        [""; 0]
    );
    let pictures = ids(&project);
    project.set_splits(&[(pictures[1], Some(Split::Val))]).unwrap();
    let split = |split| Filter {
        split,
        ..Filter::default()
    };
    assert_eq!(shown(&project, split(SplitFilter::In(Split::Val))), names[1..2]);
    assert_eq!(shown(&project, split(SplitFilter::Without)).len(), 4);
    assert_eq!(shown(&project, split(SplitFilter::In(Split::Train))), [""; 0]);
}
