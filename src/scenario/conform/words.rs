//! Words that other tools use, and what stands for them here: one table.
//!
//! Names are compared in snake case, so `maxAttempts`, `max-attempts` and `MaxAttempts` are one
//! word. What a word means may depend on where it stands: on the struct, variant or enum around it.

/// What some words mean in some places.
struct Word {
    /// Structs, variants and enums; none for everywhere else.
    within: &'static [&'static str],
    names: &'static [&'static str],
    hint: &'static str,
}

const fn word(
    within: &'static [&'static str],
    names: &'static [&'static str],
    hint: &'static str,
) -> Word {
    Word { within, names, hint }
}

#[rustfmt::skip]
const WORDS: &[Word] = &[
    // Retry.
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
        "budget: RetryBudget(deposit: 0.2, capacity: 10) lets one request in five be retried; a \
         share of what is active is not there yet"),
    word(&["Retry"], &["retryable_status_codes", "retry_exceptions", "should_handle",
        "retry_on_result", "ignore_exceptions"],
        "that is `retry_on` here: retry_on: [Error, Timeout, Shed, Rejected]"),
    word(&["Exponential", "Decorrelated"], &["initial", "initial_interval", "initial_backoff",
        "initial_delay", "min", "delay", "wait", "interval", "base_interval"],
        "that is `base` here"),
    word(&["Exponential", "Decorrelated"], &["max", "max_interval", "max_backoff", "max_delay",
        "max_wait", "limit"],
        "that is `cap` here"),
    word(&["Exponential"], &["factor", "rate", "backoff_rate", "backoff_multiplier", "exponent"],
        "that is `multiplier` here"),
    word(&["Exponential"], &["randomized_wait_factor", "randomization_factor", "random"],
        "that is `jitter` here: jitter: Proportional(0.5)"),
    word(&["Backoff"], &["linear", "fibonacci", "polynomial"],
        "not there yet; nearest are Constant(\"1s\") and Exponential(base: \"1s\")"),
    word(&["Backoff"], &["fixed", "fixed_interval", "fixed_delay"],
        "that is Constant(\"1s\") here"),
    word(&["Backoff"], &["full_jitter", "exponential_jitter", "exponential_random"],
        "that is Exponential(base: \"100ms\", jitter: Full) here"),
    word(&["Backoff"], &["equal_jitter"],
        "that is Exponential(base: \"100ms\", jitter: Equal) here"),
    word(&["RetryBudget"], &["ratio", "percent", "budget_percent", "retry_ratio", "rate"],
        "that is `deposit` here: the tokens that each first attempt adds"),
    word(&["RetryBudget"], &["ttl", "min_retries_per_second", "reserve", "min_per_second"],
        "not there yet: this budget is filled by first attempts, not by time"),
    word(&["RetryBudget"], &["max_tokens", "tokens", "size"], "that is `capacity` here"),

    // Breaker.
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

    // Bulkhead.
    word(&["Bulkhead"], &["capacity", "size", "limit", "concurrency", "slots",
        "max_concurrent_calls", "max_concurrent", "max_concurrency", "max_concurrent_requests",
        "max_requests", "permit_limit", "max_connections", "pool_size", "maximum_pool_size",
        "max_pool_size", "core_size", "threads"],
        "that is `permits` here"),
    word(&["Bulkhead"], &["queue_limit", "max_pending_requests", "queue_capacity", "max_queue",
        "max_queue_size", "queue_size", "max_queued", "max_pending", "waiters"],
        "that is `queue` here"),
    word(&["Bulkhead"], &["max_wait", "max_wait_duration", "wait_timeout", "queue_timeout",
        "acquire_timeout", "connection_timeout", "timeout", "wait"],
        "the longest wait for a permit is not there yet: queue: 0 lets nobody wait, and a Timeout \
         outside bounds wait and work together"),

    // Layers.
    word(&["Layer"], &["circuit_breaker", "circuitbreaker"],
        "that is Breaker(window: 100, failure_threshold: 50, open_duration: \"60s\") here"),
    word(&["Layer"], &["time_limiter", "time_limit", "deadline"], "that is Timeout(\"1s\") here"),
    word(&["Layer"], &["retries", "retry_policy"], "that is Retry(max_retries: 3) here"),
    word(&["Layer"], &["concurrency_limit", "concurrency_limiter", "semaphore", "limiter",
        "thread_pool", "connection_pool", "pool"],
        "that is Bulkhead(permits: 25, queue: 0) here"),
    word(&["Layer"], &["rate_limiter", "rate_limit", "throttle", "token_bucket", "leaky_bucket"],
        "rate limits are not there yet; Bulkhead(permits: 25, queue: 0) bounds how many are \
         inside at once"),
    word(&["Layer"], &["adaptive_concurrency", "adaptive_throttle", "gradient", "aimd", "vegas"],
        "limits that adapt are not there yet; the nearest is Bulkhead(permits: 25, queue: 0)"),
    word(&["Layer"], &["hedge", "hedging"],
        "hedging is not there yet; the nearest is a Retry with a short Timeout inside it"),
    word(&["Layer"], &["load_shed", "load_shedder", "load_shedding"],
        "that is the `queue` of a service or of a Bulkhead: more are refused at once"),
    word(&["Layer"], &["outlier_detection", "load_balancer", "balancer"],
        "replicas and balancing are not there yet; the nearest is a Breaker for the whole service"),
    word(&["Layer"], &["fallback", "cache"],
        "not there yet; a service with time: Bimodal(..) is a cache in front of something slow"),

    // Service.
    word(&["Service"], &["capacity", "concurrency", "workers", "servers", "threads",
        "pool_size", "max_concurrency", "reserved_concurrency"],
        "what a service works on at once is `slots`; who may wait is `queue`"),
    word(&["Service"], &["replicas", "instances", "pods", "hosts", "nodes"],
        "replicas are not there yet: `slots` are those of all of them together"),
    word(&["Service"], &["latency", "duration", "service_time", "response_time"],
        "that is `time` here"),
    word(&["Service"], &["error_rate", "failure_rate", "errors", "error_ratio", "fail_prob",
        "failure_probability"],
        "that is `failure_ratio` here"),
    word(&["Service"], &["queue_limit", "queue_size", "queue_capacity", "max_queue",
        "max_queue_size", "backlog"],
        "that is `queue` here"),
    word(&["Service"], &["max_wait", "queue_timeout", "max_wait_duration"],
        "the longest wait in a line is not there yet: `queue` bounds how many wait"),
    word(&["Service"], &["calls", "depends_on", "dependencies", "downstream"],
        "calls of services are not there yet: each load calls one service"),

    // Queue and consumer.
    word(&["Queue"], &["size", "limit", "max_length", "length", "x_max_length", "depth",
        "max_depth", "max_size"],
        "that is `capacity` here"),
    word(&["Queue", "Consumer"], &["visibility_timeout", "ack_deadline", "ack_wait", "retry_delay",
        "redelivery_delay"],
        "the wait before a redelivery is a consumer's backoff: Constant(\"30s\"), with \
         backoff_holds_consumer: false; one that runs out during the work is not there yet"),
    word(&["Queue", "Consumer"], &["max_receive_count", "max_attempts", "max_retries", "retries",
        "attempts", "delivery_limit", "max_deliver"],
        "that is `max_deliveries` of a consumer, the first delivery included"),
    word(&["Queue", "Consumer"], &["dead_letter_queue", "dlq", "dead_letter", "redrive_policy",
        "dead_letter_exchange"],
        "a message is dead-lettered when it fails at the last of its `max_deliveries`"),
    word(&["Queue", "Consumer"], &["ttl", "message_ttl", "retention", "delay", "partitions",
        "fifo", "batch_size", "max_batch_size", "poll_interval", "max_poll_interval",
        "max_poll_records", "batch"],
        "not there yet"),
    word(&["Consumer"], &["workers", "count", "consumers", "replicas", "prefetch", "threads",
        "max_concurrency", "parallelism", "size"],
        "that is `concurrency` here"),
    word(&["Consumer"], &["queue"], "that is `from` here"),
    word(&["Consumer", "Call"], &["service", "target", "destination"], "that is `to` here"),

    // Load.
    word(&["Load"], &["rate", "rps", "qps", "requests_per_second", "throughput"],
        "that is a part of `arrivals`: arrivals: Poisson(rate: \"100/s\")"),
    word(&["Load"], &["users", "vus", "clients", "callers", "concurrency", "connections"],
        "callers who wait for their answers are a closed loop: \
         arrivals: ClosedLoop(callers: 10, think: Constant(\"1s\"))"),
    word(&["Load"], &["duration", "lasts", "end", "stop"], "that is `until` here, an instant"),
    word(&["Load"], &["requests", "count", "iterations", "size"], "that is `total` here"),
    word(&["Load"], &["slo", "sla", "latency_target"],
        "`deadline` is when a success counts as late; what must be so is `expect` of the scenario"),
    word(&["Load"], &["priority", "class", "weight"],
        "not there yet: all requests of a load are alike"),
    word(&["Arrivals"], &["ramp", "steps", "spike", "ramping_arrival_rate", "piecewise"],
        "that is Stages(stages: [Stage(lasts: \"30s\", rate: \"50/s\")]) here"),
    word(&["Arrivals"], &["closed", "constant_vus", "users"],
        "that is ClosedLoop(callers: 10, think: Constant(\"1s\")) here"),
    word(&["Arrivals"], &["uniform", "even", "constant_arrival_rate", "rate"],
        "that is Constant(rate: \"100/s\") here"),
    word(&["Distribution"], &["fixed", "deterministic"], "that is Constant(\"50ms\") here"),
    word(&["Distribution"], &["gaussian"], "that is Normal(mean: \"50ms\", sd: \"10ms\") here"),
    word(&["Distribution"], &["empirical", "histogram", "percentiles"],
        "that is Quantiles([(at: 0.5, value: \"50ms\"), (at: 0.99, value: \"200ms\")]) here"),

    // Fault.
    word(&["Fault"], &["kind", "type"], "that is `effect` here"),
    word(&["Fault"], &["start", "begin", "begins", "at"], "that is `from` here, an instant"),
    word(&["Fault"], &["end", "stop", "ends", "duration", "lasts"],
        "that is `until` here, the first instant after the fault"),
    word(&["Fault"], &["probability", "rate", "percentage", "fraction"], "that is `ratio` here"),
    word(&["Fault"], &["target", "to"], "that is `service` here"),
    word(&["Effect"], &["slow", "latency", "delay", "brownout"],
        "that is Slowed(factor: 10.0) here"),
    word(&["Effect"], &["error", "errors", "fail", "abort"], "that is Failing here"),
    word(&["Effect"], &["down", "outage", "kill", "crash"], "that is Crashed here"),
    word(&["Effect"], &["pause", "hang", "freeze", "stall"], "that is Frozen here"),
    word(&["Effect"], &["partition", "packet_loss", "network"],
        "a network is not there yet; the nearest are Frozen and Failing with a ratio"),

    // Everything else.
    word(&["Arm"], &["load"], "the load is the same in every arm: give it outside `arms`"),
    word(&["Scenario"], &["horizon", "time", "simulation_time", "run_for"],
        "that is `duration` here"),
    word(&["Scenario"], &["loads", "workload", "traffic", "clients"], "that is `load` here"),
    word(&["Scenario", "Arm"], &["rate_limits", "replicas", "autoscaler", "autoscaling",
        "network", "hosts"],
        "not there yet"),
    word(&["Scenario"], &["slo", "slos", "assertions", "thresholds", "checks"],
        "what must be so is `expect`: expect: [\"latency.end_to_end.p99 < 250ms\"]"),
    word(&["Scenario"], &["ignore", "suppress", "disable"],
        "that is `allow` here: names of lints that are not warned of"),
    word(&[], &["retries", "retires", "attempts", "retry", "retry_policy"],
        "a retry is a layer of a policy, `Retry(..)`: there, write max_retries (not counting the \
         first try) or max_attempts (counting it)"),
    word(&[], &["timeout", "tiemout", "timeouts", "per_try_timeout", "time_limiter"],
        "that is a layer of a policy: policy: [Timeout(\"120ms\")]"),
    word(&[], &["breaker", "circuit_breaker"],
        "that is a layer of a policy: policy: [Breaker(..)]"),
    word(&[], &["bulkhead", "max_concurrent_calls"],
        "that is a layer of a policy: policy: [Bulkhead(permits: 40)]"),
    word(&[], &["rate_limiter", "rate_limit", "hedge", "hedging", "fallback",
        "outlier_detection", "load_balancer"],
        "not there yet; the layers of a policy are Timeout, Retry, Breaker and Bulkhead"),
    word(&[], &["horizon"], "that is `duration`, a field of the scenario"),
];

