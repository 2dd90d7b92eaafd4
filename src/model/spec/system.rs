//! One complete arm for the checks of specifications: its components and the paths between them.

use std::collections::{BTreeMap, BTreeSet};

use crate::kernel::time::Duration;
use crate::model::mechanism::Layer;
use crate::model::mechanism::load::spec::Arrivals;
use crate::model::mechanism::{consumer, load, pool, queue, service};
use crate::model::spec::clients::Scope;
use crate::model::spec::distribution::resolve;

/// An arm. References may be to unknown names, so each lookup can fail.
#[derive(Debug)]
pub struct System<'a> {
    /// ` in arm "rpc"`, for messages; empty where there is only one arm.
    pub within: String,
    /// Duration of runs, if the scenario has one.
    pub duration: Option<Duration>,
    /// Services by name.
    pub services: BTreeMap<&'a str, &'a service::spec::Spec>,
    /// Calls that services make, by service.
    pub made: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// Pools by name.
    pub pools: BTreeMap<&'a str, &'a pool::spec::Permits>,
    /// Queues by name.
    pub queues: BTreeMap<&'a str, &'a queue::spec::Spec>,
    /// Pipelines by name, first those of consumers, then those of calls.
    pub pipelines: Vec<Pipeline<'a>>,
    /// The service that makes the calls of this name.
    makers: BTreeMap<&'a str, &'a str>,
    /// Most attempts that retries above the calls of a service make, by service: see
    /// [`Self::attempts_above`].
    attempts: BTreeMap<&'a str, (u64, Option<&'a str>)>,
    /// Indices of pipelines by the service at their end.
    by_service: BTreeMap<&'a str, Vec<usize>>,
    /// Groups of consumers by their queue.
    readers: BTreeMap<&'a str, Vec<&'a consumer::spec::Spec>>,
    /// Loads by the queue to which they publish.
    publishers: BTreeMap<&'a str, Vec<&'a load::spec::Spec>>,
}

/// A policy with its two ends.
#[derive(Debug)]
pub struct Pipeline<'a> {
    /// Name of the load or group of consumers that sends.
    pub name: &'a str,
    /// Specification of the sender; `None` if the name is unknown.
    pub source: Option<Source<'a>>,
    /// Layers, outermost first.
    pub policy: &'a [Layer],
    /// Number of instances of the sender.
    pub clients: u32,
    /// The service at its end.
    pub to: &'a str,
}

