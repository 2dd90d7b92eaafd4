//! Refusals: at once, or after a time in which the caller is held up.

use super::Permits;
use super::supply::Supply;
use crate::kernel::calendar::Calendar;
use crate::metrics::probe::{EventKind, Probe};
use crate::model::call;
use crate::model::context::{At, Context, Flow, Outcome};
use crate::model::seat::NONE;

impl<S: Supply> Permits<S> {
    /// Refuses a call that finds so many waiting.
    pub(super) fn refuse<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        waiting: u64,
    ) -> Flow {
        self.rejected += u64::from(cx.calls[at.call].measured);
        cx.note(at, EventKind::REJECTED, waiting);
        let Some(delay) = self.supply.delay(cx, at) else { return Flow::Up(Outcome::Rejected) };
        let timer = cx.wake_after(delay, at);
        let call = &mut cx.calls[at.call];
        (call.timer, call.state) = (timer, call::State::None);
        // It is in no line, whatever it was before.
        call.ahead = NONE;
        Flow::Parked
    }

    /// Lets the refusal of a call go up whose caller was held up.
    pub(super) fn end_delay<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
    ) -> Flow {
        cx.calls[at.call].timer = NONE;
        self.supply.end_delay(at.instance);
        Flow::Up(Outcome::Rejected)
    }
}
