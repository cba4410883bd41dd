//! What the engine tells, in words of the window, before anything else sees it.

use crate::app::model::file_probe::Reply;
use crate::app::model::job::JobEvent;
use crate::app::model::project_messages::ProjectReply;
use crate::app::model::window_words::{failure_in_window_words, in_window_words};
use crate::engine::Event;

pub fn of_job(event: JobEvent) -> JobEvent {
    match event {
        JobEvent::Event(id, mut event) => {
            match &mut *event {
                Event::Warning { message, .. } => *message = in_window_words(message),
                Event::Import { warnings, .. } => {
                    for warning in warnings {
                        warning.message = in_window_words(&warning.message);
                    }
                }
                _ => {}
            }
            JobEvent::Event(id, event)
        }
        JobEvent::Ended { id, result, died } => JobEvent::Ended {
            id,
            result: result.map_err(failure_in_window_words),
            died,
        },
        other => other,
    }
}

pub fn of_probe(reply: Reply) -> Reply {
    match reply {
        Reply::NoTagger(path, failure) => Reply::NoTagger(path, failure_in_window_words(failure)),
        Reply::Kept(kept) => Reply::Kept(kept.map_err(failure_in_window_words)),
        Reply::Watched(job, run, read) => Reply::Watched(job, run, read.map_err(failure_in_window_words)),
        Reply::History(run, read) => Reply::History(run, read.map_err(failure_in_window_words)),
        other => other,
    }
}

pub fn of_project(reply: ProjectReply) -> ProjectReply {
    match reply {
        ProjectReply::NotOpened(failure) => ProjectReply::NotOpened(failure_in_window_words(failure)),
        ProjectReply::Failed { what, failure } => ProjectReply::Failed {
            what,
            failure: failure_in_window_words(failure),
        },
        ProjectReply::Opened(mut catalog, scorer) => {
            for notice in &mut catalog.notices {
                *notice = in_window_words(notice);
            }
            ProjectReply::Opened(catalog, scorer)
        }
        other => other,
    }
}
