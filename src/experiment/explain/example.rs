//! One request that failed as most did, from its arrival to its end.

use std::collections::BTreeMap;

use super::Stage;
use super::alternatives::alone;
use super::rerun::Budget;
use crate::experiment::fates::{ArmFates, Outcome};
use crate::experiment::listener::Listener;
use crate::experiment::run::{Options, run_with};
use crate::metrics::probe::{End, Record, Role};
use crate::report::explain::{Example, Happening, Step, Trigger};
use crate::scenario::build::BuildError;

/// In runs of more events than this, only the request itself is listened to.
const CONTEXT_EVENTS: u64 = 2_000_000;

/// Of those that failed alike, the one after this part of them: late enough to be like the others,
/// and early enough to be found without playing most of the run.
const EARLY: u64 = 4;

/// One, not among the first, of the requests that share the most frequent failure.
pub(super) fn example(
    stage: &Stage<'_>,
    fates: &ArmFates,
    triggers: &[Trigger],
    (events, budget): (u64, &mut Budget),
) -> Result<Option<Example>, BuildError> {
    let mut groups: BTreeMap<Outcome, u64> = BTreeMap::new();
    let failed = || fates.iter().filter(|(_, _, known)| fails(known.outcome));
    failed().for_each(|(_, _, known)| *groups.entry(known.outcome).or_default() += 1);
    // The first of equals, in the order of fates.
    let Some((outcome, alike)) = groups.into_iter().rev().max_by_key(|(_, of)| *of) else {
        return Ok(None);
    };
    let Outcome::Ended(fate) = outcome else { return Ok(None) };
    let mut group = failed().filter(|(_, _, known)| known.outcome == outcome);
    let Some((load, number, _)) = group.nth((alike / EARLY) as usize) else {
        return Ok(None);
    };
    if !budget.allows(events) {
        return Ok(None);
    }
    let mut follower = Follower::new(load, number, events <= CONTEXT_EVENTS);
    let seed = Some(stage.options.seed.unwrap_or(stage.scenario.seed));
    let options = Options { seed, sample: None, ..stage.options.clone() };
    let alone = alone(stage.scenario, stage.system);
    let result = run_with(&alone, "example", &options, &mut follower)?;
    budget.spend(result.events);
    let mut steps = [before(&follower.steps, triggers), follower.steps].concat();
    steps.sort_by_key(|step| step.at_ns);
    Ok(Some(Example { load: load.to_owned(), number, fate, alike, steps }))
}

/// The triggers that began before its end.
fn before(steps: &[Step], triggers: &[Trigger]) -> Vec<Step> {
    let Some(arrived) = steps.last().map(|step| step.at_ns) else {
        return Vec::new();
    };
    let mut before: Vec<Step> = Vec::new();
    for (trigger, Trigger { from_ns, until_ns, .. }) in triggers.iter().enumerate() {
        let begins = Step { at_ns: *from_ns, happening: Happening::TriggerBegins { trigger } };
        let ends = Step { at_ns: *until_ns, happening: Happening::TriggerEnds { trigger } };
        before.extend([begins, ends].into_iter().filter(|step| step.at_ns <= arrived));
    }
    before
}

fn fails(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Ended(_)) && !outcome.is_good()
}

/// A mark that another request left, and what happened to that request just before.
type Mark = (Option<Record>, Record);

/// Writes down what happens to one request, and why it is refused where it is.
struct Follower {
    load: String,
    number: u64,
    names: Vec<String>,
    steps: Vec<Step>,
    over: bool,
    /// The latest marks of other requests at each component, each with the record before it.
    marks: Option<BTreeMap<u32, Vec<Mark>>>,
    latest: Option<Record>,
}

impl Follower {
    /// With `context`, all records are heard, which takes its time.
    fn new(load: &str, number: u64, context: bool) -> Self {
        Self {
            load: load.to_owned(),
            number,
            names: Vec::new(),
            steps: Vec::new(),
            over: false,
            marks: context.then(BTreeMap::new),
            latest: None,
        }
    }

    fn is_it(&self, load: u32, request: u64) -> bool {
        request == self.number && self.names[load as usize] == self.load
    }

    fn step(&self, record: &Record, other: Option<String>) -> Step {
        let happening = Happening::Event {
            component: self.names[record.component as usize].clone(),
            attempt: record.attempt,
            event: record.kind,
            value: record.value,
            other,
        };
        Step { at_ns: record.at.as_ns(), happening }
    }

    /// Another request left its mark at a component: only the latest of a kind is of interest.
    fn remember(&mut self, record: &Record) {
        let before = self
            .latest
            .filter(|latest| (latest.event, latest.request) == (record.event, record.request));
        let marks = self.marks.as_mut().map(|marks| marks.entry(record.component).or_default());
        if let (Role::Mark, Some(marks)) = (record.kind.role, marks) {
            marks.retain(|(_, mark)| mark.kind != record.kind);
            marks.push((before, *record));
        }
        self.latest = Some(*record);
    }

    /// What others did to the component that now does this to ours.
    fn context(&mut self, record: &Record) {
        let Some(marks) = self.marks.as_mut().and_then(|marks| marks.remove(&record.component))
        else {
            return;
        };
        for (before, mark) in marks.iter().filter(|(_, mark)| mark.kind != record.kind) {
            for other in before.iter().chain([mark]) {
                let name = format!("{}#{}", self.names[other.load as usize], other.request);
                let step = self.step(other, Some(name));
                self.steps.push(step);
            }
        }
    }
}

impl Listener for Follower {
    fn begin(&mut self, _: &str, names: &[String]) {
        names.clone_into(&mut self.names);
    }

    fn wants(&self, load: u32, request: u64) -> bool {
        self.marks.is_some() || self.is_it(load, request)
    }

    fn record(&mut self, record: &Record) {
        if !self.is_it(record.load, record.request) {
            return self.remember(record);
        }
        if record.kind.role == Role::Mark {
            self.context(record);
        }
        let step = self.step(record, None);
        self.steps.push(step);
    }

    fn ended(&mut self, end: &End) {
        self.over |= self.is_it(end.load, end.request);
    }

    fn satisfied(&self) -> bool {
        self.over
    }
}
