//! Result of shrinking a scenario: its cuts, and the failure that it keeps.

use serde::Serialize;

use crate::metrics::meter::Meter;
use crate::report::explain::text::cause_name;
use crate::report::explain::{BreakageEnd, CauseKind, LinkKind, PhaseKind, meter_name};
use crate::report::text::format::count;
use crate::report::text::table::paragraph;

/// The schema name in every result.
pub const SHRINK_SCHEMA: &str = "dessim.shrink/2";

/// Most cuts listed one by one.
const MOST_CUTS: usize = 40;

/// Result of shrinking a scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shrunk {
    /// [`SHRINK_SCHEMA`].
    pub schema: &'static str,
    /// The scenario.
    pub scenario: String,
    /// Seed of the run.
    pub seed: u64,
    /// Condition that the runs of both the original and the small scenario show.
    pub condition: String,
    /// Sentence in `expect` of the small scenario.
    pub pinned: String,
    /// Failures of the arms of the condition, which the small scenario keeps; arms that were not
    /// broken are left out.
    pub kept: Vec<Kept>,
    /// Size of the original.
    pub before: Size,
    /// Size of the small scenario.
    pub after: Size,
    /// Removed and changed values.
    pub cuts: Vec<String>,
    /// Runs tried.
    pub tries: u64,
    /// True if the tries ran out.
    pub exhausted: bool,
    /// True if the search was interrupted.
    pub interrupted: bool,
}

/// The failure of an arm, in the terms of `dessim explain`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// The arm.
    pub arm: String,
    /// Worst phase.
    pub phase: PhaseKind,
    /// End of the breakage of this phase.
    pub end: BreakageEnd,
    /// Trigger of the breakage.
    pub trigger: Option<TriggerName>,
    /// First bottleneck.
    pub bottleneck: Option<Resource>,
    /// Loops at work in the worst phase; the first one decides whether failures are the same.
    pub loops: Vec<LoopName>,
}

/// A trigger by kind and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TriggerName {
    /// Kind of the cause.
    pub kind: CauseKind,
    /// Name of the fault or load.
    pub name: String,
}

/// A level with a limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Resource {
    /// The component.
    pub component: String,
    /// The level.
    #[serde(serialize_with = "meter_name")]
    pub meter: &'static Meter,
}

/// A loop by kind and component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LoopName {
    /// Kind of the mechanism.
    pub kind: LinkKind,
    /// Edge or component of the mechanism.
    pub component: String,
}

impl Kept {
    /// True if `other` is the same failure: same phase, end, trigger and bottleneck, and the first
    /// loop among its loops.
    #[must_use]
    pub fn is_shown_by(&self, other: &Self) -> bool {
        let looped = match self.loops.first() {
            Some(first) => other.loops.contains(first),
            None => other.loops.is_empty(),
        };
        let names = |of: &Self| (of.arm.clone(), of.trigger.clone(), of.bottleneck.clone());
        names(self) == names(other) && (self.phase, self.end) == (other.phase, other.end) && looped
    }

    /// The failure in words.
    #[must_use]
    pub fn words(&self) -> String {
        let mut text = format!("{} is {}", self.arm, self.phase.name());
        text.push_str(match self.end {
            BreakageEnd::WithTrigger => " and well again after the trigger",
            BreakageEnd::Recovers => " and recovers",
            BreakageEnd::Stays => " to the end",
            BreakageEnd::Open => " when it ends",
        });
        match &self.trigger {
            Some(TriggerName { kind, name }) => {
                text.push_str(&format!("; trigger: {}", cause_name(*kind, name)));
            }
            None => text.push_str("; no trigger"),
        }
        if let Some(Resource { component, meter }) = &self.bottleneck {
            text.push_str(&format!("; first bottleneck: {component} ({})", meter.words));
        }
        if let Some(LoopName { kind, component }) = self.loops.first() {
            let what = match kind {
                LinkKind::Retries => "retries on",
                LinkKind::WastedWork => "work for callers that have left on",
                LinkKind::State => "refusals by",
                LinkKind::Backlog => "a backlog at",
            };
            let word = match self.end {
                BreakageEnd::WithTrigger => "at work",
                _ => "sustaining loop",
            };
            text.push_str(&format!("; {word}: {what} {component}"));
        }
        text
    }
}

/// The size of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Size {
    /// Values written in the scenario.
    pub values: u64,
    /// Events of its run.
    pub events: u64,
}

impl Shrunk {
    /// The result as text.
    #[must_use]
    pub fn text(&self) -> String {
        let head =
            format!("{}, seed {}: shrunk while {}", self.scenario, self.seed, self.condition);
        let mut text = paragraph("", &head);
        text.push_str(&format!(
            "  from   {} values, {} events\n  to     {} values, {} events, in {} tries\n",
            count(self.before.values),
            count(self.before.events),
            count(self.after.values),
            count(self.after.events),
            count(self.tries)
        ));
        for kept in &self.kept {
            text.push_str(&paragraph("  kept   ", &kept.words()));
        }
        for (at, cut) in self.cuts.iter().take(MOST_CUTS).enumerate() {
            text.push_str(&paragraph(if at == 0 { "  cut    " } else { "         " }, cut));
        }
        if self.cuts.len() > MOST_CUTS {
            let more = self.cuts.len() - MOST_CUTS;
            text.push_str(&format!("         and {more} more\n"));
        }
        if self.cuts.is_empty() {
            text.push_str("  cut    nothing\n");
        }
        if self.exhausted && !self.interrupted {
            let advice = "the tries are used up, so it may not be the smallest: --tries N";
            text.push_str(&paragraph("warning: ", advice));
        }
        text
    }
}
