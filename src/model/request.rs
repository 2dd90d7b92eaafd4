//! What belongs to a request from its arrival to its end, and is drawn for it alone: every call
//! that is made for it, and every attempt, finds the same.
//!
//! Nothing of it is kept with the call: a draw is a function of the load and of the number of the
//! request in it.

use crate::kernel::draw::Site;
use crate::kernel::time::{Duration, Instant};
use crate::kernel::zipf::Zipf;
use crate::model::call::Call;
use crate::model::seat::ComponentId;

/// Where something of a request is drawn. In a branch of a run that was split, requests that have
/// arrived before keep what they have.
#[derive(Clone, Debug)]
pub struct RequestSite {
    /// Sites, with the first instant of arrival that draws there.
    sites: Vec<(Instant, Site)>,
}

impl RequestSite {
    /// Every request draws at `site`.
    #[must_use]
    pub fn new(site: Site) -> Self {
        Self { sites: vec![(Instant::ZERO, site)] }
    }

    /// The site of the request of a call.
    #[inline]
    #[must_use]
    pub fn of(&self, call: &Call) -> Site {
        let mut latest = self.sites.iter().rev();
        let site = latest.find(|(since, _)| *since <= call.arrived);
        site.unwrap_or(&self.sites[0]).1
    }

    /// Requests that arrive after `now` draw anew, in a branch of a run that was split.
    pub fn fork(&mut self, branch: u64, now: Instant) {
        let (_, site) = self.sites[self.sites.len() - 1];
        self.sites.push((now.saturating_add(Duration::from_ns(1)), site.fork(branch)));
    }
}

/// The keys of the requests of one load: what they are about, by number from 1.
#[derive(Clone, Debug)]
pub struct Keys {
    /// By which law.
    pub law: Zipf,
    /// Where they are drawn.
    pub site: RequestSite,
}

/// The keys of all loads that have some.
#[derive(Clone, Debug, Default)]
pub struct AllKeys {
    loads: Vec<(ComponentId, Keys)>,
}

impl AllKeys {
    /// The requests of a load have keys.
    pub fn add(&mut self, load: ComponentId, keys: Keys) {
        self.loads.push((load, keys));
    }

    /// The key of the request that a call is made for, if it has one.
    #[must_use]
    pub fn of(&self, call: &Call) -> Option<u64> {
        let (_, keys) = self.loads.iter().find(|(load, _)| *load == call.load)?;
        Some(keys.law.draw(keys.site.of(call), call.index))
    }

    /// Draws anew for requests that arrive after `now`, in a branch of a run that was split.
    pub fn fork(&mut self, branch: u64, now: Instant) {
        self.loads.iter_mut().for_each(|(_, keys)| keys.site.fork(branch, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::call::Calls;
    use crate::model::seat::NONE;

    #[test]
    fn who_has_arrived_before_a_split_keeps_its_draws() {
        let at = Instant::from_ns;
        let arrived = |ns| {
            let mut calls = Calls::new(0);
            let id = calls.add_request(0, (0, 0), at(ns), NONE, true);
            calls[id]
        };
        let before = RequestSite::new(Site::new(1, "web", "key"));
        let [mut one, mut two] = [before.clone(), before.clone()];
        one.fork(1, at(10));
        two.fork(2, at(10));
        let of = |sites: &RequestSite, ns| sites.of(&arrived(ns));
        assert_eq!([of(&one, 10), of(&two, 10)], [of(&before, 10); 2]);
        assert_ne!(of(&one, 11), of(&before, 11));
        assert_ne!(of(&one, 11), of(&two, 11));
    }
}
