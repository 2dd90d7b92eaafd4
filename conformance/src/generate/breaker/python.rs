//! Breakers of Python.

use serde_json::json;

use super::{Calls, Dice, MS, sequence};
use crate::play::Sequence;

/// pybreaker: failures in a row, and a threshold of successes. It holds a lock while a call is
/// under way, so there is one at a time.
pub(crate) fn pybreaker(dice: &mut Dice, steps: usize) -> Sequence {
    let failures = dice.pick(&[1, 2, 3, 5]);
    let open_ms: u64 = dice.pick(&[1, 100, 60_000]);
    let good = dice.pick(&[1, 2, 3]);
    let breaker = json!({
        "consecutive_failures": failures, "opens_on": "Failures",
        "open_duration": format!("{open_ms}ms"),
        "half_open": {"calls": good, "verdict": "AllGood"},
        // What it excludes is a success.
        "failure_on": ["Error", "Timeout", "Rejected"],
    });
    let settings = json!({"failures": failures, "open_ms": open_ms, "good": good});
    // Its clock has whole microseconds.
    let calls = Calls { grain: MS / 1_000, at_once: 1, ignored: true, ..Calls::of(open_ms * MS) };
    let steps = calls.steps(dice, steps);
    sequence(breaker, settings, steps)
}
