//! An adaptive limit: how many calls may be inside follows from how the calls before went.
//!
//! ```text
//!                             each outcome is a sample, or is ignored
//!           ┌──────────────────────────────────────────────────────────┐
//!           v                                                          │
//!        limit  ── fewer are inside ──> admitted ── outcome, or the caller leaves
//!           │
//!           └── as many are inside ──> waits, if there is a line ── else rejected
//! ```
//!
//! A sample has the instant of the admission, the time from there to the outcome, how many were
//! inside at the admission, and whether the outcome counts as a drop. The [`algorithm`] makes of it
//! the next limit. Permits, line and books are those of a bulkhead ([`Permits`], with the drawing
//! of its states).
//!
//! With [`partitions`] a call of a class whose part of the limit is not used up is admitted even if
//! the limit is reached.
//!
//! A call whose caller gives up on it counts as a timeout; one that nobody needs any more gives no
//! sample. So a limit inside a timeout and one around it learn the same.

pub mod algorithm;
mod alternatives;
pub mod envoy;
pub mod lints;
pub mod partitions;
mod rules;
pub mod settings;
pub mod spec;
pub mod windowed;
mod words;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use self::algorithm::{Algorithm, Sample};
use self::partitions::Partitions;
use super::bulkhead::supply::Supply;
use super::bulkhead::{self, Permits};
use super::retry::RetryOn;
use crate::kernel::calendar::Calendar;
use crate::kernel::simulation::Delay;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::declare::Quantity;
use crate::metrics::gauge::Gauge;
use crate::metrics::meter::Measurements;
use crate::metrics::probe::{EventDefinition, EventKind, Number, Probe, Role};
use crate::model::call::CallId;
use crate::model::context::{At, Context, Outcome};

crate::metrics! {
    /// Most calls that may be inside, of all clients together
    LIMIT: Level = "limit", "limit";
    /// Calls whose outcome was a sample
    SAMPLES: Count = "samples", "samples";
    /// Samples that counted as drops
    DROPS: Count = "drops", "drops";
}

impl EventKind {
    /// The outcome of this call changed the limit of its client; the number is the new limit.
    pub const LIMIT_CHANGED: Self = Self::new(&EventDefinition {
        name: "limit_changed",
        verb: "changes_limit",
        number: Number::Count,
        words: "changes the limit to {}",
        role: Role::Mark,
    });
}

/// The events of an adaptive limit.
pub const EVENTS: &[EventKind] = &[EventKind::LIMIT_CHANGED];

/// State and books of an adaptive limit.
pub type AdaptiveLimit = Permits<Adaptive>;

/// The permits of an adaptive limit.
#[derive(Clone, Debug)]
pub struct Adaptive {
    /// Limits by client, or one for all.
    limits: Vec<Algorithm>,
    partitions: Option<Partitions>,
    /// Outcomes that count as drops, and outcomes that are no samples.
    dropped: RetryOn,
    ignored: RetryOn,
    /// Instants at which limits change by themselves, and the clients; some may be outdated.
    due: BinaryHeap<Reverse<(Instant, u32)>>,
    limit: Gauge,
    samples: u64,
    drops: u64,
}

impl Adaptive {
    /// Limits, one for each client or one for all, that learn from these outcomes.
    #[must_use]
    fn new(
        (limits, partitions): (Vec<Algorithm>, Option<Partitions>),
        (dropped, ignored): (RetryOn, RetryOn),
        measured_from: Instant,
    ) -> Self {
        let mut limit = Gauge::new(measured_from);
        let all: u64 = limits.iter().map(|of| u64::from(of.limit())).sum();
        limit.set(Instant::ZERO, all);
        let mut due = BinaryHeap::new();
        for (client, of) in limits.iter().enumerate() {
            schedule(&mut due, of.due(), client as u32);
        }
        Self { limits, partitions, dropped, ignored, due, limit, samples: 0, drops: 0 }
    }

    /// Makes all changes that are due at `now`, each at its own instant.
    fn make_due(&mut self, now: Instant) {
        while let Some(&Reverse((at, client))) = self.due.peek()
            && at <= now
        {
            self.due.pop();
            let of = &mut self.limits[client as usize];
            if of.due() == at {
                let before = of.limit();
                of.fire();
                let after = of.limit();
                schedule(&mut self.due, of.due(), client);
                self.change(at, before, after);
            }
        }
    }

    /// Books the change of one client's limit.
    fn change(&mut self, at: Instant, before: u32, after: u32) {
        if after != before {
            let all = self.limit.level() - u64::from(before) + u64::from(after);
            self.limit.set(at, all);
        }
    }
}

