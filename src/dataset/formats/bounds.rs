//! Upright boxes around other shapes.

/// The box x, y, width, height around points x, y; not a number if there is no point or a coordinate is none.
pub(crate) fn around(points: impl Iterator<Item = (f64, f64)>) -> [f64; 4] {
    let mut sides = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    for (x, y) in points {
        if x.is_nan() || y.is_nan() {
            return [f64::NAN; 4];
        }
        sides = [sides[0].min(x), sides[1].min(y), sides[2].max(x), sides[3].max(y)];
    }
    let [left, top, right, bottom] = sides;
    [left, top, right - left, bottom - top]
}

/// The box around a box that is turned about its middle by an angle in degrees.
pub(crate) fn turned([x, y, w, h]: [f64; 4], degrees: f64) -> [f64; 4] {
    if !degrees.is_finite() || degrees == 0.0 {
        return [x, y, w, h];
    }
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (across, down) = ((w * cos).abs() + (h * sin).abs(), (w * sin).abs() + (h * cos).abs());
    [x + (w - across) / 2.0, y + (h - down) / 2.0, across, down]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_turn_swaps_the_sides() {
        let [x, y, w, h] = turned([10.0, 20.0, 8.0, 4.0], 90.0);
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(near(x, 12.0) && near(y, 18.0) && near(w, 4.0) && near(h, 8.0));
        assert_eq!(turned([1.0, 2.0, 3.0, 4.0], f64::NAN), [1.0, 2.0, 3.0, 4.0]);
    }

    #[test]
    fn points_give_the_box_around_them() {
        let points = [(3.0, 4.0), (1.5, 9.0), (2.0, 2.0)];
        assert_eq!(around(points.into_iter()), [1.5, 2.0, 1.5, 7.0]);
        assert!(around([(3.0, 4.0), (f64::NAN, 1.0)].into_iter())[0].is_nan());
        assert!(!around(std::iter::empty()).iter().all(|v| v.is_finite()));
    }
}
