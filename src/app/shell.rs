//! The one place that joins model, update, view and services: in each frame it takes what the services tell as inputs, runs `update`,
//! carries the effects out, and draws the view.

pub mod frame_time;

use super::model::command::Command;
use super::model::job::JobEvent;
use super::model::prefs::{self, Look, Prefs};
use super::model::state::{Habits, Model};
use super::services::dialogs::Dialogs;
use super::services::file_probe::{FileProbe, kept_tags};
use super::services::memory::Memory;
use super::services::project_thread::{self, ProjectThread};
use super::services::thumbnails::Thumbnails;
use super::services::worker_queue::WorkerQueue;
use super::update::{self, Effect, Input, Tick};
use super::view::screen::Screen;
use super::view::textures::Textures;
use super::view::{self, theme, widgets};
use crate::app::model::project_messages::ProjectReply;
use crate::engine::Failure;
use eframe::egui::{Context, ThemePreference, Ui, ViewportCommand};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

/// How a window is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// The executable whose `worker` command does the work; `None`: this one.
    pub worker: Option<PathBuf>,
    /// Paths given on the command line.
    pub paths: Vec<PathBuf>,
    /// Whether to find out which device there is.
    pub find_device: bool,
    /// Whether small projects are scored without being asked.
    pub score_at_once: bool,
    /// Preferences; `None`: the kept ones.
    pub prefs: Option<Prefs>,
    /// The file that keeps the list of Tag between sessions; `None`: it is not kept.
    pub tag_list: Option<PathBuf>,
    /// When the program began: the time to the first frame is logged.
    pub began: Option<Instant>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            worker: None,
            paths: Vec::new(),
            find_device: true,
            score_at_once: true,
            prefs: None,
            tag_list: Some(kept_tags()),
            began: None,
        }
    }
}

/// Time between looks at the memory.
const MEMORY_EVERY: Duration = Duration::from_secs(2);

/// Time between repaints while a job tells many things.
const JOB_REPAINT: Duration = Duration::from_millis(100);

/// Events of jobs read in one frame: a burst must not make it late.
const EVENTS: usize = 2_000;

/// Answers of the other services read in one frame.
const ANSWERS: usize = 64;

/// How long the end of the program waits for files that are still being written.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// Rounds of commands in one frame: a command may make others.
const ROUNDS: usize = 8;

/// The threads and the outside.
struct Services {
    jobs: WorkerQueue,
    project: Option<ProjectThread>,
    files: FileProbe,
    thumbnails: Thumbnails,
    dialogs: Dialogs,
    memory: Memory,
}

pub struct Window {
    /// Everything it knows.
    pub model: Model,
    /// Textures of pictures.
    pub textures: Textures,
    commands: Vec<Command>,
    services: Services,
    opened: Instant,
    looked_at_memory: Option<Instant>,
    applied: Option<(Look, bool)>,
    began: Option<Instant>,
}

impl Window {
    /// Makes the window's state.
    pub fn new(cc: &eframe::CreationContext<'_>, options: Options) -> Self {
        if let Some(gpu) = &cc.wgpu_render_state {
            widgets::overlay::install(gpu);
        }
        let kept = || {
            cc.storage
                .and_then(|storage| eframe::get_value::<Prefs>(storage, prefs::KEY))
        };
        let prefs = options.prefs.clone().or_else(kept).unwrap_or_default().sane();
        Self::headless(&cc.egui_ctx, options, prefs)
    }

    /// The window without a renderer: for measuring what a frame costs.
    pub fn headless(ctx: &Context, options: Options, prefs: Prefs) -> Self {
        theme::install(ctx);
        ctx.add_plugin(view::KeyOrder::default());
        let wake = || {
            let ctx = ctx.clone();
            move |urgent| {
                if urgent {
                    ctx.request_repaint();
                } else {
                    ctx.request_repaint_after(JOB_REPAINT);
                }
            }
        };
        let wake_files = wake();
        let services = Services {
            jobs: WorkerQueue::new(options.worker, wake()),
            project: None,
            files: FileProbe::new(move || wake_files(true)),
            thumbnails: Thumbnails::new(ctx),
            dialogs: Dialogs::new(ctx),
            memory: Memory::default(),
        };
        let habits = Habits {
            score_at_once: options.score_at_once,
        };
        let mut window = Self {
            model: Model::new(prefs, habits),
            textures: Textures::default(),
            commands: Vec::new(),
            services,
            opened: Instant::now(),
            looked_at_memory: None,
            applied: None,
            began: options.began,
        };
        window.model.tagging.keeping.file = options.tag_list;
        window.model.models.usual = crate::models::Settings::from_environment().map(|s| s.cache).ok();
        let effects = update::begin(&mut window.model, options.find_device, options.paths);
        window.carry_out(ctx, effects);
        window
    }

    /// Asks for something: it is carried out in the next frame, before it is drawn.
    pub fn command(&mut self, command: Command) {
        self.commands.push(command);
    }

    /// Everything before drawing.
    pub fn update(&mut self, ctx: &Context) {
        self.look(ctx);
        self.take_pictures(ctx);
        self.take_events(ctx);
        self.take_answers(ctx);
        let mut screen = Screen::new(&self.model, &mut self.textures, &mut self.commands);
        view::input::read(ctx, &mut screen);
        self.run_commands(ctx);
        let tick = self.tick(ctx);
        self.input(ctx, Input::Tick(tick));
    }

