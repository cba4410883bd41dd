//! Tables with what goes wrong in them, and what no table can say.

use super::*;

fn set() -> Set {
    let set = Set::new();
    set.picture("a.png", 1).picture("b.png", 2);
    set
}

fn read(set: &Set, text: impl AsRef<[u8]>) -> Result<(Dataset, ImportReport), DatasetError> {
    set.write("t.csv", text);
    let file = set.path("t.csv");
    set.import_as(|request| request.data = file)
}

// FAULTS 30: ragged rows.
#[test]
fn wrong_rows_name_their_line() {
    let set = set();
    let wrong: [(&[u8], usize, &str); 9] = [
        (b"filename,cat\na.png,1\nb.png\n", 3, "2 cells were expected"),
        (b"filename,cat\na.png,1,0\n", 2, "this row has 3"),
        (
            b"\xEF\xBB\xBFfilename,cat\r\n\r\na.png,1\r\n\"b\nc\",1,1\r\n",
            4,
            "this row has 3",
        ),
        (b"sep=;\nfilename;cat\na.png;1\nb.png\n", 4, "2 cells"),
        (
            b"filename,cat\na.png,1\nb.png,maybe\n",
            3,
            "column 2, but this is \"maybe\"",
        ),
        (
            b"filename,label,score\na.png,cat,1\nb.png,cat,much\n",
            3,
            "a score was expected",
        ),
        (b"filename,cat\na.png,1\n,1\n", 3, "names no picture"),
        (
            b"filename,cat,cat\na.png,1,0\n",
            1,
            "columns 2 and 3 are both named \"cat\"",
        ),
        (b"filename,label\na.png,\xB3\xB5\xC1\xBE\n", 2, "UTF-8"),
    ];
    for (text, line, words) in wrong {
        let error = read(&set, text).unwrap_err();
        let told = error.to_string();
        assert!(
            matches!(error, DatasetError::Parse { line: Some(l), .. } if l == line),
            "{told}"
        );
        assert!(told.contains(words) && told.contains("t.csv"), "{told}");
    }
    let (dataset, _) = read(&set, "filename,cat\na.png,1\n,\n  ,\nb.png,0\n").unwrap();
    assert_eq!(
        dataset.pictures.len(),
        2,
        "rows of empty cells are left behind by spreadsheets"
    );
}

