//! Numbers of an arm that differ between two runs, the principal ones first.
//!
//! No component is known by name here: its numbers are those that it reports. Only the numbers
//! that every arm has are ranked by hand.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{NAME_COLUMNS, ratio};
use crate::metrics::names::Kind;
use crate::report::result::ArmResult;
use crate::report::rows::{Scalar, rows, unit_of};
use crate::report::text::format::{NO_VALUE, count, cut, label, number, time};

/// Principal numbers of an arm, in reading order; all others follow by the size of their change.
pub const PRINCIPAL: [&str; 18] = [
    "requests.offered",
    "requests.succeeded",
    "requests.late",
    "requests.failed",
    "failed_by.timeout",
    "failed_by.error",
    "requests.rejected",
    "requests.shed",
    "requests.dropped",
    "requests.dead_lettered",
    "requests.in_flight",
    "goodput_per_s",
    "amplification",
    "attempts.total",
    "attempts.retries",
    "latency.end_to_end.p50_ns",
    "latency.end_to_end.p99_ns",
    "wasted.work_ns",
];

/// Other numbers shown without `--all`.
const OTHERS: usize = 8;

/// The numbers of an arm in two runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Numbers {
    /// Numbers that both runs have.
    pub compared: u64,
    /// Components only in a, whose numbers are not compared.
    pub only_in_a: Vec<String>,
    /// Components only in b, whose numbers are not compared.
    pub only_in_b: Vec<String>,
    /// Numbers that differ.
    pub differing: Vec<NumberChange>,
}

/// One number that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NumberChange {
    /// The component that reports it; empty for a number of the whole arm.
    pub component: String,
    /// Its path in the data: `requests.succeeded`, `latency.end_to_end.p99_ns`.
    pub metric: String,
    /// Its value in a.
    pub a: Scalar,
    /// Its value in b.
    pub b: Scalar,
    /// Ratio `b / a`; `None` if either has no value, or a is zero.
    #[serde(serialize_with = "ratio")]
    pub ratio: Option<f64>,
    /// What it counts.
    #[serde(skip)]
    pub kind: Kind,
    /// Its unit, where its values have none.
    #[serde(skip)]
    pub unit: &'static str,
}

/// A component and the path of one of its numbers.
type Key<'a> = (&'a str, String);

impl Numbers {
    /// Compares the numbers of two arms.
    #[must_use]
    pub fn between(a: &ArmResult, b: &ArmResult) -> Self {
        let (of_a, of_b) = (scalars(a), scalars(b));
        let missing = |here: &ArmResult, there: &ArmResult| {
            let names = here.components.iter().filter(|(name, component)| {
                there.components.get(*name).is_none_or(|other| other.kind != component.kind)
            });
            names.map(|(name, component)| format!("{} {name}", component.kind)).collect()
        };
        let mut numbers = Self {
            compared: 0,
            only_in_a: missing(a, b),
            only_in_b: missing(b, a),
            differing: Vec::new(),
        };
        for ((component, metric), (value, kind, unit)) in of_a {
            let alike = |arm: &ArmResult| arm.components.get(component).map(|part| part.kind);
            let Some(&(other, ..)) = of_b.get(&(component, metric.clone())) else {
                continue;
            };
            if alike(a) != alike(b) {
                continue;
            }
            numbers.compared += 1;
            if value != other {
                let change = NumberChange::new(component, metric, (value, other), (kind, unit));
                numbers.differing.push(change);
            }
        }
        numbers.differing.sort_by(|a, b| {
            let key = |change: &NumberChange| change.rank().unwrap_or(PRINCIPAL.len());
            let apart = || b.apart().total_cmp(&a.apart());
            let name = |change: &NumberChange| (change.component.clone(), change.metric.clone());
            key(a).cmp(&key(b)).then_with(apart).then_with(|| name(a).cmp(&name(b)))
        });
        numbers
    }

