//! Everything that the window can do. Screens only queue commands; [`super::execute`] is the one place that carries them out.

use super::filter::{Filter, Sort};
use super::icons;
use super::prefs::Look;
use crate::compute::DeviceChoice;
use crate::dataset::model::Truth;
use crate::engine::request::{Scheme, Stages, TrainRequest};
use eframe::egui::{Key, KeyboardShortcut, Modifiers};
use std::path::{Path, PathBuf};

/// A place in the rail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Ways in.
    Home,
    /// Grid and inspector.
    Pictures,
    /// Training.
    Train,
    /// Metrics.
    Results,
    /// Labels for pictures that are dropped.
    Tag,
    /// Models by name.
    Models,
    /// A look at data before they are imported.
    Import,
    /// The data: numbers, labels, splits, what was found, exports.
    Data,
    /// Preferences.
    Settings,
    /// Version, device, checks.
    About,
}

/// A native dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// A project's folder.
    Project,
    /// A folder of data or pictures.
    DataFolder,
    /// An annotation file.
    DataFile,
    /// A checkpoint's folder.
    ModelFolder,
    /// A checkpoint's file.
    ModelFile,
    /// Pictures to be tagged.
    TagFiles,
    /// A folder of pictures to be tagged.
    TagFolder,
    /// A tagger's file.
    TaggerFile,
    /// A folder to be watched.
    WatchFolder,
    /// The folder for tables and folders of tags.
    WriteFolder,
    /// A checkpoint that is to have a name.
    AddModel,
    /// For a path field of the data's pages.
    For(super::data::Field),
}

/// What to train.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    /// Which stages.
    pub stages: Stages,
    /// Stage 1 run that Stage 2 starts from.
    pub from: Option<String>,
    /// `key=value` settings that differ from the defaults.
    pub set: Vec<String>,
    /// Seed.
    pub seed: u64,
    /// Whether what the program proposes goes under `set`.
    pub propose: bool,
}

impl Setup {
    /// What is asked of the engine.
    pub fn request(&self, project: &Path) -> TrainRequest {
        TrainRequest {
            stages: self.stages,
            from: self.from.clone(),
            set: self.set.clone(),
            seed: self.seed,
            propose: self.propose,
            ..TrainRequest::new(project)
        }
    }
}

/// Something to do.
#[derive(Clone, Debug)]
pub enum Command {
    /// An action that needs nothing else.
    Do(Action),
    /// Opens a project's folder.
    Open(PathBuf),
    /// Files or folders were dropped, or a path was typed: the program finds out what they are.
    Bring(Vec<PathBuf>),
    /// Shows what importing data into a new project would bring; nothing is written yet.
    Import {
        /// Data.
        data: PathBuf,
        /// The new project's folder.
        project: PathBuf,
    },
    /// Removes a project from the list of recent ones (not from the disk).
    Forget(PathBuf),
    /// Opens a native dialog.
    Pick(Pick),
    /// Shows a picture large (its index in the catalog).
    Inspect(usize),
    /// Shows the pictures that a filter lets through.
    Show(Filter, Sort),
    /// Gives a label (a column) on pictures (indices) a value.
    SetLabel(Vec<usize>, usize, Truth),
    /// Turns a label (a column) on the chosen pictures on, or off where all of them have it.
    ToggleLabel(usize),
    /// A new label, after the others.
    AddLabel(String),
    /// Shows the predictions of a run.
    ShowRun(String),
    /// Scores all pictures with a run.
    Predict(String),
    /// Trains.
    Train(Setup),
    /// Goes on with a run.
    Resume(String),
    /// Shows the curves and the watched pictures of a run of another time.
    ShowTraining(String),
    /// Asks how long a training would take.
    Plan(Setup),
    /// Keeps settings under a name: `key=value` by name; `None` forgets the name.
    SavePreset(String, Option<std::collections::BTreeMap<String, String>>),
    /// Pictures are picked for a label (a column) by clicking them, or no longer.
    PickFor(Option<usize>),
    /// Stops a job at the next safe point.
    Stop(u64),
    /// Draws the demo's pictures, and trains on them.
    Demo {
        /// Fewer pictures and epochs.
        quick: bool,
    },
    /// Takes a message away.
    CloseNotice(u64),
    /// Looks at a checkpoint, and uses it for what comes next if it is one.
    UseModel(String),
    /// Goes back to the built-in model.
    UseStarter,
    /// Splits for the project, with a seed.
    Split(Scheme, u64),
    /// Something with the data.
    Data(super::data::Act),
    /// Light or dark.
    SetLook(Look),
    /// Zoom of everything.
    SetScale(f32),
    /// Where to compute.
    SetDevice(DeviceChoice),
    /// Copies text.
    Copy(String),
    /// Something in Tag.
    Tagging(super::tagging::Act),
    /// Something in Models.
    Models(super::models::Act),
    /// Answers the question that closing during a job asks: `true` leaves.
    Leave(bool),
}

