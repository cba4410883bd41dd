//! The frame around the places: what happens each frame, top bar, rail, status bar, overlays.

use super::command::{ACTIONS, Action, Command, Place};
use super::dialogs::Dialogs;
use super::jobs::Jobs;
use super::memory::Memory;
use super::notices::Notices;
use super::prefs::{self, Look, Prefs};
use super::state::{Browse, Desk, Device, Inspect, ResultsView, Slot, State, TrainForm};
use super::thumbs::Thumbs;
use super::{execute, news, screens, theme, widgets};
use eframe::egui::{self, Context, Key, Modifiers, ThemePreference, Ui, ViewportCommand};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How a window is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// The executable whose `worker` command does the work; `None`: this one.
    pub worker: Option<PathBuf>,
    /// Paths given on the command line.
    pub bring: Vec<PathBuf>,
    /// Whether to find out which device there is.
    pub find_device: bool,
    /// Whether small projects are scored without being asked.
    pub score_at_once: bool,
    /// Preferences; `None`: the kept ones.
    pub prefs: Option<Prefs>,
    /// When the program began: the time to the first frame is logged.
    pub began: Option<Instant>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            worker: None,
            bring: Vec::new(),
            find_device: true,
            score_at_once: true,
            prefs: None,
            began: None,
        }
    }
}

/// The window.
pub struct Window {
    /// Everything it knows.
    pub state: State,
    dialogs: Dialogs,
    score_at_once: bool,
    looked_at_memory: Option<Instant>,
    memory: Memory,
    applied: Option<(Look, bool)>,
    began: Option<Instant>,
}

/// How long closing waits for a checkpoint.
const LEAVE_WITHIN: Duration = Duration::from_secs(25);

/// Time between looks at the memory.
const MEMORY_EVERY: Duration = Duration::from_secs(2);

