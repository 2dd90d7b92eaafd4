//! The loop that joins a model to its calendar.
//!
//! It knows the clock, the order of events and the ends of runs; the model gives events a meaning.

use super::calendar::{Calendar, Lane, Slot};
use super::time::{Duration, Instant};

/// A model that can be advanced event by event.
pub trait Model {
    /// The kind of calendar.
    type Calendar: Calendar;

    /// The clock that the model schedules on.
    fn clock(&mut self) -> &mut Clock<Self::Calendar>;

    /// Handles the event of `slot`, which is due now.
    fn dispatch(&mut self, slot: Slot);

    /// True if work is left for the end of the present instant.
    #[inline]
    fn has_remainder(&self) -> bool {
        false
    }

    /// Does the work left for the end of the present instant, when no event of the instant is left.
    /// It may schedule more at the same instant.
    fn end_instant(&mut self) {}
}

/// Virtual time and the scheduled events.
#[derive(Clone, Debug)]
pub struct Clock<C> {
    calendar: C,
    now: Instant,
    events: u64,
    steps: u64,
    /// Pieces of work that were no events.
    work: u64,
    /// Amount of work at which the limits are checked next.
    check_at: u64,
    halted: Option<Halt>,
}

/// A delay and, if it is constant, its lane.
#[derive(Clone, Copy, Debug)]
pub struct Delay {
    lane: Lane,
    duration: Duration,
}

impl Delay {
    /// A delay without a lane.
    #[inline]
    #[must_use]
    pub const fn varying(duration: Duration) -> Self {
        Self { lane: Lane::NONE, duration }
    }

    /// The length of the delay.
    #[must_use]
    pub const fn duration(self) -> Duration {
        self.duration
    }
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// No event is left.
    Drained,
    /// All events left lie at or after the given end.
    Horizon,
    /// The limit of events was reached.
    MaxEvents,
    /// The model or the clock halted the run.
    Halted(Halt),
}

/// Why a run cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    /// The instant of this slot would lie past the end of the clock.
    ClockOverflow(Slot),
    /// The steps at one instant did not end.
    ZeroDelayLoop,
    /// The arena of slots is full.
    OutOfSlots,
    /// A stop was requested.
    Interrupted,
    /// The limit of work was reached.
    MaxWork,
    /// The limit of memory was exceeded.
    MaxMemory,
}

impl<C: Calendar> Clock<C> {
    /// A clock at zero without events.
    #[must_use]
    pub fn new() -> Self {
        Self {
            calendar: C::new(),
            now: Instant::ZERO,
            events: 0,
            steps: 0,
            work: 0,
            check_at: u64::MAX,
            halted: None,
        }
    }

    /// The present instant.
    #[inline]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Number of events dispatched so far.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// A constant delay, with a lane if one is free.
    pub fn constant(&mut self, duration: Duration) -> Delay {
        Delay { lane: self.calendar.lane(duration), duration }
    }

    /// Wakes `slot` after `delay`.
    #[inline]
    pub fn wake_after(&mut self, delay: Delay, slot: Slot) {
        let at = self.now.saturating_add(delay.duration);
        if at == Instant::NEVER {
            self.halt(Halt::ClockOverflow(slot));
        } else {
            self.calendar.schedule(delay.lane, at, slot);
        }
    }

    /// Wakes `slot` at `at`; [`Instant::NEVER`] means that the sum of instant and delay overflowed.
    #[inline]
    pub fn wake_at(&mut self, at: Instant, slot: Slot) {
        if at == Instant::NEVER {
            self.halt(Halt::ClockOverflow(slot));
        } else {
            self.calendar.schedule(Lane::NONE, at, slot);
        }
    }

    /// Cancels the event of `slot`, if it has one.
    #[inline]
    pub fn cancel(&mut self, slot: Slot) {
        self.calendar.cancel(slot);
    }

    /// Counts a step without time, and returns the number of steps at this instant.
    #[inline]
    pub fn step(&mut self) -> u64 {
        self.steps += 1;
        self.steps
    }

    /// Counts a piece of work that is no event; true if a check of the limits is due.
    #[inline]
    pub fn work(&mut self) -> bool {
        self.work += 1;
        self.work >= self.check_at
    }

    /// Number of pieces of work so far that were no events.
    pub fn work_done(&self) -> u64 {
        self.work
    }

