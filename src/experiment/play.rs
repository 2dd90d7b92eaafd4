//! Plays one arm from its first event to its last, with samples and checks of limits in between.

use super::listener::{Detail, Forward, Listener, Progress};
use super::run::CalendarKind;
use crate::kernel::calendar::{Calendar, KeyedCalendar, LaneCalendar};
use crate::kernel::limits::Limits;
use crate::kernel::simulation::{self, End, Halt};
use crate::kernel::time::Instant;
use crate::metrics::probe::Probe;
use crate::metrics::sampler::{Resolution, Sampler};
use crate::metrics::series::Series;
use crate::model::finish::Finished;
use crate::model::seat::ComponentId;
use crate::model::world::World;
use crate::scenario::build::{BuildError, Built, build};
use crate::scenario::schema::{Arm, Scenario};

/// Most events between two reports of progress: some tens of milliseconds.
const EVENTS_PER_PROGRESS: u64 = 1 << 18;
/// Events between two checks of limits and of a request to stop: about a millisecond.
pub(super) const EVENTS_PER_CHECK: u64 = 1 << 13;

/// The arm to play, with seed and limits.
pub(super) struct Order<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) name: &'a str,
    pub(super) arm: &'a Arm,
    pub(super) seed: u64,
    pub(super) max_events: u64,
    pub(super) sample: Option<Resolution>,
    pub(super) limits: Limits,
}

/// A played arm.
pub(super) struct Played {
    pub(super) finished: Finished,
    pub(super) names: Vec<String>,
    pub(super) end: Instant,
    pub(super) stopped: Option<Stop>,
    pub(super) series: Option<Series>,
}

/// Reasons for an early end of an arm.
pub(super) enum Stop {
    MaxEvents,
    Stuck,
    Overflow(ComponentId),
    OutOfSlots,
    Interrupted,
    MaxWork,
    MaxMemory,
}

/// Plays an arm on a calendar of this kind, with `listener` attached.
pub(super) fn play(
    order: &Order<'_>,
    calendar: CalendarKind,
    listener: &mut dyn Listener,
) -> Result<Played, BuildError> {
    match calendar {
        CalendarKind::Lanes => play_on::<LaneCalendar>(order, listener),
        CalendarKind::Keyed => play_on::<KeyedCalendar>(order, listener),
    }
}

fn play_on<C: Calendar>(
    order: &Order<'_>,
    listener: &mut dyn Listener,
) -> Result<Played, BuildError> {
    match listener.detail() {
        Detail::Progress => play_with::<C, false, false>(order, listener),
        Detail::Ends => play_with::<C, false, true>(order, listener),
        Detail::Records => play_with::<C, true, true>(order, listener),
    }
}

fn play_with<'a, C: Calendar, const RECORDS: bool, const ENDS: bool>(
    order: &Order<'_>,
    listener: &'a mut dyn Listener,
) -> Result<Played, BuildError>
where
    Forward<&'a mut dyn Listener, RECORDS, ENDS>: Probe + Reports,
{
    let Built { mut world, names } = build::<C, Forward<&'a mut dyn Listener, RECORDS, ENDS>>(
        order.scenario,
        order.arm,
        order.seed,
        |names| {
            listener.begin(order.name, names);
            Forward(listener)
        },
    )?;
    let horizon = order.scenario.duration;
    let until = horizon.map_or(Instant::NEVER, |duration| Instant::ZERO.saturating_add(duration));
    let arms = order.scenario.arms.len();
    let mut sampler = order.sample.map(|resolution| Sampler::new(resolution).among(arms));
    if sampler.is_some() {
        world.keep_latencies();
    }
    world.start(order.limits);
    let why = advance(&mut world, until, order, sampler.as_mut());
    // A run interrupted between a sample and the next event has reached the sample.
    let sampled = sampler.as_ref().map_or(Instant::ZERO, Sampler::now);
    let reached = world.now().max(sampled);
    let (end, stopped) = match why {
        End::Drained | End::Horizon if horizon.is_some() => (until, None),
        End::Drained | End::Horizon => (reached, None),
        End::MaxEvents => (reached, Some(Stop::MaxEvents)),
        End::Halted(Halt::ZeroDelayLoop) => (reached, Some(Stop::Stuck)),
        End::Halted(Halt::ClockOverflow(slot)) => {
            (reached, Some(Stop::Overflow(world.component_of(slot))))
        }
        End::Halted(Halt::OutOfSlots) => (reached, Some(Stop::OutOfSlots)),
        End::Halted(Halt::Interrupted) => (reached, Some(Stop::Interrupted)),
        End::Halted(Halt::MaxWork) => (reached, Some(Stop::MaxWork)),
        End::Halted(Halt::MaxMemory) => (reached, Some(Stop::MaxMemory)),
    };
    world.probe().over(end);
    if let Some(sampler) = &mut sampler {
        // The remaining samples show that nothing happens any more.
        while sampler.next() < end {
            take_sample(&mut world, sampler, end);
        }
    }
    world.settle(end);
    let series = sampler.map(|mut sampler| {
        take_sample(&mut world, &mut sampler, end);
        let mut series = sampler.finish();
        series.name(&names);
        series
    });
    world.report_unfinished();
    Ok(Played { finished: world.finish(end), names, end, stopped, series })
}

/// A probe that reports progress to its listener.
trait Reports {
    fn report(&mut self, progress: &Progress);
    fn satisfied(&mut self) -> bool;

    /// The arm ended.
    fn over(&mut self, at: Instant);
}

impl<const RECORDS: bool, const ENDS: bool> Reports for Forward<&mut dyn Listener, RECORDS, ENDS> {
    fn report(&mut self, progress: &Progress) {
        self.0.progress(progress);
    }

    fn satisfied(&mut self) -> bool {
        self.0.satisfied()
    }

    fn over(&mut self, at: Instant) {
        self.0.over(at);
    }
}

/// Plays a world to its end, in steps that end with each bin or when the next check of limits is
/// due.
fn advance<C: Calendar, P: Probe + Reports>(
    world: &mut World<C, P>,
    until: Instant,
    order: &Order<'_>,
    mut sampler: Option<&mut Sampler>,
) -> End {
    let max_events = order.max_events;
    let (mut reported, mut limits_at) = (0, 0);
    loop {
        if world.events() >= limits_at {
            world.check_limits();
            limits_at += EVENTS_PER_CHECK;
        }
        let next_sample = sampler.as_ref().map_or(Instant::NEVER, |sampler| sampler.next());
        let events = limits_at.min(max_events);
        let why = simulation::run(world, until.min(next_sample), events);
        if world.events() - reported >= EVENTS_PER_PROGRESS {
            reported = world.events();
            let (at, events, offered) = (world.now(), reported, world.offered());
            world.probe().report(&Progress { at, events, offered });
            if world.probe().satisfied() {
                return End::MaxEvents;
            }
        }
        match why {
            End::MaxEvents if world.events() < max_events => {}
            End::Horizon if next_sample < until => {
                if let Some(sampler) = &mut sampler {
                    take_sample(world, sampler, next_sample);
                }
            }
            _ => return why,
        }
    }
}

fn take_sample<C: Calendar, P: Probe>(
    world: &mut World<C, P>,
    sampler: &mut Sampler,
    end: Instant,
) {
    sampler.begin_sample(sampler.next().min(end));
    world.observe(sampler);
    sampler.end_sample();
}
