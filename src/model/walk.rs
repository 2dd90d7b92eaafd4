//! The walk: takes calls down and outcomes up, and executes the [`Flow`] of the mechanisms.
//!
//! A walk does not recurse: a retry that is refused at once goes round the loop, and the clock
//! counts its steps. When a caller leaves, seats are consulted from the top and undone from the
//! bottom, which recurses as deep as calls are nested.

use super::call::{Call, CallId, Standing};
use super::context::{At, Dismissal, Flow, Outcome, Ties};
use super::mechanism::{Below, Leaving};
use super::seat::{NONE, Port, SeatId};
use super::timer::Timer;
use super::world::World;
use crate::kernel::calendar::{Calendar, Slot};
use crate::metrics::probe::Probe;

impl<C: Calendar, P: Probe> World<C, P> {
    /// Wakes a call at the seat where it waits, and walks on from there.
    #[inline(always)]
    pub(super) fn wake_call(&mut self, seat: SeatId, call: CallId) {
        let flow = self.resume(seat, call);
        self.walk((seat, call), flow);
    }

    /// Lets the seat at which a call waits decide how it goes on.
    #[inline(always)]
    fn resume(&mut self, seat: SeatId, call: CallId) -> Flow {
        let at = self.seats.place(&self.cx.calls, seat, call);
        self.machines.wake(&mut self.cx, &at)
    }

    /// Executes the flow of a call at a seat and the flows that follow, until the call is parked or
    /// over.
    pub(super) fn walk(&mut self, (mut seat, mut call): (SeatId, CallId), mut flow: Flow) {
        // True once the call has gone down, and once it has come up since: another descent is work.
        let (mut down, mut up) = (false, false);
        loop {
            // Most seats pass on most calls, so each direction has a loop of its own.
            if flow == Flow::Down {
                if down && up && self.count_work() {
                    return self.cx.calls[call].at = seat;
                }
                (down, up) = (true, false);
                (seat, flow) = self.descend((seat, call));
            }
            if let Flow::Up(outcome) = flow {
                up = true;
                let Some(above) = self.ascend((seat, call), outcome) else {
                    return;
                };
                (seat, call, flow) = above;
            }
            match flow {
                Flow::Parked => return self.cx.calls[call].at = seat,
                Flow::Gone => return,
                Flow::Down | Flow::Up(_) => {}
                _ => match self.detour((seat, call), flow) {
                    Some(next) => (seat, call, flow) = next,
                    None => return,
                },
            }
        }
    }

    /// Executes a flow that does not just pass the call on; `None` if the call stays at the seat.
    #[cold]
    fn detour(
        &mut self,
        (seat, call): (SeatId, CallId),
        flow: Flow,
    ) -> Option<(SeatId, CallId, Flow)> {
        let flow = match flow {
            Flow::Down | Flow::Up(_) => flow,
            Flow::Parked | Flow::Gone => return None,
            Flow::Again if self.cx.ties == Ties::Together => {
                self.cx.remainder = true;
                self.cx.calls[call].at = seat;
                self.cx.starts.push(Timer { seat, owner: call });
                return None;
            }
            Flow::Again => {
                self.cx.calls[call].at = seat;
                self.resume(seat, call)
            }
            Flow::CheckLimits => {
                self.cx.calls[call].at = seat;
                if self.exceeds_limits() {
                    return None;
                }
                self.resume(seat, call)
            }
            Flow::Begin(child) => {
                self.cx.calls[call].at = seat;
                let top = self.seats.below(seat, self.cx.calls[child].port);
                let at = self.seats.place(&self.cx.calls, top, child);
                return Some((top, child, self.machines.enter(&mut self.cx, &at)));
            }
            Flow::Release => {
                self.leave_children(call, Leaving::Unneeded);
                self.resume(seat, call)
            }
            Flow::Dismiss(how) => {
                self.dismiss(call, how);
                self.resume(seat, call)
            }
            Flow::GiveUp => {
                let call = self.leave_below(call, seat, Leaving::GivenUp);
                return Some((seat, call, Flow::Up(Outcome::Timeout)));
            }
            Flow::Settle(outcome) => {
                let call = self.leave_below(call, seat, Leaving::Unneeded);
                return Some((seat, call, Flow::Up(outcome)));
            }
        };
        Some((seat, call, flow))
    }

