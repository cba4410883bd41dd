//! Tables of the well-known sets, told from their cells.

use super::*;
use crate::dataset::model::Picture;

fn bring(set: &Set, data: &str) -> Result<(Dataset, ImportReport), DatasetError> {
    let data = set.path(data);
    set.import_as(|request| request.data = data)
}

/// `picture: labels` in the order of the table.
fn said(dataset: &Dataset) -> Vec<String> {
    let of = |picture: &Picture| {
        let names: Vec<&str> = picture
            .positives
            .iter()
            .map(|label| dataset.labels[*label].as_str())
            .collect();
        format!("{}: {}", picture.name, names.join("+"))
    };
    dataset.pictures.iter().map(of).collect()
}

#[test]
fn blanks_between_tags_are_told_and_can_be_overruled() {
    let set = Set::new();
    for i in 0..3 {
        set.picture(&format!("train-jpg/train_{i}.png"), i);
    }
    set.write(
        "train_v2.csv",
        "image_name,tags\ntrain_0,haze primary\ntrain_1,agriculture clear primary water\ntrain_2,clear\n",
    );
    for data in ["", "train_v2.csv"] {
        let (dataset, report) = bring(&set, data).unwrap();
        assert_eq!(
            said(&dataset),
            [
                "train_0: haze+primary",
                "train_1: primary+agriculture+clear+water",
                "train_2: clear"
            ]
        );
        assert!(codes(&report).contains(&"separator"), "{report:?}");
    }
    let told = preview(&ImportRequest::new(&set.path("train_v2.csv")), 3, &mut on).unwrap();
    assert_eq!(told.mapping.separator, Some(' '));
    let file = set.path("train_v2.csv");
    let (dataset, _) = set
        .import_as(|r| (r.data, r.columns.separator) = (file, Some('|')))
        .unwrap();
    assert_eq!(dataset.labels[0], "haze primary");
}

#[test]
fn ids_with_several_files_are_told_and_can_be_completed() {
    let set = Set::new();
    for (i, id) in ["a-11e8", "b-11e8"].iter().enumerate() {
        for colour in ["green", "red"] {
            set.picture(&format!("train/{id}_{colour}.png"), i as u8 * 2 + colour.len() as u8);
        }
    }
    set.write("train.csv", "Id,Target\na-11e8,16 0\nb-11e8,7 1 2 0\n");
    for data in ["", "train.csv"] {
        let error = bring(&set, data).unwrap_err().to_string();
        assert!(error.contains("2 listed pictures, such as a-11e8"), "{error}");
        assert!(
            error.contains("a-11e8_green.png") && error.contains("--column suffix=_green.png"),
            "{error}"
        );
    }
    let (dataset, _) = set
        .import_as(|r| r.columns.suffix = Some("_red.png".to_owned()))
        .unwrap();
    assert_eq!(said(&dataset), ["a-11e8: 16+0", "b-11e8: 0+7+1+2"]);
    assert!(dataset.pictures[0].path.ends_with("a-11e8_red.png"));
}

const NIH: &str = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,OriginalImage[Width,Height],\
    OriginalImagePixelSpacing[x,y],\n0_0.png,Cardiomegaly,0,1,058Y,M,PA,2682,2749,0.143,0.143,\n\
    0_1.png,Cardiomegaly|Emphysema,1,1,058Y,M,PA,2894,2729,0.143,0.143,\n1_0.png,No Finding,0,2,081Y,M,PA,2500,2048,0.171,0.171,\n";

