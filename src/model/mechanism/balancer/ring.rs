//! A hash ring with several points of each replica: a key belongs to the replica of the first point
//! at or after it.
//!
//! A point depends only on its replica and its number, so adding or removing a replica moves only
//! the keys of its own points. With a bound on attempts in flight (Mirrokni, Thorup and
//! Zadimoghaddam 2018, "Consistent hashing with bounded loads"), a key whose replica is full moves
//! on to the next point whose replica has room.

use crate::kernel::draw::{Site, mix};

/// A ring that maps keys to replicas.
#[derive(Clone, Debug)]
pub struct Ring {
    /// Points and their replicas, ascending.
    points: Vec<(u64, u32)>,
    /// Points before each of as many equal buckets as there are points. The search of a key begins
    /// with its bucket.
    before: Vec<u32>,
}

impl Ring {
    /// A ring with `points` of each of `replicas`, drawn at `site`.
    #[must_use]
    pub fn new(replicas: u32, points: u32, site: Site) -> Self {
        let of_replica = |replica: u32| {
            (0..points).map(move |point| (site.bits(u64::from(replica), 0, point), replica))
        };
        let mut points: Vec<(u64, u32)> = (0..replicas).flat_map(of_replica).collect();
        points.sort_unstable();
        Self::from_sorted(points)
    }

    /// The ring of ascending points.
    fn from_sorted(points: Vec<(u64, u32)>) -> Self {
        let mut before = vec![0; points.len() + 1];
        for (point, _) in &points {
            before[bucket(*point, points.len()) + 1] += 1;
        }
        for next in 1..before.len() {
            before[next] += before[next - 1];
        }
        Self { points, before }
    }

    /// Number of points before a key.
    #[inline]
    fn rank(&self, key: u64) -> usize {
        let bucket = bucket(key, self.points.len());
        let (from, until) = (self.before[bucket] as usize, self.before[bucket + 1] as usize);
        from + self.points[from..until].partition_point(|(point, _)| *point < key)
    }

    /// The replica of a hash key.
    #[must_use]
    pub fn owner(&self, hash_key: u64) -> u32 {
        self.replica((mix(hash_key), 0), |_| true)
    }

    /// The first replica that `has_room`, from `skipped` points after `key` on; the first of all if
    /// none has room.
    pub(super) fn replica(
        &self,
        (key, skipped): (u64, u32),
        has_room: impl Fn(u32) -> bool,
    ) -> u32 {
        let mut index = self.rank(key);
        if skipped > 0 {
            index = (index + skipped as usize) % self.points.len();
        }
        let (before, after) = self.points.split_at(index);
        let mut round = after.iter().chain(before).map(|(_, replica)| *replica);
        let own = round.clone().next().expect("a ring has points");
        round.find(|&replica| has_room(replica)).unwrap_or(own)
    }
}

/// The bucket of a key, of this number of equal buckets.
#[inline]
fn bucket(key: u64, buckets: usize) -> usize {
    ((u128::from(key) * buckets as u128) >> 64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(replicas: u32) -> Ring {
        Ring::new(replicas, 160, Site::new(1, "api", "ring"))
    }

    #[test]
    fn a_replica_more_takes_its_share_and_moves_nothing_else() {
        let (before, after) = (ring(9), ring(10));
        let keys = 20_000_u64;
        let moved = (0..keys).map(mix).filter(|&key| {
            let (old, new) =
                (before.replica((key, 0), |_| true), after.replica((key, 0), |_| true));
            assert!(old == new || new == 9, "{key} went from {old} to {new}");
            old != new
        });
        let share = moved.count() as f64 / keys as f64;
        // Expected: a tenth. The share of 160 points of 1,600 has a standard deviation of 0.0075.
        assert!((share - 0.1).abs() < 0.03, "{share}");
    }

    #[test]
    fn the_rank_of_a_key_is_the_number_of_points_before_it() {
        let edges = [0, 1, u64::MAX / 2, u64::MAX - 1, u64::MAX];
        for ring in [Ring::new(1, 1, Site::new(1, "api", "ring")), ring(1), ring(8)] {
            let points = ring.points.iter().map(|(point, _)| *point);
            let around = points.clone().flat_map(|at| [at.wrapping_sub(1), at, at.wrapping_add(1)]);
            for key in around.chain(edges).chain((0..1_000).map(mix)) {
                let before = points.clone().filter(|point| *point < key).count();
                assert_eq!(ring.rank(key), before, "{key}");
            }
        }
    }

    #[test]
    fn a_full_replica_hands_its_keys_to_the_next_on_the_ring() {
        let ring = ring(5);
        for key in (0..1_000).map(mix) {
            let own = ring.replica((key, 0), |_| true);
            let other = ring.replica((key, 0), |replica| replica != own);
            assert_ne!(own, other);
            // The same as on a ring without the full one.
            let left: Vec<(u64, u32)> =
                ring.points.iter().copied().filter(|(_, replica)| *replica != own).collect();
            assert_eq!(Ring::from_sorted(left).replica((key, 0), |_| true), other);
        }
        assert_eq!(ring.replica((7, 0), |_| false), ring.replica((7, 0), |_| true));
    }
}
