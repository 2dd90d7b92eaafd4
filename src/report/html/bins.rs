//! Bins of rates and latencies, wide enough that their values are not chance.

use std::borrow::Cow;

use super::Arms;
use crate::metrics::series::ARM;
use crate::report::result::{Series, Values};

/// Most bins of levels and readings.
const FINE: u64 = 400;

/// Most bins of rates.
const MOST: u64 = 100;
/// Fewest bins of rates, however few requests they hold.
const LEAST: u64 = 8;
/// Mean number of requests in a bin of rates: with fewer, the rate is chance.
const REQUESTS: u64 = 20;

/// Common width of the bins of all arms, a multiple of the width in the series: wide enough to hold
/// enough requests, and to show no burst as a spike between empty bins. A pause longer than the
/// widest bin leaves a gap in any case. `None` without a series.
pub(super) fn width_ns(arms: &Arms<'_>) -> Option<u64> {
    let series = || arms.iter().filter_map(|(_, arm)| arm.series.as_ref());
    let fine = series().map(|series| series.bin_ns).max()?.max(1);
    let end = series().map(|series| series.end_ns).max()?.max(1);
    let offered = series().map(|series| offered(series).iter().sum::<u64>()).max()?.max(1);
    let bins = |bins: u64| end.div_ceil(bins).div_ceil(fine).max(1);
    let enough = u128::from(end) * u128::from(REQUESTS) / u128::from(offered) / u128::from(fine);
    let wide = bins(LEAST);
    let narrow = bins(MOST).max(u64::try_from(enough).unwrap_or(u64::MAX)).min(wide);
    let smooth = (narrow..=wide).find(|factor| series().all(|series| is_smooth(series, *factor)));
    Some(fine.saturating_mul(smooth.unwrap_or(narrow)))
}

/// The series of an arm in the two widths of bins that charts use.
#[derive(Debug)]
pub(super) struct Grains<'a> {
    /// Narrow bins for levels, readings and states, with sharp edges.
    pub(super) fine: Cow<'a, Series>,
    /// Wide bins for rates and latencies, with enough requests in each.
    pub(super) coarse: Cow<'a, Series>,
}

/// The series of each arm; bins have the same width in all arms.
pub(super) fn grains<'a>(arms: &Arms<'a>) -> Vec<Option<Grains<'a>>> {
    let series = || arms.iter().filter_map(|(_, arm)| arm.series.as_ref());
    let end = series().map(|series| series.end_ns).max().unwrap_or(0);
    let bin = series().map(|series| series.bin_ns).max().unwrap_or(1);
    let fine = end.div_ceil(FINE).max(bin);
    let coarse = width_ns(arms).unwrap_or(1);
    let both = |series: &'a Series| Grains {
        fine: series.at_least(fine),
        coarse: series.at_least(coarse),
    };
    arms.iter().map(|(_, arm)| arm.series.as_ref().map(both)).collect()
}

fn offered(series: &Series) -> &[u64] {
    match series.column(ARM, "requests.offered").map(|column| &column.values) {
        Some(Values::Counts(counts)) => counts,
        _ => &[],
    }
}

/// True if no bin between the first and the last request is empty.
fn is_smooth(series: &Series, factor: u64) -> bool {
    let factor = usize::try_from(factor).unwrap_or(usize::MAX).max(1);
    let counts: Vec<u64> = offered(series).chunks(factor).map(|bins| bins.iter().sum()).collect();
    let some = |count: &u64| *count > 0;
    let Some(first) = counts.iter().position(some) else { return true };
    let last = counts.iter().rposition(some).unwrap_or(first);
    counts[first..=last].iter().all(some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::meter::Meter;
    use crate::metrics::series::Column;
    use crate::report::result::ArmResult;
    use crate::report::sample;

    static OFFERED: Meter = Meter::new("requests.offered", "requests offered");

    fn arm(bin_ns: u64, counts: &[u64]) -> ArmResult {
        let (_, mut arm) = sample::burst().arms.pop_first().expect("an arm");
        arm.series = Some(Series {
            bin_ns,
            end_ns: bin_ns * counts.len() as u64,
            bins: counts.len(),
            columns: vec![Column {
                node: ARM,
                component: String::new(),
                kind: "arm",
                meter: &OFFERED,
                values: Values::Counts(counts.to_vec()),
            }],
        });
        arm
    }

    fn width(arms: &[ArmResult]) -> Option<u64> {
        width_ns(&arms.iter().map(|arm| ("arm", arm)).collect())
    }

    #[test]
    fn a_bin_holds_enough_requests_and_there_are_not_too_many() {
        // 1,000 bins of 10 ms, each with 100 requests: ten are merged.
        assert_eq!(width(&[arm(10, &[100; 1_000])]), Some(100));
        // With one request in each, twenty are merged.
        assert_eq!(width(&[arm(10, &[1; 1_000])]), Some(200));
        // There are eight bins, however few requests.
        assert_eq!(width(&[arm(10, &[1; 16])]), Some(20));
        assert_eq!(width(&[]), None);
    }

    #[test]
    fn bursts_are_no_spikes_between_empty_bins() {
        let bursts: Vec<u64> = (0..1_000).map(|bin| if bin % 50 == 0 { 350 } else { 0 }).collect();
        let width = width(&[arm(10, &bursts)]).expect("a width");
        // 20 bursts, the last at 9,500: from 480 on each has a bin of its own.
        assert_eq!(width, 480);
    }

    #[test]
    fn a_pause_that_no_bin_spans_leaves_the_bins_narrow() {
        let mut pause = vec![100; 1_000];
        pause[100..900].fill(0);
        assert_eq!(width(&[arm(10, &pause)]), Some(100));
    }

    #[test]
    fn all_arms_have_bins_of_one_width() {
        let (short, long) = (arm(10, &[100; 200]), arm(10, &[100; 2_000]));
        let arms: Arms<'_> = vec![("short", &short), ("long", &long)];
        let grains = grains(&arms);
        let widths = |grain: &Option<Grains<'_>>| {
            let grain = grain.as_ref().expect("a series");
            (grain.fine.bin_ns, grain.coarse.bin_ns)
        };
        assert_eq!(widths(&grains[0]), (50, 200));
        assert_eq!(widths(&grains[0]), widths(&grains[1]));
    }
}
