//! The claims of scenarios, held against their runs.
//!
//! Claims about one run are about the run with the scenario's seed. Claims about probabilities are
//! about the seeds from there on: seed, seed + 1, ..; each is decided by all of its seeds, never
//! by stopping when it looks good. A run that gives no answer counts against the claim.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use super::observe::{Observed, Observer};
use super::{Answer, Expectation, expectations};
use crate::experiment::pool::{Ended, Jobs, Stop, in_order};
use crate::experiment::prepared::Prepared;
use crate::experiment::run::Options;
use crate::report::expected::Expected;
use crate::report::result::{RunResult, Stopped};
use crate::report::text::format::{count, percent};
use crate::scenario::build::BuildError;
use crate::scenario::expect::{Claim, Condition, Likely, Sum, Unit};
use crate::scenario::schema::Scenario;
use crate::statistics::proportion::Proportion;

/// A scenario and its claims, ready to be held against its runs.
#[derive(Debug)]
pub struct Trial<'a> {
    prepared: Prepared<'a>,
    expectations: Vec<Expectation>,
    observer: Observer,
    options: Options,
    seed: u64,
    runs: u64,
    /// A run has stopped early: those after it are of no use.
    broken: AtomicBool,
}

/// What a scenario did, and what its claims come to.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// Its run with its own seed.
    pub result: RunResult,
    /// Its claims, in their order.
    pub expected: Vec<Expected>,
    /// The first seed whose run stopped early, and why, if one did.
    pub stopped: Option<(u64, Stopped)>,
}

/// What happens while trials are held.
#[derive(Debug)]
pub enum News {
    /// The run of this number has been played, and dispatched so many events.
    Played(u64, u64),
    /// The trial of this number is over.
    Judged(usize, Box<Result<Judgement, BuildError>>),
}

impl<'a> Trial<'a> {
    /// Of a checked scenario called `name`, played with its own seed or that of the options.
    #[must_use]
    pub fn new(scenario: &'a Scenario, name: &str, options: &Options) -> Self {
        let prepared = Prepared::new(scenario, name);
        let expectations = expectations(scenario);
        let observer = Observer::new(&prepared, expectations.iter().map(Expectation::condition));
        let runs = expectations.iter().map(Expectation::runs).max().unwrap_or(1);
        Self {
            prepared,
            expectations,
            observer,
            options: options.clone(),
            seed: options.seed.unwrap_or(scenario.seed),
            runs,
            broken: AtomicBool::new(false),
        }
    }

    /// How many runs it takes.
    #[must_use]
    pub const fn runs(&self) -> u64 {
        self.runs
    }

    /// The seed of the run of this number.
    fn seed(&self, number: u64) -> u64 {
        self.seed.wrapping_add(number)
    }

    /// Plays the run of this number, if it is not to be for nothing.
    fn play(&self, number: u64) -> Result<Option<Heard>, BuildError> {
        if self.broken.load(Ordering::Relaxed) {
            // Runs begin in order: the one that has stopped is before this one.
            return Ok(None);
        }
        let options = Options { seed: Some(self.seed(number)), ..self.options.clone() };
        let observed = self.observer.observe(&self.prepared, &options)?;
        let stopped = observed.result.stopped.clone();
        if stopped.is_some() {
            self.broken.store(true, Ordering::Relaxed);
        }
        let asked = self.expectations.iter().filter(|claim| number < claim.runs());
        let answers = asked.map(|claim| observed.answer(claim.condition())).collect();
        let events = observed.result.events;
        let result = (number == 0).then_some(observed.result);
        Ok(Some(Heard { events, answers, stopped, result }))
    }
}

/// What is kept of a run.
struct Heard {
    events: u64,
    /// To the claims that are still to be judged, in their order.
    answers: Vec<Answer>,
    stopped: Option<Stopped>,
    /// Of the first run.
    result: Option<RunResult>,
}

impl Expectation {
    /// What is claimed to be so, or to be so with a probability.
    #[must_use]
    pub fn condition(&self) -> &Condition {
        match &self.claim {
            Claim::Holds(condition) | Claim::Likely(Likely { condition, .. }) => condition,
        }
    }

