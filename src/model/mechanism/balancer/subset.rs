//! Subsets: each client sends only to some of the replicas, so that thousands of clients and
//! replicas need not all be connected.
//!
//! Deterministic subsetting (Beyer and others 2016, "Site Reliability Engineering", chapter 20):
//! the replicas are shuffled, each client takes the next `size` of them, and when all are taken
//! they are shuffled again. So the numbers of subsets that two replicas are in differ by one at
//! most. If the size does not divide the number of replicas, a subset takes the remainder of one
//! round and the rest from the next.

use super::choice::Algorithm;
use crate::kernel::draw::Site;

/// Assigns subsets to one client after the other.
#[derive(Clone, Debug)]
pub struct Subsets {
    size: u32,
    /// Replicas in the shuffled order of the present round.
    order: Vec<u32>,
    /// Number of replicas taken in the present round.
    taken: usize,
    /// Rounds so far.
    rounds: u64,
    site: Site,
    /// The algorithm that chooses within a subset.
    pub(super) child: Algorithm,
}

impl Subsets {
    /// Subsets of `size` replicas, or of all if there are fewer, shuffled at `site`.
    #[must_use]
    pub fn new(size: u32, replicas: u32, child: Algorithm, site: Site) -> Self {
        let order: Vec<u32> = (0..replicas).collect();
        let taken = order.len();
        Self { size: size.min(replicas), order, taken, rounds: 0, site, child }
    }

    /// Number of replicas in a subset.
    pub(super) const fn size(&self) -> u32 {
        self.size
    }

    /// The subset of the next client, ascending.
    pub(super) fn next_subset(&mut self) -> Vec<u32> {
        let size = self.size as usize;
        let mut subset = Vec::with_capacity(size);
        self.take(&mut subset, size);
        if subset.len() < size {
            self.shuffle();
            // Replicas that the client has from the last round go last, to other clients.
            let (mut first, last): (Vec<u32>, Vec<u32>) =
                self.order.iter().copied().partition(|replica| !subset.contains(replica));
            first.extend(last);
            self.order = first;
            self.take(&mut subset, size);
        }
        subset.sort_unstable();
        subset
    }

    /// Takes the next replicas of the round, until `subset` has `size` of them.
    fn take(&mut self, subset: &mut Vec<u32>, size: usize) {
        let end = self.order.len().min(self.taken + size - subset.len());
        subset.extend_from_slice(&self.order[self.taken..end]);
        self.taken = end;
    }

    /// Begins the next round (Fisher-Yates shuffle).
    fn shuffle(&mut self) {
        for (place, replica) in (0..).zip(&mut self.order) {
            *replica = place;
        }
        for place in (1..self.order.len() as u32).rev() {
            let bits = u128::from(self.site.bits(self.rounds, 0, place));
            let other = (bits * u128::from(place + 1)) >> 64;
            self.order.swap(place as usize, other as usize);
        }
        self.rounds += 1;
        self.taken = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subsets(size: u32, replicas: u32) -> Subsets {
        let site = Site::new(1, "web.balancer", "subset");
        Subsets::new(size, replicas, Algorithm::RoundRobin, site)
    }

    /// After any number of clients, whether the size divides the number of replicas or not.
    #[test]
    fn replicas_are_in_equal_numbers_of_subsets_within_one() {
        for (size, replicas) in [(3, 12), (5, 12), (7, 12), (11, 12), (12, 12), (1, 5), (20, 100)] {
            let mut subsets = subsets(size, replicas);
            let mut counts = vec![0_u32; replicas as usize];
            for client in 0..400 {
                let mut subset = subsets.next_subset();
                subset.iter().for_each(|replica| counts[*replica as usize] += 1);
                subset.dedup();
                assert_eq!(subset.len(), size as usize, "client {client}");
                let (least, most) = (counts.iter().min(), counts.iter().max());
                assert!(most <= least.map(|least| least + 1).as_ref(), "{counts:?}");
            }
        }
    }

    #[test]
    fn each_round_has_a_shuffle_of_its_own() {
        let mut subsets = subsets(4, 12);
        let rounds: Vec<Vec<Vec<u32>>> =
            (0..3).map(|_| (0..3).map(|_| subsets.next_subset()).collect()).collect();
        assert_ne!(rounds[0], rounds[1]);
        assert_ne!(rounds[1], rounds[2]);
    }

    #[test]
    fn a_subset_larger_than_the_service_has_all_replicas() {
        assert_eq!(subsets(9, 3).next_subset(), [0, 1, 2]);
    }
}
