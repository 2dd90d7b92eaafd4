//! The books of a service: its metrics and events.

use super::Service;
use super::replica::Replica;
use crate::kernel::time::Duration;
use crate::metrics::declare::Level;
use crate::metrics::meter::{Measurements, limit};
use crate::metrics::probe::{Ending, EventDefinition, EventKind, Number, Role, Stretch};
use crate::metrics::report::Period;

crate::metrics! {
    /// Attempts that arrived. The sum of those below, up to `in_flight`, and of `expired`
    ARRIVALS: Count = "arrivals", "attempts that arrive";
    /// Attempts that succeeded for a caller that waited
    ANSWERED: Count = "answered", "answered";
    /// Attempts that ended in an error for a caller that waited
    ERRORS: Count = "errors", "errors";
    /// Attempts refused on arrival, or when a handler joined the line again: no slot free and the
    /// line full
    SHED: Count = "shed", "shed";
    /// Attempts that left the line after the longest wait; only with a `max_wait`. Those whose
    /// caller waited were shed
    RENEGED: Count = "reneged", "left after the longest wait";
    /// Attempts stopped in a slot or dropped from the line because the caller had left
    CANCELLED: Count = "cancelled", "cancelled";
    /// Attempts worked on to the end, in success or error, although the caller had left
    FOR_NOBODY: Count = "for_nobody", "done for nobody";
    /// Attempts failed by a crash: in line, in a slot, or arriving during it
    CRASHED: Count = "crashed", "met by a crash";
    /// Attempts in line or in a slot at the end of the run
    IN_FLIGHT: Total = "in_flight";
    /// Most attempts in line and in slots at once
    MOST_IN_FLIGHT: Most = "in_flight";
    /// Attempts in slots. Limit: `slots`, or the knee of `overload` if that is lower
    BUSY: Level = "busy", "slots taken" => InService;
    /// `busy_mean` over `slots`; only with a limit of slots
    UTILISATION: Ratio = "utilisation";
    /// from arrival to a slot, of attempts that got one, with or without a wait; only with a limit
    /// of slots
    WAIT: Latency = "wait";
    /// Ratio of `wait` that is longer than 0: the probability of waiting of an attempt that is
    /// served; only with a limit of slots
    WAITED: Ratio = "waited_ratio";
    /// Attempts in line. Only with a limit of slots. Limit: length of the line
    WAITING: Level = "waiting", "in line" => Waiting;
    /// Of the arrivals, those that got a slot and never answer; only with a `hang_ratio`. They are
    /// counted as well by what ended them, or in `in_flight`
    HUNG: Count = "hung", "never answer";
    /// Attempts refused because their deadline had passed or was too near; only with
    /// `refuses_expired`
    EXPIRED: Count = "expired", "refused out of time";
    /// Attempts that wait for calls of their own. Only of a service with a handler
    CALLING: Level = "calling", "waiting for calls of their own";
    /// Number of replicas. This and the rest only for a service with several; the numbers above are
    /// of all of them together, `utilisation` over the slots of all
    REPLICAS: Total = "replicas";
    /// Of the replica with the most arrivals: these over `arrivals`. 1 / `replicas` is even
    LARGEST_SHARE: Ratio = "largest_share";
    /// Of the replica with the most: attempts in slots, mean over time
    LARGEST_BUSY: Mean = "largest_busy";
    /// `largest_busy_mean` over `slots`. Only with a limit of slots
    LARGEST_UTILISATION: Ratio = "largest_utilisation";
}

/// Slots taken, where those up to the knee are fewer.
const BUSY_UP_TO_KNEE: Level = BUSY.in_words("slots of the knee");

impl EventKind {
    /// An attempt is worked on in a slot; the number is how long it will take.
    pub const STARTED: Self = Self::new(&EventDefinition {
        name: "started",
        verb: "starts",
        number: Number::Nanoseconds,
        words: "gets a slot, for {} of work",
        role: Role::Turns(Stretch::work("in a slot")),
    });
    /// An attempt gets a slot and will never be answered.
    pub const HUNG: Self = Self::new(&EventDefinition {
        name: "hung",
        verb: "hangs",
        number: Number::None,
        words: "gets a slot and will never be answered",
        role: Role::Turns(Stretch::work("in a slot")),
    });
    /// The attempt calls other services; the number is that of calls made at once.
    pub const CALLS: Self = Self::new(&EventDefinition {
        name: "calls",
        verb: "calls",
        number: Number::Count,
        words: "waits for {} of its own",
        role: Role::Turns(Stretch::call("calling")),
    });
    /// An attempt was answered; the number is the time since it was sent.
    pub const ANSWERED: Self = Self::new(&EventDefinition {
        name: "answered",
        verb: "answers",
        number: Number::Nanoseconds,
        words: "is answered, {} after it was sent",
        role: Role::Ends(Ending::Well),
    });
    /// An attempt ended in an error; the number is the time since it was sent.
    pub const ERRORED: Self = Self::new(&EventDefinition {
        name: "errored",
        verb: "errors",
        number: Number::Nanoseconds,
        words: "ends in an error, {} after it was sent",
        role: Role::Ends(Ending::Badly),
    });
    /// The service refused the attempt, because its line is full; the number is that of waiting
    /// ones.
    pub const SHED: Self = Self::new(&EventDefinition {
        name: "shed",
        verb: "sheds",
        number: Number::Count,
        words: "is refused by the service: its line is full with {}",
        role: Role::Mark,
    });
    /// The service stopped the attempt, because its caller had left.
    pub const CANCELLED: Self = Self::new(&EventDefinition {
        name: "cancelled",
        verb: "cancels",
        number: Number::None,
        words: "is dropped by the service: its caller has given up",
        role: Role::Ends(Ending::Badly),
    });
    /// The service goes on with an attempt whose caller has left.
    pub const ABANDONED: Self = Self::new(&EventDefinition {
        name: "abandoned",
        verb: "abandons",
        number: Number::None,
        words: "loses its caller, and the service goes on with it",
        role: Role::Mark,
    });
    /// Work for a caller that had left ended; the number is its time in a slot.
    pub const WASTED: Self = Self::new(&EventDefinition {
        name: "wasted",
        verb: "wastes",
        number: Number::Nanoseconds,
        words: "is done for nobody, after {} in a slot",
        role: Role::Ends(Ending::Badly),
    });
    /// The service refused the attempt, on arrival or at its slot, because its deadline had passed.
    pub const LAPSED: Self = Self::new(&EventDefinition {
        name: "lapsed",
        verb: "lapses",
        number: Number::None,
        words: "is refused by the service: its deadline is over or too near",
        role: Role::Ends(Ending::Badly),
    });
    /// The service crashed during the attempt, or was down when it arrived.
    pub const CRASHED: Self = Self::new(&EventDefinition {
        name: "crashed",
        verb: "crashes",
        number: Number::None,
        words: "meets a crash",
        role: Role::Ends(Ending::Badly),
    });
}