    /// Splits the changes into those shown first and the rest. Shown first are the [`PRINCIPAL`]
    /// numbers and the largest changes among the others, without repetitions: the only edge of an
    /// arm repeats the attempts of the arm.
    #[must_use]
    pub fn split(&self) -> (Vec<&NumberChange>, Vec<&NumberChange>) {
        let (mut shown, mut left): (Vec<&NumberChange>, Vec<_>) = (Vec::new(), Vec::new());
        let mut others = 0;
        for change in &self.differing {
            let place = change.rank().is_some();
            let again = shown.iter().any(|other| change.repeats(other));
            if place || (others < OTHERS && !again) {
                others += usize::from(!place);
                shown.push(change);
            } else {
                left.push(change);
            }
        }
        (shown, left)
    }
}

/// The numbers of an arm, with what they count and their units.
fn scalars(arm: &ArmResult) -> BTreeMap<Key<'_>, (Scalar, Kind, &'static str)> {
    let parts = |row: &crate::report::rows::Row<'_>| {
        let metric = row.metric;
        let path = move |part: &str| match part.is_empty() {
            true => metric.to_owned(),
            false => format!("{metric}.{part}"),
        };
        let (of, unit) = (row.value, unit_of(row.quantity));
        let scalars = of.scalars().into_iter();
        scalars.map(move |(part, value)| (path(part), (value, of.kind_of(part), unit)))
    };
    rows(arm)
        .iter()
        .flat_map(|row| parts(row).map(|(path, value)| ((row.component, path), value)))
        .collect()
}

