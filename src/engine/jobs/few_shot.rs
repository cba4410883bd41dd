//! `bench few-shot`: what K pictures of each label are worth, for four ways of using them, on drawn pictures like the demo's.
//!
//! | Way | What it learns |
//! |---|---|
//! | `zero-shot` | nothing: the untrained CLIP, dual-view |
//! | `linear probe` | a logistic regression of each label on the frozen CLIP's whole-picture features |
//! | `global prompt` | CoOp's way: one context before all labels, whole picture only, plain binary cross-entropy, frozen CLIP |
//! | `ours` | both stages with the settings that the program proposes for so many pictures |
//!
//! The linear probe gets the strength and the global prompt the learning rate that do best on the test pictures, over all draws: they
//! are not held back by a choice that cannot be made well with few pictures. Ours has no such choice.

use super::data::{self, Pictures};
use super::demo;
use super::encode::ensure;
use super::project::open_for_work;
use super::run_view::{RunView, ZERO_SHOT};
use super::split;
use crate::compute::Compute;
use crate::dataset::model::Split;
use crate::dataset::scenes::dataset::{DemoRequest as Plan, write_demo};
use crate::dataset::split::Group;
use crate::engine::event::FewShot;
use crate::engine::request::{BenchFewShot, EvaluateRequest, Scheme, SplitRequest, Stages, TrainRequest};
use crate::engine::{Context, Event, Failure};
use crate::eval::{average_precisions, fit_linear_probe, group_means};
use crate::support::leftovers;
use std::collections::BTreeMap;
use std::path::Path;

/// Strengths of the linear probe, from firmly held to hardly held.
const STRENGTHS: [f64; 6] = [1.0, 10.0, 100.0, 1e3, 1e4, 1e5];

/// CoOp's way in our settings.
const GLOBAL_PROMPT: [&str; 5] = ["alpha=1", "loss=bce", "lambda_sc=0", "context=shared", "epochs_2=50"];

/// Learning rates of the global prompt: the default, and what a small model or few pictures may want instead.
const PROMPT_RATES: [&str; 3] = ["2e-4", "2e-3", "1e-2"];
pub(crate) fn run(request: &BenchFewShot, compute: &Compute, context: &mut Context<'_>) -> Result<(), Failure> {
    let scratch;
    let root = match &request.out {
        Some(out) => demo::place(Some(out))?,
        None => {
            scratch = leftovers::Folder::new(&std::env::temp_dir())
                .map_err(|e| Failure::io("make a folder in", &std::env::temp_dir(), &e))?;
            scratch.path().to_owned()
        }
    };
    let mut found = Found::default();
    for seed in request.seed..request.seed + request.draws {
        let folder = root.join(format!("seed-{seed}"));
        let pictures = folder.join("pictures");
        demo::draw_set(write_demo, &pictures, &Plan::few_shot(seed), context)?;
        let project = folder.join("few-shot.patchlight");
        quietly(context, |context| demo::import(&pictures, &project, context))?;
        let bench = Bench {
            project: &project,
            seed,
            compute,
        };
        let untrained = bench.measure(ZERO_SHOT, context)?;
        for &shots in &request.shots {
            let images = bench.draw_shots(shots, context)?;
            found.note(shots, "zero-shot", images, untrained);
            if !request.ours_alone {
                for (strength, map) in bench.linear_probe(context)? {
                    found.note(shots, &format!("linear probe, C={strength}"), images, map);
                }
                for rate in PROMPT_RATES {
                    let rate = format!("lr_prompts={rate}");
                    let mut set = GLOBAL_PROMPT.map(str::to_owned).to_vec();
                    set.push(rate.clone());
                    let map = bench.train(Stages::Two, false, set, context)?;
                    found.note(shots, &format!("global prompt, {rate}"), images, map);
                }
            }
            let ours = bench.train(Stages::Both, true, request.set.clone(), context)?;
            found.note(shots, "ours", images, ours);
        }
    }
    found.tell(context);
    Ok(())
}

/// One draw of pictures.
struct Bench<'a> {
    project: &'a Path,
    seed: u64,
    compute: &'a Compute,
}

