//! A circuit breaker as it is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::time::Duration;

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
    /// Which results enter the window. Default `Outcomes`.
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
