//! Sequences for retries: calls whose tries end, in phases of many failures and of few.

use dessim::model::mechanism::retry::spec::RetryOn;
use serde_json::{Value, json};

use super::{Dice, MS};
use crate::play::{End, Sequence, Step};

const S: u64 = 1_000 * MS;

/// What tries can end in, and how.
struct Tries<'a> {
    /// Failures, chosen alike.
    failures: &'a [RetryOn],
    /// Times that a failure names, in nanoseconds; often none.
    named: &'a [i64],
    /// The time that matters, and the grain of instants.
    period: u64,
    grain: u64,
    /// Failures after which a call is left alone.
    most: u64,
    /// Least time between steps, for a library that really waits.
    apart: u64,
}

impl Tries<'_> {
    fn steps(&self, dice: &mut Dice, steps: usize) -> Vec<Step> {
        let mut made = Vec::with_capacity(steps);
        let mut open: Vec<(usize, u64)> = Vec::new();
        let (mut now, mut failing) = (0, 50);
        while made.len() < steps {
            if dice.below(20) == 0 {
                failing = dice.pick(&[0, 10, 50, 90, 100]);
            }
            now = match dice.below(3) {
                0 => dice.later(now, self.period, self.grain),
                _ => (now + dice.below(self.period / 20 + 1)) / self.grain * self.grain,
            };
            now += self.apart;
            if open.is_empty() || (open.len() < 8 && dice.below(3) == 0) {
                open.push((made.len(), 0));
                made.push(Step::Call(now));
                continue;
            }
            let chosen = dice.below(open.len() as u64) as usize;
            let (call, failures) = open[chosen];
            let fails = dice.below(100) < failing;
            if fails && failures < self.most {
                open[chosen].1 += 1;
            } else {
                open.swap_remove(chosen);
            }
            let named = fails && !self.named.is_empty() && dice.below(3) == 0;
            let outcome = fails.then(|| dice.pick(self.failures));
            // What was never answered names nothing.
            let named = named && outcome != Some(RetryOn::Timeout);
            made.push(Step::Ends(End {
                at: now,
                call,
                copy: 0,
                outcome,
                // Corners of the draw, and numbers in between.
                unit: match dice.below(6) {
                    0 => 0.0,
                    1 => 0.999_999_999,
                    _ => dice.below(1 << 30) as f64 / f64::from(1 << 30),
                },
                named: named.then(|| dice.pick(self.named)),
            }));
        }
        made
    }
}

fn sequence(retry: &Value, settings: Value, steps: Vec<Step>) -> Sequence {
    let mechanism = serde_json::from_value(json!({"Retry": retry})).expect("a specification");
    Sequence { mechanism, settings, steps, answers: Vec::new() }
}

fn ms(ms: u64) -> String {
    format!("{ms}ms")
}

/// resilience4j: attempts, and waits in whole milliseconds, capped after jitter.
pub(crate) fn resilience4j(dice: &mut Dice, steps: usize) -> Sequence {
    let attempts = dice.pick(&[1, 2, 3, 5, 10]);
    let base = dice.pick(&[10, 500, 777]);
    let tenths = dice.pick(&[10, 11, 15, 20, 30]);
    let percent = dice.pick(&[0, 20, 50, 90]);
    let cap = dice.pick(&[None, Some(base), Some(5_000)]);
    let jitter = match percent {
        0 => json!("None"),
        _ => json!({"Proportional": f64::from(percent) / 100.0}),
    };
    let mut backoff = json!({
        "base": ms(base), "multiplier": f64::from(tenths) / 10.0, "jitter": jitter, "grain": "1ms",
        "inclusive": percent > 0,
    });
    if let Some(cap) = cap {
        backoff["cap"] = json!(ms(cap));
        backoff["capped"] = json!("AfterJitter");
    }
    let retry = json!({"max_attempts": attempts, "backoff": {"Exponential": backoff}});
    let settings = json!({
        "attempts": attempts, "base_ms": base, "multiplier": f64::from(tenths) / 10.0,
        "jitter": f64::from(percent) / 100.0, "cap_ms": cap,
    });
    let tries = Tries { failures: ERRORS, named: &[], period: S, grain: MS, most: 11, apart: 0 };
    sequence(&retry, settings, tries.steps(dice, steps))
}

const ERRORS: &[RetryOn] = &[RetryOn::Error];

