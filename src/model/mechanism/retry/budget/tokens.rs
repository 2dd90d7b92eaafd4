//! A token bucket that calls fill.
//!
//! It ties retries to the number of calls, so amplification is at most 1 + deposit / cost in the
//! long run, at any failure ratio. Source: Brooker, "Fixing retries with token buckets and circuit
//! breakers", 2022.

/// A token bucket that starts full, in billionths of a token, so that fractions are exact.
#[derive(Clone, Copy, Debug)]
pub struct Tokens {
    tokens: u64,
    capacity: u64,
    deposit: u64,
    cost: u64,
}

const NANO: f64 = 1e9;

impl Tokens {
    /// A full bucket; `deposit`, `capacity` and `cost` in tokens, at most 10^9.
    #[must_use]
    pub fn new(deposit: f64, capacity: f64, cost: f64) -> Self {
        let nano = |tokens: f64| (tokens * NANO).round() as u64;
        let capacity = nano(capacity);
        Self { tokens: capacity, capacity, deposit: nano(deposit), cost: nano(cost).max(1) }
    }

    #[inline]
    pub(super) fn deposit(&mut self) {
        self.tokens = (self.tokens + self.deposit).min(self.capacity);
    }

    #[inline]
    pub(super) fn withdraw(&mut self) -> bool {
        let pays = self.tokens >= self.cost;
        if pays {
            self.tokens -= self.cost;
        }
        pays
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_pays_one_retry_in_ten_for_ever() {
        let mut budget = Tokens::new(0.1, 10.0, 1.0);
        let mut retries = 0;
        for request in 1..=100_000_u64 {
            budget.deposit();
            retries += u64::from(budget.withdraw());
            assert!(retries <= 10 + request / 10, "{retries} retries of {request} requests");
        }
        // Exactly one in ten and what it held at the start, less the deposits it could not take.
        assert!((10_009..=10_010).contains(&retries), "{retries}");
    }

    #[test]
    fn half_a_token_pays_for_nothing() {
        let mut budget = Tokens::new(0.5, 1.0, 1.0);
        assert!(budget.withdraw(), "buckets start full");
        assert!(!budget.withdraw(), "it is empty");
        budget.deposit();
        assert!(!budget.withdraw());
        budget.deposit();
        assert!(budget.withdraw());
    }

    #[test]
    fn thirds_do_not_drift() {
        let mut budget = Tokens::new(1.0 / 3.0, 10.0, 1.0);
        while budget.withdraw() {}
        let paid = (0..3_000_000).filter(|_| {
            budget.deposit();
            budget.withdraw()
        });
        // A third is 333,333,333 billionths: one retry in a billion is lost, and never won.
        assert!((999_998..=1_000_000).contains(&paid.count()));
    }
}
