//! 1000 callers in a closed loop: think, call, and give up after 50 ms, which stops the work.

use super::events::{Events, Timers, payload_of, time_of};
use super::random::Random;
use super::{Answers, MS};

const CALLERS: u32 = 1_000;
const TIMEOUT: u64 = 50 * MS;
const MEAN: f64 = 10.0 * MS as f64;
/// The top bit tells the end of a think time from an answer; below it an answer carries the low
/// bits of its timer, so that the answer to an abandoned call is known when it comes.
const THINKS: u32 = 1 << 31;
const CALLER_BITS: u32 = 10;
const TIMER_MASK: u32 = (THINKS >> CALLER_BITS) - 1;

#[derive(Clone, Copy, Default)]
struct Caller {
    sent: u64,
    /// The insertion of its timer while it waits.
    timer: Option<u32>,
}

pub fn run(total: u64) -> Answers {
    let mut random = Random::new(2);
    let mut events = Events::new();
    let mut timers = Timers::new();
    let mut callers = vec![Caller::default(); CALLERS as usize];
    let (mut calls, mut timeouts, mut waited_ns) = (0_u64, 0_u64, 0_u128);
    for caller in 0..CALLERS {
        events.push(random.exponential(MEAN), THINKS | caller);
    }
    while calls < total {
        let timer = timers.first(|caller, timer| callers[caller as usize].timer == Some(timer));
        let event = events.first();
        let (now, id) = if timer < event {
            timeouts += 1;
            (time_of(timer), payload_of(timer))
        } else {
            events.drop_first();
            let (now, payload) = (time_of(event), payload_of(event));
            let id = payload & ((1 << CALLER_BITS) - 1);
            let caller = &mut callers[id as usize];
            if payload & THINKS != 0 {
                let timer = timers.set(&mut events, now + TIMEOUT, id);
                *caller = Caller { sent: now, timer: Some(timer) };
                let answer = (timer & TIMER_MASK) << CALLER_BITS | id;
                events.push(now + random.exponential(MEAN), answer);
                continue;
            }
            let answers = payload >> CALLER_BITS;
            if caller.timer.is_none_or(|timer| timer & TIMER_MASK != answers) {
                continue;
            }
            (now, id)
        };
        let caller = &mut callers[id as usize];
        caller.timer = None;
        calls += 1;
        waited_ns += u128::from(now - caller.sent);
        events.push(now + random.exponential(MEAN), THINKS | id);
    }
    vec![
        ("calls", calls as f64),
        ("timeouts", timeouts as f64),
        ("mean_wait_ns", waited_ns as f64 / calls as f64),
    ]
}