/// The events of a service.
pub const EVENTS: &[EventKind] = &[
    EventKind::STARTED,
    EventKind::HUNG,
    EventKind::CALLS,
    EventKind::ANSWERED,
    EventKind::ERRORED,
    EventKind::SHED,
    EventKind::CANCELLED,
    EventKind::ABANDONED,
    EventKind::WASTED,
    EventKind::LAPSED,
    EventKind::CRASHED,
];

/// Attempts of measured requests: `arrivals` is the sum of the others and of those in flight.
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
    /// Attempts that got a slot and never answer.
    pub(super) hung: u64,
}

impl Service {
    fn calls_others(&self) -> bool {
        self.programs.iter().any(|program| !program.is_empty())
    }

    /// The level of slots taken, and its limit: the slots, or those that fill the service up to the
    /// knee.
    fn useful_slots(&self) -> (&'static Level, Option<u64>) {
        let knee = self.config.overload.map(|overload| overload.knee.ceil().max(1.0) as u64);
        match knee {
            Some(knee) if knee < self.config.slots => (&BUSY_UP_TO_KNEE, Some(self.of_all(knee))),
            _ => (&BUSY, limit(self.of_all(self.config.slots))),
        }
    }

    /// The sum over replicas of a limit of each.
    fn of_all(&self, of_each: u64) -> u64 {
        of_each.saturating_mul(self.config.replicas.into())
    }

    /// The largest share of arrivals of a replica.
    fn largest_share(&self) -> Option<f64> {
        let arrivals: u64 = self.replicas.iter().map(|replica| replica.arrivals).sum();
        let largest = self.replicas.iter().map(|replica| replica.arrivals).max();
        largest.filter(|_| arrivals > 0).map(|most| most as f64 / arrivals as f64)
    }

    /// The largest mean number of slots taken of a replica.
    fn largest_busy(&self, period: &Period) -> Option<f64> {
        let busy = |replica: &Replica| period.mean(&replica.busy_over_time());
        self.replicas.iter().filter_map(busy).max_by(f64::total_cmp)
    }

    pub(super) fn measure_all(&mut self, into: &mut impl Measurements) {
        let (counts, slots) = (self.counts, self.config.slots);
        let limited = slots != u64::MAX;
        into.count(&ARRIVALS, counts.arrivals);
        let (busy, useful) = self.useful_slots();
        into.level(busy, &mut self.busy, useful);
        if limited {
            let places = limit(self.of_all(self.config.queue));
            into.level(&WAITING, &mut self.waiting, places);
            let slots = self.of_all(slots);
            into.ratio(&UTILISATION, |period| period.utilisation(&self.busy, slots));
            into.latency(&WAIT, &self.wait);
            into.ratio(&WAITED, |_| self.wait.ratio_above(Duration::ZERO));
        }
        if self.calls_others() {
            into.level(&CALLING, &mut self.calling, None);
        }
        into.count(&ANSWERED, counts.answered);
        into.count(&ERRORS, counts.errors);
        into.count(&SHED, counts.shed);
        if self.config.max_wait.is_some() {
            into.count(&RENEGED, counts.reneged);
        }
        into.count(&CANCELLED, counts.cancelled);
        into.count(&FOR_NOBODY, counts.for_nobody);
        into.count(&CRASHED, counts.crashed);
        into.total(&IN_FLIGHT, |period| period.present);
        into.most(&MOST_IN_FLIGHT, |_| self.in_flight_max);
        if self.config.hang_ratio > 0.0 {
            into.count(&HUNG, counts.hung);
        }
        if self.config.refuses_expired {
            into.count(&EXPIRED, counts.expired);
        }
        if self.replicas.len() > 1 {
            into.total(&REPLICAS, |_| self.config.replicas.into());
            into.ratio(&LARGEST_SHARE, |_| self.largest_share());
            into.mean(&LARGEST_BUSY, |period| self.largest_busy(period));
            if limited {
                into.ratio(&LARGEST_UTILISATION, |period| {
                    self.largest_busy(period).map(|busy| busy / slots as f64)
                });
            }
        }
    }
}
