//! The rules of an adaptive limit.

use super::settings::{Algorithm, Windowed};
use super::spec::Spec;
use crate::kernel::time::Duration;
use crate::kernel::units::Limit;
use crate::model::spec::finding::{Finding, Segment};

impl Spec {
    /// The rules between fields.
    pub(super) fn rules(&self, findings: &mut Vec<Finding>) {
        findings.extend(self.limits_out_of_order());
        findings.extend(self.factors_out_of_range());
        findings.extend(self.outcomes_in_both());
        findings.extend(self.windows());
        findings.extend(self.envoy());
        findings.extend(self.partitioned());
    }

    /// The place of a field of the algorithm.
    fn place(&self, field: &'static str) -> [Segment; 3] {
        let variant = Segment::Variant(self.algorithm.name());
        [Segment::field("algorithm"), variant, Segment::field(field)]
    }

    fn limits_out_of_order(&self) -> Option<Finding> {
        let [initial, min, max] = self.algorithm.limits();
        if min > max {
            let rule = "the least limit is at most the largest";
            let found = format!("found min: {min}, max: {max}");
            return Some(Finding::error(&self.place("min"), rule, found));
        }
        let outside = initial < min || initial > max;
        let rule = "an adaptive limit begins between its least and its largest limit";
        let found = format!("found initial: {initial}, between {min} and {max}");
        let finding = Finding::error(&self.place("initial"), rule, found);
        outside.then(|| finding.hint("give `initial` and `min` together; both are 20 by default"))
    }

    fn factors_out_of_range(&self) -> Option<Finding> {
        if let Algorithm::Aimd { backoff, .. } = self.algorithm
            && !(0.5..1.0).contains(&backoff.get())
        {
            let rule = "the factor at a drop is from 0.5 to below 1";
            let found = format!("found {}", backoff.get());
            return Some(Finding::error(&self.place("backoff"), rule, found));
        }
        let zero = self.algorithm.smoothing().filter(|weight| weight.get() <= 0.0);
        let rule = "the weight of the new limit is above 0";
        zero.map(|_| Finding::error(&self.place("smoothing"), rule, "found 0".to_owned()))
    }

    fn outcomes_in_both(&self) -> Option<Finding> {
        let both = self.dropped.iter().find(|outcome| self.ignored.contains(outcome))?;
        let rule = "an outcome is a drop or no sample, not both";
        let found = format!("{both:?} is in `dropped` and in `ignored`");
        let hint = "give both lists; their defaults are [Timeout, Shed] and [Error, Rejected]";
        Some(Finding::error(&[Segment::field("ignored")], rule, found).hint(hint))
    }

    fn windows(&self) -> Option<Finding> {
        let Windowed { min, max, .. } = self.windowed?;
        if let Algorithm::EnvoyGradient { .. } = self.algorithm {
            let rule = "Envoy's limit has windows of its own";
            let finding = Finding::error(&[Segment::field("windowed")], rule, "found `windowed`");
            return Some(finding.hint("leave it out; `update_interval` is its window"));
        }
        let rule = "the shortest window is at most the longest";
        let found = format!("found min: {min}, max: {max}");
        let place = [Segment::field("windowed"), Segment::field("min")];
        (min > max).then(|| Finding::error(&place, rule, found))
    }

    fn partitioned(&self) -> Option<Finding> {
        let place = [Segment::field("partitions")];
        if self.partitions.is_empty() {
            let rule = "only callers of a partition are held up";
            let found = format!("found max_delayed: {} without partitions", self.max_delayed);
            let place = [Segment::field("max_delayed")];
            return (self.max_delayed != 100).then(|| Finding::error(&place, rule, found));
        }
        if self.queue != Limit::AtMost(0) {
            let rule = "a limit with partitions has no line";
            let finding = Finding::error(&place, rule, "found `partitions` and a line".to_owned());
            return Some(finding.hint("leave `queue` and `max_wait` out"));
        }
        let sum: f64 = self.partitions.values().map(|partition| partition.share.get()).sum();
        let rule = "the shares of partitions add up to 1 at most";
        let found = format!("they add up to {sum}");
        // As decimal fractions are rounded.
        (sum > 1.0 + 1e-9).then(|| Finding::error(&place, rule, found))
    }

    fn envoy(&self) -> Option<Finding> {
        let Algorithm::EnvoyGradient { update_interval, measure_every, min_rtt, .. } =
            self.algorithm
        else {
            return None;
        };
        if !self.dropped.is_empty() {
            let rule = "Envoy's limit knows no drops: each sample is a time";
            let found = "found `dropped`".to_owned();
            let finding = Finding::error(&[Segment::field("dropped")], rule, found);
            return Some(finding.hint("leave it out, or name what is no sample in `ignored`"));
        }
        if update_interval < Duration::from_ms(1) {
            let rule = "an update interval is at least 1 ms";
            let found = format!("found {update_interval}");
            return Some(Finding::error(&self.place("update_interval"), rule, found));
        }
        let rule = "the minimum time is measured or given";
        let found = match (measure_every, min_rtt) {
            (Some(_), Some(_)) => "found `measure_every` and `min_rtt`",
            (None, None) => "found neither `measure_every` nor `min_rtt`",
            _ => return None,
        };
        let place = [Segment::field("algorithm"), Segment::Variant(self.algorithm.name())];
        let finding = Finding::error(&place, rule, found);
        let hint =
            "measure_every: \"60s\" measures it again and again, min_rtt: \"10ms\" states it";
        Some(finding.hint(hint))
    }
}
