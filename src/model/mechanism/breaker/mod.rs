//! A circuit breaker over a count window, without a half-open state.
//!
//! ```text
//!            window full and failures >= threshold
//!   closed ─────────────────────────────────────────► open ──┐ every further such result
//!      ▲                                               │  ▲  │ starts the time again
//!      └────────────── open_duration is over ──────────┘  └──┘
//! ```
//!
//! The window is not cleared when it closes, so one more failure may open it again at once.
//! Results enter also while it is open, from calls that it admitted before. At the very instant
//! at which the time is over, it admits.

pub mod lints;
pub mod spec;
use crate::metrics::meter::{Eye, Meter};
use crate::metrics::probe::{Event, Number, Role, What};
use std::collections::VecDeque;

use crate::kernel::calendar::Calendar;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::probe::Probe;
use crate::metrics::summary::{Component, Metric};
use crate::model::call::CallId;
use crate::model::context::{At, Context, Flow, Outcome};
use crate::model::mechanism::{Leaving, Mechanism, Period, Wakes};
use crate::model::seat::{Port, Seat};

const REJECTED: Meter = Meter::new("rejected", "rejected");
const OPENED: Meter = Meter::new("opened", "opened");
const OPEN: Meter = Meter::new("open_ns", "open");

impl What {
    /// A breaker opened; the number is for how long.
    pub const OPENED: Self = Self::new(&Event {
        name: "opened",
        verb: "opens",
        number: Number::Nanoseconds,
        words: "opens the breaker, for {}",
        role: Role::Mark,
    });
}

/// What can happen to a request here.
pub const EVENTS: &[What] = &[What::OPENED];

/// The part of a seat that only reports the outcomes which pass.
pub const REPORTS: u32 = 1;

/// State and books of one breaker.
#[derive(Clone, Debug)]
pub struct Breaker {
    window: usize,
    failure_threshold: usize,
    open_duration: Duration,
    /// What comes up through it enters the window; otherwise a tap inside feeds it.
    pub records_outcomes: bool,
    /// The latest results, true for a failure.
    results: VecDeque<bool>,
    failures: usize,
    opened_at: Instant,
    open_until: Instant,
    measured_from: Instant,
    opened: u64,
    rejected: u64,
    time_open: Duration,
}

impl Breaker {
    /// Opens for `open_duration` when the latest `window` results hold `failure_threshold`
    /// failures, which is from 1 to `window`.
    #[must_use]
    pub fn new(
        window: u32,
        failure_threshold: u32,
        open_duration: Duration,
        records_outcomes: bool,
        measured_from: Instant,
    ) -> Self {
        Self {
            window: window as usize,
            failure_threshold: failure_threshold as usize,
            open_duration,
            records_outcomes,
            results: VecDeque::new(),
            failures: 0,
            opened_at: Instant::ZERO,
            open_until: Instant::ZERO,
            measured_from,
            opened: 0,
            rejected: 0,
            time_open: Duration::ZERO,
        }
    }

    /// True if it admits a call now; otherwise the call is counted as rejected.
    #[inline]
    pub fn admits(&mut self, now: Instant, measured: bool) -> bool {
        let admits = now >= self.open_until;
        self.rejected += u64::from(!admits && measured);
        admits
    }

    /// Takes in a result; true if it opens the breaker, which was closed.
    #[inline]
    pub fn record(&mut self, now: Instant, outcome: Outcome) -> bool {
        let failed = outcome != Outcome::Success;
        if self.results.len() == self.window && self.results.pop_front() == Some(true) {
            self.failures -= 1;
        }
        self.results.push_back(failed);
        self.failures += usize::from(failed);
        if self.results.len() < self.window || self.failures < self.failure_threshold {
            return false;
        }
        let was_closed = now >= self.open_until;
        if was_closed {
            self.time_open = self.time_open_until(now);
            self.opened_at = now;
            self.opened += u64::from(now >= self.measured_from);
        }
        self.open_until = now.saturating_add(self.open_duration);
        was_closed
    }

    /// Time spent open until `now`, the present opening included.
    fn time_open_until(&self, now: Instant) -> Duration {
        let from = self.opened_at.max(self.measured_from);
        let until = self.open_until.min(now);
        let open = if until > from { until - from } else { Duration::ZERO };
        self.time_open.saturating_add(open)
    }
}

impl Mechanism for Breaker {
    const KIND: &'static str = "breaker";
    const WORDS: u32 = 0;
    const TIMER: Option<u32> = None;
    const WAKES: Wakes = Wakes::Calls { starts: false };
    const SHOWS: bool = true;