/// What a word that stands `within` a struct, a variant or an enum has here instead.
pub(super) fn here(within: &str, name: &str) -> Option<&'static str> {
    let name = snake(name);
    let has = |word: &&Word| word.names.contains(&name.as_str());
    let mut words = WORDS.iter().filter(has);
    let own = words.clone().find(|word| word.within.contains(&within));
    own.or_else(|| words.find(|word| word.within.is_empty() && !is_enum(within)))
        .map(|word| word.hint)
}

/// Words for everywhere are of fields, and an enum has none.
fn is_enum(within: &str) -> bool {
    use crate::scenario::shape::{Definition, SHAPES};
    matches!(SHAPES.find(within), Some(Definition::Enum(_)))
}

/// `maxAttempts`, `Max-Attempts` and `MAX_ATTEMPTS` as `max_attempts`.
pub(super) fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut before = '_';
    for c in name.chars() {
        let begins = c.is_uppercase() && !before.is_uppercase() && before != '_';
        if begins {
            snake.push('_');
        }
        match c {
            '-' | '.' => snake.push('_'),
            c => snake.extend(c.to_lowercase()),
        }
        before = if matches!(c, '-' | '.') { '_' } else { c };
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::shape::{Definition, SHAPES};

    #[test]
    fn every_spelling_is_one_word() {
        for name in ["maxAttempts", "MaxAttempts", "max-attempts", "MAX_ATTEMPTS", "max_attempts"] {
            assert_eq!(snake(name), "max_attempts", "{name}");
        }
        assert_eq!(snake("waitDurationInOpenState"), "wait_duration_in_open_state");
        assert_eq!(snake("bulkhead.maxConcurrentCalls"), "bulkhead_max_concurrent_calls");
    }

    /// The fields of a struct or variant, or the variants of an enum, in snake case.
    fn known(within: &str) -> Vec<String> {
        match SHAPES.find(within) {
            Some(Definition::Enum(variants)) => {
                variants.iter().map(|variant| snake(&variant.name)).collect()
            }
            Some(Definition::Struct(fields)) => {
                fields.iter().map(|field| field.name.clone()).collect()
            }
            None => SHAPES.variant_fields(within).expect("a struct, an enum or a variant"),
        }
    }

    #[test]
    fn the_table_names_what_there_is_and_shadows_nothing() {
        for word in WORDS {
            for name in word.names {
                assert_eq!(snake(name), *name, "it is compared in snake case");
                for within in word.within {
                    assert_eq!(here(within, name), Some(word.hint), "{within}: {name}");
                    let is_known = known(within).iter().any(|other| other == name);
                    assert!(!is_known, "`{name}` is a word of `{within}` by now");
                }
                if word.within.is_empty() {
                    assert_eq!(here("Stage", name), Some(word.hint), "{name}");
                }
            }
            // What a hint quotes is a field of this release.
            for quoted in word.hint.split('`').skip(1).step_by(2) {
                let is_field = !SHAPES.homes(quoted).is_empty();
                assert!(is_field || quoted == "Retry(..)", "`{quoted}` in: {}", word.hint);
            }
        }
    }
}
