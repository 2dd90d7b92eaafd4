//! From a checked scenario to worlds that can run: names become ids, words become numbers.
//!
//! Ids follow the order of names, so the order of declarations cannot reach a run.

use std::collections::BTreeMap;
use std::collections::VecDeque;

use super::names::layer_names;
use super::pipelines::edge_name;
use super::schema::{self, Arm, Layer, Scenario};
use crate::kernel::calendar::Calendar;
use crate::kernel::distribution::spec::resolve;
use crate::kernel::distribution::{Distribution, InvalidDistribution};
use crate::kernel::draw::{Site, key};
use crate::kernel::simulation::Clock;
use crate::kernel::time::{Duration, Instant};
use crate::kernel::units::Limit;
use crate::metrics::fingerprint::Fingerprint;
use crate::metrics::probe::Probe;
use crate::model::backoff::{Backoff, Formula, Jitter};
use crate::model::consumer::{self, Consumer};
use crate::model::edge::Edges;
use crate::model::fault::{Effect, Fault, Timeline};
use crate::model::frame::{Frames, NONE, NodeId};
use crate::model::layer::{
    breaker::Breaker, bulkhead::Bulkhead, retry, retry::Retry, timeout::Timeout,
};
use crate::model::load::{self, Arrivals, Load, Stages};
use crate::model::queue::Queue;
use crate::model::request::Requests;
use crate::model::service::{self, Cancellation, Overload, Service};
use crate::model::state::{Cx, Ties};
use crate::model::tally::Tally;
use crate::model::walker::Node;
use crate::model::world::World;

/// Why a scenario that was not checked cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A distribution is not one.
    #[error(transparent)]
    Distribution(#[from] InvalidDistribution),
    /// A name is used and not defined.
    #[error("`{0}` is not defined")]
    Undefined(String),
}

/// A world and what its nodes are called, in the order of their ids.
#[derive(Debug)]
pub struct Built<C, P> {
    /// The world at instant zero.
    pub world: World<C, P>,
    /// Names of its nodes.
    pub names: Vec<String>,
}

/// Builds one complete arm (of [`super::arms::arms`]) for a run with `seed`. `probe` is told the
/// names of the nodes, which are indices in its records.
///
/// # Errors
/// Only for scenarios that [`super::check`] refuses.
pub fn build<C: Calendar, P: Probe>(
    scenario: &Scenario,
    arm: &Arm,
    seed: u64,
    probe: impl FnOnce(&[String]) -> P,
) -> Result<Built<C, P>, BuildError> {
    let measured_from = instant(scenario.warm_up);
    let mut builder = Builder {
        seed,
        measured_from,
        clock: Clock::new(),
        nodes: Vec::new(),
        names: Vec::new(),
        ids: BTreeMap::new(),
    };
    builder.services(arm)?;
    builder.queues(arm);
    builder.consumers(arm)?;
    builder.loads(scenario, arm)?;
    let keys = builder.names.iter().map(|name| key(name)).collect();
    let cx = Cx {
        clock: builder.clock,
        frames: Frames::default(),
        requests: Requests::default(),
        tally: Tally::default(),
        edges: Edges::new(builder.nodes.len()),
        ready: VecDeque::new(),
        pulls: Vec::new(),
        ties: match scenario.ties {
            schema::Ties::Handover => Ties::Handover,
            schema::Ties::Together => Ties::Together,
        },
        freed: VecDeque::new(),
        starts: VecDeque::new(),
        remainder: false,
        fingerprint: Fingerprint::EMPTY,
        measured_from,
        measured_until: scenario.measured_until(),
        probe: probe(&builder.names),
    };
    Ok(Built { world: World::new(builder.nodes, keys, cx), names: builder.names })
}

struct Builder<C> {
    seed: u64,
    measured_from: Instant,
    clock: Clock<C>,
    nodes: Vec<Node>,
    names: Vec<String>,
    /// Services and queues.
    ids: BTreeMap<String, NodeId>,
}

fn instant(since_start: Duration) -> Instant {
    Instant::ZERO.saturating_add(since_start)
}

fn limit(limit: Limit) -> u64 {
    match limit {
        Limit::Unlimited => u64::MAX,
        Limit::AtMost(most) => most,
    }
}

impl<C: Calendar> Builder<C> {
    fn add(&mut self, name: &str, node: Node) -> NodeId {
        self.names.push(name.to_owned());
        self.nodes.push(node);
        (self.nodes.len() - 1) as NodeId
    }

    fn find(&self, name: &str) -> Result<NodeId, BuildError> {
        let id = self.ids.get(name).copied();
        id.ok_or_else(|| BuildError::Undefined(name.to_owned()))
    }

    fn site(&self, component: &str, purpose: &str) -> Site {
        Site::new(self.seed, component, purpose)
    }

