//! The fast calendar: a 4-ary heap beside FIFO lanes for constant delays.
//!
//! An entry is one `u128`: time, sequence, slot, so that comparing entries is comparing numbers.
//! `awaited` holds the sequence of each slot's entry. An entry with another sequence is dead and is
//! dropped when it comes up. Cancelling therefore costs one store, and a sweep removes dead entries
//! before they outnumber live ones.
//!
//! Most events schedule another one. Popping the first entry of the heap therefore leaves a hole,
//! which the next entry fills on its way to its place.

use std::collections::VecDeque;

use super::{Calendar, Instant, Lane, MAX_SLOTS, SEQUENCE_BITS, SLOT_BITS, Slot};
use crate::kernel::time::Duration;

/// Most lanes; further constant delays use the heap, because each lane costs a comparison at every
/// pop.
const MAX_LANES: usize = 6;
/// Number of dead entries, beyond that of live ones, above which a sweep pays.
const SWEEP_ABOVE: usize = 1024;
/// The sequence of a slot without an entry.
const NOTHING: u64 = 0;

/// Entries of one constant delay, in order. The head is apart, so that finding the first entry of
/// the calendar touches one line of memory per lane.
#[derive(Clone, Debug)]
struct Fifo {
    head: u128,
    delay: Duration,
    rest: VecDeque<u128>,
}

/// The head of an empty lane: later than any entry.
const EMPTY: u128 = u128::MAX;

impl Fifo {
    #[inline]
    fn push(&mut self, entry: u128) {
        debug_assert!(self.rest.back().is_none_or(|&last| last < entry), "lane out of order");
        if self.head == EMPTY {
            self.head = entry;
        } else {
            self.rest.push_back(entry);
        }
    }

    /// Replaces the head by the first live entry behind it; returns the number of dropped entries.
    ///
    /// Most timers are dead long before they are due, so many are dropped at once.
    #[inline]
    fn advance(&mut self, awaited: &[u64]) -> usize {
        let mut dead = 0;
        while let Some(entry) = self.rest.pop_front() {
            if is_live(awaited, entry) {
                self.head = entry;
                return dead;
            }
            dead += 1;
        }
        self.head = EMPTY;
        dead
    }

    /// Drops every dead entry.
    fn sweep(&mut self, awaited: &[u64]) {
        self.rest.retain(|&entry| is_live(awaited, entry));
        if self.head != EMPTY && !is_live(awaited, self.head) {
            self.advance(awaited);
        }
    }
}

/// Heap and lanes; see the module.
#[derive(Clone, Debug)]
pub struct LaneCalendar {
    heap: Vec<u128>,
    /// True if the first place of the heap is void.
    hole: bool,
    lanes: Vec<Fifo>,
    awaited: Vec<u64>,
    sequence: u64,
    live: usize,
    dead: usize,
    now: Instant,
}

#[inline]
fn pack(at: Instant, sequence: u64, slot: Slot) -> u128 {
    u128::from(at.as_ns()) << 64 | u128::from(sequence << SLOT_BITS | u64::from(slot))
}

#[inline]
fn unpack(entry: u128) -> (Instant, u64, Slot) {
    let low = entry as u64;
    (Instant::from_ns((entry >> 64) as u64), low >> SLOT_BITS, low as u32 & (MAX_SLOTS - 1))
}

#[inline]
fn is_live(awaited: &[u64], entry: u128) -> bool {
    let (_, sequence, slot) = unpack(entry);
    awaited[slot as usize] == sequence
}

impl LaneCalendar {
    #[inline]
    fn push_heap(&mut self, entry: u128) {
        if self.hole {
            self.hole = false;
            return self.sift_down(0, entry);
        }
        self.push_last(entry);
    }

    /// Appends an entry and sifts it up.
    fn push_last(&mut self, entry: u128) {
        // Heaps of one or two entries are common: a comparison replaces two loops.
        match self.heap.as_mut_slice() {
            [] => return self.heap.push(entry),
            [first] => {
                let (least, other) = if entry < *first { (entry, *first) } else { (*first, entry) };
                *first = least;
                return self.heap.push(other);
            }
            _ => {}
        }
        let mut at = self.heap.len();
        self.heap.push(entry);
        while at > 0 {
            let parent = (at - 1) / 4;
            if self.heap[parent] <= entry {
                break;
            }
            self.heap[at] = self.heap[parent];
            at = parent;
        }
        self.heap[at] = entry;
    }

    /// Makes room for a slot that has never had an entry.
    #[cold]
    fn add_slot(&mut self, slot: Slot) {
        assert!(slot < MAX_SLOTS, "slot {slot} is out of range");
        assert!(slot as usize >= self.awaited.len(), "slot {slot} already awaits an event");
        self.awaited.resize(slot as usize + 1, NOTHING);
        self.awaited[slot as usize] = self.sequence;
    }

    /// Fills the hole, if there is one, with the last entry.
    #[inline]
    fn close(&mut self) {
        if self.hole {
            self.hole = false;
            let last = self.heap.pop();
            if let Some(last) = last.filter(|_| !self.heap.is_empty()) {
                self.sift_down(0, last);
            }
        }
    }

