//! All figures of a run, for whoever writes them to files or puts them into a page.

use super::topology::{bands, topology};
use crate::report::figure::{self, Detail, Figure, Timeline};
use crate::report::result::RunResult;
use crate::scenario::arms::arms;
use crate::scenario::schema::Scenario;

/// What figures show: the kinds of [`Drawn`].
pub const KINDS: [&str; 4] = ["overview", "timeline", "topology", "quantiles"];

/// A figure of a run, and what it is of.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// What it shows: one of [`KINDS`].
    pub kind: &'static str,
    /// Which arm, if it is of one.
    pub arm: Option<String>,
    /// The figure.
    pub figure: Figure,
}

/// The figures of each arm, by name, and of all arms together.
#[must_use]
pub fn figures(scenario: &Scenario, result: &RunResult) -> Vec<Drawn> {
    let name = &result.scenario.name;
    let mut drawn = Vec::new();
    let systems = arms(scenario);
    for (arm, did) in &result.arms {
        let Some(system) = systems.get(arm) else { continue };
        let bands = bands(system);
        let over_time = |detail| {
            let bands = &bands;
            figure::timeline(&Timeline { scenario: name, arm, result: did, bands, detail })
        };
        let mut draw = |kind, figure| drawn.push(Drawn { kind, arm: Some(arm.clone()), figure });
        draw("overview", over_time(Detail::Brief));
        draw("timeline", over_time(Detail::Full));
        let graph = topology(scenario, system, did);
        draw("topology", figure::topology(name, arm, &graph));
    }
    let all = result.arms.iter().map(|(arm, did)| (arm.as_str(), did));
    drawn.push(Drawn { kind: "quantiles", arm: None, figure: figure::quantiles(name, all) });
    drawn
}
