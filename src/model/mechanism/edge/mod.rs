//! An edge: the way from one policy to the service at its end, and what went along it.
//!
//! The numbers of an arm are the sums over its edges, so they cannot disagree.

use std::collections::BTreeMap;

use super::{Kind, Leaving, Mechanism, Wakes};
use crate::kernel::calendar::Calendar;
use crate::kernel::simulation::Halt;
use crate::kernel::time::Instant;
use crate::metrics::declare::Quantity;
use crate::metrics::meter::Measurements;
use crate::metrics::probe::{Ending, Event, Number, Probe, Role, Stretch, What};
use crate::metrics::summary::{Attempts, Wasted};
use crate::model::call::CallId;
use crate::model::context::{At, Context, Flow, Outcome};
use crate::model::seat::{NONE, Port, Seat, SeatId, Seats};

crate::metrics! {
    /// Attempts that were sent along it
    SENT: Count = "attempts", "attempts sent";
    /// Of these, ended badly: `timeouts` + `errors` + those refused by a server
    FAILED: Count = "failed", "attempts that failed";
    /// Of these, after the first of a request
    RETRIES: Count = "retries", "retries";
    /// Of these, given up by the caller
    TIMEOUTS: Count = "timeouts", "attempts given up";
    /// Of these, answered with an error, or met by a crash
    ERRORS: Count = "errors", "attempts that met an error";
    /// Of these, stopped or dropped by the server because the caller had left
    CANCELLED: Total = "cancelled";
    /// `attempts` over first attempts (`attempts` - `retries`); no value when there were none.
    /// That of the arm is over all offered requests, refused ones too
    AMPLIFICATION: Number = "amplification";
    /// Time in slots of these attempts, those that were under way at the end included
    WORK: Time = "work", "work done";
    /// The part of `work_ns` of attempts whose caller had left by their end
    WASTED: Time = "wasted", "work wasted";
    /// `wasted_ns` over `work_ns`; no value when there was none
    WASTED_RATIO: Ratio = "wasted_ratio";
}

impl What {
    /// An attempt was sent to a service.
    pub const SENT: Self = Self::new(&Event {
        name: "sent",
        verb: "sends",
        number: Number::None,
        words: "is sent",
        role: Role::Begins(Stretch::call("attempt")),
    });
    /// The caller has its answer.
    pub const ATTEMPT_SUCCEEDED: Self = Self::new(&Event {
        name: "attempt_succeeded",
        verb: "attempt_succeeds",
        number: Number::None,
        words: "comes back with an answer",
        role: Role::Ends(Ending::Well),
    });
    /// The caller has an error or a refusal, or has given up.
    pub const ATTEMPT_FAILED: Self = Self::new(&Event {
        name: "attempt_failed",
        verb: "attempt_fails",
        number: Number::None,
        words: "has failed with this attempt",
        role: Role::Ends(Ending::Badly),
    });
    /// Other calls were enough, or their failure was.
    pub const ATTEMPT_UNNEEDED: Self = Self::new(&Event {
        name: "attempt_unneeded",
        verb: "attempt_becomes_unneeded",
        number: Number::None,
        words: "is given up, as others have decided",
        role: Role::Ends(Ending::Well),
    });
}

/// What can happen to a request here.
pub const EVENTS: &[What] =
    &[What::SENT, What::ATTEMPT_SUCCEEDED, What::ATTEMPT_FAILED, What::ATTEMPT_UNNEEDED];

/// Books of one edge, of measured requests.
#[derive(Clone, Copy, Debug, Default)]
pub struct Edge {
    /// Attempts that went along it.
    pub attempts: Attempts,
    /// For each of them, 2 k - 1 where it is the k-th of its request: over all edges that is the
    /// sum of the squares of the attempts of each request, whether it has ended or not.
    squares: u128,
    /// Service time of these attempts, and the part that nobody waited for.
    pub work: Work,
}

impl Edge {
    /// An attempt is sent, the `number`-th of its request.
    #[inline]
    pub fn send(&mut self, number: u32) {
        self.attempts.total += 1;
        self.squares += u128::from(number) * 2 - 1;
        self.attempts.retries += u64::from(number > 1);
    }

    /// Its outcome comes back.
    #[inline]
    pub fn end(&mut self, outcome: Outcome) {
        let attempts = &mut self.attempts;
        attempts.failed += u64::from(outcome != Outcome::Success);
        attempts.errors += u64::from(outcome == Outcome::Error);
    }

