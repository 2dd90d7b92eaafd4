//! Sequences for adaptive limits: samples with phases of short and of long times, of few calls
//! inside and of many, and with drops.

use dessim::kernel::draw::Site;
use dessim::model::mechanism::adaptive_limit::algorithm::Jitter;
use serde_json::{Value, json};

use super::{Dice, MS};
use crate::play::{Sequence, Step, adaptive_limit::SITE};

/// Numbers that the jitter of a sequence has before it begins again.
const UNITS: usize = 64;

fn samples(dice: &mut Dice, steps: usize, initial: u64, gap: u64) -> Vec<Step> {
    let mut made = Vec::with_capacity(steps);
    let mut now = 1_000 * MS;
    let (mut base, mut spread, mut inside, mut dropping) = (10 * MS, 100, initial, 0);
    while made.len() < steps {
        if dice.below(25) == 0 {
            base = dice.pick(&[1, 50_000, MS, 10 * MS, 20 * MS, 100 * MS, 6_000 * MS]);
            spread = dice.pick(&[0, 0, 20, 100, 400]);
            inside = dice.pick(&[1, initial / 2, initial, 3 * initial, 1_000]);
            dropping = dice.pick(&[0, 0, 0, 10, 50]);
        }
        now += match dice.below(4) {
            0 => 0,
            1 => gap,
            _ => dice.below(gap / 4 + 1),
        };
        let rtt = match dice.below(8) {
            // The times that matter: as long as before, a nanosecond to either side, round ones.
            0 => base + 1,
            1 => (base - 1).max(1),
            2 => dice.pick(&[1, 99_999, 100_000, MS, 5_000 * MS, 5_000 * MS + 1]),
            3 => base,
            _ => base + base * dice.below(spread + 1) / 100,
        };
        let inflight = (inside / 2 + dice.below(inside + 1)).max(1) as u32;
        let dropped = dice.below(100) < dropping;
        made.push(Step::Sample(now.saturating_sub(rtt).max(1), rtt, inflight, dropped));
    }
    made
}

fn sequence(
    dice: &mut Dice,
    steps: usize,
    (limit, settings): (Value, Value),
    gap: u64,
) -> Sequence {
    let initial = settings["initial"].as_u64().expect("a number");
    let mechanism = json!({"AdaptiveLimit": limit});
    let mechanism = serde_json::from_value(mechanism).expect("a specification");
    let steps = samples(dice, steps, initial, gap);
    Sequence { mechanism, settings, steps, answers: Vec::new() }
}

/// `AIMDLimit`: settings of dessim, and of the library.
fn aimd_settings(dice: &mut Dice) -> (Value, Value) {
    let initial: u32 = dice.pick(&[1, 2, 20, 200]);
    let min = dice.pick(&[1, initial.min(20)]);
    let max = dice.pick(&[initial, initial * 2, 200.max(initial)]);
    let backoff = dice.pick(&[0.9, 0.5, 0.75, 0.99]);
    let timeout = dice.pick(&[5_000 * MS, 10 * MS, 1]);
    let aimd = json!({"Aimd": {
        "initial": initial, "min": min, "max": max, "backoff": backoff,
        "timeout": format!("{timeout}ns"),
    }});
    let settings = json!({
        "algorithm": "aimd", "initial": initial, "min": min, "max": max, "backoff": backoff,
        "timeout_ns": timeout,
    });
    (json!({"algorithm": aimd}), settings)
}

fn vegas_settings(dice: &mut Dice) -> (Value, Value) {
    let initial = dice.pick(&[1, 9, 20, 99, 100, 1_000]);
    let max = dice.pick(&[1_000, initial, 2 * initial, 12_345]).max(initial);
    let smoothing = dice.pick(&[1.0, 1.0, 0.5, 0.2]);
    let probe_multiplier = dice.pick(&[30, 1, 3]);
    let mut vegas = json!({
        "initial": initial, "max": max, "smoothing": smoothing,
        "probe_multiplier": probe_multiplier,
    });
    let mut settings = vegas.clone();
    if dice.below(3) == 0 {
        for (queue, menu) in [("alpha", [1, 3, 10]), ("beta", [2, 6, 10])] {
            vegas[queue] = json!(dice.pick(&menu));
            settings[queue] = vegas[queue].clone();
        }
    }
    let mut jitter = Jitter::new(Site::new(SITE, "", ""), 0);
    let units: Vec<f64> = (0..UNITS).map(|_| jitter.unit()).collect();
    settings["algorithm"] = json!("vegas");
    settings["units"] = json!(units);
    (json!({"algorithm": {"Vegas": vegas}}), settings)
}

