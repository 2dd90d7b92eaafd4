//! The walker: takes requests down and outcomes up, and does what the layers ask for.
//!
//! One pipeline is a run of nodes with consecutive ids: its top (a call or a consumer), the layers
//! outermost first, and the node that sends to a service. Layers that need to remember something
//! for a request leave a frame; others are passed by position alone. Nothing here recurses: a
//! retry that is refused at once goes round this loop, and the clock counts its steps.

use super::consumer::Consumer;
use super::fault::Fault;
use super::frame::{FrameId, NONE, NodeId, RequestId};
use super::layer::{breaker::Breaker, bulkhead::Bulkhead, retry::Retry, timeout::Timeout};
use super::load::Load;
use super::queue::Queue;
use super::service::Service;
use super::state::{Enter, Exit, Outcome, Ties};
use super::world::World;
use crate::kernel::calendar::{Calendar, MAX_SLOTS};
use crate::kernel::simulation::Halt;
use crate::metrics::probe::{Probe, What};

/// A node of an arm. The tag is a byte of its own, because it is read at every step of a walk and
/// one hidden in a variant's fields takes arithmetic to read.
// An arm has a handful of nodes, and a box would cost every event a further look-up.
#[expect(clippy::large_enum_variant)]
#[derive(Clone, Debug)]
#[repr(u8)]
pub enum Node {
    /// Requests come from here.
    Load(Load, FrameId),
    /// The top of a call's pipeline.
    Call,
    /// A layer.
    Breaker(Breaker),
    /// Feeds the attempts that pass here to a breaker further out.
    Tap(NodeId),
    /// A layer.
    Retry(Retry),
    /// A layer.
    Bulkhead(Bulkhead),
    /// A layer.
    Timeout(Timeout),
    /// The end of a pipeline: sends to a service. In a call this is the pick-up of an attempt; a
    /// message was picked up by its consumer.
    Send {
        /// The service.
        to: NodeId,
        /// Whether processing begins here.
        picks_up: bool,
    },
    /// Publishes to a queue.
    Publish(NodeId),
    /// A service.
    Service(Service),
    /// A crash of a service.
    Crash(NodeId, Fault),
    /// A queue, and the consumers that take from it.
    Queue(Queue, Vec<NodeId>),
    /// The top of a consumer's pipeline.
    Consumer(Consumer),
}

/// A request that goes down: into the node, below the frame.
type Falling = (NodeId, FrameId);
/// What came up: out of the node, to whatever stands above it; the frame is its own or the nearest
/// above.
type Rising = (NodeId, FrameId, Outcome);

/// Steps at one instant that any scenario may take ...
const STEPS_ALWAYS: u64 = 1_000_000;
/// ... and more for every frame under way, as when a million callers time out together.
const STEPS_PER_FRAME: u64 = 64;
/// Frames that a request may need before the next check of the arena.
const FRAME_RESERVE: usize = 64;

impl<C: Calendar, P: Probe> World<C, P> {
    pub(super) fn resume(&mut self, id: FrameId) {
        let node = self.cx.frames[id].node;
        if let Node::Bulkhead(bulkhead) = &mut self.nodes[node as usize] {
            let (parent, request) = bulkhead.resume(&mut self.cx, id);
            self.walk_down(request, (node + 1, parent));
        }
    }

    /// Free consumers of a queue, by the name of their group, take what waits.
    pub(super) fn pull(&mut self, queue: NodeId) {
        let mut group = 0;
        loop {
            if self.cx.clock.halted() {
                return;
            }
            let Node::Queue(_, consumers) = &self.nodes[queue as usize] else {
                return;
            };
            let Some(&node) = consumers.get(group) else {
                return;
            };
            match &self.nodes[node as usize] {
                Node::Consumer(consumer) if consumer.is_free() => {}
                _ => {
                    group += 1;
                    continue;
                }
            }
            if self.work_ends_it() {
                return;
            }
            let Node::Queue(queue, _) = &mut self.nodes[queue as usize] else {
                return;
            };
            let Some(message) = queue.take(&mut self.cx) else {
                return;
            };
            let request = self.cx.frames[message].request;
            if let Node::Consumer(consumer) = &mut self.nodes[node as usize] {
                consumer.take(&mut self.cx, node, message);
            }
            self.walk_down(request, (node + 1, message));
        }
    }

    /// Walks down, and up and down again, until the request is parked or over.
    #[inline]
    pub(super) fn walk_down(&mut self, request: RequestId, mut to: Falling) {
        while let Some(risen) = self.down(request, to) {
            match self.up(request, risen) {
                Some(again) => to = again,
                None => return,
            }
            if self.work_ends_it() {
                return;
            }
        }
    }

    /// Walks up, and whatever follows, until the request is parked or over.
    #[inline]
    pub(super) fn walk_up(&mut self, request: RequestId, from: Rising) {
        if let Some(again) = self.up(request, from) {
            self.walk_down(request, again);
        }
    }

    /// Down through layers until one settles it, which is returned, parks or sends.
    fn down(&mut self, request: RequestId, (mut node, mut parent): Falling) -> Option<Rising> {
        loop {
            let cx = &mut self.cx;
            let enter = match &mut self.nodes[node as usize] {
                Node::Call | Node::Tap(_) => Enter::Down(parent),
                Node::Breaker(breaker) => {
                    if breaker.admits(cx.clock.now(), cx.requests[request].measured) {
                        Enter::Down(parent)
                    } else {
                        cx.note(request, node, What::REJECTED, 0);
                        Enter::Settle(Outcome::Rejected)
                    }
                }
                Node::Retry(retry) => retry.enter(cx, node, parent, request),
                Node::Bulkhead(bulkhead) => bulkhead.enter(cx, node, parent, request),
                Node::Timeout(timeout) => timeout.enter(cx, node, parent, request),
                &mut Node::Send { to, picks_up } => {
                    return self.send((node, to), picks_up, parent, request);
                }
                &mut Node::Publish(queue) => {
                    self.publish(queue, request);
                    return None;
                }
                _ => unreachable!("a pipeline holds layers"),
            };
            match enter {
                Enter::Down(below) => (node, parent) = (node + 1, below),
                Enter::Settle(outcome) => return Some((node - 1, parent, outcome)),
                Enter::Parked => return None,
            }
        }
    }

