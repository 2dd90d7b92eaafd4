//! Breakers of Node.

use serde_json::json;

use super::{Calls, Dice, MS, sequence};
use crate::play::Sequence;

/// opossum: failures of a window, as a ratio of all calls in it, that closing does not empty.
pub(crate) fn opossum(dice: &mut Dice, steps: usize) -> Sequence {
    let bucket_ms: u64 = dice.pick(&[1, 100, 1_000]);
    let buckets = dice.pick(&[1, 2, 10]);
    let percent = dice.pick(&[1, 10, 25, 25, 50]);
    let minimum = dice.pick(&[1, 2, 5, 10]);
    let open_ms = bucket_ms * dice.pick(&[3, 10, 30]);
    let breaker = json!({
        "window": format!("{}ms", bucket_ms * buckets),
        "buckets": {"Start": format!("{bucket_ms}ms")},
        "minimum_calls": minimum, "volume": "Calls",
        "failure_rate": f64::from(percent) / 100.0, "comparison": "Above",
        "opens_on": "Failures", "open_duration": format!("{open_ms}ms"), "at_close": "Keeps",
        "half_open": {"calls": 1, "begins": "Timer", "verdict": "AllGood"},
        // What it filters is a success.
        "failure_on": ["Error", "Timeout", "Rejected"],
    });
    let settings = json!({
        "bucket_ms": bucket_ms, "buckets": buckets, "percent": percent, "minimum": minimum,
        "open_ms": open_ms,
    });
    let period_ms = dice.pick(&[open_ms, bucket_ms, bucket_ms]);
    let calls = Calls { grain: MS, ignored: true, ..Calls::of(period_ms * MS) };
    let steps = calls.steps(dice, steps);
    sequence(breaker, settings, steps)
}

/// cockatiel: failures in a row, or a ratio of the latest results, that count as in the state that
/// admitted their call; and an open time that grows.
pub(crate) fn cockatiel(dice: &mut Dice, steps: usize) -> Sequence {
    let open_ms: u64 = dice.pick(&[1, 100, 1_000]);
    let mut breaker = json!({
        "opens_on": "Failures", "late_results": "Own", "at_close": "Restarts",
        "half_open": {"calls": 1, "verdict": "AllGood"},
    });
    let mut settings = json!({"open_ms": open_ms});
    if dice.below(2) == 0 {
        let failures = dice.pick(&[1, 2, 3, 5]);
        breaker["consecutive_failures"] = json!(failures);
        settings["in_a_row"] = json!(failures);
    } else {
        let size = dice.pick(&[1, 2, 5, 10]);
        let minimum = dice.pick(&[1, 2, 5, 10]).min(size);
        let rate = dice.pick(&[0.1, 0.25, 0.5, 0.75]);
        breaker["window"] = json!(size);
        breaker["minimum_calls"] = json!(minimum);
        breaker["failure_rate"] = json!(rate);
        breaker["comparison"] = json!("Above");
        settings["size"] = json!(size);
        settings["minimum"] = json!(minimum);
        settings["rate"] = json!(rate);
    }
    if dice.below(2) == 0 {
        breaker["open_duration"] = json!(format!("{open_ms}ms"));
    } else {
        breaker["open_backoff"] = json!({"Exponential": {
            "base": format!("{open_ms}ms"), "cap": format!("{}ms", 8 * open_ms),
        }});
        settings["grows"] = json!(true);
    }
    let steps = Calls { grain: MS, ..Calls::of(open_ms * MS) }.steps(dice, steps);
    sequence(breaker, settings, steps)
}
