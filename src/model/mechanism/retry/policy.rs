//! The decisions of a retry: whether a call that failed is tried again, and after what wait.
//!
//! They know no run: instants, outcomes and draws are handed in, so the same decisions can be held
//! against the libraries.

use super::budget::Budget;
use super::spec::LimitEnds;
use crate::kernel::time::{Duration, Instant};
use crate::model::context::{Outcome, Pushback};
use crate::model::mechanism::backoff::Backoff;

/// The settings of a retry, and the state that its calls share.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Most tries after the first; `u32::MAX` for no limit.
    pub max_retries: u32,
    /// Longest time for tries.
    pub time_limit: Option<TimeLimit>,
    /// Outcomes that are tried again.
    pub retry_on: RetryOn,
    /// Wait before each retry.
    pub backoff: Backoff,
    /// Wait before a retry after [`Outcome::Shed`], if it is another one.
    pub shed_backoff: Option<Backoff>,
    /// What is made of the time that a refusal names.
    pub pushback: Heed,
    /// Budget of all calls.
    pub budget: Option<Budget>,
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

/// A longest time for tries, from the beginning of the first.
#[derive(Clone, Copy, Debug)]
pub struct TimeLimit {
    /// The time.
    pub limit: Duration,
    /// What it ends.
    pub ends: LimitEnds,
}

/// What a retry makes of the time that a refusal names, such as `Retry-After`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Heed {
    /// Nothing.
    Ignored,
    /// It waits for that time in place of the backoff.
    Replaces {
        /// Longest such wait.
        cap: Duration,
        /// True if the backoff begins anew after it.
        restarts: bool,
    },
    /// It waits for that time if it is longer than the backoff, but by no more than `above`.
    AtLeast {
        /// Most that the wait can be longer than the backoff.
        above: Duration,
    },
    /// It waits between that time and (1 + ratio) times as long, in whole milliseconds, unless it
    /// is longer than `cap`.
    Spread {
        /// Ratio of the jitter.
        ratio: f64,
        /// Longest time that is heeded.
        cap: Duration,
    },
}

/// What one call has been through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Tries begun, the first included.
    pub tries: u32,
    /// Retries since the backoff began (anew).
    steps: u32,
    /// Memory of the backoff.
    memory: u64,
    /// Instant at which the first try began.
    began: Instant,
    /// Most retries that the budget allows the call.
    allowed: u32,
    /// 1 + what the last retry cost; 0 before the first.
    paid: u32,
}

/// Words of a call's memory for its progress.
pub(super) const WORDS: usize = 4;

impl Progress {
    /// The first words of a call at its first try, which are all that a plain retry needs.
    pub(super) const FIRST: [u64; 2] = [1, 0];

    /// Those words later.
    #[inline]
    pub(super) fn first_words(self) -> [u64; 2] {
        [u64::from(self.tries) | u64::from(self.steps) << 32, self.memory]
    }

    /// The progress in the words of a call.
    #[inline]
    pub(super) fn load(words: [u64; WORDS]) -> Self {
        let [counts, memory, began, budget] = words;
        let (low, high) = (|word: u64| word as u32, |word: u64| (word >> 32) as u32);
        Self {
            tries: low(counts),
            steps: high(counts),
            memory,
            began: Instant::from_ns(began),
            allowed: low(budget),
            paid: high(budget),
        }
    }

    /// What the last retry cost; `None` without one.
    fn cost(self) -> Option<u32> {
        self.paid.checked_sub(1)
    }

    /// The words that keep it.
    #[inline]
    pub(super) fn store(self) -> [u64; WORDS] {
        let [counts, memory] = self.first_words();
        let budget = u64::from(self.allowed) | u64::from(self.paid) << 32;
        [counts, memory, self.began.as_ns(), budget]
    }
}

/// The decision after a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The outcome is not tried again.
    Ends,
    /// The limit of tries or of time is reached, or the refusal forbids another try.
    GivesUp,
    /// The budget has too little left.
    Exhausted,
    /// The call is tried again after this wait.
    Retries(Duration),
}

const MS: f64 = 1e6;

impl Policy {
    /// True without a limit of time and without a budget: nothing but the outcomes of its own tries
    /// decides for a call.
    #[inline]
    pub(super) const fn is_plain(&self) -> bool {
        self.time_limit.is_none() && self.budget.is_none()
    }

    /// A call of `client` begins its first try.
    #[inline]
    pub fn begin(&mut self, client: u32, now: Instant) -> Progress {
        let allowed = self.budget.as_mut().map_or(u32::MAX, |budget| budget.begin(client, now));
        Progress { tries: 1, began: now, allowed, ..Progress::default() }
    }

    /// Decides what follows the `outcome` of a try, and the time that it names. `unit` draws the
    /// number in [0, 1) of a backoff for the retry of this number.
    #[inline]
    pub fn decide(
        &mut self,
        (client, now): (u32, Instant),
        progress: &mut Progress,
        (outcome, pushback): (Outcome, Option<Pushback>),
        unit: impl Fn(&Backoff, u32) -> f64,
    ) -> Decision {
        let retryable = self.retry_on.covers(outcome);
        if let Some(budget) = &mut self.budget {
            budget.end_attempt(client, progress.tries > 1);
        }
        let decision = match retryable {
            true => self.retry((client, now), progress, (outcome, pushback), unit),
            false => {
                // "Do not retry" counts as a failure of any kind (grpc-go, `shouldRetry`).
                let forbidden = pushback == Some(Pushback::Never) && self.heeds();
                if let (true, Some(budget)) = (forbidden, &mut self.budget) {
                    budget.fail(client);
                }
                Decision::Ends
            }
        };
        if let Some(budget) = &mut self.budget
            && !matches!(decision, Decision::Retries(_))
        {
            budget.end((client, now), (outcome, retryable), progress.cost());
        }
        decision
    }