#[test]
fn what_is_no_table_is_said() {
    let set = set();
    for (text, words) in [
        (&b""[..], "empty"),
        (b"filename,cat\na.png,1\0\0\n", "zero bytes"),
        (b"\xFF\xFEf\0i\0l\0e\0n\0a\0m\0e", "UTF-16"),
        (b"\xFF\xFE\x00\xDC\x00\xD8", "UTF-16"),
        (b"filename,cat\n", "no picture"),
        (b"x,y\n1,2\n", "no column has names of pictures"),
        (
            b"filename,author,place\na.png,Ann,Rome\n",
            "nothing tells which column has the labels",
        ),
    ] {
        let error = read(&set, text).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    let open = [b"filename,labels\na.png,\"".to_vec(), vec![b'x'; 65 << 20]].concat();
    let error = read(&set, open).unwrap_err().to_string();
    assert!(error.contains("not closed"), "{error}");
}

// FAULTS 15, 33 and 38.
#[test]
fn paths_out_copies_and_contradictions_are_told() {
    let outer = Set::new();
    outer
        .picture("secret.png", 9)
        .picture("in/a.png", 1)
        .picture("in/b.png", 2);
    let table = "filename,labels,split\na.png,cat,train\n../secret.png,x,\nb.png,Cat,extra\ngone.png,x,\nb.png,big,\na.png,cat,test\n";
    outer.write("in/t.csv", table);
    let (dataset, report) = outer.import_as(|r| r.data.push("in/t.csv")).unwrap();
    assert_eq!(names(&dataset), ["a.png", "b.png"]);
    assert_eq!(report.unmatched, ["../secret.png", "gone.png"]);
    let told = codes(&report);
    assert_eq!(
        told,
        ["repeated", "leakage", "split-unknown", "path-refused", "similar-labels"]
    );
    assert_eq!(dataset.pictures[1].positives.len(), 2);
}

#[test]
fn reading_a_table_can_be_stopped() {
    let set = set();
    set.write("t.csv", format!("filename,cat\n{}", "a.png,1\n".repeat(300_000)));
    let mut calls = 0;
    let stopped = import(&ImportRequest::new(&set.path("t.csv")), &mut |done, total| {
        calls += 1;
        assert!(done <= total && total == 2343);
        if done > 1000 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    assert!(matches!(stopped, Err(DatasetError::Cancelled)) && calls == 2, "{calls}");
}

// FAULTS 32.
#[test]
fn formulas_are_made_harmless_on_request() {
    let set = set();
    let labels = ["=cmd()", "+1", "-x", "@y", "\tz", "fine"];
    let (mut dataset, _) = read(&set, "filename,labels\na.png,cat\nb.png,\n").unwrap();
    dataset.labels = labels.map(str::to_owned).to_vec();
    dataset.pictures[0].positives = (0..6).collect();
    let out = set.path("out.csv");
    let table = |safe: bool, shape: TableShape| {
        let report = export_as(&dataset, Format::Csv, &out, |r| {
            (r.spreadsheet_safe, r.table, r.replace) = (safe, shape, true);
        });
        (std::fs::read_to_string(&out).unwrap(), report.unwrap())
    };
    let (text, report) = table(true, TableShape::Wide);
    assert_eq!(
        text.lines().next().unwrap(),
        "\u{feff}filename,'=cmd(),'+1,'-x,'@y,'\tz,fine"
    );
    assert_eq!(report.warnings[0].code, "spreadsheet-safe");
    assert!(report.warnings[0].message.starts_with("5 cells"), "{report:?}");
    let (text, _) = table(true, TableShape::Long);
    assert!(
        text.contains("a.png,'=cmd()\n") && text.contains("a.png,fine\n") && text.contains("b.png,\n"),
        "{text}"
    );
    let (text, report) = table(false, TableShape::Wide);
    assert!(
        text.starts_with("filename,=cmd(),+1,-x,@y,\tz,fine\n") && report.warnings.is_empty(),
        "{text}"
    );
}

#[test]
fn what_a_table_cannot_say_is_refused() {
    let set = set();
    let (good, _) = read(&set, "filename,labels\na.png,cat|dog\nb.png,\n").unwrap();
    let refused = |labels: [&str; 2], shape: TableShape| {
        let mut dataset = good.clone();
        dataset.labels = labels.map(str::to_owned).to_vec();
        let out = set.path("out.csv");
        let error = export_as(&dataset, Format::Csv, &out, |r| r.table = shape).map(|_| ());
        assert!(!out.exists(), "{labels:?}");
        assert!(
            matches!(error, Err(DatasetError::Inexpressible { .. })),
            "{labels:?} {error:?}"
        );
        error.unwrap_err().to_string()
    };
    refused(["", "x"], TableShape::Long);
    refused(["x\0", "x"], TableShape::Wide);
    let text = refused(["|;/~^#", "&+*,"], TableShape::Joined);
    assert!(text.contains("| ; /"), "{text}");
    let mut one = good.clone();
    one.labels.truncate(1);
    one.labels[0] = "tags".to_owned();
    one.pictures.iter_mut().for_each(|p| p.positives.retain(|l| *l == 0));
    let error = export_as(&one, Format::Csv, &set.path("out.csv"), |_| ())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("taken for something else") && error.contains("filename, tags"),
        "{error}"
    );
}

#[test]
fn losses_are_told() {
    let set = set();
    let (mut dataset, _) = read(&set, "filename,cat,dog,fish\na.png,1,0,\nb.png,0,0,0\n").unwrap();
    dataset.pictures[0].boxes.push(crate::dataset::model::BoxAnnotation {
        label: 0,
        bounds: [0.0, 0.0, 1.0, 1.0],
    });
    let told = |dataset: &Dataset, shape: TableShape| -> Vec<String> {
        let out = set.path("out.csv");
        let report = export_as(dataset, Format::Csv, &out, |r| (r.table, r.replace) = (shape, true));
        report.unwrap().warnings.into_iter().map(|w| w.code).collect()
    };
    assert_eq!(told(&dataset, TableShape::Wide), ["boxes-lost"]);
    assert_eq!(told(&dataset, TableShape::Long), ["boxes-lost", "labels-lost"]);
    assert_eq!(
        told(&dataset, TableShape::Joined),
        ["boxes-lost", "truths-lost", "labels-lost"]
    );
    dataset.absent = Absent::Unknown;
    assert_eq!(told(&dataset, TableShape::Wide), ["boxes-lost"]);
    assert_eq!(
        told(&dataset, TableShape::Long),
        ["boxes-lost", "labels-lost", "absent"]
    );
}
