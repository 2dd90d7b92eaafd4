//! A time series as named numbers, one for each bin: the source of JSON, CSV and figures.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::result::{Column, Series, Values};
use super::rows::Scalar;

/// A number over time, one value for each bin.
#[derive(Clone, Debug, PartialEq)]
pub struct Track<'a> {
    /// Component of the number; empty for the arm.
    pub component: &'a str,
    /// Kind of the component: "arm", "service", ...
    pub kind: &'static str,
    /// Path of the number: `requests.offered`, `busy.mean`, `latency.end_to_end.p99_ns`.
    pub metric: String,
    /// The number in words, without the name of the component.
    pub words: String,
    /// Type of the number.
    pub unit: Unit,
    /// Limit of the number, if it has one.
    pub limit: Option<u64>,
    /// One value for each bin.
    pub values: Vec<Scalar>,
}

/// Types of numbers over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Number of events in the bin.
    Count,
    /// Nanoseconds booked in the bin.
    Booked,
    /// A level.
    Level,
    /// A level divided by its limit, which a chart of the level shows already.
    Ratio,
    /// Nanoseconds of the bin spent in a state.
    State,
    /// Value at the end of the bin.
    Reading,
    /// A time, in nanoseconds.
    Time,
}

impl Unit {
    /// Name of the type in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Booked => "booked_ns",
            Self::Level => "level",
            Self::Ratio => "ratio",
            Self::State => "state_ns",
            Self::Reading => "reading",
            Self::Time => "ns",
        }
    }
}

/// Quantiles of the latencies of a bin.
const QUANTILES: [(&str, &str, f64); 2] = [("p50_ns", "p50", 0.5), ("p99_ns", "p99", 0.99)];

impl Series {
    /// All numbers of the series.
    #[must_use]
    pub fn tracks(&self) -> Vec<Track<'_>> {
        self.columns.iter().flat_map(|column| self.tracks_of(column)).collect()
    }

    /// The numbers of one column.
    pub(super) fn tracks_of<'a>(&self, column: &'a Column) -> Vec<Track<'a>> {
        let track = |part: &str, in_words: &str, unit, values| Track {
            component: &column.component,
            kind: column.kind,
            metric: join(column.meter.name, ".", part),
            words: join(column.meter.words, ", ", in_words),
            unit,
            limit: None,
            values,
        };
        let integers = |values: &[u64]| values.iter().copied().map(Scalar::Integer).collect();
        match &column.values {
            Values::Counts(values) => vec![track("", "", Unit::Count, integers(values))],
            Values::Times(values) => vec![track("", "", Unit::Booked, integers(values))],
            Values::States(values) => vec![track("", "", Unit::State, integers(values))],
            Values::Readings(values) => {
                let value = |value: &Option<u64>| value.map_or(Scalar::None, Scalar::Integer);
                let unit = if column.meter.time { Unit::Time } else { Unit::Reading };
                vec![track("", "", unit, values.iter().map(value).collect())]
            }
            Values::Levels { max, limit, .. } => {
                let mean = |bin| match column.mean(bin, self.length_ns(bin)) {
                    Some(mean) => Scalar::Float(mean),
                    None => Scalar::None,
                };
                let means: Vec<Scalar> = (0..self.bins).map(mean).collect();
                let used = limit.filter(|limit| *limit > 0).map(|limit| {
                    let ratio = |mean: &Scalar| match mean.as_f64() {
                        Some(mean) => Scalar::Float(mean / limit as f64),
                        None => Scalar::None,
                    };
                    let ratios = means.iter().map(ratio).collect();
                    track("utilisation", "part of the limit", Unit::Ratio, ratios)
                });
                let mut tracks = vec![
                    Track { limit: *limit, ..track("mean", "mean", Unit::Level, means) },
                    Track { limit: *limit, ..track("max", "most", Unit::Level, integers(max)) },
                ];
                tracks.extend(used);
                tracks
            }
            Values::Latencies(_) => {
                let quantile = |(part, words, q): (&str, &str, f64)| {
                    let value = |bin| match column.values.quantile(bin, q) {
                        Some(ns) => Scalar::Integer(ns),
                        None => Scalar::None,
                    };
                    track(part, words, Unit::Time, (0..self.bins).map(value).collect())
                };
                QUANTILES.map(quantile).into()
            }
        }
    }

    /// The bins as (from, until), in nanoseconds.
    pub fn spans(&self) -> impl Iterator<Item = (u64, u64)> {
        (0..self.bins).map(|bin| (self.start_of(bin), self.end_of(bin)))
    }
}

fn join(whole: &str, between: &str, part: &str) -> String {
    if part.is_empty() { whole.to_owned() } else { format!("{whole}{between}{part}") }
}

impl Serialize for Scalar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Integer(value) => serializer.serialize_u64(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::None => serializer.serialize_none(),
        }
    }
}

impl Serialize for Track<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("component", self.component)?;
        map.serialize_entry("kind", self.kind)?;
        map.serialize_entry("metric", &self.metric)?;
        map.serialize_entry("unit", self.unit.name())?;
        if let Some(limit) = self.limit {
            map.serialize_entry("limit", &limit)?;
        }
        map.serialize_entry("values", &self.values)?;
        map.end()
    }
}

/// The numbers of a series, made one column at a time.
struct Tracks<'a>(&'a Series);

impl Serialize for Tracks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(series) = self;
        serializer.collect_seq(series.columns.iter().flat_map(|column| series.tracks_of(column)))
    }
}

impl Serialize for Series {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("bin_ns", &self.bin_ns)?;
        map.serialize_entry("end_ns", &self.end_ns)?;
        map.serialize_entry("bins", &self.bins)?;
        map.serialize_entry("tracks", &Tracks(self))?;
        map.end()
    }
}
