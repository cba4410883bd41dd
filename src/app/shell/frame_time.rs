//! What a frame costs on the CPU, measured without a screen: `patchlight bench window`.

use super::{Options, Window};
use crate::app::model::catalog::{Catalog, Picture};
use crate::app::model::command::Place;
use crate::app::model::notices::Level;
use crate::app::model::open::{Open, Slot};
use crate::app::model::prefs::Prefs;
use crate::app::model::project_messages::Examined;
use crate::app::model::tag::list::List;
use crate::app::services::memory::Memory;
use crate::dataset::model::Split;
use crate::dataset::preprocess::{Mode, Preprocess};
use crate::engine::scorer::{PictureScores, Probability, Scorer, ScorerConfig};
use crate::project::LabelRow;
use crate::train::features::FeatureKey;
use crate::train::settings::Precision;
use eframe::egui::{
    Context, Event, Modifiers, MouseWheelSource, MouseWheelUnit, RawInput, Rect, TouchPhase, pos2, vec2,
};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// Times of a kind of frame in milliseconds.
#[derive(Clone, Debug)]
pub struct FrameTimes {
    /// What was shown.
    pub scene: &'static str,
    /// Half of the frames were faster.
    pub median: f64,
    /// 95 of 100 frames were faster.
    pub p95: f64,
    /// The slowest frame.
    pub worst: f64,
    /// Memory of this process in bytes, afterwards.
    pub memory: u64,
}

const PICTURES: usize = 100_000;
const LABELS: usize = 80;
const TAGGED: usize = 10_000;

/// Draws the hardest scenes `frames` times each: a grid of 100,000 pictures that is scrolled while a job tells many things, and the
/// inspector with 80 labels while a slider moves, and Tag with 10,000 pictures whose labels change. Layout and tessellation are included, the GPU is not.
pub fn frame_times(frames: usize) -> Vec<FrameTimes> {
    let ctx = Context::default();
    let options = Options {
        find_device: false,
        score_at_once: false,
        tag_list: None,
        ..Options::default()
    };
    let mut window = Window::headless(&ctx, options, Prefs::default());
    window.model.project = Slot::Open(Box::new(Open {
        catalog: catalog(),
        scorer: Some(Arc::new(scorer())),
        version: 1,
    }));
    window.model.place = Place::Pictures;
    let gallery = measure(
        &ctx,
        &mut window,
        frames,
        "grid of 100,000 pictures, scrolled, with a job at work",
        |window, i| {
            // As a job does: a step, a progress and a line of log in each frame.
            window.model.notices.note(Level::Note, format!("step {i}"));
            let now = window.model.now;
            if let Some(training) = &mut window.model.training {
                training.note(&step(i), now);
            }
        },
    );
    window.model.inspect.picture = Some(5);
    window.model.inspect.examined = Some(Arc::new(Examined {
        id: 5,
        scores: Some(Arc::new(scores())),
        ..Default::default()
    }));
    window.model.inspect.pinned = (0..6).collect();
    let inspector = measure(
        &ctx,
        &mut window,
        frames,
        "inspector with 80 labels, alpha moving",
        |window, i| {
            window.model.inspect.alpha = Some((i % 100) as f64 / 100.0);
        },
    );
    window.model.place = Place::Tag;
    fill(&mut window.model.tagging.list);
    let tagged = measure(
        &ctx,
        &mut window,
        frames,
        "Tag with 10,000 pictures, scrolled, a threshold moving",
        |window, i| {
            window
                .model
                .tagging
                .list
                .set_threshold(i % LABELS, (i % 100) as f32 / 100.0);
        },
    );
    vec![gallery, inspector, tagged]
}

/// Pictures in Tag, each with its probabilities.
fn fill(list: &mut List) {
    let path = |i: usize| PathBuf::from(format!("/nowhere/tagged {i}.jpg"));
    list.add((0..TAGGED).map(path));
    let labels = (0..LABELS).map(|c| format!("label {c}")).collect();
    list.begin("bench".to_owned(), String::new(), labels, vec![0.9; LABELS], true);
    for i in 0..TAGGED {
        let evidence = crate::engine::event::TagEvidence {
            width: 640,
            height: 480,
            probability: (0..LABELS).map(|c| ((i * 7 + c * 13) % 97) as f32 / 97.0).collect(),
            patches: vec![vec![([0.0, 0.0, 9.0, 9.0], 0.3); 12]; LABELS],
            log_odds: Vec::new(),
        };
        list.note(&path(i), &evidence);
    }
}