    #[inline]
    fn enter<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At) -> Flow {
        if at.seat.part == REPORTS || self.admits(cx.now(), cx.calls[at.call].measured) {
            return Flow::Down(0);
        }
        cx.note(at, What::REJECTED, 0);
        Flow::Up(Outcome::Rejected)
    }

    #[inline]
    fn exit<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At,
        _: Port,
        outcome: Outcome,
    ) -> Flow {
        if (self.records_outcomes || at.seat.part == REPORTS) && self.record(cx.now(), outcome) {
            cx.note(at, What::OPENED, self.open_duration.as_ns());
        }
        Flow::Up(outcome)
    }

    fn wake<C: Calendar, P: Probe>(&mut self, _: &mut Context<C, P>, _: &At) -> Flow {
        unreachable!("a breaker sets no timer")
    }

    fn on_leave<C: Calendar, P: Probe>(&self, _: &Context<C, P>, _: &At) -> Leaving {
        Leaving::Stops
    }

    /// A cancelled call is no result.
    fn leave<C: Calendar, P: Probe>(&mut self, _: &mut Context<C, P>, _: &At, _: Leaving) {}

    fn hand_on<C: Calendar, P: Probe>(
        &mut self,
        _: &mut Context<C, P>,
        _: &At,
        _: Option<Port>,
    ) -> Option<(CallId, Port)> {
        None
    }

    fn fork(&mut self, _: u64) {}

    fn memory(&self) -> u64 {
        self.results.len() as u64
    }

    fn observe<C: Calendar, P: Probe>(
        &mut self,
        _: &mut Context<C, P>,
        _: &Seat,
        at: Instant,
        eye: &mut impl Eye,
    ) {
        eye.count(&REJECTED, self.rejected);
        eye.count(&OPENED, self.opened);
        eye.state(&OPEN, self.time_open_until(at).as_ns());
    }

    fn report<C: Calendar, P: Probe>(
        &self,
        _: &Context<C, P>,
        _: &Seat,
        period: &Period,
    ) -> Option<Component> {
        Some(self.numbers(period.end))
    }
}

impl Breaker {
    /// Its numbers at the end of a run.
    fn numbers(&self, end: Instant) -> Component {
        Component {
            kind: Self::KIND,
            metrics: vec![
                ("rejected", Metric::Count(self.rejected)),
                ("opened", Metric::Count(self.opened)),
                ("time_open_ns", Metric::Time(self.time_open_until(end))),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: Duration = Duration::from_ms(500);

    fn at(ms: u64) -> Instant {
        Instant::ZERO.saturating_add(Duration::from_ms(ms))
    }

    fn play(breaker: &mut Breaker, results: &str) -> Vec<bool> {
        let outcome = |c| {
            if c == 'F' { Outcome::Error } else { Outcome::Success }
        };
        let mut opened = Vec::new();
        for (ms, c) in (0..).zip(results.chars()) {
            opened.push(breaker.record(at(ms), outcome(c)));
        }
        opened
    }

    fn breaker(window: u32, threshold: u32) -> Breaker {
        Breaker::new(window, threshold, OPEN, true, Instant::ZERO)
    }

    #[test]
    fn opens_only_when_the_window_is_full() {
        let opened = play(&mut breaker(10, 5), "FFFFFSSSSS");
        assert_eq!(opened.iter().position(|&opened| opened), Some(9));
        let opened = play(&mut breaker(10, 6), "FFFFFSSSSS");
        assert_eq!(opened.iter().position(|&opened| opened), None);
    }

    #[test]
    fn old_results_leave_the_window() {
        let opened = play(&mut breaker(4, 3), "FFSSSFFSSF");
        assert!(!opened.contains(&true));
        let opened = play(&mut breaker(4, 3), "FFSSSFFSF");
        assert_eq!(opened.iter().position(|&opened| opened), Some(8));
    }

    #[test]
    fn every_further_bad_result_starts_the_time_again() {
        let mut breaker = breaker(2, 2);
        assert!(!breaker.record(at(0), Outcome::Timeout));
        assert!(breaker.record(at(1), Outcome::Timeout));
        assert!(!breaker.record(at(400), Outcome::Error));
        assert!(!breaker.admits(at(899), true));
        assert!(breaker.admits(at(900), true));
        let report = breaker.numbers(at(2_000));
        assert_eq!(report.get("opened"), Some(Metric::Count(1)));
        assert_eq!(report.get("rejected"), Some(Metric::Count(1)));
        assert_eq!(report.get("time_open_ns"), Some(Metric::Time(Duration::from_ms(899))));
        // The window was not cleared: one failure is enough to open it again.
        assert!(breaker.record(at(3_000), Outcome::Shed));
        let report = breaker.numbers(at(3_100));
        assert_eq!(report.get("time_open_ns"), Some(Metric::Time(Duration::from_ms(999))));
    }
}
