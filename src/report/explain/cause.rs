//! Causes as data: triggers, bottlenecks, and the loops that sustain a failure.

use serde::Serialize;

use super::{PhaseKind, meter_name};
use crate::metrics::change::LinkKind;
use crate::metrics::meter::Meter;

/// A trigger from outside, in [`from_ns`, `until_ns`).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trigger {
    /// Its first instant.
    pub from_ns: u64,
    /// The first instant after it.
    pub until_ns: u64,
    /// True for a change; false for a property that the load has all the time.
    pub changes: bool,
    /// The fault, or the change of load.
    #[serde(flatten)]
    pub cause: Cause,
}

impl Trigger {
    /// Name of the fault, unless the trigger is a change of load.
    #[must_use]
    pub fn fault(&self) -> Option<&str> {
        match &self.cause {
            Cause::Fault { fault, .. } => Some(fault),
            Cause::Rise { .. } | Cause::Bursts { .. } => None,
        }
    }
}

/// Causes from outside the system.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Cause {
    /// A fault of a service.
    Fault {
        /// The name of the fault.
        fault: String,
        /// The service.
        service: String,
        /// The replica that is hit, if it is a single one.
        #[serde(skip_serializing_if = "Option::is_none")]
        replica: Option<u32>,
        /// Zone whose replicas are hit, if it is a single one.
        #[serde(skip_serializing_if = "Option::is_none")]
        zone: Option<String>,
        /// Effect of the fault.
        effect: FaultEffect,
        /// Factor by which a slowing fault lengthens work.
        factor: Option<f64>,
        /// Share of the attempts that the fault hits, in [0, 1].
        ratio: f64,
    },
    /// More load than before.
    Rise {
        /// The load.
        load: String,
        /// Mean rate while it lasts.
        per_s: f64,
        /// Mean rate of the stage with the lowest rate above 0.
        quietest_per_s: f64,
    },
    /// Many requests at one instant.
    Bursts {
        /// The load.
        load: String,
        /// Number of bursts.
        bursts: u64,
        /// Requests in each burst.
        size: u64,
        /// Time from one burst to the next.
        every_ns: u64,
    },
}

/// The kinds of [`Cause`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    /// [`Cause::Fault`].
    Fault,
    /// [`Cause::Rise`].
    Rise,
    /// [`Cause::Bursts`].
    Bursts,
}

impl Cause {
    /// The kind of the cause.
    #[must_use]
    pub const fn kind(&self) -> CauseKind {
        match self {
            Self::Fault { .. } => CauseKind::Fault,
            Self::Rise { .. } => CauseKind::Rise,
            Self::Bursts { .. } => CauseKind::Bursts,
        }
    }

    /// Name of the fault or load.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Fault { fault, .. } => fault,
            Self::Rise { load, .. } | Self::Bursts { load, .. } => load,
        }
    }
}

/// Effects of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultEffect {
    /// Work takes longer.
    Slowed,
    /// Attempts fail.
    Failing,
    /// Work stands still.
    Frozen,
    /// The service is down.
    Crashed,
}

/// A resource that reached its limit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bottleneck {
    /// The component.
    pub component: String,
    /// Its kind.
    pub kind: &'static str,
    /// The level that reached its limit.
    #[serde(serialize_with = "meter_name")]
    pub meter: &'static Meter,
    /// The limit, above 0.
    pub limit: u64,
    /// True if it was at its limit before the first trigger too, so that the trigger did not cause
    /// that.
    pub as_before: bool,
    /// The instant from which on it is at its limit.
    pub from_ns: u64,
    /// End of the period of the mean and the maximum.
    pub until_ns: u64,
    /// Mean of the level in that period.
    pub mean: Option<f64>,
    /// Maximum of the level in that period.
    pub max: u64,
}

/// A loop that may have kept an arm broken.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SustainingLoop {
    /// Phase in which the loop was at work.
    pub phase: PhaseKind,
    /// The first instant of that phase.
    pub from_ns: u64,
    /// The first instant after it.
    pub until_ns: u64,
    /// The mechanism.
    #[serde(flatten)]
    pub link: Link,
    /// Levels of the service that the loop loads.
    pub levels: Vec<Level>,
    /// True if most of the failing requests succeed without the loop; `None` if no change that
    /// removes this loop alone was tried.
    pub decides: Option<bool>,
}

