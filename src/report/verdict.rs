//! The difference between the arms in plain words.
//!
//! A pure function of the numbers. The rules, in order: nothing to judge; one arm; arms that differ
//! in how many requests succeed, with what cost the worse one its requests, what the better one did
//! instead, and the price in latency; arms that succeed alike and differ in speed or in attempts;
//! no difference. A clause states numbers that the result has, never a cause it does not show.

use super::cause::{has, largest, losses, strain};
use super::format::{count, cut, number, percent, share, time};
use super::result::{ArmResult, RunResult};

/// Less than a request in a thousand is no difference between arms.
const LEAST_DIFFERENCE: f64 = 0.001;

/// A latency or an amplification differs from this factor on.
const FACTOR: f64 = 1.1;

/// Losses from this ratio on are explained even when every arm has them.
const MUCH_LOST: f64 = 0.05;

/// Arms that lost alike are explained one by one, up to this many.
const LOSERS_NAMED: usize = 2;

/// The longest name of an arm within a sentence, in columns.
const NAME_COLUMNS: usize = 30;

/// One to four sentences on what the arms did and why they differ.
#[must_use]
pub fn verdict(result: &RunResult) -> Vec<String> {
    if result.stopped.is_some() {
        return vec!["the run stopped before its end, so its numbers decide nothing".to_owned()];
    }
    let arms: Vec<Arm<'_>> =
        result.arms.iter().filter_map(|(name, arm)| Arm::new(name, arm)).collect();
    match arms.as_slice() {
        [] => vec!["no request arrived, so there is nothing to judge".to_owned()],
        [one] => alone(one),
        many => compared(many),
    }
}

/// An arm that was offered something.
#[derive(Clone, Copy)]
struct Arm<'a> {
    name: &'a str,
    data: &'a ArmResult,
    succeeded: f64,
}

impl<'a> Arm<'a> {
    fn new(name: &'a str, data: &'a ArmResult) -> Option<Self> {
        let requests = &data.requests;
        (requests.offered > 0).then(|| Self {
            name,
            data,
            succeeded: requests.succeeded as f64 / requests.offered as f64,
        })
    }

    fn name(&self) -> String {
        cut(self.name, NAME_COLUMNS)
    }

    fn p99(&self) -> Option<u64> {
        self.data.latency.end_to_end.p99_ns
    }

    /// "all 2,000 requests", "506 of 2,000 requests".
    fn successes(&self) -> String {
        let requests = &self.data.requests;
        let (succeeded, offered) = (requests.succeeded, requests.offered);
        match succeeded {
            _ if succeeded == offered => format!("all {} requests", count(offered)),
            0 => format!("none of {} requests", count(offered)),
            _ => format!("{} of {} requests", count(succeeded), count(offered)),
        }
    }
}

fn alone(arm: &Arm<'_>) -> Vec<String> {
    let requests = &arm.data.requests;
    let part = if requests.succeeded == requests.offered {
        String::new()
    } else {
        let part = share(requests.succeeded, requests.offered);
        format!(" ({part})")
    };
    let mut lines =
        vec![format!("{} succeeded with {}{part}{}", arm.name(), arm.successes(), because(arm))];
    let latency = &arm.data.latency.end_to_end;
    if let (Some(p50), Some(p99)) = (latency.p50_ns, latency.p99_ns) {
        let (p50, p99) = (time(p50), time(p99));
        lines.push(format!("end to end, p50 is {p50} and p99 {p99}"));
    }
    lines
}

fn compared(arms: &[Arm<'_>]) -> Vec<String> {
    // The first of equals, so that the order of names decides and nothing else.
    let best = pick(arms, |one, other| one.succeeded > other.succeeded);
    let worst = pick(arms, |one, other| one.succeeded < other.succeeded);
    if differ(&best, &worst) {
        unequal(&best, &worst, arms.len())
    } else {
        alike(arms, &best, &worst)
    }
}

fn pick<'a>(arms: &[Arm<'a>], better: impl Fn(&Arm<'a>, &Arm<'a>) -> bool) -> Arm<'a> {
    let first = arms[0];
    arms.iter().fold(first, |chosen, arm| if better(arm, &chosen) { *arm } else { chosen })
}

/// More than chance would make of it: two standard errors, each request taken as a coin.
fn differ(best: &Arm<'_>, worst: &Arm<'_>) -> bool {
    let variance =
        |arm: &Arm<'_>| arm.succeeded * (1.0 - arm.succeeded) / arm.data.requests.offered as f64;
    let difference = best.succeeded - worst.succeeded;
    let chance = 2.0 * (variance(best) + variance(worst)).sqrt();
    difference >= LEAST_DIFFERENCE && difference > chance
}

fn unequal(best: &Arm<'_>, worst: &Arm<'_>, arms: usize) -> Vec<String> {
    let (good, bad) = (&best.data.requests, &worst.data.requests);
    let second = match bad.succeeded {
        0 => "none".to_owned(),
        _ if bad.offered == good.offered => {
            let part = share(bad.succeeded, bad.offered);
            format!("{} ({part})", count(bad.succeeded))
        }
        _ => {
            let part = share(bad.succeeded, bad.offered);
            format!("{} of {} ({part})", count(bad.succeeded), count(bad.offered))
        }
    };
    let (name, other, because) = (best.name(), worst.name(), because(worst));
    let successes = best.successes();
    let mut lines = vec![if arms > 2 {
        format!(
            "of {arms} arms {name} did best, with {successes}, \
             and {other} worst, with {second}{because}"
        )
    } else {
        format!("{name} succeeded with {successes}, {other} with {second}{because}")
    }];
    if best.succeeded <= 1.0 - MUCH_LOST {
        lines.push(format!("{name} was not spared either{}", because_of_losses(best)));
    }
    lines.extend(instead(best, worst));
    lines.extend(price(best, worst));
    lines
}

