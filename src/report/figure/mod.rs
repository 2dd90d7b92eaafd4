//! Figures, as SVG that is the same to the byte on every machine.
//!
//! All functions are pure and write no files: a [`Figure`] becomes a file of its own
//! ([`Figure::file`]) or an element of a page ([`Figure::element`]). Components are known by kind
//! and by the types of their numbers, never by name, so a new mechanism is drawn without a change
//! here.

mod chart;
pub mod glance;
mod graph;
mod heat;
mod layers;
mod overlay;
mod panels;
mod quantiles;
mod scale;
mod svg;
mod text;
pub mod theme;
mod timeline;

#[cfg(test)]
mod tests;

pub use chart::{Chart, Curve, Spot, chart};
pub use graph::topology;
pub use heat::{Heat, heat};
pub use overlay::overlay;
pub use panels::Detail;
pub use quantiles::quantiles;
pub use svg::Figure;
pub use timeline::{Band, Timeline, timeline};