    /// Its caller gives up: only a timeout further out does.
    pub fn give_up(&mut self) {
        self.attempts.failed += 1;
        self.attempts.timeouts += 1;
    }

    /// Adds the attempts of another edge.
    fn add_attempts(&mut self, other: &Self) {
        let Attempts { total, failed, retries, timeouts, errors, cancelled } = other.attempts;
        self.squares += other.squares;
        self.attempts.total += total;
        self.attempts.failed += failed;
        self.attempts.retries += retries;
        self.attempts.timeouts += timeouts;
        self.attempts.errors += errors;
        self.attempts.cancelled += cancelled;
    }

    /// Variance of the attempts of a request over `offered` requests, with one less below; `None`
    /// of fewer than two. Only of the sum of all edges.
    #[must_use]
    pub fn attempts_variance(&self, offered: u64) -> Option<f64> {
        let (offered, total) = (u128::from(offered), u128::from(self.attempts.total));
        let about_the_mean = offered * self.squares - total * total;
        let below = offered * offered.saturating_sub(1);
        (below > 0).then(|| about_the_mean as f64 / below as f64)
    }

    /// What it measures; of the sum of all edges, what an arm shows over time beside its requests.
    pub fn measure(&self, into: &mut impl Measurements) {
        let attempts = &self.attempts;
        into.count(&SENT, attempts.total);
        into.count(&RETRIES, attempts.retries);
        into.count(&FAILED, attempts.failed);
        into.count(&TIMEOUTS, attempts.timeouts);
        into.count(&ERRORS, attempts.errors);
        into.total(&CANCELLED, |_| attempts.cancelled);
        let first = attempts.total - attempts.retries;
        let amplification = (first > 0).then(|| attempts.total as f64 / first as f64);
        into.number(&AMPLIFICATION, |_| amplification);
        into.time(&WORK, self.work.total);
        into.time(&WASTED, self.work.wasted);
        into.ratio(&WASTED_RATIO, |_| self.work.summary().ratio);
    }
}

/// Service time in nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Work {
    /// Of all attempts.
    pub total: u128,
    /// Of attempts whose caller had left by their end.
    pub wasted: u128,
    /// The part of `wasted` after the caller had left.
    pub after_leaving: u128,
}

impl Work {
    /// Books an attempt that held a slot from `started` to `now`, and whose caller `left`
    /// ([`Instant::NEVER`] if it did not).
    #[inline]
    pub fn book(&mut self, started: Instant, now: Instant, left: Instant) {
        let work = u128::from((now - started).as_ns());
        self.total += work;
        if left != Instant::NEVER {
            self.wasted += work;
            self.after_leaving += u128::from((now - left.max(started)).as_ns());
        }
    }

    fn add(&mut self, other: &Self) {
        self.total += other.total;
        self.wasted += other.wasted;
        self.after_leaving += other.after_leaving;
    }

    /// As reported.
    #[must_use]
    pub fn summary(&self) -> Wasted {
        Wasted {
            work_ns: u64::try_from(self.wasted).unwrap_or(u64::MAX),
            after_leaving_ns: u64::try_from(self.after_leaving).unwrap_or(u64::MAX),
            ratio: (self.total > 0).then(|| self.wasted as f64 / self.total as f64),
        }
    }
}

/// Sends attempts along an edge.
#[derive(Clone, Debug)]
pub struct Sender {
    picks_up: bool,
}

/// Steps at one instant that any scenario may take ...
const STEPS_ALWAYS: u64 = 1_000_000;
/// ... and more for every call under way, as when a million callers time out together.
const STEPS_PER_CALL: u64 = 64;
/// Timers that a call may need before the next look at the room for them.
const TIMER_RESERVE: usize = 64;

impl Sender {
    /// `picks_up` says that processing begins when an attempt is sent: a message was picked up by
    /// its consumer before.
    #[must_use]
    pub const fn new(picks_up: bool) -> Self {
        Self { picks_up }
    }

    /// Sends it.
    #[inline(always)]
    fn send<C: Calendar, P: Probe>(&self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        let steps = cx.clock.step();
        if steps > STEPS_ALWAYS && steps > STEPS_ALWAYS + STEPS_PER_CALL * cx.calls.len() as u64 {
            cx.clock.halt(Halt::ZeroDelayLoop);
            cx.stuck = Some(at.seat.component);
            return Flow::Parked;
        }
        if !cx.timers.has_room(TIMER_RESERVE) {
            cx.clock.halt(Halt::OutOfSlots);
            return Flow::Parked;
        }
        let now = cx.now();
        let number = cx.calls.count_attempt(at.call);
        let call = &mut cx.calls[at.call];
        if self.picks_up {
            call.picked = now;
        }
        if call.measured {
            cx.edges[at.seat.edge].send(number);
        }
        cx.note(at, What::SENT, 0);
        Flow::Down
    }
}

