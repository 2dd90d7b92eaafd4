//! Sequences for throttles: calls, and results as many or few of which are failures.

use serde_json::json;

use super::{Dice, MS};
use crate::play::{Sequence, Step};

/// failsafe-go's adaptive throttler, whose rejection rate is asked at each call. What is recorded
/// does not depend on what the library has refused at random.
pub(crate) fn failsafe_go(dice: &mut Dice, steps: usize) -> Sequence {
    // Windows whose buckets begin at whole seconds of the epoch, where the library's clock begins.
    let window_ms: u64 = dice.pick(&[20, 1_000, 20_000, 60_000]);
    let failure_rate = dice.pick(&[0.1, 0.0, 0.5, 0.25, 0.99]);
    let min_calls = dice.pick(&[0, 1, 10]);
    let max_rejection = dice.pick(&[0.9, 1.0, 0.3, 0.0]);
    let mechanism = json!({"Throttle": {"algorithm": {"FailsafeGo": {
        "failure_rate": failure_rate, "min_calls": min_calls,
        "window": format!("{window_ms}ms"), "max_rejection": max_rejection,
    }}}});
    let settings = json!({
        "failure_rate": failure_rate, "min_calls": min_calls, "window_ms": window_ms,
        "max_rejection": max_rejection,
    });
    let bucket = window_ms * MS / 20;
    let mut made = Vec::with_capacity(steps);
    let (mut now, mut failing) = (0, 50);
    while made.len() < steps {
        if dice.below(20) == 0 {
            failing = dice.pick(&[0, 5, 50, 90, 100]);
        }
        now = match dice.below(6) {
            0 => dice.later(now, bucket, 1),
            1 => dice.later(now, window_ms * MS, 1),
            _ => now + dice.below(bucket / 5 + 1),
        };
        made.push(match dice.below(2) {
            0 => Step::Call(now),
            _ if dice.below(100) < failing => Step::Fails(now, 0),
            _ => Step::Succeeds(now, 0),
        });
    }
    let mechanism = serde_json::from_value(mechanism).expect("a specification");
    Sequence { mechanism, settings, steps: made, answers: Vec::new() }
}
