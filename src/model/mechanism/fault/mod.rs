//! The faults of a service, as a timeline that is known before the run.
//!
//! Because it is known, a fault needs no events: the end of work is computed when it starts. Only a
//! crash has an event, at its first instant, which fails the calls at the service. A fault without
//! effect (no length, no ratio, factor 1) therefore leaves no trace.
//!
//! Faults of one service may overlap: slow factors multiply, a freeze outweighs them, and an
//! attempt fails if any fault makes it fail. The order in the file does not matter.

pub mod spec;
mod timeline;

pub use timeline::Timeline;

use std::ops::Range;

use super::{Below, Leaving, Mechanism, Wakes};
use crate::kernel::calendar::Calendar;
use crate::kernel::draw::Site;
use crate::kernel::time::Instant;
use crate::metrics::declare::Quantity;
use crate::metrics::meter::Measurements;
use crate::metrics::probe::{EventKind, Probe};
use crate::model::call::Call;
use crate::model::context::{At, Context, Flow, Outcome};
use crate::model::seat::{Port, Seat, SeatId};

/// One fault of one service, in [from, until).
#[derive(Clone, Debug)]
pub struct Fault {
    /// First instant of the fault.
    pub from: Instant,
    /// First instant after the fault.
    pub until: Instant,
    /// Effect on attempts.
    pub effect: Effect,
    /// Affected replicas.
    pub replicas: Range<u32>,
    /// Ratio of affected attempts.
    pub ratio: f64,
    /// Site of the draws of affected attempts.
    pub site: Site,
}

/// The effect of a fault.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effect {
    /// Work takes longer by this factor.
    Slowed(f64),
    /// Attempts that start end in an error.
    Failing,
    /// Work stands still.
    Frozen,
    /// Attempts at the service fail, and arriving ones are refused.
    Crashed,
}

impl Fault {
    /// True if the fault affects the attempt at a replica, at any instant.
    fn hits(&self, call: &Call, replica: u32) -> bool {
        self.replicas.contains(&replica) && self.meets(call)
    }

    /// True if the fault can have an effect.
    #[must_use]
    pub fn is_effective(&self) -> bool {
        self.from < self.until && self.ratio > 0.0 && self.effect != Effect::Slowed(1.0)
    }

    /// True if the fault affects the attempt at an affected replica.
    #[must_use]
    pub fn meets(&self, call: &Call) -> bool {
        self.ratio >= 1.0 || self.site.unit(call.key, call.attempts, 0) < self.ratio
    }
}

/// A crash of a service: the only fault with an event, at its first instant.
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
    const DEADLINE: Option<u32> = None;
    const WAKES: Wakes = Wakes::Faults;
    const BELOW: Below = Below::Call;
    const EVENTS: &'static [&'static [EventKind]] = &[];
    const METRICS: &'static [&'static Quantity] = &[];

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

    fn fork(&mut self, _: u64) {}

    fn memory(&self) -> u64 {
        0
    }

    fn measure<C: Calendar, P: Probe>(
        &mut self,
        _: &mut Context<C, P>,
        _: &Seat,
        _: Instant,
        _: &mut impl Measurements,
    ) {
    }
}
