//! Retry: a failed call is tried again, after a wait, within the limits of tries and budget.
//!
//! Retries are selfish: each helps one caller and costs all others. A limit of tries does not bound
//! the load on a service that fails every attempt, it multiplies it. A budget does: it ties retries
//! to the number of first attempts, so amplification is at most 1 + deposit / cost in the long run,
//! at any failure ratio. (The argument is that of Finagle's and tower's retry budgets; this one is
//! a plain token bucket, as in Brooker's "Fixing retries with token buckets and circuit breakers",
//! 2022: it starts full and is filled by first attempts, not by time.)

mod alternatives;
pub mod lints;
pub mod spec;
use crate::kernel::calendar::Calendar;
use crate::kernel::simulation::Delay;
use crate::kernel::time::{Duration, Instant};
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
    /// Calls that failed at their last try
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
    max_retries: u32,
    backoff: Backoff,
    budget: Option<Budget>,
    retry_on: RetryOn,
    retries: u64,
    gave_up: u64,
    budget_exhausted: u64,
}

/// The outcomes that are tried again.
#[derive(Clone, Copy, Debug)]
pub struct RetryOn {
    /// An error of the service.
    pub error: bool,
    /// A timeout inside.
    pub timeout: bool,
    /// A full service queue.
    pub shed: bool,
    /// A refusal by a layer inside.
    pub rejected: bool,
}

impl RetryOn {
    #[inline]
    pub(in crate::model) fn covers(self, outcome: Outcome) -> bool {
        match outcome {
            Outcome::Error => self.error,
            Outcome::Timeout => self.timeout,
            Outcome::Shed => self.shed,
            Outcome::Rejected => self.rejected,
            Outcome::Success | Outcome::Dropped | Outcome::DeadLettered | Outcome::Returned => {
                false
            }
        }
    }
}

/// A token bucket for each client, or one for all, in billionths of a token, so that fractions are
/// exact.
#[derive(Clone, Debug)]
pub struct Budget {
    tokens: Vec<u64>,
    capacity: u64,
    deposit: u64,
    cost: u64,
}

const NANO: f64 = 1e9;

impl Budget {
    /// Full buckets, one for each of `clients`; `deposit`, `capacity` and `cost` in tokens, at most
    /// 10^9.
    #[must_use]
    pub fn new(deposit: f64, capacity: f64, cost: f64, clients: u32) -> Self {
        let nano = |tokens: f64| (tokens * NANO).round() as u64;
        let capacity = nano(capacity);
        let tokens = vec![capacity; clients as usize];
        Self { tokens, capacity, deposit: nano(deposit), cost: nano(cost).max(1) }
    }

    fn deposit(&mut self, client: u32) {
        let tokens = &mut self.tokens[client as usize];
        *tokens = (*tokens + self.deposit).min(self.capacity);
    }

    fn withdraw(&mut self, client: u32) -> bool {
        let tokens = &mut self.tokens[client as usize];
        let pays = *tokens >= self.cost;
        if pays {
            *tokens -= self.cost;
        }
        pays
    }
}

/// The words of a call: tries begun, the first included, and the last wait in nanoseconds (for
/// decorrelated jitter).
const TRIES: u32 = 0;
const WAITED: u32 = 1;

impl Retry {
    /// A retry layer with up to `max_retries` tries after the first.
    #[must_use]
    pub fn new(
        max_retries: u32,
        backoff: Backoff,
        budget: Option<Budget>,
        retry_on: RetryOn,
    ) -> Self {
        Self { max_retries, backoff, budget, retry_on, retries: 0, gave_up: 0, budget_exhausted: 0 }
    }
}

