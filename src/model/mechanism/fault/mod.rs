//! What goes wrong with a service, as a timeline that is known before the run.
//!
//! Because it is known, a fault needs no events: work that starts asks when it will be done. Only
//! a crash has one, at its first instant, to fail what is there. A fault without effect (no
//! length, no ratio, factor 1) therefore leaves no trace at all.
//!
//! Faults of one service that overlap: slow factors multiply, a freeze outweighs them, an attempt
//! fails if any fault says so. The order in the file does not matter.

pub mod spec;

use std::ops::Range;

use super::{Leaving, Mechanism, Period, Wakes};
use crate::kernel::calendar::Calendar;
use crate::kernel::draw::Site;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::meter::Eye;
use crate::metrics::probe::Probe;
use crate::metrics::summary::Component;
use crate::model::call::{Call, CallId};
use crate::model::context::{At, Context, Flow, Outcome};
use crate::model::seat::{Port, Seat, SeatId};

/// One fault of one service, in [from, until).
#[derive(Clone, Debug)]
pub struct Fault {
    /// First instant.
    pub from: Instant,
    /// First instant after it.
    pub until: Instant,
    /// What goes wrong.
    pub effect: Effect,
    /// The replicas that it hits.
    pub replicas: Range<u32>,
    /// Ratio of attempts that meet it.
    pub ratio: f64,
    /// Where it is drawn whether an attempt does.
    pub site: Site,
}

/// What a fault does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effect {
    /// Work takes this factor longer.
    Slowed(f64),
    /// Attempts that start end in an error.
    Failing,
    /// Work stands still.
    Frozen,
    /// What is there fails, what comes is refused.
    Crashed,
}

impl Fault {
    /// True if the attempt, at a replica, meets the fault, whenever it does.
    fn hits(&self, call: &Call, replica: u32) -> bool {
        self.replicas.contains(&replica) && self.meets(call)
    }

    /// True if it can have an effect.
    #[must_use]
    pub fn is_effective(&self) -> bool {
        self.from < self.until && self.ratio > 0.0 && self.effect != Effect::Slowed(1.0)
    }

    fn lasts_at(&self, now: Instant) -> bool {
        self.from <= now && now < self.until
    }

    /// True if the attempt meets the fault at a replica that it hits.
    #[must_use]
    pub fn meets(&self, call: &Call) -> bool {
        self.ratio >= 1.0 || self.site.unit(call.key, call.attempts, 0) < self.ratio
    }
}

/// The faults of one service.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    faults: Vec<Fault>,
}

impl Timeline {
    /// The timeline of those `faults` that can have an effect.
    #[must_use]
    pub fn new(faults: impl IntoIterator<Item = Fault>) -> Self {
        Self { faults: faults.into_iter().filter(Fault::is_effective).collect() }
    }

    /// The instants at which something crashes, each with its fault.
    pub fn crashes(&self) -> impl Iterator<Item = Fault> {
        self.faults.iter().filter(|fault| fault.effect == Effect::Crashed).cloned()
    }

    /// True if nothing ever goes wrong.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    /// True if an attempt at a replica meets `effect` now.
    #[must_use]
    pub fn strikes(&self, effect: Effect, now: Instant, call: &Call, replica: u32) -> bool {
        let mut faults = self.faults.iter();
        faults
            .any(|fault| fault.effect == effect && fault.lasts_at(now) && fault.hits(call, replica))
    }

    /// When `work` that starts now at a replica will be done: [`Instant::NEVER`] past the end of
    /// the clock.
    #[must_use]
    pub fn done(&self, now: Instant, work: Duration, call: &Call, replica: u32) -> Instant {
        let met: Vec<&Fault> = self
            .faults
            .iter()
            .filter(|fault| {
                let hinders = matches!(fault.effect, Effect::Slowed(_) | Effect::Frozen);
                hinders && fault.until > now && fault.hits(call, replica)
            })
            .collect();
        let (mut at, mut left) = (now, work);
        loop {
            let next = met
                .iter()
                .flat_map(|fault| [fault.from, fault.until])
                .filter(|&edge| edge > at)
                .min();
            let mut factor = 1.0;
            let mut frozen = false;
            for fault in met.iter().filter(|fault| fault.lasts_at(at)) {
                match fault.effect {
                    Effect::Slowed(slower) => factor *= slower,
                    _ => frozen = true,
                }
            }
            let takes = if factor == 1.0 {
                left
            } else {
                Duration::from_ns_f64(left.as_ns() as f64 * factor)
            };
            let Some(next) = next else {
                return at.saturating_add(takes);
            };
            if !frozen {
                let span = next - at;
                if takes <= span {
                    return at.saturating_add(takes);
                }
                let progress = Duration::from_ns_f64(span.as_ns() as f64 / factor);
                left = Duration::from_ns(left.as_ns().saturating_sub(progress.as_ns()));
            }
            at = next;
        }
    }
}

/// A crash of a service: the only fault that happens by itself, at its first instant.
#[derive(Clone, Debug)]
pub struct Crash {
    /// The seat of the service itself.
    pub service: SeatId,
    /// The fault.
    pub fault: Fault,
}

impl Mechanism for Crash {
    const KIND: &'static str = "fault";
    const WORDS: u32 = 0;
    const TIMER: Option<u32> = None;
    const WAKES: Wakes = Wakes::Faults;
    const SHOWS: bool = false;

    fn enter<C: Calendar, P: Probe>(&mut self, _: &mut Context<C, P>, _: &At<'_>) -> Flow {
        unreachable!("no call comes by a fault")
    }

