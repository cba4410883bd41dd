//! Every place in its states, in both looks.

use crate::support::*;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use patchlight::app::Window;
use patchlight::app::model::action::Action;
use patchlight::app::model::command::{Command, Place};
use patchlight::app::model::filter::Filter;
use patchlight::app::model::job::{Job, JobState, Spec};
use patchlight::app::model::job_kind::JobKind;
use patchlight::app::model::notices::Level;
use patchlight::app::model::open::Slot;
use patchlight::app::model::prefs::{Look, Recent};
use patchlight::app::model::training::Training;
use patchlight::dataset::preprocess::{Mode, Preprocess};
use patchlight::engine::jobs::{WatchedEpoch, WatchedPicture};
use patchlight::engine::{Event, Failure, Request, Stage};
use patchlight::eval::GroupMeans;
use std::time::Duration;

const LOOKS: [(Look, &str); 2] = [(Look::Dark, "dark"), (Look::Light, "light")];

fn run(harness: &mut Harness<'static, Window>, command: Command) {
    harness.state_mut().command(command);
    harness.step();
    settle(harness);
}

/// A time that the window has not come to yet: what is noted then has no pace, so that no time left is told.
const NOT_YET: Duration = Duration::from_secs(3_600);

/// A training as it looks in the middle of Stage 2.
fn training(job: u64) -> Training {
    let mut training = Training::new(job);
    let mut note = |event: &Event| training.note(event, NOT_YET);
    for stage in [Stage::One, Stage::Two] {
        note(&Event::Run {
            run: format!("run-{stage}"),
            stage,
            resumed_at: 0,
        });
        let done = if stage == Stage::One { 60 } else { 25 };
        for step in 0..done {
            let fall = (-(step as f32) / 20.0).exp();
            note(&Event::Step {
                stage,
                epoch: step / 10,
                step,
                loss: 0.2 + fall,
                cls: 0.1 + 0.8 * fall,
                kd: (stage == Stage::One).then_some(0.05 + 0.02 * fall),
                sc: (stage == Stage::Two).then_some(0.01 * (1.0 - fall)),
                lr: 1e-4,
                images_per_s: 48.5,
                steps: 60,
            });
            if step % 10 == 9 {
                let rise = 20.0 * (1.0 - f64::from(fall));
                note(&Event::Epoch {
                    stage,
                    epoch: step / 10,
                    map: Some(GroupMeans {
                        total: Some(55.0 + rise),
                        head: Some(60.0 + rise),
                        medium: Some(52.0 + rise),
                        tail: Some(45.0 + rise),
                    }),
                    best: None,
                });
            }
        }
    }
    note(&Event::Warning {
        code: "no-anchor".to_owned(),
        message: "lambda_sc is 0: nothing holds the prompts to CLIP's words".to_owned(),
    });
    training
}

/// Four pictures that are watched over three passes: the patches move from a corner to the middle.
fn watch(harness: &mut Harness<'static, Window>) {
    let Slot::Open(open) = &harness.state().model.project else {
        panic!("no project is open")
    };
    let ids: Vec<i64> = open.catalog.pictures[..4].iter().map(|p| p.id).collect();
    let grid = 12;
    let training = harness.state_mut().model.training.as_mut().unwrap();
    for epoch in 0..3 {
        let middle = 2.0 + 2.0 * epoch as f32;
        let similarity: Vec<f32> = (0..grid * grid)
            .map(|j| -((j / grid) as f32 - middle).hypot((j % grid) as f32 - middle))
            .collect();
        let picture = |id: &i64| WatchedPicture {
            id: *id,
            grid,
            labels: vec![(*id as usize % 4, 1, 0.2 + 0.05 * epoch as f32, similarity.clone())],
        };
        let epoch = WatchedEpoch {
            epoch,
            preprocess: Preprocess {
                mode: Mode::Stretch,
                size: 96,
                mean: [0.5; 3],
                std: [0.25; 3],
            },
            patch: 8,
            top_k: 9,
            pictures: ids.iter().map(picture).collect(),
        };
        training.watch("run-2", epoch);
    }
}

/// A job in the list that no worker has.
fn job_as(harness: &mut Harness<'static, Window>, state: JobState) -> u64 {
    let mut job = Job::new(
        7_000,
        Spec {
            request: Request::Doctor,
            title: "Training both stages".to_owned(),
            kind: JobKind::Train,
            shared: None,
        },
    );
    job.state = state;
    let jobs = &mut harness.state_mut().model.jobs.list;
    jobs.retain(|j| j.id != 7_000);
    jobs.push_back(job);
    7_000
}

