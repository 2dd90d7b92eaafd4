//! Result of a search for thresholds: the interval in which a claim holds, the evidence, and every
//! value that was tried.

use serde::Serialize;

use super::hunt::small;
use crate::report::text::format::{count, percent};
use crate::report::text::table::{lines, paragraph};
use crate::statistics::proportion::Proportion;

/// The schema name in every result.
pub const FIND_SCHEMA: &str = "dessim.find/1";

/// Confidence of the intervals in tables.
const CONFIDENCE: f64 = 0.95;

/// Thresholds of one parameter of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Thresholds {
    /// [`FIND_SCHEMA`].
    pub schema: &'static str,
    /// The scenario.
    pub scenario: String,
    /// The parameter, in words or as a path.
    #[serde(rename = "turned")]
    pub parameter: String,
    /// Lower end of the search.
    pub from: String,
    /// Upper end of the search.
    pub to: String,
    /// First and last seed of every value.
    pub seeds: [u64; 2],
    /// Runs played.
    pub runs: u64,
    /// Runs that stopped early, which show nothing.
    pub stopped: u64,
    /// Threshold of each claim.
    pub answers: Vec<Threshold>,
    /// True if the search was interrupted.
    pub interrupted: bool,
}

/// The threshold of one claim.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Threshold {
    /// The claim: `p(collapses) < 1% at 95%`.
    pub claim: String,
    /// Outcome of the search.
    pub outcome: Outcome,
    /// Farthest value, from the end where the claim holds, up to which it is shown to hold.
    pub holds_to: Option<String>,
    /// First value from which on the claim is shown to fail.
    pub fails_from: Option<String>,
    /// Neighbouring values between which the share of runs crosses the claim's probability.
    pub crosses: Option<[String; 2]>,
    /// Values tried, in ascending order.
    pub trials: Vec<Trial>,
    /// Two values whose shares contradict a single threshold.
    pub not_monotone: Option<[String; 2]>,
}

/// Outcomes of a search for a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The claim holds at the lower end only: there is a largest value.
    Largest,
    /// The claim holds at the upper end only: there is a smallest value.
    Smallest,
    /// The claim holds at both ends.
    Holds,
    /// The claim fails at both ends.
    Fails,
    /// The search was interrupted before both ends were tried.
    Unknown,
}

/// A value, and the outcome of its runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trial {
    /// The value, as `--set` takes it.
    pub value: String,
    /// The value as a number: nanoseconds, events per second, or the number itself.
    pub number: f64,
    /// Runs in which the condition holds.
    pub hits: u64,
    /// Runs played.
    pub runs: u64,
    /// Wilson interval of the share, at 95 %.
    pub wilson: (f64, f64),
    /// Verdict of these runs on the claim.
    pub verdict: Verdict,
}

/// Verdicts on a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The claim is shown to hold.
    Holds,
    /// The claim is shown to fail.
    Fails,
    /// More seeds are needed to show either.
    Undecided,
}

impl Trial {
    /// The trial of a value, with the share of runs in which the condition held.
    #[must_use]
    pub fn new(value: String, number: f64, seen: Proportion, verdict: Verdict) -> Self {
        let Proportion { hits, runs } = seen;
        Self { value, number, hits, runs, wilson: seen.wilson(CONFIDENCE), verdict }
    }

    /// Share of runs in which the condition held.
    #[must_use]
    pub const fn proportion(&self) -> Proportion {
        Proportion { hits: self.hits, runs: self.runs }
    }
}

impl Thresholds {
    /// True if every claim has a threshold.
    #[must_use]
    pub fn is_found(&self) -> bool {
        let has_threshold =
            |answer: &Threshold| matches!(answer.outcome, Outcome::Largest | Outcome::Smallest);
        self.answers.iter().all(has_threshold)
    }

    /// The result as text.
    #[must_use]
    pub fn text(&self) -> String {
        let [first, last] = self.seeds;
        let mut text = paragraph(
            "",
            &format!(
                "{}: {} from {} to {}, seeds {first}..{last} at every value, {} runs",
                self.scenario,
                self.parameter,
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
            let warning = "broken off: it is no nearer than the values in the tables";
            text.push_str(&paragraph("warning: ", warning));
        }
        if self.stopped > 0 {
            let warning =
                format!("{} runs stopped before their end, and show nothing", self.stopped);
            text.push_str(&paragraph("warning: ", &warning));
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
            let warning = format!(
                "the shares at {one} and {other} differ the wrong way by more than chance: there \
                 is more than one threshold, and this is one of them"
            );
            text.push_str(&paragraph("warning: ", &warning));
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
        let mut sentences = Vec::new();
        sentences.push(match (&self.holds_to, &self.fails_from) {
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
            sentences.push(format!(
                "by the share of runs, the {which} value at which it holds lies between {good} and \
                 {bad}"
            ));
        }
        sentences
    }
}