    /// Draws everything.
    pub fn draw(&mut self, ui: &mut Ui) {
        if let Some(began) = self.began.take() {
            tracing::info!("first frame after {} ms", began.elapsed().as_millis());
        }
        let mut screen = Screen::new(&self.model, &mut self.textures, &mut self.commands);
        view::draw(ui, &mut screen);
        let dropped = self.services.thumbnails.wish(self.textures.take_wishes());
        self.textures.forget(&dropped);
        let ctx = ui.ctx().clone();
        if !self.commands.is_empty() {
            self.run_commands(&ctx);
            // What was asked for shows at once, whatever else would cause the next frame.
            ctx.request_repaint();
        }
    }

    fn run_commands(&mut self, ctx: &Context) {
        for _ in 0..ROUNDS {
            let commands = std::mem::take(&mut self.commands);
            if commands.is_empty() {
                break;
            }
            for command in commands {
                self.input(ctx, Input::Command(command));
            }
        }
    }

    fn input(&mut self, ctx: &Context, input: Input) {
        let effects = update::update(&mut self.model, input);
        self.carry_out(ctx, effects);
    }

    fn carry_out(&mut self, ctx: &Context, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::StartJob { id, spec, device } => self.services.jobs.start(id, spec, device),
                Effect::StopJob(id) => self.services.jobs.stop(id),
                Effect::OpenProject(path) => {
                    let wake = ctx.clone();
                    self.services.project = Some(ProjectThread::open(&path, move || wake.request_repaint()));
                }
                Effect::CloseProject => self.services.project = None,
                Effect::AskProject(request) => {
                    let thread = self.services.project.as_ref();
                    if thread.is_some_and(|thread| !thread.send(request)) {
                        let reply = ProjectReply::Failed {
                            what: "asking the project",
                            failure: Failure::new(
                                "the project's thread has ended",
                                "Close the project and open it again.",
                            ),
                        };
                        self.input(ctx, Input::ProjectReply(reply));
                    }
                }
                Effect::Probe(request) => self.services.files.ask(request),
                Effect::Dialog(pick) => self.services.dialogs.ask(pick),
                Effect::Copy(text) => ctx.copy_text(text),
                Effect::Repaint(after) => ctx.request_repaint_after(after),
                Effect::ClearTextures => {
                    self.textures.clear();
                    self.services.thumbnails.clear();
                }
                Effect::CloseWindow => ctx.send_viewport_cmd(ViewportCommand::Close),
                Effect::KeepWindow => ctx.send_viewport_cmd(ViewportCommand::CancelClose),
            }
        }
    }

    fn take_pictures(&mut self, ctx: &Context) {
        self.textures.begin_frame();
        for (wish, picture) in self.services.thumbnails.take() {
            self.textures.receive(ctx, wish.generation, wish.key, picture);
        }
    }

    fn take_events(&mut self, ctx: &Context) {
        for _ in 0..EVENTS {
            let Some(event) = self.services.jobs.next() else { break };
            // Whoever asks the program to go on sees where it stands at once.
            let ended = matches!(event, JobEvent::Ended { .. });
            self.input(ctx, Input::JobEvent(event));
            if ended {
                ctx.request_repaint();
            }
        }
    }

    fn take_answers(&mut self, ctx: &Context) {
        for _ in 0..ANSWERS {
            let Some(reply) = self.services.files.next() else { break };
            self.input(ctx, Input::ProbeReply(reply));
        }
        for _ in 0..ANSWERS {
            // A reply may close the project or open another one.
            let reply = self.services.project.as_ref().and_then(ProjectThread::next);
            let Some(reply) = reply else { break };
            self.input(ctx, Input::ProjectReply(reply));
        }
        while let Some(command) = self.services.dialogs.next() {
            self.input(ctx, Input::Command(command));
        }
    }

    fn tick(&mut self, ctx: &Context) -> Tick {
        let workers = self.services.jobs.workers();
        let due = self.looked_at_memory.is_none_or(|at| at.elapsed() >= MEMORY_EVERY);
        let memory = due.then(|| {
            self.looked_at_memory = Some(Instant::now());
            let worker = workers.first().copied().flatten().unwrap_or(u32::MAX);
            let found = self.services.memory.of(&[worker, std::process::id()]);
            [found[0], found[1]]
        });
        Tick {
            now: self.opened.elapsed(),
            wall: Some(SystemTime::now()),
            dark: ctx.global_style().visuals.dark_mode,
            workers,
            memory,
            closing: ctx.input(|i| i.viewport().close_requested()),
        }
    }

    /// Theme, zoom, motion as the preferences say.
    fn look(&mut self, ctx: &Context) {
        let prefs = &self.model.prefs;
        if self.applied != Some((prefs.look, prefs.motion)) {
            ctx.set_theme(match prefs.look {
                Look::System => ThemePreference::System,
                Look::Dark => ThemePreference::Dark,
                Look::Light => ThemePreference::Light,
            });
            let time = if prefs.motion { 0.1 } else { 0.0 };
            ctx.all_styles_mut(|style| style.animation_time = time);
            self.applied = Some((prefs.look, prefs.motion));
        }
        if (ctx.zoom_factor() - prefs.scale).abs() > 1e-3 {
            ctx.set_zoom_factor(prefs.scale);
        }
    }
}

impl eframe::App for Window {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.update(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.draw(ui);
    }

    fn on_exit(&mut self) {
        // Edits that were made in the last moment are carried out before the program ends.
        self.services.project = None;
        for effect in update::end(&mut self.model) {
            if let Effect::Probe(request) = effect {
                self.services.files.ask(request);
            }
        }
        self.services.files.finish(LAST_WORDS);
        project_thread::finish();
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        eframe::set_value(storage, prefs::KEY, &self.model.prefs);
    }
}
