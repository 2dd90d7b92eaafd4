//! A load: the arrival of requests.
//!
//! Open processes are functions of the seed and the load's name alone; a closed loop waits for
//! outcomes. The next arrival is scheduled after the present one is handled, so at its instant it
//! comes after the events that the present one scheduled.
mod arrivals;
mod config;
pub mod rules;
pub mod spec;
pub mod volume;

pub use arrivals::{Arrivals, Stages};
pub use config::Config;

use super::{Below, Leaving, Mechanism, Wakes};
use crate::kernel::calendar::Calendar;
use crate::kernel::fpmath;
use crate::kernel::simulation::Delay;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::declare::Quantity;
use crate::metrics::fate::Fate;
use crate::metrics::meter::Measurements;
use crate::metrics::probe::{
    End, Ending, EventDefinition, EventKind, Number, Probe, Role, Stretch,
};
use crate::model::call::Call;
use crate::model::context::{At, Context, Flow, Outcome};
use crate::model::seat::{NONE, Port, Seat};
pub(in crate::model) use arrivals::STAGES_AT_ONCE;
use arrivals::Search;

impl EventKind {
    /// A request arrived.
    pub const ARRIVED: Self = Self::new(&EventDefinition {
        name: "arrived",
        verb: "arrives",
        number: Number::None,
        words: "arrives",
        role: Role::Begins(Stretch::call("request")),
    });
    /// The request is over, with success; the number is the time since its arrival.
    pub const SUCCEEDED: Self = Self::new(&EventDefinition {
        name: "succeeded",
        verb: "succeeds",
        number: Number::Nanoseconds,
        words: "succeeds, {} after it arrived",
        role: Role::Ends(Ending::Well),
    });
    /// The request is over, without success; the number is the time since its arrival.
    pub const FAILED: Self = Self::new(&EventDefinition {
        name: "failed",
        verb: "fails",
        number: Number::Nanoseconds,
        words: "fails, {} after it arrived",
        role: Role::Ends(Ending::Badly),
    });
}

/// The events of a load.
pub const EVENTS: &[EventKind] = &[EventKind::ARRIVED, EventKind::SUCCEEDED, EventKind::FAILED];

/// State of one load.
#[derive(Clone, Debug)]
pub struct Load {
    config: Config,
    /// Requests that have arrived.
    arrived: u64,
    /// Arrival events so far.
    batches: u64,
    next: Instant,
    /// Requests that each caller of a closed loop has sent.
    sent: Vec<u64>,
}

/// The next wake of a load.
#[derive(Clone, Copy, Debug)]
pub enum Next {
    /// None.
    Never,
    /// At an instant.
    At(Instant),
    /// After a constant delay.
    After(Delay),
    /// Not within the stages that are searched at once: the search goes on.
    Later,
}

