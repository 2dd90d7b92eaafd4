//! What a specification is handed to build its machine.

use crate::kernel::draw::Site;
use crate::kernel::simulation::Delay;
use crate::kernel::time::{Duration, Instant};
use crate::kernel::units::Limit;
use crate::model::mechanism::Machines;

/// The world that is being built, as one component sees it.
pub trait Building {
    /// Where the component draws for a purpose.
    fn site(&self, purpose: &str) -> Site;

    /// A delay that is always the same.
    fn constant(&mut self, duration: Duration) -> Delay;

    /// From here on it counts.
    fn measured_from(&self) -> Instant;

    /// How many states it has of what may be each client's own.
    fn states(&self) -> u32;

    /// The machines of the world.
    fn machines(&mut self) -> &mut Machines;
}

/// A limit as machines have it: `u64::MAX` is none.
#[must_use]
pub const fn limit(limit: Limit) -> u64 {
    match limit {
        Limit::Unlimited => u64::MAX,
        Limit::AtMost(most) => most,
    }
}
