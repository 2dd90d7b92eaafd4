//! The scenario of each case, made of its parameters.

use super::Case;

/// How a case is played.
pub(super) struct Plan {
    /// The scenario.
    pub(super) text: String,
    /// Runs, one a seed.
    pub(super) replications: u64,
    /// From the end of the warm-up to the end of the run, in seconds.
    pub(super) window: (f64, f64),
}

/// A standard error of 20 replications has an error of a sixth, more than some targets allow; one
/// of 40 has an error of a ninth, and is smaller.
const REPLICATIONS: u64 = 40;
/// Requests of one replication, at scale 1 and after the warm-up.
const REQUESTS: f64 = 50_000.0;
/// The warm-up as a share of the measured time: some relaxation times of the slowest case.
const WARM_UP: f64 = 0.2;

/// A load, a service and the components between them.
struct Parts {
    /// Entries of `load`.
    loads: String,
    /// Requests a second.
    rate: f64,
    /// Entries of `services`.
    services: String,
    route: String,
}

impl Parts {
    fn call(arrivals: &str, rate: f64, service: &str, policy: &str) -> Self {
        Self {
            loads: load(arrivals),
            rate,
            services: format!(r#""server": Service({service})"#),
            route: format!(r#"calls: {{ "load": Call(to: "server", policy: [{policy}]) }}"#),
        }
    }

    fn plan(&self, scale: f64) -> Plan {
        let seconds = (REQUESTS * scale / self.rate).ceil();
        let warm_up = (seconds * WARM_UP / scale.sqrt()).ceil();
        let end = warm_up + seconds;
        let Self { loads, services, route, .. } = self;
        Plan {
            text: format!(
                r#"Scenario(schema: 1, warm_up: "{warm_up}s", duration: "{end}s",
                load: {{ {loads} }}, services: {{ {services} }}, {route})"#
            ),
            replications: REPLICATIONS,
            window: (warm_up, end),
        }
    }
}

fn load(arrivals: &str) -> String {
    format!(r#""load": Load(arrivals: {arrivals})"#)
}

fn exponential(mean_ms: f64) -> String {
    format!(r#"Exponential(mean: "{mean_ms}ms")"#)
}

fn mixture(phases: [(f64, f64); 2]) -> String {
    let phase = |(ratio, mean)| format!(r#"(ratio: {ratio}, mean: "{mean}ms")"#);
    format!("HyperExponential([{}, {}])", phase(phases[0]), phase(phases[1]))
}

/// The distribution of service times of a case that states it in words.
fn law(id: &str, case: &Case) -> String {
    match id {
        "MDC-4" => format!(r#"Constant("{}ms")"#, case.param("service_mean_ms")),
        "MG1-pareto" => r#"Pareto(alpha: 2.5, min: "6ms")"#.to_owned(),
        "MG1-hyperexp" => mixture([(0.9, 5.0), (0.1, 55.0)]),
        "ME2-1" => format!(r#"Erlang(stages: 2, mean: "{}ms")"#, case.param("service_mean_ms")),
        "ERLB-10-deterministic" => r#"Constant("100ms")"#.to_owned(),
        "ERLB-10-uniform" => r#"Uniform(min: "0ms", max: "200ms")"#.to_owned(),
        "ERLB-10-hyperexp" => mixture([(0.9, 50.0), (0.1, 550.0)]),
        _ => exponential(case.param("service_mean_ms")),
    }
}

/// Poisson arrivals at a service with slots, an optional queue, and a policy.
fn open(case: &Case, service: &str, policy: &str) -> Parts {
    let rate = case.param("lambda_per_s");
    let arrivals = format!(r#"Poisson(rate: "{rate}/s")"#);
    Parts::call(&arrivals, rate, service, policy)
}

fn closed(case: &Case, think: &str) -> Parts {
    let mean = case.param("think_mean_ms");
    let think = match think {
        "constant" => format!(r#"Constant("{mean}ms")"#),
        "uniform" => format!(r#"Uniform(min: "0ms", max: "{}ms")"#, 2.0 * mean),
        _ => exponential(mean),
    };
    let arrivals = format!("ClosedLoop(callers: {}, think: {think})", case.param("clients"));
    let (slots, time) = (case.param("servers"), law("", case));
    let service = format!("slots: {slots}, time: {time}");
    let rate = case.number("throughput_per_s");
    Parts::call(&arrivals, rate, &service, "")
}

/// Consumers that hold a message while a service without limits works on it.
fn broker(id: &str, case: &Case, backoff: &str) -> Parts {
    let rate = case.param("lambda_per_s");
    let (capacity, failure, deliveries) = match id {
        "BROKER-bounded" => (format!("capacity: {}", case.param("capacity_waiting")), 0.0, 1.0),
        _ => {
            let (ratio, most) = (case.param("nack_prob"), case.param("max_deliveries"));
            (String::new(), ratio, most)
        }
    };
    let consumers = case.param("consumers");
    let backoff = if backoff.is_empty() { "None" } else { backoff };
    Parts {
        loads: load(&format!(r#"Poisson(rate: "{rate}/s")"#)),
        rate,
        services: format!(
            r#""server": Service(time: {}, failure_ratio: {failure})"#,
            law("", case)
        ),
        route: format!(
            r#"queues: {{ "jobs": Queue({capacity}) }}, publishes: {{ "load": "jobs" }},
            consumers: {{ "workers": Consumer(from: "jobs", concurrency: {consumers},
                to: "server", max_deliveries: {deliveries}, backoff: {backoff},
                backoff_holds_consumer: false) }}"#
        ),
    }
}

/// A breaker that opens at failures in a row, with one trial call.
fn breaker(case: &Case) -> Parts {
    let service = format!(r#"time: Constant("0s"), failure_ratio: {}"#, case.param("failure_prob"));
    let policy = format!(
        r#"Breaker(consecutive_failures: {}, open_duration: "{}ms",
            half_open: HalfOpen(calls: {}))"#,
        case.param("consecutive_failures"),
        case.param("open_ms"),
        case.param("half_open_probes")
    );
    open(case, &service, &policy)
}

fn retry(case: &Case, backoff: &str) -> Parts {
    let failure = case.param("failure_prob");
    let (time, retries) = (law("", case), case.param("retries"));
    let service = format!("slots: 1, time: {time}, failure_ratio: {failure}");
    let policy = format!("Retry(max_retries: {retries}, backoff: {backoff})");
    open(case, &service, &policy)
}

/// Replicas with a slot each.
fn balanced(case: &Case, balancing: &str) -> Parts {
    let service = format!(
        "slots: 1, replicas: {}, time: {}",
        case.param("replicas"),
        exponential(case.param("service_mean_ms"))
    );
    let route = format!(r#"calls: {{ "load": Call(to: "server", balancing: {balancing}) }}"#);
    Parts { route, ..open(case, &service, "") }
}

/// Servers whose line is left after a longest wait: the slots of a service, or permits in front of
/// services without limits, in a bulkhead or in a pool that two loads share.
fn reneging(case: &Case, what: &str) -> Parts {
    let (servers, time) = (case.param("servers"), law("", case));
    let most = format!(r#"max_wait: "{}ms""#, case.param("max_wait_ms"));
    let unlimited = format!("time: {time}");
    match what {
        "service" => open(case, &format!("slots: {servers}, time: {time}, {most}"), ""),
        "bulkhead" => open(case, &unlimited, &format!("Bulkhead(permits: {servers}, {most})")),
        _ => {
            let rate = case.param("lambda_per_s");
            let half = format!(r#"Load(arrivals: Poisson(rate: "{}/s"))"#, rate / 2.0);
            let policy = r#"policy: [Pool("threads")]"#;
            Parts {
                loads: format!(r#""load": {half}, "other": {half}"#),
                rate,
                services: format!(
                    r#""server": Service({unlimited}), "second": Service({unlimited})"#
                ),
                route: format!(
                    r#"pools: {{ "threads": Pool(permits: {servers}, {most}) }},
                    calls: {{ "load": Call(to: "server", {policy}),
                        "other": Call(to: "second", {policy}) }}"#
                ),
            }
        }
    }
}

/// Refused requests come back after an exponential time, until they are served.
fn for_ever(mean_ms: f64) -> String {
    format!("Retry(max_retries: {}, backoff: Random({}))", u32::MAX, exponential(mean_ms))
}

/// One server and a limit of the time of an attempt, by the work that the limit ends.
fn given_up(id: &str, case: &Case) -> Parts {
    let one_slot = |more: &str| format!("slots: 1, time: {}, {more}", law(id, case));
    let (cancellation, limit) = match id {
        "TO-nocancel" => ("None", "caller_timeout_ms"),
        "RENEGE-D-150" => ("QueuedOnly", "queue_timeout_ms"),
        _ => ("Immediate", "deadline_ms"),
    };
    let policy = format!(r#"Timeout("{}ms")"#, case.param(limit));
    let service = one_slot(&format!("cancellation: {cancellation}"));
    open(case, &service, &policy)
}

/// The plan of a case, at `scale` times its everyday length.
pub(super) fn plan(id: &str, variant: &str, case: &Case, scale: f64) -> Plan {
    let time = |id| law(id, case);
    let one_slot = |more: &str| format!("slots: 1, time: {}, {more}", law(id, case));
    let parts = match id {
        "BRK-0.3-5" | "BRK-0.1-3" => breaker(case),
        "H2M1" => {
            let gap = mixture([(0.9, 5.0), (0.1, 80.0)]);
            Parts::call(&format!("Renewal(gap: {gap})"), 80.0, &one_slot(""), "")
        }
        "BATCH-fixed" => {
            let rate = case.param("batch_rate_per_s");
            let arrivals = format!(r#"Poisson(rate: "{rate}/s", batch: 10)"#);
            Parts::call(&arrivals, rate * 10.0, &one_slot(""), "")
        }
        "TO-nocancel" | "RENEGE-D-150" | "KILL-D-150" => given_up(id, case),
        "TO-retry-inf" => {
            let service = r#"time: LogNormalMedian(median: "20ms", sigma: 1.0)"#;
            let (timeout, retries) = (case.param("timeout_ms"), case.param("retries"));
            let policy = format!(
                r#"Retry(max_retries: {retries}, backoff: Constant("30ms")),
                Timeout("{timeout}ms")"#
            );
            let arrivals = r#"Poisson(rate: "1000/s")"#.to_owned();
            Parts::call(&arrivals, 1000.0, service, &policy)
        }
        "GEOM-0.5-2" => {
            let failure = case.param("failure_prob");
            let service = format!(r#"time: Constant("1ms"), failure_ratio: {failure}"#);
            let policy = format!("Retry(max_retries: {})", case.param("max_retries"));
            let arrivals = r#"Constant(rate: "1000/s")"#.to_owned();
            Parts::call(&arrivals, 1000.0, &service, &policy)
        }
        "RETRIAL-1" => {
            let policy = r#"Retry(max_retries: 1, backoff: Random(Exponential(mean: "50ms")))"#;
            open(case, &one_slot("queue: 0"), policy)
        }
        _ if id.starts_with("RR-") => balanced(case, "RoundRobin"),
        _ if id.starts_with("RAND-") => balanced(case, "Random"),
        _ if id.starts_with("JSQ-") => balanced(case, "LeastRequest"),
        "RENEGE-D-4" => reneging(case, variant),
        _ if id.starts_with("RETRIAL-INF") => {
            open(case, &one_slot("queue: 0"), &for_ever(case.param("backoff_mean_ms")))
        }
        _ if id.starts_with("RETRY-MM1") => retry(case, variant),
        _ if id.starts_with("TOKEN") => {
            let limit = format!("RateLimit(algorithm: {variant})");
            open(case, r#"time: Constant("1ms")"#, &limit)
        }
        _ if id.starts_with("CLOSED") => closed(case, variant),
        _ if id.starts_with("BROKER") => broker(id, case, variant),
        _ => {
            let slots = case.param("servers");
            let slots = match case.params["queue_capacity_waiting"].as_u64() {
                Some(0) if variant == "no wait" => format!(r#"slots: {slots}, max_wait: "0s""#),
                Some(0) if variant == "no wait for a permit" => String::new(),
                Some(places) => format!("slots: {slots}, queue: {places}"),
                None => format!("slots: {slots}"),
            };
            let policy = match slots.as_str() {
                "" => format!(r#"Bulkhead(permits: {}, max_wait: "0s")"#, case.param("servers")),
                _ => String::new(),
            };
            open(case, &format!("time: {}, {slots}", time(id)), &policy)
        }
    };
    // Near saturation, relaxation takes long.
    parts.plan(if id == "MM1-95" { 3.0 * scale } else { scale })
}
