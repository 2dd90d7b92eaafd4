//! The bins that rates and latencies are drawn in: wide enough to say something.

use super::Arms;
use crate::metrics::series::ARM;
use crate::report::result::{Series, Values};

/// Rates have at most so many bins.
const MOST: u64 = 100;
/// Whatever is in them, they have so many.
const LEAST: u64 = 20;
/// A bin holds so many requests on average, or its rate is chance.
const REQUESTS: u64 = 20;

/// One width of bins for all arms: a multiple of that of the series, so that the bins hold enough
/// requests and no burst is a spike between empty ones. `None` without a series.
pub(super) fn width_ns(arms: &Arms<'_>) -> Option<u64> {
    let series = || arms.iter().filter_map(|(_, arm)| arm.series.as_ref());
    let fine = series().map(|series| series.bin_ns).max()?.max(1);
    let end = series().map(|series| series.end_ns).max()?.max(1);
    let offered = series().map(|series| offered(series).iter().sum::<u64>()).max()?.max(1);
    let bins = |bins: u64| end.div_ceil(bins).div_ceil(fine).max(1);
    let enough = u128::from(end) * u128::from(REQUESTS) / u128::from(offered) / u128::from(fine);
    let narrow = bins(MOST).max(u64::try_from(enough).unwrap_or(u64::MAX));
    let wide = bins(LEAST);
    let smooth = (narrow..wide).find(|factor| series().all(|series| is_smooth(series, *factor)));
    Some(fine.saturating_mul(smooth.unwrap_or(wide)))
}

fn offered(series: &Series) -> &[u64] {
    match series.column(ARM, "requests.offered").map(|column| &column.values) {
        Some(Values::Counts(counts)) => counts,
        _ => &[],
    }
}

/// True if, from the first request to the last, three of four bins have some.
fn is_smooth(series: &Series, factor: u64) -> bool {
    let factor = usize::try_from(factor).unwrap_or(usize::MAX).max(1);
    let counts: Vec<u64> = offered(series).chunks(factor).map(|bins| bins.iter().sum()).collect();
    let some = |count: &u64| *count > 0;
    let Some(first) = counts.iter().position(some) else { return true };
    let last = counts.iter().rposition(some).unwrap_or(first);
    let busy = counts[first..=last].iter().filter(|count| some(count)).count();
    busy * 4 >= (last - first + 1) * 3
}
