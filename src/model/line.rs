//! A line of frames that wait for something: first come, first served.

use super::frame::{FrameId, Frames, NONE};
use crate::metrics::probe::{Ending, Event, Number, Role, Stretch, What};

/// A first-come-first-served line of frames, linked through them.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    head: FrameId,
    tail: FrameId,
    len: u64,
}

impl What {
    /// It waits for a permit or a slot; the number is how many wait, itself included.
    pub const WAITS: Self = Self::new(&Event {
        name: "waits",
        verb: "waits",
        number: Number::Count,
        words: "waits in line, as number {}",
        role: Role::Begins(Stretch::wait("in line")),
    });
    /// Its caller gave up while it stood in line for a permit.
    pub const LEFT: Self = Self::new(&Event {
        name: "left",
        verb: "leaves",
        number: Number::None,
        words: "leaves the line: its caller has given up",
        role: Role::Ends(Ending::Badly),
    });
}

/// What can happen to a request here.
pub const EVENTS: &[What] = &[What::WAITS, What::LEFT];

impl Default for Line {
    fn default() -> Self {
        Self { head: NONE, tail: NONE, len: 0 }
    }
}

impl Line {
    /// Frames in line.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// True if nobody waits.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The frame that has waited longest.
    #[must_use]
    pub fn first(&self) -> Option<FrameId> {
        (self.head != NONE).then_some(self.head)
    }

    /// Puts a frame at the end.
    #[inline]
    pub fn push(&mut self, frames: &mut Frames, id: FrameId) {
        let frame = &mut frames[id];
        (frame.previous, frame.next) = (self.tail, NONE);
        match self.tail {
            NONE => self.head = id,
            tail => frames[tail].next = id,
        }
        self.tail = id;
        self.len += 1;
    }

    /// Takes the frame that has waited longest.
    #[inline]
    pub fn pop(&mut self, frames: &mut Frames) -> Option<FrameId> {
        let head = self.head;
        (head != NONE).then(|| {
            self.remove(frames, head);
            head
        })
    }

    /// Takes a frame out from wherever it stands.
    #[inline]
    pub fn remove(&mut self, frames: &mut Frames, id: FrameId) {
        let (previous, next) = (frames[id].previous, frames[id].next);
        match previous {
            NONE => self.head = next,
            previous => frames[previous].next = next,
        }
        match next {
            NONE => self.tail = previous,
            next => frames[next].previous = previous,
        }
        self.len -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::frame::State;

    #[test]
    fn a_line_is_fair_and_can_be_left() {
        let mut frames = Frames::default();
        let mut line = Line::default();
        let ids: Vec<_> =
            (0..5).map(|node| frames.add(node, node, NONE, 0, State::Timer)).collect();
        ids.iter().for_each(|&id| line.push(&mut frames, id));
        line.remove(&mut frames, ids[0]);
        line.remove(&mut frames, ids[2]);
        line.remove(&mut frames, ids[4]);
        line.push(&mut frames, ids[0]);
        assert_eq!(line.len(), 3);
        let order: Vec<_> = std::iter::from_fn(|| line.pop(&mut frames)).collect();
        assert_eq!(order, [ids[1], ids[3], ids[0]]);
        assert!(line.is_empty());
    }
}