#[test]
fn findings_are_labels_and_measures_are_none_and_lists_beside_are_splits() {
    let set = Set::new();
    for (i, name) in ["0_0", "0_1", "1_0"].iter().enumerate() {
        set.picture(&format!("images_001/images/{name}.png"), i as u8);
    }
    set.write("Data_Entry_2017.csv", NIH)
        .write("test_list.txt", "1_0.png\n")
        .write("train_val_list.txt", "0_0.png\n0_1.png\n");
    let wanted = [
        "0_0.png: Cardiomegaly",
        "0_1.png: Cardiomegaly+Emphysema",
        "1_0.png: No Finding",
    ];
    let (dataset, report) = bring(&set, "Data_Entry_2017.csv").unwrap();
    assert_eq!(said(&dataset), wanted);
    assert_eq!(dataset.labels, ["Cardiomegaly", "Emphysema", "No Finding"]);
    let told = codes(&report);
    assert!(
        told.contains(&"no-finding") && told.contains(&"columns-ignored"),
        "{told:?}"
    );
    let (dataset, report) = bring(&set, "").unwrap();
    assert_eq!(said(&dataset), wanted);
    let splits: Vec<_> = dataset.pictures.iter().map(|p| p.split).collect();
    assert_eq!(splits, [Some(Split::Train), Some(Split::Train), Some(Split::Test)]);
    assert_eq!(
        codes(&report).iter().filter(|code| **code == "splits-taken").count(),
        2,
        "{report:?}"
    );
}

#[test]
fn attributes_are_read_from_either_form_and_the_partition_is_splits() {
    let set = Set::new();
    for i in 1..4 {
        set.picture(&format!("img_align_celeba/00000{i}.png"), i);
    }
    let wanted = ["000001.png: Eyeglasses+Young", "000002.png: Bald", "000003.png: "];
    set.write(
        "list_attr_celeba.txt",
        "3\r\nBald Eyeglasses Young \r\n000001.png -1  1  1\r\n000002.png  1 -1 -1\r\n000003.png -1 -1 -1\r\n",
    );
    set.write("list_eval_partition.txt", "000001.png 0\n000002.png 1\n000003.png 2\n");
    let error = bring(&set, "list_eval_partition.txt").unwrap_err().to_string();
    assert!(error.contains("which split a picture is of"), "{error}");
    let (dataset, report) = bring(&set, "list_attr_celeba.txt").unwrap();
    assert_eq!(said(&dataset), wanted);
    assert!(codes(&report).contains(&"minus-one"));
    let splits = |dataset: &Dataset| dataset.pictures.iter().map(|p| p.split).collect::<Vec<_>>();
    let by_partition = [Some(Split::Train), Some(Split::Val), Some(Split::Test)];
    for _ in 0..2 {
        let (dataset, report) = bring(&set, "").unwrap();
        assert_eq!(said(&dataset), wanted);
        assert_eq!(splits(&dataset), by_partition, "{report:?}");
        // The same attributes in the other form, and the partition as well.
        set.write(
            "list_attr_celeba.csv",
            "image_id,Bald,Eyeglasses,Young\n000001.png,-1,1,1\n000002.png,1,-1,-1\n000003.png,-1,-1,-1\n",
        );
    }
    let (dataset, _) = bring(&set, "list_attr_celeba.csv").unwrap();
    assert_eq!(said(&dataset), wanted);
    std::fs::remove_file(set.path("list_eval_partition.txt")).unwrap();
    set.write(
        "list_eval_partition.csv",
        "image_id,partition\n000001.png,0\n000002.png,1\n000003.png,2\n",
    )
    .write(
        "list_bbox_celeba.csv",
        "image_id,x_1,y_1\n000001.png,95,71\n000002.png,72,94\n000003.png,1,2\n",
    );
    let (dataset, report) = bring(&set, "").unwrap();
    assert_eq!(
        (said(&dataset), splits(&dataset)),
        (wanted.map(str::to_owned).to_vec(), by_partition.to_vec())
    );
    let told = report.warnings.iter().find(|w| w.code == "tables-ignored").unwrap();
    assert!(told.message.contains("list_bbox_celeba.csv"), "{told:?}");
    // A row that is cut off is an error with its line.
    set.write("cut.txt", "3\nBald Young\n000001.png -1 1\n000002.png 1\n");
    let error = bring(&set, "cut.txt").unwrap_err();
    assert!(matches!(error, DatasetError::Parse { line: Some(4), .. }), "{error}");
}

fn three() -> Set {
    let set = Set::new();
    for (i, name) in ["a", "b", "c"].iter().enumerate() {
        set.picture(&format!("{name}.png"), i as u8);
    }
    set
}

