//! Frames and requests: what is under way, in arenas, without a box.
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
    /// Neighbours in a line.
    previous: FrameId,
    next: FrameId,
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
#[derive(Debug)]
pub struct Frames {
    slots: Vec<Frame>,
    free: FrameId,
    used: usize,
}

impl Default for Frames {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            free: NONE,
            used: 0,
        }
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
        let frame = Frame {
            node,
            from,
            parent,
            child,
            request,
            attempt,
            previous,
            next,
            state,
        };
        self.used += 1;
        let id = self.free;
        let id = if let Some(slot) = self.slots.get_mut(id as usize) {
            self.free = slot.next;
            *slot = frame;
            id
        } else {
            assert!(
                self.slots.len() < MAX_SLOTS as usize,
                "the arena of frames is full"
            );
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

/// A first-come-first-served line of frames, linked through them.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    head: FrameId,
    tail: FrameId,
    len: u64,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            head: NONE,
            tail: NONE,
            len: 0,
        }
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

/// A request from its arrival to its end, and as long as any service works for it.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// What its draws are keyed by.
    pub key: u64,
    /// Its number within its load.
    pub index: u64,
    /// When it arrived.
    pub arrived: Instant,
    /// When its present attempt was picked up.
    pub picked: Instant,
    /// The node of its load.
    pub load: NodeId,
    /// The waiting caller of a closed loop, or [`NONE`].
    pub caller: FrameId,
    /// Attempts sent so far.
    pub attempts: u32,
    /// Frames that work for it although its caller has left them.
    orphans: u32,
    /// It arrived after the warm-up.
    pub measured: bool,
    /// It has ended.
    ended: bool,
}

/// The arena of requests.
#[derive(Debug, Default)]
pub struct Requests {
    slots: Vec<Request>,
    free: Vec<RequestId>,
}

impl Requests {
    /// A new request.
    #[inline]
    pub fn add(
        &mut self,
        load: NodeId,
        (index, key): (u64, u64),
        arrived: Instant,
        caller: FrameId,
        measured: bool,
    ) -> RequestId {
        let request = Request {
            key,
            index,
            arrived,
            picked: arrived,
            load,
            caller,
            attempts: 0,
            orphans: 0,
            measured,
            ended: false,
        };
        match self.free.pop() {
            Some(id) => {
                self.slots[id as usize] = request;
                id
            }
            None => {
                self.slots.push(request);
                (self.slots.len() - 1) as RequestId
            }
        }
    }

    /// A frame goes on although its caller has left: the request must outlive it.
    pub fn orphan(&mut self, id: RequestId) {
        self.slots[id as usize].orphans += 1;
    }

    /// Such a frame is gone; the last one of an ended request frees it.
    pub fn bury(&mut self, id: RequestId) {
        let request = &mut self.slots[id as usize];
        request.orphans -= 1;
        if request.orphans == 0 && request.ended {
            self.free.push(id);
        }
    }

    /// Marks the end of a request.
    ///
    /// # Panics
    /// When it has ended before: every request ends exactly once.
    #[inline]
    pub fn end(&mut self, id: RequestId) -> Request {
        let request = &mut self.slots[id as usize];
        assert!(!request.ended, "a request ends once");
        request.ended = true;
        if request.orphans == 0 {
            self.free.push(id);
        }
        self.slots[id as usize]
    }

    /// The request, if `id` is one.
    #[must_use]
    pub fn get(&self, id: RequestId) -> Option<&Request> {
        self.slots.get(id as usize)
    }

    /// Measured requests that have not ended.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.slots
            .iter()
            .filter(|request| request.measured && !request.ended)
            .count() as u64
    }
}

impl std::ops::Index<RequestId> for Requests {
    type Output = Request;

    #[inline]
    fn index(&self, id: RequestId) -> &Request {
        &self.slots[id as usize]
    }
}

impl std::ops::IndexMut<RequestId> for Requests {
    #[inline]
    fn index_mut(&mut self, id: RequestId) -> &mut Request {
        &mut self.slots[id as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_fair_and_can_be_left() {
        let mut frames = Frames::default();
        let mut line = Line::default();
        let ids: Vec<_> = (0..5)
            .map(|node| frames.add(node, node, NONE, 0, State::Timer))
            .collect();
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

    #[test]
    fn a_request_lives_until_its_last_orphan() {
        let mut requests = Requests::default();
        let id = requests.add(0, (0, 0), Instant::ZERO, NONE, true);
        requests.orphan(id);
        requests.end(id);
        assert_eq!(requests.add(0, (1, 0), Instant::ZERO, NONE, true), id + 1);
        requests.bury(id);
        assert_eq!(requests.add(0, (2, 0), Instant::ZERO, NONE, true), id);
        assert_eq!(requests.in_flight(), 2);
    }
}
