//! The books of a service: what can happen there, what it shows over time, what it reports.

use super::replica::Replica;
use super::{Period, Service};
use crate::kernel::time::{Duration, Instant};
use crate::metrics::meter::{Eye, Meter, limit};
use crate::metrics::probe::{Ending, Event, Number, Role, Stretch, What};
use crate::metrics::summary::{Component, Metric};

const ARRIVALS: Meter = Meter::new("arrivals", "attempts that arrive");
const BUSY: Meter = Meter::new("busy", "slots taken");
const BUSY_AGAINST_KNEE: Meter = Meter::new("busy", "slots of the knee");
const WAITING: Meter = Meter::new("waiting", "in line");
const CALLING: Meter = Meter::new("calling", "waiting for calls of their own");
const ANSWERED: Meter = Meter::new("answered", "answered");
const ERRORS: Meter = Meter::new("errors", "errors");
const SHED: Meter = Meter::new("shed", "shed");
const RENEGED: Meter = Meter::new("reneged", "left after the longest wait");
const CANCELLED: Meter = Meter::new("cancelled", "cancelled");
const FOR_NOBODY: Meter = Meter::new("for_nobody", "done for nobody");
const CRASHED: Meter = Meter::new("crashed", "met by a crash");
const EXPIRED: Meter = Meter::new("expired", "refused out of time");

impl What {
    /// An attempt is worked on in a slot; the number is how long it will take.
    pub const STARTED: Self = Self::new(&Event {
        name: "started",
        verb: "starts",
        number: Number::Nanoseconds,
        words: "gets a slot, for {} of work",
        role: Role::Turns(Stretch::work("in a slot")),
    });
    /// It goes on by calling others; the number is how many at once.
    pub const CALLS: Self = Self::new(&Event {
        name: "calls",
        verb: "calls",
        number: Number::Count,
        words: "waits for {} of its own",
        role: Role::Turns(Stretch::call("calling")),
    });
    /// An attempt was answered; the number is the time since it was sent.
    pub const ANSWERED: Self = Self::new(&Event {
        name: "answered",
        verb: "answers",
        number: Number::Nanoseconds,
        words: "is answered, {} after it was sent",
        role: Role::Ends(Ending::Well),
    });
    /// An attempt ended in an error; the number is the time since it was sent.
    pub const ERRORED: Self = Self::new(&Event {
        name: "errored",
        verb: "errors",
        number: Number::Nanoseconds,
        words: "ends in an error, {} after it was sent",
        role: Role::Ends(Ending::Badly),
    });
    /// The service refused it, its line being full; the number is how many wait.
    pub const SHED: Self = Self::new(&Event {
        name: "shed",
        verb: "sheds",
        number: Number::Count,
        words: "is refused by the service: its line is full with {}",
        role: Role::Mark,
    });
    /// The service stopped working on it because its caller had left.
    pub const CANCELLED: Self = Self::new(&Event {
        name: "cancelled",
        verb: "cancels",
        number: Number::None,
        words: "is dropped by the service: its caller has given up",
        role: Role::Ends(Ending::Badly),
    });
    /// The service goes on for a caller that has left.
    pub const ABANDONED: Self = Self::new(&Event {
        name: "abandoned",
        verb: "abandons",
        number: Number::None,
        words: "loses its caller, and the service goes on with it",
        role: Role::Mark,
    });
    /// Work for a caller that had left ended; the number is the time it took in a slot.
    pub const WASTED: Self = Self::new(&Event {
        name: "wasted",
        verb: "wastes",
        number: Number::Nanoseconds,
        words: "is done for nobody, after {} in a slot",
        role: Role::Ends(Ending::Badly),
    });
    /// The service refused it, when it came or got a slot, because it was out of time.
    pub const LAPSED: Self = Self::new(&Event {
        name: "lapsed",
        verb: "lapses",
        number: Number::None,
        words: "is refused by the service: its deadline is over",
        role: Role::Ends(Ending::Badly),
    });
    /// A service crashed under it, or was down when it came.
    pub const CRASHED: Self = Self::new(&Event {
        name: "crashed",
        verb: "crashes",
        number: Number::None,
        words: "meets a crash",
        role: Role::Ends(Ending::Badly),
    });
}

/// What can happen to a request here.
pub const EVENTS: &[What] = &[
    What::STARTED,
    What::CALLS,
    What::ANSWERED,
    What::ERRORED,
    What::SHED,
    What::CANCELLED,
    What::ABANDONED,
    What::WASTED,
    What::LAPSED,
    What::CRASHED,
];

/// Attempts of measured requests: `arrivals` is the sum of all others and those still there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) arrivals: u64,
    pub(super) answered: u64,
    pub(super) errors: u64,
    pub(super) shed: u64,
    pub(super) reneged: u64,
    pub(super) cancelled: u64,
    pub(super) crashed: u64,
    pub(super) for_nobody: u64,
    pub(super) expired: u64,
}

