//! An arm in three sentences: the breakage, its sustaining loop, and the best cure.

use super::changes::cure_words;
use super::points::{losses, trigger_name};
use crate::report::explain::{
    Bottleneck, Breakage, BreakageEnd, Link, Phase, PhaseKind, Story, WhatIf,
};
use crate::report::text::format::{count, number, share, time};

/// The breakage of an arm, its sustaining loop, and the best cure; a single sentence for an arm
/// that did not break.
#[must_use]
pub fn headline(story: &Story) -> Vec<String> {
    let Some(worst) = story.worst() else {
        let mut sentences = vec![unbroken(story)];
        sentences.extend(story.suffers().then(|| mended(story)));
        return sentences;
    };
    vec![broke(story, worst), kept(story, worst), mended(story)]
}

fn unbroken(story: &Story) -> String {
    let outcome = &story.outcome;
    let (offered, succeeded) = (outcome.requests.offered, outcome.requests.succeeded);
    if offered == 0 {
        return "No request was counted, so nothing could break.".to_owned();
    }
    let part = format!("{} of {} requests", share(succeeded, offered), count(offered));
    if story.suffers() {
        let losses = losses(outcome).join(", ");
        return format!("It never got worse than it is all the time: {part} succeed, {losses}.");
    }
    let changes: Vec<String> =
        story.triggers.iter().filter(|of| of.changes).map(trigger_name).collect();
    let spite = match &changes[..] {
        [] => String::new(),
        [one] => format!(", {one} notwithstanding"),
        [one, rest @ ..] => format!(", {one} and {} more triggers notwithstanding", rest.len()),
    };
    let mut text = format!("Nothing broke{spite}: {part} succeed");
    if let (true, Some(per_s)) = (outcome.closed_loop, outcome.goodput_per_s) {
        text.push_str(&format!(", {} a second", number(per_s)));
    }
    if let Some(p99) = outcome.p99_ns {
        text.push_str(&format!(", and 99 % of all that ended took at most {}", time(p99)));
    }
    text.push('.');
    text
}

fn broke(story: &Story, worst: &Breakage) -> String {
    let trigger = worst.trigger.and_then(|at| story.triggers.get(at));
    let counted = story
        .phases
        .iter()
        .find(|phase| !matches!(phase.kind, PhaseKind::WarmUp | PhaseKind::Idle));
    let mut text = match trigger {
        Some(trigger) => {
            format!("It broke at {} with {}", time(worst.from_ns), trigger_name(trigger))
        }
        None if counted.is_some_and(|first| first.from_ns >= worst.from_ns) => {
            "It was broken from the beginning on, without any trigger".to_owned()
        }
        None => format!("It broke at {} without any trigger", time(worst.from_ns)),
    };
    let until = time(worst.until_ns);
    let over = trigger.map(|trigger| trigger.until_ns).filter(|over| *over <= worst.until_ns);
    text.push_str(&match (worst.end, over) {
        (BreakageEnd::WithTrigger, _) => {
            format!(", and was well again after that, from {until} on")
        }
        (BreakageEnd::Recovers, Some(over)) => {
            format!(
                ", and was well again at {until}, {} after that was over",
                time(worst.until_ns - over)
            )
        }
        (BreakageEnd::Recovers, None) => format!(", and was well again at {until}"),
        (BreakageEnd::Stays, Some(over)) => {
            format!(", and stayed broken to {until}, although that was over at {}", time(over))
        }
        (BreakageEnd::Stays, None) => format!(", and stayed broken to {until}"),
        (BreakageEnd::Open, _) => format!(", and was still broken at {until}"),
    });
    let (arrived, good) = (count(worst.arrived), count(worst.good));
    text.push_str(&match worst.ended {
        0 => format!("; none of the {arrived} requests that arrived meanwhile ended"),
        _ => format!(
            "; of {arrived} requests that arrived meanwhile {good} succeeded ({} of those that \
             ended)",
            share(worst.good, worst.ended)
        ),
    });
    if let (true, Some(usual)) = (story.outcome.closed_loop, good_per_s(story)) {
        let lasted = worst.until_ns.saturating_sub(worst.from_ns).max(1);
        let meanwhile = number(worst.good as f64 * 1e9 / lasted as f64);
        text.push_str(&format!(", {meanwhile} a second, and {} while it was well", number(usual)));
    }
    if let Some(first) = story.bottleneck_of(worst) {
        let Bottleneck { component, kind, meter, limit, as_before, .. } = first;
        text.push_str(&format!(
            "; first bottleneck: {kind} {component} ({}, limit {})",
            meter.words,
            count(*limit)
        ));
        if *as_before {
            text.push_str(", as before the trigger");
        }
    }
    let others = story.breakages.len() - 1;
    if others > 0 {
        let times =
            if others == 1 { "once more".to_owned() } else { format!("{others} more times") };
        text.push_str(&format!("; it broke {times}"));
    }
    text.push('.');
    text
}

