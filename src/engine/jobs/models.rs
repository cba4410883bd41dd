//! `model list`, `model fetch`, `model add`, `model remove`: checkpoints by name.

use crate::engine::event::{ModelEntry, PhaseKind, warnings};
use crate::engine::request::{FetchModel, ModelPlace};
use crate::engine::{Context, Event, Failure};
use crate::models::{self, FetchRequest, Installed, Kind, Origin, Phase, ProxyChoice, Settings};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Where models are kept and how servers are reached: as asked, else as the environment says.
fn settings(place: &ModelPlace) -> Result<Settings, Failure> {
    let mut settings = Settings::from_environment()?;
    if let Some(cache) = &place.cache {
        settings.cache.clone_from(cache);
    }
    if let Some(mirror) = &place.mirror {
        mirror.trim_end_matches('/').clone_into(&mut settings.endpoint);
    }
    if let Some(proxy) = &place.proxy {
        settings.proxy = match proxy.trim() {
            "" | "none" => ProxyChoice::Never,
            address => ProxyChoice::Use(address.to_owned()),
        };
    }
    Ok(settings)
}

/// Lists every known model, and the user's own ones.
pub(crate) fn list(place: &ModelPlace, context: &mut Context<'_>) -> Result<(), Failure> {
    let here = models::installed(&settings(place)?.cache);
    let find = |name: &str| here.iter().find(|m| m.name() == name);
    let mut entries: Vec<ModelEntry> = models::catalogue()
        .iter()
        .map(|info| {
            let installed = find(info.name);
            ModelEntry {
                name: info.name.to_owned(),
                title: info.title.to_owned(),
                good_for: info.good_for.to_owned(),
                licence: info.licence.to_owned(),
                bytes: installed.map_or_else(|| info.size(), |m| m.size),
                clip: info.kind == Kind::Clip,
                image_size: info.input,
                patch: info.patch,
                path: installed.map(|m| m.path.display().to_string()),
                unverified: installed.map(unverified).unwrap_or_default(),
            }
        })
        .collect();
    let own = here.iter().filter(|m| models::find(m.name()).is_none());
    entries.extend(own.map(|m| ModelEntry {
        name: m.name().to_owned(),
        title: m.manifest.title.clone(),
        good_for: match &m.manifest.origin {
            Origin::Local { .. } => "A checkpoint of your own.".to_owned(),
            _ => String::new(),
        },
        licence: m.manifest.licence.clone().unwrap_or_else(|| "not stated".to_owned()),
        bytes: m.size,
        clip: m.manifest.layout != crate::clip::checkpoint::Layout::Vit,
        image_size: 0,
        patch: 0,
        path: Some(m.path.display().to_string()),
        unverified: unverified(m),
    }));
    context.emit(Event::Models { models: entries });
    Ok(())
}

fn unverified(model: &Installed) -> Vec<String> {
    model.unverified().into_iter().map(str::to_owned).collect()
}

/// Downloads a known model, or continues an interrupted download.
pub(crate) fn fetch(request: &FetchModel, context: &mut Context<'_>) -> Result<(), Failure> {
    let start = Instant::now();
    let asked = FetchRequest {
        again: request.again,
        ..FetchRequest::new(&request.name, settings(&request.place)?)?
    };
    let cancel = context.cancel_flag();
    let mut told = String::new();
    let mut report = |progress: &models::Progress| {
        let phase = match &progress.phase {
            Phase::Connecting => "connecting".to_owned(),
            Phase::Downloading => format!("downloading {}", progress.file),
            Phase::Waiting { reason, wait } => format!("{reason}; trying again in {} s", wait.as_secs()),
            Phase::OtherSource { reason } => {
                // Worth keeping after the bar is gone.
                if told != *reason {
                    told.clone_from(reason);
                    context.warn(warnings::OTHER_SOURCE, format!("another source is tried: {reason}"));
                }
                "connecting".to_owned()
            }
            Phase::Verifying => format!("checking {}", progress.file),
            Phase::Opening => "opening the model".to_owned(),
        };
        let kind = match &progress.phase {
            Phase::Downloading => PhaseKind::Downloading,
            _ => PhaseKind::Other,
        };
        context.phase(kind, &phase, progress.bytes as usize, progress.total as usize);
    };
    let installed = models::fetch(&asked, &mut report, cancel)?;
    for file in installed.unverified() {
        context.warn(
            warnings::UNVERIFIED,
            format!("the source declares no checksum for {file}: it was compared by its length, and read"),
        );
    }
    told_of(&installed, context);
    context.emit(Event::Done {
        run: None,
        project: None,
        report: None,
        seconds: start.elapsed().as_secs_f64(),
        encoded: 0,
        fallback: Vec::new(),
    });
    Ok(())
}

fn told_of(installed: &Installed, context: &mut Context<'_>) {
    context.emit(Event::Fetched {
        name: installed.name().to_owned(),
        path: installed.path.display().to_string(),
        bytes: installed.size,
        unverified: unverified(installed),
    });
}

/// Gives a checkpoint on the disk a name.
pub(crate) fn add(path: &Path, name: &str, place: &ModelPlace, context: &mut Context<'_>) -> Result<(), Failure> {
    let installed = models::import_local(path, name, &settings(place)?.cache)?;
    told_of(&installed, context);
    Ok(())
}

/// Removes a downloaded model, or the name of one on the disk.
pub(crate) fn remove(name: &str, place: &ModelPlace, context: &mut Context<'_>) -> Result<(), Failure> {
    models::remove(name, &settings(place)?.cache)?;
    context.emit(Event::Written {
        path: name.to_owned(),
        what: "removed".to_owned(),
        dry_run: false,
        deleted: false,
    });
    Ok(())
}

/// The checkpoint that a name means, where it is one that was downloaded or added.
pub(crate) fn resolve(name: &str) -> Option<PathBuf> {
    models::resolve(name, &Settings::from_environment().ok()?.cache)
}
