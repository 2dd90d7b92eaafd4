//! The figures of a run, under the names of the closed forms.

use dessim::metrics::probe::{EventKind, Record};
use dessim::metrics::summary::Metric;
use dessim::report::result::{ArmResult, Component, LatencySummary};
use dessim::scenario::schema::Scenario;

use crate::support::{count, latency, listen, ms, number, only, seeded};

/// Counts and sums of records in the window.
#[derive(Default)]
struct Records {
    sent: f64,
    completions: f64,
    wasted: f64,
    answered: f64,
    answered_ms: f64,
    backoff_ms: f64,
    failed: f64,
    failed_ms: f64,
}

impl Records {
    fn count(&mut self, record: &Record) {
        let ms = record.value as f64 / 1e6;
        match record.kind {
            EventKind::SENT => self.sent += 1.0,
            EventKind::ANSWERED | EventKind::ERRORED => {
                self.completions += 1.0;
                self.answered += 1.0;
                self.answered_ms += ms;
            }
            EventKind::WASTED => {
                self.completions += 1.0;
                self.wasted += 1.0;
            }
            EventKind::RETRIES => self.backoff_ms += ms,
            EventKind::FAILED => {
                self.failed += 1.0;
                self.failed_ms += ms;
            }
            _ => {}
        }
    }
}

/// One replication.
pub(super) struct Run {
    arm: ArmResult,
    records: Records,
    seconds: f64,
}

/// The quantile of a summary that the end of a figure's name states.
fn part(summary: LatencySummary, name: &str) -> f64 {
    ms(match name {
        _ if name.contains("_p50_") => summary.p50_ns,
        _ if name.contains("_p95_") => summary.p95_ns,
        _ if name.contains("_p99_") => summary.p99_ns,
        _ => summary.mean_ns,
    })
}

impl Run {
    pub(super) fn of(scenario: &Scenario, seed: u64, (from, until): (f64, f64)) -> Self {
        let mut records = Records::default();
        let from_ns = (from * 1e9) as u64;
        let result = listen(scenario, &seeded(seed), |_, _, record| {
            if record.at.as_ns() >= from_ns {
                records.count(record);
            }
        });
        Self { arm: only(&result).clone(), records, seconds: until - from }
    }

    fn component(&self, name: &str) -> &Component {
        &self.arm.components[name]
    }

    fn server(&self, name: &str) -> f64 {
        number(self.component("server"), name)
    }

    /// The line in front of servers: that of permits if there are any, or of the service itself.
    fn line(&self) -> (&Component, bool) {
        let permits = ["load.bulkhead", "threads"].into_iter();
        let mut permits = permits.filter_map(|name| self.arm.components.get(name));
        permits.next().map_or_else(|| (self.component("server"), false), |line| (line, true))
    }

    fn breaker(&self, name: &str) -> f64 {
        match self.component("load.breaker").get(name) {
            Some(Metric::Count(count)) => count as f64,
            Some(Metric::Time(time)) => time.as_ns() as f64,
            other => panic!("{name} is {other:?}"),
        }
    }

    fn is_broker(&self) -> bool {
        self.arm.components.contains_key("jobs")
    }

    /// The line for service: that of the service, or the queue of its consumers.
    fn wait(&self) -> LatencySummary {
        match self.is_broker() {
            true => latency(self.component("jobs"), "wait"),
            false => latency(self.line().0, "wait"),
        }
    }

