//! Which replica an attempt goes to: the algorithms, and what a client knows for them.

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

/// How a replica is chosen: see [`Balancing`](super::spec::Balancing).
#[derive(Clone, Debug)]
pub enum Algorithm {
    /// In turn.
    RoundRobin,
    /// Any.
    Random,
    /// The fewest in flight of all.
    LeastRequest,
    /// The fewer in flight of two different ones.
    PowerOfTwo,
    /// The fewest in flight of so many draws.
    Choices(u32),
    /// In turn, by weight.
    Weighted(Vec<f64>),
    /// By key, up to this many times the mean in flight if there is a bound.
    ConsistentHash(Ring, Option<f64>),
    /// The quicker of two different ones.
    Ewma {
        /// After this time what was seen counts 1/e.
        decay_ns: f64,
    },
    /// The one with less estimated time in flight, of two different ones.
    PeakEwma {
        /// After this time what was seen counts 1/e.
        decay_ns: f64,
        /// The estimate before the first answer.
        initial_ns: f64,
    },
    /// By another algorithm within a zone.
    ZoneAware(Box<ZoneAware>),
    /// By another algorithm within some of the replicas.
    Subset(Box<Subsets>),
}

impl Algorithm {
    /// What chooses within a part of the replicas.
    pub(super) fn child(&self) -> Option<&Self> {
        match self {
            Self::ZoneAware(zones) => Some(&zones.child),
            Self::Subset(subsets) => Some(&subsets.child),
            _ => None,
        }
    }

    /// Draws anew from here on, in a branch of a run that was split.
    pub(super) fn fork(&mut self, branch: u64) {
        if let Self::ZoneAware(zones) = self {
            zones.fork(branch);
        }
    }

    /// True if it matters what a call is about.
    pub(super) const fn goes_by_key(&self) -> bool {
        matches!(self, Self::ConsistentHash(..))
    }

    /// True if a replica can be passed over for what it has in flight.
    pub(super) const fn is_bounded(&self) -> bool {
        matches!(self, Self::ConsistentHash(_, Some(_)))
    }
}

/// A replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) replica: u32,
    /// It is not the one that the key belongs to.
    pub(super) overflowed: bool,
}

/// What one client knows; of what its algorithm does not ask for, nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Client {
    /// Its number.
    number: u32,
    replicas: u32,
    /// Whose turn it is.
    next: u32,
    turns: Turns,
    levels: Levels,
    /// By replica.
    in_flight: Vec<u32>,
    estimates: Vec<Estimate>,
    /// In flight at all of them.
    total: u64,
    /// The parts of the replicas within which it chooses; of `ZoneAware` the zones of its route,
    /// then all of the replicas.
    parts: Vec<Part>,
}

/// The draws of one pick.
#[derive(Clone, Copy)]
pub(super) struct Draws {
    site: Site,
    pub(super) key: u64,
    pub(super) attempt: u32,
    /// What it is about: the key of its request, or its own where that has none.
    about: u64,
    /// Which pick for the same attempt it is, from 0.
    pick: u32,
}

/// Draws of one pick at most, as many as [`Algorithm::Choices`] may need and one for the zone.
const MOST_DRAWS: u32 = 1024;

impl Draws {
    /// Those of the first pick for the present attempt of `call`, which is `about` something.
    #[inline]
    pub(super) fn new(site: Site, call: &Call, about: u64) -> Self {
        Self { site, key: call.key, attempt: call.attempts, about, pick: 0 }
    }

    /// The same for a further pick, from 1.
    pub(super) const fn anew(self, pick: u32) -> Self {
        Self { pick, ..self }
    }

    /// The index of the `index`-th draw of this pick, among those of all picks.
    #[inline]
    pub(super) const fn index(self, index: u32) -> u32 {
        self.pick * MOST_DRAWS + index
    }

