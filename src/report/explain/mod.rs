//! The explanation of a run as data, `dessim.explain/2`: what happened when, with the evidence.
//!
//! The data has kinds, components, numbers and instants, and no sentence: `experiment::explain`
//! computes it, [`text`] puts it into words.

mod cause;
mod change;
pub mod text;

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

pub use crate::metrics::change::{Amount, Change, ChangeKind, LinkKind, Means};
pub use cause::{
    Bottleneck, Cause, CauseKind, Count, EdgePhase, EdgeUse, FaultEffect, Level, Link, NeverFree,
    NoReturn, ShorterFault, SustainingLoop, Trigger,
};
pub use change::{Pair, Shift, WhatIf};

use super::result::{FailedBy, Hex, Requests, ScenarioId};
use crate::metrics::fate::Fate;
use crate::metrics::meter::Meter;
use crate::metrics::probe::EventKind;

/// The schema name in every explanation.
pub const EXPLANATION_SCHEMA: &str = "dessim.explain/2";

/// The explanation of a run, arm by arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// Always [`EXPLANATION_SCHEMA`].
    pub schema: &'static str,
    /// The scenario.
    pub scenario: ScenarioId,
    /// The seed.
    pub seed: u64,
    /// Fingerprint of the explained run.
    pub fingerprint: Hex,
    /// One story an arm.
    pub arms: BTreeMap<String, Story>,
}

/// The explanation of one arm.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Story {
    /// Totals of the arm.
    pub outcome: Outcome,
    /// The run in phases, without gaps.
    pub phases: Vec<Phase>,
    /// Periods in which the arm was broken, in order.
    pub breakages: Vec<Breakage>,
    /// Changes from outside and lasting properties of the load; the earliest first.
    pub triggers: Vec<Trigger>,
    /// Resources that reached their limit, in the order in which they reached it.
    pub bottlenecks: Vec<Bottleneck>,
    /// Loops that may have kept the arm broken in its worst phase.
    pub loops: Vec<SustainingLoop>,
    /// Attempts and work on each edge, phase by phase.
    pub edges: Vec<EdgeUse>,
    /// The point from which on a metastable arm could not recover by itself.
    pub no_return: NoReturn,
    /// The life of one request that failed as most did.
    pub example: Option<Example>,
    /// Reruns with one thing changed, the greatest help first.
    pub what_if: Vec<WhatIf>,
    /// Changes not tried, because of the limit on work.
    pub untried: u64,
}

impl Story {
    /// The worst breakage: one that stays, else the one with most failures.
    #[must_use]
    pub fn worst(&self) -> Option<&Breakage> {
        let failures =
            |of: &Breakage| (of.end == BreakageEnd::Stays, of.arrived.saturating_sub(of.good));
        // `max_by_key` takes the last of equals; reversed, the first.
        self.breakages.iter().rev().max_by_key(|of| failures(of))
    }

    /// The worst phase of the worst breakage: metastable before degraded before trigger.
    #[must_use]
    pub fn worst_phase(&self) -> Option<&Phase> {
        let worst = self.worst()?;
        let within =
            |phase: &&Phase| phase.from_ns >= worst.from_ns && phase.until_ns <= worst.until_ns;
        // `max_by_key` takes the last of equals; reversed, the first.
        self.phases.iter().filter(within).rev().max_by_key(|phase| phase.kind.gravity())
    }

    /// The first resource at its limit during `breakage`.
    #[must_use]
    pub fn bottleneck_of(&self, breakage: &Breakage) -> Option<&Bottleneck> {
        let meets =
            |of: &&Bottleneck| of.from_ns < breakage.until_ns && of.until_ns > breakage.from_ns;
        self.bottlenecks.iter().find(meets)
    }

    /// True if the arm was broken, or lost more than one request in a hundred.
    #[must_use]
    pub fn suffers(&self) -> bool {
        let requests = &self.outcome.requests;
        let lost = requests.offered - requests.succeeded - requests.in_flight;
        !self.breakages.is_empty() || u128::from(lost) * 100 > u128::from(requests.offered)
    }
}

