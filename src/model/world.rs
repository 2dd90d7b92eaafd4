//! One arm under way: its nodes, what they share, and the ends of requests.

use super::consumer::Verdict;
use super::frame::{FrameId, NONE, NodeId, RequestId, State};
use super::load::{Next, STAGES_AT_ONCE, caller_of};
use super::request::Request;
use super::state::{Cx, Outcome};
use super::walker::Node;
use crate::kernel::calendar::{Calendar, MAX_SLOTS};
use crate::kernel::limits::{Limits, Stop};
use crate::kernel::simulation::{Delay, Halt};
use crate::kernel::time::Instant;
use crate::metrics::fate::Fate;
use crate::metrics::probe::{End, Probe, What};

/// One arm of a scenario under way.
#[derive(Clone, Debug)]
pub struct World<C, P> {
    pub(super) nodes: Vec<Node>,
    pub(super) cx: Cx<C, P>,
    /// Keys of the nodes' names, for fingerprints.
    pub(super) keys: Vec<u64>,
    /// The sender in a loop without time.
    pub(super) stuck: Option<NodeId>,
    limits: Limits,
}

/// The limits are looked at after so many pieces of work: some hundred microseconds.
const WORK_PER_LOOK: u64 = 1 << 13;

impl<C: Calendar, P: Probe> World<C, P> {
    /// A world at instant zero, before anything is scheduled. `keys` are those of the nodes'
    /// names, in the order of `nodes`.
    #[must_use]
    pub fn new(nodes: Vec<Node>, keys: Vec<u64>, cx: Cx<C, P>) -> Self {
        Self { nodes, cx, keys, stuck: None, limits: Limits::NONE }
    }

    /// Schedules what happens by itself, within `limits` from here on. Crashes first, so that at
    /// equal instants they come before what arrives; then loads.
    pub fn start(&mut self, limits: Limits) {
        self.limits = limits;
        self.look_at_limits();
        for (node, kind) in (0..).zip(&self.nodes) {
            if let Node::Crash(_, fault) = kind {
                let frame = self.cx.frames.add(node, node, NONE, NONE, State::Timer);
                self.cx.clock.wake_at(fault.from, frame);
            }
        }
        for node in 0..self.nodes.len() as NodeId {
            let Node::Load(load, first) = &mut self.nodes[node as usize] else {
                continue;
            };
            let timer = self.cx.frames.add(node, node, NONE, NONE, State::Timer);
            *first = timer + 1;
            let (next, callers) = (load.first(), load.callers());
            if self.cx.frames.len() + callers as usize > MAX_SLOTS as usize {
                return self.cx.clock.halt(Halt::OutOfSlots);
            }
            self.wake_load(node, next, timer);
            for caller in 0..callers {
                if self.work_ends_it() || self.cx.clock.halted() {
                    return;
                }
                let state = State::Caller { sent: 0 };
                let frame = self.cx.frames.add(node, node, NONE, NONE, state);
                if let Node::Load(load, _) = &self.nodes[node as usize]
                    && let Some(think) = load.think(u64::from(caller), 0)
                {
                    self.cx.clock.wake_at(load.start().saturating_add(think), frame);
                }
            }
        }
    }

    /// Counts a piece of work that is no event; true if a limit ends the run here.
    #[inline]
    pub(super) fn work_ends_it(&mut self) -> bool {
        self.cx.clock.work() && self.limit_ends_it()
    }

    /// Ends the run if a limit is reached or a stop was requested.
    #[cold]
    fn limit_ends_it(&mut self) -> bool {
        self.look_at_limits();
        self.cx.clock.halted()
    }

    /// Ends the run if a limit is reached or a stop was requested. To be called at the same events
    /// in every run of a scenario and a seed.
    pub fn look_at_limits(&mut self) {
        let Limits { work, memory, stop } = self.limits;
        let left = work.saturating_sub(self.cx.clock.work_done());
        self.cx.clock.look_after(left.min(WORK_PER_LOOK));
        if stop.is_some_and(Stop::asked) {
            self.cx.clock.halt(Halt::Interrupted);
        } else if left == 0 {
            self.cx.clock.halt(Halt::MaxWork);
        } else if self.memory() > memory {
            self.cx.clock.halt(Halt::MaxMemory);
        }
    }

