//! What a hunt found: the first run that shows something, and how often it happens.

use serde::Serialize;

use crate::report::text::format::{count, number, percent};
use crate::report::text::table::{lines, paragraph};
use crate::statistics::proportion::Proportion;

/// The version of the data.
pub const HUNT_SCHEMA: &str = "dessim.hunt/1";

/// Intervals are at this confidence.
const CONFIDENCE: f64 = 0.95;

/// What a hunt found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hunted {
    /// [`HUNT_SCHEMA`].
    pub schema: &'static str,
    /// The scenario.
    pub scenario: String,
    /// What was looked for.
    pub wanted: String,
    /// The first and the last seed.
    pub seeds: [u64; 2],
    /// The first run that shows it.
    pub found: Option<Shown>,
    /// How many runs show it, unless the hunt ended at the first.
    #[serde(serialize_with = "proportion")]
    pub proportion: Option<Proportion>,
    /// Runs that were played.
    pub runs: u64,
    /// Runs that were asked for.
    pub asked: u64,
    /// Runs that stopped before their end.
    pub stopped: u64,
    /// How many show it at each value that was turned.
    pub spread: Vec<Spread>,
    /// The probability by splitting.
    pub split: Option<Split>,
    /// It was broken off.
    pub interrupted: bool,
}

/// A run that shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown {
    /// Its seed.
    pub seed: u64,
    /// What was set in it.
    pub set: Vec<String>,
    /// What holds in it.
    pub condition: String,
    /// The numbers, in words.
    pub actual: String,
}

/// How many runs show it at one value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// What was set.
    pub set: Vec<String>,
    /// Runs that show it.
    pub hits: u64,
    /// Runs there.
    pub runs: u64,
}

/// A probability by multilevel splitting.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Split {
    /// The arm whose worlds were split.
    pub arm: String,
    /// What is counted to tell how near a world is.
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
    /// Worlds that were played, pilot included.
    pub worlds: u64,
    /// Events that were dispatched.
    pub events: u64,
}

fn proportion<S: serde::Serializer>(of: &Option<Proportion>, to: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Told {
        hits: u64,
        runs: u64,
        ratio: Option<f64>,
        wilson: (f64, f64),
    }
    let told = of.map(|of| Told {
        hits: of.hits,
        runs: of.runs,
        ratio: of.ratio(),
        wilson: of.wilson(CONFIDENCE),
    });
    told.serialize(to)
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
    /// True if a run was found, or worlds that show it.
    #[must_use]
    pub fn is_found(&self) -> bool {
        self.found.is_some() || self.split.as_ref().is_some_and(|split| split.probability > 0.0)
    }

    /// It as text. `again` makes the command that plays a run once more of what is set in it and
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
                let told = format!("the first of {runs} runs; how often is told without --first");
                text.push_str(&paragraph("  often  ", &told));
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
        let told = match self.interval {
            Some((low, high)) => format!(
                "{}, 95 % interval {} to {}",
                small(self.probability),
                small(low),
                small(high)
            ),
            None if self.probability == 0.0 => "no world shows it, which is no bound".to_owned(),
            None => format!("{}, too few repetitions for an interval", small(self.probability)),
        };
        let mut text = paragraph("  split  ", &format!("probability in {}: {told}", self.arm));
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
