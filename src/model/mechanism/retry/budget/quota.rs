//! The retry quota of the AWS SDKs (standard mode): tokens that only successes bring back.
//!
//! Source: botocore, `retries/quota.py` and `RetryQuotaChecker` of `retries/standard.py`.

use crate::model::context::Outcome;

/// A quota of whole tokens, which starts full.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    tokens: u32,
    capacity: u32,
    costs: Costs,
    /// Tokens that a success without a retry brings back.
    refund: u32,
}

/// Tokens that a retry takes, by the outcome before it.
#[derive(Clone, Copy, Debug)]
pub struct Costs {
    /// After any other outcome.
    pub other: u32,
    /// After a timeout.
    pub timeout: u32,
    /// After a refusal by the service.
    pub shed: u32,
}

impl Quota {
    /// A full quota.
    #[must_use]
    pub const fn new(capacity: u32, costs: Costs, refund: u32) -> Self {
        Self { tokens: capacity, capacity, costs, refund }
    }

    #[inline]
    pub(super) fn withdraw(&mut self, outcome: Outcome) -> Option<u32> {
        let cost = match outcome {
            Outcome::Timeout => self.costs.timeout,
            Outcome::Shed => self.costs.shed,
            _ => self.costs.other,
        };
        self.tokens = self.tokens.checked_sub(cost)?;
        Some(cost)
    }

    /// A success gives back what its last retry took, or the refund if it needed none.
    #[inline]
    pub(super) fn refund(&mut self, cost: Option<u32>) {
        let given = cost.unwrap_or(self.refund);
        self.tokens = self.tokens.saturating_add(given).min(self.capacity);
    }
}
