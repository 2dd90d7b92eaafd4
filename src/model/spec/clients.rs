//! The scope of the state of a layer, where its caller is several clients.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whose state a call meets, where the caller is several `clients`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Scope {
    /// Each client has its own, as where every instance holds it in memory.
    #[default]
    Client,
    /// There is one for all clients, as where a proxy or a shared store holds it.
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
