//! A limit of retries at once, which may grow with the calls under way.
//!
//! Sources: Envoy, `source/common/upstream/resource_manager_impl.h` and
//! `source/common/router/retry_state_impl.cc`; failsafe-go, `budget/budget.go` and
//! `retrypolicy/retryexecutor.go`.

/// The rule of a limit of retries at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Retries that wait or run are fewer than max(trunc(ratio x attempts that run), least). A
    /// retry takes its place before its wait.
    Envoy,
    /// Retries that run are fewer than `least`, or not above `ratio` of all calls and these
    /// retries. A retry takes its place after its wait.
    FailsafeGo,
}

/// The calls and retries of one client.
#[derive(Clone, Copy, Debug)]
pub struct Concurrent {
    ratio: f64,
    least: u32,
    rule: Rule,
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
    pub const fn new(ratio: f64, least: u32, rule: Rule) -> Self {
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
            Rule::FailsafeGo => true,
            Rule::Envoy => {
                let limit = (f64::from(self.attempts) * self.ratio) as u32;
                let admits = self.retries < limit.max(self.least);
                self.retries += u32::from(admits);
                admits
            }
        }
    }

    pub(super) fn begin_retry(&mut self) -> bool {
        if self.rule == Rule::FailsafeGo {
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
        if self.rule == Rule::Envoy {
            self.retries -= 1;
        }
    }

    pub(super) fn end(&mut self) {
        self.calls -= 1;
    }
}
