//! Hedges: copies are sent at their times, and end when and as they are told.

use std::collections::BTreeMap;

use dessim::kernel::draw::Site;
use dessim::kernel::simulation::Delay;
use dessim::kernel::time::{Duration, Instant};
use dessim::model::context::Outcome;
use dessim::model::mechanism::hedge::race::{Admission, Copy, Policy, Race, Verdict};
use dessim::model::mechanism::hedge::spec::Spec as Hedge;

use super::retry::{named, outcome};
use super::{Answer, End, Step};

/// The calls of a hedge that are under way.
struct Calls {
    policy: Policy,
    races: BTreeMap<usize, Race>,
    /// The instant of the next copy, and a number that is the greater the later it was set.
    due: BTreeMap<(Instant, u64), usize>,
    set: u64,
    sent: BTreeMap<(usize, u32), Instant>,
    /// What the next answer tells.
    told: (Vec<[u64; 3]>, Vec<[u64; 3]>),
}

/// A copy whose time has come is sent before a copy that ends at the same instant.
pub(super) fn answers(spec: &Hedge, steps: &[Step]) -> Vec<Answer> {
    let site = Site::new(1, "caller", "backoff");
    let policy = spec.policy(1, Delay::varying, site).expect("its waits are valid");
    let (races, due, sent) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let mut calls = Calls { policy, races, due, set: 0, sent, told: Default::default() };
    let mut answer = |(index, step): (usize, &Step)| {
        match *step {
            Step::Call(at) => {
                let now = Instant::from_ns(at);
                calls.advance(now);
                let race = calls.policy.begin(0, now, 1);
                calls.races.insert(index, race);
                calls.send(index, now);
            }
            Step::Ends(end) => {
                calls.advance(Instant::from_ns(end.at));
                calls.end(end);
            }
            _ => panic!("hedges see copies end"),
        }
        let (mut sent, mut over) = std::mem::take(&mut calls.told);
        sent.sort_unstable();
        over.sort_unstable();
        Answer::Hedge { sent, over }
    };
    steps.iter().enumerate().map(&mut answer).collect()
}

impl Calls {
    /// Sends the copies whose time comes until `now`.
    fn advance(&mut self, now: Instant) {
        while let Some(first) = self.due.first_entry()
            && first.key().0 <= now
        {
            let ((at, _), call) = first.remove_entry();
            self.admit(call, at);
        }
    }

    fn admit(&mut self, call: usize, now: Instant) {
        let race = self.races.get_mut(&call).expect("it is under way");
        match (self.policy.admit(0, now, race, |_, _| 0.0), race.out, race.failed) {
            (Admission::Now, ..) => self.send(call, now),
            (Admission::Refused, 0, Some((failed, of))) => {
                self.over(call, now, u32::from(of), failed);
            }
            (Admission::Refused, ..) => {}
            (Admission::After(_), ..) => panic!("no library that is asked has a backoff"),
        }
    }

    fn send(&mut self, call: usize, now: Instant) {
        let race = self.races.get_mut(&call).expect("it is under way");
        let (number, next) = self.policy.send(0, now, race);
        self.sent.insert((call, number), now);
        self.told.0.push([call as u64, u64::from(number), now.as_ns()]);
        if let Some(delay) = next {
            self.plan(call, now, delay.duration());
        }
    }

    fn plan(&mut self, call: usize, now: Instant, wait: Duration) {
        if wait.is_zero() {
            return self.admit(call, now);
        }
        self.set += 1;
        self.due.insert((now.saturating_add(wait), self.set), call);
    }

    fn end(&mut self, end: End) {
        let now = Instant::from_ns(end.at);
        let Some(race) = self.races.get_mut(&end.call) else { return };
        if race.out & 1 << end.copy == 0 {
            return;
        }
        let copy = Copy { number: end.copy, sent: self.sent[&(end.call, end.copy)] };
        match self.policy.end((0, now), race, copy, (outcome(end), named(end))) {
            Verdict::Waits => {}
            Verdict::Next(next) => {
                self.due.retain(|_, call| *call != end.call);
                if let Some(delay) = next {
                    self.plan(end.call, now, delay.duration());
                }
            }
            Verdict::Decides(decided, of) => self.over(end.call, now, of, decided),
        }
    }

    fn over(&mut self, call: usize, now: Instant, of: u32, outcome: Outcome) {
        let race = self.races.remove(&call).expect("it is under way");
        for number in (0..u16::BITS).filter(|number| race.out & 1 << number != 0) {
            self.policy.cancel(now - self.sent[&(call, number)]);
        }
        self.policy.settle((0, now), race, outcome);
        self.due.retain(|_, due| *due != call);
        self.told.1.push([call as u64, u64::from(of), now.as_ns()]);
    }
}
