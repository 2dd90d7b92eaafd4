//! Worlds that go on in several ways: a copy of everything, with other luck from then on.
//!
//! What has been drawn stays drawn: work in a slot ends when it would have, and the next arrival is
//! the one that is due. Everything that is drawn later is drawn at another site. Whether an
//! attempt meets a fault is asked more than once and must be answered alike, so it goes on to
//! depend on its request alone; requests that arrive later have other keys in each branch. What
//! belongs to a request for all of its life stays that of those that have arrived.

use super::seat::ComponentId;
use super::world::World;
use crate::kernel::calendar::Calendar;
use crate::metrics::probe::Probe;

impl<C: Calendar + Clone, P: Probe + Clone> World<C, P> {
    /// The same world with other luck: a function of this one and of `branch`.
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
    /// How much is under way: at the service or in the queue, or everywhere, with every wait and
    /// every timer.
    #[must_use]
    pub fn under_way(&self, component: Option<ComponentId>) -> u64 {
        let everywhere = (self.cx.calls.len() + self.cx.timers.len()) as u64;
        let Some(component) = component else {
            return everywhere;
        };
        self.machines.inside(&self.seats[self.homes[component as usize]]).unwrap_or(everywhere)
    }

    /// True if it can be told how much is under way at this component.
    #[must_use]
    pub fn is_counted(&self, component: ComponentId) -> bool {
        self.machines.inside(&self.seats[self.homes[component as usize]]).is_some()
    }
}