impl Service {
    fn calls_others(&self) -> bool {
        self.programs.iter().any(|program| !program.is_empty())
    }

    /// How many slots do any good: all of them, or as many as fill it up to the knee.
    fn useful_slots(&self) -> (&'static Meter, Option<u64>) {
        let knee = self.config.overload.map(|overload| overload.knee.ceil().max(1.0) as u64);
        match knee {
            Some(knee) if knee < self.config.slots => (&BUSY_AGAINST_KNEE, Some(self.of_all(knee))),
            _ => (&BUSY, limit(self.of_all(self.config.slots))),
        }
    }

    /// A limit of each replica, as one of all of them.
    fn of_all(&self, of_each: u64) -> u64 {
        of_each.saturating_mul(self.config.replicas.into())
    }

    /// How unequal replicas are: the largest part of the arrivals, the most slots taken in the
    /// mean, that over all slots of a replica.
    fn imbalance(&self, end: Instant, window: Duration) -> Vec<(&'static str, Metric)> {
        let arrivals: u64 = self.replicas.iter().map(|replica| replica.arrivals).sum();
        let largest = self.replicas.iter().map(|replica| replica.arrivals).max();
        let share = largest.filter(|_| arrivals > 0).map(|most| most as f64 / arrivals as f64);
        let busy = |replica: &Replica| replica.busy_over_time().mean(end, window);
        let busiest = self.replicas.iter().filter_map(busy).max_by(f64::total_cmp);
        let mut metrics = vec![
            ("replicas", Metric::Count(self.config.replicas.into())),
            ("largest_share", Metric::Number(share)),
            ("largest_busy_mean", Metric::Number(busiest)),
        ];
        if self.config.slots != u64::MAX {
            let utilisation = busiest.map(|busy| busy / self.config.slots as f64);
            metrics.push(("largest_utilisation", Metric::Number(utilisation)));
        }
        metrics
    }

    pub(super) fn show(&mut self, eye: &mut impl Eye) {
        let counts = self.counts;
        eye.count(&ARRIVALS, counts.arrivals);
        let (busy, useful) = self.useful_slots();
        eye.level(busy, &mut self.busy, useful);
        if self.config.slots != u64::MAX {
            let places = limit(self.of_all(self.config.queue));
            eye.level(&WAITING, &mut self.waiting, places);
        }
        if self.calls_others() {
            eye.level(&CALLING, &mut self.calling, None);
        }
        eye.count(&ANSWERED, counts.answered);
        eye.count(&ERRORS, counts.errors);
        eye.count(&SHED, counts.shed);
        if self.config.max_wait.is_some() {
            eye.count(&RENEGED, counts.reneged);
        }
        eye.count(&CANCELLED, counts.cancelled);
        eye.count(&FOR_NOBODY, counts.for_nobody);
        eye.count(&CRASHED, counts.crashed);
        if self.config.refuses_expired {
            eye.count(&EXPIRED, counts.expired);
        }
    }

    /// Its numbers at the end of a run.
    pub(super) fn numbers(&self, &Period { end, window, there }: &Period) -> Component {
        let counts = self.counts;
        let (busy, waiting) = (self.busy.mean(end, window), self.waiting.mean(end, window));
        let mut metrics = vec![
            ("arrivals", Metric::Count(counts.arrivals)),
            ("answered", Metric::Count(counts.answered)),
            ("errors", Metric::Count(counts.errors)),
            ("shed", Metric::Count(counts.shed)),
        ];
        if self.config.max_wait.is_some() {
            metrics.push(("reneged", Metric::Count(counts.reneged)));
        }
        metrics.extend([
            ("cancelled", Metric::Count(counts.cancelled)),
            ("for_nobody", Metric::Count(counts.for_nobody)),
            ("crashed", Metric::Count(counts.crashed)),
            ("in_flight", Metric::Count(there)),
            ("in_flight_max", Metric::Count(self.in_flight_max)),
            ("busy_mean", Metric::Number(busy)),
            ("busy_max", Metric::Count(self.busy.max())),
        ]);
        if self.config.slots != u64::MAX {
            let slots = self.of_all(self.config.slots);
            let utilisation = busy.map(|busy| busy / slots as f64);
            metrics.extend([
                ("utilisation", Metric::Number(utilisation)),
                ("wait", Metric::Latency(self.wait.summary())),
                ("waited_ratio", Metric::Number(self.wait.ratio_above(Duration::ZERO))),
                ("waiting_mean", Metric::Number(waiting)),
                ("waiting_max", Metric::Count(self.waiting.max())),
            ]);
        }
        if self.config.refuses_expired {
            metrics.push(("expired", Metric::Count(counts.expired)));
        }
        if self.calls_others() {
            metrics.extend([
                ("calling_mean", Metric::Number(self.calling.mean(end, window))),
                ("calling_max", Metric::Count(self.calling.max())),
            ]);
        }
        if self.replicas.len() > 1 {
            metrics.extend(self.imbalance(end, window));
        }
        Component { kind: "service", metrics }
    }
}