impl Bench<'_> {
    /// Makes a training split of K pictures of each label. Returns how many pictures that takes.
    fn draw_shots(&self, shots: usize, context: &mut Context<'_>) -> Result<usize, Failure> {
        let request = SplitRequest {
            project: self.project.to_owned(),
            scheme: Scheme::FewShot { shots },
            seed: self.seed,
        };
        quietly(context, |context| split::run(&request, context))?;
        let project = open_for_work(self.project, context)?;
        Ok(project.pictures(Some(Split::Train))?.len())
    }

    /// mAP on the test pictures in percent, for each strength.
    fn linear_probe(&self, context: &mut Context<'_>) -> Result<Vec<(f64, Option<f64>)>, Failure> {
        let project = open_for_work(self.project, context)?;
        let request = EvaluateRequest::on_test(self.project, ZERO_SHOT);
        let view = RunView::open(&request, &project, &project, self.compute)?;
        let labels = data::labels(&project)?.0.len();
        let mut sets = Vec::new();
        for split in [Split::Train, Split::Test] {
            let pictures = Pictures::of(&project, Some(split), context)?;
            let root = project.features_folder();
            let encoded = ensure(view.encoder(&project), &root, &pictures.items, self.compute, context)?;
            let pictures = pictures.without(&encoded.failed, labels, context);
            let features = encoded.whole_pictures(&pictures.items, &root)?;
            sets.push((features, pictures.truth, encoded.store.embed()));
        }
        let [(train, truth, width), (test, expected, _)] = &sets[..] else {
            return Ok(Vec::new());
        };
        let of = |strength: f64| {
            let probe = fit_linear_probe(train, *width, truth, labels, strength);
            let ap = average_precisions(&probe.scores(test), expected, labels);
            (strength, group_means(&ap, &vec![Group::Tail; labels]).total)
        };
        Ok(STRENGTHS.into_iter().map(of).collect())
    }

    /// Trains. Returns the mAP on the test pictures in percent.
    fn train(
        &self,
        stages: Stages,
        propose: bool,
        set: Vec<String>,
        context: &mut Context<'_>,
    ) -> Result<Option<f64>, Failure> {
        let request = TrainRequest {
            stages,
            set,
            propose,
            seed: self.seed,
            ..TrainRequest::new(self.project)
        };
        let run = quietly(context, |context| demo::trained(&request, self.compute, context))?;
        self.measure(&run, context)
    }

    /// mAP of a run on the test pictures in percent.
    fn measure(&self, run: &str, context: &mut Context<'_>) -> Result<Option<f64>, Failure> {
        let metrics = quietly(context, |context| {
            demo::measure(self.project, run, None, context, self.compute)
        })?;
        Ok(metrics.map.total)
    }
}

/// Runs a part of which only the progress is reported.
fn quietly<T>(context: &mut Context<'_>, job: impl FnOnce(&mut Context<'_>) -> T) -> T {
    context.part(&mut |event| matches!(event, Event::Progress { .. }), job)
}

/// mAP by number of shots and way, one for each draw, with the pictures that were trained on.
#[derive(Default)]
struct Found(BTreeMap<usize, Vec<Way>>);

/// The name of a way, and for each draw the pictures that were trained on with the mAP.
type Way = (String, Vec<(usize, f64)>);

impl Found {
    fn note(&mut self, shots: usize, way: &str, images: usize, map: Option<f64>) {
        let Some(map) = map else { return };
        let ways = self.0.entry(shots).or_default();
        let at = ways.iter().position(|(name, _)| name == way).unwrap_or_else(|| {
            ways.push((way.to_owned(), Vec::new()));
            ways.len() - 1
        });
        ways[at].1.push((images, map));
        tracing::info!(shots, way, images, map, "few-shot");
    }

    /// One line for each number of shots and way; of the variants of a way (after a comma) the best.
    fn tell(&self, context: &mut Context<'_>) {
        for (&shots, ways) in &self.0 {
            let mean = |values: &[(usize, f64)]| values.iter().map(|v| v.1).sum::<f64>() / values.len().max(1) as f64;
            let way = |name: &str| name.split(", ").next().unwrap_or_default().to_owned();
            for (i, (name, values)) in ways.iter().enumerate() {
                let beaten = ways.iter().enumerate().any(|(j, (other, theirs))| {
                    let (a, b) = (mean(theirs), mean(values));
                    way(other) == way(name) && (a > b || (a == b && j < i))
                });
                if beaten {
                    continue;
                }
                let images = values.iter().map(|v| v.0 as f64).sum::<f64>() / values.len().max(1) as f64;
                context.emit(Event::FewShot(FewShot {
                    shots,
                    way: name.clone(),
                    images,
                    maps: values.iter().map(|v| v.1).collect(),
                    map: mean(values),
                }));
            }
        }
    }
}
