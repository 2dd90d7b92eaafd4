//! The trail of a call: the replicas that its attempts went to, so that the next attempt can avoid
//! them. Envoy calls this the retry host predicate `previous_hosts`.
//!
//! A trail is kept in words of the call, at a seat above its policy. Retries share it, and so do
//! the copies of a hedge; it ends with the call. A call that passes the seat again, such as a
//! message that is delivered again, begins with an empty trail. Calls without `max_repicks` have
//! neither seat nor words.

use crate::kernel::calendar::Calendar;
use crate::kernel::time::Instant;
use crate::metrics::declare::Quantity;
use crate::metrics::meter::Measurements;
use crate::metrics::probe::{EventKind, Probe};
use crate::model::call::{CallId, Calls};
use crate::model::context::{At, Context, Flow, Outcome};
use crate::model::mechanism::{Below, Leaving, Mechanism, Wakes};
use crate::model::seat::{Port, Seat};

/// Words of a call that hold its trail, two replicas in each.
const WORDS: usize = 8;
/// Most replicas on a trail: the latest.
const MAX_TRIED: usize = 2 * WORDS;

/// The seat above a policy at which each call begins with an empty trail.
#[derive(Clone, Copy, Debug)]
pub struct Trail;

/// Avoidance of the replicas on the trail of a call.
#[derive(Clone, Copy, Debug)]
pub struct Avoidance {
    /// Most further picks for one attempt.
    pub max_repicks: u32,
    /// Index of the first word of the trail.
    pub word: u32,
}

/// The replicas that a call has tried, the latest last. A place holds a replica by its number from
/// 1, or 0 if it is empty.
#[derive(Debug)]
pub(super) struct TriedReplicas<'a>(&'a mut [u64; WORDS]);

impl<'a> TriedReplicas<'a> {
    /// The trail of a call, which begins at `word`.
    pub(super) fn of_call(calls: &'a mut Calls, call: CallId, word: u32) -> Self {
        Self(calls.words(call, word))
    }

    fn get(&self, place: usize) -> u32 {
        (self.0[place / 2] >> (32 * (place % 2))) as u32
    }

    fn set(&mut self, place: usize, number: u32) {
        let (word, shift) = (&mut self.0[place / 2], 32 * (place % 2));
        *word = *word & !(u64::from(u32::MAX) << shift) | u64::from(number) << shift;
    }

    fn place_of(&self, number: u32) -> Option<usize> {
        (0..MAX_TRIED).find(|&place| self.get(place) == number)
    }

    pub(super) fn contains(&self, replica: u32) -> bool {
        self.place_of(replica + 1).is_some()
    }

    /// Makes the replica the latest; the oldest is forgotten if the trail is full.
    pub(super) fn add(&mut self, replica: u32) {
        let number = replica + 1;
        let from = self.place_of(number).or_else(|| self.place_of(0)).unwrap_or(0);
        let mut place = from;
        while place + 1 < MAX_TRIED && self.get(place + 1) != 0 {
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
    const DEADLINE: Option<u32> = None;
    const WAKES: Wakes = Wakes::Calls { starts: false };
    const BELOW: Below = Below::Call;
    const EVENTS: &'static [&'static [EventKind]] = &[];
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
    fn the_latest_replicas_are_on_the_trail_once_each() {
        let mut words = [0; WORDS];
        let mut tried = TriedReplicas(&mut words);
        assert!(!tried.contains(0), "an empty trail");
        for replica in [7, 0, 99_999, 7] {
            tried.add(replica);
        }
        let all: Vec<u32> = (0..4).map(|place| tried.get(place)).collect();
        assert_eq!(all, [1, 100_000, 8, 0], "the latest last, once each");
        // Thirteen more fill the trail; the next pushes out the oldest.
        (10..23).for_each(|replica| tried.add(replica));
        assert!([0, 99_999, 7, 10, 22].iter().all(|&replica| tried.contains(replica)));
        tried.add(50);
        assert!(!tried.contains(0) && tried.contains(99_999) && tried.contains(50));
        tried.add(99_999);
        tried.add(51);
        assert!(!tried.contains(7), "a replica tried again is not the oldest");
        assert!(tried.contains(99_999));
    }
}
