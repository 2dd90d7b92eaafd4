//! One run of one scenario: every arm on its own clock, merged in the order of their names.

use std::collections::BTreeMap;

use super::warn::warnings;
use crate::kernel::calendar::{Calendar, KeyedCalendar, LaneCalendar, MAX_SLOTS};
use crate::kernel::draw;
use crate::kernel::simulation::{self, End, Halt};
use crate::kernel::time::Instant;
use crate::metrics::fingerprint::Fingerprint;
use crate::metrics::probe::{Probe, Record, Silent};
use crate::model::finish::Finished;
use crate::model::frame::NodeId;
use crate::report::result::{
    ArmResult, Component, Fingerprints, Hex, Latencies, MODEL_VERSION, RESULT_SCHEMA, RunResult,
    ScenarioId, Stopped,
};
use crate::scenario::arms::arms;
use crate::scenario::build::{BuildError, Built, build};
use crate::scenario::canonical;
use crate::scenario::schema::{Arm, Scenario};

/// A run dispatches at most so many events unless told otherwise: some minutes of work.
pub const DEFAULT_MAX_EVENTS: u64 = 1_000_000_000;

/// The implementations of the calendar; all give the same run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CalendarKind {
    /// A 4-ary heap beside FIFO lanes.
    #[default]
    Lanes,
    /// One priority queue with true removal.
    Keyed,
}

/// How to run a scenario.
#[derive(Clone, Debug)]
pub struct Options {
    /// Instead of the scenario's own seed.
    pub seed: Option<u64>,
    /// Stop after so many events, over all arms.
    pub max_events: u64,
    /// Which calendar.
    pub calendar: CalendarKind,
}

impl Default for Options {
    fn default() -> Self {
        Self { seed: None, max_events: DEFAULT_MAX_EVENTS, calendar: CalendarKind::default() }
    }
}

/// Hears of everything that happens in a run.
pub trait Listener {
    /// An arm begins; the names are those of its components, by the index in records.
    fn begin(&mut self, arm: &str, names: &[String]);

    /// Something happened in the present arm.
    fn record(&mut self, record: &Record);
}

struct Forward<'a>(&'a mut dyn Listener);

impl<'a> Forward<'a> {
    fn begin(listener: &'a mut dyn Listener, arm: &str, names: &[String]) -> Self {
        listener.begin(arm, names);
        Self(listener)
    }
}

impl Probe for Forward<'_> {
    const LISTENS: bool = true;

    fn record(&mut self, record: &Record) {
        self.0.record(record);
    }
}

/// Runs a scenario called `name`.
///
/// # Errors
/// Only for scenarios that a check refuses.
pub fn run(scenario: &Scenario, name: &str, options: &Options) -> Result<RunResult, BuildError> {
    run_arms(scenario, name, options, |_, order| match options.calendar {
        CalendarKind::Lanes => play::<LaneCalendar, _>(order, |_| Silent),
        CalendarKind::Keyed => play::<KeyedCalendar, _>(order, |_| Silent),
    })
}

/// Runs a scenario while `listener` hears of everything, which changes nothing.
///
/// # Errors
/// Only for scenarios that a check refuses.
pub fn run_with(
    scenario: &Scenario,
    name: &str,
    options: &Options,
    listener: &mut dyn Listener,
) -> Result<RunResult, BuildError> {
    run_arms(scenario, name, options, |arm, order| match options.calendar {
        CalendarKind::Lanes => {
            play::<LaneCalendar, _>(order, |names| Forward::begin(listener, arm, names))
        }
        CalendarKind::Keyed => {
            play::<KeyedCalendar, _>(order, |names| Forward::begin(listener, arm, names))
        }
    })
}

/// What to play: one complete arm with one seed and so many events at most.
struct Order<'a> {
    scenario: &'a Scenario,
    arm: &'a Arm,
    seed: u64,
    max_events: u64,
}

/// An arm that has been played.
struct Played {
    finished: Finished,
    names: Vec<String>,
    end: Instant,
    stopped: Option<Stop>,
}

/// Why an arm ended early, before it is put into words.
enum Stop {
    MaxEvents,
    Stuck,
    Overflow(NodeId),
    OutOfSlots,
}

