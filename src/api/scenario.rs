//! A scenario to try things with: read once, changed value by value, run as often as one likes.

use std::ops::{ControlFlow, RangeInclusive};

use super::ScenarioFile;
use crate::experiment::expect::{Answer, Judgement, News, Observer, Trial, judge};
use crate::experiment::explain::{Effort, explain};
use crate::experiment::pool::{Jobs, Stop, in_order};
use crate::experiment::prepared::Prepared;
use crate::experiment::run::Options;
use crate::report::explain::Explanation;
use crate::report::result::RunResult;
use crate::scenario::expect::{Known, Refusal, read_condition};
use crate::scenario::schema;
use crate::scenario::{Document, Problems};

/// A checked scenario.
///
/// Whatever can be wrong with it is told when it is read or changed, so running it cannot fail.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let text = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/burst.ron"))?;
/// let burst = dessim::Scenario::from_bytes("burst", &text)?; // or Scenario::from_path(..)
/// let wide = burst.clone().set("rpc.clients.bulkhead.permits=80")?;
/// let (before, after) = (burst.seed(7).run(), wide.seed(7).run());
/// assert!(after.arms["rpc"].requests.succeeded < before.arms["rpc"].requests.succeeded);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Scenario {
    document: Document,
    file: ScenarioFile,
    options: Options,
}

impl Scenario {
    /// Reads a scenario file; its stem becomes the name of the scenario.
    ///
    /// # Errors
    /// When the file cannot be read, or with everything that is wrong with it.
    #[cfg(feature = "cli")]
    pub fn from_path(path: impl AsRef<std::path::Path>) -> Result<Self, super::LoadError> {
        let path = path.as_ref();
        let shown = path.display().to_string();
        let bytes = std::fs::read(path)
            .map_err(|source| super::LoadError::Read { path: shown.clone(), source })?;
        let mut scenario = Self::from_bytes(&shown, &bytes)?;
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        scenario.file.name = crate::scenario::problem::escaped(&stem.unwrap_or_default());
        Ok(scenario)
    }

    /// Reads a scenario called `name` from the bytes of its file.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, Problems> {
        Self::read(name, Document::parse(name, bytes)?, Options::default())
    }

    fn read(name: &str, document: Document, options: Options) -> Result<Self, Problems> {
        let checked = document.scenario()?;
        let file = ScenarioFile {
            name: name.to_owned(),
            scenario: checked.scenario,
            warnings: checked.warnings,
        };
        Ok(Self { document, file, options })
    }

    /// Runs it with this seed instead of its own.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.options.seed = Some(seed);
        self
    }

    /// Stops a run after so many events, over all arms; by default after 10⁹.
    #[must_use]
    pub fn max_events(mut self, events: u64) -> Self {
        self.options.max_events = events;
        self
    }

    /// Results show their arms over time, too.
    #[must_use]
    pub fn with_series(mut self) -> Self {
        self.options = self.options.sampled(&self.file.scenario);
        self
    }

    /// Replaces one value, as `--set` does: `services.db.slots=20`.
    ///
    /// # Errors
    /// When the path leads nowhere, the value has the wrong shape, or the scenario is not sound
    /// with it.
    pub fn set(self, assignment: &str) -> Result<Self, Problems> {
        let mut document = self.document;
        document.set(assignment)?;
        Self::read(&self.file.name, document, self.options)
    }

    /// Its name: the stem of its file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.file.name
    }

    /// What it says, every default filled in.
    #[must_use]
    pub const fn definition(&self) -> &schema::Scenario {
        &self.file.scenario
    }

    /// What is probably not as it was meant.
    #[must_use]
    pub const fn warnings(&self) -> Option<&Problems> {
        self.file.warnings.as_ref()
    }

    /// It without its text: what the rest of the library works on.
    #[must_use]
    pub fn into_file(self) -> ScenarioFile {
        self.file
    }

    fn prepared(&self) -> Prepared<'_> {
        Prepared::new(&self.file.scenario, &self.file.name)
    }

    /// Runs it once.
    ///
    /// # Panics
    /// Never: it was checked.
    #[must_use]
    pub fn run(&self) -> RunResult {
        self.prepared().run(&self.options).expect("a checked scenario can be built")
    }

    /// Runs it with each of these seeds, on all cores; the results are in the order of the seeds.
    ///
    /// # Panics
    /// Never: it was checked.
    #[must_use]
    pub fn run_seeds(&self, seeds: RangeInclusive<u64>) -> Vec<RunResult> {
        let prepared = self.prepared();
        let (first, count) = match seeds.is_empty() {
            true => (0, 0),
            false => (*seeds.start(), (seeds.end() - seeds.start()).saturating_add(1)),
        };
        let run = |number| {
            let options = Options { seed: Some(first + number), ..self.options.clone() };
            prepared.run(&options).expect("a checked scenario can be built")
        };
        let mut results = Vec::new();
        in_order(Jobs::new(None), count, &Stop::new(), run, |_, result| {
            results.push(result);
            ControlFlow::Continue(())
        });
        results
    }

    /// Whether a condition holds in a run, as in the `expect` of a scenario:
    /// `rpc.amplification < 3`, `recovers within 30s after fault db-slow`. One that leaves out its
    /// arm must hold in every arm that it is about; the answer is then that of the first arm in
    /// which it does not, or of the last one.
    ///
    /// # Errors
    /// When it cannot be understood, or names what this scenario does not have.
    ///
    /// # Panics
    /// Never: it was checked.
    pub fn ask(&self, condition: &str) -> Result<Answer, Refusal> {
        let known = Known::new(&self.file.scenario);
        let instances = read_condition(condition, &known)?.instances(&known);
        let prepared = self.prepared();
        let observer = Observer::new(&prepared, instances.iter().map(|(_, of)| of));
        let observed = observer.observe(&prepared, &self.options);
        let observed = observed.expect("a checked scenario can be built");
        let answers: Vec<Answer> = instances.iter().map(|(_, of)| observed.answer(of)).collect();
        let failing = answers.iter().find(|answer| !answer.holds).or(answers.last());
        failing.cloned().ok_or_else(|| Refusal {
            rule: "no arm has all that this is about".to_owned(),
            found: format!("found `{condition}`"),
            hint: None,
        })
    }

    /// What its own expectations come to, those about many seeds included, on all cores.
    ///
    /// # Panics
    /// Never: it was checked.
    #[must_use]
    pub fn judge(&self) -> Judgement {
        let trial = Trial::new(&self.file.scenario, &self.file.name, &self.options);
        let mut judgement = None;
        judge(&[trial], Jobs::new(None), &Stop::new(), |news| {
            if let News::Judged(_, judged) = news {
                judgement = Some(judged.expect("a checked scenario can be built"));
            }
            ControlFlow::Continue(())
        });
        judgement.expect("every trial is judged")
    }

    /// Runs it and says what happened, and why.
    ///
    /// # Panics
    /// Never: it was checked.
    #[must_use]
    pub fn explain(&self) -> (RunResult, Explanation) {
        let (scenario, name) = (&self.file.scenario, &self.file.name);
        let explained = explain(scenario, name, &self.options, None, Effort::Bounded);
        explained.expect("a checked scenario can be built")
    }
}
