//! Hedges by hand: one call, whose copies end when and as they are told.

mod envoy;
mod grpc;
mod polly;

use serde_json::Value;

use super::delay::{Delays, Latest, Learnt, Winner};
use super::race::{Admission, Copy, Policy, Race, Verdict};
use super::spec::Spec;
use crate::kernel::draw::Site;
use crate::kernel::simulation::Delay;
use crate::kernel::time::{Duration, Instant};
use crate::model::context::{Outcome, Pushback};

const MS: u64 = 1_000_000;

/// One call, in milliseconds.
struct One {
    policy: Policy,
    race: Race,
    due: Option<u64>,
    /// Instants at which its copies were sent.
    sent: Vec<u64>,
    /// When it ended, in what, and the number of the copy of which this was the outcome.
    over: Option<(u64, Outcome, u32)>,
    /// The number in [0, 1) that the backoff draws.
    unit: f64,
}

impl One {
    fn new(spec: Value) -> Self {
        Self::drawing(spec, 0.0)
    }

    /// The call comes at 0.
    fn drawing(spec: Value, unit: f64) -> Self {
        let spec: Spec = serde_json::from_value(spec).expect("a hedge");
        let site = Site::new(1, "caller", "backoff");
        let mut policy = spec.policy(1, Delay::varying, site).expect("valid waits");
        let race = policy.begin(0, Instant::from_ns(0), 1);
        let mut one = Self { policy, race, due: None, sent: Vec::new(), over: None, unit };
        one.send(0);
        one
    }

    fn send(&mut self, now: u64) {
        self.sent.push(now);
        let (_, next) = self.policy.send(0, instant(now), &mut self.race);
        self.due = None;
        if let Some(delay) = next {
            self.plan(now, delay.duration());
        }
    }

    fn plan(&mut self, now: u64, wait: Duration) {
        match wait.as_ns() / MS {
            0 => self.time_comes(now),
            wait => self.due = Some(now + wait),
        }
    }

    fn time_comes(&mut self, now: u64) {
        let unit = self.unit;
        let admission = match self.race.pending {
            true => self.policy.begin_copy(0, &mut self.race),
            false => self.policy.admit(0, instant(now), &mut self.race, |_, _| unit),
        };
        self.due = None;
        match admission {
            Admission::Now => self.send(now),
            Admission::After(wait) => self.due = Some(now + wait.as_ns() / MS),
            Admission::Refused => {}
        }
    }

    fn advance(&mut self, now: u64) {
        while let Some(due) = self.due.filter(|due| *due <= now) {
            self.time_comes(due);
        }
    }

    fn end(&mut self, at: u64, number: u32, outcome: Outcome) {
        self.end_naming(at, number, outcome, None);
    }

    fn end_naming(&mut self, at: u64, number: u32, outcome: Outcome, named: Option<Pushback>) {
        self.advance(at);
        let copy = Copy { number, sent: instant(self.sent[number as usize]) };
        match self.policy.end((0, instant(at)), &mut self.race, copy, (outcome, named)) {
            Verdict::Waits => {}
            Verdict::Next(None) => self.due = None,
            Verdict::Next(Some(delay)) => self.plan(at, delay.duration()),
            Verdict::Decides(outcome, of) => {
                self.over = Some((at, outcome, of));
                self.due = None;
            }
        }
    }
}

fn instant(ms: u64) -> Instant {
    Instant::from_ns(ms * MS)
}

#[test]
fn what_a_call_remembers_survives_its_words() {
    let mut races = vec![Race::default()];
    for outcome in [Outcome::Success, Outcome::Error, Outcome::Rejected, Outcome::Returned] {
        let failed = Some((outcome, 10));
        races.push(Race { failed, ..Race::default() });
        races.push(Race {
            came: Instant::from_ns(u64::MAX - 1),
            entries: u16::MAX,
            sent: 11,
            out: 0x7ff,
            waits: true,
            frozen: true,
            pending: true,
            memory: u64::MAX,
            failed,
            decided: Some(outcome),
        });
    }
    for race in races {
        assert_eq!(Race::load(race.store()), race);
    }
}

#[test]
fn the_delay_is_a_quantile_of_the_latest_latencies() {
    let before = Some(Delay::varying(Duration::from_ns(7)));
    let learnt = || Learnt::Latest(Latest::new(0.9, 10));
    let mut delays = Delays::Learnt(learnt(), before);
    let record = |delays: &mut Delays, latency| {
        let whole = Duration::from_ns(latency);
        let winner = Winner { success: true, first: false, whole, own: whole };
        delays.record(Instant::from_ns(0), winner);
    };
    let present = |delays: &mut Delays| {
        delays.present(Instant::from_ns(0)).map(|delay| delay.duration().as_ns())
    };
    for latency in 1..10 {
        assert_eq!(present(&mut delays), Some(7), "not enough yet");
        record(&mut delays, latency);
    }
    record(&mut delays, 10);
    assert_eq!(present(&mut delays), Some(9), "nine of ten took no longer");
    for latency in [100, 100, 1, 1] {
        record(&mut delays, latency);
    }
    // 5 to 10, 100, 100, 1 and 1.
    assert_eq!(present(&mut delays), Some(100));
    assert_eq!(present(&mut Delays::Learnt(learnt(), None)), None);
}
