//! Saved results, `dessim.run/1`, as runs that can be played again.
//!
//! The result of a single run holds its scenario. A run is a function of scenario and seed, so
//! playing it again restores every number, and the fingerprint shows whether it is the same run:
//! nothing else in the file is trusted.

use serde::Deserialize;

use super::run::Options;
use crate::ScenarioFile;
use crate::report::result::{RESULT_SCHEMA, RunResult};
use crate::scenario::Problems;

/// A saved result.
#[derive(Clone, Debug)]
pub struct Saved {
    /// The scenario.
    pub file: ScenarioFile,
    /// Origin of the run: release, seed and limits.
    origin: Origin,
}

#[derive(Clone, Debug, Deserialize)]
struct Origin {
    schema: String,
    dessim: String,
    model: u32,
    scenario: SavedScenario,
    seed: u64,
    fingerprint: String,
    stopped: Option<SavedStop>,
}

#[derive(Clone, Debug, Deserialize)]
struct SavedScenario {
    name: String,
    resolved: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct SavedStop {
    max_events: Option<u64>,
    max_memory: Option<u64>,
}

/// Reasons why a result cannot be played again.
#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    /// The file is no JSON, or lacks a field.
    #[error("{0}")]
    Broken(String),
    /// The schema is another one.
    #[error("its schema is {0}, not {RESULT_SCHEMA}")]
    Schema(String),
    /// The scenario is missing.
    #[error("it does not hold its scenario: it is one of several runs")]
    NoScenario,
    /// The scenario is invalid.
    #[error("its scenario is not one: {0}")]
    Scenario(#[from] Problems),
}

impl Saved {
    /// Reads a saved result; `shown` is its name in messages.
    ///
    /// # Errors
    /// If it is no result, or has no scenario.
    pub fn from_json(shown: &str, bytes: &[u8]) -> Result<Self, SavedError> {
        let json: serde_json::Value = serde_json::from_slice(bytes)
            .map_err(|error| SavedError::Broken(format!("it is not JSON: {error}")))?;
        let schema = json.get("schema").and_then(serde_json::Value::as_str);
        if let Some(other) = schema.filter(|schema| *schema != RESULT_SCHEMA) {
            return Err(SavedError::Schema(crate::scenario::problem::printable(other)));
        }
        let origin: Origin = serde_json::from_value(json)
            .map_err(|error| SavedError::Broken(format!("it is no result of a run: {error}")))?;
        let text = origin.scenario.resolved.as_deref().ok_or(SavedError::NoScenario)?;
        let mut file =
            ScenarioFile::from_bytes(&format!("{shown} (scenario.resolved)"), text.as_bytes())?;
        file.name = crate::scenario::problem::escaped(&origin.scenario.name);
        file.scenario.seed = origin.seed;
        Ok(Self { file, origin })
    }

    /// Options that reproduce the run, including its early end.
    #[must_use]
    pub fn options(&self) -> Options {
        let mut options = Options { seed: Some(self.origin.seed), ..Options::default() };
        if let Some(stopped) = &self.origin.stopped {
            options.max_events = stopped.max_events.unwrap_or(options.max_events);
            options.max_memory = stopped.max_memory.unwrap_or(options.max_memory);
        }
        options
    }

    /// Checks that `again`, played by this release, is the saved run.
    ///
    /// # Errors
    /// A sentence about the difference and its likely cause.
    pub fn verify(&self, again: &RunResult) -> Result<(), String> {
        if again.fingerprint.to_string() == self.origin.fingerprint {
            return Ok(());
        }
        let Origin { dessim, model, fingerprint, .. } = &self.origin;
        Err(format!(
            "it was made by dessim {dessim} (model {model}) with fingerprint {fingerprint}; this \
             is dessim {} (model {}), which plays the same scenario with fingerprint {}",
            again.dessim, again.model, again.fingerprint
        ))
    }

    /// Schema of the file.
    #[must_use]
    pub fn schema(&self) -> &str {
        &self.origin.schema
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::run::run;
    use crate::report::export::json::to_json;
    use crate::scenario::resolved;

    const TEXT: &str = "Scenario(schema: 1, \
        load: { \"users\": Load(arrivals: Poisson(rate: \"100/s\"), total: 200) }, \
        services: { \"db\": Service(time: Exponential(mean: \"5ms\"), slots: 1) }, \
        calls: { \"users\": Call(to: \"db\", policy: [Timeout(\"20ms\")]) })";

    fn played(seed: u64, max_events: u64) -> RunResult {
        let file = ScenarioFile::from_bytes("a", TEXT.as_bytes()).expect("it is a scenario");
        let options = Options { seed: Some(seed), max_events, ..Options::default() };
        let mut result = run(&file.scenario, "a", &options).expect("it runs");
        result.scenario.resolved = Some(resolved(&file.scenario));
        result
    }

    #[test]
    fn a_saved_run_is_played_again() {
        for (seed, max_events) in [(3, u64::MAX), (9, 50)] {
            let result = played(seed, max_events);
            let saved = Saved::from_json("a.json", to_json(&result).as_bytes()).expect("a result");
            let again = run(&saved.file.scenario, &saved.file.name, &saved.options());
            let again = again.expect("it runs");
            assert_eq!(saved.verify(&again), Ok(()));
            assert_eq!((again.seed, &again.arms), (seed, &result.arms));
            assert_ne!(saved.verify(&played(seed + 1, max_events)), Ok(()));
        }
    }

    #[test]
    fn a_file_that_is_no_saved_run_is_refused() {
        let error_of = |text: &str| match Saved::from_json("a.json", text.as_bytes()) {
            Ok(_) => panic!("{text} is no result"),
            Err(error) => error.to_string(),
        };
        assert!(error_of("{").starts_with("it is not JSON: EOF"), "{}", error_of("{"));
        let schema = error_of("{\"schema\": \"dessim.run/9\"}");
        assert_eq!(schema, "its schema is dessim.run/9, not dessim.run/1");
        assert!(error_of("{\"schema\": \"dessim.run/1\"}").contains("missing field `dessim`"));
        let mut result = played(1, u64::MAX);
        result.scenario.resolved = None;
        assert!(error_of(&to_json(&result)).contains("one of several runs"));
        result.scenario.resolved = Some("Scenario(".to_owned());
        let broken = error_of(&to_json(&result));
        assert!(broken.contains("a.json (scenario.resolved)"), "{broken}");
    }
}
