//! The rules of a rate limit.

use super::spec::{Algorithm, Refusal, Spec, thousandths_per_s};
use crate::model::spec::finding::{Finding, Segment};

impl Spec {
    /// The rules between fields.
    pub(super) fn rules(&self, findings: &mut Vec<Finding>) {
        findings.extend(self.rate_too_low());
        findings.extend(self.wait_without_meaning());
    }

    fn rate_too_low(&self) -> Option<Finding> {
        let (variant, rate, rule) = match self.algorithm {
            Algorithm::TokenBucket { rate, .. } => {
                let rule = (rate.is_zero()).then_some("a rate limit lets something pass: above 0");
                ("TokenBucket", rate, rule?)
            }
            Algorithm::LeakyBucket { rate, .. } => {
                let rule = "a leaky bucket counts in thousandths of a call: at least 0.001/s";
                ("LeakyBucket", rate, (thousandths_per_s(rate) == 0).then_some(rule)?)
            }
            Algorithm::Gcra { .. }
            | Algorithm::StepBucket { .. }
            | Algorithm::FixedWindow { .. }
            | Algorithm::SlidingWindow { .. }
            | Algorithm::SlidingLog { .. }
            | Algorithm::AwsAdaptive {} => return None,
        };
        let place =
            [Segment::field("algorithm"), Segment::Variant(variant), Segment::field("rate")];
        Some(Finding::error(&place, rule, format!("found {rate}")))
    }

    fn wait_without_meaning(&self) -> Option<Finding> {
        let by_itself = match self.algorithm {
            Algorithm::LeakyBucket { .. } => Some((
                "a leaky bucket itself says which calls wait",
                "leave it out; calls between `at_once` and `burst` wait",
            )),
            Algorithm::AwsAdaptive {} => Some((
                "calls wait for a send rate as long as it takes",
                "leave it out; a Timeout outside bounds the wait",
            )),
            _ => None,
        };
        if let Some((rule, hint)) = by_itself {
            let field = match self.refusal {
                _ if !self.max_wait.is_zero() => "max_wait",
                Refusal::AfterMaxWait => "refusal",
                Refusal::AtOnce => return None,
            };
            let found = format!("found `{field}`");
            return Some(Finding::error(&[Segment::field(field)], rule, found).hint(hint));
        }
        let vain = self.refusal == Refusal::AfterMaxWait && self.max_wait.is_zero();
        let rule = "a call that waits in vain needs a longest wait";
        let found = "found AfterMaxWait without `max_wait`";
        let finding = Finding::error(&[Segment::field("refusal")], rule, found);
        vain.then(|| finding.hint("give max_wait, or leave `refusal` out"))
    }
}