/// An action without arguments: in menus, in the palette, under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// To Home.
    Home,
    /// To the pictures.
    Pictures,
    /// To training.
    Train,
    /// To the results.
    Results,
    /// To Tag.
    Tag,
    /// To the models.
    Models,
    /// To the settings.
    Settings,
    /// To About.
    About,
    /// Opens a project.
    OpenProject,
    /// Tags pictures.
    TagFiles,
    /// Tags a folder.
    TagFolder,
    /// Watches a folder.
    WatchFolder,
    /// Imports a folder.
    ImportFolder,
    /// Imports an annotation file.
    ImportFile,
    /// Closes the project.
    CloseProject,
    /// Opens a checkpoint's folder.
    OpenModel,
    /// The demo.
    Demo,
    /// Undo.
    Undo,
    /// Redo.
    Redo,
    /// All pictures that are shown.
    SelectAll,
    /// None.
    SelectNone,
    /// The picture at the cursor, large.
    Inspect,
    /// One picture on.
    Next,
    /// One picture back.
    Previous,
    /// Clears the filters.
    ClearFilters,
    /// Scores all pictures.
    Predict,
    /// Stops the job at work.
    Stop,
    /// Search for anything.
    Palette,
    /// The list of keys.
    Keys,
    /// The log.
    Log,
    /// The panel of filters.
    Filters,
    /// The panel of labels.
    Labels,
    /// Light, dark.
    ToggleLook,
    /// Larger.
    ZoomIn,
    /// Smaller.
    ZoomOut,
    /// As it was.
    ZoomReset,
    /// The data in numbers.
    Overview,
    /// The page of labels.
    EditLabels,
    /// The page of splits.
    Splits,
    /// What imports and checks found.
    Report,
    /// Imports into the open project.
    AddData,
    /// Reads the content of all pictures.
    CheckContent,
    /// Finds moved pictures.
    FindMoved,
    /// The page of exports.
    Export,
    /// Ends the program.
    Quit,
}

/// What people see of an action.
#[derive(Clone, Copy, Debug)]
pub struct Info {
    /// The action.
    pub action: Action,
    /// Its name.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
    /// Its icon.
    pub icon: &'static str,
    /// Its key.
    pub key: Option<KeyboardShortcut>,
    /// Whether it makes sense only with a project open.
    pub needs_project: bool,
}

const NONE: Modifiers = Modifiers::NONE;
const CTRL: Modifiers = Modifiers::COMMAND;
const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

macro_rules! actions {
    ($($action:ident, $name:literal, $icon:ident, $key:expr, $project:literal, $about:literal;)*) => {
        /// Every action, in the order of the palette.
        pub const ACTIONS: &[Info] = &[$(Info {
            action: Action::$action,
            name: $name,
            about: $about,
            icon: icons::$icon,
            key: $key,
            needs_project: $project,
        }),*];
    };
}

const fn key(modifiers: Modifiers, key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(modifiers, key))
}

