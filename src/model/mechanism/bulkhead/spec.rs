//! A bulkhead as it is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::units::Limit;

/// Lets so many through at once; the rest wait in line, first come first served.
/// `Bulkhead()` is resilience4j's: 25 permits, and nobody waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Bulkhead", deny_unknown_fields)]
#[schemars(inline)]
pub struct Spec {
    /// Permits, at least 1. Default 25.
    #[serde(default = "permits")]
    #[schemars(range(min = 1))]
    pub permits: u32,
    /// Who may wait for a permit; more are rejected at once. Default "unlimited", or 0 where
    /// `permits` is not given either.
    #[serde(default)]
    pub queue: Limit,
}

fn permits() -> u32 {
    25
}
