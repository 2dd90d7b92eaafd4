//! Runs a scenario, and makes the results of played arms.

use std::collections::BTreeMap;

use super::listener::{Listener, NoListener};
use super::play::{Played, Stop};
use super::prepared::Prepared;
use crate::kernel::calendar::MAX_SLOTS;
use crate::kernel::draw;
use crate::kernel::limits::{Limits, Stop as StopRequest};
use crate::kernel::time::Duration;
use crate::metrics::sampler::Resolution;
use crate::model::seat::ComponentId;
use crate::model::tally::Tally;
use crate::report::result::{ArmResult, Component, Curves, Latencies, RunResult, Stopped};
use crate::scenario::build::BuildError;
use crate::scenario::canonical;
use crate::scenario::schema::Scenario;

/// Default limit of events: some minutes of work.
pub const DEFAULT_MAX_EVENTS: u64 = 1_000_000_000;

/// Default limit of the memory of calls and messages under way in an arm, in bytes: one gibibyte,
/// some eight million messages.
pub const DEFAULT_MAX_MEMORY: u64 = 1 << 30;

/// Most bins of an arm when all arms have bins of one width.
const COMMON_BINS: u64 = 800;

/// The implementations of the calendar; all give the same run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CalendarKind {
    /// A 4-ary heap beside FIFO lanes.
    #[default]
    Lanes,
    /// One priority queue with true removal.
    Keyed,
}

/// Options of a run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Seed; `None` for that of the scenario.
    pub seed: Option<u64>,
    /// Limit of events, and of work other than events (attempts, rejections, requests of a batch),
    /// over all arms.
    pub max_events: u64,
    /// Limit of the memory of calls and messages under way in an arm, in bytes.
    pub max_memory: u64,
    /// Implementation of the calendar.
    pub calendar: CalendarKind,
    /// Resolution of the time series; `None` collects none.
    pub sample: Option<Resolution>,
    /// Checked every few thousand events; once requested, the run ends with the results so far.
    pub stop: Option<&'static StopRequest>,
}

impl Options {
    pub(in crate::experiment) const fn limits(&self) -> Limits {
        Limits { work: self.max_events, memory: self.max_memory, stop: self.stop }
    }

    /// The options with a time series, at the resolution of the scenario or one that suits figures.
    #[must_use]
    pub fn sampled(self, scenario: &Scenario) -> Self {
        let sample = scenario.sample_every.map_or(Resolution::Auto, Resolution::Every);
        Self { sample: Some(sample), ..self }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: None,
            max_events: DEFAULT_MAX_EVENTS,
            max_memory: DEFAULT_MAX_MEMORY,
            calendar: CalendarKind::default(),
            sample: None,
            stop: None,
        }
    }
}

/// A common width of bins if those of the arms differ: the longest arm has at most 800 bins.
#[must_use]
pub fn common_bins(result: &RunResult) -> Option<Resolution> {
    let widths = || result.arms.values().filter_map(|arm| Some(arm.series.as_ref()?.bin_ns));
    let finest = widths().min()?;
    if widths().all(|width| width == finest) {
        return None;
    }
    let least = result.virtual_ns.div_ceil(COMMON_BINS);
    // 1, 2, 5, 10, 20, .. nanoseconds.
    let decades = (0..19).map(|exponent| 10_u64.pow(exponent));
    let mut widths = decades.flat_map(|unit| [1, 2, 5].map(|digit| unit.saturating_mul(digit)));
    let width = widths.find(|width| *width >= least.max(finest))?;
    Some(Resolution::Every(Duration::from_ns(width)))
}

/// Runs a scenario called `name`.
///
/// # Errors
/// Only for scenarios that a check refuses.
pub fn run(scenario: &Scenario, name: &str, options: &Options) -> Result<RunResult, BuildError> {
    run_with(scenario, name, options, &mut NoListener)
}

/// Runs a scenario with `listener` attached, which does not change the result.
///
/// # Errors
/// Only for scenarios that a check refuses.
pub fn run_with(
    scenario: &Scenario,
    name: &str,
    options: &Options,
    listener: &mut dyn Listener,
) -> Result<RunResult, BuildError> {
    Prepared::new(scenario, name).run_with(options, listener)
}

/// Digest of the meaning of a scenario, equal for all spellings and seeds.
#[must_use]
pub fn digest(scenario: &Scenario) -> u64 {
    draw::key(&canonical(scenario))
}

impl Played {
    pub(super) fn stopped(&self, arm: &str, options: &Options) -> Option<Stopped> {
        let &Options { max_events, max_memory, .. } = options;
        let (arm, at_ns) = (arm.to_owned(), self.end.as_ns());
        let name = |node: ComponentId| self.names[node as usize].clone();
        Some(match self.stopped.as_ref()? {
            Stop::MaxEvents => Stopped::MaxEvents { arm, max_events, at_ns },
            Stop::Overflow(node) => Stopped::ClockOverflow { arm, at_ns, component: name(*node) },
            Stop::MaxWork => Stopped::MaxWork { arm, max_events, at_ns },
            Stop::MaxMemory => Stopped::MaxMemory { arm, max_memory, at_ns },
            Stop::Interrupted => Stopped::Interrupted { arm, at_ns },
            Stop::OutOfSlots => {
                Stopped::TooManyInFlight { arm, at_ns, limit: u64::from(MAX_SLOTS) }
            }
            Stop::Stuck => {
                let between = match self.finished.stuck {
                    Some(edge) => name(edge),
                    None => "callers that neither wait nor think".to_owned(),
                };
                Stopped::ZeroDelayLoop { arm, at_ns, between }
            }
        })
    }

    pub(super) fn result(self) -> ArmResult {
        let tally = self.finished.tally;
        let attempts = self.finished.edges.attempts;
        let offered = tally.requests.offered;
        let (end_to_end, processing) = (tally.end_to_end(), tally.processing());
        let outcome = tally.outcome(&end_to_end);
        let curves = self.series.is_some().then(|| Curves {
            end_to_end: end_to_end.curve(),
            processing: processing.curve(),
            outcome: outcome.curve(),
        });
        let successes = end_to_end.summary();
        let mut components: BTreeMap<String, Component> = BTreeMap::new();
        for (node, component) in self.finished.components {
            components.insert(self.names[node as usize].clone(), component);
        }
        ArmResult {
            requests: tally.requests,
            failed_by: tally.failed_by,
            attempts,
            amplification: (offered > 0).then(|| attempts.total as f64 / offered as f64),
            attempts_variance: self.finished.edges.attempts_variance(offered),
            goodput_per_s: tally.goodput_per_s(self.finished.window),
            latency: Latencies {
                end_to_end: successes,
                processing: processing.summary(),
                outcome: outcome.summary(),
                slow_ratio: Tally::slow_ratio(&end_to_end, successes.p50_ns),
            },
            wasted: self.finished.edges.work.summary(),
            events: self.finished.events,
            end_ns: self.end.as_ns(),
            components,
            curves,
            series: self.series,
        }
    }
}
