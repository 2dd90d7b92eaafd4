//! Envoy's `hedge_on_per_try_timeout`, by `source/common/router/router.cc` and
//! `retry_state_impl.cc` of 2024, whose functions are named: a timeout of 100 ms for each try,
//! three retries, and the backoff of 25 ms, whose draw is one half.

use serde_json::{Value, json};

use super::One;
use crate::model::context::Outcome::{Error, Success};

fn envoy(more: &Value) -> One {
    let mut spec = json!({
        "after": "100ms", "max": 3, "on_failure": "Replaces", "failure": "Last",
        "backoff": {"Exponential": {
            "base": "25ms", "cap": "250ms", "jitter": "Full", "grain": "1ms",
        }},
        "budget": {"Concurrent": {"min": 3}},
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        spec[name] = value.clone();
    }
    One::drawing(spec, 0.5)
}

/// `Filter::onPerTryTimeoutCommon` resets nothing, and
/// `RetryStateImpl::shouldHedgeRetryPerTryTimeout` asks for a retry with backoff, drawn below 25,
/// 50 and 100 ms.
#[test]
fn a_try_that_times_out_is_left_running_and_retried_after_the_backoff() {
    let mut one = envoy(&json!({}));
    one.advance(10_000);
    assert_eq!(one.sent, [0, 112, 237, 387]);
    one.end(10_000, 0, Success);
    assert_eq!(one.over, Some((10_000, Success, 0)), "the first good response wins");
}

/// `Filter::onUpstreamHeaders`: a try that was retried for its timeout is not retried again
/// (`upstream_request.retried()`); its bad response is dropped while others await headers or a
/// retry is pending.
#[test]
fn a_bad_response_of_a_try_that_was_retried_sends_none() {
    let mut one = envoy(&json!({}));
    one.end(105, 0, Error);
    assert_eq!((one.sent.as_slice(), one.over), (&[0][..], None), "a retry is pending");
    one.advance(112);
    assert_eq!(one.sent, [0, 112]);
    one.end(150, 1, Error);
    assert_eq!(one.over, None);
    one.advance(175);
    assert_eq!(one.sent, [0, 112, 175], "the latest try is retried after 25 ms");
    one.advance(400);
    assert_eq!(one.sent, [0, 112, 175, 325]);
    one.end(500, 2, Error);
    assert_eq!(one.over, None, "one awaits headers");
    one.end(600, 3, Error);
    assert_eq!(one.over, Some((600, Error, 3)));
}

/// `onSoftPerTryTimeout`: a retry that overflows is not made, and the try goes on.
#[test]
fn a_retry_that_overflows_is_not_made() {
    let mut one = envoy(&json!({"budget": {"Concurrent": {"min": 0, "ratio": 0.5}}}));
    one.advance(10_000);
    assert_eq!((one.sent.as_slice(), one.over), (&[0][..], None));
    one.end(10_001, 0, Error);
    assert_eq!(one.over, Some((10_001, Error, 0)));
}
