//! A timeout as it is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::time::Duration;

/// Gives up on what is inside after this long (above 0). Outside a `Retry` it bounds the whole
/// call, inside it each attempt; what stands outside it, a bulkhead's queue say, is not timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Timeout", transparent)]
#[schemars(inline)]
pub struct Spec {
    /// How long it waits for what is inside.
    #[schemars(extend("dessim:positive" = true))]
    pub after: Duration,
}