#[test]
fn home() {
    if !can_draw() {
        return;
    }
    for (look, name) in LOOKS {
        let mut harness = window(options(look));
        settle(&mut harness);
        snapshot(&mut harness, &format!("home_empty_{name}"));
        harness.state_mut().model.prefs.recent = vec![Recent {
            path: "/home/anna/birds of the marsh.patchlight".into(),
            pictures: (0..5).map(|i| data().join(format!("train/scene {i:02}.png"))).collect(),
            counts: [1142, 20],
        }];
        settle(&mut harness);
        snapshot(&mut harness, &format!("home_recent_{name}"));
    }
    // While the device is being found out.
    for (look, name) in LOOKS {
        let mut harness = window(options(look));
        harness.state_mut().model.device = Default::default();
        settle(&mut harness);
        snapshot(&mut harness, &format!("home_loading_{name}"));
    }
}

#[test]
fn pictures() {
    if !can_draw() {
        return;
    }
    for (look, name) in LOOKS {
        let (_folder, mut harness) = opened("scored", look);
        snapshot(&mut harness, &format!("pictures_full_{name}"));
        harness.state_mut().model.browse.filter = Filter {
            words: "no such word".to_owned(),
            ..Filter::default()
        };
        settle(&mut harness);
        snapshot(&mut harness, &format!("pictures_filtered_empty_{name}"));
    }
    for (look, name) in LOOKS {
        let (_folder, mut harness) = opened("plain", look);
        snapshot(&mut harness, &format!("pictures_unscored_{name}"));
        if let Slot::Open(open) = &mut harness.state_mut().model.project {
            open.catalog.pictures.clear();
            open.catalog.truth.clear();
            open.version += 1;
        }
        settle(&mut harness);
        snapshot(&mut harness, &format!("pictures_empty_{name}"));
    }
}

#[test]
fn a_project_that_opens_or_does_not() {
    if !can_draw() {
        return;
    }
    for (look, name) in LOOKS {
        let mut harness = window(options(look));
        let failure = Failure::new(
            "/data/birds.patchlight/project.db is damaged: page 3 is torn",
            "Restore the newest backup; the damaged file is kept.",
        );
        harness.state_mut().model.project = Slot::Failed("/data/birds.patchlight".into(), failure);
        harness.state_mut().model.place = Place::Pictures;
        settle(&mut harness);
        snapshot(&mut harness, &format!("project_failed_{name}"));
        harness.state_mut().model.project = Slot::Empty;
        settle(&mut harness);
        snapshot(&mut harness, &format!("project_none_{name}"));
        harness.state_mut().model.project = Slot::Opening("/data/birds.patchlight".into());
        // The spinner turns with time: what is said is compared, not what is drawn.
        harness.step();
        harness.step();
        assert!(harness.query_by_label_contains("Opening birds").is_some());
        assert!(harness.query_by_label("Home").is_some(), "the way out stays");
    }
}

#[test]
fn inspector() {
    if !can_draw() {
        return;
    }
    for (look, name) in LOOKS {
        let (_folder, mut harness) = opened("scored", look);
        run(&mut harness, Command::Inspect(1));
        wait(&mut harness, "the scores", |w| w.model.inspect.examined.is_some());
        settle(&mut harness);
        snapshot(&mut harness, &format!("inspector_full_{name}"));
        harness.state_mut().model.inspect.heat = true;
        harness.state_mut().model.inspect.numbers = true;
        harness.state_mut().model.inspect.boxes = true;
        settle(&mut harness);
        snapshot(&mut harness, &format!("inspector_heat_{name}"));
    }
    for (look, name) in LOOKS {
        let (_folder, mut harness) = opened("plain", look);
        run(&mut harness, Command::Inspect(1));
        wait(&mut harness, "the picture", |w| w.model.inspect.examined.is_some());
        settle(&mut harness);
        snapshot(&mut harness, &format!("inspector_unscored_{name}"));
        // The file is gone.
        let (_folder, mut harness) = opened("scored", look);
        if let Slot::Open(open) = &mut harness.state_mut().model.project {
            open.catalog.pictures[3].path = "/nowhere/gone.jpg".into();
        }
        harness.state_mut().textures.clear();
        run(&mut harness, Command::Inspect(3));
        wait(&mut harness, "the scores", |w| w.model.inspect.examined.is_some());
        settle(&mut harness);
        snapshot(&mut harness, &format!("inspector_broken_{name}"));
    }
}

#[test]
fn train() {
    if !can_draw() {
        return;
    }
    for (look, name) in LOOKS {
        let (_folder, mut harness) = opened("scored", look);
        run(&mut harness, Command::Do(Action::Train));
        snapshot(&mut harness, &format!("train_form_{name}"));
        harness.state_mut().model.train.advanced = true;
        settle(&mut harness);
        snapshot(&mut harness, &format!("train_settings_{name}"));
        let id = job_as(&mut harness, JobState::Running);
        harness.state_mut().model.training = Some(training(id));
        settle(&mut harness);
        snapshot(&mut harness, &format!("train_running_{name}"));
        watch(&mut harness);
        settle(&mut harness);
        let card = harness.query_all_by_label_contains(": score 0.300").next();
        card.expect("a watched picture").scroll_to_me();
        settle(&mut harness);
        snapshot(&mut harness, &format!("train_watched_{name}"));
        job_as(&mut harness, JobState::Stopped);
        settle(&mut harness);
        snapshot(&mut harness, &format!("train_paused_{name}"));
        let failure = Failure::new(
            "the worker process ended unexpectedly (killed, signal 9; perhaps the memory was full)",
            "Your project is intact. Start the job again; a training resumes from its last checkpoint.",
        );
        job_as(&mut harness, JobState::Crashed(failure));
        settle(&mut harness);
        snapshot(&mut harness, &format!("train_crashed_{name}"));
        job_as(&mut harness, JobState::Done);
        settle(&mut harness);
        snapshot(&mut harness, &format!("train_done_{name}"));
    }
}

