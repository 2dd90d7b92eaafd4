//! A queue as it is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::units::Limit;

/// A queue of messages between publishers and consumers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Queue", deny_unknown_fields)]
pub struct Spec {
    /// Messages that may wait (those at consumers do not count), at least 1; a message that finds
    /// it full is dropped, and counted. Default "unlimited".
    #[serde(default)]
    #[schemars(extend("minimum" = 1))]
    pub capacity: Limit,
}
