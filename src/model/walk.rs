//! The walk: takes calls down and outcomes up, and does what the mechanisms ask for.
//!
//! Nothing here recurses along a walk: a retry that is refused at once goes round the loop, and
//! the clock counts its steps. Who leaves is asked from the top and undone from the bottom; that
//! goes as deep as calls are nested.

use super::call::{Call, CallId, Standing};
use super::context::{At, Dismissal, Flow, Outcome, Ties};
use super::mechanism::{Kind, Leaving};
use super::seat::{NONE, Port, SeatId};
use super::timer::Timer;
use super::world::World;
use crate::kernel::calendar::{Calendar, Slot};
use crate::metrics::probe::Probe;

impl<C: Calendar, P: Probe> World<C, P> {
    /// Wakes a call at the seat where it waits, and goes on from there.
    #[inline(always)]
    pub(super) fn wake_call(&mut self, seat: SeatId, call: CallId) {
        let flow = self.resume(seat, call);
        self.walk((seat, call), flow);
    }

    /// The seat at which a call waits goes on with it.
    #[inline(always)]
    fn resume(&mut self, seat: SeatId, call: CallId) -> Flow {
        let at = self.seats.place(&self.cx.calls, seat, call);
        self.machines.wake(&mut self.cx, &at)
    }

    /// Does what a seat wants done with a call, and whatever follows, until the call is parked or
    /// over.
    pub(super) fn walk(&mut self, (mut seat, mut call): (SeatId, CallId), mut flow: Flow) {
        // Whether it has gone down, and has come up since: going down again is work.
        let (mut down, mut up) = (false, false);
        loop {
            // Most seats pass on most calls, so each direction has a loop of its own.
            if flow == Flow::Down {
                if down && up && self.work_ends_it() {
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

    /// Does what a seat wants done with a call that is not just passed on; `None` if the call stays
    /// there.
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
                self.cx.starts.push_back(Timer { seat, owner: call });
                return None;
            }
            Flow::Again => Flow::Down,
            Flow::Look => {
                self.cx.calls[call].at = seat;
                if self.limit_ends_it() {
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

    /// Takes a call down from a seat until one does something else with it.
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

    /// Takes an outcome up from a seat until one does something else with it; `None` if nobody
    /// waits for it.
    #[inline(always)]
    fn ascend(
        &mut self,
        (mut seat, mut call): (SeatId, CallId),
        mut outcome: Outcome,
    ) -> Option<(SeatId, CallId, Flow)> {
        loop {
            let here = &self.seats[seat];
            let mut port = here.port;
            seat = here.up;
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

    /// A call that another has made begins.
    pub(super) fn begin(&mut self, call: CallId) {
        let Call { parent, port, .. } = self.cx.calls[call];
        self.begin_at(self.seats.below(self.cx.calls[parent].at, port), call);
    }

    /// A call comes down to this seat.
    fn begin_at(&mut self, seat: SeatId, call: CallId) {
        let at = self.seats.place(&self.cx.calls, seat, call);
        let flow = self.machines.enter(&mut self.cx, &at);
        self.walk((seat, call), flow);
    }

    /// Where an outcome goes from the top of its call; `None` if nobody waits for it.
    #[inline]
    fn above(&mut self, call: CallId) -> Option<(SeatId, CallId)> {
        match self.cx.calls[call].standing {
            Standing::Request => Some((self.homes[self.cx.calls[call].load as usize], call)),
            Standing::Child | Standing::Awaited => {
                let parent = self.cx.calls[call].parent;
                self.cx.calls.hand_over(call);
                Some((self.cx.calls[parent].at, parent))
            }
            Standing::Left | Standing::Alone | Standing::Free => {
                self.cx.calls.remove(call);
                None
            }
        }
    }

    /// The caller at `floor` leaves all that its call has below: asked from the top, undone from
    /// the bottom, for the reason `why`. The call that stays with the caller is returned.
    pub(super) fn leave_below(&mut self, call: CallId, floor: SeatId, why: Leaving) -> CallId {
        let lowest = self.cx.calls[call].at;
        let stays = self.who_stays(call, floor);
        let (mine, mut seat) = if stays == NONE {
            self.leave_children(call, why);
            (call, lowest)
        } else {
            let mine = self.split(call, stays, floor);
            let at = self.seats.place(&self.cx.calls, stays, call);
            self.cx.calls.leave(call, self.cx.clock.now());
            self.machines.leave(&mut self.cx, &at, Leaving::GoesOn);
            (mine, at.seat.up)
        };
        while seat != floor {
            let at = self.seats.place(&self.cx.calls, seat, mine);
            self.machines.leave(&mut self.cx, &at, why);
            seat = at.seat.up;
        }
        mine
    }

    /// The topmost seat below `floor` at which a call goes on although its caller leaves, or
    /// [`NONE`].
    fn who_stays(&self, call: CallId, floor: SeatId) -> SeatId {
        let (mut seat, mut stays) = (self.cx.calls[call].at, NONE);
        while seat != floor {
            let at = self.seats.place(&self.cx.calls, seat, call);
            if self.machines.goes_on(&self.cx, &at) {
                stays = seat;
            }
            seat = at.seat.up;
        }
        stays
    }

    /// The seat at which a call waits leaves the calls that it has made, the latest first.
    pub(super) fn leave_children(&mut self, call: CallId, why: Leaving) {
        loop {
            let child = self.cx.calls.latest_child(call);
            if child == NONE {
                return;
            }
            self.leave_child(child, why);
        }
    }

    /// The seat at which a call waits leaves one of those that it has made.
    fn leave_child(&mut self, child: CallId, why: Leaving) {
        if self.cx.calls[child].at == NONE {
            // The latest is left first.
            match self.cx.begins.back() {
                Some(&latest) if latest == child => drop(self.cx.begins.pop_back()),
                _ => self.cx.begins.retain(|&begins| begins != child),
            }
            return self.cx.calls.remove(child);
        }
        // All of it goes on: it keeps its record, and nobody is above.
        let top = self.who_stays(child, NONE);
        if top != NONE && self.seats[top].up == NONE {
            self.cx.calls.orphan(child, Standing::Left);
            self.cx.calls.leave(child, self.cx.clock.now());
            let at = self.seats.place(&self.cx.calls, top, child);
            return self.machines.leave(&mut self.cx, &at, Leaving::GoesOn);
        }
        let mine = self.leave_below(child, NONE, why);
        self.cx.calls.remove(mine);
    }

    /// The seat at which a call waits needs the calls that it has made no longer, the latest
    /// first.
    fn dismiss(&mut self, call: CallId, how: Dismissal) {
        let mut next = self.cx.calls.latest_child(call);
        while next != NONE {
            let child = next;
            let Call { at, elder, .. } = self.cx.calls[child];
            next = elder;
            let stays = match how {
                _ if at == NONE => NONE,
                Dismissal::LetGo if self.seats[at].kind == Kind::Service => at,
                Dismissal::LetGo => NONE,
                Dismissal::Cancel => self.who_stays(child, NONE),
            };
            if stays == NONE {
                self.leave_child(child, Leaving::Unneeded);
                continue;
            }
            match how {
                Dismissal::LetGo => self.cx.calls.orphan(child, Standing::Alone),
                Dismissal::Cancel => self.cx.calls[child].standing = Standing::Awaited,
            }
            self.cx.calls.leave(child, self.cx.clock.now());
            let at = self.seats.place(&self.cx.calls, stays, child);
            self.machines.leave(&mut self.cx, &at, Leaving::GoesOn);
        }
    }

    /// Cuts a call in two at the seat `stays`, which keeps the record with all below; the new one
    /// takes over the timers of the seats above. That of the seat which leaves is not set any more.
    fn split(&mut self, call: CallId, stays: SeatId, floor: SeatId) -> CallId {
        let mine = self.cx.calls.split(call);
        let mut seat = self.seats[stays].up;
        while seat != NONE {
            let at = self.seats.place(&self.cx.calls, seat, mine);
            if let Some(word) = at.seat.kind.timer()
                && seat != floor
            {
                let timer = self.cx.calls.word(mine, at.seat.word + word);
                self.cx.timers.hand_over(timer as Slot, mine);
            }
            seat = at.seat.up;
        }
        mine
    }

    /// What can be sent down from this instance of the component at `from` goes.
    pub(super) fn pull(&mut self, (from, instance): (SeatId, u32), mut port: Option<Port>) {
        loop {
            if self.cx.clock.halted() || self.work_ends_it() {
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
