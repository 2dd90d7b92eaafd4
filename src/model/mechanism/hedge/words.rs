//! Names that other tools have.

use crate::model::spec::word::{Word, word};

/// Names that other tools have, with hints.
#[rustfmt::skip]
pub(super) const WORDS: &[Word] = &[
    word(&["Hedge"], &["delay", "hedging_delay", "cutoff", "preconfigured_cutoff", "wait"],
        "that is `after` here"),
    word(&["Hedge"], &["percentile", "latency_percentile", "hedge_quantile", "delay_quantile"],
        "that is `quantile` here, a ratio: quantile: 0.95"),
    word(&["Hedge"], &["max_hedged_attempts", "max_hedges", "copies", "hedges"],
        "that is `max` here: copies beside the first"),
    word(&["Hedge"], &["max_attempts"],
        "write `max`, which does not count the first copy: max_attempts: 3 is max: 2"),
    word(&["Hedge"], &["non_fatal_status_codes", "should_handle", "retry_on", "cancel_if"],
        "that is `non_fatal` here: non_fatal: [Error, Timeout, Shed, Rejected]"),
    word(&["Hedge"], &["min_data_points", "rotate", "period"],
        "that is a part of `estimate` here: estimate: Rotating(period: \"10s\", minimum: 10)"),
    word(&["Hedge"], &["quantile_age", "execution_threshold"],
        "that is a part of `estimate` here: estimate: Moving(age: 100, minimum: 10)"),
    word(&["Hedge"], &["average_plus", "average_plus_amount", "average_plus_percentage",
        "hedge_time_factor"],
        "that is `average` here: average: Average(plus: \"20ms\"), average: Average(percent: 150)"),
    word(&["Hedge"], &["retry_throttling", "hedge_budget", "throttle"],
        "that is `budget` here, as in a retry: budget: Throttle(max_tokens: 10, token_ratio: 0.1)"),
    word(&["Hedge"], &["hedging_pushback", "retry_pushback"],
        "that is `pushback` here: pushback: Waits"),
    word(&["Estimate"], &["rotating_histogram", "histogram", "tower"],
        "that is Rotating(period: \"10s\", minimum: 10) here"),
    word(&["Estimate"], &["moving_quantile", "ewma", "failsafe"],
        "that is Moving(age: 100, minimum: 10) here"),
    word(&["Rotating", "Moving"], &["min_data_points", "min", "least", "execution_threshold"],
        "that is `minimum` here"),
    word(&["Average"], &["factor", "percentage"],
        "that is `percent` here, of the average, or `plus`, a time on top"),
    word(&["Average"], &["should_measure_errors", "errors"], "that is `failures` here"),
    word(&["Average"], &["window_size"], "that is `window` here"),
    word(&["Layer"], &["hedging", "hedging_policy", "hedge_policy", "backup_request",
        "backup_requests", "speculative_retry"],
        "that is Hedge(after: \"100ms\") here"),
    word(&[], &["hedge", "hedging", "hedging_policy"],
        "that is a layer of a policy: policy: [Hedge(after: \"100ms\")]"),
];
