//! What goes in comes out.

use super::*;
use crate::dataset::model::{BoxAnnotation, Split, Warning};
use crate::project::rows::LabelSummary;
use crate::project::{BoxRow, Run, RunState};

#[test]
fn an_import_comes_out_as_it_went_in() {
    let fixture = Fixture::new();
    let labels = ["a,b", "say \"hi\"", "two\nlines", "🦊", "שלום", "=cmd()", " Cat", "cat"];
    let mut first = picture(fixture.path("z.jpg"), &[0, 3, 7]);
    first.split = Some(Split::Train);
    first.boxes = vec![
        BoxAnnotation {
            label: 3,
            bounds: [0.1, 0.25, 3.3, 2.0],
        },
        BoxAnnotation {
            label: 0,
            bounds: [1.0, 1.0, 1.0, 1.0],
        },
    ];
    let mut second = picture(fixture.path("a.jpg"), &[]);
    second.split = Some(Split::Test);
    second.positives = vec![4];
    let third = picture(fixture.path("m.jpg"), &[1]);
    let report = ImportReport {
        images: 3,
        warnings: vec![Warning::new("odd", "“odd”")],
        ..ImportReport::default()
    };
    let data = dataset(&labels, vec![first, second, third], Absent::Negative);
    fixture.create().import(&data, &report).unwrap();

    let project = fixture.open();
    assert_eq!(names(&project), labels);
    let rows = project.pictures(None).unwrap();
    assert_eq!(
        rows.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(),
        ["z.jpg", "a.jpg", "m.jpg"]
    );
    for (row, picture) in rows.iter().zip(&data.pictures) {
        assert_eq!(
            (&row.path, row.width, row.height, row.split, row.source_split),
            (&picture.path, 4, 3, picture.split, picture.split)
        );
        assert_eq!(project.picture(row.id).unwrap(), *row);
    }
    let matrix = project.truth(&[rows[2].id, rows[0].id]).unwrap();
    assert_eq!((matrix.rows, matrix.cols), (2, 8));
    assert_eq!(matrix.positives(), [vec![1], vec![0, 3, 7]]);
    assert!(matrix.values.iter().all(|v| *v >= 0));
    let label = label_ids(&project);
    assert_eq!(
        project.boxes(rows[0].id).unwrap(),
        [
            BoxRow {
                label: label[3],
                bounds: [0.1, 0.25, 3.3, 2.0]
            },
            BoxRow {
                label: label[0],
                bounds: [1.0, 1.0, 1.0, 1.0]
            }
        ]
    );
    assert_eq!(project.pictures(Some(Split::Test)).unwrap(), [rows[1].clone()]);
    assert_eq!(project.import_reports().unwrap(), [report]);
    let summary = project.summary().unwrap();
    assert_eq!(summary.images, 3);
    assert_eq!(summary.splits, [("train".to_owned(), 1), ("test".to_owned(), 1)].into());
    assert_eq!(
        summary.labels[4],
        LabelSummary {
            label: "שלום".into(),
            train: 0,
            val: 0,
            test: 1
        }
    );
    assert_eq!(
        summary.labels[3],
        LabelSummary {
            label: "🦊".into(),
            train: 1,
            val: 0,
            test: 0
        }
    );
}

#[test]
#[cfg(unix)]
fn a_name_that_is_not_unicode_comes_back_exactly() {
    use std::os::unix::ffi::OsStrExt;
    let fixture = Fixture::new();
    let path = fixture.root.path().join(std::ffi::OsStr::from_bytes(b"caf\xe9.jpg"));
    let odd = dataset(&[], vec![picture(path.clone(), &[])], Absent::Negative);
    fixture.create().import(&odd, &ImportReport::default()).unwrap();
    let project = fixture.open();
    assert_eq!(project.pictures(None).unwrap()[0].path, path);
}

#[test]
#[cfg(target_os = "linux")]
fn a_project_may_have_a_name_that_is_not_unicode() {
    use std::os::unix::ffi::OsStrExt;
    let root = tempfile::tempdir().unwrap();
    let place = root.path().join(std::ffi::OsStr::from_bytes(b"\xff.patchlight"));
    Project::create(&place).unwrap().set_setting("a", "b").unwrap();
    assert_eq!(
        Project::open(&place).unwrap().setting("a").unwrap().as_deref(),
        Some("b")
    );
    assert!(
        place.join("backup").read_dir().unwrap().next().is_some(),
        "the copy lies in the same folder"
    );
}

#[test]
fn silence_means_what_the_import_said() {
    let fixture = Fixture::new();
    let mut project = fixture.create();
    let mut known = picture(fixture.path("a.jpg"), &[0]);
    known.negatives = vec![1];
    let data = dataset(&["x", "y", "z"], vec![known], Absent::Unknown);
    project.import(&data, &ImportReport::default()).unwrap();
    let mut said = picture(fixture.path("b.jpg"), &[1]);
    said.unknowns = vec![0];
    let data = dataset(&["y", "z", "new"], vec![said], Absent::Negative);
    project.import(&data, &ImportReport::default()).unwrap();
    assert_eq!(names(&project), ["x", "y", "z", "new"]);
    assert_eq!(truth(&project), [1, 0, -1, -1, 0, -1, 1, 0]);
}

