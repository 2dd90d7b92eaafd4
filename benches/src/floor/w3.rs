//! The RPC arm under Poisson arrivals: breaker, retries, bulkhead, timeout.

use std::collections::VecDeque;

use super::downstream::{attempt, backoff};
use super::events::{Events, NEVER, Timers, payload_of, time_of};
use super::random::Random;
use super::{Answers, Latencies, MS, SECOND};

const GAP: f64 = SECOND as f64 / 2_000.0;
const KNEE: f64 = 100.0;
const PERMITS: u32 = 200;
const TIMEOUT: u64 = 120 * MS;
const RETRIES: u32 = 3;
const WINDOW: u32 = 20;
const THRESHOLD: u32 = 8;
const OPEN: u64 = 500 * MS;

const ARRIVAL: u32 = u32::MAX;
/// Tells the end of a backoff from an answer.
const RETRY: u32 = 1 << 31;

#[derive(Clone, Copy, Default)]
struct Call {
    arrived: u64,
    attempts: u32,
    /// The insertion of its timer while an attempt is under way.
    timer: Option<u32>,
    fails: bool,
}

struct Loop {
    random: Random,
    events: Events,
    timers: Timers,
    calls: Vec<Call>,
    waiting: VecDeque<u32>,
    in_flight: u32,
}

impl Loop {
    /// Takes a permit, or waits for one.
    #[inline]
    fn enter(&mut self, now: u64, id: u32) {
        if self.in_flight < PERMITS {
            self.send(now, id);
        } else {
            self.waiting.push_back(id);
        }
    }

    #[inline]
    fn send(&mut self, now: u64, id: u32) {
        self.in_flight += 1;
        let (work, fails) = attempt(&mut self.random, self.in_flight, KNEE);
        let call = &mut self.calls[id as usize];
        call.attempts += 1;
        call.fails = fails;
        self.events.push(now + work, id);
        call.timer = Some(self.timers.set(&mut self.events, now + TIMEOUT, id));
    }
}

pub fn run(total: u64) -> Answers {
    let mut it = Loop {
        random: Random::new(3),
        events: Events::new(),
        timers: Timers::new(),
        calls: Vec::with_capacity(4096),
        waiting: VecDeque::new(),
        in_flight: 0,
    };
    let mut free: Vec<u32> = Vec::with_capacity(4096);
    // The breaker: one bit for each of the last attempts, and until when it is open.
    let (mut window, mut filled, mut open_until) = (0_u32, 0_u32, 0_u64);
    let (mut arrived, mut succeeded, mut failed, mut rejected) = (0_u64, 0_u64, 0_u64, 0_u64);
    let (mut retries, mut timeouts) = (0_u64, 0_u64);
    let mut latencies = Latencies::new();
    it.events.push(it.random.exponential(GAP), ARRIVAL);
    loop {
        let calls = &it.calls;
        let timer = it.timers.first(|call, timer| calls[call as usize].timer == Some(timer));
        let event = it.events.first();
        let (now, id, ok) = if timer < event {
            timeouts += 1;
            (time_of(timer), payload_of(timer), false)
        } else if event == NEVER {
            break;
        } else {
            it.events.drop_first();
            let (now, payload) = (time_of(event), payload_of(event));
            if payload == ARRIVAL {
                arrived += 1;
                if arrived < total {
                    it.events.push(now + it.random.exponential(GAP), ARRIVAL);
                }
                if now < open_until {
                    rejected += 1;
                    continue;
                }
                let call = Call { arrived: now, ..Call::default() };
                let id = if let Some(id) = free.pop() {
                    it.calls[id as usize] = call;
                    id
                } else {
                    it.calls.push(call);
                    it.calls.len() as u32 - 1
                };
                it.enter(now, id);
                continue;
            }
            if payload & RETRY != 0 {
                it.enter(now, payload & !RETRY);
                continue;
            }
            // An attempt takes 64 ms at most (14 ms and 50 ms at 200 in flight): no timeout can
            // have come before its answer, so an answer is always awaited.
            (now, payload, !it.calls[payload as usize].fails)
        };
        it.in_flight -= 1;
        let call = &mut it.calls[id as usize];
        call.timer = None;
        let Call { arrived: since, attempts, .. } = *call;
        window = (window << 1 | u32::from(!ok)) & ((1 << WINDOW) - 1);
        filled = (filled + 1).min(WINDOW);
        if filled == WINDOW && window.count_ones() >= THRESHOLD {
            open_until = now + OPEN;
        }
        if let Some(next) = it.waiting.pop_front() {
            it.send(now, next);
        }
        if ok {
            succeeded += 1;
            latencies.record(now - since);
            free.push(id);
        } else if attempts <= RETRIES {
            retries += 1;
            let wait = backoff(&mut it.random, attempts);
            it.events.push(now + wait, RETRY | id);
        } else {
            failed += 1;
            free.push(id);
        }
    }
    vec![
        ("succeeded", succeeded as f64),
        ("failed", failed as f64),
        ("rejected", rejected as f64),
        ("retries", retries as f64),
        ("timeouts", timeouts as f64),
        ("end_to_end_p50_ns", latencies.quantile_ns(0.5)),
        ("end_to_end_p99_ns", latencies.quantile_ns(0.99)),
    ]
}
