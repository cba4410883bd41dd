//! `project check`: reads every picture and reports damage, copies, and copies in several splits.

use super::project::open_for_work;
use crate::engine::{Context, Event, Failure};
use crate::project::{Checked, PictureRow};
use rayon::prelude::*;
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::Ordering;

/// Pictures checked between two writes: what was found survives a kill.
const CHUNK: usize = 64;

/// Reads every picture that was not checked yet, and reports damage, copies, and copies in several splits.
pub(crate) fn run(path: &Path, context: &mut Context<'_>) -> Result<(), Failure> {
    let mut project = open_for_work(path, context)?;
    let pending = project.pending_checks()?;
    let total = pending.len();
    for (i, chunk) in pending.chunks(CHUNK).enumerate() {
        context.progress("checking pictures", i * CHUNK, total);
        let cancel = context.cancel_flag();
        // Large ones take a second each.
        let wanted = |_: &&PictureRow| !cancel.load(Ordering::Relaxed);
        let checked: Vec<Checked> = chunk.par_iter().filter(wanted).map(Checked::read).collect();
        project.store_checks(&checked)?;
        if context.cancelled() {
            return Err(Failure::cancelled(
                "cancelled; what was checked so far is kept, and the rest is checked next time",
            ));
        }
    }
    context.progress("checking pictures", total, total);
    let unusable = project.unusable_pictures()?;
    let names: HashMap<i64, String> = project.pictures(None)?.into_iter().map(|p| (p.id, p.name)).collect();
    let named = |(id, reason): (i64, String)| (names.get(&id).cloned().unwrap_or_default(), reason);
    context.emit(Event::Check {
        images: names.len(),
        checked: total,
        unusable: unusable.into_iter().map(named).collect(),
        copies: project.duplicates()?,
    });
    Ok(())
}