    /// Sifts `entry` down from `at`.
    #[inline]
    fn sift_down(&mut self, mut at: usize, entry: u128) {
        let heap = self.heap.as_mut_slice();
        match heap {
            [only] => return *only = entry,
            [first, second] if at == 0 => {
                if *second < entry {
                    (*first, *second) = (*second, entry);
                } else {
                    *first = entry;
                }
                return;
            }
            _ => {}
        }
        loop {
            let first = 4 * at + 1;
            let (best, least) = match heap.get(first..) {
                // The tournament of four compiles to conditional moves.
                Some(&[a, b, c, d, ..]) => {
                    let left = if b < a { (1, b) } else { (0, a) };
                    let right = if d < c { (3, d) } else { (2, c) };
                    let least = if right.1 < left.1 { right } else { left };
                    (first + least.0, least.1)
                }
                Some(&[a, b, c]) => {
                    let least = if b < a { (1, b) } else { (0, a) };
                    let least = if c < least.1 { (2, c) } else { least };
                    (first + least.0, least.1)
                }
                Some(&[a, b]) => {
                    if b < a {
                        (first + 1, b)
                    } else {
                        (first, a)
                    }
                }
                Some(&[a]) => (first, a),
                Some([]) | None => break,
            };
            if least >= entry {
                break;
            }
            heap[at] = least;
            at = best;
        }
        heap[at] = entry;
    }

    /// Drops every dead entry. The order of live ones is in their keys, so it cannot change.
    #[cold]
    fn sweep(&mut self) {
        self.close();
        let awaited = &self.awaited;
        self.heap.retain(|&entry| is_live(awaited, entry));
        for lane in &mut self.lanes {
            lane.sweep(awaited);
        }
        self.dead = 0;
        for at in (0..self.heap.len() / 4 + 1).rev() {
            if let Some(&entry) = self.heap.get(at) {
                self.sift_down(at, entry);
            }
        }
    }
}

impl Calendar for LaneCalendar {
    fn new() -> Self {
        Self {
            heap: Vec::new(),
            hole: false,
            lanes: Vec::new(),
            awaited: Vec::new(),
            sequence: NOTHING,
            live: 0,
            dead: 0,
            now: Instant::ZERO,
        }
    }

    fn lane(&mut self, delay: Duration) -> Lane {
        let known = self.lanes.iter().position(|lane| lane.delay == delay);
        let index = known.unwrap_or_else(|| {
            if self.lanes.len() < MAX_LANES {
                self.lanes.push(Fifo { head: EMPTY, delay, rest: VecDeque::new() });
                self.lanes.len() - 1
            } else {
                usize::from(Lane::NONE.0)
            }
        });
        Lane(index as u8)
    }

    #[inline]
    fn schedule(&mut self, lane: Lane, at: Instant, slot: Slot) {
        assert!(at >= self.now, "an event was scheduled in the past");
        self.sequence += 1;
        assert!(self.sequence < 1 << SEQUENCE_BITS, "the calendar's sequence is used up");
        match self.awaited.get_mut(slot as usize) {
            Some(awaited) if *awaited == NOTHING => *awaited = self.sequence,
            _ => self.add_slot(slot),
        }
        self.live += 1;
        let entry = pack(at, self.sequence, slot);
        match self.lanes.get_mut(usize::from(lane.0)) {
            Some(lane) => lane.push(entry),
            None => self.push_heap(entry),
        }
    }

    #[inline]
    fn cancel(&mut self, slot: Slot) {
        match self.awaited.get_mut(slot as usize) {
            Some(awaited) if *awaited != NOTHING => *awaited = NOTHING,
            _ => return,
        }
        self.live -= 1;
        self.dead += 1;
        if self.dead > self.live + SWEEP_ABOVE {
            self.sweep();
        }
    }

    // The loop is the only caller.
    #[inline(always)]
    fn pop_before(&mut self, end: Instant) -> Option<(Instant, Slot)> {
        loop {
            self.close();
            let mut first = self.heap.first().copied().unwrap_or(EMPTY);
            let mut from = None;
            for (index, lane) in self.lanes.iter().enumerate() {
                if lane.head < first {
                    (first, from) = (lane.head, Some(index));
                }
            }
            if first == EMPTY {
                return None;
            }
            let (at, sequence, slot) = unpack(first);
            let live = self.awaited[slot as usize] == sequence;
            if live && at >= end {
                return None;
            }
            match from {
                Some(index) => self.dead -= self.lanes[index].advance(&self.awaited),
                None => self.hole = true,
            }
            if live {
                assert!(at >= self.now, "the calendar went back in time");
                self.now = at;
                self.awaited[slot as usize] = NOTHING;
                self.live -= 1;
                return Some((at, slot));
            }
            self.dead -= 1;
        }
    }

    fn len(&self) -> usize {
        self.live
    }

    fn stored(&self) -> usize {
        self.live + self.dead
    }
}