    /// Makes the next check of the limits due after `work` more pieces.
    pub fn check_after(&mut self, work: u64) {
        self.check_at = self.work.saturating_add(work);
    }

    /// Number of entries of the calendar, without cancelled ones.
    pub fn scheduled(&self) -> usize {
        self.calendar.len()
    }

    /// Ends the run after this event. The first reason is kept.
    #[cold]
    pub fn halt(&mut self, why: Halt) {
        self.halted.get_or_insert(why);
    }

    /// True once the run must end.
    #[inline]
    pub fn halted(&self) -> bool {
        self.halted.is_some()
    }
}

impl<C: Calendar> Default for Clock<C> {
    fn default() -> Self {
        Self::new()
    }
}

/// Plays `model` until no event is due before `end`, or `max_events` were dispatched in all.
pub fn run<M: Model>(model: &mut M, end: Instant, max_events: u64) -> End {
    loop {
        let clock = model.clock();
        if let Some(why) = clock.halted {
            return End::Halted(why);
        }
        if clock.events >= max_events && !clock.calendar.is_empty() {
            return End::MaxEvents;
        }
        if model.has_remainder() {
            let clock = model.clock();
            let next = clock.now.saturating_add(Duration::from_ns(1));
            match clock.calendar.pop_before(next) {
                Some((_, slot)) => count_and_dispatch(model, slot),
                None => model.end_instant(),
            }
            continue;
        }
        let clock = model.clock();
        let Some((at, slot)) = clock.calendar.pop_before(end) else {
            return if clock.calendar.is_empty() { End::Drained } else { End::Horizon };
        };
        if at > clock.now {
            clock.now = at;
            clock.steps = 0;
        }
        count_and_dispatch(model, slot);
    }
}

#[inline(always)]
fn count_and_dispatch<M: Model>(model: &mut M, slot: Slot) {
    let clock = model.clock();
    clock.events += 1;
    clock.steps += 1;
    model.dispatch(slot);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::calendar::{KeyedCalendar, LaneCalendar};

    /// Two pendulums: the third swing of one stops the other.
    struct Pendulums<C> {
        clock: Clock<C>,
        swings: Vec<(Instant, Slot)>,
    }

    impl<C: Calendar> Model for Pendulums<C> {
        type Calendar = C;

        fn clock(&mut self) -> &mut Clock<C> {
            &mut self.clock
        }

        fn dispatch(&mut self, slot: Slot) {
            self.swings.push((self.clock.now(), slot));
            if self.swings.iter().filter(|swing| swing.1 == 1).count() == 3 {
                self.clock.cancel(0);
            } else {
                let delay = self.clock.constant(Duration::from_ns(10 + u64::from(slot)));
                self.clock.wake_after(delay, slot);
            }
        }
    }

    fn swing<C: Calendar>(end: Instant, max_events: u64) -> (End, Vec<(u64, Slot)>) {
        let mut model = Pendulums { clock: Clock::<C>::new(), swings: Vec::new() };
        model.clock.wake_at(Instant::ZERO, 1);
        model.clock.wake_at(Instant::ZERO, 0);
        let why = run(&mut model, end, max_events);
        (why, model.swings.iter().map(|&(at, slot)| (at.as_ns(), slot)).collect())
    }

    #[test]
    fn plays_in_order_until_nothing_is_left() {
        let all = vec![(0, 1), (0, 0), (10, 0), (11, 1), (20, 0), (22, 1)];
        assert_eq!(swing::<LaneCalendar>(Instant::NEVER, 100), (End::Drained, all.clone()));
        assert_eq!(swing::<KeyedCalendar>(Instant::NEVER, 100), (End::Drained, all.clone()));
        let (why, some) = swing::<LaneCalendar>(Instant::from_ns(20), 100);
        assert_eq!((why, &some[..]), (End::Horizon, &all[..4]));
        let (why, some) = swing::<LaneCalendar>(Instant::NEVER, 5);
        assert_eq!((why, &some[..]), (End::MaxEvents, &all[..5]));
    }

    #[test]
    fn the_end_of_the_clock_is_an_end_of_the_run() {
        let mut model = Pendulums { clock: Clock::<LaneCalendar>::new(), swings: Vec::new() };
        model.clock.wake_at(Instant::from_ns(u64::MAX - 4), 0);
        assert_eq!(run(&mut model, Instant::NEVER, 9), End::Halted(Halt::ClockOverflow(0)));
    }
}
