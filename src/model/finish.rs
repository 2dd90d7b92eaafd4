//! The end of an arm: work under way is booked, and every component reports.

use super::call::Call;
use super::context::Context;
use super::mechanism::edge::Edge;
use super::mechanism::{Below, service};
use super::seat::{ComponentId, NONE};
use super::tally::Tally;
use super::world::World;
use crate::kernel::calendar::Calendar;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::fingerprint::Fingerprint;
use crate::metrics::histogram::Histogram;
use crate::metrics::probe::{Probe, Unfinished};
use crate::metrics::report::{Period, Report};
use crate::metrics::sampler::Sampler;
use crate::metrics::summary::Component;

/// The results of an arm.
#[derive(Debug)]
pub struct Finished {
    /// Requests.
    pub tally: Tally,
    /// Attempts and work, over all edges.
    pub edges: Edge,
    /// Reports of the components, by id.
    pub components: Vec<(ComponentId, Component)>,
    /// Number of events dispatched.
    pub events: u64,
    /// Number of pieces of work that were no events.
    pub work: u64,
    /// Length of the part of the run in which arrivals count.
    pub window: Duration,
    /// Fingerprint of the arm.
    pub fingerprint: Fingerprint,
    /// The edge along which requests ran without time passing, if that ended the run.
    pub stuck: Option<ComponentId>,
}

impl<C: Calendar, P: Probe> World<C, P> {
    /// The present instant.
    pub fn now(&self) -> Instant {
        self.cx.clock.now()
    }

    /// The component that set the timer in `slot`.
    pub fn component_of(&self, slot: u32) -> ComponentId {
        self.seats[self.cx.timers[slot].seat].component
    }

    /// The listener.
    pub fn probe(&mut self) -> &mut P {
        &mut self.cx.probe
    }

    /// Number of events dispatched so far.
    pub fn events(&self) -> u64 {
        self.cx.clock.events()
    }

    /// Number of measured requests that have arrived so far.
    pub fn offered(&self) -> u64 {
        self.cx.tally.requests.offered
    }

    /// Keeps the latencies of each bin for a sampler.
    pub fn keep_latencies(&mut self) {
        self.cx.tally.recent = Some(Histogram::default());
    }

    /// Measures everything for the present sample, which is no earlier than the present instant.
    pub fn observe(&mut self, sampler: &mut Sampler) {
        let Context { tally, edges, .. } = &mut self.cx;
        tally.measure(sampler);
        edges.total().measure(sampler);
        for (id, &home) in (0..).zip(&self.homes) {
            let seat = &self.seats[home];
            if !seat.kind.metrics().is_empty() {
                sampler.component(id, seat.kind.name());
                self.machines.measure(&mut self.cx, seat, sampler.now(), sampler);
            }
        }
    }

    /// Books the work that is under way at `end`, the end of the run.
    pub fn settle(&mut self, end: Instant) {
        let Context { calls, edges, .. } = &mut self.cx;
        for (_, call) in calls.iter().filter(|(_, call)| call.measured && call.at != NONE) {
            service::settle(edges, self.seats[call.at].edge, call, end);
        }
    }

    /// Reports the requests that are under way at the end to the listener, if it takes ends.
    pub fn report_unfinished(&mut self) {
        let Context { calls, probe, .. } = &mut self.cx;
        if P::ENDS {
            for call in calls.requests() {
                let &Call { load, index, arrived, measured, .. } = call;
                let attempts = call.all_attempts();
                probe.unfinished(&Unfinished { load, request: index, arrived, attempts, measured });
            }
        }
    }

    /// Closes the books at `end`, after the work under way is [settled](Self::settle).
    pub fn finish(mut self, end: Instant) -> Finished {
        let end = end.max(self.cx.measured_from);
        let window = end - self.cx.measured_from;
        let present = self.present();
        let mut components = Vec::new();
        for (id, &home) in (0..).zip(&self.homes) {
            let (seat, present) = (&self.seats[home], present[id as usize]);
            let (kind, declared) = (seat.kind.name(), seat.kind.metrics());
            if !declared.is_empty() {
                let mut report = Report::new(kind, declared, Period { end, window, present });
                self.machines.measure(&mut self.cx, seat, end, &mut report);
                components.push((id, report.finish()));
            }
        }
        let mut tally = self.cx.tally;
        tally.requests.in_flight = self.cx.calls.in_flight();
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
            stuck: self.cx.stuck,
        }
    }

    /// Number of measured calls at each component: where they wait, and where they are in hand.
    fn present(&self) -> Vec<u64> {
        let mut present = vec![0; self.homes.len()];
        for (_, call) in self.cx.calls.iter().filter(|(_, call)| call.measured) {
            let mut seat = call.at;
            while seat != NONE {
                let place = &self.seats[seat];
                let held = place.kind.below() == Below::InHand && !call.is_cut_off();
                if seat == call.at || held {
                    present[place.component as usize] += 1;
                }
                seat = place.up;
            }
        }
        present
    }
}
