//! Branches of a run: copies of a world with other draws from then on.
//!
//! Past draws are kept: work in a slot ends as drawn, and the next arrival is the one that is due.
//! Later draws are made at another site. Whether an attempt meets a fault is drawn more than once
//! and must come out the same, so it still depends on its request alone; requests that arrive later
//! have other keys in each branch. Properties of a request for all of its life are kept for the
//! requests that have arrived.

use super::seat::ComponentId;
use super::world::World;
use crate::kernel::calendar::Calendar;
use crate::metrics::probe::Probe;

impl<C: Calendar + Clone, P: Probe + Clone> World<C, P> {
    /// A copy of the world with other draws, as a function of this world and of `branch`.
    #[must_use]
    pub fn fork(&self, branch: u64) -> Self {
        let mut other = self.clone();
        other.machines.fork(branch);
        let now = other.cx.now();
        other.cx.keys.fork(branch, now);
        other.cx.classes.fork(branch, now);
        other
    }
}

impl<C: Calendar, P: Probe> World<C, P> {
    /// Number of calls under way at this service or in this queue; with `None`, or at another kind
    /// of component, number of all calls and timers.
    #[must_use]
    pub fn under_way(&self, component: Option<ComponentId>) -> u64 {
        let everywhere = (self.cx.calls.len() + self.cx.timers.len()) as u64;
        let Some(component) = component else {
            return everywhere;
        };
        self.machines.inside(&self.seats[self.homes[component as usize]]).unwrap_or(everywhere)
    }

    /// True if this component counts its calls under way: it is a service or a queue.
    #[must_use]
    pub fn is_counted(&self, component: ComponentId) -> bool {
        self.machines.inside(&self.seats[self.homes[component as usize]]).is_some()
    }
}
