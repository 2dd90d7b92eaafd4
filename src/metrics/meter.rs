//! What a component shows over time.
//!
//! A component is looked at only at the ends of bins: it shows counts and integrals that grow, and
//! the difference from one look to the next is what happened in between. So series cost nothing
//! while events happen, and cannot change what happens. Each file of the model brings its own
//! meters; nothing here knows any.

use super::gauge::Gauge;
use super::histogram::{BIN_BITS, Histogram};

/// A quantity that a component shows over time.
#[derive(Debug, PartialEq, Eq)]
pub struct Meter {
    /// Its name in data, in snake case; ends in `_ns` if it is a time.
    pub name: &'static str,
    /// It in words, as the title of a figure, without the component's name.
    pub words: &'static str,
}

impl Meter {
    /// A meter called `name` in data and `words` in figures.
    #[must_use]
    pub const fn new(name: &'static str, words: &'static str) -> Self {
        Self { name, words }
    }
}

/// Looks at components. What grows must never shrink from one look to the next.
pub trait Eye {
    /// What follows is shown by this node, which is a thing of this kind.
    fn component(&mut self, node: u32, kind: &'static str);

    /// So many things have happened since the start.
    fn count(&mut self, meter: &'static Meter, total: u64);

    /// So many nanoseconds were booked since the start.
    fn time(&mut self, meter: &'static Meter, total_ns: u128);

    /// A level, which may have a limit: at the limit, a resource is used up.
    fn level(&mut self, meter: &'static Meter, gauge: &mut Gauge, limit: Option<u64>);

    /// For so many nanoseconds since the start it was so: a band in figures.
    fn state(&mut self, meter: &'static Meter, total_ns: u64);

    /// Latencies since the last look, which are taken out.
    fn latency(&mut self, meter: &'static Meter, recent: &mut Histogram<BIN_BITS>);

    /// A value of this very instant; `None` if there is none.
    fn reading(&mut self, meter: &'static Meter, value: Option<u64>);
}

/// The limit of a level, as [`Eye::level`] takes it: `u64::MAX` is none.
#[must_use]
pub const fn limit(most: u64) -> Option<u64> {
    if most == u64::MAX { None } else { Some(most) }
}
