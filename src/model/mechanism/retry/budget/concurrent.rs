//! A limit of retries at once, which may grow with the calls under way.
//!
//! Sources: Envoy, `source/common/upstream/resource_manager_impl.h` and
//! `source/common/router/retry_state_impl.cc`; failsafe-go, `budget/budget.go` and
//! `retrypolicy/retryexecutor.go`.

use super::spec::Counting;

/// The calls and retries of one client.
#[derive(Clone, Copy, Debug)]
pub struct Concurrent {
    ratio: f64,
    least: u32,
    rule: Counting,
    /// Calls under way.
    calls: u32,
    /// Attempts that run.
    attempts: u32,
    /// Retries that have a place.
    retries: u32,
}

impl Concurrent {
    /// Without calls.
    #[must_use]
    pub const fn new(ratio: f64, least: u32, rule: Counting) -> Self {
        Self { ratio, least, rule, calls: 0, attempts: 0, retries: 0 }
    }

    pub(super) fn begin(&mut self) {
        self.calls += 1;
        self.attempts += 1;
    }

    pub(super) fn end_attempt(&mut self, retry: bool) {
        self.attempts -= 1;
        self.retries -= u32::from(retry);
    }

    pub(super) fn withdraw(&mut self) -> bool {
        match self.rule {
            Counting::FailsafeGo => true,
            Counting::Envoy => {
                let limit = (f64::from(self.attempts) * self.ratio) as u32;
                let admits = self.retries < limit.max(self.least);
                self.retries += u32::from(admits);
                admits
            }
        }
    }

    pub(super) fn begin_retry(&mut self) -> bool {
        if self.rule == Counting::FailsafeGo {
            let all = self.calls + self.retries;
            let above = f64::from(self.retries) / f64::from(all) > self.ratio;
            if self.retries >= self.least && above {
                return false;
            }
            self.retries += 1;
        }
        self.attempts += 1;
        true
    }

    pub(super) fn drop_retry(&mut self) {
        if self.rule == Counting::Envoy {
            self.retries -= 1;
        }
    }

    pub(super) fn end(&mut self) {
        self.calls -= 1;
    }
}
