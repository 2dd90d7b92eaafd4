//! A balancer: chooses a replica of a service for each attempt that passes.
//!
//! Each call and each group of consumers has a balancer in front of a service with several
//! replicas. As in client-side libraries, each client of a balancer knows only the attempts that it
//! has in flight itself and the times that they took; it sees neither the attempts of other clients
//! nor the lines of the replicas. An attempt is in flight from the choice of its replica until its
//! outcome comes back or its caller leaves, even if the replica works on. A replica that fails at
//! once has few attempts in flight and short times, so algorithms that compare these send it more:
//! they judge load, not health. Outlier detection, if there is one, leaves them a part of the
//! replicas to choose from.
//!
//! ```text
//!              choose             outcome, or the caller leaves
//!   attempt ----------> in flight -----------------------------> over
//!                       at a replica                             time observed
//! ```
//!
//! Sources: Mitzenmacher 2001, "The power of two choices in randomized load balancing"; Envoy's
//! load balancers; Finagle's and tower's `PeakEwma`; ingress-nginx's `ewma.lua`.

mod alternatives;
mod choice;
mod draws;
mod ejecting;
mod estimate;
mod levels;
pub mod outliers;
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
pub use trail::{Avoidance, Trail};
pub use zones::{Callers, ZoneAware};

use super::{Below, Leaving, Mechanism, Wakes};
use crate::kernel::calendar::Calendar;
use crate::kernel::draw::Site;
use crate::kernel::time::Instant;
use crate::metrics::declare::Quantity;
use crate::metrics::meter::Measurements;
use crate::metrics::probe::{EventDefinition, EventKind, Number, Probe, Role};
use crate::model::context::{At, Context, Flow, Outcome};
use crate::model::seat::{Port, Seat};
use choice::{Choice, ClientState};
use draws::Draws;
use ejecting::Ejecting;
use trail::TriedReplicas;

crate::metrics! {
    /// Attempts sent to a replica
    SENT: Count = "sent", "attempts sent on";
    /// Ratio of `sent` that went to the replica with the most
    LARGEST_SHARE: Ratio = "largest_share";
    /// Of `sent`, to a replica in the zone of the client; only where both have `zones`
    IN_ZONE: Count = "in_zone", "sent within their zone";
    /// Of `sent`, to another replica because that of the key was full; only with a `bound`
    OVERFLOWED: Count = "overflowed", "sent past a full replica";
    /// Picks discarded because the call had tried the replica before; only with `max_repicks`
    REPICKED: Count = "repicked", "picks of a replica tried before";
    /// Of `sent`, to a replica that the call had tried before, after the last pick; only with
    /// `max_repicks`
    TRIED_AGAIN: Count = "tried_again", "sent to a replica tried before";
    /// Ejections of replicas, each by one client; only with `outlier_detection`
    EJECTIONS: Count = "ejections", "ejections";
    /// Replicas that failed enough and were not ejected, because `max_ejected` were
    SPARED: Count = "spared", "failing replicas not ejected";
    /// Of `sent`, by clients that panic: to any replica, ejected or not
    IN_PANIC: Count = "in_panic", "sent in panic";
    /// Attempts that failed because their client had ejected all replicas
    UNAVAILABLE: Count = "unavailable", "without a replica";
}

impl EventKind {
    /// An attempt goes to a replica; the number is that of the replica, from 1.
    pub const BALANCED: Self = Self::new(&EventDefinition {
        name: "balanced",
        verb: "balances",
        number: Number::Count,
        words: "goes to replica {}",
        role: Role::Mark,
    });
    /// The client ejects a replica; the number is that of the replica, from 1. The attempt is the
    /// one whose end, or beginning after a sweep, shows it.
    pub const EJECTED: Self = Self::new(&EventDefinition {
        name: "ejected",
        verb: "ejects",
        number: Number::Count,
        words: "finds replica {} ejected",
        role: Role::Mark,
    });
    /// The client has taken a replica back; the number is that of the replica, from 1.
    pub const TAKEN_BACK: Self = Self::new(&EventDefinition {
        name: "taken_back",
        verb: "takes_back",
        number: Number::Count,
        words: "finds replica {} taken back",
        role: Role::Mark,
    });
    /// No replica is left to the client.
    pub const UNAVAILABLE: Self = Self::new(&EventDefinition {
        name: "unavailable",
        verb: "finds_none",
        number: Number::None,
        words: "finds no replica left",
        role: Role::Mark,
    });
}

/// The events of a balancer.
pub const EVENTS: &[EventKind] =
    &[EventKind::BALANCED, EventKind::EJECTED, EventKind::TAKEN_BACK, EventKind::UNAVAILABLE];

/// Word of a call with the instant at which its attempt was sent.
const SENT_AT: u32 = 0;

/// State and counts of one balancer.
#[derive(Clone, Debug)]
pub struct Balancer {
    algorithm: Algorithm,
    site: Site,
    /// States by client number. One is added with the first attempt of its client or of a later
    /// one.
    clients: Vec<ClientState>,
    /// Attempts of measured requests sent, by replica.
    sent: Vec<u64>,
    overflowed: u64,
    /// Avoidance of replicas that the call has tried; only with `max_repicks`.
    avoidance: Option<Avoidance>,
    repicked: u64,
    tried_again: u64,
    /// Zones of clients and replicas, if both have zones.
    callers: Option<Callers>,
    in_zone: u64,
    outliers: Option<Box<Ejecting>>,
}

