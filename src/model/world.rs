//! One arm under way: its seats and machines, their context, and the arrival of requests.

use super::call::{Call, CallId, Standing, State};
use super::context::{At, Context, Flow, NOBODY, Outcome};
use super::mechanism::load::{Next, STAGES_AT_ONCE};
use super::mechanism::{Leaving, Machines, Wakes};
use super::seat::{NONE, SeatId, Seats};
use crate::kernel::calendar::Calendar;
use crate::kernel::limits::{Limits, Stop};
use crate::kernel::simulation::Halt;
use crate::metrics::probe::Probe;

/// One arm of a scenario under way.
#[derive(Clone, Debug)]
pub struct World<C, P> {
    pub(super) seats: Seats,
    pub(super) machines: Machines,
    pub(super) cx: Context<C, P>,
    /// Keys of the components' names, for fingerprints.
    pub(super) keys: Vec<u64>,
    /// The first seat of each component.
    pub(super) homes: Vec<SeatId>,
    limits: Limits,
}

/// Pieces of work between two checks of the limits: some hundred microseconds.
const WORK_PER_CHECK: u64 = 1 << 13;

impl<C: Calendar, P: Probe> World<C, P> {
    /// A world at instant zero without scheduled events. `keys` are those of the components' names,
    /// in their order.
    #[must_use]
    pub fn new(seats: Seats, machines: Machines, keys: Vec<u64>, cx: Context<C, P>) -> Self {
        let mut homes = vec![NONE; keys.len()];
        for (id, seat) in seats.iter() {
            let home = &mut homes[seat.component as usize];
            *home = (*home).min(id);
        }
        Self { seats, machines, cx, keys, homes, limits: Limits::NONE }
    }

    /// Schedules crashes and loads, and sets the limits of the run. Crashes come first, so that
    /// they precede arrivals at equal instants.
    pub fn start(&mut self, limits: Limits) {
        self.limits = limits;
        self.check_limits();
        let all: Vec<SeatId> = self.homes.clone();
        for &home in &all {
            let at = self.seats.home(home);
            if at.seat.wakes == Wakes::Faults {
                let from = self.machines.crashes[at.seat.index as usize].fault.from;
                self.cx.wake_at(from, &at);
            }
        }
        for &home in &all {
            if self.seats[home].wakes == Wakes::Requests {
                self.start_load(home);
            }
        }
    }

    fn start_load(&mut self, home: SeatId) {
        let index = self.seats[home].index as usize;
        let load = &mut self.machines.loads[index];
        let (next, callers) = (load.first(), load.callers());
        if !self.cx.timers.has_room(callers as usize + 1) {
            return self.cx.clock.halt(Halt::OutOfSlots);
        }
        self.wake_load(home, next);
        for caller in 0..callers {
            if self.count_work() || self.cx.clock.halted() {
                return;
            }
            let load = &mut self.machines.loads[index];
            load.add_caller();
            if let Some(think) = load.think(caller) {
                let first = load.start().saturating_add(think);
                self.cx.wake_at(first, &At { call: caller, ..self.seats.home(home) });
            }
        }
    }

    /// Counts a piece of work that is no event; true if a limit ends the run here.
    #[inline]
    pub(super) fn count_work(&mut self) -> bool {
        self.cx.clock.work() && self.exceeds_limits()
    }

    /// Ends the run if a limit is reached or a stop was requested; true if it ends.
    #[cold]
    pub(super) fn exceeds_limits(&mut self) -> bool {
        self.check_limits();
        self.cx.clock.halted()
    }

    /// Ends the run if a limit is reached or a stop was requested. It must be called at the same
    /// events in every run of a scenario and a seed.
    pub fn check_limits(&mut self) {
        let Limits { work, memory, stop } = self.limits;
        let left = work.saturating_sub(self.cx.clock.work_done());
        self.cx.clock.check_after(left.min(WORK_PER_CHECK));
        if stop.is_some_and(Stop::is_requested) {
            self.cx.clock.halt(Halt::Interrupted);
        } else if left == 0 {
            self.cx.clock.halt(Halt::MaxWork);
        } else if self.cx.memory() + self.machines.memory() > memory {
            self.cx.clock.halt(Halt::MaxMemory);
        }
    }

    /// Schedules the next wake of a load. Stages that pass without an arrival count as work.
    #[inline(always)]
    fn wake_load(&mut self, home: SeatId, mut next: Next) {
        let index = self.seats[home].index as usize;
        while let Next::Later = next {
            if (0..STAGES_AT_ONCE).any(|_| self.count_work()) {
                return;
            }
            next = self.machines.loads[index].upcoming();
        }
        let at = self.seats.home(home);
        match next {
            Next::Never | Next::Later => {}
            Next::At(instant) => {
                self.cx.wake_at(instant, &at);
            }
            Next::After(delay) => {
                self.cx.wake_after(delay, &at);
            }
        }
    }

    /// Handles a load's timer: a batch arrives, or a caller sends.
    pub(super) fn arrive(&mut self, home: SeatId, caller: u32) {
        let now = self.cx.clock.now();
        let index = self.seats[home].index as usize;
        if caller != NOBODY {
            if let Some(request) = self.machines.loads[index].call(caller, now) {
                self.offer(home, request, caller);
            }
            return;
        }
        for _ in 0..self.machines.loads[index].arrive() {
            if self.count_work() || self.cx.clock.halted() {
                return;
            }
            let request = self.machines.loads[index].request();
            self.offer(home, request, NOBODY);
        }
        let next = self.machines.loads[index].upcoming();
        self.wake_load(home, next);
    }

    /// Offers a request, which goes down.
    #[inline(always)]
    fn offer(&mut self, home: SeatId, request: (u64, u64), caller: u32) {
        let cx = &mut self.cx;
        let measured = cx.measuring();
        cx.tally.requests.offered += u64::from(measured);
        let now = cx.clock.now();
        let component = self.seats[home].component;
        let call = cx.calls.add_request(component, request, now, caller, measured);
        let at = At { call, ..self.seats.home(home) };
        let flow = self.machines.enter(cx, &at);
        self.walk((home, call), flow);
    }

    /// Crashes a service: the calls at it that meet the fault fail, in the order of their arrival.
    pub(super) fn crash(&mut self, seat: SeatId) {
        let crash = self.machines.crashes[self.seats[seat].index as usize].clone();
        let service = self.seats[crash.service].index as usize;
        let affected = self.machines.services[service].affected(&self.cx.calls, &crash.fault);
        let mut failed: Vec<CallId> = Vec::with_capacity(affected.len());
        for call in affected {
            self.leave_children(call, Leaving::GivenUp);
            let at = self.seats.place(&self.cx.calls, self.cx.calls[call].at, call);
            if self.machines.services[service].crash(&mut self.cx, &at) {
                failed.push(call);
            }
        }
        for instance in crash.fault.replicas {
            let replica = At { instance, ..self.seats.home(crash.service) };
            if self.cx.hands_on(&replica) {
                self.pull((crash.service, instance), None);
            }
        }
        for call in failed {
            // The error of another may have decided for both, where they are copies of one call.
            let Call { state, standing, at, .. } = self.cx.calls[call];
            if state == State::Crashed && standing != Standing::Free {
                self.cx.calls[call].state = State::None;
                self.walk((at, call), Flow::Up(Outcome::Error));
            }
        }
    }
}
