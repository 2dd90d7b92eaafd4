//! The decisions of a hedge: when copies are sent, and which outcome is that of the call.
//!
//! They know no run: instants and outcomes are handed in, so the same decisions can be held against
//! the libraries.

use super::delay::{Delays, Winner};
use super::spec::{Failing, Heed, OnFailure, Throttled};
use crate::kernel::simulation::Delay;
use crate::kernel::time::{Duration, Instant};
use crate::model::context::{Outcome, Pushback};
use crate::model::mechanism::backoff::Backoff;
use crate::model::mechanism::retry::RetryOn;
use crate::model::mechanism::retry::budget::Budget;

/// The settings of a hedge, and the state that its calls share.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Delay before each further copy.
    pub delays: Delays,
    /// Further copies, from 1 to [`MOST`].
    pub max: u32,
    /// Failures that decide nothing.
    pub non_fatal: RetryOn,
    /// What follows such a failure.
    pub on_failure: OnFailure,
    /// Wait before each further copy, after its delay or the failure that it follows.
    pub backoff: Backoff,
    /// Whose failure goes up when all have failed.
    pub failure: Failing,
    /// What is made of the time that a failure names.
    pub pushback: Heed,
    /// Budget of all calls.
    pub budget: Option<Budget>,
    /// What becomes of a call for whose copies the budget has too little left.
    pub throttled: Throttled,
    /// True if copies that are not needed are cancelled at once.
    pub cancels: bool,
}

/// Most further copies of a call.
pub const MOST: u32 = 10;

/// The copies of one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Race {
    /// Instant at which the call came.
    pub came: Instant,
    /// Number of times that it came to the hedge.
    pub entries: u16,
    /// Copies sent, the first included.
    pub sent: u8,
    /// Copies under way, a bit each.
    pub out: u16,
    /// True if the next copy has its time, which a timer keeps.
    pub waits: bool,
    /// True if that is the end of its backoff: it is decided.
    pub pending: bool,
    /// Memory of the backoff.
    pub memory: u64,
    /// True if there is no further copy.
    pub frozen: bool,
    /// The failure that goes up when all have failed, and the number of its copy.
    pub failed: Option<(Outcome, u8)>,
    /// The outcome that goes up.
    pub decided: Option<Outcome>,
}

/// A copy that ends.
#[derive(Clone, Copy, Debug)]
pub struct Copy {
    /// Its number; 0 for the first.
    pub number: u32,
    /// Instant at which it was sent.
    pub sent: Instant,
}

/// What becomes of the next copy now that its delay is over, or a failure asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is sent now.
    Now,
    /// It is sent after this wait.
    After(Duration),
    /// The budget refuses it: there is no further one.
    Refused,
}

/// What follows the end of a copy.
#[derive(Clone, Copy, Debug)]
pub enum Verdict {
    /// Nothing: what was to come stays.
    Waits,
    /// The next copy comes after this time and not at the one that was set; `None`: no copy.
    Next(Option<Delay>),
    /// The call ends in this outcome, that of the copy of this number.
    Decides(Outcome, u32),
}

/// Words of a call's memory for its race.
pub(super) const WORDS: usize = 3;

const OUTCOMES: [Outcome; 8] = [
    Outcome::Success,
    Outcome::Error,
    Outcome::Timeout,
    Outcome::Shed,
    Outcome::Rejected,
    Outcome::Dropped,
    Outcome::DeadLettered,
    Outcome::Returned,
];

impl Race {
    /// The race in words.
    #[must_use]
    pub fn load([state, came, memory]: [u64; WORDS]) -> Self {
        let bits = |from: u32, count: u32| (state >> from) & ((1 << count) - 1);
        let outcome = |bits: u64| OUTCOMES.get((bits as usize).wrapping_sub(1)).copied();
        Self {
            came: Instant::from_ns(came),
            entries: bits(0, 16) as u16,
            out: bits(16, 16) as u16,
            sent: bits(32, 4) as u8,
            waits: bits(36, 1) != 0,
            frozen: bits(37, 1) != 0,
            pending: bits(38, 1) != 0,
            memory,
            failed: outcome(bits(40, 4)).map(|failed| (failed, bits(44, 4) as u8)),
            decided: outcome(bits(48, 4)),
        }
    }

