//! Tables as people and tools write them.

use super::*;

/// Five pictures in a folder `images`.
fn pictures() -> Set {
    let set = Set::new();
    for (i, name) in ["a", "b", "c", "d", "e"].into_iter().enumerate() {
        set.picture(&format!("images/{name}.png"), i as u8 * 40);
    }
    set
}

fn read(set: &Set, text: impl AsRef<[u8]>) -> Result<(Dataset, ImportReport), DatasetError> {
    read_as(set, text, |_| ())
}

fn read_as(
    set: &Set,
    text: impl AsRef<[u8]>,
    change: impl FnOnce(&mut ImportRequest),
) -> Result<(Dataset, ImportReport), DatasetError> {
    set.write("labels.csv", text);
    let file = set.path("labels.csv");
    let (dataset, mut report) = set.import_as(|request| {
        request.data = file;
        change(request);
    })?;
    // Few of these tables name all of the pictures.
    report.warnings.retain(|warning| warning.code != "not-listed");
    Ok((dataset, report))
}

/// What is known of each picture: names of labels with `+`, `-` and `?`.
fn said(dataset: &Dataset) -> Vec<String> {
    let of = |picture: &crate::dataset::model::Picture| {
        let lists = [
            ('+', &picture.positives),
            ('-', &picture.negatives),
            ('?', &picture.unknowns),
        ];
        let words = lists
            .iter()
            .flat_map(|(sign, list)| list.iter().map(move |l| format!("{sign}{}", dataset.labels[*l])));
        words.collect::<Vec<_>>().join(" ")
    };
    dataset.pictures.iter().map(of).collect()
}

// FAULTS 37: what a label means that a picture does not mention is an explicit choice.
#[test]
fn a_wide_table_says_yes_no_and_not_known() {
    let set = pictures();
    let text = "filename,split,cat,\"dog, small\"\na.png,train,1,0\nb.png,valid,0,\nc.png,,?,true\nd.png,test,NO,Yes\n";
    let (dataset, report) = read(&set, text).unwrap();
    assert_eq!(dataset.labels, ["cat", "dog, small"]);
    assert_eq!(
        said(&dataset),
        ["+cat", "?dog, small", "+dog, small ?cat", "+dog, small"]
    );
    let splits: Vec<_> = dataset.pictures.iter().map(|p| p.split).collect();
    assert_eq!(splits, [Some(Split::Train), Some(Split::Val), None, Some(Split::Test)]);
    assert!(report.warnings.is_empty() && report.unmatched.is_empty(), "{report:?}");
    let (dataset, _) = read_as(&set, text, |r| r.absent = Absent::Unknown).unwrap();
    assert_eq!(
        said(&dataset),
        ["+cat -dog, small", "-cat", "+dog, small", "+dog, small -cat"],
        "what says no more than absence is not kept apart from it"
    );
    assert_eq!(dataset.absent, Absent::Unknown);
}

// FAULTS 30: byte order mark, CRLF, quotes.
#[test]
fn encodings_delimiters_and_line_ends_are_told() {
    let set = pictures();
    let plain = "filename,labels\r\na.png,\"cat|big \"\"dog\"\"\"\r\n\"b.png\",\r\nc.png,\"new\r\nline\"\r\n";
    let wanted = ["+cat +big \"dog\"", "", "+new\r\nline"];
    let utf16 = |mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| {
        let units = plain.encode_utf16().flat_map(bytes);
        mark.into_iter().chain(units).collect::<Vec<u8>>()
    };
    let tables: [Vec<u8>; 7] = [
        plain.into(),
        format!("\u{feff}{plain}").into(),
        plain.replace(',', ";").into(),
        plain.replace(',', "\t").into(),
        utf16([0xFF, 0xFE], u16::to_le_bytes),
        utf16([0xFE, 0xFF], u16::to_be_bytes),
        format!("sep=;\r\n{}", plain.replace(',', ";")).into(),
    ];
    for (i, table) in tables.into_iter().enumerate() {
        let (dataset, report) = read(&set, table).unwrap();
        assert_eq!(said(&dataset), wanted, "table {i}");
        assert!(report.warnings.is_empty(), "{:?}", report.warnings);
    }
}

