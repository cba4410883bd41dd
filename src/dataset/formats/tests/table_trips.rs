//! Tables with labels of any kind are read back as they were, or refused with a sentence.

use super::*;
use crate::dataset::model::Picture;
use proptest::prelude::*;

/// Names as they trip readers up: blanks, separators, quotes, numbers, words of tables, "No Finding".
fn label() -> impl Strategy<Value = String> {
    let odd = [
        "No Finding",
        "No Findings",
        "0",
        "1",
        "16",
        "-1",
        "0.5",
        "yes",
        "n",
        "nan",
        "?",
        "",
        " ",
        "label",
        "labels",
        "tags",
        "age",
        "split",
        "train",
        "filename",
        "id",
        "score",
        "a b",
        "a,b",
        "a|b",
        "a;b",
        "a, b",
        "\"a\"",
        "a\"b",
        "'a'",
        "[a]",
        "['a', 'b']",
        "{}",
        "{\"a\": 1}",
        "a\nb",
        "x.png",
        "a\nx.png,b",
        "=cmd()",
        "-a",
        "\u{feff}a",
        "caf\u{e9}",
        "\u{8f66}",
        "\u{5d0}\u{5d1}",
        "/m/01g317",
        "coarse label",
        "negatives",
        "partition",
        "A dog runs over the wet green grass",
        "a\tb",
        "a/b",
        "1 2 3",
        "c",
        "d",
        "e f",
    ];
    prop_oneof![
        3 => proptest::sample::select(odd.to_vec()).prop_map(str::to_owned),
        2 => "[a-c][ |,;\"'a-c0-9]{0,6}",
        1 => "[0-9]{1,3}",
        1 => any::<String>(),
    ]
}

#[derive(Clone, Debug)]
struct Said {
    labels: Vec<String>,
    /// For each picture: labels that are there, and those of which it is not known.
    pictures: Vec<(Vec<usize>, Vec<usize>)>,
}

fn said() -> impl Strategy<Value = Said> {
    proptest::collection::btree_set(label(), 1..6).prop_flat_map(|labels| {
        let labels: Vec<String> = labels.into_iter().collect();
        let count = labels.len();
        let some = proptest::collection::vec(0..count, 0..4);
        let pictures = proptest::collection::vec((some.clone(), some), 1..6);
        (Just(labels), pictures).prop_map(|(labels, pictures)| Said { labels, pictures })
    })
}

/// What is there, what is not, what is not known: names of labels by names of pictures.
fn facts(dataset: &Dataset, all: bool) -> Vec<(String, [Vec<String>; 3])> {
    let of = |picture: &Picture| {
        let names = |labels: &[usize]| {
            let mut names: Vec<String> = labels.iter().map(|l| dataset.labels[*l].clone()).collect();
            names.sort();
            names
        };
        let truths = if all {
            [&picture.negatives[..], &picture.unknowns[..]]
        } else {
            [&[][..], &[][..]]
        };
        (
            picture.name.clone(),
            [names(&picture.positives), names(truths[0]), names(truths[1])],
        )
    };
    dataset.pictures.iter().map(of).collect()
}

fn trip(said: &Said, shape: TableShape, absent: Absent) -> Result<(), TestCaseError> {
    let set = Set::new();
    let pictures: Vec<Picture> = said
        .pictures
        .iter()
        .enumerate()
        .map(|(i, (positives, unknowns))| {
            let name = format!("p{i}.png");
            set.picture(&name, i as u8 * 40);
            let mut positives = positives.clone();
            positives.sort_unstable();
            positives.dedup();
            let mut others: Vec<usize> = unknowns.iter().copied().filter(|l| !positives.contains(l)).collect();
            others.sort_unstable();
            others.dedup();
            let (negatives, unknowns) = match absent {
                Absent::Negative => (Vec::new(), others),
                Absent::Unknown => (others, Vec::new()),
            };
            Picture {
                path: set.path(&name),
                name,
                width: 20,
                height: 10,
                split: None,
                positives,
                negatives,
                unknowns,
                boxes: Vec::new(),
            }
        })
        .collect();
    let dataset = Dataset {
        labels: said.labels.clone(),
        pictures,
        absent,
        ..Dataset::default()
    };
    let out = set.path("table.csv");
    match export_as(&dataset, Format::Csv, &out, |request| request.table = shape) {
        Err(error) => {
            prop_assert!(matches!(error, DatasetError::Inexpressible { .. }), "{error}");
            prop_assert!(error.to_string().len() > 20 && !out.exists(), "{error}");
        }
        Ok(_) => {
            let told = set.import_as(|request| (request.data, request.absent) = (out, absent));
            let (again, report) = told.map_err(|error| TestCaseError::fail(format!("{error} {said:?}")))?;
            let all = shape != TableShape::Joined;
            prop_assert_eq!(facts(&again, all), facts(&dataset, all), "{:?}", report.warnings);
            if shape == TableShape::Wide {
                prop_assert_eq!(again.labels, dataset.labels);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(192) })]

    #[test]
    fn any_labels_come_back_or_are_refused(said in said(), absent in proptest::sample::select(vec![Absent::Negative, Absent::Unknown])) {
        for shape in [TableShape::Wide, TableShape::Joined, TableShape::Long] {
            trip(&said, shape, absent)?;
        }
    }
}

#[test]
fn usual_names_are_not_refused() {
    let said = Said {
        labels: ["traffic light", "dog", "big dog", "No Finding", "caf\u{e9}, small"]
            .map(str::to_owned)
            .to_vec(),
        pictures: vec![
            (vec![0, 1], vec![2]),
            (vec![2, 1, 4], vec![]),
            (vec![3], vec![]),
            (vec![0], vec![1]),
        ],
    };
    for shape in [TableShape::Wide, TableShape::Joined, TableShape::Long] {
        let set = Set::new();
        let pictures = said.pictures.iter().enumerate().map(|(i, (positives, _))| {
            let name = format!("p{i}.png");
            set.picture(&name, i as u8 * 40);
            let mut positives = positives.clone();
            positives.sort_unstable();
            Picture {
                path: set.path(&name),
                name,
                width: 20,
                height: 10,
                split: None,
                positives,
                negatives: Vec::new(),
                unknowns: Vec::new(),
                boxes: Vec::new(),
            }
        });
        let dataset = Dataset {
            labels: said.labels.clone(),
            pictures: pictures.collect(),
            ..Dataset::default()
        };
        let out = set.path("table.csv");
        export_as(&dataset, Format::Csv, &out, |request| request.table = shape).unwrap();
        let (again, _) = set.import_as(|request| request.data = out).unwrap();
        assert_eq!(facts(&again, false), facts(&dataset, false), "{shape:?}");
    }
}