    fn services(&mut self, arm: &Arm) -> Result<(), BuildError> {
        for (name, config) in &arm.services {
            let of_this = arm.faults.iter().filter(|(_, fault)| fault.service == *name);
            let faults = Timeline::new(of_this.map(|(name, fault)| self.fault(name, fault)));
            let crashes: Vec<Fault> = faults.crashes().collect();
            let time = resolve(&config.time)?;
            let unchanging = config.overload.is_none() && faults.is_empty();
            let constant = time.as_constant().filter(|_| unchanging);
            let constant = constant.map(|time| self.clock.constant(time));
            let service = service::Config {
                time,
                slots: limit(config.slots),
                queue: limit(config.queue),
                failure_ratio: config.failure_ratio.get(),
                overload: config.overload.as_ref().map(overload),
                cancellation: match config.cancellation {
                    schema::Cancellation::Immediate => Cancellation::Immediate,
                    schema::Cancellation::QueuedOnly => Cancellation::QueuedOnly,
                    schema::Cancellation::None => Cancellation::None,
                },
                faults,
                time_site: self.site(name, "service time"),
                failure_site: self.site(name, "failure"),
            };
            let service = Service::new(service, constant, self.measured_from);
            let id = self.add(name, Node::Service(service));
            self.ids.insert(name.clone(), id);
            for fault in crashes {
                self.add(name, Node::Crash(id, fault));
            }
        }
        Ok(())
    }

    fn fault(&self, name: &str, fault: &schema::Fault) -> Fault {
        Fault {
            from: instant(fault.from),
            until: instant(fault.until),
            effect: match fault.effect {
                schema::Effect::Slowed { factor } => Effect::Slowed(factor),
                schema::Effect::Failing => Effect::Failing,
                schema::Effect::Frozen => Effect::Frozen,
                schema::Effect::Crashed => Effect::Crashed,
            },
            ratio: fault.ratio.get(),
            site: self.site(name, "meets"),
        }
    }

    fn queues(&mut self, arm: &Arm) {
        for (name, config) in &arm.queues {
            let queue = Queue::new(limit(config.capacity), self.measured_from);
            let id = self.add(name, Node::Queue(queue, Vec::new()));
            self.ids.insert(name.clone(), id);
        }
    }

    fn consumers(&mut self, arm: &Arm) -> Result<(), BuildError> {
        for (name, config) in &arm.consumers {
            let queue = self.find(&config.from)?;
            let consumer = consumer::Config {
                queue,
                concurrency: u64::from(config.concurrency),
                max_deliveries: config.max_deliveries,
                backoff: self.backoff(name, &config.backoff)?,
                backoff_holds_consumer: config.backoff_holds_consumer,
            };
            let consumer = Consumer::new(consumer, self.measured_from);
            let id = self.add(name, Node::Consumer(consumer));
            if let Node::Queue(_, consumers) = &mut self.nodes[queue as usize] {
                consumers.push(id);
            }
            self.pipeline(name, &config.policy, &config.to, false)?;
        }
        Ok(())
    }

    fn loads(&mut self, scenario: &Scenario, arm: &Arm) -> Result<(), BuildError> {
        for (name, config) in &scenario.load {
            let target = if let Some(call) = arm.calls.get(name) {
                let top = self.add(name, Node::Call);
                self.pipeline(name, &call.policy, &call.to, true)?;
                top
            } else if let Some(queue) = arm.publishes.get(name) {
                let queue = self.find(queue)?;
                self.add(name, Node::Publish(queue))
            } else {
                return Err(BuildError::Undefined(format!("a route of {name}")));
            };
            let until = config.until.map_or(Instant::NEVER, instant);
            let load = load::Config {
                arrivals: self.arrivals(config)?,
                total: config.total.unwrap_or(u64::MAX),
                start: instant(config.start),
                until,
                deadline: config.deadline.unwrap_or(Duration::MAX),
                request_site: self.site(name, "request"),
                gap_site: self.site(name, "gap"),
                target,
            };
            self.add(name, Node::Load(Load::new(load), NONE));
        }
        Ok(())
    }

