//! A part of the replicas: a zone, or the subset of a client. Within it a replica is chosen as if
//! there were no others.

use std::ops::Range;

use super::choice::{Algorithm, Client, Draws};
use super::subset::Subsets;
use super::zones::ZoneAware;
use crate::kernel::draw::Site;
use crate::kernel::time::Instant;

/// Some of the replicas, and what one client knows of them.
#[derive(Clone, Debug)]
pub(super) struct Part {
    members: Members,
    client: Client,
}

/// Which replicas belong to a part; within it they are numbered from 0.
#[derive(Clone, Debug)]
enum Members {
    Range(Range<u32>),
    /// In order.
    List(Vec<u32>),
}

impl Members {
    fn replica(&self, number: u32) -> u32 {
        match self {
            Self::Range(range) => range.start + number,
            Self::List(list) => list[number as usize],
        }
    }

    fn number(&self, replica: u32) -> Option<u32> {
        match self {
            Self::Range(range) => range.contains(&replica).then(|| replica - range.start),
            Self::List(list) => list.binary_search(&replica).ok().map(|at| at as u32),
        }
    }
}

impl Part {
    fn range(child: &mut Algorithm, range: Range<u32>, client: u32, site: Site) -> Self {
        let client = Client::new(child, client, range.end - range.start, site);
        Self { members: Members::Range(range), client }
    }

    /// The zones of the route of a client, and all replicas where some attempts go to any.
    pub(super) fn of_zones(
        zones: &mut ZoneAware,
        client: u32,
        replicas: u32,
        site: Site,
    ) -> Vec<Self> {
        let route = zones.route(client).map_or(&[][..], |route| &route.zones);
        let mut ranges: Vec<Range<u32>> = route.iter().map(|(_, zone)| zone.clone()).collect();
        if ranges.is_empty() || zones.is_partial() {
            ranges.push(0..replicas);
        }
        let child = &mut zones.child;
        ranges.into_iter().map(|range| Self::range(child, range, client, site)).collect()
    }

    /// The subset of the next client, whose number is `client`.
    pub(super) fn subset(subsets: &mut Subsets, client: u32, site: Site) -> Self {
        let list = subsets.deal();
        let client = Client::new(&mut subsets.child, client, list.len() as u32, site);
        Self { members: Members::List(list), client }
    }

    pub(super) fn pick(&mut self, child: &Algorithm, draws: Draws, now: Instant) -> u32 {
        self.members.replica(self.client.pick(child, draws, now).replica)
    }

    /// An attempt at a replica is in flight, if that belongs to it.
    pub(super) fn begin(&mut self, child: &Algorithm, replica: u32) {
        if let Some(number) = self.members.number(replica) {
            self.client.begin(child, number);
        }
    }

    /// And over.
    pub(super) fn end(&mut self, child: &Algorithm, replica: u32, sent: Instant, now: Instant) {
        if let Some(number) = self.members.number(replica) {
            self.client.end(child, number, sent, now);
        }
    }
}
