//! The choice of a replica for an attempt: the algorithms, and the state that a client keeps for
//! them.

use super::draws::Draws;
use super::estimate::Estimate;
use super::levels::Levels;
use super::parts::{Members, Part};
use super::ring::Ring;
use super::subset::Subsets;
use super::turns::Turns;
use super::zones::ZoneAware;
use crate::kernel::draw::{Site, mix};
use crate::kernel::time::Instant;

/// An algorithm that chooses a replica: see [`Balancing`](super::spec::Balancing).
#[derive(Clone, Debug)]
pub enum Algorithm {
    /// Replicas in turn.
    RoundRobin,
    /// A random replica.
    Random,
    /// The replica with the fewest attempts in flight.
    LeastRequest,
    /// Of two different random replicas, the one with fewer attempts in flight.
    PowerOfTwo,
    /// Of this number of draws, the replica with the fewest attempts in flight.
    Choices(u32),
    /// Replicas in turn, by weight.
    Weighted(Vec<f64>),
    /// The replica of the hash key, or a later one on the ring if that has more in flight than the
    /// bound times the mean.
    ConsistentHash(Ring, Option<f64>),
    /// Of two different random replicas, the one with the shorter average time.
    Ewma {
        /// Time in which the weight of an observation falls to 1/e.
        decay_ns: f64,
    },
    /// Of two different random replicas, the one with the lower estimated time x (attempts in
    /// flight + 1).
    PeakEwma {
        /// Time in which the weight of an observation falls to 1/e.
        decay_ns: f64,
        /// Estimate before the first observation.
        initial_ns: f64,
    },
    /// A zone, and another algorithm within it.
    ZoneAware(Box<ZoneAware>),
    /// Another algorithm within the client's subset of the replicas.
    Subset(Box<Subsets>),
}

impl Algorithm {
    /// The algorithm that chooses within a part of the replicas.
    pub(super) fn child(&self) -> Option<&Self> {
        match self {
            Self::ZoneAware(zones) => Some(&zones.child),
            Self::Subset(subsets) => Some(&subsets.child),
            _ => None,
        }
    }

    /// Draws at other sites from now on, in a branch of a split run.
    pub(super) fn fork(&mut self, branch: u64) {
        if let Self::ZoneAware(zones) = self {
            zones.fork(branch);
        }
    }

    /// Prepares for candidates that are not all replicas.
    pub(super) fn expect_ejections(&mut self) {
        if let Self::ZoneAware(zones) = self {
            zones.expect_ejections();
        }
    }

    /// Number of the replicas that a client can know.
    pub(super) fn known(&self, replicas: u32) -> u32 {
        match self {
            Self::Subset(subsets) => subsets.size(),
            _ => replicas,
        }
    }

    /// True if the choice depends on the hash key of the request.
    pub(super) const fn uses_hash_key(&self) -> bool {
        matches!(self, Self::ConsistentHash(..))
    }

    /// True if a replica with too many attempts in flight is passed over.
    pub(super) const fn is_bounded(&self) -> bool {
        matches!(self, Self::ConsistentHash(_, Some(_)))
    }
}

/// The replica chosen for an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) replica: u32,
    /// True if it is not the replica of the hash key.
    pub(super) overflowed: bool,
}

/// The state of one client. What its algorithm does not use stays empty.
#[derive(Clone, Debug, Default)]
pub(super) struct ClientState {
    /// Number of the client.
    number: u32,
    replicas: u32,
    /// The replicas to choose from: all that are not ejected.
    candidates: Members,
    /// Index of the candidate with the next turn, for `RoundRobin`.
    next: u32,
    turns: Turns,
    levels: Levels,
    /// Attempts in flight by replica.
    in_flight: Vec<u32>,
    /// Estimated times by replica.
    estimates: Vec<Estimate>,
    /// Attempts in flight at all replicas.
    total: u64,
    /// The parts of the replicas within which it chooses. `ZoneAware`: the zones of its route, then
    /// all replicas.
    parts: Vec<Part>,
}

