//! Zone-aware routing: attempts stay in the zone of their client as far as all replicas can still
//! get equal load.
//!
//! If a zone's share of the replicas is at least its share of the clients, all of its attempts
//! stay. From any other zone the ratio (share of the replicas) / (share of the clients)
//! stays, and the rest goes to zones with spare capacity, in proportion to (share of the
//! replicas) - (share of the clients). If clients send equal load, replicas get equal load. This is
//! Envoy's zone aware routing ("Zone aware routing" in the architecture overview of its
//! documentation), with exact ratios where Envoy rounds to ten thousandths.

use std::ops::Range;

use super::choice::Algorithm;
use super::draws::Draws;
use crate::kernel::draw::Site;

/// The zones of the clients of a caller, and the replicas in the same zones.
#[derive(Clone, Debug)]
pub struct Callers {
    /// By zone of the clients: the number after that of its last client.
    pub ends: Vec<u32>,
    /// By zone of the clients: the replicas in it.
    pub local: Vec<Range<u32>>,
}

impl Callers {
    /// Index of the zone of a client.
    pub(super) fn zone(&self, client: u32) -> usize {
        self.ends.partition_point(|end| *end <= client)
    }

    /// True if the replica is in the zone of the client.
    #[inline]
    pub(super) fn is_local(&self, client: u32, replica: u32) -> bool {
        self.local[self.zone(client)].contains(&replica)
    }
}

/// Zone-aware routing in front of one service.
#[derive(Clone, Debug)]
pub struct ZoneAware {
    callers: Callers,
    /// Routes by zone of the clients; `None` if zone-aware routing is off.
    routes: Vec<Option<Route>>,
    /// Ratio of attempts that are routed by zone.
    enabled: f64,
    /// True if zones can be without a replica to choose: all have been ejected.
    may_be_empty: bool,
    /// Site of the draws of zones.
    site: Site,
    /// The algorithm that chooses within a zone.
    pub(super) child: Algorithm,
}

/// The zones that attempts from one zone go to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Route {
    /// Replicas of zones, with cumulative ratios of the attempts.
    pub(super) zones: Vec<(f64, Range<u32>)>,
}

impl ZoneAware {
    /// Routing from `callers` to replicas in `zones`. It is off below `min_cluster_size` replicas.
    #[must_use]
    pub fn new(
        callers: Callers,
        zones: &[Range<u32>],
        (min_cluster_size, enabled): (u32, f64),
        child: Algorithm,
        site: Site,
    ) -> Self {
        let replicas = zones.last().map_or(0, |last| last.end);
        let routes = match zones.len() < 2 || replicas < min_cluster_size {
            true => vec![None; callers.ends.len()],
            false => {
                let route = |zone| Route::from_zone(zone, &callers, zones);
                (0..callers.ends.len()).map(|zone| Some(route(zone))).collect()
            }
        };
        Self { callers, routes, enabled, may_be_empty: false, site, child }
    }

    /// The route of a client; `None` if zone-aware routing is off.
    pub(super) fn route(&self, client: u32) -> Option<&Route> {
        self.routes[self.callers.zone(client)].as_ref().filter(|_| self.enabled > 0.0)
    }

    /// True if some attempts are not routed by zone.
    fn is_partial(&self) -> bool {
        self.enabled < 1.0
    }

    /// Prepares for zones without a replica to choose.
    pub(super) fn expect_ejections(&mut self) {
        self.may_be_empty = true;
    }

    /// True if some attempts may go to any replica.
    pub(super) fn needs_all(&self) -> bool {
        self.is_partial() || self.may_be_empty
    }

    /// Draws the zone of an attempt, as an index into the client's route; `None`: any replica.
    pub(super) fn draw(&self, client: u32, draws: Draws) -> Option<usize> {
        let route = self.route(client)?;
        let unit = |index| self.site.unit(draws.key, draws.attempt, draws.index(index));
        if self.is_partial() && unit(0) >= self.enabled {
            return None;
        }
        let drawn = unit(1);
        route.zones.iter().position(|(bound, _)| drawn < *bound)
    }

    /// Draws at another site from now on, in a branch of a split run.
    pub(super) fn fork(&mut self, branch: u64) {
        self.site = self.site.fork(branch);
    }
}

