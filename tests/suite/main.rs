//! The integration tests, in one binary so that they link once.

#[cfg(feature = "cli")]
mod cli;
#[cfg(feature = "cli")]
mod golden;
mod refusals;
mod samplers;
