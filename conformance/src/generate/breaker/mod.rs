//! Sequences for breakers.

mod go;
mod java;
mod node;
mod python;

pub(crate) use go::{failsafe_go, gobreaker};
pub(crate) use java::{hystrix, resilience4j};
pub(crate) use node::{cockatiel, opossum};
pub(crate) use python::pybreaker;
use serde_json::Value;

use super::{Dice, MS};
use crate::play::{Sequence, Step};

/// How calls come and end.
struct Calls {
    /// Time that matters.
    period: u64,
    /// Instants are multiples of it.
    grain: u64,
    /// Calls under way at a time.
    at_once: usize,
    /// True if some results are ignored.
    ignored: bool,
}

impl Calls {
    fn of(period: u64) -> Self {
        Self { period, grain: 1, at_once: 12, ignored: false }
    }

    /// Calls and their results, late ones among them, with phases of many failures and of few.
    fn steps(&self, dice: &mut Dice, steps: usize) -> Vec<Step> {
        let Self { period, grain, at_once, ignored } = *self;
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
            if open.is_empty() || (open.len() < at_once && dice.below(2) == 0) {
                open.push((now, made.len()));
                made.push(Step::Call(now));
                continue;
            }
            let (_, call) = open.swap_remove(dice.below(open.len() as u64) as usize);
            let fails = dice.below(100) < failing;
            made.push(match fails {
                _ if ignored && dice.below(4) == 0 => Step::Ignored(now, call),
                true => Step::Fails(now, call),
                false => Step::Succeeds(now, call),
            });
        }
        made
    }
}

/// A sequence of this breaker, in JSON, and of the same settings for the library.
fn sequence(breaker: Value, settings: Value, steps: Vec<Step>) -> Sequence {
    let mechanism = serde_json::json!({ "Breaker": breaker });
    let mechanism = serde_json::from_value(mechanism).expect("a specification");
    Sequence { mechanism, settings, steps, answers: Vec::new() }
}