    /// Over how many runs it is judged.
    fn runs(&self) -> u64 {
        match &self.claim {
            Claim::Holds(_) => 1,
            Claim::Likely(likely) => likely.over(),
        }
    }

    fn expected(&self, holds: Option<bool>, actual: impl Into<String>) -> Expected {
        let actual = actual.into();
        Expected {
            index: self.index,
            text: self.text.clone(),
            arm: self.arm.clone(),
            holds,
            brief: actual.clone(),
            actual,
            seed: None,
            hits: None,
            runs: None,
        }
    }
}

/// Holds all trials, so many runs at a time, and tells `sink` what happens, in order and on the
/// calling thread, whatever the number of threads.
pub fn judge(
    trials: &[Trial<'_>],
    jobs: Jobs,
    stop: &Stop,
    mut sink: impl FnMut(News) -> ControlFlow<()>,
) -> Ended {
    let mut ends: Vec<u64> = Vec::new();
    for trial in trials {
        ends.push(ends.last().unwrap_or(&0) + trial.runs());
    }
    let find = |run: u64| {
        let at = ends.partition_point(|end| *end <= run);
        (at, run - if at == 0 { 0 } else { ends[at - 1] })
    };
    let play = |run: u64| {
        let (at, number) = find(run);
        trials[at].play(number)
    };
    let mut tally: Option<Tally<'_>> = None;
    in_order(jobs, ends.last().copied().unwrap_or(0), stop, play, |run, heard| {
        let (at, number) = find(run);
        let trial = &trials[at];
        let mut current = tally.take().unwrap_or_else(|| Tally::new(trial));
        let events = heard.as_ref().ok().and_then(Option::as_ref).map_or(0, |heard| heard.events);
        current.hear(number, heard);
        sink(News::Played(run, events))?;
        if number + 1 == trial.runs() {
            return sink(News::Judged(at, Box::new(current.judgement())));
        }
        tally = Some(current);
        ControlFlow::Continue(())
    })
}

/// A trial while its runs come in.
struct Tally<'a> {
    trial: &'a Trial<'a>,
    claims: Vec<Judged<'a>>,
    result: Option<RunResult>,
    stopped: Option<(u64, Stopped)>,
    failure: Option<BuildError>,
}

impl<'a> Tally<'a> {
    fn new(trial: &'a Trial<'a>) -> Self {
        let claims = trial.expectations.iter().map(Judged::new).collect();
        Self { trial, claims, result: None, stopped: None, failure: None }
    }

    fn hear(&mut self, number: u64, heard: Result<Option<Heard>, BuildError>) {
        // Whether later runs were still played depends on threads; nothing else may.
        if self.stopped.is_some() || self.failure.is_some() {
            return;
        }
        match heard {
            Err(error) => self.failure = Some(error),
            Ok(None) => {}
            Ok(Some(Heard { answers, stopped, result, .. })) => {
                self.result = self.result.take().or(result);
                if let Some(why) = stopped {
                    self.stopped = Some((number, why));
                    return;
                }
                let asked = self.claims.iter_mut().filter(|claim| number < claim.of.runs());
                asked.zip(answers).for_each(|(claim, answer)| claim.hear(number, answer));
            }
        }
    }

    fn judgement(self) -> Result<Judgement, BuildError> {
        if let Some(error) = self.failure {
            return Err(error);
        }
        let Self { trial, stopped, .. } = self;
        let expected = |claim: Judged<'_>| match &stopped {
            Some((number, _)) if *number < claim.of.runs() => {
                let seed = trial.seed(*number);
                let told = claim.of.expected(None, format!("seed {seed} stopped early"));
                Expected { seed: Some(seed), ..told }
            }
            _ => claim.expected(trial.seed),
        };
        let expected = self.claims.into_iter().map(expected).collect();
        let stopped = stopped.as_ref().map(|(number, why)| (trial.seed(*number), why.clone()));
        let result = self.result.expect("the first run was played");
        Ok(Judgement { result, expected, stopped })
    }
}

/// A claim while runs come in.
struct Judged<'a> {
    of: &'a Expectation,
    /// Runs in which the condition holds, and those that do not tell.
    hits: u64,
    unknown: u64,
    /// The first answer, and the number of the first that speaks against the claim.
    first: Option<Answer>,
    against: Option<u64>,
}

