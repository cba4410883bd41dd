//! The demo's report: a page that needs nothing but a browser, and the same numbers as JSON.

use super::data::Pictures;
use super::run_view::RunView;
use super::text::{STYLE, escaped};
use super::train::student_preprocess;
use crate::compute::Compute;
use crate::dataset::decode::{Limits, decode};
use crate::dataset::model::Split;
use crate::engine::event::Metrics;
use crate::engine::request::EvaluateRequest;
use crate::engine::{Context, Failure};
use crate::explain::{LabelEvidence, PictureFeatures};
use crate::method::score::host_values;
use crate::project::Project;
use crate::support::atomic;
use crate::train::features::FeatureStore;
use base64::Engine as _;
use image::{Rgb, RgbImage};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Pictures shown.
const SHOWN: usize = 12;

/// Labels shown of each picture.
const LABELS: usize = 3;

/// What the report is about.
pub(crate) struct Report<'a> {
    pub folder: &'a Path,
    pub project: &'a Path,
    /// The Stage 2 run, whose evidence is shown.
    pub run: &'a str,
    /// Untrained, after Stage 1, after Stage 2.
    pub metrics: [&'a Metrics; 3],
    /// The same three on labels that training never saw.
    pub novel: &'a [Metrics],
    pub seed: u64,
    /// How long it took.
    pub seconds: f64,
}

/// A label of a shown picture.
struct Shown {
    label: String,
    is_true: bool,
    probability: f32,
    evidence: LabelEvidence,
    /// Box of each patch of the evidence in the picture.
    boxes: Vec<[f32; 4]>,
}

/// Writes `report.html` and `report.json`; returns the page.
///
/// # Errors
/// [`Failure`] where the project cannot be read or the folder not be written.
pub(crate) fn write(report: &Report<'_>, compute: &Compute, context: &mut Context<'_>) -> Result<PathBuf, Failure> {
    let pictures = examples(report, compute, context)?;
    let page = report.folder.join("report.html");
    let data = report.folder.join("report.json");
    let io = |path: &Path| {
        let path = path.to_owned();
        move |e| Failure::io("write the report", &path, &e)
    };
    let bytes = serde_json::to_vec_pretty(&as_json(report, &pictures)).map_err(|e| io(&data)(e.into()))?;
    atomic::write(&data, &bytes).map_err(io(&data))?;
    atomic::write(&page, html(report, &pictures).as_bytes()).map_err(io(&page))?;
    Ok(page)
}

/// A picture with its best labels.
struct Example {
    path: PathBuf,
    rgb: RgbImage,
    labels: Vec<Shown>,
}

/// Test pictures with the labels that the run gives them, rare labels first.
fn examples(report: &Report<'_>, compute: &Compute, context: &mut Context<'_>) -> Result<Vec<Example>, Failure> {
    let project = Project::open(report.project)?;
    let request = EvaluateRequest::on_test(report.project, report.run);
    let view = RunView::open(&request, &project, &project, compute)?;
    let pictures = Pictures::of(&project, Some(Split::Test), context)?;
    let names = &view.labels;
    let encoder = view.encoder(&project);
    let store = FeatureStore::open(
        &project.features_folder(),
        &encoder.key,
        encoder.embed,
        encoder.grid.pow(2),
    )
    .map_err(|e| Failure::io("read the feature cache in", &project.features_folder(), &e))?;
    let (global, local) = (host_values(view.text.0.clone())?, host_values(view.text.1.clone())?);
    let (embed, grid, patch) = (encoder.embed, encoder.grid, encoder.patch);
    let preprocess = student_preprocess(&view.config);
    let mut shown = Vec::new();
    for index in chosen(&pictures, names.len(), &view.config.positives) {
        let item = &pictures.items[index];
        let record = store
            .get(&item.hash)
            .map_err(|e| Failure::io("read the feature cache in", &project.features_folder(), &e))?;
        // A picture that has gone since is no reason to have no report.
        let (Some(record), Ok(picture)) = (record, decode(&item.path, &Limits::default())) else {
            continue;
        };
        let features = PictureFeatures {
            cls: &record.cls,
            patches: &record.patches,
            padding: &record.padding,
        };
        let geometry = preprocess.geometry(picture.rgb.width(), picture.rgb.height());
        let mut labels: Vec<Shown> = (0..names.len())
            .map(|c| {
                let row = c * embed..(c + 1) * embed;
                let fusion = view.fusion();
                let evidence = features.evidence(&global[row.clone()], &local[row], fusion.alpha, fusion.top_k);
                let boxes = evidence
                    .patches
                    .iter()
                    .map(|(j, _)| geometry.patch_box(j / grid, j % grid, patch));
                Shown {
                    label: names[c].clone(),
                    is_true: pictures.truth[index * names.len() + c] == 1,
                    probability: view.probability.of(evidence.fused, 0.0),
                    boxes: boxes.collect(),
                    evidence,
                }
            })
            .collect();
        labels.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        labels.truncate(LABELS);
        shown.push(Example {
            path: item.path.clone(),
            rgb: picture.rgb,
            labels,
        });
    }
    Ok(shown)
}

