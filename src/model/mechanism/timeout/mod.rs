//! A timeout: what is inside has so long, then the caller gives up on it.
//!
//! At equal instants the timeout wins against an answer that was scheduled after it: it is set
//! before the work inside begins.

use crate::kernel::calendar::Calendar;
use crate::kernel::simulation::Delay;
use crate::metrics::meter::{Eye, Meter};
use crate::metrics::probe::{Event, Number, Probe, Role, What};
use crate::metrics::summary::{Component, Metric};
use crate::model::frame::{FrameId, NodeId, RequestId, State};
use crate::model::state::{Cx, Enter, Exit, Outcome};

const FIRED: Meter = Meter::new("fired", "timeouts");

impl What {
    /// A timeout gave up on it; the number is the timeout.
    pub const TIMED_OUT: Self = Self::new(&Event {
        name: "timed_out",
        verb: "times_out",
        number: Number::Nanoseconds,
        words: "times out after {}",
        role: Role::Mark,
    });
}

/// What can happen to a request here.
pub const EVENTS: &[What] = &[What::TIMED_OUT];

/// State and books of one timeout.
#[derive(Clone, Debug)]
pub struct Timeout {
    after: Delay,
    fired: u64,
}

impl Timeout {
    /// Gives up `after` so long.
    #[must_use]
    pub const fn new(after: Delay) -> Self {
        Self { after, fired: 0 }
    }

    /// A request comes down: the clock starts.
    #[inline]
    pub fn enter<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Cx<C, P>,
        node: NodeId,
        parent: FrameId,
        request: RequestId,
    ) -> Enter {
        let frame = cx.frames.add(node, node, parent, request, State::Timer);
        cx.clock.wake_after(self.after, frame);
        Enter::Down(frame)
    }

    /// An outcome comes up in time.
    #[inline]
    pub fn exit<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Cx<C, P>,
        id: FrameId,
        outcome: Outcome,
    ) -> Exit {
        cx.clock.cancel(id);
        Exit::Up(cx.frames.remove(id).parent, outcome)
    }

    /// Time is up; what is inside is about to be cancelled.
    #[inline]
    pub fn fire<C: Calendar, P: Probe>(&mut self, cx: &mut Cx<C, P>, id: FrameId) {
        let frame = cx.frames[id];
        self.fired += u64::from(cx.requests[frame.request].measured);
        let after = self.after.duration().as_ns();
        cx.note(frame.request, frame.node, What::TIMED_OUT, after);
    }

    /// Shows itself at `at`.
    pub fn observe(&self, eye: &mut impl Eye) {
        eye.count(&FIRED, self.fired);
    }

    /// Its numbers at the end of a run.
    #[must_use]
    pub fn report(&self) -> Component {
        Component { kind: "timeout", metrics: vec![("fired", Metric::Count(self.fired))] }
    }
}
