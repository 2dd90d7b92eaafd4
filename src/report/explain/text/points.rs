//! The facts of a story, one sentence each, with its numbers.

use crate::metrics::meter::Meter;
use crate::report::explain::{
    Bottleneck, BreakageEnd, Cause, CauseKind, EdgePhase, EdgeUse, FaultEffect, Level, Link,
    NeverFree, Outcome, Phase, PhaseKind, ShorterFault, Story, SustainingLoop, Trigger,
};
use crate::report::text::format::{NO_VALUE, count, number, percent, share, time};

/// Most bottlenecks described one by one.
const MOST_BOTTLENECKS: usize = 3;

/// One fact, to be printed or drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// Topic of the fact.
    pub topic: Topic,
    /// A sentence with numbers, without its full stop.
    pub text: String,
    /// First instant of the fact.
    pub from_ns: u64,
    /// Last instant of the fact; equal to the first for a single instant.
    pub until_ns: u64,
}

/// Topics, in reading order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// Totals.
    Outcome,
    /// Triggers.
    Trigger,
    /// Resources that reached their limits.
    Bottleneck,
    /// Sustaining loops.
    Loop,
    /// Mechanisms at work during a trigger that did not keep the arm broken.
    AtWork,
    /// Amplification and wasted work, edge by edge.
    Edges,
    /// The point of no return.
    NoReturn,
}

impl Topic {
    /// Heading of the topic.
    #[must_use]
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Outcome => "outcome",
            Self::Trigger => "trigger",
            Self::Bottleneck => "first bottleneck",
            Self::Loop => "sustaining loop",
            Self::AtWork => "at work while it lasted",
            Self::Edges => "amplification and waste",
            Self::NoReturn => "point of no return",
        }
    }
}

/// All facts about an arm, in reading order.
#[must_use]
pub fn points(story: &Story) -> Vec<Point> {
    let end_ns = story.phases.last().map_or(0, |phase| phase.until_ns);
    let point = |topic, text, from_ns: u64, until_ns: u64| Point {
        topic,
        text,
        from_ns: from_ns.min(end_ns),
        until_ns: until_ns.min(end_ns),
    };
    let mut points = vec![point(Topic::Outcome, outcome_words(&story.outcome), 0, end_ns)];
    for trigger in &story.triggers {
        let text = trigger_words(trigger);
        points.push(point(Topic::Trigger, text, trigger.from_ns, trigger.until_ns));
    }
    if story.triggers.is_empty() && !story.breakages.is_empty() {
        let text = "nothing from outside changes: no fault, no rise of the load".to_owned();
        points.push(point(Topic::Trigger, text, 0, end_ns));
    }
    if let Some(first) = story.bottlenecks.first() {
        let shown = story.bottlenecks.iter().take(MOST_BOTTLENECKS);
        let mut texts: Vec<String> = shown.map(bottleneck_words).collect();
        let more = story.bottlenecks.len().saturating_sub(MOST_BOTTLENECKS);
        if more > 0 {
            texts.push(format!("and {more} more"));
        }
        points.push(point(Topic::Bottleneck, texts.join("; then "), first.from_ns, first.from_ns));
    }
    let passes = story.worst().is_some_and(|worst| worst.end == BreakageEnd::WithTrigger);
    let topic = if passes { Topic::AtWork } else { Topic::Loop };
    for feeding in &story.loops {
        let text = loop_words(feeding);
        points.push(point(topic, text, feeding.from_ns, feeding.until_ns));
    }
    for edge in &story.edges {
        points.push(point(Topic::Edges, edge_words(edge), 0, end_ns));
    }
    if let Some(free) = &story.no_return.resource {
        points.push(point(Topic::NoReturn, never_free_words(free), free.from_ns, free.until_ns));
    }
    if let Some(fault) = &story.no_return.fault {
        let from_ns = fault.from_ns.saturating_add(fault.recovers_after_ns.unwrap_or(0));
        let until_ns = fault.from_ns.saturating_add(fault.stays_after_ns);
        points.push(point(Topic::NoReturn, shorter_fault_words(fault), from_ns, until_ns));
    }
    points
}

/// The numbers of a phase.
#[must_use]
pub fn phase_words(phase: &Phase) -> String {
    if phase.kind == PhaseKind::WarmUp {
        return "what arrives is not counted".to_owned();
    }
    if phase.arrived == 0 {
        return "nothing that counts arrives".to_owned();
    }
    let lasts = phase.until_ns.saturating_sub(phase.from_ns).max(1);
    let per_s = number(phase.arrived as f64 * 1e9 / lasts as f64);
    let part = match phase.ratio() {
        None => "none of them has ended".to_owned(),
        Some(ratio) => format!("{} of those that ended succeed", percent(ratio)),
    };
    format!("{} requests arrive, {per_s} a second; {part}", count(phase.arrived))
}

