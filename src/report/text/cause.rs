//! Fates of an arm's requests in clauses, each of which states only numbers of that arm.

use super::format::{count, cut, number, percent, time};
use crate::report::result::{ArmResult, Component, Metric};

/// Least share of the attempts or of the work that a clause mentions.
const MUCH: f64 = 0.2;

/// Least number of attempts a request at which a clause mentions retries.
const MANY_ATTEMPTS: f64 = 1.5;

/// Causes of lost requests, most frequent first: at most three, each at least a tenth of the
/// losses.
pub(in crate::report) fn losses(arm: &ArmResult) -> Vec<String> {
    let (requests, failed_by) = (&arm.requests, &arm.failed_by);
    let other = requests.failed.saturating_sub(failed_by.timeout + failed_by.error);
    let by = |who: String, n: u64| (n, format!("{who} {}", count(n)));
    let they = |n: u64, how: &str| (n, format!("{} {}", count(n), singular(how, n)));
    let full = who(arm, "dropped", "a queue");
    let mut losses = vec![
        by(refusal(arm), requests.rejected),
        by(format!("{} shed", who(arm, "shed", "its servers")), requests.shed),
        by(format!("{full} was full and dropped"), requests.dropped),
        they(failed_by.timeout, "ended in a timeout"),
        they(failed_by.error, "ended in an error"),
        they(other, "failed"),
        they(requests.dead_lettered, "were dead-lettered after their last delivery"),
        they(requests.late, "succeeded only after the deadline"),
        they(requests.in_flight, "were unfinished at the end"),
    ];
    let lost: u64 = losses.iter().map(|(part, _)| part).sum();
    losses.retain(|(part, _)| *part > 0 && *part >= lost / 10);
    // The sort is stable: equally frequent causes stay in the order of the list.
    losses.sort_by_key(|(part, _)| std::cmp::Reverse(*part));
    losses.truncate(3);
    losses.into_iter().map(|(_, clause)| clause).collect()
}

/// The commonest fate of requests that did not succeed: their number, and a word or two.
pub(in crate::report) fn most_lost_to(arm: &ArmResult) -> Option<(u64, &'static str)> {
    let (requests, failed_by) = (&arm.requests, &arm.failed_by);
    let fates = [
        (failed_by.timeout, "timed out"),
        (failed_by.error, "met an error"),
        (requests.rejected, "rejected"),
        (requests.shed, "shed"),
        (requests.dropped, "dropped"),
        (requests.dead_lettered, "dead-lettered"),
        (requests.late, "late"),
        (requests.in_flight, "unfinished"),
    ];
    // `max_by_key` takes the last of equals; reversed, the first of the list.
    let commonest = fates.into_iter().rev().max_by_key(|(requests, _)| *requests);
    commonest.filter(|(requests, _)| *requests > 0)
}

/// Clauses about failed attempts, retries and wasted work, where they are large.
pub(in crate::report) fn strain(arm: &ArmResult) -> Vec<String> {
    let attempts = &arm.attempts;
    let mut facts = Vec::new();
    let bad = [
        (attempts.timeouts, "timed out"),
        (attempts.errors, "ended in an error"),
        (attempts.failed, "ended badly"),
    ];
    let much = |part: u64| part > 0 && part as f64 >= MUCH * attempts.total as f64;
    if let Some((part, how)) = bad.into_iter().find(|(part, _)| much(*part)) {
        let part = if part == attempts.total {
            format!("all its {}", count(part))
        } else {
            format!("{} of its {}", count(part), count(attempts.total))
        };
        facts.push(format!("{part} attempts {how}"));
    }
    if let Some(times) = arm.amplification.filter(|&times| times >= MANY_ATTEMPTS) {
        facts.push(format!("each request took {} attempts", number(times)));
    }
    if let Some(ratio) = arm.wasted.ratio.filter(|&ratio| ratio >= MUCH) {
        let part = percent(ratio);
        facts.push(format!("{part} of the service time went to callers that had left"));
    }
    facts
}

/// Largest value of `metric` among the components of a kind, if one has it.
pub(in crate::report) fn largest(arm: &ArmResult, kind: &str, metric: &str) -> Option<u64> {
    let of_kind = arm.components.values().filter(|part| part.kind == kind);
    of_kind.filter_map(|part| counted(part, metric)).max()
}

/// True if the arm has a component of this kind.
pub(in crate::report) fn has(arm: &ArmResult, kind: &str) -> bool {
    arm.components.values().any(|part| part.kind == kind)
}

/// True if a retry budget or a breaker limits the attempts of the arm.
pub(in crate::report) fn limits_retries(arm: &ArmResult) -> bool {
    let budget = |part: &Component| part.get("budget_exhausted").is_some();
    arm.components.values().any(|part| part.kind == "breaker" || budget(part))
}

fn refusal(arm: &ArmResult) -> String {
    let Some((name, part)) = most(arm, "rejected") else {
        return "its policies refused".to_owned();
    };
    let who = named(arm, name, part);
    // With one breaker for each of several clients, times in a state are means.
    let who = match counted(part, "clients") {
        Some(clients) => format!("{who}, one at each of {} clients,", count(clients)),
        None => who,
    };
    let share = if part.get("clients").is_some() { "at each on average" } else { "in all" };
    match (counted(part, "opened"), part.get("time_open_ns")) {
        (Some(opened), Some(Metric::Time(open))) if opened > 0 => format!(
            "{who} opened {}, for {} {share}, and refused",
            times(opened),
            time(open.as_ns())
        ),
        (Some(opened), _) if opened > 0 => format!("{who} opened {} and refused", times(opened)),
        _ => format!("{who} refused"),
    }
}

/// The component with the largest count of `metric`, in words.
fn who(arm: &ArmResult, metric: &str, otherwise: &str) -> String {
    match most(arm, metric) {
        Some((name, part)) => named(arm, name, part),
        None => otherwise.to_owned(),
    }
}

fn most<'a>(arm: &'a ArmResult, metric: &str) -> Option<(&'a str, &'a Component)> {
    let mut most: Option<(u64, &str, &Component)> = None;
    for (name, part) in &arm.components {
        let own = counted(part, metric).unwrap_or(0);
        if own > most.map_or(0, |(largest, ..)| largest) {
            most = Some((own, name, part));
        }
    }
    most.map(|(_, name, part)| (name, part))
}

/// A component in words: "its queue", or by name if the arm has several of the kind.
fn named(arm: &ArmResult, name: &str, part: &Component) -> String {
    let of_kind = arm.components.values().filter(|other| other.kind == part.kind);
    if of_kind.count() == 1 {
        format!("its {}", part.kind.replace('_', " "))
    } else {
        format!("its {} {}", part.kind.replace('_', " "), cut(name, 30))
    }
}

pub(in crate::report) fn counted(part: &Component, metric: &str) -> Option<u64> {
    match part.get(metric) {
        Some(Metric::Count(count)) => Some(count),
        _ => None,
    }
}

fn times(n: u64) -> String {
    match n {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        n => format!("{} times", count(n)),
    }
}

fn singular(ending: &str, n: u64) -> String {
    if n == 1 {
        ending.replace("were ", "was ").replace("their last", "its last")
    } else {
        ending.to_owned()
    }
}
