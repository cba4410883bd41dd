//! The learning-rate schedule of a stage (METHOD section 6): linear warm-up, then half a cosine.

/// Steps of a stage and how many of them warm up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    /// All steps, T.
    pub total: usize,
    /// Warm-up steps, W.
    pub warmup: usize,
    /// Steps of one epoch.
    pub per_epoch: usize,
}

impl Schedule {
    /// T = min(max_steps, epochs * ceil(images / batch)), W = ceil(warmup * T).
    pub fn new(images: usize, batch: usize, epochs: usize, max_steps: Option<usize>, warmup: f64) -> Self {
        let per_epoch = images.div_ceil(batch.max(1));
        let total = (epochs * per_epoch).min(max_steps.unwrap_or(usize::MAX));
        Self {
            total,
            warmup: (warmup * total as f64).ceil() as usize,
            per_epoch,
        }
    }

    /// The factor on every learning rate at `step`, counted from 0.
    pub fn factor(&self, step: usize) -> f64 {
        let t = step as f64 + 1.0;
        if step < self.warmup {
            return t / self.warmup as f64;
        }
        let span = (self.total - self.warmup).max(1) as f64;
        0.5 * (1.0 + (std::f64::consts::PI * (t - self.warmup as f64) / span).cos())
    }

    /// Epochs that the steps touch.
    pub fn epochs(&self) -> usize {
        self.total.div_ceil(self.per_epoch.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_formula() {
        let s = Schedule::new(100, 32, 10, None, 0.05);
        assert_eq!((s.per_epoch, s.total, s.warmup), (4, 40, 2));
        assert_eq!(s.factor(0), 0.5);
        assert_eq!(s.factor(1), 1.0);
        let expected = 0.5 * (1.0 + (std::f64::consts::PI * 1.0 / 38.0).cos());
        assert!((s.factor(2) - expected).abs() < 1e-12);
        assert!(s.factor(39).abs() < 1e-12, "ends at zero");
    }

    #[test]
    fn max_steps_and_no_warmup() {
        let s = Schedule::new(100, 32, 10, Some(8), 0.0);
        assert_eq!((s.total, s.warmup, s.epochs()), (8, 0, 2));
        assert!(s.factor(0) < 1.0 && s.factor(0) > 0.9);
        assert_eq!(Schedule::new(0, 32, 10, None, 0.05).total, 0);
    }
}