impl<'a> Judged<'a> {
    fn new(of: &'a Expectation) -> Self {
        Self { of, hits: 0, unknown: 0, first: None, against: None }
    }

    fn hear(&mut self, number: u64, answer: Answer) {
        self.hits += u64::from(answer.holds);
        self.unknown += u64::from(!answer.known);
        let wanted = match &self.of.claim {
            Claim::Likely(likely) if likely.is_unwanted() => answer.known && !answer.holds,
            _ => answer.holds,
        };
        if !wanted && self.against.is_none() {
            self.against = Some(number);
        }
        self.first.get_or_insert(answer);
    }

    fn expected(self, seed: u64) -> Expected {
        let Claim::Likely(likely) = &self.of.claim else {
            let answer = self.first.expect("the first run was played");
            let expected = self.of.expected(Some(answer.holds), answer.actual);
            return Expected { seed: Some(seed), brief: answer.brief, ..expected };
        };
        let runs = likely.over();
        let against = if likely.is_unwanted() { self.unknown } else { 0 };
        let seen = Proportion { hits: self.hits + against, runs };
        let holds = likely.shown_by(seen);
        let mut actual = format!(
            "in {} of {} seeds ({})",
            count(self.hits),
            count(runs),
            percent(self.hits as f64 / runs as f64)
        );
        if self.unknown > 0 {
            actual += &format!(", and {} that do not tell", count(self.unknown));
        }
        let side = if likely.is_unwanted() { "at most" } else { "at least" };
        let bound = apart(likely.bound(seen), likely.ratio);
        let sure = Sum::Number(likely.confidence, Unit::Percent).to_string();
        actual += &format!(", {side} {bound} at {}", sure.replace('%', " %"));
        if !holds && !likely.refuted_by(seen) {
            actual += ": undecided, more seeds may show it";
        }
        Expected {
            seed: self.against.map(|number| seed.wrapping_add(number)),
            hits: Some(self.hits),
            runs: Some(runs),
            ..self.of.expected(Some(holds), actual)
        }
    }
}

/// A ratio in so many digits that it can be told from `other`.
fn apart(ratio: f64, other: f64) -> String {
    match percent(ratio) == percent(other) {
        true => format!("{:.4} %", ratio * 100.0),
        false => percent(ratio),
    }
}

/// Plays one run and says what the claims of its scenario come to in it, as [`of_one_run`] does.
///
/// # Errors
/// Only for scenarios that a check refuses.
pub fn in_one_run(prepared: &Prepared<'_>, options: &Options) -> Result<Vec<Expected>, BuildError> {
    let expectations = expectations(prepared.scenario());
    if expectations.is_empty() {
        return Ok(Vec::new());
    }
    let conditions = expectations.iter().map(Expectation::condition);
    let observed = Observer::new(prepared, conditions).observe(prepared, options)?;
    Ok(of_one_run(&expectations, &observed))
}

/// What claims come to in a single run; those about probabilities are not judged, and told what
/// was the case in it.
#[must_use]
pub fn of_one_run(expectations: &[Expectation], observed: &Observed) -> Vec<Expected> {
    let seed = Some(observed.result.seed);
    let told = |claim: &Expectation| {
        let expected = if observed.result.stopped.is_some() {
            claim.expected(None, "the run stopped early")
        } else {
            let answer = observed.answer(claim.condition());
            match &claim.claim {
                Claim::Holds(_) => {
                    let expected = claim.expected(Some(answer.holds), answer.actual);
                    Expected { brief: answer.brief, ..expected }
                }
                Claim::Likely(likely) => {
                    let this = match (answer.known, answer.holds) {
                        (true, true) => "so in this run",
                        (true, false) => "not so in this run",
                        (false, _) => "not known of this run",
                    };
                    let (actual, runs) = (answer.actual, count(likely.over()));
                    let text = format!("{this} ({actual}); `dessim test` plays {runs} seeds");
                    claim.expected(None, text)
                }
            }
        };
        Expected { seed, ..expected }
    };
    expectations.iter().map(told).collect()
}
