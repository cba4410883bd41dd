//! Pillow's bicubic resampling of 8-bit RGB, to the bit: a = -0.5 with antialias, fixed-point weights of 22 bits, horizontal
//! pass first (or the vertical one, by a rule of its own), rounded to 8 bits after each pass. Faster libraries use shorter weights and are one level off on some
//! pixels, which is enough to change which patches come first.

use image::RgbImage;

/// Bits behind the point of a weight: 8 for the value and 2 to spare are left of 32.
const PRECISION: u32 = 32 - 8 - 2;
/// Reach of the filter in pixels of the smaller picture.
const SUPPORT: f64 = 2.0;

/// Source pixels `first..first + weights.len()` make one target pixel.
struct Taps {
    first: usize,
    weights: Vec<i32>,
}

fn bicubic(x: f64) -> f64 {
    const A: f64 = -0.5;
    let x = x.abs();
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}

/// Weights that take `start..start + length` of `source` pixels to `target` pixels.
fn taps(source: u32, start: f64, length: f64, target: u32) -> Vec<Taps> {
    let scale = length / f64::from(target);
    let stretch = scale.max(1.0);
    let reach = SUPPORT * stretch;
    let of = |index: u32| {
        let centre = start + (f64::from(index) + 0.5) * scale;
        let first = ((centre - reach + 0.5) as i64).max(0);
        let end = ((centre + reach + 0.5) as i64).min(i64::from(source));
        let exact: Vec<f64> = (first..end)
            .map(|x| bicubic((x as f64 - centre + 0.5) * (1.0 / stretch)))
            .collect();
        let sum: f64 = exact.iter().sum();
        let fixed = |weight: &f64| {
            let weight = if sum == 0.0 { *weight } else { weight / sum } * f64::from(1 << PRECISION);
            (weight + 0.5f64.copysign(weight)) as i32
        };
        Taps {
            first: first as usize,
            weights: exact.iter().map(fixed).collect(),
        }
    };
    (0..target).map(of).collect()
}

const HALF: i32 = 1 << (PRECISION - 1);

fn to_byte(sum: i32) -> u8 {
    (sum >> PRECISION).clamp(0, 255) as u8
}

/// RGB values of the picture at `width` x `height` pixels. `window` (left, top, width, height in pixels of the source) takes that
/// part of it instead of all; pixels around it still count near its border.
pub fn resize(picture: &RgbImage, width: u32, height: u32, window: Option<[f64; 4]>) -> Vec<u8> {
    let (w, h) = picture.dimensions();
    let [left, top, part_w, part_h] = window.unwrap_or([0.0, 0.0, w.into(), h.into()]);
    let whole = |start: f64, length: f64, source: u32, target: u32| {
        start == 0.0 && length == f64::from(source) && source == target
    };
    let rows = (!whole(top, part_h, h, height)).then(|| taps(h, top, part_h, height));
    let columns = (!whole(left, part_w, w, width)).then(|| taps(w, left, part_w, width));
    // Found by comparing with Pillow on hundreds of sizes; with rounding between the passes their order shows.
    let vertical_first = height < h && 2 * (i64::from(w) - i64::from(width)) < i64::from(h) - i64::from(height);
    let stride = 3 * w as usize;
    match (columns, rows) {
        (Some(columns), Some(rows)) if vertical_first && window.is_none() => {
            horizontal(&vertical(picture.as_raw(), stride, 0, &rows), stride, &columns)
        }
        (columns, rows) => {
            // Rows that the second pass does not look at are left out of the first.
            let first = rows.as_ref().and_then(|r| r.first()).map_or(0, |t| t.first);
            let end = rows
                .as_ref()
                .and_then(|r| r.last())
                .map_or(h as usize, |t| t.first + t.weights.len());
            let source = &picture.as_raw()[first * stride..end * stride];
            let narrow = match columns {
                Some(columns) => horizontal(source, stride, &columns),
                None => source.to_vec(),
            };
            match rows {
                Some(rows) => vertical(&narrow, 3 * width as usize, first, &rows),
                None => narrow,
            }
        }
    }
}

/// One weighted sum of three channels a target pixel.
fn horizontal(source: &[u8], stride: usize, columns: &[Taps]) -> Vec<u8> {
    let mut out = Vec::with_capacity(source.len() / stride * columns.len() * 3);
    for row in source.chunks_exact(stride) {
        for column in columns {
            let mut sum = [HALF; 3];
            let pixels = row[3 * column.first..].chunks_exact(3);
            for (weight, pixel) in column.weights.iter().zip(pixels) {
                for channel in 0..3 {
                    sum[channel] += weight * i32::from(pixel[channel]);
                }
            }
            out.extend(sum.map(to_byte));
        }
    }
    out
}

/// `first` is the row of the picture that `source` starts with.
fn vertical(source: &[u8], stride: usize, first: usize, rows: &[Taps]) -> Vec<u8> {
    let mut out = Vec::with_capacity(rows.len() * stride);
    let mut sums = vec![0; stride];
    for row in rows {
        sums.fill(HALF);
        let lines = source[(row.first - first) * stride..].chunks_exact(stride);
        for (weight, line) in row.weights.iter().zip(lines) {
            for (sum, value) in sums.iter_mut().zip(line) {
                *sum += weight * i32::from(*value);
            }
        }
        out.extend(sums.iter().map(|sum| to_byte(*sum)));
    }
    out
}
