//! A load: when requests arrive.
//!
//! Open processes are functions of the seed and the load's name alone; a closed loop waits for
//! outcomes. The next arrival is scheduled when the present one has been dealt with, so what the
//! present one caused at the same later instant comes before it.

use super::frame::{FrameId, NodeId, State};
use crate::kernel::distribution::Distribution;
use crate::kernel::draw::Site;
use crate::kernel::fpmath;
use crate::kernel::simulation::Delay;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::probe::{Ending, Event, Number, Role, Stretch, What};

/// What a load is set to.
#[derive(Clone, Debug)]
pub struct Config {
    /// When requests arrive.
    pub arrivals: Arrivals,
    /// So many at most, `u64::MAX` for any number.
    pub total: u64,
    /// From here on.
    pub start: Instant,
    /// Before this instant.
    pub until: Instant,
    /// Successes that take longer are late.
    pub deadline: Duration,
    /// Where requests are keyed.
    pub request_site: Site,
    /// Where gaps and think times are drawn.
    pub gap_site: Site,
    /// The node that requests go down to.
    pub target: NodeId,
}

impl Config {
    /// True if nothing arrives at `at` any more. A load without an end is never over: an arrival
    /// past the end of the clock is for the clock to refuse.
    #[inline]
    fn is_over(&self, at: Instant) -> bool {
        at >= self.until && self.until != Instant::NEVER
    }
}

/// When requests arrive.
#[derive(Clone, Debug)]
pub enum Arrivals {
    /// `size` at once, every so often.
    Bursts {
        /// Requests in a burst.
        size: u32,
        /// From burst to burst.
        every: Delay,
    },
    /// The k-th (from 0) at k x `per_ns` / `count_nano` x 10^9 after the start.
    Constant {
        /// Billionths of a request ...
        count_nano: u64,
        /// ... in so many nanoseconds.
        per_ns: u64,
    },
    /// Independent gaps.
    Renewal {
        /// Between batches.
        gap: Distribution,
        /// Requests in a batch.
        batch: u32,
    },
    /// A rate that changes over time.
    Stages(Stages),
    /// Callers that wait for their outcome.
    ClosedLoop {
        /// How many.
        callers: u32,
        /// From an outcome to the next request.
        think: Distribution,
    },
}

impl What {
    /// A request arrived.
    pub const ARRIVED: Self = Self::new(&Event {
        name: "arrived",
        verb: "arrives",
        number: Number::None,
        words: "arrives",
        role: Role::Begins(Stretch::call("request")),
    });
    /// The request is over, with success; the number is the time since its arrival.
    pub const SUCCEEDED: Self = Self::new(&Event {
        name: "succeeded",
        verb: "succeeds",
        number: Number::Nanoseconds,
        words: "succeeds, {} after it arrived",
        role: Role::Ends(Ending::Well),
    });
    /// The request is over, without success; the number is the time since its arrival.
    pub const FAILED: Self = Self::new(&Event {
        name: "failed",
        verb: "fails",
        number: Number::Nanoseconds,
        words: "fails, {} after it arrived",
        role: Role::Ends(Ending::Badly),
    });
}

/// What can happen to a request here.
pub const EVENTS: &[What] = &[What::ARRIVED, What::SUCCEEDED, What::FAILED];

/// A piecewise linear rate, and where in it the load is.
#[derive(Clone, Debug)]
pub struct Stages {
    /// Nanoseconds, requests a nanosecond at the start and at the end.
    pub stages: Vec<(u64, f64, f64)>,
    /// Begin again after the last.
    pub repeat: bool,
    /// Random spacing; otherwise as even as the rate allows.
    pub poisson: bool,
    stage: usize,
    stage_start: Instant,
    offset_ns: f64,
    /// What was still expected when the search for the next arrival was put off.
    pending: Option<f64>,
}

/// The search for the next arrival is put off after so many stages, so that it can be stopped.
pub(super) const STAGES_AT_ONCE: u64 = 64;

/// How far the search for the next arrival got.
enum Found {
    At(Instant),
    /// It was put off.
    NotYet,
    /// The end of the last stage.
    Never,
}

impl Stages {
    /// Begins at `start`. A repeated sequence must not be all silence.
    #[must_use]
    pub fn new(stages: Vec<(u64, f64, f64)>, repeat: bool, poisson: bool, start: Instant) -> Self {
        Self {
            stages,
            repeat,
            poisson,
            stage: 0,
            stage_start: start,
            offset_ns: 0.0,
            pending: None,
        }
    }