fn gradient2_settings(dice: &mut Dice) -> (Value, Value) {
    let initial: u32 = dice.pick(&[1, 4, 20, 100]);
    let gradient = json!({
        "initial": initial, "min": dice.pick(&[1, initial.min(20)]),
        "max": dice.pick(&[200, initial, 1_000]).max(initial),
        "smoothing": dice.pick(&[0.2, 1.0, 0.5]), "queue": dice.pick(&[4, 0, 1, 10]),
        "long_window": dice.pick(&[600, 1, 10, 100]),
        "tolerance": dice.pick(&[1.5, 1.0, 2.0]),
    });
    let mut settings = gradient.clone();
    settings["algorithm"] = json!("gradient2");
    (json!({"algorithm": {"Gradient2": gradient}}), settings)
}

pub(crate) fn aimd(dice: &mut Dice, steps: usize) -> Sequence {
    let of = aimd_settings(dice);
    sequence(dice, steps, of, MS)
}

pub(crate) fn vegas(dice: &mut Dice, steps: usize) -> Sequence {
    let of = vegas_settings(dice);
    sequence(dice, steps, of, MS)
}

pub(crate) fn gradient2(dice: &mut Dice, steps: usize) -> Sequence {
    let of = gradient2_settings(dice);
    sequence(dice, steps, of, MS)
}

/// `WindowedLimit` around each of them.
pub(crate) fn windowed(dice: &mut Dice, steps: usize) -> Sequence {
    let (mut limit, mut settings) = match dice.below(3) {
        0 => aimd_settings(dice),
        1 => vegas_settings(dice),
        _ => gradient2_settings(dice),
    };
    let min = dice.pick(&[1_000, 100, 200]);
    let max = dice.pick(&[min, min, 2 * min, 3_000]);
    let samples = dice.pick(&[10, 10, 11, 20]);
    let shortest = dice.pick(&[100_000, 0, MS]);
    limit["windowed"] = json!({
        "min": format!("{min}ms"), "max": format!("{max}ms"), "samples": samples,
        "shortest": format!("{shortest}ns"),
    });
    settings["windowed"] =
        json!({"min_ms": min, "max_ms": max, "samples": samples, "shortest_ns": shortest});
    // About 12 samples in a window, or three times as many.
    let gap = min * MS / dice.pick(&[5, 15]);
    sequence(dice, steps, (limit, settings), gap)
}

/// `AbstractPartitionedLimiter` around `AIMDLimit`: calls of two partitions and of none.
pub(crate) fn partitioned(dice: &mut Dice, steps: usize) -> Sequence {
    let initial: u32 = dice.pick(&[1, 4, 7, 20]);
    let aimd = json!({
        "initial": initial, "min": 1, "max": initial + 5, "backoff": 0.75, "timeout": "5s",
    });
    let shares = dice.pick(&[[0.5, 0.5], [0.9, 0.1], [0.3, 0.3], [1.0, 0.0], [0.0, 0.05]]);
    let delays = dice.pick(&[[0, 0], [10, 0], [20, 5], [0, 1]]);
    let max_delayed = dice.pick(&[100, 1, 2, 0]);
    let mut partitions = json!({});
    for (class, (share, delay)) in shares.iter().zip(delays).enumerate() {
        partitions[class.to_string()] = match delay {
            0 => json!({"share": share}),
            ms => json!({"share": share, "delay": format!("{ms}ms")}),
        };
    }
    let mechanism = json!({"AdaptiveLimit": {
        "algorithm": {"Aimd": aimd}, "partitions": partitions, "max_delayed": max_delayed,
    }});
    let mechanism = serde_json::from_value(mechanism).expect("a specification");
    let settings = json!({
        "initial": initial, "min": 1, "max": initial + 5, "backoff": 0.75,
        "timeout_ns": 5_000 * MS, "shares": shares, "delays_ms": delays,
        "max_delayed": max_delayed,
    });
    let steps = calls_of_classes(dice, steps, initial as usize);
    Sequence { mechanism, settings, steps, answers: Vec::new() }
}

/// Calls of the classes 0 to 2, about as many at once as a limit that begins at `initial`.
fn calls_of_classes(dice: &mut Dice, steps: usize, initial: usize) -> Vec<Step> {
    let mut made = Vec::with_capacity(steps);
    let mut under_way: Vec<usize> = Vec::new();
    let (mut now, mut level, mut of) = (1_000 * MS, initial + 8, [0, 1, 2]);
    while made.len() < steps {
        if dice.below(15) == 0 {
            level = dice.pick(&[0, initial, initial + 8, initial + 16]);
            of = dice.pick(&[[0, 0, 0], [1, 1, 1], [0, 0, 1], [1, 1, 0], [0, 1, 2]]);
        }
        now = dice.later(now, 5 * MS, MS);
        let more = (under_way.len() < level) != (dice.below(5) == 0);
        if under_way.is_empty() || more {
            under_way.push(made.len());
            made.push(Step::CallOf(now, dice.pick(&of)));
            continue;
        }
        let call = under_way.swap_remove(dice.below(under_way.len() as u64) as usize);
        made.push(match dice.below(12) {
            0 => Step::Ignored(now, call),
            1 => Step::Fails(now, call),
            _ => Step::Succeeds(now, call),
        });
    }
    made
}
