//! A fault as it is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::time::Duration;
use crate::kernel::units::Ratio;

/// What goes wrong with a service in [from, until).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Fault", deny_unknown_fields)]
pub struct Spec {
    /// The service.
    pub service: String,
    /// Only this one of its replicas, from 1. Default: all of them.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub replica: Option<u32>,
    /// First instant of the fault.
    pub from: Duration,
    /// First instant after the fault, not before `from`; at `from` it has no effect.
    pub until: Duration,
    /// What goes wrong.
    pub effect: Effect,
    /// Ratio of attempts that meet the fault, drawn once for each, in [0, 1]. Default 1.
    #[serde(default = "Ratio::one")]
    pub ratio: Ratio,
}

/// What a fault does to the attempts that meet it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Effect {
    /// Work takes `factor` times as long while the fault lasts, that under way included.
    Slowed {
        /// At least 1, which has no effect.
        #[schemars(range(min = 1))]
        factor: f64,
    },
    /// An attempt that starts in a slot during the fault ends in an error after its time.
    Failing,
    /// Work stands still while the fault lasts and goes on after it; slots stay taken.
    Frozen,
    /// What waits or is worked on at `from` fails there; what comes during the fault is refused
    /// at once, as an error.
    Crashed,
}
