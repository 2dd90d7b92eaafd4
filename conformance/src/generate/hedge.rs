//! Sequences for hedges: calls whose copies end, in phases of many failures and of few.

use dessim::model::mechanism::retry::spec::RetryOn;
use serde_json::{Value, json};

use super::{Dice, MS};
use crate::play::{End, Sequence, Step};

/// What copies can end in, and how.
struct Copies<'a> {
    /// Failures, chosen alike.
    failures: &'a [RetryOn],
    /// Times that a failure names, in nanoseconds; often none.
    named: &'a [i64],
    /// The time that matters, and the grain of instants.
    period: u64,
    grain: u64,
    /// Copies of a call, the first included.
    most: u32,
    /// True if no two calls come, or send copies, at one instant: a budget serves those of one
    /// instant in any order.
    distinct: bool,
}

/// Calls under way at once.
const OPEN: usize = 8;

impl Copies<'_> {
    fn steps(&self, dice: &mut Dice, steps: usize) -> Vec<Step> {
        let mut made = Vec::with_capacity(steps);
        // Calls, with the copies of which nothing was said yet.
        let mut open: Vec<(usize, Vec<u32>)> = Vec::new();
        let (mut now, mut failing) = (0, 50);
        while made.len() < steps {
            if dice.below(20) == 0 {
                failing = dice.pick(&[0, 10, 50, 90, 100]);
            }
            now = match dice.below(3) {
                0 => dice.later(now, self.period, self.grain),
                _ => (now + dice.below(self.period / 3 + 1)) / self.grain * self.grain,
            };
            if open.is_empty() || (open.len() < OPEN && dice.below(3) == 0) {
                if self.distinct {
                    now = (now / 1_000 + 1) * 1_000 + made.len() as u64;
                }
                open.push((made.len(), (0..self.most).collect()));
                made.push(Step::Call(now));
                continue;
            }
            let chosen = dice.below(open.len() as u64) as usize;
            // Mostly one of the first that are left: the others may not have been sent.
            let left = open[chosen].1.len() as u64;
            let place = dice.below(left).min(dice.below(left));
            let (call, copy) = (open[chosen].0, open[chosen].1.remove(place as usize));
            let fails = dice.below(100) < failing;
            // A success ends the call, but now and then the others are heard of nevertheless.
            if open[chosen].1.is_empty() || (!fails && dice.below(4) > 0) {
                open.swap_remove(chosen);
            }
            let outcome = fails.then(|| dice.pick(self.failures));
            let named = fails && !self.named.is_empty() && dice.below(3) == 0;
            let named = named.then(|| dice.pick(self.named));
            made.push(Step::Ends(End { at: now, call, copy, outcome, unit: 0.0, named }));
        }
        made
    }
}

fn sequence(hedge: &Value, settings: Value, steps: Vec<Step>) -> Sequence {
    let mechanism = serde_json::from_value(json!({"Hedge": hedge})).expect("a specification");
    Sequence { mechanism, settings, steps, answers: Vec::new() }
}

fn ms(ms: u64) -> String {
    format!("{ms}ms")
}

const ERRORS: &[RetryOn] = &[RetryOn::Error];

/// tower: a percentile of the period before.
pub(crate) fn tower(dice: &mut Dice, steps: usize) -> Sequence {
    let hundredths = dice.pick(&[0, 50, 90, 95, 99, 100]);
    let quantile = f64::from(hundredths) / 100.0;
    let (period, minimum) = (dice.pick(&[100, 1_000, 30_000]), dice.pick(&[0, 1, 2, 5]));
    let hedge = json!({
        "quantile": quantile, "estimate": {"Rotating": {"period": ms(period), "minimum": minimum}},
        "non_fatal": [],
    });
    let settings = json!({"quantile": quantile, "period_ms": period, "minimum": minimum});
    let period = dice.pick(&[period, period / 10, 4]) * MS;
    let copies =
        Copies { failures: ERRORS, named: &[], period, grain: MS, most: 2, distinct: false };
    sequence(&hedge, settings, copies.steps(dice, steps))
}

