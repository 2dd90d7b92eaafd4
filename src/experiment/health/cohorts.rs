//! Outcomes of requests by time of arrival, which show health without the lag of latency.
//!
//! Goodput at an instant mixes requests that arrived at different times. Whether a system was well
//! at an instant is a question about the requests that arrived then.

use std::ops::Range;
use std::sync::Arc;

/// Most bins of a run, shared equally by its segments.
const MOST_BINS: usize = 4_096;
/// Fewest bins of a segment.
const LEAST_BINS: usize = 64;

/// The requests that arrived in a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cohort {
    /// Requests that succeeded in time.
    pub(super) good: u64,
    /// Requests that ended otherwise, or can no longer succeed in time.
    pub(super) bad: u64,
    /// Requests under way at the end of the run that might still have succeeded in time.
    pub(super) undecided: u64,
    /// Requests under way at the end of the run for which no time limit is stated.
    pub(super) open: u64,
    /// Largest latency of a good request.
    pub(super) slowest_ns: u64,
    /// Good ends of requests of closed-loop callers in this period, whenever they arrived.
    pub(super) completed: u64,
}

impl Cohort {
    pub(super) fn add(&mut self, other: &Self) {
        self.good += other.good;
        self.bad += other.bad;
        self.undecided += other.undecided;
        self.open += other.open;
        self.slowest_ns = self.slowest_ns.max(other.slowest_ns);
        self.completed += other.completed;
    }

    pub(super) const fn arrived(&self) -> u64 {
        self.good + self.bad + self.undecided + self.open
    }

    /// Requests whose outcome is known.
    pub(super) const fn decided(&self) -> u64 {
        self.good + self.bad
    }
}

/// Cohorts of a run cut into segments. No bin spans a cut, so the numbers of a segment are exact,
/// and they do not depend on the sampling of time series.
#[derive(Clone, Debug)]
pub(super) struct Cohorts {
    /// Instants at which segments begin; the first is 0.
    cuts: Arc<[u64]>,
    segments: Vec<Bins>,
    /// The segment used last, because requests end about in the order of arrival.
    latest: (usize, Range<u64>),
}

impl Cohorts {
    /// `cuts` are sorted, without repetition, and begin with 0.
    pub(super) fn new(cuts: Arc<[u64]>) -> Self {
        let most = (MOST_BINS / cuts.len()).max(LEAST_BINS);
        let segments = cuts.iter().map(|&start_ns| Bins::new(start_ns, most)).collect();
        let first = 0..cuts.get(1).copied().unwrap_or(u64::MAX);
        Self { cuts, segments, latest: (0, first) }
    }

    /// The bin of an instant.
    pub(super) fn at(&mut self, at_ns: u64) -> &mut Cohort {
        if !self.latest.1.contains(&at_ns) {
            let segment = self.cuts.partition_point(|cut| *cut <= at_ns) - 1;
            let until_ns = self.cuts.get(segment + 1).copied().unwrap_or(u64::MAX);
            self.latest = (segment, self.cuts[segment]..until_ns);
        }
        self.segments[self.latest.0].at(at_ns)
    }

    /// The segments in order, up to the end of the run.
    pub(super) fn segments(&self, end_ns: u64) -> impl Iterator<Item = Segment> {
        let ends = self.cuts.iter().skip(1).copied().chain([end_ns]);
        self.segments.iter().zip(ends).map(move |(bins, until_ns)| Segment {
            from_ns: bins.start_ns,
            until_ns: until_ns.min(end_ns),
            bins: bins.filled(until_ns.min(end_ns)),
        })
    }
}

/// A part of a run in which no trigger begins or ends.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub(super) from_ns: u64,
    pub(super) until_ns: u64,
    /// Bins that are not empty: from, until, and cohort.
    pub(super) bins: Vec<(u64, u64, Cohort)>,
}

/// Bins of one segment, whose width doubles when there are too many of them.
#[derive(Clone, Debug)]
struct Bins {
    start_ns: u64,
    width_ns: u64,
    most: usize,
    cohorts: Vec<Cohort>,
}

impl Bins {
    const fn new(start_ns: u64, most: usize) -> Self {
        Self { start_ns, width_ns: 1_000, most, cohorts: Vec::new() }
    }

    fn at(&mut self, at_ns: u64) -> &mut Cohort {
        let since_ns = at_ns - self.start_ns;
        while since_ns / self.width_ns >= self.most as u64 {
            self.double();
        }
        let bin = (since_ns / self.width_ns) as usize;
        if bin >= self.cohorts.len() {
            self.cohorts.resize(bin + 1, Cohort::default());
        }
        &mut self.cohorts[bin]
    }

    fn double(&mut self) {
        let sum = |pair: &[Cohort]| {
            let mut sum = pair[0];
            pair[1..].iter().for_each(|other| sum.add(other));
            sum
        };
        self.cohorts = self.cohorts.chunks(2).map(sum).collect();
        self.width_ns *= 2;
    }

    fn filled(&self, end_ns: u64) -> Vec<(u64, u64, Cohort)> {
        let span = |(bin, cohort): (u64, &Cohort)| {
            let from_ns = self.start_ns.saturating_add(bin.saturating_mul(self.width_ns));
            (from_ns, from_ns.saturating_add(self.width_ns).min(end_ns), *cohort)
        };
        let filled = (0..).zip(&self.cohorts).filter(|(_, of)| **of != Cohort::default());
        filled.map(span).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_double_and_respect_cuts() {
        let cuts: Arc<[u64]> = Arc::from([0, 40_000_500]);
        let mut cohorts = Cohorts::new(cuts);
        // One request a microsecond for 100 ms, backwards; those of odd milliseconds fail.
        for at in (0..100_000_u64).rev().map(|at| at * 1_000) {
            let cohort = cohorts.at(at);
            match at / 1_000_000 % 2 {
                0 => cohort.good += 1,
                _ => cohort.bad += 1,
            }
        }
        let segments: Vec<_> = cohorts.segments(100_000_000).map(|of| of.bins).collect();
        let total = |segment: usize| {
            let mut sum = Cohort::default();
            segments[segment].iter().for_each(|(_, _, cohort)| sum.add(cohort));
            (sum.good, sum.bad)
        };
        // 40 whole milliseconds and the one request at 40 ms; the rest.
        assert_eq!((total(0), total(1)), ((20_001, 20_000), (29_999, 30_000)));
        assert!(segments.iter().all(|bins| bins.len() <= MOST_BINS / 2));
        assert_eq!(segments[0].last().map(|bin| bin.1), Some(40_000_500));
        assert_eq!(segments[1].first().map(|bin| bin.0), Some(40_000_500));
    }
}
