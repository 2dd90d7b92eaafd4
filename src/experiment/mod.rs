//! Runs of scenarios.

pub mod run;
