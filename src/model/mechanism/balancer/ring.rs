//! A ring of points, several of each replica: a key belongs to the first point at or behind it.
//!
//! A point depends on its replica and its number alone, so a replica that is added or removed
//! moves only the keys of its own points. With a bound on what is in flight (Mirrokni, Thorup and
//! Zadimoghaddam 2018, "Consistent hashing with bounded loads"), a key whose replica is full goes
//! on to the next point whose replica has room.

use crate::kernel::draw::{Site, mix};

/// Where keys belong.
#[derive(Clone, Debug)]
pub struct Ring {
    /// Points and their replicas, in order.
    points: Vec<(u64, u32)>,
    /// How many points lie before each of as many equal parts as there are points: where a key is
    /// looked for.
    before: Vec<u32>,
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
        Self::of(points)
    }

    /// That of these points, which are in order.
    fn of(points: Vec<(u64, u32)>) -> Self {
        let mut before = vec![0; points.len() + 1];
        for (point, _) in &points {
            before[part(*point, points.len()) + 1] += 1;
        }
        for next in 1..before.len() {
            before[next] += before[next - 1];
        }
        Self { points, before }
    }

    /// How many points lie before a key.
    #[inline]
    fn before(&self, key: u64) -> usize {
        let part = part(key, self.points.len());
        let (from, until) = (self.before[part] as usize, self.before[part + 1] as usize);
        from + self.points[from..until].partition_point(|(point, _)| *point < key)
    }

    /// The replica that what is `about` something belongs to.
    #[must_use]
    pub fn owner(&self, about: u64) -> u32 {
        self.replica((mix(about), 0), |_| true)
    }

    /// The replica of the place `key` on the ring, or so many points further on: the first from
    /// there on that `has_room`; that of the point where none has.
    pub(super) fn replica(
        &self,
        (key, further): (u64, u32),
        has_room: impl Fn(u32) -> bool,
    ) -> u32 {
        let mut place = self.before(key);
        if further > 0 {
            place = (place + further as usize) % self.points.len();
        }
        let (before, behind) = self.points.split_at(place);
        let mut round = behind.iter().chain(before).map(|(_, replica)| *replica);
        let own = round.clone().next().expect("a ring has points");
        round.find(|&replica| has_room(replica)).unwrap_or(own)
    }
}

/// Which of so many equal parts of the ring a key lies in.
#[inline]
fn part(key: u64, parts: usize) -> usize {
    ((u128::from(key) * parts as u128) >> 64) as usize
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
        // A tenth; the share of 160 points of 1,600 has a standard deviation of 0.0075.
        assert!((share - 0.1).abs() < 0.03, "{share}");
    }

    #[test]
    fn a_key_lies_behind_all_points_before_it() {
        let edges = [0, 1, u64::MAX / 2, u64::MAX - 1, u64::MAX];
        for ring in [Ring::new(1, 1, Site::new(1, "api", "ring")), ring(1), ring(8)] {
            let points = ring.points.iter().map(|(point, _)| *point);
            let around = points.clone().flat_map(|at| [at.wrapping_sub(1), at, at.wrapping_add(1)]);
            for key in around.chain(edges).chain((0..1_000).map(mix)) {
                let before = points.clone().filter(|point| *point < key).count();
                assert_eq!(ring.before(key), before, "{key}");
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
            assert_eq!(Ring::of(left).replica((key, 0), |_| true), other);
        }
        assert_eq!(ring.replica((7, 0), |_| false), ring.replica((7, 0), |_| true));
    }
}
