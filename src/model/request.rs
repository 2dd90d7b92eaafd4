//! Drawn properties of a request, the same for all of its calls and attempts.
//!
//! They are not stored: a draw is a function of the load and of the request's number within it.

use crate::kernel::draw::Site;
use crate::kernel::time::{Duration, Instant};
use crate::kernel::zipf::Zipf;
use crate::model::call::Call;
use crate::model::seat::ComponentId;

/// The site of a property of requests. In a branch of a split run, requests that have arrived
/// before the split keep their site.
#[derive(Clone, Debug)]
pub struct RequestSite {
    /// Sites, each with the first instant of arrival of its requests.
    sites: Vec<(Instant, Site)>,
}

impl RequestSite {
    /// The site `site` for all requests.
    #[must_use]
    pub fn new(site: Site) -> Self {
        Self { sites: vec![(Instant::ZERO, site)] }
    }

    /// The site for the request of a call.
    #[inline]
    #[must_use]
    pub fn of(&self, call: &Call) -> Site {
        let mut latest = self.sites.iter().rev();
        let site = latest.find(|(since, _)| *since <= call.arrived);
        site.unwrap_or(&self.sites[0]).1
    }

    /// Draws at another site for requests that arrive after `now`, in a branch of a split run.
    pub fn fork(&mut self, branch: u64, now: Instant) {
        let (_, site) = self.sites[self.sites.len() - 1];
        self.sites.push((now.saturating_add(Duration::from_ns(1)), site.fork(branch)));
    }
}

/// The keys of the requests of one load, numbers from 1.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Law of the keys.
    pub law: Zipf,
    /// Site of the draws.
    pub site: RequestSite,
}

/// The keys of all loads that have keys.
#[derive(Clone, Debug, Default)]
pub struct AllKeys {
    loads: Vec<(ComponentId, Keys)>,
}

impl AllKeys {
    /// Gives the requests of a load keys.
    pub fn add(&mut self, load: ComponentId, keys: Keys) {
        self.loads.push((load, keys));
    }

    /// The key of the request of a call, if it has one.
    #[must_use]
    pub fn of(&self, call: &Call) -> Option<u64> {
        let (_, keys) = self.loads.iter().find(|(load, _)| *load == call.load)?;
        Some(keys.law.draw(keys.site.of(call), call.index))
    }

    /// Draws at other sites for requests that arrive after `now`, in a branch of a split run.
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