/// tenacity: waits of all kinds, and stops by number and by time.
pub(crate) fn tenacity(dice: &mut Dice, steps: usize) -> Sequence {
    // Eighths of seconds, which doubles of seconds keep exactly.
    let (base, jitter) = (dice.pick(&[125, 250, 1_000]), dice.pick(&[0, 125, 1_000]));
    let cap = dice.pick(&[1_000, 8_000]);
    let (wait, backoff) = match dice.below(5) {
        0 => ("fixed", json!({"Constant": ms(base)})),
        1 => (
            "incrementing",
            json!({"Linear": {
                "base": ms(base), "step": ms(jitter), "cap": ms(cap),
            }}),
        ),
        2 => ("exponential", json!({"Exponential": {"base": ms(base), "cap": ms(cap)}})),
        3 => (
            "random_exponential",
            json!({"Exponential": {
                "base": ms(base), "cap": ms(cap), "jitter": "Full",
            }}),
        ),
        _ => (
            "exponential_jitter",
            json!({"Exponential": {
                "base": ms(base), "cap": ms(cap), "capped": "AfterJitter",
                "jitter": {"Extra": ms(jitter)},
            }}),
        ),
    };
    let attempts = dice.pick(&[None, Some(1), Some(3), Some(10)]);
    let limit = dice.pick(&[125, 1_000, 30_000]);
    let stop = match (attempts, dice.below(3)) {
        (_, 0) => Some("before"),
        (_, 1) | (None, _) => Some("after"),
        _ => None,
    };
    let mut retry = json!({"backoff": backoff});
    match attempts {
        Some(attempts) => retry["max_attempts"] = json!(attempts),
        None => retry["max_retries"] = json!("unlimited"),
    }
    if let Some(stop) = stop {
        retry["time_limit"] = json!(ms(limit));
        retry["limit_ends"] = json!(if stop == "before" { "Begins" } else { "Failures" });
    }
    let settings = json!({
        "wait": wait, "base_s": base as f64 / 1e3, "jitter_s": jitter as f64 / 1e3,
        "cap_s": cap as f64 / 1e3, "attempts": attempts, "stop": stop,
        "limit_s": limit as f64 / 1e3,
    });
    let tries =
        Tries { failures: ERRORS, named: &[], period: limit * MS, grain: MS, most: 12, apart: 0 };
    sequence(&retry, settings, tries.steps(dice, steps))
}

/// urllib3: no wait before the first retry, and `Retry-After` in whole seconds.
pub(crate) fn urllib3(dice: &mut Dice, steps: usize) -> Sequence {
    let total = dice.pick(&[0, 1, 3, 10]);
    let (factor, jitter) = (dice.pick(&[100, 500, 2_000]), dice.pick(&[0, 300]));
    let cap = dice.pick(&[2_000, 120_000]);
    let heeds = dice.below(2) == 0;
    let mut backoff = json!({
        "base": ms(factor), "first": "0s", "cap": ms(cap), "capped": "AfterJitter",
    });
    if jitter > 0 {
        backoff["jitter"] = json!({"Extra": ms(jitter)});
    }
    let mut retry = json!({"max_retries": total, "backoff": {"Exponential": backoff}});
    if heeds {
        retry["pushback"] = json!({"Replaces": {"cap": "6h"}});
    }
    let settings = json!({
        "total": total, "factor_s": factor as f64 / 1e3, "jitter_s": jitter as f64 / 1e3,
        "cap_s": cap as f64 / 1e3, "heeds": heeds,
    });
    let named = &[S as i64, 7 * S as i64, 30_000 * S as i64];
    let tries = Tries { failures: ERRORS, named, period: S, grain: MS, most: 11, apart: 0 };
    sequence(&retry, settings, tries.steps(dice, steps))
}

/// botocore's standard mode: its quota, and waits by the kind of error.
pub(crate) fn botocore(dice: &mut Dice, steps: usize) -> Sequence {
    let attempts = dice.pick(&[1, 2, 3, 10]);
    let capacity = dice.pick(&[500, 30, 14, 100]);
    let scaled =
        |base: &str| json!({"Exponential": {"base": base, "cap": "20s", "jitter": "Full"}});
    let retry = json!({
        "max_attempts": attempts,
        "backoff": scaled("50ms"),
        "shed_backoff": scaled("1s"),
        "pushback": {"AtLeast": {"above": "5s"}},
        "budget": {"Quota": {"capacity": capacity, "cost": 14, "shed_cost": 5}},
    });
    let settings = json!({"attempts": attempts, "capacity": capacity});
    let failures = &[RetryOn::Error, RetryOn::Timeout, RetryOn::Shed];
    let named = &[0, 20 * MS as i64, 3 * S as i64, 60 * S as i64];
    let tries = Tries { failures, named, period: S, grain: MS, most: 10, apart: 0 };
    sequence(&retry, settings, tries.steps(dice, steps))
}