    fn exit<C: Calendar, P: Probe>(
        &mut self,
        _: &mut Context<C, P>,
        _: &At<'_>,
        _: Port,
        _: Outcome,
    ) -> Flow {
        unreachable!("no call comes by a fault")
    }

    fn wake<C: Calendar, P: Probe>(&mut self, _: &mut Context<C, P>, _: &At<'_>) -> Flow {
        unreachable!("the world wakes faults: they end calls")
    }

    fn goes_on<C: Calendar, P: Probe>(&self, _: &Context<C, P>, _: &At<'_>) -> bool {
        false
    }

    fn leave<C: Calendar, P: Probe>(&mut self, _: &mut Context<C, P>, _: &At<'_>, _: Leaving) {
        unreachable!("no call comes by a fault")
    }

    fn hand_on<C: Calendar, P: Probe>(
        &mut self,
        _: &mut Context<C, P>,
        _: &At<'_>,
        _: Option<Port>,
    ) -> Option<(CallId, Port)> {
        None
    }

    fn fork(&mut self, _: u64) {}

    fn memory(&self) -> u64 {
        0
    }

    fn observe<C: Calendar, P: Probe>(
        &mut self,
        _: &mut Context<C, P>,
        _: &Seat,
        _: Instant,
        _: &mut impl Eye,
    ) {
    }

    fn report<C: Calendar, P: Probe>(
        &self,
        _: &Context<C, P>,
        _: &Seat,
        _: &Period,
    ) -> Option<Component> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::call::Calls;
    use crate::model::seat::NONE;

    fn fault(from: u64, until: u64, effect: Effect, ratio: f64) -> Fault {
        let at = Instant::from_ns;
        let site = Site::new(1, "fault", "meets");
        Fault { from: at(from), until: at(until), effect, replicas: 0..1, ratio, site }
    }

    /// The first attempt of a request with this key.
    fn attempt(key: u64) -> Call {
        let mut calls = Calls::new(0);
        let id = calls.add_request(0, (0, key), Instant::ZERO, NONE, true);
        Call { attempts: 1, ..calls[id] }
    }

    fn done(faults: &[Fault], now: u64, work: u64) -> u64 {
        done_at(faults, now, work, 0)
    }

    fn done_at(faults: &[Fault], now: u64, work: u64, replica: u32) -> u64 {
        let timeline = Timeline::new(faults.iter().cloned());
        let (now, work) = (Instant::from_ns(now), Duration::from_ns(work));
        timeline.done(now, work, &attempt(7), replica).as_ns()
    }

    #[test]
    fn a_fault_of_one_replica_hits_no_other() {
        let slow = Fault { replicas: 1..2, ..fault(0, 100, Effect::Slowed(2.0), 1.0) };
        let down = Fault { effect: Effect::Crashed, ..slow.clone() };
        let work = |replica| done_at(std::slice::from_ref(&slow), 0, 10, replica);
        assert_eq!([work(0), work(1), work(2)], [10, 20, 10]);
        let down = Timeline::new([down]);
        let strikes =
            |replica| down.strikes(Effect::Crashed, Instant::from_ns(5), &attempt(7), replica);
        assert_eq!([strikes(0), strikes(1), strikes(2)], [false, true, false]);
    }

    #[test]
    fn a_freeze_stops_work_and_lets_it_go_on() {
        let freeze = [fault(60, 70, Effect::Frozen, 1.0)];
        assert_eq!(done(&freeze, 40, 20), 60);
        assert_eq!(done(&freeze, 40, 21), 71);
        assert_eq!(done(&freeze, 60, 5), 75);
        assert_eq!(done(&freeze, 69, 5), 75);
        assert_eq!(done(&freeze, 70, 5), 75);
    }

    #[test]
    fn slowness_counts_only_while_it_lasts() {
        let slow = [fault(100, 200, Effect::Slowed(4.0), 1.0)];
        assert_eq!(done(&slow, 0, 100), 100);
        assert_eq!(done(&slow, 90, 20), 140);
        assert_eq!(done(&slow, 100, 25), 200);
        assert_eq!(done(&slow, 100, 30), 205);
        assert_eq!(done(&slow, 200, 30), 230);
    }

    #[test]
    fn overlaps_do_not_depend_on_the_order() {
        let (a, b) =
            (fault(0, 100, Effect::Slowed(2.0), 1.0), fault(50, 150, Effect::Slowed(3.0), 1.0));
        // 25 by t = 50, 8 (50 / 6, cut off) by t = 100, 16 (50 / 3) by t = 150, the rest at once.
        let expected = 150 + 60 - 25 - 8 - 16;
        assert_eq!(done(&[a.clone(), b.clone()], 0, 60), expected);
        assert_eq!(done(&[b, a], 0, 60), expected);
    }

    #[test]
    fn a_fault_without_effect_is_none() {
        let none = [
            fault(5, 5, Effect::Crashed, 1.0),
            fault(0, 9, Effect::Slowed(1.0), 1.0),
            fault(0, 9, Effect::Frozen, 0.0),
        ];
        assert!(Timeline::new(none).is_empty());
    }

    #[test]
    fn a_ratio_meets_that_ratio_and_more_when_raised() {
        let (some, more) = (fault(0, 9, Effect::Failing, 0.3), fault(0, 9, Effect::Failing, 0.5));
        let calls: Vec<Call> = (0..10_000).map(|key| attempt(key * 77)).collect();
        let met = calls.iter().filter(|call| some.meets(call)).count();
        assert!((2_816..3_184).contains(&met), "{met}");
        assert!(calls.iter().all(|call| !some.meets(call) || more.meets(call)));
    }
}
