//! The list of Tag is kept on the disk and comes back at the next start; keywords that pictures have already are read.

use super::effect::{Effect, Effects};
use crate::app::model::action::Action;
use crate::app::model::command::Command;
use crate::app::model::file_probe::Request;
use crate::app::model::notices::Level;
use crate::app::model::state::Model;
use crate::app::model::tag::kept::Kept;
use crate::app::model::tag::list::List;
use crate::app::model::words::{count, counted};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How long the list stays as it is before it is kept.
const QUIET: Duration = Duration::from_millis(800);

/// How long a list that changes all the time is not kept.
const BUSY: Duration = Duration::from_secs(15);

/// Pictures whose keywords are read at once: others have to wait for them.
const AT_ONCE: usize = 200;

/// Asks for the list of the last session.
pub fn begin(model: &Model, out: &mut Effects) {
    if let Some(file) = model.tagging.keeping.file.clone() {
        out.probe(Request::KeptTags(file));
    }
}

/// The list of the last session is there, or there is none.
pub fn found(model: &mut Model, out: &mut Effects, kept: Option<Kept>) {
    let tagging = &mut model.tagging;
    tagging.keeping.read = true;
    let Some(mut kept) = kept.filter(|kept| !kept.is_empty()) else {
        tagging.keeping.version = tagging.list.version;
        return;
    };
    let new: Vec<PathBuf> = tagging.list.items.iter().map(|i| i.path.clone()).collect();
    let used = kept.used.take();
    let version = tagging.list.version + 1;
    tagging.list = List::restored(kept);
    tagging.list.version = version;
    tagging.list.add(new);
    tagging.used = used;
    if let Some(used) = &tagging.used {
        tagging.source = used.clone();
    }
    tagging.keeping.version = tagging.list.version;
    let pictures: Vec<PathBuf> = tagging.list.items.iter().map(|i| i.path.clone()).collect();
    let edited = (0..tagging.list.items.len())
        .filter(|i| tagging.list.edited(*i))
        .count();
    let mut words = format!(
        "Tag has {} as you left it",
        counted(pictures.len(), "picture", "pictures")
    );
    if edited > 0 {
        words.push_str(&format!(", {} changed by you", count(edited)));
    }
    let go = ("Go on with them".to_owned(), Command::Do(Action::Tag));
    model.notices.say(Level::Note, words, None, Some(go));
    read_keywords(model, out, &pictures);
}

/// A list that has changed is kept once it is quiet.
pub fn tick(model: &mut Model, out: &mut Effects) {
    let now = model.now;
    let tagging = &mut model.tagging;
    let version = tagging.list.version;
    if tagging.keeping.file.is_none() || !tagging.keeping.read || tagging.keeping.version == version {
        return;
    }
    let (seen, since) = *tagging.keeping.changed.get_or_insert((version, now));
    if tagging.job.is_some() {
        if now.saturating_sub(since) < BUSY {
            return;
        }
    } else if seen != version {
        tagging.keeping.changed = Some((version, now));
        return out.push(Effect::Repaint(QUIET));
    } else if now.saturating_sub(since) < QUIET {
        return out.push(Effect::Repaint(QUIET));
    }
    keep(model, out);
}

/// Keeps the list as it is now, where that is not on the disk yet.
pub fn keep(model: &mut Model, out: &mut Effects) {
    let tagging = &mut model.tagging;
    let keeping = &mut tagging.keeping;
    let Some(file) = keeping.file.clone().filter(|_| keeping.read) else {
        return;
    };
    if keeping.version != tagging.list.version {
        (keeping.version, keeping.changed) = (tagging.list.version, None);
        let kept = tagging.list.kept(tagging.used.clone());
        out.probe(Request::KeepTags(file, Arc::new(kept)));
    }
}

/// Keywords of pictures are read, a part of them at a time.
pub fn read_keywords(model: &mut Model, out: &mut Effects, pictures: &[PathBuf]) {
    let idle = model.tagging.unread.is_empty();
    model.tagging.unread.extend(pictures.iter().cloned());
    if idle {
        read_some(model, out);
    }
}

/// Keywords of some pictures were read: the next ones.
pub fn keywords(model: &mut Model, out: &mut Effects, read: Vec<(PathBuf, Vec<String>)>) {
    let tagging = &mut model.tagging;
    let mut asked = false;
    for (picture, keywords) in read {
        // What was asked for a list that was emptied since is not waited for any more.
        if tagging.unread.front() == Some(&picture) {
            tagging.unread.pop_front();
            asked = true;
        }
        tagging.list.carry(&picture, keywords);
    }
    if asked {
        read_some(model, out);
    }
}

fn read_some(model: &Model, out: &mut Effects) {
    let some: Vec<PathBuf> = model.tagging.unread.iter().take(AT_ONCE).cloned().collect();
    if !some.is_empty() {
        out.probe(Request::Keywords(some));
    }
}
