//! Glyph outlines to alpha masks, once per glyph, with smaller copies for clean shrinking.

use ab_glyph_rasterizer::{Point, Rasterizer, point};
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, MetadataProvider};

/// Side of the largest mask in texels.
pub(super) const TEXELS: usize = 128;
/// Longest side of the ink in the largest mask; the rest is an empty border that survives in the smaller copies.
pub(super) const INK: f32 = 112.0;
/// Copies: 128, 64, 32 and 16 texels.
pub(super) const LEVELS: usize = 4;

/// Coverage of a glyph, 0..=1, in the middle of a square, at [`LEVELS`] resolutions.
#[derive(Clone, Debug)]
pub(super) struct Mask {
    /// Row-major, `TEXELS >> level` squared.
    pub levels: [Vec<f32>; LEVELS],
    /// Width and height of the ink in texels of the largest copy.
    pub ink: [f32; 2],
}

/// Draws the glyph for `codepoint`; `None` where the font has no such glyph or nothing to draw.
pub(super) fn mask(font: &FontRef<'_>, codepoint: char) -> Option<Mask> {
    let outline = font.outline_glyphs().get(font.charmap().map(codepoint)?)?;
    let settings = || DrawSettings::unhinted(Size::unscaled(), LocationRef::default());
    let mut extent = Extent::default();
    outline.draw(settings(), &mut extent).ok()?;
    let [left, bottom, right, top] = extent.0?;
    let (width, height) = (right - left, top - bottom);
    if width.max(height) <= 0.0 {
        return None;
    }
    let scale = INK / width.max(height);
    let half = TEXELS as f32 / 2.0;
    let mut pen = Fill {
        raster: Rasterizer::new(TEXELS, TEXELS),
        scale,
        shift: [half - (left + right) / 2.0 * scale, half + (top + bottom) / 2.0 * scale],
        start: point(0.0, 0.0),
        at: point(0.0, 0.0),
    };
    outline.draw(settings(), &mut pen).ok()?;
    let mut full = vec![0.0; TEXELS * TEXELS];
    // Sums along a row leave traces of rounding next to the ink; they are no coverage.
    pen.raster
        .for_each_pixel(|i, alpha| full[i] = if alpha < 1.0 / 512.0 { 0.0 } else { alpha.min(1.0) });
    let levels = copies(full);
    Some(Mask {
        levels,
        ink: [width * scale, height * scale],
    })
}

impl Mask {
    /// The copy whose texels are at least as fine as a pixel when a texel of the largest copy covers `scale` pixels.
    pub fn level_for(&self, scale: f32) -> usize {
        let mut level = 0;
        while level + 1 < LEVELS && scale * (1 << (level + 1)) as f32 <= 1.0 {
            level += 1;
        }
        level
    }

    /// Coverage at a point of copy `level`, in its texels, between the four nearest texel centres.
    pub fn sample(&self, level: usize, x: f32, y: f32) -> f32 {
        let side = TEXELS >> level;
        let (x, y) = (x - 0.5, y - 0.5);
        let limit = (side - 1) as f32;
        // The border is empty: outside of the centres there is nothing. This also keeps the indices in range.
        if !(x >= 0.0 && y >= 0.0 && x < limit && y < limit) {
            return 0.0;
        }
        let (column, row) = (x as usize, y as usize);
        let (fx, fy) = (x - column as f32, y - row as f32);
        let at = row * side + column;
        let m = &self.levels[level];
        let upper = m[at] + (m[at + 1] - m[at]) * fx;
        let lower = m[at + side] + (m[at + side + 1] - m[at + side]) * fx;
        upper + (lower - upper) * fy
    }
}

/// The mask and its halvings, each texel the mean of four.
fn copies(full: Vec<f32>) -> [Vec<f32>; LEVELS] {
    let mut side = TEXELS;
    let mut last = full;
    std::array::from_fn(|_| {
        let half = side / 2;
        let mut next = vec![0.0; half * half];
        for y in 0..half {
            for x in 0..half {
                let at = 2 * y * side + 2 * x;
                next[y * half + x] = (last[at] + last[at + 1] + last[at + side] + last[at + side + 1]) / 4.0;
            }
        }
        side = half;
        std::mem::replace(&mut last, next)
    })
}

/// Left, bottom, right and top of an outline in font units.
#[derive(Default)]
struct Extent(Option<[f32; 4]>);

impl Extent {
    fn add(&mut self, x: f32, y: f32) {
        let b = self.0.get_or_insert([x, y, x, y]);
        *b = [b[0].min(x), b[1].min(y), b[2].max(x), b[3].max(y)];
    }
}

impl OutlinePen for Extent {
    fn move_to(&mut self, x: f32, y: f32) {
        self.add(x, y);
    }
    fn line_to(&mut self, x: f32, y: f32) {
        self.add(x, y);
    }
    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.add(cx, cy);
        self.add(x, y);
    }
    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        self.add(ax, ay);
        self.add(bx, by);
        self.add(x, y);
    }
    fn close(&mut self) {}
}

/// Fills an outline: font units with y up become texels with y down.
struct Fill {
    raster: Rasterizer,
    scale: f32,
    shift: [f32; 2],
    start: Point,
    at: Point,
}

impl Fill {
    fn map(&self, x: f32, y: f32) -> Point {
        point(x * self.scale + self.shift[0], self.shift[1] - y * self.scale)
    }
}

impl OutlinePen for Fill {
    fn move_to(&mut self, x: f32, y: f32) {
        self.at = self.map(x, y);
        self.start = self.at;
    }
    fn line_to(&mut self, x: f32, y: f32) {
        let end = self.map(x, y);
        self.raster.draw_line(self.at, end);
        self.at = end;
    }
    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        let (control, end) = (self.map(cx, cy), self.map(x, y));
        self.raster.draw_quad(self.at, control, end);
        self.at = end;
    }
    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        let (a, b, end) = (self.map(ax, ay), self.map(bx, by), self.map(x, y));
        self.raster.draw_cubic(self.at, a, b, end);
        self.at = end;
    }
    fn close(&mut self) {
        self.raster.draw_line(self.at, self.start);
        self.at = self.start;
    }
}
