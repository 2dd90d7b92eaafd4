//! Causes as data: what set it off, what was used up, what kept it broken.

use serde::Serialize;

use super::{PhaseKind, meter_name};
use crate::metrics::meter::Meter;

/// Something from outside, in [`from_ns`, `until_ns`).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trigger {
    /// Its first instant.
    pub from_ns: u64,
    /// The first instant after it.
    pub until_ns: u64,
    /// It is a change, and not how the load is all the time.
    pub changes: bool,
    /// What it is.
    #[serde(flatten)]
    pub cause: Cause,
}

impl Trigger {
    /// The name of the fault that it is, if it is one.
    #[must_use]
    pub fn fault(&self) -> Option<&str> {
        match &self.cause {
            Cause::Fault { fault, .. } => Some(fault),
            Cause::Rise { .. } | Cause::Bursts { .. } => None,
        }
    }
}

/// What comes from outside.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Cause {
    /// Something goes wrong with a service.
    Fault {
        /// The name of the fault.
        fault: String,
        /// The service.
        service: String,
        /// The replica of it that it hits, if it is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        replica: Option<u32>,
        /// The zone of its replicas that it hits, if it is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        zone: Option<String>,
        /// What it does.
        effect: FaultEffect,
        /// How many times as long work takes, of a fault that slows it.
        factor: Option<f64>,
        /// The part of the attempts that meet it.
        ratio: f64,
    },
    /// More load than before.
    Rise {
        /// The load.
        load: String,
        /// Mean rate while it lasts.
        per_s: f64,
        /// Mean rate of the quietest stage that is not silent.
        quietest_per_s: f64,
    },
    /// Many requests at one instant.
    Bursts {
        /// The load.
        load: String,
        /// Bursts.
        bursts: u64,
        /// Requests in each.
        size: u64,
        /// From one to the next.
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
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> CauseKind {
        match self {
            Self::Fault { .. } => CauseKind::Fault,
            Self::Rise { .. } => CauseKind::Rise,
            Self::Bursts { .. } => CauseKind::Bursts,
        }
    }

    /// The fault or load that it is.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Fault { fault, .. } => fault,
            Self::Rise { load, .. } | Self::Bursts { load, .. } => load,
        }
    }
}

/// What a fault does.
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
    /// Which of its levels.
    #[serde(serialize_with = "meter_name")]
    pub meter: &'static Meter,
    /// The limit, above 0.
    pub limit: u64,
    /// It was at its limit before the first trigger, too, so the trigger did not use it up.
    pub as_before: bool,
    /// Since when.
    pub from_ns: u64,
    /// The end of the stretch that mean and maximum are of.
    pub until_ns: u64,
    /// Its mean from then on.
    pub mean: Option<f64>,
    /// Its maximum from then on.
    pub max: u64,
}

/// What may have kept an arm broken.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SustainingLoop {
    /// The phase in which it was at work.
    pub phase: PhaseKind,
    /// The first instant of that phase.
    pub from_ns: u64,
    /// The first instant after it.
    pub until_ns: u64,
    /// What it is.
    #[serde(flatten)]
    pub link: Link,
    /// What it did to the service at its end.
    pub levels: Vec<Level>,
    /// Without it most of the requests that fail would succeed; `None` where no change that takes
    /// out this alone was tried.
    pub decides: Option<bool>,
}

/// A mechanism that feeds a failure.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Link {
    /// Failed attempts are tried again.
    Retries {
        /// The edge that they go along.
        edge: String,
        /// The service at its end.
        service: String,
        /// Attempts on the edge.
        attempts: u64,
        /// Those of them after the first of a request.
        retries: u64,
    },
    /// A service works for callers that have left.
    WastedWork {
        /// The edge that they came along.
        edge: String,
        /// The service.
        service: String,
        /// Time in slots.
        work_ns: u64,
        /// The part of it that was wasted.
        wasted_ns: u64,
    },
    /// A component is in a state in which it refuses.
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
        /// What it counted meanwhile.
        counts: Vec<Count>,
    },
    /// Requests wait longer than they are worked on.
    Backlog {
        /// The component.
        component: String,
        /// Its kind.
        component_kind: &'static str,
        /// The level that counts those that wait.
        #[serde(serialize_with = "meter_name")]
        meter: &'static Meter,
        /// How many wait, on average.
        mean: f64,
        /// How many wait, at most.
        max: u64,
        /// How many are worked on, on average.
        worked_on: f64,
    },
}

/// The kinds of [`Link`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// [`Link::Retries`].
    Retries,
    /// [`Link::WastedWork`].
    WastedWork,
    /// [`Link::State`].
    State,
    /// [`Link::Backlog`].
    Backlog,
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

    /// The edge or component where it is at work.
    #[must_use]
    pub fn component(&self) -> &str {
        match self {
            Self::Retries { edge, .. } | Self::WastedWork { edge, .. } => edge,
            Self::State { component, .. } | Self::Backlog { component, .. } => component,
        }
    }
}

/// A count of a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Which.
    #[serde(serialize_with = "meter_name")]
    pub meter: &'static Meter,
    /// How many.
    pub count: u64,
}

/// A level of a component over a stretch of time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Level {
    /// Which.
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

/// From when on an arm could not come back by itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NoReturn {
    /// By the first bottleneck.
    pub resource: Option<NeverFree>,
    /// By experiment.
    pub fault: Option<ShorterFault>,
}

/// Since when a resource was not free again.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NeverFree {
    /// The component.
    pub component: String,
    /// Its kind.
    pub kind: &'static str,
    /// Which of its levels.
    #[serde(serialize_with = "meter_name")]
    pub meter: &'static Meter,
    /// The limit.
    pub limit: u64,
    /// The part of the limit that its mean was never below again.
    pub ratio: f64,
    /// Since when.
    pub from_ns: u64,
    /// Until when.
    pub until_ns: u64,
}

/// What becomes of the same requests if a fault is over earlier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShorterFault {
    /// The fault.
    pub fault: String,
    /// Its first instant.
    pub from_ns: u64,
    /// The longest time that was tried after which they recover; `None` if they never did.
    pub recovers_after_ns: Option<u64>,
    /// The shortest time that was tried after which they do not.
    pub stays_after_ns: u64,
    /// Reruns.
    pub reruns: u64,
}
