//! The numbers of a run in the formats of other programs, each made from [`long`] or the series.

#[cfg(feature = "cli")]
pub mod csv;
pub mod influx;
pub mod json;
pub mod long;
#[cfg(feature = "parquet")]
pub mod parquet;
pub mod prometheus;
