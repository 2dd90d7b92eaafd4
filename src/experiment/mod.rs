//! Runs of scenarios: one run, its trace, and where two runs part.

pub mod diverge;
pub mod listen;
mod play;
pub mod run;
pub mod saved;
pub mod setting;
pub mod trace;
pub mod warn;