    fn heeds(&self) -> bool {
        self.pushback != Heed::Ignored
    }

    fn retry(
        &mut self,
        (client, now): (u32, Instant),
        progress: &mut Progress,
        (outcome, pushback): (Outcome, Option<Pushback>),
        unit: impl Fn(&Backoff, u32) -> f64,
    ) -> Decision {
        // A failure costs a throttle its token whatever else forbids a retry.
        let open = self.budget.as_mut().is_none_or(|budget| budget.fail(client));
        let pushback = pushback.filter(|_| self.heeds());
        let elapsed = now - progress.began;
        if progress.tries > self.max_retries
            || pushback == Some(Pushback::Never)
            || self.time_limit.is_some_and(|limit| limit.is_over(elapsed))
        {
            return Decision::GivesUp;
        }
        if self.budget.is_some() && (!open || progress.tries > progress.allowed) {
            return Decision::Exhausted;
        }
        let mut next = *progress;
        let wait = self.wait(&mut next, (outcome, pushback), elapsed, unit);
        if self.time_limit.is_some_and(|limit| limit.forbids(elapsed.saturating_add(wait))) {
            return Decision::GivesUp;
        }
        if let Some(budget) = &mut self.budget {
            let Some(cost) = budget.withdraw(client, now, outcome) else {
                return Decision::Exhausted;
            };
            next.paid = cost + 1;
        }
        next.tries += 1;
        *progress = next;
        Decision::Retries(wait)
    }

    /// The wait before the next try.
    #[inline]
    fn wait(
        &self,
        progress: &mut Progress,
        (outcome, pushback): (Outcome, Option<Pushback>),
        elapsed: Duration,
        unit: impl Fn(&Backoff, u32) -> f64,
    ) -> Duration {
        let shed = self.shed_backoff.as_ref().filter(|_| outcome == Outcome::Shed);
        let backoff = shed.unwrap_or(&self.backoff);
        let n = progress.steps + 1;
        let named = match pushback {
            Some(Pushback::After(named)) => Some(named),
            Some(Pushback::Never) | None => None,
        };
        let wait = match (self.pushback, named) {
            (Heed::Replaces { cap, restarts }, Some(named)) => {
                match restarts {
                    true => (progress.steps, progress.memory) = (0, 0),
                    false => progress.steps = n,
                }
                named.min(cap)
            }
            (Heed::Spread { ratio, cap }, Some(named)) if named <= cap => {
                let ms = named.as_ns() as f64 / MS;
                let drawn = ms.floor() * (1.0 + ratio * unit(backoff, n));
                Duration::from_ns_f64(drawn.floor() * MS)
            }
            (heed, named) => {
                progress.steps = n;
                let drawn = backoff.formula().wait(n, &mut progress.memory, || unit(backoff, n));
                match (heed, named) {
                    (Heed::AtLeast { above }, Some(named)) => {
                        drawn.max(named.min(drawn.saturating_add(above)))
                    }
                    _ => drawn,
                }
            }
        };
        match self.time_limit {
            Some(TimeLimit { limit, ends: LimitEnds::Waits }) => {
                wait.min(Duration::from_ns(limit.as_ns().saturating_sub(elapsed.as_ns())))
            }
            _ => wait,
        }
    }

    /// A retry begins after its wait; false if the budget refuses it only now, so that the call
    /// ends.
    #[inline]
    pub fn begin_retry(&mut self, client: u32) -> bool {
        let Some(budget) = &mut self.budget else { return true };
        let begins = budget.begin_retry(client);
        if !begins {
            budget.leave(client);
        }
        begins
    }

    /// The caller leaves a call that waits for a retry, or one whose try runs.
    #[inline]
    pub fn leave(&mut self, client: u32, progress: Progress, waits: bool) {
        let Some(budget) = &mut self.budget else { return };
        match waits {
            true => budget.drop_retry(client),
            false => budget.end_attempt(client, progress.tries > 1),
        }
        budget.leave(client);
    }

    /// A try ends in `outcome` that nobody waits for, so that there is no other.
    pub(super) fn end(
        &mut self,
        (client, now): (u32, Instant),
        progress: Progress,
        outcome: Outcome,
    ) {
        let retryable = self.retry_on.covers(outcome);
        if let Some(budget) = &mut self.budget {
            budget.end_attempt(client, progress.tries > 1);
            budget.end((client, now), (outcome, retryable), progress.cost());
        }
    }

    /// Draws at other sites from now on, in a branch of a split run.
    pub(super) fn fork(&mut self, branch: u64) {
        self.backoff.fork(branch);
        if let Some(backoff) = &mut self.shed_backoff {
            backoff.fork(branch);
        }
    }
}

impl TimeLimit {
    /// True if a failure after this time is final.
    fn is_over(self, elapsed: Duration) -> bool {
        match self.ends {
            LimitEnds::Begins | LimitEnds::Failures => elapsed >= self.limit,
            LimitEnds::Waits => elapsed > self.limit,
        }
    }

    /// True if no try begins after this time.
    fn forbids(self, elapsed: Duration) -> bool {
        self.ends == LimitEnds::Begins && elapsed >= self.limit
    }
}
