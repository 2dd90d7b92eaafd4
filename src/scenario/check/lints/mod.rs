//! What a check warns of, as one list: every lint with its name, its reason and an example.
//!
//! A lint never guesses. It says what follows from the numbers of the file, and shows them. Those
//! that look at one value are raised where that value is checked; those that look at a whole arm
//! are functions of this folder.

mod breaker;
mod lines;
mod load;
mod waits;
mod writing;

use std::collections::BTreeMap;

use super::Checker;
use super::arms::View;
use crate::kernel::distribution::spec::resolve;
use crate::kernel::time::Duration;
use crate::scenario::conform::{did_you_mean, list_of};
use crate::scenario::path::{Path, Segment};
use crate::scenario::problem::{Problem, printable};
use crate::scenario::schema::{Consumer, Layer, Load, Scenario, Timeout};

pub(super) use waits::RETRIES_MULTIPLY;
pub(super) use writing::{
    ALWAYS_ZERO, BINS_MERGED, EVENT_AFTER_FAULT, FAULT_WITHOUT_EFFECT, NEVER_REACHED,
    NOTHING_ARRIVES, RETRY_NEVER_RETRIES, TIMEOUT_NEVER_FIRES,
};

/// One thing that a check warns of.
#[derive(Debug)]
pub struct Lint {
    /// Its stable name, in kebab case: what `allow` takes.
    pub name: &'static str,
    /// What kind of mistake it points at.
    pub group: Group,
    /// What it looks for, in one sentence.
    pub about: &'static str,
    /// Why that matters, and what to do about it.
    pub why: &'static str,
    /// Entries of a scenario that raise it.
    pub example: &'static str,
    /// The same entries without the mistake.
    pub mended: &'static str,
    check: Option<fn(&System<'_>) -> Vec<Problem>>,
}

/// The two kinds of lints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Something in the file has no effect: probably a slip.
    Writing,
    /// The file says what it says, and a system like that fares badly.
    Design,
}

/// All lints, by group and name.
pub static LINTS: &[&Lint] = &[
    &ALWAYS_ZERO,
    &BINS_MERGED,
    &EVENT_AFTER_FAULT,
    &FAULT_WITHOUT_EFFECT,
    &NEVER_REACHED,
    &NOTHING_ARRIVES,
    &RETRY_NEVER_RETRIES,
    &TIMEOUT_NEVER_FIRES,
    &waits::BACKOFF_OUTLASTS_TIMEOUT,
    &breaker::BREAKER_KEEPS_ITSELF_OPEN,
    &lines::BULKHEAD_QUEUE_UNTIMED,
    &lines::CONSUMERS_EXCEED_SLOTS,
    &load::OFFERED_LOAD_EXCEEDS_CAPACITY,
    &lines::QUEUE_OUTLASTS_PATIENCE,
    &RETRIES_MULTIPLY,
    &waits::RETRY_WHILE_BREAKER_OPEN,
    &waits::TRIES_OUTLAST_TIMEOUT,
];

/// The lint of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Lint> {
    LINTS.iter().find(|lint| lint.name == name).copied()
}

/// One complete arm, as lints look at it.
struct System<'a> {
    view: &'a View<'a>,
    /// How long the scenario runs, if it says so.
    duration: Option<Duration>,
    pipelines: Vec<Pipeline<'a>>,
    /// Indices of pipelines by the service that they end at.
    by_service: BTreeMap<&'a str, Vec<usize>>,
    /// Groups of consumers by the queue that they take from.
    readers: BTreeMap<&'a str, Vec<&'a Consumer>>,
    /// Loads by the queue that they publish to.
    publishers: BTreeMap<&'a str, Vec<&'a Load>>,
}

/// A policy with its two ends, and where it is written.
struct Pipeline<'a> {
    /// The call or the group of consumers.
    at: &'a Path,
    source: Source<'a>,
    policy: &'a [Layer],
    to: &'a str,
}