/// Name of a trigger within a sentence: "fault freeze".
#[must_use]
pub fn trigger_name(trigger: &Trigger) -> String {
    cause_name(trigger.cause.kind(), trigger.cause.name())
}

/// The name of a cause of this kind within a sentence.
pub(crate) fn cause_name(kind: CauseKind, name: &str) -> String {
    match kind {
        CauseKind::Fault => format!("fault {name}"),
        CauseKind::Rise => format!("the rise of load {name}"),
        CauseKind::Bursts => format!("the burst load {name}"),
    }
}

fn trigger_words(trigger: &Trigger) -> String {
    let (from, until) = (time(trigger.from_ns), time(trigger.until_ns));
    match &trigger.cause {
        Cause::Fault { fault, service, replica, zone, effect, factor, ratio } => {
            let service = match (replica, zone) {
                (Some(replica), _) => format!("replica {replica} of {service}"),
                (None, Some(zone)) => format!("zone {zone} of {service}"),
                (None, None) => service.clone(),
            };
            let what = match effect {
                FaultEffect::Slowed => {
                    let factor = factor.map_or_else(|| NO_VALUE.to_owned(), number);
                    format!("work at {service} took {factor} times as long")
                }
                FaultEffect::Failing => format!("attempts at {service} failed"),
                FaultEffect::Frozen => format!("work at {service} stood still"),
                FaultEffect::Crashed => format!("{service} was down"),
            };
            let lasted = time(trigger.until_ns.saturating_sub(trigger.from_ns));
            let part = match *ratio < 1.0 {
                true => format!(", for {} of the attempts", percent(*ratio)),
                false => String::new(),
            };
            format!("fault {fault}: for {lasted}, from {from}, {what}{part}")
        }
        Cause::Rise { load, per_s, quietest_per_s } => {
            let (per_s, before) = (number(*per_s), number(*quietest_per_s));
            format!(
                "load {load}: {per_s} requests a second from {from} to {until}, and {before} at \
                 its quietest"
            )
        }
        Cause::Bursts { load, bursts: 1, size, .. } => {
            format!("load {load}: {} requests at once, at {from}", count(*size))
        }
        Cause::Bursts { load, bursts, size, every_ns } => {
            let span = every_ns.saturating_mul(bursts.saturating_sub(1));
            let last = trigger.from_ns.saturating_add(span);
            format!(
                "load {load}: {} bursts of {} requests, one every {}, from {from} to {}",
                count(*bursts),
                count(*size),
                time(*every_ns),
                time(last)
            )
        }
    }
}

fn outcome_words(outcome: &Outcome) -> String {
    let requests = &outcome.requests;
    let offered = requests.offered;
    let mut text = format!(
        "of {} requests {} ({}) succeed in time",
        count(offered),
        count(requests.succeeded),
        share(requests.succeeded, offered)
    );
    text.push_str(&losses(outcome).iter().map(|loss| format!(", {loss}")).collect::<String>());
    if requests.in_flight > 0 {
        text.push_str(&format!(", {} are still in flight at the end", count(requests.in_flight)));
    }
    if let Some(amplification) = outcome.amplification {
        let amplification = number(amplification);
        text.push_str(&format!(
            "; {} attempts are made, {amplification} a request",
            count(outcome.attempts)
        ));
    }
    if let Some(p99) = outcome.p99_ns {
        text.push_str(&format!("; p99 of all that ended is {}", time(p99)));
    }
    text
}

/// Lost requests by fate: "1,650 are rejected".
pub(super) fn losses(outcome: &Outcome) -> Vec<String> {
    let Outcome { requests, failed_by, .. } = outcome;
    let fates = [
        ("succeed late", requests.late),
        ("fail in a timeout", failed_by.timeout),
        ("fail in an error", failed_by.error),
        ("are rejected", requests.rejected),
        ("are shed", requests.shed),
        ("are dropped", requests.dropped),
        ("are dead-lettered", requests.dead_lettered),
    ];
    let lost = fates.into_iter().filter(|(_, of)| *of > 0);
    lost.map(|(words, of)| format!("{} {words}", count(of))).collect()
}

fn level(meter: &Meter, mean: Option<f64>, max: u64) -> String {
    let mean = mean.map_or_else(|| NO_VALUE.to_owned(), number);
    format!("{} {mean} on average and {} at most", meter.words, count(max))
}

