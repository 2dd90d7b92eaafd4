//! Figures, as SVG that is the same to the byte on every machine.
//!
//! Pure functions of data, and no files: a figure is a [`Figure`], which is a file of its own
//! ([`Figure::file`]) or an element of a page ([`Figure::element`]). Components appear by their
//! kind and by what their numbers are, never by name, so what a new layer shows is drawn without a
//! line here.

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
