//! The comparison of several systems under the same seeds as data, `dessim.compare/1`.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::result::Hex;
use super::runs::Stats;
use crate::metrics::names::Kind;
use crate::statistics::paired::{Difference, difference, holm};
use crate::statistics::summary::Summary;

#[cfg(test)]
mod tests;
pub mod text;

/// The schema name in every comparison.
pub const COMPARE_SCHEMA: &str = "dessim.compare/1";

/// Significance level of a difference between two systems, after correction.
const LEVEL: f64 = 0.05;

/// Metrics of which more is better; of all others less is better.
const MORE_IS_BETTER: [&str; 5] =
    ["succeeded_ratio", "succeeded", "goodput_per_s", "answered", "acknowledged"];

/// A comparison of several systems under the same seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Always [`COMPARE_SCHEMA`].
    pub schema: &'static str,
    /// Version of dessim.
    pub dessim: &'static str,
    /// Version of the model.
    pub model: u32,
    /// The first and the last seed.
    pub seeds: (u64, u64),
    /// Seeds played.
    pub runs: usize,
    /// Reasons for caution.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Groups of systems that compete: one, or one for each arm.
    pub fields: Vec<Contest>,
}

/// A group of systems, each compared with the first and with every other.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contest {
    /// Arm that all of them are, if there is a group for each of several arms.
    #[serde(rename = "arm", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The systems, at least two.
    pub variants: Vec<Variant>,
    /// One entry a metric.
    pub metrics: Vec<MetricContrast>,
    /// Requests of each variant after the first against the first.
    pub requests: Vec<RequestContrast>,
    /// Ranking by the first metric, of three variants or more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranking: Option<Ranking>,
}

/// One of the systems.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Variant {
    /// Name in tables.
    pub name: String,
    /// The name of its scenario.
    pub scenario: String,
    /// The digest of its scenario.
    pub digest: Hex,
    /// Its arm.
    pub arm: String,
}

/// One metric of all variants.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricContrast {
    /// Its name.
    pub name: String,
    /// What the metric counts.
    pub kind: Kind,
    /// Summary over the runs of each variant; `None` if no run has a value.
    pub summaries: Vec<Option<Summary>>,
    /// Difference of each pair of variants, in the order 0-1, 0-2, .. 1-2, ..
    pub pairs: Vec<Option<Against>>,
}

/// Difference of a metric: the later variant less the earlier one.
#[derive(Clone, Debug, PartialEq)]
pub struct Against {
    /// Paired difference over the seeds for which both have a value.
    pub difference: Difference,
    /// Mean of the later variant over that of the earlier one, over these seeds; `None` if the
    /// latter is 0.
    pub ratio: Option<f64>,
}

/// Requests of two variants: the first one of the group, a, and a later one, b.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestContrast {
    /// Requests in both variants, over all seeds.
    pub in_both: u64,
    /// Requests only in a.
    pub only_in_a: u64,
    /// Requests only in b.
    pub only_in_b: u64,
    /// Requests that succeeded in b alone.
    pub saved: u64,
    /// Requests that succeeded in a alone.
    pub lost: u64,
    /// Requests that succeeded in both.
    pub good_in_both: u64,
    /// `saved` per run.
    pub saved_a_run: Option<Summary>,
    /// `lost` per run.
    pub lost_a_run: Option<Summary>,
    /// Mean slowdown in b of the requests that succeeded in both, per run.
    pub slower_ns: Option<Summary>,
}

/// Ranks of the variants by one metric.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ranking {
    /// Metric that decides.
    pub metric: String,
    /// True if more of the metric is better.
    pub more_is_better: bool,
    /// Rank of each variant: one more than the number of variants shown to be better.
    pub ranks: Vec<usize>,
    /// Tests of every pair.
    pub pairs: Vec<Rival>,
}

/// Two variants of a ranking.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rival {
    /// Index of the earlier variant.
    pub a: usize,
    /// Index of the later variant.
    pub b: usize,
    /// Probability of a difference as large by chance (p value); `None` without a valid test.
    pub probability: Option<f64>,
    /// The same after Holm's correction for several pairs.
    pub corrected: Option<f64>,
    /// True if the difference is significant.
    pub shown: bool,
}