#[test]
fn flags_with_texts_beside_them_are_labels() {
    let set = three();
    let table = "ID,Patient Age,Patient Sex,Left-Fundus,Right-Fundus,Left-Diagnostic Keywords,N,D,G\n\
                 0,69,Female,a.png,x.png,cataract,0,0,1\n1,57,Male,b.png,y.png,normal fundus,1,0,0\n2,1,Male,c.png,z.png,laser spot,0,1,1\n";
    set.write("t.csv", table);
    let (dataset, report) = bring(&set, "t.csv").unwrap();
    assert_eq!(said(&dataset), ["a.png: G", "b.png: N", "c.png: D+G"]);
    assert_eq!(dataset.labels, ["N", "D", "G"]);
    assert!(codes(&report).contains(&"pictures-ignored"), "{report:?}");
}

#[test]
fn confidences_and_descriptions_of_classes_make_labels() {
    let set = three();
    set.write(
        "train-annotations-human-imagelabels.csv",
        "ImageID,Source,LabelName,Confidence\na,verification,/m/011k07,1\na,verification,/m/0bt9lr,0\nb,verification,/m/0bt9lr,1\n\
         c,verification,/m/011k07,1\nc,verification,/m/0bt9lr,1\n",
    );
    set.write("class-descriptions-boxable.csv", "/m/011k07,Tortoise\n/m/0bt9lr,Dog\n");
    for data in ["", "train-annotations-human-imagelabels.csv"] {
        let data = set.path(data);
        let (dataset, _) = set.import_as(|r| (r.data, r.absent) = (data, Absent::Unknown)).unwrap();
        assert_eq!(dataset.labels, ["Tortoise", "Dog"]);
        assert_eq!(said(&dataset), ["a: Tortoise", "b: Dog", "c: Tortoise+Dog"]);
        assert_eq!(
            dataset.pictures[0].negatives,
            [1],
            "a confidence of 0 says that it is not there"
        );
    }
}

#[test]
fn captions_are_refused() {
    let set = three();
    let tables = [
        "image,caption\na.png,A dog runs over the grass\nb.png,Two people sit\nc.png,Nothing\n",
        "file,story\na.png,A small dog runs over the wet grass.\nb.png,Two people sit at a red table.\nc.png,The sky is very dark tonight.\n",
    ];
    for table in tables {
        set.write("t.csv", table);
        for data in ["", "t.csv"] {
            let error = bring(&set, data).unwrap_err().to_string();
            assert!(
                error.contains("captions are no labels") && error.contains("t.csv"),
                "{error}"
            );
        }
    }
    std::fs::remove_file(set.path("t.csv")).unwrap();
    let coco = json!({"images": [{"id": 1, "file_name": "a.png"}], "annotations": [{"id": 1, "image_id": 1, "caption": "A dog."}]});
    set.write("annotations/captions_train2017.json", coco.to_string());
    let error = bring(&set, "").unwrap_err().to_string();
    assert!(
        error.contains("captions are no labels") && error.contains("captions_train2017.json"),
        "{error}"
    );
}

#[test]
fn two_columns_of_labels_and_one_of_negatives_are_read() {
    let set = three();
    set.write(
        "t.csv",
        "file_name,coarse_label,fine_label\na.png,animal,cat\nb.png,animal,dog\nc.png,plant,rose\n",
    );
    let (dataset, report) = bring(&set, "").unwrap();
    assert_eq!(
        said(&dataset),
        ["a.png: animal+cat", "b.png: animal+dog", "c.png: plant+rose"]
    );
    assert!(codes(&report).contains(&"label-columns"));
    let told = preview(&ImportRequest::new(&set.path("t.csv")), 3, &mut on).unwrap();
    assert_eq!(told.mapping.labels.as_deref(), Some("coarse_label + fine_label"));
    let again = set
        .import_as(|r| r.columns.labels = told.mapping.labels.clone())
        .unwrap()
        .0;
    assert_eq!(said(&again), said(&dataset), "what is told can be asked for");
    let (dataset, _) = set
        .import_as(|r| r.columns.labels = Some("fine_label".to_owned()))
        .unwrap();
    assert_eq!(dataset.labels, ["cat", "dog", "rose"]);
    set.write(
        "t.csv",
        "file_name,labels,negatives\na.png,cat|dog,bird\nb.png,,cat\nc.png,bird,\n",
    );
    let (dataset, _) = set.import_as(|r| r.absent = Absent::Unknown).unwrap();
    assert_eq!(states(&dataset, "a.png"), [vec!["cat", "dog"], vec!["bird"], vec![]]);
    assert_eq!(states(&dataset, "b.png"), [vec![], vec!["cat"], vec![]]);
}

