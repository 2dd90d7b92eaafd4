//! Distributions of latencies as quantile curves, one an arm, over a scale of nines.

use crate::metrics::histogram::{BIN_BITS, Histogram};
use crate::report::result::{Column, RunResult, Values};

/// The curves of one quantity.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Quantiles {
    /// Whose latencies they are, and which.
    pub(super) title: String,
    /// For each arm the values at the first of [`Quantiles::RATIOS`], in nanoseconds.
    pub(super) curves: Vec<Option<Vec<u64>>>,
}

impl Quantiles {
    /// Where the curves are read.
    pub(super) const RATIOS: [f64; 15] = [
        0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9999,
    ];
}

/// The distribution of everything that shows latencies over time.
pub(super) fn quantiles(result: &RunResult) -> Vec<Quantiles> {
    let mut plots: Vec<(&str, &str, Quantiles)> = Vec::new();
    for (at, arm) in result.arms.values().enumerate() {
        for column in arm.series.iter().flat_map(|series| &series.columns) {
            let Some(curve) = curve(column) else { continue };
            let (component, meter) = (column.component.as_str(), column.meter.name);
            let known = plots.iter().position(|(c, m, _)| (*c, *m) == (component, meter));
            let known = known.unwrap_or_else(|| {
                let title = format!("{component} {}", column.meter.words).trim().to_owned();
                let curves = vec![None; result.arms.len()];
                plots.push((component, meter, Quantiles { title, curves }));
                plots.len() - 1
            });
            plots[known].2.curves[at] = Some(curve);
        }
    }
    plots.into_iter().map(|(_, _, plot)| plot).collect()
}

/// The curve as far as there are samples beyond each point of it.
fn curve(column: &Column) -> Option<Vec<u64>> {
    let Values::Latencies(bins) = &column.values else { return None };
    let samples: u64 = bins.iter().flatten().map(|(_, count)| count).sum();
    let all = Histogram::<BIN_BITS>::of(bins.iter().flatten().copied());
    let known = |ratio: &&f64| (1.0 - **ratio) * samples as f64 >= 1.0;
    let at = |ratio: &f64| all.quantile(*ratio);
    (samples > 0).then(|| Quantiles::RATIOS.iter().take_while(known).map(at).collect())
}
