//! Copies of a call: calls that do the same, of which one success is enough.

use super::{Call, CallId, Calls};
use crate::model::seat::{NONE, Port};

impl Calls {
    /// Adds a copy of `parent`, along `port` of its seat. The first copy has the key, and so the
    /// draws, of the call itself; the others have `key`.
    pub fn add_copy(&mut self, parent: CallId, port: Port, key: u64) -> CallId {
        let id = self.add_child(parent, port, key);
        let of = self.slots[parent as usize];
        let copy = &mut self.slots[id as usize];
        copy.copy = true;
        if port == 0 {
            (copy.key, copy.made_by, copy.attempts) = (of.key, of.made_by, of.attempts);
        }
        id
    }

    /// Counts an attempt, and returns its number within its call, over all copies.
    #[inline]
    pub fn count_attempt(&mut self, id: CallId) -> u32 {
        let call = &mut self.slots[id as usize];
        call.attempts += 1;
        if call.copy { self.count_copy(id) } else { call.all_attempts() }
    }

    /// Counts an attempt of a copy for the calls that it is a copy of.
    fn count_copy(&mut self, mut id: CallId) -> u32 {
        let mut first = true;
        loop {
            let Call { copy, parent, port, .. } = self.slots[id as usize];
            if !copy || parent == NONE {
                return self.slots[id as usize].all_attempts();
            }
            first &= port == 0;
            let call = &mut self.slots[parent as usize];
            call.attempts += u32::from(first);
            call.extra += u32::from(!first);
            id = parent;
        }
    }

    /// The call that a copy is one of, over all hedges, or the call itself; `None` of a copy that
    /// goes on for nobody.
    #[must_use]
    pub fn original(&self, mut id: CallId) -> Option<CallId> {
        loop {
            let Call { copy, parent, .. } = self.slots[id as usize];
            match parent {
                _ if !copy => return Some(id),
                NONE => return None,
                parent => id = parent,
            }
        }
    }

    /// Hands to `parent` when a copy was picked up whose outcome goes there.
    pub fn hand_over(&mut self, copy: CallId, parent: CallId) {
        self.slots[parent as usize].picked = self.slots[copy as usize].picked;
    }

    /// A call's own calls that are under way, the latest first.
    pub fn children(&self, id: CallId) -> impl Iterator<Item = CallId> + '_ {
        let some = |id: CallId| Some(id).filter(|&id| id != NONE);
        let first = some(self.latest_child(id));
        std::iter::successors(first, move |&id| some(self.slots[id as usize].elder))
    }
}