impl Balancer {
    /// A balancer over `replicas`, with draws at `site`. With `callers` it counts the attempts that
    /// stay in their zone.
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
            outliers: None,
        }
    }

    fn replicas(&self) -> u32 {
        self.sent.len() as u32
    }

    #[cold]
    fn add_clients(&mut self, last: u32) {
        let replicas = self.replicas();
        for client in self.clients.len() as u32..=last {
            self.clients.push(ClientState::new(&mut self.algorithm, client, replicas, self.site));
            if let Some(of) = &mut self.outliers {
                of.add_client(replicas, self.algorithm.known(replicas));
            }
        }
    }

    /// Chooses a replica that the call has not tried, unless each pick is one that it has tried. A
    /// copy of a hedge that nobody waits for sends no further attempts, so each attempt here has an
    /// original call with a trail.
    #[inline(never)]
    fn choose_untried<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        avoidance: Avoidance,
        draws: Draws,
    ) -> Choice {
        let now = cx.now();
        let original = cx.calls.original(at.call).expect("a call with a waiting caller");
        let measured = u64::from(cx.calls[at.call].measured);
        let mut tried = TriedReplicas::of_call(&mut cx.calls, original, avoidance.word);
        let client = &mut self.clients[at.instance as usize];
        let mut chosen = client.pick(&self.algorithm, draws, now);
        for pick in 1..=avoidance.max_repicks {
            if !tried.contains(chosen.replica) {
                break;
            }
            self.repicked += measured;
            chosen = client.pick(&self.algorithm, draws.of_pick(pick), now);
        }
        self.tried_again += measured * u64::from(tried.contains(chosen.replica));
        tried.add(chosen.replica);
        client.begin(&self.algorithm, chosen.replica);
        chosen
    }

    /// Ends the attempt of a call, which is no longer in flight.
    #[inline]
    fn end<C: Calendar, P: Probe>(&mut self, cx: &Context<C, P>, at: &At<'_>) {
        let replica = cx.calls[at.call].replica;
        let sent_at = Instant::from_ns(cx.calls.word(at.call, at.seat.word + SENT_AT));
        let client = &mut self.clients[at.instance as usize];
        client.end(&self.algorithm, replica, sent_at, cx.now());
    }
}

impl Mechanism for Balancer {
    const KIND: &'static str = "balancer";
    const WORDS: u32 = 1;
    const TIMER: Option<u32> = None;
    const DEADLINE: Option<u32> = None;
    const WAKES: Wakes = Wakes::Calls { starts: false };
    const BELOW: Below = Below::Call;
    const EVENTS: &'static [&'static [EventKind]] = &[EVENTS];
    const METRICS: &'static [&'static Quantity] = METRICS;

    /// Chooses the replica of an attempt.
    #[inline]
    fn enter<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        if at.instance as usize >= self.clients.len() {
            self.add_clients(at.instance);
        }
        if self.outliers.is_some() && !self.admit(cx, at) {
            return Flow::Up(Outcome::Error);
        }
        let now = cx.now();
        let hash_key = match self.algorithm.uses_hash_key() {
            true => cx.keys.of(&cx.calls[at.call]),
            false => None,
        };
        let call = &cx.calls[at.call];
        let hash_key = hash_key.unwrap_or(call.key);
        let draws = Draws::new(self.site, call, hash_key);
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
        cx.calls.set_word(at.call, at.seat.word + SENT_AT, now.as_ns());
        cx.note(at, EventKind::BALANCED, u64::from(chosen.replica) + 1);
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
        if let Some(of) = &self.outliers {
            let failed = of.outliers.is_failure(outcome);
            self.detect(cx, at, Some(failed));
        }
        Flow::Up(outcome)
    }

    fn wake<C: Calendar, P: Probe>(&mut self, _: &mut Context<C, P>, _: &At<'_>) -> Flow {
        unreachable!("a balancer sets no timer")
    }

    fn goes_on<C: Calendar, P: Probe>(&self, _: &Context<C, P>, _: &At<'_>) -> bool {
        false
    }

    /// Ends an attempt that nobody waits for. One that was given up is a timeout; one that is not
    /// needed is no result.
    fn leave<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        leaving: Leaving,
    ) {
        self.end(cx, at);
        let Some(of) = self.outliers.as_deref().filter(|_| leaving == Leaving::GivenUp) else {
            return;
        };
        let failed = of.outliers.is_failure(Outcome::Timeout);
        self.detect(cx, at, Some(failed));
    }

    fn taken(&self) -> Option<u64> {
        Some(self.clients.iter().map(ClientState::in_flight).sum())
    }

    fn fork(&mut self, branch: u64) {
        self.site = self.site.fork(branch);
        self.algorithm.fork(branch);
        if let Some(of) = &mut self.outliers {
            of.outliers.fork(branch);
        }
    }

    fn memory(&self) -> u64 {
        let of_client = ClientState::memory(&self.algorithm, self.replicas());
        let of_outliers = self.outliers.as_ref().map_or(0, |of| of.outliers.memory());
        self.clients.len() as u64 * of_client + of_outliers
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
        if let Some(of) = &self.outliers {
            of.measure(into);
        }
    }
}
