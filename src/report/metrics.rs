//! The numbers that sentences about a scenario can name, as data and as a page of text.

use serde::Serialize;

use crate::metrics::meaning::meaning;
use crate::metrics::names::{Kind, PARTS};
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
        for (part, kind) in PARTS {
            let name = part.strip_suffix("_ns").unwrap_or(part);
            text.push_str(&line(name, unit(kind, part), &meaning("", part).unwrap_or_default()));
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
        let bare = |part: &'static str| part.strip_suffix("_ns").unwrap_or(part);
        match self.part {
            "" => line(&self.name, self.unit, &self.meaning),
            part if part == PARTS[0].0 => {
                let name = self.name.strip_suffix(bare(part)).unwrap_or(&self.name);
                line(&format!("{name}PART"), TIME, &self.meaning)
            }
            _ => String::new(),
        }
    }
}

/// The unit in words of what counts so and is called so.
#[must_use]
pub fn unit(kind: Kind, name: &str) -> &'static str {
    match kind {
        Kind::Count => "count",
        Kind::Time | Kind::Latency => TIME,
        Kind::Number if name.ends_with("_per_s") => "per second",
        Kind::Number if name.ends_with("ratio") || name.ends_with("utilisation") => "ratio",
        Kind::Number => "number",
    }
}

const TIME: &str = "time";

fn line(name: &str, unit: &str, meaning: &str) -> String {
    paragraph(&format!("  {name:<NAMES$} {unit:<UNITS$} "), meaning)
}
