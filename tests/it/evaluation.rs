//! What an evaluation says, and what is made of it: intervals, thresholds, reports, comparisons.

use crate::support::{Said, arg, fixture, paired, run, run_plain, training_project};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn evaluate(project: &Path, run_id: &str, more: &[&str]) -> Said {
    let arguments = ["evaluate", arg(project), "--run", run_id, "--split", "val"];
    run(&[&arguments[..], more].concat())
}

fn metrics(project: &Path, run_id: &str, more: &[&str]) -> Value {
    evaluate(project, run_id, more).well().one("metrics").clone()
}

/// A project with a short Stage 1 run that has learned something.
fn trained() -> (tempfile::TempDir, PathBuf) {
    let (folder, project) = training_project();
    let arguments = ["train", arg(&project), "--stage", "1", "--set", "max_steps=6"];
    let faster = ["--set", "lr_encoder=1e-3", "--set", "batch_1=4"];
    run(&[&arguments[..], &faster].concat()).well();
    (folder, project)
}

fn classes(metrics: &Value) -> &Vec<Value> {
    metrics["per_class"].as_array().unwrap()
}

#[track_caller]
fn class<'a>(metrics: &'a Value, label: &str) -> &'a Value {
    classes(metrics).iter().find(|c| c["label"] == label).unwrap()
}

#[track_caller]
fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn every_number_is_there_and_repeats() {
    let (folder, project) = training_project();
    let csv = folder.path().join("s.csv");
    let found = metrics(&project, "zero-shot", &["--scores", arg(&csv)]);
    // No validation picture has a bus: it has no numbers, and is out of the means.
    let bus = class(&found, "bus");
    assert_eq!((&bus["positives"], &bus["negatives"]), (&json!(0), &json!(6)));
    for name in ["ap", "ap_low", "ap_high", "precision", "recall", "f1"] {
        assert!(bus[name].is_null(), "{name}: {bus}");
    }
    let all: Vec<f64> = classes(&found).iter().filter_map(|c| c["ap"].as_f64()).collect();
    assert_eq!(all.len(), 4);
    let mean = all.iter().sum::<f64>() / 4.0;
    assert!((number(&found["map"]["total"]) - mean).abs() < 1e-9);
    // Six pictures are few for any label.
    assert!(classes(&found).iter().all(|c| c["uncertain"] == true));
    let (low, high) = (&found["map_low"]["total"], &found["map_high"]["total"]);
    assert!(number(low) <= mean && mean <= number(high), "{low} {mean} {high}");
    assert_eq!(
        (&found["bootstrap"], &found["calibrated"]),
        (&json!(1000), &json!(false))
    );
    // Without thresholds of their own labels are given from 0.5 on.
    for name in ["cp", "cr", "cf1", "op", "or", "of1"] {
        assert_eq!(found[name], found["at_half"][name], "{name}");
    }
    assert_eq!(found["cf1_top3"], found["top3"]["cf1"]);
    assert_eq!(found["of1_top3"], found["top3"]["of1"]);
    assert_eq!(found["thresholds"], "0.5 (default) for 5 of 5 labels");
    let held: u64 = found["reliability"]
        .as_array()
        .unwrap()
        .iter()
        .map(|b| b["count"].as_u64().unwrap())
        .sum();
    assert_eq!(
        (held, &found["unknown"], &found["unscored"]),
        (30, &json!(0), &json!(0))
    );
    check_one_error(&found, &csv);
    // The draws depend on the seed, what is measured does not.
    assert_eq!(metrics(&project, "zero-shot", &[]), found);
    let intervals = |m: &Value| -> Vec<Value> {
        let of = |c: &Value| [c["ap_low"].clone(), c["ap_high"].clone()];
        let means = [m["map_low"].clone(), m["map_high"].clone()];
        classes(m).iter().flat_map(of).chain(means).collect()
    };
    // Of six pictures there are few different draws: not every other seed moves an end.
    let mut moved = false;
    for seed in ["5", "6", "7"] {
        let other = metrics(&project, "zero-shot", &["--seed", seed]);
        assert_eq!((&other["map"], &other["ece"]), (&found["map"], &found["ece"]));
        moved |= intervals(&other) != intervals(&found);
    }
    assert!(moved, "{:?}", intervals(&found));
    let none = metrics(&project, "zero-shot", &["--bootstrap", "0"]);
    assert!(none["map_low"]["total"].is_null() && class(&none, "dog")["ap_low"].is_null());
    assert_eq!(none["map"], found["map"]);
}

