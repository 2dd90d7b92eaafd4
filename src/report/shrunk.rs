//! What a shrunk scenario has lost.

use serde::Serialize;

use super::format::count;
use super::table::paragraph;

/// The version of the data.
pub const SHRINK_SCHEMA: &str = "dessim.shrink/1";

/// So many cuts are told one by one.
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
            let told = "the tries are used up, so it may not be the smallest: --tries N";
            text.push_str(&paragraph("warning: ", told));
        }
        text
    }
}
