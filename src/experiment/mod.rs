//! Runs of scenarios: one run, its trace, where two runs part, and whose fate changed.

mod choose;
pub mod compare;
pub mod diverge;
pub mod explain;
pub mod fates;
pub mod figures;
pub mod follow;
pub mod listen;
mod play;
pub mod run;
pub mod saved;
pub mod setting;
pub mod spans;
pub mod topology;
pub mod trace;
pub mod warn;
