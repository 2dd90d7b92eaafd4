//! Adaptive limits: each sample makes the next limit.

use dessim::kernel::draw::Site;
use dessim::kernel::time::{Duration, Instant};
use dessim::model::mechanism::adaptive_limit::algorithm::Sample;
use dessim::model::mechanism::adaptive_limit::spec::Spec as AdaptiveLimit;

use super::{Answer, Step};

/// Seed of the site from which jitter is drawn, here and for the library.
pub(crate) const SITE: u64 = 1;

pub(super) fn answers(spec: &AdaptiveLimit, steps: &[Step]) -> Vec<Answer> {
    let mut limit = spec.state(Site::new(SITE, "", ""), 0);
    let mut next = |step: &Step| {
        let Step::Sample(start, rtt, inflight, dropped) = *step else {
            panic!("an adaptive limit knows samples alone")
        };
        let (start, rtt) = (Instant::from_ns(start), Duration::from_ns(rtt));
        let now = start.saturating_add(rtt);
        while limit.due() <= now {
            limit.fire();
        }
        limit.record(Sample { start, rtt, inflight, dropped }, now);
        Answer::Limit { limit: limit.limit() }
    };
    steps.iter().map(&mut next).collect()
}
