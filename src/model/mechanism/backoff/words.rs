//! Names that other tools have.

use crate::model::spec::word::{Word, word};

/// Names that other tools have, with hints.
#[rustfmt::skip]
pub const WORDS: &[Word] = &[
    word(&["Exponential", "Linear", "Polynomial", "Decorrelated"], &["initial",
        "initial_interval", "initial_backoff",
        "initial_delay", "min", "delay", "wait", "interval", "base_interval"],
        "that is `base` here"),
    word(&["Exponential", "Linear", "Polynomial", "Decorrelated"], &["max",
        "max_interval", "max_backoff", "max_delay",
        "max_wait", "limit"],
        "that is `cap` here"),
    word(&["Exponential"], &["factor", "rate", "backoff_rate", "backoff_multiplier", "exponent"],
        "that is `multiplier` here"),
    word(&["Exponential"], &["randomized_wait_factor", "randomization_factor", "random"],
        "that is `jitter` here: jitter: Proportional(0.5)"),
    word(&["Linear"], &["increment", "offset"], "that is `step` here"),
    word(&["Polynomial"], &["exponent", "degree"], "that is `power` here"),
    word(&["Backoff"], &["fibonacci", "sequence", "intervals", "delays", "steps"],
        "give the waits: List(waits: [\"1s\", \"1s\", \"2s\", \"3s\", \"5s\"])"),
    word(&["Backoff"], &["polly", "decorrelated_jitter_backoff_v2", "exponential_with_jitter"],
        "that is Decorrelated(base: \"1s\", form: Smooth) here"),
    word(&["Backoff"], &["fixed", "fixed_interval", "fixed_delay"],
        "that is Constant(\"1s\") here"),
    word(&["Backoff"], &["full_jitter", "exponential_jitter", "exponential_random"],
        "that is Exponential(base: \"100ms\", jitter: Full) here"),
    word(&["Backoff"], &["equal_jitter"],
        "that is Exponential(base: \"100ms\", jitter: Equal) here"),
];
