//! Throttles: the probability with which a call is refused, after any results.

use dessim::kernel::time::Instant;
use dessim::model::mechanism::throttle::algorithm::Algorithm;
use dessim::model::mechanism::throttle::spec::Spec as Throttle;

use super::{Answer, Step};

pub(super) fn answers(spec: &Throttle, steps: &[Step]) -> Vec<Answer> {
    let mut throttle = spec.algorithm.state();
    let mut next = |step: &Step| {
        let (at, success) = match *step {
            Step::Call(_) => {
                let Algorithm::FailsafeGo(of) = &throttle else {
                    panic!("no library tells the probability of {:?}", spec.algorithm)
                };
                return Answer::Probability { probability_bits: of.probability().to_bits() };
            }
            Step::Succeeds(at, _) => (at, true),
            Step::Fails(at, _) => (at, false),
            _ => panic!("a throttle knows calls and results"),
        };
        throttle.record(Instant::from_ns(at), success);
        Answer::No
    };
    steps.iter().map(&mut next).collect()
}
