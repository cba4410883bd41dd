//! What the window knows of a training: its stages with their curves, built from the job's events.

use crate::engine::jobs::WatchedEpoch;
use crate::engine::{Event, Stage};
use crate::eval::GroupMeans;
use std::sync::Arc;
use std::time::Duration;

/// One stage of a training.
#[derive(Clone, Debug, Default)]
pub struct Lane {
    pub stage: Stage,
    /// The run's id.
    pub run: String,
    /// Steps done.
    pub done: usize,
    /// All steps; 0 before the first.
    pub steps: usize,
    /// Total loss by step.
    pub loss: Curve,
    /// Classification loss by step.
    pub cls: Curve,
    /// Distillation or semantic consistency by step, unweighted.
    pub extra: Curve,
    /// mAP on the validation pictures by epoch, in percent: total, head, medium, tail.
    pub map: [Curve; 4],
    /// Pictures a second.
    pub speed: f64,
    /// The watched pictures after each epoch, in order.
    pub watched: Vec<Arc<WatchedEpoch>>,
    /// Which context was kept, and why, in a sentence.
    pub chosen: Option<String>,
    began: Option<(Duration, usize)>,
}

impl Lane {
    /// The stage in words.
    pub fn name(&self) -> &'static str {
        self.stage.name()
    }

    /// From 0 to 1.
    pub fn share(&self) -> f32 {
        self.done as f32 / self.steps.max(1) as f32
    }

    /// Time left at the pace so far.
    pub fn left(&self, now: Duration) -> Option<Duration> {
        let (began, at) = self.began?;
        let done = self.done.saturating_sub(at);
        let elapsed = now.saturating_sub(began);
        (done > 0 && elapsed > Duration::from_secs(1) && self.steps > 0)
            .then(|| elapsed.mul_f64(self.steps.saturating_sub(self.done) as f64 / done as f64))
    }
}

/// A curve that never grows beyond what can be drawn: where it is full, every second point goes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// x and y.
    pub points: Vec<[f64; 2]>,
}

/// Points of a curve at most.
const POINTS: usize = 1_500;

impl Curve {
    /// Adds a point. What is not finite is left out.
    pub fn push(&mut self, x: f64, y: f64) {
        if !y.is_finite() {
            return;
        }
        if self.points.len() >= POINTS {
            let mut keep = false;
            self.points.retain(|_| {
                keep = !keep;
                keep
            });
        }
        self.points.push([x, y]);
    }

    /// The newest value.
    pub fn last(&self) -> Option<f64> {
        self.points.last().map(|p| p[1])
    }
}

/// A training of this session.
#[derive(Clone, Debug, Default)]
pub struct Training {
    pub job: u64,
    /// Stage 1, Stage 2, or both.
    pub lanes: Vec<Lane>,
    /// What the user should know: code and words, each once.
    pub warnings: Vec<(String, String)>,
}

impl Training {
    /// A training that has just been asked for.
    pub fn new(job: u64) -> Self {
        Self { job, ..Self::default() }
    }

    /// An earlier training: run, stage, and what its folder says.
    pub fn of_history(run: &str, stage: Stage, events: &[Event], watched: Vec<WatchedEpoch>) -> Self {
        let mut training = Self::default();
        training.note(
            &Event::Run {
                run: run.to_owned(),
                stage,
                resumed_at: 0,
            },
            Duration::ZERO,
        );
        events.iter().for_each(|event| training.note(event, Duration::ZERO));
        watched.into_iter().for_each(|epoch| training.watch(run, epoch));
        training
    }

    /// Takes in the watched pictures after an epoch of a run; one that is known is replaced, as a resumed run does.
    pub fn watch(&mut self, run: &str, epoch: WatchedEpoch) {
        let Some(lane) = self.lanes.iter_mut().find(|l| l.run == run) else {
            return;
        };
        lane.watched.retain(|known| known.epoch < epoch.epoch);
        lane.watched.push(Arc::new(epoch));
    }

