//! The requests that arrive in a period, and their fates.

use crate::experiment::listener::{Detail, Listener};
use crate::kernel::time::{Duration, Instant};
use crate::metrics::fate::Fate;
use crate::metrics::probe::{End, Unfinished};
use crate::metrics::recorder::Recorder;
use crate::metrics::summary::{FailedBy, Metric, Requests};
use crate::scenario::expect::Period;
use crate::scenario::schema::Scenario;

/// The books of one period of one arm.
#[derive(Clone, Debug)]
pub(super) struct Books {
    pub(super) arm: String,
    pub(super) period: Period,
    /// Arrivals count from here on, before `until`; `NEVER` includes the last instant.
    from: Instant,
    until: Instant,
    /// Length of the period, once the arm is over.
    length: Duration,
    requests: Requests,
    failed_by: FailedBy,
    attempts: u64,
    retries: u64,
    end_to_end: Recorder,
    unsuccessful: Recorder,
}

impl Books {
    /// Books of the requests that arrive in [`from`, `until`).
    pub(super) fn new(arm: &str, period: &Period, (from, until): (Instant, Instant)) -> Self {
        Self {
            arm: arm.to_owned(),
            period: period.clone(),
            from,
            until,
            length: Duration::ZERO,
            requests: Requests::default(),
            failed_by: FailedBy::default(),
            attempts: 0,
            retries: 0,
            end_to_end: Recorder::default(),
            unsuccessful: Recorder::default(),
        }
    }

    fn has(&self, arrived: Instant, measured: bool) -> bool {
        let before = self.until == Instant::NEVER || arrived < self.until;
        measured && arrived >= self.from && before
    }

    fn offered(&mut self, attempts: u32) {
        self.requests.offered += 1;
        self.attempts += u64::from(attempts);
        self.retries += u64::from(attempts.saturating_sub(1));
    }

    fn ended(&mut self, end: &End) {
        self.offered(end.attempts);
        let (counts, elapsed) = (&mut self.requests, end.at - end.arrived);
        match end.fate {
            Fate::Succeeded => return self.succeeded(elapsed),
            Fate::Late => counts.late += 1,
            Fate::Error => {
                counts.failed += 1;
                self.failed_by.error += 1;
            }
            Fate::Timeout => {
                counts.failed += 1;
                self.failed_by.timeout += 1;
            }
            Fate::Rejected => counts.rejected += 1,
            Fate::Shed => counts.shed += 1,
            Fate::Dropped => counts.dropped += 1,
            Fate::DeadLettered => counts.dead_lettered += 1,
        }
        self.unsuccessful.record(elapsed);
    }

    fn succeeded(&mut self, elapsed: Duration) {
        self.requests.succeeded += 1;
        self.end_to_end.record(elapsed);
    }

    /// The metric of this name, as defined for results, over these requests.
    pub(super) fn metric(&self, name: &str) -> Option<Metric> {
        let Requests { offered, succeeded, .. } = self.requests;
        let per = |count: u64, of: f64| Metric::Number((of > 0.0).then(|| count as f64 / of));
        Some(match name {
            "succeeded_ratio" => per(succeeded, offered as f64),
            "requests.offered" => Metric::Count(offered),
            "requests.succeeded" => Metric::Count(succeeded),
            "requests.late" => Metric::Count(self.requests.late),
            "requests.failed" => Metric::Count(self.requests.failed),
            "requests.rejected" => Metric::Count(self.requests.rejected),
            "requests.shed" => Metric::Count(self.requests.shed),
            "requests.dropped" => Metric::Count(self.requests.dropped),
            "requests.dead_lettered" => Metric::Count(self.requests.dead_lettered),
            "requests.in_flight" => Metric::Count(self.requests.in_flight),
            "failed_by.error" => Metric::Count(self.failed_by.error),
            "failed_by.timeout" => Metric::Count(self.failed_by.timeout),
            "attempts.total" => Metric::Count(self.attempts),
            "attempts.retries" => Metric::Count(self.retries),
            "amplification" => per(self.attempts, offered as f64),
            "goodput_per_s" => per(succeeded, self.length.as_s_f64()),
            "latency.end_to_end" => Metric::Latency(self.end_to_end.summary()),
            "latency.outcome" => {
                let mut all = self.end_to_end.clone();
                all.merge(&self.unsuccessful);
                Metric::Latency(all.summary())
            }
            _ => return None,
        })
    }
}

/// Keeps the books of all needed periods.
pub(super) struct Periods {
    pub(super) books: Vec<Books>,
    /// Beginning and end of the measured time.
    measured: (Instant, Instant),
    arm: String,
}

impl Periods {
    pub(super) fn new(books: Vec<Books>, scenario: &Scenario) -> Self {
        let from = Instant::ZERO.saturating_add(scenario.warm_up);
        Self { books, measured: (from, scenario.measured_until()), arm: String::new() }
    }

    fn present(&mut self) -> impl Iterator<Item = &mut Books> {
        let arm = &self.arm;
        self.books.iter_mut().filter(move |books| books.arm == *arm)
    }
}

impl Listener for Periods {
    fn detail(&self) -> Detail {
        Detail::Ends
    }

    fn begin(&mut self, arm: &str, _names: &[String]) {
        arm.clone_into(&mut self.arm);
    }

    fn ended(&mut self, end: &End) {
        let present = self.present().filter(|books| books.has(end.arrived, end.measured));
        present.for_each(|books| books.ended(end));
    }

    fn unfinished(&mut self, request: &Unfinished) {
        for books in self.present().filter(|books| books.has(request.arrived, request.measured)) {
            books.offered(request.attempts);
            books.requests.in_flight += 1;
        }
    }

    fn over(&mut self, at: Instant) {
        let (warm, cool) = self.measured;
        for books in self.present() {
            let (from, until) = (books.from.max(warm), books.until.min(at).min(cool));
            books.length = if until > from { until - from } else { Duration::ZERO };
        }
    }
}
