//! The draws of a balancer.

use crate::kernel::draw::Site;
use crate::model::call::Call;

/// The draws of one pick.
#[derive(Clone, Copy)]
pub(super) struct Draws {
    site: Site,
    pub(super) key: u64,
    pub(super) attempt: u32,
    /// Key of the request for consistent hashing, or that of the call if the request has none.
    pub(super) hash_key: u64,
    /// Number of the pick for the same attempt, from 0.
    pub(super) pick: u32,
}

/// Most draws of one pick: as many as [`Algorithm::Choices`] may need, and those of the zone.
const DRAWS_PER_PICK: u32 = 1024;

impl Draws {
    /// The draws of the first pick for the present attempt of `call`.
    #[inline]
    pub(super) fn new(site: Site, call: &Call, hash_key: u64) -> Self {
        Self { site, key: call.key, attempt: call.attempts, hash_key, pick: 0 }
    }

    /// The draws of a subject with a key.
    pub(super) const fn of_key(site: Site, key: u64) -> Self {
        Self { site, key, attempt: 0, hash_key: 0, pick: 0 }
    }

    /// The draws of a further pick for the same attempt, from 1.
    pub(super) const fn of_pick(self, pick: u32) -> Self {
        Self { pick, ..self }
    }

    /// The index of the `index`-th draw of this pick, among those of all picks.
    #[inline]
    pub(super) const fn index(self, index: u32) -> u32 {
        self.pick * DRAWS_PER_PICK + index
    }

    /// The `index`-th draw, uniform among the numbers below `bound`.
    pub(super) fn below(self, bound: u32, index: u32) -> u32 {
        let bits = self.site.bits(self.key, self.attempt, self.index(index));
        ((u128::from(bits) * u128::from(bound)) >> 64) as u32
    }

    /// Two different numbers below `bound`, which is at least 2.
    pub(super) fn two_below(self, bound: u32) -> (u32, u32) {
        let (first, second) = (self.below(bound, 0), self.below(bound - 1, 1));
        (first, second + u32::from(second >= first))
    }
}
