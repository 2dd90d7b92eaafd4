//! A part of the replicas: a zone, or the subset of a client. A child algorithm chooses within it
//! as if there were no other replicas.

use std::ops::Range;

use super::choice::{Algorithm, ClientState};
use super::draws::Draws;
use super::subset::Subsets;
use super::zones::ZoneAware;
use crate::kernel::draw::Site;
use crate::kernel::time::Instant;

/// Some of the replicas, and the state of one client for them.
#[derive(Clone, Debug)]
pub(super) struct Part {
    members: Members,
    client: ClientState,
}

/// The replicas of a part, which have indices from 0 within it.
#[derive(Clone, Debug)]
pub(super) enum Members {
    Range(Range<u32>),
    /// Ascending.
    List(Vec<u32>),
}

impl Default for Members {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

impl Members {
    pub(super) fn len(&self) -> u32 {
        match self {
            Self::Range(range) => range.end - range.start,
            Self::List(list) => list.len() as u32,
        }
    }

    #[inline]
    pub(super) fn replica(&self, index: u32) -> u32 {
        match self {
            Self::Range(range) => range.start + index,
            Self::List(list) => list[index as usize],
        }
    }

    pub(super) fn index_of(&self, replica: u32) -> Option<u32> {
        match self {
            Self::Range(range) => range.contains(&replica).then(|| replica - range.start),
            Self::List(list) => list.binary_search(&replica).ok().map(|index| index as u32),
        }
    }
}

impl Part {
    fn range(child: &mut Algorithm, range: Range<u32>, client: u32, site: Site) -> Self {
        let client = ClientState::new(child, client, range.end - range.start, site);
        Self { members: Members::Range(range), client }
    }

    /// The zones of the route of a client, and a part of all replicas for attempts without a zone.
    pub(super) fn of_zones(
        zones: &mut ZoneAware,
        client: u32,
        replicas: u32,
        site: Site,
    ) -> Vec<Self> {
        let route = zones.route(client).map_or(&[][..], |route| &route.zones);
        let mut ranges: Vec<Range<u32>> = route.iter().map(|(_, zone)| zone.clone()).collect();
        if ranges.is_empty() || zones.needs_all() {
            ranges.push(0..replicas);
        }
        let child = &mut zones.child;
        ranges.into_iter().map(|range| Self::range(child, range, client, site)).collect()
    }

    /// The subset of the next client, which has the number `client`.
    pub(super) fn subset(subsets: &mut Subsets, client: u32, site: Site) -> Self {
        let list = subsets.next_subset();
        let client = ClientState::new(&mut subsets.child, client, list.len() as u32, site);
        Self { members: Members::List(list), client }
    }

    /// Lets the client choose among these replicas alone, as far as they are in the part.
    pub(super) fn set_candidates(&mut self, child: &Algorithm, candidates: &[u32]) {
        let inside = candidates.iter().filter_map(|replica| self.members.index_of(*replica));
        self.client.set_candidates(child, inside.collect());
    }

    /// True if there is a replica to choose.
    pub(super) fn has_candidates(&self) -> bool {
        self.client.has_candidates()
    }

    /// Picks a replica of the part.
    pub(super) fn pick(&mut self, child: &Algorithm, draws: Draws, now: Instant) -> u32 {
        self.members.replica(self.client.pick(child, draws, now).replica)
    }

    /// Begins an attempt at a replica, if the replica is in the part.
    pub(super) fn begin(&mut self, child: &Algorithm, replica: u32) {
        if let Some(index) = self.members.index_of(replica) {
            self.client.begin(child, index);
        }
    }

    /// Ends an attempt at a replica, if the replica is in the part.
    pub(super) fn end(&mut self, child: &Algorithm, replica: u32, sent_at: Instant, now: Instant) {
        if let Some(index) = self.members.index_of(replica) {
            self.client.end(child, index, sent_at, now);
        }
    }
}
