//! Frames: what is under way, in an arena, without a box.
//!
//! A request that walks down leaves a frame at every layer that must remember something or wait.
//! Frames of one request are linked to their parent and child, so that an outcome finds its way
//! up and a cancellation its way down. A frame that waits in a line is linked to its neighbours,
//! so that it can leave from the middle.

use crate::kernel::calendar::{MAX_SLOTS, Slot};
use crate::kernel::time::{Duration, Instant};

/// Index of a node: a layer, a service, a queue, a load.
pub type NodeId = u32;
/// Index of a frame, which is also its slot in the calendar.
pub type FrameId = Slot;
/// Index of a request.
pub type RequestId = u32;

/// No frame, no request.
pub const NONE: u32 = u32::MAX;

/// One request on its way through one layer.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// The node it stands at.
    pub node: NodeId,
    /// Where its outcome continues upwards: `node` itself for a layer, the sending node of a
    /// pipeline for a service.
    pub from: NodeId,
    /// The frame above, [`NONE`] at the top or when the caller has left.
    pub parent: FrameId,
    /// The frame below.
    pub child: FrameId,
    /// Whose it is.
    pub request: RequestId,
    /// At a service, the attempt that it is, from 1: one that its caller has left keeps its number
    /// while the request goes on to later ones. 0 elsewhere.
    pub attempt: u32,
    /// Neighbours in a line; free frames are linked through `next`.
    pub(super) previous: FrameId,
    pub(super) next: FrameId,
    /// What the layer remembers.
    pub state: State,
}

/// What a frame remembers for its layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing: a timer is all.
    Timer,
    /// A free frame.
    Free,
    /// A retry: tries begun, and the last wait (of decorrelated jitter).
    Retry {
        /// Tries begun, the first included.
        tries: u32,
        /// The wait before the present try.
        waited: Duration,
    },
    /// In line for a permit.
    Waiting {
        /// Since when.
        since: Instant,
    },
    /// In line for a slot of a service.
    Queued {
        /// Since when.
        since: Instant,
        /// When the caller left, [`Instant::NEVER`] while it is there.
        left: Instant,
    },
    /// In a slot of a service.
    Working {
        /// When it was sent.
        since: Instant,
        /// When it got the slot.
        started: Instant,
        /// Whether it will fail.
        fails: bool,
        /// When the caller left, [`Instant::NEVER`] while it is there.
        left: Instant,
    },
    /// A message, waiting or at a consumer.
    Message {
        /// Deliveries so far, the present one included.
        deliveries: u32,
        /// When it last entered the queue.
        since: Instant,
        /// The last wait before it was published again (of decorrelated jitter).
        waited: Duration,
    },
    /// A caller of a closed loop that has sent so many requests.
    Caller {
        /// Requests sent.
        sent: u64,
    },
}

/// The arena of frames. Free ones are linked through `next`.
#[derive(Clone, Debug)]
pub struct Frames {
    slots: Vec<Frame>,
    free: FrameId,
    used: usize,
}

impl Default for Frames {
    fn default() -> Self {
        Self { slots: Vec::new(), free: NONE, used: 0 }
    }
}

impl Frames {
    /// Frames in use.
    #[must_use]
    #[inline]
    pub const fn len(&self) -> usize {
        self.used
    }

    /// True without any.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// A new frame below `parent`, which must have no child yet.
    ///
    /// # Panics
    /// When the arena is full: the world stops before.
    #[inline(always)]
    pub fn add(
        &mut self,
        node: NodeId,
        from: NodeId,
        parent: FrameId,
        request: RequestId,
        state: State,
    ) -> FrameId {
        let (previous, next) = (NONE, NONE);
        let (child, attempt) = (NONE, 0);
        let frame = Frame { node, from, parent, child, request, attempt, previous, next, state };
        self.used += 1;
        let id = self.free;
        let id = if let Some(slot) = self.slots.get_mut(id as usize) {
            self.free = slot.next;
            *slot = frame;
            id
        } else {
            assert!(self.slots.len() < MAX_SLOTS as usize, "the arena of frames is full");
            self.slots.push(frame);
            (self.slots.len() - 1) as FrameId
        };
        if parent != NONE {
            let parent = &mut self.slots[parent as usize];
            debug_assert_eq!(parent.child, NONE, "a frame has one child at a time");
            parent.child = id;
        }
        id
    }

    /// Removes a frame, which must have no child left, and returns it.
    #[inline(always)]
    pub fn remove(&mut self, id: FrameId) -> Frame {
        let slot = &mut self.slots[id as usize];
        debug_assert_ne!(slot.state, State::Free, "a frame is removed once");
        debug_assert_eq!(slot.child, NONE, "a frame outlives its child");
        let frame = *slot;
        slot.state = State::Free;
        slot.next = self.free;
        self.free = id;
        self.used -= 1;
        if let Some(parent) = self.slots.get_mut(frame.parent as usize) {
            parent.child = NONE;
        }
        frame
    }

    /// Cuts a frame off from its parent.
    #[inline]
    pub fn unlink_parent(&mut self, id: FrameId) {
        let parent = std::mem::replace(&mut self.slots[id as usize].parent, NONE);
        if parent != NONE {
            self.slots[parent as usize].child = NONE;
        }
    }

    /// Bytes that it holds; free frames are kept for later.
    #[must_use]
    pub fn memory(&self) -> u64 {
        (self.slots.len() * size_of::<Frame>()) as u64
    }

    /// Ids and frames in use, by id.
    pub fn iter(&self) -> impl Iterator<Item = (FrameId, &Frame)> {
        let used = |frame: &&Frame| frame.state != State::Free;
        (0..).zip(&self.slots).filter(move |(_, frame)| used(frame))
    }
}

impl std::ops::Index<FrameId> for Frames {
    type Output = Frame;

    #[inline]
    fn index(&self, id: FrameId) -> &Frame {
        &self.slots[id as usize]
    }
}

impl std::ops::IndexMut<FrameId> for Frames {
    #[inline]
    fn index_mut(&mut self, id: FrameId) -> &mut Frame {
        &mut self.slots[id as usize]
    }
}
