//! Sequences for rate limits.

use serde_json::{Value, json};

use super::{Dice, MS};
use crate::play::{Sequence, Step};

fn limited(dice: &mut Dice, algorithm: Value, settings: Value, period: u64) -> Limited {
    let max_wait_ns = settings["max_wait_ns"].as_u64().unwrap_or(0);
    let mechanism = json!({"RateLimit": {
        "algorithm": algorithm, "max_wait": format!("{max_wait_ns}ns"),
    }});
    Limited { start: dice.below(3) * period, mechanism, settings, period, grain: 1 }
}

struct Limited {
    start: u64,
    mechanism: Value,
    settings: Value,
    period: u64,
    grain: u64,
}

impl Limited {
    fn calls(self, dice: &mut Dice, steps: usize) -> Sequence {
        let mut now = self.start;
        let mut call = || {
            now = dice.later(now, self.period, self.grain);
            Step::Call(now)
        };
        let steps = (0..steps).map(|_| call()).collect();
        let mechanism = serde_json::from_value(self.mechanism).expect("a specification");
        Sequence { mechanism, settings: self.settings, steps, answers: Vec::new() }
    }
}

/// governor: a time for a cell and a burst; it refuses.
pub(crate) fn gcra(dice: &mut Dice, steps: usize) -> Sequence {
    let every = dice.pick(&[1, 3, 1_000, 333_333_333, 10 * MS, 1_000 * MS]);
    let burst = dice.pick(&[1, 2, 3, 10, 100]);
    let algorithm = json!({"Gcra": {"every": format!("{every}ns"), "burst": burst}});
    let settings = json!({"every_ns": every, "burst": burst});
    limited(dice, algorithm, settings, every).calls(dice, steps)
}

/// tower: so many in a window; calls wait without limit. Tokio's timers are of whole milliseconds.
pub(crate) fn windows(dice: &mut Dice, steps: usize) -> Sequence {
    let window = dice.pick(&[1, 2, 10, 1_000]) * MS;
    let limit = dice.pick(&[1, 2, 3, 10]);
    let algorithm = json!({"FixedWindow": {
        "limit": limit, "window": format!("{window}ns"), "starts": "FirstCall",
    }});
    let max_wait = u64::MAX / 4;
    let settings = json!({"limit": limit, "window_ns": window, "max_wait_ns": max_wait});
    let limit = limited(dice, algorithm, settings, window);
    Limited { grain: MS, ..limit }.calls(dice, steps)
}

/// golang.org/x/time/rate: a rate and a burst; it refuses, or calls wait without limit.
pub(crate) fn go_rate(dice: &mut Dice, steps: usize) -> Sequence {
    let rate = dice.pick(&["1", "3", "7", "10", "100", "1000", "0.1", "2.5", "33.333"]);
    let burst = dice.pick(&[1, 2, 3, 10, 100]);
    let algorithm = json!({"TokenBucket": {
        "rate": format!("{rate}/s"), "burst": burst, "arithmetic": "Float",
    }});
    let per_s: f64 = rate.parse().expect("a number");
    let max_wait = dice.pick(&[0, u64::MAX / 4]);
    let settings = json!({"per_s": per_s, "burst": burst, "max_wait_ns": max_wait});
    let period = (1e9 / per_s) as u64;
    limited(dice, algorithm, settings, period).calls(dice, steps)
}

/// The send rate of botocore's adaptive mode: calls that wait for it in turn, and results, with
/// phases in which few or many are throttled, which are `Ignored` here.
pub(crate) fn aws_adaptive(dice: &mut Dice, steps: usize) -> Sequence {
    let mechanism = json!({"RateLimit": {"algorithm": {"AwsAdaptive": {}}}});
    let mechanism = serde_json::from_value(mechanism).expect("a specification");
    let mut made = Vec::with_capacity(steps);
    let mut under_way: Vec<usize> = Vec::new();
    let (mut now, mut gap, mut throttled) = (0, 500 * MS, 30);
    while made.len() < steps {
        if dice.below(25) == 0 {
            gap = dice.pick(&[200, 1_000, 2_000]) * MS;
            throttled = dice.pick(&[0, 10, 30, 60]);
        }
        now = match dice.below(8) {
            0 => dice.later(now, 500 * MS, 1),
            1 | 2 => now,
            _ => now + dice.below(gap),
        };
        if under_way.is_empty() || dice.below(3 + under_way.len() as u64) < 9 {
            under_way.push(made.len());
            made.push(Step::Call(now));
            continue;
        }
        // The oldest is the likeliest to have been sent; what waits cannot end.
        let place = if dice.below(4) > 0 { 0 } else { dice.below(under_way.len() as u64) };
        let call = under_way[place as usize];
        if dice.below(8) > 0 {
            under_way.remove(place as usize);
        }
        made.push(match dice.below(100) {
            luck if luck < throttled => Step::Ignored(now, call),
            luck if luck % 4 == 0 => Step::Fails(now, call),
            _ => Step::Succeeds(now, call),
        });
    }
    Sequence { mechanism, settings: json!({}), steps: made, answers: Vec::new() }
}

/// resilience4j: so many in a cycle, with reservations within the timeout.
pub(crate) fn cycles(dice: &mut Dice, steps: usize) -> Sequence {
    let window = dice.pick(&[500, 1_000, MS, 10 * MS, 1_000 * MS]);
    let limit = dice.pick(&[1, 2, 3, 50]);
    let max_wait = dice.pick(&[0, 1, 2, 5, 40]) * window / 2;
    let algorithm = json!({"FixedWindow": {"limit": limit, "window": format!("{window}ns")}});
    let settings = json!({"limit": limit, "window_ns": window, "max_wait_ns": max_wait});
    limited(dice, algorithm, settings, window).calls(dice, steps)
}
