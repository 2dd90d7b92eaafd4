//! The calendar: which slot wakes when.
//!
//! A slot awaits at most one instant. Events fire in `(time, insertion)` order, the insertion
//! counted by one sequence over all calls, so equal instants fire in the order in which they were
//! scheduled. Both calendars keep exactly this order; they differ in speed.
//!
//! The calendar refuses to know what a slot is and what waking it means.

mod keyed;
mod lanes;

pub use keyed::KeyedCalendar;
pub use lanes::LaneCalendar;

use super::time::{Duration, Instant};

/// Names one of at most [`MAX_SLOTS`] things that can be woken.
pub type Slot = u32;

/// Slots are numbered below this.
pub const MAX_SLOTS: u32 = 1 << SLOT_BITS;

const SLOT_BITS: u32 = 24;
const SEQUENCE_BITS: u32 = 64 - SLOT_BITS;

/// A promise that everything scheduled in it uses one constant delay, so that it arrives in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane(u8);

impl Lane {
    /// No promise: any instant.
    pub const NONE: Self = Self(u8::MAX);
}

/// An ordered set of (instant, slot) with one entry a slot.
pub trait Calendar {
    /// An empty calendar.
    fn new() -> Self;

    /// A lane for `delay`: what is scheduled in it must be due exactly `delay` after the instant
    /// at which it is scheduled. May be [`Lane::NONE`], which is only slower.
    fn lane(&mut self, delay: Duration) -> Lane;

    /// Wakes `slot` at `at`.
    ///
    /// # Panics
    /// When `at` lies before the latest popped instant, when `slot` already awaits one, when a
    /// lane's promise is broken, or after 2^40 (10^12) calls.
    fn schedule(&mut self, lane: Lane, at: Instant, slot: Slot);

    /// Forgets what `slot` awaits; nothing happens if it awaits nothing.
    fn cancel(&mut self, slot: Slot);

    /// Removes and returns the first entry if it is due before `end`.
    ///
    /// # Panics
    /// When time would go back.
    fn pop_before(&mut self, end: Instant) -> Option<(Instant, Slot)>;

    /// Entries, dead ones not counted.
    fn len(&self) -> usize;

    /// True without entries.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Entries in memory, dead ones included.
    fn stored(&self) -> usize;
}

#[cfg(test)]
mod tests;
