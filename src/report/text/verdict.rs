//! The difference between the arms in plain words.
//!
//! A pure function of the numbers. The rules, in order: nothing to judge; one arm; closed loops, by
//! how much was served; arms that differ in how many requests succeed, with what cost the worse one
//! its requests, what the better one did instead, and its price in attempts, work and latency; arms
//! that succeed alike and differ in speed, attempts or work; no difference. At last, successes that
//! only count because nothing says when they are too late. A clause states numbers that the result
//! has, never a cause it does not show.

use super::cause::{counted, has, largest, losses, strain};
use super::format::{count, cut, number, percent, share, time};
use crate::report::result::{ArmResult, LatencySummary, RunResult};

mod price;
#[cfg(test)]
mod tests;

use price::{latency, price};

/// Smallest difference between arms, as a ratio of requests.
const LEAST_DIFFERENCE: f64 = 0.001;

/// Smallest factor between two latencies, or amplifications, that counts as a difference.
const FACTOR: f64 = 1.1;

/// Smallest factor between served requests of closed loops that counts as a difference.
const SERVED_FACTOR: f64 = 1.02;

/// Smallest difference between shares of wasted work that is mentioned.
const MORE_WASTED: f64 = 0.1;

/// Least ratio of successes slower than ten times the median that is mentioned.
const MUCH_SLOW: f64 = 0.01;

/// Least ratio of losses that is explained even if every arm has it.
const MUCH_LOST: f64 = 0.05;

/// Most arms with equal losses that are explained one by one.
const LOSERS_NAMED: usize = 2;

/// The longest name of an arm within a sentence, in columns.
const NAME_COLUMNS: usize = 30;

/// One to four sentences on the results of the arms and their differences.
#[must_use]
pub fn verdict(result: &RunResult) -> Vec<String> {
    if result.stopped.is_some() {
        return vec!["the run stopped before its end, so its numbers decide nothing".to_owned()];
    }
    let arms: Vec<Arm<'_>> =
        result.arms.iter().filter_map(|(name, arm)| Arm::new(name, arm)).collect();
    let closed = result.loads.values().all(|load| load.closed_loop) && !result.loads.is_empty();
    let mut lines = match arms.as_slice() {
        [] => return vec!["no request arrived, so there is nothing to judge".to_owned()],
        [one] => alone(one),
        many if closed => served(many),
        many => compared(many),
    };
    lines.extend(never_late(result, &arms));
    lines
}

/// An arm with at least one offered request.
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

    fn lossless(&self) -> bool {
        self.data.requests.succeeded == self.data.requests.offered
    }

    fn amplification(&self) -> f64 {
        self.data.amplification.unwrap_or(0.0)
    }

    fn wasted(&self) -> f64 {
        self.data.wasted.ratio.unwrap_or(0.0)
    }

    /// Requests served per second.
    fn goodput(&self) -> f64 {
        self.data.goodput_per_s.unwrap_or(0.0)
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
    let quantiles = |latency: &LatencySummary| {
        Some(format!("p50 is {} and p99 {}", time(latency.p50_ns?), time(latency.p99_ns?)))
    };
    let survivors = quantiles(latency);
    if let Some(quantiles) = survivors.filter(|_| arm.lossless()) {
        lines.push(format!("end to end, {quantiles}"));
    } else if let Some(all) = quantiles(&arm.data.latency.outcome) {
        let of_successes = match quantiles(latency) {
            Some(quantiles) => format!("; of those that succeeded, {quantiles}"),
            None => String::new(),
        };
        lines.push(format!("of all outcomes, {all}{of_successes}"));
    }
    lines
}

fn compared(arms: &[Arm<'_>]) -> Vec<String> {
    // Among equals the first by name.
    let best = pick(arms, |one, other| one.succeeded > other.succeeded);
    let worst = pick(arms, |one, other| one.succeeded < other.succeeded);
    if differ(&best, &worst) {
        unequal(&best, &worst, arms.len())
    } else {
        alike(arms, &best, &worst)
    }
}

/// Closed loops: callers that wait for responses offer less to a slow system, so arms are compared
/// by served requests.
fn served(arms: &[Arm<'_>]) -> Vec<String> {
    let best = pick(arms, |one, other| one.goodput() > other.goodput());
    let worst = pick(arms, |one, other| one.goodput() < other.goodput());
    let (most, least) = (best.goodput(), worst.goodput());
    let rate = |goodput| format!("{}/s", number(goodput));
    if most < SERVED_FACTOR * least || most <= 0.0 {
        let rates = match (rate(least), rate(most)) {
            (least, most) if least == most => most,
            (least, most) => format!("{least} to {most}"),
        };
        let all = joined(
            &[speed(arms), effort(arms), waste(arms)].into_iter().flatten().collect::<Vec<_>>(),
        );
        let differences = if all.is_empty() { String::new() } else { format!("; {all}") };
        return vec![format!("all arms served about as much, {rates}{differences}")];
    }
    let fewer = percent(1.0 - least / most);
    let (name, other, because) = (best.name(), worst.name(), because(&worst));
    let [more, less] = [&best, &worst].map(|arm| count(arm.data.requests.succeeded));
    let (most, least) = (rate(most), rate(least));
    let mut lines = vec![if arms.len() > 2 {
        format!(
            "of {} arms {name} served most, {more} requests ({most}), and {other} least, {less} \
             ({least}, {fewer} less){because}",
            arms.len()
        )
    } else {
        format!(
            "{name} served {more} requests ({most}), {other} {less} ({least}, {fewer} \
             less){because}"
        )
    }];
    lines.extend(instead(&best, &worst));
    lines.extend(price(&best, &worst));
    lines
}

fn pick<'a>(arms: &[Arm<'a>], better: impl Fn(&Arm<'a>, &Arm<'a>) -> bool) -> Arm<'a> {
    let first = arms[0];
    arms.iter().fold(first, |chosen, arm| if better(arm, &chosen) { *arm } else { chosen })
}

