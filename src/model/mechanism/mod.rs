//! The mechanisms of the model, a folder each, and their registry.
//!
//! A mechanism is a small state machine that meets calls at its seats. It knows nothing of its
//! neighbours: it returns a decision ([`Flow`]), and the world executes it. [`Kind`] has the
//! properties of a kind of mechanism.

/// The mechanisms, a line each: kind, machine, and the field of a world's machines. Parts of an arm
/// and layers of a policy are in the language, in this order, and have a specification in `spec`,
/// for [`language`]; the name of a layer is that of its kind.
macro_rules! registry {
    ($for_each:ident) => {
        $for_each! {
            parts {
                Load: load::Load => loads;
                Class: class::Class => classes;
                Service: service::Service => services;
                Balancer: balancer::Balancer => balancers;
                Queue: queue::Queue => queues;
                Consumer: consumer::Consumer => consumers;
                Crash: fault::Crash => crashes;
            }
            wires {
                Edge: edge::Sender => senders;
                Trail: balancer::Trail => trails;
            }
            layers {
                Timeout: timeout::Timeout => timeouts;
                DetachedTimeout: detached_timeout::DetachedTimeout => detached_timeouts;
                Retry: retry::Retry => retries;
                Breaker: breaker::Breaker => breakers;
                Bulkhead: bulkhead::Bulkhead => bulkheads;
                Pool: pool::Pool => pools;
                Hedge: hedge::Hedge => hedges;
                Deadline: deadline::Deadline => deadlines;
                RateLimit: rate_limit::RateLimit => rate_limits;
                AdaptiveLimit: adaptive_limit::AdaptiveLimit => adaptive_limits;
                Throttle: throttle::Throttle => throttles;
                #[cfg(test)] Toll: toll::Toll => tolls;
            }
        }
    };
}

pub mod adaptive_limit;
pub mod backoff;
pub mod balancer;
pub mod breaker;
pub mod bulkhead;
pub mod class;
pub mod consumer;
pub mod deadline;
pub mod detached_timeout;
pub mod edge;
pub mod fault;
pub mod hedge;
#[macro_use]
mod kinds;
mod language;
pub mod load;
pub mod pool;
pub mod queue;
pub mod rate_limit;
pub mod retry;
pub mod service;
pub mod throttle;
pub mod timeout;
#[cfg(test)]
mod toll;

pub use language::{DECLARATIONS, LAYERS, Layer, additions};

use super::call::CallId;
use super::context::{At, Context, Flow, Outcome};
use super::seat::{Port, Seat};
use crate::kernel::calendar::Calendar;
use crate::kernel::time::Instant;
use crate::metrics::declare::Quantity;
use crate::metrics::meter::Measurements;
use crate::metrics::probe::{EventDefinition, EventKind, Number, Probe, Role};

/// The fate of a call whose caller leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// It ends at this seat, because its caller has given up.
    GivenUp,
    /// It ends at this seat, because it is not needed.
    Unneeded,
    /// It goes on for nobody.
    GoesOn,
}

/// The owner of a mechanism's timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wakes {
    /// Calls that wait at its seat.
    Calls {
        /// True if the timers start something rather than end it; starts come last where ties end
        /// together.
        starts: bool,
    },
    /// A load or its callers: the timers begin requests.
    Requests,
    /// A fault of a service.
    Faults,
}

/// The calls below the seats of a mechanism, in relation to the call that passes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Below {
    /// The call itself.
    Call,
    /// The call itself, as an attempt that is sent and booked: the machines of a kind are numbered
    /// as edges are.
    Attempt,
    /// The call itself, which the mechanism has in hand until it comes up again.
    InHand,
    /// Copies of the call: each is an attempt of it.
    Copies,
    /// Calls that the mechanism, which serves the call, makes for it.
    Others,
    /// Requests or messages, which begin at the seat.
    Requests,
}

