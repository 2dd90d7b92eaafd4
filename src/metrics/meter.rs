//! What a component measures, and who takes it.
//!
//! A component is looked at only at the ends of bins and at the end of a run: it shows counts and
//! integrals that grow, and the difference from one look to the next is what happened in between.
//! So series cost nothing while events happen, and cannot change what happens. Each file of the
//! model declares its own quantities; nothing here knows any.

use super::declare::{
    Count, Latency, Level, Mean, Momentary, Most, Number, Peak, Ratio, Reading, State, Time, Total,
};
use super::gauge::Gauge;
use super::recorder::Recorder;
use super::report::Period;
use crate::kernel::time::Duration;

/// A quantity as it is shown over time.
#[derive(Debug, PartialEq, Eq)]
pub struct Meter {
    /// Its name in data, in snake case; ends in `_ns` if it is a time.
    pub name: &'static str,
    /// It in words, as the title of a figure, without the component's name.
    pub words: &'static str,
    /// It is a time, in nanoseconds.
    pub time: bool,
}

impl Meter {
    /// A meter called `name` in data and `words` in figures.
    #[must_use]
    pub const fn new(name: &'static str, words: &'static str) -> Self {
        Self { name, words, time: false }
    }

    /// The same of a time, whose name ends in `_ns`.
    #[must_use]
    pub const fn of_time(name: &'static str, words: &'static str) -> Self {
        Self { name, words, time: true }
    }
}

/// Takes what a component measures: a [`Sampler`](super::sampler::Sampler) what is shown over time,
/// a [`Report`](super::report::Report) the numbers at the end of a run. What only the end has comes
/// as a function of the [`Period`] that it is over, and costs nothing before.
pub trait Measurements {
    /// So many things have happened since the start.
    fn count(&mut self, count: &'static Count, total: u64);

    /// So many things have happened, or are there, at the end.
    fn total(&mut self, total: &'static Total, of: impl FnOnce(&Period) -> u64);

    /// So many nanoseconds were booked since the start.
    fn time(&mut self, time: &'static Time, total_ns: u128);

    /// A level, which may have a limit: at the limit, a resource is used up.
    fn level(&mut self, level: &'static Level, gauge: &mut Gauge, limit: Option<u64>);

    /// The same of a level of which the end has the maximum alone.
    fn peak(&mut self, peak: &'static Peak, gauge: &mut Gauge, limit: Option<u64>);

    /// The most that there was of something.
    fn most(&mut self, most: &'static Most, of: impl FnOnce(&Period) -> u64);

    /// The mean of a level; `None` where it has no value.
    fn mean(&mut self, mean: &'static Mean, of: impl FnOnce(&Period) -> Option<f64>);

    /// For so long since the start it was so.
    fn state(&mut self, state: &'static State, total: Duration);

    /// A time of this very instant, and the largest that there was.
    fn reading(&mut self, reading: &'static Reading, now: Duration, max: Duration);

    /// A time of this very instant; `None` if there is none.
    fn momentary(&mut self, momentary: &'static Momentary, now: Option<Duration>);

    /// A distribution.
    fn latency(&mut self, latency: &'static Latency, recorder: &Recorder);

    /// A part of a whole; `None` where it has no value.
    fn ratio(&mut self, ratio: &'static Ratio, of: impl FnOnce(&Period) -> Option<f64>);

    /// A number without a unit; `None` where it has no value.
    fn number(&mut self, number: &'static Number, of: impl FnOnce(&Period) -> Option<f64>);
}

/// The limit of a level, as [`Measurements::level`] takes it: `u64::MAX` is none.
#[must_use]
pub const fn limit(most: u64) -> Option<u64> {
    if most == u64::MAX { None } else { Some(most) }
}
