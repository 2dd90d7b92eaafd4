//! What-ifs as data: a change of the scenario, and its effect on fates, attempts, work and latency.

use serde::Serialize;

/// The same requests with the same random draws, and one thing changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WhatIf {
    /// The change.
    pub change: Change,
    /// Requests that are in both runs. A closed loop may send more or fewer with a change.
    pub in_both: u64,
    /// Requests that fail in the run: `saved` is a part of these.
    pub failing: u64,
    /// Requests that fail in the run and succeed with the change.
    pub saved: u64,
    /// Requests that succeed in the run and fail with the change.
    pub lost: u64,
    /// Requests that fail in both, each in another way.
    pub otherwise: u64,
    /// Requests that succeed in both, and sooner with the change.
    pub faster: Shift,
    /// Requests that succeed in both, and later with the change.
    pub slower: Shift,
    /// Other requests that end in both, and sooner with the change.
    pub sooner: Shift,
    /// Other requests that end in both, and later with the change.
    pub later: Shift,
    /// Requests that arrive.
    pub offered: Pair<u64>,
    /// Requests that succeed in time.
    pub succeeded: Pair<u64>,
    /// Attempts that are sent.
    pub attempts: Pair<u64>,
    /// Time in slots of services.
    pub work_ns: Pair<u64>,
    /// Wasted part of that time.
    pub wasted_ns: Pair<u64>,
    /// 99 % quantile of the time from arrival to end, of all requests that end.
    pub p99_ns: Pair<Option<u64>>,
    /// True if the arm is well when the last requests arrive; `None` if nothing arrives.
    pub ends_well: Option<bool>,
}

impl WhatIf {
    /// Requests that succeed with the change, less those that succeed without it.
    #[must_use]
    pub fn gain(&self) -> i128 {
        i128::from(self.succeeded.after) - i128::from(self.succeeded.before)
    }

    /// True if the change has no effect on fates, attempts, work or latency.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let shifts = [self.faster, self.slower, self.sooner, self.later];
        self.saved + self.lost + self.otherwise == 0
            && shifts.iter().all(|shift| shift.requests == 0)
            && !self.offered.differs()
            && !self.succeeded.differs()
            && !self.attempts.differs()
            && !self.work_ns.differs()
            && !self.wasted_ns.differs()
            && !self.p99_ns.differs()
    }

    /// True if the net gain is at least half of the requests that fail.
    #[must_use]
    pub fn mends(&self) -> bool {
        self.gain() > 0 && self.gain() * 2 >= i128::from(self.failing)
    }
}

/// A number without and with the change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pair<T> {
    /// In the explained run.
    pub before: T,
    /// With the change.
    pub after: T,
}

impl<T: PartialEq> Pair<T> {
    /// A number before and after a change.
    #[must_use]
    pub const fn new(before: T, after: T) -> Self {
        Self { before, after }
    }

    /// True if the change moves it.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.before != self.after
    }
}

/// Requests whose end moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Shift {
    /// Number of requests.
    pub requests: u64,
    /// Median of the shift; `None` without requests.
    pub median_ns: Option<u64>,
}

/// One change of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Kind of the change.
    pub kind: ChangeKind,
    /// The changed fault, layer, service, queue or consumer, or the load or consumer whose policy
    /// gains a layer.
    pub component: String,
    /// The service that the new value comes from.
    pub service: Option<String>,
    /// The value in the run.
    pub from: Option<Amount>,
    /// The value tried.
    pub to: Option<Amount>,
}

/// The kinds of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// A fault does not happen.
    WithoutFault,
    /// A retry makes one attempt.
    WithoutRetries,
    /// A retry has a budget.
    RetryBudget,
    /// A breaker is left out.
    WithoutBreaker,
    /// A breaker opens at more failures.
    BreakerThreshold,
    /// A breaker is open for another time.
    BreakerOpen,
    /// A bulkhead is left out.
    WithoutBulkhead,
    /// A bulkhead is added, as wide as the knee of the service.
    Bulkhead,
    /// A bulkhead or a pool has another number of permits.
    Permits,
    /// A bulkhead has as many permits as the knee of the service.
    PermitsAtKnee,
    /// A bulkhead or a pool has another limit of waiting calls.
    BulkheadQueue,
    /// Another layer is left out.
    WithoutLayer,
    /// A timeout has another length.
    Timeout,
    /// A timeout around all attempts is added.
    TotalTimeout,
    /// Each attempt goes to the less loaded of two random replicas (power of two choices).
    LessLoaded,
    /// Attempts go to the replicas in turn (round robin).
    InTurn,
    /// A service cancels the work of callers that leave.
    Cancellation,
    /// A service does not fail by itself.
    WithoutErrors,
    /// A service has another limit of waiting calls.
    ServiceQueue,
    /// A bulkhead, a pool or a service has another limit of the time in line.
    MaxWait,
    /// A service has another number of slots.
    Slots,
    /// A service has another knee.
    Knee,
    /// A queue has no limit.
    UnlimitedQueue,
    /// A queue has a limit.
    QueueCapacity,
    /// There is another number of consumers.
    Consumers,
    /// There are as many consumers as the service behind them has slots.
    ConsumersAtSlots,
    /// There are as many consumers as the knee of the service behind them.
    ConsumersAtKnee,
}

impl ChangeKind {
    /// True for a change that needs more capacity, false for a change of settings.
    #[must_use]
    pub const fn adds_capacity(self) -> bool {
        matches!(self, Self::Slots | Self::Knee)
    }
}

/// A value of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Amount {
    /// A whole number.
    Count(u64),
    /// A number.
    Number(f64),
    /// A time in nanoseconds.
    TimeNs(u64),
    /// A part, in [0, 1].
    Ratio(f64),
}
