//! Dispatch: an event goes to the seat of its timer, and everything it unblocks is resumed, in the
//! same event or, where ties end together, at the end of the instant.

use super::context::Ties;
use super::mechanism::Wakes;
use super::seat::NONE;
use super::timer::Timer;
use super::world::World;
use crate::kernel::calendar::{Calendar, Slot};
use crate::kernel::simulation::{Clock, Model};
use crate::metrics::probe::Probe;

impl<C: Calendar, P: Probe> Model for World<C, P> {
    type Calendar = C;

    #[inline]
    fn clock(&mut self) -> &mut Clock<C> {
        &mut self.cx.clock
    }

    #[inline]
    fn dispatch(&mut self, slot: Slot) {
        let timer = self.cx.timers.remove(slot);
        self.fingerprint_event(timer);
        if self.cx.ties == Ties::Together {
            self.end_or_put_off(timer);
        } else {
            self.wake(timer);
            self.resume_unblocked();
        }
    }

    #[inline]
    fn has_remainder(&self) -> bool {
        self.cx.remainder
    }

    fn end_instant(&mut self) {
        self.cx.remainder = false;
        self.resume_unblocked();
        while let Some(timer) = self.cx.starts.take() {
            if self.count_work() || self.cx.clock.halted() {
                return;
            }
            self.wake(timer);
            self.resume_unblocked();
        }
        self.cx.remainder = false;
    }
}

impl<C: Calendar, P: Probe> World<C, P> {
    /// Dispatches a timer that ends something; puts off one that starts something to the end of the
    /// instant.
    #[cold]
    fn end_or_put_off(&mut self, timer: Timer) {
        self.cx.remainder = true;
        match self.seats[timer.seat].wakes {
            Wakes::Requests => self.cx.starts.push(timer),
            Wakes::Calls { starts: true } => {
                self.cx.calls[timer.owner].timer = NONE;
                self.cx.starts.push(timer);
            }
            Wakes::Calls { starts: false } | Wakes::Faults => self.wake(timer),
        }
    }

    /// Wakes the owner of a timer.
    #[inline(always)]
    fn wake(&mut self, timer: Timer) {
        match self.seats[timer.seat].wakes {
            Wakes::Calls { .. } => self.wake_call(timer.seat, timer.owner),
            Wakes::Requests => self.arrive(timer.seat, timer.owner),
            Wakes::Faults => self.crash(timer.seat),
        }
    }

    #[inline(always)]
    fn fingerprint_event(&mut self, timer: Timer) {
        let seat = &self.seats[timer.seat];
        let owner = match seat.wakes {
            Wakes::Calls { .. } => {
                let call = &self.cx.calls[timer.owner];
                call.key.wrapping_add(u64::from(call.attempts))
            }
            // Its number, because its timer's slot depends on the other components of the scenario.
            Wakes::Requests if timer.owner != NONE => {
                self.machines.loads[seat.index as usize].caller_key(timer.owner)
            }
            Wakes::Requests | Wakes::Faults => 0,
        };
        let component = self.keys[seat.component as usize];
        let now = self.cx.clock.now();
        self.cx.fingerprint.event(component, owner, now);
    }

    /// Resumes everything that the present event unblocked, and that its resumption unblocks: new
    /// calls first, then calls with a permit or slot, then queues, then other holders of slots.
    #[inline(always)]
    fn resume_unblocked(&mut self) {
        if self.cx.has_unblocked() {
            self.resume_until_blocked();
        }
    }

    fn resume_until_blocked(&mut self) {
        loop {
            if self.cx.clock.halted() {
                return;
            }
            if let Some(call) = self.cx.begins.take() {
                self.begin(call);
            } else if let Some(ready) = self.cx.ready.take() {
                self.wake_call(self.cx.calls[ready].at, ready);
            } else if let Some((seat, port)) = self.cx.pulls.take_last() {
                self.pull((seat, 0), port);
            } else if let Some((seat, instance)) = self.cx.freed.take_first() {
                self.pull((seat, instance), None);
            } else {
                return;
            }
        }
    }
}