/// A state machine that meets calls at its seats.
///
/// Each mechanism defines its reaction to a call that comes down, an outcome that comes up, a timer
/// that is due, and a caller that leaves, and its draws and memory. Only what concerns permits,
/// slots and lines has a default, that of a mechanism without: forgetting it shows in tests.
pub trait Mechanism {
    /// Name of the kind in results.
    const KIND: &'static str;
    /// Number of words of a call's memory, which it uses while the call is below.
    const WORDS: u32;
    /// The word with a timer that is set while the call is below, if there is one.
    const TIMER: Option<u32>;
    /// The word with the deadline of what is below, if it sets one.
    const DEADLINE: Option<u32>;
    /// Owner of its timers.
    const WAKES: Wakes;
    /// Calls below it.
    const BELOW: Below;
    /// Events of requests at its seats, by the file that defines them.
    const EVENTS: &'static [&'static [EventKind]];
    /// Its metrics, in the order of results; without metrics it is no component of a result.
    const METRICS: &'static [&'static Quantity];

    /// Handles a call that comes down.
    fn enter<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow;

    /// Handles an outcome that comes up from `port`.
    fn exit<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        port: Port,
        outcome: Outcome,
    ) -> Flow;

    /// Handles a call whose timer is due at the seat, or that was unblocked.
    fn wake<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow;

    /// True if a call that waits at the seat goes on although its caller leaves.
    fn goes_on<C: Calendar, P: Probe>(&self, cx: &Context<C, P>, at: &At<'_>) -> bool;

    /// Handles a call that waits at the seat or has passed it, and whose caller has left: gives
    /// back its permit or slot, or notes that it goes on.
    fn leave<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        leaving: Leaving,
    );

    /// Hands a freed permit or slot to a waiting call; called until there is nothing to send down.
    fn hand_on<C: Calendar, P: Probe>(
        &mut self,
        _: &mut Context<C, P>,
        _: &At<'_>,
        _: Option<Port>,
    ) -> Option<(CallId, Port)> {
        None
    }

    /// Number of permits, slots or places in use, which each call that passes takes and gives back
    /// when it comes up or its caller leaves; `None` for a mechanism without.
    fn taken(&self) -> Option<u64> {
        None
    }

    /// True if a call that waits at the seat has one of them.
    fn is_taken_by<C: Calendar, P: Probe>(&self, _: &Context<C, P>, _: CallId) -> bool {
        false
    }

    /// Number of calls that wait or are worked on; `None` for a mechanism that does not count them.
    fn inside(&self) -> Option<u64> {
        None
    }

    /// Draws at other sites from now on, in a branch of a split run.
    fn fork(&mut self, branch: u64);

    /// Bytes on the heap, which may grow during a run.
    fn memory(&self) -> u64;

    /// Measures its [metrics](Self::METRICS) at an instant no earlier than the present: at the ends
    /// of bins, in the same order each time, and at the end of the run.
    fn measure<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        seat: &Seat,
        at: Instant,
        into: &mut impl Measurements,
    );
}

impl Machines {
    /// Adds a machine; returns its kind and its index among those of the kind.
    pub fn add<M: Kept>(&mut self, machine: M) -> (Kind, u32) {
        let machines = M::of(self);
        machines.push(machine);
        (M::IS, (machines.len() - 1) as u32)
    }

    /// The machine with an index among those of its kind.
    ///
    /// # Panics
    /// When there is no such machine.
    pub fn get<M: Kept>(&mut self, index: u32) -> &mut M {
        &mut M::of(self)[index as usize]
    }
}

registry!(kinds);

impl EventKind {
    /// A policy refused the call, unsent; the number is that of waiting calls, if they are the
    /// reason.
    pub const REJECTED: Self = Self::new(&EventDefinition {
        name: "rejected",
        verb: "rejects",
        number: Number::Count,
        words: "is refused by its own policy",
        role: Role::Mark,
    });
}