impl ClientState {
    /// The state of the client `number` before its first attempt.
    pub(super) fn new(algorithm: &mut Algorithm, number: u32, replicas: u32, site: Site) -> Self {
        let candidates = Members::Range(0..replicas);
        let mut new = Self { number, replicas, candidates, ..Self::default() };
        match algorithm {
            Algorithm::RoundRobin => {
                let key = mix(u64::from(number));
                new.next = Draws::of_key(site, key).below(replicas, 0);
            }
            Algorithm::Random | Algorithm::ConsistentHash(_, None) => {}
            Algorithm::LeastRequest => new.levels = Levels::new(replicas),
            Algorithm::Weighted(weights) => new.turns = Turns::new(weights),
            Algorithm::PowerOfTwo
            | Algorithm::Choices(_)
            | Algorithm::ConsistentHash(_, Some(_)) => {
                new.in_flight = vec![0; replicas as usize];
            }
            Algorithm::Ewma { .. } => {
                new.estimates = vec![Estimate::new(0.0); replicas as usize];
            }
            Algorithm::PeakEwma { initial_ns, .. } => {
                new.in_flight = vec![0; replicas as usize];
                new.estimates = vec![Estimate::new(*initial_ns); replicas as usize];
            }
            Algorithm::ZoneAware(zones) => {
                new.parts = Part::of_zones(zones, number, replicas, site);
            }
            Algorithm::Subset(subsets) => new.parts = vec![Part::subset(subsets, number, site)],
        }
        new
    }

    /// Attempts in flight at all replicas.
    pub(super) const fn in_flight(&self) -> u64 {
        self.total
    }

    /// Memory of one client, in bytes.
    pub(super) fn memory(algorithm: &Algorithm, replicas: u32) -> u64 {
        let of_replica = match algorithm {
            Algorithm::RoundRobin | Algorithm::Random | Algorithm::ConsistentHash(_, None) => 0,
            Algorithm::LeastRequest => 3 * size_of::<u32>(),
            Algorithm::Weighted(_) => 3 * size_of::<u64>(),
            Algorithm::PowerOfTwo
            | Algorithm::Choices(_)
            | Algorithm::ConsistentHash(_, Some(_)) => size_of::<u32>(),
            Algorithm::Ewma { .. } => size_of::<Estimate>(),
            Algorithm::PeakEwma { .. } => size_of::<Estimate>() + size_of::<u32>(),
            Algorithm::ZoneAware(zones) => {
                return (size_of::<Self>() + size_of::<Part>()) as u64
                    + Self::memory(&zones.child, replicas);
            }
            Algorithm::Subset(subsets) => {
                let members = subsets.size() as usize * size_of::<u32>();
                return (size_of::<Self>() + size_of::<Part>() + members) as u64
                    + Self::memory(&subsets.child, subsets.size());
            }
        };
        (size_of::<Self>() + replicas as usize * of_replica) as u64
    }

    /// Chooses among these replicas alone from now on, ascending.
    pub(super) fn set_candidates(&mut self, algorithm: &Algorithm, candidates: Vec<u32>) {
        if let Some(child) = algorithm.child() {
            self.parts.iter_mut().for_each(|part| part.set_candidates(child, &candidates));
        }
        self.candidates = match candidates.len() == self.replicas as usize {
            true => Members::Range(0..self.replicas),
            false => Members::List(candidates),
        };
        self.next = self.next.checked_rem(self.candidates.len()).unwrap_or_default();
    }

    /// True if there is a replica to choose.
    pub(super) fn has_candidates(&self) -> bool {
        match self.parts.as_slice() {
            [] => self.candidates.len() > 0,
            parts => parts.iter().any(Part::has_candidates),
        }
    }

    /// Chooses the replica of an attempt, which is in flight from now on.
    #[inline]
    pub(super) fn choose(&mut self, algorithm: &Algorithm, draws: Draws, now: Instant) -> Choice {
        let chosen = self.pick(algorithm, draws, now);
        self.begin(algorithm, chosen.replica);
        chosen
    }