/// Totals of an arm.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Outcome {
    /// Requests by fate.
    pub requests: Requests,
    /// Failed requests by the cause of the last attempt.
    pub failed_by: FailedBy,
    /// Attempts that were sent.
    pub attempts: u64,
    /// Attempts a request; `None` without requests.
    pub amplification: Option<f64>,
    /// Requests a second that succeeded.
    pub goodput_per_s: Option<f64>,
    /// 99 % quantile of the time from arrival to end, of all requests that ended.
    pub p99_ns: Option<u64>,
    /// True if some callers wait for a response before they send the next request, so that a slower
    /// arm gets fewer requests.
    pub closed_loop: bool,
}

/// A period of a run in which the arm behaves uniformly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Phase {
    /// What kind.
    pub kind: PhaseKind,
    /// Its first instant.
    pub from_ns: u64,
    /// The first instant after it.
    pub until_ns: u64,
    /// Requests that arrived in it.
    pub arrived: u64,
    /// Arrived requests that ended before the run did.
    pub ended: u64,
    /// Arrived requests that succeeded in time.
    pub good: u64,
    /// True if too few of them succeeded by the rules of phases: in every degraded or metastable
    /// phase, and during a trigger that has an effect.
    pub ill: bool,
}

impl Phase {
    /// Share of good requests among those that ended, in [0, 1].
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        (self.ended > 0).then(|| self.good as f64 / self.ended as f64)
    }
}

/// The kinds of phases. `docs/explain.md` has the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PhaseKind {
    /// Requests are not counted yet.
    WarmUp,
    /// Requests succeed in time.
    Steady,
    /// A trigger lasts: a fault, or more load than before.
    Trigger,
    /// Goodput is low without a trigger, and may still recover.
    Degraded,
    /// The trigger is over, and goodput stays low.
    Metastable,
    /// Goodput is back.
    Recovered,
    /// No counted request arrives.
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

    /// Severity for the requests that arrive in such a phase, from 0.
    #[must_use]
    pub const fn gravity(self) -> u8 {
        match self {
            Self::WarmUp | Self::Steady | Self::Recovered | Self::Idle => 0,
            Self::Trigger => 1,
            Self::Degraded => 2,
            Self::Metastable => 3,
        }
    }
}

/// A period in which an arm was broken: adjacent phases with too few good requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Breakage {
    /// Its first instant.
    pub from_ns: u64,
    /// The first instant after it.
    pub until_ns: u64,
    /// Requests that arrived in it.
    pub arrived: u64,
    /// Those of them that ended before the run did.
    pub ended: u64,
    /// Arrived requests that succeeded in time.
    pub good: u64,
    /// Index in `triggers` of the trigger that it begins with, or right after.
    pub trigger: Option<usize>,
    /// End of the breakage.
    pub end: BreakageEnd,
}

/// Ways in which a breakage ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakageEnd {
    /// The arm is well as soon as the trigger is over.
    WithTrigger,
    /// The arm is well some time after the trigger, or without a trigger.
    Recovers,
    /// The trigger is over, and the arm stays broken as long as requests arrive.
    Stays,
    /// Undecided: requests stop arriving, or the run ends, too early.
    Open,
}

/// The life of one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Example {
    /// Load of the request.
    pub load: String,
    /// Its number within the load.
    pub number: u64,
    /// Fate of the request.
    #[serde(serialize_with = "fate")]
    pub fate: Fate,
    /// Requests with the same fate, this one included.
    pub alike: u64,
    /// Events of its life, in order.
    pub steps: Vec<Step>,
}

/// One event in the life of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// When.
    pub at_ns: u64,
    /// What.
    #[serde(flatten)]
    pub happening: Happening,
}

/// Events of a request, or from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Happening {
    /// A trigger begins.
    TriggerBegins {
        /// Its place in `triggers`.
        trigger: usize,
    },
    /// A trigger ends.
    TriggerEnds {
        /// Its place in `triggers`.
        trigger: usize,
    },
    /// An event of a request.
    Event {
        /// Component.
        component: String,
        /// The attempt under way, from 1; 0 before the first.
        attempt: u32,
        /// Name of the event, as in traces.
        #[serde(serialize_with = "event_name")]
        event: EventKind,
        /// Number of the event, as in traces.
        value: u64,
        /// The request that the event belongs to, `clients#61`, if another one decides the fate of
        /// this one.
        other: Option<String>,
    },
}

fn fate<S: Serializer>(fate: &Fate, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(fate.name())
}

fn event_name<S: Serializer>(kind: &EventKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.name)
}

pub(super) fn meter_name<S: Serializer>(meter: &Meter, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(meter.name)
}
