//! The numbers that sentences about a scenario can name, as data and as a page of text.

use serde::Serialize;

use crate::metrics::arm::{part_quantities, parts};
use crate::metrics::declare::Quantity;
use crate::metrics::names::{Kind, bare};
use crate::report::text::table::paragraph;

/// Schema of [`Metrics`].
pub const METRICS_SCHEMA: &str = "dessim.metrics/1";

/// All numbers of a scenario's arms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Metrics {
    /// Always [`METRICS_SCHEMA`].
    pub schema: &'static str,
    /// The scenario.
    pub scenario: String,
    /// The arms, by name.
    pub arms: Vec<String>,
    /// What reports numbers: the arms themselves first, then components by name.
    pub reporters: Vec<Reporter>,
}

/// An arm or a component, and its numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reporter {
    /// Its kind, as results call it; "arm" of the arm itself.
    pub kind: String,
    /// Its name; empty of the arm itself.
    pub component: String,
    /// The arms that have it with these numbers.
    pub arms: Vec<String>,
    /// Its numbers, in the order of results.
    pub metrics: Vec<MetricName>,
}

/// One number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MetricName {
    /// As sentences call it, without the arm: `jobs.wait.p99`.
    pub name: String,
    /// Its path in the data of the arm or component: `wait`.
    pub metric: &'static str,
    /// The part of a distribution: `p99_ns`; empty of other numbers.
    pub part: &'static str,
    /// What it counts: "count", "time", "ratio", "per second" or "number".
    pub unit: &'static str,
    /// What it means.
    pub meaning: String,
}

/// The definition of a quantity, without the marks of a document.
#[must_use]
pub fn plain(quantity: &Quantity) -> String {
    quantity.definition().replace('`', "")
}

/// Columns of names and of units.
const NAMES: usize = 34;
const UNITS: usize = 10;

impl Metrics {
    /// The page that `dessim metrics` prints. Of a distribution it has one line.
    #[must_use]
    pub fn page(&self) -> String {
        let mut text = String::new();
        for reporter in &self.reporters {
            let arms = reporter.arms.join(", ");
            let component = &reporter.component;
            text.push_str(&match component.as_str() {
                "" => format!("arm: {arms}\n"),
                _ if self.arms.len() == 1 => format!("\n{} {component}\n", reporter.kind),
                _ => format!("\n{} {component}, in {arms}\n", reporter.kind),
            });
            for metric in &reporter.metrics {
                text.push_str(&metric.line());
            }
        }
        text.push_str("\nPART of a distribution\n");
        for part in part_quantities() {
            for (name, kind) in part.numbers() {
                text.push_str(&line(bare(name), part.unit(kind), &plain(part)));
            }
        }
        let arm = self.arms.first().map_or("", String::as_str);
        text + &format!(
            "\nIn a sentence the arm stands in front (`{arm}.goodput_per_s`), or the sentence is \
             about\nevery arm that has the metric. Times are compared with times: `250ms`, `2s`.\n"
        )
    }
}

impl MetricName {
    /// Its line of the page; the first part of a distribution has one for all.
    fn line(&self) -> String {
        let first = parts().next();
        match self.part {
            "" => line(&self.name, self.unit, &self.meaning),
            part if Some(part) == first.map(|(name, _)| name) => {
                let name = self.name.strip_suffix(bare(part)).unwrap_or(&self.name);
                line(&format!("{name}PART"), Kind::Latency.unit(), &self.meaning)
            }
            _ => String::new(),
        }
    }
}

fn line(name: &str, unit: &str, meaning: &str) -> String {
    paragraph(&format!("  {name:<NAMES$} {unit:<UNITS$} "), meaning)
}