    fn arrivals(&mut self, config: &schema::Load) -> Result<Arrivals, BuildError> {
        Ok(match &config.arrivals {
            schema::Arrivals::Bursts { size, every } => {
                Arrivals::Bursts { size: *size, every: self.clock.constant(*every) }
            }
            schema::Arrivals::Constant { rate } => {
                Arrivals::Constant { count_nano: rate.count_nano, per_ns: rate.per.as_ns() }
            }
            schema::Arrivals::Poisson { rate, .. } if rate.is_zero() => {
                Arrivals::Constant { count_nano: 0, per_ns: 1 }
            }
            schema::Arrivals::Poisson { rate, batch } => Arrivals::Renewal {
                gap: Distribution::exponential(1.0 / rate.per_ns())?,
                batch: *batch,
            },
            schema::Arrivals::Renewal { gap, batch } => {
                Arrivals::Renewal { gap: resolve(gap)?, batch: *batch }
            }
            schema::Arrivals::Stages { stages, repeat, spacing } => {
                let stage = |stage: &schema::Stage| {
                    let to = stage.ramp_to.unwrap_or(stage.rate);
                    (stage.lasts.as_ns(), stage.rate.per_ns(), to.per_ns())
                };
                let poisson = *spacing == schema::Spacing::Poisson;
                let stages = stages.iter().map(stage).collect();
                Arrivals::Stages(Stages::new(stages, *repeat, poisson, instant(config.start)))
            }
            schema::Arrivals::ClosedLoop { callers, think } => {
                Arrivals::ClosedLoop { callers: *callers, think: resolve(think)? }
            }
        })
    }

    /// Adds the layers of a policy, outermost first, and the sender at its end.
    fn pipeline(
        &mut self,
        name: &str,
        policy: &[Layer],
        to: &str,
        picks_up: bool,
    ) -> Result<(), BuildError> {
        let mut gates = Vec::new();
        for (layer, name) in policy.iter().zip(layer_names(name, policy)) {
            let node = self.layer(&name, layer)?;
            let id = self.add(&name, node);
            match layer {
                Layer::Breaker(schema::Breaker { records: schema::Records::Attempts, .. }) => {
                    gates.push(id)
                }
                Layer::Retry(_) => {
                    for gate in gates.drain(..) {
                        let name = self.names[gate as usize].clone();
                        self.add(&name, Node::Tap(gate));
                    }
                }
                _ => {}
            }
        }
        let edge = edge_name(name, to);
        let to = self.find(to)?;
        self.add(&edge, Node::Send { to, picks_up });
        Ok(())
    }

    fn layer(&mut self, name: &str, layer: &Layer) -> Result<Node, BuildError> {
        Ok(match layer {
            Layer::Timeout(schema::Timeout { after }) => {
                Node::Timeout(Timeout::new(self.clock.constant(*after)))
            }
            Layer::Retry(schema::Retry {
                max_retries,
                max_attempts,
                backoff,
                budget,
                retry_on,
            }) => {
                let max_retries = max_retries.or(max_attempts.map(|attempts| attempts - 1));
                let backoff = self.backoff(name, backoff)?;
                let budget = budget
                    .as_ref()
                    .map(|budget| retry::Budget::new(budget.deposit, budget.capacity, budget.cost));
                let covers = |on| retry_on.contains(&on);
                let retry_on = retry::RetryOn {
                    error: covers(schema::RetryOn::Error),
                    timeout: covers(schema::RetryOn::Timeout),
                    shed: covers(schema::RetryOn::Shed),
                    rejected: covers(schema::RetryOn::Rejected),
                };
                Node::Retry(Retry::new(max_retries.unwrap_or(0), backoff, budget, retry_on))
            }
            Layer::Breaker(schema::Breaker {
                window,
                failure_threshold,
                open_duration,
                records,
            }) => Node::Breaker(Breaker::new(
                *window,
                *failure_threshold,
                *open_duration,
                *records == schema::Records::Outcomes,
                self.measured_from,
            )),
            Layer::Bulkhead(schema::Bulkhead { permits, queue }) => Node::Bulkhead(Bulkhead::new(
                u64::from(*permits),
                limit(*queue),
                self.measured_from,
            )),
        })
    }

    fn backoff(&self, name: &str, config: &schema::Backoff) -> Result<Backoff, BuildError> {
        let formula = match config {
            schema::Backoff::None => Formula::None,
            schema::Backoff::Constant(wait) => Formula::exponential(*wait, 1.0, None, Jitter::None),
            schema::Backoff::Exponential { base, multiplier, cap, jitter } => {
                let jitter = match jitter {
                    schema::Jitter::None => Jitter::None,
                    schema::Jitter::Full => Jitter::Full,
                    schema::Jitter::Equal => Jitter::Equal,
                    schema::Jitter::Proportional(ratio) => Jitter::Proportional(ratio.get()),
                };
                Formula::exponential(*base, *multiplier, *cap, jitter)
            }
            schema::Backoff::Decorrelated { base, cap } => {
                Formula::Decorrelated { base: base.as_ns() as f64, cap: cap.as_ns() as f64 }
            }
            schema::Backoff::Random(distribution) => Formula::Random(resolve(distribution)?),
        };
        Ok(Backoff::new(formula, self.site(name, "backoff")))
    }
}

fn overload(config: &schema::Overload) -> Overload {
    Overload {
        knee: config.knee,
        added_latency_ns: config.added_latency.as_ns() as f64,
        added_failure_ratio: config.added_failure_ratio,
        max_failure_ratio: config.max_failure_ratio.get(),
    }
}
