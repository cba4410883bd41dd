//! The numbers of a project, and the pictures behind them.

use super::*;
use crate::dataset::model::{Split, Truth};
use crate::dataset::split::Group;
use crate::project::overview::LabelPair;
use crate::project::{ASPECTS, Bin, MEGAPIXELS, Overview};

/// 130 pictures: every one is common, every fifth medium as well, every fiftieth rare as well; every tenth is for testing.
fn long_tail(fixture: &Fixture) -> Project {
    let pictures = (0..130usize).map(|i| {
        let mut labels = vec![0];
        labels.extend((i % 5 == 0).then_some(1));
        labels.extend((i % 50 == 0).then_some(2));
        Picture {
            split: Some(if i % 10 == 9 { Split::Test } else { Split::Train }),
            width: 1000 * (1 + i as u32 % 3),
            height: 1000,
            ..picture(fixture.path(&format!("{i}.jpg")), &labels)
        }
    });
    let data = dataset(&["rare not", "common", "medium", "rare"], Vec::new(), Absent::Negative);
    let data = Dataset {
        pictures: pictures
            .map(|mut p| {
                p.positives.iter_mut().for_each(|l| *l += 1);
                p
            })
            .collect(),
        ..data
    };
    let mut project = fixture.create();
    project.import(&data, &ImportReport::default()).unwrap();
    project
}

fn count(project: &Project, bin: Bin) -> usize {
    project.pictures_of(bin).unwrap().len()
}

#[test]
fn labels_are_sorted_by_frequency_and_every_number_leads_to_its_pictures() {
    let fixture = Fixture::new();
    let mut project = long_tail(&fixture);
    let labels = label_ids(&project);
    let overview = project.overview(2, 3).unwrap();
    assert_eq!((overview.pictures, overview.splits), (130, [117, 0, 13, 0]));
    let seen: Vec<_> = overview
        .labels
        .iter()
        .map(|l| (l.name.as_str(), l.positives, l.group))
        .collect();
    assert_eq!(
        seen,
        [
            ("common", [117, 0, 13, 0], Group::Head),
            ("medium", [26, 0, 0, 0], Group::Medium),
            ("rare", [3, 0, 0, 0], Group::Tail),
            ("rare not", [0; 4], Group::Tail),
        ]
    );
    assert_eq!(overview.groups, [1, 1, 2]);
    let pair = |a: usize, b: usize, pictures| LabelPair {
        first: labels[a],
        second: labels[b],
        pictures,
    };
    assert_eq!(overview.pairs, [pair(1, 2, 26), pair(1, 3, 3)]);
    assert_eq!(overview.together_labels, labels[1..]);
    assert_eq!(overview.together, [130, 26, 3, 26, 26, 3, 3, 3, 3]);
    assert_eq!(overview.labels_per_picture, [0, 104, 23, 3]);
    assert_eq!(overview.with_unknowns, 0);
    // 1, 2 and 3 megapixels: bounds belong to the bin above.
    assert_eq!(overview.megapixels.len(), MEGAPIXELS.len() + 1);
    assert_eq!(overview.megapixels[5..7], [87, 43]);
    assert_eq!((overview.aspects[4], overview.aspects[8]), (44, 86));
    assert_eq!(overview.aspects.len(), ASPECTS.len() + 1);

    project
        .set_label(&ids(&project)[..2], labels[0], Truth::Unknown)
        .unwrap();
    let overview = project.overview(2, 3).unwrap();
    assert_eq!((overview.labels[3].unknown, overview.with_unknowns), (2, 2));
    agree(&project, &overview);
}

/// Every number is the number of its pictures.
fn agree(project: &Project, overview: &Overview) {
    for label in &overview.labels {
        let id = label.label;
        for (split, n) in label.positives.iter().enumerate() {
            let split = Some(split);
            assert_eq!(count(project, Bin::Label { label: id, split }), *n);
        }
        assert_eq!(count(project, Bin::Label { label: id, split: None }), label.total());
        assert_eq!(count(project, Bin::Unknown { label: id }), label.unknown);
    }
    for LabelPair {
        first,
        second,
        pictures,
    } in &overview.pairs
    {
        let (first, second) = (*second, *first);
        assert_eq!(count(project, Bin::Together { first, second }), *pictures);
    }
    type Make = fn(usize) -> Bin;
    let bins: [(&[usize], Make); 3] = [
        (&overview.labels_per_picture, Bin::Labels),
        (&overview.megapixels, Bin::Megapixels),
        (&overview.aspects, Bin::Aspect),
    ];
    for (counts, bin) in bins {
        assert_eq!(counts.iter().sum::<usize>(), overview.pictures);
        for (i, n) in counts.iter().enumerate() {
            assert_eq!(count(project, bin(i)), *n, "{:?}", bin(i));
        }
    }
    assert_eq!(count(project, Bin::WithUnknowns), overview.with_unknowns);
    let text = serde_json::to_string(&(overview, Bin::Labels(2))).unwrap();
    assert_eq!(serde_json::from_str::<(Overview, Bin)>(&text).unwrap().0, *overview);
}

#[test]
fn silence_can_mean_that_nobody_looked() {
    let fixture = Fixture::new();
    let mut project = fixture.create();
    let mut known = picture(fixture.path("a.jpg"), &[0]);
    known.negatives = vec![1];
    let half = picture(fixture.path("b.jpg"), &[0]);
    let nothing = picture(fixture.path("c.jpg"), &[]);
    project
        .import(
            &dataset(&["x", "y"], vec![known, half, nothing], Absent::Unknown),
            &ImportReport::default(),
        )
        .unwrap();
    project
        .import(
            &dataset(&[], vec![picture(fixture.path("d.jpg"), &[])], Absent::Negative),
            &ImportReport::default(),
        )
        .unwrap();
    let (pictures, labels) = (ids(&project), label_ids(&project));
    project.set_label(&pictures[2..3], labels[1], Truth::Unknown).unwrap();
    let overview = project.overview(9, 9).unwrap();
    let unknown: Vec<usize> = overview.labels.iter().map(|l| l.unknown).collect();
    assert_eq!(
        (unknown, overview.with_unknowns, overview.splits),
        (vec![1, 2], 2, [0, 0, 0, 4])
    );
    assert_eq!(overview.labels[0].group, Group::Tail);
    assert_eq!(
        project.pictures_of(Bin::Unknown { label: labels[1] }).unwrap(),
        pictures[1..3]
    );
    agree(&project, &overview);
    agree(
        &fixture_without_anything().1,
        &Overview {
            megapixels: vec![0; MEGAPIXELS.len() + 1],
            aspects: vec![0; ASPECTS.len() + 1],
            ..Overview::default()
        },
    );
    assert_eq!(count(&project, Bin::Label { label: 99, split: None }), 0);
}

fn fixture_without_anything() -> (Fixture, Project) {
    let fixture = Fixture::new();
    let project = fixture.create();
    (fixture, project)
}
