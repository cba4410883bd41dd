//! Actions: what the window can do without being told anything else. Their keys and icons are the view's.

/// An action without arguments: in menus, in the palette, under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Home,
    Pictures,
    /// To training.
    Train,
    Results,
    Tag,
    Models,
    Settings,
    About,
    OpenProject,
    /// Tags pictures.
    TagFiles,
    TagFolder,
    /// Watches a folder.
    WatchFolder,
    ImportFolder,
    /// Imports an annotation file.
    ImportFile,
    CloseProject,
    /// Opens a checkpoint's folder.
    OpenModel,
    Demo,
    Undo,
    Redo,
    /// All pictures that are shown.
    SelectAll,
    SelectNone,
    /// The picture at the cursor, large.
    Inspect,
    /// One picture on.
    Next,
    /// One picture back.
    Previous,
    ClearFilters,
    /// Scores all pictures.
    Predict,
    /// Stops the job at work.
    Stop,
    /// Search for anything.
    Palette,
    /// The list of keys.
    Keys,
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
    /// The trained model as a file or a folder.
    ExportTagger,
    /// Labels of the chosen pictures, by typing.
    GiveLabel,
    /// Ends the program.
    Quit,
}

/// What people see of an action.
#[derive(Clone, Copy, Debug)]
pub struct Info {
    pub action: Action,
    pub name: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
    /// Whether it makes sense only with a project open.
    pub needs_project: bool,
}

macro_rules! actions {
    ($($action:ident, $name:literal, $project:literal, $about:literal;)*) => {
        /// Every action, in the order of the palette.
        pub const ACTIONS: &[Info] = &[$(Info {
            action: Action::$action,
            name: $name,
            about: $about,
            needs_project: $project,
        }),*];
    };
}

actions! {
    Home, "Home", false, "Open or create a project, try the demo, choose a model";
    Pictures, "Pictures", true, "Browse, filter and label the pictures";
    Overview, "Data", true, "How often labels are, alone and together, and how large pictures are";
    Train, "Train", true, "Teach the model your labels";
    Results, "Results", true, "How well each label is found, and on which pictures";
    Tag, "Tag", false, "Drop pictures, get labels, write them where other programs read them";
    Models, "Models", false, "Download a model for photographs, or add one from your disk";
    Settings, "Settings", false, "Appearance, device, model";
    About, "About this program", false, "Version, device checks, a report to paste into a bug";
    OpenProject, "Open a project…", false, "Open a folder that ends in .patchlight";
    TagFiles, "Tag pictures…", false, "Choose pictures, and get labels for them";
    TagFolder, "Tag a folder of pictures…", false, "Every picture in a folder and below gets its labels";
    WatchFolder, "Watch a folder…", false, "New pictures in a folder get their labels as they come";
    ImportFolder, "Open a folder of pictures…", false, "Make a project from a folder: a folder for each label, or a COCO data set";
    ImportFile, "Open an annotation file…", false, "Make a project from a COCO file or a list";
    CloseProject, "Close the project", true, "Go back to Home; nothing is lost";
    OpenModel, "Open a model's folder…", false, "Choose the folder of a CLIP checkpoint on your disk";
    Demo, "Try the demo", false, "Draw pictures, train both stages and look at the patches; nothing to download";
    Undo, "Undo", true, "Take the last change of labels back";
    Redo, "Redo", true, "Do it again";
    SelectAll, "Select all shown pictures", true, "Select every picture that the filters let through";
    SelectNone, "Select nothing", true, "Clear the selection";
    Inspect, "Look at the picture", true, "Show it large, with the patches that made each label";
    Next, "Next picture", true, "One picture on";
    Previous, "Previous picture", true, "One picture back";
    ClearFilters, "Show all pictures", true, "Clear all filters";
    Predict, "Score all pictures", true, "Let the newest model look at every picture";
    Stop, "Stop the running job", false, "At the next safe point; what was learned is kept";
    Palette, "Search commands and pictures", false, "Everything this program can do, by name";
    Keys, "Keys", false, "All keys on one page";
    Log, "Log", false, "What was said in this session";
    Filters, "Show or hide filters", true, "The panel left of the pictures";
    Labels, "Show or hide labels", true, "The panel right of the pictures";
    ToggleLook, "Light or dark", false, "Switch between the light and the dark look";
    ZoomIn, "Larger", false, "Everything a little larger";
    ZoomOut, "Smaller", false, "Everything a little smaller";
    ZoomReset, "Usual size", false, "Everything as it was";
    EditLabels, "Edit labels", true, "Rename, merge, split off, colour, describe and order labels";
    Splits, "Splits", true, "Which pictures train, validate and test; every split that was made can be given back";
    Report, "What was found", true, "Names without a picture, damaged files, copies, missing files";
    AddData, "Add data to this project…", true, "Merge more pictures or newer labels into the project; the difference is shown first";
    CheckContent, "Check the pictures", true, "Read every picture: damage, copies, and copies in several splits";
    FindMoved, "Find moved pictures…", true, "Pictures whose files are gone, and the folder where they are now";
    Export, "Export labels…", true, "Write labels as COCO, VOC, YOLO, a table, lists, folders, or into sidecars";
    ExportTagger, "Export tagger…", true, "Save the trained model: one file to tag with anywhere, or a folder for Hugging Face transformers";
    GiveLabel, "Give or take labels…", true, "Type to find any label, Enter gives it to the chosen pictures or takes it away";
    Quit, "Quit", false, "Close the window; a running training is saved first";
}

