//! Everything that can be asked of the window: screens, keys, dialogs and notices make commands, [`crate::app::update`] carries them out.

use super::action::Action;
use super::choose::Choose;
use super::data::Page;
use super::data_forms::{ExportForm, ImportForm, LabelsForm, Listed, SplitForm};
use super::filter::{Filter, Sort};
use super::job_kind::DataTask;
use super::prefs::Look;
use super::project_messages::LabelChange;
use super::tag::source::{Known, Source};
use super::tag::state::{Panel, Shown};
use super::tag::write::WriteForm;
use super::training_form::TrainForm;
use crate::compute::DeviceChoice;
use crate::dataset::model::{Split, Truth};
use crate::engine::request::{ModelFormat, Scheme, TrainRequest};
use crate::project::Bin;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// A place in the rail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// Ways in.
    #[default]
    Home,
    /// Grid and inspector.
    Pictures,
    Train,
    /// Metrics.
    Results,
    /// Labels for pictures that are dropped.
    Tag,
    Models,
    /// A look at data before they are imported.
    Import,
    /// The data: numbers, labels, splits, what was found, exports.
    Data,
    Settings,
    /// Version, device, checks.
    About,
}

/// A native dialog, by what it is to fill.
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
    TaggerFile,
    /// A folder to be watched.
    WatchFolder,
    /// The folder for tables and folders of tags.
    WriteFolder,
    /// A checkpoint that is to have a name.
    AddModel,
    /// A path field of the data's pages.
    For(Field),
    /// The new file or folder of an exported tagger.
    TaggerOut(ModelFormat),
}

/// A path field of the data's pages that a dialog can fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Data that are added to the open project.
    Add,
    /// Where the pictures of an import are.
    Images,
    /// Label names of an import.
    Names,
    /// Where moved pictures are now.
    Moved,
    /// The folder that an export goes into.
    Out,
    /// A list file of a split.
    List(Split),
}

/// Something to do.
#[derive(Clone, Debug)]
pub enum Command {
    /// An action that needs nothing else.
    Do(Action),
    /// Escape: closes what is on top, one thing at a time.
    Escape,
    /// Opens a project's folder.
    Open(PathBuf),
    /// Files or folders were dropped, or a path was typed: the program finds out what they are.
    OpenPaths(Vec<PathBuf>),
    /// Text was pasted where no field takes it: paths in it are opened.
    PasteText(String),
    /// A picture was pasted: it is kept in a file, then tagged.
    PastePicture(Arc<Pixels>),
    /// Shows what importing data into a new project would bring; nothing is written yet.
    Import {
        data: PathBuf,
        /// The new project's folder; `None`: a free name beside the data.
        project: Option<PathBuf>,
    },
    /// Removes a project from the list of recent ones (not from the disk).
    Forget(PathBuf),
    /// Opens a native dialog.
    Pick(Pick),
    /// A dialog was answered.
    Picked(Pick, Vec<PathBuf>),
    /// A dialog gave nothing; `at_once`: sooner than a person could have closed it.
    PickedNothing {
        at_once: bool,
    },
    /// Shows a picture large (its index in the catalog).
    Inspect(usize),
    /// Goes to the pictures that a filter lets through.
    Show(Filter, Sort),
    Browse(BrowseCommand),
    Inspector(InspectorCommand),
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
    /// The training form as it is now.
    TrainForm(TrainForm),
    Train(TrainRequest),
    /// Goes on with a run.
    Resume(String),
    /// Shows the curves and the evidence snapshots of an earlier run.
    ShowTraining(String),
    /// Asks how long a training would take.
    Plan(TrainRequest),
    /// Keeps settings under a name: `key=value` by name; `None` forgets the name.
    SavePreset(String, Option<BTreeMap<String, String>>),
    /// Pictures are picked for a label (a column) by clicking them, or no longer.
    PickFor(Option<usize>),
    Results(ResultsCommand),
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
    Data(DataCommand),
    Tag(TagCommand),
    Models(ModelCommand),
    Prefer(Preference),
    Desk(DeskCommand),
    /// Copies text.
    Copy(String),
    /// Answers the question that closing during a job asks: `true` leaves.
    Leave(bool),
    Tagger(TaggerCommand),
}