#[test]
fn results() {
    if !can_draw() {
        return;
    }
    for (look, name) in LOOKS {
        let (_folder, mut harness) = opened("scored", look);
        run(&mut harness, Command::Do(Action::Results));
        snapshot(&mut harness, &format!("results_full_{name}"));
    }
    for (look, name) in LOOKS {
        let (_folder, mut harness) = opened("plain", look);
        run(&mut harness, Command::Do(Action::Results));
        snapshot(&mut harness, &format!("results_empty_{name}"));
    }
}

#[test]
fn settings_about_and_log() {
    if !can_draw() {
        return;
    }
    for (look, name) in LOOKS {
        let mut harness = window(options(look));
        run(&mut harness, Command::Do(Action::Settings));
        snapshot(&mut harness, &format!("settings_{name}"));
        run(&mut harness, Command::Do(Action::About));
        snapshot(&mut harness, &format!("about_{name}"));
        let notices = &mut harness.state_mut().model.notices;
        notices.note(Level::Warning, "skipped a.jpg: it is empty".to_owned());
        notices.note(Level::Done, "Imported 24 pictures with 4 labels".to_owned());
        run(&mut harness, Command::Do(Action::Log));
        snapshot(&mut harness, &format!("log_{name}"));
    }
    for (look, name) in LOOKS {
        let mut harness = window(options(look));
        let failure = Failure::new("/models/cats.pt is not a CLIP", "Give the folder of a CLIP checkpoint.");
        harness.state_mut().model.model = Some(Err(failure));
        run(&mut harness, Command::Do(Action::Settings));
        snapshot(&mut harness, &format!("settings_wrong_model_{name}"));
    }
}

#[test]
fn what_lies_over_the_places() {
    if !can_draw() {
        return;
    }
    for (look, name) in LOOKS {
        let (_folder, mut harness) = opened("scored", look);
        harness.state_mut().model.desk.keys = true;
        settle(&mut harness);
        snapshot(&mut harness, &format!("keys_{name}"));
        harness.state_mut().model.desk.keys = false;
        harness.state_mut().model.desk.palette = Some(("trai".to_owned(), 0));
        settle(&mut harness);
        snapshot(&mut harness, &format!("palette_{name}"));
        harness.state_mut().model.desk.palette = None;
        let notices = &mut harness.state_mut().model.notices;
        notices.done("set “owl” on 3 pictures");
        notices.failed(
            &Failure::new(
                "cannot write /data/out.json: the disk is full",
                "Free some space, then try again.",
            ),
            Some(("Try again".to_owned(), Command::Do(Action::Predict))),
        );
        settle(&mut harness);
        snapshot(&mut harness, &format!("notices_{name}"));
        harness.state_mut().model.notices.list.clear();
        job_as(&mut harness, JobState::Running);
        harness.state_mut().model.desk.leaving = true;
        settle(&mut harness);
        snapshot(&mut harness, &format!("leaving_{name}"));
    }
}

/// Nothing is cut or laid over another thing on a large screen and on one with twice the pixels.
#[test]
fn other_sizes() {
    if !can_draw() {
        return;
    }
    let (_folder, project) = project("scored");
    for (size, scale, name) in [([1920.0, 1080.0], 1.0, "large"), ([960.0, 600.0], 2.0, "dense")] {
        let mut options = options(Look::Dark);
        options.paths = vec![project.clone()];
        let mut harness = sized(options, size, scale);
        wait(&mut harness, "the project", |w| {
            matches!(w.model.project, Slot::Open(_))
        });
        settle(&mut harness);
        snapshot(&mut harness, &format!("size_pictures_{name}"));
        run(&mut harness, Command::Inspect(0));
        wait(&mut harness, "the scores", |w| w.model.inspect.examined.is_some());
        settle(&mut harness);
        snapshot(&mut harness, &format!("size_inspector_{name}"));
        harness.state_mut().model.inspect.picture = None;
        run(&mut harness, Command::Do(Action::Train));
        snapshot(&mut harness, &format!("size_train_{name}"));
        // The lock is given back before the next window asks for it.
        run(&mut harness, Command::Do(Action::CloseProject));
        drop(harness);
        std::thread::sleep(Duration::from_millis(200));
    }
}
