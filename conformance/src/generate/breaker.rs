//! Sequences for breakers.

use serde_json::json;

use super::{Dice, MS};
use crate::play::{Sequence, Step};

/// Calls and their results, late ones among them, with phases of many failures and of few.
fn results(dice: &mut Dice, steps: usize, period: u64, grain: u64) -> Vec<Step> {
    let mut made = Vec::with_capacity(steps);
    let mut open: Vec<(u64, usize)> = Vec::new();
    let (mut now, mut failing) = (0, 50);
    while made.len() < steps {
        if dice.below(20) == 0 {
            failing = dice.pick(&[0, 10, 50, 90, 100]);
        }
        now = match dice.below(3) {
            0 => dice.later(now, period, grain),
            _ => (now + dice.below(period / 20 + 1)) / grain * grain,
        };
        if open.is_empty() || (open.len() < 12 && dice.below(2) == 0) {
            open.push((now, made.len()));
            made.push(Step::Call(now));
        } else {
            let (_, call) = open.swap_remove(dice.below(open.len() as u64) as usize);
            let fails = dice.below(100) < failing;
            made.push(if fails { Step::Fails(now, call) } else { Step::Succeeds(now, call) });
        }
    }
    made
}

/// resilience4j's breaker: rates over counts or seconds, slow calls, trial calls.
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
    let breaker = json!({
        "window": if by_time { json!(format!("{window}s")) } else { json!(window) },
        "minimum_calls": minimum,
        "failure_rate": f64::from(rate) / 100.0,
        "open_duration": format!("{open_ms}ms"),
        "at_end": "Refuses",
        "half_open": {"calls": trials},
        "slow_calls": {
            "longer_than": format!("{slow_ms}ms"), "rate": f64::from(slow_rate) / 100.0,
        },
    });
    let settings = json!({
        "time_based": by_time, "window": window, "minimum": minimum, "failure_rate": rate,
        "open_ms": open_ms, "trials": trials,
        "slow_ms": slow_ms, "slow_rate": slow_rate,
    });
    let mechanism = serde_json::from_value(json!({"Breaker": breaker})).expect("a specification");
    let steps = results(dice, steps, u64::from(open_ms as u32) * MS, 1);
    Sequence { mechanism, settings, steps, answers: Vec::new() }
}

/// gobreaker: failures in a row, trial calls that must all be good, and no late results.
pub(crate) fn gobreaker(dice: &mut Dice, steps: usize) -> Sequence {
    let in_a_row = dice.pick(&[1, 2, 3, 6]);
    let open_ms: u64 = dice.pick(&[1, 100, 60_000]);
    let trials = dice.pick(&[1, 2, 3, 10]);
    let mechanism = json!({"Breaker": {
        "consecutive_failures": in_a_row, "open_duration": format!("{open_ms}ms"),
        "opens_on": "Failures", "at_end": "Refuses", "late_results": "Discard",
        "half_open": {"calls": trials, "verdict": "AllGood"},
    }});
    let settings = json!({"in_a_row": in_a_row, "open_ms": open_ms, "trials": trials});
    let steps = results(dice, steps, open_ms * MS, 1);
    let mechanism = serde_json::from_value(mechanism).expect("a specification");
    Sequence { mechanism, settings, steps, answers: Vec::new() }
}
