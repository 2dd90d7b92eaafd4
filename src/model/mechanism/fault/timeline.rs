//! The faults of one service over time, in an index that finds those active at an instant without
//! visiting past and future ones.

use super::{Effect, Fault};
use crate::kernel::time::{Duration, Instant};
use crate::model::call::Call;

/// The faults of one service.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// Faults that slow or freeze work.
    hindering: Spans,
    failing: Spans,
    crashed: Spans,
}

impl Timeline {
    /// The timeline of those `faults` that can have an effect.
    #[must_use]
    pub fn new(faults: impl IntoIterator<Item = Fault>) -> Self {
        let (mut hindering, mut failing, mut crashed) = (Vec::new(), Vec::new(), Vec::new());
        for fault in faults.into_iter().filter(Fault::is_effective) {
            match fault.effect {
                Effect::Slowed(_) | Effect::Frozen => hindering.push(fault),
                Effect::Failing => failing.push(fault),
                Effect::Crashed => crashed.push(fault),
            }
        }
        Self {
            hindering: Spans::new(hindering),
            failing: Spans::new(failing),
            crashed: Spans::new(crashed),
        }
    }

    /// The crashes, in the order of their instants.
    pub fn crashes(&self) -> &[Fault] {
        &self.crashed.faults
    }

    /// True without faults.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        [&self.hindering, &self.failing, &self.crashed].iter().all(|spans| spans.faults.is_empty())
    }

    /// True if an attempt at a replica fails now.
    #[must_use]
    pub fn fails(&self, now: Instant, call: &Call, replica: u32) -> bool {
        self.failing.at(now).any(|fault| fault.hits(call, replica))
    }

    /// True if a replica is down now for an attempt that arrives.
    #[must_use]
    pub fn is_down(&self, now: Instant, call: &Call, replica: u32) -> bool {
        self.crashed.at(now).any(|fault| fault.hits(call, replica))
    }

    /// The instant at which `work` that starts now at a replica is done; [`Instant::NEVER`] past
    /// the end of the clock.
    #[must_use]
    pub fn done(&self, now: Instant, work: Duration, call: &Call, replica: u32) -> Instant {
        let (mut at, mut left) = (now, work);
        loop {
            let (mut factor, mut frozen, mut ends) = (1.0, false, Instant::NEVER);
            for fault in self.hindering.at(at).filter(|fault| fault.hits(call, replica)) {
                ends = ends.min(fault.until);
                match fault.effect {
                    Effect::Slowed(slower) => factor *= slower,
                    Effect::Failing | Effect::Frozen | Effect::Crashed => frozen = true,
                }
            }
            let takes = if factor == 1.0 {
                left
            } else {
                Duration::from_ns_f64(left.as_ns() as f64 * factor)
            };
            let done = if frozen { Instant::NEVER } else { at.saturating_add(takes) };
            // Faults that begin during a freeze matter only when it ends.
            let begins = match frozen {
                true => None,
                false => self.hindering.next(at, done.min(ends), call, replica),
            };
            let next = begins.unwrap_or(ends);
            if done <= next {
                return done;
            }
            if !frozen {
                let progress = Duration::from_ns_f64((next - at).as_ns() as f64 / factor);
                left = Duration::from_ns(left.as_ns().saturating_sub(progress.as_ns()));
            }
            at = next;
        }
    }
}

/// Faults by their first instants, with a tree of their ends.
#[derive(Clone, Debug, Default)]
struct Spans {
    faults: Vec<Fault>,
    /// A complete binary tree: node n is above nodes 2n and 2n + 1 and has the later of their
    /// ends; the second half of the list are the leaves, with the ends of the faults.
    ends: Vec<Instant>,
}

impl Spans {
    fn new(mut faults: Vec<Fault>) -> Self {
        faults.sort_by_key(|fault| fault.from);
        let leaves = faults.len().next_power_of_two();
        let mut ends = vec![Instant::ZERO; 2 * leaves];
        for (leaf, fault) in ends[leaves..].iter_mut().zip(&faults) {
            *leaf = fault.until;
        }
        for node in (1..leaves).rev() {
            ends[node] = ends[2 * node].max(ends[2 * node + 1]);
        }
        Self { faults, ends }
    }

