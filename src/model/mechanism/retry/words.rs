//! Names that other tools have.

use crate::model::spec::word::{Word, word};

/// Names that other tools have, with hints.
#[rustfmt::skip]
pub(super) const WORDS: &[Word] = &[
    word(&["Retry"], &["retries", "retires", "attempts", "max", "count", "tries", "max_tries"],
        "write max_retries (not counting the first try) or max_attempts (counting it)"),
    word(&["Retry"], &["max_retry_attempts", "num_retries", "number_of_retries", "retry_count",
        "retry_limit", "limit"],
        "that is `max_retries` here, which does not count the first try"),
    word(&["Retry"], &["base", "initial", "initial_interval", "initial_backoff", "initial_delay",
        "min_backoff", "base_interval", "delay", "wait", "wait_duration", "interval"],
        "a part of the backoff, `base`: backoff: Exponential(base: \"100ms\", cap: \"1s\")"),
    word(&["Retry"], &["cap", "max_backoff", "max_interval", "max_delay", "max_wait",
        "max_wait_duration"],
        "a part of the backoff, `cap`: backoff: Exponential(base: \"100ms\", cap: \"1s\")"),
    word(&["Retry"], &["multiplier", "backoff_multiplier", "backoff_rate", "factor",
        "exponential_backoff_multiplier"],
        "a part of the backoff: backoff: Exponential(base: \"100ms\", multiplier: 2.0)"),
    word(&["Retry"], &["jitter", "use_jitter", "randomized_wait_factor", "randomization_factor"],
        "a part of the backoff: backoff: Exponential(base: \"100ms\", jitter: Proportional(0.5))"),
    word(&["Retry"], &["timeout", "per_try_timeout", "per_retry_timeout", "attempt_timeout",
        "try_timeout"],
        "a layer inside the retry bounds each try: policy: [Retry(..), Timeout(\"1s\")]"),
    word(&["Retry"], &["retry_budget", "budget_percent", "retry_ratio", "min_retry_concurrency"],
        "that is `budget` here: Rolling(ratio: 0.2) as Finagle, Concurrent(min: 3, ratio: 0.2) as \
         Envoy"),
    word(&["Retry"], &["max_elapsed_time", "max_duration", "total_timeout", "stop_after_delay",
        "stop_before_delay", "retry_for", "max_delay_total"],
        "that is `time_limit` here"),
    word(&["Retry"], &["retry_after", "respect_retry_after_header", "honor_retry_after",
        "should_retry_after_header", "retry_pushback"],
        "that is `pushback` here: pushback: Replaces()"),
    word(&["Retry"], &["rate_limited_retry_back_off", "throttling_backoff"],
        "that is `shed_backoff` here, or pushback: Spread()"),
    word(&["Retry"], &["retry_throttling", "throttle"],
        "that is budget: Throttle(max_tokens: 10, token_ratio: 0.1) here"),
    word(&["Retry"], &["retryable_status_codes", "retry_exceptions", "should_handle",
        "retry_on_result", "ignore_exceptions"],
        "that is `retry_on` here: retry_on: [Error, Timeout, Shed, Rejected]"),
    word(&["Layer"], &["retries", "retry_policy"], "that is Retry(max_retries: 3) here"),
    word(&[], &["retries", "retires", "attempts", "retry", "retry_policy"],
        "a retry is a layer of a policy, `Retry(..)`: there, write max_retries (not counting the \
         first try) or max_attempts (counting it)"),
];