impl Route {
    /// The route of attempts from one zone of the clients.
    fn from_zone(zone: usize, callers: &Callers, zones: &[Range<u32>]) -> Self {
        let clients = |zone: usize| {
            let first = zone.checked_sub(1).map_or(0, |before| callers.ends[before]);
            f64::from(callers.ends[zone] - first)
        };
        let count = |range: &Range<u32>| f64::from(range.end - range.start);
        let all_clients = callers.ends.last().map_or(0.0, |end| f64::from(*end));
        let all_replicas: f64 = zones.iter().map(count).sum();
        let local = &callers.local[zone];
        let (client_share, replica_share) =
            (clients(zone) / all_clients, count(local) / all_replicas);
        if replica_share >= client_share {
            return Self { zones: vec![(1.0, local.clone())] };
        }
        let local_ratio = replica_share / client_share;
        let mut bounds = Vec::new();
        if local_ratio > 0.0 {
            bounds.push((local_ratio, local.clone()));
        }
        let spare = |range: &Range<u32>| {
            let same = callers.local.iter().position(|local| local == range);
            count(range) / all_replicas - same.map_or(0.0, clients) / all_clients
        };
        let others = zones.iter().filter(|range| *range != local);
        let others: Vec<(f64, &Range<u32>)> =
            others.map(|range| (spare(range), range)).filter(|(spare, _)| *spare > 0.0).collect();
        let all_spare: f64 = others.iter().map(|(spare, _)| spare).sum();
        let mut sum = local_ratio;
        for (spare, range) in others {
            sum += (1.0 - local_ratio) * spare / all_spare;
            bounds.push((sum, range.clone()));
        }
        // The last zone takes the rounding error.
        if let Some(last) = bounds.last_mut() {
            last.0 = 1.0;
        }
        Self { zones: bounds }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ratios of the attempts from `zone` by zone of the replicas, with clients and replicas by
    /// zone.
    fn ratios(clients: &[u32], replicas: &[u32], zone: usize) -> Vec<f64> {
        let ranges = |counts: &[u32]| {
            let mut next = 0;
            let range = |count: &u32| {
                next += count;
                next - count..next
            };
            counts.iter().map(range).collect::<Vec<_>>()
        };
        let zones = ranges(replicas);
        let ends = ranges(clients).iter().map(|range| range.end).collect();
        let route = Route::from_zone(zone, &Callers { ends, local: zones.clone() }, &zones);
        let ratio = |zone: &Range<u32>| {
            let index = route.zones.iter().position(|(_, range)| range == zone)?;
            let before = index.checked_sub(1).map_or(0.0, |before| route.zones[before].0);
            Some(route.zones[index].0 - before)
        };
        zones.iter().map(|zone| ratio(zone).unwrap_or(0.0)).collect()
    }

    fn assert_near(actual: &[f64], expected: &[f64]) {
        let near = actual.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12);
        assert!(near && actual.len() == expected.len(), "{actual:?}, not {expected:?}");
    }

    /// Computed by hand from Envoy's rule. With clients 50, 30 and 20 % and replicas 40, 20 and 40
    /// %, the first zone keeps 80 % and the second two thirds; only the third has spare capacity.
    #[test]
    fn attempts_that_leave_go_to_zones_with_spare_capacity() {
        let (clients, replicas) = ([50, 30, 20], [4, 2, 4]);
        assert_near(&ratios(&clients, &replicas, 0), &[0.8, 0.0, 0.2]);
        assert_near(&ratios(&clients, &replicas, 1), &[0.0, 2.0 / 3.0, 1.0 / 3.0]);
        assert_near(&ratios(&clients, &replicas, 2), &[0.0, 0.0, 1.0]);
    }

    #[test]
    fn zones_get_attempts_in_proportion_to_spare_capacity() {
        // A spare of 1/10 in the second zone and 3/10 in the third.
        assert_near(&ratios(&[8, 1, 1], &[4, 2, 4], 0), &[0.5, 0.125, 0.375]);
    }

    /// With equal clients, each replica gets equal load: the share of a zone is that of its
    /// replicas.
    #[test]
    fn every_zone_gets_the_share_of_its_replicas() {
        for (clients, replicas) in
            [([50, 30, 20], [4, 2, 4]), ([1, 1, 98], [5, 5, 1]), ([7, 1, 5], [3, 3, 3])]
        {
            let all: u32 = clients.iter().sum();
            let mut shares = [0.0; 3];
            for zone in 0..3 {
                let from_zone = f64::from(clients[zone]) / f64::from(all);
                for (share, ratio) in shares.iter_mut().zip(ratios(&clients, &replicas, zone)) {
                    *share += from_zone * ratio;
                }
            }
            let all: u32 = replicas.iter().sum();
            assert_near(&shares, &replicas.map(|count| f64::from(count) / f64::from(all)));
        }
    }

    #[test]
    fn a_zone_without_replicas_keeps_no_attempt() {
        let zones = [0..4, 4..6];
        let callers = Callers { ends: vec![10, 30], local: vec![0..4, 0..0] };
        let route = Route::from_zone(1, &callers, &zones);
        // Both zones have spare capacity: 4/6 - 1/3 and 2/6.
        assert_near(&route.zones.iter().map(|(bound, _)| *bound).collect::<Vec<_>>(), &[0.5, 1.0]);
    }

    #[test]
    fn routing_is_off_with_few_replicas_or_one_zone() {
        let site = Site::new(1, "web.balancer", "zone");
        let route = |zones: &[Range<u32>], least| {
            let callers = Callers { ends: vec![1], local: vec![zones[0].clone()] };
            ZoneAware::new(callers, zones, (least, 1.0), Algorithm::Random, site).route(0).cloned()
        };
        assert!(route(&[0..3, 3..6], 6).is_some());
        assert_eq!(route(&[0..3, 3..6], 7), None);
        let one_zone = 0..6;
        assert_eq!(route(&[one_zone], 6), None);
    }
}