/// Counts from the written scores how often the best-scored label of a picture is wrong.
fn check_one_error(found: &Value, csv: &Path) {
    let text = std::fs::read_to_string(csv).unwrap();
    let rows: Vec<(f64, bool)> = text
        .lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            (fields[2].parse().unwrap(), fields[5] == "1")
        })
        .collect();
    let with_labels: Vec<&[(f64, bool)]> = rows.chunks(5).filter(|p| p.iter().any(|r| r.1)).collect();
    let wrong = |p: &&&[(f64, bool)]| !p.iter().max_by(|a, b| a.0.total_cmp(&b.0)).unwrap().1;
    let share = 100.0 * with_labels.iter().filter(wrong).count() as f64 / with_labels.len() as f64;
    assert!(
        !with_labels.is_empty() && (number(&found["one_error"]) - share).abs() < 1e-9,
        "{share}: {found}"
    );
}

#[test]
fn thresholds_are_kept_with_the_run_and_used_everywhere() {
    let (_folder, project) = trained();
    let at_half = metrics(&project, "run-1", &[]);
    let fit = |more: &[&str]| run(&[&["thresholds", arg(&project), "--run", "run-1"][..], more].concat());
    // None has five validation pictures.
    let said = fit(&["--rule", "f1"]).well();
    let all = said.one("thresholds")["kept_default"].as_array().unwrap().len();
    assert_eq!(all, 5);
    let said = fit(&["--rule", "f1", "--min-positives", "2"]).well();
    let fitted = said.one("thresholds");
    assert_eq!(
        (&fitted["run"], &fitted["rule"], &fitted["images"]),
        (&json!("run-1"), &json!("f1"), &json!(6))
    );
    let mut listed: Vec<&str> = fitted["kept_default"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l.as_str().unwrap())
        .collect();
    listed.sort_unstable();
    assert_eq!(listed, ["boat", "bus"], "fewer than two pictures have them");
    assert!(project.join("runs/run-1/thresholds.json").is_file());
    // What was fitted is what is measured with.
    let used = metrics(&project, "run-1", &[]);
    for (of_fit, of_use) in paired(fitted["labels"].as_array().unwrap(), classes(&used)) {
        for name in ["label", "threshold", "precision", "recall", "f1", "positives"] {
            assert_eq!(of_fit[name], of_use[name], "{name}: {of_fit} {of_use}");
        }
        let default = listed.contains(&of_fit["label"].as_str().unwrap());
        assert_eq!(of_use["rule"], if default { "default" } else { "f1" });
        assert_eq!(of_fit["why_default"].is_string(), default);
        if !default {
            let before = class(&at_half, of_fit["label"].as_str().unwrap());
            assert!(number(&of_use["f1"]) >= number(&before["f1"]), "{of_use} {before}");
        }
    }
    assert_eq!(used["at_half"], at_half["at_half"], "0.5 is measured beside");
    // One label alone; the others keep theirs, under another name too.
    fit(&["--rule", "fixed=0.25", "--label", "dog"]).well();
    run(&["label", arg(&project), "rename", "cat", "tom"]).well();
    let mixed = metrics(&project, "run-1", &[]);
    let dog = class(&mixed, "dog");
    assert_eq!((&dog["threshold"], &dog["rule"]), (&json!(0.25), &json!("fixed=0.25")));
    assert_eq!(class(&mixed, "tom")["threshold"], class(&used, "cat")["threshold"]);
    // A tagger has the same.
    let data = fixture("training/data/val");
    let said = run(&[
        "tag",
        arg(&data),
        "--project",
        arg(&project),
        "--run",
        "run-1",
        "--evidence",
    ])
    .well();
    let tagger = said.one("tagger");
    for (given, of_use) in paired(tagger["thresholds"].as_array().unwrap(), classes(&mixed)) {
        assert_eq!(given, &of_use["threshold"]);
    }
    assert!(
        tagger["found"].as_str().unwrap().contains("kept with the run"),
        "{tagger}"
    );
    // Another alpha gives other probabilities, to which they do not belong.
    let said = evaluate(&project, "run-1", &["--set", "alpha=0.9"]).well();
    assert!(
        said.of("warning").iter().any(|w| w["code"] == "thresholds"),
        "{:?}",
        said.events
    );
    assert_eq!(said.one("metrics")["thresholds"], "0.5 (default) for 5 of 5 labels");
}

