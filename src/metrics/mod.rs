//! What is measured: latencies, time averages, fingerprints, and what the model reports.

pub mod fingerprint;
pub mod gauge;
pub mod histogram;
pub mod probe;
pub mod recorder;
pub mod summary;
