//! Sums that hold in every run, of the result and of the records.

use std::collections::{BTreeMap, BTreeSet};

use dessim::metrics::probe::{EventKind, Record};
use dessim::report::result::{ArmResult, Component, Metric, RunResult};
use dessim::scenario::arms::arms;
use dessim::scenario::handlers::calls_of;
use dessim::scenario::pipelines::edge_name;
use dessim::scenario::schema::{Arm, Layer, Scenario, Ties};

use super::log::{ArmLog, Rebuilt, rebuild};
use crate::support::{count, latency, number};

/// Checks all rules that hold in every run.
pub(super) fn check(scenario: &Scenario, result: &RunResult, logs: &BTreeMap<String, ArmLog>) {
    assert_eq!(result.stopped, None);
    for (name, arm) in &arms(scenario) {
        let books = Books {
            scenario,
            arm,
            result: &result.arms[name],
            log: &logs[name],
            measured: measured(scenario, &logs[name]),
        };
        books.time();
        books.requests();
        books.attempts();
        books.amplification();
        books.services();
        books.lines();
        books.broker();
    }
}

/// Requests that arrived after the warm-up and before the cool-down.
fn measured(scenario: &Scenario, log: &ArmLog) -> BTreeSet<(u32, u64)> {
    let arrived = log.records.iter().filter(|record| {
        record.kind == EventKind::ARRIVED
            && record.at.as_ns() >= scenario.warm_up.as_ns()
            && record.at < scenario.measured_until()
    });
    arrived.map(|record| (record.load, record.request)).collect()
}

/// Equal up to the error of conversions to floating point.
fn assert_same(actual: f64, expected: f64, label: &str) {
    let scale = expected.abs().max(1e-9);
    assert!((actual - expected).abs() <= 1e-9 * scale, "{label}: {actual} is not {expected}");
}

/// Attempts that a service refused because their deadline had passed.
fn expired(service: &Component) -> u64 {
    match service.get("expired") {
        Some(Metric::Count(expired)) => expired,
        _ => 0,
    }
}

struct Books<'a> {
    scenario: &'a Scenario,
    arm: &'a Arm,
    result: &'a ArmResult,
    log: &'a ArmLog,
    measured: BTreeSet<(u32, u64)>,
}

