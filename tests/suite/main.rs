//! The integration tests, in one binary so that they link once.

#[cfg(feature = "cli")]
mod cli;
mod determinism;
mod explain;
#[cfg(feature = "cli")]
mod figures;
#[cfg(feature = "cli")]
mod golden;
mod html;
mod intervals;
mod invariants;
mod limits;
mod metastable;
mod refusals;
mod samplers;
mod search;
mod support;
mod theory;
mod tidy;
mod ties;
mod tutorial;
