//! The interface through which a specification builds its machine.

use crate::kernel::draw::Site;
use crate::kernel::simulation::Delay;
use crate::kernel::time::{Duration, Instant};
use crate::kernel::units::Limit;
use crate::model::mechanism::Machines;

/// The world under construction, from the view of one component.
pub trait Building {
    /// The site of the component's draws for a purpose.
    fn site(&self, purpose: &str) -> Site;

    /// A constant delay.
    fn constant(&mut self, duration: Duration) -> Delay;

    /// End of the warm-up, from which measurements count.
    fn measured_from(&self) -> Instant;

    /// Number of the component's states, if each client may have its own.
    fn states(&self) -> u32;

    /// Numbers of the classes of this name, of all loads.
    fn classes(&self, name: &str) -> Vec<u32>;

    /// The machines of the world.
    fn machines(&mut self) -> &mut Machines;
}

/// A limit as a number for machines: `u64::MAX` means no limit.
#[must_use]
pub const fn limit(limit: Limit) -> u64 {
    match limit {
        Limit::Unlimited => u64::MAX,
        Limit::AtMost(most) => most,
    }
}
