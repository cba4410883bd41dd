//! The engine speaks to the command line and to the window: what it says in terms of commands and flags is put into words of the window
//! here, and nowhere else.

use crate::engine::Failure;

/// What the engine says, and what the window says instead.
#[rustfmt::skip]
const PHRASES: [(&str, &str); 48] = [
    ("Use --device cpu, or install", "Choose the CPU in Settings, or install"),
    (", or use --device cpu", ", or choose the CPU in Settings"),
    ("Use --device cpu meanwhile", "Choose the CPU in Settings meanwhile"),
    ("(--set micro_batch=4) need less memory; --device cpu always works", "(micro_batch in “all settings”) need less memory; the CPU, chosen in Settings, always works"),
    ("(--set lr_encoder=..)", "(lr_encoder in “all settings”)"),
    ("Name a new folder with --out", "Choose a new folder"),
    ("Give names as `project info --json` and exports have them", "Give names as exports have them"),
    ("give a CLIP with --model", "choose a CLIP in Models"),
    ("Give a CLIP checkpoint as --model", "Choose a CLIP checkpoint in Models"),
    ("--model belongs to --run zero-shot", "only the untrained model can be another one"),
    ("A trained run has a model of its own: leave --model out", "A trained run has a model of its own"),
    ("Make splits with `patchlight split`, or name another one with --split", "Make splits in Data, or choose another one"),
    ("For example: --set context_init=random --set context_tokens=8", "For example context_init = random and context_tokens = 8 in “all settings”."),
    ("Give a Stage 1 run to --from", "Choose a Stage 1 run to begin from"),
    ("--from belongs to --stage 2", "only Stage 2 begins from another run"),
    ("Leave it out, or train with --stage 2", "Train Stage 2, or begin from nothing"),
    ("Leave out --model, or train", "Take the model of that run, or train"),
    ("Leave out --set, --config, --model, --from and --propose, or start a new run with them", "Resume it as it is, or start a new training"),
    ("Leave --split out for all pictures, or see `patchlight project info`", "Choose all pictures, or look at the splits in Data"),
    ("Give at least one folder with --watch", "Choose a folder that is there"),
    ("Write for example --set alpha=0.5", "Write a value, for example 0.5 for alpha."),
    ("See `patchlight train --help` and docs/method.md for the settings and their ranges", "Train lists the settings and their ranges under “all settings”"),
    ("Check the path of --config and the file's permissions", "Check the file's path and its permissions"),
    ("Give a tagger written by `patchlight export-model`; a CLIP checkpoint is given with --model and --labels", "Choose a tagger that Patchlight wrote; a CLIP checkpoint is opened in Models"),
    ("name their target with --images to use them", "choose their target as the folder of the pictures to use them"),
    ("Name the folder that holds the pictures with --images", "Choose the folder that holds the pictures"),
    ("Name the format with --format, or name one annotation file", "Choose the format, or open one annotation file"),
    ("See `patchlight project info` for its labels", "Data lists its labels"),
    ("Download it with: patchlight model fetch", "Download it in Models:"),
    (", or a name from `patchlight model list`", ", or download one in Models"),
    ("Make a training split with `patchlight split`", "Make a training split in Data"),
    ("`patchlight split` makes some", "Data makes some"),
    ("See `patchlight project info` for what the project holds", "Data shows what the project holds"),
    ("or make a project with `patchlight project new`", "or make a new project at Home"),
    ("`patchlight project info` lists the runs", "Results lists the runs"),
    ("`patchlight model list` shows the names", "Models shows the names"),
    ("--separator '|' keeps such names whole", "“|” as what stands between labels keeps such names whole"),
    ("say it with --column labels=..", "choose it under the columns"),
    ("say which are meant with --column suffix=", "the ending that is meant may be "),
    ("Fetch it first: `patchlight model fetch NAME`", "Download it in Models first"),
    ("Choose thresholds for all labels anew with `patchlight thresholds`, or restore the file from a backup. evaluate, compare, tag and export-model do without it with --allow-fallback", "Restore the file from a backup, or train again"),
    ("Choose thresholds for all labels anew: leave --label out", "Choose thresholds for all labels anew"),
    ("when tagging: --label-threshold", "when tagging"),
    ("Make splits with `patchlight split`, or set a threshold: --rule fixed=0.5", "Make splits in Data, or set a threshold yourself"),
    ("`patchlight project info` lists the labels", "Data lists the labels"),
    (" evaluate, compare, tag and export-model use what was trained without it with --allow-fallback.", ""),
    ("or train with --stage both", "or train both stages"),
    (" evaluate, compare, tag and export-model use what is left of the run with --allow-fallback, and say so in their results.", ""),
];

/// Beginnings of commands to be typed, and what the window says instead of the whole of them.
const COMMANDS: [(&str, &str); 2] = [
    ("Go on with: patchlight train ", "Press Resume to go on."),
    ("Finish it first: patchlight train ", "Finish it first: press Resume."),
];

