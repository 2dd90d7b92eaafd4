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

/// The number of a timer, below [`MAX_SLOTS`]; the model knows what it wakes.
pub type Slot = u32;

/// Number of slots.
pub const MAX_SLOTS: u32 = 1 << SLOT_BITS;

const SLOT_BITS: u32 = 24;
const SEQUENCE_BITS: u32 = 64 - SLOT_BITS;

/// A group of entries with one constant delay, which therefore arrive in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane(u8);

impl Lane {
    /// No lane: entries may be at any instant.
    pub const NONE: Self = Self(u8::MAX);
}

/// An ordered set of (instant, slot) with at most one entry per slot.
pub trait Calendar {
    /// An empty calendar.
    fn new() -> Self;

    /// A lane for `delay`, or [`Lane::NONE`], which is only slower. Each entry of the lane must be
    /// due exactly `delay` after the instant at which it is scheduled.
    fn lane(&mut self, delay: Duration) -> Lane;

    /// Wakes `slot` at `at`.
    ///
    /// # Panics
    /// When `at` lies before the latest popped instant, when `slot` already has an entry, when
    /// entries of a lane are out of order, or after 2^40 (10^12) calls.
    fn schedule(&mut self, lane: Lane, at: Instant, slot: Slot);

    /// Removes the entry of `slot`, if it has one.
    fn cancel(&mut self, slot: Slot);

    /// Removes and returns the first entry if it is due before `end`.
    ///
    /// # Panics
    /// When time would go back.
    fn pop_before(&mut self, end: Instant) -> Option<(Instant, Slot)>;

    /// Number of entries, without cancelled ones.
    fn len(&self) -> usize;

    /// True without entries.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of entries in memory, with cancelled ones.
    fn stored(&self) -> usize;
}

#[cfg(test)]
mod tests;
