//! Fingerprints: 64 bits over everything a run did.
//!
//! A fingerprint has three hashes, which tell kinds of changes apart: the order of events, the
//! order with its instants, and the results. They hash names, numbers and instants only, and no
//! index, address or word size, so adding an idle component changes nothing.

use crate::kernel::draw::mix;
use crate::kernel::time::Instant;

/// An odd number with half of its bits set and no pattern.
const MULTIPLIER: u64 = 0xe703_7ed1_a0b4_28db;

/// A running 64-bit hash: multiply to 128 bits and fold, as in wyhash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hash(u64);

impl Hash {
    /// The hash of no words.
    pub const EMPTY: Self = Self(0x243f_6a88_85a3_08d3);

    /// Mixes a word into the hash.
    #[inline]
    pub fn absorb(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * u128::from(MULTIPLIER);
        // The added constant keeps the hash moving when state and word happen to be equal.
        self.0 = ((product >> 64) as u64 ^ product as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    }

    /// Mixes a text and its length into the hash.
    pub fn absorb_text(&mut self, text: &str) {
        self.absorb(crate::kernel::draw::key(text));
    }

    /// The hash of all words so far.
    #[must_use]
    pub const fn finish(self) -> u64 {
        mix(self.0)
    }
}

/// The three hashes of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// Hash of the events in their order.
    pub order: Hash,
    /// Hash of the events in their order, with their instants.
    pub timing: Hash,
    /// Hash of outcomes and metrics.
    pub results: Hash,
}

impl Fingerprint {
    /// The fingerprint of a run in which nothing happened.
    pub const EMPTY: Self = Self { order: Hash::EMPTY, timing: Hash::EMPTY, results: Hash::EMPTY };

    /// Adds an event: the keys of its component and of its call, and its instant.
    #[inline]
    pub fn event(&mut self, component: u64, call: u64, at: Instant) {
        let word = component ^ call.rotate_left(17);
        self.order.absorb(word);
        self.timing.absorb(word.wrapping_add(at.as_ns().wrapping_mul(MULTIPLIER)));
    }

    /// Adds an outcome: the key of its request, its kind, and its number.
    #[inline]
    pub fn outcome(&mut self, request: u64, kind: u64, number: u64) {
        self.results.absorb(request ^ kind.rotate_left(56));
        self.results.absorb(number);
    }

    /// Adds the finished fingerprint of a part, under its name.
    pub fn part(&mut self, name: &str, part: &Self) {
        for (whole, part) in [
            (&mut self.order, part.order),
            (&mut self.timing, part.timing),
            (&mut self.results, part.results),
        ] {
            whole.absorb_text(name);
            whole.absorb(part.finish());
        }
    }

    /// One hash of the three.
    #[must_use]
    pub fn combined(&self) -> u64 {
        let mut hash = Hash::EMPTY;
        for part in [self.order, self.timing, self.results] {
            hash.absorb(part.finish());
        }
        hash.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_say_what_changed() {
        let play = |second: u64, at: u64, outcome: u64| {
            let mut print = Fingerprint::EMPTY;
            print.event(1, 1, Instant::from_ns(5));
            print.event(second, 1, Instant::from_ns(at));
            print.outcome(1, outcome, 3);
            print
        };
        let base = play(2, 9, 0);
        let (later, other, worse) = (play(2, 10, 0), play(3, 9, 0), play(2, 9, 1));
        assert_eq!((base.order == later.order, base.timing == later.timing), (true, false));
        assert_eq!((base.order == other.order, base.timing == other.timing), (false, false));
        assert_eq!((base.order == worse.order, base.timing == worse.timing), (true, true));
        assert!(base.results != worse.results && base.results == later.results);
        assert_ne!(base.combined(), worse.combined());
    }

    #[test]
    fn order_of_events_matters() {
        let play = |words: [u64; 3]| {
            let mut hash = Hash::EMPTY;
            words.iter().for_each(|&word| hash.absorb(word));
            hash.finish()
        };
        let all = [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1], [0, 0, 0]];
        let distinct: std::collections::BTreeSet<_> = all.map(play).into();
        assert_eq!(distinct.len(), all.len());
    }
}