    /// The instant at which `amount` more requests were expected since the last one (time change
    /// of a Poisson process: Cinlar 1975, section 4.7), if it lies within the next stages.
    fn advance(&mut self, amount: f64) -> Found {
        let mut amount = self.pending.take().unwrap_or(amount);
        for _ in 0..STAGES_AT_ONCE {
            let Some(&(lasts, from, to)) = self.stages.get(self.stage) else {
                return Found::Never;
            };
            let lasts_ns = lasts as f64;
            let slope = (to - from) / lasts_ns;
            let rate = from + slope * self.offset_ns;
            let left = lasts_ns - self.offset_ns;
            let expected = (rate + to) / 2.0 * left;
            if amount < expected {
                // The smaller root of slope / 2 x^2 + rate x = amount, in the form that is stable
                // for every sign of the slope.
                let root = fpmath::sqrt((rate * rate + 2.0 * slope * amount).max(0.0));
                self.offset_ns += (2.0 * amount / (rate + root)).min(left);
                let offset = Duration::from_ns_f64(self.offset_ns);
                return Found::At(self.stage_start.saturating_add(offset));
            }
            amount -= expected;
            self.stage_start = self.stage_start.saturating_add(Duration::from_ns(lasts));
            self.offset_ns = 0.0;
            self.stage += 1;
            if self.stage == self.stages.len() && self.repeat {
                self.stage = 0;
            }
        }
        self.pending = Some(amount);
        Found::NotYet
    }
}

/// State of one load.
#[derive(Clone, Debug)]
pub struct Load {
    config: Config,
    /// Requests that have arrived.
    arrived: u64,
    /// Arrival events so far.
    batches: u64,
    next: Instant,
}

/// When a load wakes next.
#[derive(Clone, Copy, Debug)]
pub enum Next {
    /// Never again.
    Never,
    /// At an instant.
    At(Instant),
    /// After a constant delay.
    After(Delay),
    /// Not before so many stages as are passed at once: ask again.
    Later,
}

impl Load {
    /// A load before its start.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        let next = config.start;
        Self { config, arrived: 0, batches: 0, next }
    }

    /// Draws anew from here on, in a branch of a run that was split.
    pub(super) fn fork(&mut self, branch: u64) {
        self.config.request_site = self.config.request_site.fork(branch);
        self.config.gap_site = self.config.gap_site.fork(branch);
    }

    /// Where its requests go.
    #[inline]
    #[must_use]
    pub const fn target(&self) -> NodeId {
        self.config.target
    }

    /// True if a success after `elapsed` is late.
    #[inline]
    #[must_use]
    pub fn is_late(&self, elapsed: Duration) -> bool {
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
    #[inline]
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
                    Found::At(at) => at,
                    Found::NotYet => return Next::Later,
                    Found::Never => return Next::Never,
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
    pub fn call(&mut self, caller: u64, sent: u64, now: Instant) -> Option<(u64, u64)> {
        let callers = u64::from(self.callers());
        if self.arrived >= self.config.total || now >= self.config.until {
            return None;
        }
        self.arrived += 1;
        let index = sent * callers + caller;
        Some((index, self.config.request_site.subject(index)))
    }

    /// How long a caller thinks before its request number `sent` (from 0); the first wait of all
    /// starts at the load's start. `None` for an open process, and when enough have been sent.
    pub fn think(&self, caller: u64, sent: u64) -> Option<Duration> {
        match &self.config.arrivals {
            Arrivals::ClosedLoop { callers, think } if self.arrived < self.config.total => {
                let index = sent * u64::from(*callers) + caller;
                Some(think.sample(self.config.gap_site.unit(index, 0, 0)))
            }
            _ => None,
        }
    }

    /// The instant at which it starts.
    #[must_use]
    pub const fn start(&self) -> Instant {
        self.config.start
    }
}

/// The number of a caller's frame within its load, and what it has sent.
#[must_use]
pub fn caller_of(first: FrameId, frame: FrameId, state: State) -> (u64, u64) {
    let State::Caller { sent } = state else { unreachable!("callers have their own state") };
    (u64::from(frame - first), sent)
}