    /// The `index`-th draw: one of the numbers below `bound`.
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

impl Client {
    /// What the client of this number knows before it has sent anything.
    pub(super) fn new(algorithm: &mut Algorithm, number: u32, replicas: u32, site: Site) -> Self {
        let mut new = Self { number, replicas, ..Self::default() };
        match algorithm {
            Algorithm::RoundRobin => {
                let key = mix(u64::from(number));
                let draws = Draws { site, key, attempt: 0, about: 0, pick: 0 };
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

    /// In flight at all replicas.
    pub(super) const fn in_flight(&self) -> u64 {
        self.total
    }

    /// Bytes of one of them.
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

    /// The replica for an attempt, which is in flight from here on.
    #[inline]
    pub(super) fn choose(&mut self, algorithm: &Algorithm, draws: Draws, now: Instant) -> Chosen {
        let chosen = self.pick(algorithm, draws, now);
        self.begin(algorithm, chosen.replica);
        chosen
    }

    #[inline]
    pub(super) fn pick(&mut self, algorithm: &Algorithm, draws: Draws, now: Instant) -> Chosen {
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
            Algorithm::PowerOfTwo => {
                self.cheaper(draws, |client, replica| f64::from(client.in_flight[replica as usize]))
            }
            Algorithm::Choices(choices) => {
                let drawn = (0..*choices).map(|index| draws.below(self.replicas, index));
                let fewest = drawn.min_by_key(|&replica| self.in_flight[replica as usize]);
                fewest.expect("at least one choice")
            }
            Algorithm::Weighted(weights) => self.turns.next(weights),
            Algorithm::ConsistentHash(ring, bound) => {
                // Envoy: each further pick begins one point further on.
                let key = (mix(draws.about), draws.pick);
                let own = ring.replica(key, |_| true);
                let replica = match bound {
                    Some(bound) => ring.replica(key, |replica| self.has_room(replica, *bound)),
                    None => own,
                };
                overflowed = replica != own;
                replica
            }
            Algorithm::Ewma { decay_ns } => self.cheaper(draws, |client, replica| {
                client.estimates[replica as usize].read(now, *decay_ns)
            }),
            Algorithm::PeakEwma { decay_ns, .. } => self.cheaper(draws, |client, replica| {
                let estimate = client.estimates[replica as usize].take(now, *decay_ns);
                estimate * f64::from(client.in_flight[replica as usize] + 1)
            }),
            Algorithm::ZoneAware(zones) => {
                let zone = zones.draw(self.number, draws);
                let part = zone.unwrap_or(self.parts.len() - 1);
                self.parts[part].pick(&zones.child, draws, now)
            }
            Algorithm::Subset(subsets) => self.parts[0].pick(&subsets.child, draws, now),
        };
        Chosen { replica, overflowed }
    }

    /// The one of two different replicas that costs less; the first drawn if they cost the same.
    fn cheaper(&mut self, draws: Draws, cost: impl Fn(&mut Self, u32) -> f64) -> u32 {
        if self.replicas == 1 {
            return 0;
        }
        let (first, second) = draws.two_below(self.replicas);
        let (of_first, of_second) = (cost(self, first), cost(self, second));
        if of_second < of_first { second } else { first }
    }

    /// True if one more keeps the replica within `bound` times the mean.
    fn has_room(&self, replica: u32, bound: f64) -> bool {
        let mean = (self.total + 1) as f64 / f64::from(self.replicas);
        f64::from(self.in_flight[replica as usize] + 1) <= (bound * mean).ceil()
    }

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

    /// An attempt that was sent to the replica at `sent` is no longer in flight.
    #[inline]
    pub(super) fn end(&mut self, algorithm: &Algorithm, replica: u32, sent: Instant, now: Instant) {
        self.total -= 1;
        if let Some(child) = algorithm.child() {
            self.parts.iter_mut().for_each(|part| part.end(child, replica, sent, now));
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
        let took = (now - sent).as_ns() as f64;
        self.estimates[replica as usize].observe(now, took, decay_ns, peak);
    }
}