fn bottleneck_words(bottleneck: &Bottleneck) -> String {
    let Bottleneck { component, kind, meter, limit, mean, max, .. } = bottleneck;
    let before = match bottleneck.as_before {
        true => ", as before the trigger",
        false => "",
    };
    format!(
        "{kind} {component}: {}, with a limit of {}, from {} to {}{before}",
        level(meter, *mean, *max),
        count(*limit),
        time(bottleneck.from_ns),
        time(bottleneck.until_ns)
    )
}

fn loop_words(feeding: &SustainingLoop) -> String {
    let SustainingLoop { phase, from_ns, until_ns, link, levels, decides } = feeding;
    let lasts = until_ns.saturating_sub(*from_ns).max(1);
    let lead = format!("{} phase, {} to {}", phase.name(), time(*from_ns), time(*until_ns));
    let mut text = format!("{lead}: {}", link_words(link, lasts));
    if !levels.is_empty() {
        let levels: Vec<String> = levels
            .iter()
            .map(|Level { meter, mean, max }| level(meter, Some(*mean), *max))
            .collect();
        text.push_str(&format!("; meanwhile {}", levels.join(", ")));
    }
    text.push_str(match decides {
        Some(true) => "; without it most of the failed requests succeed",
        Some(false) => "; without it most of the failed requests still fail",
        None => "",
    });
    text
}

/// A mechanism that feeds a failure for `lasts` nanoseconds.
fn link_words(link: &Link, lasts: u64) -> String {
    match link {
        Link::Retries { edge, service, attempts, retries } => {
            let per_s = |attempts: u64| number(attempts as f64 * 1e9 / lasts as f64);
            format!(
                "{} of {} attempts on {edge} ({}) are retries, so {service} is sent {} a second, \
                 of which {} are first attempts",
                count(*retries),
                count(*attempts),
                share(*retries, *attempts),
                per_s(*attempts),
                per_s(attempts.saturating_sub(*retries))
            )
        }
        Link::WastedWork { edge, service, work_ns, wasted_ns } => format!(
            "{} of the {} of work that {service} does for {edge} is for callers that have left",
            share(*wasted_ns, *work_ns),
            time(*work_ns)
        ),
        Link::State { component, component_kind, meter, lasted_ns, counts } => {
            let counts: Vec<String> =
                counts.iter().map(|of| format!("{} {}", count(of.count), of.meter.words)).collect();
            let counts = match counts.is_empty() {
                true => String::new(),
                false => format!(": {}", counts.join(", ")),
            };
            format!(
                "{component_kind} {component} is {} for {} ({} of the time){counts}",
                meter.words,
                time(*lasted_ns),
                percent((*lasted_ns as f64 / lasts as f64).min(1.0))
            )
        }
        Link::Backlog { component, component_kind, meter, mean, max, worked_on } => format!(
            "{component_kind} {component} has a backlog: {}, while {} are worked on",
            level(meter, Some(*mean), *max),
            number(*worked_on)
        ),
    }
}

fn edge_words(edge: &EdgeUse) -> String {
    let phase = |of: &EdgePhase| {
        let first = of.attempts.saturating_sub(of.retries);
        let amplification = match first {
            0 => "retries only".to_owned(),
            first => format!("{} a first one", number(of.attempts as f64 / first as f64)),
        };
        let waste = match of.work_ns {
            0 => String::new(),
            work => format!(", {} of the work wasted", share(of.wasted_ns, work)),
        };
        format!("{} {} attempts ({amplification}){waste}", of.phase.name(), count(of.attempts))
    };
    let phases: Vec<String> = edge.phases.iter().map(phase).collect();
    format!("edge {}: {}", edge.edge, phases.join("; "))
}

fn never_free_words(free: &NeverFree) -> String {
    format!(
        "from {} on, {} of {} {} are never below {} of their limit of {} again",
        time(free.from_ns),
        free.meter.words,
        free.kind,
        free.component,
        percent(free.ratio),
        count(free.limit)
    )
}

fn shorter_fault_words(fault: &ShorterFault) -> String {
    let ShorterFault { fault, recovers_after_ns, stays_after_ns, reruns, .. } = fault;
    let stays = time(*stays_after_ns);
    match recovers_after_ns {
        Some(after) => format!(
            "with fault {fault} over after {} the same requests recover, after {stays} they do \
             not ({reruns} reruns)",
            time(*after)
        ),
        None => format!(
            "even with fault {fault} over after {stays} the same requests do not recover \
             ({reruns} reruns)"
        ),
    }
}
