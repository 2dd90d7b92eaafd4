//! Requests: for whom everything is done, from their arrival to their end.

use super::frame::{FrameId, NodeId, RequestId};
use crate::kernel::time::Instant;

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
    /// The waiting caller of a closed loop, or [`NONE`](super::frame::NONE).
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
#[derive(Clone, Debug, Default)]
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

    /// Bytes that it holds; those that have ended are kept for later.
    #[must_use]
    pub fn memory(&self) -> u64 {
        (self.slots.len() * size_of::<Request>() + self.free.len() * size_of::<RequestId>()) as u64
    }

    /// Measured requests that have not ended.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.unfinished().filter(|request| request.measured).count() as u64
    }

    /// Every request that has not ended.
    pub fn unfinished(&self) -> impl Iterator<Item = &Request> {
        self.slots.iter().filter(|request| !request.ended)
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
    use crate::model::frame::NONE;

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
