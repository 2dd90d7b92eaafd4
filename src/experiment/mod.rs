//! Runs of scenarios: one run, its trace, and where two runs part.

pub mod diverge;
pub mod run;
pub mod trace;
pub mod warn;
