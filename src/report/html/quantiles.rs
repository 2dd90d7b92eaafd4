//! Latency distributions as quantile curves, one for each arm, over a scale of nines.

use crate::report::result::{ArmResult, Curve, Curves, RunResult};

/// The curves of one quantity.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Quantiles {
    /// Title.
    pub(super) title: &'static str,
    /// Quantiles of the curves, in parts per million.
    pub(super) ppm: Vec<u32>,
    /// Values of each arm at the first of these quantiles, in nanoseconds.
    pub(super) curves: Vec<Option<Vec<u64>>>,
}

/// Quantiles with a column in the table.
pub(super) const LISTED: [u32; 8] =
    [0, 250_000, 500_000, 750_000, 900_000, 990_000, 999_000, 999_900];

type Part = (&'static str, fn(&Curves) -> &Curve);
const PARTS: [Part; 3] = [
    ("end to end: from arrival to success", |curves| &curves.end_to_end),
    ("processing: from the last pick-up to success", |curves| &curves.processing),
    ("outcome: from arrival to any end", |curves| &curves.outcome),
];

/// The distributions of a run, except those without a sample in any arm.
pub(super) fn quantiles(result: &RunResult) -> Vec<Quantiles> {
    let plot = |(title, part): Part| {
        let curve = |arm: &ArmResult| arm.curves.as_ref().map(part).and_then(known);
        let known: Vec<Option<Vec<(u32, u64)>>> = result.arms.values().map(curve).collect();
        let longest = known.iter().flatten().max_by_key(|points| points.len())?;
        let ppm = longest.iter().map(|(ppm, _)| *ppm).collect();
        let values = |points: &Vec<(u32, u64)>| points.iter().map(|(_, ns)| *ns).collect();
        let curves = known.iter().map(|points| points.as_ref().map(values)).collect();
        Some(Quantiles { title, ppm, curves })
    };
    PARTS.into_iter().filter_map(plot).collect()
}

/// The points of a curve that have samples beyond them.
fn known(curve: &Curve) -> Option<Vec<(u32, u64)>> {
    let beyond = |ppm: u32| u128::from(1_000_000 - ppm) * u128::from(curve.count);
    let points = curve.points.iter().copied();
    let known: Vec<_> = points.take_while(|(ppm, _)| beyond(*ppm) >= 1_000_000).collect();
    (!known.is_empty()).then_some(known)
}
