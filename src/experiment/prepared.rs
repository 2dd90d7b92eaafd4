//! A scenario prepared to run many times: every arm on its own clock, merged in the order of names.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::listener::{Listener, NoListener};
use super::play::{Order, play};
use super::run::{Options, digest};
use super::warn::warnings;
use crate::kernel::limits::Limits;
use crate::kernel::time::Duration;
use crate::metrics::fingerprint::Fingerprint;
use crate::report::result::{
    Fingerprints, Hex, LoadTerms, MODEL_VERSION, RESULT_SCHEMA, RunResult, ScenarioId,
};
use crate::report::text::unfinished::unfinished;
use crate::scenario::arms::arms;
use crate::scenario::build::BuildError;
use crate::scenario::schema::{Arm, Arrivals, Load, Scenario};

/// A scenario with everything computed once that its runs have in common.
#[derive(Clone, Debug)]
pub struct Prepared<'a> {
    scenario: Cow<'a, Scenario>,
    arms: BTreeMap<String, Arm>,
    id: ScenarioId,
    warnings: Vec<String>,
}

impl<'a> Prepared<'a> {
    /// Prepares a scenario called `name`.
    #[must_use]
    pub fn new(scenario: &'a Scenario, name: &str) -> Self {
        Self::of(Cow::Borrowed(scenario), name)
    }

    /// The same, owning the scenario.
    #[must_use]
    pub fn owned(scenario: Scenario, name: &str) -> Prepared<'static> {
        Prepared::of(Cow::Owned(scenario), name)
    }

    fn of(scenario: Cow<'a, Scenario>, name: &str) -> Self {
        let digest = Hex(digest(&scenario));
        Self {
            arms: arms(&scenario),
            id: ScenarioId { name: name.to_owned(), digest, resolved: None },
            warnings: warnings(&scenario),
            scenario,
        }
    }

    /// Name and digest.
    #[must_use]
    pub const fn id(&self) -> &ScenarioId {
        &self.id
    }

    /// Keeps only these arms. Arms share nothing, so their results stay the same; the fingerprint
    /// is that of these arms alone.
    #[must_use]
    pub fn only(mut self, arms: &BTreeSet<&str>) -> Self {
        self.arms.retain(|name, _| arms.contains(name.as_str()));
        self
    }

    /// The scenario.
    #[must_use]
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The complete arms by name.
    #[must_use]
    pub const fn arms(&self) -> &BTreeMap<String, Arm> {
        &self.arms
    }

    /// The result of a run before any arm is played.
    pub(super) fn empty(&self, seed: u64) -> RunResult {
        RunResult {
            schema: RESULT_SCHEMA,
            dessim: env!("CARGO_PKG_VERSION"),
            model: MODEL_VERSION,
            scenario: self.id.clone(),
            seed,
            fingerprint: Hex(0),
            fingerprints: Fingerprints { order: Hex(0), timing: Hex(0), results: Hex(0) },
            events: 0,
            virtual_ns: 0,
            stopped: None,
            expectations: Vec::new(),
            warnings: self.warnings.clone(),
            loads: self
                .scenario
                .load
                .iter()
                .map(|(name, load)| (name.clone(), terms(load)))
                .collect(),
            arms: BTreeMap::new(),
        }
    }

    /// Plays a run.
    ///
    /// # Errors
    /// Only for scenarios that a check refuses.
    pub fn run(&self, options: &Options) -> Result<RunResult, BuildError> {
        self.run_with(options, &mut NoListener)
    }

    /// Plays a run with `listener` attached, which does not change the result.
    ///
    /// # Errors
    /// Only for scenarios that a check refuses.
    pub fn run_with(
        &self,
        options: &Options,
        listener: &mut dyn Listener,
    ) -> Result<RunResult, BuildError> {
        let seed = options.seed.unwrap_or(self.scenario.seed);
        let mut fingerprint = Fingerprint::EMPTY;
        let mut result = self.empty(seed);
        let mut work = 0;
        for (name, arm) in &self.arms {
            let max_events = options.max_events - result.events;
            let limits = Limits { work: options.max_events - work, ..options.limits() };
            let sample = options.sample;
            let order =
                Order { scenario: &self.scenario, name, arm, seed, max_events, sample, limits };
            let played = play(&order, options.calendar, listener)?;
            fingerprint.part(name, &played.finished.fingerprint);
            result.events += played.finished.events;
            result.virtual_ns = result.virtual_ns.max(played.end.as_ns());
            work += played.finished.work;
            result.stopped = played.stopped(name, options);
            result.arms.insert(name.clone(), played.result());
            if result.stopped.is_some() {
                break;
            }
        }
        result.warnings.extend(unfinished(&result));
        result.fingerprint = Hex(fingerprint.combined());
        result.fingerprints = Fingerprints {
            order: Hex(fingerprint.order.finish()),
            timing: Hex(fingerprint.timing.finish()),
            results: Hex(fingerprint.results.finish()),
        };
        Ok(result)
    }
}

fn terms(load: &Load) -> LoadTerms {
    LoadTerms {
        closed_loop: matches!(load.arrivals, Arrivals::ClosedLoop { .. }),
        deadline_ns: load.deadline.map(Duration::as_ns),
    }
}
