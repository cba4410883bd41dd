//! The window as sequences of inputs: no window, no graphics, no worker, no files, no clock.

mod data_pages;
mod downloads;
mod editing;
mod exporting;
mod importing;
mod inspecting;
mod leaving;
mod looks;
mod opening;
mod planning;
mod projects;
mod tag_keeping;
mod tag_watching;
mod tag_writing;
mod tagging;
mod training;

use super::{Effect, Input, Tick, update};
use crate::app::model::action::Action;
use crate::app::model::catalog::Catalog;
use crate::app::model::catalog::tests::small;
use crate::app::model::command::Command;
use crate::app::model::file_probe;
use crate::app::model::job::{JobEvent, Spec};
use crate::app::model::job_kind::JobKind;
use crate::app::model::notices::Level;
use crate::app::model::prefs::Prefs;
use crate::app::model::project_messages::{ProjectReply, ProjectRequest};
use crate::app::model::state::{Habits, Model};
use crate::engine::event::PhaseKind;
use crate::engine::{Event, Failure};
use crate::project::{EditGroup, LabelRow, Run, RunState};
use std::path::PathBuf;
use std::time::Duration;

/// The project of [`birds`].
const BIRDS: &str = "/p/birds.patchlight";

/// A window that is told what happens, and says what it would do.
struct Driver {
    model: Model,
    /// Of the newest input.
    effects: Vec<Effect>,
    /// What every tick says of the outside, its time left out.
    outside: Tick,
}

impl Driver {
    /// Nothing is open, and nothing is done without being asked.
    fn new() -> Self {
        Self::with(Prefs::default(), false)
    }

    fn with(prefs: Prefs, score_at_once: bool) -> Self {
        Self {
            model: Model::new(prefs, Habits { score_at_once }),
            effects: Vec::new(),
            outside: Tick::default(),
        }
    }

    /// [`birds`] is open, and what its opening did is past.
    fn at_birds() -> Self {
        let mut d = Self::new();
        d.opened(birds());
        d
    }

    fn input(&mut self, input: Input) {
        self.effects = update(&mut self.model, input);
    }

    fn command(&mut self, command: Command) {
        self.input(Input::Command(command));
    }

    fn act(&mut self, action: Action) {
        self.command(Command::Do(action));
    }

    /// A frame begins so many seconds later.
    fn tick(&mut self, seconds: f64) {
        let tick = Tick {
            now: self.model.now + Duration::from_secs_f64(seconds),
            ..self.outside.clone()
        };
        self.input(Input::Tick(tick));
    }

    fn probe(&mut self, reply: file_probe::Reply) {
        self.input(Input::ProbeReply(reply));
    }

    fn reply(&mut self, reply: ProjectReply) {
        self.input(Input::ProjectReply(reply));
    }

    /// Someone opens a project, and its thread reads it.
    fn opened(&mut self, catalog: Catalog) {
        self.command(Command::Open(catalog.folder.clone()));
        self.reply(ProjectReply::Opened(Box::new(catalog), None));
    }

    fn job_started(&mut self, id: u64) {
        self.input(Input::JobEvent(JobEvent::Started(id)));
    }

    fn job_event(&mut self, id: u64, event: Event) {
        self.input(Input::JobEvent(JobEvent::Event(id, Box::new(event))));
    }

    fn job_done(&mut self, id: u64) {
        self.job_ended(id, Ok(()), false);
    }

    fn job_failed(&mut self, id: u64, words: &str) {
        self.job_ended(id, Err(failure(words)), false);
    }

    fn job_died(&mut self, id: u64, words: &str) {
        self.job_ended(id, Err(failure(words)), true);
    }

    fn job_ended(&mut self, id: u64, result: Result<(), Failure>, died: bool) {
        self.input(Input::JobEvent(JobEvent::Ended { id, result, died }));
    }

    /// What the newest input did outside, in short.
    fn outline(&self) -> Vec<String> {
        self.effects.iter().map(outline).collect()
    }

    /// Holds where the newest input did exactly this outside.
    #[track_caller]
    fn did(&self, expected: &[&str]) {
        assert_eq!(self.outline(), expected);
    }

    /// Jobs that the newest input started.
    fn started(&self) -> Vec<(u64, &Spec)> {
        let start = |effect| match effect {
            &Effect::StartJob { id, ref spec, .. } => Some((id, &**spec)),
            _ => None,
        };
        self.effects.iter().filter_map(start).collect()
    }