impl NumberChange {
    fn new(
        component: &str,
        metric: String,
        (a, b): (Scalar, Scalar),
        (kind, unit): (Kind, &'static str),
    ) -> Self {
        let ratio = match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) if a != 0.0 => Some(b / a),
            _ => None,
        };
        Self { component: component.to_owned(), metric, a, b, ratio, kind, unit }
    }

    /// Index of the metric in [`PRINCIPAL`].
    fn rank(&self) -> Option<usize> {
        let place = || PRINCIPAL.iter().position(|metric| *metric == self.metric);
        self.component.is_empty().then(place).flatten()
    }

    /// True if `other` is the same number of another owner: `attempts.errors`, and `errors` of an
    /// edge.
    fn repeats(&self, other: &Self) -> bool {
        let name = |change: &Self| change.metric.rsplit('.').next().map(str::to_owned);
        (self.a, self.b) == (other.a, other.b) && name(self) == name(other)
    }

    /// Relative change, from 0 for none to 1. The one added to the denominator keeps 0 against 1
    /// from being the largest change of all.
    fn apart(&self) -> f64 {
        match (self.a.as_f64(), self.b.as_f64()) {
            (Some(a), Some(b)) => (b - a).abs() / (a.abs() + b.abs() + 1.0),
            _ => 1.0,
        }
    }

    /// Component, its name cut if long, and metric in words: `clients.retry: time parked`.
    #[must_use]
    pub fn label(&self) -> String {
        let metric = label(&self.metric).replace('.', " ");
        match self.component.is_empty() {
            true => metric,
            false => format!("{}: {metric}", cut(&self.component, NAME_COLUMNS)),
        }
    }

    /// Both values and their ratio, with their units.
    #[must_use]
    pub fn cells(&self) -> [String; 3] {
        let cell = |value: Scalar| match value {
            Scalar::Integer(ns) if self.kind == Kind::Time => time(ns),
            Scalar::Integer(value) => count(value),
            Scalar::Float(value) => {
                format!("{} {}", number(value), self.unit).trim_end().to_owned()
            }
            Scalar::None => NO_VALUE.to_owned(),
        };
        [cell(self.a), cell(self.b), self.ratio.map_or(NO_VALUE.to_owned(), number)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::result::Metric;
    use crate::report::sample;

    fn paths(numbers: &Numbers) -> Vec<String> {
        let path = |change: &NumberChange| format!("{}/{}", change.component, change.metric);
        numbers.differing.iter().map(path).collect()
    }

    #[test]
    fn nothing_differs_from_itself() {
        let result = sample::burst();
        let arm = &result.arms["rpc"];
        let numbers = Numbers::between(arm, arm);
        assert!(numbers.differing.is_empty() && numbers.compared > 60, "{numbers:?}");
        assert!(numbers.only_in_a.is_empty() && numbers.only_in_b.is_empty());
    }

    #[test]
    fn principal_numbers_come_first_and_the_rest_by_the_size_of_their_change() {
        let result = sample::burst();
        let a = &result.arms["rpc"];
        let mut b = a.clone();
        b.requests.succeeded *= 2;
        b.amplification = Some(9.0);
        b.attempts.errors += 1;
        b.attempts.cancelled = 4_000_000;
        b.latency.end_to_end.p99_ns = None;
        let numbers = Numbers::between(a, &b);
        let expected = [
            "/requests.succeeded",
            "/amplification",
            "/latency.end_to_end.p99_ns",
            "/attempts.cancelled",
            "/attempts.errors",
        ];
        assert_eq!(paths(&numbers), expected);
        assert_eq!(numbers.split().0.len(), 5);
        let [first, .., errors] = numbers.differing.as_slice() else { panic!("{numbers:?}") };
        assert_eq!((first.ratio, &first.cells()[2]), (Some(2.0), &"2.00".to_owned()));
        assert!(errors.ratio.is_some_and(|ratio| ratio > 1.0 && ratio < 1.1));
        assert_eq!(numbers.differing[2].ratio, None);
        // With the sides exchanged the list is the same, its values exchanged.
        let back = Numbers::between(&b, a);
        assert_eq!(paths(&back), paths(&numbers));
        assert!(
            back.differing.iter().zip(&numbers.differing).all(|(x, y)| (x.a, x.b) == (y.b, y.a))
        );
    }

    #[test]
    fn repetitions_are_not_shown_first() {
        let result = sample::burst();
        let a = &result.arms["rpc"];
        let mut b = a.clone();
        b.attempts.errors += 7_000;
        let name = "clients breaker";
        let component = b.components.get_mut(name).expect("the sample has it");
        let again = Metric::Count(b.attempts.errors);
        component.metrics.push(("errors", again));
        let mut a = a.clone();
        let of_a = Metric::Count(a.attempts.errors);
        a.components.get_mut(name).expect("it has it").metrics.push(("errors", of_a));
        let numbers = Numbers::between(&a, &b);
        assert_eq!(paths(&numbers), ["/attempts.errors", "clients breaker/errors"]);
        let (shown, left) = numbers.split();
        assert_eq!(
            (shown[0].metric.as_str(), left[0].metric.as_str()),
            ("attempts.errors", "errors")
        );
        // A different metric of equal value is no repetition.
        let component = b.components.get_mut(name).expect("it has it");
        component.metrics.last_mut().expect("there is one").1 = Metric::Count(1);
        assert_eq!(Numbers::between(&a, &b).split().1.len(), 0);
    }

    #[test]
    fn components_are_matched_by_name_and_kind() {
        let result = sample::burst();
        let (rpc, events) = (&result.arms["rpc"], &result.arms["event-driven"]);
        let numbers = Numbers::between(rpc, events);
        assert!(numbers.only_in_a.iter().any(|name| name.starts_with("bulkhead ")), "{numbers:?}");
        assert!(numbers.only_in_b.iter().any(|name| name.starts_with("queue ")), "{numbers:?}");
        let known = |change: &NumberChange| {
            let component = &change.component;
            component.is_empty() || events.components.contains_key(component)
        };
        assert!(numbers.differing.iter().all(known));
        let mut other = rpc.clone();
        for component in other.components.values_mut() {
            component.kind = "another";
        }
        let numbers = Numbers::between(rpc, &other);
        assert_eq!(numbers.only_in_a.len(), rpc.components.len());
        assert!(numbers.differing.is_empty() && numbers.only_in_a != numbers.only_in_b);
    }
}
