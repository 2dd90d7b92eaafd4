//! Polly 8.7, by the files of `src/Polly.Core/Hedging` (commit 173d6d1d), whose lines are named.
//! That an outcome waits for its losers (`Controller/HedgingExecutionContext.cs:76-91`) is shown in
//! `tests/suite/theory/copies.rs`.

use serde_json::{Value, json};

use super::One;
use crate::model::context::Outcome::{Error, Success, Timeout};

fn polly(mut spec: Value) -> One {
    spec["losers"] = json!("Await");
    One::new(spec)
}

/// The delay of 2 s and one copy are the defaults (`HedgingConstants.cs:9-17`); no further one is
/// loaded at the limit (`Controller/HedgingExecutionContext.cs:48-51, 104-110`).
#[test]
fn one_copy_after_two_seconds() {
    let mut one = polly(json!({"after": "2s"}));
    one.advance(1_999);
    assert_eq!(one.sent, [0]);
    one.advance(10_000);
    assert_eq!(one.sent, [0, 2_000]);
    one.end(10_100, 1, Success);
    assert_eq!(one.over, Some((10_100, Success, 1)));
}

/// A handled failure goes round the loop and loads the next copy without a wait
/// (`HedgingResilienceStrategy.cs:50-78`), and the next delay begins there (:64-65).
#[test]
fn a_failure_loads_the_next_copy_and_the_delay_begins_again() {
    let mut one = polly(json!({"after": "100ms", "max": 3}));
    one.end(40, 0, Error);
    assert_eq!(one.sent, [0, 40]);
    one.advance(139);
    assert_eq!(one.sent, [0, 40]);
    one.advance(240);
    assert_eq!(one.sent, [0, 40, 140, 240]);
}

/// When all are over, the outcome is that of the first task in the order of their start
/// (`Controller/HedgingExecutionContext.cs:155-164`), which is the primary.
#[test]
fn the_failure_of_the_primary_goes_up_when_all_have_failed() {
    let mut one = polly(json!({"after": "100ms", "max": 2}));
    one.advance(200);
    one.end(250, 1, Error);
    one.end(260, 0, Timeout);
    assert_eq!(one.over, None);
    one.end(300, 2, Error);
    assert_eq!(one.over, Some((300, Timeout, 0)));
}

/// What is not handled is accepted at once (`HedgingResilienceStrategy.cs:73-77`).
#[test]
fn what_should_not_be_handled_ends_the_call() {
    let mut one = polly(json!({"after": "100ms", "max": 2, "non_fatal": ["Error"]}));
    one.advance(150);
    one.end(160, 1, Timeout);
    assert_eq!(one.over, Some((160, Timeout, 1)));
}

/// A delay of zero loads the next task at once, a negative one waits for a task to end
/// (`Controller/HedgingExecutionContext.cs:112-125`).
#[test]
fn no_delay_sends_all_and_a_negative_one_waits_for_failures() {
    assert_eq!(polly(json!({"after": "0s", "max": 3})).sent, [0; 4]);
    let mut one = polly(json!({"only_after_failures": true, "max": 2}));
    one.advance(10_000);
    assert_eq!(one.sent, [0]);
    one.end(10_000, 0, Error);
    one.advance(20_000);
    assert_eq!(one.sent, [0, 10_000]);
    one.end(20_000, 1, Error);
    assert_eq!(one.sent, [0, 10_000, 20_000]);
}
