//! Runs of scenarios: single runs and their traces, comparisons of two runs, and many runs on all
//! cores, with the same results as on one.

pub mod compare;
pub mod condition;
pub mod diff;
pub mod diverge;
pub mod expect;
pub mod explain;
pub mod fates;
pub mod figures;
pub mod find;
pub mod health;
pub mod heavy_tail;
pub mod hunt;
pub mod knob;
pub mod listener;
pub mod metrics;
mod play;
pub mod pool;
pub mod prepared;
pub mod run;
pub mod saved;
mod selection;
pub mod setting;
pub mod shrink;
pub mod spans;
pub mod steady;
pub mod stories;
pub mod sweep;
pub mod topology;
pub mod trace;
pub mod warn;
