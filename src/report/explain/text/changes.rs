//! What-ifs in words.

use crate::report::explain::{Amount, Change, Pair, Shift, WhatIf};
use crate::report::text::format::{NO_VALUE, count, number, percent, share, time};

/// A change in words that follow "what if it ran": "without retries at clients.retry".
#[must_use]
pub fn change_words(change: &Change) -> String {
    let word = |name: &str| match name {
        "at" => change.component.clone(),
        "to" => change.to.map_or_else(|| NO_VALUE.to_owned(), amount),
        "from" => change.from.map_or_else(|| "no limit".to_owned(), amount),
        "service" => change.service.clone().unwrap_or_else(|| "the service".to_owned()),
        other => unreachable!("{other:?} stands in no words of a change"),
    };
    let mut parts = change.kind.words.split('{');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for (name, rest) in parts.filter_map(|part| part.split_once('}')) {
        text += &word(name);
        text += rest;
    }
    text
}

fn amount(amount: Amount) -> String {
    match amount {
        Amount::Count(value) => count(value),
        Amount::Number(value) => number(value),
        Amount::TimeNs(ns) => time(ns),
        Amount::Ratio(ratio) => percent(ratio),
        Amount::PerS(value) => format!("{}/s", number(value)),
    }
}

/// A change and all its effects: fates, arrivals, instants, attempts, work, p99.
#[must_use]
pub fn what_if_words(what_if: &WhatIf) -> String {
    format!("{}: {}", change_words(&what_if.change), effects(what_if).join("; "))
}

/// Effects of a change, one clause each: fates first, even without an effect on them.
fn effects(what_if: &WhatIf) -> Vec<String> {
    let mut effects = vec![fates(what_if)];
    let WhatIf { offered, faster, slower, sooner, later, work_ns, wasted_ns, .. } = what_if;
    effects.extend(difference(*offered, count, "requests arrive"));
    effects.extend(shift(faster, "succeed", "sooner"));
    effects.extend(shift(slower, "succeed", "later"));
    effects.extend(shift(sooner, "others end", "sooner"));
    effects.extend(shift(later, "others end", "later"));
    effects.extend(attempts(what_if));
    let wasted = || difference(*wasted_ns, time, "wasted work");
    effects.extend(difference(*work_ns, time, "work").or_else(wasted));
    effects.extend(p99(what_if));
    effects
}

/// A change with its main effects: fates, attempts and p99.
pub(super) fn cure_words(what_if: &WhatIf) -> String {
    let mut effects = vec![fates(what_if)];
    effects.extend(attempts(what_if));
    effects.extend(p99(what_if));
    format!("{}: {}", change_words(&what_if.change), effects.join("; "))
}

/// Number of requests that end sooner or later, and median shift: "35 succeed 1.30 s sooner in the
/// median".
fn shift(shift: &Shift, what: &str, word: &str) -> Option<String> {
    let median = time(shift.median_ns.filter(|_| shift.requests > 0)?);
    let mut verb = what.to_owned();
    if shift.requests == 1 {
        verb = what.replace("others end", "other ends").replace("succeed", "succeeds");
    }
    Some(format!("{} {verb} {median} {word} in the median", count(shift.requests)))
}

fn attempts(what_if: &WhatIf) -> Option<String> {
    difference(what_if.attempts, count, "attempts")
}

fn p99(what_if: &WhatIf) -> Option<String> {
    let words = |p99: Option<u64>| p99.map_or_else(|| NO_VALUE.to_owned(), time);
    let Pair { before, after } = what_if.p99_ns;
    let (before, after) = (words(before), words(after));
    (before != after).then(|| format!("p99 of all that end {after} instead of {before}"))
}

fn fates(what_if: &WhatIf) -> String {
    let WhatIf { in_both, failing, saved, lost, otherwise, offered, succeeded, .. } = what_if;
    if *in_both < offered.before.max(offered.after) {
        // In a closed loop, arrivals depend on completions, so the requests are not the same ones.
        let (before, after) = (count(succeeded.before), count(succeeded.after));
        return format!("{after} requests succeed instead of {before}");
    }
    if saved + lost + otherwise == 0 {
        return "every request ends as it does now".to_owned();
    }
    let mut text = format!("of {} failed requests {} succeed", count(*failing), count(*saved));
    if *otherwise > 0 {
        text.push_str(&format!(", {} fail in another way", count(*otherwise)));
    }
    match lost {
        1 => format!("{text}, 1 other gets worse"),
        lost => format!("{text}, {} others get worse", count(*lost)),
    }
}

/// Difference, and its share of the original number: "776 fewer attempts (19.1 %)".
fn difference(pair: Pair<u64>, words: fn(u64) -> String, of: &str) -> Option<String> {
    let Pair { before, after } = pair;
    if before == after {
        return None;
    }
    let by = before.abs_diff(after);
    let word = match (after < before, of.ends_with("work")) {
        (true, true) => "less",
        (true, false) => "fewer",
        (false, _) => "more",
    };
    Some(match before {
        0 => format!("{} {word} {of}", words(by)),
        _ => format!("{} {word} {of} ({})", words(by), share(by, before)),
    })
}
