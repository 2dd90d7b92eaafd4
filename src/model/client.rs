//! Clients: the instances of a caller, each with states of its own in the layers of its policy.
//!
//! The client of a call is a keyed draw, so it depends on the call and on the number of clients
//! alone. All clients are equally likely.

use crate::kernel::draw::Site;

/// The instances of a caller.
#[derive(Clone, Copy, Debug)]
pub struct Clients {
    first: u32,
    count: u32,
    site: Site,
}

impl Clients {
    /// `count` clients, at least 1; the client of a call is drawn at `site`.
    #[must_use]
    pub const fn new(count: u32, site: Site) -> Self {
        Self { first: 0, count, site }
    }

    /// The `count` clients from number `first` on: those of a zone.
    #[must_use]
    pub const fn part(self, first: u32, count: u32) -> Self {
        Self { first, count, site: self.site }
    }

    /// The client that makes attempt number `attempt` of the call with `key`.
    #[inline]
    #[must_use]
    pub fn draw(self, key: u64, attempt: u32) -> u32 {
        if self.count == 1 {
            return self.first;
        }
        let bits = u128::from(self.site.bits(key, attempt, 0));
        self.first + ((bits * u128::from(self.count)) >> 64) as u32
    }

    /// The client of caller number `caller` of a closed loop: callers are dealt out in turn.
    #[inline]
    #[must_use]
    pub const fn of_caller(self, caller: u32) -> u32 {
        caller % self.count
    }

    /// Draws at another site from now on, in a branch of a split run.
    pub const fn fork(&mut self, branch: u64) {
        self.site = self.site.fork(branch);
    }
}

#[cfg(test)]
mod tests {
    use crate::kernel::fpmath;

    use super::*;

    #[test]
    fn every_client_gets_its_share_and_no_other_exists() {
        let clients = Clients::new(7, Site::new(1, "web", "client"));
        let mut calls = [0_u32; 7];
        let keys = Site::new(1, "web", "request");
        (0..70_000).for_each(|index| calls[clients.draw(keys.subject(index), 0) as usize] += 1);
        // Chi-square with 6 degrees of freedom: 22.5 is exceeded once in a thousand.
        let distance = |count: &u32| fpmath::pow(f64::from(*count) - 10_000.0, 2.0) / 10_000.0;
        let chi_square: f64 = calls.iter().map(distance).sum();
        assert!(chi_square < 22.5, "{calls:?}");
    }

    #[test]
    fn callers_are_dealt_out_in_turn() {
        let clients = Clients::new(3, Site::new(1, "web", "client"));
        let of: Vec<u32> = (0..7).map(|caller| clients.of_caller(caller)).collect();
        assert_eq!(of, [0, 1, 2, 0, 1, 2, 0]);
    }
}
