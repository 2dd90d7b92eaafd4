//! The final outcomes of requests.

/// The final outcome of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Succeeded in time.
    Succeeded,
    /// Succeeded after the load's deadline.
    Late,
    /// The last attempt ended in an error.
    Error,
    /// The last attempt ended by a timeout.
    Timeout,
    /// A policy refused it.
    Rejected,
    /// A server refused it.
    Shed,
    /// A full queue lost it.
    Dropped,
    /// A consumer gave it up.
    DeadLettered,
}

impl Fate {
    /// Every outcome, in the order of results.
    pub const ALL: [Self; 8] = [
        Self::Succeeded,
        Self::Late,
        Self::Error,
        Self::Timeout,
        Self::Rejected,
        Self::Shed,
        Self::Dropped,
        Self::DeadLettered,
    ];

    /// The name in data, in snake case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Late => "late",
            Self::Error => "failed_in_error",
            Self::Timeout => "failed_in_timeout",
            Self::Rejected => "rejected",
            Self::Shed => "shed",
            Self::Dropped => "dropped",
            Self::DeadLettered => "dead_lettered",
        }
    }

    /// The outcome as the predicate of a sentence about the request.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Late => "succeeded too late",
            Self::Error => "failed in an error",
            Self::Timeout => "failed in a timeout",
            Self::Rejected => "was rejected by its policy",
            Self::Shed => "was shed by the service",
            Self::Dropped => "was dropped on a full queue",
            Self::DeadLettered => "was dead-lettered",
        }
    }
}
