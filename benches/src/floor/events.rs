//! The event list: a 4-ary heap of numbers, and a queue for timers of one constant delay.

use std::collections::VecDeque;

/// Later than any event.
pub const NEVER: u128 = u128::MAX;

/// An event as one number: time, insertion, payload.
#[inline]
pub fn time_of(event: u128) -> u64 {
    (event >> 64) as u64
}

#[inline]
pub fn insertion_of(event: u128) -> u32 {
    (event >> 32) as u32
}

#[inline]
pub fn payload_of(event: u128) -> u32 {
    event as u32
}

pub struct Events {
    heap: Vec<u128>,
    insertions: u32,
}

impl Events {
    pub fn new() -> Self {
        Self { heap: Vec::with_capacity(4096), insertions: 0 }
    }

    #[inline]
    fn event(&mut self, time: u64, payload: u32) -> u128 {
        self.insertions = self.insertions.wrapping_add(1);
        u128::from(time) << 64 | u128::from(self.insertions) << 32 | u128::from(payload)
    }

    #[inline]
    pub fn push(&mut self, time: u64, payload: u32) {
        let event = self.event(time, payload);
        let mut hole = self.heap.len();
        self.heap.push(event);
        let heap = self.heap.as_mut_slice();
        while hole > 0 {
            let parent = hole.wrapping_sub(1) / 4;
            if heap[parent] < event {
                break;
            }
            heap[hole] = heap[parent];
            hole = parent;
        }
        heap[hole] = event;
    }

    /// The first event, which stays; [`NEVER`] without one.
    #[inline]
    pub fn first(&self) -> u128 {
        self.heap.first().copied().unwrap_or(NEVER)
    }

    /// Removes the first event; there must be one.
    #[inline]
    pub fn drop_first(&mut self) {
        let Some(last) = self.heap.pop() else { return };
        let heap = self.heap.as_mut_slice();
        if heap.is_empty() {
            return;
        }
        let mut hole = 0_usize;
        loop {
            let first = hole.wrapping_mul(4).wrapping_add(1);
            let (child, event) = match heap.get(first..) {
                Some(&[a, b, c, d, ..]) => {
                    let ab = if b < a { (1, b) } else { (0, a) };
                    let cd = if d < c { (3, d) } else { (2, c) };
                    let least = if cd.1 < ab.1 { cd } else { ab };
                    (first.wrapping_add(least.0), least.1)
                }
                Some(rest @ [_, ..]) => {
                    let mut least = (first, rest[0]);
                    for (at, &event) in (first..).zip(rest).skip(1) {
                        if event < least.1 {
                            least = (at, event);
                        }
                    }
                    least
                }
                _ => break,
            };
            if last < event {
                break;
            }
            heap[hole] = event;
            hole = child;
        }
        heap[hole] = last;
    }
}

/// Timers of one constant delay, in the order in which they were set. Whoever cancels one forgets
/// its insertion; it is dropped when it comes to the front.
pub struct Timers {
    queue: VecDeque<u128>,
}

impl Timers {
    pub fn new() -> Self {
        Self { queue: VecDeque::with_capacity(4096) }
    }

    /// Sets a timer and returns the insertion that names it.
    #[inline]
    pub fn set(&mut self, events: &mut Events, time: u64, payload: u32) -> u32 {
        let event = events.event(time, payload);
        self.queue.push_back(event);
        insertion_of(event)
    }

    /// The first timer that `is_live`; [`NEVER`] without one.
    #[inline]
    pub fn first(&mut self, is_live: impl Fn(u32, u32) -> bool) -> u128 {
        while let Some(&event) = self.queue.front() {
            if is_live(payload_of(event), insertion_of(event)) {
                return event;
            }
            self.queue.pop_front();
        }
        NEVER
    }
}
