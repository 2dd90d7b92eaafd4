//! How many permits there are: a fixed number, or one that changes.

use crate::kernel::calendar::Calendar;
use crate::kernel::time::Instant;
use crate::metrics::declare::Quantity;
use crate::metrics::meter::Measurements;
use crate::metrics::probe::{EventKind, Probe};
use crate::model::call::CallId;
use crate::model::context::{At, Context, Outcome};

/// What decides how many permits there are.
pub trait Supply {
    /// Name of the kind in results.
    const KIND: &'static str;
    /// Number of words of a call's memory that it uses while the call has a permit.
    const WORDS: u32;
    /// True if the number of permits changes.
    const CHANGES: bool;
    /// Its own events.
    const EVENTS: &'static [EventKind];
    /// The metrics of the machine, its own last.
    const METRICS: &'static [&'static Quantity];

    /// Permits of a client.
    fn permits(&self, instance: u32) -> u64;

    /// Permits of all clients together, if their number is fixed.
    fn fixed(&self, clients: u64) -> Option<u64>;

    /// Makes up for changes that were due before the present instant.
    fn catch_up<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>);

    /// Notes that a call gets a permit, one of `taken`.
    fn admit<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        call: CallId,
        taken: u64,
    );

    /// Learns from the outcome of a call with a permit; `None` if nobody needs it any more.
    fn learn<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        outcome: Option<Outcome>,
    );

    /// Draws at other sites from now on, in a branch of a split run.
    fn fork(&mut self, branch: u64);

    /// Bytes on the heap.
    fn memory(&self) -> u64;

    /// Measures its own metrics.
    fn measure(&mut self, at: Instant, into: &mut impl Measurements);
}

/// A fixed number of permits for each client, of one seat or `SHARED` by several.
#[derive(Clone, Copy, Debug)]
pub struct Fixed<const SHARED: bool>(pub(super) u64);

impl<const SHARED: bool> Supply for Fixed<SHARED> {
    const KIND: &'static str = if SHARED { "pool" } else { "bulkhead" };
    const WORDS: u32 = 0;
    const CHANGES: bool = false;
    const EVENTS: &'static [EventKind] = &[];
    const METRICS: &'static [&'static Quantity] = super::METRICS;

    #[inline]
    fn permits(&self, _: u32) -> u64 {
        self.0
    }

    fn fixed(&self, clients: u64) -> Option<u64> {
        Some(self.0 * clients)
    }

    #[inline]
    fn catch_up<C: Calendar, P: Probe>(&mut self, _: &mut Context<C, P>, _: &At<'_>) {}

    #[inline]
    fn admit<C: Calendar, P: Probe>(
        &mut self,
        _: &mut Context<C, P>,
        _: &At<'_>,
        _: CallId,
        _: u64,
    ) {
    }

    #[inline]
    fn learn<C: Calendar, P: Probe>(
        &mut self,
        _: &mut Context<C, P>,
        _: &At<'_>,
        _: Option<Outcome>,
    ) {
    }

    fn fork(&mut self, _: u64) {}

    fn memory(&self) -> u64 {
        0
    }

    fn measure(&mut self, _: Instant, _: &mut impl Measurements) {}
}
