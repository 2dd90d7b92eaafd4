//! A group of consumers as it is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::mechanism::Layer;
use crate::model::mechanism::backoff::spec::Backoff;
use crate::model::mechanism::balancer::spec::Balancing;

/// A group of consumers: each takes the oldest message, calls a service, and on failure waits and
/// publishes the message again at the tail, or dead-letters it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Consumer", deny_unknown_fields)]
pub struct Spec {
    /// The queue it takes from.
    pub from: String,
    /// Messages that are handled at once, at least 1.
    #[schemars(range(min = 1))]
    pub concurrency: u32,
    /// The service it calls for each message.
    pub to: String,
    /// Layers around that call, outermost first. Default none.
    #[serde(default)]
    pub policy: Vec<Layer>,
    /// How each attempt's replica is chosen, where the service has several. Default `RoundRobin`.
    #[serde(default)]
    pub balancing: Balancing,
    /// Deliveries of one message, the first included, at least 1; a message that fails at the last
    /// one is dead-lettered.
    #[schemars(range(min = 1))]
    pub max_deliveries: u32,
    /// Wait before a failed message is published again. Default none.
    #[serde(default)]
    pub backoff: Backoff,
    /// The consumer keeps its place during that wait, handling nothing else. Default true.
    #[serde(default = "yes")]
    pub backoff_holds_consumer: bool,
}

fn yes() -> bool {
    true
}
