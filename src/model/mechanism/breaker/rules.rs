//! The rules between the fields of a breaker.

use super::settings::Verdict;
use super::spec::{Buckets, Records, Spec};
use crate::kernel::units::CountOrTime;
use crate::model::spec::finding::{Finding, Segment};

const SECOND_NS: u64 = 1_000_000_000;

fn violation(
    fields: &[&'static str],
    rule: impl Into<String>,
    found: impl Into<String>,
) -> Finding {
    let place: Vec<Segment> = fields.iter().map(|name| Segment::field(name)).collect();
    Finding::error(&place, rule, found)
}

/// The rules that a breaker breaks, with its defaults filled in; `retries_inside` says whether a
/// `Retry` is inside it.
#[must_use]
pub fn broken_by(spec: &Spec, retries_inside: bool) -> Vec<Finding> {
    let mut rules = Vec::new();
    window(spec, &mut rules);
    thresholds(spec, &mut rules);
    half_open(spec, &mut rules);
    if spec.records == Records::Attempts && !retries_inside {
        let rule = "`Attempts` needs a `Retry` further inside this policy";
        let hint = "put the `Retry` behind the breaker, or record `Outcomes`";
        rules.push(violation(&["records"], rule, "no `Retry` follows this breaker").hint(hint));
    }
    rules
}

fn window(spec: &Spec, rules: &mut Vec<Finding>) {
    let Spec { window, buckets, minimum_calls, .. } = spec;
    let is_used = spec.failure_threshold.is_some()
        || spec.failure_rate.is_some()
        || spec.slow_calls.is_some();
    let given: Option<&'static [&'static str]> = match (window, minimum_calls) {
        (Some(_), _) => Some(&["window"]),
        (None, Some(_)) => Some(&["minimum_calls"]),
        (None, None) => None,
    };
    if let Some(place) = given.filter(|_| !is_used) {
        let rule = "nothing uses a window here: `consecutive_failures` needs none";
        let hint = "remove it, or give `failure_threshold`, `failure_rate` or `slow_calls`, too";
        rules.push(violation(place, rule, "given without a threshold").hint(hint));
    }
    match window {
        Some(CountOrTime::Time(span)) => {
            let seconds = buckets.unwrap_or_default() == Buckets::Seconds;
            if seconds && !span.as_ns().is_multiple_of(SECOND_NS) {
                let rule = "must be a whole number of seconds, which are its buckets";
                let hint = "`buckets: Tenths` takes any time";
                rules.push(violation(&["window"], rule, format!("found {span}")).hint(hint));
            }
        }
        Some(CountOrTime::Count(size)) => {
            if let Some(minimum) = minimum_calls.filter(|minimum| minimum > size) {
                let rule = format!("can never open: must be at most `window`, {size}");
                let hint = format!("resilience4j takes the smaller of both: {size}");
                let found = format!("found {minimum}");
                rules.push(violation(&["minimum_calls"], rule, found).hint(hint));
            }
        }
        None => {}
    }
    if buckets.is_some() && !matches!(window, Some(CountOrTime::Time(_))) {
        let rule = "only a window of time has buckets";
        let hint = "a window of time is written window: \"10s\"";
        rules.push(violation(&["buckets"], rule, "`window` counts results").hint(hint));
    }
}

fn thresholds(spec: &Spec, rules: &mut Vec<Finding>) {
    let Spec { window, failure_threshold, failure_rate, slow_calls, .. } = spec;
    if let (Some(threshold), Some(CountOrTime::Count(size))) = (failure_threshold, window)
        && threshold > size
    {
        let rule = format!("can never open: must be at most `window`, {size}");
        rules.push(violation(&["failure_threshold"], rule, format!("found {threshold}")));
    }
    if let (Some(threshold), Some(_)) = (failure_threshold, failure_rate) {
        let rule = "`failure_threshold` and `failure_rate` say the same thing: give one";
        let found = format!("given as well as `failure_threshold: {threshold}`");
        rules.push(violation(&["failure_rate"], rule, found));
    }
    let always = "must be above 0, which every result reaches";
    if failure_rate.is_some_and(|rate| rate.get() == 0.0) {
        rules.push(violation(&["failure_rate"], always, "found 0"));
    }
    if slow_calls.is_some_and(|slow| slow.rate.get() == 0.0) {
        rules.push(violation(&["slow_calls", "rate"], always, "found 0"));
    }
}