impl Mechanism for Retry {
    const KIND: &'static str = "retry";
    const WORDS: u32 = 2;
    const TIMER: Option<u32> = None;
    const DEADLINE: Option<u32> = None;
    const WAKES: Wakes = Wakes::Calls { starts: true };
    const BELOW: Below = Below::Call;
    const EVENTS: &'static [&'static [EventKind]] = &[EVENTS, super::backoff::EVENTS];
    const METRICS: &'static [&'static Quantity] = METRICS;

    /// Begins the first try.
    #[inline]
    fn enter<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        if let Some(budget) = &mut self.budget {
            budget.deposit(at.instance);
        }
        *cx.calls.words(at.call, at.seat.word) = [1, 0];
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
        let call = &cx.calls[at.call];
        if !self.retry_on.covers(outcome) || call.is_unneeded() {
            return Flow::Up(outcome);
        }
        let (key, attempts, measured) = (call.key, call.attempts, u64::from(call.measured));
        let tries = cx.calls.word(at.call, at.seat.word + TRIES) as u32;
        if tries > self.max_retries {
            self.gave_up += measured;
            return Flow::Up(outcome);
        }
        if self.budget.as_mut().is_some_and(|budget| !budget.withdraw(at.instance)) {
            self.budget_exhausted += measured;
            cx.note(at, EventKind::BUDGET_EXHAUSTED, 0);
            return Flow::Up(outcome);
        }
        let waited = Duration::from_ns(cx.calls.word(at.call, at.seat.word + WAITED));
        let wait = self.backoff.wait(key, tries, attempts, waited);
        *cx.calls.words(at.call, at.seat.word) = [u64::from(tries) + 1, wait.as_ns()];
        self.retries += measured;
        cx.note(at, EventKind::RETRIES, wait.as_ns());
        if wait.is_zero() {
            cx.calls[at.call].timer = NONE;
            return Flow::Again;
        }
        cx.calls[at.call].timer = cx.wake_after(Delay::varying(wait), at);
        Flow::Parked
    }

    /// Begins the next try after the wait.
    #[inline]
    fn wake<C: Calendar, P: Probe>(&mut self, _: &mut Context<C, P>, _: &At<'_>) -> Flow {
        Flow::Down
    }

    fn goes_on<C: Calendar, P: Probe>(&self, _: &Context<C, P>, _: &At<'_>) -> bool {
        false
    }

    fn leave<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>, _: Leaving) {
        if cx.is_at(at) {
            cx.stop_start(at);
        }
    }

    fn fork(&mut self, branch: u64) {
        self.backoff.fork(branch);
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
        if self.budget.is_some() {
            into.count(&EXHAUSTED, self.budget_exhausted);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_pays_one_retry_in_ten_for_ever() {
        let mut budget = Budget::new(0.1, 10.0, 1.0, 1);
        let mut retries = 0;
        for request in 1..=100_000_u64 {
            budget.deposit(0);
            retries += u64::from(budget.withdraw(0));
            assert!(retries <= 10 + request / 10, "{retries} retries of {request} requests");
        }
        // Exactly one in ten and what it held at the start, less the deposits it could not take.
        assert!((10_009..=10_010).contains(&retries), "{retries}");
    }

    #[test]
    fn the_budget_of_one_client_is_not_that_of_another() {
        let mut budget = Budget::new(0.5, 1.0, 1.0, 2);
        assert!(budget.withdraw(0), "buckets start full");
        assert!(!budget.withdraw(0), "its own is empty");
        budget.deposit(0);
        assert!(!budget.withdraw(0), "half a token pays for nothing");
        assert!(budget.withdraw(1), "that of the other client is full");
    }

    #[test]
    fn thirds_do_not_drift() {
        let mut budget = Budget::new(1.0 / 3.0, 10.0, 1.0, 1);
        while budget.withdraw(0) {}
        let paid = (0..3_000_000).filter(|_| {
            budget.deposit(0);
            budget.withdraw(0)
        });
        // A third is 333,333,333 billionths: one retry in a billion is lost, and never won.
        assert!((999_998..=1_000_000).contains(&paid.count()));
    }
}
