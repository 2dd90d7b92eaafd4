//! What becomes of the records of calls whose caller leaves.

use super::{Call, CallId, Calls, Standing, State};
use crate::kernel::time::Instant;
use crate::model::seat::NONE;

impl Calls {
    /// Nobody waits any more for a call and those that it has made, from `now` on.
    pub fn leave(&mut self, id: CallId, now: Instant) {
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            let call = &mut self.slots[id as usize];
            if call.left == Instant::NEVER {
                call.left = now;
            }
            let mut child = call.child;
            while child != NONE {
                open.push(child);
                child = self.slots[child as usize].elder;
            }
        }
    }

    /// Cuts a call off from its parent: nobody waits for its outcome any more. What stands above
    /// the seat at which it waits goes on with it or not.
    pub fn orphan(&mut self, id: CallId, standing: Standing) {
        self.detach(id);
        self.slots[id as usize].standing = standing;
    }

    /// The caller of `id` leaves what it has below: that keeps the record, with its children and
    /// its place in a line, and the caller goes on in the new one that is returned.
    pub fn split(&mut self, id: CallId) -> CallId {
        let call = self.slots[id as usize];
        let upper = Call { child: NONE, ahead: NONE, behind: NONE, timer: NONE, ..call };
        let mine = self.add(Call { state: State::None, ..upper });
        let (from, to) = (id as usize * self.stride, mine as usize * self.stride);
        self.words.copy_within(from..from + self.stride, to);
        if call.parent != NONE {
            match call.younger {
                NONE => self.slots[call.parent as usize].child = mine,
                younger => self.slots[younger as usize].elder = mine,
            }
            if call.elder != NONE {
                self.slots[call.elder as usize].younger = mine;
            }
        }
        let lower = &mut self.slots[id as usize];
        (lower.parent, lower.elder, lower.younger) = (NONE, NONE, NONE);
        (lower.standing, lower.caller) = (Standing::Left, NONE);
        mine
    }
}