#[test]
fn rules_keep_what_they_promise() {
    let (_folder, project) = trained();
    let fit = |rule: &str| {
        let arguments = [
            "thresholds",
            arg(&project),
            "--run",
            "run-1",
            "--min-positives",
            "1",
            "--rule",
            rule,
        ];
        run(&arguments)
    };
    for (rule, promised) in [
        ("precision=1", "precision"),
        ("recall=1", "recall"),
        ("recall=0.5", "recall"),
    ] {
        let said = fit(rule).well();
        let least = 100.0 * rule.split('=').nth(1).unwrap().parse::<f64>().unwrap();
        let mut kept = 0;
        for label in said.one("thresholds")["labels"].as_array().unwrap() {
            if label["why_default"].is_null() {
                kept += 1;
                assert!(number(&label[promised]) >= least, "{rule}: {label}");
            } else {
                assert_eq!(label["threshold"], 0.5, "{label}");
            }
        }
        assert!(
            promised == "precision" || kept == 4,
            "every label with a picture can be found: {kept}"
        );
    }
    for (rule, code) in [("precision=90", 2), ("f2", 2)] {
        assert!(fit(rule).failed(code).0.contains(rule));
    }
    let zero = ["thresholds", arg(&project), "--run", "zero-shot", "--rule", "f1"];
    assert!(run(&zero).failed(2).0.contains("kept with a run"));
    let unknown = [
        "thresholds",
        arg(&project),
        "--run",
        "run-1",
        "--rule",
        "f1",
        "--label",
        "unicorn",
    ];
    assert!(run(&unknown).failed(1).0.contains("unicorn"));
}

#[test]
fn a_report_needs_nothing_but_itself() {
    let (folder, project) = trained();
    run(&["label", arg(&project), "rename", "dog", "<b>dog & cat_1"]).well();
    let out = folder.path().join("report");
    let said = evaluate(&project, "run-1", &["--report", arg(&out)]).well();
    let found = said.one("metrics");
    let read = |name: &str| std::fs::read_to_string(out.join(name)).unwrap();
    assert_eq!(said.of("written").len(), 5);
    for written in said.of("written") {
        assert!(Path::new(written["path"].as_str().unwrap()).is_file(), "{written}");
    }
    let page = read("report.html");
    for foreign in ["http", "src=", "href=", "<script", "@import", "url(", "<b>dog"] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    // Two figures, and a curve for each label with a picture.
    assert_eq!(page.matches("<svg").count(), 2 + 4);
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
    assert!(page.contains("&lt;b&gt;dog &amp; cat_1 <span") && page.contains("uncertain"));
    let mut kept: Value = serde_json::from_str(&read("metrics.json")).unwrap();
    kept["event"] = json!("metrics");
    assert_eq!(&kept, found);
    let csv = read("labels.csv");
    let head: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    for (line, of_event) in paired(csv.lines().skip(1), classes(found)) {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!(fields.len(), head.len(), "{line}");
        for (name, field) in paired(&head, fields) {
            match &of_event[*name] {
                Value::Null => assert_eq!(field, "", "{name}"),
                Value::String(text) => assert_eq!(field, text),
                Value::Bool(value) => assert_eq!(field, value.to_string()),
                other => {
                    let gap = field.parse::<f64>().unwrap() - number(other);
                    assert!(gap.abs() < 1e-9, "{name}: {field} {other}");
                }
            }
        }
    }
    let tex = read("labels.tex");
    assert_eq!(tex.matches(" \\\\\n").count(), 1 + 5 + 4, "head, labels, means: {tex}");
    assert!(
        tex.contains("<b>dog \\& cat\\_1$^{*}$") && tex.contains("traffic\\_light"),
        "{tex}"
    );
    let card = read("model-card.md");
    assert!(
        card.contains("What not to trust")
            && card.contains("no picture here has, so that nothing is known of them: bus"),
        "{card}"
    );
    assert!(
        card.contains("12 training pictures") && card.contains("`lr_encoder` = `0.001`"),
        "{card}"
    );
    // A page alone; and again over it.
    let alone = folder.path().join("alone.html");
    for _ in 0..2 {
        let said = evaluate(&project, "run-1", &["--report", arg(&alone)]).well();
        assert_eq!(said.of("written").len(), 1);
        assert_eq!(std::fs::read_to_string(&alone).unwrap(), page);
    }
    let nowhere = folder.path().join("missing/report");
    let (message, hint) = evaluate(&project, "run-1", &["--report", arg(&nowhere)]).failed(1);
    assert!(
        message.contains("there is no folder") && message.contains("the report") && hint.contains("another place"),
        "{message} / {hint}"
    );
}

