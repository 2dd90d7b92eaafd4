//! What wakes: an event is dispatched to the node of its frame, and what it unblocked goes on, in
//! the same event or, where ties end together, at the end of the instant.

use super::frame::{FrameId, NONE, NodeId, State};
use super::load::caller_of;
use super::state::{Outcome, Ties};
use super::walker::Node;
use super::world::World;
use crate::kernel::calendar::Calendar;
use crate::kernel::simulation::{Clock, Model};
use crate::metrics::probe::Probe;

impl<C: Calendar, P: Probe> Model for World<C, P> {
    type Calendar = C;

    #[inline]
    fn clock(&mut self) -> &mut Clock<C> {
        &mut self.cx.clock
    }

    #[inline]
    fn dispatch(&mut self, slot: FrameId) {
        self.fingerprint_event(slot);
        if self.cx.ties == Ties::Together {
            self.end_or_put_off(slot);
        } else {
            self.wake(slot);
            self.settle_down();
        }
    }

    #[inline]
    fn has_remainder(&self) -> bool {
        self.cx.remainder
    }

    fn end_instant(&mut self) {
        self.cx.remainder = false;
        self.settle_down();
        while let Some(slot) = self.cx.starts.pop_front() {
            if self.work_ends_it() || self.cx.clock.halted() {
                return;
            }
            self.wake(slot);
            self.settle_down();
        }
        self.cx.remainder = false;
    }
}

impl<C: Calendar, P: Probe> World<C, P> {
    /// Of what is due at one instant, all that ends comes first; what starts is put off.
    fn end_or_put_off(&mut self, slot: FrameId) {
        self.cx.remainder = true;
        match &self.nodes[self.cx.frames[slot].node as usize] {
            Node::Load(..) | Node::Retry(_) => self.cx.starts.push_back(slot),
            _ => self.wake(slot),
        }
    }

    /// The timer of a frame is due.
    #[inline]
    fn wake(&mut self, slot: FrameId) {
        let frame = self.cx.frames[slot];
        match &mut self.nodes[frame.node as usize] {
            Node::Service(service) => {
                if let Some((frame, outcome)) = service.wake(&mut self.cx, slot) {
                    self.walk_up(frame.request, (frame.from, frame.parent, outcome));
                }
            }
            Node::Timeout(timeout) => {
                timeout.fire(&mut self.cx, slot);
                self.cancel_below(slot);
                self.cx.frames.remove(slot);
                let above = (frame.node - 1, frame.parent, Outcome::Timeout);
                self.walk_up(frame.request, above);
            }
            Node::Retry(_) => self.walk_down(frame.request, (frame.node + 1, slot)),
            Node::Consumer(consumer) => {
                consumer.wake(self.cx.clock.now());
                let queue = consumer.queue();
                self.publish_again(queue, slot);
            }
            Node::Load(..) => self.arrive(frame.node, slot),
            Node::Crash(..) => self.crash(frame.node, slot),
            _ => unreachable!("only nodes with timers wake"),
        }
    }

    #[inline]
    fn fingerprint_event(&mut self, slot: FrameId) {
        let frame = &self.cx.frames[slot];
        let whom = match (frame.request, frame.state, &self.nodes[frame.node as usize]) {
            (NONE, State::Caller { .. }, Node::Load(_, first)) => {
                // The caller's number: its slot depends on what else the scenario holds.
                let (caller, sent) = caller_of(*first, slot, frame.state);
                sent << 32 | caller
            }
            (NONE, ..) => 0,
            (request, State::Working { .. }, _) => {
                let key = self.cx.requests[request].key;
                key.wrapping_add(u64::from(frame.attempt))
            }
            (request, ..) => {
                let request = &self.cx.requests[request];
                request.key.wrapping_add(u64::from(request.attempts))
            }
        };
        let what = self.keys[frame.node as usize];
        let now = self.cx.clock.now();
        self.cx.fingerprint.event(what, whom, now);
    }

    /// What got a permit or a message in this event goes on, until nothing more can.
    #[inline]
    fn settle_down(&mut self) {
        loop {
            if self.cx.clock.halted() {
                return;
            }
            if let Some(ready) = self.cx.ready.pop_front() {
                self.resume(ready);
            } else if let Some(queue) = self.cx.pulls.pop() {
                self.pull(queue);
            } else if let Some(node) = self.cx.freed.pop_front() {
                self.hand_on(node);
            } else {
                return;
            }
        }
    }

    /// What came free at a service or a bulkhead in this instant goes to those in line.
    fn hand_on(&mut self, node: NodeId) {
        match &mut self.nodes[node as usize] {
            Node::Service(service) => service.restart(&mut self.cx),
            Node::Bulkhead(bulkhead) => bulkhead.hand_on(&mut self.cx),
            _ => unreachable!("only services and bulkheads have something to hand on"),
        }
    }
}
