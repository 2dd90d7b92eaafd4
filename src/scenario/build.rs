//! Builds worlds from a checked scenario: names become ids, values of the language numbers.
//!
//! Ids follow the order of names, so the order of declarations has no effect on a run.

mod balancer;
mod classes;
mod pipelines;
mod values;

use std::collections::BTreeMap;
use std::ops::Range;

use self::balancer::Target;
use self::classes::Classes;
use self::pipelines::Component;
use super::handlers::calls_of;
use super::schema::{self, Arm, Scenario};
use crate::kernel::calendar::Calendar;
use crate::kernel::distribution::InvalidDistribution;
use crate::kernel::draw::{Site, key};
use crate::kernel::simulation::Clock;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::fingerprint::Fingerprint;
use crate::metrics::probe::Probe;
use crate::model::agenda::{Agenda, Pending};
use crate::model::call::Calls;
use crate::model::client::Clients;
use crate::model::context::{Context, Ties};
use crate::model::mechanism::consumer::{self, Consumer};
use crate::model::mechanism::edge::Edges;
use crate::model::mechanism::fault::{Crash, Effect, Fault, Timeline};
use crate::model::mechanism::load::{self, Load};
use crate::model::mechanism::queue::Queue;
use crate::model::mechanism::service::{self, Cancellation, Service};
use crate::model::mechanism::{Kind, Machines};
use crate::model::request::{AllKeys, Keys, RequestSite};
use crate::model::seat::{ComponentId, Port, Seat, SeatId, Seats};
use crate::model::spec::building::limit;
use crate::model::spec::zones;
use crate::model::tally::Tally;
use crate::model::timer::Timers;
use crate::model::world::World;

/// Reasons why an unchecked scenario cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A distribution is invalid.
    #[error(transparent)]
    Distribution(#[from] InvalidDistribution),
    /// A name is not defined.
    #[error("`{0}` is not defined")]
    Undefined(String),
}

/// A world, and the names of its components in the order of their ids.
#[derive(Debug)]
pub struct Built<C, P> {
    /// The world at instant 0.
    pub world: World<C, P>,
    /// Names of the components.
    pub names: Vec<String>,
}

/// Builds one complete arm (of [`super::arms::arms`]) for a run with `seed`. `probe` gets the names
/// of the components, whose indices its records use.
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
        seats: Seats::default(),
        machines: Machines::default(),
        classes: Classes::of(scenario, seed)?,
        keys: AllKeys::default(),
        names: Vec::new(),
        ids: BTreeMap::new(),
    };
    builder.services(arm)?;
    builder.pools(arm);
    builder.queues(arm);
    builder.consumers(arm)?;
    builder.loads(scenario, arm)?;
    builder.handlers(arm)?;
    builder.seats.wire();
    let credits = builder.credits();
    let keys = builder.names.iter().map(|name| key(name)).collect();
    let cx = Context {
        clock: builder.clock,
        calls: Calls::new(builder.seats.words()),
        timers: Timers::default(),
        tally: Tally::default(),
        edges: Edges::new(&builder.seats),
        classes: builder.classes.settings,
        keys: builder.keys,
        credits,
        begins: Pending::default(),
        ready: Pending::default(),
        pulls: Agenda::default(),
        ties: match scenario.ties {
            schema::Ties::Handover => Ties::Handover,
            schema::Ties::Together => Ties::Together,
        },
        freed: Agenda::default(),
        starts: Pending::default(),
        remainder: false,
        pushback: None,
        stuck: None,
        fingerprint: Fingerprint::EMPTY,
        measured_from,
        measured_until: scenario.measured_until(),
        probe: probe(&builder.names),
    };
    let world = World::new(builder.seats, builder.machines, keys, cx);
    Ok(Built { world, names: builder.names })
}

struct Builder<C> {
    seed: u64,
    measured_from: Instant,
    clock: Clock<C>,
    seats: Seats,
    machines: Machines,
    classes: Classes,
    keys: AllKeys,
    names: Vec<String>,
    /// Seats of services and queues.
    ids: BTreeMap<String, SeatId>,
}

/// The seat above, and the port of the way down.
type Above = Option<(SeatId, Port)>;

/// The replicas of a service in one of its zones.
fn zone_of(service: &schema::Service, zone: &str) -> Range<u32> {
    let mut zones = zones::ranges(&service.zones);
    zones.find(|(name, _)| *name == zone).map_or(0..0, |(_, replicas)| replicas)
}

fn instant(since_start: Duration) -> Instant {
    Instant::ZERO.saturating_add(since_start)
}

impl<C: Calendar> Builder<C> {
    /// Adds a component; returns its seat.
    fn add(&mut self, name: &str, (kind, index): (Kind, u32), above: Above) -> SeatId {
        self.names.push(name.to_owned());
        let component = (self.names.len() - 1) as ComponentId;
        self.seats.add((kind, 0), (component, index), above)
    }

