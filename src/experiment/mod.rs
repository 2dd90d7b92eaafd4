//! Runs of scenarios: one run, its trace, and where two runs part.

pub mod diverge;
pub mod figures;
pub mod listen;
mod play;
pub mod run;
pub mod saved;
pub mod topology;
pub mod trace;
pub mod warn;
