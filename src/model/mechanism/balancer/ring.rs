//! A ring of points, several of each replica: a key belongs to the first point at or behind it.
//!
//! A point depends on its replica and its number alone, so a replica that is added or removed
//! moves only the keys of its own points. With a bound on what is in flight (Mirrokni, Thorup and
//! Zadimoghaddam 2018, "Consistent hashing with bounded loads"), a key whose replica is full goes
//! on to the next point whose replica has room.

use crate::kernel::draw::Site;

/// Where keys belong.
#[derive(Clone, Debug)]
pub struct Ring {
    /// Points and their replicas, in order.
    points: Vec<(u64, u32)>,
}

impl Ring {
    /// So many points of each replica, drawn at `site`.
    #[must_use]
    pub fn new(replicas: u32, points: u32, site: Site) -> Self {
        let of_replica = |replica: u32| {
            (0..points).map(move |point| (site.bits(u64::from(replica), 0, point), replica))
        };
        let mut points: Vec<(u64, u32)> = (0..replicas).flat_map(of_replica).collect();
        points.sort_unstable();
        Self { points }
    }

    /// The replica of `key`: the first from there on that `has_room`; that of the key where none
    /// has.
    pub(super) fn replica(&self, key: u64, has_room: impl Fn(u32) -> bool) -> u32 {
        let first = self.points.partition_point(|(point, _)| *point < key);
        let (before, behind) = self.points.split_at(first);
        let mut round = behind.iter().chain(before).map(|(_, replica)| *replica);
        let own = round.clone().next().expect("a ring has points");
        round.find(|&replica| has_room(replica)).unwrap_or(own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::draw::mix;

    fn ring(replicas: u32) -> Ring {
        Ring::new(replicas, 160, Site::new(1, "api", "ring"))
    }

    #[test]
    fn a_replica_more_takes_its_share_and_moves_nothing_else() {
        let (before, after) = (ring(9), ring(10));
        let keys = 20_000_u64;
        let moved = (0..keys).map(mix).filter(|&key| {
            let (old, new) = (before.replica(key, |_| true), after.replica(key, |_| true));
            assert!(old == new || new == 9, "{key} went from {old} to {new}");
            old != new
        });
        let share = moved.count() as f64 / keys as f64;
        // A tenth; the share of 160 points of 1,600 has a standard deviation of 0.0075.
        assert!((share - 0.1).abs() < 0.03, "{share}");
    }

    #[test]
    fn a_full_replica_hands_its_keys_to_the_next_on_the_ring() {
        let ring = ring(5);
        for key in (0..1_000).map(mix) {
            let own = ring.replica(key, |_| true);
            let other = ring.replica(key, |replica| replica != own);
            assert_ne!(own, other);
            // The same as on a ring without the full one.
            let left: Vec<(u64, u32)> =
                ring.points.iter().copied().filter(|(_, replica)| *replica != own).collect();
            assert_eq!(Ring { points: left }.replica(key, |_| true), other);
        }
        assert_eq!(ring.replica(7, |_| false), ring.replica(7, |_| true));
    }
}
