//! Random sequences: settings from small menus, and instants that favour the corners, which are the
//! same instant, exact multiples of the time that matters, and a nanosecond to either side.

use serde_json::{Value, json};

use crate::play::{Sequence, Step};

/// A generator of numbers (SplitMix64), of a seed and a library.
pub(crate) struct Dice(u64);

const MS: u64 = 1_000_000;

impl Dice {
    pub(crate) fn new(seed: u64, library: &str) -> Self {
        let mut dice = Self(seed);
        for byte in library.bytes() {
            dice.0 = dice.next() ^ u64::from(byte);
        }
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn pick<T: Copy>(&mut self, menu: &[T]) -> T {
        menu[self.below(menu.len() as u64) as usize]
    }

    /// The instant of the next step, in whole `grains`, where `period` is the time that matters.
    fn later(&mut self, now: u64, period: u64, grain: u64) -> u64 {
        let ahead = match self.below(8) {
            0..=2 => 0,
            3 => period,
            // To a multiple of the period, or next to it.
            4 => period - now % period,
            5 => (period - now % period) + grain,
            6 => (period - now % period).saturating_sub(grain),
            _ => self.below(4 * period),
        };
        (now + ahead) / grain * grain
    }
}

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

/// resilience4j: so many in a cycle, with reservations within the timeout.
pub(crate) fn cycles(dice: &mut Dice, steps: usize) -> Sequence {
    let window = dice.pick(&[500, 1_000, MS, 10 * MS, 1_000 * MS]);
    let limit = dice.pick(&[1, 2, 3, 50]);
    let max_wait = dice.pick(&[0, 1, 2, 5, 40]) * window / 2;
    let algorithm = json!({"FixedWindow": {"limit": limit, "window": format!("{window}ns")}});
    let settings = json!({"limit": limit, "window_ns": window, "max_wait_ns": max_wait});
    limited(dice, algorithm, settings, window).calls(dice, steps)
}

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