/// Rates per second of arrivals and of good requests while the arm is well; `None` if it never is.
fn good_per_s(story: &Story) -> Option<f64> {
    let well = |phase: &&Phase| {
        matches!(phase.kind, PhaseKind::Steady | PhaseKind::Recovered) && !phase.ill
    };
    let sum = |of: fn(&Phase) -> u64| story.phases.iter().filter(well).map(of).sum::<u64>();
    let lasted = sum(|phase| phase.until_ns - phase.from_ns);
    (lasted > 0).then(|| sum(|phase| phase.good) as f64 * 1e9 / lasted as f64)
}

fn kept(story: &Story, worst: &Breakage) -> String {
    if worst.end == BreakageEnd::WithTrigger {
        return "Nothing kept it broken beyond that.".to_owned();
    }
    let trigger = worst.trigger.and_then(|at| story.triggers.get(at));
    let lasts = trigger.filter(|trigger| trigger.until_ns >= worst.until_ns);
    if let (BreakageEnd::Open, Some(trigger)) = (worst.end, lasts) {
        return format!("The trigger was not over: {} still lasted.", trigger_name(trigger));
    }
    let links = |decides: Option<bool>| -> Vec<String> {
        let chosen = story.loops.iter().filter(|feeding| feeding.decides == decides);
        chosen.map(|feeding| short(&feeding.link)).collect()
    };
    let (decisive, untested, at_work) = (links(Some(true)), links(None), links(Some(false)));
    if !decisive.is_empty() {
        return format!("What kept it broken: {}.", listed(&decisive));
    }
    if !untested.is_empty() {
        return format!("What was at work meanwhile, by its numbers: {}.", listed(&untested));
    }
    if !at_work.is_empty() {
        let these = if at_work.len() == 1 { "this" } else { "any one of these" };
        return format!(
            "No single loop kept it broken: most of the failed requests fail without {these}, \
             too: {}.",
            listed(&at_work)
        );
    }
    "No sustaining loop shows: retries, work for callers that had left and open breakers were \
     each below a fifth, and there was no backlog."
        .to_owned()
}

/// A link in a few words.
fn short(link: &Link) -> String {
    match link {
        Link::Retries { edge, attempts, retries, .. } => {
            format!("retries, {} of the attempts on {edge}", share(*retries, *attempts))
        }
        Link::WastedWork { service, work_ns, wasted_ns, .. } => format!(
            "work for callers that had left, {} of what {service} did",
            share(*wasted_ns, *work_ns)
        ),
        Link::State { component, component_kind, meter, lasted_ns, .. } => {
            format!("{component_kind} {component}, {} for {}", meter.words, time(*lasted_ns))
        }
        Link::Backlog { component, mean, .. } => {
            format!("a backlog at {component}, {} on average", number(*mean))
        }
    }
}

fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{}; and {last}", first.join("; ")),
    }
}

fn mended(story: &Story) -> String {
    let cures = story.what_if.iter().filter(|of| of.change.kind.can_be_made());
    let tried = cures.clone().count();
    let left_out = match story.untried {
        0 => String::new(),
        untried => format!(" ({} changes were not tried)", count(untried)),
    };
    if tried == 0 {
        return format!("No change was tried that could have mended it{left_out}.");
    }
    // Changes of settings come first: more capacity costs more than a deployment.
    let mut mending: Vec<&WhatIf> = cures.clone().filter(|cure| cure.mends()).collect();
    mending.sort_by_key(|cure| cure.change.kind.means);
    if let Some(cure) = mending.first() {
        return format!("It would have been mended {}.", cure_words(cure));
    }
    // `max_by_key` takes the last of equals; reversed, the first.
    let most = cures.rev().max_by_key(|cure| cure.gain());
    match most.filter(|cure| cure.gain() > 0) {
        Some(most) => format!(
            "Nothing tried would have mended it{left_out}; most is saved {}.",
            cure_words(most)
        ),
        None if tried == 1 => format!(
            "Nothing tried would have mended it{left_out}: the one change that was tried lets no \
             more requests succeed."
        ),
        None => format!(
            "Nothing tried would have mended it{left_out}: none of {} changes lets more requests \
             succeed.",
            count(tried as u64)
        ),
    }
}