/// The sender of a pipeline.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// A load that calls.
    Load(&'a load::spec::Spec),
    /// Consumers of a queue.
    Consumer(&'a consumer::spec::Spec),
}

impl<'a> System<'a> {
    /// An arm with these pipelines, and with loads that publish to queues.
    pub fn new(
        (within, duration): (String, Option<Duration>),
        (services, made): (
            BTreeMap<&'a str, &'a service::spec::Spec>,
            BTreeMap<&'a str, BTreeSet<&'a str>>,
        ),
        pools: BTreeMap<&'a str, &'a pool::spec::Permits>,
        queues: BTreeMap<&'a str, &'a queue::spec::Spec>,
        pipelines: Vec<Pipeline<'a>>,
        publications: impl Iterator<Item = (&'a str, &'a load::spec::Spec)>,
    ) -> Self {
        let mut by_service: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut readers: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for (index, pipeline) in pipelines.iter().enumerate() {
            by_service.entry(pipeline.to).or_default().push(index);
            if let Some(Source::Consumer(consumer)) = pipeline.source {
                readers.entry(consumer.from.as_str()).or_default().push(consumer);
            }
        }
        let mut publishers: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for (queue, load) in publications {
            publishers.entry(queue).or_default().push(load);
        }
        let calls_of = |(service, calls): (&&'a str, &BTreeSet<&'a str>)| {
            let service = *service;
            calls.iter().map(move |call| (*call, service)).collect::<Vec<_>>()
        };
        let makers: BTreeMap<&str, &str> = made.iter().flat_map(calls_of).collect();
        let attempts = attempts_by_service(&pipelines, &makers, &by_service);
        Self {
            within,
            duration,
            services,
            made,
            makers,
            attempts,
            pools,
            queues,
            pipelines,
            by_service,
            readers,
            publishers,
        }
    }

    /// The pipelines that end at a service.
    pub fn to(&self, service: &str) -> impl Iterator<Item = &Pipeline<'a>> + Clone {
        let indices = self.by_service.get(service).map_or(&[][..], Vec::as_slice);
        indices.iter().map(|index| &self.pipelines[*index])
    }

    /// The service that makes the calls of this pipeline, if one does.
    #[must_use]
    pub fn maker(&self, pipeline: &Pipeline<'_>) -> Option<&'a str> {
        self.makers.get(pipeline.name).copied()
    }

    /// Most attempts that are made of what this pipeline is a part of, by the retries of the
    /// callers of its maker and of those above, and the name of the nearest that makes several.
    #[must_use]
    pub fn attempts_above(&self, pipeline: &Pipeline<'_>) -> (u64, Option<&'a str>) {
        let above = self.maker(pipeline).and_then(|maker| self.attempts.get(maker));
        above.copied().unwrap_or((1, None))
    }

    /// The calls made for a call to this service, by it and by the services that it calls, down to
    /// those with a layer that gives up.
    #[must_use]
    pub fn calls_below(&self, service: &'a str) -> Vec<&Pipeline<'a>> {
        let (mut seen, mut services) = (BTreeSet::new(), vec![service]);
        while let Some(service) = services.pop() {
            for call in self.made.get(service).into_iter().flatten() {
                let pipeline = self.pipelines.iter().find(|pipeline| pipeline.name == *call);
                if seen.insert(*call)
                    && let Some(pipeline) = pipeline
                    && shortest_timeout(pipeline.policy).is_none()
                {
                    services.push(pipeline.to);
                }
            }
        }
        self.pipelines.iter().filter(|pipeline| seen.contains(pipeline.name)).collect()
    }

    /// The groups of consumers of a queue.
    #[must_use]
    pub fn readers(&self, queue: &str) -> &[&'a consumer::spec::Spec] {
        self.readers.get(queue).map_or(&[], Vec::as_slice)
    }

    /// The loads that publish to a queue.
    #[must_use]
    pub fn publishers(&self, queue: &str) -> &[&'a load::spec::Spec] {
        self.publishers.get(queue).map_or(&[], Vec::as_slice)
    }

    /// The mean time of a service, without overload and faults; `None` if the mean is infinite or
    /// unknown.
    #[must_use]
    pub fn mean_ns(&self, service: &str) -> Option<f64> {
        let mean = resolve(&self.services.get(service)?.time).ok()?.mean();
        (mean.is_finite() && mean > 0.0).then_some(mean)
    }
}

/// The attempts above the calls of each service, from the services that nobody calls down. Each is
/// looked at once; those in a circle of calls, which is an error of its own, are left out.
fn attempts_by_service<'a>(
    pipelines: &[Pipeline<'a>],
    makers: &BTreeMap<&'a str, &'a str>,
    by_service: &BTreeMap<&'a str, Vec<usize>>,
) -> BTreeMap<&'a str, (u64, Option<&'a str>)> {
    let mut made_by: BTreeMap<&str, Vec<&Pipeline<'a>>> = BTreeMap::new();
    for pipeline in pipelines {
        if let Some(maker) = makers.get(pipeline.name) {
            made_by.entry(maker).or_default().push(pipeline);
        }
    }
    let callers = |service: &str| by_service.get(service).map_or(&[][..], Vec::as_slice);
    let made = |index: &&usize| makers.contains_key(pipelines[**index].name);
    let services = by_service.keys().chain(makers.values());
    let mut waits_for: BTreeMap<&str, usize> =
        services.map(|service| (*service, callers(service).iter().filter(made).count())).collect();
    let is_ready = |(service, waits): (&&'a str, &usize)| (*waits == 0).then_some(*service);
    let mut ready: Vec<&str> = waits_for.iter().filter_map(is_ready).collect();
    let mut found: BTreeMap<&str, (u64, Option<&str>)> = BTreeMap::new();
    while let Some(service) = ready.pop() {
        let several = callers(service).iter().map(|index| {
            let caller = &pipelines[*index];
            let maker = makers.get(caller.name).and_then(|maker| found.get(maker));
            let (above, of) = maker.copied().unwrap_or((1, None));
            let own = attempts(caller.policy).unwrap_or(1);
            (own.saturating_mul(above), if own > 1 { Some(caller.name) } else { of })
        });
        let most = several.max_by_key(|(attempts, _)| *attempts).unwrap_or((1, None));
        found.insert(service, most);
        for call in made_by.get(service).into_iter().flatten() {
            let Some(waits) = waits_for.get_mut(call.to) else { continue };
            *waits -= 1;
            if *waits == 0 {
                ready.push(call.to);
            }
        }
    }
    found
}

/// The place of a layer.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// The arm.
    pub system: &'a System<'a>,
    /// The pipeline of its policy.
    pub pipeline: &'a Pipeline<'a>,
    /// Index in that policy, from 0.
    pub index: usize,
}

impl<'a> Around<'a> {
    /// The layers outside this one, outermost first.
    #[must_use]
    pub fn outside(&self) -> &'a [Layer] {
        &self.pipeline.policy[..self.index]
    }

    /// The layers inside this one, outermost first.
    #[must_use]
    pub fn inside(&self) -> &'a [Layer] {
        &self.pipeline.policy[self.index + 1..]
    }

    /// Number of states of this layer.
    #[must_use]
    pub fn states(&self) -> u32 {
        self.pipeline.states(&self.pipeline.policy[self.index])
    }

    /// The load whose requests come to the layer.
    #[must_use]
    pub fn load(&self) -> Option<&'a load::spec::Spec> {
        match self.pipeline.source? {
            Source::Load(load) => Some(load),
            Source::Consumer(_) => None,
        }
    }

    /// The same, if it has a rate: a burst is at one instant, and the rate of a closed loop depends
    /// on answers.
    #[must_use]
    pub fn steady_load(&self) -> Option<&'a load::spec::Spec> {
        self.load().filter(|load| match load.arrivals {
            Arrivals::Bursts { .. } | Arrivals::Renewal { .. } | Arrivals::ClosedLoop { .. } => {
                false
            }
            Arrivals::Constant { .. } | Arrivals::Poisson { .. } | Arrivals::Stages { .. } => true,
        })
    }

    /// The shortest time after which a layer outside gives up, and the kind of that layer.
    #[must_use]
    pub fn gives_up_first(&self) -> Option<(Duration, &'static str)> {
        let gives_up =
            |layer: &Layer| Some((layer.spec().gives_up_after()?, layer.declaration().kind));
        self.outside().iter().filter_map(gives_up).min_by_key(|(after, _)| *after)
    }

    /// The layer outside, or the run, that ends before `after`, in words.
    #[must_use]
    pub fn ends_before(&self, after: Duration) -> Option<String> {
        if let Some((outer, kind)) = self.gives_up_first().filter(|(outer, _)| *outer < after) {
            return Some(format!("a {kind} outside it gives up after {outer}"));
        }
        let end = self.system.duration.filter(|end| *end < after)?;
        Some(format!("the run ends at {end}"))
    }
}

impl Pipeline<'_> {
    /// Number of states of a layer of this pipeline.
    #[must_use]
    pub fn states(&self, layer: &Layer) -> u32 {
        match layer.spec().scope() {
            Scope::Client => self.clients,
            Scope::Shared => 1,
        }
    }
}

/// The shortest time after which one of these layers gives up.
#[must_use]
pub fn shortest_timeout(layers: &[Layer]) -> Option<Duration> {
    layers.iter().filter_map(|layer| layer.spec().gives_up_after()).min()
}

/// Most attempts that these layers make for one call; `None` if no layer makes several.
#[must_use]
pub fn attempts(layers: &[Layer]) -> Option<u64> {
    let attempts = layers.iter().filter_map(|layer| layer.spec().attempts());
    attempts.reduce(u64::saturating_mul)
}

/// Longest time, in nanoseconds, of a call through these layers that is never answered; `None` if
/// nothing bounds it.
#[must_use]
pub fn longest_ns(layers: &[Layer]) -> Option<f64> {
    layers.iter().rev().fold(None, |inside, layer| layer.spec().longest_ns(inside))
}