/// Pictures to show: each brings a label that was not shown yet, the rarest first.
fn chosen(pictures: &Pictures, labels: usize, train_positives: &[usize]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..labels).collect();
    order.sort_by_key(|c| train_positives.get(*c).copied().unwrap_or(0));
    let mut found: Vec<usize> = Vec::new();
    for label in order {
        let has = |i: &usize| pictures.truth[i * labels + label] == 1;
        if found.len() < SHOWN && !found.iter().any(&has) {
            found.extend((0..pictures.items.len()).find(|i| has(i) && !found.contains(i)));
        }
    }
    found
}

fn as_json(report: &Report<'_>, pictures: &[Example]) -> Value {
    let groups = |m: &Metrics| json!({"run": m.run, "map": m.map, "cf1": m.cf1, "of1": m.of1, "pointing": m.pointing, "images": m.images});
    let [zero, first, second] = report.metrics;
    let classes = zero
        .per_class
        .iter()
        .zip(&first.per_class)
        .zip(&second.per_class)
        .map(|((z, a), b)| {
            json!({"label": z.label, "train_positives": z.train_positives, "group": z.group,
               "zero_shot": z.ap, "stage_1": a.ap, "stage_2": b.ap})
        });
    let pictures = pictures.iter().map(|p| {
        let labels = p.labels.iter().map(|l| {
            let patches = l.evidence.patches.iter().zip(&l.boxes);
            json!({"label": l.label, "true": l.is_true, "probability": l.probability, "score": l.evidence.fused,
                   "global": l.evidence.global, "local": l.evidence.local,
                   "patches": patches.map(|((_, s), b)| json!({"similarity": s, "box": b})).collect::<Vec<_>>()})
        });
        json!({"image": p.path.to_string_lossy(), "labels": labels.collect::<Vec<_>>()})
    });
    json!({
        "version": env!("CARGO_PKG_VERSION"), "seed": report.seed, "seconds": report.seconds,
        "table": report.metrics.map(groups), "unseen_labels": report.novel.iter().map(groups).collect::<Vec<_>>(), "per_class": classes.collect::<Vec<_>>(),
        "pictures": pictures.collect::<Vec<_>>(),
    })
}

