//! The pool on threads.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::{self, Builder};

use super::{Ended, Jobs, Stop};

/// Largest lead over the oldest unfinished run, for each thread.
const AHEAD: u64 = 64;

/// Number of results handed over, and whether more are wanted.
struct Front {
    handed_over: u64,
    open: bool,
}

pub(super) fn in_order<T: Send>(
    jobs: Jobs,
    count: u64,
    stop: &Stop,
    work: &(impl Fn(u64) -> T + Sync),
    sink: &mut impl FnMut(u64, T) -> ControlFlow<()>,
) -> Ended {
    let next = AtomicU64::new(0);
    let front = Mutex::new(Front { handed_over: 0, open: true });
    let moved = Condvar::new();
    let window = AHEAD * jobs.get() as u64;
    // Waits until `number` is within the window; false if no more results are wanted.
    let may = |number: u64| {
        let mut now = front.lock().unwrap_or_else(PoisonError::into_inner);
        while now.open && number >= now.handed_over.saturating_add(window) {
            now = moved.wait(now).unwrap_or_else(PoisonError::into_inner);
        }
        now.open
    };
    let (sender, receiver) = channel();
    thread::scope(|scope| {
        let mut threads = 0;
        for _ in 0..jobs.get() {
            let sender = sender.clone();
            let (next, may) = (&next, &may);
            let run = move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if stop.is_requested() || number >= count || !may(number) {
                        return;
                    }
                    let result = work(number);
                    if stop.is_requested() || sender.send((number, result)).is_err() {
                        return;
                    }
                }
            };
            // The system may refuse a thread.
            if Builder::new().spawn_scoped(scope, run).is_err() {
                break;
            }
            threads += 1;
        }
        drop(sender);
        if threads == 0 {
            return super::alone(count, stop, work, sink);
        }
        let ended = hand_over(&receiver, count, sink, |handed_over, open| {
            *front.lock().unwrap_or_else(PoisonError::into_inner) = Front { handed_over, open };
            moved.notify_all();
        });
        drop(receiver);
        ended
    })
}

fn hand_over<T>(
    receiver: &Receiver<(u64, T)>,
    count: u64,
    sink: &mut impl FnMut(u64, T) -> ControlFlow<()>,
    move_front: impl Fn(u64, bool),
) -> Ended {
    let mut early = BTreeMap::new();
    let mut due = 0;
    while let Ok((number, result)) = receiver.recv() {
        early.insert(number, result);
        while let Some(result) = early.remove(&due) {
            due += 1;
            if sink(due - 1, result).is_break() {
                move_front(due, false);
                return Ended::Before(due);
            }
        }
        move_front(due, true);
    }
    if due == count { Ended::Done } else { Ended::Before(due) }
}
