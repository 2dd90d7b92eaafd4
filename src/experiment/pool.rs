//! Runs jobs on several threads and delivers their results in the order of their numbers, so that
//! the outcome does not depend on the number or the speed of threads.
//!
//! A thread takes the next number, works, and hands its result over; the caller receives results in
//! order. Threads stay within a window ahead of the oldest unfinished number, so memory does not
//! grow with the number of runs.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;

pub use crate::kernel::limits::Stop;

/// Number of runs at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jobs(NonZeroUsize);

impl Jobs {
    /// One run after the other.
    pub const ONE: Self = Self(NonZeroUsize::MIN);

    /// This many jobs; one for each core if `None` or 0.
    #[must_use]
    pub fn new(jobs: Option<usize>) -> Self {
        let wanted = jobs.and_then(NonZeroUsize::new);
        Self(wanted.or_else(|| std::thread::available_parallelism().ok()).unwrap_or(Self::ONE.0))
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0.get()
    }
}

/// Ways in which the work ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All of it is done.
    Done,
    /// Interrupted by the receiver or by [`Stop`]; the results before this number were handed
    /// over.
    Before(u64),
}

/// Does `work` for the numbers below `count` on several threads, and hands each result to `sink` on
/// the calling thread, in order. `sink` and `stop` may interrupt. Later results are dropped, since
/// their runs may have been cut off.
pub fn in_order<T: Send>(
    jobs: Jobs,
    count: u64,
    stop: &Stop,
    work: impl Fn(u64) -> T + Sync,
    mut sink: impl FnMut(u64, T) -> ControlFlow<()>,
) -> Ended {
    #[cfg(feature = "threads")]
    if jobs.get() > 1 && count > 1 {
        return threads::in_order(jobs, count, stop, &work, &mut sink);
    }
    let _ = jobs;
    alone(count, stop, &work, &mut sink)
}

fn alone<T>(
    count: u64,
    stop: &Stop,
    work: &impl Fn(u64) -> T,
    sink: &mut impl FnMut(u64, T) -> ControlFlow<()>,
) -> Ended {
    for number in 0..count {
        if stop.is_requested() {
            return Ended::Before(number);
        }
        let result = work(number);
        if stop.is_requested() {
            return Ended::Before(number);
        }
        if sink(number, result).is_break() {
            return Ended::Before(number + 1);
        }
    }
    Ended::Done
}

#[cfg(feature = "threads")]
mod threads;

#[cfg(test)]
mod tests {
    use super::*;

    fn squares(jobs: usize, count: u64) -> Vec<(u64, u64)> {
        let mut got = Vec::new();
        let work = |number: u64| {
            // Some take longer than others.
            (0..number % 7 * 1_000).fold(number * number, |sum, add| sum.wrapping_add(add) - add)
        };
        let ended = in_order(Jobs::new(Some(jobs)), count, &Stop::new(), work, |number, square| {
            got.push((number, square));
            ControlFlow::Continue(())
        });
        assert_eq!(ended, Ended::Done);
        got
    }

    #[test]
    fn results_come_in_order_whatever_the_threads() {
        let alone = squares(1, 3_000);
        assert_eq!(alone.len(), 3_000);
        assert_eq!(alone[2_999], (2_999, 2_999 * 2_999));
        for jobs in [2, 3, 16] {
            assert_eq!(squares(jobs, 3_000), alone, "{jobs}");
        }
        assert_eq!(squares(4, 0), []);
    }

    #[test]
    fn both_ends_can_break_off() {
        for jobs in [1, 4] {
            let jobs = Jobs::new(Some(jobs));
            let mut got = 0;
            let ended = in_order(
                jobs,
                u64::MAX,
                &Stop::new(),
                |number| number,
                |number, _| {
                    got += 1;
                    if number == 99 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                },
            );
            assert_eq!((ended, got), (Ended::Before(100), 100));
            let stop = Stop::new();
            let mut got = 0;
            let ended = in_order(
                jobs,
                u64::MAX,
                &stop,
                |number| number,
                |number, _| {
                    got += 1;
                    if number == 99 {
                        stop.request();
                    }
                    ControlFlow::Continue(())
                },
            );
            // The results before are handed over without a gap.
            assert_eq!(ended, Ended::Before(got));
            assert!((100..1_000).contains(&got), "{got}");
        }
    }
}