/// Finagle's and tower's budgets, of which a retry takes and a result gives.
fn rolling(dice: &mut Dice, steps: usize, arithmetic: &str, grain: u64) -> Sequence {
    let hundredths = dice.pick(&[0, 10, 20, 30, 40, 70, 100, 150, 1_000]);
    let per_s = dice.pick(&[0, 0, 1, 3]);
    let per_s = if hundredths == 0 { per_s.max(1) } else { per_s };
    let ttl = dice.pick(&[1, 1, 3, 10, 60]);
    let ratio = f64::from(hundredths) / 100.0;
    let retry = json!({
        "max_retries": 1000,
        "budget": {"Rolling": {
            "ratio": ratio, "per_s": per_s, "ttl": format!("{ttl}s"), "arithmetic": arithmetic,
            "deposit_on": "Results",
        }},
    });
    let settings = json!({"ratio": ratio, "per_s": per_s, "ttl_s": ttl});
    let period = ttl * S / 10;
    let tries = Tries { failures: ERRORS, named: &[], period, grain, most: 20, apart: 0 };
    sequence(&retry, settings, tries.steps(dice, steps))
}

pub(crate) fn tower(dice: &mut Dice, steps: usize) -> Sequence {
    rolling(dice, steps, "Tower", MS)
}

pub(crate) fn finagle(dice: &mut Dice, steps: usize) -> Sequence {
    rolling(dice, steps, "Finagle", MS)
}

/// grpc-go: retries with a throttle and pushback; five attempts at most.
pub(crate) fn grpc(dice: &mut Dice, steps: usize) -> Sequence {
    let attempts = dice.pick(&[2, 3, 5]);
    let base = dice.pick(&[10, 100, 1_000]);
    let cap = dice.pick(&[1_000, 5_000]);
    let tenths = dice.pick(&[10, 15, 20, 30]);
    let throttle = dice.pick(&[None, Some((10, 100)), Some((4, 500)), Some((100, 1_500))]);
    let multiplier = f64::from(tenths) / 10.0;
    let mut retry = json!({
        "max_attempts": attempts,
        "backoff": {"Exponential": {
            "base": ms(base), "multiplier": multiplier, "cap": ms(cap),
            "jitter": {"Proportional": 0.2},
        }},
        "pushback": {"Replaces": {"restarts": true}},
        // A client's deadline is not retried, and no attempt has a timeout of its own.
        "retry_on": ["Error"],
    });
    let mut settings = json!({
        "attempts": attempts, "base_ms": base, "cap_ms": cap, "multiplier": multiplier,
    });
    if let Some((tokens, thousandths)) = throttle {
        let ratio = f64::from(thousandths) / 1_000.0;
        retry["budget"] = json!({"Throttle": {"max_tokens": tokens, "token_ratio": ratio}});
        settings["max_tokens"] = json!(tokens);
        settings["token_ratio"] = json!(ratio);
    }
    let failures = &[RetryOn::Error, RetryOn::Error, RetryOn::Error, RetryOn::Shed];
    let named = &[0, MS as i64, 700 * MS as i64, -1];
    let tries = Tries { failures, named, period: S, grain: MS, most: 6, apart: 0 };
    sequence(&retry, settings, tries.steps(dice, steps))
}

/// failsafe-go: growing waits, a longest time that cuts them, and its budget.
pub(crate) fn failsafe(dice: &mut Dice, steps: usize) -> Sequence {
    let retries = dice.pick(&[1, 2, 5]);
    let (base, cap) = (dice.pick(&[0, 10, 100]), dice.pick(&[100, 300]));
    let tenths = dice.pick(&[15, 20, 30]);
    let multiplier = f64::from(tenths) / 10.0;
    let mut retry = json!({"max_retries": retries});
    if base > 0 {
        retry["backoff"] = json!({"Exponential": {
            "base": ms(base), "multiplier": multiplier, "cap": ms(cap),
        }});
    }
    let limit = dice.pick(&[None, Some(50), Some(500), Some(3_000)]);
    if let Some(limit) = limit {
        retry["time_limit"] = json!(ms(limit));
        retry["limit_ends"] = json!("Waits");
    }
    let mut settings = json!({
        "retries": retries, "base_ms": base, "cap_ms": cap, "multiplier": multiplier,
        "limit_ms": limit,
    });
    // A budget is asked after the wait, when other steps may have come before.
    if base == 0 {
        let (min, percent) = (dice.pick(&[0, 1, 3]), dice.pick(&[5, 20, 50]));
        let ratio = f64::from(percent) / 100.0;
        retry["budget"] = json!({"Concurrent": {
            "min": min, "ratio": ratio, "rule": "FailsafeGo",
        }});
        settings["min"] = json!(min);
        settings["ratio"] = json!(ratio);
    }
    let apart = if base > 0 { (cap + 1) * MS } else { 0 };
    let tries = Tries { failures: ERRORS, named: &[], period: S, grain: MS, most: 6, apart };
    sequence(&retry, settings, tries.steps(dice, steps))
}