    /// Picks a replica, without an attempt in flight yet.
    #[inline]
    pub(super) fn pick(&mut self, algorithm: &Algorithm, draws: Draws, now: Instant) -> Choice {
        let mut overflowed = false;
        let replica = match algorithm {
            Algorithm::RoundRobin => {
                let turn = self.next;
                self.next = if turn + 1 == self.candidates.len() { 0 } else { turn + 1 };
                self.candidates.replica(turn)
            }
            Algorithm::Random => self.candidates.replica(draws.below(self.candidates.len(), 0)),
            Algorithm::LeastRequest => match &self.candidates {
                Members::Range(_) => one_of(self.levels.least(), draws),
                Members::List(list) => one_of(&self.levels.least_of(list), draws),
            },
            Algorithm::PowerOfTwo => self.cheaper_of_two(draws, |client, replica| {
                f64::from(client.in_flight[replica as usize])
            }),
            Algorithm::Choices(choices) => {
                let count = self.candidates.len();
                let drawn = (0..*choices).map(|index| draws.below(count, index));
                let drawn = drawn.map(|index| self.candidates.replica(index));
                let fewest = drawn.min_by_key(|&replica| self.in_flight[replica as usize]);
                fewest.expect("at least one choice")
            }
            Algorithm::Weighted(weights) => {
                let candidates = &self.candidates;
                self.turns.next(weights, |replica| candidates.index_of(replica).is_some())
            }
            Algorithm::ConsistentHash(ring, bound) => {
                // As in Envoy, each further pick begins one point later on the ring.
                let key = (mix(draws.hash_key), draws.pick);
                let own = ring.replica(key, |replica| self.is_candidate(replica));
                let has_room = |bound| move |replica| self.has_room(replica, bound);
                let replica = bound.map_or(own, |bound| ring.replica(key, has_room(bound)));
                overflowed = replica != own;
                replica
            }
            Algorithm::Ewma { decay_ns } => self.cheaper_of_two(draws, |client, replica| {
                client.estimates[replica as usize].value_at(now, *decay_ns)
            }),
            Algorithm::PeakEwma { decay_ns, .. } => {
                self.cheaper_of_two(draws, |client, replica| {
                    let estimate = client.estimates[replica as usize].decay_to(now, *decay_ns);
                    estimate * f64::from(client.in_flight[replica as usize] + 1)
                })
            }
            Algorithm::ZoneAware(zones) => {
                let zone = zones.draw(self.number, draws);
                let zone = zone.filter(|zone| self.parts[*zone].has_candidates());
                let part = zone.unwrap_or(self.parts.len() - 1);
                self.parts[part].pick(&zones.child, draws, now)
            }
            Algorithm::Subset(subsets) => self.parts[0].pick(&subsets.child, draws, now),
        };
        Choice { replica, overflowed }
    }

    /// The cheaper of two different random replicas; the first drawn if they cost the same.
    fn cheaper_of_two(&mut self, draws: Draws, cost: impl Fn(&mut Self, u32) -> f64) -> u32 {
        let count = self.candidates.len();
        if count == 1 {
            return self.candidates.replica(0);
        }
        let (first, second) = draws.two_below(count);
        let (first, second) = (self.candidates.replica(first), self.candidates.replica(second));
        let (of_first, of_second) = (cost(self, first), cost(self, second));
        if of_second < of_first { second } else { first }
    }

    fn is_candidate(&self, replica: u32) -> bool {
        self.candidates.index_of(replica).is_some()
    }

    /// True if the replica is a candidate, and stays within `bound` times the mean with one more
    /// attempt in flight.
    fn has_room(&self, replica: u32, bound: f64) -> bool {
        let mean = (self.total + 1) as f64 / f64::from(self.candidates.len());
        self.is_candidate(replica)
            && f64::from(self.in_flight[replica as usize] + 1) <= (bound * mean).ceil()
    }

    /// Begins an attempt at the replica, which is in flight from now on.
    pub(super) fn begin(&mut self, algorithm: &Algorithm, replica: u32) {
        self.total += 1;
        if let Some(child) = algorithm.child() {
            self.parts.iter_mut().for_each(|part| part.begin(child, replica));
            return;
        }
        if let Algorithm::LeastRequest = algorithm {
            self.levels.rise(replica);
        } else if let Some(in_flight) = self.in_flight.get_mut(replica as usize) {
            *in_flight += 1;
        }
    }

    /// Ends an attempt that was sent to the replica at `sent_at`, and observes its time.
    #[inline]
    pub(super) fn end(
        &mut self,
        algorithm: &Algorithm,
        replica: u32,
        sent_at: Instant,
        now: Instant,
    ) {
        self.total -= 1;
        if let Some(child) = algorithm.child() {
            self.parts.iter_mut().for_each(|part| part.end(child, replica, sent_at, now));
            return;
        }
        if let Algorithm::LeastRequest = algorithm {
            self.levels.fall(replica);
        } else if let Some(in_flight) = self.in_flight.get_mut(replica as usize) {
            *in_flight -= 1;
        }
        let (decay_ns, peak) = match algorithm {
            Algorithm::Ewma { decay_ns } => (*decay_ns, false),
            Algorithm::PeakEwma { decay_ns, .. } => (*decay_ns, true),
            Algorithm::RoundRobin
            | Algorithm::Random
            | Algorithm::LeastRequest
            | Algorithm::PowerOfTwo
            | Algorithm::Choices(_)
            | Algorithm::Weighted(_)
            | Algorithm::ConsistentHash(..)
            | Algorithm::ZoneAware(_)
            | Algorithm::Subset(_) => return,
        };
        let time_ns = (now - sent_at).as_ns() as f64;
        self.estimates[replica as usize].observe(now, time_ns, decay_ns, peak);
    }
}

/// One of these replicas at random.
fn one_of(replicas: &[u32], draws: Draws) -> u32 {
    replicas[draws.below(replicas.len() as u32, 0) as usize]
}