/// What sends through a pipeline.
#[derive(Clone, Copy)]
enum Source<'a> {
    Load(&'a Load),
    Consumer(&'a Consumer),
}

impl<'a> System<'a> {
    fn new(scenario: &'a Scenario, view: &'a View<'a>) -> Self {
        let consumers = view.consumers.values().map(|(at, consumer)| Pipeline {
            at,
            source: Source::Consumer(consumer),
            policy: &consumer.policy,
            to: &consumer.to,
        });
        let calls = view.calls.iter().filter_map(|(load, (at, call))| {
            let source = Source::Load(scenario.load.get(*load)?);
            Some(Pipeline { at, source, policy: &call.policy, to: &call.to })
        });
        let mut system = Self {
            view,
            duration: scenario.duration,
            pipelines: consumers.chain(calls).collect(),
            by_service: BTreeMap::new(),
            readers: BTreeMap::new(),
            publishers: BTreeMap::new(),
        };
        for (index, pipeline) in system.pipelines.iter().enumerate() {
            system.by_service.entry(pipeline.to).or_default().push(index);
            if let Source::Consumer(consumer) = pipeline.source {
                system.readers.entry(&consumer.from).or_default().push(consumer);
            }
        }
        for (load, (_, queue)) in &view.publishes {
            let loads = system.publishers.entry(queue).or_default();
            loads.extend(scenario.load.get(*load));
        }
        system
    }

    /// The pipelines that end at a service.
    fn to(&self, service: &str) -> impl Iterator<Item = &Pipeline<'a>> + Clone {
        let indices = self.by_service.get(service).map_or(&[][..], Vec::as_slice);
        indices.iter().map(|index| &self.pipelines[*index])
    }

    /// The mean time that a service takes, without overload and faults; `None` if it has none.
    fn mean_ns(&self, service: &str) -> Option<f64> {
        let (_, service) = self.view.services.get(service)?;
        let mean = resolve(&service.time).ok()?.mean();
        (mean.is_finite() && mean > 0.0).then_some(mean)
    }
}

impl Pipeline<'_> {
    /// Its layers with their indices and paths.
    fn layers(&self) -> impl Iterator<Item = (usize, Path, &Layer)> {
        let at = self.at.field("policy");
        self.policy.iter().enumerate().map(move |(index, layer)| (index, at.index(index), layer))
    }
}

/// The shortest timeout among these layers.
fn shortest_timeout(layers: &[Layer]) -> Option<Duration> {
    let timeouts = layers.iter().filter_map(|layer| match layer {
        Layer::Timeout(Timeout { after }) => Some(*after),
        _ => None,
    });
    timeouts.min()
}

/// Nanoseconds as a duration, for messages.
fn shown(ns: f64) -> Duration {
    Duration::from_ns(ns as u64)
}

/// A number for messages: whole numbers without a point, others with one digit or two.
fn number(value: f64) -> String {
    if value > 0.0 && value < 0.01 {
        return "<0.01".to_owned();
    }
    let digits = if value >= 10.0 { 1 } else { 2 };
    let text = format!("{value:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

impl Checker<'_> {
    /// Only of a scenario without errors: the numbers that lints multiply have to be sound.
    pub(super) fn lint(&mut self, views: &[View<'_>]) {
        for view in views {
            let system = System::new(self.scenario, view);
            for problem in LINTS.iter().filter_map(|lint| lint.check).flat_map(|of| of(&system)) {
                self.add(problem);
            }
        }
    }

    /// Names in `allow` that no lint has.
    pub(super) fn allowances(&mut self) {
        let root = Path::root();
        let arms = self.scenario.arms.iter();
        let arms = arms.map(|(name, arm)| (root.field("arms").key(name), &arm.allow));
        for (at, allow) in arms.chain([(root.clone(), &self.scenario.allow)]) {
            for (index, name) in allow.iter().enumerate().filter(|(_, name)| find(name).is_none()) {
                let path = at.field("allow").index(index);
                let names = || LINTS.iter().map(|lint| lint.name);
                let hint = match did_you_mean(name, names()) {
                    Some(meant) => format!("did you mean \"{meant}\"?"),
                    None => format!("the lints are {}", list_of(names())),
                };
                let rule = format!("unknown lint \"{}\"", printable(name));
                self.add(Problem::error(&path, rule, "no lint has this name").hint(hint));
            }
        }
    }

    /// True of a warning that the scenario allows, as a whole or in the arm where it is written.
    pub(super) fn allows(&self, problem: &Problem) -> bool {
        let Some(lint) = problem.lint else { return false };
        let arm = match problem.path.segments() {
            [Segment::Field(arms), Segment::Key(arm), ..] if arms == "arms" => {
                self.scenario.arms.get(arm)
            }
            _ => None,
        };
        let allowed = |allow: &[String]| allow.iter().any(|name| name == lint);
        allowed(&self.scenario.allow) || arm.is_some_and(|arm| allowed(&arm.allow))
    }
}

#[cfg(test)]
mod tests;
