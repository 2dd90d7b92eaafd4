//! Circuit breaker: refuses calls for a while when too many failed.

pub mod spec;
