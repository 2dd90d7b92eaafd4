//! The slots of a service: their allocation, the work in them, and their release.

use super::handler::Instruction;
use super::{Endpoint, Service};
use crate::kernel::calendar::Calendar;
use crate::kernel::simulation::Delay;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::probe::{EventKind, Probe};
use crate::model::call::{Call, CallId, Calls, State};
use crate::model::context::{At, Context, Flow, Outcome};
use crate::model::mechanism::fault::Fault;
use crate::model::seat::NONE;

impl Service {
    /// Gives a slot to a call that has left the line.
    pub(super) fn start<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) {
        let call = &cx.calls[at.call];
        let State::Queued { since } = call.state else {
            unreachable!("only queued attempts start")
        };
        self.start_since(cx, at, since);
    }

    /// Gives a slot to a call that arrived at `since`.
    #[inline(always)]
    pub(super) fn start_since<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        since: Instant,
    ) {
        let now = cx.now();
        let call = &cx.calls[at.call];
        let first = call.step == 0;
        self.take_slot(now, at.instance);
        if first && self.config.slots != u64::MAX && call.measured {
            self.wait.record(now - since);
        }
        if self.crashes {
            self.replicas[at.instance as usize].working.push(&mut cx.calls, at.call);
        }
        self.work(cx, at, since);
    }

    /// Puts a call in line.
    pub(super) fn join_line<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) {
        if let Some(most) = self.config.max_wait {
            cx.calls[at.call].timer = cx.wake_after(most, at);
        }
        let line = &mut self.replicas[at.instance as usize].line;
        line.push(&mut cx.calls, at.call);
        let in_line = line.len();
        self.waiting.rise(cx.now());
        cx.note(at, EventKind::WAITS, in_line);
    }

    /// Takes a slot of a replica.
    #[inline(always)]
    fn take_slot(&mut self, now: Instant, instance: u32) {
        self.busy.rise(now);
        let alone = self.replicas.len() == 1;
        self.replicas[instance as usize].take_slot(now, alone);
    }

    /// Gives back a slot of a replica.
    #[inline(always)]
    fn give_back_slot(&mut self, now: Instant, instance: u32) {
        self.busy.fall(now);
        let alone = self.replicas.len() == 1;
        self.replicas[instance as usize].give_back_slot(now, alone);
    }

    /// Starts the work of a call in its slot, for the time of its endpoint or of its present step.
    #[inline(always)]
    pub(super) fn work<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        since: Instant,
    ) {
        let now = cx.now();
        let call = &cx.calls[at.call];
        let (work, fails) =
            if call.step == 0 { self.draw(now, call, at.instance) } else { self.draw_step(call) };
        let (work, fails) = match cx.classes.settings(call.class) {
            None => (work, fails),
            Some(class) => {
                let class_fails = call.step == 0 && class.fails(call.attempts);
                (class.work(work, call), fails || class_fails)
            }
        };
        let hangs = self.config.hang_ratio > 0.0 && call.step == 0 && self.hangs(call);
        cx.calls[at.call].state = State::Working { since, started: now, fails };
        if hangs {
            cx.calls[at.call].timer = NONE;
            self.counts.hung += u64::from(cx.calls[at.call].measured);
            cx.note(at, EventKind::HUNG, 0);
            return;
        }
        cx.note(at, EventKind::STARTED, work.as_ns());
        let timer = match self.constant {
            Some(delay) => cx.wake_after(delay, at),
            None if self.config.faults.is_empty() => cx.wake_after(Delay::varying(work), at),
            None => {
                let call = &cx.calls[at.call];
                let done = self.config.faults.done(now, work, call, at.instance);
                cx.wake_at(done, at)
            }
        };
        cx.calls[at.call].timer = timer;
    }

    /// True if the attempt never answers.
    fn hangs(&self, call: &Call) -> bool {
        self.config.hang_site.unit(call.key, call.attempts, 0) < self.config.hang_ratio
    }

    /// Takes a call out of line whose longest wait is over: it is shed, or over if nobody waits for
    /// it.
    #[cold]
    pub(super) fn renege<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
    ) -> Flow {
        let now = cx.now();
        let call = &mut cx.calls[at.call];
        call.state = State::None;
        self.counts.reneged += u64::from(call.measured);
        self.replicas[at.instance as usize].line.remove(&mut cx.calls, at.call);
        self.waiting.fall(now);
        let wait = self.config.max_wait.map_or(0, |most| most.duration().as_ns());
        cx.note(at, EventKind::RENEGED, wait);
        self.push_back(cx, at);
        self.part(cx, at, Outcome::Shed)
    }

    /// Counts a call that finds a full line, of which there are `in_line`.
    pub(super) fn shed<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        in_line: u64,
    ) {
        self.counts.shed += u64::from(cx.calls[at.call].measured);
        cx.note(at, EventKind::SHED, in_line);
        self.push_back(cx, at);
    }

    /// Lets the refusal of a call ask something of its caller.
    fn push_back<C: Calendar, P: Probe>(&self, cx: &mut Context<C, P>, at: &At<'_>) {
        if let Some(pushback) = self.config.pushback {
            cx.push_back(at, pushback);
        }
    }

    /// Cancels the timer of a call's longest wait, if there is one.
    #[inline]
    fn stop_waiting<C: Calendar, P: Probe>(&self, cx: &mut Context<C, P>, call: CallId) {
        if self.config.max_wait.is_some() {
            let timer = std::mem::replace(&mut cx.calls[call].timer, NONE);
            cx.cancel(timer);
        }
    }

    /// Gives a slot to the next call in line, which may have come along another edge.
    #[inline]
    pub(super) fn start_next<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
    ) -> bool {
        let line = &mut self.replicas[at.instance as usize].line;
        let Some(call) = line.pop(&mut cx.calls) else {
            return false;
        };
        self.waiting.fall(cx.now());
        self.stop_waiting(cx, call);
        if self.config.refuses_expired {
            // Its deadline is known at its seat only: the slot is reserved until it is woken there.
            self.take_slot(cx.now(), at.instance);
            cx.make_ready(call);
            return true;
        }
        let id = cx.calls[call].at;
        self.start(cx, &At { id, call, ..*at });
        true
    }

    /// True if the call is past its deadline or too near to it, and this service refuses these.
    #[inline(always)]
    pub(super) fn refuses<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
    ) -> bool {
        let least = self.config.least_time_left;
        let refuses =
            self.config.refuses_expired && cx.deadline(at) <= cx.now().saturating_add(least);
        if refuses {
            self.counts.expired += u64::from(cx.calls[at.call].measured);
            cx.note(at, EventKind::LAPSED, 0);
        }
        refuses
    }

    /// Starts a call with a reserved slot, or refuses it if it is past its deadline.
    pub(super) fn start_or_refuse<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
    ) -> Flow {
        self.give_back_slot(cx.now(), at.instance);
        if !self.refuses(cx, at) {
            self.start(cx, at);
            return Flow::Parked;
        }
        cx.calls[at.call].state = State::None;
        self.serve_next(cx, at);
        self.part(cx, at, Outcome::Timeout)
    }

    /// Time in a slot for a step of work, and that it does not fail.
    fn draw_step(&self, call: &Call) -> (Duration, bool) {
        let program = &self.programs[usize::from(call.endpoint)];
        let Some(Instruction::Work(time, site)) = program.get(call.step) else {
            unreachable!("a call that takes a slot for a later step has work to do there")
        };
        (time.sample(site.unit(call.key, call.attempts, u32::from(call.step))), false)
    }

    /// Time in a slot for the service's own work, and whether it ends in an error.
    #[inline(always)]
    fn draw(&self, now: Instant, call: &Call, instance: u32) -> (Duration, bool) {
        let config = &self.config;
        let (subject, attempt) = (call.key, call.attempts);
        let Endpoint { time, site, .. } = &config.endpoints[usize::from(call.endpoint)];
        let mut work = match time.as_constant() {
            Some(constant) => constant,
            None => time.sample(site.unit(subject, attempt, 0)),
        };
        let mut ratio = config.failure_ratio;
        if let Some(overload) = config.overload {
            let replica = &self.replicas[instance as usize];
            let load = (replica.busy() + replica.line.len()) as f64 / overload.knee;
            if load > 1.0 {
                let excess = load - 1.0;
                let added = Duration::from_ns_f64(excess * overload.added_latency_ns);
                work = work.saturating_add(added);
                let raised = ratio + excess * overload.added_failure_ratio;
                ratio = raised.min(overload.max_failure_ratio);
            }
        }
        let fails = (ratio > 0.0 && config.failure_site.unit(subject, attempt, 0) < ratio)
            || (!config.faults.is_empty() && config.faults.fails(now, call, instance));
        (work, fails)
    }

    /// Gives back a slot, and hands it to the next in line.
    #[inline(always)]
    pub(super) fn free_slot<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) {
        self.give_back_slot(cx.now(), at.instance);
        self.serve_next(cx, at);
    }

    /// Hands a free slot to the next in line, if there is one and slots are handed on at once.
    #[inline(always)]
    pub(super) fn serve_next<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
    ) {
        if !self.replicas[at.instance as usize].line.is_empty() && cx.hands_on(at) {
            self.start_next(cx, at);
        }
    }

    /// Takes a call out of its slot or out of line; true if it held a slot.
    pub(super) fn withdraw<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
    ) -> bool {
        let call = cx.calls[at.call];
        cx.calls[at.call].state = State::None;
        let now = cx.now();
        let held = match call.state {
            State::Queued { .. } => {
                if cx.is_ready(at.call) {
                    cx.ready.take_back(at.call);
                    self.give_back_slot(now, at.instance);
                    return true;
                }
                self.replicas[at.instance as usize].line.remove(&mut cx.calls, at.call);
                self.waiting.fall(now);
                self.stop_waiting(cx, at.call);
                return false;
            }
            State::Working { .. } => {
                // An attempt that never answers has no timer.
                if call.timer != NONE {
                    cx.cancel(call.timer);
                }
                true
            }
            State::Calling { .. } => {
                self.calling.fall(now);
                self.config.holds_slot
            }
            State::None | State::Waiting { .. } | State::Crashed | State::Message { .. } => {
                unreachable!("a service's call is queued, working or calling")
            }
        };
        if held {
            self.give_back_slot(now, at.instance);
        }
        if self.crashes {
            self.replicas[at.instance as usize].working.remove(&mut cx.calls, at.call);
        }
        held
    }

    /// The calls at the service that meet the fault, in the order of their arrival.
    pub(in crate::model) fn affected(&self, calls: &Calls, fault: &Fault) -> Vec<CallId> {
        let since = |call: &Call| match call.state {
            State::Queued { since, .. }
            | State::Working { since, .. }
            | State::Calling { since, .. } => since,
            State::None | State::Waiting { .. } | State::Crashed | State::Message { .. } => {
                unreachable!("a service's call is queued, working or calling")
            }
        };
        let replicas = &self.replicas[fault.replicas.start as usize..fault.replicas.end as usize];
        let present = replicas
            .iter()
            .flat_map(|replica| replica.line.iter(calls).chain(replica.working.iter(calls)));
        let mut affected: Vec<CallId> = present.filter(|&id| fault.meets(&calls[id])).collect();
        affected.sort_unstable_by_key(|&id| {
            let call = &calls[id];
            (since(call), call.load, call.index, call.attempts)
        });
        affected
    }

    /// Fails one of the affected calls in a crash; `false` if nobody waits for it, so that it is
    /// over. No slot is handed on: [`Mechanism::hand_on`] does that when all calls have failed.
    pub(in crate::model) fn crash<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
    ) -> bool {
        let call = cx.calls[at.call];
        self.counts.crashed += u64::from(call.measured);
        cx.note(at, EventKind::CRASHED, 0);
        self.withdraw(cx, at);
        let needed = !cx.calls[at.call].is_cut_off();
        if let State::Working { started, .. } = call.state
            && call.measured
        {
            let now = cx.now();
            cx.edges[at.seat.edge].work.book(started, now, call.left);
        }
        if call.is_left() {
            self.book_in_vain(cx, at);
        }
        if needed {
            cx.calls[at.call].state = State::Crashed;
        } else {
            cx.calls.remove(at.call);
        }
        needed
    }
}
