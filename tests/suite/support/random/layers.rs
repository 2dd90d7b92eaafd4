//! The layers of random policies.

use std::fmt::Write as _;

use super::Writer;

impl Writer<'_> {
    pub(super) fn backoff(&mut self) -> String {
        let base = self.pick_ms(&[20, 1, 100]);
        let cap = self.pick_ms(&[400, 100]);
        match self.dice.roll(6) {
            0 => "None".to_owned(),
            1 => format!("Constant({base})"),
            2 => format!("Exponential(base: {base}, cap: {cap}, jitter: Full)"),
            3 => format!("Exponential(base: {base}, cap: {cap}, jitter: Equal)"),
            4 => format!("Decorrelated(base: {base}, cap: {cap})"),
            _ => format!("Random({})", self.distribution()),
        }
    }

    pub(super) fn layer(&mut self, kind: u16) -> String {
        match kind {
            0 => {
                let detached = self.style.copies && self.features.has(26);
                let name = if detached { "DetachedTimeout" } else { "Timeout" };
                format!("{name}({})", self.pick_ms(&[50, 10, 120, 500]))
            }
            1 => {
                let retries = self.dice.pick(&[1, 0, 2, 3]);
                let backoff = self.backoff();
                if self.style.copies && self.features.has(27) {
                    return self.retry(retries);
                }
                let budget = match self.features.has(7) {
                    true => ", budget: Tokens(deposit: 0.2, capacity: 3.0)",
                    false => "",
                };
                format!("Retry(max_retries: {retries}, backoff: {backoff}{budget})")
            }
            2 => {
                let threshold = self.dice.pick(&[2, 5, 1]);
                let open = self.pick_ms(&[50, 500]);
                let half_open = match self.style.half_open && self.features.has(25) {
                    true => ", half_open: HalfOpen(calls: 2)",
                    false => "",
                };
                if !half_open.is_empty() && self.features.has(27) {
                    return self.breaker_of_time(&open);
                }
                format!(
                    "Breaker(window: 5, failure_threshold: {threshold}, \
                     open_duration: {open}{half_open})"
                )
            }
            4 => {
                let after = match self.dice.roll(8) {
                    0 => format!("quantile: 0.5, window: 5, after: {}", self.ms(20)),
                    1 => "quantile: 0.9, window: 3".to_owned(),
                    2 => "quantile: 0.5, estimate: Moving(age: 3, minimum: 2)".to_owned(),
                    3 => format!(
                        "quantile: 0.5, estimate: Rotating(period: {}, minimum: 2)",
                        self.pick_ms(&[50, 200])
                    ),
                    4 => "average: Average(percent: 150, window: 3)".to_owned(),
                    5 => "only_after_failures: true".to_owned(),
                    _ => format!("after: {}", self.pick_ms(&[10, 0, 50])),
                };
                let losers = self.dice.pick(&["Cancel", "Leave", "Await"]);
                let max = self.dice.pick(&[1, 2, 3]);
                let fatal = self.dice.pick(&["", ", non_fatal: []", ", non_fatal: [Error, Shed]"]);
                let more = self.more_of_hedge();
                format!("Hedge({after}, max: {max}, losers: {losers}{fatal}{more})")
            }
            5 => format!("Deadline({})", self.pick_ms(&[100, 20, 50])),
            _ => {
                let permits = self.dice.pick(&[2, 1, 10]);
                let queue = self.dice.pick(&["", ", queue: 3", ", queue: 0"]);
                let mut bulkhead = format!("Bulkhead(permits: {permits}{queue}");
                if self.style.waits && self.features.has(23) {
                    let most = self.pick_ms(&[20, 5, 0, 100]);
                    let _ = write!(bulkhead, ", max_wait: {most}");
                }
                if self.style.copies && self.features.has(27) {
                    let _ = write!(bulkhead, ", max_permits: 12, keep_alive: {}", self.ms(20));
                }
                bulkhead + ")"
            }
        }
    }

    /// What a hedge makes of failures, and its budget.
    fn more_of_hedge(&mut self) -> String {
        let on_failure = match self.dice.roll(4) {
            0 => ", on_failure: Replaces, backoff: Constant(\"3ms\")",
            1 => ", failure: Last",
            _ => "",
        };
        let pushback = self.dice.pick(&["", ", pushback: Waits", ", pushback: AtOnce"]);
        let budget = self.dice.pick(&[
            "",
            ", budget: Tokens(deposit: 0.2, capacity: 3.0)",
            ", budget: Concurrent(min: 1)",
            ", budget: Concurrent(min: 1, rule: FailsafeGo)",
            ", budget: Throttle(max_tokens: 4, token_ratio: 0.5)",
            ", budget: Throttle(max_tokens: 4, token_ratio: 0.5), throttled: Ends",
        ]);
        format!("{on_failure}{pushback}{budget}")
    }

    /// A retry with any backoff, budget and limit.
    fn retry(&mut self, retries: u32) -> String {
        let (base, step) = (self.pick_ms(&[20, 1, 100]), self.pick_ms(&[10, 50]));
        let cap = self.pick_ms(&[400, 100]);
        let jitter = match self.dice.roll(8) {
            0 => "None".to_owned(),
            1 => "Full".to_owned(),
            2 => "Full, inclusive: true".to_owned(),
            3 => "Equal".to_owned(),
            4 => "Proportional(0.5)".to_owned(),
            5 => "Additive(0.99)".to_owned(),
            6 => format!("Extra({step})"),
            _ => format!("GrowingExtra({step})"),
        };
        let rest = format!("jitter: {jitter}, grain: {}", self.ms(1));
        let capped = self.dice.pick(&["", ", capped: AfterJitter"]);
        let form = self.dice.pick(&["FromBase", "FromPrevious", "RandomWalk", "Smooth"]);
        let backoff = match self.dice.roll(5) {
            0 => format!("Linear(base: {base}, step: {step}, cap: {cap}{capped}, {rest})"),
            1 => format!("Polynomial(base: {base}, factor: {step}, power: 2, {rest})"),
            2 => format!("List(waits: [{step}, {base}], {rest})"),
            3 => format!("Decorrelated(base: {base}, cap: {cap}, form: {form})"),
            _ => format!("Exponential(base: {base}, first: {step}, cap: {cap}{capped}, {rest})"),
        };
        let on = self.dice.pick(&["Calls", "Results", "Successes"]);
        let budget = match self.dice.roll(7) {
            0 => format!("Tokens(deposit: 0.2, capacity: 3, deposit_on: {on})"),
            1 => format!("Rolling(ratio: 0.2, per_s: 1, ttl: \"1s\", deposit_on: {on})"),
            2 => "Rolling(ratio: 0.7, per_s: 0, arithmetic: Tower, per_call: 0.5)".to_owned(),
            3 => "Throttle(max_tokens: 4, token_ratio: 0.5)".to_owned(),
            4 => "Quota(capacity: 30, timeout_cost: 10, shed_cost: 5)".to_owned(),
            5 => "Concurrent(min: 1, ratio: 0.2)".to_owned(),
            _ => "Concurrent(min: 1, ratio: 0.2, rule: FailsafeGo)".to_owned(),
        };
        let pushback = match self.dice.roll(4) {
            0 => "Ignored".to_owned(),
            1 => format!("Replaces(cap: {cap}, restarts: true)"),
            2 => format!("AtLeast(above: {step})"),
            _ => format!("Spread(cap: {cap})"),
        };
        let ends = self.dice.pick(&["Begins", "Failures", "Waits"]);
        let limit = match self.dice.roll(3) {
            0 => format!("max_retries: \"unlimited\", time_limit: {}", self.ms(500)),
            1 => format!("max_retries: {retries}, time_limit: {cap}, limit_ends: {ends}"),
            _ => format!("max_retries: {retries}"),
        };
        format!(
            "Retry({limit}, backoff: {backoff}, shed_backoff: Constant({step}), budget: {budget}, \
             pushback: {pushback})"
        )
    }

    /// A breaker over a time, with what libraries add to it.
    fn breaker_of_time(&mut self, open: &str) -> String {
        let (window, stay, width) = (self.ms(200), self.ms(100), self.ms(50));
        let kind = self.dice.pick(&["Clock", "Start", "Tenths", "One"]);
        let buckets = match kind {
            "Clock" | "Start" => format!("{kind}({width})"),
            _ => kind.to_owned(),
        };
        let open = match self.dice.roll(2) {
            0 => format!("open_duration: {open}"),
            _ => format!("open_backoff: Exponential(base: {open}, jitter: Equal)"),
        };
        let ignored = self.dice.pick(&["", ", failure_on: [Timeout, Error], ignored: [Shed]"]);
        let late = self.dice.pick(&["Apply", "Discard", "Own"]);
        let at_close = self.dice.pick(&["Empties", "Restarts", "Keeps"]);
        let volume = self.dice.pick(&["Results", "Admitted", "Calls"]);
        let half_open = match self.dice.roll(3) {
            0 => "calls: 2, places: AtOnce, verdict: Good(1)".to_owned(),
            1 => "calls: 1, begins: Timer".to_owned(),
            _ => format!("calls: 1, verdict: AnyGood, longest_stay: {stay}, then: HalfOpen"),
        };
        let opens_on = match kind {
            "Tenths" | "One" => "Failures",
            _ => self.dice.pick(&["Results", "Buckets"]),
        };
        format!(
            "Breaker(window: {window}, buckets: {buckets}, minimum_calls: 3, failure_rate: 0.5, \
             opens_on: {opens_on}, {open}, late_results: {late}, at_close: {at_close}, \
             volume: {volume}, half_open: HalfOpen({half_open}){ignored})"
        )
    }

    pub(super) fn rate_limit(&mut self) -> String {
        let (every, window) = (self.pick_ms(&[10, 1, 50]), self.pick_ms(&[50, 10, 200]));
        let (burst, limit) = (self.dice.pick(&[2, 1, 10]), self.dice.pick(&[5, 1, 20]));
        let rate = self.rate();
        let leaky = format!("LeakyBucket(rate: {rate}, burst: {limit}, at_once: 1)");
        let algorithm = match self.dice.roll(8) {
            0 => format!("Gcra(every: {every}, burst: {burst})"),
            1 => format!("TokenBucket(rate: {rate}, burst: {burst})"),
            2 => format!("TokenBucket(rate: {rate}, burst: {burst}, arithmetic: Float)"),
            3 => format!("StepBucket(burst: {limit}, tokens: {burst}, every: {every})"),
            4 => format!("FixedWindow(limit: {limit}, window: {window})"),
            5 => format!("FixedWindow(limit: {limit}, window: {window}, starts: FirstCall)"),
            6 => format!("SlidingWindow(limit: {limit}, window: {window})"),
            _ => format!("SlidingLog(limit: {limit}, window: {window})"),
        };
        let most = self.pick_ms(&[20, 0, 100]);
        let wait = match self.dice.roll(5) {
            0 => String::new(),
            1 => return format!("RateLimit(algorithm: {leaky}),"),
            4 => return "RateLimit(algorithm: AwsAdaptive()),".to_owned(),
            2 => format!(", max_wait: {most}"),
            _ => format!(", max_wait: {}, refusal: AfterMaxWait", self.ms(20)),
        };
        format!("RateLimit(algorithm: {algorithm}{wait}),")
    }

    pub(super) fn adaptive_limit(&mut self) -> String {
        let (initial, max) = (self.dice.pick(&[2, 1, 10]), self.dice.pick(&[10, 50]));
        let (every, time) = (self.pick_ms(&[20, 100]), self.pick_ms(&[50, 10]));
        let algorithm = match self.dice.roll(5) {
            0 => format!("Aimd(initial: {initial}, min: 1, max: {max}, timeout: {time})"),
            1 => format!("Vegas(initial: {initial}, max: {max}, probe_multiplier: 3)"),
            2 => format!("Gradient2(initial: {initial}, min: 1, max: {max}, queue: 1)"),
            3 => format!("EnvoyGradient(update_interval: {every}, min_rtt: {time}, max: {max})"),
            _ => format!(
                "EnvoyGradient(update_interval: {every}, measure_every: {}, requests: 3, \
                 min: 1, max: {max})",
                self.pick_ms(&[200, 500])
            ),
        };
        let envoy = algorithm.starts_with("Envoy");
        let windowed = match !envoy && self.dice.roll(3) == 1 {
            true => format!(", windowed: Windowed(min: {every}, max: {every}, samples: 3)"),
            false => String::new(),
        };
        if self.features.has(19) && self.dice.roll(2) == 1 {
            let delay = self.ms(20);
            return format!(
                "AdaptiveLimit(algorithm: {algorithm}{windowed}, max_delayed: 1, partitions: {{ \
                 \"gold\": Partition(share: 0.3, delay: {delay}), \
                 \"bad\": Partition(share: 0.1) }}),"
            );
        }
        let line = self.dice.pick(&["", ", queue: 3", ", queue: \"unlimited\""]);
        let order = self.dice.pick(&["", ", order: Lifo"]);
        let wait = match self.dice.roll(3) {
            0 => String::new(),
            _ => format!(", max_wait: {}", self.pick_ms(&[20, 0, 100])),
        };
        let shared = self.dice.pick(&["", ", scope: Shared"]);
        format!("AdaptiveLimit(algorithm: {algorithm}{windowed}{line}{order}{wait}{shared}),")
    }

    pub(super) fn throttle(&mut self) -> String {
        let window = self.pick_ms(&[200, 2_000]);
        let algorithm = match self.dice.roll(4) {
            0 => format!("Sre(window: {window}, buckets: 10)"),
            1 => "EnvoyAdmission(window: \"1s\", min_rps: 2)".to_owned(),
            2 => format!("FailsafeGo(window: {window})"),
            _ => "GoZero()".to_owned(),
        };
        let failures = self.dice.pick(&["", ", failures: [Shed]"]);
        format!("Throttle(algorithm: {algorithm}{failures}),")
    }
}
