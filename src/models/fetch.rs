//! A whole model: its files from one source, checked, opened by the reader, and moved into place in one step.

use super::address;
use super::cache::{self, Installed, Lock, WORK};
use super::catalogue::{self, HubFile, ModelInfo, Source};
use super::download::{Downloader, Got, Want};
use super::error::{FetchError, io_error};
use super::file::Declared;
use super::http::Client;
use super::manifest::{Manifest, ManifestFile, Origin};
use super::progress::{Meter, Phase, Progress};
use super::settings::Settings;
use crate::clip::checkpoint;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use url::Url;

/// A configuration has some kilobytes.
const MAX_CONFIG: u64 = 16 << 20;
/// Weights may have this much more than the list says.
const SLACK: u64 = 64 << 20;

#[derive(Debug, Clone)]
pub struct FetchRequest {
    pub model: ModelInfo,
    pub settings: Settings,
    /// Whether the hub comes before the publisher's own address: where a mirror is set, as who sets one means it.
    pub hub_first: bool,
    /// Whether a model in the cache is fetched again.
    pub again: bool,
}

impl FetchRequest {
    /// A request for the known model `name`.
    ///
    /// # Errors
    /// [`FetchError::UnknownModel`].
    pub fn new(name: &str, settings: Settings) -> Result<Self, FetchError> {
        let model = catalogue::find(name).ok_or_else(|| FetchError::UnknownModel {
            name: name.chars().take(80).collect(),
            nearest: catalogue::nearest(name).map(str::to_owned),
        })?;
        Ok(Self {
            model: *model,
            hub_first: settings.has_mirror(),
            settings,
            again: false,
        })
    }

    fn sources(&self) -> Vec<&'static Source> {
        let mut sources: Vec<&'static Source> = self.model.sources.iter().collect();
        sources.sort_by_key(|source| source.is_hub() != self.hub_first);
        sources
    }
}

/// Fetches a model. One that is here already is returned as it is. `progress` hears about ten times a second; `cancel`
/// is obeyed within a moment in every phase but the last, opening the model. What a failed or cancelled fetch has received
/// is kept, and the next one continues from there.
///
/// # Errors
/// Any [`FetchError`]; [`FetchError::hint`] says what the user can do.
pub fn fetch(
    request: &FetchRequest,
    progress: &mut dyn FnMut(&Progress),
    cancel: &AtomicBool,
) -> Result<Installed, FetchError> {
    let (settings, model) = (&request.settings, &request.model);
    let here = |again: bool| match again {
        true => Ok(None),
        // A record that cannot be used is replaced.
        false => cache::look_up(&settings.cache, model.name).or_else(|error| match error {
            FetchError::Manifest { .. } => Ok(None),
            error => Err(error),
        }),
    };
    if let Some(installed) = here(request.again)? {
        return Ok(installed);
    }
    let client = Client::new(settings)?;
    let work = settings.cache.join(WORK);
    let _lock = Lock::take(&work, model.name)?;
    // Another program may have fetched it meanwhile.
    if let Some(installed) = here(request.again)? {
        return Ok(installed);
    }
    cache::refuse_foreign(&settings.cache, model.name)?;
    let sources = request.sources();
    let mut meter = Meter::new(progress, sources.first().map_or(0, |source| source.size()));
    let mut first_error = None;
    for (i, source) in sources.iter().enumerate() {
        if let Some(error) = &first_error {
            meter.restart(source.size(), FetchError::to_string(error));
        }
        let attempt = SourceFetch {
            settings,
            model,
            source,
            stage: work
                .join(model.name)
                .join(if source.is_hub() { "hub" } else { "publisher" }),
            downloader: Downloader {
                client: &client,
                free_space: settings.free_space,
                cancel,
            },
        };
        match attempt.run(&mut meter) {
            Ok(installed) => {
                if let Err(error) = cache::clear(&work.join(model.name)) {
                    tracing::warn!(%error, "leftovers of the download are not deleted");
                }
                return Ok(installed);
            }
            Err(error) if error.other_source_may_help() && i + 1 < sources.len() => {
                first_error.get_or_insert(error);
            }
            // The first source is the one that the user may have to do something about.
            Err(error) if error.other_source_may_help() => return Err(first_error.unwrap_or(error)),
            Err(error) => return Err(error),
        }
    }
    Err(first_error.unwrap_or_else(|| FetchError::UnknownModel {
        name: model.name.to_owned(),
        nearest: None,
    }))
}

/// Fetching a model from one of its sources.
struct SourceFetch<'a> {
    settings: &'a Settings,
    model: &'a ModelInfo,
    source: &'static Source,
    /// Where its files are collected until all have arrived.
    stage: PathBuf,
    downloader: Downloader<'a>,
}

