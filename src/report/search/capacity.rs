//! Capacity of the arms of a scenario: the load each arm sustains, and the distance of the present
//! load from that edge.

use serde::Serialize;

use super::threshold::{Outcome, Threshold};
use crate::report::text::format::{count, number};
use crate::report::text::table::paragraph;

/// The schema name in every result.
pub const CAPACITY_SCHEMA: &str = "dessim.capacity/1";

/// Capacity of every arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Capacity {
    /// [`CAPACITY_SCHEMA`].
    pub schema: &'static str,
    /// The scenario.
    pub scenario: String,
    /// The load that was scaled; `None` if all of them were.
    pub load: Option<String>,
    /// Present rates of the scaled loads that have one.
    pub present: Vec<Present>,
    /// The first and the last seed.
    pub seeds: [u64; 2],
    /// Runs played.
    pub runs: u64,
    /// Capacity of each arm.
    pub arms: Vec<ArmCapacity>,
    /// True if the search was interrupted.
    pub interrupted: bool,
}

/// The present rate of a load.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Present {
    /// Name of the load.
    pub load: String,
    /// Rate in requests per second.
    pub rate_per_s: f64,
}

/// Capacity of an arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmCapacity {
    /// The arm.
    pub arm: String,
    /// The trigger that the arm must recover from.
    pub trigger: String,
    /// Largest factor of the load at which the arm does not collapse, with or without the trigger.
    pub stable: Threshold,
    /// Largest factor at which the arm does not collapse without the trigger.
    pub unprompted: Threshold,
}

/// An edge between two factors that were tried; `None` if both ends have the same verdict.
type Edge = Option<(f64, f64)>;

impl Capacity {
    /// The result as text.
    #[must_use]
    pub fn text(&self) -> String {
        let [first, last] = self.seeds;
        let what = self.load.clone().unwrap_or_else(|| "all loads".to_owned());
        let head = format!(
            "{}: how much of {what} each arm can take, seeds {first}..{last}, {} runs",
            self.scenario,
            count(self.runs)
        );
        let mut text = paragraph("", &head);
        for present in &self.present {
            let rate = number(present.rate_per_s);
            text.push_str(&format!("  {} is {rate}/s at factor 1\n", present.load));
        }
        for arm in &self.arms {
            text.push_str(&format!("\narm {}\n", arm.arm));
            text.push_str(&self.arm(arm));
        }
        if self.interrupted {
            let warning = "broken off: edges are no nearer than the loads that were tried, and \
                           arms that are not listed were not searched";
            text.push_str(&paragraph("warning: ", warning));
        }
        text
    }

    fn arm(&self, arm: &ArmCapacity) -> String {
        let mut text = paragraph("  trigger     ", &arm.trigger);
        let (stable, unprompted) = (edge(&arm.stable), edge(&arm.unprompted));
        let lines = [
            ("  stable      ", self.range(None, stable, &arm.stable)),
            ("  vulnerable  ", self.vulnerable(stable, unprompted, arm)),
            ("  overloaded  ", self.overloaded(unprompted, &arm.unprompted)),
            ("  present     ", present(stable, unprompted, arm)),
        ];
        for (lead, line) in lines {
            text.push_str(&paragraph(lead, &line));
        }
        for threshold in [&arm.stable, &arm.unprompted] {
            if let Some([one, other]) = &threshold.not_monotone {
                let warning =
                    format!("the shares at factors {one} and {other} contradict one edge");
                text.push_str(&paragraph("  warning: ", &warning));
            }
        }
        text
    }

    /// A factor, and the rate of a single load: "0.719 (359/s)".
    fn factor(&self, factor: f64) -> String {
        match self.present.as_slice() {
            [one] => format!("{} ({}/s)", number(factor), number(factor * one.rate_per_s)),
            _ => number(factor),
        }
    }

    fn range(&self, from: Edge, to: Edge, threshold: &Threshold) -> String {
        match (from, to, threshold.outcome) {
            (_, Some((good, _)), _) => {
                let shown = match &threshold.holds_to {
                    Some(to) => format!("shown up to {to}"),
                    None => "too few seeds to show any of it".to_owned(),
                };
                format!("up to factor {}; {shown}", self.factor(good))
            }
            (_, None, Outcome::Holds) => "at every load that was tried".to_owned(),
            (_, None, Outcome::Fails) => "at no load that was tried".to_owned(),
            (_, None, _) => "broken off".to_owned(),
        }
    }

    fn vulnerable(&self, stable: Edge, unprompted: Edge, arm: &ArmCapacity) -> String {
        let open = arm.unprompted.outcome == Outcome::Holds;
        match (stable, unprompted) {
            (Some((_, from)), Some((to, _))) if from < to => {
                let (from, to) = (self.factor(from), self.factor(to));
                format!("from factor {from} to {to}: well until a trigger comes, and down after it")
            }
            (Some((_, from)), None) if open => format!("from factor {} on", self.factor(from)),
            (None, Some((to, _))) if arm.stable.outcome == Outcome::Fails => {
                format!("up to factor {}", self.factor(to))
            }
            (None, None) if open && arm.stable.outcome == Outcome::Fails => {
                "at every load that was tried".to_owned()
            }
            _ if is_unknown(&arm.stable) || is_unknown(&arm.unprompted) => "broken off".to_owned(),
            _ => "at no load that was tried".to_owned(),
        }
    }

    fn overloaded(&self, unprompted: Edge, threshold: &Threshold) -> String {
        match (unprompted, threshold.outcome) {
            (Some((_, from)), _) => {
                format!("from factor {} on: goes down without any trigger", self.factor(from))
            }
            (None, Outcome::Fails) => "at every load that was tried".to_owned(),
            (None, Outcome::Holds) => "at no load that was tried".to_owned(),
            (None, _) => "broken off".to_owned(),
        }
    }
}

/// The two neighbours that enclose a threshold.
fn edge(threshold: &Threshold) -> Edge {
    let [good, bad] = threshold.crosses.as_ref()?;
    Some((good.parse().ok()?, bad.parse().ok()?))
}

/// True if the search was interrupted before both ends were tried.
fn is_unknown(threshold: &Threshold) -> bool {
    threshold.outcome == Outcome::Unknown
}

fn present(stable: Edge, unprompted: Edge, arm: &ArmCapacity) -> String {
    let well = |edge: Edge, threshold: &Threshold| match edge {
        Some((good, _)) => good >= 1.0,
        None => threshold.outcome == Outcome::Holds,
    };
    let times = |edge: Edge| edge.map(|(good, _)| format!("{} times", number(good)));
    if well(stable, &arm.stable) {
        return match times(stable) {
            Some(far) => format!("stable: {far} the present load is the edge"),
            None => "stable".to_owned(),
        };
    }
    if is_unknown(&arm.stable) || is_unknown(&arm.unprompted) {
        return "broken off".to_owned();
    }
    if well(unprompted, &arm.unprompted) {
        let back = times(stable)
            .map_or(String::new(), |back| format!("; {back} the present load would be stable"));
        let far = times(unprompted).map_or(String::new(), |far| {
            format!("; at more than {far} it, it goes down without a trigger")
        });
        return format!("already inside the vulnerable range{back}{far}");
    }
    match times(unprompted) {
        Some(back) => format!("overloaded: {back} the present load would do without a trigger"),
        None => "overloaded".to_owned(),
    }
}
