//! Statistics of finished runs: estimates and their uncertainty.
//!
//! All functions are pure functions of numbers and know neither runs nor metrics. Nothing here
//! feeds back into a run, so `statrs` may be used. An interval is given only after its assumptions
//! were checked; otherwise [`validity::NoInterval`] has the reason. `docs/statistics.md` has all
//! rules and their sources.

// The results are about finished runs and reach none.
#![allow(clippy::disallowed_methods)]

pub mod groups;
pub mod paired;
pub mod proportion;
pub mod steady;
pub mod summary;
pub mod validity;
