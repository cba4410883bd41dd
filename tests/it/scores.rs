//! `score` equals the reference through JPEG decoding, EXIF and Pillow's resize, within 5e-3.

use crate::support::{arg, fixture, json, paired, run};
use serde_json::Value;

#[test]
fn every_preprocessing_and_patch_mode() {
    let expected = json("scores/expected.json");
    let labels: Vec<&str> = expected["labels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l.as_str().unwrap())
        .collect();
    let model = fixture(expected["model"].as_str().unwrap());
    let (labels, template) = (labels.join(","), expected["template"].as_str().unwrap());
    let cases = expected["scores"].as_array().unwrap();
    assert_eq!(cases.len(), 18);
    for case in cases {
        let image = fixture("scores").join(case["image"].as_str().unwrap());
        let (mode, patches) = (
            case["preprocess"].as_str().unwrap(),
            case["patch_features"].as_str().unwrap(),
        );
        let said = run(&[
            "score",
            "--model",
            arg(&model),
            "--labels",
            &labels,
            "--template",
            template,
            "--preprocess",
            mode,
            "--patch-features",
            patches,
            arg(&image),
        ])
        .well();
        let score = said.one("score");
        let name = format!("{} {mode} {patches}", case["image"]);
        for key in ["width", "height", "grid", "top_k"] {
            assert_eq!(score[key], case[key], "{name}: {key}");
        }
        let labels = |of: &Value| of["labels"].as_array().unwrap().clone();
        for (found, wanted) in paired(labels(score), labels(case)) {
            assert_eq!(found["label"], wanted["label"]);
            let near = |key: &str, most: f64| {
                let (a, b) = (found[key].as_f64().unwrap(), wanted[key].as_f64().unwrap());
                assert!(
                    (a - b).abs() <= most,
                    "{name} {} {key}: {a} against {b}",
                    found["label"]
                );
            };
            near("score", 5e-3);
            near("global", 5e-3);
            near("local", 5e-3);
            near("probability", 5e-2);
            let patches = |of: &Value| of["patches"].as_array().unwrap().clone();
            for (a, b) in paired(patches(&found), patches(&wanted)) {
                // Another JPEG decoder moves similarities by a few thousandths; patches closer than that may change places.
                if case["margin"].as_f64().unwrap() > 8e-3 {
                    assert_eq!(
                        (&a["row"], &a["col"]),
                        (&b["row"], &b["col"]),
                        "{name} {}",
                        found["label"]
                    );
                }
                assert!(
                    (a["similarity"].as_f64().unwrap() - b["similarity"].as_f64().unwrap()).abs() < 8e-3,
                    "{name}"
                );
                if (&a["row"], &a["col"]) != (&b["row"], &b["col"]) {
                    continue;
                }
                for (x, y) in paired(a["box"].as_array().unwrap(), b["box"].as_array().unwrap()) {
                    assert!(
                        (x.as_f64().unwrap() - y.as_f64().unwrap()).abs() < 1e-2,
                        "{name}: {} against {}",
                        a["box"],
                        b["box"]
                    );
                }
            }
        }
    }
}