fn html(report: &Report<'_>, pictures: &[Example]) -> String {
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Patchlight demo</title><style>{STYLE}</style><h1>Patchlight demo</h1>\
         <p>A small CLIP that knows pictograms was tried on {} busy test pictures it had never seen, then taught on a long tail \
         of examples (some labels have only a few). Numbers are mean average precision in percent.</p>",
        report.metrics[0].images
    );
    page.push_str("<table><tr><th><th>all labels<th>head<th>medium<th>tail<th>best patch in the object");
    let names = ["before training", "after Stage 1", "after Stage 2"];
    for (name, m) in names.iter().zip(report.metrics) {
        let show = |v: Option<f64>| v.map_or_else(|| "n/a".to_owned(), |v| format!("{v:.1}"));
        let map = &m.map;
        let _ = write!(
            page,
            "<tr><td>{name}<td>{}<td>{}<td>{}<td>{}<td>{}",
            show(map.total),
            show(map.head),
            show(map.medium),
            show(map.tail),
            m.pointing.map_or_else(|| "n/a".to_owned(), |p| format!("{p:.0} %"))
        );
    }
    page.push_str("</table>");
    if let [zero, _, last] = report.novel {
        let map = |m: &Metrics| m.map.total.map_or_else(|| "n/a".to_owned(), |v| format!("{v:.1}"));
        let labels: Vec<String> = zero.per_class.iter().map(|c| escaped(&c.label)).collect();
        let _ = write!(
            page,
            "<p>Labels that training never saw ({}): {} before, {} after both stages.</p>",
            labels.join(", "),
            map(zero),
            map(last)
        );
    }
    let _ = write!(
        page,
        "<p class=\"dim\">Head: 100 training examples and more; medium: 20 to 99; tail: fewer than 20. Seed {}, {:.0} seconds.</p>\
         <h2>What it saw, and where</h2><p>Each picture, and its most probable labels with the patches that made their local score \
         (the best one is framed).</p>",
        report.seed, report.seconds
    );
    for example in pictures {
        let _ = write!(
            page,
            "<div class=\"row\"><figure>{}<figcaption>picture</figcaption></figure>",
            embed(&example.rgb)
        );
        for (i, label) in example.labels.iter().enumerate() {
            let drawn = overlay(&example.rgb, label, COLOURS[i % COLOURS.len()]);
            let verdict = if label.is_true {
                ""
            } else {
                " <span class=\"no\">(not there)</span>"
            };
            let _ = write!(
                page,
                "<figure>{}<figcaption>{} {:.0} %{verdict}</figcaption></figure>",
                embed(&drawn),
                escaped(&label.label),
                100.0 * label.probability
            );
        }
        page.push_str("</div>");
    }
    page.push_str("<h2>Each label</h2><table><tr><th>label<th>training examples<th>before<th>Stage 1<th>Stage 2");
    let [zero, first, second] = report.metrics;
    for ((z, a), b) in zero.per_class.iter().zip(&first.per_class).zip(&second.per_class) {
        let show = |ap: Option<f64>| ap.map_or_else(|| "n/a".to_owned(), |ap| format!("{ap:.1}"));
        let (label, n) = (escaped(&z.label), z.train_positives);
        let _ = write!(
            page,
            "<tr><td>{label}<td>{n}<td>{}<td>{}<td>{}",
            show(z.ap),
            show(a.ap),
            show(b.ap)
        );
    }
    page.push_str("</table></html>");
    page
}

const COLOURS: [[u8; 3]; LABELS] = [[230, 80, 0], [0, 110, 220], [150, 0, 170]];

/// The picture with a label's patches: the stronger the similarity, the stronger the colour.
fn overlay(picture: &RgbImage, label: &Shown, colour: [u8; 3]) -> RgbImage {
    let mut drawn = picture.clone();
    let similarity = |i: usize| label.evidence.patches[i].1;
    let count = label.evidence.patches.len();
    let (most, least) = if count == 0 {
        (1.0, 0.0)
    } else {
        (similarity(0), similarity(count - 1))
    };
    for (i, b) in label.boxes.iter().enumerate() {
        let strength = 0.12 + 0.5 * (similarity(i) - least) / (most - least).max(1e-6);
        let [x0, y0, x1, y1] = b.map(|v| v.round() as u32);
        let (x1, y1) = (x1.min(drawn.width()), y1.min(drawn.height()));
        for y in y0..y1 {
            for x in x0..x1 {
                let frame = i == 0 && (x == x0 || y == y0 || x + 1 == x1 || y + 1 == y1);
                let mix = if frame { 1.0 } else { strength };
                let Rgb(old) = *drawn.get_pixel(x, y);
                let blend = |c: usize| (f32::from(old[c]) * (1.0 - mix) + f32::from(colour[c]) * mix) as u8;
                drawn.put_pixel(x, y, Rgb([blend(0), blend(1), blend(2)]));
            }
        }
    }
    drawn
}

/// An `img` with the picture inside.
fn embed(picture: &RgbImage) -> String {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 90);
    if picture.write_with_encoder(encoder).is_err() {
        return String::new();
    }
    let data = base64::engine::general_purpose::STANDARD.encode(bytes.into_inner());
    format!(
        "<img alt=\"\" width=\"{}\" height=\"{}\" src=\"data:image/jpeg;base64,{data}\">",
        picture.width(),
        picture.height()
    )
}