#[test]
fn separators_of_joined_tables_are_told_or_given() {
    let set = pictures();
    let labels = |text: &str| read(&set, text).unwrap().0.labels;
    assert_eq!(
        labels("image,tags\na.png,cat; big dog ;\nb.png,cat\n"),
        ["cat", "big dog"]
    );
    assert_eq!(
        labels("image,tags\na.png,a;b|c\n"),
        ["a;b", "c"],
        "a bar before a semicolon"
    );
    assert_eq!(labels("Image File;Labels\na.png;cat|dog\n"), ["cat", "dog"]);
    assert_eq!(labels("filename,label\na.png,cat|dog\nb.png,cat\n"), ["cat", "dog"]);
    assert_eq!(
        labels("filename,labels/\na.png, a;b |c/d\n"),
        [" a;b |c", "d"],
        "a declared one leaves blanks"
    );
    let space = read_as(&set, "image_name,tags\na.png,haze primary\nb.png,haze\n", |r| {
        r.columns.separator = Some(' ');
    });
    assert_eq!(space.unwrap().0.labels, ["haze", "primary"]);
}

#[test]
fn a_long_table_has_scores_or_not() {
    let set = pictures();
    let (dataset, report) = read(&set, "file,label\na.png,dog\nb.png,cat\na.png,cat\nc.png,\n").unwrap();
    assert_eq!(said(&dataset), ["+dog +cat", "+cat", ""]);
    assert!(report.warnings.is_empty(), "{:?}", report.warnings);
    let scored = "file,label,score\na.png,dog,0.5\na.png,cat,0.49\nb.png,cat,0\nb.png,dog,\nc.png,,\nd.png,cat,1\n";
    let (dataset, report) = read(&set, scored).unwrap();
    assert_eq!(said(&dataset), ["+dog", "?dog", "", "+cat"]);
    assert_eq!(codes(&report), ["scores"]);
    let (dataset, _) = read_as(&set, scored, |r| {
        (r.absent, r.columns.threshold) = (Absent::Unknown, Some(0.2))
    })
    .unwrap();
    assert_eq!(said(&dataset), ["+dog +cat", "-cat", "", "+cat"]);
    let (dataset, _) = read(&set, "Datei;label;Score\na.png;cat;0,75\nb.png;cat;0,25\n").unwrap();
    assert_eq!(said(&dataset), ["+cat", ""], "decimal commas");
    let percent = "file,label,confidence\na.png,cat,97\nb.png,cat,1\n";
    let (dataset, _) = read_as(&set, percent, |r| r.columns.threshold = Some(50.0)).unwrap();
    assert_eq!(said(&dataset), ["+cat", ""]);
}

#[test]
fn other_columns_are_left_out_and_named() {
    let set = pictures();
    let text = ",filename,width,author,cat,dog\n0,a.png,640,Ann,1,0\n1,b.png,480,?,0,1\n";
    let (dataset, report) = read(&set, text).unwrap();
    assert_eq!(
        (dataset.labels.len(), said(&dataset)),
        (2, vec!["+cat".into(), "+dog".into()])
    );
    assert_eq!(codes(&report), ["columns-ignored"]);
    assert!(
        report.warnings[0].message.contains("column 1, width, author"),
        "{:?}",
        report.warnings
    );
    let (dataset, _) = read(&set, "image_id,label,source\na,3,web\nb,0,own\n").unwrap();
    assert_eq!(
        said(&dataset),
        ["+3", "+0"],
        "names without extension, classes with numbers"
    );
}

#[test]
fn minus_one_is_a_no_where_nothing_else_is() {
    let set = pictures();
    let (dataset, report) = read_as(&set, "image_id,cat,dog\na.png,1,-1\nb.png,-1,1\n", |r| {
        r.absent = Absent::Unknown;
    })
    .unwrap();
    assert_eq!(said(&dataset), ["+cat -dog", "+dog -cat"]);
    assert_eq!(codes(&report), ["minus-one"]);
    let (dataset, report) = read(&set, "image_id,cat,dog\na.png,1,-1\nb.png,-1,0\n").unwrap();
    assert_eq!(
        (said(&dataset), codes(&report).len()),
        (vec!["+cat ?dog".into(), "?cat".into()], 0)
    );
    let (dataset, report) = read(&set, "image,cat,dog\na.png,0.9,0.1\nb.png,0.5,0\n").unwrap();
    assert_eq!(
        (said(&dataset), codes(&report)),
        (vec!["+cat".into(), "+cat".into()], vec!["scores"])
    );
}