    /// The words that keep it.
    #[must_use]
    pub fn store(self) -> [u64; WORDS] {
        let number = |outcome: Option<Outcome>| {
            OUTCOMES.iter().position(|one| Some(*one) == outcome).map_or(0, |at| at as u64 + 1)
        };
        let (failed, of) = self.failed.unzip();
        let state = u64::from(self.entries)
            | u64::from(self.out) << 16
            | u64::from(self.sent) << 32
            | u64::from(self.waits) << 36
            | u64::from(self.frozen) << 37
            | u64::from(self.pending) << 38
            | number(failed) << 40
            | u64::from(of.unwrap_or(0)) << 44
            | number(self.decided) << 48;
        [state, self.came.as_ns(), self.memory]
    }

    /// Number of copies under way.
    #[must_use]
    pub const fn under_way(self) -> u32 {
        self.out.count_ones()
    }

    /// Numbers of the copies under way.
    pub(super) fn copies(self) -> impl Iterator<Item = u32> {
        (0..u16::BITS).filter(move |number| self.out & 1 << number != 0)
    }
}

impl Policy {
    /// A call of `client` comes, for the `entries`-th time.
    #[must_use]
    pub fn begin(&mut self, client: u32, now: Instant, entries: u16) -> Race {
        if let Some(budget) = &mut self.budget {
            budget.begin(client, now);
        }
        Race { came: now, entries, ..Race::default() }
    }

    /// Decides about the next copy now that its delay is over, or a failure asks for it. `unit`
    /// draws the number in [0, 1) of its backoff.
    pub fn admit(
        &mut self,
        client: u32,
        now: Instant,
        race: &mut Race,
        unit: impl Fn(&Backoff, u32) -> f64,
    ) -> Admission {
        race.waits = false;
        if self.throttled == Throttled::Drops
            && let Some(budget) = &mut self.budget
            && !budget.admits_copy(client, now)
        {
            race.frozen = true;
            return Admission::Refused;
        }
        let n = u32::from(race.sent);
        let formula = self.backoff.formula();
        let wait = formula.wait(n, &mut race.memory, || unit(&self.backoff, n));
        if wait.is_zero() {
            return self.begin_copy(client, race);
        }
        (race.waits, race.pending) = (true, true);
        Admission::After(wait)
    }

    /// The next copy is sent now that its backoff is over, unless the budget refuses it only now.
    pub fn begin_copy(&mut self, client: u32, race: &mut Race) -> Admission {
        (race.waits, race.pending) = (false, false);
        if self.budget.as_mut().is_none_or(|budget| budget.begin_retry(client)) {
            return Admission::Now;
        }
        race.frozen = true;
        Admission::Refused
    }

    /// A copy is sent: its number, and the delay before the next one, if it has a time; of 0 it is
    /// sent at once.
    pub fn send(&mut self, client: u32, now: Instant, race: &mut Race) -> (u32, Option<Delay>) {
        let number = u32::from(race.sent);
        race.sent += 1;
        race.out |= 1 << number;
        if self.throttled == Throttled::Ends
            && let Some(budget) = &self.budget
        {
            race.frozen |= !budget.is_open(client);
        }
        let delay = if self.has_more(*race) { self.delays.present(now) } else { None };
        race.waits = delay.is_some_and(|delay| !delay.duration().is_zero());
        (number, delay)
    }

    fn has_more(&self, race: Race) -> bool {
        u32::from(race.sent) <= self.max && !race.frozen
    }