/// Difference `b` less `a`, over the seeds for which both have a value.
#[must_use]
pub fn against(a: &[Option<f64>], b: &[Option<f64>]) -> Option<Against> {
    let both = a.iter().zip(b).filter_map(|(a, b)| a.zip(*b));
    let (a, b): (Vec<f64>, Vec<f64>) = both.unzip();
    let difference = difference(&a, &b)?;
    let (sum_a, sum_b) = (a.iter().sum::<f64>(), b.iter().sum::<f64>());
    Some(Against { difference, ratio: (sum_a != 0.0).then(|| sum_b / sum_a) })
}

impl MetricContrast {
    /// Difference of two variants, `a` before `b`.
    #[must_use]
    pub fn pair(&self, a: usize, b: usize) -> Option<&Against> {
        let at = self.indices().position(|pair| pair == (a, b))?;
        self.pairs[at].as_ref()
    }

    /// The two variants of each pair.
    fn indices(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let count = self.summaries.len();
        (0..count).flat_map(move |a| (a + 1..count).map(move |b| (a, b)))
    }
}

/// The ranking of the variants by `metric`; `None` if there is nothing to rank.
///
/// Two variants differ if the paired t test of their difference is significant at 0.05 after
/// Holm's correction for all pairs. A rank is one more than the number of variants shown to be
/// better, so variants that do not differ from the best share rank 1.
#[must_use]
pub fn ranking(metric: &MetricContrast) -> Option<Ranking> {
    let last = metric.name.rsplit('.').next().unwrap_or_default();
    let more_is_better = MORE_IS_BETTER.contains(&last);
    let tested = metric.pairs.iter().map(|pair| pair.as_ref()?.difference.probability);
    let tested: Vec<Option<f64>> = tested.collect();
    // A pair without a valid test still counts as a comparison, so the correction includes it.
    let corrected = holm(&tested.iter().map(|tested| tested.unwrap_or(1.0)).collect::<Vec<_>>());
    let mut ranks = vec![1; metric.summaries.len()];
    let mut pairs = Vec::new();
    for (at, (a, b)) in metric.indices().enumerate() {
        let corrected = tested[at].map(|_| corrected[at]);
        let shown = corrected.is_some_and(|corrected| corrected < LEVEL);
        if let (true, Some(pair)) = (shown, &metric.pairs[at]) {
            let more = pair.difference.summary.mean > 0.0;
            ranks[if more == more_is_better { a } else { b }] += 1;
        }
        pairs.push(Rival { a, b, probability: tested[at], corrected, shown });
    }
    metric.summaries.iter().any(Option::is_some).then(|| Ranking {
        metric: metric.name.clone(),
        more_is_better,
        ranks,
        pairs,
    })
}

impl Comparison {
    /// The comparison as a JSON object over many lines, with a newline at the end.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("it has string keys only") + "\n"
    }
}

impl Serialize for MetricContrast {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Pair<'a> {
            a: usize,
            b: usize,
            ratio: Option<f64>,
            shown: bool,
            probability: Option<f64>,
            #[serde(flatten)]
            difference: Stats<'a>,
        }
        let stats: Vec<_> = self.summaries.iter().map(|of| Stats::of(of.as_ref())).collect();
        let pairs = self.indices().zip(&self.pairs).filter_map(|((a, b), pair)| {
            let Against { difference, ratio } = pair.as_ref()?;
            let (shown, probability) = (difference.is_shown(), difference.probability);
            let difference = Stats::of(Some(&difference.summary));
            Some(Pair { a, b, ratio: *ratio, shown, probability, difference })
        });
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("metric", &self.name)?;
        map.serialize_entry("variants", &stats)?;
        map.serialize_entry("differences", &pairs.collect::<Vec<_>>())?;
        map.end()
    }
}

impl Serialize for RequestContrast {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(9))?;
        for (name, count) in [
            ("in_both", self.in_both),
            ("only_in_a", self.only_in_a),
            ("only_in_b", self.only_in_b),
            ("saved", self.saved),
            ("lost", self.lost),
            ("good_in_both", self.good_in_both),
        ] {
            map.serialize_entry(name, &count)?;
        }
        for (name, summary) in [
            ("saved_a_run", &self.saved_a_run),
            ("lost_a_run", &self.lost_a_run),
            ("slower_ns", &self.slower_ns),
        ] {
            map.serialize_entry(name, &Stats::of(summary.as_ref()))?;
        }
        map.end()
    }
}