    /// Adds another seat of the component at `seat`.
    fn again(&mut self, seat: SeatId, part: u32, above: Above) -> SeatId {
        let of = self.seats[seat];
        let seat = self.seats.add((of.kind, part), (of.component, of.index), above);
        self.seats.set_scope(seat, of.scope);
        seat
    }

    fn find(&self, name: &str) -> Result<SeatId, BuildError> {
        let id = self.ids.get(name).copied();
        id.ok_or_else(|| BuildError::Undefined(name.to_owned()))
    }

    /// The credits that each seat needs from a seat above with limited credits.
    fn credits(&mut self) -> Vec<u64> {
        let machines = &mut self.machines;
        let mut credit = |seat: &Seat| match seat.kind {
            Kind::Consumer => machines.get::<Consumer>(seat.index).concurrency(),
            _ => 0,
        };
        self.seats.iter().map(|(_, seat)| seat).map(&mut credit).collect()
    }

    /// The clients that make the calls of a load, a group of consumers or a handler.
    fn clients(&self, name: &str, count: u32) -> Clients {
        Clients::new(count, self.site(name, "client"))
    }

    fn site(&self, component: &str, purpose: &str) -> Site {
        Site::new(self.seed, component, purpose)
    }

    fn services(&mut self, arm: &Arm) -> Result<(), BuildError> {
        let mut faults: BTreeMap<&str, Vec<(&str, &schema::Fault)>> = BTreeMap::new();
        for (name, fault) in &arm.faults {
            faults.entry(&fault.service).or_default().push((name, fault));
        }
        for (name, config) in &arm.services {
            let of_this = faults.remove(name.as_str()).unwrap_or_default().into_iter();
            let hit = |fault: &schema::Fault| match (fault.replica, &fault.zone) {
                (Some(replica), _) => replica - 1..replica,
                (None, Some(zone)) => zone_of(config, zone),
                (None, None) => 0..config.all_replicas(),
            };
            let faults =
                Timeline::new(of_this.map(|(name, fault)| self.fault(name, fault, hit(fault))));
            let crashes = faults.crashes().to_vec();
            let endpoints = self.endpoints(name, config, &arm.calls)?;
            let unchanging = config.overload.is_none() && faults.is_empty() && !self.classes.sized;
            let alone = endpoints.len() == 1 && config.handler.is_empty();
            let constant = endpoints[0].time.as_constant().filter(|_| unchanging && alone);
            let constant = constant.map(|time| self.clock.constant(time));
            let service = service::Config {
                endpoints,
                replicas: config.all_replicas(),
                zones: zones::ranges(&config.zones).map(|(_, replicas)| replicas.end).collect(),
                holds_slot: config.holds_slot,
                slots: limit(config.slots),
                queue: limit(config.queue),
                max_wait: config.max_wait.map(|most| self.clock.constant(most)),
                failure_ratio: config.failure_ratio.get(),
                hang_ratio: config.hang_ratio.get(),
                hang_site: self.site(name, "hang"),
                overload: config.overload.as_ref().map(values::overload),
                cancellation: match config.cancellation {
                    schema::Cancellation::Immediate => Cancellation::Immediate,
                    schema::Cancellation::QueuedOnly => Cancellation::QueuedOnly,
                    schema::Cancellation::None => Cancellation::None,
                },
                faults,
                pushback: config.pushback,
                refuses_expired: config.refuses_expired,
                least_time_left: config.least_time_left,
                deadline_margin: config.deadline_margin,
                failure_site: self.site(name, "failure"),
            };
            let service = Service::new(service, constant, self.measured_from);
            let machine = self.machines.add(service);
            let service = self.add(name, machine, None);
            self.ids.insert(name.clone(), service);
            for fault in crashes {
                let machine = self.machines.add(Crash { service, fault });
                self.add(name, machine, None);
            }
        }
        Ok(())
    }

    fn fault(&self, name: &str, fault: &schema::Fault, replicas: Range<u32>) -> Fault {
        Fault {
            from: instant(fault.from),
            until: instant(fault.until),
            effect: match fault.effect {
                schema::Effect::Slowed { factor } => Effect::Slowed(factor),
                schema::Effect::Failing => Effect::Failing,
                schema::Effect::Frozen => Effect::Frozen,
                schema::Effect::Crashed => Effect::Crashed,
            },
            replicas,
            ratio: fault.ratio.get(),
            site: self.site(name, "meets"),
        }
    }

    fn pools(&mut self, arm: &Arm) {
        for (name, config) in &arm.pools {
            let machine = config.build(&mut Component { name, states: 1, builder: self });
            let id = self.add(name, machine, None);
            self.ids.insert(name.clone(), id);
        }
    }

