//! A mechanism for tests only: every call waits before it goes on.
//!
//! It shows what a mechanism consists of: this file, and a line in the registry. A test finds it
//! in the language, messages, results, series, traces, pages, explanations and expectations.

use super::{Below, Leaving, Mechanism, Wakes};
use crate::kernel::calendar::Calendar;
use crate::kernel::simulation::Delay;
use crate::kernel::time::Instant;
use crate::metrics::declare::Quantity;
use crate::metrics::gauge::Gauge;
use crate::metrics::meter::Measurements;
use crate::metrics::probe::{EventDefinition, EventKind, Number, Probe, Role, Stretch};
use crate::model::context::{At, Context, Flow, Outcome};
use crate::model::seat::{Port, Seat};

crate::metrics! {
    /// Calls that paid
    PAID: Count = "paid", "tolls paid";
    /// Calls at the gate
    STOPPED: Level = "stopped", "calls at the gate" => Waiting;
}

impl EventKind {
    /// The call stops at a gate; the number is its wait.
    const PAYS: Self = Self::new(&EventDefinition {
        name: "pays",
        verb: "pays",
        number: Number::Nanoseconds,
        words: "pays a toll of {}",
        role: Role::Lasts(Stretch::wait("at the gate")),
    });
}

/// State and books of one gate.
#[derive(Clone, Debug)]
pub(crate) struct Toll {
    wait: Delay,
    paid: u64,
    stopped: Gauge,
}

impl Mechanism for Toll {
    const KIND: &'static str = "toll";
    const WORDS: u32 = 0;
    const TIMER: Option<u32> = None;
    const DEADLINE: Option<u32> = None;
    const WAKES: Wakes = Wakes::Calls { starts: false };
    const BELOW: Below = Below::Call;
    const EVENTS: &'static [&'static [EventKind]] = &[&[EventKind::PAYS]];
    const METRICS: &'static [&'static Quantity] = METRICS;

    fn enter<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        self.paid += u64::from(cx.calls[at.call].measured);
        self.stopped.rise(cx.now());
        cx.note(at, EventKind::PAYS, self.wait.duration().as_ns());
        cx.calls[at.call].timer = cx.wake_after(self.wait, at);
        Flow::Parked
    }

    fn exit<C: Calendar, P: Probe>(
        &mut self,
        _: &mut Context<C, P>,
        _: &At<'_>,
        _: Port,
        outcome: Outcome,
    ) -> Flow {
        Flow::Up(outcome)
    }

    fn wake<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, _: &At<'_>) -> Flow {
        self.stopped.fall(cx.now());
        Flow::Down
    }

    fn goes_on<C: Calendar, P: Probe>(&self, _: &Context<C, P>, _: &At<'_>) -> bool {
        false
    }

    fn leave<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>, _: Leaving) {
        if cx.is_at(at) {
            self.stopped.fall(cx.now());
            cx.cancel(cx.calls[at.call].timer);
        }
    }

    fn fork(&mut self, _: u64) {}

    fn memory(&self) -> u64 {
        0
    }

    fn measure<C: Calendar, P: Probe>(
        &mut self,
        _: &mut Context<C, P>,
        _: &Seat,
        _: Instant,
        into: &mut impl Measurements,
    ) {
        into.count(&PAID, self.paid);
        into.level(&STOPPED, &mut self.stopped, None);
    }
}

pub(crate) mod spec {
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use super::Toll;
    use crate::kernel::distribution::InvalidDistribution;
    use crate::kernel::time::Duration;
    use crate::metrics::change::{Change, ChangeKind};
    use crate::metrics::gauge::Gauge;
    use crate::model::mechanism::{Kind, Layer};
    use crate::model::spec::alternative::{Alternative, half};
    use crate::model::spec::building::Building;
    use crate::model::spec::declaration::Declaration;
    use crate::model::spec::finding::{Finding, Segment};
    use crate::model::spec::layer::LayerSpec;
    use crate::model::spec::system::Around;

    /// Every call waits before it goes on.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(rename = "Toll", deny_unknown_fields)]
    #[schemars(inline)]
    pub struct Spec {
        /// Wait, at most a minute.
        pub wait: Duration,
    }

    impl LayerSpec for Spec {
        fn build(&self, world: &mut dyn Building) -> Result<(Kind, u32), InvalidDistribution> {
            let wait = world.constant(self.wait);
            let stopped = Gauge::new(world.measured_from());
            Ok(world.machines().add(Toll { wait, paid: 0, stopped }))
        }

        fn check(&self, _: &Around<'_>, findings: &mut Vec<Finding>) {
            if self.wait > Duration::from_s(60) {
                let place = [Segment::field("wait")];
                let found = format!("found {}", self.wait);
                findings.push(Finding::error(&place, "a toll is at most a minute", found));
            }
        }

        fn lint(&self, _: &Around<'_>, _: &mut Vec<Finding>) {}

        fn alternatives(&self, name: &str, _: &Around<'_>) -> Vec<Alternative<Layer>> {
            let change = Change::new(&TOLL, name).from(self.wait).to(half(self.wait));
            vec![Alternative::new(change, Layer::Toll(Self { wait: half(self.wait) }))]
        }
    }

    /// The declaration of the layer.
    pub(crate) static DECLARATION: Declaration =
        Declaration { name: "Toll", kind: "toll", lints: &[], changes: &[&TOLL], words: &[] };

    static TOLL: ChangeKind =
        ChangeKind::setting("toll", "with a toll of {to} at {at}, not {from}", "half the toll");
}
