//! Fixtures, and running the program.

use patchlight::clip::checkpoint::RawTensor;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};

/// A path under `tests/fixtures`.
pub fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(path)
}

/// A fixture's JSON.
pub fn json(path: &str) -> Value {
    serde_json::from_slice(&std::fs::read(fixture(path)).unwrap()).unwrap()
}

/// Tensors of a safetensors fixture as f32; integers are converted.
pub fn tensors(path: &str) -> BTreeMap<String, RawTensor> {
    let bytes = std::fs::read(fixture(path)).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    file.tensors()
        .into_iter()
        .map(|(name, view)| {
            use safetensors::Dtype;
            let raw = view.data();
            let data = match view.dtype() {
                Dtype::F32 => raw
                    .chunks_exact(4)
                    .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
                    .collect(),
                Dtype::I32 => raw
                    .chunks_exact(4)
                    .map(|b| i32::from_le_bytes(b.try_into().unwrap()) as f32)
                    .collect(),
                Dtype::I64 => raw
                    .chunks_exact(8)
                    .map(|b| i64::from_le_bytes(b.try_into().unwrap()) as f32)
                    .collect(),
                other => panic!("{name} is {other:?}"),
            };
            (
                name,
                RawTensor {
                    shape: view.shape().to_vec(),
                    data,
                },
            )
        })
        .collect()
}

/// Two lists side by side, of which none is empty or longer: `zip` alone passes over what the other one lacks.
#[track_caller]
pub fn paired<A, B>(a: impl IntoIterator<Item = A>, b: impl IntoIterator<Item = B>) -> impl Iterator<Item = (A, B)> {
    let (a, b): (Vec<A>, Vec<B>) = (a.into_iter().collect(), b.into_iter().collect());
    assert!(!a.is_empty(), "nothing is compared");
    assert_eq!(a.len(), b.len(), "lists of different lengths are compared");
    a.into_iter().zip(b)
}

/// The largest absolute difference.
pub fn gap(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, |worst, d| if d.is_nan() { f32::NAN } else { worst.max(d) })
}

/// Fails where any difference is over `most`.
#[track_caller]
pub fn close(what: &str, a: &[f32], b: &[f32], most: f32) {
    let gap = gap(a, b);
    assert!(gap <= most, "{what}: differs by {gap}, allowed is {most}");
}

/// What the program said: exit code, events, standard error.
pub struct Said {
    pub code: i32,
    pub events: Vec<Value>,
    pub stderr: String,
}

impl Said {
    /// Events of a kind.
    pub fn of(&self, kind: &str) -> Vec<&Value> {
        self.events.iter().filter(|e| e["event"] == kind).collect()
    }

    /// The only event of a kind.
    #[track_caller]
    pub fn one(&self, kind: &str) -> &Value {
        let found = self.of(kind);
        assert_eq!(found.len(), 1, "{kind}: {:?}\n{}", self.events, self.stderr);
        found[0]
    }

    /// Fails with what was said where the exit code is not 0.
    #[track_caller]
    pub fn well(self) -> Self {
        assert_eq!(self.code, 0, "{:?}\n{}", self.events.last(), self.stderr);
        self
    }

    /// The message and hint of the error that it ended with.
    #[track_caller]
    pub fn failed(&self, code: i32) -> (String, String) {
        assert_eq!(self.code, code, "{:?}\n{}", self.events.last(), self.stderr);
        let last = self.events.last().expect("an error event");
        assert_eq!(last["event"], "error");
        (
            last["message"].as_str().unwrap().to_owned(),
            last["hint"].as_str().unwrap_or_default().to_owned(),
        )
    }
}

/// The program, ready to run.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_patchlight"));
    command.env_remove("PATCHLIGHT_LOG").env_remove("PATCHLIGHT_FAIL");
    command
}

fn raw(arguments: &[&str]) -> Output {
    program().args(arguments).output().unwrap()
}

/// Stage, step and loss of every reported step.
pub fn steps(said: &Said) -> Vec<(u64, u64, f64)> {
    let of = |s: &&Value| {
        (
            s["stage"].as_u64().unwrap(),
            s["step"].as_u64().unwrap(),
            s["loss"].as_f64().unwrap(),
        )
    };
    said.of("step").iter().map(of).collect()
}

/// Runs the program on the CPU and kills it at the first event that `at` holds of, or at its end; how it ended.
pub fn killed_at(arguments: &[&str], at: impl Fn(&Value) -> bool) -> ExitStatus {
    let mut child = program()
        .args(["--json", "--device", "cpu"])
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for line in lines.map_while(Result::ok) {
        if at(&serde_json::from_str(&line).unwrap()) {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap()
}

/// Runs the program on the CPU with `--json` and variables of the environment.
pub fn run_with(variables: &[(&str, &str)], arguments: &[&str]) -> Said {
    let arguments = [&["--json", "--device", "cpu"][..], arguments].concat();
    let output = program()
        .envs(variables.iter().copied())
        .args(arguments)
        .output()
        .unwrap();
    heard(output)
}

/// Runs the program on the CPU with `--json`.
pub fn run(arguments: &[&str]) -> Said {
    run_on("cpu", arguments)
}

/// Runs the program on a device with `--json`.
pub fn run_on(device: &str, arguments: &[&str]) -> Said {
    heard(raw(&[&["--json", "--device", device][..], arguments].concat()))
}

fn heard(output: Output) -> Said {
    let events = String::from_utf8(output.stdout).unwrap();
    let events = events
        .lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect();
    Said {
        code: output.status.code().unwrap_or(-1),
        events,
        stderr: String::from_utf8_lossy(&output.stderr).into(),
    }
}

/// Runs the program as people do: exit code, standard output, standard error.
pub fn run_plain(arguments: &[&str]) -> (i32, String, String) {
    let output = raw(arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code().unwrap_or(-1),
        text(&output.stdout),
        text(&output.stderr),
    )
}

/// A path as an argument.
pub fn arg(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A project made of the small training set, in a folder that lives as long as the result.
pub fn training_project() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let project = new_project(
        folder.path(),
        &fixture("training/data"),
        &fixture("checkpoints/tiny"),
        &[],
    );
    (folder, project)
}

/// A project of `data` with `model`, in `folder`.
pub fn new_project(folder: &Path, data: &Path, model: &Path, more: &[&str]) -> PathBuf {
    let project = folder.join("p.patchlight");
    let arguments = [
        "project",
        "new",
        arg(&project),
        "--data",
        arg(data),
        "--model",
        arg(model),
    ];
    run(&[&arguments[..], more].concat()).well();
    project
}