fn schedule(due: &mut BinaryHeap<Reverse<(Instant, u32)>>, at: Instant, client: u32) {
    if at < Instant::NEVER {
        due.push(Reverse((at, client)));
    }
}

impl Supply for Adaptive {
    const KIND: &'static str = "adaptive_limit";
    const WORDS: u32 = 2;
    const CHANGES: bool = true;
    const EVENTS: &'static [EventKind] = EVENTS;
    const METRICS: &'static [&'static Quantity] = &ALL_METRICS;

    #[inline]
    fn permits(&self, instance: u32) -> u64 {
        self.limits[instance as usize].limit().into()
    }

    fn fixed(&self, _: u64) -> Option<u64> {
        None
    }

    /// A call goes beyond the limit within the part of its partition.
    #[inline]
    fn grow<C: Calendar, P: Probe>(&mut self, cx: &Context<C, P>, at: &At<'_>) -> bool {
        let limit = self.limits[at.instance as usize].limit();
        let class = cx.calls[at.call].class;
        let partitions = self.partitions.as_ref();
        partitions.is_some_and(|of| of.has_room((at.instance, class), limit))
    }

    #[inline]
    fn rest<C: Calendar, P: Probe>(&mut self, cx: &Context<C, P>, at: &At<'_>) {
        if let Some(partitions) = &mut self.partitions {
            partitions.leave(at.instance, cx.calls[at.call].class);
        }
    }

    fn delay<C: Calendar, P: Probe>(&mut self, cx: &Context<C, P>, at: &At<'_>) -> Option<Delay> {
        self.partitions.as_mut()?.delay(at.instance, cx.calls[at.call].class)
    }

    fn end_delay(&mut self, instance: u32) {
        if let Some(partitions) = &mut self.partitions {
            partitions.end_delay(instance);
        }
    }

    #[inline]
    fn catch_up<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, _: &At<'_>) {
        self.make_due(cx.now());
    }

    #[inline]
    fn admit<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        call: CallId,
        taken: u64,
    ) {
        *cx.calls.words(call, at.seat.word) = [cx.clock.now().as_ns(), taken];
        if let Some(partitions) = &mut self.partitions {
            partitions.enter(at.instance, cx.calls[call].class);
        }
    }

    #[inline]
    fn learn<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        outcome: Option<Outcome>,
    ) {
        let Some(outcome) = outcome.filter(|outcome| !self.ignored.covers(*outcome)) else {
            return;
        };
        let now = cx.now();
        let &mut [start, inflight] = cx.calls.words(at.call, at.seat.word);
        let start = Instant::from_ns(start);
        let dropped = self.dropped.covers(outcome);
        // An answer in the same instant took no time that a limit could divide by.
        let rtt = (now - start).max(Duration::from_ns(1));
        let inflight = u32::try_from(inflight).unwrap_or(u32::MAX);
        let of = &mut self.limits[at.instance as usize];
        let (limit, due) = (of.limit(), of.due());
        of.record(Sample { start, rtt, inflight, dropped }, now);
        let (next, next_due) = (of.limit(), of.due());
        if next_due != due {
            schedule(&mut self.due, next_due, at.instance);
        }
        if cx.calls[at.call].measured {
            self.samples += 1;
            self.drops += u64::from(dropped);
        }
        if next != limit {
            self.change(now, limit, next);
            cx.note(at, EventKind::LIMIT_CHANGED, next.into());
        }
    }

    fn fork(&mut self, branch: u64) {
        for limit in &mut self.limits {
            limit.fork(branch);
        }
    }

    fn memory(&self) -> u64 {
        // Only Envoy's are on the heap: of other algorithms no client is looked at.
        let envoy = self.limits.iter().take_while(|limit| matches!(limit, Algorithm::Envoy(_)));
        let due = self.due.len() * size_of::<Reverse<(Instant, u32)>>();
        envoy.map(Algorithm::memory).sum::<u64>() + due as u64
    }

    fn measure(&mut self, at: Instant, into: &mut impl Measurements) {
        self.make_due(at);
        into.level(&LIMIT, &mut self.limit, None);
        into.count(&SAMPLES, self.samples);
        into.count(&DROPS, self.drops);
    }
}

/// The metrics of a bulkhead, and its own.
const ALL_METRICS: [&Quantity; bulkhead::METRICS.len() + METRICS.len()] = {
    let mut all = [METRICS[0]; bulkhead::METRICS.len() + METRICS.len()];
    let mut index = 0;
    while index < all.len() {
        all[index] = match index.checked_sub(bulkhead::METRICS.len()) {
            None => bulkhead::METRICS[index],
            Some(own) => METRICS[own],
        };
        index += 1;
    }
    all
};
