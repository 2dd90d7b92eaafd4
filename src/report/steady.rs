//! The steady state of one long run as data, `dessim.steady/1`, and as a page of text.

use std::collections::BTreeMap;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::result::{Hex, ScenarioId, Stopped};
use super::runs::notes::Notes;
use crate::report::text::format::{NO_VALUE, count, cut, number, time};
use crate::report::text::page::stopped;
use crate::report::text::table::{lines, paragraph};
use crate::statistics::steady::{BATCHES, Steady};
use crate::statistics::validity::NoInterval;

/// The schema name in every result.
pub const STEADY_SCHEMA: &str = "dessim.steady/1";

/// Steady-state means of one long run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SteadyRun {
    /// Always [`STEADY_SCHEMA`].
    pub schema: &'static str,
    /// Version of dessim.
    pub dessim: &'static str,
    /// Version of the model.
    pub model: u32,
    /// The scenario.
    pub scenario: ScenarioId,
    /// The seed.
    pub seed: u64,
    /// Fingerprint of the run.
    pub fingerprint: Hex,
    /// The last instant of the run.
    pub virtual_ns: u64,
    /// Why the run stopped early, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
    /// Reasons to doubt the numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Means of each arm, by name.
    pub arms: BTreeMap<String, Vec<SteadyMetric>>,
}

/// Steady-state mean of one number.
#[derive(Clone, Debug, PartialEq)]
pub struct SteadyMetric {
    /// Component that reports the number; empty for the arm itself.
    pub component: String,
    /// Name of the number, as in a result.
    pub metric: &'static str,
    /// Unit of its series.
    pub unit: Unit,
    /// The mean, and the method behind it.
    pub steady: Steady,
}

/// Units of a series: what one value belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// One request.
    Requests,
    /// One bin of time.
    Bins {
        /// Width of the bin.
        ns: u64,
    },
}

impl Serialize for SteadyMetric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Steady { values, cut, batch, mean, correlation, interval } = &self.steady;
        let per = |values: &usize| *values as u64 * self.bin_ns().unwrap_or(1);
        let names = match self.unit {
            Unit::Requests => ["requests", "cut_requests", "batch_requests"],
            Unit::Bins { .. } => ["measured_ns", "cut_ns", "batch_ns"],
        };
        let mut out = serializer.serialize_struct("SteadyMetric", 10)?;
        out.serialize_field("component", &self.component)?;
        out.serialize_field("metric", self.metric)?;
        out.serialize_field("mean", mean)?;
        out.serialize_field("interval", &interval.as_ref().ok())?;
        out.serialize_field("no_interval", &interval.as_ref().err().map(super::runs::Why))?;
        out.serialize_field(names[0], &per(values))?;
        out.serialize_field(names[1], &cut.as_ref().map(per))?;
        out.serialize_field(names[2], &batch.as_ref().map(per))?;
        out.serialize_field("batches", &batch.map(|_| BATCHES))?;
        out.serialize_field("correlation", correlation)?;
        out.end()
    }
}

impl SteadyMetric {
    fn bin_ns(&self) -> Option<u64> {
        match self.unit {
            Unit::Requests => None,
            Unit::Bins { ns } => Some(ns),
        }
    }

    fn printed(&self, value: f64) -> String {
        match self.metric.ends_with("_ns") {
            // An interval may reach below zero, although a latency cannot.
            true => time(value.max(0.0).round() as u64),
            false => number(value),
        }
    }

    /// A number of values in words: as requests, or as time.
    fn stretch(&self, values: Option<usize>) -> String {
        match (values, self.bin_ns()) {
            (None, _) => NO_VALUE.to_owned(),
            (Some(1), None) => "1 request".to_owned(),
            (Some(values), None) => format!("{} requests", count(values as u64)),
            (Some(values), Some(ns)) => time(values as u64 * ns),
        }
    }

    fn label(&self) -> String {
        let metric = match self.metric {
            "latency.end_to_end.mean_ns" => "end-to-end mean",
            "goodput_per_s" => "goodput /s",
            metric => metric,
        };
        match self.component.as_str() {
            "" => format!("  {metric}"),
            component => format!("  {} {metric}", cut(component, 24)),
        }
    }

    fn row(&self, notes: &mut Notes) -> Vec<String> {
        let Steady { cut, batch, mean, correlation, interval, .. } = &self.steady;
        vec![
            self.label(),
            mean.map_or(NO_VALUE.to_owned(), |mean| self.printed(mean)),
            match interval {
                Ok((from, to)) => format!("{} to {}", self.printed(*from), self.printed(*to)),
                Err(NoInterval::AllAlike(_)) => "all alike".to_owned(),
                Err(why) => notes.mark(why.to_string()),
            },
            self.stretch(*cut),
            self.stretch(*batch),
            correlation.map_or(NO_VALUE.to_owned(), |of| format!("{of:.2}")),
        ]
    }
}

/// The steady state as a page of plain text.
#[must_use]
pub fn steady_page(run: &SteadyRun) -> String {
    let mut text = format!(
        "{}, seed {}, {} of virtual time: the steady state\ndigest {}   fingerprint {}   \
         dessim {} (model {})\n",
        cut(&run.scenario.name, 60),
        run.seed,
        time(run.virtual_ns),
        run.scenario.digest,
        run.fingerprint,
        run.dessim,
        run.model,
    );
    let mut notes = Notes::default();
    for (name, metrics) in &run.arms {
        let batches = format!("{BATCHES} batches of");
        let header = [&cut(name, 24), "mean", "95 % interval", "cut", &batches, "correlation"];
        let mut rows = vec![header.map(str::to_owned).to_vec()];
        rows.extend(metrics.iter().map(|metric| metric.row(&mut notes)));
        text.push('\n');
        text.push_str(&(lines(&rows).join("\n") + "\n"));
    }
    text.push_str(&notes.text());
    let warnings = run.warnings.iter().cloned();
    let stopped = run.stopped.as_ref().map(|why| format!("it stopped early: {}", stopped(why)));
    let warnings: Vec<String> = stopped.into_iter().chain(warnings).collect();
    if !warnings.is_empty() {
        text.push('\n');
    }
    warnings.iter().for_each(|warning| text.push_str(&paragraph("warning: ", warning)));
    text
}

/// The steady state as one object, over many lines or on one, with a newline at the end.
#[must_use]
pub fn to_json(run: &SteadyRun, pretty: bool) -> String {
    let json = match pretty {
        true => serde_json::to_string_pretty(run),
        false => serde_json::to_string(run),
    };
    json.expect("it has string keys only") + "\n"
}
