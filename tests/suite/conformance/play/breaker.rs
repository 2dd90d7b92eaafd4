//! Breakers: calls are admitted or refused, and their results change the state.

use dessim::kernel::draw::Site;
use dessim::kernel::time::{Duration, Instant};
use dessim::model::context::Outcome;
use dessim::model::mechanism::breaker::automaton::Automaton;
use dessim::model::mechanism::breaker::spec::Spec as Breaker;
use dessim::model::mechanism::breaker::state::{Pass, State};

use super::{Answer, Step};

pub(super) fn answers(spec: &Breaker, steps: &[Step]) -> Vec<Answer> {
    let site = Site::new(1, "breaker", "open");
    let settings = spec.settings(site).expect("no distribution is invalid");
    let mut breaker = Automaton::new(settings, 0, Instant::ZERO);
    let mut state = State::Closed;
    let mut passes: Vec<Option<(Instant, Pass)>> = vec![None; steps.len()];
    let mut answers = Vec::with_capacity(steps.len());
    for (index, step) in steps.iter().enumerate() {
        let (at, call, outcome) = match *step {
            Step::Call(at) => {
                let at = Instant::from_ns(at);
                passes[index] = breaker.admit(at).map(|pass| (at, pass));
                while let Some(change) = breaker.take_change() {
                    state = change.to;
                }
                answers.push(Answer::Breaker(passes[index].is_some()));
                continue;
            }
            Step::Succeeds(at, call) => (at, call, Outcome::Success),
            Step::Fails(at, call) => (at, call, Outcome::Error),
            Step::Ends(_)
            | Step::Sample(..)
            | Step::Leaves(..)
            | Step::CallOf(..)
            | Step::Send(..) => {
                panic!("a breaker knows calls and results")
            }
            Step::Ignored(at, call) => (at, call, Outcome::Shed),
        };
        let Some((since, pass)) = passes[call].take() else {
            answers.push(Answer::No);
            continue;
        };
        let at = Instant::from_ns(at);
        let elapsed: Duration = at - since;
        breaker.record(at, pass, outcome, elapsed);
        while let Some(change) = breaker.take_change() {
            state = change.to;
        }
        answers.push(Answer::Breaker(state == State::Closed));
    }
    answers
}
