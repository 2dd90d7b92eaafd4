//! Zones: to which zone the attempts of a caller go, so that as many as possible stay in its own
//! and every replica still has the same load.
//!
//! A caller in a zone that has a larger share of the replicas than of the callers stays in it.
//! From any other zone the part (share of the replicas) / (share of the callers) stays, and the
//! rest goes to the zones with room to spare, by how much: (share of the replicas) - (share of the
//! callers). With equal callers every replica gets the same. This is Envoy's zone aware routing
//! ("Zone aware routing" in the architecture overview of its documentation), in exact numbers where
//! Envoy counts ten thousandths.

use std::ops::Range;

use super::choice::{Algorithm, Draws};
use crate::kernel::draw::Site;

/// Where the clients of a caller stand, and which replicas stand in the same zone.
#[derive(Clone, Debug)]
pub struct Callers {
    /// By zone of the callers: the number behind that of its last client.
    pub ends: Vec<u32>,
    /// By zone of the callers: the replicas in it.
    pub local: Vec<Range<u32>>,
}

impl Callers {
    /// The zone of a client.
    pub(super) fn zone(&self, client: u32) -> usize {
        self.ends.partition_point(|end| *end <= client)
    }

    /// True if the replica stands in the zone of the client.
    #[inline]
    pub(super) fn is_local(&self, client: u32, replica: u32) -> bool {
        self.local[self.zone(client)].contains(&replica)
    }
}

/// Zone-aware routing in front of one service.
#[derive(Clone, Debug)]
pub struct ZoneAware {
    callers: Callers,
    /// The ways of the attempts of each zone of the callers; `None` where zones make no difference.
    routes: Vec<Option<Route>>,
    /// Ratio of the attempts that look at zones at all.
    enabled: f64,
    /// Where it is drawn to which zone an attempt goes.
    site: Site,
    /// How a replica is chosen within a zone.
    pub(super) child: Algorithm,
}

/// To which zones the attempts from one zone go.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Route {
    /// Replicas of a zone, with the sum of the ratios up to its own.
    pub(super) zones: Vec<(f64, Range<u32>)>,
}

impl ZoneAware {
    /// For `callers` in front of a service with replicas in `zones`, if it has at least
    /// `min_cluster_size` of them.
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
                let route = |zone| Route::from(zone, &callers, zones);
                (0..callers.ends.len()).map(|zone| Some(route(zone))).collect()
            }
        };
        Self { callers, routes, enabled, site, child }
    }

    /// The way of the attempts of a client, unless zones make no difference.
    pub(super) fn route(&self, client: u32) -> Option<&Route> {
        self.routes[self.callers.zone(client)].as_ref().filter(|_| self.enabled > 0.0)
    }

    /// True if some of the attempts of this route do not look at zones.
    pub(super) fn is_partial(&self) -> bool {
        self.enabled < 1.0
    }

    /// Which of the zones of its route an attempt of a client goes to; `None`: to any replica.
    pub(super) fn draw(&self, client: u32, draws: Draws) -> Option<usize> {
        let route = self.route(client)?;
        let unit = |index| self.site.unit(draws.key, draws.attempt, draws.index(index));
        if self.is_partial() && unit(0) >= self.enabled {
            return None;
        }
        let drawn = unit(1);
        route.zones.iter().position(|(bound, _)| drawn < *bound)
    }

    /// Draws anew from here on, in a branch of a run that was split.
    pub(super) fn fork(&mut self, branch: u64) {
        self.site = self.site.fork(branch);
    }
}

impl Route {
    /// The route of the attempts from one zone of the callers.
    fn from(zone: usize, callers: &Callers, zones: &[Range<u32>]) -> Self {
        let clients = |zone: usize| {
            let first = zone.checked_sub(1).map_or(0, |before| callers.ends[before]);
            f64::from(callers.ends[zone] - first)
        };
        let count = |range: &Range<u32>| f64::from(range.end - range.start);
        let all_clients = callers.ends.last().map_or(0.0, |end| f64::from(*end));
        let all_replicas: f64 = zones.iter().map(count).sum();
        let local = &callers.local[zone];
        let (of_callers, of_replicas) = (clients(zone) / all_clients, count(local) / all_replicas);
        if of_replicas >= of_callers {
            return Self { zones: vec![(1.0, local.clone())] };
        }
        let stays = of_replicas / of_callers;
        let mut ways = Vec::new();
        if stays > 0.0 {
            ways.push((stays, local.clone()));
        }
        let spare = |range: &Range<u32>| {
            let same = callers.local.iter().position(|local| local == range);
            count(range) / all_replicas - same.map_or(0.0, clients) / all_clients
        };
        let others = zones.iter().filter(|range| *range != local);
        let others: Vec<(f64, &Range<u32>)> =
            others.map(|range| (spare(range), range)).filter(|(spare, _)| *spare > 0.0).collect();
        let all_spare: f64 = others.iter().map(|(spare, _)| spare).sum();
        let mut sum = stays;
        for (spare, range) in others {
            sum += (1.0 - stays) * spare / all_spare;
            ways.push((sum, range.clone()));
        }
        // Whatever rounding leaves belongs to the last.
        if let Some(last) = ways.last_mut() {
            last.0 = 1.0;
        }
        Self { zones: ways }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ratios by zone of the replicas, of the attempts from one zone of the callers: clients and
    /// replicas by zone, the same zones in both.
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
        let route = Route::from(zone, &Callers { ends, local: zones.clone() }, &zones);
        let ratio = |zone: &Range<u32>| {
            let at = route.zones.iter().position(|(_, range)| range == zone)?;
            let before = at.checked_sub(1).map_or(0.0, |before| route.zones[before].0);
            Some(route.zones[at].0 - before)
        };
        zones.iter().map(|zone| ratio(zone).unwrap_or(0.0)).collect()
    }

    fn assert_near(found: &[f64], expected: &[f64]) {
        let near = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12);
        assert!(near && found.len() == expected.len(), "{found:?}, not {expected:?}");
    }

    /// Computed by hand from Envoy's rule. Callers 50, 30 and 20 %, replicas 40, 20 and 40 %: of
    /// the first zone 80 % stay, of the second two thirds, and the third alone has room.
    #[test]
    fn what_does_not_stay_goes_where_there_is_room() {
        let (clients, replicas) = ([50, 30, 20], [4, 2, 4]);
        assert_near(&ratios(&clients, &replicas, 0), &[0.8, 0.0, 0.2]);
        assert_near(&ratios(&clients, &replicas, 1), &[0.0, 2.0 / 3.0, 1.0 / 3.0]);
        assert_near(&ratios(&clients, &replicas, 2), &[0.0, 0.0, 1.0]);
    }

    #[test]
    fn room_in_several_zones_is_shared_by_its_size() {
        // A spare of 1/10 in the second zone and 3/10 in the third.
        assert_near(&ratios(&[8, 1, 1], &[4, 2, 4], 0), &[0.5, 0.125, 0.375]);
    }

    /// With equal callers each replica gets the same: the share of a zone is that of its replicas.
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
    fn a_zone_without_replicas_sends_everything_away() {
        let zones = [0..4, 4..6];
        let callers = Callers { ends: vec![10, 30], local: vec![0..4, 0..0] };
        let route = Route::from(1, &callers, &zones);
        // Both have room: 4/6 - 1/3 and 2/6.
        assert_near(&route.zones.iter().map(|(bound, _)| *bound).collect::<Vec<_>>(), &[0.5, 1.0]);
    }

    #[test]
    fn few_replicas_or_one_zone_make_no_difference() {
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
