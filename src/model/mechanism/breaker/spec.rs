//! A circuit breaker as it is written: values, rules and the words of other tools.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Breaker;
use super::lints;
use crate::kernel::distribution::InvalidDistribution;
use crate::kernel::time::Duration;
use crate::model::mechanism::Kind;
use crate::model::spec::building::Building;
use crate::model::spec::declaration::Declaration;
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::layer::LayerSpec;
use crate::model::spec::system::{self, Around};
use crate::model::spec::word::{Word, word};

/// Refuses calls for a while when too many failed. The defaults are resilience4j's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Breaker", deny_unknown_fields)]
#[schemars(inline)]
pub struct Spec {
    /// Results looked at: the latest this many, at least 1. Default 100.
    #[serde(default = "window_of_results")]
    #[schemars(range(min = 1))]
    pub window: u32,
    /// Failures in a full window that open it, from 1 to `window`. Default half of `window`.
    #[serde(default = "half_of_the_window")]
    #[schemars(range(min = 1))]
    pub failure_threshold: u32,
    /// How long it refuses, above 0; each further result that finds the window bad starts the
    /// time again. Then it admits everything: there is no half-open state. Default 60s.
    #[serde(default = "one_minute")]
    #[schemars(extend("dessim:positive" = true))]
    pub open_duration: Duration,
    /// Which results enter the window: what comes up through the breaker, or every attempt of the
    /// first `Retry` inside it. Default `Outcomes`.
    #[serde(default)]
    pub records: Records,
}

fn window_of_results() -> u32 {
    100
}

fn half_of_the_window() -> u32 {
    window_of_results() / 2
}

fn one_minute() -> Duration {
    Duration::from_s(60)
}

/// Which results enter a breaker's window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Records {
    /// What comes up through the breaker: one result each time it let something through.
    #[default]
    Outcomes,
    /// Every attempt that the `Retry` inside it makes, while it still admits once a call.
    Attempts,
}

impl LayerSpec for Spec {
    fn build(&self, world: &mut dyn Building) -> Result<(Kind, u32), InvalidDistribution> {
        let breaker = Breaker::new(
            self.window,
            self.failure_threshold,
            self.open_duration,
            self.records == Records::Outcomes,
            world.measured_from(),
        );
        Ok(world.machines().add(breaker))
    }

    fn part_behind_retry(&self) -> Option<u32> {
        (self.records == Records::Attempts).then_some(super::REPORTS)
    }

    /// A threshold that is left out is half of the window, whatever that is.
    fn fill_defaults(&mut self, written: &dyn Fn(&str) -> bool) {
        if !written("failure_threshold") {
            self.failure_threshold = self.window.div_ceil(2);
        }
    }

    fn check(&self, around: &Around<'_>, findings: &mut Vec<Finding>) {
        let Self { window, failure_threshold, records, .. } = self;
        if failure_threshold > window {
            let rule = format!("can never open: must be at most `window`, {window}");
            let found = format!("found {failure_threshold}");
            let place = [Segment::field("failure_threshold")];
            findings.push(Finding::error(&place, rule, found));
        }
        let retries_inside = system::attempts(around.inside()).is_some();
        if *records == Records::Attempts && !retries_inside {
            let rule = "`Attempts` needs a `Retry` further inside this policy";
            let finding = Finding::error(
                &[Segment::field("records")],
                rule,
                "no `Retry` follows this breaker",
            );
            let hint = "put the `Retry` behind the breaker, or record `Outcomes`";
            findings.push(finding.hint(hint));
        }
    }

    fn lint(&self, around: &Around<'_>, findings: &mut Vec<Finding>) {
        findings.extend(lints::keeps_itself_open(self, around));
    }

    fn refuses_for(&self) -> Option<Duration> {
        Some(self.open_duration)
    }
}

/// What is known of it outside a run.
pub static DECLARATION: Declaration =
    Declaration { name: "Breaker", kind: "breaker", lints: lints::LINTS, words: WORDS };

/// What other tools call its parts.
#[rustfmt::skip]
const WORDS: &[Word] = &[
    word(&["Breaker"], &["failure_rate", "failure_rate_threshold", "failure_ratio", "error_rate",
        "error_threshold_percentage", "threshold", "failures", "error_threshold", "max_failures"],
        "`failure_threshold` counts failures among the latest `window` results: 50 % of 100 is \
         window: 100, failure_threshold: 50"),
    word(&["Breaker"], &["consecutive_failures", "consecutive_errors", "consecutive_5xx",
        "consecutive_gateway_failure"],
        "n failures in a row are window: n, failure_threshold: n"),
    word(&["Breaker"], &["sliding_window_size", "window_size", "size", "ring_buffer_size"],
        "that is `window` here: the latest so many results"),
    word(&["Breaker"], &["sliding_window_type", "sampling_duration", "interval", "rolling_window",
        "metrics_window", "window_duration", "bucket_period"],
        "a window of time is not there yet: `window` counts results"),
    word(&["Breaker"], &["minimum_number_of_calls", "minimum_throughput", "min_calls",
        "request_volume_threshold", "min_requests", "minimum_calls"],
        "not there yet: it opens only when its `window` is full"),
    word(&["Breaker"], &["wait_duration_in_open_state", "sleep_window", "break_duration",
        "sleep_window_in_milliseconds", "reset_timeout", "recovery_timeout", "open_for",
        "base_ejection_time", "wait_duration", "timeout", "open_timeout"],
        "that is `open_duration` here"),
    word(&["Breaker"], &["permitted_number_of_calls_in_half_open_state", "half_open",
        "half_open_max_calls", "half_open_max_requests", "max_requests", "success_threshold",
        "max_wait_duration_in_half_open_state", "half_open_requests", "probes"],
        "a half-open state is not there yet: after `open_duration` it admits everything"),
    word(&["Breaker"], &["slow_call_rate_threshold", "slow_call_duration_threshold",
        "slow_calls", "slow_call_rate"],
        "slow calls are not there yet; a Timeout inside the breaker makes them failures"),
    word(&["Breaker"], &["record_exceptions", "ignore_exceptions", "should_handle"],
        "not there yet: all but a success counts, of outcomes or attempts as `records` says"),
    word(&["Layer"], &["circuit_breaker", "circuitbreaker"],
        "that is Breaker(window: 100, failure_threshold: 50, open_duration: \"60s\") here"),
    word(&[], &["breaker", "circuit_breaker"],
        "that is a layer of a policy: policy: [Breaker(..)]"),
];