/// Whether a text speaks of flags or commands.
pub fn speaks_of_commands(text: &str) -> bool {
    let flag = |(at, _): (usize, &str)| {
        let letter = text[at + 2..].starts_with(|c: char| c.is_ascii_lowercase());
        letter && !text[..at].ends_with(|c: char| c == '-' || c.is_alphanumeric())
    };
    text.match_indices("--").any(flag) || text.contains("`patchlight ") || text.contains(": patchlight ")
}

/// A text in words of the window.
pub fn in_window_words(text: &str) -> String {
    if !speaks_of_commands(text) {
        return text.to_owned();
    }
    for (beginning, words) in COMMANDS {
        if let Some(at) = text.find(beginning) {
            return format!("{}{words}", &text[..at]);
        }
    }
    let mut text = text.to_owned();
    for (said, words) in PHRASES {
        text = text.replace(said, words);
    }
    if speaks_of_commands(&text) {
        text = without_asides(&text);
    }
    text
}

/// A text without what stands in parentheses and speaks of flags.
fn without_asides(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(open) = rest.find(" (") {
        let Some(length) = rest[open..].find(')') else { break };
        let aside = &rest[open..=open + length];
        out.push_str(&rest[..open]);
        if !speaks_of_commands(aside) {
            out.push_str(aside);
        }
        rest = &rest[open + length + 1..];
    }
    out + rest
}

/// A failure in words of the window.
pub fn failure_in_window_words(failure: Failure) -> Failure {
    let hint = failure.hint.map(|hint| in_window_words(&hint));
    Failure {
        message: in_window_words(&failure.message),
        hint: hint.filter(|hint| !hint.trim().is_empty()),
        ..failure
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};

    /// Rust files below a folder that are no tests.
    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "tests" {
                sources(&path, found);
            } else if name.ends_with(".rs") && name != "tests.rs" {
                found.push(path);
            }
        }
    }

    /// The string literals of a source before its tests, each on one line as the program says it.
    fn literals(source: &str) -> Vec<String> {
        let source = source.split("#[cfg(test)]").next().unwrap_or_default();
        let mut found = Vec::new();
        let mut letters = source.chars().peekable();
        let mut before = ' ';
        while let Some(letter) = letters.next() {
            match letter {
                // What a comment says nobody is shown.
                '/' if letters.peek() == Some(&'/') => while letters.next_if(|c| *c != '\n').is_some() {},
                '\'' if before != '\'' && letters.peek() == Some(&'"') => {
                    letters.next();
                }
                '"' => {
                    let mut text = String::new();
                    while let Some(letter) = letters.next() {
                        match letter {
                            '"' => break,
                            '\\' => match letters.next() {
                                Some('\n') => while letters.next_if(|c| c.is_whitespace()).is_some() {},
                                Some(escaped) => text.push(escaped),
                                None => break,
                            },
                            letter => text.push(letter),
                        }
                    }
                    found.push(text);
                }
                _ => {}
            }
            before = letter;
        }
        found
    }

    fn source() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
    }

    #[test]
    fn no_word_of_the_window_itself_is_a_flag() {
        let mut files = Vec::new();
        sources(&source().join("app"), &mut files);
        assert!(files.len() > 100, "the window's sources are here");
        for file in files.iter().filter(|f| !f.ends_with("window_words.rs")) {
            // Said on the terminal, where no window can be opened.
            let of_terminal = |text: &String| text.contains("Without them everything works from the command line");
            for text in literals(&std::fs::read_to_string(file).unwrap()) {
                assert!(
                    !speaks_of_commands(&text) || of_terminal(&text),
                    "{}: {text}",
                    file.display()
                );
            }
        }
    }

    #[test]
    fn whatever_the_engine_says_of_flags_the_window_says_in_its_own_words() {
        let mut files = Vec::new();
        sources(&source(), &mut files);
        // These speak to a terminal, or write files for one; the command of a split has words of its own.
        let others = ["app", "cli", "main.rs", "lib.rs", "bin", "engine/jobs/split.rs"].map(|name| source().join(name));
        let (mut seen, mut wrong) = (0, Vec::new());
        for file in files
            .iter()
            .filter(|file| !others.iter().any(|other| file.starts_with(other)))
        {
            for text in literals(&std::fs::read_to_string(file).unwrap()) {
                if speaks_of_commands(&text) {
                    seen += 1;
                    let words = in_window_words(&text);
                    if speaks_of_commands(&words) || words.trim().is_empty() {
                        wrong.push(format!("{}: {text} -> {words}", file.display()));
                    }
                }
            }
        }
        assert!(seen > 25, "{seen}: flags are found where they are");
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn a_failure_keeps_what_is_no_flag() {
        let said = Failure::new(
            "run run-2 was stopped",
            "Go on with: patchlight train /p/x.patchlight --resume run-2",
        );
        let shown = failure_in_window_words(said);
        assert_eq!(shown.hint.as_deref(), Some("Press Resume to go on."));
        let text = "/d holds COCO and a table (--format csv); COCO (a file) was taken";
        assert_eq!(
            in_window_words(text),
            "/d holds COCO and a table; COCO (a file) was taken"
        );
        let text = "well-known -- and a--b are no flags";
        assert_eq!(in_window_words(text), text);
    }
}