    fn queues(&mut self, arm: &Arm) {
        for (name, config) in &arm.queues {
            let queue = Queue::new(limit(config.capacity), self.measured_from);
            let machine = self.machines.add(queue);
            let id = self.add(name, machine, None);
            self.ids.insert(name.clone(), id);
        }
    }

    fn consumers(&mut self, arm: &Arm) -> Result<(), BuildError> {
        let mut groups: BTreeMap<SeatId, Port> = BTreeMap::new();
        for (name, config) in &arm.consumers {
            let queue = self.find(&config.from)?;
            let consumer = consumer::Config {
                concurrency: u64::from(config.concurrency),
                max_deliveries: config.max_deliveries,
                backoff: config.backoff.build(self.site(name, "backoff"))?,
                backoff_holds_consumer: config.backoff_holds_consumer,
                clients: self.clients(name, config.all_clients()),
            };
            let machine = self.machines.add(Consumer::new(consumer, self.measured_from));
            let port = groups.entry(queue).or_insert(0);
            let group = self.add(name, machine, Some((queue, *port)));
            *port += 1;
            self.machines.get::<Queue>(self.seats[queue].index).join(group);
            let to = self.target(arm, &config.to, None)?;
            self.pipeline(name, config.senders(), to, false, Some(group))?;
        }
        Ok(())
    }

    fn loads(&mut self, scenario: &Scenario, arm: &Arm) -> Result<(), BuildError> {
        for (name, config) in &scenario.load {
            let until = config.until.map_or(Instant::NEVER, instant);
            let load = load::Config {
                arrivals: self.arrivals(config)?,
                total: config.total.unwrap_or(u64::MAX),
                start: instant(config.start),
                until,
                deadline: config.deadline.unwrap_or(Duration::MAX),
                request_site: self.site(name, "request"),
                gap_site: self.site(name, "gap"),
                shares: self.shares(name, config),
                clients: self
                    .clients(name, arm.calls.get(name).map_or(1, schema::Call::all_clients)),
                publishes: !arm.calls.contains_key(name),
            };
            let publishes = load.publishes;
            let machine = self.machines.add(Load::new(load));
            let load = self.add(name, machine, None);
            if let Some(keys) = &config.keys {
                let site = RequestSite::new(self.site(name, "key"));
                self.keys.add(self.seats[load].component, Keys { law: keys.distribution(), site });
            }
            self.class_books(name, config, publishes);
            if let Some(call) = arm.calls.get(name) {
                let to = self.target(arm, &call.to, call.endpoint.as_deref())?;
                self.pipeline(name, call.senders(), to, true, Some(load))?;
            } else if let Some(queue) = arm.publishes.get(name) {
                let queue = self.find(queue)?;
                self.seats.lead(load, queue);
            } else {
                return Err(BuildError::Undefined(format!("a route of {name}")));
            }
        }
        Ok(())
    }

    /// Adds the pipelines of the calls that services make, and the ways down to them from every
    /// seat of the service.
    fn handlers(&mut self, arm: &Arm) -> Result<(), BuildError> {
        let mut tops: BTreeMap<u32, Vec<SeatId>> = BTreeMap::new();
        for (name, service) in &arm.services {
            for call in calls_of(service) {
                let undefined = || BuildError::Undefined(call.to_owned());
                let config = arm.calls.get(call).ok_or_else(undefined)?;
                let to = self.target(arm, &config.to, config.endpoint.as_deref())?;
                let top = self.pipeline(call, config.senders(), to, false, None)?;
                let component = self.seats[self.find(name)?].component;
                tops.entry(component).or_default().push(top);
            }
        }
        let seats: Vec<(SeatId, Seat)> = self.seats.iter().map(|(id, seat)| (id, *seat)).collect();
        for (id, seat) in seats.iter().filter(|(_, seat)| seat.kind == Kind::Service) {
            for &top in tops.get(&seat.component).into_iter().flatten() {
                self.seats.lead(*id, top);
            }
        }
        Ok(())
    }

    /// The service of a call, and the number of its endpoint.
    fn target<'a>(
        &self,
        arm: &'a Arm,
        name: &'a str,
        endpoint: Option<&str>,
    ) -> Result<Target<'a>, BuildError> {
        let (seat, config) = (self.find(name)?, &arm.services[name]);
        let number = endpoint.map_or(Ok(0), |endpoint| {
            let number = config.endpoints.keys().position(|name| name == endpoint);
            let undefined = || BuildError::Undefined(endpoint.to_owned());
            number.map(|number| number as u32 + 1).ok_or_else(undefined)
        })?;
        Ok(Target { name, config, seat, endpoint: number })
    }
}