    /// A copy ends while the outcome of its call is open.
    pub fn end(
        &mut self,
        (client, now): (u32, Instant),
        race: &mut Race,
        copy: Copy,
        (outcome, pushback): (Outcome, Option<Pushback>),
    ) -> Verdict {
        self.end_loser(client, race, copy.number);
        let non_fatal = self.non_fatal.covers(outcome);
        let pushback = pushback.filter(|_| self.pushback != Heed::Ignored);
        // "Do not retry" costs a throttle a token after any failure.
        let costs = non_fatal || pushback == Some(Pushback::Never);
        let open = match &mut self.budget {
            Some(budget) if costs => budget.fail(client),
            _ => true,
        };
        if !non_fatal {
            let (whole, own) = (now - race.came, now - copy.sent);
            let (success, first) = (outcome == Outcome::Success, copy.number == 0);
            self.delays.record(now, Winner { success, first, whole, own });
            return Verdict::Decides(outcome, copy.number);
        }
        if self.throttled == Throttled::Ends && !open {
            return Verdict::Decides(outcome, copy.number);
        }
        if copy.number == 0 || self.failure == Failing::Last {
            race.failed = Some((outcome, copy.number as u8));
        }
        let verdict = self.next(client, race, copy.number, pushback);
        if let (0, false, Verdict::Waits | Verdict::Next(None), Some((failed, of))) =
            (race.out, race.waits, verdict, race.failed)
        {
            return Verdict::Decides(failed, u32::from(of));
        }
        verdict
    }

    /// What follows a failure that decides nothing.
    fn next(
        &mut self,
        client: u32,
        race: &mut Race,
        number: u32,
        pushback: Option<Pushback>,
    ) -> Verdict {
        let at_once = Verdict::Next(Some(Delay::varying(Duration::ZERO)));
        match pushback {
            Some(Pushback::Never) => {
                race.frozen = true;
                race.waits = false;
                self.drop_pending(client, race);
                Verdict::Next(None)
            }
            // The next copy is decided already.
            _ if race.pending || !self.has_more(*race) => Verdict::Waits,
            Some(Pushback::After(named)) if self.pushback == Heed::Waits => {
                race.waits = !named.is_zero();
                Verdict::Next(Some(Delay::varying(named)))
            }
            // grpc-java moves a copy that has its time, and plans none.
            Some(Pushback::After(_)) if race.waits => at_once,
            None => {
                let latest = number + 1 == u32::from(race.sent);
                match self.on_failure {
                    OnFailure::Copies => at_once,
                    OnFailure::Replaces if latest => at_once,
                    OnFailure::Replaces | OnFailure::Waits => Verdict::Waits,
                }
            }
            Some(Pushback::After(_)) => Verdict::Waits,
        }
    }

    /// A copy whose backoff is not over is not sent.
    fn drop_pending(&mut self, client: u32, race: &mut Race) {
        if std::mem::take(&mut race.pending)
            && let Some(budget) = &mut self.budget
        {
            budget.drop_retry(client);
        }
    }

    /// A copy ends whose call has another outcome.
    pub fn end_loser(&mut self, client: u32, race: &mut Race, number: u32) {
        race.out &= !(1 << number);
        if let Some(budget) = &mut self.budget {
            budget.end_attempt(client, number > 0);
        }
    }

    /// A copy, sent so long ago, is cancelled because another one has ended the call.
    pub fn cancel(&mut self, own: Duration) {
        if self.cancels && !self.non_fatal.error {
            self.delays.record_loser(own);
        }
    }

    /// The call is over for the hedge, and so are the copies that are under way.
    pub fn settle(&mut self, (client, now): (u32, Instant), mut race: Race, outcome: Outcome) {
        self.drop_pending(client, &mut race);
        let retryable = self.non_fatal.covers(outcome);
        if let Some(budget) = &mut self.budget {
            for number in race.copies() {
                budget.end_attempt(client, number > 0);
            }
            budget.end((client, now), (outcome, retryable), None);
        }
    }

    /// The caller leaves the call, whose copies are no longer under way for the hedge.
    pub fn leave(&mut self, client: u32, mut race: Race) {
        self.drop_pending(client, &mut race);
        if let Some(budget) = &mut self.budget {
            for number in race.copies() {
                budget.end_attempt(client, number > 0);
            }
            budget.leave(client);
        }
    }
}
