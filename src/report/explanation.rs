//! The explanation of a run as data, `dessim.explain/1`: what happened when, and what it rests on.
//!
//! It is made by `experiment::explain`; here is its shape, for whoever prints or draws it. Every
//! sentence carries the instants it speaks of, and the numbers are in the sentence.

use std::collections::BTreeMap;

use serde::Serialize;

use super::result::{Hex, ScenarioId};

/// The schema name in every explanation.
pub const EXPLANATION_SCHEMA: &str = "dessim.explain/1";

/// What happened in a run, arm by arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// Always [`EXPLANATION_SCHEMA`].
    pub schema: &'static str,
    /// Which scenario ran.
    pub scenario: ScenarioId,
    /// The seed.
    pub seed: u64,
    /// Fingerprint of the run that is explained.
    pub fingerprint: Hex,
    /// One story an arm.
    pub arms: BTreeMap<String, Story>,
}

/// What happened in one arm.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Story {
    /// The run in phases, without gaps.
    pub phases: Vec<Phase>,
    /// What there is to say, in reading order.
    pub points: Vec<Point>,
    /// One request that failed as most did, from its arrival to its end.
    pub example: Option<Example>,
    /// What would have happened with one thing changed.
    pub what_if: Vec<Counterfactual>,
    /// Changes that were not tried, because that would have been too much work.
    pub untried: u64,
}

/// A part of a run in which the arm did alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Phase {
    /// What kind.
    pub kind: PhaseKind,
    /// Its first instant.
    pub from_ns: u64,
    /// The first instant after it.
    pub until_ns: u64,
    /// The numbers that make it one.
    pub because: String,
}

/// The kinds of phases. `docs/explain.md` has the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PhaseKind {
    /// What arrives is not counted yet.
    WarmUp,
    /// Requests succeed as they should.
    Steady,
    /// Something is wrong from outside: a fault, or more load than before.
    Trigger,
    /// Goodput is down, and nothing says yet that it stays so.
    Degraded,
    /// The trigger is gone, and goodput stays down.
    Metastable,
    /// Goodput is back.
    Recovered,
    /// Nothing arrives.
    Idle,
}

impl PhaseKind {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WarmUp => "warm-up",
            Self::Steady => "steady",
            Self::Trigger => "trigger",
            Self::Degraded => "degraded",
            Self::Metastable => "metastable",
            Self::Recovered => "recovered",
            Self::Idle => "idle",
        }
    }
}

/// One thing to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Point {
    /// What it is about.
    pub topic: Topic,
    /// One or two sentences, with their numbers.
    pub text: String,
    /// The first instant it speaks of.
    pub from_ns: u64,
    /// The last instant it speaks of; the same for a single one.
    pub until_ns: u64,
}

/// What a point is about, in the order in which points are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// What went in and what came out.
    Outcome,
    /// What set it off.
    Trigger,
    /// The resource that was used up first.
    Saturation,
    /// What kept it going.
    Loop,
    /// Amplification and wasted work, edge by edge.
    Edges,
    /// From when on it could not come back by itself.
    NoReturn,
}

impl Topic {
    /// Its heading.
    #[must_use]
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Outcome => "outcome",
            Self::Trigger => "trigger",
            Self::Saturation => "first to be used up",
            Self::Loop => "what kept it going",
            Self::Edges => "amplification and waste",
            Self::NoReturn => "point of no return",
        }
    }
}

/// The life of one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Example {
    /// The load and the number of the request within it: `clients#17`.
    pub request: String,
    /// Why this one.
    pub because: String,
    /// What happened, in order.
    pub steps: Vec<Step>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// When.
    pub at_ns: u64,
    /// Where.
    pub component: String,
    /// The attempt under way, from 1; 0 before the first.
    pub attempt: u32,
    /// What, as a sentence without its subject.
    pub text: String,
}

/// The same requests with the same luck, and one thing changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Counterfactual {
    /// The change in words: "without retries at clients.retry".
    pub change: String,
    /// Requests that fail in the run and succeed with the change.
    pub saved: u64,
    /// Requests that succeed in the run and fail with the change.
    pub lost: u64,
    /// Requests that fail in the run: `saved` is a part of these.
    pub failing: u64,
    /// Attempts per request with the change.
    pub amplification: Option<f64>,
    /// It as a sentence, with its numbers.
    pub text: String,
}