/// True if success ratios differ by more than chance: by two standard errors of binomial shares.
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
            "of {arms} arms {name} succeeded most often, with {successes}, \
             and {other} least, with {second}{because}"
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

/// ": its breaker refused 1,494; 206 of its 712 attempts ended in an error"; empty without losses
/// and without strain.
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

/// What the better arm did with the same requests, as far as components count it.
fn instead(best: &Arm<'_>, worst: &Arm<'_>) -> Option<String> {
    let waited = largest(best.data, "queue", "depth_max")
        .filter(|&depth| depth > 0 && !has(worst.data, "queue"));
    let (service, load) = crowded(best, worst).unzip();
    let at = service.unwrap_or_default();
    let name = best.name();
    match (waited, load) {
        (Some(waited), Some((few, many))) => Some(format!(
            "{name} let up to {} wait in its queue and had {} at {at} at once, {} {}",
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
            "{name} had at most {} at {at} at once, {} {}",
            count(few),
            worst.name(),
            count(many)
        )),
        (None, None) => None,
    }
}

/// The most crowded service of the worse arm, if it held at least twice as many requests as in the
/// better one: name, and maxima in the better and in the worse arm.
fn crowded(best: &Arm<'_>, worst: &Arm<'_>) -> Option<(String, (u64, u64))> {
    let at_once = |arm: &Arm<'_>, name: &str| {
        let service = arm.data.components.get(name)?;
        counted(service, "in_flight_max")
    };
    let services = || worst.data.components.iter().filter(|(_, part)| part.kind == "service");
    let (name, many) = services()
        .filter_map(|(name, _)| Some((name, at_once(worst, name)?)))
        .max_by_key(|(_, many)| *many)?;
    let few = at_once(best, name).filter(|few| many >= few.saturating_mul(2))?;
    let called = if services().count() == 1 { "the service".to_owned() } else { name.clone() };
    Some((called, (few, many)))
}

/// Sentence about successes much slower than the median that no `deadline` counts as late.
fn never_late(result: &RunResult, arms: &[Arm<'_>]) -> Option<String> {
    let counts_all = result.loads.values().all(|load| load.deadline_ns.is_none());
    let slow = |arm: &Arm<'_>| arm.data.latency.slow_ratio.unwrap_or(0.0);
    let slowest = pick(arms, |one, other| slow(one) > slow(other));
    let median = slowest.data.latency.end_to_end.p50_ns?;
    (counts_all && slow(&slowest) >= MUCH_SLOW).then(|| {
        let whose = if arms.len() == 1 { String::new() } else { format!(" of {}", slowest.name()) };
        format!(
            "no load has a `deadline`, so a success counts however late it is: {} of those{whose} \
             took more than ten times the median of {}",
            percent(slow(&slowest)),
            time(median)
        )
    })
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
    differences.extend(waste(arms));
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
    let lossless = arms.iter().all(Arm::lossless);
    let of_what = if lossless { "end-to-end" } else { "of all outcomes" };
    let of = |quantile: fn(&LatencySummary) -> Option<u64>, called: &str| {
        let known =
            arms.iter().filter_map(|arm| Some((quantile(latency(arm.data, lossless))?, arm)));
        let (fast, first) = known.clone().min_by_key(|(ns, _)| *ns)?;
        let (slow, last) = known.max_by_key(|(ns, _)| *ns)?;
        slower(slow, fast).then(|| {
            let (fast, slow) = (time(fast), time(slow));
            let (first, last) = (first.name(), last.name());
            format!("{first} was faster than {last}: {called} {of_what} {fast} against {slow}")
        })
    };
    of(|latency| latency.p99_ns, "p99").or_else(|| of(|latency| latency.p50_ns, "p50"))
}

/// Sentence about wasted work, if arms differ in it.
fn waste(arms: &[Arm<'_>]) -> Option<String> {
    let least = pick(arms, |one, other| one.wasted() < other.wasted());
    let most = pick(arms, |one, other| one.wasted() > other.wasted());
    (most.wasted() - least.wasted() >= MORE_WASTED).then(|| {
        let [more, less] = [&most, &least].map(|arm| percent(arm.wasted()));
        format!("{} wasted {more} of its work, {} {less}", most.name(), least.name())
    })
}

fn effort(arms: &[Arm<'_>]) -> Option<String> {
    let least = pick(arms, |one, other| one.amplification() < other.amplification());
    let most = pick(arms, |one, other| one.amplification() > other.amplification());
    let (few, many) = (least.amplification(), most.amplification());
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
