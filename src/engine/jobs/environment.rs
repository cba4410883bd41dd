//! Where a run was computed: `environment.json` in its folder, an entry for each time that it was started or went on.

use super::train::StageJob;
use crate::engine::Failure;
use crate::support::atomic;
use serde::{Deserialize, Serialize};

/// One session of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Session {
    pub version: String,
    /// Operating system and processor architecture.
    pub system: String,
    pub processor: String,
    /// Threads that it runs at the same time.
    pub threads: usize,
    pub device: String,
    /// The graphics driver, on a GPU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// Seconds since 1970, for people: nothing depends on the clock.
    pub date: u64,
    pub seed: u64,
    /// Identity of the training data.
    pub data: String,
    /// Identity of the CLIP that it starts from.
    pub model: String,
}

/// Adds this session to the run's.
///
/// # Errors
/// [`Failure`] where the run's folder cannot be written: better now than after an epoch.
pub(crate) fn note(job: &StageJob<'_>) -> Result<(), Failure> {
    let path = job.folder.join("environment.json");
    let mut sessions: Vec<Session> = std::fs::read(&path)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default();
    sessions.push(Session {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        processor: processor(),
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        device: job.compute.name.clone(),
        driver: job.compute.driver.clone(),
        date: std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |d| d.as_secs()),
        seed: job.config.seed,
        data: job.config.data.clone(),
        model: job.config.model_fingerprint.clone(),
    });
    let text = serde_json::to_vec_pretty(&sessions).map_err(|e| Failure::io("write", &path, &e.into()))?;
    atomic::write(&path, &text).map_err(|e| Failure::io("write where the run is computed to", &path, &e))
}

/// The processor's name where the system tells it in a file or variable, else its architecture.
fn processor() -> String {
    let from_file = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    from_file
        .or_else(|| std::env::var("PROCESSOR_IDENTIFIER").ok())
        .unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}