    /// The figure that a case calls `name`.
    pub(super) fn figure(&self, name: &str) -> f64 {
        let (requests, records) = (&self.arm.requests, &self.records);
        let offered = requests.offered as f64;
        let ended = (requests.offered - requests.in_flight) as f64;
        let end_to_end = self.arm.latency.end_to_end;
        let outcome = self.arm.latency.outcome;
        match name {
            "utilization" if self.is_broker() => number(self.component("workers"), "utilisation"),
            "utilization" => self.server("utilisation"),
            "prob_wait" | "prob_wait_accepted" => self.server("waited_ratio"),
            "wait_mean_all_ms" => self.wait_of_all_ms(),
            _ if name.starts_with("wait_") => part(self.wait(), name),
            _ if name.starts_with("sojourn_") => part(end_to_end, name),
            "response_mean_ms" | "mean_latency_of_successes_ms" | "success_latency_mean_ms" => {
                ms(end_to_end.mean_ns)
            }
            "mean_caller_observed_ms" | "overall_latency_mean_ms" => ms(outcome.mean_ns),
            "failure_latency_ms" => records.failed_ms / records.failed,
            // In queue and at a consumer, over all deliveries of a message.
            "time_in_broker_mean_excl_delay_ms" | "request_sojourn_mean_excl_backoff_ms" => {
                ms(outcome.mean_ns) - records.backoff_ms / ended
            }
            "attempt_sojourn_mean_ms" => records.answered_ms / records.answered,
            "conditional_service_mean_ms" => ms(self.arm.latency.processing.mean_ns),
            "mean_in_system" => self.server("busy_mean") + self.server("waiting_mean"),
            "prob_wait_served" => number(self.line().0, "waited_ratio"),
            "mean_queue_len" => number(self.line().0, "waiting_mean"),
            "mean_waiting" | "mean_ready_queue" => number(self.component("jobs"), "depth_mean"),
            "mean_busy" => match self.line() {
                (permits, true) => number(permits, "permits_mean"),
                (server, false) => number(server, "busy_mean"),
            },
            // Requests between two attempts: all in flight minus those in a slot.
            "mean_orbit" => {
                let under_way = ms(outcome.mean_ns) / 1e3 * outcome.count as f64 / self.seconds;
                under_way - self.server("busy_mean")
            }
            "block_prob" => (requests.shed + requests.rejected) as f64 / offered,
            // One request of each has waited as long as it may and no place was ever refused.
            "admitted_per_s" => {
                count(self.component("load.rate_limit"), "admitted") as f64 / self.seconds
            }
            "reneged_fraction" => count(self.line().0, "reneged") as f64 / offered,
            "throughput_per_s" => records.completions / self.seconds,
            "wasted_completions_per_s" => records.wasted / self.seconds,
            "goodput_per_s" => self.arm.goodput_per_s.expect("a window"),
            "attempt_rate_per_s" => records.sent / self.seconds,
            "attempts_per_request" => self.arm.amplification.expect("requests"),
            "attempts_mean" => self.arm.amplification.expect("requests"),
            "attempts_var" => self.arm.attempts_variance.expect("requests"),
            "success"
            | "success_fraction"
            | "caller_success_fraction_if_deadline_covers_service" => {
                requests.succeeded as f64 / ended
            }
            "timeout_fraction" => self.arm.failed_by.timeout as f64 / ended,
            "p_attempt_timeout" => self.arm.attempts.timeouts as f64 / records.sent,
            "abandon_fraction" => self.arm.attempts.cancelled as f64 / ended,
            "final_failure" => 1.0 - requests.succeeded as f64 / ended,
            "drop_fraction" => requests.dropped as f64 / offered,
            "dlq_fraction" => requests.dead_lettered as f64 / ended,
            "dlq_per_s" => requests.dead_lettered as f64 / self.seconds,
            "deliveries_per_message" => {
                count(self.component("workers"), "deliveries") as f64 / offered
            }
            _ => self.figure_of_breaker(name),
        }
    }

    fn figure_of_breaker(&self, name: &str) -> f64 {
        let (records, offered) = (&self.records, self.arm.requests.offered as f64);
        match name {
            "mean_calls_to_trip" => {
                (records.sent - self.breaker("trials")) / self.breaker("closed")
            }
            "mean_cycle_ms" => 1e3 * self.seconds / self.breaker("closed"),
            "fraction_rejected_by_breaker" => self.breaker("rejected") / offered,
            "fraction_failed_by_service" => self.arm.attempts.errors as f64 / offered,
            "fraction_of_time_not_closed" => {
                let ns = self.breaker("time_open_ns") + self.breaker("time_half_open_ns");
                ns / 1e9 / self.seconds
            }
            // Each opening of a closed breaker ends with one closing.
            "closed_to_open_per_s" => self.breaker("closed") / self.seconds,
            "opens_incl_reopen_per_s" => self.breaker("opened") / self.seconds,
            _ => panic!("{name} is no figure that is measured"),
        }
    }

    /// Waits of served attempts, and longest waits of those that left the line.
    fn wait_of_all_ms(&self) -> f64 {
        let served = self.wait();
        let left = self.arm.attempts.cancelled as f64;
        let sum = ms(served.mean_ns) * served.count as f64 + left * 100.0;
        sum / (served.count as f64 + left)
    }
}
