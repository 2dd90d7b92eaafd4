//! Retry: a failed call is tried again, after a wait, within the limits of tries and budget.
//!
//! Retries are selfish: each helps one caller and costs all others. A limit of tries does not bound
//! the load on a service that fails every attempt, it multiplies it. A budget does: it ties retries
//! to the calls, so amplification has a bound at any failure ratio.
//!
//! The decisions are in [`policy`], the budgets in [`budget`].

mod alternatives;
pub mod budget;
pub mod lints;
pub mod policy;
mod rules;
pub mod spec;
#[cfg(test)]
mod tests;
mod words;

pub use policy::RetryOn;

use self::policy::{Decision, Policy, Progress, WORDS};
use crate::kernel::calendar::Calendar;
use crate::kernel::simulation::Delay;
use crate::kernel::time::Instant;
use crate::metrics::declare::Quantity;
use crate::metrics::meter::Measurements;
use crate::metrics::probe::{EventDefinition, EventKind, Number, Probe, Role};
use crate::model::context::{At, Context, Flow, Outcome};
use crate::model::mechanism::backoff::Backoff;
use crate::model::mechanism::{Below, Leaving, Mechanism, Wakes};
use crate::model::seat::{NONE, Port, Seat};

crate::metrics! {
    /// Retries that were decided ("retries decided" on the page). One whose backoff a timeout
    /// outside cuts short, or that a layer inside refuses, is counted and never sent
    RETRIES: Count = "retries", "retries";
    /// Calls that failed at their last try, by number or by time, or were told not to try again
    GAVE_UP: Count = "gave_up", "last tries failed";
    /// Calls that ended because the budget had too few tokens; only with a budget
    EXHAUSTED: Count = "budget_exhausted", "stopped by the budget";
}

impl EventKind {
    /// The call would be tried again, but the budget is used up.
    pub const BUDGET_EXHAUSTED: Self = Self::new(&EventDefinition {
        name: "budget_exhausted",
        verb: "budget_exhausts",
        number: Number::None,
        words: "would be tried again, but the budget is used up",
        role: Role::Mark,
    });
}

/// The events of a retry.
pub const EVENTS: &[EventKind] = &[EventKind::BUDGET_EXHAUSTED];

/// State and books of one retry layer.
#[derive(Clone, Debug)]
pub struct Retry {
    policy: Policy,
    retries: u64,
    gave_up: u64,
    budget_exhausted: u64,
}

impl Retry {
    /// A retry layer without calls.
    #[must_use]
    pub const fn new(policy: Policy) -> Self {
        Self { policy, retries: 0, gave_up: 0, budget_exhausted: 0 }
    }

    fn exhaust<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) {
        self.budget_exhausted += u64::from(cx.calls[at.call].measured);
        cx.note(at, EventKind::BUDGET_EXHAUSTED, 0);
    }

    #[inline]
    fn progress<C: Calendar, P: Probe>(cx: &mut Context<C, P>, at: &At<'_>) -> Progress {
        Progress::load(*cx.calls.words::<WORDS>(at.call, at.seat.word))
    }
}

impl Mechanism for Retry {
    const KIND: &'static str = "retry";
    const WORDS: u32 = WORDS as u32;
    const TIMER: Option<u32> = None;
    const DEADLINE: Option<u32> = None;
    const WAKES: Wakes = Wakes::Calls { starts: true };
    const BELOW: Below = Below::Call;
    const EVENTS: &'static [&'static [EventKind]] = &[EVENTS, super::backoff::EVENTS];
    const METRICS: &'static [&'static Quantity] = METRICS;

    /// Begins the first try.
    #[inline]
    fn enter<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        if self.policy.is_plain() {
            *cx.calls.words(at.call, at.seat.word) = Progress::FIRST;
        } else {
            let progress = self.policy.begin(at.instance, cx.now());
            *cx.calls.words(at.call, at.seat.word) = progress.store();
        }
        Flow::Down
    }

    /// Handles the outcome of a try.
    #[inline]
    fn exit<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        _: Port,
        outcome: Outcome,
    ) -> Flow {
        if self.policy.is_plain() && !self.policy.retry_on.covers(outcome) {
            return Flow::Up(outcome);
        }
        let mut progress = Self::progress(cx, at);
        let pushback = cx.take_pushback(at);
        let call = &cx.calls[at.call];
        let client = (at.instance, cx.now());
        if call.is_unneeded() {
            self.policy.end(client, progress, outcome);
            return Flow::Up(outcome);
        }
        let (key, attempts, measured) = (call.key, call.attempts, u64::from(call.measured));
        let unit = |backoff: &Backoff, n| backoff.unit(key, n, attempts);
        match self.policy.decide(client, &mut progress, (outcome, pushback), unit) {
            Decision::Ends => Flow::Up(outcome),
            Decision::GivesUp => {
                self.gave_up += measured;
                Flow::Up(outcome)
            }
            Decision::Exhausted => {
                self.exhaust(cx, at);
                Flow::Up(outcome)
            }
            Decision::Retries(wait) => {
                if self.policy.is_plain() {
                    *cx.calls.words(at.call, at.seat.word) = progress.first_words();
                } else {
                    *cx.calls.words(at.call, at.seat.word) = progress.store();
                }
                self.retries += measured;
                cx.note(at, EventKind::RETRIES, wait.as_ns());
                if wait.is_zero() {
                    cx.calls[at.call].timer = NONE;
                    return Flow::Again;
                }
                cx.calls[at.call].timer = cx.wake_after(Delay::varying(wait), at);
                Flow::Parked
            }
        }
    }

    /// Begins the next try after the wait.
    #[inline]
    fn wake<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        if self.policy.begin_retry(at.instance) {
            return Flow::Down;
        }
        self.exhaust(cx, at);
        Flow::Up(Outcome::Rejected)
    }

    fn goes_on<C: Calendar, P: Probe>(&self, _: &Context<C, P>, _: &At<'_>) -> bool {
        false
    }

    fn leave<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>, _: Leaving) {
        let waits = cx.is_at(at);
        if waits {
            cx.stop_start(at);
        }
        let progress = Self::progress(cx, at);
        self.policy.leave(at.instance, progress, waits);
    }

    fn fork(&mut self, branch: u64) {
        self.policy.fork(branch);
    }

    fn memory(&self) -> u64 {
        0
    }

    fn measure<C: Calendar, P: Probe>(
        &mut self,
        _: &mut Context<C, P>,
        _: &Seat,
        _: Instant,
        into: &mut impl Measurements,
    ) {
        into.count(&RETRIES, self.retries);
        into.count(&GAVE_UP, self.gave_up);
        if self.policy.budget.is_some() {
            into.count(&EXHAUSTED, self.budget_exhausted);
        }
    }
}
