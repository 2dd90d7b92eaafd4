//! Defaults of the specification.

use crate::kernel::draw::Site;
use crate::kernel::time::Duration;
use crate::model::mechanism::breaker::settings::{
    AfterStay, Failures, OpenTime, Settings, Verdict,
};
use crate::model::mechanism::breaker::spec::Spec;
use crate::model::mechanism::breaker::window::Span;

fn settings(json: &str) -> Settings {
    let spec: Spec = serde_json::from_str(json).expect("it has the right shape");
    spec.settings(Site::new(1, "breaker", "open")).expect("it is valid")
}

#[test]
fn half_of_a_full_window_of_100_opens_a_breaker_by_default() {
    let settings = settings("{}");
    assert_eq!(settings.window, Some(Span::Count(100)));
    assert_eq!(settings.minimum_calls, 100);
    assert_eq!(settings.failures, Some(Failures::Count(50)));
    assert_eq!((settings.slow_calls, settings.consecutive_failures), (None, None));
    assert_eq!(settings.half_open, None);
    let OpenTime::Constant(open) = settings.open_time else { panic!("it does not grow") };
    assert_eq!(open, Duration::from_s(60));
}

#[test]
fn the_default_threshold_depends_on_other_fields() {
    let opening = |json| {
        let Settings { window, minimum_calls, failures, .. } = settings(json);
        (window, minimum_calls, failures)
    };
    let (span, width) = (Duration::from_s(10), Duration::from_s(1));
    let ten = Some(Span::Clock { span, width });
    let count = |count| Some(Span::Count(count));
    for (json, expected) in [
        (r#"{"window": 7}"#, (count(7), 7, Some(Failures::Count(4)))),
        (r#"{"window": "10s"}"#, (ten, 100, Some(Failures::Rate(0.5)))),
        (r#"{"failure_rate": 0.1}"#, (count(100), 100, Some(Failures::Rate(0.1)))),
        (r#"{"slow_calls": {}}"#, (count(100), 100, Some(Failures::Count(50)))),
        (r#"{"consecutive_failures": 5}"#, (None, 100, None)),
        (
            r#"{"consecutive_failures": 5, "slow_calls": {}, "minimum_calls": 20}"#,
            (count(100), 20, None),
        ),
    ] {
        assert_eq!(opening(json), expected, "{json}");
    }
    let tenths = settings(r#"{"window": "10s", "buckets": "Tenths"}"#);
    assert_eq!(tenths.window, Some(Span::Tenths(Duration::from_s(10))));
}

#[test]
fn rates_decide_over_trial_calls_if_there_are_any() {
    let verdict = |json| settings(json).half_open.map(|half_open| half_open.verdict);
    for (json, expected) in [
        (r#"{"half_open": {}}"#, Verdict::Rates),
        (r#"{"half_open": {}, "window": "10s"}"#, Verdict::Rates),
        (r#"{"half_open": {}, "consecutive_failures": 5}"#, Verdict::AllGood),
        (r#"{"half_open": {}, "consecutive_failures": 5, "slow_calls": {}}"#, Verdict::Rates),
        (r#"{"half_open": {"verdict": "AllGood"}}"#, Verdict::AllGood),
    ] {
        assert_eq!(verdict(json), Some(expected), "{json}");
    }
    let stay = |json| settings(json).half_open.and_then(|half_open| half_open.longest_stay);
    assert_eq!(stay(r#"{"half_open": {"calls": 3}}"#), None);
    let second = Duration::from_s(1);
    let open = stay(r#"{"half_open": {"longest_stay": "1s"}}"#);
    assert_eq!(open, Some((second, AfterStay::Open)));
    let closed = stay(r#"{"half_open": {"longest_stay": "1s", "then": "Closed"}}"#);
    assert_eq!(closed, Some((second, AfterStay::Closed)));
}

/// Fields that came later are left out at their defaults, so that digests of scenarios stay.
#[test]
fn a_breaker_without_later_fields_is_written_as_before_them() {
    let mut spec: Spec = serde_json::from_str(r#"{"window": 20}"#).expect("it is one");
    spec.fill();
    let written = serde_json::to_string(&spec).expect("it has a form");
    let before =
        r#"{"window":20,"failure_threshold":10,"open_duration":"1m","records":"Outcomes"}"#;
    assert_eq!(written, before);
}
