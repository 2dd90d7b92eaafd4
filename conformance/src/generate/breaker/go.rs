//! Breakers of Go.

use serde_json::json;

use super::{Calls, Dice, MS, sequence};
use crate::play::Sequence;

/// gobreaker: failures in a row or of a window, trial calls that must all be good, results that
/// belong to their call, and excluded ones.
pub(crate) fn gobreaker(dice: &mut Dice, steps: usize) -> Sequence {
    let threshold = dice.pick(&[1, 2, 3, 6]);
    let open_ms: u64 = dice.pick(&[1, 100, 60_000]);
    let trials = dice.pick(&[1, 2, 3, 10]);
    let interval_ms = open_ms * dice.pick(&[1, 2, 10]);
    let mut breaker = json!({
        "open_duration": format!("{open_ms}ms"),
        "opens_on": "Failures", "at_end": "Refuses", "late_results": "Discard",
        "half_open": {"calls": trials, "verdict": "AllGood"},
        "failure_on": ["Error", "Timeout", "Rejected"], "ignored": ["Shed"],
    });
    let mut settings = json!({"open_ms": open_ms, "trials": trials});
    // No window, one that begins again, or one that rolls.
    let window = dice.below(3);
    let bucket_ms = if window == 2 { interval_ms / dice.pick(&[2, 3, 10]) } else { 0 };
    if window > 0 {
        breaker["window"] = json!(format!("{interval_ms}ms"));
        breaker["buckets"] = json!("One");
        settings["interval_ms"] = json!(interval_ms);
    }
    if bucket_ms > 0 {
        breaker["buckets"] = json!({"Start": format!("{bucket_ms}ms")});
        settings["bucket_ms"] = json!(bucket_ms);
    }
    // Failures in a row do not roll here; see README.md.
    let rolls = u64::from(bucket_ms > 0);
    match if window == 0 { 0 } else { rolls + dice.below(3 - rolls) } {
        0 => {
            breaker["consecutive_failures"] = json!(threshold);
            settings["in_a_row"] = json!(threshold);
        }
        1 => {
            breaker["failure_threshold"] = json!(threshold);
            breaker["minimum_calls"] = json!(1);
            settings["failures"] = json!(threshold);
        }
        _ => {
            // Of calls, as in its README, or of results.
            let of_calls = dice.below(2) == 0;
            breaker["failure_rate"] = json!(0.6);
            breaker["minimum_calls"] = json!(threshold);
            breaker["volume"] = json!(if of_calls { "Admitted" } else { "Results" });
            settings["ratio"] = json!(0.6);
            settings["minimum"] = json!(threshold);
            settings["of_calls"] = json!(of_calls);
        }
    }
    let calls = Calls { ignored: true, ..Calls::of(open_ms * MS) };
    let steps = calls.steps(dice, steps);
    sequence(breaker, settings, steps)
}

/// failsafe-go: failures of a count or a time, a rate of a time, a threshold of successes, and
/// permits that are given back.
pub(crate) fn failsafe_go(dice: &mut Dice, steps: usize) -> Sequence {
    let open_ms: u64 = dice.pick(&[1, 100, 60_000]);
    let window_ms: u64 = dice.pick(&[1_000, 2_000, 10_000]);
    let failures: u32 = dice.pick(&[1, 2, 3, 5]);
    let mut breaker = json!({"open_duration": format!("{open_ms}ms"), "minimum_calls": 1});
    let mut settings = json!({"open_ms": open_ms});
    let of_time = |breaker: &mut serde_json::Value| {
        breaker["window"] = json!(format!("{window_ms}ms"));
        breaker["buckets"] = json!({"Clock": format!("{}ms", window_ms / 10)});
    };
    // Trial calls and good ones among them that are enough, if none are given.
    let (calls, verdict) = match dice.below(3) {
        0 => {
            let window = failures + dice.pick(&[0, 1, 5]);
            breaker["window"] = json!(window);
            breaker["failure_threshold"] = json!(failures);
            settings["failures"] = json!(failures);
            settings["of"] = json!(window);
            (window, json!({"Good": window - failures + 1}))
        }
        1 => {
            of_time(&mut breaker);
            breaker["failure_threshold"] = json!(failures);
            breaker["minimum_calls"] = json!(failures);
            settings["failures"] = json!(failures);
            settings["period_ms"] = json!(window_ms);
            (failures, json!({"Good": 1}))
        }
        _ => {
            let (rate, minimum) = (dice.pick(&[0.1, 0.25, 0.3, 0.5]), dice.pick(&[1, 2, 5, 10]));
            of_time(&mut breaker);
            breaker["failure_rate"] = json!(rate);
            breaker["comparison"] = json!("Rounded");
            breaker["minimum_calls"] = json!(minimum);
            settings["rate"] = json!(rate);
            settings["minimum"] = json!(minimum);
            settings["period_ms"] = json!(window_ms);
            (minimum, json!("Rates"))
        }
    };
    let mut half_open = json!({"calls": calls, "places": "AtOnce", "verdict": verdict});
    if dice.below(2) == 0 {
        let good: u32 = dice.pick(&[1, 2, 3]);
        let of = good + dice.pick(&[0, 1, 5]);
        half_open["calls"] = json!(of);
        half_open["verdict"] = json!({"Good": good});
        settings["good"] = json!(good);
        settings["good_of"] = json!(of);
    }
    breaker["half_open"] = half_open;
    let period = if dice.below(2) == 0 { open_ms } else { window_ms / 10 };
    let steps = Calls::of(period * MS).steps(dice, steps);
    sequence(breaker, settings, steps)
}
