//! The scope of the state of a layer, where its caller is several clients.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The scope of the state of a layer, if the caller has several `clients`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Scope {
    /// Each client has its own, as when each instance keeps it in memory.
    #[default]
    Client,
    /// All clients share one, as when a proxy or a shared store keeps it.
    Shared,
}

impl Scope {
    /// True if it is the default: each client has its own.
    #[must_use]
    pub fn is_client(&self) -> bool {
        *self == Self::Client
    }
}

/// The default number of clients.
#[must_use]
pub const fn one() -> u32 {
    1
}

/// True if there is one client.
#[must_use]
pub const fn is_one(clients: &u32) -> bool {
    *clients == 1
}
