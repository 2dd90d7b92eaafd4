//! Runs of scenarios: one run, its trace, where two runs part, and whose fate changed; and many
//! runs, on all cores, to the same results as on one.

pub mod ask;
mod choose;
pub mod compare;
pub mod diff;
pub mod diverge;
pub mod expect;
pub mod explain;
pub mod fates;
pub mod figures;
pub mod find;
pub mod follow;
pub mod health;
pub mod hunt;
pub mod knob;
pub mod listen;
pub mod metrics;
mod play;
pub mod pool;
pub mod prepared;
pub mod run;
pub mod saved;
pub mod setting;
pub mod shrink;
pub mod spans;
pub mod steady;
pub mod sweep;
pub mod tails;
pub mod topology;
pub mod trace;
pub mod warn;