impl SourceFetch<'_> {
    fn run(&self, meter: &mut Meter<'_>) -> Result<Installed, FetchError> {
        std::fs::create_dir_all(&self.stage).map_err(io_error(&self.stage))?;
        let (origin, files) = match self.source {
            Source::Hub {
                repo, revision, files, ..
            } => self.hub(repo, revision, files, meter)?,
            Source::Address {
                by, url, sha256, file, ..
            } => self.publisher(by, url, sha256, file, meter)?,
        };
        self.keep_only(&files, true)?;
        meter.phase(Phase::Opening);
        let opened = checkpoint::open(&self.stage).inspect_err(|_| {
            // A file without a declared hash may have been damaged on the way: the next attempt starts over.
            if files.iter().any(|file| file.declared.is_none()) {
                let _ = cache::clear(&self.stage);
            }
        })?;
        if self.downloader.cancel.load(Ordering::Relaxed) {
            return Err(FetchError::Cancelled { kept: 0 });
        }
        let (layout, fingerprint) = (opened.layout, opened.fingerprint.clone());
        drop(opened);
        self.keep_only(&files, false)?;
        let manifest = Manifest {
            licence: Some(self.model.licence.to_owned()),
            files,
            ..Manifest::new(self.model.name, self.model.title, origin, layout, fingerprint)
        };
        manifest.write(&self.stage)?;
        cache::publish(&self.settings.cache, self.model.name, &self.stage)?;
        let placed = cache::look_up(&self.settings.cache, self.model.name)?;
        placed.ok_or_else(|| FetchError::NotInstalled {
            name: self.model.name.to_owned(),
        })
    }

    fn publisher(
        &self,
        by: &str,
        url: &str,
        sha256: &str,
        file: &str,
        meter: &mut Meter<'_>,
    ) -> Result<(Origin, Vec<ManifestFile>), FetchError> {
        meter.file(file, true);
        let known = Declared::Address {
            sha256: sha256.to_owned(),
        };
        let url = self.address(address::parse(url))?;
        let (_, file) = self.one(file, url, Some(known), meter)?;
        Ok((Origin::Address { by: by.to_owned() }, vec![file]))
    }

    fn hub(
        &self,
        repo: &str,
        revision: &str,
        wanted: &[HubFile],
        meter: &mut Meter<'_>,
    ) -> Result<(Origin, Vec<ManifestFile>), FetchError> {
        let endpoint = self.settings.endpoint_url()?;
        let mut files = Vec::new();
        // All files are taken from the commit of the first: the branch may move meanwhile.
        let mut commit: Option<String> = None;
        for (i, file) in wanted.iter().enumerate() {
            let mut missing = None;
            for name in file.names {
                meter.file(name, i + 1 == wanted.len());
                let at = commit.as_deref().unwrap_or(revision);
                let url = self.address(address::hub_file(&endpoint, repo, at, name))?;
                match self.one(name, url, None, meter) {
                    Ok((got, file)) => {
                        commit = commit.or(got.commit);
                        files.push(file);
                        missing = None;
                        break;
                    }
                    Err(error @ FetchError::NotFound { .. }) => {
                        missing.get_or_insert(error);
                    }
                    Err(error) => return Err(error),
                }
            }
            if let Some(error) = missing.filter(|_| file.required) {
                return Err(error);
            }
        }
        let origin = Origin::Hub {
            endpoint: self.settings.endpoint.trim().to_owned(),
            repo: repo.to_owned(),
            revision: revision.to_owned(),
            commit,
        };
        Ok((origin, files))
    }

    fn one(
        &self,
        name: &str,
        url: Url,
        known: Option<Declared>,
        meter: &mut Meter<'_>,
    ) -> Result<(Got, ManifestFile), FetchError> {
        let limit = if name.ends_with(".json") {
            MAX_CONFIG
        } else {
            self.source.size().saturating_mul(2).saturating_add(SLACK)
        };
        let shown = url.to_string();
        let want = Want {
            hub: self.source.is_hub(),
            known,
            target: &self.stage.join(name),
            limit,
            url,
        };
        let got = self.downloader.file(&want, meter)?;
        let file = ManifestFile {
            name: name.to_owned(),
            url: shown,
            size: got.size,
            sha256: got.sha256.clone(),
            declared: got.declared.clone(),
        };
        Ok((got, file))
    }

    fn address(&self, url: Result<Url, String>) -> Result<Url, FetchError> {
        url.map_err(|problem| FetchError::BadSetting {
            what: "a model's address",
            problem,
        })
    }

    /// Deletes what earlier attempts left in the stage and is not one of `files`; their sidecars stay if `sidecars` is set.
    fn keep_only(&self, files: &[ManifestFile], sidecars: bool) -> Result<(), FetchError> {
        for entry in std::fs::read_dir(&self.stage).map_err(io_error(&self.stage))? {
            let path = entry.map_err(io_error(&self.stage))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let is_sidecar = |file: &ManifestFile| sidecars && name == format!("{}.part.json", file.name);
            if files.iter().any(|file| file.name == name || is_sidecar(file)) {
                continue;
            }
            delete(&path)?;
        }
        Ok(())
    }
}

fn delete(path: &Path) -> Result<(), FetchError> {
    let is_folder = path.symlink_metadata().is_ok_and(|m| m.is_dir());
    let deleted = if is_folder {
        std::fs::remove_dir_all(path)
    } else {
        std::fs::remove_file(path)
    };
    deleted.map_err(io_error(path))
}
