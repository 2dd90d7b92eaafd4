//! The choices of each algorithm, given the state of its client.

use super::choice::{Algorithm, ClientState};
use super::draws::Draws;
use super::ring::Ring;
use crate::kernel::draw::{Site, mix};
use crate::kernel::time::Instant;
use crate::model::call::{Call, Calls};
use crate::model::seat::NONE;

/// One client, its algorithm and its draws.
struct Bench {
    algorithm: Algorithm,
    client: ClientState,
    site: Site,
}

fn at(ms: u64) -> Instant {
    Instant::from_ns(ms * 1_000_000)
}

fn attempt(key: u64) -> Call {
    let mut calls = Calls::new(0);
    let id = calls.add_request(0, (0, mix(key)), Instant::ZERO, NONE, true);
    Call { attempts: 1, ..calls[id] }
}

impl Bench {
    fn new(algorithm: Algorithm, replicas: u32) -> Self {
        let site = Site::new(1, "clients.balancer", "replica");
        let mut algorithm = algorithm;
        let client = ClientState::new(&mut algorithm, 0, replicas, site);
        Self { algorithm, client, site }
    }

    fn choose(&mut self, key: u64, ms: u64) -> u32 {
        self.choose_by(key, mix(key), ms)
    }

    /// Chooses for an attempt with a hash key.
    fn choose_by(&mut self, key: u64, hash_key: u64, ms: u64) -> u32 {
        let draws = Draws::new(self.site, &attempt(key), hash_key);
        self.client.choose(&self.algorithm, draws, at(ms)).replica
    }

    fn end(&mut self, replica: u32, sent_at_ms: u64, now_ms: u64) {
        self.client.end(&self.algorithm, replica, at(sent_at_ms), at(now_ms));
    }

    /// Choices of each of two replicas when one of them, the busier, has one attempt in flight.
    fn chosen_of_two(mut self, busier: u32) -> [u32; 2] {
        let mut key = 0;
        while self.choose(key, 0) != busier {
            self.end(1 - busier, 0, 0);
            key += 1;
        }
        let mut chosen = [0; 2];
        for key in 0..20_000 {
            let replica = self.choose(key, 0);
            chosen[replica as usize] += 1;
            self.end(replica, 0, 0);
        }
        chosen
    }
}

#[test]
fn round_robin_goes_in_turn() {
    let mut bench = Bench::new(Algorithm::RoundRobin, 3);
    let first = bench.choose(0, 0);
    let turns: Vec<u32> = (1..7).map(|key| bench.choose(key, 0)).collect();
    let expected: Vec<u32> = (1..7).map(|turn| (first + turn) % 3).collect();
    assert_eq!(turns, expected);
}

#[test]
fn clients_begin_with_different_replicas() {
    let site = Site::new(1, "clients.balancer", "replica");
    let mut counts = [0_u32; 4];
    for client in 0..4_000 {
        let mut new = ClientState::new(&mut Algorithm::RoundRobin, client, 4, site);
        let first = new.choose(&Algorithm::RoundRobin, Draws::new(site, &attempt(0), 0), at(0));
        counts[first.replica as usize] += 1;
    }
    // Binomial: 1,000, with a standard deviation of 27.
    assert!(counts.iter().all(|count| count.abs_diff(1_000) < 110), "{counts:?}");
}

#[test]
fn least_request_sends_to_all_replicas_before_any_gets_a_second_attempt() {
    let mut bench = Bench::new(Algorithm::LeastRequest, 5);
    let mut first: Vec<u32> = (0..5).map(|key| bench.choose(key, 0)).collect();
    first.sort_unstable();
    assert_eq!(first, [0, 1, 2, 3, 4]);
    bench.end(3, 0, 1);
    assert_eq!(bench.choose(5, 1), 3);
}

/// With two replicas both are drawn, so the busier one is never chosen.
#[test]
fn power_of_two_compares_two_different_replicas() {
    let chosen = Bench::new(Algorithm::PowerOfTwo, 2).chosen_of_two(0);
    assert_eq!(chosen, [0, 20_000]);
}