    /// The faults active at an instant.
    #[inline]
    fn at(&self, now: Instant) -> impl Iterator<Item = &Fault> {
        let begun = self.faults.partition_point(|fault| fault.from <= now);
        let mut next = 0;
        std::iter::from_fn(move || {
            let lasting = self.lasting(next, now).filter(|&fault| fault < begun)?;
            next = lasting + 1;
            Some(&self.faults[lasting])
        })
    }

    /// The first fault from this one on that ends after `now`.
    fn lasting(&self, from: usize, now: Instant) -> Option<usize> {
        let leaves = self.ends.len() / 2;
        if from >= self.faults.len() {
            return None;
        }
        let mut node = leaves + from;
        while self.ends[node] <= now {
            // The rest of this level has been visited.
            if (node + 1).is_power_of_two() {
                return None;
            }
            node += 1;
            node >>= node.trailing_zeros();
        }
        while node < leaves {
            node *= 2;
            if self.ends[node] <= now {
                node += 1;
            }
        }
        Some(node - leaves)
    }

    /// The start of the next fault that the attempt meets, if it is before `end`.
    fn next(&self, now: Instant, end: Instant, call: &Call, replica: u32) -> Option<Instant> {
        let begun = self.faults.partition_point(|fault| fault.from <= now);
        self.faults[begun..]
            .iter()
            .take_while(|fault| fault.from < end)
            .find(|fault| fault.hits(call, replica))
            .map(|fault| fault.from)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kernel::draw::Site;
    use crate::model::call::Calls;
    use crate::model::seat::NONE;

    fn fault(from: u64, until: u64, effect: Effect, ratio: f64) -> Fault {
        let at = Instant::from_ns;
        let site = Site::new(1, "fault", "meets");
        Fault { from: at(from), until: at(until), effect, replicas: 0..1, ratio, site }
    }

    /// The first attempt of a request with this key.
    fn attempt(key: u64) -> Call {
        let mut calls = Calls::new(0);
        let id = calls.add_request(0, (0, key), Instant::ZERO, NONE, true);
        Call { attempts: 1, ..calls[id] }
    }

    fn done(faults: &[Fault], now: u64, work: u64) -> u64 {
        done_at(faults, now, work, 0)
    }

    fn done_at(faults: &[Fault], now: u64, work: u64, replica: u32) -> u64 {
        let timeline = Timeline::new(faults.iter().cloned());
        let (now, work) = (Instant::from_ns(now), Duration::from_ns(work));
        timeline.done(now, work, &attempt(7), replica).as_ns()
    }

    #[test]
    fn a_fault_of_one_replica_hits_no_other() {
        let slow = Fault { replicas: 1..2, ..fault(0, 100, Effect::Slowed(2.0), 1.0) };
        let down = Fault { effect: Effect::Crashed, ..slow.clone() };
        let work = |replica| done_at(std::slice::from_ref(&slow), 0, 10, replica);
        assert_eq!([work(0), work(1), work(2)], [10, 20, 10]);
        let down = Timeline::new([down]);
        let strikes = |replica| down.is_down(Instant::from_ns(5), &attempt(7), replica);
        assert_eq!([strikes(0), strikes(1), strikes(2)], [false, true, false]);
    }

    #[test]
    fn a_freeze_stops_work_and_lets_it_go_on() {
        let freeze = [fault(60, 70, Effect::Frozen, 1.0)];
        assert_eq!(done(&freeze, 40, 20), 60);
        assert_eq!(done(&freeze, 40, 21), 71);
        assert_eq!(done(&freeze, 60, 5), 75);
        assert_eq!(done(&freeze, 69, 5), 75);
        assert_eq!(done(&freeze, 70, 5), 75);
    }

    #[test]
    fn slowness_counts_only_while_it_lasts() {
        let slow = [fault(100, 200, Effect::Slowed(4.0), 1.0)];
        assert_eq!(done(&slow, 0, 100), 100);
        assert_eq!(done(&slow, 90, 20), 140);
        assert_eq!(done(&slow, 100, 25), 200);
        assert_eq!(done(&slow, 100, 30), 205);
        assert_eq!(done(&slow, 200, 30), 230);
    }

    #[test]
    fn overlaps_do_not_depend_on_the_order() {
        let (a, b) =
            (fault(0, 100, Effect::Slowed(2.0), 1.0), fault(50, 150, Effect::Slowed(3.0), 1.0));
        // 25 by t = 50, 8 (50 / 6, cut off) by t = 100, 16 (50 / 3) by t = 150, the rest at once.
        let expected = 150 + 60 - 25 - 8 - 16;
        assert_eq!(done(&[a.clone(), b.clone()], 0, 60), expected);
        assert_eq!(done(&[b, a], 0, 60), expected);
    }

    #[test]
    fn a_fault_without_effect_is_none() {
        let none = [
            fault(5, 5, Effect::Crashed, 1.0),
            fault(0, 9, Effect::Slowed(1.0), 1.0),
            fault(0, 9, Effect::Frozen, 0.0),
        ];
        assert!(Timeline::new(none).is_empty());
    }

    #[test]
    fn a_ratio_meets_that_ratio_and_more_when_raised() {
        let (some, more) = (fault(0, 9, Effect::Failing, 0.3), fault(0, 9, Effect::Failing, 0.5));
        let calls: Vec<Call> = (0..10_000).map(|key| attempt(key * 77)).collect();
        let met = calls.iter().filter(|call| some.meets(call)).count();
        assert!((2_816..3_184).contains(&met), "{met}");
        assert!(calls.iter().all(|call| !some.meets(call) || more.meets(call)));
    }

    fn lasts(fault: &Fault, now: Instant) -> bool {
        fault.from <= now && now < fault.until
    }

    /// [`Timeline::done`], by visiting every fault.
    fn done_by_all(faults: &[Fault], now: Instant, work: Duration, call: &Call) -> Instant {
        let hinders = |effect| matches!(effect, Effect::Slowed(_) | Effect::Frozen);
        let met = faults.iter().filter(|fault| fault.is_effective() && hinders(fault.effect));
        let met: Vec<&Fault> = met.filter(|fault| fault.meets(call)).collect();
        let (mut at, mut left) = (now, work.as_ns());
        loop {
            let mut lasting = met.iter().filter(|fault| lasts(fault, at));
            let factor = lasting.try_fold(1.0, |factor, fault| match fault.effect {
                Effect::Slowed(slower) => Some(factor * slower),
                Effect::Failing | Effect::Frozen | Effect::Crashed => None,
            });
            let edges = met.iter().flat_map(|fault| [fault.from, fault.until]);
            let next = edges.filter(|&edge| edge > at).min().unwrap_or(Instant::NEVER);
            if let Some(factor) = factor {
                let takes = Duration::from_ns_f64(left as f64 * factor);
                if at.saturating_add(takes) <= next {
                    return at.saturating_add(takes);
                }
                let progress = Duration::from_ns_f64((next - at).as_ns() as f64 / factor);
                left = left.saturating_sub(progress.as_ns());
            }
            at = next;
        }
    }

    fn any_fault() -> impl Strategy<Value = Fault> {
        let effect = prop_oneof![
            3 => Just(Effect::Slowed(2.0)),
            1 => Just(Effect::Slowed(0.5)),
            1 => Just(Effect::Frozen),
            1 => Just(Effect::Failing),
            1 => Just(Effect::Crashed),
        ];
        let ratio = prop_oneof![3 => Just(1.0), 1 => Just(0.5)];
        (0..200_u64, 0..60_u64, effect, ratio, 0..4_u64).prop_map(
            |(from, lasts, effect, ratio, name)| {
                let site = Site::new(name, "fault", "meets");
                Fault { ratio, site, ..fault(from, from + lasts, effect, 1.0) }
            },
        )
    }

    proptest! {
        /// Factors are powers of two, whose product is the same in any order.
        #[test]
        fn active_faults_are_found_among_many(
            faults in prop::collection::vec(any_fault(), 0..40),
            now in 0..260_u64,
            work in 0..100_u64,
        ) {
            let (timeline, call) = (Timeline::new(faults.iter().cloned()), attempt(7));
            let (now, work) = (Instant::from_ns(now), Duration::from_ns(work));
            let meets = |effect| faults.iter().any(|fault| {
                fault.effect == effect && lasts(fault, now) && fault.meets(&call)
            });
            prop_assert_eq!(timeline.fails(now, &call, 0), meets(Effect::Failing));
            prop_assert_eq!(timeline.is_down(now, &call, 0), meets(Effect::Crashed));
            let expected = done_by_all(&faults, now, work, &call);
            prop_assert_eq!(timeline.done(now, work, &call, 0), expected);
        }
    }
}