    /// Bytes of what is under way.
    fn memory(&self) -> u64 {
        let windows = self.nodes.iter().map(|node| match node {
            Node::Breaker(breaker) => breaker.memory(),
            _ => 0,
        });
        self.cx.memory() + windows.sum::<u64>()
    }

    /// Schedules when a load wakes next. Stages that pass without an arrival are work.
    fn wake_load(&mut self, node: NodeId, mut next: Next, slot: FrameId) {
        while let Next::Later = next {
            if (0..STAGES_AT_ONCE).any(|_| self.work_ends_it()) {
                return;
            }
            let Node::Load(load, _) = &mut self.nodes[node as usize] else {
                return;
            };
            next = load.upcoming();
        }
        match next {
            Next::Never | Next::Later => {}
            Next::At(at) => self.cx.clock.wake_at(at, slot),
            Next::After(delay) => self.cx.clock.wake_after(delay, slot),
        }
    }

    /// A load's timer is due: a batch arrives, or a caller sends.
    pub(super) fn arrive(&mut self, node: NodeId, slot: FrameId) {
        let state = self.cx.frames[slot].state;
        let now = self.cx.clock.now();
        let Node::Load(load, first) = &mut self.nodes[node as usize] else {
            return;
        };
        if let State::Caller { .. } = state {
            let (caller, sent) = caller_of(*first, slot, state);
            let target = load.target();
            if let Some(request) = load.call(caller, sent, now) {
                self.cx.frames[slot].state = State::Caller { sent: sent + 1 };
                self.offer(node, target, request, slot);
            }
            return;
        }
        let target = load.target();
        for _ in 0..load.arrive() {
            if self.work_ends_it() || self.cx.clock.halted() {
                return;
            }
            let Node::Load(load, _) = &mut self.nodes[node as usize] else {
                return;
            };
            let request = load.request();
            self.offer(node, target, request, NONE);
        }
        if let Node::Load(load, _) = &mut self.nodes[node as usize] {
            let next = load.upcoming();
            self.wake_load(node, next, slot);
        }
    }

    /// A request arrives and goes down.
    #[inline]
    fn offer(&mut self, node: NodeId, target: NodeId, request: (u64, u64), caller: FrameId) {
        let cx = &mut self.cx;
        let measured = cx.measuring();
        cx.tally.requests.offered += u64::from(measured);
        let now = cx.clock.now();
        let request = cx.requests.add(node, request, now, caller, measured);
        cx.note(request, node, What::ARRIVED, 0);
        self.walk_down(request, (target, NONE));
    }

    /// A request is published: its publisher goes on at once, its fate is that of the message.
    pub(super) fn publish(&mut self, queue: NodeId, request: RequestId) {
        self.release_caller(request);
        let Node::Queue(line, _) = &mut self.nodes[queue as usize] else {
            unreachable!("messages go to queues")
        };
        if line.publish(&mut self.cx, queue, request) {
            self.cx.pull(queue);
        } else {
            self.end(request, Fate::Dropped);
        }
    }

    /// A message goes back to its queue, which may be full, and its consumer may be free again.
    pub(super) fn publish_again(&mut self, queue: NodeId, message: FrameId) {
        let request = self.cx.frames[message].request;
        let Node::Queue(line, _) = &mut self.nodes[queue as usize] else {
            unreachable!("messages go to queues")
        };
        if !line.publish_again(&mut self.cx, queue, message) {
            self.end(request, Fate::Dropped);
        }
        self.cx.pull(queue);
    }

    /// The delivery of a message has ended.
    pub(super) fn delivered(
        &mut self,
        node: NodeId,
        message: FrameId,
        request: RequestId,
        outcome: Outcome,
    ) {
        let Node::Consumer(consumer) = &mut self.nodes[node as usize] else {
            unreachable!("deliveries end at consumers")
        };
        let queue = consumer.queue();
        match consumer.exit(&mut self.cx, message, outcome) {
            Verdict::Acknowledged => {
                self.cx.frames.remove(message);
                self.succeed(request);
            }
            Verdict::DeadLettered => {
                self.cx.frames.remove(message);
                self.end(request, Fate::DeadLettered);
            }
            Verdict::Again => return self.publish_again(queue, message),
            Verdict::Later => {}
        }
        self.cx.pull(queue);
    }

