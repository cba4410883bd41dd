//! `split`: which pictures train, validate and test. Every split that is made is kept with the command that makes it again.

use super::project::open_for_work;
use crate::dataset::model::Split;
use crate::dataset::split::{self, Novel, Pareto};
use crate::engine::event::warnings;
use crate::engine::request::{Scheme, SplitRequest};
use crate::engine::{Context, Event, Failure};
use crate::project::{PictureRow, Project, SplitRecipe};
use crate::support::atomic;
use std::path::{Path, PathBuf};

/// Makes splits and stores them.
pub(crate) fn run(request: &SplitRequest, context: &mut Context<'_>) -> Result<(), Failure> {
    let mut project = open_for_work(&request.project, context)?;
    make(request, &mut project, context)
}

/// Makes splits of an open project and stores them.
///
/// # Errors
/// [`Failure`] where the request makes no sense or the project cannot be written.
pub(crate) fn make(request: &SplitRequest, project: &mut Project, context: &mut Context<'_>) -> Result<(), Failure> {
    let pictures = project.pictures(None)?;
    match &request.scheme {
        Scheme::Export { out } => return export(&pictures, out, context),
        Scheme::Restore { id } => {
            project.restore_split(*id)?;
            return tell(project, Vec::new(), context);
        }
        Scheme::History => {
            let splits = project.splits_made()?;
            context.emit(Event::SplitHistory { splits });
            return Ok(());
        }
        _ => {}
    }
    let ids: Vec<i64> = pictures.iter().map(|p| p.id).collect();
    let truth = project.truth(&ids)?;
    let (positives, labels) = (truth.positives(), truth.cols);
    let (mut unmatched, mut novel) = (Vec::new(), Vec::new());
    let splits: Vec<Option<Split>> = match &request.scheme {
        Scheme::Random { fractions, labelled } => at_random(&positives, labels, (*fractions, *labelled), request.seed)?,
        Scheme::Join => joined(&pictures, &positives),
        Scheme::Pareto { max, min, exponent } => {
            let curve = Pareto {
                max: *max,
                min: *min,
                exponent: *exponent,
            };
            sampled(&pictures, |pool| {
                split::pareto(&positives, labels, pool, &curve, request.seed)
            })
        }
        Scheme::FewShot { shots } => sampled(&pictures, |pool| {
            split::few_shot(&positives, labels, pool, *shots, request.seed)
        }),
        Scheme::BaseNovel { fraction } => {
            novel = split::base_novel(labels, Novel::Fraction(*fraction), request.seed)?;
            let now: Vec<Option<Split>> = pictures.iter().map(|p| p.split).collect();
            split::leave_training(&positives, &novel, &now)
        }
        Scheme::List { train, val, test } => {
            let lists: Vec<(Split, PathBuf)> = [(Split::Train, train), (Split::Val, val), (Split::Test, test)]
                .into_iter()
                .filter_map(|(split, path)| Some((split, path.clone()?)))
                .collect();
            let named: Vec<(PathBuf, String)> = pictures.iter().map(|p| (p.path.clone(), p.name.clone())).collect();
            let assigned = split::assign_lists(&named, &lists)?;
            assigned
                .warnings
                .into_iter()
                .for_each(|w| context.warn(&w.code, w.message));
            unmatched = assigned.unmatched;
            assigned.splits
        }
        Scheme::Export { .. } | Scheme::Restore { .. } | Scheme::History => Vec::new(),
    };
    let pairs: Vec<(i64, Option<Split>)> = ids.into_iter().zip(splits).collect();
    project.record_split(&recipe(request)?, &pairs)?;
    if !novel.is_empty() {
        let labels = project.labels()?;
        let chosen = labels.iter().zip(&novel).filter(|(_, novel)| **novel);
        let (ids, names): (Vec<i64>, Vec<String>) = chosen.map(|(l, _)| (l.id, l.name.clone())).unzip();
        project.set_novel(&ids)?;
        context.warn(
            warnings::NOVEL,
            format!("novel labels, kept out of training: {}", names.join(", ")),
        );
    }
    tell(project, unmatched, context)
}

/// Splits at random, of all pictures or of those that have a label.
///
/// # Errors
/// [`Failure`] where the shares make no sense.
pub(crate) fn at_random(
    positives: &[Vec<usize>],
    labels: usize,
    (fractions, labelled): ([f64; 3], bool),
    seed: u64,
) -> Result<Vec<Option<Split>>, Failure> {
    if !labelled {
        return Ok(split::random(positives, labels, fractions, seed)?);
    }
    let chosen: Vec<usize> = (0..positives.len()).filter(|i| !positives[*i].is_empty()).collect();
    let of_chosen: Vec<Vec<usize>> = chosen.iter().map(|i| positives[*i].clone()).collect();
    let mut splits = vec![None; positives.len()];
    for (index, split) in chosen.iter().zip(split::random(&of_chosen, labels, fractions, seed)?) {
        splits[*index] = split;
    }
    Ok(splits)
}