impl Load {
    /// A load before its start.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        let next = config.start;
        Self { config, arrived: 0, batches: 0, next, sent: Vec::new() }
    }

    /// True if a success after `elapsed` is late.
    #[inline]
    fn is_late(&self, elapsed: Duration) -> bool {
        elapsed > self.config.deadline
    }

    /// Callers of a closed loop, 0 for an open process.
    #[must_use]
    pub const fn callers(&self) -> u32 {
        match self.config.arrivals {
            Arrivals::ClosedLoop { callers, .. } => callers,
            _ => 0,
        }
    }

    /// The first wake-up of an open process.
    pub fn first(&mut self) -> Next {
        match self.config.arrivals {
            Arrivals::Constant { count_nano: 0, .. } => Next::Never,
            Arrivals::Bursts { .. } | Arrivals::Constant { .. } => self.at(self.config.start),
            _ => self.upcoming(),
        }
    }

    /// The wake-up after the present one.
    #[inline(always)]
    pub fn upcoming(&mut self) -> Next {
        if self.arrived >= self.config.total {
            return Next::Never;
        }
        let unit = self.config.gap_site.unit(self.batches, 0, 0);
        let at = match &mut self.config.arrivals {
            Arrivals::Bursts { every, .. } => {
                let at = self.next.saturating_add(every.duration());
                let every = *every;
                if self.config.is_over(at) {
                    return Next::Never;
                }
                self.next = at;
                return Next::After(every);
            }
            &mut Arrivals::Constant { count_nano, per_ns } => {
                let elapsed = u128::from(self.batches) * u128::from(per_ns) * 1_000_000_000
                    / u128::from(count_nano);
                let elapsed = u64::try_from(elapsed).unwrap_or(u64::MAX);
                self.config.start.saturating_add(Duration::from_ns(elapsed))
            }
            Arrivals::Renewal { gap, .. } => self.next.saturating_add(gap.sample(unit)),
            Arrivals::Stages(stages) => {
                let amount = if stages.poisson { -fpmath::ln(1.0 - unit) } else { 1.0 };
                match stages.advance(amount) {
                    Search::At(at) => at,
                    Search::NotYet => return Next::Later,
                    Search::Never => return Next::Never,
                }
            }
            Arrivals::ClosedLoop { .. } => return Next::Never,
        };
        self.at(at)
    }

    fn at(&mut self, at: Instant) -> Next {
        if self.config.is_over(at) || self.config.total == 0 {
            return Next::Never;
        }
        self.next = at;
        Next::At(at)
    }

    /// A batch arrives: how many requests.
    #[inline]
    pub fn arrive(&mut self) -> u64 {
        self.batches += 1;
        let size = match self.config.arrivals {
            Arrivals::Bursts { size, .. } => u64::from(size),
            Arrivals::Renewal { batch, .. } => u64::from(batch),
            _ => 1,
        };
        size.min(self.config.total - self.arrived)
    }

    /// Number and key of the next request of an open process.
    #[inline]
    pub fn request(&mut self) -> (u64, u64) {
        let index = self.arrived;
        self.arrived += 1;
        (index, self.config.request_site.subject(index))
    }

    /// A caller sends: number and key of its request. `None` if the load is over.
    pub fn call(&mut self, caller: u32, now: Instant) -> Option<(u64, u64)> {
        let callers = u64::from(self.callers());
        if self.arrived >= self.config.total || now >= self.config.until {
            return None;
        }
        self.arrived += 1;
        let sent = &mut self.sent[caller as usize];
        let index = *sent * callers + u64::from(caller);
        *sent += 1;
        Some((index, self.config.request_site.subject(index)))
    }

    /// One more caller, before its first request.
    pub(in crate::model) fn add_caller(&mut self) {
        self.sent.push(0);
    }

    /// What tells the present request of a caller from all others, whichever timer it has.
    #[inline]
    pub(in crate::model) fn caller_key(&self, caller: u32) -> u64 {
        self.sent[caller as usize] << 32 | u64::from(caller)
    }

    /// How long a caller thinks before its next request; the first wait of all starts at the
    /// load's start. `None` for an open process, and when enough have been sent.
    pub fn think(&self, caller: u32) -> Option<Duration> {
        match &self.config.arrivals {
            Arrivals::ClosedLoop { callers, think } if self.arrived < self.config.total => {
                let index = self.sent[caller as usize] * u64::from(*callers) + u64::from(caller);
                Some(think.sample(self.config.gap_site.unit(index, 0, 0)))
            }
            _ => None,
        }
    }

    /// The caller of a closed loop, if there is one, has its answer: it thinks, and sends again.
    #[inline]
    pub(in crate::model) fn release_caller<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
    ) {
        let caller = cx.calls[at.call].caller;
        if caller != NONE {
            cx.calls[at.call].caller = NONE;
            self.think_again(cx, &At { call: caller, ..*at });
        }
    }

    /// The caller thinks before it sends again, if it does.
    fn think_again<C: Calendar, P: Probe>(&self, cx: &mut Context<C, P>, at: &At<'_>) {
        if let Some(think) = self.think(at.call) {
            cx.wake_after(Delay::varying(think), at);
        }
    }

    /// True if nobody waits for the outcome of its requests.
    #[inline]
    #[must_use]
    pub const fn publishes(&self) -> bool {
        self.config.publishes
    }

    /// The instant at which it starts.
    #[must_use]
    pub const fn start(&self) -> Instant {
        self.config.start
    }
}