    /// Takes a call down from a seat to the first one that does not pass it down.
    #[inline(always)]
    fn descend(&mut self, (mut seat, call): (SeatId, CallId)) -> (SeatId, Flow) {
        loop {
            seat = self.seats[seat].first;
            let at = self.seats.place(&self.cx.calls, seat, call);
            let flow = self.machines.enter(&mut self.cx, &at);
            if flow != Flow::Down {
                return (seat, flow);
            }
        }
    }

    /// Takes an outcome up from a seat to the first one that does not pass it up; `None` if nobody
    /// waits for the outcome.
    #[inline(always)]
    fn ascend(
        &mut self,
        (mut seat, mut call): (SeatId, CallId),
        mut outcome: Outcome,
    ) -> Option<(SeatId, CallId, Flow)> {
        loop {
            let below = &self.seats[seat];
            let mut port = below.port;
            seat = below.up;
            if seat == NONE {
                port = self.cx.calls[call].port;
                (seat, call) = self.above(call)?;
            }
            let at = self.seats.place(&self.cx.calls, seat, call);
            match self.machines.exit(&mut self.cx, &at, port, outcome) {
                Flow::Up(next) => outcome = next,
                flow => return Some((seat, call, flow)),
            }
        }
    }

    /// Begins a call that another one has made.
    pub(super) fn begin(&mut self, call: CallId) {
        let Call { parent, port, .. } = self.cx.calls[call];
        self.begin_at(self.seats.below(self.cx.calls[parent].at, port), call);
    }

    /// Lets a call enter this seat.
    fn begin_at(&mut self, seat: SeatId, call: CallId) {
        let at = self.seats.place(&self.cx.calls, seat, call);
        let flow = self.machines.enter(&mut self.cx, &at);
        self.walk((seat, call), flow);
    }

    /// The seat and the call that get the outcome of `call`; `None` if nobody waits for it.
    #[inline]
    fn above(&mut self, call: CallId) -> Option<(SeatId, CallId)> {
        match self.cx.calls[call].standing {
            Standing::Request => Some((self.homes[self.cx.calls[call].load as usize], call)),
            Standing::Child | Standing::Awaited => {
                let Call { parent, copy, .. } = self.cx.calls[call];
                if copy {
                    self.cx.hand_over(call, parent);
                }
                self.cx.calls.remove(call);
                Some((self.cx.calls[parent].at, parent))
            }
            Standing::Left | Standing::Alone | Standing::Free => {
                self.cx.calls.remove(call);
                None
            }
        }
    }

    /// Makes the caller at `floor` leave everything below, for the reason `why`: seats are
    /// consulted from the top and undone from the bottom. Returns the call that stays with the
    /// caller, which is a new one if a seat below goes on with the old one.
    pub(super) fn leave_below(&mut self, call: CallId, floor: SeatId, why: Leaving) -> CallId {
        let lowest = self.cx.calls[call].at;
        let cut = self.topmost_going_on(call, floor);
        let (upper, mut seat) = if cut == NONE {
            self.leave_children(call, why);
            (call, lowest)
        } else {
            let upper = self.split(call, cut, floor);
            let at = self.seats.place(&self.cx.calls, cut, call);
            self.cx.calls.leave(call, self.cx.clock.now());
            self.machines.leave(&mut self.cx, &at, Leaving::GoesOn);
            (upper, at.seat.up)
        };
        while seat != floor {
            let at = self.seats.place(&self.cx.calls, seat, upper);
            self.machines.leave(&mut self.cx, &at, why);
            seat = at.seat.up;
        }
        upper
    }

