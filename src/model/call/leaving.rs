//! The records of calls whose caller leaves.

use super::{Call, CallId, Calls, Standing, State};
use crate::kernel::time::Instant;
use crate::model::seat::NONE;

impl Calls {
    /// Notes that from `now` on nobody waits for a call, nor for those that it has made.
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

    /// Cuts a call off from its parent, which no longer waits for its outcome. `standing` says
    /// whether the layers above its seat go on with it.
    pub fn orphan(&mut self, id: CallId, standing: Standing) {
        self.detach(id);
        self.slots[id as usize].standing = standing;
    }

    /// Splits a call whose caller leaves. The part below keeps the record `id`, with its children
    /// and its place in a line; the caller goes on in the new record that is returned.
    pub fn split(&mut self, id: CallId) -> CallId {
        let call = self.slots[id as usize];
        let upper = Call { child: NONE, ahead: NONE, behind: NONE, timer: NONE, ..call };
        let upper = self.add(Call { state: State::None, ..upper });
        let (from, to) = (id as usize * self.stride, upper as usize * self.stride);
        self.words.copy_within(from..from + self.stride, to);
        if call.parent != NONE {
            match call.younger {
                NONE => self.slots[call.parent as usize].child = upper,
                younger => self.slots[younger as usize].elder = upper,
            }
            if call.elder != NONE {
                self.slots[call.elder as usize].younger = upper;
            }
        }
        let lower = &mut self.slots[id as usize];
        (lower.parent, lower.elder, lower.younger) = (NONE, NONE, NONE);
        (lower.standing, lower.caller) = (Standing::Left, NONE);
        upper
    }
}
