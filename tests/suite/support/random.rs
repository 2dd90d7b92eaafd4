//! Random scenarios. Every feature may be on or off; values come from small sets, so that ties,
//! full queues and exhausted budgets are common.
//!
//! A list of numbers determines a scenario. Zero or a missing number is the simplest choice, so
//! shrinking the list shrinks the scenario.

use std::fmt::Write as _;

use style::Style;

mod layers;
pub(crate) mod style;

/// The source of choices.
struct Dice<'a> {
    rolls: &'a [u16],
}

impl Dice<'_> {
    /// A number below `sides`.
    fn roll(&mut self, sides: u16) -> u16 {
        let Some((first, rest)) = self.rolls.split_first() else {
            return 0;
        };
        self.rolls = rest;
        first % sides
    }

    fn pick<T: Copy>(&mut self, menu: &[T]) -> T {
        menu[usize::from(self.roll(menu.len() as u16))]
    }
}

/// Which features may appear at all in one scenario.
struct Features(u16, u16);

impl Features {
    fn has(&self, bit: u32) -> bool {
        (u32::from(self.0) | u32::from(self.1) << 16) & (1 << bit) != 0
    }
}

struct Writer<'a> {
    dice: Dice<'a>,
    features: Features,
    style: Style,
}

impl Writer<'_> {
    fn ms(&self, ms: u64) -> String {
        format!("\"{}us\"", ms * 1000 * self.style.scale)
    }

    fn pick_ms(&mut self, menu: &[u64]) -> String {
        let ms = self.dice.pick(menu);
        self.ms(ms)
    }

    fn rate(&mut self) -> String {
        // Periods are whole nanoseconds at every scale.
        let nano = self.dice.pick(&[100, 50, 200, 500]) * 1_000_000_000 / self.style.scale;
        format!("\"{}.{:09}/s\"", nano / 1_000_000_000, nano % 1_000_000_000)
    }

    fn distribution(&mut self) -> String {
        let mean = self.pick_ms(&[10, 1, 20, 100]);
        match self.dice.roll(4) {
            0 => format!("Constant({mean})"),
            1 => format!("Exponential(mean: {mean})"),
            2 => format!("Uniform(min: {}, max: {mean})", self.ms(0)),
            _ => format!("Bimodal(fast: {}, slow: {mean}, slow_ratio: 0.25)", self.ms(1)),
        }
    }

    fn load(&mut self) -> String {
        let arrivals = match self.dice.roll(6) {
            0 => format!("Constant(rate: {})", self.rate()),
            1 => format!("Poisson(rate: {})", self.rate()),
            2 => {
                let size = self.dice.pick(&[3, 10, 40]);
                let every = self.pick_ms(&[10, 80, 200]);
                format!("Bursts(size: {size}, every: {every})")
            }
            3 => format!("Renewal(gap: {}, batch: 2)", self.distribution()),
            4 => {
                let (first, second) = (self.rate(), self.rate());
                let lasts = self.pick_ms(&[100, 500]);
                format!(
                    "Stages(repeat: true, stages: [(lasts: {lasts}, rate: {first}), \
                     (lasts: {lasts}, rate: {second}, ramp_to: {first})])"
                )
            }
            _ => {
                let callers = self.dice.pick(&[1, 5, 30]);
                let think = self.distribution();
                format!("ClosedLoop(callers: {callers}, think: {think})")
            }
        };
        let total = self.dice.pick(&[50, 1, 200, 400]);
        let mut load = format!("Load(arrivals: {arrivals}, total: {total}");
        if self.features.has(0) {
            let deadline = self.pick_ms(&[100, 10]);
            let _ = write!(load, ", deadline: {deadline}");
        }
        if self.features.has(1) {
            let start = self.pick_ms(&[0, 30]);
            let _ = write!(load, ", start: {start}");
        }
        if self.style.nested && self.features.has(19) {
            load += ", classes: { \"gold\": Class(ratio: 0.4, priority: 3), \
                     \"large\": Class(ratio: 0.2, size: Constant(2), priority: 1), \
                     \"bad\": Class(ratio: 0.2, fails_first: 2) }";
        }
        load + ")"
    }

    fn service(&mut self) -> String {
        let mut service = format!("Service(time: {}", self.distribution());
        if self.features.has(2) {
            let slots = self.dice.pick(&[1, 2, 5, 20]);
            let _ = write!(service, ", slots: {slots}");
            if self.features.has(3) {
                let places = self.dice.pick(&[0, 1, 5, 50]);
                let _ = write!(service, ", queue: {places}");
            }
            if self.style.waits && self.features.has(22) {
                let most = self.pick_ms(&[20, 5, 0, 100]);
                let _ = write!(service, ", max_wait: {most}");
            }
        }
        if self.features.has(4) {
            let ratio = self.dice.pick(&[0.1, 0.5, 1.0]);
            let _ = write!(service, ", failure_ratio: {ratio}");
        }
        if self.features.has(5) {
            let added = self.pick_ms(&[50, 5]);
            let _ = write!(
                service,
                ", overload: Overload(knee: 4.0, added_latency: {added}, \
                 added_failure_ratio: 0.4, max_failure_ratio: 0.95)"
            );
        }
        if self.features.has(6) {
            let how = self.dice.pick(&["None", "QueuedOnly", "Immediate"]);
            let _ = write!(service, ", cancellation: {how}");
        }
        if self.style.copies && self.features.has(21) {
            service += ", refuses_expired: true";
        }
        service + ")"
    }

    /// Up to five layers in any order, kinds repeated, of one client or three.
    fn policy(&mut self) -> String {
        let mut policy = String::new();
        for _ in 0..self.dice.roll(6) {
            let kind = self.dice.roll(if self.style.copies { 6 } else { 4 });
            let feature = [8, 9, 10, 11, 19, 20][usize::from(kind)];
            if self.features.has(feature) {
                policy += &self.layer(kind);
                policy.push(',');
            }
        }
        if self.style.waits && self.features.has(24) {
            let pool = "Pool(\"threads\"),";
            match self.dice.roll(3) {
                0 => policy += pool,
                1 => policy.insert_str(0, pool),
                _ => {}
            }
        }
        if self.style.copies && self.features.has(26) {
            let limit = self.rate_limit();
            match self.dice.roll(3) {
                0 => policy += &limit,
                1 => policy.insert_str(0, &limit),
                _ => {}
            }
        }
        if self.style.copies && self.features.has(27) {
            let limit = self.adaptive_limit();
            match self.dice.roll(3) {
                0 => policy += &limit,
                1 => policy.insert_str(0, &limit),
                _ => {}
            }
        }
        if self.style.copies && self.features.has(28) {
            let throttle = self.throttle();
            match self.dice.roll(3) {
                0 => policy += &throttle,
                1 => policy.insert_str(0, &throttle),
                _ => {}
            }
        }
        let clients = if self.style.nested && self.features.has(20) { "clients: 3, " } else { "" };
        format!("{clients}policy: [{policy}{}]", self.style.inside)
    }

    fn consumer(&mut self, to: &str) -> String {
        let (concurrency, deliveries) = (self.dice.pick(&[1, 4, 16]), self.dice.pick(&[1, 2, 4]));
        let (policy, backoff) = (self.policy(), self.backoff());
        let holds = self.dice.pick(&["true", "false"]);
        format!(
            "Consumer(from: \"jobs\", concurrency: {concurrency}, to: \"{to}\", {policy}, \
             max_deliveries: {deliveries}, backoff: {backoff}, backoff_holds_consumer: {holds})"
        )
    }

    fn fault(&mut self, service: &str) -> String {
        let from = self.dice.pick(&[100, 0, 300]);
        let until = from + self.dice.pick(&[100, 10, 1000]);
        let effect = self.dice.pick(&["Frozen", "Failing", "Crashed", "Slowed(factor: 2.5)"]);
        let ratio = self.dice.pick(&["", ", ratio: 0.5"]);
        let (from, until) = (self.ms(from), self.ms(until));
        format!(
            "Fault(service: \"{service}\", from: {from}, until: {until}, effect: {effect}{ratio})"
        )
    }

    /// The handler of the service "server", which may call "leaf" along "a", "b" and "c".
    fn handler(&mut self) -> String {
        let mut steps = String::new();
        for _ in 0..=self.dice.roll(3) {
            let wait = self.dice.pick(&["All", "First", "Quorum(2)"]);
            let work = self.distribution();
            steps += &match self.dice.roll(6) {
                0 => "Call(\"a\"),".to_owned(),
                1 => format!("Parallel(calls: [\"a\", \"b\", \"a\"], wait: {wait}),"),
                2 => "Optional([Call(\"b\")]),".to_owned(),
                3 => format!("Work({work}),"),
                4 => "Branch([Case(ratio: 0.5, steps: [Call(\"c\")]), Case(ratio: 0.25)]),"
                    .to_owned(),
                _ => format!("Parallel(calls: [\"c\", \"b\"], wait: {wait}),"),
            };
        }
        let holds = self.dice.pick(&["true", "false"]);
        let all = "Optional([Parallel(calls: [\"a\", \"b\", \"c\"])])";
        format!(", handler: [{steps} {all}], holds_slot: {holds})")
    }

    /// Pools. A call that holds a permit may wait for another, so every wait has a limit.
    fn pool(&mut self) -> String {
        let permits = self.dice.pick(&[3, 1, 10]);
        let queue = self.dice.pick(&["", ", queue: 4"]);
        let most = self.pick_ms(&[50, 5, 200]);
        format!("Pool(permits: {permits}{queue}, max_wait: {most})")
    }

    /// A section with its entries, in the order of the style.
    fn section(&self, name: &str, mut entries: Vec<String>, more: &str) -> String {
        if self.style.reversed {
            entries.reverse();
        }
        if entries.is_empty() && more.is_empty() {
            return String::new();
        }
        format!("{name}: {{ {}, {more} }},\n", entries.join(", "))
            .replace("{ , ", "{ ")
            .replace(",  }", " }")
    }

    fn scenario(&mut self) -> String {
        let entry = |name: &str, value: String| format!("\"{name}\": {value}");
        let two_loads = self.features.has(12);
        let two_services = self.features.has(13);
        let broker = self.features.has(14);
        let second = if two_services { "cache" } else { "server" };
        let mut loads = vec![entry("clients", self.load())];
        let mut services = vec![entry("server", self.service())];
        let (mut calls, mut publishes, mut queues) = (Vec::new(), Vec::new(), Vec::new());
        let (mut consumers, mut faults) = (Vec::new(), Vec::new());
        if two_services {
            services.push(entry("cache", self.service()));
        }
        if broker {
            let capacity = self.dice.pick(&["", "capacity: 1", "capacity: 20"]);
            queues.push(entry("jobs", format!("Queue({capacity})")));
            consumers.push(entry("workers", self.consumer("server")));
            if self.features.has(15) {
                consumers.push(entry("helpers", self.consumer(second)));
            }
            publishes.push(entry("clients", "\"jobs\"".to_owned()));
        } else {
            let policy = self.policy();
            calls.push(entry("clients", format!("Call(to: \"server\", {policy})")));
        }
        if two_loads || (two_services && !(broker && self.features.has(15))) {
            loads.push(entry("batch", self.load()));
            let policy = self.policy();
            calls.push(entry("batch", format!("Call(to: \"{second}\", {policy})")));
        }
        if self.style.nested {
            let handler = self.handler();
            let server = services[0].trim_end_matches(')').to_owned();
            // A distribution or an overload ends with the same bracket as the service.
            let brackets = services[0].len() - server.len() - 1;
            services[0] = server + &")".repeat(brackets) + &handler;
            services.push(entry("leaf", self.service()));
            for call in ["a", "b", "c"] {
                let policy = self.policy();
                calls.push(entry(call, format!("Call(to: \"leaf\", {policy})")));
            }
        }
        if self.features.has(16) {
            faults.push(entry("first", self.fault("server")));
            faults.push(entry("second", self.fault(second)));
        }
        let mut pools = Vec::new();
        if self.style.waits && self.features.has(24) {
            pools.push(entry("threads", self.pool()));
        }
        let [more_services, more_loads, more_calls, more_faults] = self.style.more;
        let mut sections = [
            self.section("load", loads, more_loads),
            self.section("services", services, more_services),
            self.section("pools", pools, ""),
            self.section("queues", queues, ""),
            self.section("consumers", consumers, ""),
            self.section("calls", calls, more_calls),
            self.section("publishes", publishes, ""),
            self.section("faults", faults, more_faults),
        ];
        if self.style.reversed {
            sections.reverse();
        }
        let head = self.head();
        format!("Scenario(schema: 1, {head}{})", sections.concat())
    }

    fn head(&mut self) -> String {
        let mut head = String::new();
        if self.features.has(17) {
            let warm_up = self.pick_ms(&[0, 200]);
            let _ = writeln!(head, "warm_up: {warm_up},");
        }
        if self.features.has(18) {
            let duration = self.pick_ms(&[1000, 300, 5000]);
            let _ = writeln!(head, "duration: {duration},");
        }
        head
    }
}

/// The scenario of a list of numbers.
pub(crate) fn text(rolls: &[u16], style: Style) -> String {
    let mut dice = Dice { rolls };
    let features = Features(dice.roll(u16::MAX), dice.roll(u16::MAX));
    let mut writer = Writer { dice, features, style };
    writer.scenario()
}