/// A picture without a file: rows of red, green and blue bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Pixels {
    /// Width and height.
    pub size: [usize; 2],
    /// `3 * width * height` bytes.
    pub rgb: Vec<u8>,
}

/// Something in the grid of pictures.
#[derive(Clone, Debug)]
pub enum BrowseCommand {
    Filter(Filter),
    Sort(Sort),
    /// Moves the cursor by so many pictures; `extend`: the selection grows to it.
    Travel {
        by: isize,
        extend: bool,
    },
    /// A position among the pictures that are shown was clicked.
    Choose(usize, Choose),
}

/// Something in the inspector.
#[derive(Clone, Debug)]
pub enum InspectorCommand {
    Close,
    /// Labels (columns) whose patches are drawn, in the order of their colours.
    Pin(Vec<usize>),
    /// The label under the pointer.
    Hover(Option<usize>),
    /// The chosen patch.
    Patch(Option<usize>),
    /// Weight of the whole picture; `None`: as the run has it.
    Alpha(Option<f64>),
    /// K; `None`: as the run has it.
    TopK(Option<usize>),
    /// A threshold for all labels; `None`: each label's own.
    Threshold(Option<f32>),
    /// Colour all patches by their similarity.
    Heat(bool),
    /// Draw boxes of the source.
    Boxes(bool),
    /// Open the panel with the numbers.
    Numbers(bool),
    /// Zoom (1 fits the picture) and the middle of the view as a share of the picture.
    Zoom(f32, [f32; 2]),
}

/// What is chosen in Results.
#[derive(Clone, Copy, Debug)]
pub enum ResultsCommand {
    /// Which split is measured: 0 test, 1 val, 2 train, 3 all.
    Split(usize),
    /// Column that the table is sorted by, and whether the largest comes first.
    Order(usize, bool),
    /// The label whose pictures are counted beside the table.
    Label(Option<usize>),
}

/// A preference.
#[derive(Clone, Debug)]
pub enum Preference {
    Look(Look),
    /// Zoom of everything.
    Scale(f32),
    /// Where to compute.
    Device(DeviceChoice),
    /// Small movements.
    Motion(bool),
    /// Width of thumbnails in points.
    Thumbnail(f32),
    /// Address of a mirror of the model hub.
    Mirror(String),
    /// Address of a proxy.
    Proxy(String),
    /// How tags are written.
    Write(WriteForm),
}

/// Text fields and overlays that belong to no place.
#[derive(Clone, Debug)]
pub enum DeskCommand {
    /// The path typed at Home.
    Path(String),
    /// The name of a new label as typed.
    NewLabel(String),
    /// The path of a model as typed.
    ModelPath(String),
    /// What is typed in the palette and the chosen line; `None` closes it.
    Palette(Option<(String, usize)>),
    /// The page of keys.
    Keys(bool),
    Log(bool),
    /// Leaving during a job is being asked about, or no longer.
    Leaving(bool),
}

