//! From the specification to the settings of an automaton.

use std::sync::Arc;

use super::{Buckets, DEFAULT_RESULTS, HalfOpen, Spec, one_minute};
use crate::kernel::distribution::InvalidDistribution;
use crate::kernel::draw::Site;
use crate::kernel::time::Duration;
use crate::kernel::units::CountOrTime;
use crate::model::mechanism::breaker::settings::{
    self, Failures, OpenTime, OpensOn, OutcomeSet, Outcomes, Settings,
};
use crate::model::mechanism::breaker::window::Span;
use crate::model::mechanism::retry::spec::RetryOn;

impl Spec {
    /// The span of its window, with defaults filled in.
    fn span(&self) -> Option<Span> {
        let span = match self.window? {
            CountOrTime::Count(size) => return Some(Span::Count(size)),
            CountOrTime::Time(span) => span,
        };
        // Of the buckets that have ended, the window has as many beside the one under way.
        let with_current = |width: Duration| match self.opens_on {
            OpensOn::Buckets => span.saturating_add(width),
            OpensOn::Results | OpensOn::Failures => span,
        };
        Some(match self.buckets.unwrap_or_default() {
            Buckets::Seconds => {
                let width = Duration::from_s(1);
                Span::Clock { span: with_current(width), width }
            }
            Buckets::Clock(width) => Span::Clock { span: with_current(width), width },
            Buckets::Start(width) => Span::Start { span: with_current(width), width },
            Buckets::Tenths => Span::Tenths(span),
            Buckets::One => Span::One(span),
        })
    }

    /// The settings of its automaton, whose open times are drawn at `site`.
    ///
    /// # Errors
    /// If a distribution is invalid, which the checks rule out.
    pub fn settings(&self, site: Site) -> Result<Settings, InvalidDistribution> {
        let mut spec = self.clone();
        spec.fill();
        let window = spec.span();
        let capacity = match window {
            Some(Span::Count(size)) => size,
            _ => DEFAULT_RESULTS,
        };
        let threshold = spec.failure_threshold.map(|count| Failures::Count(u64::from(count)));
        let rate = spec.failure_rate.map(|rate| Failures::Rate(rate.get()));
        let open_time = match &spec.open_backoff {
            Some(backoff) => OpenTime::Growing(Arc::new(backoff.build(site)?)),
            None => OpenTime::Constant(spec.open_duration.unwrap_or_else(one_minute)),
        };
        Ok(Settings {
            window,
            minimum_calls: u64::from(spec.minimum_calls.unwrap_or(capacity)),
            volume: spec.volume,
            failures: threshold.or(rate),
            comparison: spec.comparison,
            slow_calls: spec.slow_calls.map(|slow| settings::SlowCalls {
                longer_than: slow.longer_than,
                rate: slow.rate.get(),
            }),
            consecutive_failures: spec.consecutive_failures.map(u64::from),
            opens_on: spec.opens_on,
            open_time,
            at_end: spec.at_end,
            half_open: spec.half_open.map(HalfOpen::settings),
            late_results: spec.late_results,
            cancelled: spec.cancelled,
            at_close: spec.at_close,
            outcomes: outcomes(&spec.failure_on, &spec.ignored),
        })
    }
}

impl HalfOpen {
    fn settings(self) -> settings::HalfOpen {
        let then = self.then.unwrap_or_default();
        settings::HalfOpen {
            calls: u64::from(self.calls),
            places: self.places,
            begins: self.begins,
            verdict: self.verdict.unwrap_or_default(),
            longest_stay: self.longest_stay.map(|longest| (longest, then)),
        }
    }
}

/// The meaning of outcomes. One that a list of `RetryOn` cannot name is a failure.
fn outcomes(failure_on: &[RetryOn], ignored: &[RetryOn]) -> Outcomes {
    let mut failures = OutcomeSet::FAILURES;
    let none = OutcomeSet::default();
    for named in RetryOn::all().iter().filter(|named| !failure_on.contains(named)) {
        failures = failures.without(named.outcome());
    }
    let ignored = ignored.iter().fold(none, |set, named| set.with(named.outcome()));
    Outcomes { failures, ignored }
}
