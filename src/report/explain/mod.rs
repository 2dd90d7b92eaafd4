//! The explanation of a run as data, `dessim.explain/2`: what happened when, and what it rests on.
//!
//! Kinds, components, numbers and instants, and no sentence: `experiment::explain` fills them in,
//! [`text`] puts them into words.

mod cause;
mod change;
pub mod text;

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

pub use cause::{
    Bottleneck, Cause, CauseKind, Count, EdgePhase, EdgeUse, FaultEffect, Level, Link, LinkKind,
    NeverFree, NoReturn, ShorterFault, SustainingLoop, Trigger,
};
pub use change::{Amount, Change, ChangeKind, Pair, Shift, WhatIf};

use super::result::{FailedBy, Hex, Requests, ScenarioId};
use crate::metrics::fate::Fate;
use crate::metrics::meter::Meter;
use crate::metrics::probe::What;

/// The schema name in every explanation.
pub const EXPLANATION_SCHEMA: &str = "dessim.explain/2";

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
    /// What went in and what came out.
    pub outcome: Outcome,
    /// The run in phases, without gaps.
    pub phases: Vec<Phase>,
    /// Stretches in which it was broken, in order.
    pub breakages: Vec<Breakage>,
    /// What changed from outside, and what the load is like all the time; the earliest first.
    pub triggers: Vec<Trigger>,
    /// Resources that reached their limit, in the order in which they did.
    pub bottlenecks: Vec<Bottleneck>,
    /// What may have kept it broken in its worst phase.
    pub loops: Vec<SustainingLoop>,
    /// Attempts and work on each edge, phase by phase.
    pub edges: Vec<EdgeUse>,
    /// From when on a metastable arm could not come back by itself.
    pub no_return: NoReturn,
    /// One request that failed as most did, from its arrival to its end.
    pub example: Option<Example>,
    /// What would have happened with one thing changed, the greatest help first.
    pub what_if: Vec<WhatIf>,
    /// Changes that were not tried, because that would have been too much work.
    pub untried: u64,
}

impl Story {
    /// The worst stretch in which it was broken: one that stays, else the one with most failures.
    #[must_use]
    pub fn worst(&self) -> Option<&Breakage> {
        let failures =
            |of: &Breakage| (of.end == BreakageEnd::Stays, of.arrived.saturating_sub(of.good));
        // The first of equals.
        self.breakages.iter().rev().max_by_key(|of| failures(of))
    }

    /// The worst phase of the worst stretch: metastable before degraded before trigger.
    #[must_use]
    pub fn worst_phase(&self) -> Option<&Phase> {
        let worst = self.worst()?;
        let within =
            |phase: &&Phase| phase.from_ns >= worst.from_ns && phase.until_ns <= worst.until_ns;
        // The first of equals.
        self.phases.iter().filter(within).rev().max_by_key(|phase| phase.kind.gravity())
    }

    /// The first resource that was at its limit while it was broken.
    #[must_use]
    pub fn bottleneck_of(&self, breakage: &Breakage) -> Option<&Bottleneck> {
        let meets =
            |of: &&Bottleneck| of.from_ns < breakage.until_ns && of.until_ns > breakage.from_ns;
        self.bottlenecks.iter().find(meets)
    }

    /// True if requests were lost that should not have been: it was broken, or lost more than one
    /// in a hundred.
    #[must_use]
    pub fn suffers(&self) -> bool {
        let requests = &self.outcome.requests;
        let lost = requests.offered - requests.succeeded - requests.in_flight;
        !self.breakages.is_empty() || u128::from(lost) * 100 > u128::from(requests.offered)
    }
}

/// What went into an arm and what came out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Outcome {
    /// Requests by fate.
    pub requests: Requests,
    /// Those that failed, by the cause of the last attempt.
    pub failed_by: FailedBy,
    /// Attempts that were sent.
    pub attempts: u64,
    /// Attempts a request; `None` without requests.
    pub amplification: Option<f64>,
    /// Requests a second that succeeded.
    pub goodput_per_s: Option<f64>,
    /// 99 % quantile of the time from arrival to end, of all requests that ended.
    pub p99_ns: Option<u64>,
    /// Some of its requests come from callers that wait for an answer before they send the next:
    /// the slower it is, the fewer arrive.
    pub closed_loop: bool,
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
    /// Requests that arrived in it.
    pub arrived: u64,
    /// Those of them that ended before the run did.
    pub ended: u64,
    /// Those of them that succeeded as they should.
    pub good: u64,
    /// Fewer of them succeeded than should, by the rules of phases: in every degraded and
    /// metastable phase, and while a trigger lasts if it is felt.
    pub ill: bool,
}

impl Phase {
    /// The part of its requests that succeeded as they should, of those that ended.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        (self.ended > 0).then(|| self.good as f64 / self.ended as f64)
    }
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
    /// Nothing that counts arrives.
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

    /// How bad it is for the requests that arrive in it, from 0.
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

/// A stretch in which an arm was broken: neighbouring phases in which its requests fared worse
/// than they should.
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
    /// Those of them that succeeded as they should.
    pub good: u64,
    /// The place in `triggers` of the one that it begins with, or right after.
    pub trigger: Option<usize>,
    /// How it ends.
    pub end: BreakageEnd,
}

/// How a stretch in which an arm was broken ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakageEnd {
    /// It is well again as soon as the trigger is over.
    WithTrigger,
    /// It is well again some time after the trigger, or without there being any.
    Recovers,
    /// The trigger is gone, and it stays broken as long as requests arrive.
    Stays,
    /// Requests stop arriving, or the run ends, before anything says how it would have gone on.
    Open,
}

/// The life of one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Example {
    /// The load that it came from.
    pub load: String,
    /// Its number within the load.
    pub number: u64,
    /// What became of it.
    #[serde(serialize_with = "fate")]
    pub fate: Fate,
    /// Requests that ended alike, this one included.
    pub alike: u64,
    /// What happened, in order.
    pub steps: Vec<Step>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// When.
    pub at_ns: u64,
    /// What.
    #[serde(flatten)]
    pub happening: Happening,
}

/// What happened, to a request or from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Happening {
    /// A trigger begins.
    TriggerBegins {
        /// Its place in `triggers`.
        trigger: usize,
    },
    /// A trigger is over.
    TriggerEnds {
        /// Its place in `triggers`.
        trigger: usize,
    },
    /// Something happens to a request.
    Event {
        /// Where.
        component: String,
        /// The attempt under way, from 1; 0 before the first.
        attempt: u32,
        /// What, by the name that it has in traces.
        #[serde(serialize_with = "what")]
        event: What,
        /// The number that belongs to the event.
        value: u64,
        /// Another request, `clients#61`, that it happens to and that decides the fate of this one.
        other: Option<String>,
    },
}

fn fate<S: Serializer>(fate: &Fate, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(fate.name())
}

fn what<S: Serializer>(what: &What, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(what.name)
}

pub(super) fn meter_name<S: Serializer>(meter: &Meter, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(meter.name)
}
