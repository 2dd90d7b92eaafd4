//! Headlines of stories made by hand.

use std::collections::BTreeMap;

use super::*;
use crate::report::explain::{Cause, EXPLANATION_SCHEMA, FaultEffect, Outcome};
use crate::report::result::{Requests, RunResult};
use crate::report::sample;

const S: u64 = 1_000_000_000;

fn story(succeeded: u64, ends: &[BreakageEnd]) -> Story {
    let requests = Requests { offered: 100, succeeded, ..Requests::default() };
    let cause = Cause::Fault {
        fault: "freeze".to_owned(),
        service: "db".to_owned(),
        replica: None,
        zone: None,
        effect: FaultEffect::Frozen,
        factor: None,
        ratio: 1.0,
    };
    let breakage = |(at, end): (u64, &BreakageEnd)| Breakage {
        from_ns: (at + 1) * S,
        until_ns: (at + 2) * S,
        arrived: 50,
        ended: 50,
        good: 10 + at,
        trigger: Some(0),
        end: *end,
    };
    Story {
        outcome: Outcome { requests, ..Outcome::default() },
        breakages: (0..).zip(ends).map(breakage).collect(),
        triggers: vec![Trigger { from_ns: S, until_ns: 2 * S, changes: true, cause }],
        ..Story::default()
    }
}

fn explanation(arms: &[(&str, Story)]) -> Explanation {
    let RunResult { scenario, seed, fingerprint, .. } = sample::burst();
    let arms: BTreeMap<String, Story> =
        arms.iter().map(|(name, story)| ((*name).to_owned(), story.clone())).collect();
    Explanation { schema: EXPLANATION_SCHEMA, scenario, seed, fingerprint, arms }
}

/// The headline without the marks that isolate names.
fn of(arms: &[(&str, Story)]) -> Option<String> {
    headline(&explanation(arms)).map(|text| text.replace(['\u{2068}', '\u{2069}'], ""))
}

#[test]
fn a_headline_names_the_worst_first_and_the_common_trigger() {
    let arms = [
        ("a", story(100, &[])),
        ("b", story(50, &[BreakageEnd::Recovers])),
        ("c", story(20, &[BreakageEnd::Stays])),
        ("d", story(50, &[BreakageEnd::WithTrigger])),
    ];
    let expected = "After fault freeze, “c” breaks down and does not come back; “b” and “d” \
                    recover; “a” stays well.";
    assert_eq!(of(&arms).as_deref(), Some(expected));
    assert_eq!(worst(&explanation(&arms)).map(|(name, _)| name), Some("c"));
}

#[test]
fn the_only_arm_is_the_system() {
    let open = of(&[("main", story(20, &[BreakageEnd::Recovers, BreakageEnd::Open]))]);
    assert_eq!(open.as_deref(), Some("After fault freeze, the system is broken to the end."));
    let mut lost = story(50, &[]);
    lost.outcome.requests.failed = 50;
    assert_eq!(of(&[("main", lost)]).as_deref(), Some("The system loses requests all the time."));
}

/// The verdict is the headline then.
#[test]
fn there_is_no_headline_when_nothing_broke() {
    assert_eq!(of(&[("a", story(100, &[])), ("b", story(100, &[]))]), None);
    assert!(worst(&explanation(&[("a", story(100, &[]))])).is_none());
}

#[test]
fn many_arms_are_counted_and_no_common_trigger_is_claimed() {
    let names = ["a", "b", "c", "d", "e"];
    let mut arms: Vec<(&str, Story)> =
        names.iter().map(|name| (*name, story(20, &[BreakageEnd::Stays]))).collect();
    arms[4].1.breakages[0].trigger = None;
    assert_eq!(of(&arms).as_deref(), Some("5 arms break down and do not come back."));
}
