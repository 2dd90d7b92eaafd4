//! What `dessim check` and `dessim test` report: data, and the forms that build servers read.

pub mod annotations;
pub mod check;
pub mod junit;
pub mod test;
