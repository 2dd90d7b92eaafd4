//! Builds the end of a pipeline: the service, and the balancer in front of its replicas.

use std::ops::Range;

use super::{Builder, zone_of};
use crate::kernel::calendar::Calendar;
use crate::model::mechanism::balancer::outliers::Outliers;
use crate::model::mechanism::balancer::spec::Senders;
use crate::model::mechanism::balancer::{
    Algorithm, Avoidance, Balancer, Callers, Ring, Subsets, ZoneAware,
};
use crate::model::seat::{Scope, SeatId};
use crate::model::spec::zones;
use crate::scenario::names::balancer_name;
use crate::scenario::schema::{Balancing, Service};

/// True if replicas of `to` that a call of `by` has tried are avoided.
pub(super) fn avoids_tried(by: Senders<'_>, to: &Service) -> bool {
    by.max_repicks > 0 && to.all_replicas() > 1
}

/// Where the senders stand, if the replicas of `to` stand in zones, too.
fn callers(by: Senders<'_>, to: &Service) -> Option<Callers> {
    if by.zones.is_empty() || to.zones.is_empty() {
        return None;
    }
    let zones = zones::ranges(by.zones);
    let (ends, local) = zones.map(|(name, clients)| (clients.end, zone_of(to, name))).unzip();
    Some(Callers { ends, local })
}

/// The end of a pipeline.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'a> {
    pub(super) name: &'a str,
    pub(super) config: &'a Service,
    pub(super) seat: SeatId,
    /// The number of its endpoint.
    pub(super) endpoint: u32,
}

impl<C: Calendar> Builder<C> {
    /// Connects `edge` of the pipeline `name` to the service, through a balancer if there are
    /// several replicas. Each client balances by its own calls alone; `trail` is where these keep
    /// what they have tried.
    pub(super) fn arrive(
        &mut self,
        (name, edge): (&str, SeatId),
        by: Senders<'_>,
        to: Target<'_>,
        trail: Option<SeatId>,
    ) {
        let replicas = to.config.all_replicas();
        if replicas == 1 {
            self.again(to.seat, to.endpoint, Some((edge, 0)));
            return;
        }
        let name = balancer_name(name);
        let callers = callers(by, to.config);
        let algorithm = self.algorithm(&name, by.balancing, to, callers.as_ref());
        let avoidance = trail
            .map(|trail| Avoidance { max_repicks: by.max_repicks, word: self.seats[trail].word });
        let site = self.site(&name, "replica");
        let mut balancer = Balancer::new(algorithm, replicas, callers, avoidance, site);
        if let Some(detection) = by.outlier_detection {
            let site = self.site(&name, "outliers");
            balancer = balancer.ejecting(Outliers::new(detection.settings(), site));
        }
        let machine = self.machines.add(balancer);
        let balancer = self.add(&name, machine, Some((edge, 0)));
        if by.clients > 1 {
            self.seats.set_scope(balancer, Scope::Client);
        }
        let seat = self.again(to.seat, to.endpoint, Some((balancer, 0)));
        self.seats.set_scope(seat, Scope::Replica);
    }

    /// The algorithm of the balancer `name` in front of a service.
    fn algorithm(
        &self,
        name: &str,
        balancing: &Balancing,
        to: Target<'_>,
        callers: Option<&Callers>,
    ) -> Algorithm {
        let replicas = to.config.all_replicas();
        match balancing {
            Balancing::RoundRobin => Algorithm::RoundRobin,
            Balancing::Random => Algorithm::Random,
            Balancing::LeastRequest => Algorithm::LeastRequest,
            Balancing::PowerOfTwo => Algorithm::PowerOfTwo,
            Balancing::Choices(choices) => Algorithm::Choices(*choices),
            Balancing::Weighted(weights) => Algorithm::Weighted(weights.clone()),
            Balancing::ConsistentHash { points, bound } => {
                // All pipelines to the service share one hash ring.
                let ring = Ring::new(replicas, *points, self.site(to.name, "ring"));
                Algorithm::ConsistentHash(ring, *bound)
            }
            Balancing::Ewma { decay } => Algorithm::Ewma { decay_ns: decay.as_ns() as f64 },
            Balancing::PeakEwma { decay, initial } => Algorithm::PeakEwma {
                decay_ns: decay.as_ns() as f64,
                initial_ns: initial.as_ns() as f64,
            },
            Balancing::ZoneAware { min_cluster_size, routing_enabled, child } => {
                let child = self.algorithm(name, child, to, callers);
                let Some(callers) = callers.cloned() else { return child };
                let zones = zones::ranges(&to.config.zones).map(|(_, replicas)| replicas);
                let zones: Vec<Range<u32>> = zones.collect();
                let settings = (*min_cluster_size, routing_enabled.get());
                let site = self.site(name, "zone");
                let zones = ZoneAware::new(callers, &zones, settings, child, site);
                Algorithm::ZoneAware(Box::new(zones))
            }
            Balancing::Subset { size, child } => {
                let child = self.algorithm(name, child, to, callers);
                let site = self.site(name, "subset");
                Algorithm::Subset(Box::new(Subsets::new(*size, replicas, child, site)))
            }
        }
    }
}