impl Action {
    /// What people see of it.
    pub fn info(self) -> &'static Info {
        // Every action is in the table: a test holds that.
        ACTIONS.iter().find(|info| info.action == self).unwrap_or(&ACTIONS[0])
    }

    /// Whether it leaves or ends something: it is found by its own words only, never by scattered letters.
    pub fn leaves(self) -> bool {
        matches!(self, Self::Quit | Self::CloseProject | Self::Stop)
    }

    /// Other words for it that people type.
    pub fn synonyms(self) -> &'static str {
        match self {
            Self::Home => "start welcome recent projects",
            Self::Pictures => "images photos grid browse thumbnails",
            Self::Train => "learn teach fit fine-tune epochs",
            Self::Results => {
                "threshold thresholds compare comparison metrics map average precision evaluate accuracy runs"
            }
            Self::Tag => "tagger annotate xmp sidecars csv json export keywords write threshold",
            Self::Models => "tagger checkpoint clip download save model",
            Self::Settings => "preferences options appearance device",
            Self::About => "help version doctor",
            Self::OpenProject => "load",
            Self::WatchFolder => "inbox hot automatic",
            Self::ImportFolder => "import new project data set dataset yolo voc",
            Self::ImportFile => "import new project data set dataset csv coco table spreadsheet",
            Self::CloseProject => "leave",
            Self::Redo => "again repeat",
            Self::Inspect => "large zoom evidence patches heat why",
            Self::ClearFilters => "reset filter",
            Self::Predict => "predict evaluate tag",
            Self::Stop => "cancel abort pause",
            Self::Keys => "shortcuts keyboard hotkeys help",
            Self::Log => "messages history",
            Self::ToggleLook => "theme dark mode",
            Self::Overview => "statistics counts frequency distribution",
            Self::EditLabels => "classes categories merge rename delete",
            Self::Splits => "train val test validation",
            Self::Report => "problems damaged copies duplicates missing",
            Self::AddData => "import merge",
            Self::CheckContent => "verify duplicates damaged",
            Self::FindMoved => "relink missing",
            Self::Export => "csv coco voc yolo xmp sidecars save table",
            Self::GiveLabel => "tag assign label add",
            Self::Quit => "exit",
            _ => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        for (i, a) in ACTIONS.iter().enumerate() {
            assert_eq!(a.action.info().name, a.name);
            for b in &ACTIONS[i + 1..] {
                assert_ne!(a.name, b.name);
                assert_ne!(a.action, b.action);
            }
        }
    }
}