#[test]
fn lists_in_cells_and_commas_between_labels_are_told() {
    let set = three();
    set.write(
        "t.csv",
        "filename,labels\na.png,\"['cat', 'big dog']\"\nb.png,['cat']\nc.png,[]\n",
    );
    let (dataset, _) = bring(&set, "").unwrap();
    assert_eq!(said(&dataset), ["a.png: cat+big dog", "b.png: cat", "c.png: "]);
    set.write(
        "t.csv",
        "filename,tags\na.png,\"cat, dog\"\nb.png,\"dog, bird\"\nc.png,\n",
    );
    let (dataset, _) = bring(&set, "").unwrap();
    assert_eq!(said(&dataset), ["a.png: cat+dog", "b.png: dog+bird", "c.png: "]);
}

#[test]
fn numbers_alone_are_no_labels() {
    let set = three();
    set.write(
        "t.csv",
        "filename,age,spacing\na.png,34,0.143\nb.png,51,0.171\nc.png,1,0.2\n",
    );
    let error = bring(&set, "t.csv").unwrap_err().to_string();
    assert!(
        error.contains("nothing tells which column has the labels") && error.contains("age"),
        "{error}"
    );
}

#[test]
fn texts_in_the_encodings_of_spreadsheets_are_read() {
    let set = three();
    let text = "filename,labels\na.png,\u{8f66}\u{8f86}|\u{884c}\u{4eba}\nb.png,\u{81ea}\u{884c}\u{8f66}\nc.png,\u{884c}\u{4eba}\n";
    for (encoding, text) in [
        (encoding_rs::GBK, text),
        (
            encoding_rs::SHIFT_JIS,
            "filename,labels\na.png,\u{81ea}\u{8ee2}\u{8eca}\nb.png,\u{306d}\u{3053}\nc.png,\u{306d}\u{3053}\n",
        ),
        (
            encoding_rs::WINDOWS_1252,
            "filename,labels\na.png,caf\u{e9}|\u{c4}rger\nb.png,gro\u{df}\nc.png,caf\u{e9}\n",
        ),
    ] {
        set.write("t.csv", encoding.encode(text).0);
        let (foreign, _) = bring(&set, "t.csv").unwrap();
        set.write("t.csv", text);
        let (plain, _) = bring(&set, "t.csv").unwrap();
        assert_eq!(
            (foreign.labels.clone(), said(&foreign)),
            (plain.labels.clone(), said(&plain)),
            "{}",
            encoding.name()
        );
    }
    // What could be several is refused with its line, and no label is made of replacement characters.
    set.write("t.csv", b"filename,labels\na.png,\xB3\xB5\xC1\xBE\n");
    let error = bring(&set, "t.csv").unwrap_err();
    assert!(matches!(error, DatasetError::Parse { line: Some(2), .. }), "{error}");
}

#[test]
fn a_very_wide_table_is_read_in_linear_time_and_can_be_stopped() {
    let set = three();
    let names: Vec<String> = (0..300_000).map(|i| format!("gene {i}")).collect();
    let row = |name: &str| format!("{name}{}\n", ",1".repeat(names.len()));
    set.write("t.csv", format!("filename,{}\n{}", names.join(","), row("a.png")));
    let start = std::time::Instant::now();
    let told = preview(&ImportRequest::new(&set.path("t.csv")), 1, &mut on).unwrap();
    assert_eq!((told.labels.len(), told.annotations), (300_000, 300_000));
    assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
    // A stop is heard within a megabyte of the file.
    let mut heard = std::time::Instant::now();
    let stopped = preview(&ImportRequest::new(&set.path("t.csv")), 1, &mut |done, _| {
        heard = std::time::Instant::now();
        if done > 0 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    assert!(matches!(stopped, Err(DatasetError::Cancelled)));
    assert!(heard.elapsed().as_millis() < 1000, "{:?}", heard.elapsed());
}
