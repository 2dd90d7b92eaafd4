//! A balancer: chooses a replica of a service for each attempt that passes.
//!
//! It stands between an edge and a service with several replicas, one for each call or consumer.
//! It knows what its own client has in flight and how long that took, as libraries do, and
//! nothing of the servers: what other clients send, and how long a replica's line is, it cannot
//! see. An attempt is in flight from its choice until its outcome comes back or its caller
//! leaves, whatever the replica still does with it. A replica that fails at once has little in
//! flight and a short time, so whoever goes by these sends it more: balancers judge load, not
//! health.
//!
//! ```text
//!              choose             outcome, or the caller leaves
//!   attempt ----------> in flight -----------------------------> over
//!                       of a replica                             time observed
//! ```
//!
//! Sources: Mitzenmacher 2001, "The power of two choices in randomized load balancing"; Envoy's
//! load balancers; Finagle's and tower's `PeakEwma`; ingress-nginx's `ewma.lua`.

mod alternatives;
mod choice;
mod estimate;
mod levels;
mod parts;
pub mod repicks;
mod ring;
pub mod spec;
mod subset;
#[cfg(test)]
mod tests;
mod trail;
mod turns;
mod zones;

pub use choice::Algorithm;
pub use ring::Ring;
pub use subset::Subsets;
pub use trail::{Avoidance, REMEMBERED, Trail};
pub use zones::{Callers, ZoneAware};

use super::{Below, Leaving, Mechanism, Wakes};
use crate::kernel::calendar::Calendar;
use crate::kernel::draw::Site;
use crate::kernel::time::Instant;
use crate::metrics::declare::Quantity;
use crate::metrics::meter::Measurements;
use crate::metrics::probe::{Event, Number, Probe, Role, What};
use crate::model::call::CallId;
use crate::model::context::{At, Context, Flow, Outcome};
use crate::model::seat::{Port, Seat};
use choice::{Chosen, Client, Draws};
use trail::Tried;

crate::metrics! {
    /// Attempts that it sent on
    SENT: Count = "sent", "attempts sent on";
    /// Of the replica that it sent the most to: these over `sent`
    LARGEST_SHARE: Ratio = "largest_share";
    /// Of these, sent to a replica in the zone of the client; only where both stand in `zones`
    IN_ZONE: Count = "in_zone", "sent within their zone";
    /// Sent to another replica than that of their key, which was full; only with a `bound`
    OVERFLOWED: Count = "overflowed", "sent past a full replica";
    /// Picks that were thrown away because their call had tried the replica before; only with
    /// `max_repicks`
    REPICKED: Count = "repicked", "picks of a replica tried before";
    /// Sent to a replica that their call had tried before, when no pick was left; only with
    /// `max_repicks`
    TRIED_AGAIN: Count = "tried_again", "sent to a replica tried before";
}

impl What {
    /// An attempt goes to a replica; the number is which, from 1.
    pub const BALANCED: Self = Self::new(&Event {
        name: "balanced",
        verb: "balances",
        number: Number::Count,
        words: "goes to replica {}",
        role: Role::Mark,
    });
}

/// What can happen to a request here.
pub const EVENTS: &[What] = &[What::BALANCED];

/// The word of a call that says when its attempt was sent on.
const SINCE: u32 = 0;

/// State and books of one balancer.
#[derive(Clone, Debug)]
pub struct Balancer {
    algorithm: Algorithm,
    site: Site,
    /// What each client knows, from the first attempt of one that has its number or a higher one.
    clients: Vec<Client>,
    /// Attempts of measured requests, by replica.
    sent: Vec<u64>,
    overflowed: u64,
    /// How replicas that a call has tried are avoided, if they are.
    avoidance: Option<Avoidance>,
    repicked: u64,
    tried_again: u64,
    /// Where callers and replicas stand, if both stand in zones.
    callers: Option<Callers>,
    in_zone: u64,
}

impl Balancer {
    /// Chooses among so many replicas, with draws at `site`; of `callers` in zones it counts what
    /// stays in their own.
    #[must_use]
    pub fn new(
        algorithm: Algorithm,
        replicas: u32,
        callers: Option<Callers>,
        avoidance: Option<Avoidance>,
        site: Site,
    ) -> Self {
        let sent = vec![0; replicas as usize];
        Self {
            algorithm,
            site,
            clients: Vec::new(),
            sent,
            overflowed: 0,
            avoidance,
            repicked: 0,
            tried_again: 0,
            callers,
            in_zone: 0,
        }
    }

    fn replicas(&self) -> u32 {
        self.sent.len() as u32
    }

    #[cold]
    fn add_clients(&mut self, last: u32) {
        let replicas = self.replicas();
        for client in self.clients.len() as u32..=last {
            self.clients.push(Client::new(&mut self.algorithm, client, replicas, self.site));
        }
    }

