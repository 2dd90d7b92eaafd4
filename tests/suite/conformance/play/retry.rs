//! Retries: a call is tried again after a wait, or not.

use std::collections::BTreeMap;

use dessim::kernel::draw::Site;
use dessim::kernel::time::{Duration, Instant};
use dessim::model::context::{Outcome, Pushback};
use dessim::model::mechanism::retry::policy::{Decision, Progress};
use dessim::model::mechanism::retry::spec::{RetryOn, Spec as Retry};

use super::{Answer, End, Step};

pub(super) fn answers(spec: &Retry, steps: &[Step]) -> Vec<Answer> {
    let site = |purpose: &str| Site::new(1, "caller", purpose);
    let mut policy = spec.policy(1, site).expect("its waits are valid");
    let mut under_way: BTreeMap<usize, Progress> = BTreeMap::new();
    let mut answer = |(index, step): (usize, &Step)| match *step {
        Step::Call(at) => {
            under_way.insert(index, policy.begin(0, Instant::from_ns(at)));
            Answer::Passes(0)
        }
        Step::Ends(end) => {
            let Some(mut progress) = under_way.remove(&end.call) else { return Answer::No };
            let now = Instant::from_ns(end.at);
            let came = (outcome(end), named(end));
            match policy.decide((0, now), &mut progress, came, |_, _| end.unit) {
                Decision::Retries(wait) if policy.begin_retry(0) => {
                    under_way.insert(end.call, progress);
                    Answer::Passes(wait.as_ns())
                }
                _ => Answer::No,
            }
        }
        _ => panic!("retries see tries end"),
    };
    steps.iter().enumerate().map(&mut answer).collect()
}

pub(super) fn outcome(end: End) -> Outcome {
    match end.outcome {
        None => Outcome::Success,
        Some(RetryOn::Error) => Outcome::Error,
        Some(RetryOn::Timeout) => Outcome::Timeout,
        Some(RetryOn::Shed) => Outcome::Shed,
        Some(RetryOn::Rejected) => Outcome::Rejected,
    }
}

pub(super) fn named(end: End) -> Option<Pushback> {
    Some(match u64::try_from(end.named?) {
        Ok(ns) => Pushback::After(Duration::from_ns(ns)),
        Err(_) => Pushback::Never,
    })
}
