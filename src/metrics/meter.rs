//! The interface between components, which measure, and collectors of measurements.
//!
//! A component is sampled only at the ends of bins and at the end of a run. It reports counts and
//! integrals that grow, and the difference between two samples belongs to the bin between them. So
//! series cost nothing while events are dispatched, and cannot change a run. Each file of the model
//! declares its own quantities; nothing here knows any.

use super::declare::{
    Count, Latency, Level, Mean, Momentary, Most, Number, Peak, Ratio, Reading, State, Time, Total,
};
use super::gauge::Gauge;
use super::recorder::Recorder;
use super::report::Period;
use crate::kernel::time::Duration;

/// A quantity as it is shown over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meter {
    /// The name in data, in snake case; ends in `_ns` if the quantity is a time.
    pub name: &'static str,
    /// The title of a figure of the quantity, without the component's name.
    pub words: &'static str,
    /// True if the quantity is a time, in nanoseconds.
    pub time: bool,
    /// What it says about congestion, if it says something.
    pub aspect: Option<Aspect>,
}

/// What a quantity says about congestion, for analyses that go by no name of a kind or a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aspect {
    /// The level of what waits.
    Waiting,
    /// The level of what is worked on.
    InService,
    /// The time that servers have spent, in parts that add up to that of an arm.
    ServiceTime,
}

impl Meter {
    /// A meter called `name` in data and `words` in figures.
    #[must_use]
    pub const fn new(name: &'static str, words: &'static str) -> Self {
        Self { name, words, time: false, aspect: None }
    }

    /// A meter of a time, whose name ends in `_ns`.
    #[must_use]
    pub const fn of_time(name: &'static str, words: &'static str) -> Self {
        Self { name, words, time: true, aspect: None }
    }

    /// The same, which says this about congestion.
    #[must_use]
    pub const fn about(self, aspect: Aspect) -> Self {
        Self { aspect: Some(aspect), ..self }
    }
}

/// Collects the measurements of components: a [`Sampler`](super::sampler::Sampler) keeps those
/// shown over time, a [`Report`](super::report::Report) the numbers at the end of a run. A number
/// of the end alone is passed as a function of its [`Period`], which costs nothing earlier.
pub trait Measurements {
    /// Number of occurrences since the start.
    fn count(&mut self, count: &'static Count, total: u64);

    /// Number of occurrences, or of what is present, at the end.
    fn total(&mut self, total: &'static Total, of: impl FnOnce(&Period) -> u64);

    /// Nanoseconds booked since the start.
    fn time(&mut self, time: &'static Time, total_ns: u128);

    /// A level and its limit, if it has one: at the limit, a resource is used up.
    fn level(&mut self, level: &'static Level, gauge: &mut Gauge, limit: Option<u64>);

    /// A level whose maximum alone is reported at the end, and its limit, if it has one.
    fn peak(&mut self, peak: &'static Peak, gauge: &mut Gauge, limit: Option<u64>);

    /// The maximum of a quantity, reported at the end alone.
    fn most(&mut self, most: &'static Most, of: impl FnOnce(&Period) -> u64);

    /// The mean of a quantity, reported at the end alone; `None` where it has no value.
    fn mean(&mut self, mean: &'static Mean, of: impl FnOnce(&Period) -> Option<f64>);

    /// Time in a state since the start.
    fn state(&mut self, state: &'static State, total: Duration);

    /// A time at this instant, and its largest value so far.
    fn reading(&mut self, reading: &'static Reading, now: Duration, max: Duration);

    /// A time at this instant; `None` where it has no value.
    fn momentary(&mut self, momentary: &'static Momentary, now: Option<Duration>);

    /// A distribution of times.
    fn latency(&mut self, latency: &'static Latency, recorder: &Recorder);

    /// A part of a whole; `None` where it has no value.
    fn ratio(&mut self, ratio: &'static Ratio, of: impl FnOnce(&Period) -> Option<f64>);

    /// A number without a unit; `None` where it has no value.
    fn number(&mut self, number: &'static Number, of: impl FnOnce(&Period) -> Option<f64>);
}

/// The limit of a level for [`Measurements::level`]: `u64::MAX` means no limit.
#[must_use]
pub const fn limit(limit: u64) -> Option<u64> {
    if limit == u64::MAX { None } else { Some(limit) }
}
