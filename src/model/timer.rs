//! Timers: the owners of the slots of the calendar.

use super::seat::{NONE, SeatId};
use crate::kernel::calendar::{MAX_SLOTS, Slot};

/// The owner of a slot of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timer {
    /// Seat that set the timer.
    pub seat: SeatId,
    /// Call of the timer; at a load, the number of the caller that thinks, or [`NONE`].
    pub owner: u32,
}

/// The timers that are set. Free ones are linked through `owner`.
#[derive(Clone, Debug)]
pub struct Timers {
    slots: Vec<Timer>,
    free: Slot,
    used: usize,
}

impl Default for Timers {
    fn default() -> Self {
        Self { slots: Vec::new(), free: NONE, used: 0 }
    }
}

impl Timers {
    /// Number of timers that are set.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.used
    }

    /// True if none is set.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// True if the calendar has slots for `more` timers.
    #[inline]
    #[must_use]
    pub const fn has_room(&self, more: usize) -> bool {
        self.used + more <= MAX_SLOTS as usize
    }

    /// Adds a timer.
    ///
    /// # Panics
    /// When the calendar has no slot left, which a world checks before.
    #[inline(always)]
    pub fn add(&mut self, seat: SeatId, owner: u32) -> Slot {
        self.used += 1;
        let timer = Timer { seat, owner };
        let id = self.free;
        if let Some(slot) = self.slots.get_mut(id as usize) {
            self.free = slot.owner;
            *slot = timer;
            return id;
        }
        assert!(self.slots.len() < MAX_SLOTS as usize, "the calendar has no slot left");
        self.slots.push(timer);
        (self.slots.len() - 1) as Slot
    }

    /// Removes a timer that is due or cancelled.
    #[inline(always)]
    pub fn remove(&mut self, slot: Slot) -> Timer {
        let timer = self.slots[slot as usize];
        self.slots[slot as usize] = Timer { seat: NONE, owner: self.free };
        self.free = slot;
        self.used -= 1;
        timer
    }

    /// Gives a timer to another call.
    pub fn hand_over(&mut self, slot: Slot, owner: u32) {
        self.slots[slot as usize].owner = owner;
    }

    /// Every timer that is set.
    pub fn iter(&self) -> impl Iterator<Item = &Timer> {
        self.slots.iter().filter(|timer| timer.seat != NONE)
    }

    /// Bytes of the arena, with those of free timers.
    #[must_use]
    pub fn memory(&self) -> u64 {
        (self.slots.len() * size_of::<Timer>()) as u64
    }
}

impl std::ops::Index<Slot> for Timers {
    type Output = Timer;

    #[inline]
    fn index(&self, slot: Slot) -> &Timer {
        &self.slots[slot as usize]
    }
}