    /// A replica that the call has not tried, unless every pick is one that it has. Copies that go
    /// on for nobody are sent nowhere any more, so all that come here have a trail.
    #[inline(never)]
    fn choose_untried<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        avoidance: Avoidance,
        draws: Draws,
    ) -> Chosen {
        let now = cx.now();
        let original = cx.calls.original(at.call).expect("a call that somebody waits for");
        let measured = u64::from(cx.calls[at.call].measured);
        let mut tried = Tried::of(&mut cx.calls, original, avoidance.word);
        let client = &mut self.clients[at.instance as usize];
        let mut chosen = client.pick(&self.algorithm, draws, now);
        for pick in 1..=avoidance.max_repicks {
            if !tried.contains(chosen.replica) {
                break;
            }
            self.repicked += measured;
            chosen = client.pick(&self.algorithm, draws.anew(pick), now);
        }
        self.tried_again += measured * u64::from(tried.contains(chosen.replica));
        tried.add(chosen.replica);
        client.begin(&self.algorithm, chosen.replica);
        chosen
    }

    /// What the attempt of this call was is no longer in flight.
    #[inline]
    fn end<C: Calendar, P: Probe>(&mut self, cx: &Context<C, P>, at: &At<'_>) {
        let replica = cx.calls[at.call].replica;
        let sent = Instant::from_ns(cx.calls.word(at.call, at.seat.word + SINCE));
        let client = &mut self.clients[at.instance as usize];
        client.end(&self.algorithm, replica, sent, cx.now());
    }
}

impl Mechanism for Balancer {
    const KIND: &'static str = "balancer";
    const WORDS: u32 = 1;
    const TIMER: Option<u32> = None;
    const WAKES: Wakes = Wakes::Calls { starts: false };
    const BELOW: Below = Below::Call;
    const EVENTS: &'static [&'static [What]] = &[EVENTS];
    const METRICS: &'static [&'static Quantity] = METRICS;

    /// An attempt gets its replica.
    #[inline]
    fn enter<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        if at.instance as usize >= self.clients.len() {
            self.add_clients(at.instance);
        }
        let now = cx.now();
        let about = match self.algorithm.goes_by_key() {
            true => cx.keys.of(&cx.calls[at.call]),
            false => None,
        };
        let call = &cx.calls[at.call];
        let about = about.unwrap_or(call.key);
        let draws = Draws::new(self.site, call, about);
        let chosen = match self.avoidance {
            None => self.clients[at.instance as usize].choose(&self.algorithm, draws, now),
            Some(avoidance) => self.choose_untried(cx, at, avoidance, draws),
        };
        let call = &mut cx.calls[at.call];
        call.replica = chosen.replica;
        if call.measured {
            self.sent[chosen.replica as usize] += 1;
            self.overflowed += u64::from(chosen.overflowed);
            if let Some(callers) = &self.callers {
                self.in_zone += u64::from(callers.is_local(at.instance, chosen.replica));
            }
        }
        cx.calls.set_word(at.call, at.seat.word + SINCE, now.as_ns());
        cx.note(at, What::BALANCED, u64::from(chosen.replica) + 1);
        Flow::Down
    }

    #[inline]
    fn exit<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        _: Port,
        outcome: Outcome,
    ) -> Flow {
        self.end(cx, at);
        Flow::Up(outcome)
    }

    fn wake<C: Calendar, P: Probe>(&mut self, _: &mut Context<C, P>, _: &At<'_>) -> Flow {
        unreachable!("a balancer sets no timer")
    }

    fn goes_on<C: Calendar, P: Probe>(&self, _: &Context<C, P>, _: &At<'_>) -> bool {
        false
    }

    fn leave<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>, _: Leaving) {
        self.end(cx, at);
    }

    fn hand_on<C: Calendar, P: Probe>(
        &mut self,
        _: &mut Context<C, P>,
        _: &At<'_>,
        _: Option<Port>,
    ) -> Option<(CallId, Port)> {
        None
    }

    fn taken(&self) -> Option<u64> {
        Some(self.clients.iter().map(Client::in_flight).sum())
    }

    fn is_taken_by<C: Calendar, P: Probe>(&self, _: &Context<C, P>, _: CallId) -> bool {
        false
    }

    fn inside(&self) -> Option<u64> {
        None
    }

    fn fork(&mut self, branch: u64) {
        self.site = self.site.fork(branch);
        self.algorithm.fork(branch);
    }

    fn memory(&self) -> u64 {
        let of_client = Client::memory(&self.algorithm, self.replicas());
        self.clients.len() as u64 * of_client
    }

    fn measure<C: Calendar, P: Probe>(
        &mut self,
        _: &mut Context<C, P>,
        _: &Seat,
        _: Instant,
        into: &mut impl Measurements,
    ) {
        into.count(&SENT, self.sent.iter().sum());
        into.ratio(&LARGEST_SHARE, |_| {
            let sent: u64 = self.sent.iter().sum();
            let largest = self.sent.iter().max().filter(|_| sent > 0);
            largest.map(|&largest| largest as f64 / sent as f64)
        });
        if self.callers.is_some() {
            into.count(&IN_ZONE, self.in_zone);
        }
        if self.algorithm.is_bounded() {
            into.count(&OVERFLOWED, self.overflowed);
        }
        if self.avoidance.is_some() {
            into.count(&REPICKED, self.repicked);
            into.count(&TRIED_AGAIN, self.tried_again);
        }
    }
}
