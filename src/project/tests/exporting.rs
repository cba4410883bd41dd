//! A project as a data set, and back.

use super::*;
use crate::dataset::model::{BoxAnnotation, LabelDetails, Split, Truth};
use crate::project::Filter;
use crate::project::query::SplitFilter;
use proptest::prelude::*;

fn text() -> impl Strategy<Value = Option<String>> {
    proptest::option::of(proptest::sample::select(vec![
        "a cat",
        "=1+1",
        "two\nlines",
        "שלום",
        "",
    ]))
    .prop_map(|t| t.map(str::to_owned))
}

fn details() -> impl Strategy<Value = LabelDetails> {
    (text(), proptest::option::of(0..0x100_0000u32), text()).prop_map(|(prompt_words, colour, description)| {
        LabelDetails {
            prompt_words,
            colour,
            description,
        }
    })
}

/// Values of the labels (-2: not said), split, boxes.
type Drawn = (Vec<i8>, Option<Split>, Vec<(usize, [f32; 4])>);

/// What importers make: label lists ascending and apart, boxes of labels that are there.
fn one(labels: usize) -> impl Strategy<Value = Drawn> {
    (
        proptest::collection::vec(-2..2i8, labels),
        proptest::option::of(proptest::sample::select(Split::ALL.to_vec())),
        proptest::collection::vec(
            (0..labels.max(1), [0.0..9.0f32, 0.0..9.0f32, 0.1..9.0f32, 0.1..9.0f32]),
            0..3,
        ),
    )
}

fn data() -> impl Strategy<Value = Dataset> {
    const NAMES: [&str; 6] = [" Cat", "cat", "a/b", "🦊,\"x\"", "two\nlines", "a//b"];
    (0..=NAMES.len()).prop_flat_map(|labels| {
        let details = proptest::collection::vec(details(), labels);
        let pictures = proptest::collection::vec(one(labels), 0..6);
        let absent = proptest::sample::select(vec![Absent::Negative, Absent::Unknown]);
        (details, pictures, absent).prop_map(move |(mut details, pictures, absent)| {
            if details.iter().all(|d| *d == LabelDetails::default()) {
                details.clear();
            }
            let pictures = pictures.into_iter().enumerate().map(|(i, (values, split, boxes))| {
                let of = |wanted: i8| (0..labels).filter(|l| values[*l] == wanted).collect::<Vec<_>>();
                Picture {
                    split,
                    negatives: of(0),
                    unknowns: of(-1),
                    boxes: boxes
                        .into_iter()
                        .filter(|(label, _)| values.get(*label) == Some(&1))
                        .map(|(label, bounds)| BoxAnnotation { label, bounds })
                        .collect(),
                    ..picture(PathBuf::from(format!("/nowhere/{}.jpg", 9 - i)), &of(1))
                }
            });
            Dataset {
                labels: NAMES[..labels].iter().map(|l| (*l).to_owned()).collect(),
                details,
                pictures: pictures.collect(),
                absent,
            }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_project_goes_out_as_it_came_in(mut data in data()) {
        let fixture = Fixture::new();
        let mut project = fixture.create();
        project.import(&data, &ImportReport::default()).unwrap();
        if data.pictures.is_empty() {
            // Nothing says what silence means.
            data.absent = Absent::Negative;
        }
        prop_assert_eq!(&project.dataset(&Filter::default()).unwrap(), &data);
    }
}

#[test]
fn edits_go_out_as_truth() {
    let fixture = Fixture::new();
    let mut first = picture(fixture.path("a.jpg"), &[0]);
    first.boxes = [0, 1]
        .map(|label| BoxAnnotation {
            label,
            bounds: [0.0, 0.0, 1.0, label as f32 + 1.0],
        })
        .to_vec();
    first.positives = vec![0, 1];
    let second = picture(fixture.path("b.jpg"), &[2]);
    let mut project = fixture.create();
    let data = dataset(&["cat", "kitty", "dog"], vec![first, second], Absent::Negative);
    project.import(&data, &ImportReport::default()).unwrap();
    let (pictures, labels) = (ids(&project), label_ids(&project));
    project.merge_labels(labels[1], labels[0]).unwrap();
    project.set_label(&pictures[1..], labels[2], Truth::Unknown).unwrap();
    project
        .suggest_label(&pictures[1..], labels[0], Truth::Positive)
        .unwrap();
    project.move_label(labels[2], 0).unwrap();
    project.set_splits(&[(pictures[1], Some(Split::Val))]).unwrap();
    let out = project.dataset(&Filter::default()).unwrap();
    assert_eq!(out.labels, ["dog", "cat"]);
    assert_eq!((&out.pictures[0].positives, out.pictures[0].boxes.len()), (&vec![1], 2));
    assert_eq!(
        (
            &out.pictures[1].positives,
            &out.pictures[1].unknowns,
            out.pictures[1].split
        ),
        (&vec![], &vec![0], Some(Split::Val))
    );
    // A box of what is not there any more would say that it is.
    project.set_label(&pictures[..1], labels[0], Truth::Negative).unwrap();
    let out = project.dataset(&Filter::default()).unwrap();
    assert_eq!((&out.pictures[0].negatives, out.pictures[0].boxes.len()), (&vec![1], 0));

    let names = |filter: Filter| -> Vec<String> {
        let pictures = project.dataset(&filter).unwrap().pictures;
        pictures.into_iter().map(|p| p.name).collect()
    };
    let split = SplitFilter::In(Split::Val);
    assert_eq!(
        names(Filter {
            split,
            ..Filter::default()
        }),
        ["b.jpg"]
    );
    let edited = Filter {
        edited: true,
        limit: Some(1),
        ..Filter::default()
    };
    assert_eq!(names(edited), ["a.jpg"]);
}

#[test]
fn silences_that_differ_are_written_out() {
    let fixture = Fixture::new();
    let mut project = fixture.create();
    let labels = ["x", "y"];
    let names = ["a.jpg", "b.jpg"].map(|name| picture(fixture.path(name), &[0]));
    project
        .import(
            &dataset(&labels, names.to_vec(), Absent::Unknown),
            &ImportReport::default(),
        )
        .unwrap();
    let more = vec![picture(fixture.path("c.jpg"), &[1])];
    project
        .import(&dataset(&labels, more, Absent::Negative), &ImportReport::default())
        .unwrap();
    let out = project.dataset(&Filter::default()).unwrap();
    assert_eq!(out.absent, Absent::Unknown);
    assert_eq!(
        (&out.pictures[0].negatives, &out.pictures[2].negatives),
        (&vec![], &vec![0])
    );
    let other = Fixture::new();
    let mut copy = other.create();
    copy.import(&out, &ImportReport::default()).unwrap();
    assert_eq!(truth(&copy), truth(&project));
    assert_eq!(copy.dataset(&Filter::default()).unwrap(), out);
    let few = Filter {
        limit: Some(0),
        ..Filter::default()
    };
    assert_eq!(project.dataset(&few).unwrap().pictures, []);
}
