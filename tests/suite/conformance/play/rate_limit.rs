//! Rate limits: a call passes at once, after a wait, or not at all.

use dessim::kernel::time::Instant;
use dessim::model::mechanism::rate_limit::spec::Spec as RateLimit;

use super::{Answer, Step};

pub(super) fn answers(spec: &RateLimit, steps: &[Step]) -> Vec<Answer> {
    let mut algorithm = spec.algorithm.state();
    let admit = |step: &Step| {
        let Step::Call(at) = *step else { panic!("a rate limit knows no results") };
        let admitted = algorithm.admit(Instant::from_ns(at), spec.max_wait);
        admitted.map_or(Answer::No, |wait| Answer::Passes(wait.as_ns()))
    };
    steps.iter().map(admit).collect()
}
