//! Invariants of a world between two events, for tests: every permit, slot and consumer in use is
//! held by a call under way, and every timer has a call to wake.

use super::call::{Call, Standing};
use super::mechanism::Wakes;
use super::seat::{NONE, SeatId};
use super::world::World;
use crate::kernel::calendar::Calendar;
use crate::metrics::meter::Aspect;
use crate::metrics::probe::Probe;

impl<C: Calendar, P: Probe> World<C, P> {
    /// Checks permits, slots, consumers, timers and the tree of calls.
    ///
    /// # Errors
    /// The invariant that does not hold.
    pub fn audit(&self) -> Result<(), String> {
        self.check_holders()?;
        self.check_timers()?;
        self.check_tree()
    }

    /// Number of calls under way, and of timers that are set.
    #[must_use]
    pub fn left(&self) -> (usize, usize) {
        (self.cx.calls.len(), self.cx.timers.len())
    }

    /// The seats that a call has passed, upwards from that at which it waits.
    fn passed(&self, call: &Call) -> impl Iterator<Item = SeatId> + '_ {
        let above = |seat: &SeatId| Some(self.seats[*seat].up).filter(|up| *up != NONE);
        let first = (call.at != NONE).then(|| self.seats[call.at].up);
        std::iter::successors(first.filter(|up| *up != NONE && !call.is_cut_off()), above)
    }

    fn check_holders(&self) -> Result<(), String> {
        let mut held = vec![0_u64; self.homes.len()];
        for (id, call) in self.cx.calls.iter().filter(|(_, call)| call.at != NONE) {
            for seat in self.passed(call) {
                held[self.seats[seat].component as usize] += 1;
            }
            let at = &self.seats[call.at];
            let holds = self.machines.is_taken_by(&self.cx, at, id);
            held[at.component as usize] += u64::from(holds);
        }
        for (&home, held) in self.homes.iter().zip(held) {
            let seat = &self.seats[home];
            let (kind, metrics) = (seat.kind.name(), seat.kind.metrics());
            let Some(taken) = self.machines.taken(seat) else {
                if metrics.iter().any(|of| of.meter.aspect == Some(Aspect::InService)) {
                    return Err(format!("{kind} {}: in service, by nothing taken", seat.component));
                }
                continue;
            };
            if taken != held {
                return Err(format!("{kind} {}: {taken} taken, {held} held", seat.component));
            }
        }
        Ok(())
    }

    fn check_timers(&self) -> Result<(), String> {
        for timer in self.cx.timers.iter() {
            let kind = self.seats[timer.seat].kind;
            match kind.wakes() {
                Wakes::Calls { .. } => {}
                Wakes::Requests | Wakes::Faults => continue,
            }
            let call = &self.cx.calls[timer.owner];
            let waits = call.at == timer.seat || self.passed(call).any(|seat| seat == timer.seat);
            if call.standing == Standing::Free || !waits {
                let name = kind.name();
                return Err(format!("a timer of a {name} wakes call {} for nothing", timer.owner));
            }
        }
        Ok(())
    }

    fn check_tree(&self) -> Result<(), String> {
        let mut children = 0;
        for (id, call) in self.cx.calls.iter() {
            let (parent, child) = (call.parent, is_child(call));
            if child != (parent != NONE) || (child && self.cx.calls[parent].at == NONE) {
                return Err(format!("call {id} has lost its parent"));
            }
            let mut next = self.cx.calls.latest_child(id);
            while next != NONE {
                if self.cx.calls[next].parent != id {
                    return Err(format!("call {next} is no child of {id}"));
                }
                children += 1;
                next = self.cx.calls[next].elder;
            }
        }
        let all = self.cx.calls.iter().filter(|(_, call)| is_child(call)).count();
        if all == children { Ok(()) } else { Err(format!("{all} children, {children} found")) }
    }
}

fn is_child(call: &Call) -> bool {
    matches!(call.standing, Standing::Child | Standing::Awaited)
}
