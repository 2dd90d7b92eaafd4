//! Statistics about finished runs: what many numbers say, and how surely they say it.
//!
//! Pure functions of numbers, which know neither runs nor metrics. Nothing here feeds back into a
//! run, so `statrs` may serve.

pub mod proportion;
