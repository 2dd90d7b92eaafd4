//! The mechanisms of the model, a folder each, and their registry.
//!
//! A mechanism is a small state machine that meets calls at its seats. It knows nothing of its
//! neighbours: it returns what should happen ([`Flow`]), and the world does it. What is known of a
//! kind of mechanism as a whole is asked through [`Kind`].

/// The mechanisms, a line each: kind, machine, and where the machines of a world are kept. Parts of
/// an arm and layers of a policy are in the language, in this order, and have a specification in
/// `spec`, as [`language`] takes it; a layer is called as its kind.
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
                Retry: retry::Retry => retries;
                Breaker: breaker::Breaker => breakers;
                Bulkhead: bulkhead::Bulkhead => bulkheads;
                Pool: pool::Pool => pools;
                Hedge: hedge::Hedge => hedges;
                Deadline: deadline::Deadline => deadlines;
                #[cfg(test)] Toll: toll::Toll => tolls;
            }
        }
    };
}

pub mod backoff;
pub mod balancer;
pub mod breaker;
pub mod bulkhead;
pub mod class;
pub mod consumer;
pub mod deadline;
pub mod edge;
pub mod fault;
pub mod hedge;
#[macro_use]
mod kinds;
mod language;
pub mod load;
pub mod pool;
pub mod queue;
pub mod retry;
pub mod service;
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
use crate::metrics::probe::{Event, Number, Probe, Role, What};

/// What becomes of a call whose caller leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// It ends here, as its caller has given up on it.
    GivenUp,
    /// It ends here, as others have decided.
    Unneeded,
    /// It goes on for nobody.
    GoesOn,
}

/// For whom the timers of a mechanism are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wakes {
    /// Calls that wait at its seat; `starts` says that they begin something rather than end it,
    /// which comes last where ties end together.
    Calls {
        /// See there.
        starts: bool,
    },
    /// Itself or its callers: it begins requests.
    Requests,
    /// Itself: it breaks a service.
    Faults,
}

/// What is below the seats of a mechanism, to a call that passes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Below {
    /// The call itself.
    Call,
    /// The call itself, which is in hand there until it comes up again.
    InHand,
    /// Copies of the call: each is an attempt of it.
    Copies,
    /// Calls that are made for it.
    Others,
    /// Requests or messages, which begin there.
    Requests,
}

/// A state machine that meets calls at its seats.
///
/// Nothing has a default: whoever writes a mechanism says what it does when a call comes down,
/// when its outcome comes up, when a timer is due and when the caller leaves.
pub trait Mechanism {
    /// Its kind, as results call it.
    const KIND: &'static str;
    /// Words of a call in which it remembers something while the call is below it.
    const WORDS: u32;
    /// The word that holds a timer which is set while the call is below, if there is one.
    const TIMER: Option<u32>;
    /// For whom its timers are set.
    const WAKES: Wakes;
    /// What is below it.
    const BELOW: Below;
    /// What can happen to a request there, by the file that brings it.
    const EVENTS: &'static [&'static [What]];
    /// What it measures, in the order of results; without any it is no component of a result.
    const METRICS: &'static [&'static Quantity];

    /// A call comes down.
    fn enter<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow;

    /// An outcome comes up from `port`.
    fn exit<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        port: Port,
        outcome: Outcome,
    ) -> Flow;

    /// A timer of the call is due here, or it got what it waited for.
    fn wake<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow;

    /// True if a call that waits here goes on although its caller leaves.
    fn goes_on<C: Calendar, P: Probe>(&self, cx: &Context<C, P>, at: &At<'_>) -> bool;

    /// The caller has left a call that waits here or has passed: gives back what it holds, or
    /// notes that it goes on.
    fn leave<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        leaving: Leaving,
    );

    /// Hands on what came free, to a call that waits here; called until it has nothing to send.
    fn hand_on<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        port: Option<Port>,
    ) -> Option<(CallId, Port)>;

    /// How much is taken of what it gives to each call that passes, and takes back when the call
    /// comes up or its caller leaves; `None` if it gives nothing.
    fn taken(&self) -> Option<u64>;

    /// True if a call that waits here has some of that.
    fn is_taken_by<C: Calendar, P: Probe>(&self, cx: &Context<C, P>, call: CallId) -> bool;

    /// How many calls wait in it and are worked on, if it is a place to count them.
    fn inside(&self) -> Option<u64>;

    /// Draws anew from here on, in a branch of a run that was split.
    fn fork(&mut self, branch: u64);

    /// Bytes that grow with what happens.
    fn memory(&self) -> u64;

    /// Shows [what it measures](Self::METRICS), at an instant no earlier than the present: at the
    /// ends of bins, in the same order each time, and at the end of the run.
    fn measure<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        seat: &Seat,
        at: Instant,
        into: &mut impl Measurements,
    );
}

impl Machines {
    /// Adds a machine; its kind and its number among those of its kind.
    pub fn add<M: Kept>(&mut self, machine: M) -> (Kind, u32) {
        let machines = M::of(self);
        machines.push(machine);
        (M::IS, (machines.len() - 1) as u32)
    }

    /// A machine by its number among those of its kind.
    ///
    /// # Panics
    /// When there are not so many.
    pub fn get<M: Kept>(&mut self, index: u32) -> &mut M {
        &mut M::of(self)[index as usize]
    }
}

registry!(kinds);

impl What {
    /// A policy refused it unsent; the number is how many wait, if that was the reason.
    pub const REJECTED: Self = Self::new(&Event {
        name: "rejected",
        verb: "rejects",
        number: Number::Count,
        words: "is refused by its own policy",
        role: Role::Mark,
    });
}
