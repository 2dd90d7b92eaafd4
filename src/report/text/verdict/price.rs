//! The price of the better arm's success, compared with the other arm.

use super::{Arm, MORE_WASTED, MUCH_LOST, joined, slower};
use crate::report::result::{ArmResult, LatencySummary};
use crate::report::text::cause::{has, limits_retries};
use crate::report::text::format::{count, number, percent, time};

/// Least number of attempts a request at which a missing limit is mentioned.
const MANY_ATTEMPTS: f64 = 2.0;

/// Least factor between attempts a success that is mentioned.
const MORE_ATTEMPTS: f64 = 1.5;

/// Clauses on attempts, wasted work and time where the better arm needed more, or on its savings.
pub(super) fn price(best: &Arm<'_>, worst: &Arm<'_>) -> Vec<String> {
    let mut costs = Vec::new();
    let (more, fewer) = (best.amplification(), worst.amplification());
    // A request rejected unsent costs less than one attempt, so one attempt is the least base.
    let dearer = more >= MORE_ATTEMPTS * fewer.max(1.0);
    if dearer {
        costs.push(format!("{} attempts a request against {}", number(more), number(fewer)));
    }
    if best.wasted() - worst.wasted() >= MORE_WASTED {
        let [more, less] = [best, worst].map(|arm| percent(arm.wasted()));
        costs.push(format!("{more} of the work wasted against {less}"));
    }
    let mut lines = Vec::new();
    if let Some((good, bad)) = p99s(best, worst) {
        let against = p99_against((best, good), (worst, bad));
        if slower(good, bad) {
            costs.push(against);
        } else if slower(bad, good) && costs.is_empty() {
            lines.push(format!("{} was faster as well: {against}", best.name()));
        }
    }
    let queues = has(best.data, "queue") && !has(worst.data, "queue");
    if !costs.is_empty() {
        let whose = if queues { "the queue's price" } else { "the price" };
        lines.push(format!("{whose}: {}", joined(&costs)));
    }
    if dearer && more >= MANY_ATTEMPTS && has(best.data, "retry") && !limits_retries(best.data) {
        let name = best.name();
        lines.push(format!("neither a retry budget nor a breaker limits what {name} sends"));
    }
    lines
}

/// The p99 of two arms: end to end, or of all outcomes if one of the arms lost requests.
fn p99s(one: &Arm<'_>, other: &Arm<'_>) -> Option<(u64, u64)> {
    let lossless = one.lossless() && other.lossless();
    let of = |arm: &Arm<'_>| latency(arm.data, lossless).p99_ns;
    Some((of(one)?, of(other)?))
}

/// "p99 of all outcomes 115 s against 3.45 s (309 ms for the 9,720 that succeeded)".
fn p99_against((one, first): (&Arm<'_>, u64), (other, second): (&Arm<'_>, u64)) -> String {
    let of_what = if one.lossless() && other.lossless() { "end-to-end" } else { "of all outcomes" };
    let survivors = match other.data.latency.end_to_end.p99_ns {
        Some(p99) if other.succeeded <= 1.0 - MUCH_LOST && time(p99) != time(second) => {
            let survivors = count(other.data.requests.succeeded);
            format!(" ({} for the {survivors} that succeeded)", time(p99))
        }
        _ => String::new(),
    };
    format!("p99 {of_what} {} against {}{survivors}", time(first), time(second))
}

/// The latency end to end if no request was lost, else that of all outcomes.
pub(super) fn latency(arm: &ArmResult, lossless: bool) -> &LatencySummary {
    if lossless { &arm.latency.end_to_end } else { &arm.latency.outcome }
}