fn play<C: Calendar, P: Probe>(
    order: &Order<'_>,
    probe: impl FnOnce(&[String]) -> P,
) -> Result<Played, BuildError> {
    let Built { mut world, names } = build::<C, P>(order.scenario, order.arm, order.seed, probe)?;
    let horizon = order.scenario.duration;
    let until = horizon.map_or(Instant::NEVER, |duration| Instant::ZERO.saturating_add(duration));
    let why = simulation::run(&mut world, until, order.max_events);
    let reached = world.now();
    let (end, stopped) = match why {
        End::Drained | End::Horizon if horizon.is_some() => (until, None),
        End::Drained | End::Horizon => (reached, None),
        End::MaxEvents => (reached, Some(Stop::MaxEvents)),
        End::Halted(Halt::ZeroDelayLoop) => (reached, Some(Stop::Stuck)),
        End::Halted(Halt::ClockOverflow(slot)) => {
            (reached, Some(Stop::Overflow(world.node_of(slot))))
        }
        End::Halted(Halt::OutOfSlots) => (reached, Some(Stop::OutOfSlots)),
    };
    Ok(Played { finished: world.finish(end), names, end, stopped })
}

fn run_arms(
    scenario: &Scenario,
    name: &str,
    options: &Options,
    mut play: impl FnMut(&str, &Order<'_>) -> Result<Played, BuildError>,
) -> Result<RunResult, BuildError> {
    let seed = options.seed.unwrap_or(scenario.seed);
    let mut fingerprint = Fingerprint::EMPTY;
    let mut result = RunResult {
        schema: RESULT_SCHEMA,
        dessim: env!("CARGO_PKG_VERSION"),
        model: MODEL_VERSION,
        scenario: ScenarioId { name: name.to_owned(), digest: Hex(digest(scenario)) },
        seed,
        fingerprint: Hex(0),
        fingerprints: Fingerprints { order: Hex(0), timing: Hex(0), results: Hex(0) },
        events: 0,
        virtual_ns: 0,
        stopped: None,
        warnings: warnings(scenario),
        arms: BTreeMap::new(),
    };
    for (arm_name, arm) in &arms(scenario) {
        let max_events = options.max_events - result.events;
        let order = Order { scenario, arm, seed, max_events };
        let played = play(arm_name, &order)?;
        fingerprint.part(arm_name, &played.finished.fingerprint);
        result.events += played.finished.events;
        result.virtual_ns = result.virtual_ns.max(played.end.as_ns());
        result.stopped = played.stopped(arm_name, options.max_events);
        result.arms.insert(arm_name.clone(), played.result());
        if result.stopped.is_some() {
            break;
        }
    }
    result.fingerprint = Hex(fingerprint.combined());
    result.fingerprints = Fingerprints {
        order: Hex(fingerprint.order.finish()),
        timing: Hex(fingerprint.timing.finish()),
        results: Hex(fingerprint.results.finish()),
    };
    Ok(result)
}

/// 64 bits over what a scenario means: the same for every spelling of it, whatever its seed.
#[must_use]
pub fn digest(scenario: &Scenario) -> u64 {
    draw::key(&canonical(scenario))
}

impl Played {
    fn stopped(&self, arm: &str, max_events: u64) -> Option<Stopped> {
        let (arm, at_ns) = (arm.to_owned(), self.end.as_ns());
        let name = |node: NodeId| self.names[node as usize].clone();
        Some(match self.stopped.as_ref()? {
            Stop::MaxEvents => Stopped::MaxEvents { arm, max_events, at_ns },
            Stop::Overflow(node) => Stopped::ClockOverflow { arm, at_ns, component: name(*node) },
            Stop::OutOfSlots => {
                Stopped::TooManyInFlight { arm, at_ns, limit: u64::from(MAX_SLOTS) }
            }
            Stop::Stuck => {
                let between = match self.finished.stuck {
                    Some((caller, service)) => {
                        format!("{} and {}", name(caller), name(service))
                    }
                    None => "callers that neither wait nor think".to_owned(),
                };
                Stopped::ZeroDelayLoop { arm, at_ns, between }
            }
        })
    }

    fn result(self) -> ArmResult {
        let tally = self.finished.tally;
        let offered = tally.requests.offered;
        let mut components: BTreeMap<String, Component> = BTreeMap::new();
        for (node, component) in self.finished.components {
            components.insert(self.names[node as usize].clone(), component);
        }
        ArmResult {
            requests: tally.requests,
            failed_by: tally.failed_by,
            attempts: tally.attempts,
            amplification: (offered > 0).then(|| tally.attempts.total as f64 / offered as f64),
            goodput_per_s: tally.goodput_per_s(self.finished.window),
            latency: Latencies {
                end_to_end: tally.end_to_end.summary(),
                processing: tally.processing.summary(),
                outcome: tally.outcome().summary(),
            },
            wasted: tally.work.summary(),
            events: self.finished.events,
            end_ns: self.end.as_ns(),
            components,
        }
    }
}
