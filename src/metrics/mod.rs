//! Measurements of a run: latencies, time averages, fingerprints, and records of its events.

pub mod arm;
mod bins;
pub mod change;
pub mod declare;
pub mod fate;
pub mod fingerprint;
pub mod gauge;
pub mod histogram;
pub mod meter;
pub mod names;
pub mod probe;
pub mod recorder;
pub mod report;
pub mod sampler;
pub mod series;
pub mod squares;
pub mod summary;
