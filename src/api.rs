//! The short way: a [`Scenario`] that is read, changed, run and asked.
//!
//! Everything else is in [`crate::scenario`], [`crate::experiment`] and [`crate::report`].

#[cfg(test)]
mod one_line;
mod scenario;

pub use scenario::Scenario;

use crate::report::result::RunResult;
use crate::scenario::schema;
use crate::scenario::{Document, Problems};

/// A checked scenario and its name.
#[derive(Clone, Debug)]
pub struct ScenarioFile {
    /// What results call it: the file's stem.
    pub name: String,
    /// The scenario, every default filled in.
    pub scenario: schema::Scenario,
    /// What is probably not as it was meant.
    pub warnings: Option<Problems>,
}

impl ScenarioFile {
    /// Reads a scenario called `name` from the bytes of its file.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, Problems> {
        let checked = Document::parse(name, bytes)?.scenario()?;
        Ok(Self { name: name.to_owned(), scenario: checked.scenario, warnings: checked.warnings })
    }
}

/// Why a file could not be loaded.
#[cfg(feature = "cli")]
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// It is no scenario, or not a sound one.
    #[error(transparent)]
    Invalid(#[from] Problems),
}

impl RunResult {
    /// The page that `dessim run --full` prints.
    #[must_use]
    pub fn page(&self) -> String {
        crate::report::text::page::page(self)
    }

    /// The text to keep in a snapshot: it names no version and changes only with the outcome.
    #[must_use]
    pub fn snapshot(&self) -> String {
        crate::report::snapshot::snapshot(self)
    }

    /// The result as JSON, `dessim.run/1`.
    #[must_use]
    pub fn to_json(&self) -> String {
        crate::report::export::json::to_json(self)
    }
}
