//! `bench units`: every unit is measured, on a model that takes no time.

use crate::support::{arg, fixture, run, run_plain};
use serde_json::Value;

/// Units in the order in which they are told, and what their values count.
const UNITS: [(&str, &str); 13] = [
    ("image_forward_b1", "images/s"),
    ("image_forward_b8", "images/s"),
    ("image_forward_b32", "images/s"),
    ("text_forward_80", "prompts/s"),
    ("stage1_step", "s"),
    ("stage2_epoch", "s"),
    ("stage2_step", "s"),
    ("stage2_step_one_part", "s"),
    ("stage2_step_plain", "s"),
    ("stage2_plain_to_shared", "times"),
    ("pictures_to_tags", "images/s"),
    ("score_1k", "s"),
    ("first_overlay", "s"),
];

#[test]
fn units_of_work_are_measured_side_by_side() {
    let said = run(&["bench", "units", "--small"]).well();
    let events = said.of("bench");
    let text = |event: &Value, key: &str| event[key].as_str().unwrap().to_owned();
    let found: Vec<(String, String)> = events.iter().map(|e| (text(e, "unit"), text(e, "per"))).collect();
    let expected = UNITS.map(|(unit, per)| (unit.to_owned(), per.to_owned()));
    assert_eq!(found, expected);
    let value = |unit: &str| {
        let event = events.iter().find(|e| e["unit"] == unit).unwrap();
        event["value"].as_f64().unwrap()
    };
    for (unit, _) in UNITS {
        assert!(value(unit) > 0.0, "{unit}");
    }
    assert!(events.iter().all(|e| e["samples"].as_u64().unwrap() >= 1));
    // One is made of the others.
    let ratio = value("stage2_step_plain") / value("stage2_step");
    assert!((value("stage2_plain_to_shared") - ratio).abs() < 1e-6 * ratio);
    assert!(value("stage2_epoch") >= value("stage2_step"));
    for event in &events {
        // Where the system tells, it tells more than the model takes.
        if let Some(peak) = event.get("peak_memory_mb") {
            assert!(peak.as_f64().unwrap() > 6.0, "{event}");
        }
    }
}

#[test]
fn a_model_can_be_named_and_people_get_a_table() {
    let tiny = fixture("checkpoints/tiny");
    let arguments = ["--device", "cpu", "bench", "units", "--small", "--model", arg(&tiny)];
    let (code, out, err) = run_plain(&arguments);
    assert_eq!(code, 0, "{err}");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), UNITS.len(), "{out}");
    for (line, (unit, per)) in lines.iter().zip(UNITS) {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!((words[0], words[2]), (unit, per), "{line}");
        assert!(words[1].parse::<f64>().is_ok_and(|value| value > 0.0), "{line}");
    }
    let missing = ["bench", "units", "--small", "--model", "/no/such/model"];
    assert!(run(&missing).failed(1).0.contains("/no/such/model"));
}
