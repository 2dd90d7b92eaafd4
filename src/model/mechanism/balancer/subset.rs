//! Subsets: each client knows some of the replicas alone, so that thousands of clients and
//! replicas need not all be connected.
//!
//! Deterministic subsetting (Beyer and others 2016, "Site Reliability Engineering", chapter 20):
//! the replicas are shuffled, one client after the other takes the next of them, and when all are
//! taken they are shuffled anew. So every replica is in as many subsets as any other, within one.
//! Where the size does not divide the number of replicas, a subset takes what the last round has
//! left over, and the rest from the next round.

use super::choice::Algorithm;
use crate::kernel::draw::Site;

/// Deals out subsets, to one client after the other.
#[derive(Clone, Debug)]
pub struct Subsets {
    size: u32,
    /// The replicas of the present round, in the order in which they are dealt out.
    order: Vec<u32>,
    /// So many of them are dealt out.
    dealt: usize,
    rounds: u64,
    site: Site,
    /// How a replica of a subset is chosen.
    pub(super) child: Algorithm,
}

impl Subsets {
    /// Subsets of so many of the replicas, or of all if there are no more, shuffled at `site`.
    #[must_use]
    pub fn new(size: u32, replicas: u32, child: Algorithm, site: Site) -> Self {
        let order: Vec<u32> = (0..replicas).collect();
        let dealt = order.len();
        Self { size: size.min(replicas), order, dealt, rounds: 0, site, child }
    }

    /// Replicas of a subset.
    pub(super) const fn size(&self) -> u32 {
        self.size
    }

    /// The subset of the next client, in the order of the replicas.
    pub(super) fn deal(&mut self) -> Vec<u32> {
        let size = self.size as usize;
        let mut subset = Vec::with_capacity(size);
        self.take(&mut subset, size);
        if subset.len() < size {
            self.shuffle();
            // What the client has from the last round is dealt to others in this one.
            let (mut first, last): (Vec<u32>, Vec<u32>) =
                self.order.iter().copied().partition(|replica| !subset.contains(replica));
            first.extend(last);
            self.order = first;
            self.take(&mut subset, size);
        }
        subset.sort_unstable();
        subset
    }

    fn take(&mut self, subset: &mut Vec<u32>, size: usize) {
        let end = self.order.len().min(self.dealt + size - subset.len());
        subset.extend_from_slice(&self.order[self.dealt..end]);
        self.dealt = end;
    }

    /// The next round (Fisher and Yates).
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
        self.dealt = 0;
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
    fn every_replica_is_in_as_many_subsets_within_one() {
        for (size, replicas) in [(3, 12), (5, 12), (7, 12), (11, 12), (12, 12), (1, 5), (20, 100)] {
            let mut subsets = subsets(size, replicas);
            let mut counts = vec![0_u32; replicas as usize];
            for client in 0..400 {
                let mut subset = subsets.deal();
                subset.iter().for_each(|replica| counts[*replica as usize] += 1);
                subset.dedup();
                assert_eq!(subset.len(), size as usize, "client {client}");
                let (least, most) = (counts.iter().min(), counts.iter().max());
                assert!(most <= least.map(|least| least + 1).as_ref(), "{counts:?}");
            }
        }
    }

    #[test]
    fn rounds_are_shuffled_each_for_itself() {
        let mut subsets = subsets(4, 12);
        let rounds: Vec<Vec<Vec<u32>>> =
            (0..3).map(|_| (0..3).map(|_| subsets.deal()).collect()).collect();
        assert_ne!(rounds[0], rounds[1]);
        assert_ne!(rounds[1], rounds[2]);
    }

    #[test]
    fn a_subset_of_more_than_there_are_is_all_of_them() {
        assert_eq!(subsets(9, 3).deal(), [0, 1, 2]);
    }
}