/// failsafe-go: a constant or a moving quantile, and its budget; any result ends the call, or only
/// a success.
pub(crate) fn failsafe_go(dice: &mut Dice, steps: usize) -> Sequence {
    let moves = dice.below(2) == 0;
    // Two cancelled copies would feed the quantile in any order.
    let max = if moves { 1 } else { dice.pick(&[1, 2, 3, 10]) };
    let any = dice.below(2) == 0;
    let mut hedge = json!({
        "max": max, "on_failure": "Waits", "failure": "Last",
        "non_fatal": if any { json!([]) } else { json!(["Error"]) },
    });
    let mut settings = json!({"max": max, "any": any});
    let after = dice.pick(&[0, 1, 100]);
    if moves {
        let (quantile, age) = (dice.pick(&[0.5, 0.9, 0.99]), dice.pick(&[1, 10, 100]));
        let minimum = dice.pick(&[1, 5, 20]);
        hedge["quantile"] = json!(quantile);
        hedge["estimate"] = json!({"Moving": {"age": age, "minimum": minimum}});
        settings["quantile"] = json!(quantile);
        settings["age"] = json!(age);
        settings["minimum"] = json!(minimum);
    } else {
        hedge["after"] = json!(ms(after));
        settings["after_ms"] = json!(after);
    }
    let distinct = dice.below(2) == 0;
    if distinct {
        let (min, percent) = (dice.pick(&[0, 1, 3]), dice.pick(&[0, 20, 50]));
        let ratio = f64::from(percent) / 100.0;
        hedge["budget"] = json!({"Concurrent": {
            "min": min, "ratio": ratio, "rule": "FailsafeGo",
        }});
        settings["min"] = json!(min);
        settings["ratio"] = json!(ratio);
    }
    let period = if moves { 100 } else { after.max(1) } * MS;
    let copies = Copies { failures: ERRORS, named: &[], period, grain: 1, most: max + 1, distinct };
    sequence(&hedge, settings, copies.steps(dice, steps))
}

/// grpc-java: pushback, and its throttle with ratios that doubles hold exactly.
pub(crate) fn grpc_java(dice: &mut Dice, steps: usize) -> Sequence {
    let attempts = dice.pick(&[2, 3, 5]);
    let after = dice.pick(&[0, 10, 100]);
    let throttle = dice.pick(&[None, None, Some((10, 125)), Some((4, 500)), Some((100, 1_500))]);
    let mut hedge = json!({
        "after": ms(after), "max": attempts - 1, "on_failure": "Waits", "failure": "Last",
        "pushback": "AtOnce", "non_fatal": ["Error"],
    });
    let mut settings = json!({"attempts": attempts, "after_ms": after});
    if let Some((tokens, thousandths)) = throttle {
        let ratio = f64::from(thousandths) / 1_000.0;
        hedge["budget"] = json!({"Throttle": {"max_tokens": tokens, "token_ratio": ratio}});
        hedge["throttled"] = json!("Ends");
        settings["max_tokens"] = json!(tokens);
        settings["token_ratio"] = json!(ratio);
    }
    let distinct = throttle.is_some();
    let failures = &[RetryOn::Error, RetryOn::Error, RetryOn::Error, RetryOn::Shed];
    let named = &[0, MS as i64, 30 * MS as i64, -1];
    let period = after.max(1) * MS;
    let copies = Copies { failures, named, period, grain: 1, most: attempts, distinct };
    sequence(&hedge, settings, copies.steps(dice, steps))
}

/// resilience4j: one further copy after a constant or an average; what ends first decides.
pub(crate) fn resilience4j(dice: &mut Dice, steps: usize) -> Sequence {
    let mut hedge = json!({"losers": "Leave", "non_fatal": []});
    let (factor, failures) = (dice.pick(&[0, 1, 50, 150, 200]), dice.below(2) == 0);
    let window = dice.pick(&[1, 5, 100]);
    let kind = dice.pick(&["cutoff", "percent", "amount"]);
    match kind {
        "cutoff" => hedge["after"] = json!(ms(factor)),
        "percent" => {
            let percent = if factor == 0 { 100 } else { factor };
            hedge["average"] = json!({"percent": percent, "failures": failures});
        }
        _ => {
            hedge["average"] = json!({
                "plus": ms(factor), "failures": failures, "window": window,
            });
        }
    }
    let settings = json!({
        "kind": kind, "factor": factor, "failures": failures, "window": window,
    });
    let period = dice.pick(&[1, 10, 100]) * MS;
    let copies =
        Copies { failures: ERRORS, named: &[], period, grain: 1, most: 2, distinct: false };
    sequence(&hedge, settings, copies.steps(dice, steps))
}