    /// An attempt leaves for its service.
    #[inline]
    fn send(
        &mut self,
        (node, to): (NodeId, NodeId),
        picks_up: bool,
        parent: FrameId,
        request: RequestId,
    ) -> Option<Rising> {
        if self.work_ends_it() {
            return None;
        }
        let cx = &mut self.cx;
        let steps = cx.clock.step();
        if steps > STEPS_ALWAYS && steps > STEPS_ALWAYS + STEPS_PER_FRAME * cx.frames.len() as u64 {
            cx.clock.halt(Halt::ZeroDelayLoop);
            self.stuck = Some(node);
            return None;
        }
        if cx.frames.len() + FRAME_RESERVE > MAX_SLOTS as usize {
            cx.clock.halt(Halt::OutOfSlots);
            return None;
        }
        let now = cx.clock.now();
        let of = &mut cx.requests[request];
        of.attempts += 1;
        if picks_up {
            of.picked = now;
        }
        if of.measured {
            cx.edges[node].send(of.attempts);
        }
        cx.note(request, node, What::SENT, 0);
        let Node::Service(service) = &mut self.nodes[to as usize] else {
            unreachable!("attempts go to services")
        };
        let settled = service.enter(cx, (to, node), parent, request);
        settled.map(|outcome| (node, parent, outcome))
    }

    /// Up through layers until one sends down again, which is returned, parks, or the top is
    /// reached.
    fn up(
        &mut self,
        request: RequestId,
        (mut node, mut parent, mut outcome): Rising,
    ) -> Option<Falling> {
        loop {
            let cx = &mut self.cx;
            let exit = match &mut self.nodes[node as usize] {
                Node::Retry(retry) => retry.exit(cx, parent, outcome),
                Node::Timeout(timeout) => timeout.exit(cx, parent, outcome),
                Node::Call => {
                    self.end_call(request, outcome);
                    return None;
                }
                Node::Consumer(_) => {
                    self.delivered(node, parent, request, outcome);
                    return None;
                }
                _ => {
                    self.pass(node, request, outcome);
                    Exit::Up(parent, outcome)
                }
            };
            match exit {
                Exit::Up(above, risen) => (node, parent, outcome) = (node - 1, above, risen),
                Exit::Again(frame) if self.cx.ties == Ties::Together => {
                    self.cx.remainder = true;
                    self.cx.starts.push_back(frame);
                    return None;
                }
                Exit::Again(frame) => return Some((node + 1, frame)),
                Exit::Parked => return None,
            }
        }
    }

    /// An outcome passes a layer that has no frame.
    #[inline]
    fn pass(&mut self, node: NodeId, request: RequestId, outcome: Outcome) {
        let cx = &mut self.cx;
        let (gate, records) = match &mut self.nodes[node as usize] {
            Node::Send { .. } => {
                if cx.requests[request].measured {
                    cx.edges[node].end(outcome);
                }
                let succeeded = outcome == Outcome::Success;
                let what = if succeeded { What::ATTEMPT_SUCCEEDED } else { What::ATTEMPT_FAILED };
                return cx.note(request, node, what, 0);
            }
            Node::Bulkhead(bulkhead) => return bulkhead.release(cx, node),
            Node::Breaker(breaker) => (node, breaker.records_outcomes),
            &mut Node::Tap(gate) => (gate, true),
            _ => unreachable!("only layers without frames are passed"),
        };
        if records
            && let Node::Breaker(breaker) = &mut self.nodes[gate as usize]
            && breaker.record(cx.clock.now(), outcome)
        {
            let open = breaker.open_duration().as_ns();
            cx.note(request, gate, What::OPENED, open);
        }
    }

    /// The caller at `top` leaves: everything below undoes what it holds, from the bottom up.
    pub(super) fn cancel_below(&mut self, top: FrameId) {
        let mut leaf = self.cx.frames[top].child;
        if leaf == NONE {
            return;
        }
        while self.cx.frames[leaf].child != NONE {
            leaf = self.cx.frames[leaf].child;
        }
        let floor = self.cx.frames[top].node;
        loop {
            let frame = self.cx.frames[leaf];
            // A service is left by the node that sent to it; a layer is undone by itself.
            let mut above = frame.from;
            match &mut self.nodes[frame.node as usize] {
                Node::Service(service) => {
                    service.abandon(&mut self.cx, leaf);
                    above += 1;
                }
                Node::Bulkhead(bulkhead) => bulkhead.leave(&mut self.cx, leaf),
                _ => {
                    self.cx.clock.cancel(leaf);
                    if !self.cx.starts.is_empty() {
                        self.cx.forget_start(leaf);
                    }
                    self.cx.frames.remove(leaf);
                }
            }
            let parent_at = self.cx.frames[frame.parent].node.max(floor);
            for node in (parent_at + 1..above).rev() {
                self.pass(node, frame.request, Outcome::Cancelled);
            }
            if frame.parent == top {
                return;
            }
            leaf = frame.parent;
        }
    }
}