/// Draws are independent: with two replicas the busier one is drawn twice in a quarter of the
/// choices, as Envoy's documentation says.
#[test]
fn choices_may_draw_the_same_replica_twice() {
    let chosen = Bench::new(Algorithm::Choices(2), 2).chosen_of_two(0);
    // Binomial: 5,000, with a standard deviation of 61.
    assert!(chosen[0].abs_diff(5_000) < 245, "{chosen:?}");
    let chosen = Bench::new(Algorithm::Choices(1), 2).chosen_of_two(0);
    // Any: 10,000, with a standard deviation of 71.
    assert!(chosen[0].abs_diff(10_000) < 283, "{chosen:?}");
}

#[test]
fn all_attempts_of_a_call_have_the_same_replica() {
    let ring = Ring::new(10, 160, Site::new(1, "api", "ring"));
    let mut bench = Bench::new(Algorithm::ConsistentHash(ring, None), 10);
    for key in 0..100 {
        let call = attempt(key);
        let mut choose = |call: &Call| {
            let draws = Draws::new(bench.site, call, call.key);
            bench.client.choose(&bench.algorithm, draws, at(0))
        };
        let first = choose(&call);
        let second = choose(&Call { attempts: 2, ..call });
        assert_eq!(first, second);
    }
}

#[test]
fn requests_with_the_same_key_go_to_the_same_replica() {
    let ring = Ring::new(10, 160, Site::new(1, "api", "ring"));
    let mut bench = Bench::new(Algorithm::ConsistentHash(ring, None), 10);
    let owner: Vec<u32> = (0..100).map(|key| bench.choose_by(0, key, 0)).collect();
    for key in 1..1_000 {
        assert_eq!(bench.choose_by(key, key % 100, 0), owner[(key % 100) as usize]);
    }
    assert!(owner.iter().any(|replica| *replica != owner[0]));
}

#[test]
fn a_bound_keeps_every_replica_near_the_mean() {
    let ring = Ring::new(10, 160, Site::new(1, "api", "ring"));
    let mut bench = Bench::new(Algorithm::ConsistentHash(ring, Some(1.25)), 10);
    let mut in_flight = [0_u32; 10];
    let mut overflowed = 0;
    for number in 0..400_u32 {
        // A hot key has half of the attempts.
        let key = if number % 2 == 0 { 7 } else { u64::from(number) };
        let draws = Draws::new(bench.site, &attempt(key), mix(key));
        let chosen = bench.client.choose(&bench.algorithm, draws, at(0));
        in_flight[chosen.replica as usize] += 1;
        overflowed += u32::from(chosen.overflowed);
        let most = (1.25 * f64::from(number + 1) / 10.0).ceil() as u32;
        assert!(in_flight.iter().all(|count| *count <= most), "{in_flight:?} after {number}");
    }
    assert!(overflowed > 100, "{overflowed}");
}

#[test]
fn peak_ewma_multiplies_time_by_attempts_in_flight() {
    let ms = 1e6;
    let algorithm = Algorithm::PeakEwma { decay_ns: 1e12, initial_ns: 10.0 * ms };
    let mut bench = Bench::new(algorithm, 2);
    let first = bench.choose(0, 0);
    let second = bench.choose(1, 0);
    assert_ne!(first, second, "estimates are equal, and the first has an attempt in flight");
    bench.end(first, 0, 100);
    bench.end(second, 0, 20);
    // 100 ms at the first and 20 ms at the second: with four in flight at the second both cost the
    // same, and the fifth goes to whichever is drawn first.
    let next: Vec<u32> = (2..6).map(|key| bench.choose(key, 100)).collect();
    assert_eq!(next, [second; 4]);
}

#[test]
fn ewma_compares_times_alone() {
    let mut bench = Bench::new(Algorithm::Ewma { decay_ns: 1e12 }, 2);
    for key in 0..2 {
        bench.choose(key, 0);
    }
    bench.end(0, 0, 100);
    bench.end(1, 0, 20);
    let next: Vec<u32> = (2..20).map(|key| bench.choose(key, 100)).collect();
    assert_eq!(next, [1; 18]);
}
