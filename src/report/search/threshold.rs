//! What a search for a threshold found: from where to where something holds, how surely, and
//! every value that was tried.

use serde::Serialize;

use super::hunt::small;
use crate::report::text::format::{count, percent};
use crate::report::text::table::{lines, paragraph};
use crate::statistics::proportion::Proportion;

/// The version of the data.
pub const FIND_SCHEMA: &str = "dessim.find/1";

/// Intervals in tables are at this confidence.
const CONFIDENCE: f64 = 0.95;

/// The thresholds of one value of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Found {
    /// [`FIND_SCHEMA`].
    pub schema: &'static str,
    /// The scenario.
    pub scenario: String,
    /// What was turned, in words or as a path.
    pub turned: String,
    /// From where.
    pub from: String,
    /// To where.
    pub to: String,
    /// The first and the last of the seeds that every value was tried with.
    pub seeds: [u64; 2],
    /// Runs that were played.
    pub runs: u64,
    /// Runs that stopped before their end, which show nothing.
    pub stopped: u64,
    /// One for each claim.
    pub answers: Vec<Threshold>,
    /// It was broken off.
    pub interrupted: bool,
}

/// From where to where one claim holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Threshold {
    /// The claim: `p(collapses) < 1% at 95%`.
    pub claim: String,
    /// What the search comes to.
    pub outcome: Outcome,
    /// The last value, from the end at which it holds, up to which it is shown to hold.
    pub holds_to: Option<String>,
    /// The first value from which on it is shown not to hold.
    pub fails_from: Option<String>,
    /// The neighbours between which the share of runs crosses the claim's probability.
    pub crosses: Option<[String; 2]>,
    /// What was tried, in order of the values.
    pub trials: Vec<Trial>,
    /// Two values whose shares contradict that there is one threshold.
    pub not_monotone: Option<[String; 2]>,
}

/// What a search for a threshold comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It holds at the lower end and not at the upper one: there is a largest value.
    Largest,
    /// It holds at the upper end and not at the lower one: there is a smallest value.
    Smallest,
    /// It holds at both ends.
    Holds,
    /// It fails at both ends.
    Fails,
    /// The search was broken off before both ends were tried.
    Unknown,
}

/// A value and what runs with it did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trial {
    /// The value, as `--set` takes it.
    pub value: String,
    /// It as a number: nanoseconds, events a second, or itself.
    pub number: f64,
    /// Runs in which the condition holds.
    pub hits: u64,
    /// Runs.
    pub runs: u64,
    /// The interval of Wilson at 95 %.
    pub wilson: (f64, f64),
    /// What these runs say about the claim.
    pub verdict: Verdict,
}

/// What runs say about a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is shown to hold.
    Holds,
    /// It is shown not to hold.
    Fails,
    /// More seeds could show either.
    Undecided,
}

impl Trial {
    /// The trial of a value in which the condition held in some of the runs.
    #[must_use]
    pub fn new(value: String, number: f64, seen: Proportion, verdict: Verdict) -> Self {
        let Proportion { hits, runs } = seen;
        Self { value, number, hits, runs, wilson: seen.wilson(CONFIDENCE), verdict }
    }

    /// How often the condition held.
    #[must_use]
    pub const fn proportion(&self) -> Proportion {
        Proportion { hits: self.hits, runs: self.runs }
    }
}

impl Found {
    /// True if every claim has a threshold.
    #[must_use]
    pub fn is_found(&self) -> bool {
        let found =
            |answer: &Threshold| matches!(answer.outcome, Outcome::Largest | Outcome::Smallest);
        self.answers.iter().all(found)
    }

    /// It as text.
    #[must_use]
    pub fn text(&self) -> String {
        let [first, last] = self.seeds;
        let mut text = paragraph(
            "",
            &format!(
                "{}: {} from {} to {}, seeds {first}..{last} at every value, {} runs",
                self.scenario,
                self.turned,
                self.from,
                self.to,
                count(self.runs)
            ),
        );
        for answer in &self.answers {
            text.push('\n');
            text.push_str(&answer.text());
        }
        if self.interrupted {
            let told = "broken off: it is no nearer than the values in the tables";
            text.push_str(&paragraph("warning: ", told));
        }
        if self.stopped > 0 {
            let told = format!("{} runs stopped before their end, and show nothing", self.stopped);
            text.push_str(&paragraph("warning: ", &told));
        }
        text
    }
}

impl Threshold {
    fn text(&self) -> String {
        let mut text = paragraph("", &self.claim);
        for sentence in self.sentences() {
            text.push_str(&paragraph("  ", &sentence));
        }
        let head = ["  value", "holds in", "ratio", "95 % interval", "claim"].map(str::to_owned);
        let mut rows = vec![head.to_vec()];
        rows.extend(self.trials.iter().map(|trial| {
            let (low, high) = trial.wilson;
            let word = match trial.verdict {
                Verdict::Holds => "holds",
                Verdict::Fails => "fails",
                Verdict::Undecided => "undecided",
            };
            vec![
                format!("  {}", trial.value),
                format!("{} of {}", count(trial.hits), count(trial.runs)),
                trial.proportion().ratio().map_or("-".to_owned(), percent),
                format!("{} to {}", small(low), small(high)),
                word.to_owned(),
            ]
        }));
        text.push_str(&(lines(&rows).join("\n") + "\n"));
        if let Some([one, other]) = &self.not_monotone {
            let told = format!(
                "the shares at {one} and {other} differ the wrong way by more than chance: there \
                 is more than one threshold, and this is one of them"
            );
            text.push_str(&paragraph("warning: ", &told));
        }
        text
    }

    fn sentences(&self) -> Vec<String> {
        let side = match self.outcome {
            Outcome::Largest => ("up to", "from", "largest"),
            Outcome::Smallest => ("from", "up to", "smallest"),
            Outcome::Holds => {
                return vec![
                    "holds at both ends: widen --from and --to to find its end".to_owned(),
                ];
            }
            Outcome::Fails => {
                return vec![
                    "fails at both ends: widen --from and --to to find where it \
                             holds"
                        .to_owned(),
                ];
            }
            Outcome::Unknown => return vec!["broken off before both ends were tried".to_owned()],
        };
        let (holds, fails, which) = side;
        let mut told = Vec::new();
        told.push(match (&self.holds_to, &self.fails_from) {
            (Some(good), Some(bad)) => {
                format!("shown to hold {holds} {good}, shown to fail {fails} {bad}")
            }
            (Some(good), None) => {
                format!("shown to hold {holds} {good}; no value is shown to fail")
            }
            (None, Some(bad)) => {
                format!("shown to fail {fails} {bad}; no value is shown to hold")
            }
            (None, None) => "too few seeds to show anything".to_owned(),
        });
        if let Some([good, bad]) = &self.crosses {
            let (good, bad) = match self.outcome {
                Outcome::Smallest => (bad, good),
                _ => (good, bad),
            };
            told.push(format!(
                "by the share of runs, the {which} value at which it holds lies between {good} and \
                 {bad}"
            ));
        }
        told
    }
}
