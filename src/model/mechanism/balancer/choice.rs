//! The choice of a replica for an attempt: the algorithms, and the state that a client keeps for
//! them.

use super::estimate::Estimate;
use super::levels::Levels;
use super::parts::Part;
use super::ring::Ring;
use super::subset::Subsets;
use super::turns::Turns;
use super::zones::ZoneAware;
use crate::kernel::draw::{Site, mix};
use crate::kernel::time::Instant;
use crate::model::call::Call;

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
    /// Replica with the next turn, for `RoundRobin`.
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

/// The draws of one pick.
#[derive(Clone, Copy)]
pub(super) struct Draws {
    site: Site,
    pub(super) key: u64,
    pub(super) attempt: u32,
    /// Key of the request for consistent hashing, or that of the call if the request has none.
    hash_key: u64,
    /// Number of the pick for the same attempt, from 0.
    pick: u32,
}

/// Most draws of one pick: as many as [`Algorithm::Choices`] may need, and those of the zone.
const DRAWS_PER_PICK: u32 = 1024;

impl Draws {
    /// The draws of the first pick for the present attempt of `call`.
    #[inline]
    pub(super) fn new(site: Site, call: &Call, hash_key: u64) -> Self {
        Self { site, key: call.key, attempt: call.attempts, hash_key, pick: 0 }
    }

    /// The draws of a further pick for the same attempt, from 1.
    pub(super) const fn of_pick(self, pick: u32) -> Self {
        Self { pick, ..self }
    }

    /// The index of the `index`-th draw of this pick, among those of all picks.
    #[inline]
    pub(super) const fn index(self, index: u32) -> u32 {
        self.pick * DRAWS_PER_PICK + index
    }

    /// The `index`-th draw, uniform among the numbers below `bound`.
    fn below(self, bound: u32, index: u32) -> u32 {
        let bits = self.site.bits(self.key, self.attempt, self.index(index));
        ((u128::from(bits) * u128::from(bound)) >> 64) as u32
    }

    /// Two different numbers below `bound`, which is at least 2.
    fn two_below(self, bound: u32) -> (u32, u32) {
        let (first, second) = (self.below(bound, 0), self.below(bound - 1, 1));
        (first, second + u32::from(second >= first))
    }
}

impl ClientState {
    /// The state of the client `number` before its first attempt.
    pub(super) fn new(algorithm: &mut Algorithm, number: u32, replicas: u32, site: Site) -> Self {
        let mut new = Self { number, replicas, ..Self::default() };
        match algorithm {
            Algorithm::RoundRobin => {
                let key = mix(u64::from(number));
                let draws = Draws { site, key, attempt: 0, hash_key: 0, pick: 0 };
                new.next = draws.below(replicas, 0);
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
                self.next = if turn + 1 == self.replicas { 0 } else { turn + 1 };
                turn
            }
            Algorithm::Random => draws.below(self.replicas, 0),
            Algorithm::LeastRequest => {
                let least = self.levels.least();
                least[draws.below(least.len() as u32, 0) as usize]
            }
            Algorithm::PowerOfTwo => self.cheaper_of_two(draws, |client, replica| {
                f64::from(client.in_flight[replica as usize])
            }),
            Algorithm::Choices(choices) => {
                let drawn = (0..*choices).map(|index| draws.below(self.replicas, index));
                let fewest = drawn.min_by_key(|&replica| self.in_flight[replica as usize]);
                fewest.expect("at least one choice")
            }
            Algorithm::Weighted(weights) => self.turns.next(weights),
            Algorithm::ConsistentHash(ring, bound) => {
                // As in Envoy, each further pick begins one point later on the ring.
                let key = (mix(draws.hash_key), draws.pick);
                let own = ring.replica(key, |_| true);
                let replica = match bound {
                    Some(bound) => ring.replica(key, |replica| self.has_room(replica, *bound)),
                    None => own,
                };
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
                let part = zone.unwrap_or(self.parts.len() - 1);
                self.parts[part].pick(&zones.child, draws, now)
            }
            Algorithm::Subset(subsets) => self.parts[0].pick(&subsets.child, draws, now),
        };
        Choice { replica, overflowed }
    }

    /// The cheaper of two different random replicas; the first drawn if they cost the same.
    fn cheaper_of_two(&mut self, draws: Draws, cost: impl Fn(&mut Self, u32) -> f64) -> u32 {
        if self.replicas == 1 {
            return 0;
        }
        let (first, second) = draws.two_below(self.replicas);
        let (of_first, of_second) = (cost(self, first), cost(self, second));
        if of_second < of_first { second } else { first }
    }

    /// True if the replica stays within `bound` times the mean with one more attempt in flight.
    fn has_room(&self, replica: u32, bound: f64) -> bool {
        let mean = (self.total + 1) as f64 / f64::from(self.replicas);
        f64::from(self.in_flight[replica as usize] + 1) <= (bound * mean).ceil()
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
