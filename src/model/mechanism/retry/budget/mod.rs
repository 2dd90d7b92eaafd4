//! Budgets: limits of retries that calls share, so that retries stay a part of the load.
//!
//! A limit of tries bounds the retries of one call; a budget those of a client. Each form is that
//! of the libraries that have it, with their arithmetic.

mod concurrent;
mod quota;
mod rolling;
pub mod spec;
mod throttle;
mod tokens;

pub use concurrent::Concurrent;
pub use quota::{Costs, Quota};
pub use rolling::Rolling;
pub use throttle::Throttle;
pub use tokens::Tokens;

use self::spec::Deposits;
use crate::kernel::time::Instant;
use crate::model::context::Outcome;

/// A budget for each client, or one for all.
#[derive(Clone, Debug)]
pub struct Budget {
    /// What is left, by client.
    clients: Vec<Purse>,
    /// When a bucket is filled.
    deposit_on: Deposits,
    /// Most retries of one call, as a ratio of those that the budget could pay for when the call
    /// began.
    per_call: Option<f64>,
}

/// The budget of one client.
#[derive(Clone, Debug)]
pub enum Purse {
    /// Filled by calls.
    Tokens(Tokens),
    /// Filled by calls and by time.
    Rolling(Box<Rolling>),
    /// Open while few calls fail.
    Throttle(Throttle),
    /// Filled by what succeeds.
    Quota(Quota),
    /// A limit of retries at once.
    Concurrent(Concurrent),
}

impl Budget {
    /// The budget `purse` for each of `clients`.
    #[must_use]
    pub fn new(purse: &Purse, clients: u32, deposit_on: Deposits, per_call: Option<f64>) -> Self {
        Self { clients: vec![purse.clone(); clients as usize], deposit_on, per_call }
    }

    /// A call begins; returns the most retries that it may have.
    #[inline]
    pub fn begin(&mut self, client: u32, now: Instant) -> u32 {
        let purse = &mut self.clients[client as usize];
        let most = self.per_call.map_or(u32::MAX, |ratio| {
            let Purse::Rolling(rolling) = purse else { return u32::MAX };
            (rolling.balance(now) as f64 * ratio).ceil() as u32
        });
        if self.deposit_on == Deposits::Calls {
            purse.deposit(now);
        }
        if let Purse::Concurrent(concurrent) = purse {
            concurrent.begin();
        }
        most
    }

    /// An attempt of a call ends, which was a retry or not.
    #[inline]
    pub fn end_attempt(&mut self, client: u32, retry: bool) {
        if let Purse::Concurrent(concurrent) = &mut self.clients[client as usize] {
            concurrent.end_attempt(retry);
        }
    }

    /// An attempt fails so that it may be tried again; returns false if there is no retry, however
    /// many are left to the call.
    #[inline]
    pub fn fail(&mut self, client: u32) -> bool {
        match &mut self.clients[client as usize] {
            Purse::Throttle(throttle) => throttle.fail(),
            _ => true,
        }
    }

    /// Takes what a retry after `outcome` costs, before its wait; returns the cost, or `None` if
    /// too little is left.
    #[inline]
    pub fn withdraw(&mut self, client: u32, now: Instant, outcome: Outcome) -> Option<u32> {
        match &mut self.clients[client as usize] {
            Purse::Tokens(tokens) => tokens.withdraw().then_some(0),
            Purse::Rolling(rolling) => rolling.withdraw(now).then_some(0),
            Purse::Throttle(_) => Some(0),
            Purse::Quota(quota) => quota.withdraw(outcome),
            Purse::Concurrent(concurrent) => concurrent.withdraw().then_some(0),
        }
    }

    /// A retry begins after its wait; false if the budget refuses it only now.
    #[inline]
    pub fn begin_retry(&mut self, client: u32) -> bool {
        match &mut self.clients[client as usize] {
            Purse::Concurrent(concurrent) => concurrent.begin_retry(),
            _ => true,
        }
    }

    /// Takes what a further copy of a call costs while others are under way, before its wait; false
    /// if too little is left.
    pub fn admits_copy(&mut self, client: u32, now: Instant) -> bool {
        self.is_open(client) && self.withdraw(client, now, Outcome::Error).is_some()
    }

    /// False while a throttle forbids retries and copies.
    #[must_use]
    pub fn is_open(&self, client: u32) -> bool {
        match &self.clients[client as usize] {
            Purse::Throttle(throttle) => throttle.is_open(),
            _ => true,
        }
    }

    /// A retry that waits is not made, because its caller leaves.
    #[inline]
    pub fn drop_retry(&mut self, client: u32) {
        if let Purse::Concurrent(concurrent) = &mut self.clients[client as usize] {
            concurrent.drop_retry();
        }
    }

    /// A call ends in `outcome`, which may be `retryable` and yet not be tried again; `cost` is
    /// that of its last retry, `None` without retries.
    #[inline]
    pub fn end(
        &mut self,
        (client, now): (u32, Instant),
        (outcome, retryable): (Outcome, bool),
        cost: Option<u32>,
    ) {
        let purse = &mut self.clients[client as usize];
        let deposits = match self.deposit_on {
            Deposits::Calls => false,
            Deposits::Results => !retryable,
            Deposits::Successes => outcome == Outcome::Success,
        };
        match purse {
            Purse::Tokens(_) | Purse::Rolling(_) if deposits => purse.deposit(now),
            Purse::Throttle(throttle) if outcome == Outcome::Success => throttle.succeed(),
            Purse::Quota(quota) if outcome == Outcome::Success => quota.refund(cost),
            _ => {}
        }
        self.leave(client);
    }

    /// A call is over for the budget: it has ended, or its caller leaves.
    #[inline]
    pub fn leave(&mut self, client: u32) {
        if let Purse::Concurrent(concurrent) = &mut self.clients[client as usize] {
            concurrent.end();
        }
    }
}

impl Purse {
    #[inline]
    fn deposit(&mut self, now: Instant) {
        match self {
            Self::Tokens(tokens) => tokens.deposit(),
            Self::Rolling(rolling) => rolling.deposit(now),
            Self::Throttle(_) | Self::Quota(_) | Self::Concurrent(_) => {}
        }
    }
}
