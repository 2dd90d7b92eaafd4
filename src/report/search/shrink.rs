//! What a shrunk scenario has lost.

use serde::Serialize;

use crate::metrics::meter::Meter;
use crate::report::explain::text::cause_name;
use crate::report::explain::{BreakageEnd, CauseKind, LinkKind, PhaseKind, meter_name};
use crate::report::text::format::count;
use crate::report::text::table::paragraph;

/// The version of the data.
pub const SHRINK_SCHEMA: &str = "dessim.shrink/2";

/// So many cuts are shown one by one.
const MOST_CUTS: usize = 40;

/// How a scenario was shrunk.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shrunk {
    /// [`SHRINK_SCHEMA`].
    pub schema: &'static str,
    /// The scenario.
    pub scenario: String,
    /// The seed of the run that shows it.
    pub seed: u64,
    /// What its run shows, and that of the small one.
    pub condition: String,
    /// The sentence in `expect` of the small one.
    pub pinned: String,
    /// How the arms that the condition is about failed, which the small one still shows; an arm
    /// that was not broken is not among them.
    pub kept: Vec<Kept>,
    /// The size of the original.
    pub before: Size,
    /// The size of the small one.
    pub after: Size,
    /// What was left out or changed.
    pub cuts: Vec<String>,
    /// Runs that were tried.
    pub tries: u64,
    /// It ended because there were no tries left.
    pub exhausted: bool,
    /// It was broken off.
    pub interrupted: bool,
}

/// How an arm failed: what `dessim explain` names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// The arm.
    pub arm: String,
    /// Its worst phase.
    pub phase: PhaseKind,
    /// How the stretch that this phase is in ends.
    pub end: BreakageEnd,
    /// What it began with.
    pub trigger: Option<SetOff>,
    /// The first bottleneck.
    pub bottleneck: Option<Resource>,
    /// What was at work in its worst phase; the first of these is what counts.
    pub loops: Vec<Feeding>,
}

/// A trigger by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SetOff {
    /// What kind.
    pub kind: CauseKind,
    /// The fault or load.
    pub name: String,
}

/// A level with a limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Resource {
    /// The component.
    pub component: String,
    /// Which of its levels.
    #[serde(serialize_with = "meter_name")]
    pub meter: &'static Meter,
}

/// A mechanism that feeds a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Feeding {
    /// What kind.
    pub kind: LinkKind,
    /// The edge or component where it is at work.
    pub component: String,
}

impl Kept {
    /// True if another run fails in the same way: in the same phase, from the same cause.
    #[must_use]
    pub fn is_shown_by(&self, other: &Self) -> bool {
        let looped = match self.loops.first() {
            Some(first) => other.loops.contains(first),
            None => other.loops.is_empty(),
        };
        let names = |of: &Self| (of.arm.clone(), of.trigger.clone(), of.bottleneck.clone());
        names(self) == names(other) && (self.phase, self.end) == (other.phase, other.end) && looped
    }

    /// It in words.
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
            Some(SetOff { kind, name }) => {
                text.push_str(&format!("; trigger: {}", cause_name(*kind, name)));
            }
            None => text.push_str("; no trigger"),
        }
        if let Some(Resource { component, meter }) = &self.bottleneck {
            text.push_str(&format!("; first bottleneck: {component} ({})", meter.words));
        }
        if let Some(Feeding { kind, component }) = self.loops.first() {
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
    /// Values that are written.
    pub values: u64,
    /// Events of its run.
    pub events: u64,
}

impl Shrunk {
    /// It as text.
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
