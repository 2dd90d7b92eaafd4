//! One layer by itself: calls come down through it, are held below it, and end when the sequence
//! says so.

use dessim::kernel::calendar::{LaneCalendar, Slot};
use dessim::kernel::draw::Site;
use dessim::kernel::simulation::{Clock, Delay, Model, run};
use dessim::kernel::time::{Duration, Instant};
use dessim::metrics::fingerprint::Fingerprint;
use dessim::metrics::probe::Silent;
use dessim::model::call::{CallId, Calls};
use dessim::model::context::{At, Context, Flow, Outcome, Ties};
use dessim::model::mechanism::edge::Edges;
use dessim::model::mechanism::{Kept, Leaving, Machines};
use dessim::model::seat::{NONE, SeatId, Seats};
use dessim::model::spec::building::Building;
use dessim::model::spec::layer::LayerSpec;

use super::{Answer, Step};

/// The seat of the layer, and that of the steps, which is none.
const SEAT: SeatId = 0;
const STEPS: SeatId = 1;

/// What a layer needs of a world while it is built.
struct Builder {
    clock: Clock<LaneCalendar>,
    machines: Machines,
}

impl Building for Builder {
    fn site(&self, purpose: &str) -> Site {
        Site::new(1, "layer", purpose)
    }

    fn constant(&mut self, duration: Duration) -> Delay {
        self.clock.constant(duration)
    }

    fn measured_from(&self) -> Instant {
        Instant::ZERO
    }

    fn states(&self) -> u32 {
        1
    }

    /// Classes are called by their numbers.
    fn classes(&self, name: &str) -> Vec<u32> {
        name.parse().into_iter().collect()
    }

    fn machines(&mut self) -> &mut Machines {
        &mut self.machines
    }
}

/// A layer with the calls that have come to it, and what became of them since the step before.
struct Alone<'a, M> {
    layer: M,
    seats: Seats,
    cx: Context<LaneCalendar, Silent>,
    steps: &'a [Step],
    /// By step, the call that came there, while it is under way.
    calls: Vec<Option<CallId>>,
    starts: Vec<(usize, u64)>,
    refused: Vec<(usize, u64)>,
    answers: Vec<Answer>,
}

/// What becomes of calls at each step, and since the step before: those that go on to what is
/// below, and those that are refused.
pub(super) fn answers<M: Kept + Clone>(spec: &impl LayerSpec, steps: &[Step]) -> Vec<Answer> {
    let mut builder = Builder { clock: Clock::new(), machines: Machines::default() };
    let (kind, index) = spec.build(&mut builder).expect("no distribution is invalid");
    let mut seats = Seats::default();
    seats.add((kind, 0), (0, index), None);
    seats.wire();
    let cx = Context {
        clock: builder.clock,
        calls: Calls::new(seats.words()),
        edges: Edges::new(&seats),
        timers: Default::default(),
        tally: Default::default(),
        classes: Default::default(),
        keys: Default::default(),
        credits: vec![0],
        begins: Default::default(),
        ready: Default::default(),
        pulls: Default::default(),
        ties: Ties::Handover,
        freed: Default::default(),
        starts: Default::default(),
        remainder: false,
        pushback: None,
        stuck: None,
        fingerprint: Fingerprint::EMPTY,
        measured_from: Instant::ZERO,
        measured_until: Instant::NEVER,
        probe: Silent,
    };
    let layer = builder.machines.get::<M>(index).clone();
    let calls = vec![None; steps.len()];
    let (starts, refused, answers) = (Vec::new(), Vec::new(), Vec::new());
    let mut alone = Alone { layer, seats, cx, steps, calls, starts, refused, answers };
    alone.schedule(0);
    run(&mut alone, Instant::NEVER, u64::MAX);
    alone.answers
}

impl<M: Kept> Model for Alone<'_, M> {
    type Calendar = LaneCalendar;

    fn clock(&mut self) -> &mut Clock<LaneCalendar> {
        &mut self.cx.clock
    }

    fn dispatch(&mut self, slot: Slot) {
        let timer = self.cx.timers.remove(slot);
        if timer.seat == SEAT {
            self.wake(timer.owner);
        } else {
            self.step(timer.owner as usize);
        }
        while let Some(ready) = self.cx.ready.take() {
            self.wake(ready);
        }
        if timer.seat == STEPS {
            let (starts, refused) = (self.starts.split_off(0), self.refused.split_off(0));
            self.answers.push(Answer::Goes { starts, refused });
            self.schedule(timer.owner as usize + 1);
        }
    }
}

impl<M: Kept> Alone<'_, M> {
    /// A step is scheduled when the one before is over: timers of its instant come before it.
    fn schedule(&mut self, index: usize) {
        if let Some(step) = self.steps.get(index) {
            let slot = self.cx.timers.add(STEPS, index as u32);
            self.cx.clock.wake_at(Instant::from_ns(step.at()), slot);
        }
    }

    fn at(seats: &Seats, call: CallId) -> At<'_> {
        At { seat: &seats[SEAT], id: SEAT, call, instance: 0 }
    }

    fn step(&mut self, index: usize) {
        let (of, outcome) = match self.steps[index] {
            Step::Call(_) | Step::CallOf(..) => {
                let (number, now) = (index as u64, self.cx.now());
                let call = self.cx.calls.add_request(0, (number, number), now, NONE, true);
                if let Step::CallOf(_, class) = self.steps[index] {
                    self.cx.calls[call].class = class;
                }
                self.calls[index] = Some(call);
                let flow = self.layer.enter(&mut self.cx, &Self::at(&self.seats, call));
                return self.follow(call, flow);
            }
            Step::Succeeds(_, of) => (of, Some(Outcome::Success)),
            Step::Fails(_, of) => (of, Some(Outcome::Error)),
            Step::Ignored(_, of) => (of, Some(Outcome::Shed)),
            Step::Leaves(_, of) => (of, None),
            Step::Ends(_) | Step::Sample(..) | Step::Send(..) => {
                panic!("a layer by itself knows calls and ends")
            }
        };
        let Some(call) = self.calls[of] else { return };
        let at = Self::at(&self.seats, call);
        match outcome {
            // What waits has not begun, so it cannot end.
            Some(_) if self.cx.is_at(&at) => return,
            Some(outcome) => {
                let flow = self.layer.exit(&mut self.cx, &at, 0, outcome);
                assert_eq!(flow, Flow::Up(outcome), "an outcome is passed on");
            }
            None => self.layer.leave(&mut self.cx, &at, Leaving::GivenUp),
        }
        self.calls[of] = None;
        self.cx.calls.remove(call);
    }

    fn wake(&mut self, call: CallId) {
        let flow = self.layer.wake(&mut self.cx, &Self::at(&self.seats, call));
        self.follow(call, flow);
    }

    fn follow(&mut self, call: CallId, flow: Flow) {
        let &dessim::model::call::Call { index, arrived, .. } = &self.cx.calls[call];
        let told = (index as usize, (self.cx.now() - arrived).as_ns());
        match flow {
            Flow::Down => {
                self.cx.calls[call].at = NONE;
                self.starts.push(told);
            }
            Flow::Up(_) => {
                self.refused.push(told);
                self.calls[index as usize] = None;
                self.cx.calls.remove(call);
            }
            Flow::Parked => self.cx.calls[call].at = SEAT,
            flow => panic!("a layer by itself does not {flow:?}"),
        }
    }
}