#[test]
fn two_runs_are_compared_label_by_label() {
    let (_folder, project) = trained();
    let compare = |a: &str, b: &str, more: &[&str]| {
        let arguments = ["compare", arg(&project), a, b, "--split", "val"];
        run(&[&arguments[..], more].concat())
    };
    let said = compare("zero-shot", "run-1", &[]).well();
    let found = said.one("compare");
    let (a, b) = (metrics(&project, "zero-shot", &[]), metrics(&project, "run-1", &[]));
    assert_eq!(
        (&found["a"], &found["b"], &found["split"]),
        (&json!("zero-shot"), &json!("run-1"), &json!("val"))
    );
    assert_eq!(
        (&found["map"]["a"], &found["map"]["b"]),
        (&a["map"]["total"], &b["map"]["total"])
    );
    let right = |c: &Value| number(&c["hits"]) + number(&c["negatives"]) - number(&c["false_alarms"]);
    let (mut gained, mut lost) = (0, 0);
    for (of_both, (of_a, of_b)) in paired(classes(found), paired(classes(&a), classes(&b))) {
        assert_eq!(
            (&of_both["label"], &of_both["a"], &of_both["b"]),
            (&of_a["label"], &of_a["ap"], &of_b["ap"])
        );
        if let (Some(before), Some(after)) = (of_a["ap"].as_f64(), of_b["ap"].as_f64()) {
            let difference = number(&of_both["difference"]);
            assert!((difference - (after - before)).abs() < 1e-9, "{of_both}");
            assert!(number(&of_both["low"]) <= number(&of_both["high"]));
        } else {
            assert!(of_both["difference"].is_null() && of_both["low"].is_null(), "{of_both}");
        }
        // Every decision that is right in one alone has flipped.
        let (up, down) = (of_both["gained"].as_i64().unwrap(), of_both["lost"].as_i64().unwrap());
        assert_eq!((up - down) as f64, right(of_b) - right(of_a), "{of_both}");
        (gained, lost) = (gained + up, lost + down);
    }
    let flipped = &found["flipped"];
    assert_eq!((&flipped["gained"], &flipped["lost"]), (&json!(gained), &json!(lost)));
    assert!(
        gained + lost > 0,
        "a trained model decides otherwise than an untrained one: {found}"
    );
    assert_eq!(
        flipped["examples"].as_array().unwrap().len() as i64,
        gained.min(20) + lost.min(20)
    );
    // The other way round everything is turned; against itself nothing differs.
    let turned = compare("run-1", "zero-shot", &["--flips", "0"]).well();
    let turned = turned.one("compare");
    assert_eq!(
        number(&turned["map"]["difference"]),
        -number(&found["map"]["difference"])
    );
    assert_eq!(
        (&turned["flipped"]["gained"], &turned["flipped"]["lost"]),
        (&json!(lost), &json!(gained))
    );
    assert_eq!(turned["flipped"]["examples"], json!([]));
    let same = compare("run-1", "run-1", &[]).well();
    let same = same.one("compare");
    assert_eq!((&same["map"]["low"], &same["map"]["high"]), (&json!(0.0), &json!(0.0)));
    assert_eq!(
        (&same["flipped"]["gained"], &same["flipped"]["lost"]),
        (&json!(0), &json!(0))
    );
    let again = compare("zero-shot", "run-1", &[]).well();
    assert_eq!(again.one("compare"), found);
    // As a table for people.
    let plain = [
        "--device",
        "cpu",
        "compare",
        arg(&project),
        "zero-shot",
        "run-1",
        "--split",
        "val",
    ];
    let (code, out, err) = run_plain(&plain);
    assert_eq!(code, 0, "{err}");
    for label in [
        "dog",
        "cat",
        "traffic_light",
        "bus",
        "boat",
        "tail",
        "all",
        "difference",
    ] {
        assert!(out.contains(label), "{label}: {out}");
    }
    // A run that is not there, and one whose labels are not the project's any more.
    assert!(compare("run-1", "run-9", &[]).failed(1).0.contains("run-9"));
    run(&["label", arg(&project), "move", "dog", "2"]).well();
    assert!(
        compare("zero-shot", "run-1", &[])
            .failed(1)
            .0
            .contains("labels have changed")
    );
}
