//! How many permits there are: a fixed number, one that grows while the line is full, or one that
//! learns.

use super::growth::Growth;
use crate::kernel::calendar::Calendar;
use crate::kernel::simulation::Delay;
use crate::kernel::time::Instant;
use crate::metrics::declare::Quantity;
use crate::metrics::meter::Measurements;
use crate::metrics::probe::{EventKind, Probe};
use crate::model::call::CallId;
use crate::model::context::{At, Context, Outcome};

/// The line for permits, of each client.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// Places; `u64::MAX`: no limit.
    pub places: u64,
    /// Longest wait; `None`: no limit.
    pub longest: Option<Delay>,
    /// True if the last to come is the first to go.
    pub last_first: bool,
}

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

    /// Adds a permit for a call that finds the line full; false if there is none to add.
    fn grow<C: Calendar, P: Probe>(&mut self, cx: &Context<C, P>, at: &At<'_>) -> bool;

    /// Notes that the permit of a call has come back, for which nobody waits.
    fn rest<C: Calendar, P: Probe>(&mut self, cx: &Context<C, P>, at: &At<'_>);

    /// Begins the time after which a call is refused, if it is not refused at once.
    fn delay<C: Calendar, P: Probe>(&mut self, _: &Context<C, P>, _: &At<'_>) -> Option<Delay> {
        None
    }

    /// Ends that time.
    fn end_delay(&mut self, _: u32) {}

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

/// A fixed number of permits for each client, of one seat or `SHARED` by several, and further ones
/// while the line is full.
#[derive(Clone, Debug)]
pub struct Fixed<const SHARED: bool> {
    pub(super) permits: u64,
    pub(super) growth: Option<Growth>,
}

impl<const SHARED: bool> Supply for Fixed<SHARED> {
    const KIND: &'static str = if SHARED { "pool" } else { "bulkhead" };
    const WORDS: u32 = 0;
    const CHANGES: bool = false;
    const EVENTS: &'static [EventKind] = &[];
    const METRICS: &'static [&'static Quantity] = super::METRICS;

    #[inline]
    fn permits(&self, instance: u32) -> u64 {
        self.permits + self.growth.as_ref().map_or(0, |growth| growth.further(instance))
    }

    fn fixed(&self, clients: u64) -> Option<u64> {
        let most = self.growth.as_ref().map_or(0, Growth::most);
        Some((self.permits + most) * clients)
    }

    #[inline]
    fn grow<C: Calendar, P: Probe>(&mut self, _: &Context<C, P>, at: &At<'_>) -> bool {
        self.growth.as_mut().is_some_and(|growth| growth.grow(at.instance))
    }

    #[inline]
    fn rest<C: Calendar, P: Probe>(&mut self, cx: &Context<C, P>, at: &At<'_>) {
        if let Some(growth) = &mut self.growth {
            growth.rest(at.instance, cx.now());
        }
    }

    #[inline]
    fn catch_up<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) {
        if let Some(growth) = &mut self.growth {
            growth.catch_up(at.instance, cx.now());
        }
    }

    #[inline]
    fn admit<C: Calendar, P: Probe>(
        &mut self,
        _: &mut Context<C, P>,
        at: &At<'_>,
        _: CallId,
        _: u64,
    ) {
        if let Some(growth) = &mut self.growth {
            growth.take(at.instance);
        }
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
        self.growth.as_ref().map_or(0, Growth::memory)
    }

    fn measure(&mut self, _: Instant, _: &mut impl Measurements) {}
}
