//! A throttle: refuses calls at random, the more of them the fewer succeed.
//!
//! ```text
//!           with probability P
//! enters ─────────────────────► refused
//!    │
//!    └──── otherwise ──► goes on ── outcome ──► counts for P
//! ```
//!
//! Unlike a breaker it never closes the door: some calls always pass, so it needs no half-open and
//! notices by itself when the service is well again. The probability follows from the results of
//! the latest time; the [`algorithm`]s differ in the formula, in what they count and when.
//!
//! Each time that a call comes here has a draw of its own, keyed by the call and its number. A call
//! whose caller gives up counts as a timeout; one that nobody needs any more has no result.

pub mod algorithm;
pub mod spec;
pub mod window;

use self::algorithm::Algorithm;
use super::retry::RetryOn;
use super::{Below, Leaving, Mechanism, Wakes};
use crate::kernel::calendar::Calendar;
use crate::kernel::draw::Site;
use crate::kernel::time::Instant;
use crate::metrics::declare::Quantity;
use crate::metrics::meter::Measurements;
use crate::metrics::probe::{EventDefinition, EventKind, Number, Probe, Role};
use crate::model::context::{At, Context, Flow, Outcome};
use crate::model::seat::{Port, Seat};

crate::metrics! {
    /// Calls that were let pass
    ADMITTED: Count = "admitted", "admitted";
    /// Calls that were refused
    REJECTED: Count = "rejected", "rejected";
    /// Ratio of `rejected` among all calls; no value without calls
    REJECTED_RATIO: Ratio = "rejected_ratio";
}

impl EventKind {
    /// The throttle refused the call.
    pub const THROTTLED: Self = Self::new(&EventDefinition {
        name: "throttled",
        verb: "throttles",
        number: Number::None,
        words: "is refused at random by its own throttle",
        role: Role::Mark,
    });
}

/// The events of a throttle.
pub const EVENTS: &[EventKind] = &[EventKind::THROTTLED];

/// State and books of a throttle.
#[derive(Clone, Debug)]
pub struct Throttle {
    /// States by client, or one for all.
    states: Vec<Algorithm>,
    /// Outcomes that are no successes.
    failures: RetryOn,
    site: Site,
    admitted: u64,
    rejected: u64,
}

/// The word of a call with the number of times that it has come here.
const TIMES: u32 = 0;

impl Throttle {
    #[must_use]
    fn new(state: &Algorithm, clients: u32, failures: RetryOn, site: Site) -> Self {
        let states = vec![state.clone(); clients as usize];
        Self { states, failures, site, admitted: 0, rejected: 0 }
    }

    #[inline]
    fn record<C: Calendar, P: Probe>(&mut self, cx: &Context<C, P>, at: &At<'_>, outcome: Outcome) {
        let success = !self.failures.covers(outcome);
        self.states[at.instance as usize].record(cx.now(), success);
    }
}

impl Mechanism for Throttle {
    const KIND: &'static str = "throttle";
    const WORDS: u32 = 1;
    const TIMER: Option<u32> = None;
    const DEADLINE: Option<u32> = None;
    const WAKES: Wakes = Wakes::Calls { starts: false };
    const BELOW: Below = Below::Call;
    const EVENTS: &'static [&'static [EventKind]] = &[EVENTS];
    const METRICS: &'static [&'static Quantity] = METRICS;

    #[inline]
    fn enter<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        let times = cx.calls.word(at.call, at.seat.word + TIMES);
        cx.calls.set_word(at.call, at.seat.word + TIMES, times + 1);
        let (key, measured) = (cx.calls[at.call].key, u64::from(cx.calls[at.call].measured));
        let unit = self.site.unit(key, times as u32, 0);
        if self.states[at.instance as usize].refuses(cx.now(), unit) {
            self.rejected += measured;
            cx.note(at, EventKind::THROTTLED, 0);
            return Flow::Up(Outcome::Rejected);
        }
        self.admitted += measured;
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
        self.record(cx, at, outcome);
        Flow::Up(outcome)
    }

    fn wake<C: Calendar, P: Probe>(&mut self, _: &mut Context<C, P>, _: &At<'_>) -> Flow {
        unreachable!("a throttle sets no timer")
    }

    fn goes_on<C: Calendar, P: Probe>(&self, _: &Context<C, P>, _: &At<'_>) -> bool {
        false
    }

    fn leave<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        leaving: Leaving,
    ) {
        if leaving == Leaving::GivenUp {
            self.record(cx, at, Outcome::Timeout);
        }
    }

    fn fork(&mut self, branch: u64) {
        self.site = self.site.fork(branch);
    }

    fn memory(&self) -> u64 {
        match self.states.first() {
            Some(Algorithm::Envoy(_)) => self.states.iter().map(Algorithm::memory).sum(),
            // Windows of one size: no other client is looked at.
            Some(first) => first.memory() * self.states.len() as u64,
            None => 0,
        }
    }

    fn measure<C: Calendar, P: Probe>(
        &mut self,
        _: &mut Context<C, P>,
        _: &Seat,
        _: Instant,
        into: &mut impl Measurements,
    ) {
        into.count(&ADMITTED, self.admitted);
        into.count(&REJECTED, self.rejected);
        let (rejected, all) = (self.rejected, self.admitted + self.rejected);
        into.ratio(&REJECTED_RATIO, |_| (all > 0).then(|| rejected as f64 / all as f64));
    }
}