/// ": its breaker refused 1,494; 206 of its 712 attempts ended in an error", or nothing when
/// nothing was lost and nothing strained.
fn because(arm: &Arm<'_>) -> String {
    let clauses: Vec<String> = [losses(arm.data), strain(arm.data)]
        .iter()
        .filter(|clauses| !clauses.is_empty())
        .map(|clauses| joined(clauses))
        .collect();
    if clauses.is_empty() { String::new() } else { format!(": {}", clauses.join("; ")) }
}

fn because_of_losses(arm: &Arm<'_>) -> String {
    let losses = losses(arm.data);
    if losses.is_empty() { String::new() } else { format!(": {}", joined(&losses)) }
}

/// What the better arm did with the same requests, where the components count it.
fn instead(best: &Arm<'_>, worst: &Arm<'_>) -> Option<String> {
    let waited = largest(best.data, "queue", "depth_max")
        .filter(|&depth| depth > 0 && !has(worst.data, "queue"));
    let at_once = |arm: &Arm<'_>| largest(arm.data, "service", "in_flight_max");
    let load = at_once(best).zip(at_once(worst)).filter(|&(best, worst)| worst >= 2 * best);
    let name = best.name();
    match (waited, load) {
        (Some(waited), Some((few, many))) => Some(format!(
            "{name} let up to {} wait in its queue and had {} at the service at once, {} {}",
            count(waited),
            count(few),
            worst.name(),
            count(many)
        )),
        (Some(waited), None) => {
            let waited = count(waited);
            Some(format!("{name} let up to {waited} wait in its queue instead"))
        }
        (None, Some((few, many))) => Some(format!(
            "{name} had at most {} at the service at once, {} {}",
            count(few),
            worst.name(),
            count(many)
        )),
        (None, None) => None,
    }
}

fn price(best: &Arm<'_>, worst: &Arm<'_>) -> Option<String> {
    let (good, bad) = (best.p99()?, worst.p99()?);
    let of_whom = if worst.succeeded < best.succeeded / 2.0 {
        let survivors = worst.data.requests.succeeded;
        format!(" for the {} that succeeded", count(survivors))
    } else {
        String::new()
    };
    let against = format!("p99 end-to-end {} against {}{of_whom}", time(good), time(bad));
    if slower(good, bad) {
        let whose = if has(best.data, "queue") && !has(worst.data, "queue") {
            "the queue's price"
        } else {
            "the price"
        };
        Some(format!("{whose}: {against}"))
    } else if slower(bad, good) {
        Some(format!("{} was faster as well: {against}", best.name()))
    } else {
        None
    }
}

fn slower(one: u64, other: u64) -> bool {
    one as f64 >= other as f64 * FACTOR && one > other
}

fn alike(arms: &[Arm<'_>], best: &Arm<'_>, worst: &Arm<'_>) -> Vec<String> {
    let who = match arms.len() {
        2 => "both arms".to_owned(),
        n => format!("all {n} arms"),
    };
    let same_offer = arms.iter().all(|arm| arm.data.requests.offered == best.data.requests.offered);
    let successes = if same_offer && best.succeeded == worst.succeeded {
        format!("{who} succeeded with {}", best.successes())
    } else {
        let (most, least) = (percent(best.succeeded), percent(worst.succeeded));
        format!("{who} succeeded about as often, with {least} to {most} of requests")
    };
    let mut differences: Vec<String> = Vec::new();
    differences.extend(speed(arms));
    differences.extend(effort(arms));
    let mut lines = if differences.is_empty() {
        vec![format!("no difference worth a sentence: {successes}")]
    } else {
        vec![format!("{successes}; {}", joined(&differences))]
    };
    if worst.succeeded <= 1.0 - MUCH_LOST {
        let lost = arms.iter().take(LOSERS_NAMED).map(|arm| {
            let because = because(arm);
            format!("{}{because}", arm.name())
        });
        lines.extend(lost);
    }
    lines
}

fn speed(arms: &[Arm<'_>]) -> Option<String> {
    let of = |quantile: fn(&ArmResult) -> Option<u64>, called: &str| {
        let known = arms.iter().filter_map(|arm| Some((quantile(arm.data)?, arm)));
        let (fast, first) = known.clone().min_by_key(|(ns, _)| *ns)?;
        let (slow, last) = known.max_by_key(|(ns, _)| *ns)?;
        slower(slow, fast).then(|| {
            let (fast, slow) = (time(fast), time(slow));
            let (first, last) = (first.name(), last.name());
            format!("{first} was faster than {last}: {called} end-to-end {fast} against {slow}")
        })
    };
    of(|arm| arm.latency.end_to_end.p99_ns, "p99")
        .or_else(|| of(|arm| arm.latency.end_to_end.p50_ns, "p50"))
}

fn effort(arms: &[Arm<'_>]) -> Option<String> {
    let amplification = |arm: &Arm<'_>| arm.data.amplification.unwrap_or(0.0);
    let least = pick(arms, |one, other| amplification(one) < amplification(other));
    let most = pick(arms, |one, other| amplification(one) > amplification(other));
    let (few, many) = (amplification(&least), amplification(&most));
    (few > 0.0 && many >= few * FACTOR).then(|| {
        let (few, many) = (number(few), number(many));
        let (least, most) = (least.name(), most.name());
        format!("{most} took {many} attempts a request, {least} {few}")
    })
}

/// "a", "a and b", "a, b and c".
fn joined(clauses: &[String]) -> String {
    match clauses {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests;
