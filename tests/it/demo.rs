//! The built-in demo and the training of its model, cut short.

use crate::support::{arg, run};

#[test]
fn the_demo_measures_three_times_and_writes_its_report() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("demo");
    let said = run(&["demo", "--quick", "--out", arg(&out), "--set", "max_steps=2"]).well();
    let metrics = said.of("metrics");
    let runs: Vec<&str> = metrics.iter().map(|m| m["run"].as_str().unwrap()).collect();
    assert_eq!(runs, ["zero-shot", "run-1", "run-2"]);
    for m in metrics {
        assert_eq!(m["split"], "test");
        for group in ["total", "head", "medium", "tail"] {
            assert!(m["map"][group].is_number(), "{m}");
        }
        assert!(m["pointing"].is_number());
    }
    let done = said.one("done");
    let report = std::fs::read_to_string(done["report"].as_str().unwrap()).unwrap();
    assert!(report.contains("data:image/jpeg") && report.contains("after Stage 2"));
    assert!(
        std::path::Path::new(done["project"].as_str().unwrap())
            .join("project.db")
            .is_file()
    );
    // A second demo in the same place would overwrite the first.
    let (message, _) = run(&["demo", "--quick", "--out", arg(&out)]).failed(1);
    assert!(message.contains("not empty"), "{message}");
}

#[test]
fn the_starter_model_s_training_stops_resumes_and_writes_a_clip() {
    let folder = tempfile::tempdir().unwrap();
    let train = |name: &str, steps: &str| {
        let out = folder.path().join(name);
        let more = ["--steps", steps, "--batch", "2", "--probe-every", "2"];
        let said = run(&[&["starter", "--out", arg(&out)][..], &more].concat()).well();
        assert!(
            said.of("starter_probe")
                .iter()
                .all(|p| p["map"].as_f64().unwrap() > 0.0)
        );
        out
    };
    let out = train("a", "4");
    let model = out.join("model");
    let said = run(&["model", "inspect", arg(&model)]).well();
    assert_eq!(said.one("model")["layout"], "huggingface");
    // The same command again has nothing left to do; the same seed elsewhere gives the same model.
    let bytes = std::fs::read(model.join("model.safetensors")).unwrap();
    train("a", "4");
    assert_eq!(
        std::fs::read(train("b", "4").join("model/model.safetensors")).unwrap(),
        bytes
    );
}
