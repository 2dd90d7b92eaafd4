//! What every layer is handed: the clock, the arenas, the books and the listeners.

use std::collections::VecDeque;

use super::edge::Edges;
use super::frame::{Frame, FrameId, Frames, NodeId, RequestId};
use super::request::Requests;
use super::tally::Tally;
use crate::kernel::calendar::Calendar;
use crate::kernel::simulation::Clock;
use crate::kernel::time::Instant;
use crate::metrics::fingerprint::Fingerprint;
use crate::metrics::probe::{Probe, Record, What};

/// How something that went down comes up again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Answered.
    Success,
    /// The service answered with an error, or was down.
    Error,
    /// A timeout gave up.
    Timeout,
    /// The service refused it.
    Shed,
    /// A policy refused it unsent.
    Rejected,
    /// The caller left while it was under way: it only undoes what it holds.
    Cancelled,
}

/// Where a layer sends a request that goes down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enter {
    /// On to the next layer, below this frame.
    Down(FrameId),
    /// Up again.
    Settle(Outcome),
    /// Nowhere yet: it waits, or has gone another way.
    Parked,
}

/// Where a layer sends an outcome that comes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// On, to whatever stands above, whose nearest frame this is.
    Up(FrameId, Outcome),
    /// Down again, below this frame.
    Again(FrameId),
    /// Nowhere yet.
    Parked,
}

/// What happens between two events of one instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ties {
    /// What comes free in an event goes to the next in line in the same event.
    #[default]
    Handover,
    /// All that ends at the instant ends before anything starts.
    Together,
}

/// What is shared by all layers of one run of one arm.
#[derive(Clone, Debug)]
pub struct Cx<C, P> {
    /// Virtual time.
    pub clock: Clock<C>,
    /// What is under way.
    pub frames: Frames,
    /// For whom.
    pub requests: Requests,
    /// Counts of requests, and their latencies.
    pub tally: Tally,
    /// Counts of attempts, by the node that sends them.
    pub edges: Edges,
    /// Frames that got what they waited for, to go on when the present walk is over.
    pub ready: VecDeque<FrameId>,
    /// Queues from which a consumer may be able to take.
    pub pulls: Vec<NodeId>,
    /// Whether what comes free is handed on at once.
    pub ties: Ties,
    /// Services and bulkheads that hand on what came free at the end of the instant.
    pub freed: VecDeque<NodeId>,
    /// Loads' timers and retries that go down at the end of the instant.
    pub starts: VecDeque<FrameId>,
    /// Something is left for the end of the instant.
    pub remainder: bool,
    /// Hash of everything.
    pub fingerprint: Fingerprint,
    /// From here on it counts.
    pub measured_from: Instant,
    /// What arrives from here on does not count; [`Instant::NEVER`] without a cool-down.
    pub measured_until: Instant,
    /// Who listens.
    pub probe: P,
}

impl<C: Calendar, P: Probe> Cx<C, P> {
    /// The present.
    #[inline]
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// The caller of a frame leaves it behind.
    pub fn orphan(&mut self, id: FrameId) {
        self.requests.orphan(self.frames[id].request);
        self.frames.unlink_parent(id);
    }

    /// Removes a frame whose caller `left` it behind, or never did ([`Instant::NEVER`]).
    #[inline]
    pub fn leave(&mut self, id: FrameId, left: Instant) {
        let frame = self.frames.remove(id);
        if left != Instant::NEVER {
            self.requests.bury(frame.request);
        }
    }

    /// True if `node` may hand on what came free at once; otherwise it will at the end of the
    /// instant.
    #[inline]
    pub fn hands_on(&mut self, node: NodeId) -> bool {
        if self.ties == Ties::Handover {
            return true;
        }
        self.remainder = true;
        if !self.freed.contains(&node) {
            self.freed.push_back(node);
        }
        false
    }

    /// Forgets a frame that was to go down at the end of the instant.
    pub fn forget_start(&mut self, id: FrameId) {
        self.starts.retain(|&start| start != id);
    }

    /// Bytes of what is under way, by what the arenas hold, whichever calendar it is.
    pub fn memory(&self) -> u64 {
        // An entry, a dead one that may stand beside it, and what its slot awaits.
        const CALENDAR_ENTRY: u64 = 40;
        self.frames.memory()
            + self.requests.memory()
            + self.clock.scheduled() as u64 * CALENDAR_ENTRY
            + (self.ready.len() + self.starts.len()) as u64 * size_of::<FrameId>() as u64
    }

    /// Asks for the consumers of `queue` to take what they can when the present event is over.
    #[inline]
    pub fn pull(&mut self, queue: NodeId) {
        if !self.pulls.contains(&queue) {
            self.pulls.push(queue);
        }
    }

    /// True if what arrives now counts.
    #[inline]
    pub fn measuring(&self) -> bool {
        let now = self.now();
        self.measured_from <= now && now < self.measured_until
    }

    /// Reports to the listener, if there is one.
    #[inline]
    pub fn note(&mut self, request: RequestId, node: NodeId, what: What, value: u64) {
        if P::LISTENS {
            let attempt = self.requests[request].attempts;
            self.tell(request, attempt, node, what, value);
        }
    }

    /// Reports what happened to the attempt of a frame, which need not be the request's latest.
    #[inline]
    pub fn note_attempt(&mut self, frame: &Frame, what: What, value: u64) {
        if P::LISTENS {
            self.tell(frame.request, frame.attempt, frame.node, what, value);
        }
    }

    fn tell(&mut self, request: RequestId, attempt: u32, node: NodeId, what: What, value: u64) {
        if P::LISTENS {
            let of = &self.requests[request];
            if !self.probe.wants(of.load, of.index) {
                return;
            }
            let record = Record {
                at: self.clock.now(),
                event: self.clock.events(),
                load: of.load,
                request: of.index,
                attempt,
                component: node,
                what,
                value,
            };
            self.probe.record(&record);
        }
    }
}