#[test]
fn a_second_import_renews_the_source_and_keeps_human_edits() {
    let fixture = Fixture::new();
    let mut project = fixture.animals();
    let (pictures, labels) = (ids(&project), label_ids(&project));
    project
        .set_label(&pictures[2..], labels[1], crate::dataset::model::Truth::Positive)
        .unwrap();
    let again = ["a.jpg", "c.jpg", "d.jpg"].map(|name| picture(fixture.path(name), &[1]));
    project
        .import(
            &dataset(&["cat", "dog"], again.to_vec(), Absent::Negative),
            &ImportReport::default(),
        )
        .unwrap();
    assert_eq!(ids(&project)[..3], pictures[..]);
    assert_eq!(truth(&project), [0, 1, 0, 1, 0, 1, 0, 1]);
    project.undo().unwrap();
    assert_eq!(truth(&project), [0, 1, 0, 1, 0, 1, 0, 1], "the source says dog by now");
}

#[test]
fn an_import_that_contradicts_itself_leaves_nothing() {
    let fixture = Fixture::new();
    let mut project = fixture.create();
    let data = dataset(
        &["x"],
        vec![
            picture(fixture.path("a.jpg"), &[0]),
            picture(fixture.path("b.jpg"), &[1]),
        ],
        Absent::Negative,
    );
    let error = project.import(&data, &ImportReport::default()).unwrap_err();
    assert!(
        matches!(&error, ProjectError::LabelIndex { name, label: 1, labels: 1 } if name == "b.jpg"),
        "{error}"
    );
    assert!(project.pictures(None).unwrap().is_empty() && project.labels().unwrap().is_empty());
}

#[test]
fn twenty_thousand_pictures() {
    let fixture = Fixture::new();
    let mut project = fixture.create();
    let labels: Vec<String> = (0..80).map(|i| format!("label {i}")).collect();
    let positives = |i: usize| {
        vec![i % 80, i % 79 + 1]
            .into_iter()
            .collect::<std::collections::BTreeSet<_>>()
    };
    let pictures = (0..20_000)
        .map(|i| {
            picture(
                fixture.path(&format!("{i}.jpg")),
                &positives(i).into_iter().filter(|l| *l < 80).collect::<Vec<_>>(),
            )
        })
        .collect();
    let data = Dataset {
        details: Vec::new(),
        labels,
        pictures,
        absent: Absent::Negative,
    };
    project.import(&data, &ImportReport::default()).unwrap();
    let all = ids(&project);
    let matrix = project.truth(&all).unwrap();
    assert_eq!(
        matrix.positives(),
        data.pictures.iter().map(|p| p.positives.clone()).collect::<Vec<_>>()
    );
    let half: Vec<_> = all.iter().step_by(2).map(|id| (*id, Some(Split::Val))).collect();
    project.set_splits(&half).unwrap();
    assert_eq!(project.pictures(Some(Split::Val)).unwrap().len(), 10_000);
}

#[test]
fn splits_are_set_all_or_none() {
    let fixture = Fixture::new();
    let mut project = fixture.animals();
    let pictures = ids(&project);
    project
        .set_splits(&[(pictures[0], Some(Split::Train)), (pictures[1], Some(Split::Val))])
        .unwrap();
    let error = project.set_splits(&[(pictures[0], None), (999, None)]).unwrap_err();
    assert!(matches!(error, ProjectError::NoPicture { id: 999 }));
    let splits: Vec<_> = project
        .pictures(None)
        .unwrap()
        .iter()
        .map(|p| (p.split, p.source_split))
        .collect();
    assert_eq!(
        splits,
        [(Some(Split::Train), None), (Some(Split::Val), None), (None, None)]
    );
    project.set_splits(&[(pictures[0], None)]).unwrap();
    assert_eq!(project.summary().unwrap().splits, [("val".to_owned(), 1)].into());
}

#[test]
fn runs_keep_their_order_and_state() {
    let fixture = Fixture::new();
    let mut project = fixture.create();
    let run = |id: &str, parent: Option<&str>| Run {
        id: id.to_owned(),
        stage: if parent.is_some() { 2 } else { 1 },
        state: RunState::Running,
        created: 1_700_000_000,
        config: serde_json::json!({"b": 1, "a": [1.5, "x"]}),
        parent: parent.map(str::to_owned),
        error: None,
        training: 0,
        name: None,
    };
    project.insert_run(&run("run-2", None)).unwrap();
    project.insert_run(&run("run-1", Some("run-2"))).unwrap();
    assert!(matches!(
        project.insert_run(&run("run-1", None)),
        Err(ProjectError::RunExists { .. })
    ));
    for bad in ["", "..", "a/b", "a\\b", ".hidden"] {
        assert!(
            matches!(project.insert_run(&run(bad, None)), Err(ProjectError::RunName { .. })),
            "{bad:?}"
        );
    }
    project
        .set_run_state("run-2", RunState::Failed, Some("no memory"))
        .unwrap();
    assert!(matches!(
        project.set_run_state("run-9", RunState::Done, None),
        Err(ProjectError::NoRun { .. })
    ));
    drop(project);
    let project = fixture.open();
    let failed = Run {
        state: RunState::Failed,
        error: Some("no memory".into()),
        training: 1,
        ..run("run-2", None)
    };
    let second = Run {
        training: 2,
        ..run("run-1", Some("run-2"))
    };
    assert_eq!(project.runs().unwrap(), [failed, second]);
    assert_eq!(project.summary().unwrap().runs[0].state.name(), "failed");
    assert_eq!(project.run_folder("run-2"), project.folder().join("runs").join("run-2"));
}
