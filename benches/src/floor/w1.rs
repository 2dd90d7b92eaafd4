//! An M/M/1 queue: arrivals at 0.8 /s, service at 1 /s, first come first served.

use std::collections::VecDeque;

use super::events::{Events, payload_of, time_of};
use super::random::Random;
use super::{Answers, SECOND};

const ARRIVAL: u32 = 0;
const DEPARTURE: u32 = 1;

pub fn run(customers: u64) -> Answers {
    let mut random = Random::new(1);
    let mut events = Events::new();
    // Arrival instants of those in the system; the first is served.
    let mut present = VecDeque::with_capacity(1024);
    let (mut arrived, mut served, mut sojourn_ns) = (0_u64, 0_u64, 0_u128);
    let (gap, work) = (SECOND as f64 / 0.8, SECOND as f64);
    events.push(random.exponential(gap), ARRIVAL);
    while served < customers {
        let event = events.first();
        events.drop_first();
        let now = time_of(event);
        if payload_of(event) == ARRIVAL {
            arrived += 1;
            if arrived < customers {
                events.push(now + random.exponential(gap), ARRIVAL);
            }
            present.push_back(now);
            if present.len() > 1 {
                continue;
            }
        } else {
            let arrival = present.pop_front().unwrap_or(now);
            sojourn_ns += u128::from(now - arrival);
            served += 1;
            if present.is_empty() {
                continue;
            }
        }
        events.push(now + random.exponential(work), DEPARTURE);
    }
    vec![("served", served as f64), ("mean_sojourn_ns", sojourn_ns as f64 / served as f64)]
}