#[test]
fn a_table_without_a_header_gets_names() {
    let set = pictures();
    let (dataset, report) = read(&set, "a.png,cat|dog\nb.png,\n").unwrap();
    assert_eq!(
        (said(&dataset), codes(&report)),
        (vec!["+cat +dog".into(), String::new()], vec!["no-header"])
    );
    let text = "x,a.png,cat\ny,b.png,dog\n";
    let error = read(&set, text).unwrap_err();
    assert!(error.to_string().contains("column 1, column 2, column 3"), "{error}");
    let (dataset, _) = read_as(&set, text, |r| r.columns.labels = Some("column 3".into())).unwrap();
    assert_eq!(said(&dataset), ["+cat", "+dog"]);
    assert!(read(&set, "a.png,1,0\nb.png,0,1\n").is_err(), "labels without names");
}

#[test]
fn the_mapping_is_told_and_can_be_given_back() {
    let set = pictures();
    let tables = [
        "filename,split,cat,dog\na.png,train,1,0\n",
        "filename , labels;\na.png, x\n",
        "path,tags\na.png,a|b\n",
        "img,label,conf\na.png,x,0.7\n",
        "a.png,cat\nb.png,dog\n",
        "filename, label, note\na.png, cat, x\n",
    ];
    for text in tables {
        set.write("labels.csv", text);
        let mut request = ImportRequest::new(&set.path("labels.csv"));
        let told = preview(&request, 3, &mut on).unwrap();
        assert_eq!(told.format, Format::Csv);
        assert!(
            told.mapping.shape.is_some() && told.mapping.image.is_some() && told.columns.len() > 1,
            "{told:?}"
        );
        let (dataset, _) = import(&request, &mut on).unwrap();
        request.columns = told.mapping;
        assert_eq!(import(&request, &mut on).unwrap().0, dataset, "{text}");
    }
    set.write("labels.csv", tables[0]);
    let told = preview(&ImportRequest::new(&set.path("labels.csv")), 3, &mut on).unwrap();
    assert_eq!(told.columns, ["filename", "split", "cat", "dog"]);
    let wanted = Columns {
        shape: Some(TableShape::Wide),
        image: Some("filename".into()),
        split: Some("split".into()),
        threshold: Some(0.5),
        ..Columns::default()
    };
    assert_eq!(told.mapping, wanted);
}

#[test]
fn columns_are_as_the_user_says() {
    let set = pictures();
    let text = "first,second,third\na.png,b.png,x\n";
    let (dataset, _) = read_as(&set, text, |r| {
        r.columns.image = Some("second".into());
        r.columns.labels = Some("first".into());
    })
    .unwrap();
    assert_eq!(
        (names(&dataset), dataset.labels.as_slice()),
        (vec!["b.png"], &["a.png".to_owned()][..])
    );
    let error = read_as(&set, text, |r| r.columns.image = Some("secnd".into())).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("did you mean \"second\"") && text.contains("first, second, third"),
        "{text}"
    );
    let (dataset, _) = read_as(&set, "filename,cat,dog\na.png,1,0\n", |r| {
        r.columns.shape = Some(TableShape::Long);
        r.columns.labels = Some("cat".into());
    })
    .unwrap();
    assert_eq!(dataset.labels, ["1"]);
}

#[test]
fn tables_of_splits_become_one_set() {
    let set = pictures();
    set.write("train.csv", "filename,labels\na.png,cat\nb.png,dog|cat\n")
        .write("test.csv", "filename,labels\nc.png,fish\n")
        .write("readme.csv", "what,where\nnothing,here\n");
    let (dataset, report) = set.import();
    assert_eq!(dataset.labels, ["fish", "cat", "dog"]);
    assert_eq!((report.splits["train"], report.splits["test"]), (2, 1));
    set.write("more.csv", "filename,labels\nd.png,cat\n");
    let error = set.import_as(|_| ()).unwrap_err().to_string();
    assert!(error.contains("more.csv, test.csv, train.csv"), "{error}");
}
