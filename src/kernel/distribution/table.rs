//! A distribution given by points of its quantile function.

use super::InvalidDistribution;
use super::check;

/// At least one point (p, value); p strictly rising, values never falling.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct QuantileTable {
    points: Vec<(f64, f64)>,
}

impl QuantileTable {
    pub(super) fn checked(points: &[(f64, f64)]) -> Result<Self, InvalidDistribution> {
        let rule = "must have at least one entry";
        check::that(!points.is_empty(), "the list", rule, || "none".to_owned())?;
        for (i, &(p, value)) in points.iter().enumerate() {
            check::ratio(format!("[{i}].at"), p)?;
            check::time(format!("[{i}].value"), value)?;
        }
        for (i, pair) in points.windows(2).enumerate() {
            let (at, value) = pair[1];
            let after = i + 1;
            let rule = "must be above the one before";
            check::that(at > pair[0].0, format!("[{after}].at"), rule, || at.to_string())?;
            let rule = "must not be below the one before";
            check::that(value >= pair[0].1, format!("[{after}].value"), rule, || {
                check::shown(value)
            })?;
        }
        let points = points.to_vec();
        Ok(Self { points })
    }

    fn ends(&self) -> ((f64, f64), (f64, f64)) {
        (self.points[0], self.points[self.points.len() - 1])
    }

    /// The common value of all points, if there is one.
    pub(super) fn single_value(&self) -> Option<f64> {
        let (first, last) = self.ends();
        (first.1 == last.1).then_some(first.1)
    }

    pub(super) fn quantile(&self, p: f64) -> f64 {
        let next = self.points.partition_point(|point| point.0 <= p);
        if next == 0 {
            return self.points[0].1;
        }
        let (from, low) = self.points[next - 1];
        match self.points.get(next) {
            // Rounding of the sum may exceed the point by its last bit, hence the bound.
            Some((to, high)) => (low + (p - from) / (to - from) * (high - low)).min(*high),
            None => low,
        }
    }

    /// The integral over p of `ends` of the end values and `line` of the segments between.
    fn integral(&self, ends: impl Fn(f64) -> f64, line: impl Fn(f64, f64) -> f64) -> f64 {
        let (first, last) = self.ends();
        let segment = |pair: &[(f64, f64)]| (pair[1].0 - pair[0].0) * line(pair[0].1, pair[1].1);
        let inner: f64 = self.points.windows(2).map(segment).sum();
        first.0 * ends(first.1) + inner + (1.0 - last.0) * ends(last.1)
    }

    pub(super) fn mean(&self) -> f64 {
        self.integral(|value| value, |low, high| low + (high - low) / 2.0)
    }

    /// The integral of the squared distance to the mean; on a line it is (a² + a b + b²) / 3.
    pub(super) fn variance(&self) -> f64 {
        let mean = self.mean();
        self.integral(
            |value| (value - mean) * (value - mean),
            |low, high| {
                let (a, b) = (low - mean, high - mean);
                (a * a + a * b + b * b) / 3.0
            },
        )
    }
}
