//! Counters of trace viewers: the levels and readings of a series.

use crate::report::result::RunResult;
use crate::report::rows::Scalar;
use crate::report::series::{Track, Unit};

/// The values of one counter.
#[derive(Debug)]
pub(super) struct Counter<'a> {
    /// Number of its arm, from 1.
    pub(super) process: u32,
    /// Component and name.
    pub(super) track: Track<'a>,
    /// Instants in nanoseconds, and values from there on; bins without a value are left out.
    pub(super) values: Vec<(u64, Scalar)>,
}

/// Counters of all arms with a series.
pub(super) fn counters(result: &RunResult) -> impl Iterator<Item = Counter<'_>> {
    (1..).zip(result.arms.values()).flat_map(|(process, arm)| {
        let series = arm.series.iter();
        series.flat_map(move |series| {
            let tracks = series.tracks().into_iter();
            let counts = |track: &Track<'_>| matches!(track.unit, Unit::Level | Unit::Reading);
            tracks.filter(counts).map(move |track| {
                // A level applies from the start of its bin, a reading at its end.
                let level = track.unit == Unit::Level;
                let at = |(from, until)| if level { from } else { until };
                let values = series.spans().map(at).zip(track.values.iter().copied());
                let values = values.filter(|(_, value)| *value != Scalar::None).collect();
                Counter { process, track, values }
            })
        })
    })
}
