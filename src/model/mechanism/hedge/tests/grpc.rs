//! The gRPC proposal A6, "Hedging policy" and "Pushback"; grpc-java itself is asked in
//! `conformance/`.

use serde_json::json;

use super::One;
use crate::kernel::time::Duration;
use crate::model::context::{Outcome, Pushback};

fn after(ms: u64) -> Option<Pushback> {
    Some(Pushback::After(Duration::from_ns(ms * super::MS)))
}

/// Three copies, 100 ms apart.
fn a6() -> One {
    One::new(json!({
        "after": "100ms", "max": 2, "failure": "Last", "pushback": "Waits",
        "non_fatal": ["Error"],
    }))
}

/// A copy that fails at 40 ms and asks for 30 ms: the next at 70 ms, the last 100 ms later.
#[test]
fn pushback_moves_the_next_copy_and_with_it_the_later_ones() {
    let mut one = a6();
    one.end_naming(40, 0, Outcome::Error, after(30));
    one.advance(1_000);
    assert_eq!(one.sent, [0, 70, 170]);
}

#[test]
fn do_not_retry_ends_copying_and_what_is_in_flight_goes_on() {
    let mut one = a6();
    one.end_naming(120, 0, Outcome::Error, Some(Pushback::Never));
    one.advance(1_000);
    assert_eq!((one.sent.as_slice(), one.over), (&[0, 100][..], None));
    one.end(1_200, 1, Outcome::Success);
    assert_eq!(one.over, Some((1_200, Outcome::Success, 1)));
    let mut alone = a6();
    alone.end_naming(40, 0, Outcome::Error, Some(Pushback::Never));
    assert_eq!(alone.over, Some((40, Outcome::Error, 0)), "nothing is in flight");
}

#[test]
fn after_a_failure_the_delays_start_again_and_a_fatal_one_ends_the_call() {
    let mut one = a6();
    one.end(40, 0, Outcome::Error);
    one.advance(139);
    assert_eq!(one.sent, [0, 40]);
    one.advance(140);
    assert_eq!(one.sent, [0, 40, 140]);
    one.end(150, 1, Outcome::Shed);
    assert_eq!(one.over, Some((150, Outcome::Shed, 1)));
}

/// Of four tokens two failures leave no more than half: no further copy is sent, and the failure
/// goes up once nothing is in flight. Successes give them back.
#[test]
fn a_throttle_drops_copies_and_the_failure_goes_up_without_others_in_flight() {
    let mut one = One::new(json!({
        "after": "100ms", "max": 4, "failure": "Last", "non_fatal": ["Error"],
        "budget": {"Throttle": {"max_tokens": 4.0, "token_ratio": 0.5}},
    }));
    one.advance(200);
    assert_eq!(one.sent, [0, 100, 200]);
    one.end(210, 0, Outcome::Error);
    assert_eq!(one.sent, [0, 100, 200, 210], "three tokens of four");
    one.end(220, 1, Outcome::Error);
    one.advance(1_000);
    assert_eq!((one.sent.len(), one.over), (4, None), "two are no more than half");
    one.end(1_100, 2, Outcome::Error);
    assert_eq!(one.over, None, "one is in flight");
    one.end(1_200, 3, Outcome::Error);
    assert_eq!(one.over, Some((1_200, Outcome::Error, 3)));
}
