//! The what-ifs of a rate limit.

use super::spec::{Algorithm, Spec};
use crate::kernel::time::Duration;
use crate::kernel::units::Rate;
use crate::metrics::change::{Amount, Change, ChangeKind};
use crate::model::mechanism::Layer;
use crate::model::mechanism::bulkhead::alternatives::{MAX_WAIT, longest_waits};
use crate::model::spec::alternative::{Alternative, half, twice, with};
use crate::model::spec::layer::WITHOUT_LAYER;

pub(super) static CHANGES: &[&ChangeKind] = &[&WITHOUT_LAYER, &RATE_LIMIT, &MAX_WAIT];

static RATE_LIMIT: ChangeKind = ChangeKind::setting(
    "rate_limit",
    "with a limit of {to} at {at}, not {from}",
    "half and twice the calls in the same time",
);

/// No rate limit, half and twice the calls, and other longest waits.
pub(super) fn alternatives(spec: &Spec, name: &str) -> Vec<Alternative<Layer>> {
    let mut alternatives = vec![Alternative::without(&WITHOUT_LAYER, name)];
    let per_s = |algorithm: &Algorithm| Amount::PerS(algorithm.per_s());
    let others = [halved(spec.algorithm), doubled(spec.algorithm)];
    for to in others.into_iter().filter(|to| *to != spec.algorithm) {
        let change = Change::new(&RATE_LIMIT, name).from(per_s(&spec.algorithm)).to(per_s(&to));
        alternatives.push(Alternative::new(change, with(spec, |spec| spec.algorithm = to)));
    }
    for (change, to) in longest_waits(name, Some(spec.max_wait)) {
        alternatives.push(Alternative::new(change, with(spec, |spec| spec.max_wait = to)));
    }
    alternatives.into_iter().map(|one| one.map(Layer::RateLimit)).collect()
}

fn halved(algorithm: Algorithm) -> Algorithm {
    let slower = |rate: Rate| Rate { count_nano: (rate.count_nano / 2).max(1), ..rate };
    scaled(algorithm, slower, twice, |count| (count / 2).max(1))
}

fn doubled(algorithm: Algorithm) -> Algorithm {
    let faster = |rate: Rate| Rate { count_nano: rate.count_nano.saturating_mul(2), ..rate };
    scaled(algorithm, faster, half, |count| count.saturating_mul(2))
}

/// The same with another rate, time for a call, or number of calls in the same time.
fn scaled(
    algorithm: Algorithm,
    other_rate: impl Fn(Rate) -> Rate,
    other_time: impl Fn(Duration) -> Duration,
    other_count: impl Fn(u32) -> u32,
) -> Algorithm {
    let mut other = algorithm;
    match &mut other {
        Algorithm::TokenBucket { rate, .. } | Algorithm::LeakyBucket { rate, .. } => {
            *rate = other_rate(*rate);
        }
        Algorithm::Gcra { every, .. } => *every = other_time(*every),
        Algorithm::StepBucket { every, .. } => *every = other_time(*every),
        Algorithm::FixedWindow { limit, .. }
        | Algorithm::SlidingWindow { limit, .. }
        | Algorithm::SlidingLog { limit, .. } => *limit = other_count(*limit),
        Algorithm::AwsAdaptive {} => {}
    }
    other
}
