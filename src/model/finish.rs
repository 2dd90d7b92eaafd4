//! The end of an arm: what is still under way is booked, and everything reports.

use super::edge::Edge;
use super::frame::NodeId;
use super::request::Request;
use super::service;
use super::state::Cx;
use super::tally::Tally;
use super::walker::Node;
use super::world::World;
use crate::kernel::calendar::Calendar;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::fingerprint::Fingerprint;
use crate::metrics::histogram::Histogram;
use crate::metrics::meter::Eye;
use crate::metrics::probe::{Probe, Unfinished};
use crate::metrics::summary::Component;

/// What an arm did.
#[derive(Debug)]
pub struct Finished {
    /// Requests.
    pub tally: Tally,
    /// Attempts and work, over all edges.
    pub edges: Edge,
    /// What the nodes report, by id; several nodes may share a name.
    pub components: Vec<(NodeId, Component)>,
    /// Events dispatched.
    pub events: u64,
    /// Pieces of work that were no events.
    pub work: u64,
    /// The part of the run in which arrivals count.
    pub window: Duration,
    /// Hash of everything.
    pub fingerprint: Fingerprint,
    /// The edge along which requests ran without time passing, if that ended the run.
    pub stuck: Option<NodeId>,
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

    /// Who listens.
    pub fn probe(&mut self) -> &mut P {
        &mut self.cx.probe
    }

    /// Events dispatched so far.
    pub fn events(&self) -> u64 {
        self.cx.clock.events()
    }

    /// Requests that have arrived so far, those of the warm-up not counted.
    pub fn offered(&self) -> u64 {
        self.cx.tally.requests.offered
    }

    /// Keeps the latencies between one look and the next.
    pub fn expect_looks(&mut self) {
        self.cx.tally.recent = Some(Histogram::default());
    }

    /// Shows everything at `at`, which is no earlier than the present.
    pub fn observe(&mut self, at: Instant, eye: &mut impl Eye) {
        let Cx { frames, tally, edges, .. } = &mut self.cx;
        tally.observe(eye);
        edges.total().observe(eye);
        for (id, node) in (0..).zip(&mut self.nodes) {
            match node {
                Node::Send { .. } => {
                    eye.component(id, "edge");
                    edges[id].observe(eye);
                }
                Node::Service(service) => {
                    eye.component(id, "service");
                    service.observe(eye);
                }
                Node::Queue(queue, _) => {
                    eye.component(id, "queue");
                    queue.observe(frames, at, eye);
                }
                Node::Consumer(consumer) => {
                    eye.component(id, "consumer");
                    consumer.observe(eye);
                }
                Node::Breaker(breaker) => {
                    eye.component(id, "breaker");
                    breaker.observe(at, eye);
                }
                Node::Retry(retry) => {
                    eye.component(id, "retry");
                    retry.observe(eye);
                }
                Node::Bulkhead(bulkhead) => {
                    eye.component(id, "bulkhead");
                    bulkhead.observe(eye);
                }
                Node::Timeout(timeout) => {
                    eye.component(id, "timeout");
                    timeout.observe(eye);
                }
                Node::Load(..) | Node::Call | Node::Tap(_) | Node::Publish(_) | Node::Crash(..) => {
                }
            }
        }
    }

    /// Books the work that is under way at `end`, after which nothing happens any more.
    pub fn settle(&mut self, end: Instant) {
        let Cx { frames, requests, edges, .. } = &mut self.cx;
        for (_, frame) in frames.iter() {
            if requests.get(frame.request).is_some_and(|of| of.measured) {
                service::settle(edges, frame, end);
            }
        }
    }

    /// Reports the requests that are under way at the end to whoever listens to ends.
    pub fn report_unfinished(&mut self) {
        let Cx { requests, probe, .. } = &mut self.cx;
        if P::HEARS_ENDS {
            for &Request { load, index, arrived, attempts, measured, .. } in requests.unfinished() {
                probe.unfinished(&Unfinished { load, request: index, arrived, attempts, measured });
            }
        }
    }

    /// Closes the books at `end`, when what is under way has been [settled](Self::settle).
    pub fn finish(mut self, end: Instant) -> Finished {
        let end = end.max(self.cx.measured_from);
        let window = end - self.cx.measured_from;
        let mut there = vec![0; self.nodes.len()];
        let Cx { frames, requests, .. } = &mut self.cx;
        for (_, frame) in frames.iter() {
            if requests.get(frame.request).is_some_and(|of| of.measured) {
                there[frame.node as usize] += 1;
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
                Node::Send { .. } => self.cx.edges[id].report(),
                Node::Load(..) | Node::Call | Node::Tap(_) | Node::Publish(_) | Node::Crash(..) => {
                    return None;
                }
            };
            Some((id, component))
        });
        let components = components.collect();
        let mut tally = self.cx.tally;
        tally.requests.in_flight = self.cx.requests.in_flight();
        let arrivals = end.min(self.cx.measured_until.max(self.cx.measured_from));
        let mut fingerprint = self.cx.fingerprint;
        let edges = self.cx.edges.total();
        tally.absorb_into(&edges.attempts, &mut fingerprint.results);
        Finished {
            tally,
            edges,
            components,
            events: self.cx.clock.events(),
            work: self.cx.clock.work_done(),
            window: arrivals - self.cx.measured_from,
            fingerprint,
            stuck: self.stuck,
        }
    }
}