/// Something to do with the data.
#[derive(Clone, Debug)]
pub enum DataCommand {
    /// Opens a page of the data.
    Page(Page),
    /// Opens a dialog for a path field.
    Choose(Field),
    /// The form of the import as it is now.
    ImportForm(Box<ImportForm>),
    LabelsForm(LabelsForm),
    SplitForm(SplitForm),
    ExportForm(Box<ExportForm>),
    /// What is listed on the page of what was found.
    Listed(Listed),
    /// Where the report is saved, as typed.
    ReportOut(String),
    /// Where moved pictures are, as typed.
    MovedTo(String),
    /// Looks at the data again, as the form is now.
    Look,
    /// Goes back to the import that is being looked at.
    Resume,
    /// Imports, or merges into the open project.
    Import,
    /// Stops the look or the import that is at work.
    StopImport,
    /// Closes the import; nothing is written.
    CancelImport,
    /// Shows the pictures behind a number, under a name.
    PicturesOf(Bin, String),
    /// Shows pictures (ids) under a name.
    Pictures(Vec<i64>, String),
    /// Changes a label; can be undone.
    Label(LabelChange),
    /// Opens the page of labels on a label.
    EditLabel(i64),
    /// Makes the split that the form describes.
    Split,
    /// Gives back a split that was made before.
    Restore(i64),
    /// Reads pictures that were not checked yet.
    Check,
    Stop(DataTask),
    /// Saves the report where the form says.
    SaveReport,
    /// Looks for moved pictures.
    FindMoved,
    /// Takes over the moved pictures that were found.
    Relink,
    /// Exports as the form says.
    Export,
}

/// Something to do in Tag.
#[derive(Clone, Debug)]
pub enum TagCommand {
    /// Pictures, and folders with pictures: they are looked for, then tagged.
    Add(Vec<PathBuf>),
    /// What gives the labels from now on.
    Use(Source),
    /// A tagger file was looked at: it is remembered and used.
    Know(Known),
    /// Forgets a tagger file (it stays on the disk).
    Forget(PathBuf),
    /// Tags what waits; all, where another tagger was chosen.
    Start,
    /// Stops tagging; what is done stays.
    Cancel,
    /// Empties the list.
    Clear,
    /// Brings back the list that was emptied.
    BringBack,
    /// Gives pictures a label (`true`), or takes it away.
    Set(Vec<usize>, String, bool),
    Undo,
    Redo,
    /// Gives a label (a column) from this probability on.
    Threshold(usize, f32),
    /// The tagger's own thresholds.
    ResetThresholds,
    /// Which pictures are shown.
    Filter(Shown),
    /// Moves the cursor; `extend`: the selection grows to it.
    Travel {
        by: isize,
        extend: bool,
    },
    /// A position among the pictures that are shown was clicked.
    Choose(usize, Choose),
    /// Shows the picture at the cursor large, or the list.
    Large(bool),
    /// The label under the pointer.
    Hover(Option<String>),
    /// A search among labels.
    Search(String),
    /// A label as typed, to be given.
    Label(String),
    /// A path as typed.
    Path(String),
    /// The folder to be watched, as typed.
    WatchPath(String),
    Show(Panel),
    /// Looks what writing would do; `true`: what taking our tags away would do.
    Preview(bool),
    /// Leaves the preview: writing (`false`) or removal (`true`) is set up again.
    Prepare(bool),
    /// Does what the preview says.
    Write,
    /// Looks what watching a folder would write.
    Watch(PathBuf),
    /// Stops watching for now.
    PauseWatch,
    ContinueWatch,
    /// Watches no longer.
    EndWatch,
    /// Watches the folder that was looked at.
    StartWatch,
    /// Whether only the chosen pictures are written.
    OnlyChosen(bool),
}

/// Something to do in Models.
#[derive(Clone, Debug)]
pub enum ModelCommand {
    /// Reads the list again.
    List,
    /// Downloads a model, or goes on with it.
    Fetch(String),
    /// Asks whether to remove a model; `None`: no longer.
    AskRemove(Option<String>),
    Remove(String),
    /// Gives a checkpoint on the disk a name.
    Add {
        path: PathBuf,
        name: String,
    },
    /// The path and the name of a checkpoint as typed.
    Adding([String; 2]),
}

/// Something to do with the export of a trained model.
#[derive(Clone, Debug)]
pub enum TaggerCommand {
    /// Goes to the form, with this run.
    Show(Option<String>),
    Run(String),
    Format(ModelFormat),
    /// The new file or folder as typed.
    Out(String),
    Start,
}