/// Time between repaints while a job tells many things.
const JOB_REPAINT: Duration = Duration::from_millis(100);

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
        let wake = ctx.clone();
        let mut jobs = Jobs::new(options.worker, move |urgent| {
            if urgent {
                wake.request_repaint();
            } else {
                wake.request_repaint_after(JOB_REPAINT);
            }
        });
        jobs.device = prefs.device;
        let wake = ctx.clone();
        let scout = super::scout::Scout::new(move || wake.request_repaint());
        let tagging = super::tagging::Tagging::new(prefs.tag_source.clone().unwrap_or_else(|| {
            super::tagging::source::Source::Words {
                model: prefs.model.clone(),
                words: String::new(),
            }
        }));
        let state = State {
            prefs,
            place: Place::Home,
            project: Slot::Empty,
            jobs,
            training: None,
            notices: Notices::default(),
            thumbs: Thumbs::new(ctx),
            device: Device::default(),
            model: None,
            browse: Browse::default(),
            inspect: Inspect::default(),
            tagging,
            models: Default::default(),
            scout,
            train: TrainForm::default(),
            planning: super::planning::Planning::new(options.score_at_once),
            results: ResultsView::default(),
            data: Default::default(),
            desk: Desk::default(),
            memory: [0; 2],
            queue: Vec::new(),
        };
        let mut window = Self {
            state,
            dialogs: Dialogs::new(ctx),
            score_at_once: options.score_at_once,
            looked_at_memory: None,
            memory: Memory::default(),
            applied: None,
            began: options.began,
        };
        if let Some(watched) = &window.state.prefs.watch {
            let words = format!("Watching {} is paused", watched.folder.display());
            let again = Command::Tagging(super::tagging::Act::ContinueWatch);
            let action = Some(("Continue".to_owned(), again));
            window
                .state
                .notices
                .say(super::notices::Level::Note, words, None, action);
        }
        if options.find_device {
            news::find_device(&mut window.state);
        }
        if !options.bring.is_empty() {
            window.state.command(Command::Bring(options.bring));
        }
        window
    }

    /// Everything before drawing.
    pub fn update(&mut self, ctx: &Context) {
        self.look(ctx);
        self.state.thumbs.begin_frame(ctx);
        news::take(&mut self.state, ctx, self.score_at_once);
        self.dialogs.poll(&mut self.state);
        if let Some(next) = self.state.notices.tidy() {
            ctx.request_repaint_after(next);
        }
        self.drops(ctx);
        pastes(&mut self.state, ctx);
        super::data::tick(&mut self.state, ctx);
        keys(&mut self.state, ctx);
        self.leave(ctx);
        self.look_at_memory();
        self.execute(ctx);
        let state = &mut self.state;
        if let Slot::Open(open) = &state.project {
            state.browse.refresh(open);
        }
        state.tagging.refresh();
        if state.place == Place::Tag && state.tagging.is_behind() {
            ctx.request_repaint_after(JOB_REPAINT);
        }
    }

    /// Draws everything.
    pub fn draw(&mut self, ui: &mut Ui) {
        if let Some(began) = self.began.take() {
            tracing::info!("first frame after {} ms", began.elapsed().as_millis());
        }
        let ctx = ui.ctx().clone();
        let p = theme::palette(ui);
        let bar = |fill| {
            egui::Frame::new()
                .fill(fill)
                .inner_margin(egui::Margin::symmetric(12, 0))
        };
        egui::Panel::top("top bar")
            .exact_size(theme::TOP_BAR)
            .frame(bar(p.panel))
            .show(ui, |ui| widgets::bars::top(ui, &mut self.state));
        egui::Panel::bottom("status bar")
            .exact_size(theme::STATUS_BAR)
            .frame(bar(p.panel))
            .show(ui, |ui| widgets::bars::status(ui, &mut self.state));
        egui::Panel::left("rail")
            .exact_size(theme::RAIL)
            .resizable(false)
            .frame(egui::Frame::new().fill(p.panel))
            .show(ui, |ui| widgets::bars::rail(ui, &mut self.state));
        if self.state.desk.log {
            screens::log::panel(ui, &mut self.state);
        }
        egui::CentralPanel::default()
            .frame(egui::Frame::new().fill(p.ground))
            .show(ui, |ui| screens::show(ui, &mut self.state));
        widgets::notices::show(&ctx, &mut self.state);
        widgets::palette::show(&ctx, &mut self.state);
        widgets::keys::show(&ctx, &mut self.state);
        widgets::leaving::show(&ctx, &mut self.state);
        if self.state.desk.hovering {
            widgets::drop_hint(&ctx);
        }
        self.execute(&ctx);
    }

    fn execute(&mut self, ctx: &Context) {
        // A command may queue others.
        for _ in 0..8 {
            let queue = std::mem::take(&mut self.state.queue);
            if queue.is_empty() {
                break;
            }
            for command in queue {
                execute::execute(&mut self.state, ctx, &self.dialogs, command);
            }
        }
    }

    /// Theme, zoom, motion as the preferences say.
    fn look(&mut self, ctx: &Context) {
        let prefs = &self.state.prefs;
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

    fn drops(&mut self, ctx: &Context) {
        let (dropped, hovering) = ctx.input(|i| {
            let paths: Vec<PathBuf> = i.raw.dropped_files.iter().map(|f| f.path().to_owned()).collect();
            (paths, !i.raw.hovered_files.is_empty())
        });
        self.state.desk.hovering = hovering;
        if !dropped.is_empty() {
            self.state.command(Command::Bring(dropped));
        }
    }

    /// Closing during a job asks; leaving waits for the checkpoint, but not for ever.
    fn leave(&mut self, ctx: &Context) {
        let busy = self.state.jobs.has(super::jobs::Purpose::is_work);
        if ctx.input(|i| i.viewport().close_requested()) && busy && self.state.desk.leave_when_idle.is_none() {
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            self.state.desk.leaving = true;
        }
        if let Some(since) = self.state.desk.leave_when_idle {
            if !self.state.jobs.busy() || since.elapsed() > LEAVE_WITHIN {
                ctx.send_viewport_cmd(ViewportCommand::Close);
            } else {
                ctx.request_repaint_after(JOB_REPAINT);
            }
        }
    }

    fn look_at_memory(&mut self) {
        if self.looked_at_memory.is_some_and(|at| at.elapsed() < MEMORY_EVERY) {
            return;
        }
        self.looked_at_memory = Some(Instant::now());
        let worker = self.state.jobs.worker();
        let found = self.memory.of(&[worker.unwrap_or(u32::MAX), std::process::id()]);
        self.state.memory = [found[0], found[1]];
    }
}

