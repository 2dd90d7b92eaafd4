//! Results: data first, rendered second.
//!
//! Everything here is a pure function of a finished [`result::RunResult`] and knows no layer by
//! name: [`rows`] flattens an arm into named numbers, [`layout`] arranges them in groups of lines,
//! and the renderings are thin over these two; [`figure`] draws series, curves and a
//! [`topology`]. A new layer that reports metrics appears in all.

pub mod annotations;
pub mod brief;
pub mod capacity;
mod cause;
pub mod checked;
pub mod chrome;
pub mod compare;
#[cfg(feature = "cli")]
pub mod csv;
pub mod diff;
pub mod expected;
pub mod explained;
pub mod explanation;
pub mod figure;
pub mod format;
pub mod found;
pub mod html;
pub mod hunted;
pub mod influx;
pub mod json;
pub mod junit;
pub mod layout;
pub mod long;
pub mod markdown;
pub mod metrics;
pub mod optimum;
pub mod otlp;
pub mod page;
#[cfg(feature = "parquet")]
pub mod parquet;
pub mod perfetto;
pub mod prometheus;
mod protobuf;
pub mod result;
pub mod rows;
pub mod runs;
pub mod series;
pub mod setting;
pub mod shrunk;
pub mod snapshot;
pub mod span;
pub mod sparkline;
pub mod steady;
pub mod story;
pub mod sweep;
mod table;
pub mod tested;
pub mod topology;
pub mod tree;
pub mod unfinished;
pub mod verdict;
pub mod words;

#[cfg(test)]
mod sample;