/// Labelled pictures that are in no split as training pictures, the others as they are.
pub(crate) fn joined(pictures: &[PictureRow], positives: &[Vec<usize>]) -> Vec<Option<Split>> {
    let one = |(p, labels): (&PictureRow, &Vec<usize>)| p.split.or((!labels.is_empty()).then_some(Split::Train));
    pictures.iter().zip(positives).map(one).collect()
}

fn tell(project: &Project, unmatched: Vec<String>, context: &mut Context<'_>) -> Result<(), Failure> {
    let mut splits = project.summary()?.splits;
    for split in Split::ALL {
        splits.entry(split.name().to_owned()).or_default();
    }
    context.emit(Event::Split { splits, unmatched });
    Ok(())
}

/// The command that makes the split again.
pub(crate) fn command(request: &SplitRequest) -> String {
    let path = |list: &Option<PathBuf>, name: &str| {
        list.as_ref()
            .map_or_else(String::new, |p| format!(" --{name} {}", quoted(&p.to_string_lossy())))
    };
    let (words, drawn) = match &request.scheme {
        Scheme::Random {
            fractions: [a, b, c],
            labelled,
        } => {
            let only = if *labelled { " --labelled" } else { "" };
            (format!("random --fractions {a},{b},{c}{only}"), true)
        }
        Scheme::Join => ("join".to_owned(), false),
        Scheme::Pareto { max, min, exponent } => {
            (format!("pareto --max {max} --min {min} --exponent {exponent}"), true)
        }
        Scheme::FewShot { shots } => (format!("few-shot --shots {shots}"), true),
        Scheme::BaseNovel { fraction } => (format!("base-novel --novel {fraction}"), true),
        Scheme::List { train, val, test } => (
            format!("list{}{}{}", path(train, "train"), path(val, "val"), path(test, "test")),
            false,
        ),
        Scheme::Export { .. } | Scheme::Restore { .. } | Scheme::History => (String::new(), false),
    };
    let seed = if drawn {
        format!(" --seed {}", request.seed)
    } else {
        String::new()
    };
    let project = quoted(&request.project.to_string_lossy());
    format!("patchlight split {project} --scheme {words}{seed}")
}

/// What makes the split again.
fn recipe(request: &SplitRequest) -> Result<SplitRecipe, Failure> {
    let listed = matches!(request.scheme, Scheme::List { .. } | Scheme::Join);
    Ok(SplitRecipe {
        command: command(request),
        scheme: serde_json::to_value(&request.scheme)
            .map_err(|e| Failure::new(e.to_string(), "Report this as a bug."))?,
        seed: (!listed).then_some(request.seed),
    })
}

/// A word as a shell takes it.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+=,:@".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// Writes the lists of the splits as they are, in a new folder.
fn export(pictures: &[PictureRow], out: &Path, context: &mut Context<'_>) -> Result<(), Failure> {
    let named: Vec<(String, Option<Split>)> = pictures.iter().map(|p| (p.name.clone(), p.split)).collect();
    let files = split::export_lists(&named)?;
    let io = |e: std::io::Error| Failure::io("write the lists to", out, &e);
    let taken = std::fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some()) || out.is_file();
    if taken {
        return Err(Failure::new(
            format!("{}: something is there already", out.display()),
            "Name a new folder for the lists.",
        ));
    }
    std::fs::create_dir_all(out).map_err(io)?;
    for (name, bytes) in files {
        let path = out.join(&name);
        atomic::write(&path, &bytes).map_err(io)?;
        let count = bytes.iter().filter(|b| **b == b'\n').count();
        context.emit(Event::Written {
            path: path.display().to_string(),
            what: format!("{count} pictures"),
            dry_run: false,
            deleted: false,
        });
    }
    Ok(())
}

/// Draws training pictures from those that the source meant for training (all, where it has no splits). Its val and test
/// stay; without any, what was not drawn becomes test.
fn sampled(pictures: &[PictureRow], draw: impl FnOnce(&[usize]) -> Vec<usize>) -> Vec<Option<Split>> {
    let has_train = pictures.iter().any(|p| p.source_split == Some(Split::Train));
    let is_pool = |p: &PictureRow| {
        if has_train {
            p.source_split == Some(Split::Train)
        } else {
            p.source_split.is_none()
        }
    };
    let pool: Vec<usize> = (0..pictures.len()).filter(|i| is_pool(&pictures[*i])).collect();
    let has_held_out = pictures
        .iter()
        .any(|p| matches!(p.source_split, Some(Split::Val | Split::Test)));
    let rest = if has_held_out { None } else { Some(Split::Test) };
    let mut splits: Vec<Option<Split>> = pictures
        .iter()
        .map(|p| if is_pool(p) { rest } else { p.source_split })
        .collect();
    for index in draw(&pool) {
        splits[index] = Some(Split::Train);
    }
    splits
}