/// Keys of all actions, and those of the places. While a text field has the keyboard, only combinations count.
fn keys(state: &mut State, ctx: &Context) {
    if state.desk.leaving || state.desk.palette.is_some() {
        return;
    }
    let typing = ctx.text_edit_focused();
    // The longer combinations first: Ctrl+Z would take Ctrl+Shift+Z as its own.
    let shifted = |info: &&super::command::Info| info.key.is_some_and(|key| key.modifiers.shift);
    type Infos = Vec<&'static super::command::Info>;
    let (long, short): (Infos, Infos) = ACTIONS.iter().partition(shifted);
    for info in long.into_iter().chain(short) {
        let Some(key) = info.key else { continue };
        let plain = key.modifiers == Modifiers::NONE && !matches!(key.logical_key, Key::F1 | Key::F12);
        // Enter and the arrows belong to the widget that has the keyboard, and to the pictures.
        let elsewhere = typing || state.place != Place::Pictures || ctx.memory(|m| m.focused().is_some());
        // Shift with an arrow extends the selection.
        let shifted = ctx.input(|i| !i.modifiers.is_none());
        if plain && (elsewhere || shifted || state.desk.keys) {
            continue;
        }
        let text_keys = matches!(info.action, Action::SelectAll | Action::Undo | Action::Redo);
        if typing && text_keys {
            continue;
        }
        if ctx.input_mut(|i| i.consume_shortcut(&key)) {
            state.command(Command::Do(info.action));
        }
    }
    // The other habit for redo.
    if !typing && ctx.input_mut(|i| i.consume_key(Modifiers::COMMAND, Key::Y)) {
        state.command(Command::Do(Action::Redo));
    }
    if ctx.input(|i| i.key_pressed(Key::Escape)) {
        escape(state, ctx, typing);
    }
    if state.place == Place::Pictures && !typing && !state.desk.keys {
        screens::travel::keys(state, ctx);
    }
    if state.place == Place::Tag && !typing && !state.desk.keys {
        screens::tag::keys(state, ctx);
    }
}

/// Paths and pictures from the clipboard, where no text field takes them.
fn pastes(state: &mut State, ctx: &Context) {
    if ctx.text_edit_focused() || state.desk.palette.is_some() {
        return;
    }
    let events = ctx.input(|i| i.events.clone());
    for event in events {
        match event {
            egui::Event::Paste(text) => {
                let paths = super::bring::pasted(&text);
                if !paths.is_empty() {
                    state.command(Command::Bring(paths));
                }
            }
            egui::Event::PasteImage(image) => state.scout.keep(image),
            _ => {}
        }
    }
}

/// Escape closes what is on top, one thing at a time.
fn escape(state: &mut State, ctx: &Context, typing: bool) {
    if state.desk.keys {
        state.desk.keys = false;
    } else if typing || ctx.memory(|m| m.focused().is_some()) {
        if let Some(id) = ctx.memory(egui::Memory::focused) {
            ctx.memory_mut(|m| m.surrender_focus(id));
        }
    } else if state.place == Place::Tag && state.tagging.large {
        state.command(Command::Tagging(super::tagging::Act::Large(false)));
    } else if state.place == Place::Tag {
        state.tagging.selection.clear();
    } else if state.place == Place::Pictures && state.inspect.picture.is_some() {
        if state.inspect.patch.is_some() {
            state.inspect.patch = None;
        } else {
            state.inspect.picture = None;
            state.browse.reveal = true;
        }
    } else if state.place == Place::Pictures && screens::leave_picking(state) {
    } else if !state.browse.selection.is_empty() {
        state.browse.selection.clear();
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
        self.state.project = Slot::Empty;
        super::library::finish();
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        eframe::set_value(storage, prefs::KEY, &self.state.prefs);
    }
}
