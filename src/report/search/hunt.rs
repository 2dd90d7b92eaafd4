//! Result of a hunt: the first run that shows a condition, and the share of runs that do.

use serde::Serialize;

use crate::report::text::format::{count, number, percent};
use crate::report::text::table::{lines, paragraph};
use crate::statistics::proportion::Proportion;

/// The schema name in every result.
pub const HUNT_SCHEMA: &str = "dessim.hunt/1";

/// Confidence of intervals.
const CONFIDENCE: f64 = 0.95;

/// Result of a hunt.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hunted {
    /// [`HUNT_SCHEMA`].
    pub schema: &'static str,
    /// The scenario.
    pub scenario: String,
    /// Condition of the hunt.
    pub wanted: String,
    /// The first and the last seed.
    pub seeds: [u64; 2],
    /// First run that shows the condition.
    pub found: Option<Shown>,
    /// Runs that show the condition, unless the hunt ended at the first.
    #[serde(serialize_with = "proportion")]
    pub proportion: Option<Proportion>,
    /// Runs played.
    pub runs: u64,
    /// Runs planned.
    #[serde(rename = "asked")]
    pub planned: u64,
    /// Runs that stopped early.
    pub stopped: u64,
    /// Runs that show the condition, at each value that was tried.
    pub spread: Vec<Spread>,
    /// Probability estimated by splitting.
    pub split: Option<Split>,
    /// True if the hunt was interrupted.
    pub interrupted: bool,
}

/// A run that shows the condition.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown {
    /// Seed.
    pub seed: u64,
    /// Assignments of the run.
    pub set: Vec<String>,
    /// Condition that holds in the run.
    pub condition: String,
    /// Numbers behind the condition, in words.
    pub actual: String,
}

/// Runs that show the condition at one value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// Assignments.
    pub set: Vec<String>,
    /// Runs that show the condition.
    pub hits: u64,
    /// Runs with these assignments.
    pub runs: u64,
}

/// A probability estimated by multilevel splitting.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Split {
    /// The arm whose worlds were split.
    pub arm: String,
    /// The count that measures how near a world is to the condition.
    pub importance: String,
    /// The levels at which worlds were split.
    pub levels: Vec<u64>,
    /// Worlds at every level.
    pub effort: u64,
    /// The estimate of each independent repetition.
    pub repetitions: Vec<f64>,
    /// Their mean, which is unbiased.
    pub probability: f64,
    /// The 95 % interval of the mean by Student's t, cut at 0; `None` with fewer than ten
    /// repetitions, or without a single hit.
    pub interval: Option<(f64, f64)>,
    /// Worlds played, pilot included.
    pub worlds: u64,
    /// Events dispatched.
    pub events: u64,
}

fn proportion<S: serde::Serializer>(of: &Option<Proportion>, to: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Outcome {
        hits: u64,
        runs: u64,
        ratio: Option<f64>,
        wilson: (f64, f64),
    }
    let outcome = of.map(|of| Outcome {
        hits: of.hits,
        runs: of.runs,
        ratio: of.ratio(),
        wilson: of.wilson(CONFIDENCE),
    });
    outcome.serialize(to)
}

/// "in 3 of 200 runs: 1.50 %, 95 % interval 0.512 % to 4.32 %".
fn often(seen: Proportion) -> String {
    let (low, high) = seen.wilson(CONFIDENCE);
    match seen.hits {
        0 => format!(
            "in none of {} runs: its probability is at most {} at 95 %",
            count(seen.runs),
            small(seen.at_most(CONFIDENCE))
        ),
        hits => format!(
            "in {} of {} runs: {}, 95 % interval {} to {}",
            count(hits),
            count(seen.runs),
            small(seen.ratio().unwrap_or(0.0)),
            small(low),
            small(high)
        ),
    }
}

/// A probability, however small.
#[must_use]
pub fn small(p: f64) -> String {
    if p != 0.0 && p < 1e-3 { format!("{p:.2e}") } else { percent(p) }
}

impl Hunted {
    /// True if a run or a world shows the condition.
    #[must_use]
    pub fn is_found(&self) -> bool {
        self.found.is_some() || self.split.as_ref().is_some_and(|split| split.probability > 0.0)
    }

    /// The result as text. `again` makes the command that replays a run from its assignments and
    /// its seed.
    #[must_use]
    pub fn text(&self, again: impl Fn(&[String], u64) -> String) -> String {
        let [first, last] = self.seeds;
        let mut text = paragraph(
            "",
            &format!("{}: looking for {} in seeds {first}..{last}", self.scenario, self.wanted),
        );
        if let Some(shown) = &self.found {
            let set: String = shown.set.iter().map(|set| format!(", {set}")).collect();
            text.push_str(&paragraph("  found  ", &format!("seed {}{set}", shown.seed)));
            let what = format!("{}: {}", shown.condition, shown.actual);
            text.push_str(&paragraph("         ", &what));
            text.push_str(&format!("  again  {}\n", again(&shown.set, shown.seed)));
        } else if self.runs > 0 {
            text.push_str("  found  nothing\n");
        }
        match self.proportion {
            Some(seen) if seen.runs > 0 => {
                text.push_str(&paragraph("  often  ", &often(seen)));
            }
            _ if self.runs > 0 => {
                let runs = count(self.runs);
                let sentence = format!("the first of {runs} runs; leave out --first for how often");
                text.push_str(&paragraph("  often  ", &sentence));
            }
            _ => {}
        }
        text.push_str(&self.spread_text());
        if let Some(split) = &self.split {
            text.push_str(&split.text());
        }
        text
    }

    fn spread_text(&self) -> String {
        let rows = self.spread.iter().map(|at| {
            let seen = Proportion { hits: at.hits, runs: at.runs };
            let (low, high) = seen.wilson(CONFIDENCE);
            vec![
                format!("         {}", at.set.join(", ")),
                format!("{} of {}", count(at.hits), count(at.runs)),
                format!("{} to {}", small(low), small(high)),
            ]
        });
        let rows: Vec<_> = rows.collect();
        match rows.is_empty() {
            true => String::new(),
            false => lines(&rows).join("\n") + "\n",
        }
    }
}

impl Split {
    fn text(&self) -> String {
        let levels: Vec<String> = self.levels.iter().map(|level| count(*level)).collect();
        let levels = match levels.is_empty() {
            true => "no level was needed".to_owned(),
            false => format!("split at {}", levels.join(", ")),
        };
        let estimate = match self.interval {
            Some((low, high)) => format!(
                "{}, 95 % interval {} to {}",
                small(self.probability),
                small(low),
                small(high)
            ),
            None if self.probability == 0.0 => "no world shows it, which is no bound".to_owned(),
            None => format!("{}, too few repetitions for an interval", small(self.probability)),
        };
        let mut text = paragraph("  split  ", &format!("probability in {}: {estimate}", self.arm));
        let how = format!(
            "by {} of {} worlds a level, {}; {levels}; {} worlds, {} events",
            match self.repetitions.len() {
                1 => "one repetition".to_owned(),
                n => format!("{n} repetitions"),
            },
            count(self.effort),
            self.importance,
            count(self.worlds),
            number(self.events as f64)
        );
        text.push_str(&paragraph("         ", &how));
        text
    }
}
