//! The integration tests, in one binary so that they link once.

mod adaptive;
#[cfg(feature = "cli")]
mod cli;
mod clients;
mod conformance;
mod determinism;
mod explain;
mod field;
#[cfg(feature = "cli")]
mod figures;
mod fuzz;
#[cfg(feature = "cli")]
mod golden;
mod html;
mod intervals;
mod invariants;
mod limits;
mod metastable;
mod names;
mod rates;
mod reference;
mod refusals;
mod retries;
mod samplers;
mod search;
mod support;
mod theory;
mod throttles;
mod tidy;
mod ties;
mod tutorial;
mod waits;
