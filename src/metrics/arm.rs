//! The metrics of a whole arm: its requests, their attempts and latencies, wasted work.
//!
//! The metrics of components are declared beside their code.

use super::declare::Quantity;
use super::names::Kind;

/// Ratios that are not in the data, because readers can divide its counts.
pub mod derived {
    crate::metrics! {
        /// `requests.succeeded` over `requests.offered`; no value without requests. Not in the JSON
        /// of a run, which has both
        SUCCEEDED_RATIO: Ratio = "succeeded_ratio";
    }
}

crate::metrics! {
    /// Requests that arrived
    OFFERED: Count = "requests.offered", "requests offered";
    /// Requests that succeeded in time
    SUCCEEDED: Count = "requests.succeeded", "requests succeeded";
    /// Requests that succeeded after the load's deadline
    LATE: Count = "requests.late", "requests late";
    /// Requests whose call ended in an error or a timeout
    FAILED: Total = "requests.failed";
    /// Requests whose last try was refused by a policy, unsent
    REJECTED: Count = "requests.rejected", "requests rejected";
    /// Requests whose last try was refused by a server
    SHED: Count = "requests.shed", "requests shed";
    /// Messages lost on a full queue, when they were published or published again
    DROPPED: Count = "requests.dropped", "requests dropped";
    /// Messages given up by a consumer after their last delivery
    DEAD_LETTERED: Count = "requests.dead_lettered", "requests dead-lettered";
    /// Requests unfinished when the run ended; over time, at the end of the bin
    IN_FLIGHT: Present = "requests.in_flight", "requests in flight";
    /// Failed requests whose last attempt ended in an error of the service; a crash is one
    FAILED_BY_ERROR: Count = "failed_by.error", "requests failed in an error";
    /// Failed requests that a timeout ended: that of the last attempt, or one of the whole call
    FAILED_BY_TIMEOUT: Count = "failed_by.timeout", "requests failed in a timeout";
    /// Attempts sent
    ATTEMPTS: Total = "attempts.total";
    /// Attempts that ended badly: `timeouts` + `errors` + those refused by a server
    ATTEMPTS_FAILED: Total = "attempts.failed";
    /// Attempts after the first of a request ("retries sent" on the page). A `retry` layer counts
    /// what it decides
    RETRIES: Total = "attempts.retries";
    /// Attempts given up by the caller, by whichever timeout. One that fires during a backoff or in
    /// line for a permit gives up no attempt
    TIMEOUTS: Total = "attempts.timeouts";
    /// Attempts answered with an error, or failed by a crash
    ERRORS: Total = "attempts.errors";
    /// Attempts stopped or dropped by the server because the caller had left; part of `timeouts`
    CANCELLED: Total = "attempts.cancelled";
    /// Attempts per offered request; no value without requests
    AMPLIFICATION: Number = "amplification";
    /// Sample variance (divisor n - 1) of the attempts per offered request; requests in flight
    /// count with the attempts sent so far. No value with fewer than two requests
    ATTEMPTS_VARIANCE: Number = "attempts_variance";
    /// Succeeded requests per second of measured virtual time: from the end of the warm-up to
    /// `end_ns`. No value when that is zero
    GOODPUT: Rate = "goodput";
    /// of succeeded requests, from arrival to success
    END_TO_END: Latencies = "latency.end_to_end", "latency of the requests that succeeded";
    /// of succeeded requests, from pick-up of the successful attempt to success
    PROCESSING: Latency = "latency.processing";
    /// of every request that ended, with any outcome, from arrival to end
    OUTCOME: Latency = "latency.outcome";
    /// Ratio of the succeeded requests whose `end_to_end` was more than ten times its median; no
    /// value without any. Exact to the width of a bucket where quantiles are not exact
    SLOW_RATIO: Ratio = "latency.slow_ratio";
    /// Time in slots of attempts whose caller had left by their end. With `cancellation: Immediate`
    /// it is the time until the attempt was stopped
    WASTED_WORK: Elapsed = "wasted.work";
    /// The part of `work_ns` that was spent after the caller had left
    AFTER_LEAVING: Elapsed = "wasted.after_leaving";
    /// `work_ns` over all time in slots; no value when there was none
    WASTED_RATIO: Ratio = "wasted.ratio";
    /// Events dispatched in this arm
    EVENTS: Total = "events";
    /// The last instant of this arm
    END: Elapsed = "end";
}

/// The numbers of a distribution.
pub mod part {
    crate::metrics! {
        /// Samples
        COUNT: Total = "count";
        /// Arithmetic mean, to the nearest nanosecond
        MEAN: Elapsed = "mean";
        /// Sample standard deviation (divisor `count` - 1), to the nearest nanosecond; no value
        /// with fewer than two samples
        SD: Elapsed = "sd";
        /// Smallest
        MIN: Elapsed = "min";
        /// Median
        P50: Elapsed = "p50";
        /// Quantile 0.9
        P90: Elapsed = "p90";
        /// Quantile 0.95
        P95: Elapsed = "p95";
        /// Quantile 0.99
        P99: Elapsed = "p99";
        /// Quantile 0.999
        P999: Elapsed = "p999";
        /// Largest
        MAX: Elapsed = "max";
    }

    /// True if one long time can change the part of this name.
    #[must_use]
    pub fn follows_tail(name: &str) -> bool {
        [&MEAN, &P999, &MAX].iter().any(|part| part.has(name))
    }
}

/// The quantities of an arm: the derived ones, then those of the data, in its order.
pub fn quantities() -> impl Iterator<Item = &'static Quantity> {
    derived::METRICS.iter().chain(METRICS).copied()
}

/// The numbers of an arm, in the same order.
pub fn numbers() -> impl Iterator<Item = (&'static str, Kind)> {
    quantities().flat_map(Quantity::numbers)
}

/// The quantities of a distribution, in the order of the data.
pub fn part_quantities() -> impl Iterator<Item = &'static Quantity> {
    part::METRICS.iter().copied()
}

/// The numbers of a distribution.
pub fn parts() -> impl Iterator<Item = (&'static str, Kind)> {
    part_quantities().flat_map(Quantity::numbers)
}
