//! Weighted round robin by earliest deadline first, the scheduler of Envoy and gRPC.
//!
//! A replica's next turn is due 1 / weight after its last one. The earliest turn is next; among
//! equal ones, the one that has waited longest. The cost is logarithmic in the number of replicas.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A turn to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    /// Due time as the bits of a positive `f64`, which sort like the number.
    due: u64,
    /// Sequence number, which makes equal turns first come, first served.
    order: u64,
    replica: u32,
}

/// The turns of all replicas.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns {
    heap: BinaryHeap<Reverse<Turn>>,
    order: u64,
}

impl Turns {
    /// The first turns of replicas with these weights, all above 0.
    pub(super) fn new(weights: &[f64]) -> Self {
        let mut turns = Self::default();
        for (replica, weight) in (0..).zip(weights) {
            turns.push(1.0 / weight, replica);
        }
        turns
    }

    fn push(&mut self, due: f64, replica: u32) {
        self.order += 1;
        self.heap.push(Reverse(Turn { due: due.to_bits(), order: self.order, replica }));
    }

    /// The replica with the next turn, among those that `may` have one; the others miss theirs.
    /// One at least may.
    pub(super) fn next(&mut self, weights: &[f64], may: impl Fn(u32) -> bool) -> u32 {
        loop {
            let Reverse(turn) = self.heap.pop().expect("every replica has a turn");
            let due = f64::from_bits(turn.due) + 1.0 / weights[turn.replica as usize];
            self.push(due, turn.replica);
            if may(turn.replica) {
                return turn.replica;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_in_proportion_to_weights_and_spread_out() {
        let weights = [4.0, 1.0, 2.0];
        let mut turns = Turns::new(&weights);
        let order: Vec<u32> = (0..14).map(|_| turns.next(&weights, |_| true)).collect();
        // Turns are due at 0.25, 0.5, .. for the first, 1, 2, .. for the second, 0.5, 1, .. for the
        // third replica.
        assert_eq!(order, [0, 2, 0, 0, 1, 2, 0, 0, 2, 0, 0, 1, 2, 0]);
        let many: Vec<u32> = (0..7_000).map(|_| turns.next(&weights, |_| true)).collect();
        let count = |replica| many.iter().filter(|&&one| one == replica).count();
        assert_eq!([count(0), count(1), count(2)], [4_000, 1_000, 2_000]);
    }
}