actions! {
    Home, "Home", HOUSE, key(CTRL, Key::Num1), false, "Open or create a project, try the demo, choose a model";
    Pictures, "Pictures", IMAGES, key(CTRL, Key::Num2), true, "Browse, filter and label the pictures";
    Train, "Train", GRADUATION_CAP, key(CTRL, Key::Num3), true, "Teach the model your labels";
    Results, "Results", CHART_BAR, key(CTRL, Key::Num4), true, "How well each label is found, and on which pictures";
    Tag, "Tag", TAG, key(CTRL, Key::Num5), false, "Drop pictures, get labels, write them where other programs read them";
    Models, "Models", CUBE, key(CTRL, Key::Num6), false, "Download a model for photographs, or add one from your disk";
    Settings, "Settings", GEAR_SIX, key(CTRL, Key::Comma), false, "Appearance, device, model";
    About, "About this program", INFO, None, false, "Version, device checks, a report to paste into a bug";
    OpenProject, "Open a project…", FOLDER_OPEN, key(CTRL, Key::O), false, "Open a folder that ends in .patchlight";
    TagFiles, "Tag pictures…", TAG, None, false, "Choose pictures, and get labels for them";
    TagFolder, "Tag a folder of pictures…", FOLDER_OPEN, None, false, "Every picture in a folder and below gets its labels";
    WatchFolder, "Watch a folder…", EYE, None, false, "New pictures in a folder get their labels as they come";
    ImportFolder, "Open a folder of pictures…", FOLDER_PLUS, key(CTRL, Key::N), false, "Make a project from a folder: a folder for each label, or a COCO data set";
    ImportFile, "Open an annotation file…", FILE, key(CTRL_SHIFT, Key::N), false, "Make a project from a COCO file or a list";
    CloseProject, "Close the project", X, key(CTRL, Key::W), true, "Go back to Home; nothing is lost";
    OpenModel, "Open a model's folder…", CUBE, None, false, "Choose the folder of a CLIP checkpoint on your disk";
    Demo, "Try the demo", PLAY, None, false, "Draw pictures, train both stages and look at the patches; nothing to download";
    Undo, "Undo", ARROW_COUNTER_CLOCKWISE, key(CTRL, Key::Z), true, "Take the last change of labels back";
    Redo, "Redo", ARROW_CLOCKWISE, key(CTRL_SHIFT, Key::Z), true, "Do it again";
    SelectAll, "Select all shown pictures", CHECK, key(CTRL, Key::A), true, "Select every picture that the filters let through";
    SelectNone, "Select nothing", X_CIRCLE, None, true, "Clear the selection";
    Inspect, "Look at the picture", MAGNIFYING_GLASS, key(NONE, Key::Enter), true, "Show it large, with the patches that made each label";
    Next, "Next picture", CARET_RIGHT, key(NONE, Key::ArrowRight), true, "One picture on";
    Previous, "Previous picture", CARET_LEFT, key(NONE, Key::ArrowLeft), true, "One picture back";
    ClearFilters, "Show all pictures", FUNNEL, None, true, "Clear all filters";
    Predict, "Score all pictures", SPARKLE, key(CTRL, Key::P), true, "Let the newest model look at every picture";
    Stop, "Stop the running job", STOP, key(CTRL, Key::Period), false, "At the next safe point; what was learned is kept";
    Palette, "Search commands and pictures", COMMAND, key(CTRL, Key::K), false, "Everything this program can do, by name";
    Keys, "Keys", KEYBOARD, key(NONE, Key::F1), false, "All keys on one page";
    Log, "Log", TERMINAL_WINDOW, key(NONE, Key::F12), false, "What was said in this session";
    Filters, "Show or hide filters", FUNNEL, key(CTRL, Key::F), true, "The panel left of the pictures";
    Labels, "Show or hide labels", TAG, key(CTRL, Key::L), true, "The panel right of the pictures";
    ToggleLook, "Light or dark", CIRCLE_HALF, key(CTRL, Key::D), false, "Switch between the light and the dark look";
    ZoomIn, "Larger", PLUS, key(CTRL, Key::Plus), false, "Everything a little larger";
    ZoomOut, "Smaller", MINUS, key(CTRL, Key::Minus), false, "Everything a little smaller";
    ZoomReset, "Usual size", ARROWS_IN, key(CTRL, Key::Num0), false, "Everything as it was";
    Overview, "Data", STACK, key(CTRL_SHIFT, Key::D), true, "How often labels are, alone and together, and how large pictures are";
    EditLabels, "Edit labels", PENCIL_SIMPLE, key(CTRL_SHIFT, Key::L), true, "Rename, merge, split off, colour, describe and order labels";
    Splits, "Splits", SLIDERS, key(CTRL_SHIFT, Key::S), true, "Which pictures train, validate and test; every split that was made can be given back";
    Report, "What was found", INFO, key(CTRL_SHIFT, Key::R), true, "Names without a picture, damaged files, copies, missing files";
    AddData, "Add data to this project…", FOLDER_PLUS, None, true, "Merge more pictures or newer labels into the project; the difference is shown first";
    CheckContent, "Check the pictures", SEAL_CHECK, None, true, "Read every picture: damage, copies, and copies in several splits";
    FindMoved, "Find moved pictures…", MAGNIFYING_GLASS, None, true, "Pictures whose files are gone, and the folder where they are now";
    Export, "Export labels…", UPLOAD_SIMPLE, key(CTRL, Key::E), true, "Write labels as COCO, VOC, YOLO, a table, lists, folders, or into sidecars";
    Quit, "Quit", X, key(CTRL, Key::Q), false, "Close the window; a running training is saved first";
}

impl Action {
    /// What people see of it.
    pub fn info(self) -> &'static Info {
        // Every action is in the table: a test holds that.
        ACTIONS.iter().find(|info| info.action == self).unwrap_or(&ACTIONS[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_keys_are_unique() {
        for (i, a) in ACTIONS.iter().enumerate() {
            assert_eq!(a.action.info().name, a.name);
            for b in &ACTIONS[i + 1..] {
                assert_ne!(a.name, b.name);
                assert_ne!(a.action, b.action);
                assert!(a.key.is_none() || a.key != b.key, "{} and {}", a.name, b.name);
            }
        }
    }
}
