//! The integration tests, in one binary so that they link once.

mod determinism;
mod invariants;
mod metastable;
mod refusals;
mod samplers;
mod support;
mod theory;
mod tutorial;
