//! Statistics about finished runs: what many numbers say, and how surely they say it.
//!
//! Pure functions of numbers, which know neither runs nor metrics. Nothing here feeds back into a
//! run, so `statrs` may serve. An interval is only ever given where
//! what it rests on was looked at; otherwise [`validity::NoInterval`] says what is in the way.
//! `docs/statistics.md` has all the rules and their sources.

// What is computed here is about finished runs, and reaches none.
#![allow(clippy::disallowed_methods)]

pub mod groups;
pub mod paired;
pub mod proportion;
pub mod steady;
pub mod summary;
pub mod validity;