    /// The topmost seat below `floor` at which a call goes on although its caller leaves, or
    /// [`NONE`].
    fn topmost_going_on(&self, call: CallId, floor: SeatId) -> SeatId {
        let (mut seat, mut topmost) = (self.cx.calls[call].at, NONE);
        while seat != floor {
            let at = self.seats.place(&self.cx.calls, seat, call);
            if self.machines.goes_on(&self.cx, &at) {
                topmost = seat;
            }
            seat = at.seat.up;
        }
        topmost
    }

    /// Makes the seat at which a call waits leave the calls that it has made, the latest first.
    pub(super) fn leave_children(&mut self, call: CallId, why: Leaving) {
        loop {
            let child = self.cx.calls.latest_child(call);
            if child == NONE {
                return;
            }
            self.leave_child(child, why);
        }
    }

    /// Makes the parent of a call leave it.
    fn leave_child(&mut self, child: CallId, why: Leaving) {
        if self.cx.calls[child].at == NONE {
            self.cx.begins.take_back(child);
            return self.cx.calls.remove(child);
        }
        // If the whole call goes on, it keeps its record, with no seat above.
        let top = self.topmost_going_on(child, NONE);
        if top != NONE && self.seats[top].up == NONE {
            self.cx.calls.orphan(child, Standing::Left);
            self.cx.calls.leave(child, self.cx.clock.now());
            let at = self.seats.place(&self.cx.calls, top, child);
            return self.machines.leave(&mut self.cx, &at, Leaving::GoesOn);
        }
        let upper = self.leave_below(child, NONE, why);
        self.cx.calls.remove(upper);
    }

    /// Dismisses the calls that the seat of a call has made and no longer needs, the latest first.
    fn dismiss(&mut self, call: CallId, how: Dismissal) {
        let mut next = self.cx.calls.latest_child(call);
        while next != NONE {
            let child = next;
            let Call { at, elder, .. } = self.cx.calls[child];
            next = elder;
            let goes_on = match how {
                _ if at == NONE => NONE,
                Dismissal::LetGo if self.seats[at].kind.below() == Below::Others => at,
                Dismissal::LetGo => NONE,
                Dismissal::Cancel => self.topmost_going_on(child, NONE),
            };
            if goes_on == NONE {
                self.leave_child(child, Leaving::Unneeded);
                continue;
            }
            match how {
                Dismissal::LetGo => self.cx.calls.orphan(child, Standing::Alone),
                Dismissal::Cancel => self.cx.calls[child].standing = Standing::Awaited,
            }
            self.cx.calls.leave(child, self.cx.clock.now());
            let at = self.seats.place(&self.cx.calls, goes_on, child);
            self.machines.leave(&mut self.cx, &at, Leaving::GoesOn);
        }
    }

    /// Splits a call at the seat `cut`, which keeps the record with everything below. The new call
    /// takes over the timers of the seats above, except that of `floor`, which is no longer set.
    fn split(&mut self, call: CallId, cut: SeatId, floor: SeatId) -> CallId {
        let upper = self.cx.calls.split(call);
        let mut seat = self.seats[cut].up;
        while seat != NONE {
            let at = self.seats.place(&self.cx.calls, seat, upper);
            if let Some(word) = at.seat.kind.timer()
                && seat != floor
            {
                let timer = self.cx.calls.word(upper, at.seat.word + word);
                self.cx.timers.hand_over(timer as Slot, upper);
            }
            seat = at.seat.up;
        }
        upper
    }

    /// Sends down everything that this instance of the component at `from` can hand on.
    pub(super) fn pull(&mut self, (from, instance): (SeatId, u32), mut port: Option<Port>) {
        loop {
            if self.cx.clock.halted() || self.count_work() {
                return;
            }
            let at = At { instance, ..self.seats.home(from) };
            let Some((call, to)) = self.machines.hand_on(&mut self.cx, &at, port.take()) else {
                return;
            };
            self.begin_at(self.seats.below(from, to), call);
        }
    }
}
