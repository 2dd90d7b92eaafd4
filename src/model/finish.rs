//! The end of an arm: what is still under way is booked, and everything reports.

use super::frame::NodeId;
use super::service;
use super::state::Cx;
use super::tally::Tally;
use super::walker::Node;
use super::world::World;
use crate::kernel::calendar::Calendar;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::fingerprint::Fingerprint;
use crate::metrics::probe::Probe;
use crate::metrics::summary::Component;

/// What an arm did.
#[derive(Debug)]
pub struct Finished {
    /// Requests and attempts.
    pub tally: Tally,
    /// What the nodes report, by id; several nodes may share a name.
    pub components: Vec<(NodeId, Component)>,
    /// Events dispatched.
    pub events: u64,
    /// The measured part of the run.
    pub window: Duration,
    /// Hash of everything.
    pub fingerprint: Fingerprint,
    /// Sender and service that drove each other without time, if that ended the run.
    pub stuck: Option<(NodeId, NodeId)>,
}

impl<C: Calendar, P: Probe> World<C, P> {
    /// The present.
    pub fn now(&self) -> Instant {
        self.cx.clock.now()
    }

    /// The node at which the frame of `slot` stands.
    pub fn node_of(&self, slot: u32) -> NodeId {
        self.cx.frames[slot].node
    }

    /// Closes the books at `end`.
    pub fn finish(mut self, end: Instant) -> Finished {
        let end = end.max(self.cx.measured_from);
        let window = end - self.cx.measured_from;
        let mut there = vec![0; self.nodes.len()];
        let Cx { frames, requests, tally, .. } = &mut self.cx;
        for (_, frame) in frames.iter() {
            if requests.get(frame.request).is_some_and(|of| of.measured) {
                there[frame.node as usize] += 1;
                service::settle(&mut tally.work, frame, end);
            }
        }
        let components = (0..).zip(&self.nodes).filter_map(|(id, node)| {
            let there = there[id as usize];
            let component = match node {
                Node::Breaker(breaker) => breaker.report(end),
                Node::Retry(retry) => retry.report(),
                Node::Bulkhead(bulkhead) => bulkhead.report(end, window),
                Node::Timeout(timeout) => timeout.report(),
                Node::Service(service) => service.report(end, window, there),
                Node::Queue(queue, _) => queue.report(&self.cx, (end, window), there),
                Node::Consumer(consumer) => consumer.report(end, window, there),
                Node::Load(..)
                | Node::Call
                | Node::Tap(_)
                | Node::Send { .. }
                | Node::Publish(_)
                | Node::Crash(..) => return None,
            };
            Some((id, component))
        });
        let components = components.collect();
        let mut tally = self.cx.tally;
        tally.requests.in_flight = self.cx.requests.in_flight();
        let mut fingerprint = self.cx.fingerprint;
        tally.absorb_into(&mut fingerprint.results);
        Finished {
            tally,
            components,
            events: self.cx.clock.events(),
            window,
            fingerprint,
            stuck: self.stuck,
        }
    }
}
