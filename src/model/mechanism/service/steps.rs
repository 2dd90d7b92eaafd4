//! The execution of handlers.

use super::Service;
use super::handler::{FAILED, Instruction};
use crate::kernel::calendar::Calendar;
use crate::kernel::time::Instant;
use crate::metrics::probe::{EventKind, Probe};
use crate::model::call::State;
use crate::model::context::{At, Context, Flow, Outcome};

/// The word of a call with the nanoseconds of its work that were booked while its caller waited.
const WORKED: u32 = 0;

impl Service {
    /// Goes on with the next step of a call whose work is done or whose calls are decided.
    pub(super) fn go_on<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
    ) -> Flow {
        let call = cx.calls[at.call];
        let now = cx.now();
        match call.state {
            State::Working { since, started, fails } => {
                if call.step == 0 {
                    cx.calls.set_word(at.call, at.seat.word + WORKED, 0);
                }
                if call.measured {
                    cx.edges[at.seat.edge].work.book(started, now, call.left);
                    if !call.is_left() {
                        let worked = cx.calls.word(at.call, at.seat.word + WORKED);
                        let worked = worked + (now - started).as_ns();
                        cx.calls.set_word(at.call, at.seat.word + WORKED, worked);
                    }
                }
                if fails {
                    return self.finish(cx, at, (since, started), (true, true));
                }
                cx.calls[at.call].step += 1;
                self.next(cx, at, since, true)
            }
            State::Calling { since } => {
                self.calling.fall(now);
                self.next(cx, at, since, self.config.holds_slot)
            }
            State::None
            | State::Waiting { .. }
            | State::Queued { .. }
            | State::Crashed
            | State::Message { .. } => {
                unreachable!("only a call that works or waits for others goes on")
            }
        }
    }

    /// Does the present step of a call; `held` says whether it holds a slot.
    fn next<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        since: Instant,
        held: bool,
    ) -> Flow {
        loop {
            let call = cx.calls[at.call];
            let program = &self.programs[usize::from(call.endpoint)];
            match program.get(call.step) {
                None => {
                    let fails = call.step == FAILED;
                    return self.finish(cx, at, (since, since), (fails, held));
                }
                Some(Instruction::Jump(to)) => cx.calls[at.call].step = *to,
                Some(Instruction::Branch(targets, site)) => {
                    let drawn = site.unit(call.key, call.attempts, u32::from(call.step));
                    let target = targets.iter().find(|(when, _)| when.holds(call.class, drawn));
                    cx.calls[at.call].step = target.map_or(call.step + 1, |(_, to)| *to);
                }
                Some(Instruction::Work(..)) => {
                    return self.work_again(cx, at, since, held);
                }
                Some(Instruction::Calls { calls, .. }) => {
                    let zone = self.zone(at.instance);
                    for call_of in calls {
                        let key = call_of.key(call.key, call.attempts);
                        let client = call_of.clients(zone).draw(key, 0);
                        cx.make_call(at, call_of.port, (key, client), self.config.deadline_margin);
                    }
                    let made = calls.len();
                    let parent = &mut cx.calls[at.call];
                    (parent.open, parent.good) = (made as u16, 0);
                    parent.state = State::Calling { since };
                    self.calling.rise(cx.now());
                    cx.note(at, EventKind::CALLS, made as u64);
                    if held && !self.config.holds_slot {
                        self.free_slot(cx, at);
                    }
                    return Flow::Parked;
                }
            }
        }
    }

    /// Starts the work of a later step in the slot that the call holds, or puts it in line for one
    /// as if it had just arrived: it is shed where the line is full.
    fn work_again<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        since: Instant,
        held: bool,
    ) -> Flow {
        if held {
            self.work(cx, at, since);
            return Flow::Parked;
        }
        let replica = &mut self.replicas[at.instance as usize];
        if self.crashes {
            replica.working.remove(&mut cx.calls, at.call);
        }
        let in_line = replica.line.len();
        if replica.busy() < self.config.slots && in_line == 0 {
            cx.calls[at.call].state = State::Queued { since };
            self.start(cx, at);
        } else if in_line < self.config.queue {
            cx.calls[at.call].state = State::Queued { since };
            self.join_line(cx, at);
        } else {
            cx.calls[at.call].state = State::None;
            self.shed(cx, at, in_line);
            return self.part(cx, at, Outcome::Shed);
        }
        Flow::Parked
    }

    /// Handles the end of a call of the present step.
    pub(super) fn answered<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        succeeded: bool,
    ) -> Flow {
        let call = &mut cx.calls[at.call];
        call.open -= 1;
        call.good += u16::from(succeeded);
        let (open, good) = (u32::from(call.open), u32::from(call.good));
        let program = &self.programs[usize::from(call.endpoint)];
        let Some(Instruction::Calls { needs, .. }) = program.get(call.step) else {
            unreachable!("only a step of calls waits for them")
        };
        if good >= *needs {
            call.step += 1;
        } else if good + open < *needs {
            call.step = program.rescue(call.step);
        } else {
            return Flow::Parked;
        }
        if open > 0 { Flow::Release } else { self.go_on(cx, at) }
    }

    /// Ends a call; `fails` and `held` say whether it fails, and whether it holds a slot.
    #[inline(always)]
    pub(super) fn finish<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        (since, started): (Instant, Instant),
        (fails, held): (bool, bool),
    ) -> Flow {
        let call = &mut cx.calls[at.call];
        let (measured, abandoned) = (call.measured, call.is_left());
        call.state = State::None;
        let now = cx.now();
        let (kind, ns) = match (abandoned, fails) {
            (true, _) => (EventKind::WASTED, now - started),
            (false, true) => (EventKind::ERRORED, now - since),
            (false, false) => (EventKind::ANSWERED, now - since),
        };
        // The end is reported before the start of the next call, which is its consequence.
        cx.note(at, kind, ns.as_ns());
        if self.crashes {
            self.replicas[at.instance as usize].working.remove(&mut cx.calls, at.call);
        }
        if held {
            self.free_slot(cx, at);
        }
        if measured {
            match (abandoned, fails) {
                (true, _) => self.counts.for_nobody += 1,
                (false, true) => self.counts.errors += 1,
                (false, false) => self.counts.answered += 1,
            }
        }
        self.part(cx, at, if fails { Outcome::Error } else { Outcome::Success })
    }

    /// Sends the outcome of a call that holds no slot up, or removes the call if nobody waits.
    #[inline]
    pub(super) fn part<C: Calendar, P: Probe>(
        &self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        outcome: Outcome,
    ) -> Flow {
        if cx.calls[at.call].is_left() {
            self.book_in_vain(cx, at);
        }
        if cx.calls[at.call].is_cut_off() {
            cx.calls.remove(at.call);
            return Flow::Gone;
        }
        Flow::Up(outcome)
    }

    /// Books the earlier work of a call as wasted, because its caller has left.
    pub(super) fn book_in_vain<C: Calendar, P: Probe>(&self, cx: &mut Context<C, P>, at: &At<'_>) {
        let call = &cx.calls[at.call];
        if call.measured && call.step > 0 && !self.programs[usize::from(call.endpoint)].is_empty() {
            let worked = cx.calls.word(at.call, at.seat.word + WORKED);
            cx.edges[at.seat.edge].work.wasted += u128::from(worked);
        }
    }
}
