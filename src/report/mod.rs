//! Results: data first, rendered second.
//!
//! All functions here are pure functions of a finished [`result::RunResult`] and know no layer by
//! name: [`rows`] flattens an arm into named numbers, and the renderings are thin over these.
//! [`text`] is for terminals and pull requests, [`html`] for browsers, [`figure`] draws series,
//! curves and a [`topology`], [`export`] and [`trace`] write for other programs. A new layer that
//! reports metrics appears in all of them.

pub mod ci;
pub mod compare;
pub mod diff;
pub mod expected;
pub mod explain;
pub mod export;
pub mod figure;
pub mod html;
pub mod metrics;
pub mod result;
pub mod rows;
pub mod runs;
pub mod search;
pub mod series;
pub mod setting;
pub mod snapshot;
pub mod steady;
pub mod sweep;
pub mod text;
pub mod topology;
pub mod trace;

#[cfg(test)]
mod sample;