    /// Takes in an event of the job.
    pub fn note(&mut self, event: &Event, now: Duration) {
        match event {
            // The same run goes on: its curves stay.
            Event::Run { run, resumed_at, .. } if self.lanes.last().is_some_and(|l| l.run == *run) => {
                if let Some(lane) = self.lanes.last_mut() {
                    (lane.done, lane.began) = (*resumed_at, None);
                    for curve in [&mut lane.loss, &mut lane.cls, &mut lane.extra] {
                        curve.points.retain(|p| p[0] < *resumed_at as f64);
                    }
                }
            }
            Event::Run { run, stage, resumed_at } => self.lanes.push(Lane {
                stage: *stage,
                run: run.clone(),
                done: *resumed_at,
                ..Lane::default()
            }),
            Event::Step {
                stage,
                step,
                loss,
                cls,
                kd,
                sc,
                images_per_s,
                steps,
                ..
            } => {
                if let Some(lane) = self.lanes.iter_mut().rfind(|l| l.stage == *stage) {
                    lane.began.get_or_insert((now, *step));
                    lane.done = step + 1;
                    lane.steps = *steps;
                    lane.speed = *images_per_s;
                    let x = *step as f64;
                    lane.loss.push(x, f64::from(*loss));
                    lane.cls.push(x, f64::from(*cls));
                    if let Some(extra) = kd.or(*sc) {
                        lane.extra.push(x, f64::from(extra));
                    }
                }
            }
            Event::Epoch { stage, epoch, map, .. } => {
                if let (Some(lane), Some(map)) = (self.lanes.iter_mut().rfind(|l| l.stage == *stage), map) {
                    for (curve, value) in lane.map.iter_mut().zip(groups(map)) {
                        if let Some(value) = value {
                            curve.push(*epoch as f64 + 1.0, value);
                        }
                    }
                }
            }
            Event::ContextChosen(chosen) => {
                if let Some(lane) = self.lanes.iter_mut().rfind(|l| l.run == chosen.run) {
                    lane.chosen = Some(chosen.why.clone());
                }
            }
            Event::Warning { code, message } => {
                let warning = (code.clone(), message.clone());
                let known = self.warnings.contains(&warning);
                self.warnings.extend((!known).then_some(warning));
            }
            _ => {}
        }
    }

    /// The stage at work.
    pub fn current(&self) -> Option<&Lane> {
        self.lanes.last()
    }

    /// The newest run.
    pub fn run(&self) -> Option<&str> {
        self.lanes.last().map(|l| l.run.as_str())
    }
}

/// Total, head, medium and tail.
pub fn groups(map: &GroupMeans) -> [Option<f64>; 4] {
    [map.total, map.head, map.medium, map.tail]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::event::{ContextChosen, ContextName};

    #[test]
    fn curves_stay_small_and_keep_both_ends() {
        let mut curve = Curve::default();
        for i in 0..10_000 {
            curve.push(f64::from(i), 1.0);
        }
        curve.push(1.0, f64::NAN);
        assert!(curve.points.len() <= POINTS);
        assert_eq!(curve.points[0][0], 0.0);
        assert_eq!(curve.points.last().unwrap()[0], 9_999.0);
    }

    #[test]
    fn events_become_lanes() {
        let mut training = Training::new(3);
        let run = |stage: Stage| Event::Run {
            run: format!("run-{stage}"),
            stage,
            resumed_at: 0,
        };
        let step = |stage, step| Event::Step {
            stage,
            epoch: 0,
            step,
            loss: 1.0,
            cls: 0.75,
            kd: (stage == Stage::One).then_some(0.25),
            sc: (stage == Stage::Two).then_some(0.125),
            lr: 0.1,
            images_per_s: 5.0,
            steps: 4,
        };
        let (one, two) = (Stage::One, Stage::Two);
        for event in [run(one), step(one, 0), step(one, 1), run(two), step(two, 0)] {
            training.note(&event, Duration::ZERO);
        }
        assert_eq!(training.lanes.len(), 2);
        assert!(training.lanes.iter().all(|l| l.chosen.is_none()));
        training.note(
            &Event::ContextChosen(ContextChosen {
                run: "run-2".into(),
                kept: ContextName::Shared,
                start: None,
                tried: Vec::new(),
                why: "nothing to choose on".into(),
            }),
            Duration::ZERO,
        );
        assert_eq!(training.lanes[1].chosen.as_deref(), Some("nothing to choose on"));
        assert_eq!(training.lanes[0].share(), 0.5);
        assert_eq!(training.lanes[1].extra.last(), Some(0.125));
        assert_eq!(training.run(), Some("run-2"));
        for _ in 0..2 {
            training.note(
                &Event::Warning {
                    code: "a".into(),
                    message: "b".into(),
                },
                Duration::ZERO,
            );
        }
        assert_eq!(training.warnings.len(), 1);
    }
}