impl Mechanism for Sender {
    const KIND: &'static str = "edge";
    const WORDS: u32 = 0;
    const TIMER: Option<u32> = None;
    const WAKES: Wakes = Wakes::Calls { starts: false };
    const EVENTS: &'static [&'static [What]] = &[EVENTS];
    const METRICS: &'static [&'static Quantity] = METRICS;

    /// An attempt leaves for its service, which is a piece of work.
    #[inline]
    fn enter<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        if cx.clock.work() { Flow::Look } else { self.send(cx, at) }
    }

    #[inline]
    fn exit<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        _: Port,
        outcome: Outcome,
    ) -> Flow {
        if cx.calls[at.call].measured {
            cx.edges[at.seat.edge].end(outcome);
        }
        let succeeded = outcome == Outcome::Success;
        let what = if succeeded { What::ATTEMPT_SUCCEEDED } else { What::ATTEMPT_FAILED };
        cx.note(at, what, 0);
        Flow::Up(outcome)
    }

    /// The limits allow it.
    #[cold]
    fn wake<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        self.send(cx, at)
    }

    fn goes_on<C: Calendar, P: Probe>(&self, _: &Context<C, P>, _: &At<'_>) -> bool {
        false
    }

    fn leave<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        leaving: Leaving,
    ) {
        if leaving == Leaving::Unneeded {
            return cx.note(at, What::ATTEMPT_UNNEEDED, 0);
        }
        if cx.calls[at.call].measured {
            cx.edges[at.seat.edge].give_up();
        }
        cx.note(at, What::ATTEMPT_FAILED, 0);
    }

    fn hand_on<C: Calendar, P: Probe>(
        &mut self,
        _: &mut Context<C, P>,
        _: &At<'_>,
        _: Option<Port>,
    ) -> Option<(CallId, Port)> {
        None
    }

    fn taken(&self) -> Option<u64> {
        None
    }

    fn is_taken_by<C: Calendar, P: Probe>(&self, _: &Context<C, P>, _: CallId) -> bool {
        false
    }

    fn inside(&self) -> Option<u64> {
        None
    }

    fn fork(&mut self, _: u64) {}

    fn memory(&self) -> u64 {
        0
    }

    fn measure<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        seat: &Seat,
        _: Instant,
        into: &mut impl Measurements,
    ) {
        cx.edges[seat.edge].measure(into);
    }
}

/// The edges of an arm.
#[derive(Clone, Debug)]
pub struct Edges {
    edges: Vec<Edge>,
    /// Those that requests and messages go along, and not the calls that services make.
    first: Vec<bool>,
}

impl Edges {
    /// Those of a system, with nothing booked.
    #[must_use]
    pub fn new(seats: &Seats) -> Self {
        let senders = || seats.iter().filter(|(_, seat)| seat.kind == Kind::Edge);
        let hedges = seats.iter().filter(|(_, seat)| seat.kind == Kind::Hedge);
        let hedges: BTreeMap<SeatId, SeatId> =
            hedges.map(|(hedge, _)| (seats.below(hedge, 0), hedge)).collect();
        let first = |(id, _): (SeatId, &Seat)| {
            let mut top = id;
            while let Some(&above) = match seats[top].up {
                NONE => hedges.get(&top),
                _ => Some(&seats[top].up),
            } {
                top = above;
            }
            matches!(seats[top].kind, Kind::Load | Kind::Queue)
        };
        Self {
            edges: vec![Edge::default(); senders().count()],
            first: senders().map(first).collect(),
        }
    }

    /// The sum of all: attempts of the requests themselves, and work wherever it was done.
    #[must_use]
    pub fn total(&self) -> Edge {
        let mut total = Edge::default();
        for (edge, first) in self.edges.iter().zip(&self.first) {
            total.work.add(&edge.work);
            if *first {
                total.add_attempts(edge);
            }
        }
        total
    }
}

impl std::ops::Index<u32> for Edges {
    type Output = Edge;

    #[inline]
    fn index(&self, edge: u32) -> &Edge {
        &self.edges[edge as usize]
    }
}

impl std::ops::IndexMut<u32> for Edges {
    #[inline]
    fn index_mut(&mut self, edge: u32) -> &mut Edge {
        &mut self.edges[edge as usize]
    }
}
