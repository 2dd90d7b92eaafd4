//! Fault: what goes wrong with a service from one instant to another.

pub mod spec;
