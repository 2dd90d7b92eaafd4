//! Judges the claims of scenarios by their runs.
//!
//! Claims about one run are about the run with the scenario's seed. Claims about probabilities use
//! the seeds from there on: seed, seed + 1, ..; each is decided by all of its seeds, without an
//! early stop. A run without an answer counts against the claim.

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

/// A scenario and its claims, ready to be judged.
#[derive(Debug)]
pub struct Trial<'a> {
    prepared: Prepared<'a>,
    expectations: Vec<Expectation>,
    observer: Observer,
    options: Options,
    seed: u64,
    runs: u64,
    /// True once a run has stopped early, after which further runs are useless.
    broken: AtomicBool,
}

/// The result of a scenario, and the judgements of its claims.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// Run with the scenario's seed.
    pub result: RunResult,
    /// Results of the claims, in order.
    pub expected: Vec<Expected>,
    /// First seed whose run stopped early, with the reason, if one did.
    pub stopped: Option<(u64, Stopped)>,
}

/// Progress of trials.
#[derive(Debug)]
pub enum News {
    /// A run was played: its number, and its events.
    Played(u64, u64),
    /// A trial is over: its index, and its judgement.
    Judged(usize, Box<Result<Judgement, BuildError>>),
}

impl<'a> Trial<'a> {
    /// The trial of a checked scenario, played with its own seed or that of the options.
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

    /// Number of runs that the trial takes.
    #[must_use]
    pub const fn runs(&self) -> u64 {
        self.runs
    }

    /// The seed of run `number`.
    fn seed(&self, number: u64) -> u64 {
        self.seed.wrapping_add(number)
    }

    /// Plays run `number`; `None` once an earlier run has stopped early.
    fn play(&self, number: u64) -> Result<Option<TrialRun>, BuildError> {
        if self.broken.load(Ordering::Relaxed) {
            // Runs begin in order, so the run that stopped is an earlier one.
            return Ok(None);
        }
        let options = Options { seed: Some(self.seed(number)), ..self.options.clone() };
        let observed = self.observer.observe(&self.prepared, &options)?;
        let stopped = observed.result.stopped.clone();
        if stopped.is_some() {
            self.broken.store(true, Ordering::Relaxed);
        }
        let due = self.expectations.iter().filter(|claim| number < claim.runs());
        let answers = due.map(|claim| observed.answer(claim.condition())).collect();
        let events = observed.result.events;
        let result = (number == 0).then_some(observed.result);
        Ok(Some(TrialRun { events, answers, stopped, result }))
    }
}

/// The numbers kept of a run.
struct TrialRun {
    events: u64,
    /// Answers to the claims that this run counts for, in order.
    answers: Vec<Answer>,
    stopped: Option<Stopped>,
    /// Result of the first run only.
    result: Option<RunResult>,
}

impl Expectation {
    /// The condition of the claim, with or without a probability.
    #[must_use]
    pub fn condition(&self) -> &Condition {
        match &self.claim {
            Claim::Holds(condition) | Claim::Likely(Likely { condition, .. }) => condition,
        }
    }

    /// Number of runs that decide the claim.
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

/// Plays all trials, `jobs` runs at a time, and hands progress to `sink`, in order and on the
/// calling thread, independent of the number of threads.
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
    in_order(jobs, ends.last().copied().unwrap_or(0), stop, play, |index, run| {
        let (at, number) = find(index);
        let trial = &trials[at];
        let mut current = tally.take().unwrap_or_else(|| Tally::new(trial));
        let events = run.as_ref().ok().and_then(Option::as_ref).map_or(0, |run| run.events);
        current.add(number, run);
        sink(News::Played(index, events))?;
        if number + 1 == trial.runs() {
            return sink(News::Judged(at, Box::new(current.judgement())));
        }
        tally = Some(current);
        ControlFlow::Continue(())
    })
}

/// A trial in progress.
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

    fn add(&mut self, number: u64, run: Result<Option<TrialRun>, BuildError>) {
        // Whether later runs were played depends on threads, so they must not count.
        if self.stopped.is_some() || self.failure.is_some() {
            return;
        }
        match run {
            Err(error) => self.failure = Some(error),
            Ok(None) => {}
            Ok(Some(TrialRun { answers, stopped, result, .. })) => {
                self.result = self.result.take().or(result);
                if let Some(why) = stopped {
                    self.stopped = Some((number, why));
                    return;
                }
                let due = self.claims.iter_mut().filter(|claim| number < claim.of.runs());
                due.zip(answers).for_each(|(claim, answer)| claim.add(number, answer));
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
                let expected = claim.of.expected(None, format!("seed {seed} stopped early"));
                Expected { seed: Some(seed), ..expected }
            }
            _ => claim.expected(trial.seed),
        };
        let expected = self.claims.into_iter().map(expected).collect();
        let stopped = stopped.as_ref().map(|(number, why)| (trial.seed(*number), why.clone()));
        let result = self.result.expect("the first run was played");
        Ok(Judgement { result, expected, stopped })
    }
}

/// A claim in progress.
struct Judged<'a> {
    of: &'a Expectation,
    /// Runs in which the condition holds, and runs that do not decide it.
    hits: u64,
    unknown: u64,
    /// First answer, and number of the first run against the claim.
    first: Option<Answer>,
    against: Option<u64>,
}

impl<'a> Judged<'a> {
    fn new(of: &'a Expectation) -> Self {
        Self { of, hits: 0, unknown: 0, first: None, against: None }
    }

    fn add(&mut self, number: u64, answer: Answer) {
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
            actual += &format!(", and {} undecided", count(self.unknown));
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

/// A ratio with enough digits to differ from `other`.
fn apart(ratio: f64, other: f64) -> String {
    match percent(ratio) == percent(other) {
        true => format!("{:.4} %", ratio * 100.0),
        false => percent(ratio),
    }
}

/// Plays one run and judges the claims of its scenario as [`of_one_run`] does.
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

/// Judges claims by a single run. Claims about probabilities stay undecided, with the answer of
/// this run.
#[must_use]
pub fn of_one_run(expectations: &[Expectation], observed: &Observed) -> Vec<Expected> {
    let seed = Some(observed.result.seed);
    let judged = |claim: &Expectation| {
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
    expectations.iter().map(judged).collect()
}
