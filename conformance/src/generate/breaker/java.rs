//! Breakers of Java.

use serde_json::json;

use super::{Calls, Dice, MS, sequence};
use crate::play::Sequence;

/// resilience4j's breaker: rates over counts or seconds, slow calls, trial calls, an open time that
/// grows, and ignored results.
pub(crate) fn resilience4j(dice: &mut Dice, steps: usize) -> Sequence {
    let by_time = dice.below(2) == 0;
    let window = dice.pick(&[1, 2, 5, 10]);
    let minimum = dice.pick(&[1, 2, 5, 10]);
    let minimum = if by_time { minimum } else { minimum.min(window) };
    let rate = dice.pick(&[1, 10, 25, 30, 50, 60, 100]);
    let open_ms = dice.pick(&[100, 1_000, 3_000]);
    let trials = dice.pick(&[1, 2, 3, 10]);
    // Its defaults, which count unless they are changed, or others.
    let (slow_ms, slow_rate) = match dice.below(3) {
        0 => (dice.pick(&[1, 50, 500]), dice.pick(&[10, 50, 100])),
        _ => (60_000, 100),
    };
    let mut breaker = json!({
        "window": if by_time { json!(format!("{window}s")) } else { json!(window) },
        "minimum_calls": minimum,
        "failure_rate": f64::from(rate) / 100.0,
        "at_end": "Refuses",
        "half_open": {"calls": trials},
        "slow_calls": {
            "longer_than": format!("{slow_ms}ms"), "rate": f64::from(slow_rate) / 100.0,
        },
        "failure_on": ["Error", "Timeout", "Rejected"], "ignored": ["Shed"],
    });
    // At most eight times as long, in whole milliseconds.
    let grows = dice.below(2) == 0;
    if grows {
        breaker["open_backoff"] = json!({"Exponential": {
            "base": format!("{open_ms}ms"), "cap": format!("{}ms", 8 * open_ms),
        }});
    } else {
        breaker["open_duration"] = json!(format!("{open_ms}ms"));
    }
    let settings = json!({
        "time_based": by_time, "window": window, "minimum": minimum, "failure_rate": rate,
        "open_ms": open_ms, "grows": grows, "trials": trials,
        "slow_ms": slow_ms, "slow_rate": slow_rate,
    });
    let calls = Calls { ignored: true, ..Calls::of(open_ms * MS) };
    let steps = calls.steps(dice, steps);
    sequence(breaker, settings, steps)
}

/// Hystrix: judged at the end of buckets, and a trial call each time it has slept.
pub(crate) fn hystrix(dice: &mut Dice, steps: usize) -> Sequence {
    let bucket_ms = dice.pick(&[10, 100, 500]);
    let buckets = dice.pick(&[1, 2, 10, 20]);
    let minimum = dice.pick(&[1, 2, 5, 20]);
    let percent = dice.pick(&[1, 10, 25, 50, 75, 100]);
    let sleep_ms = bucket_ms * dice.pick(&[1, 3, 10]);
    let breaker = json!({
        "window": format!("{}ms", bucket_ms * buckets),
        "buckets": {"Start": format!("{bucket_ms}ms")},
        "minimum_calls": minimum, "failure_rate": f64::from(percent) / 100.0,
        "opens_on": "Buckets", "at_end": "Refuses", "at_close": "Restarts",
        "open_duration": format!("{sleep_ms}ms"),
        "half_open": {
            "calls": 1, "verdict": "AnyGood",
            "longest_stay": format!("{sleep_ms}ms"), "then": "HalfOpen",
        },
        "failure_on": ["Error", "Timeout", "Rejected"], "ignored": ["Shed"],
    });
    let settings = json!({
        "bucket_ms": bucket_ms, "buckets": buckets, "minimum": minimum, "percent": percent,
        "sleep_ms": sleep_ms,
    });
    // Its clock has whole milliseconds.
    let calls = Calls { grain: MS, ignored: true, ..Calls::of(bucket_ms * MS) };
    let steps = calls.steps(dice, steps);
    sequence(breaker, settings, steps)
}
