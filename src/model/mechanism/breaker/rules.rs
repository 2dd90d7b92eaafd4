//! The rules between the fields of a breaker.

use super::settings::{AtClose, Begins, LateResults, OpensOn, Verdict, Volume};
use super::spec::{Buckets, Records, Spec};
use crate::kernel::units::CountOrTime;
use crate::model::mechanism::retry::spec::RetryOn;
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
    buckets(spec, &mut rules);
    thresholds(spec, &mut rules);
    counted(spec, &mut rules);
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
    let is_one = *buckets == Some(Buckets::One) && spec.consecutive_failures.is_some();
    if let Some(place) = given.filter(|_| !is_used && !is_one) {
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

/// Most buckets of a window: what a result costs grows with them.
const MAX_BUCKETS: u64 = 1_000;

fn buckets(spec: &Spec, rules: &mut Vec<Finding>) {
    let Some(CountOrTime::Time(span)) = spec.window else {
        if spec.volume != Volume::Results {
            let rule = "calls are counted in a window of time only";
            let found = "this breaker has no window of time";
            let hint = "a window of time is written window: \"10s\"";
            rules.push(violation(&["volume"], rule, found).hint(hint));
        }
        if spec.opens_on == OpensOn::Buckets {
            let rule = "needs a window of time, which has buckets";
            let found = "this breaker has no window of time";
            let hint = "Hystrix has window: \"10s\", buckets: Start(\"500ms\")";
            rules.push(violation(&["opens_on"], rule, found).hint(hint));
        }
        return;
    };
    match spec.buckets.unwrap_or_default() {
        Buckets::Clock(width) | Buckets::Start(width) => {
            let least = span.as_ns().div_ceil(MAX_BUCKETS);
            if width.as_ns() == 0 || width > span || width.as_ns() < least {
                let rule = format!(
                    "a bucket is above 0, at most `window`, {span}, and at least a \
                                    {MAX_BUCKETS}th of it"
                );
                rules.push(violation(&["buckets"], rule, format!("found {width}")));
            }
        }
        Buckets::Tenths | Buckets::One if spec.opens_on == OpensOn::Buckets => {
            let rule = "needs buckets that end by time: `Seconds`, `Clock` or `Start`";
            let found = "those of this breaker are begun by results";
            rules.push(violation(&["opens_on"], rule, found));
        }
        Buckets::Tenths | Buckets::One | Buckets::Seconds => {}
    }
}

/// What counts, and for how long the breaker is open.
fn counted(spec: &Spec, rules: &mut Vec<Finding>) {
    let both = |outcome: &&RetryOn| spec.failure_on.contains(outcome);
    if let Some(outcome) = spec.ignored.iter().find(both) {
        let rule = "an outcome is a failure, ignored, or else a success: give one";
        let found = format!("{outcome:?} is in `failure_on`, too");
        let hint = "leave it out of `failure_on`, whose default is all outcomes";
        rules.push(violation(&["ignored"], rule, found).hint(hint));
    }
    if spec.failure_on.is_empty() && spec.slow_calls.is_none() {
        let rule = "this breaker can never open: nothing is a failure";
        rules.push(violation(&["failure_on"], rule, "an empty list, and no `slow_calls`"));
    }
    if spec.open_backoff.is_some() && spec.open_duration.is_some() {
        let rule = "`open_duration` and `open_backoff` both say how long it is open: give one";
        rules.push(violation(&["open_backoff"], rule, "given as well as `open_duration`"));
    }
    let needs_half_open: [(bool, &'static [&'static str]); 3] = [
        (spec.open_backoff.is_some(), &["open_backoff"]),
        (spec.at_close != AtClose::Empties, &["at_close"]),
        (spec.late_results == LateResults::Own, &["late_results"]),
    ];
    for (_, place) in needs_half_open.iter().filter(|(given, _)| *given) {
        if spec.half_open.is_none() {
            let rule = "needs `half_open`, from which the breaker closes";
            rules.push(violation(place, rule, "this breaker has no `half_open`"));
        }
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
    if let Some(Verdict::Good(good)) = half_open.verdict
        && !(1..=half_open.calls).contains(&good)
    {
        let rule = format!("must be from 1 to the number of trial calls, {}", half_open.calls);
        rules.push(violation(&["half_open", "verdict"], rule, format!("found Good({good})")));
    }
    if half_open.begins == Begins::Timer && half_open.longest_stay.is_some() {
        let rule = "a half-open that begins by a timer has no longest stay";
        let hint = "remove one of both";
        let found = "`begins` is `Timer`";
        rules.push(violation(&["half_open", "longest_stay"], rule, found).hint(hint));
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
            r#"{"consecutive_failures": 5, "window": "1s", "buckets": "One"}"#,
            r#"{"window": "10s", "buckets": {"Start": "500ms"}, "opens_on": "Buckets"}"#,
            r#"{"failure_on": [], "slow_calls": {}}"#,
            r#"{"open_backoff": {"Exponential": {"base": "1s"}}, "half_open": {}}"#,
            r#"{"half_open": {"calls": 3, "verdict": {"Good": 3}}}"#,
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
            (r#"{"window": "9s", "buckets": {"Start": "0s"}}"#, "buckets"),
            (r#"{"window": "9s", "buckets": {"Start": "10s"}}"#, "buckets"),
            (r#"{"window": "9s", "buckets": {"Clock": "8ms"}}"#, "buckets"),
            (r#"{"window": "9s", "buckets": "Tenths", "opens_on": "Buckets"}"#, "opens_on"),
            (r#"{"opens_on": "Buckets"}"#, "opens_on"),
            (r#"{"volume": "Calls"}"#, "volume"),
            (r#"{"ignored": ["Shed"]}"#, "ignored"),
            (r#"{"failure_on": []}"#, "failure_on"),
            (r#"{"open_backoff": {"Constant": "1s"}}"#, "open_backoff"),
            (
                r#"{"open_backoff": {"Constant": "1s"}, "open_duration": "1s", "half_open": {}}"#,
                "open_backoff",
            ),
            (r#"{"at_close": "Keeps"}"#, "at_close"),
            (r#"{"late_results": "Own"}"#, "late_results"),
            (r#"{"half_open": {"calls": 3, "verdict": {"Good": 4}}}"#, "half_open.verdict"),
            (
                r#"{"half_open": {"begins": "Timer", "longest_stay": "1s"}}"#,
                "half_open.longest_stay",
            ),
            (r#"{"half_open": {"then": "Open"}}"#, "half_open.then"),
            (r#"{"records": "Attempts"}"#, "records"),
        ] {
            assert_eq!(places(json), [place], "{json}");
        }
    }
}