/// A mechanism that feeds a failure.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Link {
    /// Failed attempts are tried again.
    Retries {
        /// Edge of the attempts.
        edge: String,
        /// The service at its end.
        service: String,
        /// Attempts on the edge.
        attempts: u64,
        /// Attempts after the first of a request.
        retries: u64,
    },
    /// A service works for callers that left.
    WastedWork {
        /// Edge of the callers.
        edge: String,
        /// The service.
        service: String,
        /// Time in slots.
        work_ns: u64,
        /// The part of it that was wasted.
        wasted_ns: u64,
    },
    /// A component is in a state in which it rejects calls.
    State {
        /// The component.
        component: String,
        /// Its kind.
        component_kind: &'static str,
        /// The state.
        #[serde(serialize_with = "meter_name")]
        meter: &'static Meter,
        /// For how long.
        lasted_ns: u64,
        /// Counts of the component in that time.
        counts: Vec<Count>,
    },
    /// Requests wait longer than their work takes.
    Backlog {
        /// The component.
        component: String,
        /// Its kind.
        component_kind: &'static str,
        /// The level that counts waiting requests.
        #[serde(serialize_with = "meter_name")]
        meter: &'static Meter,
        /// Mean number of waiting requests.
        mean: f64,
        /// Largest number of waiting requests.
        max: u64,
        /// Mean number of requests in work.
        worked_on: f64,
    },
}

impl Link {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> LinkKind {
        match self {
            Self::Retries { .. } => LinkKind::Retries,
            Self::WastedWork { .. } => LinkKind::WastedWork,
            Self::State { .. } => LinkKind::State,
            Self::Backlog { .. } => LinkKind::Backlog,
        }
    }

    /// Edge or component of the mechanism.
    #[must_use]
    pub fn component(&self) -> &str {
        match self {
            Self::Retries { edge, .. } | Self::WastedWork { edge, .. } => edge,
            Self::State { component, .. } | Self::Backlog { component, .. } => component,
        }
    }

    /// Where a change takes it out.
    #[must_use]
    pub fn source(&self) -> &str {
        match self {
            Self::Retries { edge, .. } => edge,
            Self::WastedWork { service, .. } => service,
            Self::State { component, .. } | Self::Backlog { component, .. } => component,
        }
    }
}

/// A count of a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Count {
    /// The meter.
    #[serde(serialize_with = "meter_name")]
    pub meter: &'static Meter,
    /// Its value.
    pub count: u64,
}

/// A level of a component over a period.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Level {
    /// The level.
    #[serde(serialize_with = "meter_name")]
    pub meter: &'static Meter,
    /// Its mean.
    pub mean: f64,
    /// Its maximum.
    pub max: u64,
}

/// Attempts and work on an edge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EdgeUse {
    /// The edge, `clients -> db`.
    pub edge: String,
    /// One entry a phase in which there were attempts.
    pub phases: Vec<EdgePhase>,
}

/// Attempts and work on an edge in one phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EdgePhase {
    /// The kind of the phase.
    pub phase: PhaseKind,
    /// Its first instant.
    pub from_ns: u64,
    /// The first instant after it.
    pub until_ns: u64,
    /// Attempts.
    pub attempts: u64,
    /// Those of them after the first of a request.
    pub retries: u64,
    /// Time in slots.
    pub work_ns: u64,
    /// The part of it that was wasted.
    pub wasted_ns: u64,
}

/// The point of no return: from when on an arm could not recover by itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NoReturn {
    /// Evidence of the first bottleneck.
    pub resource: Option<NeverFree>,
    /// Evidence of reruns with a shorter fault.
    pub fault: Option<ShorterFault>,
}

/// A resource that stayed taken until the end.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NeverFree {
    /// The component.
    pub component: String,
    /// Its kind.
    pub kind: &'static str,
    /// The level that stayed taken.
    #[serde(serialize_with = "meter_name")]
    pub meter: &'static Meter,
    /// The limit.
    pub limit: u64,
    /// Share of the limit below which its mean never fell again.
    pub ratio: f64,
    /// The instant from which on it stayed taken.
    pub from_ns: u64,
    /// End of the observation.
    pub until_ns: u64,
}

/// The outcome of the same requests with a shorter fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShorterFault {
    /// The fault.
    pub fault: String,
    /// Its first instant.
    pub from_ns: u64,
    /// Longest duration tried from which they recover; `None` if they recover from none.
    pub recovers_after_ns: Option<u64>,
    /// Shortest duration tried from which they do not recover.
    pub stays_after_ns: u64,
    /// Number of reruns.
    pub reruns: u64,
}