impl Books<'_> {
    fn of_kind(&self, kind: &str) -> impl Iterator<Item = (&String, &Component)> {
        let components = self.result.components.iter();
        components.filter(move |(_, component)| component.kind == kind)
    }

    fn recorded(&self, kind: EventKind) -> u64 {
        let records = self.log.records.iter();
        let recorded = records.filter(|record| {
            record.kind == kind && self.measured.contains(&(record.load, record.request))
        });
        recorded.count() as u64
    }

    fn time(&self) {
        let records = &self.log.records;
        for pair in records.windows(2) {
            assert!(pair[0].at <= pair[1].at && pair[0].event <= pair[1].event, "{pair:?}");
        }
        if let Some(last) = records.last() {
            assert!(last.at.as_ns() <= self.result.end_ns);
        }
    }

    /// Every request has one fate, also one that missed its deadline.
    fn requests(&self) {
        let requests = &self.result.requests;
        let ended = requests.succeeded
            + requests.late
            + requests.failed
            + requests.rejected
            + requests.shed
            + requests.dropped
            + requests.dead_lettered;
        assert_eq!(ended + requests.in_flight, requests.offered);
        assert_eq!(requests.offered, self.measured.len() as u64);
        let failed_by = &self.result.failed_by;
        assert_eq!(failed_by.error + failed_by.timeout, requests.failed);
        assert_eq!(self.recorded(EventKind::SUCCEEDED), requests.succeeded + requests.late);
        assert_eq!(self.recorded(EventKind::SUCCEEDED) + self.recorded(EventKind::FAILED), ended);
        let mut over = BTreeSet::new();
        for record in &self.log.records {
            if matches!(record.kind, EventKind::SUCCEEDED | EventKind::FAILED) {
                assert!(over.insert((record.load, record.request)), "{record:?} ends twice");
            }
        }
        let latency = &self.result.latency;
        assert_eq!(latency.outcome.count, ended);
        assert_eq!(latency.end_to_end.count, requests.succeeded);
        assert_eq!(latency.processing.count, requests.succeeded);
    }

    fn attempts(&self) {
        let attempts = &self.result.attempts;
        let sent = self.log.records.iter().filter(|record| record.kind == EventKind::SENT);
        // Attempts of calls that services make are not attempts of the request itself.
        let by_services = self.arm.services.values().flat_map(calls_of);
        let edges: BTreeSet<String> =
            by_services.map(|call| edge_name(call, &self.arm.calls[call].to)).collect();
        let of_a_service = |record: &&Record| edges.contains(self.log.name(record));
        let made = sent.clone().filter(|record| {
            of_a_service(record) && self.measured.contains(&(record.load, record.request))
        });
        let made = made.count() as u64;
        assert_eq!(self.recorded(EventKind::SENT), attempts.total + made);
        let of_requests = sent.filter(|record| !of_a_service(record));
        let first: BTreeSet<_> = of_requests.map(|record| (record.load, record.request)).collect();
        let first = first.intersection(&self.measured).count() as u64;
        assert_eq!(attempts.total, first + attempts.retries);
        // Some attempts that are refused after their deadline had been given up before.
        let expired: u64 = self.of_kind("service").map(|(_, service)| expired(service)).sum();
        let edges = || self.of_kind("edge").map(|(_, edge)| edge);
        let over_edges = |metric: &str| edges().map(|edge| count(edge, metric)).sum::<u64>();
        let failed = over_edges("timeouts") + over_edges("errors") + self.shed();
        let possible = failed..=failed + expired;
        let found = over_edges("failed");
        assert!(possible.contains(&found), "{found}, {failed}, {expired}");
        if made == 0 {
            assert!(possible.contains(&attempts.failed), "{failed}, {expired}");
        }
        let arrivals = self.of_kind("service").map(|(_, service)| count(service, "arrivals"));
        let nowhere = self.of_kind("balancer").map(|(_, balancer)| {
            balancer.get("unavailable").map_or(0, |_| count(balancer, "unavailable"))
        });
        assert_eq!(arrivals.sum::<u64>() + nowhere.sum::<u64>(), attempts.total + made);
        assert_eq!(over_edges("attempts"), attempts.total + made);
    }

    /// Attempts that services shed, on arrival, when they joined the line again or after the
    /// longest wait, and whose callers had not given up.
    fn shed(&self) -> u64 {
        let mut failed = BTreeSet::new();
        let mut shed = 0;
        for record in &self.log.records {
            let attempt = (record.load, record.request, record.call, record.attempt);
            if matches!(record.kind, EventKind::ATTEMPT_FAILED | EventKind::ATTEMPT_UNNEEDED) {
                failed.insert(attempt);
            } else if matches!(record.kind, EventKind::RENEGED | EventKind::SHED)
                && self.result.components[self.log.name(record)].kind == "service"
                && !failed.contains(&attempt)
            {
                shed += u64::from(self.measured.contains(&(record.load, record.request)));
            }
        }
        shed
    }

    /// No request is sent more often than its policy allows.
    fn amplification(&self) {
        let tries = |policy: &[Layer]| {
            let tries = policy.iter().map(|layer| match layer {
                Layer::Retry(retry) => {
                    let retries = retry.retries().map_or(u32::MAX, |retries| retries as u32);
                    retries.saturating_add(1)
                }
                _ => 1,
            });
            tries.fold(1, u32::saturating_mul)
        };
        let mut most: BTreeMap<&str, u32> = BTreeMap::new();
        for (load, call) in &self.arm.calls {
            most.insert(load, tries(&call.policy));
        }
        for (load, queue) in &self.arm.publishes {
            let consumers = self.arm.consumers.values().filter(|group| group.from == *queue);
            let tries =
                consumers.map(|group| group.max_deliveries.saturating_mul(tries(&group.policy)));
            // Another group may take a message again, each with its own limit.
            most.insert(load, tries.fold(0, u32::saturating_add));
        }
        for record in self.log.records.iter().filter(|record| record.parent.is_none()) {
            let most = most[self.log.load_name(record.load)];
            assert!(record.attempt <= most, "{record:?}: at most {most} attempts");
        }
    }

    fn services(&self) {
        for (name, component) in self.of_kind("service") {
            let of = |metric: &str| count(component, metric);
            let parts = ["answered", "errors", "shed", "cancelled", "for_nobody", "crashed"];
            let config = &self.arm.services[name];
            let reneged = config.max_wait.map_or(0, |_| of("reneged"));
            let sum: u64 = reneged + parts.iter().map(|part| of(part)).sum::<u64>();
            let sum = sum + expired(component);
            assert_eq!(of("arrivals"), sum + of("in_flight"), "arrivals at {name}");
            let replicas = u64::from(config.all_replicas());
            let [slots, places] = [config.slots, config.queue].map(|limit| match limit {
                dessim::kernel::units::Limit::AtMost(most) => most * replicas,
                dessim::kernel::units::Limit::Unlimited => u64::MAX,
            });
            let from = self.scenario.warm_up.as_ns();
            // A run without a duration may end before the warm-up does.
            let window = (from, self.result.end_ns.max(from));
            let measured = |load, request| self.measured.contains(&(load, request));
            let slot = (slots, config.holds_slot);
            let together = self.scenario.ties == Ties::Together;
            let rebuilt = rebuild(self.log, name, slot, window, together, measured);
            assert!(rebuilt.busy_max <= slots, "{name} has too few slots");
            assert!(rebuilt.waiting_max <= places, "the line of {name} overflows");
            // A replica may idle while attempts wait at another.
            assert!(replicas > 1 || !rebuilt.idled, "{name} idles while somebody waits");
            self.time_averages(name, component, slots, &rebuilt);
        }
    }

    /// Little's law and utilisation: gauges agree with sums over the records.
    fn time_averages(&self, name: &str, component: &Component, slots: u64, rebuilt: &Rebuilt) {
        let window = self.result.end_ns.saturating_sub(self.scenario.warm_up.as_ns()) as f64;
        if window == 0.0 {
            assert_eq!(component.get("busy_mean"), Some(Metric::Number(None)));
            return;
        }
        let busy = rebuilt.busy_area as f64 / window;
        assert_same(number(component, "busy_mean"), busy, &format!("busy slots of {name}"));
        if slots == u64::MAX {
            return;
        }
        let utilisation = number(component, "utilisation");
        assert_same(utilisation, busy / slots as f64, &format!("utilisation of {name}"));
        let waiting = rebuilt.waiting_area as f64 / window;
        assert_same(number(component, "waiting_mean"), waiting, &format!("line of {name}"));
        let wait = latency(component, "wait");
        assert_eq!(wait.count, rebuilt.waits.len() as u64);
        if wait.count > 0 {
            let sum: u128 = rebuilt.waits.iter().map(|&wait| u128::from(wait)).sum();
            let mean = (sum + u128::from(wait.count) / 2) / u128::from(wait.count);
            assert_eq!(wait.mean_ns.map(u128::from), Some(mean));
            assert_eq!(wait.max_ns, rebuilt.waits.iter().copied().max());
        }
    }

    /// Bulkheads and pools: a call that joins a line leaves it once, in one of three ways, and
    /// within its longest wait.
    fn lines(&self) {
        let permits = self.of_kind("bulkhead").chain(self.of_kind("pool"));
        for (name, component) in permits {
            let mut waiting = BTreeMap::new();
            let mut reneged = 0;
            for record in self.log.at(name) {
                let call = (record.load, record.request, record.call);
                match record.kind {
                    EventKind::WAITS => {
                        assert_eq!(waiting.insert(call, record.at), None, "{record:?}");
                    }
                    EventKind::ADMITTED | EventKind::LEFT | EventKind::RENEGED => {
                        let since = waiting.remove(&call);
                        let since = since.unwrap_or_else(|| panic!("{record:?} did not wait"));
                        if record.kind != EventKind::LEFT {
                            assert_eq!(record.value, (record.at - since).as_ns(), "{record:?}");
                        }
                        let measured = self.measured.contains(&(record.load, record.request));
                        reneged += u64::from(record.kind == EventKind::RENEGED && measured);
                        let longest = self.arm.pools.get(name).and_then(|pool| pool.max_wait);
                        assert!(longest.is_none_or(|most| record.at - since <= most), "{record:?}");
                    }
                    _ => {}
                }
            }
            let counted = component.get("reneged").unwrap_or(Metric::Count(0));
            assert_eq!(counted, Metric::Count(reneged), "reneged at {name}");
        }
    }

    /// Messages: each published one was dropped or taken, or waits, and so on to its end.
    fn broker(&self) {
        for (name, queue) in self.of_kind("queue") {
            let of = |metric: &str| count(queue, metric);
            assert_eq!(of("published"), of("dropped") + of("taken") + of("waiting"), "{name}");
            let groups: Vec<_> = self
                .of_kind("consumer")
                .filter(|(group, _)| self.arm.consumers[*group].from == *name)
                .collect();
            let sum = |metric: &str| -> u64 {
                groups.iter().map(|(_, group)| count(group, metric)).sum()
            };
            assert_eq!(sum("deliveries"), of("taken"));
            let ended = sum("acknowledged") + sum("redelivered") + sum("dead_lettered");
            let outstanding = sum("deliveries") - ended;
            let backing_off = sum("in_hand") - outstanding;
            let from_loads = self.measured.iter().filter(|(load, _)| {
                let load = self.log.load_name(*load);
                self.arm.publishes.get(load) == Some(name)
            });
            let offered = from_loads.count() as u64;
            assert_eq!(of("published"), offered + sum("redelivered") - backing_off);
        }
    }
}