fn step(i: usize) -> crate::engine::Event {
    crate::engine::Event::Step {
        stage: crate::engine::Stage::One,
        epoch: 0,
        step: i,
        loss: 1.0,
        cls: 0.5,
        kd: Some(0.5),
        sc: None,
        lr: 1e-3,
        images_per_s: 10.0,
        steps: 10_000,
    }
}

fn measure(
    ctx: &Context,
    window: &mut Window,
    frames: usize,
    scene: &'static str,
    mut change: impl FnMut(&mut Window, usize),
) -> FrameTimes {
    let screen = Rect::from_min_size(pos2(0.0, 0.0), vec2(1920.0, 1080.0));
    let mut times = Vec::with_capacity(frames);
    // Time goes on from the scene before.
    let began = ctx.input(|i| i.time) + 1.0;
    for i in 0..frames + 5 {
        let input = RawInput {
            screen_rect: Some(screen),
            time: Some(began + i as f64 / 60.0),
            max_texture_side: Some(8192),
            events: vec![
                Event::PointerMoved(pos2(900.0, 500.0)),
                Event::MouseWheel {
                    unit: MouseWheelUnit::Point,
                    delta: vec2(0.0, -240.0),
                    phase: TouchPhase::Move,
                    source: MouseWheelSource::Wheel,
                    modifiers: Modifiers::NONE,
                },
            ],
            ..RawInput::default()
        };
        change(window, i);
        let start = Instant::now();
        let mut output = ctx.run_ui(input, |ui| {
            window.update(&ui.ctx().clone());
            window.draw(ui);
        });
        let shapes = ctx.tessellate(output.shapes, output.pixels_per_point);
        let time = start.elapsed().as_secs_f64() * 1e3;
        std::hint::black_box(shapes);
        // Nobody draws them.
        output.textures_delta.clear();
        // The first frames build fonts and layouts.
        if i >= 5 {
            times.push(time);
        }
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| {
        times
            .get(((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1)))
            .copied()
            .unwrap_or(0.0)
    };
    FrameTimes {
        scene,
        median: at(0.5),
        p95: at(0.95),
        worst: at(1.0),
        memory: Memory::default().of(&[std::process::id()])[0],
    }
}

fn catalog() -> Catalog {
    let pictures = (0..PICTURES).map(|i| Picture {
        id: i as i64 + 1,
        path: PathBuf::from(format!("/nowhere/picture {i}.jpg")),
        name: format!("picture {i}.jpg"),
        size: [640, 480],
        split: Some(Split::ALL[i % 3]),
        modified: i as i64,
        edited: i % 17 == 0,
    });
    let labels = (0..LABELS).map(|c| LabelRow {
        id: c as i64 + 1,
        name: format!("label {c}"),
        prompt_words: None,
        description: None,
        colour: None,
        position: c as i64,
        threshold: None,
        novel: false,
    });
    let cells = PICTURES * LABELS;
    Catalog {
        folder: PathBuf::from("/nowhere/large.patchlight"),
        writable: true,
        pictures: pictures.collect(),
        labels: labels.collect(),
        truth: (0..cells).map(|i| i8::from(i % 37 == 0)).collect(),
        run: "run-1".to_owned(),
        probability: (0..cells).map(|i| (i % 41) as f32 / 50.0).collect(),
        score: vec![0.2; cells],
        ..Catalog::default()
    }
}

fn scorer() -> Scorer {
    Scorer {
        config: ScorerConfig {
            run: "run-1".to_owned(),
            labels: (1..=LABELS as i64).collect(),
            key: FeatureKey {
                model: String::new(),
                preprocess: Preprocess {
                    mode: Mode::Stretch,
                    size: 224,
                    mean: [0.5; 3],
                    std: [0.5; 3],
                },
                patch_features: None,
                precision: Precision::F32,
            },
            embed: 1,
            grid: 14,
            patch: 16,
            alpha: 0.5,
            top_k: 32,
            probability: Probability::Calibrated {
                log_scale: 3.0,
                offset: 0.2,
            },
        },
        text: [vec![0.0; LABELS], vec![0.0; LABELS]],
        neutral: Default::default(),
    }
}

fn scores() -> PictureScores {
    let wave = |c: usize, j: usize| 0.2 + 0.1 * ((c * 13 + j * 7) as f32).sin();
    PictureScores {
        global: (0..LABELS).map(|c| wave(c, 0)).collect(),
        similarity: (0..LABELS).map(|c| (0..196).map(|j| wave(c, j)).collect()).collect(),
        padding: Vec::new(),
        neutral: None,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_scene_is_drawn() {
        let times = super::frame_times(3);
        assert_eq!(times.len(), 3);
        assert!(times.iter().all(|t| t.median > 0.0 && t.worst >= t.median));
    }
}
