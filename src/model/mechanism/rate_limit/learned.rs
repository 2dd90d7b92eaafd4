//! The line for a rate that learns: first come, first served. The first has a timer for the next
//! token at the present rate; the timer is set anew when the rate changes.

use super::RateLimit;
use super::algorithm::Algorithm;
use crate::kernel::calendar::Calendar;
use crate::kernel::simulation::Delay;
use crate::kernel::time::Duration;
use crate::metrics::probe::{EventKind, Probe};
use crate::model::call;
use crate::model::context::{At, Context, Flow, Outcome};
use crate::model::line::Line;
use crate::model::seat::NONE;

impl RateLimit {
    /// True if its rate learns.
    pub(super) const fn learns(&self) -> bool {
        !self.lines.is_empty()
    }

    fn line(&mut self, at: &At<'_>) -> &mut Line {
        &mut self.lines[at.instance as usize]
    }

    /// Takes a token, or says after which time there is one.
    fn take<C: Calendar, P: Probe>(
        &mut self,
        cx: &Context<C, P>,
        at: &At<'_>,
    ) -> Result<Duration, Duration> {
        self.states[at.instance as usize].admit(cx.now(), Duration::ZERO)
    }

    /// A call comes: it passes if nobody waits and a token is there.
    pub(super) fn enter_line<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
    ) -> Flow {
        let first = self.line(at).is_empty();
        let wait = if first { self.take(cx, at) } else { Err(Duration::ZERO) };
        let Err(wait) = wait else { return self.pass(cx.calls[at.call].measured, Duration::ZERO) };
        let since = cx.now();
        let call = &mut cx.calls[at.call];
        (call.timer, call.state) = (NONE, call::State::Waiting { since });
        self.line(at).push(&mut cx.calls, at.call);
        if first {
            Self::wait_for_token(cx, at, wait);
        }
        self.waiting.rise(since);
        cx.note(at, EventKind::WAITS, self.waiting.level());
        Flow::Parked
    }

    fn wait_for_token<C: Calendar, P: Probe>(
        cx: &mut Context<C, P>,
        first: &At<'_>,
        wait: Duration,
    ) {
        cx.calls[first.call].timer = cx.wake_after(Delay::varying(wait), first);
    }

    /// Gives tokens to those in line, as far as there are any.
    fn serve<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) {
        while let Some(call) = self.line(at).first() {
            if let Err(wait) = self.take(cx, at) {
                return Self::wait_for_token(cx, &At { call, ..*at }, wait);
            }
            self.line(at).pop(&mut cx.calls);
            self.waiting.fall(cx.now());
            cx.make_ready(call);
        }
    }

    /// The timer of the first in line is due, or a call has got its token.
    pub(super) fn wake_in_line<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
    ) -> Flow {
        let call::State::Waiting { since } = cx.calls[at.call].state else {
            unreachable!("only waiting calls are woken")
        };
        if !cx.is_ready(at.call) {
            cx.calls[at.call].timer = NONE;
            if let Err(wait) = self.take(cx, at) {
                Self::wait_for_token(cx, at, wait);
                return Flow::Parked;
            }
            self.line(at).pop(&mut cx.calls);
            self.waiting.fall(cx.now());
            self.serve(cx, at);
        }
        let wait = cx.now() - since;
        cx.note(at, EventKind::ADMITTED, wait.as_ns());
        self.pass(cx.calls[at.call].measured, wait)
    }

    /// Learns from an outcome.
    pub(super) fn learn<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        outcome: Outcome,
    ) {
        let Algorithm::Learned(rate) = &mut self.states[at.instance as usize] else { return };
        rate.record(cx.now(), matches!(outcome, Outcome::Shed | Outcome::Rejected));
        if let Some(call) = self.line(at).first() {
            cx.stop_start(&At { call, ..*at });
            cx.calls[call].timer = NONE;
            self.serve(cx, at);
        }
    }

    /// The caller of a call that waits leaves. A token that it has got is lost.
    pub(super) fn leave_line<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
    ) {
        cx.note(at, EventKind::LEFT, 0);
        if cx.is_ready(at.call) {
            return cx.ready.take_back(at.call);
        }
        let first = self.line(at).first() == Some(at.call);
        self.line(at).remove(&mut cx.calls, at.call);
        self.waiting.fall(cx.now());
        if first {
            cx.stop_start(at);
            self.serve(cx, at);
        }
    }
}