fn half_open(spec: &Spec, rules: &mut Vec<Finding>) {
    let Some(half_open) = spec.half_open else { return };
    if half_open.verdict == Some(Verdict::Rates) && !spec.has_rates() {
        let rule = "`Rates` needs a rate: `failure_rate`, `slow_calls`, or `failure_threshold` of \
                    a window that counts results";
        let hint = "without one, all trial calls have to be good: `AllGood`";
        let place = &["half_open", "verdict"];
        rules.push(violation(place, rule, "this breaker has none").hint(hint));
    }
    if half_open.then.is_some() && half_open.longest_stay.is_none() {
        let rule = "says what follows `longest_stay`, which is not given";
        let hint = "give `longest_stay`, or remove this";
        rules.push(violation(&["half_open", "then"], rule, "given alone").hint(hint));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The places at which this breaker, in JSON, breaks a rule.
    fn places(json: &str) -> Vec<String> {
        let mut spec: Spec = serde_json::from_str(json).expect("it has the right shape");
        spec.fill();
        let name = |segment: &Segment| match segment {
            Segment::Field(name) => name.clone().into_owned(),
            other => panic!("{other:?} is no field"),
        };
        let place =
            |finding: &Finding| finding.place.iter().map(name).collect::<Vec<_>>().join(".");
        broken_by(&spec, false).iter().map(place).collect()
    }

    #[test]
    fn what_libraries_allow_breaks_no_rule() {
        for json in [
            "{}",
            r#"{"window": 10, "minimum_calls": 10, "failure_threshold": 10}"#,
            r#"{"window": 10, "failure_rate": 1.0, "half_open": {"calls": 1}}"#,
            r#"{"window": "10s", "minimum_calls": 100000}"#,
            r#"{"window": "1.5s", "buckets": "Tenths"}"#,
            r#"{"window": "10s", "failure_threshold": 20, "half_open": {}}"#,
            r#"{"consecutive_failures": 5, "half_open": {"calls": 3}}"#,
            r#"{"consecutive_failures": 5, "window": 20, "failure_rate": 0.5}"#,
            r#"{"slow_calls": {}, "half_open": {"longest_stay": "1s", "then": "Closed"}}"#,
        ] {
            assert_eq!(places(json), [""; 0], "{json}");
        }
    }

    #[test]
    fn every_rule_has_its_place() {
        for (json, place) in [
            (r#"{"window": 10, "failure_threshold": 11}"#, "failure_threshold"),
            (r#"{"window": 10, "minimum_calls": 11}"#, "minimum_calls"),
            (r#"{"window": "1.5s"}"#, "window"),
            (r#"{"window": 10, "buckets": "Seconds"}"#, "buckets"),
            (r#"{"consecutive_failures": 5, "buckets": "Tenths"}"#, "buckets"),
            (r#"{"consecutive_failures": 5, "window": 10}"#, "window"),
            (r#"{"consecutive_failures": 5, "minimum_calls": 10}"#, "minimum_calls"),
            (r#"{"failure_threshold": 50, "failure_rate": 0.5}"#, "failure_rate"),
            (r#"{"failure_rate": 0.0}"#, "failure_rate"),
            (r#"{"slow_calls": {"rate": 0.0}}"#, "slow_calls.rate"),
            (
                r#"{"consecutive_failures": 5, "half_open": {"verdict": "Rates"}}"#,
                "half_open.verdict",
            ),
            (
                r#"{"window": "9s", "failure_threshold": 5, "half_open": {"verdict": "Rates"}}"#,
                "half_open.verdict",
            ),
            (r#"{"half_open": {"then": "Open"}}"#, "half_open.then"),
            (r#"{"records": "Attempts"}"#, "records"),
        ] {
            assert_eq!(places(json), [place], "{json}");
        }
    }
}
