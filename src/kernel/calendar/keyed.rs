//! The keyed calendar: one priority queue with the slot as its key and true removal.
//!
//! It is the obvious implementation, and the oracle for the fast one.

use core::cmp::Reverse;
use core::hash::{BuildHasherDefault, Hasher};

use priority_queue::PriorityQueue;

use super::{Calendar, Instant, Lane, SEQUENCE_BITS, Slot};
use crate::kernel::draw::mix;
use crate::kernel::time::Duration;

/// A priority queue of slots by (instant, sequence); see the module.
#[derive(Debug)]
pub struct KeyedCalendar {
    queue: PriorityQueue<Slot, Reverse<(Instant, u64)>, BuildHasherDefault<SlotHasher>>,
    sequence: u64,
    now: Instant,
}

/// Hashes a slot without a random state, so that no run depends on the process.
#[derive(Debug, Default)]
struct SlotHasher(u64);

impl Hasher for SlotHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = mix(self.0 ^ u64::from(byte));
        }
    }

    fn write_u32(&mut self, slot: u32) {
        self.0 = mix(u64::from(slot));
    }
}

impl Calendar for KeyedCalendar {
    fn new() -> Self {
        let queue = PriorityQueue::with_default_hasher();
        Self { queue, sequence: 0, now: Instant::ZERO }
    }

    fn lane(&mut self, _: Duration) -> Lane {
        Lane::NONE
    }

    fn schedule(&mut self, _: Lane, at: Instant, slot: Slot) {
        assert!(at >= self.now, "an event was scheduled in the past");
        self.sequence += 1;
        assert!(self.sequence < 1 << SEQUENCE_BITS, "the calendar's sequence is used up");
        let before = self.queue.push(slot, Reverse((at, self.sequence)));
        assert!(before.is_none(), "slot {slot} already awaits an event");
    }

    fn cancel(&mut self, slot: Slot) {
        self.queue.remove(&slot);
    }

    fn pop_before(&mut self, end: Instant) -> Option<(Instant, Slot)> {
        let (_, &Reverse((at, _))) = self.queue.peek()?;
        if at >= end {
            return None;
        }
        assert!(at >= self.now, "the calendar went back in time");
        self.now = at;
        self.queue.pop().map(|(slot, _)| (at, slot))
    }

    fn len(&self) -> usize {
        self.queue.len()
    }

    fn stored(&self) -> usize {
        self.queue.len()
    }
}