/// What becomes of a request that ends so, after `elapsed`.
fn fate(load: &Load, outcome: Outcome, elapsed: Duration) -> Fate {
    match outcome {
        Outcome::Success if load.is_late(elapsed) => Fate::Late,
        Outcome::Success => Fate::Succeeded,
        Outcome::Error => Fate::Error,
        Outcome::Timeout => Fate::Timeout,
        Outcome::Shed => Fate::Shed,
        Outcome::Rejected => Fate::Rejected,
        Outcome::Dropped => Fate::Dropped,
        Outcome::DeadLettered => Fate::DeadLettered,
        Outcome::Returned => unreachable!("a queue takes back what is returned to it"),
    }
}

impl Mechanism for Load {
    const KIND: &'static str = "load";
    const WORDS: u32 = 0;
    const TIMER: Option<u32> = None;
    const DEADLINE: Option<u32> = None;
    const WAKES: Wakes = Wakes::Requests;
    const BELOW: Below = Below::Requests;
    const EVENTS: &'static [&'static [EventKind]] = &[EVENTS];
    const METRICS: &'static [&'static Quantity] = &[];

    /// A request begins.
    #[inline]
    fn enter<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        let call = &mut cx.calls[at.call];
        call.client = match call.caller {
            NONE => self.config.clients.draw(call.key, 0),
            caller => self.config.clients.of_caller(caller),
        };
        call.class = self.config.shares.draw(call.key);
        let class = cx.classes.settings(call.class);
        call.rank = class.map_or(self.config.shares.rank, |class| class.rank);
        if call.measured {
            cx.classes.offer(call.class);
        }
        cx.note(at, EventKind::ARRIVED, 0);
        if self.config.publishes {
            self.release_caller(cx, at);
        }
        Flow::Down
    }

    /// A request is over.
    #[inline]
    fn exit<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        _: Port,
        outcome: Outcome,
    ) -> Flow {
        self.release_caller(cx, at);
        let now = cx.now();
        let call = &cx.calls[at.call];
        let &Call { load, index, arrived, measured, .. } = call;
        let attempts = call.all_attempts();
        let elapsed = now - arrived;
        let fate = fate(self, outcome, elapsed);
        cx.fingerprint.outcome(call.key, fate as u64, elapsed.as_ns());
        if measured {
            cx.tally.end(call, fate, now);
            cx.classes.end(call, fate, now);
        }
        let succeeded = matches!(fate, Fate::Succeeded | Fate::Late);
        let kind = if succeeded { EventKind::SUCCEEDED } else { EventKind::FAILED };
        cx.note(at, kind, elapsed.as_ns());
        if P::ENDS {
            let (request, at) = (index, now);
            cx.probe.ended(&End { load, request, arrived, at, attempts, fate, measured });
        }
        cx.calls.remove(at.call);
        Flow::Gone
    }

    fn wake<C: Calendar, P: Probe>(&mut self, _: &mut Context<C, P>, _: &At<'_>) -> Flow {
        unreachable!("the world wakes loads: they begin calls")
    }

    fn goes_on<C: Calendar, P: Probe>(&self, _: &Context<C, P>, _: &At<'_>) -> bool {
        false
    }

    fn leave<C: Calendar, P: Probe>(&mut self, _: &mut Context<C, P>, _: &At<'_>, _: Leaving) {
        unreachable!("nobody stands above a load")
    }

    fn fork(&mut self, branch: u64) {
        self.config.request_site = self.config.request_site.fork(branch);
        self.config.gap_site = self.config.gap_site.fork(branch);
        self.config.clients.fork(branch);
        self.config.shares.site = self.config.shares.site.fork(branch);
    }

    fn memory(&self) -> u64 {
        (self.sent.len() * size_of::<u64>()) as u64
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
