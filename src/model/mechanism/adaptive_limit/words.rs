//! Names that other tools have for parts of an adaptive limit.

use crate::model::spec::word::{Word, word};

/// Names that other tools have, with hints.
#[rustfmt::skip]
pub(super) const WORDS: &[Word] = &[
    word(&["AdaptiveLimit"], &["limit", "initial_limit", "min_limit", "max_limit", "initial",
        "min", "max", "max_concurrency"],
        "that is a part of `algorithm`: algorithm: Gradient2(initial: 20, min: 20, max: 200)"),
    word(&["AdaptiveLimit"], &["backlog_size", "backlog", "max_backlog_size"],
        "that is `queue` here"),
    word(&["AdaptiveLimit"], &["backlog_timeout", "timeout"],
        "the longest wait in line is `max_wait` here"),
    word(&["AdaptiveLimit"], &["window", "window_size"],
        "that is `windowed` here: windowed: Windowed(min: \"1s\", max: \"1s\", samples: 10)"),
    word(&["Aimd", "Gradient2", "Vegas"], &["initial_limit"], "that is `initial` here"),
    word(&["Aimd", "Gradient2"], &["min_limit"], "that is `min` here"),
    word(&["Aimd", "Gradient2", "Vegas"], &["max_limit", "max_concurrency"],
        "that is `max` here"),
    word(&["Partition"], &["percent", "ratio", "weight"], "that is `share` here"),
    word(&["Partition"], &["backoff_millis", "reject_delay", "partition_reject_delay"],
        "that is `delay` here"),
    word(&["AdaptiveLimit"], &["max_delayed_threads"], "that is `max_delayed` here"),
    word(&["AdaptiveLimit"], &["partition", "partition_by_header"],
        "that is `partitions` here: partitions: {\"live\": Partition(share: 0.9)}"),
    word(&["Aimd"], &["backoff_ratio"], "that is `backoff` here"),
    word(&["Gradient2"], &["queue_size"], "that is `queue` here"),
    word(&["Gradient2"], &["rtt_tolerance"], "that is `tolerance` here"),
    word(&["EnvoyGradient"], &["concurrency_update_interval"], "that is `update_interval` here"),
    word(&["EnvoyGradient"], &["interval", "min_rtt_calc_params"], "that is `measure_every` here"),
    word(&["EnvoyGradient"], &["request_count"], "that is `requests` here"),
    word(&["EnvoyGradient"], &["sample_aggregate_percentile"], "that is `percentile` here: 0.5"),
    word(&["EnvoyGradient"], &["min_concurrency"], "that is `min` here"),
    word(&["EnvoyGradient"], &["max_concurrency_limit"], "that is `max` here"),
    word(&["Windowed"], &["window_size"], "that is `samples` here"),
    word(&["Windowed"], &["min_window_time"], "that is `min` here"),
    word(&["Windowed"], &["max_window_time"], "that is `max` here"),
    word(&["Windowed"], &["min_rtt_threshold"], "that is `shortest` here"),
    word(&["Layer"], &["adaptive_concurrency", "concurrency_limits", "vegas", "gradient",
        "gradient2", "aimd", "adaptive_limiter"],
        "that is AdaptiveLimit(algorithm: Gradient2()) here"),
];
