//! The event-driven arm under endless bursts: a bounded queue, consumers, redelivery.

use std::collections::VecDeque;

use super::downstream::{attempt, backoff};
use super::events::{Events, NEVER, payload_of, time_of};
use super::random::Random;
use super::{Answers, Latencies, MS};

const BURST: u64 = 350;
const EVERY: u64 = 280 * MS;
const CAPACITY: usize = 5_000;
const CONSUMERS: u32 = 16;
const KNEE: f64 = 25.0;
const REDELIVERIES: u32 = 3;

const PUBLISH: u32 = u32::MAX;
/// Tells the end of a backoff from an answer.
const AGAIN: u32 = 1 << 31;

#[derive(Clone, Copy, Default)]
struct Message {
    published: u64,
    deliveries: u32,
}

#[derive(Clone, Copy, Default)]
struct Consumer {
    holds: Message,
    picked_up: u64,
    fails: bool,
}

// Timeouts of 200 ms cannot fire: 16 in flight are below the knee, and work takes 14 ms at most.
pub fn run(total: u64) -> Answers {
    let mut random = Random::new(4);
    let mut events = Events::new();
    let mut queue: VecDeque<Message> = VecDeque::with_capacity(8192);
    let mut consumers = [Consumer::default(); CONSUMERS as usize];
    let mut idle: Vec<u32> = (0..CONSUMERS).collect();
    let (mut published, mut in_flight) = (0_u64, 0_u32);
    let (mut succeeded, mut redelivered, mut dead, mut dropped) = (0_u64, 0_u64, 0_u64, 0_u64);
    let (mut processing, mut end_to_end) = (Latencies::new(), Latencies::new());
    events.push(0, PUBLISH);
    loop {
        let event = events.first();
        if event == NEVER {
            break;
        }
        events.drop_first();
        let (now, payload) = (time_of(event), payload_of(event));
        if payload == PUBLISH {
            let size = BURST.min(total - published);
            published += size;
            let room = ((CAPACITY - queue.len()) as u64).min(size);
            let message = Message { published: now, deliveries: 0 };
            queue.extend((0..room).map(|_| message));
            dropped += size - room;
            if published < total {
                events.push(now + EVERY, PUBLISH);
            }
        } else if payload & AGAIN != 0 {
            let id = payload & !AGAIN;
            if queue.len() < CAPACITY {
                queue.push_back(consumers[id as usize].holds);
            } else {
                dropped += 1;
            }
            idle.push(id);
        } else {
            in_flight -= 1;
            let consumer = &consumers[payload as usize];
            let Message { published, deliveries } = consumer.holds;
            if !consumer.fails {
                succeeded += 1;
                processing.record(now - consumer.picked_up);
                end_to_end.record(now - published);
                idle.push(payload);
            } else if deliveries <= REDELIVERIES {
                redelivered += 1;
                let wait = backoff(&mut random, deliveries);
                events.push(now + wait, AGAIN | payload);
            } else {
                dead += 1;
                idle.push(payload);
            }
        }
        while !queue.is_empty()
            && let Some(id) = idle.pop()
            && let Some(mut message) = queue.pop_front()
        {
            in_flight += 1;
            message.deliveries += 1;
            let (work, fails) = attempt(&mut random, in_flight, KNEE);
            consumers[id as usize] = Consumer { holds: message, picked_up: now, fails };
            events.push(now + work, id);
        }
    }
    vec![
        ("succeeded", succeeded as f64),
        ("redelivered", redelivered as f64),
        ("dead_lettered", dead as f64),
        ("dropped", dropped as f64),
        ("processing_p50_ns", processing.quantile_ns(0.5)),
        ("end_to_end_p99_ns", end_to_end.quantile_ns(0.99)),
    ]
}