    /// The one job that the newest input started.
    #[track_caller]
    fn start(&self) -> (u64, Spec) {
        match self.started().as_slice() {
            [(id, spec)] => (*id, (*spec).clone()),
            other => panic!("not one job: {other:?}"),
        }
    }

    /// The unfinished job of a kind.
    #[track_caller]
    fn job(&self, kind: &JobKind) -> u64 {
        let found = self.model.jobs.unfinished(|job| job.spec.kind == *kind);
        *found.last().unwrap_or_else(|| panic!("no job is {kind:?}"))
    }

    /// The newest message in sight.
    #[track_caller]
    fn says(&self) -> (Level, &str) {
        let notice = self.model.notices.list.last().expect("a message");
        (notice.level, notice.text.as_str())
    }

    /// Whether nothing is said.
    fn is_silent(&self) -> bool {
        self.model.notices.list.is_empty()
    }

    /// All messages go.
    fn hush(&mut self) {
        self.model.notices.list.clear();
    }

    /// The words on the buttons of all messages.
    fn buttons(&self) -> Vec<&str> {
        let actions = self.model.notices.list.iter().filter_map(|n| n.action.as_ref());
        actions.map(|(words, _)| words.as_str()).collect()
    }

    /// Presses the button of a message.
    #[track_caller]
    fn press(&mut self, words: &str) {
        let actions = self.model.notices.list.iter().filter_map(|n| n.action.clone());
        let found = actions.into_iter().rfind(|(button, _)| button == words);
        let (_, command) = found.unwrap_or_else(|| panic!("no button says {words}"));
        self.command(command);
    }

    /// The open project's content.
    #[track_caller]
    fn catalog(&self) -> &Catalog {
        &self.model.open().expect("an open project").catalog
    }
}

/// An effect in short.
fn outline(effect: &Effect) -> String {
    match effect {
        Effect::StartJob { id, spec, .. } => format!("start {id} {:?}", spec.kind),
        Effect::StopJob(id) => format!("stop {id}"),
        Effect::OpenProject(path) => format!("open {}", path.display()),
        Effect::CloseProject => "close".to_owned(),
        Effect::AskProject(ProjectRequest::Data(request)) => format!("ask {request:?}"),
        Effect::AskProject(request) => format!("ask {request:?}"),
        Effect::Probe(request) => format!("probe {request:?}"),
        Effect::Dialog(pick) => format!("dialog {pick:?}"),
        Effect::Copy(text) => format!("copy {text}"),
        Effect::Repaint(after) => format!("repaint {} ms", after.as_millis()),
        Effect::ClearTextures => "clear textures".to_owned(),
        Effect::CloseWindow => "close window".to_owned(),
        Effect::KeepWindow => "keep window".to_owned(),
    }
}

/// Four pictures with the labels owl and robin, scored, to be changed.
fn birds() -> Catalog {
    Catalog {
        writable: true,
        ..small()
    }
}

/// [`birds`] as nobody has scored them.
fn unscored() -> Catalog {
    Catalog {
        run: String::new(),
        probability: Vec::new(),
        score: Vec::new(),
        ..birds()
    }
}

fn label(id: i64, name: &str) -> LabelRow {
    LabelRow {
        id,
        name: name.to_owned(),
        prompt_words: None,
        description: None,
        colour: None,
        position: id,
        threshold: None,
        novel: false,
    }
}

fn run(id: &str, stage: u8, state: RunState) -> Run {
    Run {
        id: id.to_owned(),
        stage,
        state,
        created: 0,
        config: serde_json::Value::Null,
        parent: None,
        error: None,
    }
}

fn edit(words: &str) -> EditGroup {
    EditGroup {
        id: 1,
        created: 0,
        description: words.to_owned(),
    }
}

fn failure(words: &str) -> Failure {
    Failure::new(words, "Try again.")
}

fn warning(code: &str, message: &str) -> Event {
    Event::Warning {
        code: code.to_owned(),
        message: message.to_owned(),
    }
}

fn progress(phase: &str, done: usize, total: usize) -> Event {
    Event::Progress {
        phase: phase.to_owned(),
        done,
        total,
        kind: PhaseKind::Other,
    }
}

fn paths(all: &[&str]) -> Vec<PathBuf> {
    all.iter().map(PathBuf::from).collect()
}