    /// The outcome of a call has come up to its top.
    #[inline]
    pub(super) fn end_call(&mut self, request: RequestId, outcome: Outcome) {
        self.release_caller(request);
        match outcome {
            Outcome::Success => self.succeed(request),
            Outcome::Error => self.end(request, Fate::Error),
            Outcome::Timeout => self.end(request, Fate::Timeout),
            Outcome::Shed => self.end(request, Fate::Shed),
            Outcome::Rejected => self.end(request, Fate::Rejected),
            Outcome::Cancelled => unreachable!("nobody cancels from above the top"),
        }
    }

    #[inline]
    fn succeed(&mut self, request: RequestId) {
        let of = &self.cx.requests[request];
        let elapsed = self.cx.clock.now() - of.arrived;
        let late = match &self.nodes[of.load as usize] {
            Node::Load(load, _) => load.is_late(elapsed),
            _ => false,
        };
        self.end(request, if late { Fate::Late } else { Fate::Succeeded });
    }

    /// A request is over.
    #[inline]
    fn end(&mut self, id: RequestId, fate: Fate) {
        let cx = &mut self.cx;
        let now = cx.clock.now();
        let elapsed = (now - cx.requests[id].arrived).as_ns();
        let succeeded = matches!(fate, Fate::Succeeded | Fate::Late);
        let what = if succeeded { What::SUCCEEDED } else { What::FAILED };
        cx.note(id, cx.requests[id].load, what, elapsed);
        let request = cx.requests.end(id);
        cx.fingerprint.outcome(request.key, fate as u64, elapsed);
        if P::HEARS_ENDS {
            let Request { load, index, arrived, attempts, measured, .. } = request;
            cx.probe.ended(&End {
                load,
                request: index,
                arrived,
                at: now,
                attempts,
                fate,
                measured,
            });
        }
        if request.measured {
            cx.tally.end(&request, fate, now);
        }
    }

    /// The caller of a closed loop has its answer: it thinks, and sends again.
    #[inline]
    fn release_caller(&mut self, request: RequestId) {
        let of = &mut self.cx.requests[request];
        let (caller, node) = (std::mem::replace(&mut of.caller, NONE), of.load);
        if caller == NONE {
            return;
        }
        let state = self.cx.frames[caller].state;
        if let Node::Load(load, first) = &self.nodes[node as usize] {
            let (number, sent) = caller_of(*first, caller, state);
            if let Some(think) = load.think(number, sent) {
                self.cx.clock.wake_after(Delay::varying(think), caller);
            }
        }
    }

    /// A service crashes: what is there and meets the fault fails, in the order in which it came.
    pub(super) fn crash(&mut self, node: NodeId, slot: FrameId) {
        self.cx.frames.remove(slot);
        let &Node::Crash(at, fault) = &self.nodes[node as usize] else {
            return;
        };
        let mut there: Vec<(Instant, FrameId)> = Vec::new();
        for (id, frame) in self.cx.frames.iter().filter(|(_, frame)| frame.node == at) {
            let (State::Queued { since, .. } | State::Working { since, .. }) = frame.state else {
                continue;
            };
            let request = &self.cx.requests[frame.request];
            if fault.meets(request.key, frame.attempt) {
                there.push((since, id));
            }
        }
        there.sort_unstable_by_key(|&(since, id)| {
            let frame = &self.cx.frames[id];
            let request = &self.cx.requests[frame.request];
            (since, request.load, request.index, frame.attempt)
        });
        let mut dead = Vec::with_capacity(there.len());
        if let Node::Service(service) = &mut self.nodes[at as usize] {
            for (_, id) in there {
                dead.extend(service.crash(&mut self.cx, id));
            }
            if self.cx.hands_on(at) {
                service.restart(&mut self.cx);
            }
        }
        for frame in dead {
            self.walk_up(frame.request, (frame.from, frame.parent, Outcome::Error));
        }
    }
}
