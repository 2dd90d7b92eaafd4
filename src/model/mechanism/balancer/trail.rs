//! The trail of a call: the replicas that its attempts went to, so that the next can avoid them.
//!
//! It is kept in words of the call, at a seat above its policy: retries come back to it, copies of
//! a hedge share that of the call that they copy, and it goes when the call goes. Whatever comes
//! down through that seat anew, a message that is delivered again for instance, begins without
//! one. A service without avoidance has no such seat, and its calls no such words.
//!
//! Envoy calls this the retry host predicate `previous_hosts`.

use crate::kernel::calendar::Calendar;
use crate::kernel::time::Instant;
use crate::metrics::declare::Quantity;
use crate::metrics::meter::Measurements;
use crate::metrics::probe::{Probe, What};
use crate::model::call::{CallId, Calls};
use crate::model::context::{At, Context, Flow, Outcome};
use crate::model::mechanism::{Below, Leaving, Mechanism, Wakes};
use crate::model::seat::{Port, Seat};

/// Words of a call that hold its trail, two replicas in each.
const WORDS: usize = 8;
/// Replicas that a call remembers: the latest.
pub const REMEMBERED: usize = 2 * WORDS;

/// The seat above a policy at which each call begins without a trail.
#[derive(Clone, Copy, Debug)]
pub struct Trail;

/// How a balancer avoids what is on the trail of a call.
#[derive(Clone, Copy, Debug)]
pub struct Avoidance {
    /// How often it picks anew, at most.
    pub max_repicks: u32,
    /// The first word of the trail.
    pub word: u32,
}

/// The replicas that a call has tried, the latest last.
#[derive(Debug)]
pub(super) struct Tried<'a>(&'a mut [u64; WORDS]);

impl<'a> Tried<'a> {
    /// That of a call, whose trail begins at `word`.
    pub(super) fn of(calls: &'a mut Calls, call: CallId, word: u32) -> Self {
        Self(calls.words(call, word))
    }

    /// What stands in a place: a replica by its number from 1, or 0.
    fn get(&self, place: usize) -> u32 {
        (self.0[place / 2] >> (32 * (place % 2))) as u32
    }

    fn set(&mut self, place: usize, number: u32) {
        let (word, shift) = (&mut self.0[place / 2], 32 * (place % 2));
        *word = *word & !(u64::from(u32::MAX) << shift) | u64::from(number) << shift;
    }

    fn place(&self, number: u32) -> Option<usize> {
        (0..REMEMBERED).find(|&place| self.get(place) == number)
    }

    pub(super) fn contains(&self, replica: u32) -> bool {
        self.place(replica + 1).is_some()
    }

    /// It is the latest from here on; of too many, the oldest is forgotten.
    pub(super) fn add(&mut self, replica: u32) {
        let number = replica + 1;
        let from = self.place(number).or_else(|| self.place(0)).unwrap_or(0);
        let mut place = from;
        while place + 1 < REMEMBERED && self.get(place + 1) != 0 {
            self.set(place, self.get(place + 1));
            place += 1;
        }
        self.set(place, number);
    }
}

impl Mechanism for Trail {
    const KIND: &'static str = "trail";
    const WORDS: u32 = WORDS as u32;
    const TIMER: Option<u32> = None;
    const WAKES: Wakes = Wakes::Calls { starts: false };
    const BELOW: Below = Below::Call;
    const EVENTS: &'static [&'static [What]] = &[];
    const METRICS: &'static [&'static Quantity] = &[];

    fn enter<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        *cx.calls.words(at.call, at.seat.word) = [0; WORDS];
        Flow::Down
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

    fn wake<C: Calendar, P: Probe>(&mut self, _: &mut Context<C, P>, _: &At<'_>) -> Flow {
        unreachable!("a trail sets no timer")
    }

    fn goes_on<C: Calendar, P: Probe>(&self, _: &Context<C, P>, _: &At<'_>) -> bool {
        false
    }

    fn leave<C: Calendar, P: Probe>(&mut self, _: &mut Context<C, P>, _: &At<'_>, _: Leaving) {}

    fn hand_on<C: Calendar, P: Probe>(
        &mut self,
        _: &mut Context<C, P>,
        _: &At<'_>,
        _: Option<Port>,
    ) -> Option<(CallId, Port)> {
        None
    }

    fn taken(&self) -> Option<u64> {
        None
    }

    fn is_taken_by<C: Calendar, P: Probe>(&self, _: &Context<C, P>, _: CallId) -> bool {
        false
    }

    fn inside(&self) -> Option<u64> {
        None
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
        _: &mut impl Measurements,
    ) {
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_are_remembered_each_once() {
        let mut words = [0; WORDS];
        let mut tried = Tried(&mut words);
        assert!(!tried.contains(0), "nothing was tried");
        for replica in [7, 0, 99_999, 7] {
            tried.add(replica);
        }
        let all: Vec<u32> = (0..4).map(|place| tried.get(place)).collect();
        assert_eq!(all, [1, 100_000, 8, 0], "the latest last, each once");
        // Thirteen more fill it, the next pushes out the oldest.
        (10..23).for_each(|replica| tried.add(replica));
        assert!([0, 99_999, 7, 10, 22].iter().all(|&replica| tried.contains(replica)));
        tried.add(50);
        assert!(!tried.contains(0) && tried.contains(99_999) && tried.contains(50));
        tried.add(99_999);
        tried.add(51);
        assert!(!tried.contains(7), "what was tried again is not the oldest");
        assert!(tried.contains(99_999));
    }
}
